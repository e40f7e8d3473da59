"""Checkpoints of half a million random weights, whole in every other respect.

They say nothing sensible, but they load, see (or read), are served and are trained like the real
ones, which is what tests and dry runs need.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2VLImageProcessorPil,
    Qwen3_5Config,
    Qwen3_5ForConditionalGeneration,
    Qwen3_5MoeConfig,
    Qwen3_5MoeForConditionalGeneration,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLMoeConfig,
    Qwen3VLMoeForConditionalGeneration,
)

from vigorl.policy.backend import Message
from vigorl.policy.family import FAMILIES, ChatFormat
from vigorl.policy.local.codec import Prompt
from vigorl.policy.local.network import Network

Architecture = Literal[
    "qwen2_5_vl", "qwen3_vl", "qwen3_vl_moe", "qwen3_5", "qwen3_5_moe", "qwen3", "llama"
]

_HIDDEN = 128
_HEAD = 64
"""Numbers of an attention head; servers have no kernels for fewer."""

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}{% else %}"
    "{% for part in message.content %}"
    "{% if part.type == 'text' %}{{ part.text }}"
    "{% else %}<|vision_start|><|image_pad|><|vision_end|>{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def write_tiny_checkpoint(folder: Path, architecture: Architecture, seed: int = 0) -> Path:
    """Write a checkpoint with random weights, and return its folder."""
    tokenizer = _tokenizer()
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    model: Any
    match architecture:
        case "qwen2_5_vl":
            model = Qwen2_5_VLForConditionalGeneration(_qwen25(tokenizer))
        case "qwen3_vl":
            model = Qwen3VLForConditionalGeneration(_qwen3(tokenizer))
        case "qwen3_vl_moe":
            model = Qwen3VLMoeForConditionalGeneration(_qwen3_moe(tokenizer))
        case "qwen3_5":
            model = Qwen3_5ForConditionalGeneration(_qwen35(tokenizer, Qwen3_5Config))
        case "qwen3_5_moe":
            model = Qwen3_5MoeForConditionalGeneration(_qwen35_moe(tokenizer))
        case "qwen3":
            model = Qwen3ForCausalLM(_blind(tokenizer, Qwen3Config))
        case "llama":
            model = LlamaForCausalLM(_blind(tokenizer, LlamaConfig))
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.save_pretrained(folder)
    if architecture in ("qwen3", "llama"):
        return folder
    patch_px, shortest = (14, 3136) if architecture == "qwen2_5_vl" else (16, 65_536)
    sizes = {"shortest_edge": shortest, "longest_edge": 12_845_056}
    Qwen2VLImageProcessorPil(patch_size=patch_px, size=sizes).save_pretrained(folder)
    processor = {
        "processor_class": f"{type(model.config).__name__.removesuffix('Config')}Processor"
    }
    (folder / "processor_config.json").write_text(json.dumps(processor))
    return folder


def learn_by_heart(
    network: Network, *dialogues: Sequence[Message], loss: float = 0.02, most_steps: int = 500
) -> int:
    """Train until the network says the assistant's messages of dialogues on its own.

    The weights of its eyes stay as they are; half a million others take a few seconds.

    Returns:
        The number of steps taken, `most_steps` at most.
    """
    rows = [_spoken(network, dialogue) for dialogue in dialogues]
    weights = [
        weight for name, weight in network.model.named_parameters() if not network.is_vision(name)
    ]
    optimizer = torch.optim.AdamW(weights, lr=3e-3)
    known = 0
    for step in range(most_steps):
        row, at = rows[step % len(rows)]
        mean = -network.logprobs(row, at).mean()
        known = known + 1 if mean < loss else 0
        if known == len(rows):
            return step
        optimizer.zero_grad()
        torch.autograd.backward(mean)
        optimizer.step()
    return most_steps


def _spoken(network: Network, dialogue: Sequence[Message]) -> tuple[Prompt, list[int]]:
    """A dialogue as a row, and the places of what the assistant says in it."""
    said = [index for index, message in enumerate(dialogue) if message.role == "assistant"]
    spoken = [
        replace(message, ids=network.codec.spoken_ids(message)) if index in said else message
        for index, message in enumerate(dialogue)
    ]
    starts = [len(network.codec.encode(spoken[:index]).ids) for index in said]
    at = [
        start + offset
        for start, index in zip(starts, said, strict=True)
        for offset in range(len(spoken[index].ids or ()))
    ]
    return network.codec.encode(spoken), at


def _tokenizer() -> Any:
    """Bytes, what is frequent in our own prompts, and the control strings of the chat format."""
    chat = ChatFormat()
    bytes_only = Tokenizer(models.BPE())
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_only.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=len(alphabet) + 512, initial_alphabet=alphabet, show_progress=False
    )
    prompts = (family.system_prompt() for family in FAMILIES)
    texts = [CHAT_TEMPLATE, *filter(None, prompts)]
    bytes_only.train_from_iterator(texts, trainer)
    tokenizer: Any = PreTrainedTokenizerFast(
        tokenizer_object=bytes_only,
        eos_token=chat.end,
        pad_token="<|endoftext|>",
        additional_special_tokens=[chat.start, *chat.never_sampled],
        chat_template=CHAT_TEMPLATE,
    )
    tokenizer.add_tokens(["<tool_call>", "</tool_call>"])
    return tokenizer


def _common(tokenizer: Any) -> dict[str, Any]:
    """What the two architectures share."""
    return {
        "image_token_id": tokenizer.convert_tokens_to_ids("<|image_pad|>"),
        "video_token_id": tokenizer.convert_tokens_to_ids("<|video_pad|>"),
        "vision_start_token_id": tokenizer.convert_tokens_to_ids("<|vision_start|>"),
        "vision_end_token_id": tokenizer.convert_tokens_to_ids("<|vision_end|>"),
        "tie_word_embeddings": False,
    }


def _text(tokenizer: Any) -> dict[str, Any]:
    return {
        # As in real checkpoints there are more rows than tokens.
        "vocab_size": len(tokenizer) + 16 - len(tokenizer) % 8,
        "hidden_size": _HIDDEN,
        "intermediate_size": _HIDDEN,
        "num_hidden_layers": 2,
        "num_attention_heads": _HIDDEN // _HEAD,
        "num_key_value_heads": 1,
        "max_position_embeddings": 16_384,
        # Five times the usual, so that what it sees shows in what it says.
        "initializer_range": 0.1,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 1e6,
            "mrope_section": [8, 12, 12],
        },
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.pad_token_id,
    }


_VISION = {
    "depth": 2,
    "hidden_size": _HEAD,
    "intermediate_size": _HEAD,
    "num_heads": 2,
    "out_hidden_size": _HIDDEN,
}


def _qwen25(tokenizer: Any) -> Any:
    vision = {**_VISION, "fullatt_block_indexes": [1]}
    text = _text(tokenizer)
    return Qwen2_5_VLConfig(text_config=text, vision_config=vision, **_common(tokenizer))


def _qwen3(tokenizer: Any) -> Any:
    vision = {**_VISION, "deepstack_visual_indexes": [0], "num_position_embeddings": 256}
    text = {**_text(tokenizer), "head_dim": _HEAD}
    text["rope_parameters"] = {**text["rope_parameters"], "mrope_interleaved": True}
    return Qwen3VLConfig(text_config=text, vision_config=vision, **_common(tokenizer))


_EXPERTS = {
    "num_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": _HEAD,
}


def _qwen3_moe(tokenizer: Any) -> Any:
    dense = _qwen3(tokenizer)
    text = {**dense.text_config.to_dict(), **_EXPERTS, "model_type": "qwen3_vl_moe_text"}
    vision = {**dense.vision_config.to_dict(), "model_type": "qwen3_vl_moe_vision"}
    return Qwen3VLMoeConfig(text_config=text, vision_config=vision, **_common(tokenizer))


def _qwen35(tokenizer: Any, config: Any, **more: Any) -> Any:
    """Two layers, the first of linear attention, as three of four are in the real ones."""
    text = {
        **_text(tokenizer),
        "head_dim": _HEAD,
        "layer_types": ["linear_attention", "full_attention"],
        "linear_num_key_heads": 1,
        "linear_num_value_heads": 2,
        "linear_key_head_dim": _HEAD,
        "linear_value_head_dim": _HEAD,
        **more,
    }
    text["rope_parameters"] = {
        **text["rope_parameters"],
        "partial_rotary_factor": 0.25,
        "mrope_section": [3, 3, 2],
        "mrope_interleaved": True,
    }
    vision = {**_VISION, "num_position_embeddings": 256}
    return config(text_config=text, vision_config=vision, **_common(tokenizer))


def _qwen35_moe(tokenizer: Any) -> Any:
    return _qwen35(tokenizer, Qwen3_5MoeConfig, **_EXPERTS, shared_expert_intermediate_size=_HEAD)


def _blind(tokenizer: Any, config: Any) -> Any:
    rope = {"rope_type": "default", "rope_theta": 1e6}
    return config(**{**_text(tokenizer), "head_dim": _HEAD, "rope_parameters": rope})
