"""An OpenAI-compatible server on the wire: requests, retries, and what its refusals mean."""

import asyncio
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from vigorl.browser.clock import charge, somebody_elses_time
from vigorl.browser.errors import PolicyFault, UsageError
from vigorl.browser.text import cleaned, whole
from vigorl.browser.vault import Vault, parted_url
from vigorl.policy.completion import (
    Choice,
    Completion,
    CompletionText,
    Detokenized,
    ModelCard,
    ModelList,
    ServerRecord,
    Tokenized,
)

_OPTIONAL_FIELDS = ("logprobs", "seed", "stop")
"""Fields that a server may refuse; it is asked again without them."""

_LONGEST_QUOTE = 400

_ASKED_IN_VAIN = 3
"""So often a server is asked that answers with nothing, before it is a fault."""


_R = TypeVar("_R", bound=ServerRecord)


@dataclass(frozen=True, slots=True)
class WireLimits:
    """How long a server is waited for."""

    connect_s: float = 10
    """For a connection."""
    answer_s: float = 600
    """For an answer to one request; for one of a single token, a tenth of it."""
    most_bytes: int = 64 * 2**20
    """Of one answer, unpacked; the longest with ids and log-probabilities has some megabytes."""
    retry_s: float = 60
    """For a server that is busy or away to come back, in the middle of an episode."""
    first_retry_s: float = 5
    """The same at the beginning, where a wrong URL is more likely."""
    first_pause_s: float = 0.5
    """Before the first repetition; doubles with each, up to 15 s."""


_ENDLESS = Completion(choices=[Choice(message=CompletionText(), finish_reason="length")])
"""A turn that did not end in time, though the server was well."""


class _Silence(Exception):
    """The server has not answered in time."""


class Server:
    """One model of one server."""

    def __init__(
        self,
        url: str,
        client: httpx.AsyncClient,
        limits: WireLimits,
        model: str | None,
        api_key: str | None = None,
    ) -> None:
        self.url = url
        self._vault = Vault()
        self._vault.keep(api_key, "<API key>")
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
        url, log_in = parted_url(url)
        base, host = _address(url)
        if api_key is not None and not (api_key.isascii() and api_key.isprintable()):
            raise UsageError("the API key holds signs that none can hold: paste it anew")
        client = httpx.AsyncClient(
            timeout=httpx.Timeout(limits.answer_s, connect=limits.connect_s),
            limits=httpx.Limits(max_connections=None),
            headers={
                # A packed answer may be a thousand times as large as what comes over the wire.
                "Accept-Encoding": "identity",
                **({"Authorization": f"Bearer {api_key}"} if api_key else {}),
            },
            auth=log_in,
            # A proxy for the world outside does not know this machine.
            trust_env=host not in ("localhost", "127.0.0.1", "::1"),
        )
        server = cls(base, client, limits, model, api_key)
        server._vault.keep(log_in[1] if log_in else None, "<password>")
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
        """Ask for a chat completion, again where the answer is none.

        The episode's clock stands meanwhile, and what the answer itself took is taken from it: the
        policy has thought so long. A turn that does not end in time is the policy's as well, where
        the server answers with one token of it at once and yet, asked again, not with the turn.

        Raises:
            PolicyFault: the server cannot be reached, refuses, does not answer in time, or answers
                with nothing.
        """
        with somebody_elses_time():
            for number in range(_ASKED_IN_VAIN):
                if number:
                    await asyncio.sleep(self._limits.first_pause_s * 2**number)
                began_s = time.monotonic()
                try:
                    answer = await self._completion(payload)
                except _Silence as silence:
                    if not await self._says_a_word(payload):
                        raise self._too_late() from silence
                    try:
                        began_s = time.monotonic()
                        answer = await self._completion(payload)
                    except _Silence:
                        answer = _ENDLESS
                if answer is _ENDLESS or not answer.lack:
                    charge(time.monotonic() - began_s)
                    return answer
        raise PolicyFault(
            f"{self.url} answers {answer.lack}, {_ASKED_IN_VAIN} times in a row: look at its log"
        )

    async def _completion(self, payload: Mapping[str, Any]) -> Completion:
        """One answer, asked for without the fields that the server has refused before."""
        while True:
            known = {key: value for key, value in payload.items() if key not in self._refused}
            if "max_tokens" in self._refused and "max_tokens" in payload:
                known["max_completion_tokens"] = payload["max_tokens"]
            response = await self._try("POST", f"{self.url}/chat/completions", known)
            if response.is_success:
                return self._read(response, Completion)
            if (field := self._refused_field(response, known)) is None:
                raise await self._refusal(response)
            self._refused.add(field)

    async def _says_a_word(self, payload: Mapping[str, Any]) -> bool:
        """Whether the server answers the same question at once, where one token is enough."""
        try:
            async with asyncio.timeout(self._limits.answer_s / 10):
                answer = await self._completion({**payload, "max_tokens": 1})
        except (PolicyFault, _Silence, TimeoutError):
            return False
        return bool(answer.choices)

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
        tokens = self._read(response, Tokenized).tokens
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
        return self._read(response, Detokenized).prompt

    async def _discover(self) -> None:
        """Take the server's only model, or the one that was named.

        A named model need not be listed: servers that load on demand know more than they list.
        """
        response = await self._send("GET", f"{self.url}/models")
        if not response.is_success:
            if self.model and response.status_code not in (401, 403):
                return
            raise await self._refusal(response)
        cards = self._read(response, ModelList).data
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
        return _names(self._read(response, ModelList).data) if response.is_success else "unknown"

    async def _send(
        self, method: str, url: str, payload: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """The answer to a request, or the last refusal.

        Raises:
            PolicyFault: nobody answers, or not in time.
        """
        try:
            return await self._try(method, url, payload)
        except _Silence as silence:
            raise self._too_late() from silence

    async def _try(
        self, method: str, url: str, payload: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """Send a request, again and again while the server is busy or away.

        Returns:
            The answer, or the last refusal.

        Raises:
            PolicyFault: nobody answers.
            _Silence: somebody took the request, and then did not answer in time.
        """
        pause_s = self._limits.first_pause_s
        give_up_s = time.monotonic() + self._retry_s
        while True:
            wait_s = pause_s * random.uniform(0.75, 1.25)
            left_s = give_up_s - time.monotonic()
            try:
                async with asyncio.timeout(self._limits.connect_s + self._limits.answer_s):
                    response = await self._whole(method, url, payload)
            except (httpx.ReadTimeout, TimeoutError) as error:
                raise _Silence from error
            except (httpx.TransportError, httpx.DecodingError) as error:
                if wait_s > left_s:
                    raise self._absence(error) from error
            else:
                is_busy = response.status_code == 429 or response.is_server_error
                # One who says when to come back is waited for, as long as there is patience.
                wait_s = max(wait_s, min(_retry_after_s(response), left_s))
                if not is_busy or wait_s > left_s:
                    return response
            await asyncio.sleep(wait_s)
            pause_s = min(2 * pause_s, 15)

    async def _whole(
        self, method: str, url: str, payload: Mapping[str, Any] | None
    ) -> httpx.Response:
        """One answer, read up to its end or the most that is taken.

        Raises:
            PolicyFault: it is larger, or packed in a way that was not asked for.
            httpx.TransportError: the connection broke.
        """
        body = bytearray()
        async with self._client.stream(method, url, json=payload) as response:
            packed = response.headers.get("Content-Encoding", "identity").strip().lower()
            if packed not in ("", "identity", "gzip", "deflate"):
                raise PolicyFault(f"{self.url} packs its answers ({packed}), unasked")
            async for part in response.aiter_bytes():
                body += part
                if len(body) > self._limits.most_bytes:
                    most = self._limits.most_bytes / 2**20
                    raise PolicyFault(f"{self.url} answers with more than {most:g} MiB")
        unpacked = ("content-encoding", "content-length", "transfer-encoding")
        headers = [pair for pair in response.headers.multi_items() if pair[0] not in unpacked]
        return httpx.Response(
            response.status_code, headers=headers, content=bytes(body), request=response.request
        )

    def _too_late(self) -> PolicyFault:
        return PolicyFault(
            f"{self.url} did not answer within {self._limits.answer_s:g} s: use fewer tokens "
            "a turn, or a faster server"
        )

    def _absence(self, error: httpx.HTTPError) -> PolicyFault:
        return PolicyFault(
            f"no server answers at {self.url} ({type(error).__name__}: {error}): start one "
            "(vllm serve MODEL --port 8000) or correct the URL"
        )

    def _read(self, response: httpx.Response, record: type[_R]) -> _R:
        try:
            try:
                return record.model_validate_json(response.content)
            except ValidationError as error:
                # Half a character is no JSON to pydantic, and no reason to lose a turn.
                if error.errors()[0]["type"] != "json_invalid":
                    raise
                return record.model_validate(_with_halves(response.content) or [])
        except ValidationError as error:
            said = self._vault.redact(response.text)[:_LONGEST_QUOTE]
            raise PolicyFault(
                f"{response.url} does not speak the OpenAI protocol: "
                f"{said!r} ({error.error_count()} errors, the first: "
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
        message = self._vault.redact(_message(response))[:_LONGEST_QUOTE]
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


def _address(url: str) -> tuple[str, str]:
    """Where the interface begins, without a slash at the end, and on which host.

    Raises:
        UsageError: it is no address.
    """
    try:
        parts = urlsplit(url.rstrip("/"))
        base = parts.geturl() if parts.path else f"{parts.geturl()}/v1"
        is_one = parts.hostname and (parts.port or True) and httpx.URL(base).host
    except (ValueError, httpx.InvalidURL) as error:
        raise UsageError(f"{url!r} is no address of a server: {error}") from error
    if not is_one:
        raise UsageError(f"{url!r} is no address of a server: write http://HOST:PORT/v1")
    return base, parts.hostname or ""


def _with_halves(body: bytes) -> Any:
    """A body as JSON, halves of characters replaced; None where it is none."""
    try:
        return cleaned(json.loads(body), whole)
    except (ValueError, RecursionError):
        return None


def _names(cards: list[ModelCard]) -> str:
    return ", ".join(card.id for card in cards) or "none"


def _message(response: httpx.Response) -> str:
    """What a server says about its refusal, however it wraps it."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        body = response.text
    if isinstance(body, dict):
        body = body.get("error", body.get("detail", body.get("message", body)))
    if isinstance(body, dict):
        body = body.get("message", body)
    return whole(str(body)[: 10 * _LONGEST_QUOTE]).rstrip(".") or "nothing"


def _retry_after_s(response: httpx.Response) -> float:
    """When a server says to come back: in so many seconds, or at a time; 0 where it does not."""
    told = response.headers.get("Retry-After", "0")
    try:
        seconds = float(told)
    except ValueError:
        try:
            at = parsedate_to_datetime(told)
        except ValueError:
            return 0
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        seconds = (at - datetime.now(UTC)).total_seconds()
    return seconds if seconds > 0 else 0  # nor a number
