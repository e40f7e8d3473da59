"""One turn of vLLM, whether its engine runs in this process or behind a URL.

Conversations become tokens by the same codec as for the local engine, so nothing is rendered or
encoded by vLLM; a run of placeholders goes as one, which vLLM makes as long as the picture has
cells. What it then has read has to be what was given, token by token.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Protocol

from vigorl.browser.errors import PolicyFault
from vigorl.policy.backend import Message, Reply, Sampling, SamplingMode
from vigorl.policy.family import Family
from vigorl.policy.local.codec import Codec, Prompt

_SEEDS_AN_EPISODE = 10_000

_FEWEST_TOKENS = 32
"""A turn is not begun where less than this is left of the context."""


class Generator(Protocol):
    """What computes turns."""

    async def generate(self, messages: Sequence[Message], seed: int, how: SamplingMode) -> Reply:
        """The assistant's next message, drawn with a seed."""
        ...


class VllmSession:
    """One episode; vLLM keeps nothing of it but what its prefix cache holds."""

    def __init__(self, backend: Generator, seed: int) -> None:
        self._backend = backend
        self._next_seed = seed * _SEEDS_AN_EPISODE

    async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
        """The assistant's next message.

        Raises:
            PolicyFault: vLLM is closed, broke or refuses, or the context is too short.
            InconsistentData: a text contains a control string, or vLLM contradicts itself.
        """
        self._next_seed += 1
        return await self._backend.generate(messages, self._next_seed, how)


def collapsed_ids(prompt: Prompt, cell_id: int) -> list[int]:
    """The tokens of a prompt as vLLM takes them: one placeholder for each picture."""
    ids: list[int] = []
    for is_cell, run in groupby(prompt.ids, cell_id.__eq__):
        ids += [cell_id] if is_cell else list(run)
    return ids


def room_behind(prompt: Prompt, sampling: Sampling, context_tokens: int) -> int:
    """Tokens of the turn that fit behind a prompt.

    Raises:
        PolicyFault: hardly any do.
    """
    left = context_tokens - len(prompt.ids)
    if left < _FEWEST_TOKENS:
        raise PolicyFault(
            f"the conversation has {len(prompt.ids)} tokens and the engine takes {context_tokens} "
            "(max_model_len): keep fewer screens in its window, or smaller ones"
        )
    return min(left, sampling.max_tokens)


def sampling_fields(
    sampling: Sampling, seed: int, max_tokens: int, family: Family, codec: Codec
) -> dict[str, Any]:
    """How one turn is drawn, by the names of vLLM's `SamplingParams`.

    Every field that changes what is drawn is told, so that none comes from elsewhere.
    """
    return {
        "n": 1,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": 0.0,
        "repetition_penalty": sampling.repetition_penalty,
        "presence_penalty": sampling.presence_penalty,
        "frequency_penalty": 0.0,
        "seed": seed,
        "max_tokens": max_tokens,
        "stop": list(family.stop),
        "stop_token_ids": [codec.end_id],
        "include_stop_str_in_output": True,
        "bad_words": list(family.chat.never_sampled),
    }


def require_read(prompt: Prompt, read_ids: Sequence[int]) -> None:
    """Check that vLLM has read the prompt that it was given.

    Raises:
        PolicyFault: its pictures had other sizes, or it has other tokens.
    """
    if tuple(read_ids) == prompt.ids:
        return
    if len(read_ids) == len(prompt.ids):
        place = next(
            at for at, (one, other) in enumerate(zip(read_ids, prompt.ids, strict=True))
            if one != other
        )  # fmt: skip
        raise PolicyFault(
            f"vLLM read another prompt than was given: token {read_ids[place]} in place of "
            f"{prompt.ids[place]} at {place}. Serve the model that is asked for"
        )
    raise PolicyFault(
        f"vLLM read {len(read_ids)} tokens where {len(prompt.ids)} were given: its image processor "
        "resizes pictures, so coordinates would be off. Give no other size limits than those of "
        "the family, or name the right family"
    )


def reply_of(
    prompt: Prompt,
    codec: Codec,
    sampled_ids: Sequence[int],
    logprobs: Sequence[float],
    *,
    cut_off: bool,
    weights_step: int | None = None,
) -> Reply:
    """A turn as vLLM tells it, a log-probability for each token."""
    return Reply(
        text=codec.decode(sampled_ids),
        prompt_token_count=len(prompt.ids),
        sampled_token_count=len(sampled_ids),
        cut_off=cut_off,
        prompt_ids=prompt.ids,
        sampled_ids=tuple(sampled_ids),
        logprobs=tuple(logprobs),
        images=tuple(image.shown for image in prompt.images),
        weights_step=weights_step,
    )
