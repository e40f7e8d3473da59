"""The dialogs of pages: answered at once by the settings, or put as questions to whoever acts."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, Literal, cast

from playwright.async_api import BrowserContext, Dialog, Page

from vigorl.browser.actions import Accept
from vigorl.browser.approvals import Approvals
from vigorl.browser.interruptions import Interruptions
from vigorl.browser.observation import PendingQuestion
from vigorl.browser.origins import origin_of
from vigorl.browser.page_settings import PageSettings
from vigorl.browser.prospect import Prospect
from vigorl.browser.questions import ANSWER_LIMIT_S, Answer, Asked, Questions
from vigorl.browser.quoting import quoted
from vigorl.browser.risks import judged
from vigorl.browser.tab import LiveTab, within

URL_LIMIT_S = 0.2
"""Time for the browser to say whose dialog it is."""

Kind = Literal["alert", "confirm", "prompt", "beforeunload"]


class Dialogs:
    """Answers the dialogs of all pages of a context, also of those that are just opening.

    While a dialog is open its page's script stands still, and so does all that needs it: no
    picture can be taken (but a screencast still sends what was painted last), nothing can be
    evaluated, input arrives when the dialog has closed (Chromium 156).
    """

    def __init__(
        self,
        context: BrowserContext,
        interruptions: Interruptions,
        questions: Questions,
        settings: PageSettings,
        approvals: Approvals,
        is_lent: bool = False,
    ) -> None:
        self._is_lent = is_lent
        self._interruptions = interruptions
        self._questions = questions
        self._settings = settings
        self._approvals = approvals
        self._tabs: dict[Page, LiveTab] = {}
        self._urls: dict[Page | None, asyncio.Future[str]] = {}  # of the frame with the dialog
        self._asked: dict[Page | None, Asked] = {}
        context.on("dialog", self._note)

    def watch(self, tab: LiveTab) -> None:
        """Learn of this tab's dialogs which frame shows them, and when they have closed."""
        self._tabs[tab.page] = tab
        tab.page.once("close", lambda _: self._forget(tab.page))
        tab.session.on(
            "Page.javascriptDialogOpening", lambda event: self._note_url(tab.page, event)
        )
        tab.session.on("Page.javascriptDialogClosed", lambda _: self._note_end(tab.page))

    async def _note(self, dialog: Dialog) -> None:
        tab = self._tabs.get(dialog.page) if dialog.page is not None else None
        if tab is None and self._is_lent:  # of a tab of the browser's owner, who answers
            return
        if not self._admits(tab):
            await within(ANSWER_LIMIT_S, dialog.dismiss())
        elif self._settings.dialogs == "ask":
            self._ask(dialog, await self._url(dialog, tab))
        else:
            await self._answer(dialog, await self._may_accept(dialog, tab))

    def _admits(self, tab: LiveTab | None) -> bool:
        # A page that is just opening cannot be quietened yet; it is when it has a tab.
        return tab is None or self._interruptions.admits("dialog", tab)

    async def _url(self, dialog: Dialog, tab: LiveTab | None) -> str:
        """Of the document whose dialog it is, which may be a frame's."""
        url = dialog.page.url if dialog.page is not None else ""
        if tab is None:
            return url
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(URL_LIMIT_S):
                url = await asyncio.shield(self._url_to_come(tab.page))
        return url

    def _url_to_come(self, page: Page) -> asyncio.Future[str]:
        future = self._urls.get(page)
        if future is None:
            future = self._urls[page] = asyncio.get_running_loop().create_future()
        return future

    def _ask(self, dialog: Dialog, url: str) -> None:
        async def reply(answer: Answer) -> None:
            if not isinstance(answer, Accept):
                await within(ANSWER_LIMIT_S, dialog.dismiss())
            elif dialog.type == "prompt":
                text = dialog.default_value if answer.text is None else answer.text
                await within(ANSWER_LIMIT_S, dialog.accept(text))
            else:
                await within(ANSWER_LIMIT_S, dialog.accept())

        page = dialog.page
        kind = cast(Kind, dialog.type)
        question = PendingQuestion(kind, dialog.message, origin_of(url), dialog.default_value)
        self._asked[page] = asked = Asked(question, page, reply)
        self._questions.ask(asked)

    async def _may_accept(self, dialog: Dialog, tab: LiveTab | None) -> bool:
        """Whether the settings' yes is enough for what a dialog asks."""
        if not self._approvals.asks or dialog.type == "alert":
            return True
        question = PendingQuestion(cast(Kind, dialog.type), dialog.message)
        rules, _ = judged(Prospect(Accept(), question=question))
        if not rules:
            return True
        url = await self._url(dialog, tab)
        what = f"say yes to {quoted(dialog.message)}" if dialog.message else "leave the page"
        return await self._approvals.hold(rules, what, url, None)

    async def _answer(self, dialog: Dialog, may_accept: bool = True) -> None:
        said = f" {quoted(dialog.message)}" if dialog.message else ""
        accepts = self._settings.dialogs == "accept" or dialog.type in ("alert", "beforeunload")
        accepts = accepts and may_accept
        reply: Coroutine[Any, Any, None]
        if not accepts:
            reply, outcome = dialog.dismiss(), "dismissed"
        elif dialog.type == "prompt":
            given = self._settings.prompt_text
            text = dialog.default_value if given is None else given
            reply, outcome = dialog.accept(text), f"answered with {quoted(text)}"
        else:
            reply, outcome = dialog.accept(), "accepted"
        name = "question whether to leave" if dialog.type == "beforeunload" else dialog.type
        self._interruptions.note(
            "dialog", f"The page showed a dialog ({name}){said}; it was {outcome}."
        )
        await within(ANSWER_LIMIT_S, reply)

    def _note_url(self, page: Page, event: dict[str, Any]) -> None:
        """The browser says whose dialog it is, a moment before or after Playwright tells of it."""
        future = self._url_to_come(page)
        if not future.done():
            future.set_result(event["url"])

    def _note_end(self, page: Page) -> None:
        self._urls.pop(page, None)
        if asked := self._asked.pop(page, None):
            self._questions.withdraw(asked)

    def _forget(self, page: Page) -> None:
        self._tabs.pop(page, None)
        self._note_end(page)
