"""Referents by rule: what words near a point name, and whether the point lies on it."""

import json
from pathlib import Path

import pytest

from vigorl.agent.analysis.referent_report import PlacedReferent, summary_of
from vigorl.agent.analysis.referents import PointName, Referent, boxes_named, referents_of
from vigorl.agent.record.named_boxes import BoxFile, NamedBox, named_boxes, read_boxes
from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.policy.points import mentions_in
from vigorl.tasks.truth import Control, PageTruth, TruthLine, Word

LABEL, FIELD = Box(100, 80, 160, 96), Box(100, 100, 400, 140)
LOG_IN, LINK = Box(100, 200, 180, 240), Box(200, 300, 284, 316)
SWITCH, SAVE, BAR = Box(500, 100, 544, 124), Box(500, 200, 560, 240), Box(600, 10, 900, 40)
SCREEN = (
    NamedBox("textbox", "Account", FIELD),
    NamedBox("button", "Log in", LOG_IN),
    NamedBox("link", "Create an account", LINK),
    NamedBox("switch", "Video previews May need more battery.", SWITCH),
    NamedBox("button", "Save", SAVE),
    NamedBox("searchbox", "Search", BAR),
    NamedBox("text", "Account", LABEL),
    NamedBox(
        "text",
        "New here? Create one",
        Box(100, 300, 284, 316),
        ((100, 130), (140, 180), (190, 240), (250, 284)),
    ),
)
LABELLED = 'I read "Account" at (120, 90); the field that belongs to it is at'
FRAME = Frame.of_viewport(1000, 700)


def landings(thought: str) -> list[str]:
    found = referents_of(thought, mentions_in(thought, FRAME), SCREEN)
    return [each.landing for each in found]


@pytest.mark.parametrize(
    ("thought", "expected"),
    [
        ('I read "Account" at (120, 90). I type "anna" there.', ["inside"]),
        (f"{LABELLED} (250, 120).", ["inside", "inside"]),
        (f"{LABELLED} (120, 90).", ["inside", "beside"]),
        ('type "anna" into "Account": field "Account" (250, 120) ""', ["inside"]),
        ('field "Account" (120, 90) ""', ["beside"]),
        ('check "Video previews": switch "Video previews" (520, 110) off', ["inside"]),
        ('drag "Log\nin": "Log\nin" (140, 220) | icon x (9, 9)', ["inside", "unnamed"]),
        ("The ‘Log in’ button is at (140, 220).", ["inside"]),
        ("At (140, 220) I see the “Log in” button.", ["inside"]),
        ("The search field is at (700, 30); Save is at (530, 220).", ["inside", "inside"]),
        ('I look for "Log in". There is nothing at (140, 220).', ["unnamed"]),
        ("The third one (140, 220) is red, and I save money.", ["unnamed"]),
        ('I click (140, 220) and type "Account".', ["unnamed"]),
        ('I read "Accouut" at (120, 90).', ["inside"]),
        ('I read "Baggage" at (120, 90).', ["absent"]),
        ('The words "Create one" (210, 308) are a link.', ["inside"]),
        ('The words "Create one" (120, 308) are a link.', ["beside"]),
        ('I read "Log in" at (5000, 5000).', ["beside"]),
        ('It says "Done. Saved." There is "Save" at (530, 220).', ["inside"]),
    ],
)  # fmt: skip
def test_a_point_is_held_against_what_the_words_near_it_name(
    thought: str, expected: list[str]
) -> None:
    assert landings(thought) == expected


def test_a_whole_name_of_the_stated_role_comes_before_all_others() -> None:
    assert boxes_named(PointName("account"), SCREEN) == [FIELD, LABEL]
    assert boxes_named(PointName("account", frozenset({"link"})), SCREEN) == [LINK]
    assert boxes_named(PointName("account", frozenset({"textbox"})), SCREEN) == [FIELD]
    assert boxes_named(PointName(""), SCREEN) == []


def placed(episode: str, point: Point, name: str, box: Box | None) -> PlacedReferent:
    boxes = () if box is None else (box,)
    return PlacedReferent(episode, episode, 0, True, Referent(point, PointName(name), boxes))


def test_chance_deals_each_name_the_points_of_other_names_of_its_episode() -> None:
    wide, small = Box(0, 0, 100, 100), Box(0, 0, 10, 10)
    figures = summary_of(
        [
            placed("a", Point(5, 5), "wide", wide),
            placed("a", Point(50, 50), "small", small),
            placed("a", Point(500, 500), "gone", None),
            placed("b", Point(5, 5), "alone", small),
        ]
    )
    # wide would hold one of two others, small one of two, gone none of two; alone has no other.
    assert figures.by_chance == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)
    assert (figures.accuracy.mean, figures.accuracy.n) == (pytest.approx(2 / 3), 3)
    assert (figures.strict.mean, figures.absent) == (pytest.approx(2 / 4), 1)


def test_boxes_of_a_page_are_read_as_they_were_written(tmp_path: Path) -> None:
    words = (Word("Log", Box(10, 0, 30, 9), (10, 30)), Word("in", Box(34, 0, 44, 9), (34, 44)))
    truth = PageTruth(
        *(99, 99, 1.0),
        lines=(TruthLine("Log in", Box(10, 0, 44, 9), words),),
        controls=(
            Control("button", "Log in", Box(5, 0, 50, 12)),
            Control("button", "", Box(60, 0, 70, 12), icon="cart"),
            Control("img", "", Box(80, 0, 90, 12)),
        ),
        title="",
    )
    boxes = named_boxes(truth)
    assert [(each.role, each.name) for each in boxes] == [
        *(("button", "Log in"), ("button", "cart"), ("text", "Log in")),
    ]
    file = BoxFile(tmp_path)
    file.append("aa", boxes)
    file.append("bb", ())
    with (tmp_path / "boxes.jsonl").open("a") as lines:
        lines.write('{"image": "cut o')
    assert read_boxes(tmp_path) == {"aa": boxes, "bb": ()}
    (tmp_path / "boxes.jsonl").write_text(json.dumps({"boxes": 3}) + "\n")
    with pytest.raises(InconsistentData, match="line 1"):
        read_boxes(tmp_path)
    assert read_boxes(tmp_path / "elsewhere") == {}
