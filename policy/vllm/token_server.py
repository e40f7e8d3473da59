"""`vllm serve` asked by tokens: ids and pictures in, sampled ids with log-probabilities out.

Of vLLM's endpoints these are used: `GET /v1/models`; `POST /inference/v1/generate`, which takes a
prompt's ids (`token_ids`, one placeholder for each picture), its pictures (`content_parts`) and all
of vLLM's own sampling parameters, and tells the ids that were read (`return_token_ids`), where it
was started with `--enable-scale-out`; and
`POST /v1/load_lora_adapter` and `/v1/unload_lora_adapter`, by which an adapter comes and goes while
the server runs. Adapters are read from the disk: the server has to see the folder under its path.
"""

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import httpx
from pydantic import Field

from vigorl.browser.clock import charge, somebody_elses_time
from vigorl.browser.errors import InconsistentData, PolicyFault, UsageError
from vigorl.policy.completion import ServerRecord, Told
from vigorl.policy.refusal import Refusal
from vigorl.policy.wire import Server

_GENERATE = "/inference/v1/generate"
_LOAD = "/v1/load_lora_adapter"
_UNLOAD = "/v1/unload_lora_adapter"

_NO_LOGPROB = -9999.0
"""Stands for one that vLLM does not know."""

_NOT_ENABLED = re.compile(r"LoRA is not enabled", re.IGNORECASE)
_RANK = re.compile(r"rank.{0,20}greater than max_lora_rank", re.IGNORECASE)
_NOT_SEEN = re.compile(r"No adapter found for", re.IGNORECASE)
_DISABLED = re.compile(r"--enable-scale-out")
_NO_MODEL = re.compile(r"model.{0,200}does not exist", re.IGNORECASE | re.DOTALL)
_LONGEST_QUOTE = 400


class AdapterGone(PolicyFault):
    """The server does not have an adapter that it had: it was started anew."""


class _Token(ServerRecord):
    token_id: int
    logprob: float


class _Tokens(ServerRecord):
    content: list[_Token]


class GeneratedTurn(ServerRecord):
    """What was sampled, and how it ended."""

    token_ids: list[int]
    logprobs: _Tokens
    finish_reason: Told[str] = None

    def told_logprobs(self) -> list[float]:
        """The log-probability of each token.

        Raises:
            InconsistentData: it is told of others, or not of all.
        """
        told = self.logprobs.content
        if [each.token_id for each in told] != self.token_ids:
            raise InconsistentData(
                f"{len(self.token_ids)} sampled ids, and log-probabilities of {len(told)} others"
            )
        if any(each.logprob <= _NO_LOGPROB for each in told):
            raise InconsistentData("a sampled id whose log-probability the server does not know")
        return [each.logprob for each in told]


class Generated(ServerRecord):
    """The answer to a prompt."""

    model: Told[str] = None
    """The adapter that it was sampled with, by its name."""
    choices: Annotated[list[GeneratedTurn], Field(min_length=1)]
    prompt_token_ids: list[int] | None = None


class TokenServer(Server):
    """A server of vLLM that is asked by tokens."""

    context_tokens = 0
    """Most tokens of prompt and turn together."""
    _found: Mapping[str, str]
    """Adapters that it had when it was found: their folders, by name."""

    async def _discover(self) -> None:
        """Take its base model, whichever adapters it has beside it.

        Raises:
            UsageError: it is none of vLLM's.
            PolicyFault: nobody answers, or in another protocol.
        """
        cards = await self._cards()
        bases = [card for card in cards if card.parent is None]
        if not bases or bases[0].owned_by != "vllm" or not bases[0].max_model_len:
            raise UsageError(
                f"{self.url} is no server of vLLM: a training samples on one that "
                "vigorl-agent serve MODEL --lora RANK has started"
            )
        self.is_vllm = True
        self.model, self.root = bases[0].id, bases[0].root or ""
        self.context_tokens = bases[0].max_model_len
        self._found = {card.id: card.root or "" for card in cards if card.parent is not None}

    def adapters_in(self, folder: Path) -> list[str]:
        """Names of those which it had from a folder when it was found; told once."""
        home = str(folder.resolve())
        names = [name for name, path in self._found.items() if str(Path(path).parent) == home]
        self._found = {}
        return names

    async def generate(self, payload: Mapping[str, Any]) -> Generated:
        """Sample behind a prompt of tokens.

        The episode's clock stands meanwhile, and what the answer took is taken from it.

        Args:
            payload: What `/inference/v1/generate` takes.

        Raises:
            AdapterGone: there is no adapter of this name.
            UsageError: the server has no such endpoint.
            PolicyFault: nobody answers, or it refuses.
        """
        with somebody_elses_time():
            began_s = time.monotonic()
            response = await self._send("POST", self._at(_GENERATE, of_root=True), payload)
            charge(time.monotonic() - began_s)
        if response.is_success:
            return self._read(response, Generated)
        refusal = Refusal.of(response)
        if refusal.status == 404 and _NO_MODEL.search(refusal.said):
            raise AdapterGone(f"{self.url} does not have the adapter {payload.get('model')}")
        if refusal.status in (404, 405):
            raise UsageError(
                f"{self.url} takes no tokens ({_GENERATE} answers {refusal.status}): serve with "
                "vLLM 0.32 or later (pip install 'vigorl-agent[vllm]')"
            )
        if _DISABLED.search(refusal.said):
            raise UsageError(
                f"{self.url} takes no tokens ({self._vault.redact(refusal.said)}): start it with "
                "vigorl-agent serve MODEL --lora RANK, which does so"
            )
        raise await self._fault(refusal, "POST")

    async def load_adapter(self, name: str, folder: Path, rank: int) -> None:
        """Let turns name an adapter from now on; it is on the device when this returns.

        Args:
            name: That no adapter of the server has had.
            folder: What peft has written, under a path by which the server sees it.
            rank: Of the adapter.

        Raises:
            UsageError: the server was not started for that; says how it has to be.
            PolicyFault: nobody answers, or it refuses for another reason.
        """
        payload = {"lora_name": name, "lora_path": str(folder.resolve())}
        response = await self._send("POST", self._at(_LOAD, of_root=True), payload, takes_no=True)
        if response.is_success:
            return
        refusal = Refusal.of(response)
        said = self._vault.redact(refusal.said)[:_LONGEST_QUOTE]
        serve = f"vigorl-agent serve MODEL --lora {rank}"
        if _NOT_SEEN.search(refusal.said):
            raise UsageError(
                f"{self.url} does not see the adapter in {folder.resolve()}: run the training "
                "where that path is the same folder for both, or give an --out on a disk that "
                "both have"
            )
        if _RANK.search(refusal.said):
            raise UsageError(
                f"{self.url} takes no adapters of rank {rank} ({said}): start it with {serve}, or "
                "train with a lower --lora"
            )
        if _NOT_ENABLED.search(refusal.said):
            raise UsageError(f"{self.url} takes no adapters ({said}): start it with {serve}")
        if refusal.status in (404, 405):
            raise UsageError(
                f"{self.url} loads no adapters while it runs: start it with {serve} (with vllm "
                "serve alone: --enable-lora, and VLLM_ALLOW_RUNTIME_LORA_UPDATING=1 in its "
                "environment)"
            )
        raise PolicyFault(
            f"{self.url} does not take the adapter {folder} ({refusal.status}: {said}): serve the "
            "model that is trained"
        )

    async def unload_adapter(self, name: str) -> None:
        """Take an adapter away, if it is there; turns under way end with it.

        Raises:
            PolicyFault: nobody answers, or it refuses.
        """
        response = await self._send("POST", self._at(_UNLOAD, of_root=True), {"lora_name": name})
        if not (response.is_success or response.status_code == httpx.codes.NOT_FOUND):
            raise await self._fault(Refusal.of(response), "POST")
