"""Opening a desktop: the user's own, or a virtual screen; with the programs that belong to it.

What cannot work is said at once, with what can be done about it.
"""

import asyncio
import importlib
import os
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vigorl.browser.desktop.guarded import Guarded
from vigorl.browser.desktop.screen import DesktopScreen
from vigorl.browser.errors import ScreenFault, StartFault, UsageError

if TYPE_CHECKING:
    from vigorl.browser.desktop.virtual_size import VirtualSize

WINDOW_LIMIT_S = 20.0
"""Time for a program to show a window, and for a window manager to answer."""

USE_VIRTUAL = "--virtual 1920x1080 starts a screen of the agent's own"

_WAYLAND = (
    "this is a Wayland session, in which no program sees or moves the others: log in to "
    f"an X session ('Xorg' at the log-in screen), or use --virtual: {USE_VIRTUAL}"
)

PACKAGES = "apt-get install xvfb openbox"
"""What gets a virtual screen on Debian and its kin."""

_LOOK_EVERY_S = 0.01

_RUNTIME, _TEMPORARY = ".run", ".tmp"
"""Folders of a home that are no part of what a user would see there."""


def _start_for_good(argv: tuple[str, ...], env: dict[str, str]) -> None:
    """Start a program that is the user's from then on."""
    if sys.platform == "win32":
        subprocess.Popen(argv, env=env)
        return
    shell = ("sh", "-c", '"$@" >/dev/null 2>&1 </dev/null &', "sh", *argv)
    subprocess.run(shell, env=env, start_new_session=True, check=True)


def _nobody() -> None:
    """Nobody sits before the screen."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that is started on a desktop, as one would type it."""

    command: str
    argv: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        try:
            argv = tuple(shlex.split(self.command))
        except ValueError as error:
            raise UsageError(f"--launch {self.command!r} is no command: {error}") from error
        if not argv:
            raise UsageError("--launch names no program: give it as you would type it")
        if shutil.which(argv[0]) is None:
            raise UsageError(f"--launch {self.command!r}: there is no program {argv[0]!r} here")
        object.__setattr__(self, "argv", argv)

    def is_called(self, name: str) -> bool:
        """Whether a name is its command, or the name of its program."""
        return name.strip() in (self.command, self.argv[0], Path(self.argv[0]).name)


class Desktop:
    """A screen, and who starts programs on it.

    Args:
        open_screen: Opens a view of the whole screen; several may be open at a time.
        environment: What programs are started with.
        guarded: Starts and ends them; None: they are the user's, and stay.
        closing: What is undone in the end.
        screen: What of it is shown and acted on; None: the whole.
    """

    def __init__(
        self,
        open_screen: Callable[[], DesktopScreen],
        environment: dict[str, str],
        guarded: Guarded | None,
        closing: AsyncExitStack,
        screen: DesktopScreen | None = None,
    ) -> None:
        self.open_screen = open_screen
        self.screen = screen or open_screen()
        self._environment = environment
        self._guarded = guarded
        self._closing = closing
        self.home: Path | None = None
        """A folder of the programs' own; None: they have the user's."""
        self.remind: Callable[[], None] = _nobody
        """Tells whoever sits before the screen that an agent acts on it."""

    @property
    def is_virtual(self) -> bool:
        """Whether it is the agent's own, which nobody looks at."""
        return self._guarded is not None

    @property
    def origin_px(self) -> tuple[int, int]:
        """Where on the whole screen the part begins that is acted on."""
        return getattr(self.screen, "origin_px", (0, 0))

    async def furnish(self, fill: Callable[[Path], None]) -> None:
        """Give programs a new folder as their home and workplace, which goes with the screen.

        Args:
            fill: Puts into it what they are to find there.
        """
        assert self._guarded is not None, "only the agent's own screen has a home of its own"
        home = Path(tempfile.gettempdir()) / f"vigorl-home-{secrets.token_hex(8)}"
        await self._guarded.remove(home)  # first, so that nothing is left whenever we are ended
        await asyncio.to_thread(_made_home, home)
        await asyncio.to_thread(fill, home)
        self._environment |= home_environment(home)
        self.home = home

    async def start(self, program: Program, extra: dict[str, str] | None = None) -> set[int]:
        """Start a program, and wait for a window of its; returns the windows that came.

        Args:
            program: Which.
            extra: Variables of its environment beside the usual ones.

        Raises:
            StartFault: it does not start, fails, or shows no window in time.
        """
        before = {window.id for window in self.screen.windows()}
        env = {**self._environment, **(extra or {})}
        pid = None
        if self._guarded is None:
            await asyncio.to_thread(_start_for_good, program.argv, env)
        else:
            pid = await self._guarded.start(program.argv, env, self.home or Path.cwd())
        deadline_s = time.monotonic() + WINDOW_LIMIT_S
        while not (new := {window.id for window in self.screen.windows()} - before):
            if time.monotonic() > deadline_s:
                raise StartFault(f"{program.command} showed no window in {WINDOW_LIMIT_S:g} s")
            await self._require_unbroken(program, pid)
            await asyncio.sleep(_LOOK_EVERY_S)
        return new

    async def _require_unbroken(self, program: Program, pid: int | None) -> None:
        """Go on while a program or its background runs, or it has ended well: some hand over.

        Raises:
            StartFault: it has failed.
        """
        if self._guarded is None or pid is None:
            return
        if code := await self._guarded.exit_code(pid):
            how = f"with exit code {code}" if code > 0 else f"by signal {-code}"
            raise StartFault(
                f"{program.command} ended {how} before it showed a window: "
                "start it in a terminal to see why"
            )

    def place(self, windows: Iterable[int], corner_px: tuple[int, int]) -> None:
        """Put windows somewhere on what is shown, as far as they are there as a whole."""
        from vigorl.browser.desktop.x11 import X11Screen

        if isinstance(self.screen, X11Screen):
            for window in windows:
                self.screen.windows_of.place(window, corner_px, self.screen.size_px)

    async def close(self) -> None:
        """Let go of the screen; of a virtual one, end everything on it."""
        self.screen.close()
        await self._closing.aclose()


def home_environment(home: Path) -> dict[str, str]:
    """Variables by which programs keep to a home of their own, and ask no service of the user's."""
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_RUNTIME_DIR": str(home / _RUNTIME),
        "TMPDIR": str(home / _TEMPORARY),
        "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        "GSETTINGS_BACKEND": "keyfile",
        "GIO_USE_VFS": "local",
        "GIO_USE_VOLUME_MONITOR": "unix",
    }


def _made_home(home: Path) -> None:
    for folder in (home, home / _RUNTIME, home / _TEMPORARY):
        folder.mkdir(mode=0o700)


async def open_desktop(size: "VirtualSize | None", monitor: int | None = None) -> Desktop:
    """The user's own desktop, or a virtual one.

    Args:
        size: Of a virtual screen; None: the user's own.
        monitor: The number of the only one that is shown, from 1; None: all of them.

    Raises:
        UsageError: there is none, or something is missing; says what to do.
        ScreenFault: it does not start.
    """
    require_screen(is_virtual=size is not None)
    if size is not None:
        return await _virtual_desktop(size, monitor)
    if _is_portable():
        if monitor is not None:
            raise UsageError("--monitor needs an X server; here the main monitor is shown")
        from vigorl.browser.desktop.portable import PortableScreen

        return Desktop(PortableScreen, dict(os.environ), None, AsyncExitStack())
    from vigorl.browser.desktop.monitors import monitor_of
    from vigorl.browser.desktop.notice import Notice
    from vigorl.browser.desktop.x11 import X11Screen
    from vigorl.browser.desktop.x11_connection import XServer

    server = XServer(os.environ["DISPLAY"])
    if server.is_within_wayland():  # as seen from a shell that knows nothing of the session
        raise UsageError(_WAYLAND)
    scale, part = X11Screen.scale_of(server), monitor_of(server, monitor)
    closing = AsyncExitStack()
    screen = X11Screen(server, scale, part)
    desktop = Desktop(lambda: X11Screen(server, scale), dict(os.environ), None, closing, screen)
    notice = Notice(server, screen.part_px)
    closing.callback(notice.close)
    desktop.remind = notice.show
    return desktop


def require_screen(*, is_virtual: bool) -> None:
    """Refuse, before anything is started, what cannot be opened.

    Args:
        is_virtual: It is a virtual screen, and not the user's own.

    Raises:
        UsageError: there is no such screen, or something is missing; says what to do.
    """
    if is_virtual:
        if not sys.platform.startswith("linux"):
            raise UsageError("a virtual screen needs Linux: leave --virtual out to use this one")
        _require_packages("mss", "Xlib")
        for name in ("Xvfb", "openbox"):
            if shutil.which(name) is None:
                raise UsageError(
                    f"a virtual screen needs {name}, which is not installed: {PACKAGES}"
                )
    elif _is_portable():
        _require_packages("mss", "pyautogui", "pywinctl")
    else:
        require_display(os.environ)
        _require_packages("mss", "Xlib")


def _is_portable() -> bool:
    """Whether this is a system whose screen pyautogui acts on."""
    return sys.platform in ("darwin", "win32")


def require_display(environ: "os._Environ[str] | dict[str, str]") -> None:
    """Refuse to go on where there is no X display to act on.

    Raises:
        UsageError: there is none; says what to do.
    """
    kind = environ.get("XDG_SESSION_TYPE")
    if kind == "wayland" or (kind != "x11" and environ.get("WAYLAND_DISPLAY")):
        raise UsageError(_WAYLAND)
    if not environ.get("DISPLAY"):
        raise UsageError(f"there is no display here (DISPLAY is not set): {USE_VIRTUAL}")


async def _virtual_desktop(size: "VirtualSize", monitor: int | None) -> Desktop:
    from vigorl.browser.desktop.monitors import monitor_of
    from vigorl.browser.desktop.virtual import VirtualScreen
    from vigorl.browser.desktop.x11 import X11Screen

    async with AsyncExitStack() as closing:
        guarded = Guarded()
        closing.push_async_callback(guarded.close)
        virtual = VirtualScreen(size, guarded)
        server = await virtual.start()
        screen = X11Screen(server, size.scale, monitor_of(server, monitor))
        whole = partial(X11Screen, server, size.scale)
        desktop = Desktop(whole, virtual.environment(), guarded, closing, screen)
        screen.prepare(virtual.resources())
        deadline_s = time.monotonic() + WINDOW_LIMIT_S
        while not screen.windows_of.manager():
            if time.monotonic() > deadline_s:
                raise ScreenFault("the window manager does not answer")
            await asyncio.sleep(_LOOK_EVERY_S)
        desktop._closing = closing.pop_all()
        return desktop


def _require_packages(*names: str) -> None:
    """Refuse to go on without a package.

    Raises:
        UsageError: it is not installed.
    """
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise UsageError(
                f"a desktop needs the package {name} ({error}): pip install 'vigorl-agent[desktop]'"
            ) from error
