"""`Agent`: a task in a browser, in five lines of Python."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, Unpack, get_type_hints

from vigorl.agent.answers import AnswerForm
from vigorl.agent.functions import OwnFunction
from vigorl.agent.python.hooks import Asked, BeforeAction, HookReferee, OnStep, approver_of
from vigorl.agent.python.options import AgentOptions, configured
from vigorl.agent.python.result import AgentResult, AgentStep
from vigorl.agent.record.trajectory import StepRecord
from vigorl.agent.rollout import Watcher
from vigorl.agent.run import Additions, run
from vigorl.browser.deeds import Approver
from vigorl.browser.errors import UsageError
from vigorl.policy.policy import Policy

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Agent:
    """A task for a browser agent, which may be played any number of times; each run is recorded.

    ::

        from vigorl import Agent

        result = Agent("tell me the opening hours", url="https://museum.example").run()
        print(result.status, result.answer)

    Options have the names that `vigorl-agent run` has (`max_steps`, `headed`, `allow`, …).

    Args:
        goal: What to do: literal instructions for reader, a goal for a model.
        output: What the answer has to be: a pydantic model, or a type such as `list[str]`.
        tools: Functions that it may call, each with types and a docstring; see `tool`.
        policy: Who plays, instead of `model`: an object of one's own, which stays open.
        before_action: Called with each step before its action is done; may change or veto it.
        on_step: Called with each step when it is over.
        approver: Who is asked before something risky is done; None: nobody is, and it is denied.
        options: See `AgentOptions`.

    Raises:
        TypeError: there is no such option.
        UsageError: an option has a value that it cannot have, or two contradict each other.
    """

    def __init__(
        self,
        goal: str | None = None,
        /,
        *,
        output: Any = None,
        tools: Iterable[Callable[..., Any]] = (),
        policy: Policy | None = None,
        before_action: BeforeAction | None = None,
        on_step: OnStep | None = None,
        approver: Approver | Asked | None = None,
        **options: Unpack[AgentOptions],
    ) -> None:
        self._config, self._model = configured(goal, options)
        if output is not None and self._config.schema is not None:
            raise UsageError("give the type of the answer (output) or its schema, not both")
        self._form = None if output is None else AnswerForm.of_type(output)
        if self._config.schema is not None:
            self._form = AnswerForm.read(self._config.schema)
        self._tools = [OwnFunction.of(each) for each in tools]
        self._policy = policy
        if policy is not None:
            self._model = replace(self._model, model=policy.name)
        self._hooks = HookReferee(before_action, on_step)
        self._approver = approver_of(approver)
        self.result: AgentResult | None = None
        """How the last run went, also where that was interrupted; None before the first."""

    def tool(self, function: _Function) -> _Function:
        """Let the agent call a function: it is told name, types and docstring; a decorator.

        Raises:
            UsageError: the function has no docstring, or no types.
        """
        self._tools.append(OwnFunction.of(function))
        return function

    def run(self) -> AgentResult:
        """Play the task to its end.

        What the agent does badly, and what breaks meanwhile, is a status of the result.

        Raises:
            UsageError: something does not exist, or a loop runs here already.
            InfrastructureFault: browser or model cannot start, or the record cannot be written.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(self.arun())
        raise UsageError(
            "an event loop runs here already, as in a notebook or an async function: "
            "write `await agent.arun()`"
        )

    async def arun(self) -> AgentResult:
        """Play the task to its end, where an event loop runs; see `run`."""
        return await self._play(_Steps(self._hooks))

    async def stream(self) -> AsyncGenerator[AgentStep, None]:
        """Play the task; each step as it is chosen, a moment before it is carried out.

        The run goes on meanwhile. Afterwards, `result` has all of it. A loop that is left ends the
        run, once the generator is closed (`contextlib.aclosing`).

        Raises: as `run`.
        """
        steps = _Steps(self._hooks)
        playing = asyncio.create_task(self._play(steps))
        playing.add_done_callback(lambda _: steps.queue.put_nowait(None))
        try:
            while (step := await steps.queue.get()) is not None:
                yield step
            await playing
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)

    async def _play(self, watcher: Watcher) -> AgentResult:
        additions = Additions(self._policy, self._hooks, self._form, tuple(self._tools))
        config = replace(self._config, schema=None)  # which the form is made of
        trajectory = await run(config, self._model, watcher, self._approver, additions)
        self.result = result = AgentResult(trajectory, self._form)
        task = asyncio.current_task()
        if task is not None and task.cancelling():  # the record is whole, and the caller is told
            raise asyncio.CancelledError
        return result


class _Steps(Watcher):
    """Puts each step into a queue as it is chosen."""

    def __init__(self, hooks: HookReferee) -> None:
        self.queue: asyncio.Queue[AgentStep | None] = asyncio.Queue()
        self._hooks = hooks
        self._folder = Path()

    def recording(self, folder: Path) -> None:
        """Note where the pictures are."""
        self._folder = self._hooks.folder = folder

    def step(self, record: StepRecord) -> None:
        """Hand the step over."""
        self.queue.put_nowait(AgentStep(record, self._folder))


def _signature() -> inspect.Signature:
    """What `Agent` takes, option by option, for `help` and for editors that ask at run time."""
    own = list(inspect.signature(Agent.__init__).parameters.values())[1:-1]
    kind = inspect.Parameter.KEYWORD_ONLY
    hints = get_type_hints(AgentOptions)
    options = [inspect.Parameter(name, kind, default=..., annotation=hints[name]) for name in hints]
    return inspect.Signature([*own, *options])


setattr(Agent, "__signature__", _signature())  # noqa: B010 -- no attribute that a class declares
