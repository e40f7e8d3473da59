"""A stand-in for verl's generation servers: it samples from the real network, by transformers."""

import asyncio
import math
from pathlib import Path
from typing import Any

import torch
from transformers import Qwen2_5_VLForConditionalGeneration
from verl.utils.tokenizer import build_multimodal_processor_inputs, hf_processor
from verl.workers.rollout.replica import TokenOutput


class TinyServers:
    """Answers as `LLMServerClient` does; knows nothing of our codec or engine.

    Attributes:
        breaks: Requests (by their number, from 0) whose every turn is aborted.
    """

    def __init__(self, checkpoint: Path) -> None:
        self.processor = hf_processor(str(checkpoint))
        self.model = Qwen2_5_VLForConditionalGeneration.from_pretrained(
            checkpoint, attn_implementation="eager"
        ).eval()
        self.breaks: set[int] = set()
        self.requests: dict[str, int] = {}
        self.asked: list[dict[str, Any]] = []
        self._one_at_a_time = asyncio.Lock()

    async def generate(
        self,
        request_id: str,
        *,
        prompt_ids: list[int],
        sampling_params: dict[str, Any],
        image_data: list[Any] | None = None,
        mm_processor_kwargs: dict[str, Any] | None = None,
    ) -> TokenOutput:
        number = self.requests.setdefault(request_id, len(self.requests))
        self.asked.append(dict(sampling_params))
        if number in self.breaks:
            return TokenOutput(token_ids=[], stop_reason="aborted")
        async with self._one_at_a_time:
            return await asyncio.to_thread(
                self._sample, prompt_ids, sampling_params, image_data, mm_processor_kwargs
            )

    @torch.no_grad()
    def _sample(
        self, prompt_ids: list[int], how: dict[str, Any], images: Any, mm_kwargs: Any
    ) -> TokenOutput:
        tokenizer = self.processor.tokenizer
        banned = tokenizer.convert_tokens_to_ids(how["bad_words"])
        ids = torch.tensor([prompt_ids])
        given: dict[str, Any] = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        if images:
            seen = build_multimodal_processor_inputs(
                self.processor, text=["?"], images=images, mm_processor_kwargs=mm_kwargs
            )
            given |= {name: seen[name] for name in ("pixel_values", "image_grid_thw")}
            given["mm_token_type_ids"] = (ids == self.model.config.image_token_id).int()
        out = self.model.generate(
            **given,
            do_sample=how["temperature"] > 0,
            temperature=how["temperature"] or None,
            top_k=0,
            top_p=1.0,
            max_new_tokens=how["max_tokens"],
            eos_token_id=how["stop_token_ids"],
            suppress_tokens=banned,
            stop_strings=how["stop"] or None,
            tokenizer=tokenizer,
            return_dict_in_generate=True,
            output_logits=True,
        )
        sampled = out.sequences[0, len(prompt_ids) :].tolist()
        logits = torch.stack(out.logits)[:, 0]
        logits[:, banned] = -math.inf
        logprobs = logits.log_softmax(-1)
        return TokenOutput(
            token_ids=sampled,
            log_probs=[float(logprobs[at, token]) for at, token in enumerate(sampled)],
            stop_reason="completed",
            extra_fields={"global_steps": 3, "min_global_steps": 3, "max_global_steps": 3},
        )
