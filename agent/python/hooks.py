"""Hooks of an agent: functions that are called before and after each step."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from vigorl.agent.python.result import AgentStep
from vigorl.agent.record.trajectory import StepRecord
from vigorl.agent.referee import Referee, Ruling, Veto
from vigorl.browser.actions import Action
from vigorl.browser.deeds import Approval, Approver, Deed
from vigorl.browser.errors import UsageError

_T = TypeVar("_T")

BeforeAction = Callable[[AgentStep], "Action | Veto | Awaitable[Action | Veto | None] | None"]
"""Called before an action is done. None: go on; another action: do that instead; a `Veto`: do
nothing, and tell the agent why."""

OnStep = Callable[[AgentStep], "Awaitable[None] | None"]
"""Called when a step is over: its action is done, was vetoed, or has ended the run."""

Asked = Callable[[Deed], "bool | Approval | Awaitable[bool | Approval]"]
"""Called where something needs a yes."""


@dataclass
class HookReferee(Referee):
    """Calls the functions of whoever runs an agent."""

    before_action: BeforeAction | None = None
    on_step: OnStep | None = None
    folder: Path = field(default=Path(), init=False)
    """Of the run; known when its record begins."""

    async def rule(self, action: Action, step: StepRecord) -> Ruling:
        """What the function before an action says.

        Raises:
            UsageError: it says something else.
        """
        if self.before_action is None:
            return action
        ruling = await waited_for(self.before_action(AgentStep(step, self.folder)))
        if ruling is None:
            return action
        if not isinstance(ruling, (*get_args(Action), Veto)):
            raise UsageError(
                f"before_action returned {ruling!r}: return None to go on, an action to be done "
                "instead, or Veto('why') to have nothing done"
            )
        return cast(Ruling, ruling)

    async def after(self, step: StepRecord) -> None:
        """Call the function after a step."""
        if self.on_step is not None:
            await waited_for(self.on_step(AgentStep(step, self.folder)))


class AskedFunction:
    """A function that is asked for a yes; an `Approver`."""

    def __init__(self, function: Asked) -> None:
        self._function = function

    async def approve(self, deed: Deed) -> Approval:
        """Its answer."""
        said = await waited_for(self._function(deed))
        if isinstance(said, Approval):
            return said
        return Approval(bool(said), why="" if said else "the program said no")


def approver_of(given: "Approver | Asked | None") -> Approver | None:
    """Who is asked: an approver, or a function that is one."""
    if given is None or hasattr(given, "approve"):
        return cast("Approver | None", given)
    return AskedFunction(given)


async def waited_for(said: "_T | Awaitable[_T]") -> _T:
    """What a function says, or what it says later."""
    if inspect.isawaitable(said):
        later: Any = await said
        return cast(_T, later)
    return said
