"""nano that sees: a Qwen3-VL of a few million parameters, loadable by transformers and vLLM."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import Qwen2VLImageProcessorPil, Qwen3VLConfig, Qwen3VLForConditionalGeneration

from vigorl.policy.local.tiny import CHAT_TEMPLATE
from vigorl.training.nano.vocabulary import Vocabulary, vocabulary

PATCH_PX = 16
CELL_PX = 2 * PATCH_PX
"""The square that becomes one token."""
HEAD = 64
"""Numbers of an attention head; servers have no kernels for fewer."""


@dataclass(frozen=True)
class PixelNanoSize:
    """How large the two halves are."""

    vision_width: int = 256
    vision_layers: int = 6
    text_width: int = 256
    text_layers: int = 7
    deepstack: tuple[int, ...] = (2,)
    """Vision layers whose output is also added to the first text layers."""
    position_grid: int = 32
    """Side of the grid of learned positions, stretched over every picture."""


def build(size: PixelNanoSize, seed: int) -> tuple[Any, Vocabulary]:
    """The model with random weights, float32, and its vocabulary."""
    words = vocabulary(CHAT_TEMPLATE)
    vision = {
        "depth": size.vision_layers,
        "hidden_size": size.vision_width,
        "intermediate_size": 4 * size.vision_width,
        "num_heads": size.vision_width // HEAD,
        "out_hidden_size": size.text_width,
        "patch_size": PATCH_PX,
        "deepstack_visual_indexes": list(size.deepstack),
        "num_position_embeddings": size.position_grid**2,
    }
    text = {
        "vocab_size": len(words) + 16 - len(words) % 8,
        "hidden_size": size.text_width,
        "intermediate_size": 3 * size.text_width,
        "num_hidden_layers": size.text_layers,
        "num_attention_heads": size.text_width // HEAD,
        "num_key_value_heads": size.text_width // HEAD,
        "head_dim": HEAD,
        "max_position_embeddings": 8192,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 1e5,
            "mrope_section": [12, 10, 10],
            "mrope_interleaved": True,
        },
        "eos_token_id": words.tokenizer.eos_token_id,
        "pad_token_id": words.tokenizer.pad_token_id,
        "bos_token_id": words.tokenizer.pad_token_id,
        "tie_word_embeddings": True,
    }
    config = Qwen3VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=words.id("<|image_pad|>"),
        video_token_id=words.id("<|video_pad|>"),
        vision_start_token_id=words.id("<|vision_start|>"),
        vision_end_token_id=words.id("<|vision_end|>"),
        tie_word_embeddings=True,
    )
    torch.manual_seed(seed)
    model = Qwen3VLForConditionalGeneration(config)
    model.generation_config.eos_token_id = words.tokenizer.eos_token_id
    return model, words


def save(model: Any, words: Vocabulary, folder: Path) -> None:
    """Write a checkpoint in bfloat16, whole with tokenizer and image processor."""
    words.tokenizer.save_pretrained(folder)
    halved = {
        name: weight.detach().to("cpu", torch.bfloat16).contiguous()
        for name, weight in model.state_dict().items()
        if name != "lm_head.weight"
    }
    model.save_pretrained(folder, state_dict=halved)
    sizes = {"shortest_edge": CELL_PX**2 * 4, "longest_edge": CELL_PX**2 * 2048}
    Qwen2VLImageProcessorPil(
        patch_size=PATCH_PX, size=sizes, image_mean=[0.5] * 3, image_std=[0.5] * 3
    ).save_pretrained(folder)
    (folder / "processor_config.json").write_text(
        json.dumps({"processor_class": "Qwen3VLProcessor"})
    )
