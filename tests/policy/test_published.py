"""The published ViGoRL checkpoints are run as their authors ran them.

What is compared with was read in github.com/Gabesarch/grounded-rl at e7970c0.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from vigorl.browser.actions import Zoom, ZoomStyle
from vigorl.browser.geometry import Box
from vigorl.browser.observation import Observation
from vigorl.policy.backend import Message, Reply
from vigorl.policy.conversation import Conversation
from vigorl.policy.family import Family, ZoomRule, family_named
from vigorl.policy.images import FittedImage, fitted_size, token_count
from vigorl.policy.published import PUBLISHED

Make = Callable[..., Observation]
Content = list[dict[str, Any]]

PROMPTS = {
    "vigorl-grounding": "b5a4ccf5ef1ebe4deacc7d3cab2533fe08552d20b3862d425c73aaeca01459d7",
    "vigorl-multiturn-grounding": (
        "9bbfbf6f0efe7c5509ad4ebae73b5bd1db61f69c2dbe47c4639040f799c38e57"
    ),
    "vigorl-visual-search": "281fb5842bf956dc9651e882b3ed3e4786f598c7ee11431078b3a4654b62a391",
    "vigorl-spatial": "fc03cb2e61f6bd20040beca448c6cdb58eaf45cd5976f8c6bb644bec7cfc2fa2",
    "vigorl-web-action": "12cb1c82aca5c99352905392b32bab9f549a203c0a2da6b677650735ff3b8a84",
}
"""SHA-256 of osatlas_grounded_thinking, osatlas_multiturn_crop, vstar_multiturn,
sat2_grounded_thinking and web_action_grounded_thinking.jinja, with line breaks and quotes for the
`\\n` and `\\"` in them, as `build_reasoning_chains_from_mcts*.py` and the templates of the
checkpoints have them."""

QUESTIONS = {
    "vigorl-grounding": "Description: check sports news",
    "vigorl-multiturn-grounding": "Description: check sports news",
    "vigorl-visual-search": "check sports news",
    "vigorl-spatial": "check sports news",
    "vigorl-web-action": ("OBJECTIVE: check sports news\n\nPREVIOUS ACTIONS: \nNone\n\nIMAGE:\n"),
}
"""`--query` of demo_singleturn.py and demo_multiturn.py, with this goal."""

LOOKS = ("<think> Here (1, 2). </think>\n<tool_call>…</tool_call>", "<think> There (3, 4). …")
by_name = pytest.mark.parametrize("family", PUBLISHED, ids=lambda family: family.name)


@by_name
def test_the_system_prompt_is_the_authors_letter_by_letter(family: Family) -> None:
    assert sha256(family.template_system.encode()).hexdigest() == PROMPTS[family.name]


def test_the_numbers_are_those_of_the_evaluation_scripts() -> None:
    for family in PUBLISHED:
        turns = family.name in ("vigorl-multiturn-grounding", "vigorl-visual-search")
        sampling = (family.temperature, family.top_p, family.repetition_penalty)
        assert sampling == (0.5, 0.99 if turns else 1.0, 1.05)
        assert (family.last_turn, family.max_images) == ((5, 5) if turns else (None, 1))
        assert family.stop == ("</tool_call>", "</answer>")
    assert {family.name: family.zoom for family in PUBLISHED if family.zoom} == {
        "vigorl-multiturn-grounding": _crop(100, 504, dot=True),
        "vigorl-visual-search": _crop(182, 672, dot=False),
    }


@pytest.mark.parametrize(
    ("name", "screen", "shown"),
    [
        ("vigorl-grounding", (1920, 1080), (1932, 1092)),
        ("vigorl-visual-search", (5000, 4000), (4004, 3192)),
        ("vigorl-spatial", (1920, 1080), (1260, 700)),
        ("vigorl-web-action", (1280, 2048), (1288, 2044)),
    ],
)
def test_a_picture_is_shown_at_the_published_size(
    name: str, screen: tuple[int, int], shown: tuple[int, int]
) -> None:
    assert fitted_size(*screen, family_named(name).size) == shown


@by_name
def test_messages_are_those_that_the_authors_code_sends(
    family: Family, screen: Make, look: Make
) -> None:
    looks = LOOKS if family.zoom else ()
    ours = [_as_sent(message) for message in _played(family, screen, look, looks)]
    assert ours == _authors_messages(family.template_system, QUESTIONS[family.name], looks)


@pytest.mark.model
@by_name
def test_tokens_are_those_of_the_checkpoints_own_template(
    family: Family, screen: Make, look: Make, checkpoints: dict[str, Path]
) -> None:
    """Which puts the system prompt in by itself, as the authors' demos leave it to do."""
    from vigorl.policy.local.codec import Codec

    codec = Codec(str(checkpoints["qwen2_5_vl"]), family)
    looks = LOOKS if family.zoom else ()
    messages = _played(family, screen, look, looks)
    prompt = codec.encode(messages)
    template = (
        "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}"
        f"<|im_start|>system\n{family.template_system}<|im_end|>\n{{% endif %}}"
        f"{{% endfor %}}{codec.tokenizer.chat_template}"
    )
    for theirs in (
        _authors_messages(family.template_system, QUESTIONS[family.name], looks)[1:],
        [_as_sent(message) for message in messages],
    ):
        rendered = codec.tokenizer.apply_chat_template(
            theirs, chat_template=template, add_generation_prompt=True, tokenize=False
        )
        cell = family.chat.image_cell
        for image in prompt.images:
            rendered = rendered.replace(cell, "#" * token_count(image.shown, family.size), 1)
        ids = codec.tokenizer.encode(rendered.replace("#", cell), add_special_tokens=False)
        assert list(prompt.ids) == ids


def _crop(half_width_px: int, output_px: int, dot: bool) -> ZoomRule:
    return ZoomRule(half_width_px, ZoomStyle(output_px, dot=dot, edge="clip", source="recorded"))


def _played(family: Family, screen: Make, look: Make, looks: Sequence[str]) -> tuple[Message, ...]:
    """The messages of an episode that looks closer, as a server gets them."""
    conversation = Conversation("check sports news", family)
    conversation.see(screen(1, marks=()))
    for number, text in enumerate(looks, 2):
        conversation.hear(Reply(text, 9, 9, False), Zoom(Box(0, 0, 80, 80)))
        conversation.see(look(number))
    system = Message("system", (family.template_system,))
    return (system, *conversation.messages())


def _as_sent(message: Message) -> dict[str, Any]:
    """A message as a server gets it, without what is in its pictures."""
    content = [
        {"type": "image"} if isinstance(part, FittedImage) else {"type": "text", "text": part}
        for part in message.parts
    ]
    return {"role": message.role, "content": content}


def _authors_messages(system: str, question: str, looks: Sequence[str]) -> list[dict[str, Any]]:
    """What `Qwen_VLLM.generate_single_thought` of qwen_vllm.py sends, with several crops."""
    image = {"type": "image"}
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": [{"type": "text", "text": system}]},
        {"role": "user", "content": [image, {"type": "text", "text": question}]},
    ]
    before = "<observation>\nHere is the crop of the image centered on the coordinate:"
    for text in looks:
        seen: Content = [{"type": "text", "text": before}, image]
        seen.append({"type": "text", "text": "\n</observation>"})
        messages.append({"role": "assistant", "content": [{"type": "text", "text": text}]})
        messages.append({"role": "user", "content": seen})
    return messages
