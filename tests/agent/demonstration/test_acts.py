"""Input events become the action that comes out the same when it is done again."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from vigorl.agent.demonstration.acts import Acts
from vigorl.agent.demonstration.strokes import PersonAct, bends, chord_of
from vigorl.agent.demonstration.witnessed import FieldState, PointedAt, Told
from vigorl.browser.actions import Action, Click, Drag, Press, Scroll, SelectOption, Type
from vigorl.browser.geometry import Point

BOX = (100.0, 100.0, 300.0, 130.0)
MIDDLE = Point(200, 115)
FIELD = FieldState(1, "text", "text", False, False, False, "", True, "field", "Name", BOX)
TARGET = PointedAt(1, "field", "Name", BOX, None, None, False, False)


class Heard:
    """Acts that are told of events a tenth of a second apart, where nothing else is said."""

    def __init__(self) -> None:
        self.acts: list[PersonAct] = []
        self.unsaid: list[str] = []
        self._acts = Acts(self.acts.append, self.unsaid.append)
        self._times = count(1000, 100)
        self.field = FIELD

    def tell(self, kind: Any, **more: Any) -> None:
        told = {"at_ms": float(next(self._times)), "document": "top", **more}
        self._acts.hear(Told(kind, **told))

    def click(self, point: Point = MIDDLE, target: PointedAt = TARGET, **more: Any) -> None:
        place = {"client": (point.x, point.y), "screen": (point.x, point.y)}
        self.tell("down", target=target, **place, **{"field": self.field, **more})
        self.tell("up", **place)

    def key(self, key: str, modifiers: tuple[Any, ...] = ()) -> None:
        self.tell("key", key=key, field=self.field, modifiers=modifiers)

    def change(self, value: str, input_type: str, data: str | None = None) -> None:
        before, self.field = self.field.value, replace(self.field, value=value)
        self.tell("input", input_type=input_type, data=data, field=self.field, before=before)

    def write(self, text: str) -> None:
        for character in text:
            self.key(character)
            self.change(self.field.value + character, "insertText", character)

    def done(self) -> list[Action]:
        self._acts.flush()
        return [act.action for act in self.acts]


def test_a_click_into_a_field_and_its_keys_are_one_text_and_enter_belongs_to_it() -> None:
    heard = Heard()
    heard.click()
    heard.write("kettlf")
    heard.key("Backspace")
    heard.change("kettl", "deleteContentBackward")
    heard.write("e")
    heard.key("Enter")
    assert heard.done() == [Type("kettle", MIDDLE, enter=True)]
    assert heard.acts[0].began_ms == 1000  # the picture is from before the click


def test_keys_are_recorded_where_the_page_writes_them_otherwise() -> None:
    heard = Heard()
    heard.click()
    for key, shown in (("1", "(1"), ("2", "(12"), ("3", "(12) 3")):
        heard.key(key)
        heard.change(shown, "insertText", key)
    assert heard.done() == [Type("123", MIDDLE)]


@pytest.mark.parametrize(
    ("value", "input_type", "data"),
    [
        ("pasted", "insertFromPaste", None),
        ("filled in", "", None),
        ("dropped", "insertFromDrop", None),
        ("undone", "historyUndo", None),
    ],
)
def test_whatever_else_writes_into_a_field_counts_by_what_stands_there(
    value: str, input_type: str, data: str | None
) -> None:
    heard = Heard()
    heard.field = replace(FIELD, value="old")
    heard.change(value, input_type, data)
    assert heard.done() == [Type(value, MIDDLE, clear=True)]


def test_a_text_that_is_corrected_in_its_middle_is_recorded_as_it_ends() -> None:
    heard = Heard()
    heard.click()
    heard.write("ktle")
    for _ in range(3):
        heard.key("ArrowLeft")
    heard.key("e")
    heard.change("ketle", "insertText", "e")
    assert heard.done() == [Type("ketle", MIDDLE)]


def test_a_field_that_is_emptied_and_one_that_is_only_looked_at() -> None:
    heard = Heard()
    heard.field = replace(FIELD, value="old")
    heard.click()
    heard.key("a", ("Control",))
    heard.key("Delete")
    heard.change("", "deleteContentForward")
    heard.tell("down", target=replace(TARGET, number=9), client=(9, 9), screen=(9, 9))
    heard.tell("up", client=(9, 9), screen=(9, 9))
    heard.click()
    heard.key("ArrowLeft")
    assert heard.done() == [Type("", MIDDLE, clear=True), Click(Point(9, 9)), Click(MIDDLE)]


def test_a_code_whose_boxes_pass_it_on_is_one_text() -> None:
    heard = Heard()
    heard.click()
    for number, digit in enumerate("4711", 1):
        heard.field = replace(FIELD, number=number)
        heard.key(digit)
        heard.change(digit, "insertText", digit)
    assert heard.done() == [Type("4711", MIDDLE)]


def test_enter_makes_a_line_or_sends_what_was_written() -> None:
    heard = Heard()
    heard.field = replace(FIELD, type="textarea", has_lines=True)
    heard.click()
    heard.write("one")
    heard.key("Enter")
    heard.change("one\n", "insertLineBreak")
    heard.write("two")
    heard.key("Enter")
    heard.tell("keyup", key="Enter")
    assert heard.done() == [Type("one\ntwo", MIDDLE, enter=True)]


def test_keys_without_a_field_are_pressed_and_held_ones_say_for_how_long() -> None:
    heard = Heard()
    for key, modifiers in (("j", ()), ("K", ("Shift",)), ("k", ("Control",)), (" ", ())):
        heard.tell("key", key=key, modifiers=modifiers)
        heard.tell("keyup", key=key)
    heard.tell("key", key="ArrowDown")
    for _ in range(9):
        heard.tell("key", key="ArrowDown", is_repeat=True)
    heard.tell("keyup", key="ArrowDown")
    assert heard.done() == [
        Press("j"),
        Press("K"),
        Press("Control+K"),
        Press("Space"),
        Press("ArrowDown", 1.0),
    ]


def test_chords_of_the_browser_are_no_acts_and_what_cannot_be_said_is_said_at_once() -> None:
    heard = Heard()
    heard.tell("key", key="l", modifiers=("Control",))
    heard.tell("keyup", key="l")
    heard.tell("key", key="f", modifiers=("Control",))
    heard.tell("over", at_ms=5000.0)
    assert heard.done() == [] and heard.unsaid == ["a person searched in the page (Control+F)"]
    heard.tell("key", at_ms=6000.0, key="f", modifiers=("Control",))
    heard.tell("handled", at_ms=6001.0, key="f", modifiers=("Control",))
    assert heard.done() == [Press("Control+F")]  # the page has a search of its own


def test_clicks_that_follow_quickly_are_one_and_elsewhere_they_are_two() -> None:
    button = replace(TARGET, number=7, role="button")
    heard = Heard()
    heard.click(target=button, field=None)
    heard.click(target=button, field=None)
    heard.click(Point(400, 115), replace(button, number=8), field=None)
    assert heard.done() == [Click(MIDDLE, count=2), Click(Point(400, 115))]


def test_an_option_that_is_chosen_again_changes_nothing_and_is_a_choice() -> None:
    heard = Heard()
    heard.field = replace(FIELD, kind="list", type="select")
    heard.click(target=replace(TARGET, role="list", select=1))
    heard.click(Point(200, 150), replace(TARGET, number=2, select=1, option="Red"))
    assert heard.done() == [SelectOption(MIDDLE, "Red")]


def test_a_wheel_that_turns_beyond_the_end_counts_as_far_as_there_was_to_move() -> None:
    heard = Heard()
    for delta, moved, is_end in ((100, 100, False), (100, 60, True), (100, 0, True)):
        heard.tell("wheel", client=(5, 5), screen=(5, 5), delta=(0, delta))
        if moved:
            heard.tell("scroll", delta=(0, moved), is_end=is_end, box=(0, 0, 700, 400))
    assert heard.done() == [Scroll(Point(5, 5), 0, 160)]


def test_a_drag_keeps_its_bends_and_not_the_tremble_of_a_hand() -> None:
    line = [Point(x, 100 + x % 2) for x in range(0, 100, 5)]
    assert bends(line) == ()
    corner = [
        *(Point(x, 0) for x in range(0, 101, 10)),
        *(Point(100, y) for y in range(10, 101, 10)),
    ]
    assert bends(corner) == (Point(100, 0),)
    heard = Heard()
    at = {"client": (10.0, 10.0), "screen": (10.0, 10.0)}
    heard.tell("down", target=TARGET, **at)
    heard.tell("up", client=(90.0, 10.0), screen=(90.0, 10.0), path=((50, 10), (90, 10)))
    assert heard.done() == [Drag(Point(10, 10), Point(90, 10))]


def test_chords_are_named_as_playwright_names_them() -> None:
    def named(key: str, *modifiers: Any) -> str:
        return chord_of(Told("key", 0, "top", key=key, modifiers=modifiers))

    assert named("?", "Shift") == "?" and named("Tab", "Shift") == "Shift+Tab"
    assert named("z", "Control", "Shift") == "Control+Shift+Z" and named(" ") == "Space"
