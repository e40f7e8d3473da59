"""Loading pages: by address, through the history, and what is said when one does not load."""

from collections.abc import Awaitable
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Request
from playwright.async_api import TimeoutError as PlaywrightTimeout

from vigorl.browser.chromium import BrowserSettings
from vigorl.browser.input import Impossible
from vigorl.browser.interruptions import Interruptions, quoted
from vigorl.browser.tab import LiveTab

BROWSER_ENDING_URLS = ("chrome://quit", "chrome://restart", "chrome://inducebrowsercrash")
"""Addresses that end the browser under all episodes."""

WEB_SCHEMES = ("http", "https", "about", "data", "blob")
"""Of addresses that an agent may load where its hosts are limited."""


class Navigation:
    """Loads pages and tells of those that do not load."""

    def __init__(self, interruptions: Interruptions, settings: BrowserSettings) -> None:
        self._interruptions = interruptions
        self._settings = settings
        self._under_way: set[LiveTab] = set()  # loading by our doing: errors come to us directly

    def watch(self, tab: LiveTab) -> None:
        """Tell of pages that the tab tries to load by itself and cannot."""

        def note_failure(request: Request) -> None:
            reason = request.failure or ""
            if tab in self._under_way or not request.is_navigation_request():
                return
            if reason in ("", "net::ERR_ABORTED") or not _is_of_main_frame(request, tab):
                return
            self._note_error(request.url, reason)

        tab.page.on("requestfailed", note_failure)

    async def load(self, tab: LiveTab, url: str, limit_s: float) -> None:
        """Load an address, up to the moment at which its server has answered.

        Raises:
            Impossible: it is not an address.
            playwright.async_api.Error: the page or the browser broke meanwhile.
        """

        async def go_to() -> None:
            try:
                await tab.page.goto(url, wait_until="commit", timeout=limit_s * 1000)
            except PlaywrightError as error:
                if "interrupted by another navigation" not in error.message:
                    raise
                # An error page of the last navigation was still on its way.
                await tab.page.goto(url, wait_until="commit", timeout=limit_s * 1000)

        await self._drive(tab, url, go_to())

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
        await self._drive(tab, history["entries"][index]["url"], moving)

    async def reload(self, tab: LiveTab, limit_s: float) -> None:
        """Load the tab's page again.

        Raises:
            playwright.async_api.Error: the page or the browser broke meanwhile.
        """
        history = await tab.session.send("Page.getNavigationHistory")
        url = history["entries"][history["currentIndex"]]["url"]
        loading = tab.page.reload(wait_until="commit", timeout=limit_s * 1000)
        await self._drive(tab, url, loading)

    def require_loadable(self, url: str) -> None:
        """Check an address that an agent, not its operator, chose.

        Raises:
            Impossible: it is not whole, or not one that an agent may load.
        """
        scheme = urlsplit(url).scheme.lower()
        if not scheme:
            raise Impossible(f'{quoted(url)} is no address. Write it whole, "https://" included.')
        if scheme == "javascript" or url.lower().startswith(BROWSER_ENDING_URLS):
            raise Impossible(f"{quoted(url)} cannot be loaded.")
        if self._settings.allowed_hosts is not None and scheme not in WEB_SCHEMES:
            raise Impossible(f"{quoted(url)} cannot be loaded: only web pages are allowed.")

    async def _drive(self, tab: LiveTab, url: str, moving: Awaitable[object]) -> None:
        tab.settle.begin()
        self._under_way.add(tab)
        try:
            await moving
        except PlaywrightError as error:
            await self._explain(tab, url, error)
        finally:
            self._under_way.discard(tab)

    async def _explain(self, tab: LiveTab, url: str, error: PlaywrightError) -> None:
        """Turn a navigation's failure into an event, or raise it again where it is another's."""
        message = error.message
        if isinstance(error, PlaywrightTimeout):
            await tab.session.send("Page.stopLoading")
            self._note_error(url, "no answer in time")
        elif "Download is starting" in message:
            return
        elif "invalid URL" in message:
            raise Impossible(f"{quoted(url)} is no address.") from error
        elif "interrupted by another navigation" in message:
            return  # the page went elsewhere by itself, which will be seen
        elif "net::" in message and not url.startswith("chrome:"):
            reason = next(word for word in message.split() if word.startswith("net::"))
            self._note_error(url, reason)
        elif "net::" not in message:
            raise error

    def _note_error(self, url: str, reason: str) -> None:
        host = urlsplit(url).hostname or ""
        if reason == "net::ERR_NAME_NOT_RESOLVED" and not self._settings.allows(host):
            self._interruptions.note(
                "blocked", f"{quoted(url)} was not loaded: the host {host} is not allowed."
            )
            return
        self._interruptions.note(
            "navigation_error", f"{quoted(url)} did not load: {reason.removeprefix('net::')}."
        )


def _is_of_main_frame(request: Request, tab: LiveTab) -> bool:
    try:
        return request.frame == tab.page.main_frame
    except PlaywrightError:  # a service worker's, or of a frame that is not there yet
        return False
