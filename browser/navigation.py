"""Loading pages: by address, through the history, and what is said when one does not load."""

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal
from weakref import WeakKeyDictionary

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Request, Response
from playwright.async_api import TimeoutError as PlaywrightTimeout

from vigorl.browser.boundary import (
    WEB_SCHEMES,
    cleaned,
    file_of,
    host_and_port_of,
    scheme_of,
)
from vigorl.browser.errors import StartFault, UsageError
from vigorl.browser.gate import Failure, Gate
from vigorl.browser.impossible import Impossible
from vigorl.browser.interruptions import Interruptions
from vigorl.browser.log_in import HttpLogIns
from vigorl.browser.observation import RefusedConnections
from vigorl.browser.questions import Questions
from vigorl.browser.quoting import quoted
from vigorl.browser.tab import LiveTab

START_SCHEMES = ("http", "https", "data", "about", "blob", "file", "chrome", "view-source")
"""Of addresses that an operator may let an episode begin with."""

TOLD_HOSTS = 3
"""That a sentence names of those that were refused."""

MOST_URL_CHARACTERS = 32 * 1024
"""Of an address that an agent may load."""

REASONS = {
    "ERR_NAME_NOT_RESOLVED": "no such host",
    "ERR_CONNECTION_REFUSED": "the connection was refused",
    "ERR_CONNECTION_RESET": "the connection was broken off",
    "ERR_CONNECTION_CLOSED": "the connection was broken off",
    "ERR_CONNECTION_TIMED_OUT": "no answer in time",
    "ERR_TIMED_OUT": "no answer in time",
    "ERR_EMPTY_RESPONSE": "an empty answer",
    "ERR_ADDRESS_UNREACHABLE": "the host cannot be reached",
    "ERR_ADDRESS_INVALID": "no address of a host",
    "ERR_INTERNET_DISCONNECTED": "there is no network",
    "ERR_TOO_MANY_REDIRECTS": "it redirects in a circle",
    "ERR_SSL_PROTOCOL_ERROR": "no secure connection; is it http?",
    "ERR_UNSAFE_PORT": "browsers load nothing from this port",
    "ERR_FILE_NOT_FOUND": "no such file",
    "ERR_ACCESS_DENIED": "the file may not be read",
    "ERR_UNKNOWN_URL_SCHEME": "no address of a page",
    "ERR_BLOCKED_BY_RESPONSE": "the site does not allow it",
    "ERR_INVALID_RESPONSE": "no answer that makes sense",
    "ERR_INVALID_HTTP_RESPONSE": "no answer that makes sense",
    "ERR_CERT_DATE_INVALID": "its certificate is not valid at this time",
    "ERR_CERT_COMMON_NAME_INVALID": "its certificate is another host's",
    "ERR_CERT_AUTHORITY_INVALID": "nobody that is trusted has signed its certificate",
}
"""Chromium's names of what goes wrong, in words."""

_BLANK = re.compile(r"about:blank([?#].*)?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why an address did not load."""

    kind: Literal["blocked", "navigation_error"]
    url: str
    why: str


class Navigation:
    """Loads pages and tells of those that do not load."""

    def __init__(
        self,
        interruptions: Interruptions,
        questions: Questions,
        log_ins: HttpLogIns,
        gate: Gate,
    ) -> None:
        self._interruptions = interruptions
        self._questions = questions
        self._log_ins = log_ins
        self._gate = gate
        self._told: str | None = None  # whose refusal was told as a navigation's
        self._under_way: set[LiveTab] = set()  # loading by our doing: errors come to us directly
        self._responses: WeakKeyDictionary[LiveTab, Response] = WeakKeyDictionary()
        self.own_files: set[str] = set()
        """Addresses of files that the episode saved itself, which may be loaded in any case."""

    def watch(self, tab: LiveTab) -> None:
        """Tell of pages that the tab tries to load by itself and cannot."""

        def note_end(request: Request) -> None:
            if not request.is_navigation_request():
                return
            if _is_of_main_frame(request, tab) and request.existing_response is not None:
                self._responses[tab] = request.existing_response
            self._log_ins.note(tab, request)

        def note_failure(request: Request) -> None:
            note_end(request)
            reason = request.failure or ""
            if tab in self._under_way or not request.is_navigation_request():
                return
            if reason in ("", "net::ERR_ABORTED") or not _is_of_main_frame(request, tab):
                return
            self._tell(self._failure(request.url, reason))

        tab.page.on("requestfinished", note_end)
        tab.page.on("requestfailed", note_failure)

    async def start(self, tab: LiveTab, url: str, limit_s: float) -> None:
        """Load the first page.

        Raises:
            StartFault: it does not load.
            UsageError: it is not an address.
            playwright.async_api.Error: the page or the browser broke meanwhile.
        """
        try:
            if failure := await self._load(tab, url, limit_s):
                raise StartFault(f"{failure.url} {failure.why}")
        except Impossible as error:
            raise UsageError(str(error)) from error

    async def load(self, tab: LiveTab, url: str, limit_s: float) -> None:
        """Load an address, up to the moment at which its server has answered.

        Raises:
            Impossible: it is not an address.
            playwright.async_api.Error: the page or the browser broke meanwhile.
        """
        if failure := await self._load(tab, url, limit_s):
            self._tell(failure)

    async def go(self, tab: LiveTab, entries: int, limit_s: float) -> None:
        """Go so many entries forward (or back, below 0) in the tab's history.

        Raises:
            Impossible: there is no such entry.
            playwright.async_api.Error: the page or the browser broke meanwhile.
        """
        history = await tab.session.send("Page.getNavigationHistory")
        index = history["currentIndex"] + entries
        known = 0 <= index < len(history["entries"])
        # Every tab begins with an empty page that nobody asked for.
        if not known or (index == 0 and history["entries"][0]["url"] == "about:blank"):
            raise Impossible(
                f"There is no {'earlier' if entries < 0 else 'later'} page in this tab."
            )
        move = tab.page.go_back if entries < 0 else tab.page.go_forward
        moving = move(wait_until="commit", timeout=limit_s * 1000)
        if failure := await self._drive(tab, history["entries"][index]["url"], moving):
            self._tell(failure)

    async def reload(self, tab: LiveTab, limit_s: float) -> None:
        """Load the tab's page again.

        Raises:
            playwright.async_api.Error: the page or the browser broke meanwhile.
        """
        history = await tab.session.send("Page.getNavigationHistory")
        url = history["entries"][history["currentIndex"]]["url"]
        loading = tab.page.reload(wait_until="commit", timeout=limit_s * 1000)
        if failure := await self._drive(tab, url, loading):
            self._tell(failure)

    def require_loadable(self, url: str) -> None:
        """Check an address that an agent, not its operator, chose.

        Raises:
            Impossible: it is not whole, or not one that an agent may load.
        """
        scheme = scheme_of(url)
        if not scheme:
            raise Impossible(f'{quoted(url)} is no address. Write it whole, "https://" included.')
        if len(url) > MOST_URL_CHARACTERS:
            raise Impossible(
                f"{quoted(url)} cannot be loaded: it has {len(url):,} characters, and an address "
                f"may have {MOST_URL_CHARACTERS:,}."
            )
        if scheme in WEB_SCHEMES or url in self.own_files:
            return
        if scheme == "about" and _BLANK.fullmatch(cleaned(url)):
            return
        if (path := file_of(url)) is not None and self._gate.boundary.admits_file(path):
            return
        raise Impossible(f"{quoted(url)} cannot be loaded: only web pages may be.")

    def tell_refused(self) -> tuple[RefusedConnections, ...]:
        """The connections that were refused since the last time.

        A sentence tells of those that were no navigation's.
        """
        taken = self._gate.take()
        told, self._told = self._told, None
        silent = [(each.place, each.count - (each.place == told)) for each in taken]
        if untold := {place: count for place, count in silent if count > 0}:
            self._interruptions.note("refused", _summary(untold))
        return taken

    def refusal(self, tab: LiveTab) -> str | None:
        """What a server said instead of the page that the tab asked for last; None for a page."""
        response = self._responses.get(tab)
        if response is None or response.status < 400:
            return None
        words = response.status_text
        with contextlib.suppress(ValueError):
            words = words or HTTPStatus(response.status).phrase
        why = self._log_ins.refusal(response.url) if response.status == 401 else ""
        return f"{response.url} answered {response.status} {words}".rstrip() + why

    def response_to_download(self, tab: LiveTab, url: str) -> Response | None:
        """What a server said as the tab asked for this address and got a file instead of a page."""
        response = self._responses.get(tab)
        return response if response is not None and response.url == url else None

    @contextlib.asynccontextmanager
    async def driving(self, tab: LiveTab) -> AsyncIterator[None]:
        """A navigation that begins meanwhile is our doing."""
        tab.settle.begin()
        self._under_way.add(tab)
        try:
            yield
        finally:
            self._under_way.discard(tab)

    async def _load(self, tab: LiveTab, url: str, limit_s: float) -> _Failure | None:
        url = self._log_ins.taken_from(url)
        timeout_ms = limit_s * 1000

        async def go_to() -> Response | None:
            try:
                return await tab.page.goto(url, wait_until="commit", timeout=timeout_ms)
            except PlaywrightError as error:
                if "interrupted by another navigation" not in error.message:
                    raise
                # An error page of the last navigation was still on its way.
                return await tab.page.goto(url, wait_until="commit", timeout=timeout_ms)

        return await self._drive(tab, url, go_to())

    async def _drive(
        self, tab: LiveTab, url: str, moving: Awaitable[Response | None]
    ) -> _Failure | None:
        asked = self._questions.count
        self._responses.pop(tab, None)
        async with self.driving(tab):
            try:
                if (response := await moving) is not None:
                    self._responses[tab] = response
            except PlaywrightError as error:
                return await self._explained(tab, url, error, self._questions.count > asked)
        return None

    async def _explained(
        self, tab: LiveTab, url: str, error: PlaywrightError, was_asked: bool
    ) -> _Failure | None:
        """A navigation's failure in words, or raise it again where it is another's."""
        message = error.message
        if isinstance(error, PlaywrightTimeout):
            if was_asked:  # it took its time to answer; what comes of it will be seen
                return None
            await tab.session.send("Page.stopLoading")
            return self._failure(url, "no answer in time")
        if "Download is starting" in message:
            return None
        if "invalid URL" in message or "Protocol error (Page.navigate)" in message:
            raise Impossible(f"{quoted(url)} is no address.") from error
        if "interrupted by another navigation" in message:
            return None  # the page went elsewhere by itself, which will be seen
        if "net::" in message and not url.startswith("chrome:"):
            reason = next(word for word in message.split() if word.startswith("net::"))
            stays = was_asked and reason == "net::ERR_ABORTED"
            return None if stays else self._failure(url, reason)
        if "net::" not in message:
            raise error
        return None

    def _failure(self, url: str, reason: str) -> _Failure:
        reason = reason.removeprefix("net::")
        if "SOCKS" in reason and (failed := self._gate.failure(host_and_port_of(url))) is not None:
            if failed.refused:
                return self._refusal(url, failed)
            reason = failed.reason
        words = REASONS.get(reason)
        if words is None and reason.startswith("ERR_CERT_"):
            words = "its certificate is not valid"
        why = f"did not load: {f'{words} ({reason})' if words else reason}"
        return _Failure("navigation_error", url, why)

    def _refusal(self, url: str, failed: Failure) -> _Failure:
        place = RefusedConnections(failed.host, failed.port, 1).place
        self._told = place
        way = "" if (failed.host, failed.port) == host_and_port_of(url) else "it leads to "
        why = f"was not loaded: {way}{place} {failed.reason}"
        return _Failure("blocked", url, why)

    def _tell(self, failure: _Failure) -> None:
        self._interruptions.note(failure.kind, f"{quoted(failure.url)} {failure.why}.")


def require_startable(url: str) -> None:
    """Check the address that an episode is to begin with.

    Raises:
        UsageError: it is not whole, or no page's.
    """
    scheme = scheme_of(url)
    if scheme in START_SCHEMES:
        return
    if scheme == "javascript":
        raise UsageError(f"{url!r} is a script and no page; write an address, like https://…")
    raise UsageError(f"{url!r} is no URL; write it whole, like https://…")


def _summary(counts: dict[str, int]) -> str:
    """What to say of connections that were refused, by where they would have gone."""
    most = sorted(counts.items(), key=lambda each: -each[1])
    shown = most[:TOLD_HOSTS]
    parts = [f"{count} request{'' if count == 1 else 's'} to {place}" for place, count in shown]
    if rest := most[TOLD_HOSTS:]:
        parts.append(f"{sum(count for _, count in rest)} to {len(rest)} others")
    return f"Blocked, as these hosts are not allowed: {', '.join(parts)}."


def _is_of_main_frame(request: Request, tab: LiveTab) -> bool:
    try:
        return request.frame == tab.page.main_frame
    except PlaywrightError:  # a service worker's, or of a frame that is not there yet
        return False
