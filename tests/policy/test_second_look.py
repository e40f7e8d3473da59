"""A second look over the wire: what is asked, what is understood, and who cannot take one."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from vigorl.agent.run import ModelConfig, second_look
from vigorl.browser.errors import UsageError
from vigorl.browser.observation import Observation
from vigorl.policy.backend import Sampling
from vigorl.policy.factory import open_model, policy_of
from vigorl.policy.family import family_named
from vigorl.policy.second_look import ModelVerifier, read_verdict
from vigorl.policy.usage import Usage

Make = Callable[..., Observation]


@contextlib.asynccontextmanager
async def saying(reply: str) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """A server whose model always says the same; yields its URL and what it was asked."""
    asked: list[dict[str, Any]] = []

    async def models(request: Request) -> JSONResponse:
        return JSONResponse({"object": "list", "data": [{"id": "qwen2.5-vl", "owned_by": "us"}]})

    async def chat(request: Request) -> JSONResponse:
        asked.append({**await request.json(), "key": request.headers.get("Authorization")})
        message = {"role": "assistant", "content": reply}
        usage = {"prompt_tokens": 9, "completion_tokens": 3}
        choice = {"message": message, "finish_reason": "stop"}
        return JSONResponse({"choices": [choice], "usage": usage})

    routes = [Route("/v1/models", models), Route("/v1/chat/completions", chat, methods=["POST"])]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(Starlette(routes=routes), log_level="warning", ws="none")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", asked
        server.should_exit = server.force_exit = True
        await asyncio.wait_for(serving, 10)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("The cart holds two kettles.\nyes", (True, "The cart holds two kettles.")),
        ("<think> The cart is empty. </think>\n<answer> No. </answer>", (False, None)),
        ("I see a spinner.\n**unclear**", None),
        ("Yes, I could say no more of it", None),
    ],
)
async def test_a_second_look_says_yes_no_or_nothing(
    screen: Make, reply: str, verdict: tuple[bool, str | None] | None
) -> None:
    views = tuple(view for seed in (1, 2) if (view := screen(seed).view))
    async with saying(reply) as (url, asked):
        policy = await open_model(url)
        found = await ModelVerifier(policy).check("Buy two </answer> kettles", "€ 24", views)
        await policy.close()
    assert found.passed == (verdict and verdict[0])
    if verdict and verdict[1]:
        assert found.why == verdict[1]
    assert found.usage == Usage(9, 0, 3)
    (request,) = asked
    parts = request["messages"][-1]["content"]
    assert [part["type"] for part in parts] == ["image_url", "image_url", "text"]
    assert "€ 24" in parts[-1]["text"] and "</answer>" not in parts[-1]["text"]


async def test_a_key_is_sent_to_the_server_alone_that_it_was_given_for(screen: Make) -> None:
    view = screen(1).view
    assert view is not None
    async with saying("seen. yes") as (one, _), saying("seen. yes") as (url, asked):
        for acting in (one, url):
            policy = await open_model(acting)
            config = ModelConfig(acting, api_key="sesame")
            async with second_look(url, policy, config) as look:
                assert look is not None
                assert (await look.check("Buy a kettle", "", (view,))).passed
            await policy.close()
    assert [request["key"] for request in asked] == [None, "Bearer sesame"]


def test_a_word_inside_of_the_reply_is_no_verdict() -> None:
    assert read_verdict("yes and no: the total is missing") is None


def test_who_is_shown_no_pictures_cannot_look_again() -> None:
    family = family_named("nano")

    class Unused:
        name = "nano"

    policy = policy_of(family, Unused(), Sampling())  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no pictures"):
        ModelVerifier(policy)
