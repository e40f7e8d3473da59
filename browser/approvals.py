"""What needs a yes waits here for it: actions, requests, files, dialogs.

An action is asked about before anything is done. What only shows while it is done (a request, a
program that is handed out, a dialog that the settings would answer) is held back: the step ends
early, somebody is asked, and the step goes on. Nobody's limit of time runs meanwhile.

Requests are held by Chromium's `Fetch`, for documents and what scripts send; pictures, styles and
scripts pass without being looked at. A window that a page has just opened sends its first request
before anybody can hold it, and a web socket's messages are never held.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from playwright.async_api import CDPSession, Frame, Page
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.clock import somebody_elses_time
from vigorl.browser.deeds import Approval, Approve, Approver, Consent, Deed, Sent
from vigorl.browser.errors import StoppedByPerson
from vigorl.browser.foresight import in_words, request_line, values_of, values_sent
from vigorl.browser.observation import EventKind
from vigorl.browser.origins import is_same_site, origin_of
from vigorl.browser.prospect import Prospect
from vigorl.browser.quoting import quoted
from vigorl.browser.risks import ANY, judged, judged_request, sentence
from vigorl.browser.tab import LiveTab, within

ANSWER_LIMIT_S = 2.0
"""Time for the browser to let a request go or to drop it."""

NOBODY = Approval(
    False,
    why="nobody is there to be asked. Whoever runs this can answer in a terminal, or allow it "
    "beforehand with --approve never",
)

_HELD_TYPES = ("Document", "XHR", "Fetch", "Ping", "Other")
_LOOKS = ("hover", "scroll", "wait", "zoom", "tab_switch", "dismiss")
"""Actions that change nothing, for those who are asked about everything."""


@dataclass(eq=False)
class Held:
    """Something that waits for an answer."""

    deed: Deed
    answer: asyncio.Future[bool]


class Approvals:
    """Asks whoever approves, and remembers what was allowed.

    Args:
        approve: What is asked about.
        approver: Who is asked; None: nobody is there, and everything asked about is denied.
        site: Address at which the task is at home; one without a host: the first that is opened.
        note: Takes what the agent is to be told.
        redact: Takes secrets out of what is told.
    """

    def __init__(
        self,
        approve: Approve,
        approver: Approver | None,
        site: str,
        note: Callable[[EventKind, str], None],
        redact: Callable[[str], str] = str,
    ) -> None:
        self._approve = approve
        self._approver = approver
        self.site = origin_of(site)
        self._note = note
        self._redact = redact
        self._consents: list[Consent] = []
        self._always: set[tuple[str, str]] = set()  # origin and rule
        self._granted: set[str] = set()
        self._maybe: tuple[str, ...] = ()
        self._doing = ""
        self._in_step = False
        self._refused: set[str] = set()
        self._waiting: list[Held] = []
        self._changed = asyncio.Event()
        self._errands: set[asyncio.Task[Any]] = set()
        self._arming: set[asyncio.Task[None]] = set()

    @property
    def asks(self) -> bool:
        """Whether there is anything that it asks about."""
        return self._approve != "never"

    @property
    def is_holding(self) -> bool:
        """Whether something waits for an answer."""
        return bool(self._waiting)

    @property
    def has_asked(self) -> bool:
        """Whether somebody was asked since the last observation."""
        return bool(self._consents)

    # ------------------------------------------------------------------ actions

    async def admits(self, prospect: Prospect) -> bool:
        """Whether an action may be carried out; where not, the agent is told.

        Raises:
            StoppedByPerson: no, and nothing else either.
        """
        sure, maybe = judged(prospect)
        if not self.site and (first := prospect.goes_to).startswith("http"):
            self.site = first
        is_answer = prospect.question is not None
        granted = self._granted if is_answer else set()
        self._begin(in_words(prospect), granted, maybe)
        if self._approve == "always" and not sure and prospect.action.type not in _LOOKS:
            sure = (ANY,)
        origin = prospect.goes_to or prospect.origin
        rules = self._open(sure, origin)
        if not rules:
            self._granted.update(sure)
            return True
        deed = Deed(
            self._redact(in_words(prospect)),
            origin,
            self._redact(prospect.target.title if prospect.target else ""),
            rules,
            sentence(rules),
            self._redacted(values_of(prospect)),
        )
        granted_now = await self._ask(deed)
        if granted_now:  # what it may be besides was said yes to with it
            self._maybe = ()
        return granted_now

    def end_step(self) -> None:
        """What is sent from now on is not the action's doing for sure."""
        self._in_step = False

    def take_consents(self) -> tuple[Consent, ...]:
        """What was asked and answered since the last time."""
        consents, self._consents = tuple(self._consents), []
        return consents

    def _begin(self, doing: str, granted: set[str], maybe: tuple[str, ...]) -> None:
        self._doing, self._granted, self._maybe = doing, granted, maybe
        self._refused.clear()
        self._in_step = True

    def _open(self, rules: tuple[str, ...], origin: str) -> tuple[str, ...]:
        """Those of the rules that nobody has said yes to."""
        return tuple(
            rule
            for rule in rules
            if rule not in self._granted and (origin, rule) not in self._always
        )

    def _redacted(self, values: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((self._redact(name), self._redact(value)) for name, value in values)

    async def _ask(self, deed: Deed) -> bool:
        started_s = time.monotonic()
        with somebody_elses_time():
            approver = self._approver
            approval = NOBODY if approver is None else await approver.approve(deed)
        self._consents.append(Consent(deed, approval, time.monotonic() - started_s))
        if approval.granted:
            self._granted.update(deed.rules)
            if approval.always:
                self._always.update((deed.origin, rule) for rule in deed.rules)
            return True
        if approval.stop:
            raise StoppedByPerson(f"stopped where it was about to {deed.what}")
        self._note("denied", _denial(deed, approval))
        return False

    # ------------------------------------------------------------------ what is held back

    async def holding(self) -> None:
        """Return when something waits for an answer."""
        while not self._waiting:
            await self._changed.wait()

    async def ask_held(self) -> None:
        """Have everything answered that waits.

        Raises:
            StoppedByPerson: no, and nothing else either.
        """
        while self._waiting:
            held = self._waiting[0]
            rules = self._open(held.deed.rules, held.deed.origin)
            try:
                granted = not rules or await self._ask(replace(held.deed, rules=rules))
            except BaseException:
                self._answer(held, False)
                raise
            self._answer(held, granted)

    async def hold(self, rules: tuple[str, ...], what: str, url: str, sent: Sent | None) -> bool:
        """Wait for an answer to what came up while a page was doing something."""
        origin = origin_of(url)
        if not self._open(rules, origin):
            return True
        deed = Deed(
            self._redact(what),
            origin,
            "",
            rules,
            sentence(rules),
            self._redacted(values_sent(sent)) if sent is not None else (),
            self._redact(request_line(sent)) if sent is not None else "",
        )
        held = Held(deed, asyncio.get_running_loop().create_future())
        self._waiting.append(held)
        self._note_change()
        return await held.answer

    def close(self) -> None:
        """Nobody answers any more: what waits is denied."""
        for held in list(self._waiting):
            self._answer(held, False)
        for task in (*self._errands, *self._arming):
            task.cancel()

    def _answer(self, held: Held, granted: bool) -> None:
        self._waiting.remove(held)
        if not held.answer.done():
            held.answer.set_result(granted)
        self._note_change()

    def _note_change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    # ------------------------------------------------------------------ requests

    def watch(self, tab: LiveTab) -> None:
        """Hold what is grave among what this tab sends."""
        if not self.asks:
            return
        self._arm(tab.page, tab.session)
        tab.page.on("framenavigated", lambda frame: self._watch_frame(tab.page, frame))

    async def ready(self) -> None:
        """Return when all tabs are watched."""
        while self._arming:
            await asyncio.wait(self._arming)

    def _watch_frame(self, page: Page, frame: Frame) -> None:
        """A frame of another site may live in a process of its own, which is told as well."""
        parent = frame.parent_frame
        if parent is None or is_same_site(frame.url, parent.url):
            return

        async def arm() -> None:
            with contextlib.suppress(PlaywrightError):  # it shares the page's process, or is gone
                session = await page.context.new_cdp_session(frame)
                await self._enable(page, session)

        self._run(arm(), self._arming)

    def _arm(self, page: Page, session: CDPSession) -> None:
        self._run(within(ANSWER_LIMIT_S, self._enable(page, session)), self._arming)

    async def _enable(self, page: Page, session: CDPSession) -> None:
        session.on("Fetch.requestPaused", lambda event: self._meet(page, session, event))
        patterns = [{"urlPattern": "*", "resourceType": kind} for kind in _HELD_TYPES]
        await session.send("Fetch.enable", {"patterns": patterns})

    def _meet(self, page: Page, session: CDPSession, event: dict[str, Any]) -> None:
        request = event["request"]
        sent = Sent(
            request["method"],
            request["url"],
            event["resourceType"],
            request.get("postData", ""),
            page.url,
        )
        rules = judged_request(sent, self._maybe if self._in_step else ())
        if not self._open(rules, origin_of(sent.url)):
            self._run(_let_go(session, event["requestId"]), self._errands)
        elif request_line(sent) in self._refused:  # the page tries again what was denied
            self._run(_drop(session, event["requestId"]), self._errands)
        else:
            self._run(self._hold_request(session, event["requestId"], rules, sent), self._errands)

    async def _hold_request(
        self, session: CDPSession, request_id: str, rules: tuple[str, ...], sent: Sent
    ) -> None:
        what = self._doing if self._in_step and self._doing else "let the page send a request"
        if await self.hold(rules, what, sent.url, sent):
            await _let_go(session, request_id)
        else:
            self._refused.add(request_line(sent))
            await _drop(session, request_id)

    def _run(self, work: Any, among: set[Any]) -> None:
        task = asyncio.ensure_future(work)
        among.add(task)
        task.add_done_callback(among.discard)


async def _let_go(session: CDPSession, request_id: str) -> None:
    await within(ANSWER_LIMIT_S, session.send("Fetch.continueRequest", {"requestId": request_id}))


async def _drop(session: CDPSession, request_id: str) -> None:
    """As if the page had stopped it itself, so that a navigation leaves it as it is."""
    reply = {"requestId": request_id, "errorReason": "Aborted"}
    await within(ANSWER_LIMIT_S, session.send("Fetch.failRequest", reply))


def _denial(deed: Deed, approval: Approval) -> str:
    where = f" at {deed.origin}" if deed.origin else ""
    request = f" The request {deed.request} was not sent." if deed.request else ""
    why = approval.why or "whoever was asked said no"
    return (
        f"Not allowed: to {deed.what}{where}. {deed.why}{request} Why not: {why}. Do not try the "
        "same in another way; do what is left of the task, or give up and say that this was not "
        "allowed."
    )


def program_in(name: str) -> str:
    """What is about to be saved, in words."""
    return f"save the program {quoted(name)}"
