"""Turns as other makers' models write them: as their cookbooks show, and as they slip."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigorl.browser.actions import (
    Accept,
    Action,
    Back,
    Click,
    Dismiss,
    Done,
    Drag,
    GiveUp,
    Goto,
    Hover,
    Press,
    Reload,
    Scroll,
    SelectOption,
    TabSwitch,
    Type,
    Wait,
    Zoom,
)
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.policy.family import family_named
from vigorl.policy.grammar import Dialect, parse, write

SHOWN = Frame(1280, 720, Box(0, 0, 1280, 720))
QWEN = family_named("qwen-computer-use").dialect(SHOWN)
TARS = family_named("ui-tars").dialect(SHOWN)
VENUS = family_named("ui-venus").dialect(SHOWN)
FARA = family_named("fara-7b").dialect(SHOWN)
MAI = family_named("mai-ui").dialect(SHOWN)
OWL = family_named("gui-owl").dialect(SHOWN)
CLAUDE = family_named("claude").dialect(SHOWN)
GEMINI = family_named("gemini").dialect(SHOWN)
HOLO = family_named("holo").dialect(SHOWN)


def call(**arguments: Any) -> str:
    body = json.dumps({"name": "computer_use", "arguments": arguments})
    return f"I go on.\n<tool_call>\n{body}\n</tool_call>"


def read(text: str, dialect: Dialect) -> Action | None:
    parsed = parse(text, dialect)
    assert (parsed.action is None) == (parsed.error is not None)
    return parsed.action


MIDDLE = Point(640, 360)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        (call(action="left_click", coordinate=[500, 500]), Click(MIDDLE)),
        (call(action="left_click", coordinate=[1000, 1000]), Click(Point(1278.72, 719.28))),
        (call(action="triple_click", coordinate=[500, 500]), Click(MIDDLE, count=3)),
        (call(action="right_click", coordinate=[500, 500]), Click(MIDDLE, "right")),
        (call(action="mouse_move", coordinate=[500, 500]), Hover(MIDDLE)),
        (call(action="type", text="kettle"), Type("kettle")),
        (call(action="type", text="kettle\n"), Type("kettle", enter=True)),
        (call(action="key", keys=["ctrl", "a"]), Press("Control+A")),
        (call(action="key", keys=["Return"]), Press("Enter")),
        (call(action="key", keys=["page_down"]), Press("PageDown")),
        (call(action="scroll", coordinate=[500, 500], pixels=-300), Scroll(MIDDLE, 0, 300)),
        (call(action="scroll", pixels=300), Scroll(MIDDLE, 0, -300)),
        (call(action="hscroll", pixels=50), Scroll(MIDDLE, 50, 0)),
        (call(action="wait", time=2), Wait(2)),
        (call(action="answer", text="12"), Done("12")),
        (call(action="terminate", status="success"), Done()),
        (
            call(action="left_click_drag", start_coordinate=[0, 0], coordinate=[500, 500]),
            Drag(Point(0, 0), MIDDLE),
        ),
    ],
)
def test_computer_use_as_its_cookbook_writes_it(text: str, action: Action) -> None:
    assert read(text, QWEN) == action


def test_a_box_that_is_to_be_zoomed_is_looked_at_closer() -> None:
    text = (
        "The label (100, 250) is small. <tool_call>\n"
        '{"name": "image_zoom_in_tool", "arguments": {"bbox_2d": [50, 200, 150, 300]}}'
        "\n</tool_call>"
    )
    parsed = parse(text, QWEN)
    assert isinstance(parsed.action, Zoom)
    assert parsed.action.region_css_px == Box(64, 144, 192, 216)
    assert parsed.points_css_px == (Point(128, 180),)


@pytest.mark.parametrize(
    "text",
    [
        # A thought whose opening tag stands in the prompt, and one that speaks of another call.
        "Let me see: <tool_call>{}</tool_call> no.</think>\n"
        + call(action="left_click", coordinate=[500, 500]),
        "<think>\nnot <tool_call>"
        '{"name": "computer_use", "arguments": {"action": "wait"}}</tool_call></think>'
        + call(action="left_click", coordinate=[500, 500]),
        "<thinking>so</thinking>" + call(action="left_click", coordinate=[500, 500]),
        call(action="left_click", coordinate=[500, 500]).removesuffix("\n</tool_call>"),
        call(action="left_click", coordinate=[500, 500]) + "\nDone!",
        call(action="left_click", coordinate=[500, 500]) + call(action="wait", time=1),
        '```json\n{"action": "left_click", "coordinate": [500, 500]}\n```',
        "Action: Click.\n<tool_call>{'name': 'computer_use', 'arguments': "
        "{'action': 'left_click', 'coordinate': [500, 500]}}</tool_call>",
        "<tool_call>\n<function=computer_use>\n<parameter=action>\nleft_click\n</parameter>\n"
        "<parameter=coordinate>\n[500, 500]\n</parameter>\n</function>\n</tool_call>",
        '<tool_call>{"name": "computer_use", "arguments": '
        '"{\\"action\\": \\"left_click\\", \\"coordinate\\": [500, 500]}"}</tool_call>',
        call(action="left_click", coordinate="[500, 500]"),
        call(action="left_click", coordinate={"x": 500, "y": 500}),
        call(action="left_click", coordinate=[400, 400, 600, 600]),
        call(action="click", x=500, y=500),
    ],
)
def test_computer_use_is_understood_as_models_really_write_it(text: str) -> None:
    assert read(text, QWEN) == Click(MIDDLE)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("I click it.", "There is no call in your text"),
        ("", '<tool_call>{"name": "computer_use"'),
        (call(action="left_click"), "`left_click` needs a point"),
        (call(action="left_click", coordinate=[1400, 3]), "lies outside of the screen"),
        (call(action="left_click_drag", coordinate=[1, 3]), "start_coordinate"),
        (call(action="key", keys=["hyper", "q"]), "takes names of keys"),
        (call(action="scroll"), "needs a direction"),
        (call(action="dance"), "There is no action dance here"),
        (call(text="x"), "name no action"),
        (call(action="system_button", button="Home"), "no system button 'Home'"),
        ('<tool_call>{"name": "computer_use", "arguments": [1]}</tool_call>', "JSON object"),
        ("<tool_call>" + '{"a":' * 50_000 + "</tool_call>", "There is no call"),
    ],
)
def test_what_computer_use_lacks_is_said_to_the_model(text: str, says: str) -> None:
    parsed = parse(text, QWEN)
    assert parsed.action is None
    assert says in (parsed.error or "")


@pytest.mark.parametrize(
    ("arguments", "action"),
    [
        (
            {"action": "type", "coordinate": [640, 360], "text": "a", "press_enter": True,
             "delete_existing_text": True},
            Type("a", MIDDLE, clear=True, enter=True),
        ),
        ({"action": "visit_url", "url": "https://a.example"}, Goto("https://a.example")),
        ({"action": "web_search", "query": "a b"}, Goto("https://www.bing.com/search?q=a+b")),
        ({"action": "history_back"}, Back()),
        ({"action": "refresh"}, Reload()),
        ({"action": "pause_and_memorize_fact", "fact": "x"}, Wait(0)),
        ({"action": "ask_user_question", "question": "Which?"}, GiveUp("it asks: Which?")),
        ({"action": "terminate", "status": "failure", "text": "no"}, GiveUp("no")),
    ],
)  # fmt: skip
def test_fara_points_in_pixels_and_has_the_browsers_own_actions(
    arguments: dict[str, Any], action: Action
) -> None:
    assert read(call(**arguments), FARA) == action


@pytest.mark.parametrize(
    ("arguments", "action"),
    [
        ({"action": "click", "coordinate": [500, 500]}, Click(MIDDLE)),
        ({"action": "long_press", "coordinate": [500, 500]}, Click(MIDDLE, hold_s=1)),
        (
            {"action": "swipe", "coordinate": [500, 800], "coordinate2": [500, 300]},
            Scroll(Point(640, 576), 0, 360),
        ),
        ({"action": "swipe", "direction": "up"}, Scroll(MIDDLE, 0, 360)),
        (
            {"action": "drag", "start_coordinate": [0, 0], "end_coordinate": [500, 500]},
            Drag(Point(0, 0), MIDDLE),
        ),
        ({"action": "system_button", "button": "back"}, Back()),
        ({"action": "answer", "text": "yes"}, Done("yes")),
    ],
)
def test_mobile_use_acts_in_a_browser(arguments: dict[str, Any], action: Action) -> None:
    body = json.dumps({"name": "mobile_use", "arguments": arguments})
    text = f"<thinking>\nso\n</thinking>\n<tool_call>\n{body}\n</tool_call>"
    assert read(text, MAI) == action


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("click(start_box='(640,360)')", Click(MIDDLE)),
        ("click(start_box='<|box_start|>(640,360)<|box_end|>')", Click(MIDDLE)),
        ("click(point='<point>640 360</point>')", Click(MIDDLE)),
        ("click(start_box='[600, 340, 680, 380]')", Click(MIDDLE)),
        ("left_double(start_box='(640,360)')", Click(MIDDLE, count=2)),
        ("right_single(start_box='(640,360)')", Click(MIDDLE, "right")),
        ("drag(start_box='(0,0)', end_box='(640,360)')", Drag(Point(0, 0), MIDDLE)),
        ("hotkey(key='ctrl a')", Press("Control+A")),
        ("type(content='kettle\\n')", Type("kettle", enter=True)),
        ("type(content='it's \"5\"')", Type('it\'s "5"')),
        ("type(content=\"a, b='c'\")", Type("a, b='c'")),
        ("scroll(start_box='(640,360)', direction='down')", Scroll(MIDDLE, 0, 360)),
        ("wait()", Wait(2)),
        ("finished(content='12')", Done("12")),
        ("finished()", Done("")),
        ("call_user()", GiveUp("it asks: it needs help")),
        ("click(640, 360)", Click(MIDDLE)),
    ],
)
def test_ui_tars_as_its_parser_reads_it(text: str, action: Action) -> None:
    for around in ("Thought: So (1, 2).\nAction: {}", "Thought: so\n\nAction:\n```\n{}\n```"):
        assert read(around.replace("{}", text), TARS) == action
    assert parse(f"Thought: So (1, 2).\nAction: {text}", TARS).points_css_px == (Point(1, 2),)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("Click(box=(500, 500))", Click(MIDDLE)),
        ("Click(point=(500, 500))", Click(MIDDLE)),
        ("DoubleClick(point=(500, 500))", Click(MIDDLE, count=2)),
        ("Drag(start=(0, 0), end=(500, 500))", Drag(Point(0, 0), MIDDLE)),
        ("Swipe(start=(500, 800), end=(500, 300))", Scroll(Point(640, 576), 0, 360)),
        (
            "Scroll(start=(500, 800), end=(500, 300), direction='up')",
            Scroll(Point(640, 576), 0, -360),
        ),
        ("Type(content='kettle')", Type("kettle")),
        ("PressEnter()", Press("Enter")),
        ("PressBack()", Back()),
        ("Wait()", Wait(2)),
        ("CallUser(content='Which one?')", GiveUp("it asks: Which one?")),
        ("Answer(content='12')", Done("12")),
        ("Finished(content='done')", Done("done")),
    ],
)
def test_ui_venus_as_its_prompt_writes_it(text: str, action: Action) -> None:
    turn = f"<think>so</think>\n<action>{text}</action>\n<conclusion>clicked</conclusion>"
    assert read(turn, VENUS) == action
    assert read(turn.replace("<think>so", "so"), VENUS) == action


def test_what_cannot_be_read_is_answered_with_how_it_is_written() -> None:
    for dialect, example in ((TARS, "click(start_box='(12,34)')"), (VENUS, "Click(box=(12, 34))")):
        for text in ("", "I click it.", "Thought: x\nAction: dance()", "<action>dance()</action>"):
            parsed = parse(text, dialect)
            assert parsed.action is None
            assert example in (parsed.error or "")


points = st.builds(Point, st.integers(0, 999).map(lambda x: x * 1.28), st.integers(0, 719))
texts = st.text(max_size=20) | st.sampled_from(
    ["</tool_call>", "it's", "a')\n", "\\n", '"', "x, y='"]
)
said = st.one_of(
    st.builds(Click, points, st.just("left"), st.sampled_from([1, 2])),
    st.builds(Click, points, st.just("right")),
    st.builds(Hover, points),
    st.builds(Drag, points, points),
    st.builds(Done, texts),
    st.builds(SelectOption, points, texts),
    st.builds(Accept, texts | st.none()),
    st.sampled_from([Back(), Dismiss(), TabSwitch(2), Press("Enter")]),
)


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    "dialect",
    [QWEN, TARS, VENUS, FARA, OWL, CLAUDE, GEMINI, HOLO],
    ids=["qwen", "tars", "venus", "fara", "owl", "claude", "gemini", "holo"],
)
@given(action=said, thought=texts)
def test_a_turn_that_is_written_is_read_again(
    dialect: Dialect, action: Action, thought: str
) -> None:
    parsed = parse(write(thought, action, dialect), dialect)
    assert parsed.error is None
    # Points are rounded to the grid that the model was told of, and then come back the same.
    assert write("", parsed.action, dialect) == write("", action, dialect)  # type: ignore[arg-type]


@given(text=st.text() | st.lists(st.sampled_from(
    ["<tool_call>", "</tool_call>", '{"name": "', "computer_use", '"arguments": {', "}", "Action:",
     "click(", "start_box='", "(1,", "')", "<action>", "</think>", "'", '"', "\\", "1e999",
     "default_api.", "click_at(", "x=", ")", '"action": [', "]"]
), max_size=12).map("".join))  # fmt: skip
def test_no_text_is_too_strange_to_be_answered(text: str) -> None:
    for dialect in (QWEN, TARS, VENUS, GEMINI, HOLO):
        parsed = parse(text, dialect)
        assert (parsed.action is None) == (parsed.error is not None)


@pytest.mark.parametrize("name", ["qwen-computer-use", "mai-ui", "fara", "fara-7b"])
def test_the_lesson_of_a_tool_is_a_schema_that_names_every_action_once(name: str) -> None:
    family = family_named(name)
    tools = re.search(r"<tools>\n(.*)\n</tools>", family.system_prompt() or "", re.DOTALL)
    assert tools
    names = [json.loads(line)["function"]["name"] for line in tools[1].splitlines()]
    zooms = ["image_zoom_in_tool"] if family.zoom else []
    assert names == ["computer_use", "browser", *zooms]
    if family.zoom:
        assert "zoom" not in (family.without_zoom().system_prompt() or "")


@pytest.mark.parametrize("name", ["ui-tars", "ui-venus"])
def test_the_calls_of_a_lesson_are_read_as_they_stand(name: str) -> None:
    family = family_named(name)
    dialect = family.dialect(SHOWN)
    calls = re.search(r"The calls:\n(.*?)\n\n", family.system_prompt() or "", re.DOTALL)
    assert calls
    for line in calls[1].splitlines():
        written = line.partition("  #")[0]
        if "command=''" in written:
            written = written.replace("command=''", "command='back'")
        turn = (
            f"Thought: x\nAction: {written}" if name == "ui-tars" else f"<action>{written}</action>"
        )
        assert read(turn, dialect) is not None, written
