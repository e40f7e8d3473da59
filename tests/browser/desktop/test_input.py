"""Mouse and keyboard on a desktop reach programs as a person's do, whatever the resolution."""

from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from tests.browser.desktop.conftest import Make, World
from vigorl.browser.actions import (
    Click,
    Drag,
    Press,
    Scroll,
    TabClose,
    TabNew,
    TabSwitch,
    Type,
    Zoom,
    ZoomStyle,
)
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.observation import Observation
from vigorl.browser.zoom import ZoomEnvironment

pytestmark = [pytest.mark.desktop, pytest.mark.asyncio(loop_scope="session")]

MAGENTA = (255, 0, 255)
ENTRY, TEXT, CANVAS = Point(150, 40), Point(150, 70), Point(250, 250)
"""Of a board in the upper left corner of a screen at scale 1."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(make: Make) -> AsyncIterator[World]:
    yield await make("800x600", ("Board", "500x400+0+0", "#336633"))


async def content(world: World) -> tuple[str, str]:
    world.board.forget()
    await world.environment.step(Press("F5"))
    (note,) = world.board.notes("content")
    return note["entry"], note["text"]


def seen_at(picture: Image.Image, colour: tuple[int, int, int]) -> Point:
    """The middle of what has a colour, px of the picture."""
    near = np.abs(np.asarray(picture, np.int16) - colour).max(axis=2) < 90
    rows, columns = np.nonzero(near)
    assert rows.size, "the colour is not to be seen"
    return Point(float(columns.mean()) + 0.5, float(rows.mean()) + 0.5)


def words(observation: Observation) -> list[str]:
    return [event.text for event in observation.events]


async def test_a_click_read_off_a_2x_screen_and_off_a_zoom_of_it_lands(make: Make) -> None:
    world = await make("640x400@2", ("Board", "700x600+301+77", "#336633"))
    environment, first = ZoomEnvironment(world.environment), world.first
    await environment.step(Press("Shift"))
    assert first.view is not None
    assert first.view.frame == Frame.of_viewport(640, 400)
    target = first.view.frame.to_region(seen_at(first.view.picture.image(), MAGENTA))
    await environment.step(Click(target))
    region = Box.around(Point(target.x + 20, target.y), 40)
    zoom = await environment.step(Zoom(region, ZoomStyle(output_px=640)))
    assert zoom.view is not None and zoom.view.kind == "optical"
    read = zoom.view.frame.to_region(seen_at(zoom.view.picture.image(), MAGENTA))
    await environment.step(Click(read))
    assert [note["hit"] for note in world.board.notes("press")] == [True, True]
    # Lines of a single physical pixel: a zoom shows them, the screenshot has blurred them.
    lines = Box.around(Point(target.x + 37, target.y + 7), 7)
    contrast = []
    for source in ("optical", "recorded"):
        seen = await environment.step(Zoom(lines, ZoomStyle(output_px=280, source=source)))
        assert seen.view is not None
        contrast.append(np.asarray(seen.view.picture.image())[:, :, 0].std())
    assert contrast[0] > 3 * contrast[1]


async def test_text_arrives_as_it_was_typed_in_any_script(world: World) -> None:
    sentence = 'Grüße, 5 € — ¿qué? Łódź, Привет, 漢字! (a+b)="c" ~^`\\ '
    await world.environment.step(Type(sentence, ENTRY))
    await world.environment.step(Type("two\nlines\tand a tab", TEXT))
    assert await content(world) == (sentence, "two\nlines\tand a tab")
    await world.environment.step(Type("anew", ENTRY, clear=True))
    await world.environment.step(Type("short", TEXT, clear=True))
    assert await content(world) == ("anew", "short")
    await world.environment.step(Type("äöü" * 40, ENTRY, clear=True, enter=True))
    assert (await content(world))[0] == "äöü" * 40


async def test_keys_chords_and_holds_reach_the_program(world: World) -> None:
    await world.environment.step(Click(ENTRY))
    world.board.forget()
    await world.environment.step(Press("Control+Shift+ArrowLeft"))
    await world.environment.step(Press("Control++"))
    await world.environment.step(Press("Control+S"))
    await world.environment.step(Press("PageDown", hold_s=0.3))
    keys = list(world.board.notes("key"))
    pressed = list(dict.fromkeys(note["name"] for note in keys))
    assert pressed == ["Control_L", "Shift_L", "Left", "plus", "s", "Next"]
    (left,) = [note for note in keys if note["name"] == "Left"]
    assert left["state"] & 0b101 == 0b101  # Shift and Control
    down = next(note["at_s"] for note in keys if note["name"] == "Next")
    up = [note["at_s"] for note in world.board.notes("key_up") if note["name"] == "Next"]
    assert 0.25 < up[-1] - down < 1


async def test_each_way_to_click_drag_and_scroll_is_felt_as_such(world: World) -> None:
    step, board = world.environment.step, world.board
    board.forget()
    await step(Click(CANVAS, "right", modifiers=("Control",)))
    await step(Click(Point(200, 200), count=2))
    await step(Scroll(CANVAS, dy_css_px=100))
    presses = [(note["button"], note["state"] & 4) for note in board.notes("press")]
    assert presses == [(3, 4), (1, 0), (5, 0), (5, 0)]  # the second of two is a double one
    assert len(board.notes("double")) == 1
    board.forget()
    await step(Drag(Point(100, 200), Point(300, 300), via=(Point(100, 300),)))
    (pressed,), (released,) = board.notes("press"), board.notes("release")
    moved = [(note["x"], note["y"]) for note in board.notes("motion")]
    corner = (pressed["x"], released["y"])
    assert corner in moved and moved[-1] == (released["x"], released["y"])
    assert len(moved) > 10


async def test_two_clicks_in_a_row_are_not_a_double_click(world: World) -> None:
    world.board.forget()
    for _ in range(2):
        await world.environment.step(Click(CANVAS))
    assert len(world.board.notes("press")) == 2 and not world.board.notes("double")


async def test_windows_are_listed_brought_to_the_front_closed_and_opened_by_name(
    world: World,
) -> None:
    step = world.environment.step
    await step(Click(ENTRY))
    opened = await step(Press("F2"))
    assert [(tab.title, tab.active) for tab in opened.tabs] == [("Board", False), ("Dialog", True)]
    assert words(opened) == ['A window has opened: "Dialog".']
    front = await step(TabSwitch(0))
    assert [tab.active for tab in front.tabs] == [True, False]
    closed = await step(TabClose(1))
    assert [tab.title for tab in closed.tabs] == ["Board"]
    assert words(closed) == ['The window "Dialog" has closed.']
    refused = await step(TabNew("xterm"))
    assert "may not be started. What may:" in words(refused)[0]
    again = await step(TabNew(world.board.program.command))
    assert [tab.title for tab in again.tabs] == ["Board", "Board"]
    await step(TabClose(1))
