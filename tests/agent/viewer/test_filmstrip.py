"""An episode as one picture."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.viewer.filmstrip import (
    MAX_PANELS,
    MAX_WIDTH_PX,
    chosen,
    draw_filmstrip,
    write_filmstrip,
)
from vigorl.browser.actions import Click, Done, Type
from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Point

ACTION_INK = (0xD3, 0x11, 0x5C)


def ink(image: Image.Image, left: int, top: int, right: int, bottom: int) -> np.ndarray:
    """Where the action's colour is, rows of (x, y) within this part of the picture."""
    part = np.asarray(image.crop((left, top, right, bottom)))
    return np.argwhere((part == ACTION_INK).all(axis=2))[:, ::-1]


def test_a_long_episode_is_shown_in_panels_evenly_chosen_with_the_first_and_the_last() -> None:
    panels = chosen(list(range(100)))
    assert len(panels) == MAX_PANELS
    assert (panels[0], panels[-1]) == (0, 99)
    gaps = [later - earlier for earlier, later in itertools.pairwise(panels)]
    assert max(gaps) - min(gaps) <= 1
    assert chosen(list(range(12))) == list(range(12))


def test_the_picture_is_written_beside_the_record_and_is_not_too_wide(
    shop_episode: Trajectory, tmp_path: Path
) -> None:
    assert write_filmstrip(shop_episode) == shop_episode.folder / "filmstrip.png"
    path = write_filmstrip(shop_episode, tmp_path / "other.png")
    with Image.open(path) as image:
        assert image.width <= MAX_WIDTH_PX
        assert image.height < image.width  # nine landscape panels, three in a row


def only(trajectory: Trajectory, *numbers: int) -> Trajectory:
    return replace(trajectory, steps=tuple(trajectory.steps[number - 1] for number in numbers))


def test_the_target_is_drawn_where_the_action_went(shop_episode: Trajectory) -> None:
    fourth, fifth = shop_episode.steps[3:5]  # the fifth clicks (1087, 165) on the fourth's screen
    image = draw_filmstrip(replace(shop_episode, steps=(replace(fifth, seen=fourth.seen),)))
    panel_width, panel_height = image.width - 56, round((image.width - 56) * 720 / 1280)
    x, y = ink(image, 28, 84, 28 + panel_width, 84 + panel_height).mean(axis=0)
    assert x == pytest.approx(1087 / 1280 * panel_width, abs=2)
    assert y == pytest.approx(165 / 720 * panel_height, abs=2)


def test_a_drag_is_drawn_from_its_start_to_its_end(shop_episode: Trajectory) -> None:
    image = draw_filmstrip(only(shop_episode, 3))  # drag (249, 140) to (93, 140)
    panel_width = image.width - 56
    xs = ink(image, 28, 84, 28 + panel_width, 84 + panel_width * 720 // 1280)[:, 0]
    assert xs.min() == pytest.approx(93 / 1280 * panel_width, abs=3)
    assert xs.max() > 249 / 1280 * panel_width


def test_a_step_without_an_action_draws_nothing_on_the_screen(shop_episode: Trajectory) -> None:
    image = draw_filmstrip(only(shop_episode, 4))
    assert len(ink(image, 28, 84, image.width - 28, 84 + (image.width - 56) * 720 // 1280)) == 0


@settings(max_examples=15, deadline=None)
@given(text=st.text(max_size=60), answer=st.text(max_size=60))
def test_any_characters_are_survived(shop_episode: Trajectory, text: str, answer: str) -> None:
    assert shop_episode.end is not None
    step = shop_episode.steps[0]
    turn = replace(step.turn, action=Type(text, Point(5, 5)))
    done = replace(step.turn, action=Done(answer))
    draw_filmstrip(
        replace(
            shop_episode,
            start=replace(shop_episode.start, goal=text, policy={"name": answer}),
            steps=(replace(step, turn=turn), replace(step, turn=done)),
            end=replace(shop_episode.end, answer=answer, reason=text),
        )
    )


@pytest.mark.parametrize("point", [Point(-50, 10), Point(5000, 5000), Point(0, 0)])
def test_a_point_beside_the_screen_is_survived(shop_episode: Trajectory, point: Point) -> None:
    step = shop_episode.steps[0]
    draw_filmstrip(
        replace(shop_episode, steps=(replace(step, turn=replace(step.turn, action=Click(point))),))
    )


def test_an_episode_that_broke_before_its_first_look_has_a_picture_too(
    shop_episode: Trajectory,
) -> None:
    image = draw_filmstrip(replace(shop_episode, steps=(), end=None))
    assert image.height < 150


def test_a_missing_picture_is_said(shop_episode: Trajectory, tmp_path: Path) -> None:
    with pytest.raises(InconsistentData, match="is not there"):
        draw_filmstrip(replace(shop_episode, folder=tmp_path))
