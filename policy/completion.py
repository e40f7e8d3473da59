"""Responses of an OpenAI-compatible server as typed records; other fields are ignored.

What is not needed may be missing, null, or of another form than OpenAI's: then it is not told.
Token ids are needed exactly, so they alone are not taken in any form.
"""

import json
import math
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

_BREAKS_OFF = ("abort", "error", "content_filter")
"""Reasons to finish that are the server's, not the model's: vLLM's and OpenAI's names."""

_LONGEST = ("length", "max_tokens", "max_output_tokens")
"""Reasons to finish that are the limit on a turn."""
_NO_LOGPROB = -9999.0
"""Stands for one that a server does not know, at OpenAI and vLLM."""

_V = TypeVar("_V")


def _or_none(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


Told = Annotated[_V | None, WrapValidator(_or_none)]
"""Something that a server may tell; None where it does not, or in a form that nobody knows."""


def _text_of(value: Any) -> Any:
    """The text of a message that comes as a list of parts; thoughts among them are left out."""
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return value
    texts = (part if isinstance(part, str) else _part_text(part, "text") for part in value)
    return "".join(texts)


def _part_text(part: Any, name: str) -> str:
    """The text that a part holds under this name, itself perhaps of parts."""
    value = part.get(name) if isinstance(part, dict) else None
    if isinstance(value, list):
        return "".join(
            each if isinstance(each, str) else _part_text(each, "text") for each in value
        )
    return value if isinstance(value, str) else ""


def _thought_of(value: Any) -> str | None:
    """The thoughts among the parts of a message."""
    if not isinstance(value, list):
        return None
    return "".join(_part_text(part, "thinking") for part in value) or None


Text = Annotated[str | None, BeforeValidator(_text_of)]


class ServerRecord(BaseModel):
    """A part of what a server says."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())


class ModelCard(ServerRecord):
    """A model that a server has."""

    id: str
    owned_by: Told[str] = None
    root: Told[str] = None
    """vLLM: the checkpoint that was loaded."""
    parent: Told[str] = None
    """vLLM: the model that this one is an adapter of."""
    max_model_len: Told[int] = None
    """vLLM: most tokens of prompt and turn together."""


class ModelList(ServerRecord):
    """All of them."""

    data: list[ModelCard]

    @model_validator(mode="before")
    @classmethod
    def _unwrap(cls, value: Any) -> Any:
        """Take a bare list as well, and cards that have a name instead of an id."""
        if isinstance(value, dict):
            value = value.get("data") or value.get("models") or value.get("data", value)
        if value is None:
            value = []
        if not isinstance(value, list):
            return value
        cards = [{"id": each} if isinstance(each, str) else each for each in value]
        named = [
            {**card, "id": card.get("id") or card.get("name") or card.get("model")}
            for card in cards
            if isinstance(card, dict)
        ]
        return {"data": [card for card in named if card["id"]] if named else cards}


class _TokenLogprob(ServerRecord):
    logprob: float | None = None


class _Logprobs(ServerRecord):
    content: Told[list[_TokenLogprob]] = None


class _Function(ServerRecord):
    name: Told[str] = None
    arguments: Told[str | dict[str, Any]] = None

    def written(self) -> str:
        """The call as it stood in the text, before a server took it out."""
        arguments, name = self.arguments or {}, self.name or ""
        if isinstance(arguments, str):
            return f'{{"name": {json.dumps(name)}, "arguments": {arguments}}}'
        return json.dumps({"name": name, "arguments": arguments})


class _ToolCall(ServerRecord):
    function: Told[_Function] = None


class CompletionText(ServerRecord):
    """What the model has said."""

    content: Text = None
    tool_calls: Told[list[_ToolCall]] = None
    """Calls that a server has read by itself, as vLLM does with a tool parser."""
    function_call: Told[_Function] = None
    """One, under its older name."""
    reasoning: Told[str] = None
    """vLLM with a reasoning parser: what stood between the tags of the thought."""
    reasoning_content: Told[str] = None
    """The same under its older name."""
    refusal: Told[str] = None
    """OpenAI: why the model does not answer."""

    @model_validator(mode="before")
    @classmethod
    def _take_out_thoughts(cls, value: Any) -> Any:
        """Thoughts may be parts of the content (Mistral)."""
        if isinstance(value, dict) and (thought := _thought_of(value.get("content"))):
            return {**value, "reasoning": value.get("reasoning") or thought}
        return value

    @property
    def thought(self) -> str:
        """What a server has taken out of the text, before it."""
        return self.reasoning or self.reasoning_content or ""

    @property
    def calls(self) -> list[str]:
        """Those that a server has taken out of the text, as they stood there."""
        functions = [call.function for call in self.tool_calls or ()] or [self.function_call]
        return [each.written() for each in functions if each is not None]


def _message(value: Any) -> Any:
    return value if value is not None else {}


class Choice(ServerRecord):
    """The next message, and how it came about."""

    message: Annotated[CompletionText, BeforeValidator(_message)] = Field(
        default_factory=CompletionText
    )
    finish_reason: Told[str] = None
    logprobs: Told[_Logprobs] = None
    token_ids: list[int] | None = None

    @property
    def is_cut_off(self) -> bool:
        """Whether the limit on a turn has ended it."""
        return (self.finish_reason or "").lower() in _LONGEST

    @property
    def known_logprobs(self) -> tuple[float, ...] | None:
        """Of every sampled token; None where one of them is not told."""
        told = self.logprobs.content if self.logprobs is not None else None
        if told is None:
            return None
        known = [each.logprob for each in told if each.logprob is not None]
        if len(known) < len(told) or not all(_NO_LOGPROB < each < math.inf for each in known):
            return None
        return tuple(known)

    @property
    def shows_tokens(self) -> bool:
        """Whether it can be seen that the model has sampled anything."""
        logprobs = self.logprobs.content if self.logprobs is not None else None
        return bool(self.token_ids or logprobs)


class _PromptDetails(ServerRecord):
    cached_tokens: Told[int] = None


class _Usage(ServerRecord):
    prompt_tokens: Told[int] = None
    completion_tokens: Told[int] = None
    prompt_tokens_details: Told[_PromptDetails] = None
    prompt_cache_hit_tokens: Told[int] = None
    """DeepSeek: the cached ones."""
    cached_tokens: Told[int] = None
    """Moonshot: the same."""
    cost: Told[Annotated[float, Field(ge=0, allow_inf_nan=False)]] = None
    """OpenRouter: what it charges, in US dollars."""


class Completion(ServerRecord):
    """The answer to a chat completion; ids are an extension of vLLM."""

    choices: Annotated[list[Choice], BeforeValidator(lambda value: value or [])]
    usage: Told[_Usage] = None
    prompt_token_ids: list[int] | None = None

    @property
    def prompt_token_count(self) -> int:
        """Of the prompt; 0 where the server does not tell."""
        return (self.usage.prompt_tokens if self.usage else None) or 0

    @property
    def sampled_token_count(self) -> int:
        """Of the answer; 0 where the server does not tell."""
        return (self.usage.completion_tokens if self.usage else None) or 0

    @property
    def cached_token_count(self) -> int:
        """Of the prompt: those that were read before; 0 where it does not tell."""
        if self.usage is None:
            return 0
        details = self.usage.prompt_tokens_details
        told = (
            details.cached_tokens if details else None,
            self.usage.prompt_cache_hit_tokens,
            self.usage.cached_tokens,
        )
        return next((count for count in told if count), 0)

    @property
    def cost_usd(self) -> float | None:
        """What the server charges; None where it does not tell."""
        return self.usage.cost if self.usage else None

    @property
    def lack(self) -> str:
        """Why it is no turn of the model, but the server's failure; empty where it is one.

        A turn without words is the model's where it shows: the token that ended it was sampled, or
        the turn was used up by thoughts that are not told. Where nothing shows, nobody can tell,
        and it is the server's: no policy can learn to use that, because where one learns, its
        server tells the tokens.
        """
        if not self.choices:
            return "without a message"
        choice = self.choices[0]
        words = choice.message
        if words.refusal:
            return ""
        if choice.finish_reason == "content_filter":
            return "with a message that its filter broke off (content_filter)"
        if choice.finish_reason in _BREAKS_OFF:
            return f"with a message that it broke off ({choice.finish_reason})"
        if words.content or words.calls or words.thought or choice.shows_tokens:
            return ""
        if choice.is_cut_off and self.sampled_token_count:
            return ""
        return "with an empty message"

    @property
    def remedy(self) -> str:
        """What can be done about the lack."""
        choice = self.choices[0] if self.choices else None
        if choice is not None and choice.finish_reason == "content_filter":
            return "choose another model, or set the filter lower"
        if choice is not None and choice.is_cut_off:
            return "let a turn be longer (--turn-tokens): thoughts may have used it up"
        return "look at its log; it may lack room for the prompt (Ollama: OLLAMA_CONTEXT_LENGTH)"


class Tokenized(ServerRecord):
    """The tokens of a text (vLLM)."""

    tokens: list[int]


class Detokenized(ServerRecord):
    """The text of tokens (vLLM)."""

    prompt: str
