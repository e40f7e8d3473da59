"""The desktop environment: actions become mouse and keys, what programs show becomes pixels.

A point is in the screen's own unit: its pixels at scale 1. A screen of twice the resolution is
shown at that scale, and a zoom shows all the pixels that it has. Windows are what tabs are in a
browser: they are listed, brought to the front and closed like these, and a program that the
operator has named is started as a tab is opened.
"""

import asyncio
import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from vigorl.browser.action_space import INPUT, ActionSpace, not_offered
from vigorl.browser.actions import (
    Action,
    Click,
    Drag,
    Hover,
    Press,
    Scroll,
    TabClose,
    TabNew,
    TabSwitch,
    Type,
    Wait,
)
from vigorl.browser.deeds import Approver
from vigorl.browser.desktop.hands import DesktopHands
from vigorl.browser.desktop.opening import Desktop, Program, open_desktop
from vigorl.browser.desktop.screen import Window
from vigorl.browser.desktop.settle import come_to_rest
from vigorl.browser.desktop.stop import StopWatch
from vigorl.browser.environment import Score
from vigorl.browser.errors import StartFault, UsageError
from vigorl.browser.geometry import Box, Frame
from vigorl.browser.impossible import Impossible
from vigorl.browser.observation import Event, EventKind, Observation, Tab
from vigorl.browser.picture import Picture, View
from vigorl.browser.vault import Vault

if TYPE_CHECKING:
    from vigorl.browser.desktop.confinement import Confinement
    from vigorl.browser.desktop.virtual_size import VirtualSize

DESKTOP: ActionSpace = (INPUT - {"select", "upload"}) | {"tab_switch", "tab_close"}
"""What a desktop offers; and `tab_new`, where there are programs that may be started."""

LONGEST_WAIT_S = 60.0

_RETAKES = 5
"""Of pictures during which windows were moved, while the agent is confined to one."""


@dataclass(frozen=True, slots=True)
class DesktopSettings:
    """Settings of one episode on a desktop."""

    virtual: "VirtualSize | None" = None
    """Size of a screen of its own; None: the user's."""
    programs: tuple[Program, ...] = ()
    """Started as the episode begins."""
    may_start: bool = True
    """Whether the agent may start them again."""
    variables: dict[str, str] = field(default_factory=dict)
    """Of the programs' environment, beside the usual ones."""
    home: Callable[[Path], None] | None = field(default=None, repr=False, compare=False)
    """Fills a new folder that is the programs' home on a virtual screen, and goes with it; None:
    they have the user's."""
    place_px: tuple[int, int] | None = None
    """Where the upper left corner of their first window is put, physical px; None: anywhere."""
    monitor: int | None = None
    """The number of the one monitor that is seen and acted on, from 1; None: all of them."""
    only_window: str | None = None
    """Part of the title of the one window that is seen and acted on; None: the whole screen."""
    settle_limit_s: float = 3.0
    """Time for a screen to come to rest after an action, s."""
    jpeg_quality: int = 80
    """Of screenshots, 1-100; zoomed views are without loss."""
    actions_per_s: float | None = None
    """Most actions a second; None: 4 on the user's own screen, and no limit on a virtual one."""
    vault: Vault = field(default_factory=Vault)
    """Secrets that may be typed by name."""
    asks: bool = False
    """Whether somebody is asked before each action that may change something."""
    approver: Approver | None = field(default=None, repr=False, compare=False)
    """Who is asked; None: nobody is there, and it is denied."""

    def __post_init__(self) -> None:
        if self.settle_limit_s < 0:
            raise UsageError("time limits are positive")
        if not 1 <= self.jpeg_quality <= 100:
            raise UsageError(f"JPEG quality is 1-100, not {self.jpeg_quality}")
        if self.virtual is None and (self.home or self.place_px):
            raise UsageError("programs have a home of their own on virtual screens only")
        if self.actions_per_s is not None and not self.actions_per_s > 0:
            raise UsageError(f"{self.actions_per_s} actions a second: give a number above 0")


@dataclass
class _Episode:
    """What there is between reset and close."""

    desktop: Desktop
    watch: StopWatch
    hands: DesktopHands
    frame: Frame
    """The screen as it is shown: a pixel for each unit."""
    confinement: "Confinement | None" = None
    windows: tuple[Window, ...] = ()
    """As they were told last."""
    acted_s: float = 0.0
    events: list[Event] = field(default_factory=list)
    """For the next observation."""


class DesktopEnvironment:
    """One episode on a desktop.

    `score` is None: a task's environment, wrapped around this one, judges.
    """

    def __init__(self, goal: str, settings: DesktopSettings | None = None) -> None:
        self.goal = goal
        self._settings = settings or DesktopSettings()
        self._episode: _Episode | None = None
        self._opened: Desktop | None = None
        self._watch: StopWatch | None = None
        self._last: Observation | None = None

    @property
    def actions(self) -> ActionSpace:
        """What can be done; programs are started only where the operator has named some."""
        settings = self._settings
        return DESKTOP | {"tab_new"} if settings.programs and settings.may_start else DESKTOP

    async def stopped(self) -> str:
        """Wait, once it has begun, until a person stops the agent; returns in which way."""
        while self._watch is None:
            await asyncio.sleep(0.05)
        return await self._watch.stopped()

    def describe(self) -> dict[str, object]:
        """What a record says of the screen; after `reset`."""
        return self._living().desktop.screen.describe()

    async def reset(self) -> Observation:
        """Open the screen and start the programs.

        Raises:
            UsageError: there is no screen, or something that it needs is missing.
            StartFault: a program shows no window.
            ScreenFault: the screen cannot be used.
        """
        desktop = self._opened = await open_desktop(self._settings.virtual, self._settings.monitor)
        screen = desktop.screen
        watch = self._watch = StopWatch(desktop.open_screen, desktop.origin_px)
        watch.start()
        width_px, height_px = screen.size_px
        scale = screen.pixels_per_unit
        shown = Frame.of_viewport(round(width_px / scale), round(height_px / scale))
        hands = DesktopHands(
            screen, shown.resized(width_px, height_px), watch, self._settings.vault, self._tell
        )
        self._episode = episode = _Episode(desktop, watch, hands, shown)
        if self._settings.home is not None:
            await desktop.furnish(self._settings.home)
        for program in self._settings.programs:
            await self._begin(desktop, program)
        episode.confinement = hands.confinement = await self._confined(desktop)
        await come_to_rest(screen, self._settings.settle_limit_s)
        episode.windows = self._listed(episode)
        return await self._look(episode)

    async def step(self, action: Action) -> Observation:
        """Act, wait until the screen has come to rest, and look.

        Raises:
            StoppedByPerson: a person has stopped the agent, or was asked and ends the episode.
            ScreenFault: the screen is gone.
        """
        episode = self._living()
        episode.watch.require_going()
        if action.type not in self.actions:
            return self._answered(not_offered(action, self.actions))
        if not await self._admitted(episode, action):
            return await self._look(episode)
        await self._keep_pace(episode)
        episode.desktop.remind()
        try:
            await self._carry_out(episode, action)
        except Impossible as refusal:
            self._note("bad_action", str(refusal))
        limit_s = self._settings.settle_limit_s
        if limit_s and not await come_to_rest(episode.desktop.screen, limit_s):
            self._note("not_settled", f"The screen was still changing after {limit_s:g} s.")
        episode.watch.require_going()
        return await self._look(episode)

    async def score(self, answer: str | None) -> Score | None:
        """None: nobody here can tell what the desktop was for."""
        return None

    async def magnify(self, region_css_px: Box, width_px: int, height_px: int) -> Picture:
        """The region with all the pixels that the screen has, as a picture of this size."""
        episode = self._living()
        image = await self._captured(episode)
        box = episode.hands.frame.box_from_region(region_css_px)
        edges = (box.left, box.top, box.right, box.bottom)
        size = (width_px, height_px)
        part = await asyncio.to_thread(image.resize, size, Image.Resampling.LANCZOS, edges)
        return await asyncio.to_thread(Picture.from_image, part)

    async def close(self) -> None:
        """Let go of the screen; may be called twice."""
        opened, self._opened = self._opened, None
        self._episode = None
        if self._watch is not None:
            await asyncio.to_thread(self._watch.close)
        if opened is not None:
            await opened.close()

    async def _carry_out(self, episode: _Episode, action: Action) -> None:
        screen = episode.desktop.screen
        match action:
            case Click() | Hover() | Type() | Press() | Scroll() | Drag():
                await episode.hands.perform(action)
            case Wait(seconds):
                if not 0 <= seconds <= LONGEST_WAIT_S:  # nor a number
                    raise Impossible(f"One can wait for 0 to {LONGEST_WAIT_S:g} s.")
                await episode.watch.sleep(seconds)
            case TabSwitch(index):
                screen.raise_window(_window_at(episode, index))
            case TabClose(index):
                window = _active(episode) if index is None else _window_at(episode, index)
                screen.close_window(window)
            case TabNew(name):
                await self._start(episode, name)
            case _:
                raise Impossible(not_offered(action, self.actions))

    async def _start(self, episode: _Episode, name: str) -> None:
        programs = self._settings.programs
        for program in programs:
            if program.is_called(name):
                try:
                    await self._begin(episode.desktop, program)
                except StartFault as fault:
                    raise Impossible(f"{fault}.") from fault
                return
        there = ", ".join(program.command for program in programs)
        raise Impossible(f"{name!r} may not be started. What may: {there}.")

    async def _admitted(self, episode: _Episode, action: Action) -> bool:
        """Whether an action may be done; asks somebody where that is wanted.

        Raises:
            StoppedByPerson: whoever was asked ends the episode.
        """
        if not self._settings.asks:
            return True
        from vigorl.browser.desktop.consent import asked

        consent = await asked(action, self._settings, _title(episode))
        if consent is None:
            return True
        assert self._last is not None
        self._last = replace(self._last, consents=(*self._last.consents, consent))
        if not consent.approval.granted:
            why = consent.approval.why or "whoever was asked said no"
            self._note("denied", f"It was not done: {why}.")
        return consent.approval.granted

    async def _keep_pace(self, episode: _Episode) -> None:
        """Wait where actions would follow each other faster than they may."""
        rate = self._settings.actions_per_s
        if rate is None:
            rate = float("inf") if episode.desktop.is_virtual else 4.0
        await episode.watch.sleep(max(0.0, episode.acted_s + 1 / rate - time.monotonic()))
        episode.acted_s = time.monotonic()

    async def _look(self, episode: _Episode) -> Observation:
        """What there is to see, and what happened since the last look."""
        before, now = episode.windows, self._listed(episode)
        for window in now:
            if window.id not in {each.id for each in before}:
                self._note("tab_opened", f'A window has opened: "{window.title}".')
        for window in before:
            if window.id not in {each.id for each in now}:
                self._note("tab_closed", f'The window "{window.title}" has closed.')
        episode.windows = now
        quality = self._settings.jpeg_quality
        image = await self._captured(episode)
        picture = await asyncio.to_thread(_encoded, image, episode.frame, quality)
        events, episode.events = tuple(episode.events), []
        tabs = tuple(Tab("", window.title, window.active) for window in now)
        consents = self._last.consents if self._last is not None else ()
        seen = Observation(
            View(picture, episode.frame),
            title=_title(episode),
            tabs=tabs,
            events=events,
            consents=consents,
            actions=self.actions,
        )
        seen = self._settings.vault.observation(seen)
        self._last = replace(seen, consents=())
        return seen

    async def _captured(self, episode: _Episode) -> Image.Image:
        """The screen in its physical pixels; black beside the window that it is confined to."""
        screen, confinement = episode.desktop.screen, episode.confinement
        if confinement is None:
            return screen.capture()  # which takes less time here than on its way to a thread
        for _ in range(_RETAKES):
            before = confinement.layers()
            image = await asyncio.to_thread(screen.capture)
            after = confinement.layers()
            if before == after:
                break
        return await asyncio.to_thread(confinement.masked, image, before, after)

    async def _begin(self, desktop: Desktop, program: Program) -> None:
        """Start a program, and put its windows where they belong, and at least where they are seen.

        Raises:
            StartFault: it shows no window.
        """
        windows = await desktop.start(program, self._settings.variables)
        if self._settings.place_px is not None or self._settings.monitor is not None:
            desktop.place(windows, self._settings.place_px or (0, 0))

    async def _confined(self, desktop: Desktop) -> "Confinement | None":
        """What keeps the agent to a window or monitor; None: it is kept to neither.

        Raises:
            UsageError: there is no such window, or nothing tells what hides it.
        """
        if self._settings.only_window is None and self._settings.monitor is None:
            return None
        from vigorl.browser.desktop.confinement import Confinement
        from vigorl.browser.desktop.monitors import MonitorConfinement
        from vigorl.browser.desktop.x11 import X11Screen

        if not isinstance(desktop.screen, X11Screen):
            raise UsageError("--only-window needs an X server, which alone says what hides what")
        windows = desktop.screen.windows_of
        if self._settings.only_window is None:
            return MonitorConfinement(windows, desktop.screen.size_px)
        return await Confinement.to(self._settings.only_window, windows)

    def _listed(self, episode: _Episode) -> tuple[Window, ...]:
        windows = episode.desktop.screen.windows()
        return windows if episode.confinement is None else episode.confinement.listed(windows)

    def _answered(self, words: str) -> Observation:
        assert self._last is not None
        return self._last.answer("bad_action", words)

    def _note(self, kind: EventKind, words: str) -> None:
        self._living().events.append(Event(kind, words))

    def _tell(self, words: str) -> None:
        self._note("input", words)

    def _living(self) -> _Episode:
        """The episode, between reset and close."""
        if self._episode is None:
            raise RuntimeError("an episode begins with reset and ends with close")
        return self._episode


def _window_at(episode: _Episode, index: int) -> Window:
    count = len(episode.windows)
    if not 0 <= index < count:
        there = f"the windows are numbered 0 to {count - 1}" if count else "no window is open"
        raise Impossible(f"There is no window {index}; {there}.")
    return episode.windows[index]


def _active(episode: _Episode) -> Window:
    for window in episode.windows:
        if window.active:
            return window
    raise Impossible("No window has the focus; say which one is to be closed.")


def _title(episode: _Episode) -> str:
    return next((window.title for window in episode.windows if window.active), "")


def _encoded(image: Image.Image, frame: Frame, quality: int) -> Picture:
    """A screenshot at a pixel for each unit."""
    size = (frame.width_px, frame.height_px)
    if image.size != size:
        image = image.resize(size, Image.Resampling.BOX)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Picture(buffer.getvalue(), "image/jpeg", *size)
