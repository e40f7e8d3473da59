"""What servers are known to do: each is used as it is, or named with the remedy, and soon.

The source of each behaviour is a public report or a server's own documentation. One web server
plays them all, each under a path of its own.
"""

import json
import math
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from vigorl.browser.actions import Click, GiveUp
from vigorl.browser.errors import PolicyFault, UsageError
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.policy.backend import Sampling
from vigorl.policy.factory import open_model
from vigorl.policy.model import ModelPolicy
from vigorl.policy.policy import Turn
from vigorl.policy.wire import WireLimits

Make = Callable[..., Observation]
QUICK = WireLimits(
    connect_s=2, answer_s=5, retry_s=0.6, first_retry_s=0.15, first_pause_s=0.02, silence_s=0.3
)
CLICK = "<think> The kettle (140, 84). </think>\n<answer> click (140, 84) </answer>"
SAYS = CLICK.removesuffix(" </answer>")  # cut at the string that a turn stops at
QWEN = "qwen2.5-vl-7b"


@dataclass
class Asked:
    """One request, and how many questions there were before it."""

    body: dict[str, Any]
    headers: dict[str, str]
    path: str
    number: int


@dataclass
class Said:
    """One answer."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Behaviour = Callable[[Asked], Said]


def says(text: str | None = CLICK, **fields: Any) -> Said:
    """An answer as OpenAI gives it; fields of the message, of the choice or beside it."""
    message = {"role": "assistant", "content": text}
    choice: dict[str, Any] = {"index": 0, "finish_reason": "stop", "message": message}
    answer: dict[str, Any] = {
        "choices": [choice],
        "usage": {"prompt_tokens": 4000, "completion_tokens": 9},
    }
    for name, value in fields.items():
        beside = name in ("usage", "choices", "id")
        (answer if beside else choice if name in ("finish_reason", "logprobs") else message)[
            name
        ] = value
    return Said(answer)


def always(said: Said) -> Behaviour:
    return lambda asked: said


def error(status: int, message: str, **more: Any) -> Said:
    return Said({"error": {"message": message, "type": "invalid_request_error", **more}}, status)


def refusing(status: int, message: str, *names: str, **more: Any) -> Behaviour:
    """Refuses as long as all of these fields are there."""

    def answer(asked: Asked) -> Said:
        refuses = all(name in asked.body for name in names)
        return error(status, message, **more) if refuses else says()

    return answer


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


def moved(asked: Asked) -> Said:
    if asked.path.endswith("/"):
        return says()
    return Said(b"", 307, {"Location": f"{asked.path}/"})


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

LISTS: dict[str, Said] = {
    "bare": Said([{"id": QWEN}]),
    "owner-null": Said({"data": [{"id": QWEN, "owned_by": None, "root": None}]}),
    "names": Said({"models": [{"name": QWEN}]}),
    "embeddings-beside": Said({"data": [{"id": "text-embedding-nomic"}, {"id": QWEN}]}),
}
NO_LISTS: dict[str, Said] = {
    "denied": error(401, "x-api-key header is required"),
    "not-there": Said({"detail": "Not Found"}, 404),
    "a-page": Said(b"<html>"),
    "null": Said({"data": None}),
    "something": Said({"data": "none"}),
}


LOST = error(404, "Not Found")


class Handler(BaseHTTPRequestHandler):
    """Plays the behaviour that the path begins with."""

    protocol_version = "HTTP/1.1"
    chats: ClassVar[dict[str, list[Asked]]] = {}
    behaviours: ClassVar[dict[str, Behaviour]] = {}
    lists: ClassVar[dict[str, Said]] = {}

    def do_GET(self) -> None:
        name = self.path.split("/")[1]
        is_there = self.path.partition("?")[0].endswith("/v1/models")
        self.answer(self.lists.get(name, Said({"data": [{"id": QWEN}]})) if is_there else LOST)

    def do_POST(self) -> None:
        name = self.path.split("/")[1]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        chats = self.chats.setdefault(name, [])
        number = len([each for each in chats if each.path == self.path])
        asked = Asked(body, dict(self.headers), self.path, number)
        chats.append(asked)
        self.answer(self.behaviours[name](asked))

    def answer(self, said: Said) -> None:
        if said.body is None:
            self.close_connection = True
            return
        body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
        self.send_response(said.status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(autouse=True)
def untouched() -> None:
    Handler.chats, Handler.behaviours, Handler.lists = {}, {}, {}


async def opened(origin: str, name: str = "x", **how: Any) -> ModelPolicy:
    return await open_model(f"{origin}/{name}/v1", limits=QUICK, **how)


async def turn_of(policy: ModelPolicy, *screens: Observation) -> Turn:
    actor = policy.actor("Buy a kettle.")
    for observation in screens:
        turn = await actor.act(observation)
    return turn


async def played(origin: str, behaviour: Behaviour, screen: Make, **how: Any) -> Turn:
    """The one turn of a policy whose server behaves so."""
    Handler.behaviours["x"] = behaviour
    policy = await opened(origin, **how)
    try:
        return await turn_of(policy, screen(1))
    finally:
        await policy.close()


RICH = Sampling(temperature=0.5, top_p=0.9, top_k=20, repetition_penalty=1.05)


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


@pytest.mark.parametrize("name", LISTS)
async def test_the_one_model_is_found_however_it_is_listed(origin: str, name: str) -> None:
    Handler.lists["x"] = LISTS[name]
    policy = await opened(origin)
    assert policy.name == QWEN
    await policy.close()


@pytest.mark.parametrize("name", NO_LISTS)
async def test_a_model_that_is_named_need_not_be_listed(
    origin: str, screen: Make, name: str
) -> None:
    Handler.lists["x"] = NO_LISTS[name]
    assert (await played(origin, always(says()), screen, model_name=QWEN)).action
    with pytest.raises((PolicyFault, UsageError), match=r"API key|--model-name|ends in /v1"):
        await opened(origin)


async def test_of_many_models_those_are_named_first_that_are_like_the_wanted_one(
    origin: str, screen: Make
) -> None:
    Handler.lists["x"] = Said({"data": [{"id": f"model-{n}"} for n in range(300)] + [{"id": QWEN}]})
    with pytest.raises(UsageError, match=r"name one of model-0, .* and 289 more"):
        await opened(origin)
    gone = error(404, "model 'qwen2.5-vl' not found, try pulling it first")
    with pytest.raises(PolicyFault, match=f"the models it has are {QWEN}, .* and 289 more"):
        await played(origin, always(gone), screen, model_name="qwen2.5-vl")


async def test_the_family_of_an_adapter_is_that_of_what_it_adapts(origin: str) -> None:
    base = {"id": "base", "owned_by": "vllm", "root": "Qwen/Qwen2.5-VL-7B-Instruct"}
    adapter = {"id": "mine", "owned_by": "vllm", "root": "/adapters/3", "parent": "base"}
    Handler.lists["x"] = Said({"data": [base, adapter]})
    policy = await opened(origin, model_name="mine")
    assert policy.family.name == "qwen2.5-vl"
    await policy.close()


@pytest.mark.parametrize("path", ["/x", "/x/v1/", "/x/v1/chat/completions", "/x/v1?version=1"])
async def test_an_address_may_say_more_or_less_than_it_should(
    origin: str, screen: Make, path: str
) -> None:
    Handler.lists["x"] = Said({"data": [{"id": QWEN}]})
    Handler.behaviours["x"] = lambda asked: says() if "/v1/chat/completions" in asked.path else LOST
    policy = await open_model(f"{origin}{path}", limits=QUICK)
    assert (await turn_of(policy, screen(1))).action
    assert Handler.chats["x"][0].path.partition("?")[2] == path.partition("?")[2]
    await policy.close()


async def test_what_a_server_refuses_is_said_and_stands_in_the_record(
    origin: str, screen: Make, caplog: pytest.LogCaptureFixture
) -> None:
    Handler.behaviours["x"] = WORKS["temperature-unsupported"]
    policy = await opened(origin)
    turn = await turn_of(policy, screen(1))
    assert turn.notice == "its server refuses temperature: its own values held"
    again = await turn_of(policy, screen(2))
    assert again.notice == turn.notice
    assert len(Handler.chats["x"]) == 3  # the refused one, and one for each turn
    left_out = policy.describe()["left_out"]
    assert left_out.keys() == {"temperature"} and "Only the default" in left_out["temperature"]
    said = [record.message for record in caplog.records]
    assert len(said) == 1 and "refuses temperature" in said[0]
    await policy.close()


async def test_a_field_under_its_newer_name_is_no_change(origin: str, screen: Make) -> None:
    turn = await played(origin, WORKS["max-tokens-renamed"], screen)
    assert not turn.notice
    assert Handler.chats["x"][-1].body["max_completion_tokens"] == 2048


async def test_a_key_is_carried_to_no_other_host(origin: str, screen: Make) -> None:
    port = origin.rpartition(":")[2]
    target = f"http://localhost:{port}/y/v1/chat/completions"  # the same machine by another name
    with pytest.raises(PolicyFault, match="307: it leads to http://localhost"):
        await played(origin, always(Said(b"", 307, {"Location": target})), screen, api_key="sk-1")
    assert "y" not in Handler.chats
    turn = await played(origin, moved, screen, api_key="Bearer sk-1\n")
    assert turn.action
    assert {each.headers["Authorization"] for each in Handler.chats["x"]} == {"Bearer sk-1"}


async def test_waiting_is_said(origin: str, screen: Make, caplog: pytest.LogCaptureFixture) -> None:
    busy = Said({"error": {"message": "busy\x1b[2J"}}, 503, {"Retry-After": "0.4"})
    slow = Said(says().body)

    def behaviour(asked: Asked) -> Said:
        if not asked.number:
            return busy
        time.sleep(0.2)
        return slow

    Handler.behaviours["x"] = behaviour
    limits = replace(QUICK, thought_s=0.1)
    policy = await open_model(f"{origin}/x/v1", limits=limits)
    await turn_of(policy, screen(1))
    said = [record.message for record in caplog.records]
    assert len(said) == 2
    assert "503 (busy" in said[0] and "asked again for up to" in said[0] and "\x1b" not in said[0]
    assert "has not answered within 0.1 s" in said[1]
    await policy.close()


WIDE = {"width_px": 1120, "height_px": 560}  # 40 by 20 cells of Qwen2.5-VL, 800 tokens


def seeing(tokens_of: Callable[[int, int], int], most: int = 10**9) -> Behaviour:
    """A server that makes so many tokens of a picture, by its size, and cuts the prompt."""

    def tokens(part: dict[str, Any]) -> int:
        if part["type"] == "text":
            return math.ceil(len(part["text"]) / 3.5)
        picture = Picture.from_bytes(b64decode(part["image_url"]["url"].partition(",")[2]))
        return tokens_of(picture.width_px, picture.height_px)

    def answer(asked: Asked) -> Said:
        contents = [message["content"] for message in asked.body["messages"]]
        parts = [[{"type": "text", "text": c}] if isinstance(c, str) else c for c in contents]
        shown = sum(tokens(part) for content in parts for part in content)
        return says(usage={"prompt_tokens": min(shown, most), "completion_tokens": 9})

    return answer


def all_of(width_px: int, height_px: int) -> int:
    return width_px * height_px // 28**2


def shrunk_to(side_px: int) -> Callable[[int, int], int]:
    def tokens_of(width_px: int, height_px: int) -> int:
        scale = min(1, side_px / max(width_px, height_px))
        return all_of(int(width_px * scale), int(height_px * scale))

    return tokens_of


async def test_pictures_that_are_shrunk_and_prompts_that_are_cut_are_found_by_number(
    origin: str, screen: Make
) -> None:
    for behaviour in (seeing(shrunk_to(500)), seeing(shrunk_to(800)), seeing(all_of, most=1024)):
        Handler.behaviours["x"] = behaviour
        policy = await opened(origin)
        with pytest.raises(PolicyFault, match=r"make 800 and .*LM Studio.*num_ctx.*--window"):
            await turn_of(policy, screen(1, **WIDE))
        await policy.close()


async def test_a_server_that_counts_otherwise_is_believed_and_it_is_said(
    origin: str, screen: Make, caplog: pytest.LogCaptureFixture
) -> None:
    def positions(width_px: int, height_px: int) -> int:
        return max(width_px, height_px) // 28

    for behaviour in (seeing(positions), always(says(usage={"prompt_tokens": 9}))):
        caplog.clear()
        Handler.behaviours["x"] = behaviour
        policy = await opened(origin)
        turn = await turn_of(policy, screen(1, **WIDE), screen(2, **WIDE))
        assert turn.action
        assert ["does not count" in record.message for record in caplog.records] == [True]
        await policy.close()
    assert (await played(origin, seeing(all_of), screen)).action
    other = {"model_name": "some-model"}  # of which nobody knows how many tokens it takes
    assert (await played(origin, seeing(shrunk_to(500)), screen, **other)).action


async def test_a_model_that_refuses_gives_up_with_its_reason(origin: str, screen: Make) -> None:
    refused = says(None, refusal="I cannot help with that.")
    turn = await played(origin, always(refused), screen)
    assert turn.action == GiveUp("the model refuses: I cannot help with that.")
    assert (turn.text, turn.error) == ("I cannot help with that.", None)


@pytest.mark.parametrize(
    ("said", "family"),
    [
        (
            says(
                '<tool_call>{"name": "computer_use", "arguments": '
                '{"action": "left_click", "coordinate": [500, 500]}}</tool_call>'
            ),
            "qwen-computer-use",
        ),
        (
            says(
                None,
                tool_calls=[
                    {
                        "function": {
                            "name": "computer_use",
                            "arguments": '{"action": "left_click", "coordinate": [500, 500]}',
                        }
                    }
                ],
            ),
            "qwen-computer-use",
        ),
        (says("Thought: The kettle.\nAction: click(start_box='(140,84)')"), "ui-tars"),
        (says("<think>So.</think><action>Click(box=(140,84))</action>"), "ui-venus"),
    ],
)
async def test_a_turn_in_the_format_of_another_family_names_it(
    origin: str, screen: Make, said: Said, family: str
) -> None:
    turn = await played(origin, always(said), screen)
    assert turn.action is None
    assert turn.notice.endswith(f"--family {family}")


async def test_the_tokens_of_a_turn_are_those_that_were_told(origin: str, screen: Make) -> None:
    details = {"prompt_tokens_details": {"cached_tokens": 512, "audio_tokens": None}}
    for more in (details, {"prompt_cache_hit_tokens": 512}, {"cached_tokens": 512}):
        usage = {"prompt_tokens": 4100, "completion_tokens": 31, **more}
        turn = await played(origin, always(says(usage=usage)), screen)
        counts = turn.prompt_token_count, turn.cached_token_count, turn.sampled_token_count
        assert counts == (4100, 512, 31)


async def test_vllm_is_told_all_that_a_checkpoint_would_say_and_others_what_is_asked_for(
    origin: str, screen: Make
) -> None:
    plain = Sampling(temperature=1.0)
    neutral = {"top_p": 1.0, "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
    neutral |= {"presence_penalty": 0.0, "frequency_penalty": 0.0}
    named = {"top_p": 0.9, "top_k": 20, "repetition_penalty": 1.05}
    for owner, sampling, sent in [
        ("vllm", plain, neutral),
        ("vllm", RICH, neutral | named),
        ("us", plain, {}),
        ("us", RICH, named),
    ]:
        Handler.lists["x"] = Said({"data": [{"id": QWEN, "owned_by": owner}]})
        await played(origin, always(says()), screen, sampling=sampling)
        body = Handler.chats["x"][-1].body
        assert {name: body[name] for name in neutral if name in body} == sent
        assert (body["temperature"], body["max_tokens"]) == (sampling.temperature, 2048)
