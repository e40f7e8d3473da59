"""What models write beside their grammar, as their users report it, is understood or answered.

Each row names the report: `owner/name#number` on GitHub. `GR` is how the published code itself
reads (Gabesarch/grounded-rl at e7970c0); the others are variants of these.
"""

import json
from typing import Any

import pytest

from vigorl.browser.actions import Action, Click, Scroll, Type, Zoom
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.observation import Mark
from vigorl.policy.family import family_named
from vigorl.policy.grammar import Dialect, parse

SHOWN = Frame(1000, 1000, Box(0, 0, 1000, 1000))
"""On which pixels are thousandths."""
MARKS = (Mark(7, Box(400, 400, 600, 600), "button", "Search"),)
HERE = Click(Point(500, 500))
Variants = list[tuple[str, Action | str, str]]
"""A text, the action that it is or a part of the sentence that answers it, and who reported it."""


def dialect(name: str) -> Dialect:
    return family_named(name).dialect(SHOWN, MARKS)


def check(name: str, text: str, wanted: Action | str) -> None:
    parsed = parse(text, dialect(name))
    if isinstance(wanted, str):
        assert parsed.action is None
        assert wanted in (parsed.error or "")
    else:
        assert parsed.action == wanted, parsed.error


# ------------------------------------------------------------------------ calls and JSON

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "qwen-computer-use": ("computer_use", {"action": "left_click", "coordinate": [500, 500]}),
    "fara": ("computer_use", {"action": "left_click", "coordinate": [500, 500]}),
    "fara-7b": ("computer_use", {"action": "left_click", "coordinate": [500, 500]}),
    "mai-ui": ("mobile_use", {"action": "click", "coordinate": [500, 500]}),
    "gui-owl": ("computer_use", {"action": "left_click", "coordinate": [500, 500]}),
    "claude": ("computer", {"action": "left_click", "coordinate": [500, 500]}),
    "gemini": ("click_at", {"x": 500, "y": 500}),
}


def calls_amiss(name: str, arguments: dict[str, Any]) -> Variants:
    call = json.dumps({"name": name, "arguments": arguments})
    told = json.dumps(arguments)
    python = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    return [
        (f"<tool_call>{call}}}</tool_call>", HERE, "yigit353/langchain-qwq#30"),
        (f"<tool_call>{call[1:]}</tool_call>", HERE, "vllm-project/vllm#35266"),
        (f"<tool_call>{call[:-2]},}}}}</tool_call>", HERE, "microsoft/OmniParser#220"),
        (
            f'<tool_call>{{"name": "{name}", "arguments": {json.dumps(told + "}")}}}</tool_call>',
            HERE,
            "vllm-project/vllm-ascend#16001",
        ),
        (f"<tool_call>\n{call}\n{call}\n</tool_call>", HERE, "vllm-project/vllm#16797"),
        *(
            (call.replace("arguments", each), HERE, f"variant: {each}, as in other makers' calls")
            for each in ("args", "input", "parameters")
        ),
        (f"I see it.\n</think>\n\n<tool_call>{call}</tool_call>", HERE, "QwenLM/Qwen3-VL#1504"),
        (
            f"<think>a</think>\n<THINK>b {{c}}</THINK>\n<tool_call>{call}</tool_call>",
            HERE,
            "stepfun-ai/gelab-zero#62",
        ),
        (f"```json\n{call}\n```", HERE, "open-jarvis/OpenJarvis#950"),
        (
            f"<tool_call>{ {'name': name, 'arguments': arguments, 'value': None}!r}</tool_call>",
            HERE,
            "Blaizzy/mlx-vlm#1514",
        ),
        (f"```tool_code\nprint(default_api.{name}({python}))\n```", HERE, "google/adk-go#492"),
        (f"[tool_code:{name}{{x:<ctrl46>5}}]", "<tool_call>", "google-gemini/gemini-cli#9346"),
        (
            f'<tool_call>{{"name": "{name}", "arguments": 1}}\n</parameter>\n</function>',
            "JSON object",
            "raullenchai/Rapid-MLX#2656",
        ),
        (
            f'<tool_call>{{"name": "{name}", "arguments": {{"action": "left_click"}}}}</tool_call>',
            "needs a point",
            "UKGovernmentBEIS/inspect_ai#5386",
        ),
    ]


@pytest.mark.parametrize(
    ("family", "text", "wanted"),
    [
        pytest.param(family, text, wanted, id=f"{family}-{seen}")
        for family, call in CALLS.items()
        for text, wanted, seen in calls_amiss(*call)
    ],
)
def test_a_call_that_is_amiss(family: str, text: str, wanted: Action | str) -> None:
    check(family, text, wanted)


STEP = {"action": "click_element", "element": "Search", "x": 500, "y": 500}
WHOLE = json.dumps({"note": "", "thought": "It is there.", "action": STEP})
HOLO: Variants = [
    (f"```json\n{WHOLE}\n```", HERE, "open-jarvis/OpenJarvis#950"),
    (f"Here is the next step:\n{WHOLE}\nDone.", HERE, "cognizant-ai-lab/neuro-san-ui#379"),
    (WHOLE[:-1] + ",}", HERE, "microsoft/OmniParser#220"),
    (WHOLE + "}", HERE, "yigit353/langchain-qwq#30"),
    (WHOLE[:-1], HERE, "deepseek-ai/DeepSeek-V3#1256"),
    (f"so</think>{WHOLE}", HERE, "vllm-project/vllm#26239"),
    (
        json.dumps({"thought": "a", "action": json.dumps(STEP)}),
        HERE,
        "browser-use/browser-use#4510",
    ),
    (json.dumps(STEP), HERE, "variant"),
    (
        '{"thought": "a", "action": {"action": "write_element_abs", "content": "a\nb", '
        '"element": "", "x": 500, "y": 500, "press_enter": false}}',
        Type("a\nb", Point(500, 500)),
        "browser-use/browser-use#4510",
    ),
    (
        json.dumps({"memory": "a", "action": [{"click_element": {"index": 14}}]}),
        "needs a point",
        "browser-use/web-ui#620",
    ),
    (json.dumps({"x": 500, "y": 500}), "click_element", "variant: its localization format"),
    ("I click on Search.", '{"thought"', "SkyworkAI/DeepResearchAgent#63"),
]


@pytest.mark.parametrize("family", ["holo", "holo1"])
@pytest.mark.parametrize(
    ("text", "wanted"), [pytest.param(text, wanted, id=seen) for text, wanted, seen in HOLO]
)
def test_an_object_that_is_amiss(family: str, text: str, wanted: Action | str) -> None:
    check(family, text, wanted)


# ------------------------------------------------------------------------ calls as code

LINES: Variants = [
    (
        "Thought: There.\n\nAction: click(start_box='[490, 490, 510, 510]')",
        HERE,
        "bytedance/UI-TARS-desktop#28",
    ),
    (
        "1. It is typed.\n2. Next.\nAction: click(start_box='<|box_start|>(500,500)<|box_end|>')",
        HERE,
        "bytedance/UI-TARS-desktop#37",
    ),
    (
        "Thought: a\nAction: click(point='<bbox>500 500 500 500</bbox>')",
        HERE,
        "bytedance/UI-TARS-desktop#233",
    ),
    ("Thought: a\nAction: click(point='<point>500 500</point>')", HERE, "bytedance/UI-TARS#200"),
    (
        "Thought: a\nAction: click(point='<point>500 500</point>\"",
        HERE,
        "bytedance/UI-TARS-desktop#942",
    ),
    (
        "Thought: a\nAction: click(point='<point>500 500</point>)",
        HERE,
        "bytedance/UI-TARS-desktop#942",
    ),
    ("Thought: a\nAction: click(start_box='=')", "needs a point", "bytedance/UI-TARS#78"),
    (
        "Reflection: no.\nAction_Summary: a\nAction: click(start_box='(500,500)')",
        HERE,
        "raullenchai/Rapid-MLX#812",
    ),
    (
        "so</think>\nThought: a\nAction: click(start_box='(500,500)')",
        HERE,
        "vllm-project/vllm#26239",
    ),
    ("Thought: a\nAction: Finish[12]", "click(start_box", "datawhalechina/hello-agents#311"),
    ("Thought: a\nAction:\n```\nclick(start_box='(500,500)')\n```", HERE, "variant"),
    ("click(start_box='(500,500)')", HERE, "variant"),
]
VENUS: Variants = [
    ("<think>a</think><action>Click(box=(490, 490, 510, 510))</action>", HERE, "variant"),
    (
        "<think>a</think><action>Click(box=[500, 500])</action>",
        HERE,
        "bytedance/UI-TARS-desktop#28",
    ),
    ("a</think><action>Click(box=(500, 500))</action>", HERE, "vllm-project/vllm#26239"),
    ("<think>a</think><action>Click(box=(500, 500))", HERE, "variant"),
    ("<think>a</think><action>Click(500, 500)</action>", HERE, "variant"),
    (
        "<think>a</think><action>Click(box='<point>500 500</point>)</action>",
        HERE,
        "bytedance/UI-TARS-desktop#942",
    ),
    ("<think>a</think>\nAction: Click(box=(500, 500))", HERE, "variant"),
    (
        "<think>a</think><THINK>b</THINK><action>Click(box=(500, 500))</action>",
        HERE,
        "stepfun-ai/gelab-zero#62",
    ),
    (
        "<think>a</think><action>Scroll(start=(500, 500), end=(), direction='down')</action>",
        Scroll(Point(500, 500), 0, 500),
        "variant",
    ),
    ("<think>a</think><action>Click(box=())</action>", "needs a point", "bytedance/UI-TARS#78"),
    ("<think>a</think><action>Launch(app='x')</action>", "There is no action launch", "variant"),
]


@pytest.mark.parametrize(
    ("family", "text", "wanted"),
    [
        pytest.param(family, text, wanted, id=f"{family}-{seen}")
        for family, variants in (("ui-tars", LINES), ("ui-venus", VENUS))
        for text, wanted, seen in variants
    ],
)
def test_code_that_is_amiss(family: str, text: str, wanted: Action | str) -> None:
    check(family, text, wanted)


# ------------------------------------------------------------------------ tags

ANSWERS = {
    "qwen3-vl": "click (500, 500)",
    "generic": "click (500, 500)",
    "vigorl-grounding": "(500, 500)",
    "vigorl-multiturn-grounding": "(500, 500)",
    "vigorl-web-action": "click [7]",
}


def tags_amiss(answer: str) -> Variants:
    tagged = f"<think> a </think>\n<answer> {answer} </answer>"
    return [
        (f"a </think>\n<answer> {answer} </answer>", HERE, "QwenLM/Qwen3-VL#1750"),
        (f"<think>native</think>{tagged}", HERE, "vllm-project/vllm#31045"),
        (f"<think>native</think><THINK>b</THINK><answer>{answer}</answer>", HERE, "gelab-zero#62"),
        (f"Sure! Here it is:\n{tagged}", HERE, "GR: the first pair of tags is searched for"),
        (f"{tagged}\nDone.", HERE, "GR"),
        (f"{tagged}\n{tagged}", HERE, "GR"),
        (f"<answer> {answer} </answer>", HERE, "GR"),
        (f"<think> a <answer> {answer} </answer>", HERE, "GR"),
        (f"<think> a </think>\n<answer> {answer}", HERE, "GR: what follows the tag is taken"),
        (f"<think> a </think>\n<answer>\n`{answer}`\n</answer>", HERE, "GR: its prompt's own"),
        ("<think> a </think>", "<answer>", "variant"),
        ("", "Write <think>", "ollama empty content"),
    ]


MARKED: Variants = [
    ("click [7] where [7]", HERE, "web-arena-x/visualwebarena#74"),
    ('So the action I will perform is "click [7]".', HERE, "web-arena-x/webarena#8"),
    ("In summary, the next action is ```click [7]```", HERE, "web-arena-x/webarena#8"),
    ("click [7] [Search]", HERE, "GR: PREVIOUS ACTIONS are written so"),
    ("click 7", HERE, "variant"),
    ("type [7] [a] [press_enter_after=1]", Type("a", Point(500, 500), enter=True), "WebArena"),
    ("type [7] [a] [0]", Type("a", Point(500, 500)), "WebArena"),
    ("scroll down", Scroll(Point(500, 500), 0, 1000), "visualwebarena, actions.py"),
    ("scroll [direction=down]", Scroll(Point(500, 500), 0, 1000), "WebArena"),
    ("click [9]", "There is no mark [9]", "variant"),
    ("press [Enter]", "The actions are", "WebArena has it"),
]
POINTS: Variants = [
    ("[500, 500]", HERE, "GR: read by literal_eval"),
    ("500, 500", HERE, "GR: read by literal_eval"),
    ("(500.0, 500.0)", HERE, "variant"),
    ("(490, 490, 510, 510)", HERE, "variant"),
    ("x=500, y=500", HERE, "variant"),
    ("(1500, 3)", "lies outside of the screen", "variant"),
    ("the button", "one point of the screen", "variant"),
]
LOOK = '{"name": "search_coordinate", "arguments": {"coordinate": [500, 500]}}'
LOOKS = (
    f"<tool_call>{LOOK}",
    f"<tool_call>{LOOK}}}</tool_call>",  # yigit353/langchain-qwq#30
    f"<tool_call>{LOOK[1:]}</tool_call>",  # vllm-project/vllm#35266
    f"<tool_call>{json.loads(LOOK)}</tool_call>",  # Blaizzy/mlx-vlm#1514
)


@pytest.mark.parametrize(
    ("family", "text", "wanted"),
    [
        pytest.param(family, text, wanted, id=f"{family}-{seen}")
        for family, answer in ANSWERS.items()
        for text, wanted, seen in tags_amiss(answer)
    ],
)
def test_tags_that_are_amiss(family: str, text: str, wanted: Action | str) -> None:
    check(family, text, wanted)


@pytest.mark.parametrize(
    ("family", "text", "wanted"),
    [
        pytest.param(family, text, wanted, id=f"{family}-{seen}")
        for family, variants in (("vigorl-web-action", MARKED), ("vigorl-grounding", POINTS))
        for text, wanted, seen in variants
    ],
)
def test_an_answer_that_is_amiss(family: str, text: str, wanted: Action | str) -> None:
    check(family, f"<think> a </think>\n<answer> {text} </answer>", wanted)


@pytest.mark.parametrize("text", LOOKS)
def test_a_look_that_is_amiss_is_a_slip(text: str) -> None:
    parsed = parse(f"<think> a </think>\n{text}", dialect("vigorl-multiturn-grounding"))
    assert isinstance(parsed.action, Zoom)
    assert parsed.slip
