"""How things on a screen belong together, on screens made by hand."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigorl.browser.geometry import Box, Frame
from vigorl.policy.perception.blocks import blocks
from vigorl.policy.perception.layout import em_px, in_reading_order
from vigorl.policy.perception.panels import panels
from vigorl.policy.perception.panorama import extended, moved_up_by
from vigorl.policy.perception.screen import Screen, Shape, TextLine
from vigorl.policy.perception.tables import rows
from vigorl.policy.reader.candidates import aims
from vigorl.policy.reader.controls import boxes, fields
from vigorl.policy.reader.language.steps import Relation, Target
from vigorl.policy.reader.values import values

FRAME = Frame.of_viewport(800, 600)


def line(text: str, x: float, y: float, height: float = 14) -> TextLine:
    return TextLine(text, Box(x, y, x + 8 * len(text), y + height), 1.0)


def screen(lines: Iterable[TextLine], *shapes: Shape) -> Screen:
    return Screen(tuple(lines), shapes, FRAME)


def test_the_size_of_type_does_not_depend_on_which_letters_are_in_a_line() -> None:
    high, low, deep = line("Fit", 0, 0, 11.7), line("men", 0, 0, 8.3), line("Fig", 0, 0, 15.0)
    assert em_px(high) == pytest.approx(16, abs=0.1)
    assert em_px(low) == pytest.approx(16, abs=0.1)
    assert em_px(deep) == pytest.approx(16, abs=0.1)


@given(st.permutations(range(12)))
def test_reading_order_is_row_by_row_whatever_the_order_of_finding(order: list[int]) -> None:
    corners = [(100 * (n % 4), 50 * (n // 4) + n % 3) for n in range(12)]
    cells = [Box(left, top, left + 60, top + 18) for left, top in corners]
    assert in_reading_order([cells[n] for n in order], lambda box: box) == cells


@given(st.integers(40, 500), st.integers(22, 60))
def test_how_far_a_page_has_moved_is_told_by_its_texts(moved_px: int, pitch_px: int) -> None:
    page = [line(f"paragraph {n}", 20, 30 + pitch_px * n) for n in range(60)]

    def shown(top: float) -> Screen:
        visible = [item for item in page if 22 <= item.box_px.top - top <= 586]
        moved = [line(item.text, 20, item.box_px.top - top) for item in visible]
        return screen([line("A fixed header", 500, 4), *moved])

    before, after = shown(0), shown(moved_px)
    shared = {item.text for item in before.lines[1:]} & {item.text for item in after.lines[1:]}
    if not shared:
        return
    assert moved_up_by(before, after) == moved_px
    whole = extended(before, after, moved_px)
    texts = [item.text for item in whole.lines if item.text != "A fixed header"]
    assert sorted(texts) == sorted({*(item.text for item in before.lines[1:]), *texts})
    assert len(texts) == len(set(texts))


def test_a_screen_that_shares_no_text_with_the_one_before_tells_nothing() -> None:
    assert moved_up_by(screen([line("one", 0, 0)]), screen([line("two", 0, 50)])) is None


def test_cards_and_rows_are_panels_and_the_page_is_not() -> None:
    pixels = np.full((600, 800, 3), 246, np.uint8)
    pixels[40:140, 30:380] = 255
    pixels[40:140, 420:770] = 255
    pixels[200:202, :] = 200
    found = panels(pixels)
    for card in (Box(30, 40, 380, 140), Box(420, 40, 770, 140)):
        shared = (box.intersection(card) for box in found if box.area < 1.1 * card.area)
        assert any(part is not None and part.area > 0.95 * card.area for part in shared)
    assert all(box.area < 800 * 600 for box in found)


RESULTS = [
    line("Home", 20, 20),
    line("Shop", 90, 20),
    *(line(f"Result {n}", 40, 100 * n, 18) for n in (1, 2, 3, 4)),
    *(line(f"It is about the number {n}, and so on.", 40, 100 * n + 28) for n in (1, 2, 3, 4)),
    line("Imprint", 20, 570),
]


def test_results_are_what_repeats_with_most_text() -> None:
    assert [block.title.text for block in blocks(screen(RESULTS))] == [
        "Result 1", "Result 2", "Result 3", "Result 4",
    ]  # fmt: skip


def test_results_in_wide_gaps_are_told_by_their_links_and_not_by_the_line_that_counts_them() -> (
    None
):
    lines = [line("3 pages match “c”.", 40, 46)]
    for n in (1, 2, 3):
        lines.append(replace(line(f"Setting {n}", 40, 92 * n, 18), link=True))
        lines.append(line(f"What setting {n} is for, at some length.", 40, 92 * n + 47))
    beside = [line(f"Chapter {n}", 600, 46 * n) for n in range(1, 8)]  # as in a menu
    found = blocks(screen([*lines, *beside]))
    assert [block.title.text for block in found] == ["Setting 1", "Setting 2", "Setting 3"]


def test_a_picture_that_is_read_as_a_letter_is_no_title() -> None:
    cards = [Box(20, 100 * n, 420, 100 * n + 80) for n in (1, 2, 3)]
    picture = [
        TextLine("开", Box(30, 100 * n + 10, 90, 100 * n + 70), 0.4, link=True) for n in (1, 2, 3)
    ]
    names = [line(f"Stool {n}", 110, 100 * n + 12) for n in (1, 2, 3)]
    shown = Screen((*picture, *names), (), FRAME, tuple(cards))
    assert [block.title.text for block in blocks(shown)] == ["Stool 1", "Stool 2", "Stool 3"]


def test_the_head_of_a_table_is_none_of_its_rows() -> None:
    table = [
        line(text, 100 * column + 20, 40 * row + 50)
        for row, cells in enumerate((("Name", "Price"), ("Mug", "$4"), ("Lamp", "$30")))
        for column, text in enumerate(cells)
    ]
    assert len(rows(screen(table))) == 2


def test_a_target_in_a_row_is_told_from_the_same_one_in_the_next() -> None:
    edits = [line("Edit", 600, 52), line("Edit", 600, 92), line("Edit", 600, 132)]
    names = [line("Anna", 20, 50), line("Bo", 20, 90), line("Cy", 20, 130)]
    target = Target(("Edit",), quoted=True, relation=Relation("row", Target(("Bo",), quoted=True)))
    assert aims(screen(edits + names), target)[0].box == edits[1].box_px


FIELDS = [
    Shape("field", Box(20, 70, 320, 106)),
    Shape("field", Box(340, 70, 640, 106)),
    Shape("field", Box(20, 140, 320, 176)),
]
LABELS = [line("First", 20, 50), line("Second", 340, 50), line("Third", 20, 120)]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_field_belongs_to_the_label_above_it(n: int) -> None:
    found = fields(screen(LABELS, *FIELDS), Target((LABELS[n].text,), quoted=True))
    assert found[0].box == FIELDS[n].box_px


def test_a_label_stands_for_its_field_only_where_no_text_stands_in_its_place() -> None:
    target = Target(("Third",), quoted=True)
    assert fields(screen(LABELS, *FIELDS[:2]), target)[0].box == LABELS[2].box_px
    assert not fields(screen([*LABELS, line("15 C", 20, 146)], *FIELDS[:2]), target)


def test_a_box_belongs_to_the_text_after_it_and_a_switch_to_the_text_on_its_row() -> None:
    texts = [line("News", 50, 50), line("Offers", 50, 80), line("Dark mode", 20, 200)]
    shapes = [
        Shape("checkbox", Box(20, 48, 36, 64), checked=True),
        Shape("checkbox", Box(20, 78, 36, 94), checked=False),
        Shape("switch", Box(700, 196, 740, 218), checked=False),
    ]
    seen = screen(texts, *shapes)
    assert [boxes(seen, Target((text.text,), quoted=True))[0].box for text in texts] == [
        shape.box_px for shape in shapes
    ]


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        ([line("Total: $12", 20, 20)], "$12"),
        ([line("Total", 20, 20), line("$12", 300, 20), line("Tax", 20, 50)], "$12"),
        (
            [
                line("Total", 20, 20), line("Items", 200, 20),
                line("$12", 20, 42), line("3", 200, 42),
            ],
            "$12",
        ),
        ([line("$12", 20, 20, 30), line("Total", 20, 56), line("Items", 200, 56)], "$12"),
        ([line("Total", 20, 20), line("shipped", 300, 20), line("Carrier", 20, 60)], "shipped"),
    ],
    ids=["inside", "right", "below", "above", "words"],
)  # fmt: skip
def test_a_value_is_where_values_stand(lines: list[TextLine], value: str) -> None:
    assert values(screen(lines), Target(("Total",), quoted=True))[0].text == value
