import json
import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigorl.browser.actions import (
    Action,
    Back,
    Click,
    Done,
    Drag,
    Forward,
    GiveUp,
    Goto,
    Hover,
    Press,
    Reload,
    Scroll,
    SelectOption,
    TabClose,
    TabNew,
    TabSwitch,
    Type,
    Upload,
    Wait,
    Zoom,
    ZoomStyle,
)
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.observation import Mark
from vigorl.policy.commands import COMMANDS
from vigorl.policy.escape import escape, escape_tags
from vigorl.policy.family import FAMILIES
from vigorl.policy.grammar import Dialect, Lens, parse, write, write_answer
from vigorl.policy.tags import Tags

# A frame whose units are whole CSS pixels, so that writing a point loses nothing.
FRAME = Frame(640, 360, Box(0, 0, 1280, 720))
LENS = Lens(100, 50, ZoomStyle(output_px=512, dot=True))
OURS = Dialect(FRAME, Tags(), LENS)
MARKS = (
    Mark(1, Box(0, 0, 100, 20), "button", "Save"),
    Mark(7, Box(0, 100, 300, 200), "form", "Search"),
    Mark(8, Box(140, 140, 160, 160), "input", ""),
    Mark(None, Box(0, 300, 300, 320), "statictext", "Hello"),
)

distances = st.integers(-999, 999).map(lambda units: 2.0 * units)
points = st.builds(lambda x, y: Point(2.0 * x, 2.0 * y), st.integers(0, 639), st.integers(0, 359))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
tricky = st.sampled_from(
    ["</answer>", "<think>", '"', "\\", "(3, 4)", "\n", "] [0", "]", "<|im_end|>", "<tool_call>"]
)
quoted = st.builds("".join, st.lists(texts | tricky, max_size=4))
keys = st.text(string.ascii_letters + string.digits + '+-/<"( ', min_size=1, max_size=12).filter(
    str.strip
)
whole = st.integers(0, 99)
modifiers = st.lists(
    st.sampled_from(["Alt", "Control", "Meta", "Shift"]), unique=True, max_size=4
).map(tuple)
seconds = st.integers(0, 600).map(lambda tenths: tenths / 10)
actions = st.one_of(
    st.builds(Click, points, st.just("left"), st.sampled_from([1, 2]), modifiers, seconds),
    st.builds(Click, points, st.sampled_from(["right", "middle"]), st.just(1), modifiers, seconds),
    st.builds(Hover, points),
    st.builds(Type, quoted, points | st.none(), st.booleans(), st.booleans()),
    st.builds(Press, keys.map(str.strip), seconds),
    st.builds(
        lambda p, d, m: Scroll(p, 2.0 * d, 0.0, m), points, st.integers(-999, 999), modifiers
    ),
    st.builds(
        lambda p, d, m: Scroll(p, 0.0, 2.0 * d, m), points, st.integers(-999, 999), modifiers
    ),
    st.builds(Drag, points, points, st.lists(points, max_size=3).map(tuple), modifiers),
    st.builds(SelectOption, points, quoted, st.lists(quoted, max_size=3).map(tuple)),
    st.builds(Upload, points, st.lists(quoted, min_size=1, max_size=3).map(tuple)),
    st.builds(Goto, quoted),
    st.sampled_from([Back(), Forward(), Reload(), TabNew(), Wait()]),
    st.builds(TabNew, quoted),
    st.builds(TabSwitch, whole),
    st.builds(TabClose, whole | st.none()),
    st.builds(lambda tenths: Wait(tenths / 10), st.integers(0, 600)),
    st.builds(Done, quoted),
    st.builds(GiveUp, quoted),
    st.builds(lambda p: Zoom(Box.around(p, 100, 50), LENS.style), points),
)


def said(thought: str, answer: str) -> str:
    return f"<think> {thought} </think>\n<answer> {answer} </answer>"


def understood(answer: str, dialect: Dialect = OURS) -> Action | None:
    parsed = parse(said("so", answer), dialect)
    assert (parsed.action is None) == (parsed.error is not None)
    return parsed.action


@given(thought=texts, action=actions)
def test_a_written_turn_is_read_back(thought: str, action: Action) -> None:
    parsed = parse(write(thought, action, OURS), OURS)
    assert parsed.error is None
    assert parsed.action == action
    assert parsed.thought == escape_tags(thought.strip())


@given(thought=quoted, action=actions)
def test_tags_in_a_thought_do_not_reach_the_action(thought: str, action: Action) -> None:
    assert parse(write(thought, action, OURS), OURS).action == action


@given(text=st.one_of(texts, st.builds("".join, st.lists(tricky | texts))))
def test_no_text_is_too_strange_to_be_answered(text: str) -> None:
    for candidate in (text, said("so", text), f"<think></think><tool_call>{text}</tool_call>"):
        for answers in ("point", "marks", "text", "actions"):
            parsed = parse(candidate, Dialect(FRAME, Tags(answers), LENS, MARKS))
            assert (parsed.action is None) == (parsed.error is not None)


@given(point=st.tuples(st.floats(0, 1279.9), st.floats(0, 719.9)))
def test_a_point_is_rounded_to_the_nearest_unit_of_the_frame(point: tuple[float, float]) -> None:
    action = parse(write("so", Click(Point(*point)), OURS), OURS).action
    assert isinstance(action, Click)
    assert abs(action.point.x - point[0]) <= 2
    assert abs(action.point.y - point[1]) <= 2


def test_points_and_distances_are_in_the_units_of_the_frame() -> None:
    assert understood("click (10, 20)") == Click(Point(20, 40))
    assert understood("scroll (10, 20) down 150") == Scroll(Point(20, 40), 0, 300)
    assert understood("scroll (10, 20) left 150") == Scroll(Point(20, 40), -300, 0)
    thousandths = Dialect(Frame(1000, 1000, Box(0, 0, 1280, 720)), Tags())
    assert understood("click (500, 500)", thousandths) == Click(Point(640, 360))


def test_commands_are_read_as_people_write_them() -> None:
    assert understood('type (1,2) "a \\"b\\"\\n" enter clear') == Type(
        'a "b"\n', Point(2, 4), True, True
    )
    assert understood('TYPE "a"') == Type("a")
    assert understood("press  Control+Shift+Tab") == Press("Control+Shift+Tab")
    assert understood('press " "') == Press(" ")
    assert understood("done") == Done("")
    assert understood("wait") == Wait(1.0)
    assert understood('upload (1.5, 2) "a" "b"') == Upload(Point(3, 4), ("a", "b"))
    assert understood("drag (1, 2) to (3, 4)") == Drag(Point(2, 4), Point(6, 8))
    assert understood("drag (1,2) to (3,4) to (5,6) shift") == Drag(
        Point(2, 4), Point(10, 12), (Point(6, 8),), ("Shift",)
    )
    assert understood("click (1, 2) ctrl+shift hold 2.5") == Click(
        Point(2, 4), modifiers=("Control", "Shift"), hold_s=2.5
    )
    assert understood("press Shift+ArrowDown hold 1") == Press("Shift+ArrowDown", 1)
    assert understood('press " " hold 1') == Press(" ", 1)
    assert understood('press "hold 1"') == Press("hold 1")
    assert understood("scroll (1, 2) up 10 Control") == Scroll(Point(2, 4), 0, -20, ("Control",))
    assert understood('select (1, 2) "a" "b"') == SelectOption(Point(2, 4), "a", ("b",))


@pytest.mark.parametrize(
    "text",
    [
        "<think>so</think><answer>(5, 6)</answer>",
        "<think> so </think>\n\n<answer>\n( 5 ,6 )\n</answer>\n",
        "  <think>\nso\n</think> <answer> (5.0, 6) </answer>",
    ],
)
def test_spaces_around_and_inside_the_tags_do_not_matter(text: str) -> None:
    parsed = parse(text, Dialect(FRAME, Tags("point")))
    assert (parsed.thought, parsed.action) == ("so", Click(Point(10, 12)))


BOXED = Dialect(FRAME, Tags("point"), actions=frozenset({"drag", "zoom"}))
"""Where the answer is a box."""


def test_an_answer_that_is_a_box_is_drawn_from_corner_to_corner() -> None:
    box = Drag(Point(10, 12), Point(200, 100))
    assert write("so", box, BOXED) == "<think> so </think>\n<answer> (5, 6, 100, 50) </answer>"
    for answer in ("(5, 6, 100, 50)", "[5, 6, 100, 50]", "(5, 6) to (100.0, 50)"):
        parsed = parse(f"<think> so </think>\n<answer> {answer} </answer>", BOXED)
        assert (parsed.action, parsed.slip) == (box, "")
    for answer in ("(5, 6)", "there", "(5, 6, 100)"):
        told = parse(f"<think> so </think>\n<answer> {answer} </answer>", BOXED).error
        assert told == "The answer is one box: <answer> (left, top, right, bottom) </answer>."
    outside = parse("<think> so </think>\n<answer> (5, 6, 641, 50) </answer>", BOXED)
    assert "outside of the screen" in (outside.error or "")
    whole = parse("<think> so </think>\n<answer> (0, 0, 640, 360) </answer>", BOXED)
    assert whole.action == Drag(Point(0, 0), Point(1278, 718))  # the last units
    # Where a point is asked for, a box means its middle, as ever.
    parsed = parse(write("so", box, BOXED), Dialect(FRAME, Tags("point")))
    assert parsed.action == Click(Point(105, 56))


def test_a_tool_call_is_a_look_closer_around_its_point() -> None:
    call = '\n{"name": "search_coordinate", "arguments": {"coordinate": [100, 50.0]}}\n'
    parsed = parse(f"<think>so</think><tool_call>{call}</tool_call>", OURS)
    assert parsed.action == Zoom(Box(100, 50, 300, 150), LENS.style)


def test_a_thought_tells_its_points_and_forgets_those_that_are_nowhere() -> None:
    parsed = parse(said("from (1, 2) to (3.5, 4), not (999999, 999999)", "back"), OURS)
    assert parsed.points_css_px == (Point(2, 4), Point(7, 8))
    assert parsed.action == Back()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Write <think>"),
        ("I click the button", "Write <think>"),
        ("<think> so", "ends after <think>, too early"),
        ("<think> so </think>", "ends after </think>, too early"),
        ("<think> so </think><answer>", "ends after <answer>, too early"),
        (said("so", ""), "Nothing is not a command"),
        (said("so", "tap (1, 2)"), "tap is not a command. The commands are: click,"),
        (said("so", "click 3"), "`click` is written `click (x, y)"),
        (said("so", "click (1, 2) (3, 4)"), "`click` is written"),
        (said("so", "click (1, 2) [Control]"), "`click` is written"),
        (said("so", "click (1, 2) hold 2 Control"), "`click` is written"),
        (said("so", "click (1, 2) hold"), "`click` is written"),
        (said("so", "drag (1, 2)"), "`drag` is written"),
        (said("so", "drag (1, 2) to"), "`drag` is written"),
        (said("so", "drag (1, 2) (3, 4)"), "`drag` is written"),
        (said("so", "drag (1, 2) to Shift (3, 4)"), "`drag` is written"),
        (said("so", 'select (1, 2) "a" b'), "`select` is written"),
        (said("so", "scroll (1, 2) down 3 4"), "`scroll` is written"),
        (said("so", "click (640, 0)"), "x goes from 0 to 639 and y from 0 to 359"),
        (said("so", "click (-1, 0)"), "(-1, 0) lies outside"),
        (said("so", 'type (1, 2) "a'), 'Write a " inside of a text as \\"'),
        (said("so", "goto example.org"), '`goto` is written `goto "url"`'),
        (said("so", "scroll (1, 2) sideways 3"), "`scroll` is written"),
        (said("so", "upload (1, 2)"), "`upload` is written"),
        (said("so", "press"), "`press` is written"),
        ("<think>so</think><tool_call>zoom</tool_call>", "called like this"),
        ('<think>so</think><tool_call>{"name": "x"}</tool_call>', "called like this"),
        (f"<think>so</think><tool_call>{'[' * 100_000}</tool_call>", "called like this"),
        (
            '<think>so</think><tool_call>{"name": "search_coordinate", "arguments": '
            '{"coordinate": [NaN, 1]}}</tool_call>',
            "called like this",
        ),
    ],
)
def test_an_error_says_how_it_is_written(text: str, says: str) -> None:
    parsed = parse(text, OURS)
    assert parsed.action is None
    assert says in (parsed.error or "")


@pytest.mark.parametrize(
    ("text", "thought", "slip"),
    [
        ("<answer> back </answer>", "", "Write <think>"),
        (said("so", "back") + said("no", "reload"), "so", "each once"),
        ("Sure! " + said("so", "back") + " Done!", "Sure! so", "outside of the tags"),
        ("so </think>\n<answer> back </answer>", "so", "Write <think>"),
        ("<think>hm</think>\n" + said("so", "back"), "hm so", "each once"),
        ("<think> <answer> reload </answer>? No. </think><answer>back</answer>", None, "each once"),
        ("<think> so </think> <answer> back", "so", "too early"),
        ("<think> so <answer> back </answer>", "so", "Write <think>"),
        ("<think> so <answer> back </answer></think>", "so", "Write <think>"),
    ],
)
def test_the_first_complete_answer_counts_and_what_is_amiss_is_a_slip(
    text: str, thought: str | None, slip: str
) -> None:
    parsed = parse(text, OURS)
    assert parsed.action == Back()
    assert thought is None or parsed.thought == thought
    assert slip in parsed.slip
    assert parse(said("so", "back"), OURS).slip == ""


def test_points_and_texts_are_read_as_other_models_write_them() -> None:
    assert understood("`click [10, 20]`") == Click(Point(20, 40))
    assert understood("type [10, 20] 'kettle' enter") == Type("kettle", Point(20, 40), enter=True)
    assert understood("type “kettle”") == Type("kettle")
    point = parse("<think>so</think><answer>[5, 6]</answer>", Dialect(FRAME, Tags("point")))
    assert point.action == Click(Point(10, 12))


def test_a_thousand_is_the_edge_of_a_grid_of_thousandths_and_no_more() -> None:
    thousandths = Dialect(Frame(1000, 1000, Box(0, 0, 1280, 720)), Tags())
    assert understood("click (1000, 500)", thousandths) == Click(Point(999 * 1.28, 360))
    assert understood("click (1001, 500)", thousandths) is None
    assert understood("click (640, 100)") is None


def test_without_a_lens_there_is_no_tool() -> None:
    turn = write("so", Zoom(Box(0, 0, 10, 10), LENS.style), OURS)
    parsed = parse(turn, Dialect(FRAME, Tags()))
    assert "There is no tool to call" in (parsed.error or "")
    assert "tool_call" not in (parsed.error or "").split("tool to call")[1]


def test_each_command_is_documented_as_it_is_read() -> None:
    for usage, _ in COMMANDS.values():
        example = usage.replace("(x, y)", "(1, 2)")
        assert understood(re.sub(r" \[.*?\]", "", example)) is not None, usage
        whole = understood(re.sub(r"[][]", "", example))
        assert whole is not None, usage
        assert understood(write_answer(whole, OURS)) == whole, usage


@pytest.mark.parametrize(
    ("answer", "action"),
    [
        ("click [1]", Click(Point(50, 10))),
        ("type [8] [red kettle]", Type("red kettle", Point(150, 150), enter=True)),
        ("type [8] [a] [0]", Type("a", Point(150, 150), enter=False)),
        ("type [8] [see [1] there] [1]", Type("see [1] there", Point(150, 150), enter=True)),
        ("scroll [down]", Scroll(Point(640, 360), 0, 720)),
        ("scroll [up]", Scroll(Point(640, 360), 0, -720)),
        ("go_back", Back()),
        ("stop [$12.99]", Done("$12.99")),
        ("stop []", Done("")),
    ],
)
def test_commands_on_marks_act_on_the_middle_of_their_boxes(answer: str, action: Action) -> None:
    dialect = Dialect(FRAME, Tags("marks"), marks=MARKS)
    assert understood(answer, dialect) == action
    assert understood(write_answer(action, dialect), dialect) == action


@pytest.mark.parametrize(
    ("answer", "action"),
    [
        ("`click [1]`", Click(Point(50, 10))),
        ("click [1] [Search]", Click(Point(50, 10))),
        ("scroll down", Scroll(Point(640, 360), 0, 720)),
        ("type [8] [kettle] [press_enter_after=0]", Type("kettle", Point(150, 150), enter=False)),
    ],
)
def test_commands_on_marks_are_read_as_other_prompts_write_them(
    answer: str, action: Action
) -> None:
    assert understood(answer, Dialect(FRAME, Tags("marks"), marks=MARKS)) == action


@given(content=texts, enter=st.booleans())
def test_typed_text_on_a_mark_is_read_back(content: str, enter: bool) -> None:
    dialect = Dialect(FRAME, Tags("marks"), marks=MARKS)
    action = Type(content, Point(150, 150), enter=enter)
    assert understood(write_answer(action, dialect), dialect) == action


def test_a_mark_that_is_not_there_is_an_error() -> None:
    parsed = parse(said("so", "click [9]"), Dialect(FRAME, Tags("marks"), marks=MARKS))
    assert "There is no mark [9]" in (parsed.error or "")


def test_an_answer_in_words_is_taken_as_it_stands() -> None:
    assert understood("A. the (1, 2) left one", Dialect(FRAME, Tags("text"))) == Done(
        "A. the (1, 2) left one"
    )


@pytest.mark.parametrize(
    ("action", "dialect"),
    [
        (Click(Point(2000, 10)), OURS),
        (Click(Point(1, 1), "right", 2), OURS),
        (Scroll(Point(1, 1), 5, 5), OURS),
        (Back(), Dialect(FRAME, Tags("point"))),
        (Drag(Point(2, 2), Point(8, 8)), Dialect(FRAME, Tags("point"))),
        (Click(Point(2, 2)), BOXED),
        (Drag(Point(2, 2), Point(8, 8), (Point(4, 4),)), BOXED),
        (Click(Point(900, 600)), Dialect(FRAME, Tags("marks"), marks=MARKS)),
        (Hover(Point(50, 10)), Dialect(FRAME, Tags("marks"), marks=MARKS)),
        (Back(), Dialect(FRAME, Tags("text"))),
        (Click(Point(50, 10), modifiers=("Control",)), Dialect(FRAME, Tags("marks"), marks=MARKS)),
        (Click(Point(50, 10), hold_s=1), Dialect(FRAME, Tags("marks"), marks=MARKS)),
        (Scroll(Point(1, 1), 0, 720, ("Control",)), Dialect(FRAME, Tags("marks"), marks=MARKS)),
    ],
)
def test_what_a_dialect_cannot_say_is_not_written(action: Any, dialect: Dialect) -> None:
    with pytest.raises(ValueError):
        write("so", action, dialect)


def test_escaped_text_keeps_its_letters_and_loses_its_power() -> None:
    text = "<|image_pad|> a <b> </think> 1 < 2"
    assert escape(text) == "< |image_pad|> a <b> < /think> 1 < 2"
    assert escape(escape(text)) == escape(text)


def test_the_form_of_a_tool_call_is_the_published_one() -> None:
    turn = write("so", Zoom(Box.around(Point(200, 100), 1, 1), LENS.style), OURS)
    call = {"name": "search_coordinate", "arguments": {"coordinate": [100, 50]}}
    assert turn == f"<think> so </think>\n<tool_call>{json.dumps(call)}</tool_call>"


def test_a_call_can_be_a_point_that_is_copied_as_it_stands() -> None:
    dialect = Dialect(FRAME, Tags("actions", "point"), LENS)
    zoom = Zoom(Box.around(Point(200, 100), 100, 50), LENS.style)
    text = write("closer", zoom, dialect)
    assert text == "<think> closer </think>\n<tool_call> (100, 50) </tool_call>"
    assert parse(text, dialect).action == zoom
    assert parse(write("closer", zoom, OURS), dialect).action == zoom
    lost = parse(text.replace("(100, 50)", "there"), dialect)
    assert lost.action is None
    assert lost.error == "The one tool is called like this: <tool_call> (x, y) </tool_call>."
    assert parse(text, OURS).action is None


@pytest.mark.parametrize("digits", [400, 5000])
@pytest.mark.parametrize("name", ["coordinate", "bbox_2d", "pixels", "time"])
def test_a_number_of_hundreds_of_digits_is_a_turn_like_any_other(name: str, digits: int) -> None:
    for action in ("left_click", "scroll", "wait"):
        number = "9" * digits
        call = f'{{"action": "{action}", "coordinate": [1, 2], "{name}": [{number}, 2]}}'
        turn = f'<tool_call>{{"name": "computer_use", "arguments": {call}}}</tool_call>'
        for family in FAMILIES:
            parsed = parse(turn, family.dialect(Frame.of_viewport(1280, 720), ()))
            assert (parsed.action is None) == (parsed.error is not None)
