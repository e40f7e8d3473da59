"""A final state in a living browser; whatever is read of it is kept, to be judged again."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from PIL import Image
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from vigorl.browser.errors import TaskFault
from vigorl.tasks.visualwebarena.asking import PAUSES_S
from vigorl.tasks.visualwebarena.recorded import FAILED, Reads, RecordedState
from vigorl.tasks.visualwebarena.state import ScriptFailed
from vigorl.tasks.visualwebarena.verdict import Crash
from vigorl.tasks.visualwebarena.web import Web

REST_S = 3.0
"""How long a page rests after it has loaded, before it is looked at."""

LOAD_LIMIT_S = 30.0
"""Time for a page to load."""

SCRIPT_LIMIT_S = 30.0
"""Time for a script in it."""

_SOURCES = "elements => elements.map((element) => element.getAttribute('src'))"

_PICTURES = """elements => elements
  .flatMap((element) =>
    element.tagName === 'IMG' ? [element] : [...element.querySelectorAll('img')])
  .map((element) => element.getAttribute('src'))"""


class LiveState:
    """The page on which an episode ended.

    Args:
        page: It; its address changes where a target stands elsewhere.
        web: Fetches pictures and asks the shop.
        open_page: Opens a page for each target that stands elsewhere, as BrowserGym does, so
            that `page` stays where it is; None: `page` itself goes there, as published.
        zoned: Times of a page have their zone. The Playwright that is pinned in the published
            code gives them without, which the evaluators of comments do not survive.
        rest_s: How long a page rests before it is looked at, s.
    """

    def __init__(
        self,
        page: Page,
        web: Web,
        *,
        open_page: Callable[[], Awaitable[Page]] | None = None,
        zoned: bool = False,
        rest_s: float = REST_S,
    ) -> None:
        self._last_page = page
        self._page = page
        self._web = web
        self._open_page = open_page
        self._zoned = zoned
        self._rest_s = rest_s
        self._first_url = page.url
        self._reads = Reads()

    @property
    def url(self) -> str:
        """Where the page is."""
        return self._page.url

    def recorded(self) -> RecordedState:
        """The same state, as far as it was read; its times have their zone."""
        return RecordedState(self._first_url, self._reads, stays=self._open_page is not None)

    async def enter(self, url: str) -> None:
        """Load the address, in a page of its own where there is one for each target.

        Raises:
            TaskFault: it does not load, or its server says that it is broken (5xx).
        """
        try:
            if self._open_page is not None:
                self._page = await self._open_page()
            response = None
            for pause_s in (0.0, *PAUSES_S):
                await asyncio.sleep(pause_s)
                response = await self._page.goto(url, timeout=LOAD_LIMIT_S * 1000)
                if response is None or response.status < 500:
                    break
        except PlaywrightError as error:
            raise TaskFault(f"{url} does not load: {error.message}") from error
        if response is not None and response.status >= 500:
            raise TaskFault(f"{url} answers {response.status} to the evaluators")
        await asyncio.sleep(self._rest_s)

    async def leave(self) -> None:
        """Close the page that was opened for a target, if one was."""
        page, self._page = self._page, self._last_page
        if page is not self._last_page:
            with contextlib.suppress(PlaywrightError):  # it is gone with its context at the latest
                await page.close()

    async def evaluate(self, script: str) -> Any:
        """What a script gives in the page.

        Raises:
            ScriptFailed: it raises.
            TaskFault: the page is gone, or the script does not end.
        """
        try:
            async with asyncio.timeout(SCRIPT_LIMIT_S):
                value = await self._page.evaluate(script)
        except TimeoutError as error:
            raise TaskFault(f"a script does not end on {self.url}") from error
        except PlaywrightError as error:
            if self._page.is_closed():
                raise TaskFault(f"the page is gone: {error.message}") from error
            self._reads.values.append(FAILED)
            raise ScriptFailed(error.message) from error
        self._reads.values.append(value)
        return value if self._zoned else _without_zones(value)

    async def content(self) -> str:
        """The page as HTML.

        Raises:
            TaskFault: the page cannot be read.
        """
        try:
            html = await self._page.content()
        except PlaywrightError as error:
            raise TaskFault(f"{self.url} cannot be read: {error.message}") from error
        self._reads.values.append(html)
        return html

    async def image_urls(self, selector: str) -> list[str | None]:
        """Where the pictures under a selector come from, or all that the page shows as such.

        Raises:
            Crash: it is no selector.
            TaskFault: the page is gone.
        """
        try:
            if selector:
                found = await self._page.locator(selector).evaluate_all(_PICTURES)
            else:
                found = await self._page.get_by_role("img").evaluate_all(_SOURCES)
        except PlaywrightError as error:
            if self._page.is_closed():
                raise TaskFault(f"the page is gone: {error.message}") from error
            raise Crash(f"{selector!r} finds nothing: {error.message}") from error
        urls: list[str | None] = list(found)
        self._reads.image_urls.append(urls)
        return urls

    async def fetch_image(self, url: str) -> Image.Image | None:
        """The picture, fetched without cookies.

        Raises:
            TaskFault: a site does not hand it out.
        """
        image = await self._web.image(url)
        self._reads.images.append(image)
        return image

    async def ask_shop(self, path: str, parameters: dict[str, str] | None = None) -> Any:
        """What the shop answers.

        Raises:
            Crash: it does not answer with 200.
            TaskFault: it does not answer.
        """
        try:
            answer = await self._web.ask_shop(path, parameters)
        except Crash:
            self._reads.shop.append(FAILED)
            raise
        self._reads.shop.append(answer)
        return answer


def _without_zones(value: Any) -> Any:
    match value:
        case datetime():
            return value.replace(tzinfo=None)
        case dict():
            return {key: _without_zones(each) for key, each in value.items()}
        case list():
            return [_without_zones(each) for each in value]
        case _:
            return value
