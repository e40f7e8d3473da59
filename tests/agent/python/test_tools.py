"""Functions of one's own: called like any action, and what goes wrong in them is told."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse

from tests.agent.python.test_agent import Lines
from tests.agent.test_foreign_models import listening
from vigorl import Agent, UsageError
from vigorl.browser.actions import CallFunction, Done, Wait

pytestmark = [pytest.mark.browser]


def rate(currency: str, places: int = 1) -> float:
    """Dollars for one unit of a currency.

    Not told.
    """
    return round({"EUR": 1.125}[currency], places)


async def later() -> dict[str, Any]:
    """Something that takes a moment."""
    await asyncio.sleep(0)
    return {"a": ["ü"]}


def undocumented(currency: str) -> float:
    return rate(currency)


def test_functions_are_called_and_their_mistakes_are_told(tmp_path: Path) -> None:
    calls = [
        CallFunction("rate", {"currency": "EUR", "places": 2}),
        CallFunction("rate", {"currency": "XXX"}),
        CallFunction("rate", {"currency": "EUR", "places": "many"}),
        CallFunction("rate", {"currency": "EUR", "plaices": 2}),
        CallFunction("rates", {}),
        CallFunction("later", {}),
        Wait(0),
    ]
    policy = Lines(*calls, Done("1.13"))
    agent = Agent("go", url="about:blank", policy=policy, out=tmp_path, tools=[rate])
    assert agent.tool(later) is later
    result = agent.run()
    assert policy.goals[0].endswith(
        "Functions that can be called:\n"
        "- rate(currency: str, places: int = 1) -> float: Dollars for one unit of a currency.\n"
        "- later() -> dict[str, typing.Any]: Something that takes a moment."
    )
    assert "call" in policy.seen[0].actions
    usage = "It is called like this: rate(currency: str"
    told = [text for _, text in policy.events]
    assert told[:2] == ["rate returned 1.12", "rate failed: KeyError: 'XXX'"]
    assert told[2].startswith("places: Input should be a valid integer") and usage in told[2]
    assert told[3].startswith("plaices: Extra inputs are not permitted") and usage in told[3]
    assert told[4:] == [
        "There is no function rates. There are: rate, later.",
        'later returned {"a": ["ü"]}',
    ]
    assert result.steps[0].words == 'call rate {"currency": "EUR", "places": 2}'
    assert result.steps[0].action == calls[0], "as it is recorded"


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x, "has no name"),
        (undocumented, "has no docstring"),
        (Path.exists, "name a type for each"),
    ],
)
def test_a_function_that_cannot_be_told_is_refused(function: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Agent("go", url="about:blank", tools=[function])


class Talking:
    """A server whose model says one text after the other, and what it was told."""

    def __init__(self, model: str, *texts: str) -> None:
        self.model = model
        self.texts = list(texts)
        self.heard: list[str] = []

    async def models(self, request: Request) -> JSONResponse:
        return JSONResponse({"data": [{"id": self.model}]})

    async def chat(self, request: Request) -> JSONResponse:
        self.heard.append((await request.body()).decode())
        message = {"role": "assistant", "content": self.texts.pop(0)}
        return JSONResponse({"choices": [{"message": message, "finish_reason": "stop"}]})


TAGS = (
    "<think> So. </think>\n<answer> {} </answer>",
    'call rate {"currency": "EUR"}',
    'done "1.1"',
)
JSON = (
    "So.\n<tool_call>\n{}\n</tool_call>",
    '{"name": "browser", "arguments": {"command": "call rate {\\"currency\\": \\"EUR\\"}"}}',
    '{"name": "computer_use", "arguments": {"action": "answer", "text": "1.1"}}',
)


@pytest.mark.parametrize(("model", "says"), [("gpt-5", TAGS), ("Qwen/Qwen3.6-27B", JSON)])
async def test_a_model_is_taught_to_call_in_its_own_grammar(
    model: str, says: tuple[str, ...], tmp_path: Path
) -> None:
    frame, *actions = says
    talking = Talking(model, *(frame.replace("{}", action) for action in actions))
    async with listening(talking) as url:
        agent = Agent("go", url="about:blank", model=url, out=tmp_path, tools=[rate])
        result = await agent.arun()
    call = CallFunction("rate", {"currency": "EUR"})
    assert [step.action for step in result.steps] == [call, Done("1.1")], result.reason
    first, second = talking.heard
    assert "call name {" in first and "rate(currency: str, places: int = 1)" in first
    assert "rate returned 1.1" in second


async def test_models_with_a_fixed_prompt_are_refused(tmp_path: Path) -> None:
    async with listening(Talking("gsarch/ViGoRL-7b-Web-Action")) as url:
        agent = Agent("go", url="about:blank", model=url, out=tmp_path, tools=[rate])
        with pytest.raises(UsageError, match="no functions of yours can be called"):
            await agent.arun()
    assert not list(tmp_path.iterdir())
