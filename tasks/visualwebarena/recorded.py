"""A final state that was read before, to be judged again without a browser."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, TypeVar

from PIL import Image

from vigorl.browser.errors import InconsistentData
from vigorl.tasks.visualwebarena.state import ScriptFailed
from vigorl.tasks.visualwebarena.verdict import BrokenAssertion

_T = TypeVar("_T")

FAILED = object()
"""Stands for a script that raised, or an answer of the shop that was none."""


@dataclass
class Reads:
    """What was read of a state, kind by kind, in order."""

    values: list[Any] = field(default_factory=list)
    """What scripts gave and what pages held as HTML; `FAILED` where a script raised."""
    shop: list[Any] = field(default_factory=list)
    """What the shop answered; `FAILED` where not with 200."""
    image_urls: list[list[str | None]] = field(default_factory=list)
    images: list[Image.Image | None] = field(default_factory=list)


class RecordedState:
    """Gives what was read in the order in which it was read, whatever is asked.

    Args:
        url: Where the page was at the end.
        reads: What was read then.
        stays: Targets were looked at on pages beside it, so that its address stands.
    """

    def __init__(self, url: str, reads: Reads, *, stays: bool = False) -> None:
        self.entered: list[str] = []
        """Where targets were looked at, in order."""
        self._url = self._last_url = url
        self._stays = stays
        self._values = deque(reads.values)
        self._shop = deque(reads.shop)
        self._image_urls = deque(reads.image_urls)
        self._images = deque(reads.images)

    @property
    def url(self) -> str:
        """Where the page is: where it was at the end, or where a target was looked at."""
        return self._url

    async def enter(self, url: str) -> None:
        """Note it."""
        self._url = url
        self.entered.append(url)

    async def leave(self) -> None:
        """Be back where the page stays."""
        if self._stays:
            self._url = self._last_url

    async def evaluate(self, script: str) -> Any:
        """The next value.

        Raises:
            ScriptFailed: it was raised.
        """
        value = _next(self._values)
        if value is FAILED:
            raise ScriptFailed("as recorded")
        return value

    async def content(self) -> str:
        """The next value."""
        return str(await self.evaluate(""))

    async def image_urls(self, selector: str) -> list[str | None]:
        """The next list."""
        return _next(self._image_urls)

    async def fetch_image(self, url: str) -> Image.Image | None:
        """The next picture."""
        return _next(self._images)

    async def ask_shop(self, path: str, parameters: dict[str, str] | None = None) -> Any:
        """The next answer.

        Raises:
            Crash: it was none.
        """
        answer = _next(self._shop)
        if answer is FAILED:
            raise BrokenAssertion("the shop did not answer with 200")
        return answer


def _next(values: deque[_T]) -> _T:
    if not values:
        raise InconsistentData("more is read of this state than was recorded")
    return values.popleft()
