"""The backend over verl's generation servers: token ids in, token ids out.

verl trains what its own servers sample; this is how an episode of ours asks them for a turn.
Conversations become tokens by our codec, so nothing is rendered or encoded by verl. It imports
nothing of verl: whoever has a client of its servers hands it over.

Source: `LLMServerClient.generate` of verl 0.9.1 (`verl/workers/rollout/llm_server.py`), whose
vLLM servers tell log-probabilities after bans and temperature (`logprobs_mode`): at temperature 1
those are the ones of `Reply.logprobs`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import uuid4

from vigorl.browser.errors import InconsistentData, PolicyFault, UsageError
from vigorl.policy.backend import Message, Reply, Sampling, SamplingMode
from vigorl.policy.family import Family
from vigorl.policy.local.codec import Codec, Prompt
from vigorl.policy.vllm.turns import reply_of, room_behind

_ROUNDING = 1e-4
"""By which a log-probability may lie above 0, as a server computes it."""

_ABORTED = ("abort", "aborted")


class TokenOutput(Protocol):
    """What a server of verl answers."""

    token_ids: list[int]
    log_probs: list[float] | None
    stop_reason: str | None
    extra_fields: dict[str, Any]


class TokenServers(Protocol):
    """A client of verl's generation servers."""

    async def generate(
        self,
        request_id: str,
        *,
        prompt_ids: list[int],
        sampling_params: dict[str, Any],
        image_data: list[Any] | None = None,
        mm_processor_kwargs: dict[str, Any] | None = None,
    ) -> TokenOutput:
        """The next tokens behind a prompt."""
        ...


class VerlBackend:
    """Sessions at verl's servers, which draw as they like: a seed is not theirs to take."""

    def __init__(
        self,
        servers: TokenServers,
        codec: Codec,
        family: Family,
        sampling: Sampling,
        context_tokens: int,
        name: str,
    ) -> None:
        """Let a client's servers answer.

        Args:
            servers: The client.
            codec: Of the checkpoint that is trained.
            family: How it is talked to.
            sampling: How its words are drawn; at temperature 1, or log-probabilities are of
                something else than what is trained.
            context_tokens: Most tokens of prompt and turn together.
            name: Of the checkpoint.

        Raises:
            UsageError: another temperature, or fewer tokens than all that may be drawn.
        """
        if (sampling.temperature, sampling.top_p, sampling.top_k) != (1, 1, 0):
            raise UsageError(
                "verl is to learn from what was sampled: set its rollout to temperature=1, "
                "top_p=1 and top_k=-1"
            )
        self.name = name
        self.weights: list[int] = []
        """Of each turn: the update after which its weights are, as its server tells."""
        self._servers = servers
        self._codec = codec
        self.family = family
        self._sampling = sampling
        self._context_tokens = context_tokens

    def session(self, seed: int) -> "VerlSession":
        """A place for one episode; its turns go to one server, which knows their beginning."""
        return VerlSession(self)

    @property
    def continues(self) -> bool:
        """It goes on in the middle of a message."""
        return True

    @property
    def processor(self) -> dict[str, Any]:
        """Sizes within which neither servers nor trainer resize, by the processor's names."""
        size = self.family.size
        return {"size": {"shortest_edge": size.min_pixels, "longest_edge": size.max_pixels}}

    def describe(self) -> dict[str, Any]:
        """What plays."""
        return {"backend": "verl", "model": self.name, "context_tokens": self._context_tokens}

    async def decode(self, ids: Sequence[int]) -> str:
        """The text of sampled tokens, special tokens left out."""
        return self._codec.decode(ids)

    async def close(self) -> None:
        """Nothing: the servers are verl's."""

    async def generate(self, request: str, messages: Sequence[Message], how: SamplingMode) -> Reply:
        """The assistant's next message, or the rest of the last one where it has begun it.

        Raises:
            PolicyFault: the servers broke or broke off, or the context is too short.
            InconsistentData: a text contains a control string, or a server contradicts itself.
            UsageError: the servers tell no log-probabilities.
        """
        prompt, images = await asyncio.to_thread(self._given, messages)
        params = self._params(prompt, self._sampling.drawn(how))
        try:
            output = await self._servers.generate(
                request,
                prompt_ids=list(prompt.ids),
                sampling_params=params,
                image_data=images or None,
                mm_processor_kwargs=self.processor if images else None,
            )
        except Exception as error:  # whatever a server of Ray's or vLLM's dies of
            raise PolicyFault(f"verl's server did not answer: {_reason(error)}") from error
        if output.stop_reason in _ABORTED or not output.token_ids:
            raise PolicyFault(f"verl's server broke a turn off ({output.stop_reason})")
        self._note(output.extra_fields)
        return self._reply(prompt, output)

    def _given(self, messages: Sequence[Message]) -> tuple[Prompt, list[Any]]:
        """A conversation's tokens, and its pictures at the size that the tokens say."""
        prompt = self._codec.encode(messages)
        return prompt, [image.image() for image in prompt.images]

    def _params(self, prompt: Prompt, sampling: Sampling) -> dict[str, Any]:
        return {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": -1,
            "max_tokens": room_behind(prompt, sampling, self._context_tokens),
            "stop": list(self.family.stop),
            "stop_token_ids": [self._codec.end_id],
            "include_stop_str_in_output": True,
            "bad_words": list(self.family.chat.never_sampled),
            "logprobs": True,
        }

    def _note(self, told: Mapping[str, Any]) -> None:
        for name in ("min_global_steps", "max_global_steps"):
            if told.get(name) is not None:
                self.weights.append(int(told[name]))

    def _reply(self, prompt: Prompt, output: TokenOutput) -> Reply:
        sampled = tuple(output.token_ids)
        if output.log_probs is None:
            raise UsageError("verl tells no log-probabilities: rollout.calculate_log_probs=true")
        if len(output.log_probs) != len(sampled):
            raise InconsistentData(
                f"{len(sampled)} sampled ids with {len(output.log_probs)} log-probabilities"
            )
        text = self._codec.decode(sampled)
        is_ended = sampled[-1] == self._codec.end_id or text.endswith(tuple(self.family.stop))
        if max(output.log_probs, default=0.0) > _ROUNDING:
            raise InconsistentData(f"a log-probability of {max(output.log_probs):g}, above 0")
        logprobs = [min(0.0, float(each)) for each in output.log_probs]
        return reply_of(prompt, self._codec, sampled, logprobs, cut_off=not is_ended)


class VerlSession:
    """One episode's place at verl's servers."""

    def __init__(self, backend: VerlBackend) -> None:
        self._backend = backend
        self._request = uuid4().hex

    async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
        """The assistant's next message.

        Raises:
            PolicyFault: the servers broke or broke off, or the context is too short.
            InconsistentData: a text contains a control string, or a server contradicts itself.
            UsageError: the servers tell no log-probabilities.
        """
        return await self._backend.generate(self._request, messages, how)


def _reason(error: BaseException) -> str:
    """The last line of what an error says: those of Ray begin with a remote trace."""
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
