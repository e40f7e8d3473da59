"""An episode as one picture, and as a moving one."""

import itertools
import unicodedata
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.viewer.animation import MAX_STEPS, WIDTH_PX, stills_of, undrawn, write_animation
from vigorl.agent.viewer.filmstrip import (
    MAX_WIDTH_PX,
    draw_filmstrip,
    evenly_chosen,
    write_filmstrip,
)
from vigorl.agent.viewer.stage import Stage, StageSigns, paint
from vigorl.agent.viewer.typeface import _runs, draws, fitting, text_width_px, without_font
from vigorl.browser.actions import Click, Done, Type
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.picture import Picture, View

ACT_INK = (0xD3, 0x11, 0x5C)


def ink(image: Image.Image, left: int, top: int, right: int, bottom: int) -> np.ndarray:
    """Where the action's colour is, rows of (x, y) within this part of the picture."""
    part = np.asarray(image.crop((left, top, right, bottom)))
    return np.argwhere((part == ACT_INK).all(axis=2))[:, ::-1]


def test_a_long_episode_is_shown_in_panels_evenly_chosen_with_the_first_and_the_last() -> None:
    panels = evenly_chosen(list(range(100)), 12)
    assert len(panels) == 12
    assert (panels[0], panels[-1]) == (0, 99)
    gaps = [later - earlier for earlier, later in itertools.pairwise(panels)]
    assert max(gaps) - min(gaps) <= 1
    assert evenly_chosen(list(range(12)), 12) == list(range(12))


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


@settings(max_examples=8, deadline=None)
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


# The same as a moving picture.


def middle_of(image: Image.Image, ink: tuple[int, int, int]) -> tuple[float, float]:
    """Where this colour is, on average, in px."""
    found = np.argwhere((np.asarray(image) == ink).all(axis=2))
    return float(found[:, 1].mean()), float(found[:, 0].mean())


def view(colour: str, frame: Frame, kind: str = "screen") -> View:
    picture = Picture.from_image(Image.new("RGB", (frame.width_px, frame.height_px), colour))
    return View(picture, frame, kind)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["webp", "gif"])
def test_an_episode_moves_and_begins_anew(
    shop_episode: Trajectory, tmp_path: Path, form: str
) -> None:
    path = write_animation(only(shop_episode, 4, 9), tmp_path / f"run.{form}")
    with Image.open(path) as image:
        assert image.format == form.upper()
        assert image.n_frames >= 4  # type: ignore[attr-defined]
        assert image.width == WIDTH_PX
        assert image.info["loop"] == 0
        first = np.asarray(image.convert("RGB")).astype(int)
        image.seek(image.n_frames - 1)  # type: ignore[attr-defined]
        assert np.abs(np.asarray(image.convert("RGB")).astype(int) - first).max() > 100


def test_a_video_shows_each_picture_for_its_time(shop_episode: Trajectory, tmp_path: Path) -> None:
    path = write_animation(only(shop_episode, 4), tmp_path / "run.webm")
    assert path.read_bytes()[:4] == b"\x1a\x45\xdf\xa3"
    video = cv2.VideoCapture(str(path))
    shown_ms = sum(still.shown_ms for still in stills_of(only(shop_episode, 4)))
    assert video.get(cv2.CAP_PROP_FRAME_WIDTH) == WIDTH_PX
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) * 100 == pytest.approx(shown_ms, abs=150)
    video.release()


def test_characters_that_no_font_has_are_named(shop_episode: Trajectory) -> None:
    assert without_font("café 12 €") == ""
    nobody = "\U000f0000"  # private use
    goal = replace(shop_episode.start, goal=f"find {nobody} and {nobody}", task=None)
    assert undrawn(replace(only(shop_episode, 4), start=goal)) == nobody


def test_signs_stand_where_the_action_went_also_on_a_stage_with_borders() -> None:
    tall = Stage.of(view("white", Frame.of_viewport(400, 800)), 900, 600)
    image = paint(tall, StageSigns(target=Point(100, 400)))
    assert middle_of(image, ACT_INK) == pytest.approx((300 + 75, 300), abs=1.5)


def test_points_of_a_zoomed_view_are_marked_on_it_and_others_on_the_screen() -> None:
    screen = Stage.of(view("white", Frame.of_viewport(1280, 720)), 900, 506)
    close = view("white", Frame(512, 512, Box(1000, 100, 1100, 200)), "optical")
    stage = screen.with_inset(close)
    inside = stage.at(Point(1050, 150))
    assert inside is not None
    assert inside.x < 450, "the zoomed view stands on the other side of what it shows"
    assert stage.at(Point(1000, 600)) == screen.at(Point(1000, 600))
    assert stage.at(Point(100, 300)) is None, "hidden by the zoomed view"
    assert stage.at(Point(5000, 10)) is None
    drawn = paint(stage, StageSigns(target=Point(1050, 150))).crop((0, 0, 450, 506))
    assert middle_of(drawn, ACT_INK) == pytest.approx((inside.x, inside.y), abs=1.5)


@pytest.mark.parametrize("text", ["café 12 €", "漢字", "한글 ✓ → ⏎", "e\u0301", "👍", "\x1b[31m"])
def test_no_character_is_drawn_as_the_box_of_a_font_that_lacks_it(text: str) -> None:
    for run, font in _runs(fitting(text, 15, 500), 15):
        for character in run:
            if not character.isspace() and not unicodedata.combining(character):
                assert draws(font.path if isinstance(font.path, str) else "", character), character


def test_a_text_that_is_too_long_ends_in_an_ellipsis() -> None:
    shown = fitting("a long sentence " * 20, 15, 200)
    assert shown.endswith("…")
    assert text_width_px(shown, 15) <= 200


def test_of_a_long_episode_at_most_so_many_steps_move(shop_episode: Trajectory) -> None:
    silent = shop_episode.steps[3]  # no action: two pictures a step
    steps = tuple(replace(silent, index=index) for index in range(3 * MAX_STEPS))
    assert len(list(stills_of(replace(shop_episode, steps=steps)))) == 2 * MAX_STEPS + 1


def test_what_cannot_be_animated_is_said(shop_episode: Trajectory, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a \.webp, a \.gif or a \.webm"):
        write_animation(shop_episode, tmp_path / "run.mp4")
    with pytest.raises(UsageError, match="nothing was seen"):
        write_animation(replace(shop_episode, steps=(), end=None), tmp_path / "run.gif")
    with pytest.raises(InconsistentData, match="is not there"):
        write_animation(replace(shop_episode, folder=tmp_path), tmp_path / "run.gif")
