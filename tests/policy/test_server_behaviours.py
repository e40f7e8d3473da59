"""What model servers are known to do: each is used as it is, or named with the remedy, and soon.

The source of each behaviour is a public report, or a server's own documentation.
"""

import asyncio
import json
import time
from typing import Any

import pytest

from tests.policy.fake_server import (
    CLICK,
    QWEN,
    RICH,
    SAYS,
    Asked,
    Behaviour,
    Handler,
    Make,
    Said,
    always,
    error,
    moved,
    opened,
    played,
    refusing,
    says,
    turn_of,
)
from vigorl.browser.actions import Click
from vigorl.browser.errors import PolicyFault


def once(said: Said) -> Behaviour:
    """Says this first, and then what it should."""
    return lambda asked: says() if asked.number else said


def without_system(asked: Asked) -> Said:
    if asked.body["messages"][0]["role"] == "system":
        return error(400, "System role not supported")
    content = asked.body["messages"][0]["content"]
    return says() if "answer" in content[0]["text"] else says("I was told nothing.")


def unknown_names(asked: Asked) -> Said:
    """Google's: an error in a list, which names every field that it does not know."""
    bad = [name for name in ("seed", "top_k", "repetition_penalty") if name in asked.body]
    lines = [
        f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.' for name in bad
    ]
    return Said([{"error": {"code": 400, "message": "\n".join(lines)}}], 400) if bad else says()


def forbidding(asked: Asked) -> Said:
    """Mistral's: FastAPI's list of what is not permitted."""
    detail = [
        {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}
        for name in ("seed", "repetition_penalty")
        if name in asked.body
    ]
    return Said({"detail": detail}, 422) if detail else says()


def streaming(asked: Asked) -> Said:
    pieces: list[dict[str, Any]] = [
        {"choices": [{"delta": {"role": "assistant", "content": CLICK[:9]}}]},
        {"choices": [{"delta": {"content": CLICK[9:]}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {"prompt_tokens": 4000, "completion_tokens": 9}},
    ]
    lines = [": keep-alive", *(f"data: {json.dumps(piece)}" for piece in pieces), "data: [DONE]"]
    return Said("\n\n".join(lines).encode(), headers={"Content-Type": "text/event-stream"})


def packs(asked: Asked) -> Said:
    """nginx with its small default: it takes what is packed with loss."""
    if "image/png" in json.dumps(asked.body):
        return Said(b"<html><head><title>413 Request Entity Too Large</title></head></html>", 413)
    return says()


def cut_at_stop(asked: Asked) -> Said:
    return says(SAYS) if asked.body.get("stop") else says(CLICK)


WORKS: dict[str, Behaviour] = {
    "temperature-unsupported": refusing(
        400,
        "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default "
        "(1) value is supported.",
        "temperature",
        param="temperature",
    ),
    "temperature-deprecated": refusing(
        400, "`temperature` is deprecated for this model.", "temperature"
    ),
    "temperature-invalid": refusing(
        400, "invalid temperature: only 1 is allowed for this model", "temperature"
    ),
    "both": refusing(
        400,
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        "temperature",
        "top_p",
    ),
    "stop-unsupported": refusing(
        400, "Unsupported parameter: 'stop' is not supported with this model.", "stop"
    ),
    "stop-bedrock": refusing(
        400, "This model doesn't support the stopSequences field. Remove it and try again.", "stop"
    ),
    "seed-forbidden": refusing(403, "You are not allowed to use seed with this model", "seed"),
    "max-tokens-renamed": refusing(
        400,
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
        "'max_completion_tokens' instead.",
        "max_tokens",
        param="max_tokens",
    ),
    "litellm": refusing(
        400,
        "litellm.UnsupportedParamsError: x does not support parameters: ['seed'], for model=x. "
        "To drop these, set `litellm.drop_params=True`",
        "seed",
    ),
    "server-error-about-a-field": refusing(500, "top_k is not supported", "top_k"),
    "in-a-success": lambda asked: (
        Said({"error": {"message": "Unsupported parameter: seed"}})
        if "seed" in asked.body
        else says()
    ),
    "unexplained": refusing(400, "Bad Request", "seed"),
    "without-a-body": lambda asked: says() if "top_k" not in asked.body else Said(b"", 400),
    "in-another-error": refusing(
        400,
        'litellm.BadRequestError: BedrockException - {"message":"The model returned: '
        '{\\"error\\":{\\"message\\":\\"`temperature` is deprecated for this model.\\"}}"}',
        "temperature",
    ),
    "unknown-names": unknown_names,
    "extra-forbidden": forbidding,
    "system-role": without_system,
    "usage-null": always(says(usage=None)),
    "usage-odd": always(says(usage={"prompt_tokens": "many", "completion_tokens": 9.5})),
    "logprob-null": always(says(logprobs={"content": [{"logprob": None}]})),
    "logprobs-none": always(says(logprobs={"content": [{"logprob": -9999.0}]})),
    "logprobs-together": always(says(logprobs={"tokens": ["a"], "token_logprobs": [-0.1]})),
    "logprobs-infinite": always(
        Said(json.dumps(says(logprobs={"content": [{"logprob": -float("inf")}]}).body).encode())
    ),
    "content-parts": always(
        says(None, content=[{"type": "thinking", "thinking": [{"type": "text", "text": "So."}]},
                            {"type": "text", "text": CLICK}])
    ),
    "content-null-reasoning": always(says(None, reasoning_content=CLICK)),
    "reasoning": always(says("<answer> click (140, 84) </answer>", reasoning="The kettle.")),
    "finish-reason-odd": always(says(SAYS, finish_reason="STOP")),
    "stop-cut": cut_at_stop,
    "event-stream": streaming,
    "byte-order-mark": always(Said(b"\xef\xbb\xbf" + json.dumps(says().body).encode())),
    "keep-alive-blanks": always(Said(b"\n \n" + json.dumps(says().body).encode())),
    "redirect-slash": moved,
    "packs": packs,
    "busy": once(Said({"error": {"message": "slow down"}}, 429, {"Retry-After": "0.05"})),
    "busy-in-words": once(error(429, "Rate limit reached. Please try again in 50ms.")),
    "busy-in-a-success": once(Said({"error": {"code": 429, "message": "Provider returned error"}})),
    "broken-in-a-choice": once(
        Said({"choices": [{"error": {"code": 502, "message": "Upstream"}, "message": None}]})
    ),
    "overloaded": once(error(529, "Overloaded", type="overloaded_error")),
    "empty-body": once(Said(b"")),
    "connection-cut": once(Said(None)),
    "come-back-never": once(Said({"error": "busy"}, 503, {"Retry-After": "nan"})),
    "come-back-soon": once(Said({"error": "busy"}, 503, {"Retry-After": "soon"})),
    "bad-gateway": once(Said(b"<html><h1>502 Bad Gateway</h1>", 502)),
    "nothing-said": once(says(None)),
    "no-choices": once(says(choices=[])),
    "broken-off": once(says("click (3", finish_reason="abort")),
    "half-a-character": always(
        Said(json.dumps(says().body).replace("kettle", "kettle \\ud83d").encode())
    ),
    "loading": lambda asked: (
        says() if asked.number > 3 else error(503, "Loading model")
    ),
}  # fmt: skip

CREDIT, PICTURES, LONGER = "no credit left", "takes pictures", "--window.*longer context"
ENDS: dict[str, tuple[Behaviour, str, int]] = {
    "payment": (always(error(402, "Insufficient credits")), CREDIT, 1),
    "balance": (always(error(400, "Your credit balance is too low")), CREDIT, 1),
    "quota": (
        always(error(429, "You exceeded your current quota", code="insufficient_quota")),
        CREDIT,
        1,
    ),
    "too-large": (
        always(Said(b"<html><title>413 Request Entity Too Large</title><p>nginx", 413)),
        "413: 413 Request Entity Too Large: .*--max-pixels",
        2,
    ),
    "too-large-picture": (
        always(error(400, "messages.0.content.1: image exceeds 5 MB maximum: 6000000 bytes")),
        "too large for it: .*--max-pixels",
        2,
    ),
    "nothing-loaded": (
        always(error(404, "No models loaded. Please load one in the developer page")),
        f"it has are {QWEN}",
        1,
    ),
    "text-only": (
        always(error(400, "messages[1].content: invalid type: sequence, expected a string")),
        PICTURES,
        1,
    ),
    "text-only-422": (
        always(
            Said(
                {"detail": [{"loc": ["body", "messages", 1, "content"],
                             "msg": "Input should be a valid string", "input": ["stop"]}]},
                422,
            )
        ),
        PICTURES,
        1,
    ),
    "no-endpoint": (
        always(error(404, "No endpoints found that support image input")),
        PICTURES,
        1,
    ),
    "no-mmproj": (
        always(error(500, "image input is not supported - hint: you may need the mmproj")),
        "--mmproj",
        1,
    ),
    "context-vllm": (
        always(error(400, "This model's maximum context length is 8192 tokens. However, you "
                          "requested 9000 tokens. Please reduce the length of the messages.")),
        LONGER,
        1,
    ),
    "context-llama": (
        always(error(500, "the request exceeds the available context size, try increasing it")),
        LONGER,
        1,
    ),
    "turn-too-long": (
        always(error(400, "'max_tokens' or 'max_completion_tokens' is too large: 4096. This "
                          "model's maximum context length is 2048 tokens")),
        "--turn-tokens",
        1,
    ),
    "many-pictures": (
        always(error(400, "At most 1 image(s) may be provided in one prompt.")),
        "--limit-mm-per-prompt.*--window",
        1,
    ),
    "memory": (
        always(error(500, "model requires more system memory (9 GiB) than is available")),
        "smaller one",
        1,
    ),
    "wrong-key": (always(error(401, "Incorrect API key")), "set VIGORL_API_KEY", 1),
    "region": (always(error(403, "Country not supported")), "from here", 1),
    "filter": (
        always(error(400, "triggering Azure's content management policy", code="content_filter")),
        "filter does not let",
        1,
    ),
    "filtered": (always(says("", finish_reason="content_filter")), "another model", 3),
    "empty": (always(says("")), "OLLAMA_CONTEXT_LENGTH", 3),
    "used-up": (always(says("", finish_reason="length", usage=None)), "--turn-tokens", 3),
    "responses-only": (
        always(error(404, "This is not a chat model: use v1/responses")),
        "no chat completions",
        1,
    ),
    "model-gone": (always(error(404, "The model x does not exist")), f"it has are {QWEN}", 1),
    "wrong-path": (
        always(Said({"error": "Unexpected endpoint or method. (POST /chat)"})),
        "correct the URL",
        1,
    ),
    "web-page": (always(Said(b"<html>Welcome")), "does not speak the OpenAI protocol.*/v1", 1),
    "another-list": (always(Said([])), "does not speak the OpenAI protocol", 1),
    "deep": (always(Said(b"[" * 100_000)), "does not speak the OpenAI protocol", 1),
    "teapot": (always(error(418, "I am a teapot")), "418: I am a teapot: .*not understood", 1),
    "void": (always(says(None)), "with an empty message, 3 times", 3),
    "choiceless": (always(says(choices=[])), "without a message, 3 times", 3),
    "aborted": (always(says("click (3", finish_reason="abort")), "broke off .abort.", 3),
    "elsewhere": (
        always(Said(b"", 308, {"Location": "http://localhost:9/v1/chat"})),
        "leads to http://localhost:9/v1/chat: give the address",
        1,
    ),
    "round-about": (always(Said(b"", 307, {"Location": "?again"})), "leads to", 3),
    "plain-to-tls": (
        always(Said(b"<h1>The plain HTTP request was sent to HTTPS port</h1>", 400)),
        "https://",
        1,
    ),
    "refuses-everything": (
        lambda asked: error(400, f"Unknown field: {min(asked.body.keys() - {'model'})}"),
        "Unknown field: messages",
        12,
    ),
    "come-back-tomorrow": (
        always(Said({"error": {"message": "busy"}}, 429, {"Retry-After": "86400"})),
        "429: busy",
        1,
    ),
    "come-back-in-another-life": (
        always(Said({"error": "busy"}, 429, {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"})),
        "429: busy",
        1,
    ),
    "stays-busy": (
        always(error(429, "Provider returned error", metadata={"raw": "x is rate-limited"})),
        "Provider returned error: x is rate-limited",
        8,
    ),
    "cloudflare": (
        always(Said(b"<html><title>a timeout occurred</title>", 524)),
        "524: a timeout occurred: .*faster",
        8,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WORKS)
async def test_a_server_is_used_as_it_is(origin: str, screen: Make, name: str) -> None:
    turn = await played(origin, WORKS[name], screen, sampling=RICH)
    assert isinstance(turn.action, Click), turn.error
    assert len(Handler.chats["x"]) < 8


@pytest.mark.parametrize("name", ENDS)
async def test_what_cannot_go_on_ends_soon_with_cause_and_remedy(
    origin: str, screen: Make, name: str
) -> None:
    behaviour, sentence, most = ENDS[name]
    began_s = time.monotonic()
    with pytest.raises(PolicyFault, match=f"(?s){sentence}"):
        await played(origin, behaviour, screen)
    assert time.monotonic() - began_s < 3
    assert len(Handler.chats["x"]) <= most


async def test_many_episodes_learn_at_once_what_a_server_refuses(origin: str, screen: Make) -> None:
    for name in ("temperature-unsupported", "system-role", "packs"):
        Handler.behaviours["x"] = WORKS[name]
        policy = await opened(origin)
        turns = await asyncio.gather(*(turn_of(policy, screen(seed)) for seed in range(4)))
        assert all(turn.action for turn in turns), name
        await policy.close()
