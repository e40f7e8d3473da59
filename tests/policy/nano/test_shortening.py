"""A reading that is too long keeps what its task needs, as it stood."""

from vigorl.browser.geometry import Box, Point
from vigorl.policy.nano.reading import ItemKind, ScreenItem, written_length
from vigorl.policy.nano.shortening import shortened


def item(text: str, kind: ItemKind = "text", label: str = "", height_px: float = 16) -> ScreenItem:
    return ScreenItem(kind, text, Box.around(Point(100, 100), 40, height_px / 2), label)


TENTS, MENU = item("Tents"), item("Menu", "button")
PRICE, FIELD = item("$ 41 a night"), item("", "field", "Search")
BLURB, HEADING = item("Sleep under a thousand stars"), item("Camping", height_px=30)
ICON = item("", "icon")
ROWS = [[MENU, FIELD, ICON], [HEADING], [TENTS, PRICE], [BLURB]]


def kept(task: str, characters: int) -> list[list[ScreenItem]]:
    return shortened(ROWS, task, characters)


def lengths(*items: ScreenItem) -> int:
    return sum(map(written_length, items))


def test_what_fits_is_told_whole() -> None:
    everything = lengths(*(item for row in ROWS for item in row))
    assert kept("x", everything) == ROWS
    assert kept("x", everything - 1) != ROWS


def test_words_of_the_task_come_before_controls_and_these_before_headings_and_texts() -> None:
    task = "find the cheapest tent for a night"  # tents: without its ending; a: too short
    assert kept(task, lengths(TENTS, PRICE)) == [[TENTS, PRICE]]
    assert kept(task, lengths(TENTS, PRICE, MENU)) == [[MENU], [TENTS, PRICE]]
    assert kept(task, lengths(TENTS, PRICE, MENU, FIELD)) == [[MENU, FIELD], [TENTS, PRICE]]
    five = lengths(TENTS, PRICE, MENU, FIELD, HEADING)
    assert kept(task, five) == [[MENU, FIELD], [HEADING], [TENTS, PRICE]]


def test_a_word_that_is_everywhere_says_less_than_a_rare_one() -> None:
    rows = [[item("Add item"), item("Add item"), item("Add item"), item("A tent")]]
    (row,) = shortened(rows, "add the item tent", lengths(rows[0][0]))
    assert row == [rows[0][3]]


def test_what_is_too_long_gives_way_to_what_fits() -> None:
    assert kept("thousand stars", lengths(MENU)) == [[MENU]]
