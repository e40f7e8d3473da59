"""A person stops the agent within 200 ms, whatever it is doing, by a chord or by a corner."""

import asyncio
import time
from collections.abc import Callable

import pytest

from tests.browser.desktop.conftest import Make
from vigorl.browser.actions import Action, Click, Drag, Press, Type, Wait
from vigorl.browser.desktop.screen import DesktopScreen
from vigorl.browser.desktop.stop import STOP_CHORD
from vigorl.browser.errors import StoppedByPerson
from vigorl.browser.geometry import Point

pytestmark = [pytest.mark.desktop, pytest.mark.asyncio(loop_scope="session")]

LIMIT_S = 0.2


def press_chord(person: DesktopScreen) -> None:
    for name in STOP_CHORD:
        person.key(name, True)


def move_to_corner(person: DesktopScreen) -> None:
    person.move(0, 0)


@pytest.mark.parametrize(
    ("action", "stop", "why"),
    [
        pytest.param(
            Wait(20), press_chord, "Control+Alt+Escape was pressed", marks=pytest.mark.slow
        ),
        (Type("word " * 20_000), press_chord, "Control+Alt+Escape was pressed"),
        pytest.param(
            Drag(Point(100, 300), Point(400, 300), (Point(400, 350), Point(90, 350)) * 40),
            press_chord,
            "Control+Alt+Escape was pressed",
            marks=pytest.mark.slow,
        ),
        (Wait(20), move_to_corner, "the mouse was moved into the upper left corner"),
    ],
    ids=["waiting, chord", "typing, chord", "dragging, chord", "waiting, corner"],
)
async def test_it_stops_within_200_ms_and_does_nothing_more(
    make: Make, action: Action, stop: Callable[[DesktopScreen], None], why: str
) -> None:
    world = await make("600x500", ("Board", "500x400+0+0", "#336633"))
    environment, board = world.environment, world.board
    await environment.step(Click(Point(150, 40)))
    desktop = environment._opened
    assert desktop is not None
    person = desktop.open_screen()
    step = asyncio.ensure_future(environment.step(action))
    await asyncio.sleep(0.6)
    assert not step.done()
    stopped_s = time.monotonic()
    stop(person)
    with pytest.raises(StoppedByPerson, match=why.replace("+", r"\+")):
        await step
    assert time.monotonic() - stopped_s < LIMIT_S
    for name in STOP_CHORD:
        person.key(name, False)
    assert not person.is_pressed()
    with pytest.raises(StoppedByPerson):
        await environment.step(Click(Point(150, 300)))
    await asyncio.sleep(0.1)
    assert not [note for note in board.notes("press") if note["at_s"] > stopped_s]
    person.close()
    await environment.close()


async def test_the_agent_itself_can_neither_press_the_chord_nor_be_stopped_by_its_own_mouse(
    make: Make,
) -> None:
    world = await make("600x500", ("Board", "500x400+0+0", "#336633"))
    answer = await world.environment.step(Press("ControlLeft+Alt+Esc"))
    assert [event.kind for event in answer.events] == ["bad_action"]
    await world.environment.step(Click(Point(0, 0)))
    assert not (await world.environment.step(Wait(0.2))).events
    await world.environment.close()
