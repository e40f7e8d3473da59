"""What a server's refusal means: a field that it does not take, a pause, or the end and a remedy.

Source of the sentences that are looked for: what OpenAI, Anthropic, Google, Mistral, OpenRouter,
Together, LiteLLM, vLLM, SGLang, llama.cpp, Ollama and LM Studio are reported to answer.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from vigorl.policy.response_body import message_of

SYSTEM = "system"
"""Not a field but a role, which some models are not asked in; its text goes to the user's."""

_FIELDS = {
    "chat_template_kwargs": "chat_template_kwargs|enable_thinking",
    "reasoning_effort": "reasoning_?effort",
    "response_format": "response_?format|json_?schema",
    "logprobs": r"log_?probs?|log probabilities",
    "return_token_ids": "return_token_ids",
    "include_stop_str_in_output": "include_stop_str_in_output",
    "bad_words": "bad_words",
    "min_p": "min_p",
    "frequency_penalty": "frequency_?penalty",
    "presence_penalty": "presence_?penalty",
    "repetition_penalty": "repetition_?penalty",
    "top_k": "top_?k",
    "top_p": "top_?p",
    "seed": "seed",
    "stop": r"stop(?:[_ ]?sequences?)?",
    "temperature": "temperature",
    "max_completion_tokens": "max_completion_tokens",
    "max_tokens": "max_tokens",
}
"""Fields that a server may refuse, the one that is missed least first, and how it may name them."""
_NAMES = {
    field: re.compile(rf"(?<![a-z_])(?:{names})(?![a-z_])", re.IGNORECASE)
    for field, names in _FIELDS.items()
}


def _any_of(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


_REFUSES = _any_of(
    r"unsupported|unknown|unrecogni[sz]ed|unexpected|invalid|deprecated|incompatible",
    r"(?:not|n't)\s+(?:currently\s+)?(?:be\s+)?(?:supported|support|permitted|allowed|allow|"
    r"accept|accepted|available|enabled|implemented|used|set)",
    r"only the default|only \S+ is (?:allowed|supported)|must be|(?:may|can) only",
    r"cannot (?:both|be|find|use|specify)|mutually exclusive|forbidden|no permission",
)
_TOGETHER = _any_of(r"both|at the same time|together|mutually exclusive|only one of|use only one")
_SYSTEM = _any_of(
    r"system.{0,20}(?:role|message|instruction|prompt)?.{0,30}(?:not|n't) (?:be )?support",
    r"(?:not|n't) support.{0,20}system|system role not|developer instruction is not enabled",
)
_LENGTH = _any_of(
    r"context.?(?:length|size|window|limit)|max_model_len|maximum context|num_ctx",
    r"(?:prompt|input).{0,30}too long|too many (?:input )?tokens|token count.{0,60}exceed",
    r"exceeds? (?:the )?(?:available|maximum|model).{0,30}(?:context|tokens|length)",
    r"input length",
)
_TURN_LENGTH = _any_of(
    r"max(?:_completion|_output|_new)?_tokens.{0,40}(?:too large|at most|exceed)"
)
_BYTES = _any_of(
    r"(?:image|picture|request|payload|body|entity).{0,40}(?:exceeds?|too large|larger than)"
)
_COUNT = _any_of(
    r"at most \d+ (?:image|picture)",
    r"too many (?:image|picture)",
    r"(?:image|picture)s? (?:limit|count).{0,20}exceed",
)
_PICTURES = _any_of(
    r"\b(?:image|images|image_url|picture|vision|mmproj|multi-?modal)\b|image[_ ]?(?:input|url)",
    r"content.{0,60}(?:valid string|be a string|expected a string|must be string)",
    r"expected `?text`?|expected a string|Input should be a valid string",
)
_MEMORY = _any_of(
    r"out of memory|more system memory|unexpectedly stopped|runner.{0,20}terminated|CUDA error"
)
_CREDIT = _any_of(
    r"insufficient.?(?:quota|funds|credit|balance)|credit balance|billing|exceeded your current",
    r"more credits|payment required|\bquota\b|out of credit",
)
_FILTERED = _any_of(r"content.?(?:filter|management|policy)|safety|moderation|flagged")
_NO_CHAT = _any_of(r"v1/responses|not a chat model|v1/completions")
_NO_MODEL = _any_of(
    r"model.{0,80}(?:not found|not exist|unknown|not available|no such|not a valid)",
    r"(?:no such|unknown|invalid|no endpoints found for).{0,20}model|not a valid model",
    r"no models? (?:is |are )?loaded",
)
_LOADING = _any_of(r"\bloading\b|starting up|warming|initiali[sz]ing|being (?:loaded|started)")
_PLAIN_TO_TLS = _any_of(r"plain HTTP request was sent to (?:an? )?HTTPS|HTTPS port")
_DELAY = re.compile(
    r"(?:try again|retry|wait)(?: (?:in|after|for))? (?:(\d+)m)?(\d+(?:\.\d+)?) ?(ms|s|m)?\b",
    re.IGNORECASE,
)

_PASSING = {408, 409, 425, 429, *range(500, 600)} - {501, 505}
_ABOUT_FIELDS = {400, 403, 422, 500, 501}

_NOT_UNDERSTOOD = "the request was not understood"
_FEWER = "keep fewer screens (--window) or show smaller pictures (--max-pixels)"
_TOO_LARGE = (
    f"the pictures are too large for it: {_FEWER}, or let it take more (nginx: "
    "client_max_body_size)"
)
_NO_CREDIT = "the account behind the key has no credit left: add some, or choose another model"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One answer of a server that is none."""

    status: int
    said: str
    """In its words, in one line."""
    kind: str = ""
    """Names and codes beside the words: `insufficient_quota`."""
    param: str = ""
    """The field that it names as the cause."""
    told_s: float = 0.0
    """When it says to come back, in seconds; 0 where it does not."""

    @classmethod
    def of(cls, response: httpx.Response) -> "Refusal":
        """What an answer says."""
        kind, param = _marks_of(response)
        said = message_of(response)
        return cls(response.status_code, said, kind, param, _delay_s(response, said))

    @property
    def is_passing(self) -> bool:
        """Whether asking again may help."""
        if self.status not in _PASSING or "insufficient_quota" in self.kind:
            return False
        if self.status == 429 and self.told_s:
            return True  # whatever it says about plans and billing besides
        lasting = (_PICTURES, _BYTES, _LENGTH, _CREDIT, _MEMORY)
        return self.field_among(_NAMES) is None and not any(
            each.search(self.said) for each in lasting
        )

    @property
    def is_loading(self) -> bool:
        """Whether the model is on its way."""
        return self.status in (500, 503) and bool(_LOADING.search(self.said))

    @property
    def is_too_large(self) -> bool:
        """Whether fewer bytes might do."""
        return self.status in (400, 413, 422) and self.advice(True) == _TOO_LARGE

    @property
    def is_unexplained(self) -> bool:
        """Whether the request is refused without a reason that is known."""
        return self.status in (400, 422) and self.advice(True) == _NOT_UNDERSTOOD

    @property
    def is_about_model(self) -> bool:
        """Whether the server has no model of this name."""
        others = (_PICTURES, _NO_CHAT)
        named = self.status in (400, 404) and _NO_MODEL.search(self.said)
        return bool(named) and not any(each.search(self.said) for each in others)

    def field(self, payload: Mapping[str, Any]) -> str | None:
        """The field of a request that it is about and that can be left out, if it is about one."""
        if self.status not in _ABOUT_FIELDS or not _REFUSES.search(self.said):
            return None
        messages = payload.get("messages") or [{}]
        if messages[0].get("role") == "system" and _SYSTEM.search(self.said):
            return SYSTEM
        field = self.field_among(payload)
        if field in ("max_tokens", "max_completion_tokens") and (
            _LENGTH.search(self.said) or _TURN_LENGTH.search(self.said)
        ):
            return None
        return field

    def field_among(self, fields: Mapping[str, Any]) -> str | None:
        """That of these fields which it says cannot be taken."""
        if not _REFUSES.search(self.said):
            return None
        if self.param in _NAMES and self.param in fields:
            return self.param
        found = {
            name: place.start()
            for name, names in _NAMES.items()
            if name in fields and (place := names.search(self.said))
        }
        if not found:
            return None
        return (
            next(iter(found)) if _TOGETHER.search(self.said) else min(found, key=found.__getitem__)
        )

    def advice(self, has_key: bool) -> str:
        """What can be done about it."""
        for status, words, advice in _ADVICE:
            if status in (None, self.status) and (words is None or words.search(self.said)):
                return advice
        match self.status:
            case 401 if not has_key:
                return "it wants an API key: set VIGORL_API_KEY, or its provider's variable"
            case 401:
                return "give the right API key"
            case 403:
                return "give the right API key, or one that may use this model from here"
            case status if status < 400:
                return "give the address that it leads to, if that is where the key may go"
            case status if self.told_s and status in _PASSING:
                return f"it says to come back in {self.told_s:.0f} s, which is too long to wait"
            case 429:
                return "play fewer episodes at a time, wait, or choose another model"
            case status if status >= 500:
                return "it stayed so; look at its log, or play fewer episodes at a time"
        return _NOT_UNDERSTOOD


_ADVICE: tuple[tuple[int | None, re.Pattern[str] | None, str], ...] = (
    (402, None, _NO_CREDIT),
    (413, None, _TOO_LARGE),
    (None, _PLAIN_TO_TLS, "write https:// instead of http://"),
    (
        None,
        _TURN_LENGTH,
        "sample fewer tokens a turn (--turn-tokens), or serve with a longer context "
        "(vLLM: --max-model-len)",
    ),
    (
        None,
        _LENGTH,
        f"{_FEWER}, sample fewer tokens a turn (--turn-tokens), or serve with a longer context "
        "(vLLM: --max-model-len, llama.cpp: -c, Ollama: OLLAMA_CONTEXT_LENGTH)",
    ),
    (
        None,
        _COUNT,
        "serve with more pictures a prompt (vLLM: --limit-mm-per-prompt), or keep fewer screens "
        "in the window (--window)",
    ),
    (None, _CREDIT, _NO_CREDIT),
    (None, _BYTES, _TOO_LARGE),
    (None, _MEMORY, f"the model does not fit: serve a smaller one, or {_FEWER}"),
    (
        None,
        _FILTERED,
        "its filter does not let this through: choose another model, or set the filter lower",
    ),
    (
        None,
        _PICTURES,
        "serve a model that takes pictures (llama.cpp: with its --mmproj), or name such a one",
    ),
    (None, _NO_CHAT, "this model has no chat completions: name another"),
    (524, None, "what stands before it did not wait for the model: choose a faster one"),
    (504, None, "what stands before it did not wait for the model: choose a faster one"),
    (405, None, "correct the URL: it ends where /chat/completions is added, mostly in /v1"),
    (404, None, "correct the URL: it ends where /chat/completions is added, mostly in /v1"),
)
"""By status and words, the first that fits; None fits all."""


def _marks_of(response: httpx.Response) -> tuple[str, str]:
    """The codes and the field that an error names beside its words."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return "", ""
    body = body[0] if isinstance(body, list) and body else body
    error = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", ""
    param = error.get("param")
    return f"{error.get('type')} {error.get('code')}", param if isinstance(param, str) else ""


def _delay_s(response: httpx.Response, said: str) -> float:
    """When a server says to come back: in so many seconds, or at a time; 0 where it does not."""
    told = response.headers.get("Retry-After", "")
    try:
        seconds = float(told)
    except ValueError:
        seconds = _until_s(told)
    if not told and (found := _DELAY.search(said)):
        unit_s = {"ms": 0.001, "m": 60.0}.get((found[3] or "s").lower(), 1.0)
        seconds = 60 * int(found[1] or 0) + float(found[2]) * unit_s
    return seconds if 0 < seconds < math.inf else 0.0


def _until_s(told: str) -> float:
    """The seconds until a date as HTTP writes it; 0 where it is none."""
    try:
        at = parsedate_to_datetime(told)
    except ValueError:
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (at - datetime.now(UTC)).total_seconds()


def refusable(fields: Mapping[str, Any]) -> list[str]:
    """Those of these fields that a server may refuse and the model can do without."""
    return [name for name in _NAMES if name in fields and not name.startswith("max_")]


def names(ids: list[str], wanted: str = "", most: int = 12) -> str:
    """Names of models in one line: those that are like the wanted one first, and not all."""
    from difflib import SequenceMatcher

    if wanted:
        ids = sorted(ids, key=lambda name: -SequenceMatcher(None, wanted, name).ratio())
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return (", ".join(ids[:most]) or "none") + more
