"""Rendered pages: the same by seed, true to their pixels, asked about without doubt."""

import asyncio
from collections import Counter

import numpy as np
import pytest

from vigorl.browser.geometry import Box
from vigorl.tasks.world.page import draw_page
from vigorl.tasks.world.questions import SMALL_TARGET, questions_of
from vigorl.tasks.world.studio import Shot, Studio

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_same_seed_draws_the_same_page_and_another_seed_another() -> None:
    one, again = draw_page("screens", "train", 5, 3), draw_page("screens", "train", 5, 3)
    assert one == again
    assert one.html != draw_page("screens", "train", 6, 3).html
    assert one.html != draw_page("screens", "train", 5, 4).html


async def test_the_same_page_has_the_same_truth_and_questions_each_time(studio: Studio) -> None:
    for spec in (draw_page("screens", "train", 5, index, "little") for index in range(3)):
        first, second = await asyncio.gather(studio.shoot(spec), studio.shoot(spec))
        assert first.truth == second.truth
        assert questions_of(spec, first) == questions_of(spec, second)


@pytest.mark.parametrize("dataset", ["simple", "screens"])
async def test_the_ink_of_a_word_lies_in_its_box(studio: Studio, dataset: str) -> None:
    specs = [draw_page(dataset, "train", 8, index, "little") for index in range(10)]
    shots = await asyncio.gather(*(studio.shoot(spec) for spec in specs))
    inked, words = 0, 0
    for shot in shots:
        grey = np.asarray(shot.picture.image().convert("L"), float)
        for word in shot.truth.words:
            words += 1
            inked += _has_ink(grey, word.box)
    assert words > 100
    assert inked / words > 0.98  # a few stand on pictures or in the palest of inks


def _has_ink(grey: "np.ndarray", box: Box) -> bool:
    part = grey[round(box.top) : round(box.bottom), round(box.left) : round(box.right)]
    return part.size > 0 and float(np.ptp(part)) > 30


async def test_boxes_and_edges_lie_in_the_picture_whatever_its_scale(studio: Studio) -> None:
    specs = [draw_page("screens", "test", 2, index) for index in range(14)]
    specs = [spec for spec in specs if spec.device_scale != 1][:3]
    assert specs
    for spec in specs:
        shot = await studio.shoot(spec)
        whole = Box(0, 0, shot.picture.width_px + 2, shot.picture.height_px + 2)
        for box in (*(w.box for w in shot.truth.words), *(c.box for c in shot.truth.controls)):
            assert box.intersection(whole) == box or box.left > -2
        words = shot.truth.words
        assert max(word.box.right for word in words) > shot.truth.width_px * 0.4 * spec.device_scale
        assert all(len(word.edges_css_px) == len(word.text) + 1 for word in words)


async def test_an_instruction_means_one_thing(studio: Studio) -> None:
    specs = [draw_page("screens", "train", 9, index, "little") for index in range(12)]
    shots = await asyncio.gather(*(studio.shoot(spec) for spec in specs))
    kinds: Counter[str] = Counter()
    for spec, shot in zip(specs, shots, strict=True):
        questions = questions_of(spec, shot)
        asked = [question.instruction.casefold() for question in questions]
        assert len(asked) == len(set(asked))
        for question in questions:
            kinds[question.kind] += 1
            if question.kind in ("label", "command"):
                assert question.occurrences == 1, question
            if question.kind == "absent":
                assert question.bbox_xyxy is None
                assert not _stands_there(question.instruction, shot)
            else:
                assert question.bbox_xyxy is not None and question.area_fraction > 0
    assert {"label", "command", "icon", "absent", "neighbour"} <= set(kinds)


def _stands_there(instruction: str, shot: Shot) -> bool:
    return any(line.text.casefold() == instruction.casefold() for line in shot.truth.lines)


async def test_a_label_is_asked_for_with_the_box_that_shows_it(studio: Studio) -> None:
    spec = draw_page("simple", "train", 4, 2)
    shot = await studio.shoot(spec)
    by_text = {word.text: word.box for word in shot.truth.words}
    questions = questions_of(spec, shot)
    assert len(questions) >= 5
    for question in questions:
        box = by_text[question.instruction]
        assert question.bbox_xyxy == tuple(
            round(side, 1) for side in (box.left, box.top, box.right, box.bottom)
        )


async def test_targets_of_small_are_small(studio: Studio) -> None:
    spec = draw_page("small", "train", 1, 0)
    questions = questions_of(spec, await studio.shoot(spec))
    assert len(questions) > 5
    assert all(question.area_fraction <= SMALL_TARGET for question in questions)
