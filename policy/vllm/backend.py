"""The backend that runs vLLM's engine inside this process: token ids in, token ids out.

Log-probabilities are those of `Reply.logprobs` whatever the sampling: vLLM tells them before any
penalty, temperature or ban, together with those of the banned tokens, which are then taken out.

Needs the extra `[vllm]`.
"""

import asyncio
import gc
import math
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from vigorl.browser.errors import InconsistentData, PolicyFault, UsageError
from vigorl.policy.backend import Message, Reply, Sampling, SamplingMode
from vigorl.policy.family import Family
from vigorl.policy.local.codec import Codec, Prompt
from vigorl.policy.vllm.adapters import Adapters
from vigorl.policy.vllm.turns import (
    VllmSession,
    collapsed_ids,
    reply_of,
    require_read,
    room_behind,
    sampling_fields,
)

_CLOSE_LIMIT_S = 30


class VllmBackend:
    """Sessions that share one engine; `vigorl.policy.vllm.engine.open_vllm` makes one."""

    def __init__(
        self,
        engine: Any,
        codec: Codec,
        family: Family,
        sampling: Sampling,
        settings: Mapping[str, Any],
    ) -> None:
        """Let an `AsyncLLM` answer, which tells raw log-probabilities.

        Args:
            engine: It.
            codec: Of its checkpoint.
            family: How it is talked to.
            sampling: How its words are drawn.
            settings: What it was opened with, by vLLM's names: `model`, and whatever else.
        """
        self.name = str(settings["model"])
        self.adapters = Adapters(int(settings.get("max_lora_rank", 0)))
        self._engine = engine
        self._codec = codec
        self._family = family
        self._sampling = sampling
        self._settings = settings
        self._turn_numbers = count(1)
        self._under_way: set[str] = set()

    def session(self, seed: int) -> "VllmSession":
        """A place for one episode, which draws with this seed."""
        return VllmSession(self, seed)

    @property
    def continues(self) -> bool:
        """It goes on in the middle of a message."""
        return True

    def describe(self) -> dict[str, Any]:
        """Engine arguments, the adapter, versions."""
        import torch
        import vllm

        adapter = self.adapters.current
        return {
            "backend": "vllm",
            **self._settings,
            "adapter": None if adapter is None else adapter.lora_path,
            "vllm": vllm.__version__,
            "torch": torch.__version__,
        }

    async def decode(self, ids: Sequence[int]) -> str:
        """The text of sampled tokens, special tokens left out."""
        return self._codec.decode(ids)

    async def load_adapter(self, folder: Path) -> None:
        """Let turns that begin from now on be sampled with a LoRA adapter (see `Adapters.load`).

        Raises:
            UsageError: the engine was not opened for adapters, or there is none in the folder.
            PolicyFault: the engine refuses it.
        """
        await self.adapters.load(self._running(), folder)

    async def sleep(self) -> None:
        """Give the device's memory back once the turns under way are over; later ones wait.

        Weights move to the CPU's memory. Where the engine was opened without `sleeps`, or on a
        device that knows no sleep, it only rests.
        """
        await self._running().sleep(level=1, mode="wait")

    async def wake(self) -> None:
        """Take the memory again, and go on."""
        await self._running().wake_up()

    async def close(self) -> None:
        """End the engine; turns that are under way end with a fault. May be called twice."""
        engine, self._engine = self._engine, None
        if engine is None:
            return
        if not engine.errored:
            await engine.abort(list(self._under_way))
        if engine.output_handler is not None:  # it would report that the engine has gone
            engine.output_handler.cancel()
        await asyncio.to_thread(engine.shutdown, _CLOSE_LIMIT_S)
        del engine
        gc.collect()  # else Python's own end finds it, and it complains

    def _running(self) -> Any:
        """The engine.

        Raises:
            PolicyFault: it was closed.
        """
        if self._engine is None:
            raise PolicyFault("the model was closed")
        return self._engine

    async def generate(self, messages: Sequence[Message], seed: int, how: SamplingMode) -> Reply:
        """The assistant's next message, or the rest of the last one where it has begun it.

        Raises:
            PolicyFault: the engine is closed, broke or refuses, or the context is too short.
            InconsistentData: a text contains a control string, or the engine contradicts itself.
        """
        self._running()
        prompt, given = await asyncio.to_thread(self._given, messages)
        sampling = self._sampling.drawn(how)
        context_tokens = int(self._running().model_config.max_model_len)
        max_tokens = room_behind(prompt, sampling, context_tokens)
        output = await self._answer(given, self._params(sampling, seed, max_tokens))
        require_read(prompt, output.prompt_token_ids)
        return self._reply(prompt, output.outputs[0])

    def _given(self, messages: Sequence[Message]) -> tuple[Prompt, dict[str, Any]]:
        """A conversation's tokens, and the same as vLLM takes them."""
        prompt = self._codec.encode(messages)
        given: dict[str, Any] = {"prompt_token_ids": collapsed_ids(prompt, self._codec.cell_id)}
        if prompt.images:
            given["multi_modal_data"] = {"image": [image.image() for image in prompt.images]}
        return prompt, given

    def _params(self, sampling: Sampling, seed: int, max_tokens: int) -> Any:
        """How one turn is drawn, as the engine takes it.

        Raises:
            UsageError: vLLM does not sample like that.
        """
        from vllm import SamplingParams
        from vllm.exceptions import VLLMError
        from vllm.sampling_params import RequestOutputKind

        banned = self._codec.never_sampled
        try:
            return SamplingParams(
                **sampling_fields(sampling, seed, max_tokens, self._family, self._codec),
                # With `logprobs` beside it, vLLM keeps that of the sampled token alone.
                logprobs=None if banned else 0,
                logprob_token_ids=banned or None,
                output_kind=RequestOutputKind.FINAL_ONLY,
            )
        except VLLMError as error:
            raise UsageError(f"vLLM does not sample like that: {_reason(error)}") from error

    async def _answer(self, given: Mapping[str, Any], params: Any) -> Any:
        """What vLLM makes of a prompt, whole.

        Raises:
            PolicyFault: it broke, or refuses.
        """
        from vllm.exceptions import VLLMError

        name = f"turn-{next(self._turn_numbers)}"
        output = None
        self._under_way.add(name)
        try:
            stream = self._running().generate(
                given, params, name, lora_request=self.adapters.current
            )
            async for each in stream:
                output = each
        except (VLLMError, ValueError) as error:
            raise PolicyFault(f"vLLM did not answer: {_reason(error)}") from error
        finally:
            self._under_way.discard(name)
        if output is None or not output.finished:
            raise PolicyFault("vLLM broke a turn off: the model was closed")
        finish_reason = output.outputs[0].finish_reason
        if finish_reason not in ("stop", "length"):
            raise PolicyFault(f"vLLM broke a turn off ({finish_reason})")
        return output

    def _reply(self, prompt: Prompt, said: Any) -> Reply:
        sampled_ids = tuple(said.token_ids)
        told = said.logprobs
        if told is None or len(told) != len(sampled_ids):
            count_told = None if told is None else len(told)
            raise InconsistentData(
                f"{len(sampled_ids)} sampled ids with {count_told} log-probabilities"
            )
        banned = self._codec.never_sampled
        logprobs = [
            _allowed(each, token_id, banned)
            for each, token_id in zip(told, sampled_ids, strict=True)
        ]
        is_cut_off = said.finish_reason == "length"
        return reply_of(prompt, self._codec, sampled_ids, logprobs, cut_off=is_cut_off)


def _allowed(told: Mapping[int, Any], token_id: int, banned: Sequence[int]) -> float:
    """The log-probability of a token among those that may be sampled.

    Args:
        told: Log-probabilities among all tokens: of this one and of those that may not.
        token_id: The token.
        banned: Those that may not.
    """
    lost = math.fsum(math.exp(told[each].logprob) for each in banned)
    return float(told[token_id].logprob) - math.log1p(-min(lost, 1 - 2**-53))


def _reason(error: BaseException) -> str:
    """What an error of vLLM says, or the one that it hides."""
    said = str(error).strip() or str(error.__cause__ or "").strip()
    return said.splitlines()[0] if said else type(error).__name__
