"""Hands on a desktop: actions as movements of the mouse and keys of the keyboard."""

import itertools
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from vigorl.browser.actions import Click, Drag, Hover, Press, Scroll, Type
from vigorl.browser.desktop.screen import ORIGIN, DesktopScreen, Wheel
from vigorl.browser.desktop.settle import come_to_rest
from vigorl.browser.desktop.stop import STOP_CHORD, StopWatch
from vigorl.browser.geometry import Frame, Point
from vigorl.browser.impossible import Impossible
from vigorl.browser.vault import Vault

if TYPE_CHECKING:
    from vigorl.browser.desktop.confinement import Confinement

HandAction = Click | Hover | Type | Press | Scroll | Drag

LONGEST_HOLD_S = 10.0
"""That a button or key is held down."""

APART_S = 0.6
"""From one click to the next at the same place: sooner, programs take the two for a double click.
Source: 400 ms in GTK and Qt, 500 ms in Tk and Windows."""

NEAR_PX = 12
"""What is still the same place then."""

NOTCH = 50.0
"""Of the wheel, in the unit of points: about three lines."""

MOST_NOTCHES = 200

CHUNK = 24
"""Characters between two looks at whether it is stopped, and at what has the focus."""

_PASSAGE_S = 3.0
"""Time for a window manager to pass on a click."""

_STRIDE_PX = 12
_STRIDE_S = 0.004
_GRIP_S = 0.06
"""Between pressing and moving, and between arriving and letting go, of a drag."""


@dataclass
class DesktopHands:
    """Mouse and keyboard of one screen."""

    screen: DesktopScreen
    frame: Frame
    """The whole screen, its physical pixels over the unit of points."""
    watch: StopWatch
    vault: Vault
    tell: Callable[[str], None]
    """Takes a sentence for the agent: what it could not see in the picture."""
    confinement: "Confinement | None" = None
    _last_click: tuple[float, int, int] = field(default=(0.0, 0, 0), init=False)

    async def perform(self, action: HandAction) -> None:
        """Carry out one action; whatever happens, nothing stays pressed.

        Raises:
            Impossible: it asks for something that is not there, or lies outside.
            StoppedByPerson: somebody stopped it meanwhile.
        """
        self.watch.require_going()
        match action:
            case Click():
                await self._click(action)
            case Hover(point):
                self._move(self._pixel(point))
            case Type():
                await self._type(action)
            case Press(keys, hold_s):
                await self._press(keys, hold_s)
            case Scroll():
                await self._scroll(action)
            case Drag():
                await self._drag(action)
            case _:
                assert_never(action)

    async def _click(self, action: Click) -> None:
        _require_time(action.hold_s)
        at = self._pixel(action.point)
        await self._keep_apart(at)
        async with self._held(action.modifiers):
            self._move(at)
            for _ in range(action.count):
                self.watch.require_going()
                with self._frozen():
                    self._require_inside(at)
                    self.screen.button(action.button, True)
                try:
                    if action.hold_s:
                        await self.watch.sleep(action.hold_s)
                finally:
                    self.screen.button(action.button, False)
                await self._let_through()
        self._last_click = (time.monotonic(), *at)

    async def _scroll(self, action: Scroll) -> None:
        at = self._pixel(action.point)
        turns: list[tuple[Wheel, float]] = [
            ("down" if action.dy_css_px > 0 else "up", abs(action.dy_css_px)),
            ("right" if action.dx_css_px > 0 else "left", abs(action.dx_css_px)),
        ]
        async with self._held(action.modifiers):
            self._move(at)
            for direction, distance in turns:
                notches = min(MOST_NOTCHES, max(1, round(distance / NOTCH))) if distance else 0
                for _ in range(notches):
                    self.watch.require_going()
                    with self._frozen():
                        self._require_inside(at)
                        self.screen.wheel(direction)

    async def _drag(self, action: Drag) -> None:
        corners = [self._pixel(each) for each in (action.start, *action.via, action.end)]
        for corner in corners:
            self._require_inside(corner)
        await self._keep_apart(corners[0])
        async with self._held(action.modifiers):
            self._move(corners[0])
            with self._frozen():
                self._require_inside(corners[0])
                self.screen.button("left", True)
            try:
                await self.watch.sleep(_GRIP_S)
                for start, end in itertools.pairwise(corners):
                    for at in _between(start, end):
                        self._move(at)
                        await self.watch.sleep(_STRIDE_S)
                await self.watch.sleep(_GRIP_S)
            finally:
                self.screen.button("left", False)

    async def _type(self, action: Type) -> None:
        text = re.sub(r"\r\n?", "\n", action.text)
        if self.vault.named_in(text):
            text = self.vault.opened(text, ORIGIN)
            self.tell("The secret was typed; whether the field shows it cannot be told.")
        if action.point is not None:
            await self._click(Click(action.point))
            await come_to_rest(self.screen, _PASSAGE_S)  # the field has the focus then
        if action.clear:
            # First what a field of one line understands, then what one of several does.
            for chord in ("Home", "Shift+End", "Control+Home", "Control+Shift+End", "Delete"):
                await self._press(chord, 0)
        while text:
            count, is_new = self.screen.give_keys(text)
            if is_new:
                await come_to_rest(self.screen, _PASSAGE_S)  # programs know of the keys then
            await self._write(text[:count])
            text = text[count:]
            if text:  # whose keys others have still
                await come_to_rest(self.screen, _PASSAGE_S)
        if action.enter:
            await self._press("Enter", 0)

    async def _write(self, text: str) -> None:
        for start in range(0, len(text), CHUNK):
            self.watch.require_going()
            with self._frozen():
                self._require_focus()
                self.screen.write(text[start : start + CHUNK])
            await self.watch.sleep(0)

    async def _press(self, keys: str, hold_s: float) -> None:
        _require_time(hold_s)
        names = keys_of(keys)
        if set(STOP_CHORD) <= {_same(name) for name in names}:
            raise Impossible(f"{'+'.join(STOP_CHORD)} is for a person who wants this to stop.")
        if self.confinement is not None and _is_for_the_desktop(names):
            whose = self.confinement.whose
            raise Impossible(f"{keys} is for the whole desktop, and you have one {whose} of it.")
        with self._frozen():
            self._require_focus()
        async with self._held(names):
            if hold_s:
                await self.watch.sleep(hold_s)

    @asynccontextmanager
    async def _held(self, names: Sequence[str]) -> AsyncIterator[None]:
        """Keys that are down as long as the block lasts."""
        down: list[str] = []
        try:
            for name in names:
                self.screen.key(name, True)
                down.append(name)
            yield
        finally:
            for name in reversed(down):
                self.screen.key(name, False)

    async def _let_through(self) -> None:
        """Wait until a window manager that looks at a click first has let it through.

        A key would overtake it otherwise.
        """
        deadline_s = time.monotonic() + _PASSAGE_S
        while self.screen.is_pressed() and time.monotonic() < deadline_s:
            await self.watch.sleep(0.002)

    def _move(self, at: tuple[int, int]) -> None:
        self.watch.require_going()
        self.watch.moving_to(*at)
        self.screen.move(*at)

    async def _keep_apart(self, at: tuple[int, int]) -> None:
        """Wait where a click would make a double click of itself and the one before."""
        clicked_s, x_px, y_px = self._last_click
        if max(abs(at[0] - x_px), abs(at[1] - y_px)) <= NEAR_PX:
            await self.watch.sleep(max(0.0, clicked_s + APART_S - time.monotonic()))

    def _pixel(self, point: Point) -> tuple[int, int]:
        """The physical pixel under a point.

        Raises:
            Impossible: it is not on the screen.
        """
        region = self.frame.region_css_px
        inside = region.left <= point.x < region.right and region.top <= point.y < region.bottom
        if not inside:  # also where a coordinate is not a number
            raise Impossible(
                f"The point ({point.x:g}, {point.y:g}) is not on the screen, which is "
                f"{region.width:g} px wide and {region.height:g} px high."
            )
        pixel = self.frame.from_region(point)
        return int(pixel.x), int(pixel.y)

    def _require_inside(self, at: tuple[int, int]) -> None:
        """Refuse what would reach another window than the agent is confined to.

        Raises:
            Impossible: it would.
        """
        if self.confinement is not None and not self.confinement.admits_point(*at):
            raise Impossible(
                "There is nothing of your window at this point; the rest is not yours."
            )

    @contextmanager
    def _frozen(self) -> Iterator[None]:
        """Nothing but the agent changes the screen meanwhile, where it is confined to a window."""
        if self.confinement is None:
            yield
            return
        with self.confinement.frozen():
            yield

    def _require_focus(self) -> None:
        if self.confinement is not None and not self.confinement.admits_keys():
            whose = self.confinement.whose
            raise Impossible(f"Keys would not reach your {whose}: click into it first.")


def keys_of(chord: str) -> list[str]:
    """The keys of a chord; the plus sign is a key, too: `Control++`.

    A letter of a chord is the key that bears it: `Control+S` is without Shift.
    """
    names = re.findall(r"\+(?=\+|$)|[^+]+", chord.replace("++", "+", 1)) or [chord]
    if len(names) == 1:
        return names
    return [name.lower() if len(name) == 1 else name for name in names]


def _is_for_the_desktop(names: Sequence[str]) -> bool:
    """Whether a chord is one that window managers take for themselves."""
    down = {_same(name) for name in names}
    return bool(down & {"Meta", "PrintScreen"}) or any(
        chord <= down for chord in ({"Alt", "Tab"}, {"Control", "Alt"})
    )


def _same(name: str) -> str:
    """A key by one name: `Control` also where it is the left one."""
    name = re.sub(r"(?<=[a-z])(Left|Right)$", "", name)
    return {"ControlOrMeta": "Control", "Esc": "Escape"}.get(name, name)


def _require_time(seconds: float) -> None:
    if not 0 <= seconds <= LONGEST_HOLD_S:  # nor a number
        raise Impossible(f"Something can be held for 0 to {LONGEST_HOLD_S:g} s, not {seconds:g} s.")


def _between(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """Pixels on the way from one to another, the last included."""
    longest = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    steps = max(2, -(-longest // _STRIDE_PX))
    return [
        (
            start[0] + round((end[0] - start[0]) * step / steps),
            start[1] + round((end[1] - start[1]) * step / steps),
        )
        for step in range(1, steps + 1)
    ]
