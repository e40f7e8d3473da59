"""Log-ins that HTTP itself asks for (Basic, Digest): noticed, asked for, and carried out.

Chromium shows the page that a server sends instead. What would hold such an answer back,
intercepting requests, slows all traffic; so the answer is taken as it comes, and the page loaded
once more with the log-in where there is one. From then on Chromium knows it for this context.
"""

import asyncio
import contextlib
import re
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from playwright.async_api import CDPSession, Frame, Request, Response
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.actions import Accept
from vigorl.browser.impossible import Impossible
from vigorl.browser.interruptions import Interruptions
from vigorl.browser.observation import PendingQuestion
from vigorl.browser.origins import origin_of
from vigorl.browser.page_settings import HttpCredentials, PageSettings
from vigorl.browser.questions import Answer, Asked, Questions
from vigorl.browser.tab import LiveTab, within

SCHEMES = ("basic", "digest")
"""Ways to log in that a user name and a password are enough for."""

RELOAD_LIMIT_S = 8.0
"""Time for a server to answer a log-in."""

_REALM = re.compile(r'\brealm="([^"]*)"', re.IGNORECASE)


class HttpLogIns:
    """Logs in where HTTP asks for it, with what is known or what whoever acts says."""

    def __init__(
        self,
        interruptions: Interruptions,
        questions: Questions,
        settings: PageSettings,
        first_url: str,
    ) -> None:
        self._interruptions = interruptions
        self._questions = questions
        self._asks = settings.dialogs == "ask"
        self._vault = settings.vault
        self._known: dict[str, HttpCredentials] = {}  # by origin
        if (given := settings.http_credentials) is not None:
            self._known[given.origin or origin_of(first_url)] = given
        self._refused: set[str] = set()
        self._challenged: set[asyncio.Task[None]] = set()

    def taken_from(self, url: str) -> str:
        """The address without the log-in that stands in it (`http://user:password@host/`)."""
        try:
            parts = urlsplit(url)
            user, password = parts.username, parts.password
        except ValueError:  # no address
            return url
        if not user or parts.scheme not in ("http", "https"):
            return url
        origin = origin_of(url)
        self._vault.learn(unquote(password or ""))
        self._known[origin] = HttpCredentials(unquote(user), unquote(password or ""), origin)
        self._refused.discard(origin)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    def note(self, tab: LiveTab, request: Request) -> None:
        """Look whether an answer to a navigation asks for a log-in."""
        response = request.existing_response
        if response is None:
            return
        if response.status != 401:
            self._refused.discard(origin_of(response.url))
            return
        task = asyncio.create_task(self._meet(tab, request, response))
        self._challenged.add(task)
        task.add_done_callback(self._challenged.discard)

    async def finish(self, limit_s: float) -> bool:
        """Wait until all that servers asked for is dealt with; whether there was anything."""
        if not self._challenged:
            return False
        await asyncio.wait(self._challenged, timeout=limit_s)
        return True

    def refusal(self, url: str) -> str:
        """What to say of a page that was not shown for want of a log-in."""
        if origin_of(url) in self._refused:
            return ": the user name or the password is wrong"
        return ": it wants a log-in"

    async def close(self) -> None:
        """Let go of what is still under way."""
        tasks = list(self._challenged)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _meet(self, tab: LiveTab, request: Request, response: Response) -> None:
        """Log in with what is known, or ask."""
        try:
            challenge = await response.header_value("www-authenticate") or ""
            frame = request.frame
        except PlaywrightError:  # the page is gone, or the frame not there yet
            return
        scheme, _, parameters = challenge.partition(" ")
        if scheme.lower() not in SCHEMES:
            return
        origin = origin_of(response.url)
        known = self._known.get(origin)
        if known is not None and origin not in self._refused:
            self._refused.add(origin)  # until an answer says otherwise
            await within(RELOAD_LIMIT_S, self._log_in(tab, frame, response.url, known))
        elif self._asks:
            self._ask(tab, frame, response.url, _realm(parameters))

    def _ask(self, tab: LiveTab, frame: Frame, url: str, realm: str) -> None:
        origin = origin_of(url)
        if origin in self._refused:
            self._interruptions.note("dialog", "The user name or the password was not accepted.")

        async def reply(answer: Answer) -> None:
            if not isinstance(answer, Accept):
                self._refused.discard(origin)
                return
            if answer.text is None or answer.password is None:
                raise Impossible("A log-in needs a user name and a password: accept with both.")
            self._refused.add(origin)  # until an answer says otherwise
            credentials = HttpCredentials(answer.text, answer.password, origin)
            await within(RELOAD_LIMIT_S, self._log_in(tab, frame, url, credentials))

        self._questions.ask(Asked(PendingQuestion("log_in", realm, origin), tab.page, reply))

    async def _log_in(
        self, tab: LiveTab, frame: Frame, url: str, credentials: HttpCredentials
    ) -> None:
        """Load a document once more, with a log-in where its server asks for one."""
        session = await _session_of(tab, frame)
        errands: set[asyncio.Future[Any]] = set()

        def send(method: str, request_id: str, **options: Any) -> None:
            call = session.send(method, {"requestId": request_id, **options})
            errand = asyncio.ensure_future(within(RELOAD_LIMIT_S, call))
            errands.add(errand)
            errand.add_done_callback(errands.discard)

        said: set[str] = set()  # the requests that were given it

        def provide(event: dict[str, Any]) -> None:
            request_id, challenge = event["requestId"], event["authChallenge"]
            ours = challenge["source"] == "Server" and challenge["origin"] == origin_of(url)
            if ours and request_id not in said:
                said.add(request_id)
                reply = {
                    "response": "ProvideCredentials",
                    "username": credentials.user,
                    "password": credentials.password,
                }
            else:  # wrong, or not meant for them
                reply = {"response": "CancelAuth"}
            send("Fetch.continueWithAuth", request_id, authChallengeResponse=reply)

        session.on("Fetch.authRequired", provide)
        session.on(
            "Fetch.requestPaused", lambda event: send("Fetch.continueRequest", event["requestId"])
        )
        patterns = [{"urlPattern": f"{origin_of(url)}/*", "resourceType": "Document"}]
        await session.send("Fetch.enable", {"patterns": patterns, "handleAuthRequests": True})
        tab.settle.begin()
        try:
            if frame == tab.page.main_frame:
                await tab.page.reload(wait_until="commit", timeout=RELOAD_LIMIT_S * 1000)
            else:
                await frame.goto(url, wait_until="commit", timeout=RELOAD_LIMIT_S * 1000)
        finally:
            await within(RELOAD_LIMIT_S, session.detach())


async def _session_of(tab: LiveTab, frame: Frame) -> CDPSession:
    """A protocol session of the process that a frame lives in."""
    context = tab.page.context
    if frame != tab.page.main_frame:
        with contextlib.suppress(PlaywrightError):  # it shares the page's process
            return await context.new_cdp_session(frame)
    return await context.new_cdp_session(tab.page)


def _realm(parameters: str) -> str:
    """What a server calls that which the log-in is for."""
    found = _REALM.search(parameters)
    return found[1] if found else ""
