"""Confined to one window, an agent neither sees nor reaches what lies beside it."""

from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from tests.browser.desktop.conftest import Make, World
from vigorl.browser.actions import Action, Click, Drag, Press, Scroll, Type
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture

pytestmark = [pytest.mark.desktop, pytest.mark.asyncio(loop_scope="session")]

OWN, OTHER, DIALOG = (51, 102, 51), (204, 51, 0), (0, 255, 255)
BESIDE, INSIDE = Point(600, 300), Point(150, 250)
"""On the other window, where it lies over the agent's own or beside it; on the agent's own."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(make: Make) -> AsyncIterator[World]:
    """A window of the agent's, and one that covers a part of it."""
    boards = (("Mine", "500x400+0+0", "#336633"), ("Private", "400x300+380+100", "#cc3300"))
    yield await make("900x600", *boards, only_window="mine")


def share(picture: Picture, colour: tuple[int, int, int]) -> float:
    """Of a picture's pixels, those near a colour."""
    far = np.abs(np.asarray(picture.image(), np.int16) - colour).max(axis=2)
    return float((far < 60).mean())


def seen(observation: Observation) -> Picture:
    assert observation.view is not None
    return observation.view.picture


def refusals(observation: Observation) -> list[str]:
    return [event.text for event in observation.events if event.kind == "bad_action"]


async def test_nothing_but_the_window_is_seen_on_screens_zooms_and_lists(world: World) -> None:
    zoom = await world.environment.magnify(Box(300, 50, 800, 400), 500, 350)
    for picture in (seen(world.first), zoom):
        assert share(picture, OWN) > 0.1 and share(picture, (0, 0, 0)) > 0.3
        assert share(picture, OTHER) == 0
    assert [tab.title for tab in world.first.tabs] == ["Mine"] and world.first.title != "Private"
    said = repr((world.first.events, world.first.tabs, world.first.title))
    assert "Private" not in said


@pytest.mark.parametrize(
    "action",
    [
        Click(BESIDE),
        Click(Point(450, 250)),  # where the other one covers it
        Click(Point(880, 580)),  # on the background
        Scroll(BESIDE, dy_css_px=100),
        Drag(INSIDE, BESIDE),
        Type("x", BESIDE),
        Press("a"),  # the other one has the focus
        Press("Alt+Tab"),
        Press("Meta"),
    ],
    ids=str,
)
async def test_nothing_reaches_what_lies_beside_it(world: World, action: Action) -> None:
    answer = await world.environment.step(action)
    assert len(refusals(answer)) == 1
    assert not world.boards[1].notes("press", "key", "release")


async def test_its_own_dialogs_and_menus_are_a_part_of_it(world: World) -> None:
    step, board = world.environment.step, world.board
    assert not refusals(await step(Click(INSIDE)))
    opened = await step(Press("F2"))
    assert [tab.title for tab in opened.tabs] == ["Mine", "Dialog"]
    assert share(seen(opened), DIALOG) > 0.03
    assert not refusals(await step(Click(Point(700, 450)))) and len(board.notes("dialog")) == 1
    await step(Click(INSIDE))
    await step(Press("F3"))
    assert not refusals(await step(Click(Point(320, 185))))
    assert [note["chosen"] for note in board.notes("menu")] == ["One"]


@pytest.mark.slow
async def test_no_or_several_windows_of_a_title_are_told(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vigorl.browser.desktop.confinement.FIND_LIMIT_S", 0.1)
    boards = (("First note", "300x200+0+0", "#111111"), ("Second note", "300x200+0+250", "#111111"))
    with pytest.raises(UsageError, match="several windows have 'note' in the title"):
        await make("500x500", *boards, only_window="note")
    with pytest.raises(
        UsageError, match=r"no window has 'letter' in the title .there: 'First note'"
    ):
        await make("500x500", boards[0], only_window="letter")
