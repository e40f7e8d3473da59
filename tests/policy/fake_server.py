"""A web server on loopback that does what model servers do, each under a path of its own."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

from vigorl.browser.observation import Observation
from vigorl.policy.backend import Sampling
from vigorl.policy.factory import open_model
from vigorl.policy.model import ModelPolicy
from vigorl.policy.policy import Turn
from vigorl.policy.wire import WireLimits

Make = Callable[..., Observation]
QUICK = WireLimits(
    connect_s=2, answer_s=5, retry_s=0.6, first_retry_s=0.4, first_pause_s=0.02, silence_s=0.3
)
CLICK = "<think> The kettle (140, 84). </think>\n<answer> click (140, 84) </answer>"
SAYS = CLICK.removesuffix(" </answer>")  # cut at the string that a turn stops at
QWEN = "qwen2.5-vl-7b"
RICH = Sampling(temperature=0.5, top_p=0.9, top_k=20, repetition_penalty=1.05)


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


def moved(asked: Asked) -> Said:
    if asked.path.endswith("/"):
        return says()
    return Said(b"", 307, {"Location": f"{asked.path}/"})


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
