"""What a server's answer holds, whatever it is wrapped in.

An error may come as a success (OpenRouter, LM Studio), a list, a page of HTML, or the text of
another server inside of one's own; an answer may come in pieces that nobody asked for. What is
made of it here is one JSON object with a status that fits it.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx

from vigorl.browser.quoting import visible
from vigorl.browser.text import cleaned, whole

_SAYS = (
    "error",
    "errors",
    "detail",
    "message",
    "msg",
    "error_message",
    "status_msg",
    "base_resp",
    "title",
)
"""Names under which servers say what is wrong, the outermost first."""
_ANSWERS = ("choices", "data", "models", "tokens", "prompt")
_LONGEST_MESSAGE = 4000
_HEADING = re.compile(r"<(title|h1)\b[^>]*>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_EVENTS = re.compile(rb"\s*(?::|data:|event:|id:|retry:)")
"""How server-sent events begin, and nothing else that is an answer."""
_TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_KINDS = (
    (re.compile(r"rate.?limit|too.many|resource.?exhausted", re.IGNORECASE), 429),
    (re.compile(r"quota|credit|billing|balance|payment", re.IGNORECASE), 402),
    (re.compile(r"unexpected endpoint|not.?found", re.IGNORECASE), 404),
    (re.compile(r"api.?key|authenticat|unauthori[sz]ed", re.IGNORECASE), 401),
    (re.compile(r"invalid|unsupported|not support|bad.request|unknown", re.IGNORECASE), 400),
)


def unwrapped(response: httpx.Response) -> httpx.Response:
    """The same answer as one JSON object; an error that came as a success, as an error."""
    body = response.content.removeprefix(b"\xef\xbb\xbf")
    if response.is_success and _EVENTS.match(body):
        body = _joined(body)
    status = response.status_code
    if response.is_success and (b'"error"' in body or b'"choices"' not in body):
        status = _status_inside(_parsed(body)) or status
    if response.is_success and not body.strip():
        status, body = 502, b'{"error": "an empty answer"}'
    if body == response.content and status == response.status_code:
        return response
    return httpx.Response(status, headers=response.headers, content=body, request=response.request)


def _status_inside(body: Any) -> int | None:
    """The status that an answer should have come with; None where it is no error."""
    if isinstance(body, list) and body and isinstance(body[0], dict) and "error" in body[0]:
        body = body[0]
    if not isinstance(body, dict):
        return None
    choices = body.get("choices")
    if isinstance(choices, list) and choices:
        first = choices[0]
        if not isinstance(first, dict) or not first.get("error"):
            return None
        body = first
    elif any(body.get(name) is not None for name in _ANSWERS[1:]):
        return None
    error = next((body[name] for name in _SAYS if body.get(name)), None)
    if error is None:
        return None
    wordings = [body, error] if isinstance(error, dict) else [body]
    codes = [each.get(name) for each in wordings for name in ("code", "status", "status_code")]
    for code in reversed(codes):
        if str(code).isdecimal() and 400 <= int(str(code)) < 600:
            return int(str(code))
    words = f"{message_in(body)} {codes}"
    return next((status for kind, status in _KINDS if kind.search(words)), 502)


def _joined(body: bytes) -> bytes:
    """An answer that came in pieces (server-sent events), as one."""
    message: dict[str, Any] = {}
    choice: dict[str, Any] = {"message": message, "finish_reason": None}
    answer: dict[str, Any] = {"choices": [choice]}
    for line in body.split(b"\n"):
        piece = _parsed(line.strip()[5:]) if line.startswith(b"data:") else None
        if not isinstance(piece, dict):
            continue
        if piece.get("error"):
            return json.dumps({"error": piece["error"]}).encode()
        answer |= {name: piece[name] for name in ("usage", "prompt_token_ids") if piece.get(name)}
        for part in (piece.get("choices") or ())[:1]:
            choice["finish_reason"] = part.get("finish_reason") or choice["finish_reason"]
            _add(message, part.get("delta") or part.get("message") or {})
            _add(choice, {"token_ids": part.get("token_ids"), "logprobs": part.get("logprobs")})
    return json.dumps(answer).encode()


def _add(whole_record: dict[str, Any], piece: Mapping[str, Any]) -> None:
    """Add a piece of a message: texts and lists grow, calls by their index."""
    for name, value in piece.items():
        known = whole_record.get(name)
        if name == "tool_calls" and isinstance(value, list):
            calls = whole_record.setdefault(name, [])
            for call in value:
                while len(calls) <= (at := call.get("index") or 0):
                    calls.append({})
                _add(calls[at], call)
        elif isinstance(value, dict):
            _add(whole_record.setdefault(name, {}), value)
        elif isinstance(known, str) and isinstance(value, str) and name != "role":
            whole_record[name] = known + value
        elif isinstance(known, list) and isinstance(value, list):
            whole_record[name] = [*known, *value]
        elif value is not None:
            whole_record[name] = value


def message_of(response: httpx.Response) -> str:
    """What a server says about its refusal, in one line, however it wraps it."""
    body = _parsed(response.content)
    said = message_in(body) if body is not None else _page(response.text)
    return whole(visible(said[:_LONGEST_MESSAGE])).rstrip(".") or "nothing"


def message_in(body: Any, depth: int = 0) -> str:
    """The words of an error, and of the error that it passes on."""
    match body:
        case str():
            inner = _parsed(body.encode()) if body.lstrip()[:1] in ("{", "[") else None
            return message_in(inner, depth + 1) if inner and depth < 5 else body
        case list() if depth < 5:
            said = dict.fromkeys(message_in(each, depth + 1) for each in body[:5])
            return "; ".join(each for each in said if each)
        case {"loc": list(place), "msg": msg}:
            return f"{'.'.join(map(str, place))}: {msg}"
        case dict() if depth < 5:
            told = next((body[name] for name in _SAYS if body.get(name)), None)
            said_here = message_in(told, depth + 1) if told is not None else json.dumps(body)
            passed_on = body.get("metadata")
            raw = passed_on.get("raw") if isinstance(passed_on, dict) else None
            return f"{said_here}: {message_in(raw, depth + 1)}" if raw else said_here
    return str(body)


def _page(text: str) -> str:
    """The heading of a page, or its words; other texts as they are."""
    if "<" not in text:
        return text
    heading = _HEADING.search(text)
    return _TAG.sub(" ", heading[2] if heading else text)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def with_halves(body: bytes) -> Any:
    """A body as JSON, halves of characters replaced; None where it is none."""
    return cleaned(_parsed(body), whole)
