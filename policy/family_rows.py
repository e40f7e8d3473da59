"""The model families that are built in: the rows are the whole knowledge of them."""

import re
from dataclasses import replace

from vigorl.browser.actions import ZoomStyle
from vigorl.policy.family_record import ChatFormat, Family, Wording, ZoomRule
from vigorl.policy.function_calls import FunctionCalls
from vigorl.policy.images import SizeLimits
from vigorl.policy.json_turns import JsonTurns
from vigorl.policy.maker_toolsets import COMPUTER, GEMINI
from vigorl.policy.published import PUBLISHED
from vigorl.policy.system_prompts import (
    PIXELS,
    READING,
    THOUSANDTHS,
    CallPrompt,
    CommandPrompt,
    ToolPrompt,
)
from vigorl.policy.tags import Tags
from vigorl.policy.tool_calls import ToolCalls

_OURS = Wording(
    opening="Task: {goal}\n\n{past}{news}{image}",
    screen="{news}{image}",
    zoomed="{news}<observation>\nThe window around {point}, enlarged:\n{image}\n</observation>",
    told="{news}",
    past="What you did before:\n{actions}\n\n",
    tells_page=True,
)
_OUR_ZOOM = ZoomRule(100, ZoomStyle(output_px=504, dot=False, edge="shift", source="optical"))
_OUR_STOP = ("</tool_call>", "</answer>")

_QWEN25_CELL_PX = 28
_QWEN3_CELL_PX = 32
_LINES, _TAGGED, _TOOLS = FunctionCalls("lines"), FunctionCalls("tags"), ToolCalls()
_OWL, _CLAUDE, _GEMINI = ToolCalls(label="Action: "), ToolCalls(COMPUTER), ToolCalls(GEMINI)
_HOLO = JsonTurns()
_HOLO_ENDS = (
    "When the task is finished, answer; if it cannot be done, use browser with give_up and say why."
)
_HOLO_BODY = {
    "chat_template_kwargs": {"thinking": False, "enable_thinking": False},
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "step", "schema": _HOLO.schema()},
    },
}
"""Source: hcompai/hai-cookbook at 2ba8961, `holo2/deploy_with_vllm.md` and its notebooks."""
_NO_THINKING = {"chat_template_kwargs": {"enable_thinking": False}}
"""Their templates let them think first unless this is said, for longer than a turn may take.
`--extra-body` switches it on again."""

_ANY_SIZE = SizeLimits(1, 1, 1_048_576, longest_side_px=1568)
"""Small enough that no maker's server resizes it, so that pixels mean the same to both sides.
Source: Anthropic, "vision coordinates" (1568 px and 1.15 megapixels); OpenAI, "images and vision"
(within 2048 px, the shorter side 768)."""
_UNTOLD = ChatFormat(image_cell="", never_sampled=())
"""Of models whose tokens are not told."""

_SCOUT = Family(
    name="scout",
    matches=re.compile(r"^llama$"),
    system=None,
    format=Tags("actions", "point"),
    coordinates="thousandths",
    size=SizeLimits(_QWEN3_CELL_PX, 65_536, 1280 * 28 * 28),
    wording=_OURS,
    zoom=_OUR_ZOOM,
    chat=_UNTOLD,
    stop=_OUR_STOP,
    temperature=0.0,
    longest_turn_tokens=384,
    reads=True,
    most_read_characters=2000,
    copies=True,
    slow_to_end=(("everything", 4.0), ("nothing", 2.0)),
    least_sure=0.6,
    plays_in_8bit=True,
)

FAMILIES: tuple[Family, ...] = (
    Family(
        name="ui-tars",
        matches=re.compile(r"ui[-_]?tars", re.IGNORECASE),
        system=CallPrompt(_LINES, PIXELS),
        format=_LINES,
        coordinates="pixels",
        size=SizeLimits(_QWEN25_CELL_PX, 100 * 28 * 28, 16_384 * 28 * 28),
        wording=_OURS,
        zoom=None,
        window_screens=5,
        temperature=0.0,
    ),
    Family(
        name="ui-venus",
        matches=re.compile(r"ui[-_]?venus", re.IGNORECASE),
        system=CallPrompt(_TAGGED, THOUSANDTHS),
        format=_TAGGED,
        coordinates="thousandths",
        size=SizeLimits(_QWEN3_CELL_PX, 65_536, 16_777_216),
        wording=_OURS,
        zoom=None,
        temperature=0.0,
    ),
    Family(
        name="fara-7b",
        matches=re.compile(r"fara[-_]?7b", re.IGNORECASE),
        system=ToolPrompt(_TOOLS, PIXELS),
        format=_TOOLS,
        coordinates="pixels",
        size=SizeLimits(_QWEN25_CELL_PX, 3136, 12_845_056),
        wording=_OURS,
        zoom=None,
        window_screens=3,
        temperature=0.0,
    ),
    Family(
        name="fara",
        matches=re.compile(r"\bfara[-_]?1", re.IGNORECASE),
        system=ToolPrompt(_TOOLS, THOUSANDTHS),
        format=_TOOLS,
        coordinates="thousandths",
        size=SizeLimits(_QWEN3_CELL_PX, 65_536, 12_845_056),
        wording=_OURS,
        zoom=None,
        window_screens=3,
        temperature=0.0,
    ),
    Family(
        # Source: X-PLUG/MobileAgent at 11cea57, `Mobile-Agent-v3.5/computer_use/utils.py`:
        # prompt, four earlier pictures, MIN_PIXELS and MAX_PIXELS.
        name="gui-owl",
        matches=re.compile(r"gui[-_]?owl", re.IGNORECASE),
        system=ToolPrompt(_OWL, THOUSANDTHS),
        format=_OWL,
        coordinates="thousandths",
        size=SizeLimits(_QWEN3_CELL_PX, 3136, 10_035_200),
        wording=_OURS,
        zoom=None,
        window_screens=5,
        temperature=0.0,
    ),
    Family(
        name="holo",
        matches=re.compile(r"\bholo-?[23]", re.IGNORECASE),
        system=ToolPrompt(_HOLO, THOUSANDTHS, _HOLO_ENDS),
        format=_HOLO,
        coordinates="thousandths",
        size=SizeLimits(_QWEN3_CELL_PX, 65_536, 16_777_216),
        wording=_OURS,
        zoom=None,
        window_screens=3,  # `--limit-mm-per-prompt` of the same page
        temperature=0.0,
        extra_body=_HOLO_BODY,
    ),
    Family(
        name="holo1",
        matches=re.compile(r"\bholo-?1", re.IGNORECASE),
        system=ToolPrompt(_HOLO, PIXELS, _HOLO_ENDS),
        format=_HOLO,
        coordinates="pixels",
        size=SizeLimits(_QWEN25_CELL_PX, 3136, 12_845_056),
        wording=_OURS,
        zoom=None,
        window_screens=3,
        temperature=0.0,
        extra_body={"response_format": _HOLO_BODY["response_format"]},
    ),
    Family(
        name="mai-ui",
        matches=re.compile(r"mai[-_]?ui", re.IGNORECASE),
        system=ToolPrompt(_TOOLS, THOUSANDTHS),
        format=_TOOLS,
        coordinates="thousandths",
        size=SizeLimits(_QWEN3_CELL_PX, 65_536, 6_553_600),
        wording=_OURS,
        zoom=None,
        temperature=0.0,
    ),
    Family(
        name="qwen-computer-use",
        matches=re.compile(r"qwen-?3[._][5-9]|qwen3_5", re.IGNORECASE),
        system=ToolPrompt(_TOOLS, THOUSANDTHS),
        format=_TOOLS,
        coordinates="thousandths",
        size=SizeLimits(_QWEN3_CELL_PX, 65_536, 16_777_216),
        wording=_OURS,
        zoom=_OUR_ZOOM,
        temperature=0.0,
        extra_body=_NO_THINKING,
    ),
    *PUBLISHED,
    Family(
        name="nano",
        matches=re.compile(r"^qwen3$"),
        system=None,
        format=Tags("actions", "point"),
        coordinates="thousandths",
        size=SizeLimits(_QWEN3_CELL_PX, 65_536, 1280 * 28 * 28),
        wording=_OURS,
        zoom=_OUR_ZOOM,
        stop=_OUR_STOP,
        temperature=0.0,  # it copies what it reads, and a slip of a letter is another word
        longest_turn_tokens=384,
        reads=True,
        least_sure=0.37,
    ),
    _SCOUT,
    replace(
        # The model of scout without our training: it is told in words what scout has learnt.
        _SCOUT,
        name="scout-base",
        matches=re.compile(r"smollm2-135m-\d+-\d+$"),
        system=READING,
        longest_turn_tokens=256,
    ),
    Family(
        name="nano-pixels",
        matches=re.compile(r"nano-pixels", re.IGNORECASE),
        system=None,
        format=Tags(),
        coordinates="thousandths",
        size=SizeLimits(_QWEN3_CELL_PX, 4 * _QWEN3_CELL_PX**2, 640 * _QWEN3_CELL_PX**2),
        wording=Wording(
            opening="{image}{past}{news}Task: {goal}",
            screen="{image}{news}",
            zoomed="{news}<observation>{image}</observation>",
            told="{news}",
        ),
        zoom=None,
        window_screens=1,
        max_images=1,
        stop=_OUR_STOP,
        temperature=0.0,
    ),
    Family(
        name="qwen3-vl",
        matches=re.compile(r"qwen3[-_.]?vl", re.IGNORECASE),
        system=CommandPrompt(THOUSANDTHS),
        format=Tags(),
        coordinates="thousandths",
        size=SizeLimits(_QWEN3_CELL_PX, 65_536, 1280 * 28 * 28),
        wording=_OURS,
        zoom=_OUR_ZOOM,
        stop=_OUR_STOP,
    ),
    Family(
        name="qwen2.5-vl",
        matches=re.compile(r"qwen2[-_.]?5[-_.]?vl", re.IGNORECASE),
        system=CommandPrompt(PIXELS),
        format=Tags(),
        coordinates="pixels",
        size=SizeLimits(_QWEN25_CELL_PX, 3136, 1280 * 28 * 28),
        wording=_OURS,
        zoom=_OUR_ZOOM,
        stop=_OUR_STOP,
    ),
    Family(
        # Its own tool cannot be offered by an OpenAI-compatible server; its names can be told.
        name="claude",
        matches=re.compile(r"claude", re.IGNORECASE),
        system=ToolPrompt(_CLAUDE, PIXELS),
        format=_CLAUDE,
        coordinates="pixels",
        size=_ANY_SIZE,
        wording=_OURS,
        zoom=_OUR_ZOOM,
        temperature=1.0,  # its default, and the only one of models that think
        chat=_UNTOLD,
    ),
    Family(
        # Source: google-gemini/computer-use-preview at c93bb2d: names, three screens, 1440 x 900.
        name="gemini",
        matches=re.compile(r"gemini", re.IGNORECASE),
        system=ToolPrompt(_GEMINI, THOUSANDTHS),
        format=_GEMINI,
        coordinates="thousandths",
        size=SizeLimits(1, 1, 1440 * 900, longest_side_px=1440),
        wording=_OURS,
        zoom=None,
        window_screens=3,
        temperature=1.0,  # its default; below it Gemini 3 may loop, says its maker
        chat=_UNTOLD,
    ),
    Family(
        name="generic-pixels",
        matches=re.compile(r"\b(?:gpt-|o[34]\b|computer-use-preview)", re.IGNORECASE),
        system=CommandPrompt(PIXELS),
        format=Tags(),
        coordinates="pixels",
        size=_ANY_SIZE,
        wording=_OURS,
        zoom=_OUR_ZOOM,
        chat=_UNTOLD,
        stop=_OUR_STOP,
    ),
    Family(
        name="generic",
        matches=re.compile(r"^generic$"),
        system=CommandPrompt(THOUSANDTHS),
        format=Tags(),
        coordinates="thousandths",
        size=_ANY_SIZE,
        wording=_OURS,
        zoom=_OUR_ZOOM,
        chat=_UNTOLD,
        stop=_OUR_STOP,
    ),
)
"""Most specific first."""
