"""`Agent`: options, results, steps, hooks and structured answers, in a real browser."""

import asyncio
import contextlib
import inspect
import subprocess
import sys
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import vigorl
from vigorl import Agent, AgentStep, UsageError, Veto
from vigorl.agent.answers import AnswerForm, Unfit
from vigorl.agent.cli.app import app
from vigorl.agent.python.options import AgentOptions
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.browser.actions import Action, Click, Done, Goto, Type
from vigorl.browser.errors import StoppedByPerson
from vigorl.browser.geometry import Point
from vigorl.browser.observation import Observation
from vigorl.policy.policy import Turn

pytestmark = [pytest.mark.browser]

PAGE = "data:text/html,<title>p</title><body style='margin:0;font:40px sans-serif'><p>Open 9 to 17"
BUTTON = (
    "data:text/html,<title>no</title><button style='position:fixed;inset:0' "
    "onclick=\"document.title = 'pressed'\">x</button>"
)


class Lines:
    """A policy that does one action after the other."""

    name, acts_on_marks, needs_instructions = "lines", False, False

    def __init__(self, *actions: Action) -> None:
        self.actions = actions
        self.goals: list[str] = []
        self.seen: list[Observation] = []
        self.closed = 0

    def actor(self, goal: str) -> "Lines":
        self.goals.append(goal)
        self.rest = iter(self.actions)
        return self

    async def act(self, observation: Observation) -> Turn:
        self.seen.append(observation)
        action = next(self.rest)
        return Turn("", f"I {action.type}.", (), action)

    def describe(self) -> dict[str, Any]:
        return {"name": self.name}

    async def close(self) -> None:
        self.closed += 1

    @property
    def events(self) -> list[tuple[str, str]]:
        return [(event.kind, event.text) for seen in self.seen for event in seen.events]


PRESS = Click(Point(640, 360))


def agent(tmp_path: Path, policy: Lines, url: str = PAGE, **options: Any) -> Agent:
    return Agent("do it", url=url, policy=policy, out=tmp_path, **options)


def test_the_interface_is_light_and_complete() -> None:
    code = (
        "import sys, vigorl; from vigorl import UsageError\n"
        "print(vigorl.__version__, dir(vigorl))\n"
        "assert not {'torch', 'playwright', 'numpy', 'pydantic'} & set(sys.modules)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(name in told.stdout for name in vigorl.__all__)
    assert all(getattr(vigorl, name) for name in vigorl.__all__)
    with pytest.raises(AttributeError, match="Agnet"):
        vigorl.Agnet  # type: ignore[attr-defined]  # noqa: B018


def test_options_are_those_of_the_command_by_the_same_names() -> None:
    import typer

    command = typer.main.get_command(app).commands["run"]  # type: ignore[attr-defined]
    names = {
        option.removeprefix("--").replace("-", "_")
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--")
    }
    only_in_a_terminal = {"json", "dry_run", "help_language", "secret", "approve_seconds", "help"}
    only_in_a_terminal |= {"view", "no_open", "pause", "ask"}
    assert set(AgentOptions.__annotations__) == (names - only_in_a_terminal) | {"secrets"}
    assert set(AgentOptions.__annotations__) <= set(inspect.signature(Agent).parameters)


def test_every_option_reaches_its_configuration() -> None:
    given: dict[str, Any] = {
        "url": "https://a.example",
        "max_steps": 3,
        "viewport": (800, 600),
        "out": "elsewhere",
        "upload_from": ["x"],
        "secrets": {"PW": "pearl"},
        "allow": ["b.example,c.example"],
        "slow_motion": 0.5,
        "temperature": 0.1,
        "profile": "p",
    }
    made = Agent("go", **given)
    run, model = made._config, made._model
    assert (run.max_steps, run.viewport_width_px, run.slow_motion_s) == (3, 800, 0.5)
    assert (run.runs, run.upload_from, run.profile) == (Path("elsewhere"), (Path("x"),), Path("p"))
    assert run.secrets[0].plain == "pearl" and "pearl" not in repr(run)
    assert run.boundary is not None and run.boundary.allow == ("b.example", "c.example")
    assert model.temperature == 0.1


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"max_step": 3}, TypeError, "did you mean 'max_steps'"),
        ({"approve": "sometimes"}, UsageError, "approve: Input should be 'never'"),
        ({"cdp": "http://x", "allow": ["a.example"]}, UsageError, "cannot be kept with --cdp"),
        ({"cdp": "http://x", "headed": True}, UsageError, "where that browser is started"),
        ({"task": "login"}, UsageError, "not both"),
        ({"output": open}, UsageError, "give a pydantic model"),
    ],
)
def test_what_cannot_be_is_refused_at_once(
    options: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        Agent("go", url="https://a.example", **options)


def test_a_run_has_an_answer_steps_pictures_and_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = Lines(PRESS, Done("9 & 17"))
    result = agent(tmp_path, policy).run()
    assert (result.status, result.answer, result.verified) == ("done", "9 & 17", None)
    assert [step.words for step in result.steps] == ["click (640, 360)", 'done "9 & 17"']
    assert str(result.steps[0]) == "1 I click. → click (640, 360)"
    screenshot = result.steps[0].screenshot
    assert screenshot is not None and screenshot.size == (1280, 720)
    assert str(result) == "done, unchecked in 2 steps: 9 & 17"
    html = result._repr_html_()
    assert "data:image/webp;base64," in html and "9 &amp; 17" in html
    assert policy.closed == 0, "it is its owner's"
    shown: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: shown.append(url) or True)
    assert shown == [] and result.open() == result.folder / "index.html"
    assert shown == [(result.folder / "index.html").resolve().as_uri()]


async def test_a_loop_that_runs_is_told_to_await(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"await agent\.arun"):
        agent(tmp_path, Lines(Done("x"))).run()


async def test_steps_stream_and_a_loop_that_is_left_ends_the_run(tmp_path: Path) -> None:
    made = agent(tmp_path, Lines(PRESS, Goto("about:blank"), Done("x")))
    assert [step.number async for step in made.stream()] == [1, 2, 3]
    assert made.result is not None and made.result.answer == "x"
    async with contextlib.aclosing(made.stream()) as steps:
        async for step in steps:
            assert step.screenshot is not None
            break
    assert made.result.status == "interrupted"
    assert read_trajectory(made.result.folder).status == "interrupted"


async def test_a_cancelled_run_is_recorded_and_stays_cancelled(tmp_path: Path) -> None:
    def stop(step: AgentStep) -> None:
        running.cancel()

    made = agent(tmp_path, Lines(PRESS, PRESS, Done("x")), on_step=stop)
    running = asyncio.create_task(made.arun())
    with pytest.raises(asyncio.CancelledError):
        await running
    assert made.result is not None and made.result.status == "interrupted"


def test_hooks_see_change_and_veto_actions(tmp_path: Path) -> None:
    policy = Lines(PRESS, Type("x"), Goto("https://a.example"), Done("no"), Done("yes"))
    over: list[str] = []

    async def before(step: AgentStep) -> Action | Veto | None:
        match step.action:
            case Goto():
                return Veto("Stay here.")
            case Type():
                return PRESS
            case Done("no"):
                return Veto("Not yet.")
        return None

    async def note(step: AgentStep) -> None:
        over.append(step.words)

    result = agent(tmp_path, policy, BUTTON, before_action=before, on_step=note).run()
    assert result.answer == "yes" and len(over) == 5 == len(result.steps)
    assert ("denied", "Stay here.") in policy.events and ("denied", "Not yet.") in policy.events
    assert [kind for kind, _ in policy.events] == ["steered", "denied", "denied"]
    assert [seen.title for seen in policy.seen[:3]] == ["no", "pressed", "pressed"]
    assert result.steps[1].action == Type("x"), "what the policy chose is what is recorded"


def test_a_hook_can_stop_the_run_and_its_mistakes_are_its_own(tmp_path: Path) -> None:
    def stop(step: AgentStep) -> None:
        raise StoppedByPerson("enough")

    result = agent(tmp_path, Lines(PRESS, Done("x")), on_step=stop).run()
    assert (result.status, result.reason) == ("interrupted", "enough")

    def wrong(step: AgentStep) -> Any:
        return "click"

    made = agent(tmp_path, Lines(PRESS, Done("x")), before_action=wrong)
    with pytest.raises(UsageError, match="before_action returned 'click'"):
        made.run()


class Hours(BaseModel):
    opens: int
    closes: int


@dataclass
class Opening:
    opens: int


@pytest.mark.parametrize(
    ("output", "answer", "data"),
    [
        (Hours, '```json\n{"opens": 9, "closes": 17}\n```', Hours(opens=9, closes=17)),
        (Opening, "9 h", Opening(9)),
        (float, "1,250.50 €", 1250.5),
        (float, "1e3", 1000.0),
        (str, "007", "007"),
        (list[str], '["a"]', ["a"]),
    ],
)
def test_an_answer_is_read_as_what_it_has_to_be(output: Any, answer: str, data: Any) -> None:
    assert AnswerForm.of_type(output).value(answer) == data


@pytest.mark.parametrize(
    ("output", "answer"), [(float, "9 to 17"), (int, "9.5"), (Hours, "9"), (list[int], '["a"]')]
)
def test_an_answer_that_is_something_else_is_not_read(output: Any, answer: str) -> None:
    with pytest.raises(Unfit):
        AnswerForm.of_type(output).value(answer)


@pytest.mark.parametrize(
    ("answer", "data"),
    [("6.80 EUR", {"price": 6.8}), ('{"price": 6, "x": 1}', {"price": 6, "x": 1}), ("4.20", None)],
)
def test_a_file_with_a_schema_says_what_an_answer_is(
    answer: str, data: Any, tmp_path: Path
) -> None:
    path = tmp_path / "schema.json"
    path.write_text('{"type": "object", "properties": {"price": {"type": "number", "minimum": 5}}}')
    form = AnswerForm.read(path)
    if data is None:
        with pytest.raises(Unfit, match=r"price: 4\.2 is less than the minimum of 5"):
            form.value(answer)
    else:
        assert form.value(answer) == data
    path.write_text('{"type": "thing"}')
    with pytest.raises(UsageError, match="is no JSON Schema: 'thing'"):
        AnswerForm.read(path)


def test_an_answer_that_does_not_fit_is_sent_back_once(tmp_path: Path) -> None:
    policy = Lines(Done("9 to 17"), Done('{"opens": 9, "closes": 17}'))
    result = agent(tmp_path, policy, output=Hours).run()
    assert (result.status, result.data) == ("done", Hours(opens=9, closes=17))
    assert "JSON Schema" in policy.goals[0] and len(policy.events) == 1


def test_an_answer_that_does_not_fit_twice_is_no_success(tmp_path: Path) -> None:
    policy = Lines(Done('{"opens": 9}'), Done("nine"))
    result = agent(tmp_path, policy, output=Hours).run()
    assert (result.status, result.data) == ("limit", None)
    assert "does not fit its schema, a second time: it is not JSON" in result.reason
    (event,) = policy.events
    assert event[0] == "bad_action" and "closes: Field required" in event[1]


def double(x: int) -> int:
    """Twice a number."""
    return 2 * x


class Literal(Lines):
    """As reader is: it follows instructions, and writes no JSON."""

    needs_instructions = True


def test_who_writes_no_json_gives_one_value_and_refuses_more(tmp_path: Path) -> None:
    policy = Literal(Done("12.50 EUR"))
    assert agent(tmp_path, policy, output=float).run().data == 12.5
    assert policy.goals == ["do it"], "literal instructions stay as they are"
    with pytest.raises(UsageError, match="ask it for one field"):
        agent(tmp_path, policy, output=Hours).run()
    with pytest.raises(UsageError, match="no functions of yours can be called"):
        agent(tmp_path, policy, tools=[double]).run()
