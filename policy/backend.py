"""The `Backend` protocol: computes the next turn of a conversation, here or on a server."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from vigorl.browser.errors import UsageError
from vigorl.policy.images import FittedImage
from vigorl.policy.policy import ShownImage

SamplingMode = Literal["as set", "anew", "greedy"]
"""How one turn's words are drawn: as `Sampling` says; differently, because the last ones could not
be understood; or the most likely ones."""


@dataclass(frozen=True)
class Message:
    """One message of a conversation: texts and pictures in order."""

    role: Literal["system", "user", "assistant"]
    parts: tuple[str | FittedImage, ...]
    ids: tuple[int, ...] | None = None
    """The tokens of an assistant's message as they were sampled, where they are known; a backend
    that takes tokens uses them instead of encoding the text again."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next words are drawn."""

    temperature: float = 0.5
    """0 takes the most likely token. Source of the default: the published evaluation."""
    top_p: float = 1.0
    """Draw among the most likely tokens that make up this share of the probability."""
    top_k: int = 0
    """Draw among so many of the most likely tokens; 0: among all."""
    repetition_penalty: float = 1.0
    """What a token's score is divided by (multiplied, where it is negative) if prompt or turn hold
    it already; 1: no penalty."""
    presence_penalty: float = 0.0
    """What is taken from a token's score if the turn holds it already; 0: no penalty."""
    max_tokens: int = 2048
    """Most tokens of one turn. Source of the default: the published evaluation."""
    seed: int = 0
    """The n-th episode of a policy draws with seed + n."""

    def __post_init__(self) -> None:
        if not (self.temperature >= 0 and 0 < self.top_p <= 1 and self.max_tokens > 0):
            raise UsageError(
                f"{self}: temperature is at least 0, top_p above 0 and at most 1, and a turn has "
                "at least one token"
            )
        if not (
            self.top_k >= 0 and self.repetition_penalty > 0 and abs(self.presence_penalty) <= 2
        ):
            raise UsageError(
                f"{self}: top_k is at least 0, the repetition penalty above 0, and the presence "
                "penalty between -2 and 2"
            )

    @property
    def penalises(self) -> bool:
        """Whether tokens that were said are less likely (or more) than the model has them."""
        return self.repetition_penalty != 1 or self.presence_penalty != 0

    def anew(self) -> "Sampling":
        """How words are drawn where the last ones could not be understood.

        What always says the most likely would say the same: it draws at temperature 1 this time.
        """
        return self if self.temperature > 0 else replace(self, temperature=1.0)

    def drawn(self, how: "SamplingMode") -> "Sampling":
        """The sampling of one turn, drawn in this way."""
        match how:
            case "as set":
                return self
            case "anew":
                return self.anew()
            case "greedy":
                return replace(self, temperature=0.0)


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a model in this process runs on."""

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """`auto`: a CUDA device where there is one."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Of weights and caches; `auto`: bfloat16 on CUDA, float32 on a CPU."""
    max_batch: int = 8
    """Turns that are generated at a time; further ones wait."""
    quantization: Literal["none", "4bit", "8bit"] = "none"
    """Weights are stored in so many bits, to play and not to be trained: on CUDA by bitsandbytes;
    on a CPU only in 8, by PyTorch, which computes in them as well."""
    attention: Literal["auto", "eager", "sdpa", "flash_attention_2"] = "auto"
    """How attention is computed, by transformers' names; `auto`: as it chooses."""
    spread: bool = False
    """Layers are spread over all CUDA devices of the machine, and over the CPU's memory where these
    are too small (accelerate)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The next words, and their tokens where the backend tells them."""

    text: str
    """Special tokens left out."""
    prompt_token_count: int
    sampled_token_count: int
    cut_off: bool
    """The text was ended by `Sampling.max_tokens`."""
    prompt_ids: tuple[int, ...] | None = None
    """The whole prompt as the model read it, pictures as their placeholder tokens."""
    sampled_ids: tuple[int, ...] | None = None
    logprobs: tuple[float, ...] | None = None
    """Of each sampled id at temperature 1, among all tokens that may be sampled and before any
    penalty: what a replay gives, whatever the sampling. Those of a server are as it tells them."""
    images: tuple[ShownImage, ...] = ()
    """Those of the whole prompt, in order."""
    cached_token_count: int = 0
    """Of the prompt: those that the server had read before, as far as it tells."""
    cost_usd: float | None = None
    """What the server charges for it, in US dollars; None: it does not tell."""
    refusal: str = ""
    """Why the model does not answer, where its server tells that apart from what it says."""
    left_out: tuple[str, ...] = ()
    """Fields of the request that the server refused, so that its own values held."""
    weights_step: int | None = None
    """Updates that the weights had seen which it was sampled with, where they are being trained."""


class Session(Protocol):
    """One episode's place at a backend: what is reused between its turns lives here."""

    async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
        """The assistant's next message, or the rest of the last one where it has begun it.

        Args:
            messages: The conversation.
            how: How its words are drawn.

        Raises:
            PolicyFault: the server or device broke, or refused; the message says what to do.
        """
        ...


class Backend(Protocol):
    """A model that can be asked for the next message, by many episodes at once."""

    name: str

    @property
    def continues(self) -> bool:
        """Whether it goes on in the middle of a message that has been begun for the model."""
        ...

    def session(self, seed: int) -> Session:
        """A place for one episode, which draws with this seed."""
        ...

    def describe(self) -> dict[str, Any]:
        """What a record needs to name this model again."""
        ...

    async def decode(self, ids: Sequence[int]) -> str:
        """The text of sampled tokens, special tokens left out.

        Raises:
            PolicyFault: the server does not tell.
        """
        ...

    async def close(self) -> None:
        """Let go of connections and devices; may be called twice."""
        ...
