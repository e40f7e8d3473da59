"""An OpenAI-compatible server on the wire: requests, retries, and what its refusals mean."""

import asyncio
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from vigorl.browser.errors import PolicyFault, UsageError

_OPTIONAL_FIELDS = ("logprobs", "seed", "stop")
"""Fields that a server may refuse; it is asked again without them."""

_LONGEST_QUOTE = 400


@dataclass(frozen=True, slots=True)
class WireLimits:
    """How long a server is waited for."""

    connect_s: float = 10
    """For a connection."""
    answer_s: float = 600
    """For an answer to one request."""
    retry_s: float = 60
    """For a server that is busy or away to come back, in the middle of an episode."""
    first_retry_s: float = 5
    """The same at the beginning, where a wrong URL is more likely."""
    first_pause_s: float = 0.5
    """Before the first repetition; doubles with each, up to 15 s."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore", protected_namespaces=())


_R = TypeVar("_R", bound=_Record)


class _ModelCard(_Record):
    id: str
    owned_by: str = ""
    root: str | None = None
    """vLLM: the checkpoint that was loaded."""


class _ModelList(_Record):
    data: list[_ModelCard]


class _TokenLogprob(_Record):
    logprob: float


class _Logprobs(_Record):
    content: list[_TokenLogprob] | None = None


class _Function(_Record):
    name: str = ""
    arguments: str | dict[str, Any] | None = None


class _ToolCall(_Record):
    function: _Function

    def written(self) -> str:
        """The call as it stood in the text, before a server took it out."""
        arguments = self.function.arguments or {}
        if isinstance(arguments, str):
            return f'{{"name": {json.dumps(self.function.name)}, "arguments": {arguments}}}'
        return json.dumps({"name": self.function.name, "arguments": arguments})


class _Words(_Record):
    content: str | None = None
    tool_calls: list[_ToolCall] | None = None
    """Calls that a server has read by itself, as vLLM does with a tool parser."""
    reasoning: str | None = None
    """vLLM with a reasoning parser: what stood between the tags of the thought."""
    reasoning_content: str | None = None
    """The same under its older name."""


class Choice(_Record):
    """The next message, and how it came about."""

    message: _Words
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None
    token_ids: list[int] | None = None


class _Usage(_Record):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Completion(_Record):
    """The answer to a chat completion; ids are an extension of vLLM."""

    choices: list[Choice]
    usage: _Usage = _Usage()
    prompt_token_ids: list[int] | None = None


class _Tokenized(_Record):
    tokens: list[int]


class _Detokenized(_Record):
    prompt: str


class Server:
    """One model of one server."""

    def __init__(
        self, url: str, client: httpx.AsyncClient, limits: WireLimits, model: str | None
    ) -> None:
        self.url = url
        self.model = model or ""
        self.root = ""
        self.is_vllm = False
        self._client = client
        self._limits = limits
        self._retry_s = limits.first_retry_s
        self._refused: set[str] = set()

    @classmethod
    async def connect(
        cls,
        url: str,
        model: str | None = None,
        api_key: str | None = None,
        limits: WireLimits | None = None,
    ) -> "Server":
        """Find the server and its model.

        Raises:
            UsageError: the server has several models and none was named, or not the named one.
            PolicyFault: the server does not answer, or in another protocol.
        """
        limits = limits or WireLimits()
        parts = urlsplit(url.rstrip("/"))
        base = parts.geturl() if parts.path else f"{parts.geturl()}/v1"
        client = httpx.AsyncClient(
            timeout=httpx.Timeout(limits.answer_s, connect=limits.connect_s),
            limits=httpx.Limits(max_connections=None),
            headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
            # A proxy for the world outside does not know this machine.
            trust_env=parts.hostname not in ("localhost", "127.0.0.1", "::1"),
        )
        server = cls(base, client, limits, model)
        try:
            await server._discover()
        except BaseException:
            await client.aclose()
            raise
        server._retry_s = limits.retry_s
        return server

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def complete(self, payload: Mapping[str, Any]) -> Completion:
        """Ask for a chat completion, without the fields that the server has refused before.

        Raises:
            PolicyFault: the server cannot be reached, or refuses.
        """
        while True:
            known = {key: value for key, value in payload.items() if key not in self._refused}
            if "max_tokens" in self._refused:
                known["max_completion_tokens"] = payload["max_tokens"]
            response = await self._send("POST", f"{self.url}/chat/completions", known)
            if response.is_success:
                return self._read(response, Completion)
            if (field := self._refused_field(response, known)) is None:
                raise await self._refusal(response)
            self._refused.add(field)

    async def token_id(self, text: str) -> int:
        """The token of a control string (vLLM).

        Raises:
            PolicyFault: the server does not tell, or the string is no token.
        """
        root = self.url.removesuffix("/v1")
        payload = {"model": self.model, "prompt": text, "add_special_tokens": False}
        response = await self._send("POST", f"{root}/tokenize", payload)
        if not response.is_success:
            raise await self._refusal(response)
        tokens = self._read(response, _Tokenized).tokens
        if len(tokens) != 1:
            raise PolicyFault(f"the model {self.model} has no token {text}: choose another family")
        return tokens[0]

    async def text_of(self, ids: Sequence[int]) -> str:
        """The text of tokens, special tokens left out (vLLM).

        Raises:
            PolicyFault: the server does not tell.
        """
        root = self.url.removesuffix("/v1")
        payload = {"model": self.model, "tokens": list(ids)}
        response = await self._send("POST", f"{root}/detokenize", payload)
        if not response.is_success:
            raise await self._refusal(response)
        return self._read(response, _Detokenized).prompt

    async def _discover(self) -> None:
        """Take the server's only model, or the one that was named.

        A named model need not be listed: servers that load on demand know more than they list.
        """
        response = await self._send("GET", f"{self.url}/models")
        if not response.is_success:
            if self.model and response.status_code not in (401, 403):
                return
            raise await self._refusal(response)
        cards = self._read(response, _ModelList).data
        if not self.model and len(cards) != 1:
            raise UsageError(f"{self.url} has not one model; name one of {_names(cards)}")
        self.is_vllm = any(card.owned_by == "vllm" for card in cards)
        for card in cards:
            if self.model in ("", card.id):
                self.model, self.root = card.id, card.root or ""
                return
        if self.is_vllm:
            raise UsageError(f"{self.url} has no model {self.model!r}; it has {_names(cards)}")

    async def _listed(self) -> str:
        """The names of the server's models, as far as it tells them."""
        response = await self._send("GET", f"{self.url}/models")
        return _names(self._read(response, _ModelList).data) if response.is_success else "unknown"

    async def _send(
        self, method: str, url: str, payload: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """Send a request, again and again while the server is busy or away.

        Returns:
            The answer, or the last refusal.

        Raises:
            PolicyFault: nobody answers.
        """
        pause_s = self._limits.first_pause_s
        give_up_s = time.monotonic() + self._retry_s
        while True:
            wait_s = pause_s * random.uniform(0.75, 1.25)
            try:
                async with asyncio.timeout(self._limits.connect_s + self._limits.answer_s):
                    response = await self._client.request(method, url, json=payload)
            except (httpx.TransportError, TimeoutError) as error:
                if time.monotonic() + wait_s > give_up_s:
                    raise self._absence(error) from error
            else:
                wait_s = max(wait_s, _retry_after_s(response))
                is_busy = response.status_code == 429 or response.is_server_error
                if not is_busy or time.monotonic() + wait_s > give_up_s:
                    return response
            await asyncio.sleep(wait_s)
            pause_s = min(2 * pause_s, 15)

    def _absence(self, error: httpx.TransportError | TimeoutError) -> PolicyFault:
        if isinstance(error, httpx.ReadTimeout | TimeoutError):
            return PolicyFault(
                f"{self.url} did not answer within {self._limits.answer_s:g} s: use fewer tokens "
                "a turn, or a faster server"
            )
        return PolicyFault(
            f"no server answers at {self.url} ({type(error).__name__}: {error}): start one "
            "(vllm serve MODEL --port 8000) or correct the URL"
        )

    def _read(self, response: httpx.Response, record: type[_R]) -> _R:
        try:
            return record.model_validate_json(response.content)
        except ValidationError as error:
            raise PolicyFault(
                f"{response.url} does not speak the OpenAI protocol: "
                f"{response.text[:_LONGEST_QUOTE]!r} ({error.error_count()} errors, the first: "
                f"{error.errors()[0]['msg']})"
            ) from error

    def _refused_field(self, response: httpx.Response, payload: Mapping[str, Any]) -> str | None:
        """The optional field that a refusal is about, if it is about one."""
        if response.status_code not in (400, 422):
            return None
        message = _message(response)
        if "max_completion_tokens" in message and "max_tokens" in payload:
            return "max_tokens"
        return next((f for f in _OPTIONAL_FIELDS if f in payload and f in message), None)

    async def _refusal(self, response: httpx.Response) -> PolicyFault:
        """What a refusal means, and what can be done."""
        message = _message(response)
        lower = message.lower()
        if response.status_code in (401, 403):
            advice = "give the right API key"
        elif response.status_code == 404 and "model" in lower and response.request.method == "POST":
            advice = f"the models it has are {await self._listed()}"
        elif "context length" in lower or "max_model_len" in lower or "context size" in lower:
            advice = (
                "keep fewer screens in the window, sample fewer tokens a turn, or serve with a "
                "longer context (vLLM: --max-model-len)"
            )
        elif "at most" in lower and "image" in lower:
            advice = (
                "serve with more pictures a prompt (vLLM: --limit-mm-per-prompt), or keep fewer "
                "screens in the window"
            )
        elif "image" in lower:
            advice = "serve a model that takes pictures"
        elif response.status_code == 429 or response.is_server_error:
            advice = "it stayed so; look at its log, or play fewer episodes at a time"
        else:
            advice = "the request was not understood"
        return PolicyFault(f"{self.url} answers {response.status_code}: {message}: {advice}")


def _names(cards: list[_ModelCard]) -> str:
    return ", ".join(card.id for card in cards) or "none"


def _message(response: httpx.Response) -> str:
    """What a server says about its refusal, however it wraps it."""
    try:
        body = response.json()
    except ValueError:
        body = response.text
    if isinstance(body, dict):
        body = body.get("error", body.get("detail", body.get("message", body)))
    if isinstance(body, dict):
        body = body.get("message", body)
    return str(body)[:_LONGEST_QUOTE].rstrip(".") or "nothing"


def _retry_after_s(response: httpx.Response) -> float:
    try:
        return min(float(response.headers.get("Retry-After", 0)), 60)
    except ValueError:
        return 0
