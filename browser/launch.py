"""Starting Chromium: which one, with which switches, and what it leaves where it is killed."""

import logging
import os
import re
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser as ChromiumProcess
from playwright.async_api import BrowserContext, BrowserType, ViewportSize
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.errors import BrowserDied, BrowserMissing, UsageError

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
    profile: Path | None = None
    """Folder of the profile to start with, whose log-ins are used and kept; None: an empty one that
    is thrown away. It serves one episode at a time."""
    cdp: str | None = None
    """Address of the DevTools of a browser that runs already (`http://localhost:9222`): it is
    attached to instead of started. Its tabs stay its owner's, and nothing keeps it to hosts."""
    proxy: str | None = field(default=None, repr=False)
    """URL of the proxy that is chained behind ours; None: that of the environment."""
    launch_limit_s: float = 30
    """Time for Chromium to start, s."""
    close_limit_s: float = 5
    """Time for Chromium to leave, s; then its processes are killed."""

    def __post_init__(self) -> None:
        if self.cdp is None:
            return
        if self.profile is not None or self.proxy is not None or not self.headless:
            raise UsageError(
                "a browser that runs already has its own window, profile and proxy: say these "
                "where it is started, and leave them out beside the address of its DevTools"
            )
        if not self.cdp.startswith(("http://", "https://", "ws://", "wss://")):
            raise UsageError(
                f"{self.cdp!r} is no address of DevTools: start the browser with "
                "--remote-debugging-port=9222 and give http://localhost:9222"
            )

    @property
    def is_lent(self) -> bool:
        """Whether the browser is somebody's own, who goes on using it."""
        return self.cdp is not None

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


async def attached(chromium: BrowserType, address: str) -> ChromiumProcess:
    """The browser whose DevTools are at an address.

    Raises:
        BrowserDied: nobody answers there.
    """
    try:
        return await chromium.connect_over_cdp(address)
    except PlaywrightError as error:
        raise BrowserDied(
            f"no browser answers at {address} ({error.message.splitlines()[0]}). Start it with "
            "--remote-debugging-port=9222 --user-data-dir=FOLDER (Chrome opens no port on its "
            "usual profile)"
        ) from error


def _candidates(chromium: BrowserType, settings: BrowserSettings) -> Iterator[dict[str, Any]]:
    """Ways to launch, as Playwright's options, best first."""
    if settings.executable_path is not None:
        if not settings.executable_path.exists():
            raise BrowserMissing(f"There is no {settings.executable_path}. {MISSING}")
        yield {"executable_path": settings.executable_path}
        return
    own = Path(chromium.executable_path)
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


async def launched(
    chromium: BrowserType, settings: BrowserSettings, profile_options: dict[str, Any] | None
) -> ChromiumProcess | BrowserContext:
    """A process or, where there are options for it, the one context of a profile with its own."""
    for candidate in _candidates(chromium, settings):
        options: dict[str, Any] = {
            **candidate,
            "headless": settings.headless,
            "args": settings.flags(),
            "ignore_default_args": list(UNWANTED_FLAGS),
            "chromium_sandbox": settings.sandboxed,
            "env": small_environment(),
            "timeout": settings.launch_limit_s * 1000,
            # Signals are ours to answer: a Ctrl-C must not end Chromium under an episode
            # that is still writing its record.
            "handle_sigint": False,
            "handle_sigterm": False,
            "handle_sighup": False,
        }
        try:
            if profile_options is None or settings.profile is None:
                return await chromium.launch(**options)
            return await chromium.launch_persistent_context(
                settings.profile, **options, **profile_options
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
            if settings.profile is not None and "already in use" in error.message:
                raise UsageError(
                    f"the profile {settings.profile} is in use by another browser: close that "
                    "first, or attach to it by the address of its DevTools"
                ) from error
            lines = [line for line in error.message.splitlines() if "<launching>" not in line]
            raise BrowserDied(f"{name} did not start: {' '.join(lines)[:1000]}") from error
    raise BrowserMissing(MISSING)


def small_environment() -> dict[str, str]:
    """What a program needs of our environment, which may hold keys and passwords."""
    return {name: value for name, value in os.environ.items() if _NEEDED.fullmatch(name)}


async def left_by(process: ChromiumProcess) -> Left:
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


def kill(group: int) -> None:
    """End a process group that does not leave by itself."""
    logger.warning("Chromium did not leave by itself; killing its process group %d", group)
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        logger.debug("process group %d was gone already", group)
