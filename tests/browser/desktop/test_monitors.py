"""Of several monitors an agent may be given one: it sees, reaches and types on no other."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio
from Xlib.protocol import rq

from tests.browser.desktop.conftest import Board, Make, World
from vigorl.browser.actions import Click, Drag, Press, Type
from vigorl.browser.desktop.environment import DesktopEnvironment, DesktopSettings
from vigorl.browser.desktop.x11 import X11Screen
from vigorl.browser.desktop.x11_connection import let_go
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation

pytestmark = [pytest.mark.desktop, pytest.mark.asyncio(loop_scope="session")]

LEFT, RIGHT = Box(0, 0, 500, 600), Box(500, 80, 1100, 580)
OTHER, OWN = "#cc3300", "#336633"


class SetMonitor(rq.Request):  # type: ignore[misc]  # python-xlib has no types
    """A monitor without an output. Source: the RANDR extension 1.5, `RRSetMonitor`."""

    _request = rq.Struct(
        rq.Card8("opcode"),
        rq.Opcode(43),
        rq.RequestLength(),
        rq.Window("window"),
        rq.Card32("name"),
        rq.Bool("is_primary"),
        rq.Bool("is_automatic"),
        rq.Card16("outputs"),
        rq.Int16("left_px"),
        rq.Int16("top_px"),
        rq.Card16("width_px"),
        rq.Card16("height_px"),
        rq.Card32("width_mm"),
        rq.Card32("height_mm"),
    )


def screen_of(environment: DesktopEnvironment) -> X11Screen:
    assert environment._opened is not None
    screen = environment._opened.screen
    assert isinstance(screen, X11Screen)
    return screen


def share(observation: Observation, colour: str) -> float:
    """Of what is seen, the pixels near a colour."""
    assert observation.view is not None
    wanted = [int(colour[index : index + 2], 16) for index in (1, 3, 5)]
    far = np.abs(np.asarray(observation.view.picture.image(), np.int16) - wanted).max(axis=2)
    return float((far < 60).mean())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def room(make: Make) -> AsyncIterator[World]:
    """A user's screen of two monitors, of unlike heights, with a window on the left one."""
    world = await make("1100x600", ("Left", "300x200+20+20", OTHER))
    display = screen_of(world.environment).server.connect()
    root = display.screen().root
    for name, box in (("one", LEFT), ("two", RIGHT)):
        SetMonitor(
            display=display.display,
            opcode=display.display.get_extension_major("RANDR"),
            window=root,
            name=display.intern_atom(name),
            is_primary=name == "one",
            is_automatic=False,
            outputs=0,
            left_px=int(box.left),
            top_px=int(box.top),
            width_px=int(box.width),
            height_px=int(box.height),
            width_mm=100,
            height_mm=100,
        )
    display.sync()
    yield world
    let_go(display)


@pytest.fixture
def own_screen(room: World, monkeypatch: pytest.MonkeyPatch) -> X11Screen:
    """The two monitors, as the user's own."""
    screen = screen_of(room.environment)
    for name in ("WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", screen.server.display)
    monkeypatch.setenv("XAUTHORITY", str(screen.server.xauthority))
    return screen


async def test_one_of_two_monitors_is_all_that_an_agent_sees_and_acts_on(
    room: World, own_screen: X11Screen, tmp_path_factory: pytest.TempPathFactory
) -> None:
    board = Board(tmp_path_factory.mktemp("right") / "log", "Right", "300x200+40+30", OWN)
    board.log.touch()
    right = DesktopEnvironment(
        "", DesktopSettings(programs=(board.program,), monitor=2, actions_per_s=100)
    )
    try:
        first = await right.reset()
        assert first.view is not None and first.view.frame.width_px == 600
        assert first.view.frame.height_px == 500
        assert share(first, OWN) > 0.15 and share(first, OTHER) == 0
        assert [tab.title for tab in first.tabs] == ["Right"]
        await right.step(Click(Point(150, 100)))
        (press,) = board.notes("press")
        place = own_screen.pointer()
        assert place == (650, 180) and own_screen.capture().getpixel(place) == (51, 102, 51)
        await right.step(Type("here"))
        assert len(board.notes("key")) >= 4
        (window,) = [each for each in own_screen.windows() if each.title == "Left"]
        own_screen.raise_window(window)  # as a person may
        while not any(each.active for each in own_screen.windows() if each.id == window.id):
            await asyncio.sleep(0.01)
        for action in (Type("there"), Press("Enter")):
            (event,) = (await right.step(action)).events
            assert event.text == "Keys would not reach your monitor: click into it first."
        assert not room.board.notes("key")
        for beyond in (Click(Point(-20, 100)), Drag(Point(100, 100), Point(700, 100))):
            (event,) = (await right.step(beyond)).events
            assert "is not on the screen, which is 600 px wide and 500 px high" in event.text
        assert not room.board.notes("press") and press
    finally:
        await right.close()


async def test_a_monitor_that_is_not_there_is_answered_by_those_that_are(
    own_screen: X11Screen,
) -> None:
    message = (
        r"--monitor 9: there is no such monitor\. There are: 1 \(500 x 600 px at 0, 0\), "
        r"2 \(600 x 500 px at 500, 80\)"
    )
    assert not own_screen.server.is_within_wayland()
    environment = DesktopEnvironment("", DesktopSettings(monitor=9))
    with pytest.raises(UsageError, match=message):
        await environment.reset()


async def test_the_corner_that_stops_is_the_whole_screens_and_no_place_on_another_monitor(
    own_screen: X11Screen,
) -> None:
    right = DesktopEnvironment("", DesktopSettings(monitor=2, actions_per_s=100))
    try:
        await right.reset()
        own_screen.move(200, 0)  # left of the monitor and above it
        assert not (await right.step(Click(Point(0, 0)))).events
        assert right._watch is not None and not right._watch.why
        own_screen.move(0, 0)
        assert await right.stopped() == "the mouse was moved into the upper left corner"
    finally:
        await right.close()
