"""Models that speak a grammar of their own finish tasks, through a real server.

Each says what `reader` did in the same task, in its own grammar and coordinates, for the pictures
that it is sent.
"""

import asyncio
import base64
import contextlib
import io
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.run import ModelConfig, RunConfig, run
from vigorl.browser.actions import Action, Zoom
from vigorl.browser.geometry import Box, Frame
from vigorl.policy.family import family_served
from vigorl.policy.grammar import write

pytestmark = pytest.mark.browser

MODELS = [
    "gpt-5",
    "gemini-3-pro",
    "Qwen/Qwen3.6-27B",
    "ByteDance-Seed/UI-TARS-1.5-7B",
    "inclusionAI/UI-Venus-1.5-8B",
    "microsoft/Fara-7B",
    "microsoft/Fara1.5-9B",
    "Tongyi-MAI/MAI-UI-8B",
]
EACH_FORMAT = ["gpt-5", *MODELS[2:5]]
"""One for each way to write a turn; all of them play in the slow test."""


class Speaker:
    """A server whose model says the actions of an episode, a turn each."""

    def __init__(self, model: str, actions: list[Action], screen_css_px: Box) -> None:
        self.model = model
        self.actions = list(actions)
        self.screen_css_px = screen_css_px

    async def models(self, request: Request) -> JSONResponse:
        return JSONResponse({"data": [{"id": self.model}]})

    async def chat(self, request: Request) -> JSONResponse:
        messages = (await request.json())["messages"]
        parts = [
            part
            for each in messages
            if isinstance(each["content"], list)
            for part in each["content"]
        ]
        last = [part for part in parts if part["type"] == "image_url"][-1]["image_url"]["url"]
        size = Image.open(io.BytesIO(base64.b64decode(last.partition(",")[2]))).size
        family, _ = family_served(self.model)
        dialect = family.dialect(Frame(*size, self.screen_css_px))
        text = write("So this is next.", self.actions.pop(0), dialect)
        for stop in (await request.json()).get("stop", ()):
            text = text.partition(stop)[0]  # as most servers do, without the string itself
        message = {"role": "assistant", "content": text}
        return JSONResponse({"choices": [{"message": message, "finish_reason": "stop"}]})


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
        *(played(model, "login:3", tmp_path, lesson) for model in EACH_FORMAT)
    )
    for model, episode in zip(EACH_FORMAT, episodes, strict=True):
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
