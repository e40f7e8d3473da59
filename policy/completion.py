"""Responses of an OpenAI-compatible server as typed records; other fields are ignored."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict

_BREAKS_OFF = ("abort", "error", "content_filter")
"""Reasons to finish that are the server's, not the model's: vLLM's and OpenAI's names."""


class ServerRecord(BaseModel):
    """A part of what a server says."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())


class ModelCard(ServerRecord):
    """A model that a server has."""

    id: str
    owned_by: str = ""
    root: str | None = None
    """vLLM: the checkpoint that was loaded."""


class ModelList(ServerRecord):
    """All of them."""

    data: list[ModelCard]


class _TokenLogprob(ServerRecord):
    logprob: float


class _Logprobs(ServerRecord):
    content: list[_TokenLogprob] | None = None


class _Function(ServerRecord):
    name: str = ""
    arguments: str | dict[str, Any] | None = None


class _ToolCall(ServerRecord):
    function: _Function

    def written(self) -> str:
        """The call as it stood in the text, before a server took it out."""
        arguments = self.function.arguments or {}
        if isinstance(arguments, str):
            return f'{{"name": {json.dumps(self.function.name)}, "arguments": {arguments}}}'
        return json.dumps({"name": self.function.name, "arguments": arguments})


class CompletionText(ServerRecord):
    """What the model has said."""

    content: str | None = None
    tool_calls: list[_ToolCall] | None = None
    """Calls that a server has read by itself, as vLLM does with a tool parser."""
    reasoning: str | None = None
    """vLLM with a reasoning parser: what stood between the tags of the thought."""
    reasoning_content: str | None = None
    """The same under its older name."""


class Choice(ServerRecord):
    """The next message, and how it came about."""

    message: CompletionText
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None
    token_ids: list[int] | None = None

    @property
    def shows_tokens(self) -> bool:
        """Whether it can be seen that the model has sampled anything."""
        logprobs = self.logprobs.content if self.logprobs is not None else None
        return bool(self.token_ids or logprobs)


class _PromptTokens(ServerRecord):
    cached_tokens: int | None = None


class _Usage(ServerRecord):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _PromptTokens | None = None
    cost: float | None = None
    """OpenRouter: in US dollars."""


class Completion(ServerRecord):
    """The answer to a chat completion; ids are an extension of vLLM."""

    choices: list[Choice]
    usage: _Usage | None = None
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
        """Of the prompt: those that were read before; 0 where the server does not tell."""
        details = self.usage.prompt_tokens_details if self.usage else None
        return (details.cached_tokens if details else None) or 0

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
        if choice.finish_reason in _BREAKS_OFF:
            return f"with a message that it broke off ({choice.finish_reason})"
        words = choice.message
        thought = words.reasoning or words.reasoning_content
        if words.content or words.tool_calls or thought or choice.shows_tokens:
            return ""
        if choice.finish_reason == "length" and self.sampled_token_count:
            return ""
        return "with an empty message"


class Tokenized(ServerRecord):
    """The tokens of a text (vLLM)."""

    tokens: list[int]


class Detokenized(ServerRecord):
    """The text of tokens (vLLM)."""

    prompt: str
