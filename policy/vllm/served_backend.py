"""The backend of a model that is trained here and sampled on a server of vLLM, by its tokens.

The server has the base model; what is learnt comes to it as a LoRA adapter, a new one after each
rollout batch (`ServedBackend.offer`). The first turn behind that waits until it is loaded, under a
name that was never used, so that nothing which was read with other weights is taken for it, and
until one short turn with it was compared with the network in this process. A server that was
started anew gets it again. Each reply says which weights sampled it.

Log-probabilities are those of the distribution that words are drawn from, which the server tells
where it was started with `--logprobs-mode processed_logprobs` (`vigorl-agent serve` does); that is
tried before the first turn.
"""

import asyncio
import base64
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from secrets import token_hex
from statistics import fmean
from typing import Any

from PIL import Image

from vigorl.browser.clock import somebody_elses_time
from vigorl.browser.errors import PolicyFault, UsageError
from vigorl.browser.geometry import Frame
from vigorl.browser.picture import Picture, View
from vigorl.policy.backend import Message, Reply, Sampling, SamplingMode
from vigorl.policy.family import Family
from vigorl.policy.images import FittedImage, fit
from vigorl.policy.local.codec import Codec, Prompt
from vigorl.policy.vllm.token_server import AdapterGone, TokenServer
from vigorl.policy.vllm.turns import (
    VllmSession,
    collapsed_ids,
    reply_of,
    require_read,
    room_behind,
    sampling_fields,
)

Score = Callable[[Prompt, Sequence[int]], Sequence[float]]
"""Log-probabilities of the tokens at these places of a row, by the network that is trained."""

_LOADED_AGAIN = 3
"""Times that a turn is begun whose adapter the server does not have."""

_TRIAL_TOKENS = 16
_ROUNDING = 1e-5
_MOST_DRIFT = 0.5
"""Nats by which the tokens of a trial differ on average between server and network. Number formats
make some hundredths, another model several whole ones."""


@dataclass(frozen=True, slots=True)
class OfferedAdapter:
    """What turns are to be sampled with."""

    folder: Path
    """As peft writes it."""
    rank: int
    step: int
    """Updates that it has seen."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    adapter: OfferedAdapter
    name: str


class ServedBackend:
    """Sessions that share one server."""

    def __init__(
        self, server: TokenServer, codec: Codec, family: Family, sampling: Sampling, score: Score
    ) -> None:
        """Nothing is asked yet; turns wait for an adapter (`offer`).

        Args:
            server: It has the base model.
            codec: Of the same.
            family: How it is talked to.
            sampling: How its words are drawn.
            score: The network that is trained, as it is whenever an adapter is loaded.
        """
        self.name = server.model
        self._server = server
        self._codec = codec
        self._family = family
        self._sampling = sampling
        self._score = score
        self._run = token_hex(4)
        self._loads = count(1)
        self._offered: OfferedAdapter | None = None
        self._loaded: _Loaded | None = None
        self._left: list[str] = []
        """Adapters that the server was given, or a kill has left to it, and nobody samples with."""
        self._was_tried = False
        """The server tells the log-probabilities that are needed."""
        self._loading: asyncio.Task[None] | None = None

    def session(self, seed: int) -> VllmSession:
        """A place for one episode, which draws with this seed."""
        return VllmSession(self, seed)

    @property
    def continues(self) -> bool:
        """It goes on in the middle of a message."""
        return True

    def describe(self) -> dict[str, Any]:
        """The server, its model, and which weights turns are sampled with that begin now."""
        offered = self._offered
        return {
            "backend": "vllm server",
            "url": self._server.url,
            "root": self._server.root,
            "weights_step": None if offered is None else offered.step,
        }

    async def decode(self, ids: Sequence[int]) -> str:
        """The text of sampled tokens, special tokens left out."""
        return self._codec.decode(ids)

    async def close(self) -> None:
        """Let go of the connections; the server keeps its adapter. May be called twice."""
        if self._loading is not None:
            self._loading.cancel()
        await self._server.close()

    def offer(self, adapter: OfferedAdapter) -> None:
        """Let turns that begin from now on be sampled with this adapter.

        It is loaded when the first of them begins. Its folder has to stay until another one is
        offered and no turn is under way.
        """
        self._offered = adapter

    async def ready(self) -> None:
        """Load what is offered, if it is not, and compare the server with the network here.

        Raises:
            UsageError: the server has another model, or was not started for this.
            PolicyFault: nobody answers.
        """
        await self._current()

    async def generate(self, messages: Sequence[Message], seed: int, how: SamplingMode) -> Reply:
        """The assistant's next message, or the rest of the last one where it has begun it.

        Raises:
            PolicyFault: nobody answers, it refuses or breaks off, it read another prompt than ours,
                or the context is too short.
            UsageError: it was started anew, and not for this.
            InconsistentData: a text contains a control string, or the server contradicts itself.
        """
        for _ in range(_LOADED_AGAIN):
            loaded = await self._current()
            try:
                return await self._turn(loaded, messages, seed, self._sampling.drawn(how))
            except AdapterGone as error:
                gone = error
                if self._loaded is loaded:
                    self._loaded = None
        raise PolicyFault(
            f"{gone}, {_LOADED_AGAIN} times after it was loaded: let it have one API server "
            "(--api-server-count 1), and nobody else unload its adapters"
        ) from gone

    async def _current(self) -> _Loaded:
        """What is offered, loaded; all who wait for it share one attempt, and what it raises."""
        with somebody_elses_time():
            while (loaded := self._loaded) is None or loaded.adapter is not self._offered:
                if self._loading is None:
                    self._loading = asyncio.create_task(self._load(), context=Context())
                await asyncio.shield(self._loading)
        return loaded

    async def _load(self) -> None:
        """Load what is offered, try it, and unload all that was there before."""
        try:
            offered = self._offered
            if offered is None:
                raise UsageError("a server samples with an adapter: offer one first")
            name = f"vigorl-{self._run}-{offered.step:06d}-{next(self._loads)}"
            await self._server.load_adapter(name, offered.folder, offered.rank)
            self._left += self._server.adapters_in(offered.folder.parent)
            left, self._left = self._left, [*self._left, name]
            loaded = _Loaded(offered, name)
            await self._try(loaded)
            for other in left:
                await self._server.unload_adapter(other)
            self._loaded, self._left = loaded, [name]
        finally:
            self._loading = None

    async def _try(self, loaded: _Loaded) -> None:
        """Compare one short turn with what the network here makes of it.

        Raises:
            UsageError: they differ by more than number formats do, or other log-probabilities than
                those that words are drawn by are told.
        """
        messages = (_trial(self._family),)
        sampling = replace(self._sampling, temperature=1.0, max_tokens=_TRIAL_TOKENS)
        if not self._was_tried:
            # Where only one token may be drawn, it is certain.
            only = {"allowed_token_ids": [self._codec.end_id], "max_tokens": 1}
            certain = await self._turn(loaded, messages, 0, sampling, only)
            if not certain.logprobs or abs(certain.logprobs[0]) > _ROUNDING:
                raise UsageError(
                    f"{self._server.url} tells other log-probabilities than those that words are "
                    "drawn by: start it with vigorl-agent serve, or vllm serve with "
                    "--logprobs-mode processed_logprobs"
                )
            self._was_tried = True
        reply = await self._turn(loaded, messages, loaded.adapter.step, sampling)
        assert reply.prompt_ids and reply.sampled_ids and reply.logprobs
        images = tuple(part for part in messages[0].parts if not isinstance(part, str))
        row = Prompt(reply.prompt_ids + reply.sampled_ids, images)
        places = range(len(reply.prompt_ids), len(row.ids))
        scores = await asyncio.to_thread(self._score, row, places)
        drift = fmean(abs(one - other) for one, other in zip(scores, reply.logprobs, strict=True))
        if not drift <= _MOST_DRIFT:
            raise UsageError(
                f"{self._server.url} serves another model ({self._server.root or self.name}) than "
                f"is trained, or does not use its adapter: log-probabilities of {len(scores)} "
                f"tokens differ by {drift:.2f} on average. Serve the model that is trained"
            )

    async def _turn(
        self,
        loaded: _Loaded,
        messages: Sequence[Message],
        seed: int,
        sampling: Sampling,
        only: dict[str, Any] | None = None,
    ) -> Reply:
        """One turn, sampled with an adapter.

        Args:
            loaded: The adapter.
            messages: The conversation.
            seed: That it is drawn with.
            sampling: How it is drawn.
            only: Further sampling parameters of vLLM; they win.
        """
        prompt, parts = await asyncio.to_thread(self._given, messages)
        max_tokens = room_behind(prompt, sampling, self._server.context_tokens)
        fields = sampling_fields(sampling, seed, max_tokens, self._family, self._codec)
        said = await self._server.generate(
            {
                "model": loaded.name,
                "token_ids": collapsed_ids(prompt, self._codec.cell_id),
                **({"content_parts": parts} if parts else {}),
                "sampling_params": {**fields, "logprobs": 0, **(only or {})},
                "return_token_ids": True,
            }
        )
        if said.prompt_token_ids is None or said.model is None:
            raise UsageError(
                f"{self._server.url} does not tell what it has read: serve with vLLM 0.32 or later"
            )
        require_read(prompt, said.prompt_token_ids)
        if said.model != loaded.name:
            raise PolicyFault(
                f"{self._server.url} sampled with {said.model} where {loaded.name} was asked for"
            )
        turn = said.choices[0]
        if turn.finish_reason not in ("stop", "length"):
            raise PolicyFault(f"{self._server.url} broke a turn off ({turn.finish_reason})")
        return reply_of(
            prompt,
            self._codec,
            turn.token_ids,
            turn.told_logprobs(),
            cut_off=turn.finish_reason == "length",
            weights_step=loaded.adapter.step,
        )

    def _given(self, messages: Sequence[Message]) -> tuple[Prompt, list[dict[str, str]]]:
        """A conversation's tokens, and its pictures as the server takes them."""
        prompt = self._codec.encode(messages)
        return prompt, [_part(image) for image in prompt.images]


def _part(image: FittedImage) -> dict[str, str]:
    """A picture at the size that the model sees, without loss."""
    data = base64.b64encode(image.png).decode()
    return {"type": "image_url", "url": f"data:image/png;base64,{data}"}


def _trial(family: Family) -> Message:
    """A question about a picture that has something on it; of words alone, where it reads."""
    if family.reads:
        return Message("user", ("Which colour has the sky?",))
    side_px = 14 * family.size.cell_px
    picture = Picture.from_image(
        Image.radial_gradient("L").resize((side_px, side_px)).convert("RGB")
    )
    shown, _ = fit(View(picture, Frame.of_viewport(side_px, side_px)), family.size)
    return Message("user", (shown, "What is this?"))
