"""One warm Chromium process: how it is found, started, given to episodes, and ended.

No process outlives the command. Playwright's driver talks to Chromium through a pipe and to us
through another; whichever end dies, also by SIGKILL, the other side reads the end of its pipe and
leaves within two seconds (`tests/browser/test_process.py`). What remains is a Chromium that does
not answer: closing gives it `close_limit_s` and then kills its process group.
"""

import asyncio
import functools
import logging
import shutil
from typing import Any, Self

from playwright.async_api import Browser as ChromiumProcess
from playwright.async_api import (
    BrowserContext,
    Playwright,
    async_playwright,
)
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.boundary import Boundary
from vigorl.browser.clipboard import NativeClipboard
from vigorl.browser.errors import BrowserDied, UsageError
from vigorl.browser.gate import Gate, Resolve, system_resolve
from vigorl.browser.launch import (
    MISSING,
    SCREEN,
    BrowserSettings,
    Left,
    attached,
    kill,
    launched,
    left_by,
)
from vigorl.browser.memory import MemoryWatch
from vigorl.browser.upstream import Upstream

logger = logging.getLogger(__name__)

__all__ = ["MISSING", "Browser", "BrowserSettings"]

ANSWER_LIMIT_S = 2.0
"""Time for a browser to say that it is there."""


class Browser:
    """One Chromium process, warm for as long as the block; a fresh context for each episode.

    If the process dies, its contexts fail with `BrowserDied`, and the next call of `context`
    starts another one.

    Args:
        settings: How it is started.
        resolve: How names of hosts become addresses.

    Raises:
        UsageError: the environment names a proxy of a kind that is not known.
    """

    def __init__(
        self, settings: BrowserSettings | None = None, resolve: Resolve = system_resolve
    ) -> None:
        self.settings = settings or BrowserSettings()
        self._resolve = resolve
        self._starting = asyncio.Lock()
        self._driver: asyncio.Task[Playwright] | None = None
        self._process: ChromiumProcess | None = None
        self._lost = False
        """Nobody answers for the process any more, as where its driver was killed."""
        self._left = Left()
        proxy = self.settings.proxy
        self._upstream = Upstream.of_environment() if proxy is None else Upstream.at(proxy)
        self._profile_context: BrowserContext | None = None
        """The one context of a profile, which is made as the process starts."""
        self._own_gate: Gate | None = None
        self.clipboard = NativeClipboard(self)
        self.memory = MemoryWatch(self.settings.page_memory_bytes)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.is_connected() and not self._lost

    @property
    def version(self) -> str:
        """Chromium's version, for records; empty before the start."""
        return self._process.version if self._process is not None else ""

    @property
    def process_group(self) -> int | None:
        """The group of all of its processes; None where there is none of its own."""
        return self._left.group

    def describe(self) -> dict[str, Any]:
        """Version and the sandbox's state, for records; after the start.

        A profile's process starts with its first context, and has no version before.
        """
        if self.settings.is_lent:
            return {"version": self.version, "sandbox": None, "lent": True}
        return {"version": self.version, "sandbox": self.settings.sandboxed}

    def gate(self, boundary: Boundary) -> Gate:
        """A way out for one context, not opened yet; behind the operator's proxy, if any."""
        return Gate(boundary, self._upstream, self._resolve)

    async def context(self, gate: Gate | None = None, **options: Any) -> BrowserContext:
        """A fresh context, in a fresh process where the last one died.

        Of a profile, its own, with a way out in a process of its own; of a browser that runs
        already the one in which its owner is, without a way out of ours.

        Args:
            gate: Its way out, open for as long as the context; None: one without limits, for
                pages that no agent sees.
            options: those of Playwright's `Browser.new_context`.

        Raises:
            BrowserMissing: there is no Chromium on this machine.
            BrowserDied: Chromium does not start, or died at once.
        """
        if self.settings.is_lent:
            return await self._lent_context()
        if self.settings.headless:
            options = {"screen": SCREEN, **options}
        try:
            return await self._new_context(gate, options)
        except BrowserDied:  # between two episodes, and nobody knew
            return await self._new_context(gate, options)

    async def close(self) -> None:
        """End the process, by force where it does not answer; may be called twice."""
        driver, self._driver = self._driver, None
        process, self._process = self._process, None
        left, self._left = self._left, Left()
        gate, self._own_gate = self._own_gate, None
        self._profile_context = None
        self.clipboard.forget()
        ended = process is None
        try:
            await self.memory.close()
            if process is not None:
                ended = await _ends(process.close(), self.settings.close_limit_s)
        finally:  # also when the closing itself is cancelled
            if not ended and left.group is not None:
                kill(left.group)
            if driver is not None:
                await _ends(_stop(driver), self.settings.close_limit_s)
            if left.profile is not None:  # of a driver that had no time to remove it
                await asyncio.to_thread(shutil.rmtree, left.profile, ignore_errors=True)
            if gate is not None:
                await gate.close()

    async def _unlimited(self) -> Gate:
        """The way out of contexts that no agent sees."""
        async with self._starting:
            if self._own_gate is None:
                gate = self.gate(Boundary.unlimited())
                await gate.start()
                self._own_gate = gate
            return self._own_gate

    async def _new_context(self, gate: Gate | None, options: dict[str, Any]) -> BrowserContext:
        if gate is not None and self.settings.profile is not None:
            return await self._with_profile({"proxy": gate.proxy, **options})
        await self.start()
        assert self._process is not None
        options = {"proxy": (gate or await self._unlimited()).proxy, **options}
        try:
            async with asyncio.timeout(self.settings.launch_limit_s):
                return await self._process.new_context(**options)
        except TimeoutError as error:
            raise BrowserDied("Chromium does not answer") from error
        except PlaywrightError as error:
            await asyncio.sleep(0.1)  # that the process is gone is known a moment later
            if self.alive and await _answers(self._process):
                raise UsageError(f"no context with {options}: {error.message}") from error
            self._lost = True
            raise BrowserDied("Chromium died while an episode began") from error

    async def _with_profile(self, options: dict[str, Any]) -> BrowserContext:
        """The profile's context, in a fresh process: its way out is said as that starts."""
        if options.pop("storage_state", None) is not None:
            raise UsageError("a profile has log-ins of its own: leave out the storage state")
        await self._start(options)
        assert self._profile_context is not None
        return self._profile_context

    async def _lent_context(self) -> BrowserContext:
        """The context in which the owner of a browser is."""
        await self.start()
        assert self._process is not None
        if not self._process.contexts:
            raise BrowserDied(f"the browser at {self.settings.cdp} has no window to work in")
        return self._process.contexts[0]

    async def start(self) -> None:
        """Start the process, unless it is there; a profile's starts with its context.

        Raises:
            BrowserMissing: there is no Chromium on this machine.
            BrowserDied: Chromium does not start, or nobody answers where one is to run.
        """
        if self.settings.profile is None:
            await self._start()

    async def _start(self, profile_options: dict[str, Any] | None = None) -> None:
        async with self._starting:
            if self.alive and profile_options is None:
                return
            await self.close()  # what is left of a process that died, its driver included
            try:
                async with asyncio.timeout(self.settings.launch_limit_s):
                    # A task of its own: if its start were cancelled half-way, nobody would hold
                    # the driver's process any more.
                    self._driver = asyncio.create_task(async_playwright().start())
                    playwright = await asyncio.shield(self._driver)
                    chromium = playwright.chromium
                    self._lost = False
                    if self.settings.cdp is not None:
                        self._process = await attached(chromium, self.settings.cdp)
                        return
                    begun = await launched(chromium, self.settings, profile_options)
                    if isinstance(begun, BrowserContext):
                        assert begun.browser is not None
                        self._profile_context, begun = begun, begun.browser
                    self._process = begun
                    self._left = await left_by(begun)
                    self.memory.start(begun)
                if not self.settings.sandboxed:
                    wanted = self.settings.sandbox
                    _tell_of_no_sandbox("it cannot work as root" if wanted else "as asked for")
            except TimeoutError as error:
                await self.close()
                raise BrowserDied(
                    f"Chromium did not start within {self.settings.launch_limit_s:g} s"
                ) from error
            except BaseException:  # a cancelled start must not leave a process either
                await self.close()
                raise


@functools.cache
def _tell_of_no_sandbox(why: str) -> None:
    """Say, once a process, that pages run without Chromium's sandbox."""
    logger.warning(
        "sandbox off: %s, so a page that breaks Chromium has this user's rights. "
        "Run as another user, or in the container of SECURITY.md.",
        why,
    )


async def _answers(process: ChromiumProcess) -> bool:
    """Whether anybody answers for a process that counts as connected."""
    try:
        async with asyncio.timeout(ANSWER_LIMIT_S):
            await (await process.new_browser_cdp_session()).detach()
    except (PlaywrightError, TimeoutError):
        return False
    return True


async def _stop(driver: asyncio.Task[Playwright]) -> None:
    """End Playwright's driver, and with it what it has launched."""
    try:
        playwright = await driver
    except Exception as error:  # of no class of its own: it left before its first answer, as a
        # Ctrl-C makes it that a terminal sends to all processes; there is nothing to stop
        logger.debug("the driver did not start: %r", error)
        return
    await playwright.stop()


async def _ends(closing: Any, limit_s: float) -> bool:
    """Whether something closed in time; what it said is logged."""
    try:
        async with asyncio.timeout(limit_s):
            await closing
    except (PlaywrightError, TimeoutError) as error:
        logger.warning("closing did not succeed: %r", error)
        return False
    return True
