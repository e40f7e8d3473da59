"""Models that speak a grammar of their own finish tasks, through a real server.

Each knows where things are, and says what is right in the grammar and the coordinates that its
maker documents, for the pictures that it is sent.
"""

import asyncio
import base64
import contextlib
import io
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.rollout import rollout
from vigorl.agent.wrappers import equipped
from vigorl.browser.actions import Action, Click, Done, Press, SelectOption, Type
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser, BrowserSettings
from vigorl.browser.environment import Environment, EnvironmentWrapper
from vigorl.browser.geometry import Box, Point
from vigorl.browser.live import PageSettings
from vigorl.browser.observation import Mark, Observation
from vigorl.policy.factory import open_policy
from vigorl.policy.family import family_named
from vigorl.policy.model import ModelPolicy
from vigorl.policy.model_config import ModelConfig
from vigorl.policy.policy import Policy
from vigorl.tasks.environment import TaskEnvironment
from vigorl.tasks.local.registry import TASKS, find_task
from vigorl.tasks.local.site import Site

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

EACH_GRAMMAR = (
    "gpt-5",
    "Qwen/Qwen3.6-27B",
    "ByteDance-Seed/UI-TARS-1.5-7B",
    "inclusionAI/UI-Venus-1.5-8B",
    "Hcompany/Holo2-8B",
    "claude-opus-4-5",
    "gemini-3-pro",
)
"""One for each; all of them play in the slow test."""

SWITCHED = ("Qwen/Qwen3.6-27B", "Hcompany/Holo2-8B")
"""Models that would think first, at length, if they were not told otherwise."""


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


class Marks(EnvironmentWrapper[Environment]):
    """What a model sees that reads the numbers on a screen."""

    def __init__(self, inner: Environment) -> None:
        super().__init__(inner)
        self.seen: tuple[Mark, ...] = ()

    async def reset(self) -> Observation:
        return self._remember(await self._inner.reset())

    async def step(self, action: Action) -> Observation:
        return self._remember(await self._inner.step(action))

    def at(self, point: Point) -> int:
        boxes = [
            (each.box_css_px.area, each.id)
            for each in self.seen
            if each.id is not None and each.box_css_px.contains(point)
        ]
        return min(boxes)[1]

    def _remember(self, observation: Observation) -> Observation:
        self.seen = observation.marks or self.seen
        return observation


class MarkSpeaker(Speaker):
    """The published checkpoint that names numbered marks."""

    marks: Marks

    async def chat(self, request: Request) -> JSONResponse:
        self.turns = [self._next()]
        return await super().chat(request)

    def _next(self) -> str:
        match self.actions.pop(0):
            case Type(text, Point() as point):
                enters = bool(self.actions) and self.actions[0] == Press("Enter")
                if enters:
                    self.actions.pop(0)
                said = f"type [{self.marks.at(point)}] [{text}] [{int(enters)}]"
            case Click(point):
                said = f"click [{self.marks.at(point)}]"
            case Done(answer):
                said = f"stop [{answer}]"
            case other:
                raise AssertionError(other)
        return f"<think> The field (12, 34) is next. </think>\n<answer> {said} </answer>"


@dataclass(frozen=True)
class Stage:
    """One browser and one site for all episodes."""

    browser: Browser
    site: Site
    runs: Path

    async def play(
        self, task: str, policy: Policy, watch: Callable[[Marks], None] = lambda marks: None
    ) -> Trajectory:
        row = find_task(task)
        settings = PageSettings(boundary=Boundary(allow=()))
        world = TaskEnvironment(self.site, self.browser, row, settings)
        recorder = Recorder.create(self.runs, world.goal, {"policy": policy.name})
        marks = Marks(equipped(world, policy))
        watch(marks)
        return await rollout(policy, marks, recorder)

    async def taught(self, task: str) -> tuple[list[Action], Box]:
        """What is right in a task, by where things are on its pages, and the screen."""
        row = find_task(task)
        world = TaskEnvironment(self.site, self.browser, row)
        try:
            view = (await world.reset()).view
            assert view
            actions: list[Action] = []
            async for action in TASKS[row.name].oracle(world, row):
                actions.append(action)
                if not isinstance(action, Done):
                    await world.step(action)
            return actions, view.frame.region_css_px
        finally:
            await world.close()

    async def played(
        self, model: str, task: str, lesson: tuple[list[Action], Box]
    ) -> tuple[Trajectory, Speaker, str]:
        speaker = Speaker(model, *lesson)
        async with listening(speaker) as url:
            policy = await open_policy(ModelConfig(url))
            assert isinstance(policy, ModelPolicy)
            try:
                return await self.play(task, policy), speaker, policy.notice
            finally:
                await policy.close()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Browser(BrowserSettings()) as browser, Site() as site:
        yield Stage(browser, site, tmp_path)


@pytest.mark.slow
async def test_models_of_each_grammar_log_in(stage: Stage) -> None:
    lesson = await stage.taught("login:3")
    at_a_time = asyncio.Semaphore(2)

    async def one(model: str) -> tuple[Trajectory, Speaker, str]:
        async with at_a_time:
            return await stage.played(model, "login:3", lesson)

    played = await asyncio.gather(*map(one, EACH_GRAMMAR))
    for model, (episode, speaker, notice) in zip(EACH_GRAMMAR, played, strict=True):
        assert episode.end and episode.end.score, (model, episode.end)
        assert episode.end.score.value == 1.0, (model, episode.end)
        assert not any(step.turn.slip for step in episode.steps), model
        assert len(speaker.bodies) == len(episode.steps), model
        assert (model in notice) == (model == "gpt-5"), notice
        thinks = speaker.bodies[0].get("chat_template_kwargs", {}).get("enable_thinking")
        assert thinks == (False if model in SWITCHED else None), model


async def test_the_published_model_that_names_marks_logs_in(stage: Stage) -> None:
    actions, screen_css_px = await stage.taught("login:3")
    speaker = MarkSpeaker("gsarch/ViGoRL-7b-Web-Action", list(actions), screen_css_px)
    async with listening(speaker) as url:
        policy = await open_policy(ModelConfig(url))
        try:
            episode = await stage.play(
                "login:3", policy, lambda marks: setattr(speaker, "marks", marks)
            )
        finally:
            await policy.close()
    assert episode.end and episode.end.score and episode.end.score.value == 1.0, episode.end
    assert not any(step.turn.slip for step in episode.steps)
    sent = speaker.bodies[0]
    assert (sent["temperature"], sent["max_tokens"]) == (0.5, 2048)
    assert sent["messages"][0] == {
        "role": "system",
        "content": family_named("vigorl-web-action").template_system,
    }


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("task", ["login:3", "shop:555"])
async def test_each_model_finishes_in_its_own_grammar(stage: Stage, model: str, task: str) -> None:
    episode, _, _ = await stage.played(model, task, await stage.taught(task))
    assert episode.end and episode.end.score and episode.end.score.value == 1.0, episode.end
