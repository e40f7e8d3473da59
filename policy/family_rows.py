"""The model families that are built in: the rows are the whole knowledge of them."""

import re

from vigorl.browser.actions import ZoomStyle
from vigorl.policy.family_record import ChatFormat, Family, Wording, ZoomRule
from vigorl.policy.function_calls import FunctionCalls
from vigorl.policy.images import SizeLimits
from vigorl.policy.system_prompts import PIXELS, THOUSANDTHS, CallPrompt, CommandPrompt, ToolPrompt
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

# The published checkpoints. Source: github.com/Gabesarch/grounded-rl, evaluation and demo scripts
# (what the user's messages say, crop sizes, largest pictures); prompts are in their own templates.
_OBSERVATION = (
    "{news}<observation>\nHere is the crop of the image centered on the coordinate:{image}\n"
    "</observation>"
)
_TOLD = "<observation>\n{news}</observation>"
_GROUNDING = Wording("{image}Description: {goal}", "{image}{news}", _OBSERVATION, _TOLD)
_QUESTION = Wording("{image}{goal}", "{image}{news}", _OBSERVATION, _TOLD)
_WEB_ACTION = Wording(
    opening="{image}OBJECTIVE: {goal}\n\nPREVIOUS ACTIONS: \n{past}\n\n{news}IMAGE:\n",
    screen="{image}{news}",
    zoomed=_OBSERVATION,
    told=_TOLD,
    no_past="None",
)
_MULTI_TURN_LAST = 5
"""Four turns are free. Source: `MAX_TURNS` of eval_multiturn.sh, counted as
`single_path_rollouts.py` does."""
_LAST_WORDS = (
    "<think> Based on all the information I've gathered, I'll now provide my final answer. "
    "</think>\n<answer>"
)
"""Source: `qwen_vllm.py` (evaluation) and `rollout_multiturn.py` (training) write it."""
_QWEN25_CELL_PX = 28
_QWEN3_CELL_PX = 32


def _published(cropped_px: int, dot: bool, half_width_px: int) -> ZoomRule:
    return ZoomRule(half_width_px, ZoomStyle(cropped_px, dot=dot, edge="clip", source="recorded"))


_LINES, _TAGGED, _TOOLS = FunctionCalls("lines"), FunctionCalls("tags"), ToolCalls()

_ANY_SIZE = SizeLimits(1, 1, 1_048_576, longest_side_px=1568)
"""Small enough that no maker's server resizes it, so that pixels mean the same to both sides.
Source: Anthropic, "vision coordinates" (1568 px and 1.15 megapixels); OpenAI, "images and vision"
(within 2048 px, the shorter side 768)."""
_UNTOLD = ChatFormat(image_cell="", never_sampled=())
"""Of models whose tokens are not told."""

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
        name="mai-ui",
        matches=re.compile(r"mai[-_]?ui|gui[-_]?owl", re.IGNORECASE),
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
    ),
    Family(
        name="vigorl-multiturn-grounding",
        matches=re.compile(r"vigorl-multiturn-.*web-grounding", re.IGNORECASE),
        system=None,
        format=Tags("point"),
        coordinates="pixels",
        size=SizeLimits(_QWEN25_CELL_PX, 3136, 3600 * 3600),
        wording=_GROUNDING,
        zoom=_published(504, True, 100),
        window_screens=1,
        max_images=5,
        top_p=0.99,
        stop=_OUR_STOP,
        last_turn=_MULTI_TURN_LAST,
        last_words=_LAST_WORDS,
    ),
    Family(
        name="vigorl-grounding",
        matches=re.compile(r"vigorl-.*web-grounding", re.IGNORECASE),
        system=None,
        format=Tags("point"),
        coordinates="pixels",
        size=SizeLimits(_QWEN25_CELL_PX, 3136, 3600 * 3600),
        wording=_GROUNDING,
        zoom=None,
        window_screens=1,
        max_images=1,
        stop=_OUR_STOP,
    ),
    Family(
        name="vigorl-web-action",
        matches=re.compile(r"vigorl-.*web-action", re.IGNORECASE),
        system=None,
        format=Tags("marks"),
        coordinates="pixels",
        size=SizeLimits(_QWEN25_CELL_PX, 3136, 2_850_000),
        wording=_WEB_ACTION,
        zoom=None,
        window_screens=1,
        max_images=1,
        stop=_OUR_STOP,
    ),
    Family(
        name="vigorl-visual-search",
        matches=re.compile(r"vigorl-.*visual-search", re.IGNORECASE),
        system=None,
        format=Tags("text"),
        coordinates="pixels",
        size=SizeLimits(_QWEN25_CELL_PX, 3136, 3600 * 3600),
        wording=_QUESTION,
        zoom=_published(672, False, 182),
        window_screens=1,
        max_images=5,
        top_p=0.99,
        stop=_OUR_STOP,
        last_turn=_MULTI_TURN_LAST,
        last_words=_LAST_WORDS,
    ),
    Family(
        name="vigorl-spatial",
        matches=re.compile(r"vigorl-.*spatial", re.IGNORECASE),
        system=None,
        format=Tags("text"),
        coordinates="pixels",
        size=SizeLimits(_QWEN25_CELL_PX, 3136, 1260 * 1260, longest_side_px=1260),
        wording=_QUESTION,
        zoom=None,
        window_screens=1,
        max_images=1,
        stop=_OUR_STOP,
    ),
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
        name="generic-pixels",
        matches=re.compile(r"\b(?:gpt-|o[34]\b|claude|computer-use-preview)", re.IGNORECASE),
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
        matches=re.compile(r"gemini", re.IGNORECASE),
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
