"""The browser side of one episode: context, tabs and watchers; observes, recovers, closes."""

import asyncio
import logging
from collections.abc import Coroutine
from importlib import resources
from pathlib import Path
from typing import Any, Self

from PIL import Image
from playwright.async_api import BrowserContext, Page
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.actions import Accept, Action, Dismiss
from vigorl.browser.approvals import Approvals
from vigorl.browser.chromium import Browser
from vigorl.browser.clipboard import Clipboard
from vigorl.browser.deadline import Deadline
from vigorl.browser.dialogs import Dialogs
from vigorl.browser.downloads import Downloads
from vigorl.browser.errors import (
    PageCrashed,
    PageHung,
)
from vigorl.browser.fault_boundary import boundary
from vigorl.browser.file_fence import FileFence
from vigorl.browser.gate import Gate
from vigorl.browser.geometry import Frame
from vigorl.browser.impossible import Impossible
from vigorl.browser.interruptions import Interruptions
from vigorl.browser.log_in import HttpLogIns
from vigorl.browser.masks import Masks
from vigorl.browser.navigation import Navigation
from vigorl.browser.observation import (
    MOST_TITLE_CHARACTERS,
    MOST_URL_CHARACTERS,
    Observation,
    RefusedConnections,
    shortened,
)
from vigorl.browser.page_settings import PageSettings
from vigorl.browser.papers import Papers
from vigorl.browser.permissions import Permissions
from vigorl.browser.picture import Picture, View
from vigorl.browser.questions import Questions
from vigorl.browser.recovery import Recovery, Trouble, Troubled
from vigorl.browser.relook import Relook
from vigorl.browser.storage_state import save_storage_state
from vigorl.browser.tab import LiveTab, Targets, within
from vigorl.browser.tabs import Tabs
from vigorl.browser.waiting import either, ended, first_of

logger = logging.getLogger(__name__)

END_LIMIT_S = 5.0
"""Time for each part of an episode's end."""

ASKED_SETTLE_LIMIT_S = 0.5
"""Time to come to rest for a page that asks for a permission or a log-in, which may never."""

STANDING_LIMIT_S = 0.4
"""Time for a picture of a page whose script stands still."""

HALFWAY_LIMIT_S = 2.0
"""Time for an action that a question interrupted, once nobody has answered it."""

_SELECTS = resources.files(__package__).joinpath("selects.js").read_text("utf-8")

_NO_SHARED_WORKERS = resources.files(__package__).joinpath("workers.js").read_text("utf-8")

_NO_POINTER_LOCK = """Element.prototype.requestPointerLock = async () => {
  document.dispatchEvent(new Event('pointerlockerror'));
  throw new DOMException('The pointer is not there to be locked.', 'NotAllowedError');
};"""
"""A locked pointer has no place, so there is nothing to point with; and in the headless shell the
page never answers again (Chromium 156)."""


class BrowserEpisode:
    """A context with its tabs and everything that watches them."""

    def __init__(
        self,
        context: BrowserContext,
        targets: Targets,
        settings: PageSettings,
        gate: Gate,
        browser: Browser,
        first_url: str,
        download_dir: Path,
    ) -> None:
        self.context = context
        self._gate = gate
        self._targets = targets
        self._settings = settings
        self._is_lent = browser.settings.is_lent
        """Somebody's own browser: what belongs to the whole context is left as it is there."""
        self.interruptions = interruptions = Interruptions(settings)
        self.questions = questions = Questions(settings.dialog_limit_s, self._tell_question)
        self._log_ins = HttpLogIns(interruptions, questions, settings, first_url)
        self.navigation = Navigation(interruptions, questions, self._log_ins, gate)
        self.approvals = approvals = Approvals(
            settings.approve, settings.approver, first_url, interruptions.note
        )
        options = (interruptions, self.navigation, Papers(settings), approvals, settings)
        self._downloads = Downloads(download_dir, *options)
        self._permissions = Permissions(context, targets, questions, settings)
        native = None if self._is_lent else browser.clipboard
        self.clipboard = Clipboard(native, self._permissions)
        dialogs = Dialogs(context, interruptions, questions, settings, approvals, self._is_lent)
        self._fence = FileFence(gate.boundary, self.navigation.own_files)
        scripts = (_SELECTS, _NO_POINTER_LOCK, *[_NO_SHARED_WORKERS] * approvals.asks)
        own_scripts = scripts if self._is_lent else None
        self.tabs = Tabs(
            context, targets, interruptions, questions, settings, self._fence, own_scripts
        )
        self.tabs.watchers += [
            approvals.watch,
            dialogs.watch,
            self.navigation.watch,
            self._downloads.watch,
            self._keep_secrets,
        ]
        self._recovery = Recovery(
            context, self.tabs, self.navigation, interruptions, browser.memory
        )
        self.relook = Relook(settings.look_again_after_s)
        self._halfway: asyncio.Task[None] | None = None
        """An action that a question interrupted; it goes on when that is answered."""
        self._last: View | None = None
        self.fills_screen = False
        """Whether the page is in full screen, where it cannot be rendered again unseen."""
        self._gone = asyncio.Event()
        context.on("close", lambda _: self._gone.set())

    @classmethod
    async def begin(
        cls, browser: Browser, settings: PageSettings, first_url: str, download_dir: Path
    ) -> Self:
        """Open a fresh context with one empty tab.

        Args:
            browser: Whose context it is.
            settings: How pages are shown and kept in bounds.
            first_url: That will be loaded first.
            download_dir: Where files are saved.

        Raises:
            BrowserFault: the browser does not start, or breaks.
        """
        gate = browser.gate(settings.boundary.also(first_url))
        await gate.start()
        try:
            context = await browser.context(
                gate,
                viewport={"width": settings.width_px, "height": settings.height_px},
                storage_state=settings.storage_state,
                **settings.emulated,
            )
            try:
                options = (gate, browser, first_url, download_dir)
                return await cls._opened(context, settings, *options)
            except BaseException:
                if not browser.settings.is_lent:
                    await within(END_LIMIT_S, context.close())
                raise
        except BaseException:
            await gate.close()
            raise

    @classmethod
    async def _opened(
        cls,
        context: BrowserContext,
        settings: PageSettings,
        gate: Gate,
        browser: Browser,
        first_url: str,
        download_dir: Path,
    ) -> Self:
        async with boundary(context, settings.step_limit_s):
            assert context.browser is not None
            targets = await Targets.attach(context.browser)
            options = (settings, gate, browser, first_url, download_dir)
            episode = cls(context, targets, *options)
            await episode._open()
            return episode

    async def _open(self) -> None:
        """Fit the context out, as far as it is ours, and open the first tab."""
        if self._is_lent:
            await self.tabs.open()
            await self.approvals.ready()
            return
        await self.context.add_init_script(_SELECTS)
        await self.context.add_init_script(_NO_POINTER_LOCK)
        if self.approvals.asks:
            await self.context.add_init_script(_NO_SHARED_WORKERS)
        await self.clipboard.begin(self.context)
        await self._permissions.begin(self._print)
        tab = await self.tabs.open()
        await self._permissions.settle(tab.context_id)
        await self.approvals.ready()

    @property
    def refused(self) -> dict[str, int]:
        """How many connections the boundary has refused so far, by host and port."""
        counts = self._gate.refused.items()
        return {
            RefusedConnections(host, port, count).place: count for (host, port), count in counts
        }

    async def act(self, work: Coroutine[Any, Any, None], deadline: Deadline) -> Observation:
        """Do something to the shown page and look at what came of it.

        Raises:
            BrowserFault: the browser is gone, or the page cannot be brought back.
        """
        async with boundary(self.context, deadline.left_s()):
            trouble: Trouble | None = None
            try:
                async with self._recovery.guard(deadline.left_s(self._settings.recovery_s)):
                    await self._until_asked(work)
            except Impossible as error:
                self.interruptions.note("bad_action", str(error))
            except Troubled as error:
                trouble = error.trouble
            return await self._observe(trouble, deadline)

    async def change(self, action: Action) -> str | None:
        """What to say of a target that is not what the last picture showed; None where it is."""
        if self.questions.current is not None:
            return None
        return await self.relook.change(action, self.tabs.shown, self._last)

    async def answer(self, answer: Accept | Dismiss) -> None:
        """Answer what is asked, and go on with the action that it interrupted.

        Raises:
            Impossible: nothing is asked, or this is no answer to it.
            playwright.async_api.Error: the page or the browser broke meanwhile.
        """
        self.tabs.shown.settle.begin()
        asked = await self.questions.answer(self._filled_in(answer))
        halfway, self._halfway = self._halfway, None
        if halfway is None:
            return
        if asked.question.kind == "beforeunload" and isinstance(answer, Dismiss):
            await ended(halfway)  # Playwright would wait for the page that does not come
        else:
            await halfway

    async def go_on(self) -> None:
        """Go on with an action for which something was held back until somebody had answered.

        Raises:
            playwright.async_api.Error: the page or the browser broke meanwhile.
        """
        if not self.questions.halting:
            halfway, self._halfway = self._halfway, None
            if halfway is not None:
                await halfway

    async def finish(self) -> None:
        """Go on with an action whose question was dismissed because its time was over.

        Raises:
            Impossible: something is asked.
            playwright.async_api.Error: the page or the browser broke meanwhile.
        """
        self.questions.require_none()
        halfway, self._halfway = self._halfway, None
        if halfway is not None and not await within(HALFWAY_LIMIT_S, asyncio.shield(halfway)):
            await ended(halfway)

    async def rest(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            playwright.async_api.Error: the context ended meanwhile.
        """
        if await within(seconds, self._gone.wait()):
            raise PlaywrightError("the context is closed")

    async def end(self) -> None:
        """Let go of everything; never hangs.

        Raises:
            StorageFault: the log-ins could not be written.
        """
        self.approvals.close()
        self.relook.close()
        await self.questions.close()  # a page that asks answers nothing
        try:
            path = self._settings.save_storage_state
            if path is not None:
                await save_storage_state(self.context, path)
        finally:
            await self.questions.close()
            if self._halfway is not None:
                await ended(self._halfway)
            await self.tabs.end()
            await self.interruptions.close()
            await self._log_ins.close()
            await self._downloads.close()
            await self._fence.close()
            await self._targets.close(END_LIMIT_S)
            closing = self.tabs.close_all() if self._is_lent else self.context.close()
            if not await within(END_LIMIT_S, closing):
                logger.warning("a browser context did not close")
            await self._gate.close()

    async def _observe(self, trouble: Trouble | None, deadline: Deadline) -> Observation:
        """Look; while the page cannot be looked at, bring it back, in ever harder ways."""
        if trouble and (killed := await self.interruptions.killed()):
            await self.tabs.clear_after(killed[0])
            trouble = "unruly"
        limit_s = deadline.left_s(self._settings.recovery_s)
        patience_s = self._settings.recovery_s / 5
        remedies = iter(self._recovery.remedies)
        while True:
            if trouble == "hung" and self.questions.halting:
                trouble = None  # it only waits for an answer
            if trouble is None:
                try:
                    async with self._recovery.guard(limit_s):
                        return await self._look(limit_s)
                except Troubled as error:
                    trouble = error.trouble
            if trouble == "closed":
                await self.tabs.ensure_one()
                trouble = None
                continue
            remedy = next(remedies, None)
            if remedy is None:
                fault = PageCrashed if trouble == "crashed" else PageHung
                raise fault("the page broke, and so did an empty one in its place")
            trouble = await remedy(trouble, patience_s)
            limit_s = 2 * patience_s

    async def _look(self, limit_s: float) -> Observation:
        """The shown tab, once it has come to rest or asks something."""
        looking = asyncio.create_task(self._look_at_rest(limit_s))
        await first_of(looking, either(self.questions.asked(), self.approvals.holding()))
        if looking.done():
            return looking.result()
        await ended(looking)
        if self.approvals.is_holding:  # somebody is asked first; then there is more to see
            return self._observation(None, {})
        return await self._look_while_asked(limit_s)

    async def _look_at_rest(self, limit_s: float) -> Observation:
        tab = await self._rested_tab(limit_s)
        picture, pages, _ = await asyncio.gather(
            tab.camera.screen(limit_s), self._targets.pages(limit_s), self.relook.prepare(tab)
        )
        width_px, height_px = self._settings.width_px, self._settings.height_px
        self.fills_screen = picture.width_px > width_px and picture.height_px > height_px
        if self.fills_screen:  # the page is drawn into the corner; the rest is the screen's
            picture = await asyncio.to_thread(
                picture.corner, width_px, height_px, self._settings.jpeg_quality
            )
        elif (picture.width_px, picture.height_px) != (width_px, height_px):
            if not self._is_lent:
                await tab.restore_window(width_px, height_px)
            picture = await tab.camera.screen(limit_s)
        self.relook.note(tab, picture)
        return self._observation(picture, pages)

    async def _look_while_asked(self, limit_s: float) -> Observation:
        """What there is to see while something is asked: it is told at once."""
        tab, asked = self.tabs.shown, self.questions.current
        if asked is None:  # it was withdrawn in this very moment
            return await self._look(limit_s)
        if not asked.question.halts:
            await tab.settle.wait(min(ASKED_SETTLE_LIMIT_S, self._settings.settle_limit_s))
            if self.questions.halting:
                return await self._look_while_asked(limit_s)
        halts = asked.question.halts
        camera = tab.camera
        if halts and self._settings.vault.sought:  # nothing can be covered: the last picture stands
            picture = None
        else:
            picture = await (camera.standing(STANDING_LIMIT_S) if halts else camera.screen(limit_s))
        return self._observation(picture, await self._targets.pages(limit_s))

    def _observation(
        self, picture: Picture | None, pages: dict[str, tuple[str, str]]
    ) -> Observation:
        """What is shown and told; without a picture that fits, the last one stands."""
        frame = Frame.of_viewport(self._settings.width_px, self._settings.height_px)
        size = (frame.width_px, frame.height_px)
        if picture is None or (picture.width_px, picture.height_px) != size:
            blank = Image.new("RGB", size, "white")
            picture = self._last.picture if self._last else Picture.from_image(blank)
        self._last = view = View(picture, frame)
        tab, asked = self.tabs.shown, self.questions.current
        url, title = pages.get(tab.target_id, (tab.page.url, ""))
        if asked is not None:  # while one is asked whether to leave, the browser tells the next
            url = tab.page.url
        refused = self.navigation.tell_refused()
        seen = Observation(
            view,
            shortened(url, MOST_URL_CHARACTERS),
            shortened(title, MOST_TITLE_CHARACTERS),
            self.tabs.listing(pages),
            self.interruptions.take_events(),
            question=asked.question if asked is not None else None,
            refused=refused,
            consents=self.approvals.take_consents(),
        )
        return self._settings.vault.observation(seen)

    async def _until_asked(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something; leave it half done where a page stands still meanwhile to ask."""
        task = asyncio.create_task(work)
        halted = self.questions.halted(self.questions.count)
        await first_of(task, either(halted, self.approvals.holding()))
        if task.done():
            task.result()
        else:
            self._halfway = task

    def _keep_secrets(self, tab: LiveTab) -> None:
        tab.camera.cover = Masks(tab, self._settings.vault).cover

    def _filled_in(self, answer: Accept | Dismiss) -> Accept | Dismiss:
        """An answer with the values of the secrets that it names.

        Raises:
            Impossible: there are none of these names, or they are not for who asks.
        """
        asked, vault = self.questions.current, self._settings.vault
        if asked is None or isinstance(answer, Dismiss):
            return answer
        if answer.password is not None and not vault.named_in(answer.password):
            vault.learn(answer.password)
        return vault.answered(answer, asked.question.origin)

    def _tell_question(self, text: str) -> None:
        self.interruptions.note("dialog", text)

    def _print(self, page: Page) -> None:
        if tab := self.tabs.of(page):
            self._downloads.print(tab)

    async def _rested_tab(self, limit_s: float) -> LiveTab:
        """Wait until the shown tab has come to rest, and tabs that it opened as well.

        Raises:
            Troubled: it does not answer, or does not stop.
        """
        settle_limit_s = min(self._settings.settle_limit_s, limit_s)
        while True:
            tab = self.tabs.shown
            settled = await tab.settle.wait(settle_limit_s)
            await self.tabs.arrivals(settle_limit_s)
            comes_anew = await self._log_ins.finish(settle_limit_s)
            comes_anew |= await self._downloads.finish(settle_limit_s)
            if killed := await self.interruptions.killed():
                await self.tabs.clear_after(killed[0])
                raise Troubled("unruly")
            if tab.crashed:
                raise Troubled("crashed")
            if tab is self.tabs.shown and not comes_anew:
                break
        if not settled.settled and settle_limit_s > 0:
            if not await tab.answers(limit_s):
                raise Troubled("hung")
            self.interruptions.note(
                "not_settled", f"The page was still busy when it was looked at ({settled.busy})."
            )
        return tab
