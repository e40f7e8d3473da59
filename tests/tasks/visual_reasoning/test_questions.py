"""Copies are read by the conventions of each benchmark, and questions are judged by them."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from vigorl.browser.actions import Click, Wait
from vigorl.browser.environment import Score
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.geometry import Box, Point
from vigorl.tasks.hub import download
from vigorl.tasks.stored_image import StoredImage
from vigorl.tasks.visual_reasoning.benchmarks import BENCHMARKS, read_questions
from vigorl.tasks.visual_reasoning.environment import (
    GAP_PX,
    NO_ANSWER,
    UNREADABLE,
    UNREADABLE_PLACE,
    PictureQuestion,
)
from vigorl.tasks.visual_reasoning.question import ImageQuestion, shuffled
from vigorl.tasks.visual_reasoning.robospatial import ImagePlace

from .copies import (
    blink_row,
    encoded,
    image,
    sat_row,
    stored,
    write_blink,
    write_parquet,
    write_robospatial,
    write_robospatial_parquet,
    write_sat,
    write_vstar,
)


def by_id(questions: list[ImageQuestion]) -> dict[str, ImageQuestion]:
    return {question.id: question for question in questions}


def test_the_published_counts_add_up() -> None:
    totals = {
        name: sum(next(iter(benchmark.counts.values()), {}).values())
        for name, benchmark in BENCHMARKS.items()
    }
    assert totals == {"vstar": 191, "blink": 1901, "sat": 0, "robospatial": 350}
    assert len(BENCHMARKS["blink"].counts["val"]) == 14


def test_vstar_has_boxes_as_corner_and_size_and_the_first_option_is_right(tmp_path: Path) -> None:
    questions = by_id(read_questions("vstar", write_vstar(tmp_path, 20)))
    assert len(questions) == 40
    question = questions["relative_position/sa_3"]
    assert question.group == "relative_position"
    assert question.answer == "red 3"
    assert question.targets_px == (Box(10, 5, 30, 35),)
    assert question.images[0].size_px() == (60, 40)
    published = ("red 3", "green 3", "blue 3", "grey 3")
    assert question.options == tuple(published[index] for index in question.order)
    first = question.goal.split("\n")
    assert first[:2] == ["What colour is glove 3?", "Answer Choices:"]
    assert first[2:] == [
        f"{letter}. {option}" for letter, option in zip("ABCD", question.options, strict=True)
    ]
    places = [each.options.index(each.answer) for each in questions.values()]
    assert set(places) == {0, 1, 2, 3}


def test_an_order_depends_on_the_question_alone_and_is_recorded(tmp_path: Path) -> None:
    few = by_id(read_questions("vstar", write_vstar(tmp_path / "few", 2)))
    many = by_id(read_questions("vstar", write_vstar(tmp_path / "many", 5)))
    name = "direct_attributes/sa_1"
    assert few[name].options == many[name].options
    record = few[name].record()
    assert (record["order"], record["seed"]) == (list(few[name].order), 0)
    assert record["options"] == list(few[name].options)
    assert record["images"] == ["direct_attributes/sa_1.jpg"]
    # As it was when this was written: another order would make old results another evaluation.
    assert shuffled(("a", "b", "c", "d"), "direct_attributes/sa_10033")[1] == (1, 2, 0, 3)


def test_blink_is_asked_as_published_with_as_many_images_as_there_are(tmp_path: Path) -> None:
    questions = by_id(read_questions("blink", write_blink(tmp_path)))
    assert list(questions) == [f"val_Counting_{n}" for n in range(3)] + ["val_Jigsaw_1"]
    counting = questions["val_Counting_2"]
    assert counting.answer == "1" and counting.options == ("0", "3", "2", "1")
    assert counting.goal.endswith("(A) 0\n(B) 3\n(C) 2\n(D) 1")
    assert "Answer Choices" not in counting.goal and "order" not in counting.record()
    jigsaw = questions["val_Jigsaw_1"]
    assert [each.size_px()[0] for each in jigsaw.images] == [20, 30, 40]
    assert jigsaw.record()["images"][2] == "Jigsaw/val-00000-of-00001.parquet#0/image_3"


def test_sat_has_lists_of_images_in_either_form(tmp_path: Path) -> None:
    questions = read_questions("sat", write_sat(tmp_path / "one"))
    assert [len(question.images) for question in questions] == [2, 1, 2]
    assert [question.id for question in questions] == ["test/0", "test/1", "test/2"]
    assert questions[2].images[1].size_px() == (30, 21)
    assert {question.answer for question in questions} == {"moved right"}
    row = sat_row("perspective", 1) | {"images": [stored(image(50, 50))]}
    del row["image_bytes"]
    write_parquet(tmp_path / "two" / "data" / "val-00000-of-00001.parquet", [row])
    (question,) = read_questions("sat", tmp_path / "two", "val")
    assert question.images[0].size_px() == (50, 50)
    assert question.id == "val/0"


def test_robospatial_is_the_same_in_both_forms(tmp_path: Path) -> None:
    downloaded = by_id(read_questions("robospatial", write_robospatial(tmp_path / "one")))
    of_the_hub = by_id(read_questions("robospatial", write_robospatial_parquet(tmp_path / "two")))
    for questions in (downloaded, of_the_hub):
        yes, place = questions["configuration/1"], questions["context/1"]
        assert (yes.kind, yes.answer, yes.options) == ("yes or no", "yes", ("yes", "no"))
        assert yes.goal == "Does it fit, 1?" and yes.mask is None
        assert place.kind == "place" and place.outline[0] == Point(0.5, 0.0)
        assert place.mask is not None and place.mask.size_px() == (40, 30)


def judge(question: ImageQuestion, answer: str | None) -> Score:
    return asyncio.run(PictureQuestion(question).score(answer))


def test_each_gold_answer_is_right_and_each_other_is_wrong(tmp_path: Path) -> None:
    copies = {
        "vstar": write_vstar(tmp_path / "v"),
        "blink": write_blink(tmp_path / "b"),
        "sat": write_sat(tmp_path / "s"),
        "robospatial": write_robospatial(tmp_path / "r"),
    }
    for name, data in copies.items():
        for question in read_questions(name, data):  # type: ignore[arg-type]
            if question.kind == "place":
                continue
            right = judge(question, question.answer)
            assert (right.value, right.by_other_rules["lenient"]) == (1.0, 1.0)
            for index, option in enumerate(question.options):
                is_right = option == question.answer
                assert judge(question, option).value == is_right
                if question.kind == "choice":
                    assert judge(question, "ABCD"[index]).value == is_right


def test_what_cannot_be_read_is_wrong_and_said_to_be_so(tmp_path: Path) -> None:
    question, *_ = read_questions("vstar", write_vstar(tmp_path))
    rambling = judge(question, f"It must be {question.answer}")
    assert (rambling.value, rambling.why) == (0.0, UNREADABLE)
    assert rambling.by_other_rules == {"lenient": 1.0}
    silent = judge(question, None)
    assert (silent.value, silent.why, silent.by_other_rules) == (0.0, NO_ANSWER, {"lenient": 0.0})
    wrong = next(option for option in question.options if option != question.answer)
    letters = dict(zip(question.options, "ABCD", strict=True))
    assert judge(question, wrong).why == (
        f"“{letters[wrong]}. {wrong}” instead of “{letters[question.answer]}. {question.answer}”"
    )


@pytest.mark.parametrize(
    ("answer", "strict", "official"),
    [
        ("[(0.75, 0.5), (0.1, 0.1)]", 1.0, 1.0),  # the first point counts
        ("[(0.1, 0.1), (0.75, 0.5)]", 0.0, 0.0),
        ("Here: (0.75, 0.5)", 0.0, 1.0),
        ("(30, 15)", 0.0, 0.0),  # pixels are not what is asked for
        ("(1.0, 0.5)", 1.0, 0.0),  # the last column of the mask; on the outline's right side
        ("yes", 0.0, 0.0),
    ],
)
def test_points_are_parts_of_the_picture_and_lie_in_the_mask(
    tmp_path: Path, answer: str, strict: float, official: float
) -> None:
    questions = by_id(read_questions("robospatial", write_robospatial(tmp_path)))
    score = judge(questions["context/0"], answer)
    assert (score.value, score.by_other_rules) == (strict, {"official": official})
    assert (score.why == UNREADABLE_PLACE) == (answer in ("yes", "Here: (0.75, 0.5)"))


def test_without_a_mask_the_outline_decides() -> None:
    corner = ImagePlace((Point(0, 0), Point(1, 0), Point(0, 1)), None)
    assert corner.holds(Point(0.2, 0.2)) and not corner.holds(Point(0.8, 0.8))
    assert not corner.holds(Point(-0.1, 0.2))
    notched = ImagePlace(
        (Point(0, 0), Point(1, 0), Point(1, 1), Point(0.5, 0.25), Point(0, 1)), None
    )
    assert notched.holds(Point(0.1, 0.5)) and notched.holds(Point(0.9, 0.5))
    assert not notched.holds(Point(0.5, 0.5))


async def test_a_click_is_a_point_where_one_is_asked_for_and_nowhere_else(tmp_path: Path) -> None:
    questions = by_id(read_questions("robospatial", write_robospatial(tmp_path)))
    place = PictureQuestion(questions["context/0"])
    await place.reset()
    assert not (await place.step(Wait())).ended
    assert not (await place.step(Click(Point(40, 3)))).ended
    assert (await place.step(Click(Point(30, 15)))).ended
    score = await place.score("")
    assert (score.value, score.by_other_rules) == (1.0, {"official": 1.0})
    asked = PictureQuestion(questions["configuration/0"])
    await asked.reset()
    refused = await asked.step(Click(Point(30, 15)))
    assert not refused.ended and refused.events[0].kind == "bad_action"
    assert (await asked.score(None)).by_other_rules == {"lenient": 0.0, "official": 0.0}


async def test_images_stand_side_by_side_or_apart(tmp_path: Path) -> None:
    jigsaw = by_id(read_questions("blink", write_blink(tmp_path)))["val_Jigsaw_1"]
    together = await PictureQuestion(jigsaw, "together").reset()
    assert together.view is not None and together.pictures == ()
    assert together.view.frame.width_px == 20 + 30 + 40 + 2 * GAP_PX
    sheet = together.view.picture.image()
    assert sheet.getpixel((0, 0)) == sheet.getpixel((20 + GAP_PX, 29)) == (0, 0, 255)
    assert sheet.getpixel((20, 0)) == (255, 255, 255)
    apart = await PictureQuestion(jigsaw, "apart").reset()
    assert apart.view is not None and apart.view.frame.width_px == 40
    assert [picture.width_px for picture in apart.pictures] == [20, 30]


def test_images_are_read_from_files_and_out_of_any_row_group(tmp_path: Path) -> None:
    rows = [{"img": stored(image(10 + n, 5))} for n in range(7)]
    write_parquet(tmp_path / "a.parquet", rows, group=3)
    widths = [StoredImage(tmp_path, "a.parquet", "img", n).size_px()[0] for n in (6, 0, 3, 2)]
    assert widths == [16, 10, 13, 12]
    with pytest.raises(InconsistentData, match="no row 7"):
        StoredImage(tmp_path, "a.parquet", "img", 7).read()
    (tmp_path / "a.gif").write_bytes(encoded(image(9, 9), "GIF"))
    assert StoredImage(tmp_path, "a.gif").picture().media_type == "image/png"
    (tmp_path / "a.png").write_bytes(encoded(image(200, 200))[:-60])
    with pytest.raises(InconsistentData, match=r"a.png: a damaged picture"):
        StoredImage(tmp_path, "a.png").pixels()


def vigorl_row(name: str, path: str, **change: str) -> dict[str, object]:
    asked = "<image>Which side?\nAnswer Choices:\nA. left\nB. not left, but right"
    turns = [{"from": "human", "value": asked}, {"from": "gpt", "value": "left"} | change]
    return {"id": name, "image": path, "conversations": turns}


def test_vigorls_files_of_questions_are_asked_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "visual_search" / "vstar"
    image_path = tmp_path / "visual_search" / "vstar" / "relative_position" / "sa_1.jpg"
    image_path.parent.mkdir(parents=True)
    image().save(image_path)
    name = "visual_search/vstar/relative_position/sa_1.jpg"
    data = folder / "vstarbench_test.jsonl"
    data.write_text(json.dumps(vigorl_row("0", name)))
    (question,) = read_questions("vstar", data)
    assert (question.id, question.group) == ("vstarbench_test/0", "relative_position")
    assert question.goal == "Which side?\nAnswer Choices:\nA. left\nB. not left, but right"
    assert question.options == ("left", "not left, but right")
    assert judge(question, "A").value == 1 and judge(question, "b").value == 0
    data.write_text(json.dumps(vigorl_row("val_Relative_Depth_7", name)))
    assert read_questions("blink", data)[0].group == "Relative_Depth"
    assert read_questions("sat", data)[0].group == "vstarbench_test"
    data.write_text(json.dumps(vigorl_row("0", name, value="up")))
    with pytest.raises(UsageError, match=r"row 0: the answer 'up' is none of the options"):
        read_questions("vstar", data)
    data.write_text(json.dumps(vigorl_row("0", "elsewhere/sa_1.jpg")))
    with pytest.raises(UsageError, match=r"no image elsewhere/sa_1\.jpg"):
        read_questions("vstar", data)


def test_broken_copies_name_the_place_and_the_remedy(tmp_path: Path) -> None:
    for name in BENCHMARKS:
        (tmp_path / name).mkdir()
        with pytest.raises(UsageError, match="hf download"):
            read_questions(name, tmp_path / name)
        with pytest.raises(UsageError, match="hf download"):
            read_questions(name, tmp_path / "nowhere")
    copy = write_vstar(tmp_path / "vstar-copy")
    (copy / "direct_attributes" / "sa_1.jpg").unlink()
    with pytest.raises(UsageError, match=r"sa_1.json has no image beside it.*hf download"):
        read_questions("vstar", copy)
    (copy / "direct_attributes" / "sa_1.json").write_text(json.dumps({"question": "?"}))
    with pytest.raises(UsageError, match=r"sa_1.json: options"):
        read_questions("vstar", copy)
    row = blink_row("Counting", 1, 1, ["0", "1"], "hidden")
    write_parquet(tmp_path / "blink" / "Counting" / "val-0.parquet", [row])
    with pytest.raises(UsageError, match="'hidden' is none of 2 choices"):
        read_questions("blink", tmp_path / "blink")
    write_parquet(tmp_path / "sat" / "SAT_test.parquet", [{"question": "?"}])
    with pytest.raises(UsageError, match="no column of images"):
        read_questions("sat", tmp_path / "sat")
    copy = write_robospatial(tmp_path / "robospatial-copy")
    (copy / "images" / "mask.png").unlink()
    with pytest.raises(UsageError, match=r"no image .*mask.png"):
        read_questions("robospatial", copy)
    with pytest.raises(UsageError, match="no part 'test' with public answers; there is val"):
        read_questions("blink", tmp_path / "blink", "test")


def test_what_is_not_installed_is_named_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_sat(tmp_path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"pip install 'vigorl-agent\[data\]'"):
        read_questions("sat", data)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UsageError, match=r"pip install 'vigorl-agent\[data\]'"):
        read_questions("sat")


def test_without_a_connection_the_hub_says_how_to_get_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(UsageError, match=r"hf download array/SAT .*--include 'SAT_test.parquet'"):
        download("array/SAT", ("SAT_test.parquet",))
    cached = tmp_path / "datasets--array--SAT"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("0123")
    write_sat(cached / "snapshots" / "0123")
    assert len(read_questions("sat")) == 3
