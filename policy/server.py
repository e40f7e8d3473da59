"""The backend that asks an OpenAI-compatible server, vLLM first.

Of any such server only chat completions with pictures are needed. Where it tells token ids (vLLM
does) and log-probabilities, they are recorded. For log-probabilities that a replay reproduces,
serve with `--logprobs-mode processed_logprobs` and sample at temperature 1: otherwise vLLM tells
them as they were before the placeholder tokens were forbidden.
"""

import asyncio
import base64
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from PIL import Image

from vigorl.browser.errors import InconsistentData, PolicyFault, UsageError
from vigorl.browser.picture import Picture
from vigorl.policy.backend import Message, Reply, Sampling, SamplingMode
from vigorl.policy.completion import Choice, Completion
from vigorl.policy.family import Family
from vigorl.policy.images import FittedImage
from vigorl.policy.picture_check import PictureCheck
from vigorl.policy.wire import Server, TooLarge

logger = logging.getLogger(__name__)

Packing = Literal["png", "jpeg"]

_SEEDS_AN_EPISODE = 10_000


class ServerBackend:
    """Sessions that share one server."""

    def __init__(
        self,
        server: Server,
        family: Family,
        sampling: Sampling,
        extra_body: Mapping[str, Any] | None = None,
    ) -> None:
        """A model of a server.

        Args:
            server: Where it is.
            family: How it is talked to.
            sampling: How its words are drawn.
            extra_body: Further fields of every request; they win over ours.
        """
        self.name = server.model
        self._extra_body = dict(extra_body or {})
        self._server = server
        self._family = family
        self._sampling = sampling
        self._cell_id: int | None = None
        self._check = PictureCheck(server.url, family, self._probe)
        self._packs = False
        """Pictures are sent packed with loss."""

    def session(self, seed: int) -> "ServerSession":
        """A place for one episode, which draws with this seed."""
        return ServerSession(self, seed)

    @property
    def continues(self) -> bool:
        """Whether the server is known to go on in the middle of a message, as vLLM does."""
        return self._server.is_vllm

    def describe(self) -> dict[str, Any]:
        """Server, the model's path where the server tells it, and what it does differently.

        `left_out` are the fields that it refused so far: the values that the record names for them
        are not those that it draws with. Each turn says the same of itself.
        """
        return {
            "backend": "server",
            "url": self._server.url,
            "root": self._server.root,
            "is_vllm": self._server.is_vllm,
            "left_out": dict(self._server.left_out),
            "pictures": "jpeg" if self._packs else "png",
            **({"extra_body": self._extra_body} if self._extra_body else {}),
        }

    async def decode(self, ids: Sequence[int]) -> str:
        """The text of sampled tokens, special tokens left out (vLLM).

        Raises:
            PolicyFault: the server does not tell.
        """
        return await self._server.text_of(ids)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._server.close()

    async def complete(
        self, messages: Sequence[Message], seed: int, how: SamplingMode = "as set"
    ) -> Reply:
        """The assistant's next message, or the rest of the last one where it has begun it.

        Raises:
            PolicyFault: the server cannot be reached, refuses, or changes the pictures' sizes.
            InconsistentData: the server's answer contradicts itself.
            UsageError: a message has been begun, and the server is not known to go on in one.
        """
        messages = self._whole(messages)
        payload = self._payload(messages, seed, self._sampling.drawn(how))
        images = [part for each in messages for part in each.parts if not isinstance(part, str)]
        answer = await self._answer(payload, messages)
        left_out = self._server.left_out_of(payload)
        reply = replace(_reply(answer, images, self._family.stop), left_out=left_out)
        await self._check_pictures(reply, messages)
        return reply

    def _payload(
        self, messages: Sequence[Message], seed: int, sampling: Sampling
    ) -> dict[str, Any]:
        """What is sent, but the messages.

        Raises:
            UsageError: a message has been begun, and the server is not known to go on in one.
        """
        payload = {
            "model": self._server.model,
            "seed": seed,
            **_sampling_fields(sampling, self._server.is_vllm),
        }
        if self._family.stop:
            payload["stop"] = list(self._family.stop)
        if self._server.is_vllm:
            payload |= {
                "logprobs": True,
                "return_token_ids": True,
                "include_stop_str_in_output": True,
                "bad_words": list(self._family.chat.never_sampled),
            }
        if messages[-1].role == "assistant":
            if not self._server.is_vllm:
                raise UsageError(
                    f"{self._server.url} is not known to go on in the middle of a message, as vLLM "
                    "does: search from turn to turn (--unit turn), or serve the model with vLLM"
                )
            payload |= {"continue_final_message": True, "add_generation_prompt": False}
        return {**payload, **self._family.extra_body, **self._extra_body}

    def _whole(self, messages: Sequence[Message]) -> Sequence[Message]:
        """The messages with the system prompt that a server may have lost with the template."""
        if not self._family.template_system or messages[0].role == "system":
            return messages
        return (Message("system", (self._family.template_system,)), *messages)

    async def _answer(self, payload: Mapping[str, Any], messages: Sequence[Message]) -> Completion:
        """What the server says; pictures that are too large for it are packed with loss."""
        while True:
            packed: Packing = "jpeg" if self._packs else "png"
            encoded = await asyncio.to_thread(_encode, messages, packed)
            try:
                return await self._server.complete({"messages": encoded, **payload})
            except TooLarge as refusal:
                if packed == "jpeg" or self._server.is_vllm:
                    raise PolicyFault(str(refusal)) from refusal
                if self._packs:  # another episode was told so meanwhile
                    continue
                logger.warning("%s; pictures go to it as JPEG from now on", refusal)
                self._packs = True

    async def _check_pictures(self, reply: Reply, messages: Sequence[Message]) -> None:
        """Coordinates are those of the pictures as we sent them; nobody may resize them again."""
        if not reply.images or not self._check.is_possible:
            return
        if reply.prompt_ids is not None and self._cell_id is None:
            self._cell_id = await self._server.token_id(self._family.chat.image_cell)
        if reply.prompt_ids is not None and self._cell_id is not None:
            self._check.by_ids(reply, self._cell_id)
        else:
            await self._check.by_number(reply, messages)

    async def _probe(self, cells: int) -> int:
        """How many tokens a prompt has with one grey picture of so many cells a side."""
        side_px = cells * self._family.size.cell_px
        picture = Picture.from_image(Image.new("RGB", (side_px, side_px), "grey"))
        grey = FittedImage(picture, side_px, side_px)
        encoded = _encode([Message("user", (grey, "Which colour?"))])
        asked = {"model": self._server.model, "max_tokens": 16, **self._extra_body}
        return await self._server.prompt_size({"messages": encoded, **asked})


class ServerSession:
    """One episode; the server keeps nothing of it but what it caches."""

    def __init__(self, backend: ServerBackend, seed: int) -> None:
        self._backend = backend
        self._next_seed = seed * _SEEDS_AN_EPISODE

    async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
        """The assistant's next message.

        Raises:
            PolicyFault: the server cannot be reached, refuses, or changes the pictures' sizes.
            InconsistentData: the server's answer contradicts itself.
        """
        self._next_seed += 1
        return await self._backend.complete(messages, self._next_seed, how)


def _sampling_fields(sampling: Sampling, is_vllm: bool) -> dict[str, Any]:
    """How words are drawn, as the protocol says it.

    What a request leaves out vLLM takes from the checkpoint's `generation_config.json`, and the
    log-probabilities that it tells are then of another distribution than the one that is recorded;
    so it is told everything. Other servers may refuse what they do not know, and get what is
    asked for.
    """
    fields: dict[str, Any] = {
        "temperature": sampling.temperature,
        "max_tokens": sampling.max_tokens,
    }
    # By field: the value, how vLLM is told it, and the one that changes nothing.
    rest = {
        "top_p": (sampling.top_p, sampling.top_p, 1.0),
        "top_k": (sampling.top_k, sampling.top_k or -1, 0),
        "min_p": (0.0, 0.0, 0.0),
        "repetition_penalty": (sampling.repetition_penalty, sampling.repetition_penalty, 1.0),
        "presence_penalty": (sampling.presence_penalty, sampling.presence_penalty, 0.0),
        "frequency_penalty": (0.0, 0.0, 0.0),
    }
    for name, (value, told, neutral) in rest.items():
        if is_vllm or value != neutral:
            fields[name] = told
    return fields


def _encode(messages: Sequence[Message], packing: Packing = "png") -> list[dict[str, Any]]:
    """Messages as the protocol wants them; pictures go at the size that the model sees."""
    encoded = []
    for message in messages:
        content: str | list[dict[str, Any]]
        if all(isinstance(part, str) for part in message.parts):
            # Some refuse a turn without words, such as one that was used up by thoughts.
            content = "".join(part for part in message.parts if isinstance(part, str)) or "…"
        else:
            content = [_encode_part(part, packing) for part in message.parts]
        encoded.append({"role": message.role, "content": content})
    return encoded


def _encode_part(part: str | FittedImage, packing: Packing) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    data = base64.b64encode(part.png if packing == "png" else part.jpeg).decode()
    return {"type": "image_url", "image_url": {"url": f"data:image/{packing};base64,{data}"}}


def _reply(answer: Completion, images: Sequence[FittedImage], stop: Sequence[str]) -> Reply:
    """The parts of an answer that we need, checked against each other.

    Most servers leave out the string that they stopped at; a tag that was closed by it is closed
    again. A call that a server has taken out of the text is put back.
    """
    choice = answer.choices[0]
    ids = None if choice.token_ids is None else tuple(choice.token_ids)
    logprobs = choice.known_logprobs
    if ids is not None and logprobs is not None and len(ids) != len(logprobs):
        raise InconsistentData(f"{len(ids)} sampled ids with {len(logprobs)} log-probabilities")
    prompt_ids = None if answer.prompt_token_ids is None else tuple(answer.prompt_token_ids)
    return Reply(
        text=_text(choice, stop),
        prompt_token_count=answer.prompt_token_count,
        sampled_token_count=answer.sampled_token_count,
        cached_token_count=answer.cached_token_count,
        cost_usd=answer.cost_usd,
        cut_off=choice.is_cut_off,
        refusal=choice.message.refusal or "",
        prompt_ids=prompt_ids,
        sampled_ids=ids,
        logprobs=logprobs,
        images=tuple(image.shown for image in images),
    )


def _text(choice: Choice, stop: Sequence[str]) -> str:
    """What the model wrote: with the thoughts, calls and tags that its server took out."""
    words = choice.message
    text = words.content or words.refusal or ""
    if not text and any(tag.replace("</", "<") in words.thought for tag in stop):
        text = words.thought  # a server that waits for the end of a thought takes all for one
    elif words.thought and "<think>" not in text:
        text = f"<think>{words.thought}</think>{text}"
    for call in words.calls:
        text += f"<tool_call>{call}</tool_call>"
    return text if choice.is_cut_off else text + _closing(text, stop)


def _closing(text: str, stop: Sequence[str]) -> str:
    """The closing tag, of those that a turn stops at, that a text lacks; empty for none."""
    for tag in stop:
        opening = tag.replace("</", "<")
        if tag.startswith("</") and text.count(opening) > text.count(tag):
            return tag
    return ""
