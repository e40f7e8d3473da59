"""The backend that asks an OpenAI-compatible server, vLLM first.

Of any such server only chat completions with pictures are needed. Where it tells token ids (vLLM
does) and log-probabilities, they are recorded. For log-probabilities that a replay reproduces,
serve with `--logprobs-mode processed_logprobs` and sample at temperature 1: otherwise vLLM tells
them as they were before the placeholder tokens were forbidden.
"""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from typing import Any

from vigorl.browser.errors import InconsistentData, PolicyFault, UsageError
from vigorl.policy.backend import Message, Reply, Sampling, SamplingMode
from vigorl.policy.completion import Completion
from vigorl.policy.family import Family
from vigorl.policy.images import FittedImage, token_count
from vigorl.policy.wire import Server

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

    def session(self, seed: int) -> "ServerSession":
        """A place for one episode, which draws with this seed."""
        return ServerSession(self, seed)

    @property
    def continues(self) -> bool:
        """Whether the server is known to go on in the middle of a message, as vLLM does."""
        return self._server.is_vllm

    def describe(self) -> dict[str, Any]:
        """Server, model, and the model's path where the server tells it."""
        return {
            "backend": "server",
            "url": self._server.url,
            "root": self._server.root,
            "is_vllm": self._server.is_vllm,
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
        sampling = self._sampling.drawn(how)
        payload = {
            "model": self._server.model,
            "messages": await asyncio.to_thread(_encode, self._whole(messages)),
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": seed,
            "logprobs": True,
        }
        if self._family.stop:
            payload["stop"] = list(self._family.stop)
        if self._server.is_vllm:
            payload |= {
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
        payload |= {**self._family.extra_body, **self._extra_body}
        images = [part for each in messages for part in each.parts if not isinstance(part, str)]
        answer = await self._server.complete(payload)
        reply = _reply(answer, images, self._family.stop)
        await self._check_sizes(reply)
        return reply

    def _whole(self, messages: Sequence[Message]) -> Sequence[Message]:
        """The messages with the system prompt that a server may have lost with the template."""
        if not self._family.template_system or messages[0].role == "system":
            return messages
        return (Message("system", (self._family.template_system,)), *messages)

    async def _check_sizes(self, reply: Reply) -> None:
        """Coordinates are those of the pictures as we sent them; nobody may resize them again."""
        if reply.prompt_ids is None or not reply.images or not self._family.chat.image_cell:
            return
        if self._cell_id is None:
            self._cell_id = await self._server.token_id(self._family.chat.image_cell)
        sent = sum(token_count(image, self._family.size) for image in reply.images)
        shown = reply.prompt_ids.count(self._cell_id)
        if sent != shown:
            raise PolicyFault(
                f"{self._server.url} resizes pictures on its own: {shown} tokens for pictures "
                f"that make {sent} in the family {self._family.name}, so coordinates would be "
                "off. Serve with the size limits of the family (vLLM: --mm-processor-kwargs), or "
                "name the right family"
            )


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


def _encode(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages as the protocol wants them; pictures go as PNG, at the size the model sees."""
    encoded = []
    for message in messages:
        content: str | list[dict[str, Any]]
        if all(isinstance(part, str) for part in message.parts):
            content = "".join(part for part in message.parts if isinstance(part, str))
        else:
            content = [_encode_part(part) for part in message.parts]
        encoded.append({"role": message.role, "content": content})
    return encoded


def _encode_part(part: str | FittedImage) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    data = base64.b64encode(part.png).decode()
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}


def _reply(answer: Completion, images: Sequence[FittedImage], stop: Sequence[str]) -> Reply:
    """The parts of an answer that we need, checked against each other.

    Most servers leave out the string that they stopped at; a tag that was closed by it is closed
    again. A call that a server has taken out of the text is put back.
    """
    choice = answer.choices[0]
    text = choice.message.content or ""
    thought = choice.message.reasoning or choice.message.reasoning_content
    if thought is not None and "<think>" not in text:
        text = f"<think>{thought}</think>{text}"
    for call in choice.message.tool_calls or ():
        text += f"<tool_call>{call.written()}</tool_call>"
    if choice.finish_reason == "stop":
        text += _closing(text, stop)
    logprobs = None
    if choice.logprobs is not None and choice.logprobs.content is not None:
        logprobs = tuple(each.logprob for each in choice.logprobs.content)
    ids = None if choice.token_ids is None else tuple(choice.token_ids)
    if ids is not None and logprobs is not None and len(ids) != len(logprobs):
        raise InconsistentData(f"{len(ids)} sampled ids with {len(logprobs)} log-probabilities")
    prompt_ids = None if answer.prompt_token_ids is None else tuple(answer.prompt_token_ids)
    return Reply(
        text=text,
        prompt_token_count=answer.prompt_token_count,
        sampled_token_count=answer.sampled_token_count,
        cut_off=choice.finish_reason == "length",
        prompt_ids=prompt_ids,
        sampled_ids=ids,
        logprobs=logprobs,
        images=tuple(image.shown for image in images),
    )


def _closing(text: str, stop: Sequence[str]) -> str:
    """The closing tag, of those that a turn stops at, that a text lacks; empty for none."""
    for tag in stop:
        opening = tag.replace("</", "<")
        if tag.startswith("</") and text.count(opening) > text.count(tag):
            return tag
    return ""
