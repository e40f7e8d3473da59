"""One model of an OpenAI-compatible server: found, and asked in a way that it takes."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeVar

import httpx
from pydantic import ValidationError

from vigorl.browser.clock import charge, somebody_elses_time
from vigorl.browser.errors import PolicyFault, UsageError
from vigorl.browser.vault import Vault
from vigorl.policy.completion import (
    Choice,
    Completion,
    Detokenized,
    ModelCard,
    ModelList,
    ServerRecord,
    Tokenized,
)
from vigorl.policy.refusal import SYSTEM, Refusal, names, refusable
from vigorl.policy.response_body import with_halves
from vigorl.policy.server_address import Address, clean_key
from vigorl.policy.transport import Silence, Transport
from vigorl.policy.transport import WireLimits as WireLimits

logger = logging.getLogger(__name__)

_LONGEST_QUOTE = 400

_ASKED_IN_VAIN = 3
"""So often a server is asked that answers with nothing, before it is a fault."""


_R = TypeVar("_R", bound=ServerRecord)

_ENDLESS = Completion(choices=[Choice(finish_reason="length")])
"""A turn that did not end in time, though the server was well."""


class TooLarge(PolicyFault):
    """The request has more bytes than the server, or what stands before it, takes."""


class Server:
    """One model of one server."""

    def __init__(
        self,
        address: Address,
        client: httpx.AsyncClient,
        limits: WireLimits,
        model: str | None,
        api_key: str | None = None,
    ) -> None:
        self.url = address.base
        self._query = address.query
        self._vault = Vault()
        self._vault.keep(api_key, "<API key>")
        self._vault.keep(address.password, "<password>")
        self._has_key = bool(api_key)
        self.model = model or ""
        self.root = ""
        self.parents: tuple[str, ...] = ()
        """What the model is an adapter of, where the server tells that (vLLM)."""
        self.is_vllm = False
        self._transport = Transport(client, limits, self._vault.redact)
        self._limits = limits
        self.left_out: dict[str, str] = {}
        """Fields that the server refuses and is asked without, and how it refused them."""

    @classmethod
    async def connect(
        cls,
        url: str,
        model: str | None = None,
        api_key: str | None = None,
        limits: WireLimits | None = None,
    ) -> Self:
        """Find the server and its model.

        Raises:
            UsageError: the server has several models and none was named, or not the named one.
            PolicyFault: the server does not answer, or in another protocol.
        """
        limits = limits or WireLimits()
        address = Address.of(url)
        key = clean_key(api_key)
        client = address.client(key, limits.answer_s, limits.connect_s)
        server = cls(address, client, limits, model, key)
        try:
            await server._discover()
        except BaseException:
            await client.aclose()
            raise
        return server

    @property
    def names(self) -> tuple[str, ...]:
        """What the model is called and was made from; its family may be told by any of them."""
        return (self.model, self.root, *self.parents)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._transport.close()

    async def complete(self, payload: Mapping[str, Any]) -> Completion:
        """Ask for a chat completion, again where the answer is none.

        The episode's clock stands meanwhile, and what the answer itself took is taken from it: the
        policy has thought so long. A turn that does not end in time is the policy's as well, where
        the server answers with one token of it at once and yet, asked again, not with the turn.

        Raises:
            PolicyFault: the server cannot be reached, refuses, does not answer in time, or answers
                with nothing; `TooLarge` where the request has too many bytes.
        """
        with somebody_elses_time():
            for number in range(_ASKED_IN_VAIN):
                if number:
                    await asyncio.sleep(self._limits.first_pause_s * 2**number)
                began_s = time.monotonic()
                try:
                    answer = await self._completion(payload)
                except Silence as silence:
                    if not await self._says_a_word(payload):
                        raise self._too_late() from silence
                    try:
                        began_s = time.monotonic()
                        answer = await self._completion(payload)
                    except Silence:
                        answer = _ENDLESS
                if answer is _ENDLESS or not answer.lack:
                    charge(time.monotonic() - began_s)
                    return answer
        raise PolicyFault(
            f"{self.url} answers {answer.lack}, {_ASKED_IN_VAIN} times in a row: {answer.remedy}"
        )

    async def _completion(self, payload: Mapping[str, Any]) -> Completion:
        """One answer, asked for without the fields that the server has refused before."""
        while True:
            asked = self._without_refused(payload)
            response = await self._transport.ask("POST", self._at("/chat/completions"), asked)
            if response.is_success:
                return self._read(response, Completion)
            refusal = Refusal.of(response)
            if (field := refusal.field(asked)) is not None:
                self._leave_out(field, refusal)
            elif (answer := await self._plainly(asked, refusal)) is not None:
                return answer
            else:
                raise await self._fault(refusal, "POST")

    async def _plainly(self, asked: Mapping[str, Any], refusal: Refusal) -> Completion | None:
        """The answer to a first question without all that can be left out, where a server refuses.

        Some say no more than that the request is bad. None where it is not that, or no help.
        """
        extra = refusable(asked)
        if self._transport.was_well or self.is_vllm or not (extra and refusal.is_unexplained):
            return None
        bare = {name: value for name, value in asked.items() if name not in extra}
        response = await self._transport.ask("POST", self._at("/chat/completions"), bare)
        if not response.is_success:
            return None
        for field in extra:
            self._leave_out(field, refusal)
        return self._read(response, Completion)

    def _leave_out(self, field: str, refusal: Refusal) -> None:
        """Ask without a field from now on, and say so: what is done is not what was asked for."""
        if field in self.left_out:  # by another episode meanwhile
            return
        said = self._vault.redact(refusal.said)[:_LONGEST_QUOTE]
        self.left_out[field] = said
        if field == "max_tokens":  # said under its newer name from now on
            return
        instead = "asked without it from now on, so that its own value holds"
        if field == SYSTEM:
            instead = "the text goes into the user's first message from now on"
        logger.warning("%s refuses %s (%s): %s", self.url, field, said, instead)

    def left_out_of(self, payload: Mapping[str, Any]) -> tuple[str, ...]:
        """The fields of a request whose values do not hold, because the server refuses them."""
        refused = payload.keys() & self.left_out.keys()
        if "max_completion_tokens" not in self.left_out:  # said under its newer name
            refused -= {"max_tokens"}
        return tuple(sorted(refused))

    def _without_refused(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        known = {key: value for key, value in payload.items() if key not in self.left_out}
        if {"max_tokens", "max_completion_tokens"} & self.left_out.keys() == {"max_tokens"}:
            known["max_completion_tokens"] = payload["max_tokens"]
        if SYSTEM in self.left_out:
            known["messages"] = _without_system(payload["messages"])
        return known

    async def _says_a_word(self, payload: Mapping[str, Any]) -> bool:
        """Whether the server answers the same question at once, where one token is enough."""
        try:
            async with asyncio.timeout(self._limits.answer_s / 10):
                answer = await self._completion({**payload, "max_tokens": 1})
        except (PolicyFault, Silence, TimeoutError):
            return False
        return bool(answer.choices)

    async def prompt_size(self, payload: Mapping[str, Any]) -> int:
        """How many tokens a prompt has, by the server's own count; 0 where it does not tell.

        Raises:
            PolicyFault: the server cannot be reached, or refuses.
        """
        with somebody_elses_time():
            try:
                return (await self._completion(payload)).prompt_token_count
            except Silence:
                return 0

    async def token_id(self, text: str) -> int | None:
        """The token of a control string (vLLM); None where the server does not tell.

        Raises:
            PolicyFault: the string is no token, or nobody answers.
        """
        payload = {"model": self.model, "prompt": text, "add_special_tokens": False}
        response = await self._send("POST", self._at("/tokenize", of_root=True), payload)
        if response.status_code in (404, 405):  # what stands before it passes on /v1 alone
            return None
        if not response.is_success:
            raise await self._fault(Refusal.of(response), "POST")
        tokens = self._read(response, Tokenized).tokens
        if len(tokens) != 1:
            raise PolicyFault(f"the model {self.model} has no token {text}: choose another family")
        return tokens[0]

    async def text_of(self, ids: Sequence[int]) -> str:
        """The text of tokens, special tokens left out (vLLM).

        Raises:
            PolicyFault: the server does not tell.
        """
        payload = {"model": self.model, "tokens": list(ids)}
        response = await self._send("POST", self._at("/detokenize", of_root=True), payload)
        if not response.is_success:
            raise await self._fault(Refusal.of(response), "POST")
        return self._read(response, Detokenized).prompt

    def _at(self, path: str, of_root: bool = False) -> str:
        return f"{self.url.removesuffix('/v1') if of_root else self.url}{path}{self._query}"

    async def _discover(self) -> None:
        """Take the server's only model, or the one that was named.

        A named model need not be listed: servers that load on demand know more than they list, and
        some list nothing, or not to everybody.
        """
        cards = await self._cards()
        if not self.model:
            # LM Studio lists one for embeddings beside every other.
            able = [card for card in cards if "embed" not in card.id.lower()] or cards
            if len(able) != 1:
                raise UsageError(
                    f"{self.url} has not one model; name one of {names([c.id for c in able])}"
                    if able
                    else f"{self.url} lists no model: name one (--model-name)"
                )
            self.model = able[0].id
        self.is_vllm = any(card.owned_by == "vllm" for card in cards)
        by_id = {card.id: card for card in cards}
        if (card := by_id.get(self.model)) is not None:
            self.root = card.root or ""
            if card.parent:
                above = by_id.get(card.parent)
                self.parents = (card.parent, (above.root if above else None) or "")
        elif self.is_vllm:
            raise UsageError(
                f"{self.url} has no model {self.model!r}; it has {names(list(by_id), self.model)}"
            )

    async def _cards(self) -> list[ModelCard]:
        """The models that the server lists; none where it does not, and one was named.

        Raises:
            PolicyFault: nobody answers, or it lists none and none was named.
        """
        response = await self._send("GET", self._at("/models"))
        if _is_lost(response) and not self.url.endswith("/v1"):
            elsewhere = await self._send("GET", f"{self.url}/v1/models{self._query}")
            if elsewhere.is_success and not _is_lost(elsewhere):
                self.url, response = f"{self.url}/v1", elsewhere
        if response.is_success:
            try:
                return self._read(response, ModelList).data
            except PolicyFault:
                if not self.model:
                    raise
        elif not self.model:
            refusal = Refusal.of(response)
            fault = await self._fault(refusal, "GET")
            if refusal.status in (404, 405):
                raise PolicyFault(f"{fault}, or name the model (--model-name)")
            raise fault
        return []

    async def _send(
        self,
        method: str,
        url: str,
        payload: Mapping[str, Any] | None = None,
        *,
        takes_no: bool = False,
    ) -> httpx.Response:
        """The answer to a request, or the last refusal (`Transport.ask`).

        Raises:
            PolicyFault: nobody answers, or not in time.
        """
        try:
            return await self._transport.ask(method, url, payload, takes_no=takes_no)
        except Silence as silence:
            raise self._too_late() from silence

    def _too_late(self) -> PolicyFault:
        return PolicyFault(
            f"{self.url} did not answer within {self._limits.answer_s:g} s: use fewer tokens "
            "a turn, or a faster server"
        )

    def _read(self, response: httpx.Response, record: type[_R]) -> _R:
        try:
            try:
                return record.model_validate_json(response.content)
            except ValidationError as error:
                # Half a character is no JSON to pydantic, and no reason to lose a turn.
                if error.errors()[0]["type"] != "json_invalid":
                    raise
                return record.model_validate(with_halves(response.content) or [])
        except ValidationError as error:
            said = self._vault.redact(response.text)[:_LONGEST_QUOTE]
            raise PolicyFault(
                f"{self.url} does not speak the OpenAI protocol: "
                f"{said!r} ({error.error_count()} errors, the first: "
                f"{error.errors()[0]['msg']}): give the address of its API, mostly one that ends "
                "in /v1"
            ) from error

    async def _fault(self, refusal: Refusal, method: str) -> PolicyFault:
        """What a refusal means, and what can be done."""
        said = self._vault.redact(refusal.said)[:_LONGEST_QUOTE]
        advice = refusal.advice(self._has_key)
        if method == "POST" and refusal.is_about_model:
            advice = f"the models it has are {await self._listed()}"
        kind = TooLarge if refusal.is_too_large else PolicyFault
        return kind(f"{self.url} answers {refusal.status}: {said}: {advice}")

    async def _listed(self) -> str:
        """The names of the server's models, as far as it tells them."""
        response = await self._send("GET", self._at("/models"))
        if not response.is_success:
            return "unknown"
        return names([card.id for card in self._read(response, ModelList).data], self.model)


def _is_lost(response: httpx.Response) -> bool:
    """Whether there is nothing at an address, or a page for people."""
    kind = response.headers.get("Content-Type", "")
    return response.status_code in (404, 405) or (response.is_success and "html" in kind)


def _without_system(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Messages whose first, of the system, stands at the beginning of the user's first."""
    if len(messages) < 2 or messages[0]["role"] != "system":
        return list(messages)
    system, first, *rest = messages
    content = first["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    told = {"type": "text", "text": f"{system['content']}\n\n"}
    return [{**first, "content": [told, *parts]}, *rest]
