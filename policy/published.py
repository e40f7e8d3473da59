"""The families of the published ViGoRL checkpoints: the settings that their authors ran them with.

Sampling is the authors' evaluation: temperature 0.5, the others as their scripts say, and the
repetition penalty of 1.05 that their server (vLLM 0.8.3) took from the checkpoints'
`generation_config.json` and that their demo names. The system prompts are those that stand in the
checkpoints' own chat templates, which are left out where a conversation has a system message: a
server that has lost the template, as conversions do, says the same to the model as one that has it.
What differs from the authors' code, and why, is a table in docs/models.md.

Source: github.com/Gabesarch/grounded-rl at e7970c0: `scripts/evaluation/*.sh`,
`src/vlmsearch/models/qwen_vllm.py`, `src/vlmsearch/tree_search/single_path_rollouts.py`,
`src/trainer/rl/examples/format_prompt/*.jinja`, `demo/*.py`.
"""

import re

from vigorl.browser.actions import ZoomStyle
from vigorl.policy.family_record import Family, Wording, ZoomRule
from vigorl.policy.images import SizeLimits
from vigorl.policy.tags import Answers, Tags

_GROUNDING_PROMPT = """\
A conversation between User and Assistant. The User asks a question, and the Assistant solves it. \
The Assistant systematically reasons through the problem step by step, verifying each step and \
grounding every step to a specific point in the image.

All reasoning processes must be enclosed within a single set of '<think>' tags, with each \
reasoning step explicitly referencing a coordinate:

<think>
[Reasoning text with grounded points inline] (x1, y1). [Further reasoning] (x2, y2), [Final \
refinement] (x3, y3).
</think>

The final answer should be enclosed in '<answer>' tags in the format:
<answer> (xf, yf) </answer>

Your task is to help the user identify the precise coordinates (x, y) of a specific \
area/element/object on the screen based on a description.
- Aim to point to the center or a representative point within the described area/element/object \
as accurately as possible.
- If the description is unclear or ambiguous, infer the most relevant area or element based on \
its likely context or purpose.
- The final output should be the single most precise coordinate for the requested element.
- The Assistant should verify each step and check multiple possible solutions before selecting \
the final answer."""

_GROUNDING_TURNS_PROMPT = """\
You are an assistant tasked with identifying precise (x,y) coordinates of a described element in \
an image.
Your task involves multiple turns of reasoning, each with EXACTLY one <think> step and one action:
- At each turn, first clearly reason about ONE area or element in the image enclosed in <think> \
</think> tags.
- After reasoning, either:
  a) Output a search action formatted precisely as:
     <tool_call>
     {"name": "search_coordinate", "arguments": {"coordinate": [x, y]}}
     </tool_call>
  b) If confident you've found the correct location, output your final answer enclosed in \
<answer> (x, y) </answer> tags.
- Only answer if you are confident about the answer. If you are not confident, output a search \
action. You should not always end after one turn.
- You should not repeat the same coordinates in a tool call more than once. Coordinates must be \
unique across tool calls, including values that are the same or nearly identical (e.g., differing \
by only a few pixels)."""

_SEARCH_PROMPT = """\
You are a helpful assistant tasked with answering a question about an image. You should \
systematically reason through the problem step by step by checking and verifying relevant image \
regions, while grounding reasoning steps to specific (x, y) points in the image:
- At each turn, first clearly reason about ONE area or element in the image enclosed in <think> \
</think> tags.
- After reasoning, either:
  a) Zoom-in on a specific region to see it better by outputting a search action formatted \
precisely as:
     <tool_call>
     {"name": "search_coordinate", "arguments": {"coordinate": [x, y]}}
     </tool_call>
  b) If confident you've found the correct location, output your final answer enclosed in \
<answer> {final answer} </answer> tags.
- Only answer if you are confident about the answer. If you are not confident, output a search \
action. You should not always end after one turn.
- You should not repeat the same coordinates in a tool call more than once. Coordinates must be \
unique across tool calls, including values that are the same or nearly identical (e.g., differing \
by only a few pixels).
- If unclear, infer based on likely context or purpose.
- Verify each step by examining multiple possible solutions before selecting a final answer."""

_SPATIAL_PROMPT = """\
A conversation between User and Assistant. The User asks a question, and the Assistant solves it. \
The Assistant systematically reasons through the problem step by step by checking and verifying \
possible solutions and image regions, while grounding reasoning steps to specific objects and \
their relationships in the image using (x,y) coordinates. There may be one image or two images \
concatenated together, in which case the Assistant must compare the spatial relationships between \
the two images.

All reasoning processes must be enclosed within a single set of '<think>' tags, and reasoning \
steps must include specific reference coordinates:

For example, <think>
{Reasoning text}. {Further reasoning text} {more reasoning} 
</think>

The final answer should be enclosed in '<answer>' tags in the format:
<answer> {text of selected answer choice} </answer>

The Assistant must help the user identify the correct answer choice from the options provided.
-Your answer should be the **exact text** of the selected answer option, without additional \
explanations or reasoning or the option text. For example, if the answer is A. right , your \
response should just be <answer>right</answer> (not <answer>A. right</answer>).
-If the correct answer is unclear, select the most relevant option based on the spatial \
relationships and dynamics within the image.
- The Assistant should verify each step and check multiple possible solutions before selecting \
the final answer."""

_ACTION_PROMPT = """\
You are a helpful Assistant tasked with navigating a web browser. These tasks will be \
accomplished through the use of specific actions you can issue. Your task is to choose the action \
that makes the most progress towards an objective. You should systematically reason through the \
problem step by step by checking and verifying possible actions and webpage regions, while \
grounding reasoning steps to specific (x, y) points in the image:
Each reasoning step must be enclosed within '<think>' tags and reference exactly one specific \
coordinate (x, y):
<think>
[Reasoning text with grounded points inline] (x_1, y_1). [Further reasoning] (x_2, y_2), ..., \
[Final reasoning] (x_n, y_n).
</think>
When ready to provide the final answer, enclose it within '<answer>' tags:
<answer> {action} </answer>
- Each reasoning step must explicitly describe and evaluate the region\u2019s relevance to the \
objective and proposing an action.
- Never repeat coordinates from previous steps.
- Look at diverse webpage regions to figure out which action should be taken.
- Verify your selection by examining multiple possible solutions.

**Inputs**
Here's the information you'll have:
1. OBJECTIVE: This is the task you are trying to complete.
2. The web page screenshot: This is a screenshot of the current webpage you are on, with each \
interactable element assigned a unique numerical id. Each bounding box and its respective id \
shares the same color.
3. PREVIOUS ACTIONS: This is the actions that you have performed prior to getting to the current \
page, but instead of the button id, the button text of the actions taken on the previously \
navigated pages are provided.

**Action Space**
You can take the following actions:
1. ```click [id]```: This action clicks on an element with a specific id on the webpage.
2. ```type [id] [content]```: Use this to type the content into the field with id. By default, \
typing the content simulates pressing the "Enter" key afterward to submit the text.
3. ```scroll [down]```: Scroll the page down.
4. ```go_back```: Navigate to the previously viewed page.
5. ```stop [answer]```: Issue this action when you believe the task is complete. If the objective \
is to find a text-based answer, provide the answer in the bracket. If no answer is required, \
output empty brackets.

**Guidelines**
To be successful, it is very important to follow the following rules:
2. Generate the final action in the correct format. For example, '<answer> click [1234] \
</answer>'.
3. Issue the stop action (i.e. stop [answer]) when you think you have achieved the objective. \
Don't generate anything after stop.
4. In your final answer, you should only output a single action and should never output a \
prediction involving taking multiple actions."""

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
_CELL_PX = 28
_LEAST_PIXELS = 3136
_MOST_PIXELS = 3600 * 3600
_STOP = ("</tool_call>", "</answer>")
"""Source: `STOP_STRINGS` of run_vigorl.sh; what follows them was never trained."""


def _published(
    name: str,
    matches: str,
    system: str,
    answers: Answers,
    wording: Wording,
    size: SizeLimits,
    zoom: ZoomRule | None = None,
) -> Family:
    """A row with what all of them share; those that zoom share their turns as well."""
    return Family(
        name=name,
        matches=re.compile(matches, re.IGNORECASE),
        system=None,
        template_system=system,
        format=Tags(answers),
        coordinates="pixels",
        size=size,
        wording=wording,
        zoom=zoom,
        window_screens=1,
        max_images=1 if zoom is None else _MULTI_TURN_LAST,
        stop=_STOP,
        temperature=0.5,
        top_p=1.0 if zoom is None else 0.99,
        repetition_penalty=1.05,
        last_turn=None if zoom is None else _MULTI_TURN_LAST,
        last_words="" if zoom is None else _LAST_WORDS,
    )


def _crop(half_width_px: int, output_px: int, dot: bool) -> ZoomRule:
    """A crop of the authors': 512 px, say, are the 504 that the model can take."""
    return ZoomRule(half_width_px, ZoomStyle(output_px, dot=dot, edge="clip", source="recorded"))


_LARGE = SizeLimits(_CELL_PX, _LEAST_PIXELS, _MOST_PIXELS)

PUBLISHED: tuple[Family, ...] = (
    _published(
        "vigorl-multiturn-grounding",
        "vigorl-multiturn-.*web-grounding",
        _GROUNDING_TURNS_PROMPT,
        "point",
        _GROUNDING,
        _LARGE,
        _crop(100, 504, dot=True),
    ),
    _published(
        "vigorl-grounding",
        "vigorl-.*web-grounding",
        _GROUNDING_PROMPT,
        "point",
        _GROUNDING,
        _LARGE,
    ),
    _published(
        "vigorl-web-action",
        "vigorl-.*web-action",
        _ACTION_PROMPT,
        "marks",
        _WEB_ACTION,
        SizeLimits(_CELL_PX, _LEAST_PIXELS, 2_850_000),
    ),
    _published(
        "vigorl-visual-search",
        "vigorl-.*visual-search",
        _SEARCH_PROMPT,
        "text",
        _QUESTION,
        _LARGE,
        _crop(182, 672, dot=False),
    ),
    _published(
        "vigorl-spatial",
        "vigorl-.*spatial",
        _SPATIAL_PROMPT,
        "text",
        _QUESTION,
        SizeLimits(_CELL_PX, _LEAST_PIXELS, _MOST_PIXELS, longest_side_px=1260),
    ),
)
"""Most specific first."""
