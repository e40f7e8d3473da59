"""Models that speak a grammar of their own finish tasks, through a real server.

Each says what `reader` did in the same task, in the grammar and the coordinates that its maker
documents, for the pictures that it is sent.
"""

import asyncio
import base64
import contextlib
import io
import json
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Literal

import pytest
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.run import ModelConfig, RunConfig, run
from vigorl.browser.actions import Action, Click, Done, Press, SelectOption, Type, Zoom
from vigorl.browser.geometry import Box, Point

pytestmark = pytest.mark.browser

Say = Callable[[Action, Callable[[Point], tuple[int, int]]], list[str]]
"""The turns in which a model does an action, as its maker's documents show them.

Written by hand, so that what we read is what they write and not what we would.
"""


def _tags(action: Action, at: Callable[[Point], tuple[int, int]]) -> list[str]:
    match action:
        case Type(text, Point() as point):
            said = f'type ({at(point)[0]}, {at(point)[1]}) "{text}"'
        case Press(keys):
            said = f"press {keys}"
        case Click(point):
            said = "click ({}, {})".format(*at(point))
        case _:
            said = _command(action, at)
    return [f"<think> So this is next. </think>\n<answer> {said} </answer>"]


def _xml(action: Action, at: Callable[[Point], tuple[int, int]]) -> list[str]:
    """As the chat templates of Qwen3.5 and later teach it."""
    turns = []
    for name, arguments in _computer_use(action, at):
        inside = "".join(
            f"<parameter={key}>\n{value if isinstance(value, str) else json.dumps(value)}\n"
            "</parameter>\n"
            for key, value in arguments.items()
        )
        turns.append(f"Next.\n\n<tool_call>\n<function={name}>\n{inside}</function>\n</tool_call>")
    return turns


def _json_calls(before: str = "Next.", tool: str = "computer_use") -> Say:
    """As the cookbook of Qwen3-VL, Fara and GUI-Owl have it."""

    def say(action: Action, at: Callable[[Point], tuple[int, int]]) -> list[str]:
        return [
            f"{before}\n<tool_call>\n"
            + json.dumps({"name": tool if name == "computer_use" else name, "arguments": told})
            + "\n</tool_call>"
            for name, told in _computer_use(action, at)
        ]

    return say


def _mobile(action: Action, at: Callable[[Point], tuple[int, int]]) -> list[str]:
    """As MAI-UI's prompt has it: a telephone's actions."""
    calls: list[dict[str, Any]]
    match action:
        case Type(text, Point() as point):
            calls = [{"action": "click", "coordinate": at(point)}, {"action": "type", "text": text}]
        case Press():
            calls = [{"action": "system_button", "button": "enter"}]
        case Click(point):
            calls = [{"action": "click", "coordinate": at(point)}]
        case Done(answer):
            calls = [{"action": "answer", "text": answer}]
        case _:
            calls = [{"action": "browser", "command": _command(action, at)}]
    return [
        "<thinking>\nNext.\n</thinking>\n<tool_call>\n"
        + json.dumps({"name": "mobile_use", "arguments": call})
        + "\n</tool_call>"
        for call in calls
    ]


def _lines(action: Action, at: Callable[[Point], tuple[int, int]]) -> list[str]:
    """UI-TARS."""
    match action:
        case Type(text, Point() as point):
            calls = [_boxed("click", at(point)), f"type(content='{text}')"]
        case Press(keys):
            calls = [f"hotkey(key='{keys.lower()}')"]
        case Click(point):
            calls = [_boxed("click", at(point))]
        case Done(answer):
            calls = [f"finished(content='{answer}')"]
        case _:
            calls = [f"browser(command='{_command(action, at)}')"]
    return [f"Thought: Next, I go on.\nAction: {call}" for call in calls]


def _boxed(name: str, point: tuple[int, int]) -> str:
    return f"{name}(start_box='<|box_start|>({point[0]},{point[1]})<|box_end|>')"


def _venus(action: Action, at: Callable[[Point], tuple[int, int]]) -> list[str]:
    match action:
        case Type(text, Point() as point):
            calls = ["Click(box=({}, {}))".format(*at(point)), f"Type(content='{text}')"]
        case Press():
            calls = ["PressEnter()"]
        case Click(point):
            calls = ["Click(box=({}, {}))".format(*at(point))]
        case Done(answer):
            calls = [f"Finished(content='{answer}')"]
        case _:
            calls = [f"Browser(command='{_command(action, at)}')"]
    return [
        f"<think>\nNext.\n</think>\n<action>\n{call}\n</action>\n<conclusion>\nDone.\n</conclusion>"
        for call in calls
    ]


def _holo(action: Action, at: Callable[[Point], tuple[int, int]]) -> list[str]:
    told: dict[str, Any]
    match action:
        case Type(text, Point() as point):
            x, y = at(point)
            told = {"action": "write_element_abs", "content": text, "element": "field"}
            told |= {"x": x, "y": y, "press_enter": False}
        case Click(point):
            x, y = at(point)
            told = {"action": "click_element", "element": "it", "x": x, "y": y}
        case Done(answer):
            told = {"action": "answer", "content": answer}
        case _:
            told = {"action": "browser", "command": _command(action, at)}
    return [json.dumps({"note": "", "thought": "Next.", "action": told})]


def _anthropic(action: Action, at: Callable[[Point], tuple[int, int]]) -> list[str]:
    match action:
        case Press():
            calls = [("computer", {"action": "key", "text": "Return"})]
        case _:
            calls = [
                ("computer" if name == "computer_use" else name, told)
                for name, told in _computer_use(action, at)
            ]
    return [
        "Next.\n<tool_call>" + json.dumps({"name": name, "arguments": told}) + "</tool_call>"
        for name, told in calls
    ]


def _gemini(action: Action, at: Callable[[Point], tuple[int, int]]) -> list[str]:
    name: str
    told: dict[str, Any]
    match action:
        case Type(text, Point() as point):
            x, y = at(point)
            name, told = "type_text_at", {"x": x, "y": y, "text": text, "press_enter": False}
        case Press(keys):
            name, told = "key_combination", {"keys": keys.lower()}
        case Click(point):
            x, y = at(point)
            name, told = "click_at", {"x": x, "y": y}
        case Done(answer):
            name, told = "answer", {"text": answer}
        case _:
            name, told = "browser", {"command": _command(action, at)}
    return ["<tool_call>" + json.dumps({"name": name, "arguments": told}) + "</tool_call>"]


def _computer_use(
    action: Action, at: Callable[[Point], tuple[int, int]]
) -> list[tuple[str, dict[str, Any]]]:
    match action:
        case Type(text, Point() as point):
            click = {"action": "left_click", "coordinate": at(point)}
            return [("computer_use", click), ("computer_use", {"action": "type", "text": text})]
        case Press(keys):
            return [("computer_use", {"action": "key", "keys": [keys.lower()]})]
        case Click(point):
            return [("computer_use", {"action": "left_click", "coordinate": at(point)})]
        case Done(""):
            return [("computer_use", {"action": "terminate", "status": "success"})]
        case Done(answer):
            return [("computer_use", {"action": "answer", "text": answer})]
    return [("browser", {"command": _command(action, at)})]


def _command(action: Action, at: Callable[[Point], tuple[int, int]]) -> str:
    """What a browser needs beside mouse and keyboard, as we teach it."""
    match action:
        case SelectOption(point, label):
            return f'select ({at(point)[0]}, {at(point)[1]}) "{label}"'
        case Press(keys):
            return f"press {keys}"
        case Done(answer):
            return f'done "{answer}"' if answer else "done"
    raise AssertionError(action)


MODELS: dict[str, tuple[Literal["pixels", "thousandths"], Say]] = {
    "gpt-5": ("pixels", _tags),
    "Qwen/Qwen3-VL-8B-Instruct": ("thousandths", _tags),
    "Qwen/Qwen3.6-27B": ("thousandths", _xml),
    "ByteDance-Seed/UI-TARS-1.5-7B": ("pixels", _lines),
    "inclusionAI/UI-Venus-1.5-8B": ("thousandths", _venus),
    "microsoft/Fara-7B": ("pixels", _json_calls()),
    "microsoft/Fara1.5-9B": ("thousandths", _json_calls()),
    "Tongyi-MAI/MAI-UI-8B": ("thousandths", _mobile),
    "mPLUG/GUI-Owl-1.5-8B-Instruct": ("thousandths", _json_calls("Action: Go on.")),
    "Hcompany/Holo2-8B": ("thousandths", _holo),
    "Hcompany/Holo1.5-7B": ("pixels", _holo),
    "claude-opus-4-5": ("pixels", _anthropic),
    "gemini-3-pro": ("thousandths", _gemini),
}
"""By name: the unit of its points, as its maker says, and how it says an action."""


class Speaker:
    """A server whose model says the actions of an episode, in turns of its own."""

    def __init__(self, model: str, actions: list[Action], screen_css_px: Box) -> None:
        self.model = model
        self.actions = actions
        self.screen_css_px = screen_css_px
        self.turns: list[str] | None = None
        self.bodies: list[dict[str, Any]] = []

    async def models(self, request: Request) -> JSONResponse:
        return JSONResponse({"data": [{"id": self.model}]})

    async def chat(self, request: Request) -> JSONResponse:
        body = await request.json()
        self.bodies.append(body)
        if self.turns is None:
            contents = [each["content"] for each in body["messages"]]
            parts = [part for each in contents if isinstance(each, list) for part in each]
            last = [part for part in parts if part["type"] == "image_url"][-1]["image_url"]["url"]
            size = Image.open(io.BytesIO(base64.b64decode(last.partition(",")[2]))).size
            self.turns = self._said(*size)
        text = self.turns.pop(0)
        for stop in body.get("stop", ()):
            text = text.partition(stop)[0]  # as most servers do, without the string itself
        message = {"role": "assistant", "content": text}
        return JSONResponse({"choices": [{"message": message, "finish_reason": "stop"}]})

    def _said(self, width_px: int, height_px: int) -> list[str]:
        unit, say = MODELS[self.model]
        width, height = (width_px, height_px) if unit == "pixels" else (1000, 1000)
        screen = self.screen_css_px

        def at(point: Point) -> tuple[int, int]:
            return round(point.x / screen.width * width), round(point.y / screen.height * height)

        return [text for action in self.actions for text in say(action, at)]


@contextlib.asynccontextmanager
async def listening(speaker: Speaker) -> AsyncIterator[str]:
    routes = [
        Route("/v1/models", speaker.models),
        Route("/v1/chat/completions", speaker.chat, methods=["POST"]),
    ]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = Starlette(routes=routes)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = server.force_exit = True
        await asyncio.wait_for(serving, 10)


async def taught(task: str, runs: Path) -> tuple[list[Action], Box]:
    """What reader does in a task, looks closer left out, and the screen that it sees."""
    shown = await run(RunConfig(task=task, runs=runs), ModelConfig("reader"))
    assert shown.end and shown.end.score and shown.end.score.value == 1.0
    actions = [step.turn.action for step in shown.steps]
    view = shown.steps[0].seen.view
    assert view
    return [each for each in actions if each and not isinstance(each, Zoom)], (
        view.frame.region_css_px
    )


async def played(model: str, task: str, runs: Path, lesson: tuple[list[Action], Box]) -> Trajectory:
    async with listening(Speaker(model, *lesson)) as url:
        return await run(RunConfig(task=task, runs=runs), ModelConfig(url))


async def test_each_model_logs_in_in_its_own_grammar(tmp_path: Path, caplog: Any) -> None:
    lesson = await taught("login:3", tmp_path)
    episodes = await asyncio.gather(
        *(played(model, "login:3", tmp_path, lesson) for model in MODELS)
    )
    for model, episode in zip(MODELS, episodes, strict=True):
        assert episode.end and episode.end.score, (model, episode.end)
        assert episode.end.score.value == 1.0, (model, episode.end)
        assert not any(step.turn.slip for step in episode.steps), model
    told = {
        record.getMessage().split()[0]
        for record in caplog.records
        if "grammar" in record.msg % record.args
    }
    assert told == {"gpt-5"}


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
async def test_each_model_shops_in_its_own_grammar(tmp_path: Path, model: str) -> None:
    lesson = await taught("shop:555", tmp_path)
    episode = await played(model, "shop:555", tmp_path, lesson)
    assert episode.end and episode.end.score and episode.end.score.value == 1.0, episode.end
