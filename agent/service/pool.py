"""BrowserPool: Chromium processes that episodes share, replaced before they grow old."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

from vigorl.agent.service.service_config import ServiceConfig
from vigorl.browser.chromium import Browser
from vigorl.browser.memory import group_bytes
from vigorl.tasks.miniwob.pages import PagePool

logger = logging.getLogger(__name__)

WEIGHED_EVERY_S = 5.0

Why = Literal["died", "episodes", "memory"]
"""Why a Chromium is replaced."""


@dataclass(eq=False)
class PooledBrowser:
    """One Chromium, and the open pages of MiniWoB++ in it."""

    browser: Browser
    pages: PagePool
    users: int = 0
    """Episodes in it now."""
    episodes: int = 0
    """Episodes ever."""
    bytes: int = 0
    """Its memory, when it was weighed last."""
    weighed_s: float = field(default_factory=time.monotonic)
    is_retired: bool = False
    """No new episode begins in it."""

    @property
    def has_died(self) -> bool:
        """Whether it was there and is gone."""
        return bool(self.browser.version) and not self.browser.alive

    async def close(self) -> None:
        """Close its pages, then the process."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.browser.close)
            stack.push_async_exit(self.pages)


class BrowserPool:
    """As many Chromium processes as are needed; `async with BrowserPool(config) as pool`.

    One that has died, has had its episodes or has grown too large gets no new one, and is closed
    when its last is over.

    Args:
        config: How many episodes share one, and when it is replaced.
        on_replaced: Called for each one that is.
    """

    def __init__(
        self, config: ServiceConfig, on_replaced: Callable[[Why], None] = lambda why: None
    ) -> None:
        self._config = config
        self._on_replaced = on_replaced
        self._browsers: list[PooledBrowser] = []
        self._closing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for each in list(self._browsers):
            self._let_go(each)
        await asyncio.gather(*self._closing, return_exceptions=True)

    @property
    def browsers(self) -> tuple[PooledBrowser, ...]:
        """Those that are there, retired ones included."""
        return tuple(self._browsers)

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[PooledBrowser]:
        """A Chromium with room for one more episode; it starts with its first context."""
        chosen = self._with_room()
        chosen.users += 1
        chosen.episodes += 1
        try:
            yield chosen
        finally:
            chosen.users -= 1
            await self._look_at(chosen)

    def _with_room(self) -> PooledBrowser:
        for each in list(self._browsers):
            if each.has_died and not each.is_retired:
                self._retire(each, "died")  # and whatever of its pages is idle
        for each in self._browsers:
            if not each.is_retired and each.users < self._config.contexts:
                return each
        browser = Browser()
        made = PooledBrowser(browser, PagePool(browser, idle=self._config.contexts))
        self._browsers.append(made)
        return made

    async def _look_at(self, pooled: PooledBrowser) -> None:
        """Replace it where it is time to."""
        group, now_s = pooled.browser.process_group, time.monotonic()
        if group is not None and now_s - pooled.weighed_s >= WEIGHED_EVERY_S:
            pooled.weighed_s = now_s
            pooled.bytes = await asyncio.to_thread(group_bytes, group)
        if pooled.is_retired:
            if not pooled.users and pooled in self._browsers:
                self._let_go(pooled)
        elif pooled.has_died:
            self._retire(pooled, "died")
        elif pooled.episodes >= self._config.max_episodes:
            self._retire(pooled, "episodes")
        elif pooled.bytes > self._config.max_memory_mb * 1e6:
            self._retire(pooled, "memory")

    def _retire(self, pooled: PooledBrowser, why: Why) -> None:
        logger.info("a Chromium is replaced (%s) after %d episodes", why, pooled.episodes)
        pooled.is_retired = True
        self._on_replaced(why)
        if not pooled.users:
            self._let_go(pooled)

    def _let_go(self, pooled: PooledBrowser) -> None:
        """Close it, in the background: nobody has to wait for it."""
        self._browsers.remove(pooled)
        closing = asyncio.create_task(pooled.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
