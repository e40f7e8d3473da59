"""How values of fields are read, and what counts as a difference."""

from typing import Any

import pytest

from vigorl.browser.fields import Field, holds
from vigorl.browser.impossible import Impossible
from vigorl.browser.values import number_of, value_of


def field(type: str, **what: Any) -> Field:
    usual: dict[str, Any] = {
        "kind": "value", "is_there": True, "is_hidden": False, "has_focus": True,
        "has_lines": False, "is_secret": False, "is_sensitive": False,
        "is_read_only": False, "text": "", "length": 0,
        "start": None, "end": None, "max_length": -1, "least": "", "most": "", "step": "",
        "initial": "", "date_order": "month day year", "complaint": "", "suggestions": (),
        "picker_is_open": False,
    }  # fmt: skip
    return Field(type=type, **{**usual, **what})


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        ("date", "1990-05-17", "1990-05-17"),
        ("date", " 1990/5/17 ", "1990-05-17"),
        ("date", "17.5.1990", "1990-05-17"),
        ("date", "5/17/1990", "1990-05-17"),
        ("date", "17/5/1990", "1990-05-17"),
        ("date", "17-05-1990", "1990-05-17"),
        ("date", "May 17th, 1990", "1990-05-17"),
        ("date", "17 may 1990", "1990-05-17"),
        ("date", "05171990", "1990-05-17"),
        ("date", "19900517", "1990-05-17"),
        ("date", "", ""),
        ("time", "14:30", "14:30"),
        ("time", "2:30 PM", "14:30"),
        ("time", "12:05 a.m.", "00:05"),
        ("time", "0230PM", "14:30"),
        ("time", "14:30:15", "14:30:15"),
        ("month", "2027-03", "2027-03"),
        ("month", "3/2027", "2027-03"),
        ("month", "March 2027", "2027-03"),
        ("week", "2027-W03", "2027-W03"),
        ("week", "Week 3, 2027", "2027-W03"),
        ("datetime-local", "2027-01-09T08:05", "2027-01-09T08:05"),
        ("datetime-local", "01/09/2027, 08:05 AM", "2027-01-09T08:05"),
        ("datetime-local", "9 Jan 2027 at 8:05", "2027-01-09T08:05"),
        ("color", "red", "#ff0000"),
        ("color", "#F00", "#ff0000"),
        ("color", "rgb(0, 128, 0)", "#008000"),
        ("range", "42", "42"),
        ("range", "7 %", "7"),
    ],
)
def test_a_value_is_read_as_people_write_it(type, text, value):
    assert value_of(text, field(type)) == value


def test_between_slashes_the_browsers_language_says_which_is_the_month():
    assert value_of("03/04/2026", field("date")) == "2026-03-04"
    assert value_of("03/04/2026", field("date", date_order="day month year")) == "2026-04-03"
    assert value_of("03.04.2026", field("date")) == "2026-04-03"
    assert value_of("01022027", field("date", date_order="day month year")) == "2027-02-01"


@pytest.mark.parametrize(
    ("type", "text", "form"),
    [
        ("date", "5/6/26", "1990-05-17"),
        ("date", "03-04-2026", "1990-05-17"),
        ("date", "31.2.2020", "1990-05-17"),
        ("date", "tomorrow", "1990-05-17"),
        ("date", "2026-13-01", "1990-05-17"),
        ("time", "25:00", "14:30"),
        ("time", "13:00 pm", "14:30"),
        ("month", "2027-13", "1990-05"),
        ("week", "2026-W54", "1990-W20"),
        ("datetime-local", "2027-01-09", "1990-05-17T14:30"),
        ("color", "reddish", "#ff0000"),
        ("color", "", "#ff0000"),
        ("range", "much", "42"),
        ("range", "1,000", "42"),
    ],
)
def test_what_is_no_value_is_answered_with_the_form_that_is_wanted(type, text, form):
    with pytest.raises(Impossible, match=f'written like "{form}"'):
        value_of(text, field(type))


def test_a_slider_says_where_it_can_stand():
    slider = field("range", least="10", most="20", step="2.5")
    assert value_of("12.5", slider) == "12.5"
    for text, says in (("21", "from 10 to 20"), ("9", "from 10 to 20"), ("12", "at 10 or 12.5")):
        with pytest.raises(Impossible, match=says):
            value_of(text, slider)
    assert value_of("0.3", field("range", most="1", step="0.1")) == "0.3"
    assert value_of("0.123", field("range", most="1", step="any")) == "0.123"
    assert value_of("-5", field("range", least="-10", most="10", step="5")) == "-5"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12.5", "12.5"), ("12,5", "12.5"), ("-3", "-3"), (".5", "0.5"), ("1e3", "1000"),
        ("1,234.5", "1234.5"), ("1 234.5", "1234.5"), ("1,234", None), ("1.2.3", None), ("", None),
        ("x", None), ("1.234,5", None),
    ],
)  # fmt: skip
def test_a_number_has_a_point_or_a_comma_where_it_can_be_nothing_else(text, number):
    found = number_of(text)
    assert (None if found is None else f"{found:f}") == number


@pytest.mark.parametrize(
    ("typed", "shown", "is_held"),
    [
        ("4155550132", "(415) 555-0132", True),
        ("415-555-0132", "(415) 555 0132", True),
        ("415-555-0132", "4155550132", True),
        ("de89 3704", "DE893704", True),
        ("12/05/2026", "12052026", True),
        ("19.99", "19,99", True),
        ("one\ntwo", "one two", True),
        ("4155550132", "(415) 555-013", False),
        ("4155550132", "(415) 555-01322", False),
        ("4155550132", "(514) 555-0132", False),
        ("19.99", "1999", False),
        ("-5", "5", False),
        ("Ada Lovelace", "AdaLovelace", False),
        ("ada@example.org", "adaexample.org", False),
        ("🔍", "", False),
    ],
)
def test_separators_and_capitals_are_the_fields_own(typed, shown, is_held):
    assert holds(typed, shown) is is_held
