"""One warm Chromium process: how it is found, started, given to episodes, and ended.

No process outlives the command. Playwright's driver talks to Chromium through a pipe and to us
through another; whichever end dies, also by SIGKILL, the other side reads the end of its pipe and
leaves within two seconds (`tests/browser/test_process.py`). What remains is a Chromium that does
not answer: closing gives it `close_limit_s` and then kills its process group.
"""

import asyncio
import functools
import logging
import os
import re
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from playwright.async_api import Browser as ChromiumProcess
from playwright.async_api import BrowserContext, Playwright, ViewportSize, async_playwright
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.boundary import Boundary
from vigorl.browser.clipboard import NativeClipboard
from vigorl.browser.errors import BrowserDied, BrowserMissing, UsageError
from vigorl.browser.gate import Gate, Resolve, system_resolve
from vigorl.browser.memory import MemoryWatch
from vigorl.browser.upstream import Upstream

logger = logging.getLogger(__name__)

HEADLESS_SHELLS = ("chromium-headless-shell", "chrome-headless-shell", "headless_shell")
"""Commands of the build without a window: half the memory, a fifth of the start-up time."""

CHROMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""Commands of the browser with a window."""

MISSING = """No Chromium was found. Any one of these gets one:
  playwright install chromium-headless-shell        (Playwright's own build, into your cache)
  apt-get install chromium-headless-shell           (Debian, Ubuntu; or the package 'chromium')
  https://www.google.com/chrome/                    (Chrome itself)
or name one that is there: BrowserSettings(executable_path=...)."""

SCREEN: ViewportSize = {"width": 1920, "height": 1080}
"""Of the machine that pages believe to be shown on, px.

A capture with a clip lets the page see the real screen again, so the two must be the same.
"""

FLAGS = (
    # The last switch of a name wins, so this one replaces Playwright's, which also turns on
    # CDPScreenshotNewSurface. With that feature a renderer that dies while its screenshot is
    # pending takes the whole browser along (segmentation fault in Chromium 156).
    "--enable-features=SkipListAccountsWithoutGaiaCookies",
    # Whatever does not go through a context's gate knows no host but this machine's address, on
    # which the gates listen: prefetched names, too, which would be asked for in the open.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    # Peer connections go to addresses without asking the resolver, and QUIC to no proxy.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
)

BLINK_SETTINGS = (
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,"
    "availablePointerTypes=4,selectionClipboardBufferAvailable=false"
)
"""Playwright's own for the browser without a window, and no second clipboard that holds whatever is
selected: it belongs to all episodes."""

ANSWER_LIMIT_S = 2.0
"""Time for a browser to say that it is there."""

UNWANTED_FLAGS = ("--disable-ipc-flooding-protection",)
"""Of Playwright's switches. Chromium lets a page change its address 200 times in 10 s; without that
bound a page that does so in a loop occupies the browser under all episodes."""


_NEEDED = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|DISPLAY|WAYLAND_DISPLAY"
    r"|XAUTHORITY|XDG_\w+|DBUS_SESSION_BUS_ADDRESS|FONTCONFIG_\w+|LD_LIBRARY_PATH|NIX_\w+"
    r"|GDK_\w+|GTK_\w+|LIBGL_\w+|MESA_\w+|PULSE_SERVER|SYSTEMROOT|APPDATA|LOCALAPPDATA|PROGRAM\w*"
    r"|(?:https?|all|no|auto|ftp)_proxy",
    re.IGNORECASE,
)
"""Variables that Chromium is started with: places, language, screen, fonts, proxies."""


@dataclass(frozen=True, slots=True)
class BrowserSettings:
    """How Chromium is started."""

    executable_path: Path | None = None
    """The browser to start; None: Playwright's own, else one on PATH, else Chrome."""
    headless: bool = True
    """Without a window."""
    unlimited_frame_rate: bool = True
    """Draw frames as fast as they can be drawn, so that a capture need not wait for the next tick
    of 16.7 ms. An endless animation fills a core then (a spinner took 1.05 cores against 0.11),
    and Chromium 156 skips view transitions: for pages made for agents, not for the web."""
    sandbox: bool = True
    """Chromium's own sandbox around each page; as root it cannot work and is left out."""
    page_memory_bytes: int = 3 * 1024**3
    """Memory that the pages of one process may take; then they are ended, and loaded again."""
    launch_limit_s: float = 30
    """Time for Chromium to start, s."""
    close_limit_s: float = 5
    """Time for Chromium to leave, s; then its processes are killed."""

    @property
    def sandboxed(self) -> bool:
        """Whether pages run in Chromium's own sandbox."""
        return self.sandbox and os.geteuid() != 0

    def flags(self) -> list[str]:
        """The command-line switches beside Playwright's own."""
        flags = list(FLAGS)
        if self.unlimited_frame_rate:
            flags += ["--disable-frame-rate-limit", "--disable-gpu-vsync"]
        if self.headless:
            flags.append(BLINK_SETTINGS)
            flags.append(f"--screen-info={{{SCREEN['width']}x{SCREEN['height']}}}")
        return flags


@dataclass(frozen=True, slots=True)
class Left:
    """What a Chromium leaves where it, or the driver that started it, is killed."""

    group: int | None = None
    """The process group that Playwright made for it; None where it shares ours."""
    profile: Path | None = None
    """Its temporary folder, with cookies in it."""


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
        self._upstream = Upstream.of_environment()
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

    def describe(self) -> dict[str, Any]:
        """Version and the sandbox's state, for records; after the start."""
        return {"version": self.version, "sandbox": self.settings.sandboxed}

    def gate(self, boundary: Boundary) -> Gate:
        """A way out for one context, not opened yet; behind the operator's proxy, if any."""
        return Gate(boundary, self._upstream, self._resolve)

    async def context(self, gate: Gate | None = None, **options: Any) -> BrowserContext:
        """A fresh context, in a fresh process where the last one died.

        Args:
            gate: Its way out, open for as long as the context; None: one without limits, for
                pages that no agent sees.
            options: those of Playwright's `Browser.new_context`.

        Raises:
            BrowserMissing: there is no Chromium on this machine.
            BrowserDied: Chromium does not start, or died at once.
        """
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
        self.clipboard.forget()
        ended = process is None
        try:
            await self.memory.close()
            if process is not None:
                ended = await _ends(process.close(), self.settings.close_limit_s)
        finally:  # also when the closing itself is cancelled
            if not ended and left.group is not None:
                _kill(left.group)
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

    async def start(self) -> None:
        """Start the process, unless it is there.

        Raises:
            BrowserMissing: there is no Chromium on this machine.
            BrowserDied: Chromium does not start.
        """
        async with self._starting:
            if self.alive:
                return
            await self.close()  # what is left of a process that died, its driver included
            try:
                async with asyncio.timeout(self.settings.launch_limit_s):
                    # A task of its own: if its start were cancelled half-way, nobody would hold
                    # the driver's process any more.
                    self._driver = asyncio.create_task(async_playwright().start())
                    playwright = await asyncio.shield(self._driver)
                    self._process = await _launch(playwright, self.settings)
                    self._lost = False
                    self._left = await _left_by(self._process)
                    self.memory.start(self._process)
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


def _candidates(playwright: Playwright, settings: BrowserSettings) -> Iterator[dict[str, Any]]:
    """Ways to launch, as Playwright's options, best first."""
    if settings.executable_path is not None:
        if not settings.executable_path.exists():
            raise BrowserMissing(f"There is no {settings.executable_path}. {MISSING}")
        yield {"executable_path": settings.executable_path}
        return
    own = Path(playwright.chromium.executable_path)
    if _headless_shell_beside(own) if settings.headless else own.exists():
        yield {}
    for name in (*HEADLESS_SHELLS, *CHROMES) if settings.headless else CHROMES:
        if path := shutil.which(name):
            yield {"executable_path": path}
    if own.exists():
        yield {"executable_path": own}
    yield {"channel": "chrome"}


def _headless_shell_beside(own: Path) -> bool:
    """Whether Playwright has downloaded its headless shell, which is in a folder of its own.

    Trying would tell as well, but leaves temporary folders behind.
    """
    builds = [path for path in own.parents if path.name.startswith("chromium-")]
    return any(
        path.with_name(path.name.replace("chromium-", "chromium_headless_shell-")).exists()
        for path in builds
    )


async def _launch(playwright: Playwright, settings: BrowserSettings) -> ChromiumProcess:
    for candidate in _candidates(playwright, settings):
        try:
            return await playwright.chromium.launch(
                **candidate,
                headless=settings.headless,
                args=settings.flags(),
                ignore_default_args=list(UNWANTED_FLAGS),
                chromium_sandbox=settings.sandboxed,
                env=_small_environment(),
                timeout=settings.launch_limit_s * 1000,
                # Signals are ours to answer: a Ctrl-C must not end Chromium under an episode
                # that is still writing its record.
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
        except PlaywrightError as error:
            if "Executable doesn't exist" in error.message or "is not found at" in error.message:
                continue
            name = candidate.get("executable_path", "Chromium")
            if "No usable sandbox" in error.message:
                raise BrowserDied(
                    f"{name} finds no usable sandbox on this machine. Allow unprivileged user "
                    "namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0), or, "
                    "for pages you trust, start it with BrowserSettings(sandbox=False)."
                ) from error
            if "Missing X server" in error.message:
                raise UsageError(
                    "A window needs a screen, and there is none: DISPLAY is not set. Leave "
                    "--headed away (a run shows its steps all the same), or run under xvfb-run."
                ) from error
            lines = [line for line in error.message.splitlines() if "<launching>" not in line]
            raise BrowserDied(f"{name} did not start: {' '.join(lines)[:1000]}") from error
    raise BrowserMissing(MISSING)


def _small_environment() -> dict[str, str | float | bool]:
    """What Chromium needs of our environment, which may hold keys and passwords."""
    return {name: value for name, value in os.environ.items() if _NEEDED.fullmatch(name)}


async def _left_by(process: ChromiumProcess) -> Left:
    """What there is of a Chromium beside Playwright's word for it."""
    session = await process.new_browser_cdp_session()
    information = await session.send("SystemInfo.getProcessInfo")
    await session.detach()
    for entry in information["processInfo"]:
        if entry["type"] == "browser":
            group = os.getpgid(entry["id"])
            return Left(group if group != os.getpgid(0) else None, _profile_of(entry["id"]))
    return Left()


def _profile_of(pid: int) -> Path | None:
    """The temporary profile that Playwright made; None where the system does not tell."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    found = re.search(rb"--user-data-dir=([^\0]*?playwright_chromiumdev_profile-\w+)", command)
    return Path(os.fsdecode(found[1])) if found else None


async def _answers(process: ChromiumProcess) -> bool:
    """Whether anybody answers for a process that counts as connected."""
    try:
        async with asyncio.timeout(ANSWER_LIMIT_S):
            await (await process.new_browser_cdp_session()).detach()
    except (PlaywrightError, TimeoutError):
        return False
    return True


def _kill(group: int) -> None:
    logger.warning("Chromium did not leave by itself; killing its process group %d", group)
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        logger.debug("process group %d was gone already", group)


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
