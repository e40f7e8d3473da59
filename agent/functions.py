"""Functions of the operator's own, which a policy calls as one of its actions."""

import asyncio
import inspect
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic.errors import PydanticUserError

from vigorl.browser.action_space import ActionSpace
from vigorl.browser.actions import Action, CallFunction
from vigorl.browser.environment import Environment, EnvironmentWrapper
from vigorl.browser.errors import UsageError, VigorlError
from vigorl.browser.observation import Observation

CALL_LIMIT_S = 120.0
"""Time for a function to return."""

_LONGEST_RETURN = 4000
_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True)
class OwnFunction:
    """A function that a policy may call: its name, what it does, and what it takes."""

    name: str
    about: str
    """The first paragraph of its docstring."""
    signature: str
    function: Callable[..., Any]
    arguments: type[BaseModel]
    """Validates what it is given."""

    @classmethod
    def of(cls, function: Callable[..., Any]) -> "OwnFunction":
        """A function with a docstring and types.

        Raises:
            UsageError: it lacks one of them, or takes what no JSON can give.
        """
        name = getattr(function, "__name__", "")
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise UsageError(f"{function!r} has no name to call it by: define it with def")
        about = (inspect.getdoc(function) or "").split("\n\n")[0]
        if not about:
            raise UsageError(f"{name} has no docstring, which says to the agent what it is for")
        signature = inspect.signature(function)
        try:
            hints = get_type_hints(function)
            fields: dict[str, Any] = {}
            for parameter in signature.parameters.values():
                if parameter.kind not in _KINDS or parameter.name not in hints:
                    raise UsageError(
                        f"{name} has to name a type for each of its parameters, and take them by "
                        f"name; not so {parameter}"
                    )
                default = ... if parameter.default is parameter.empty else parameter.default
                fields[parameter.name] = (hints[parameter.name], default)
            arguments = create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
            arguments.model_json_schema()
        except (NameError, PydanticUserError) as error:
            raise UsageError(f"the types of {name} are not those of JSON: {error}") from error
        return cls(name, " ".join(about.split()), str(signature), function, arguments)

    @property
    def usage(self) -> str:
        """How it is called, and what for."""
        return f"{self.name}{self.signature}: {self.about}"

    async def called(self, given: Mapping[str, Any]) -> str:
        """What it returns, as text.

        Raises:
            ValidationError: the arguments are not what it takes.
            TimeoutError: it takes too long.
        """
        arguments = self.arguments.model_validate(dict(given))
        values = {name: getattr(arguments, name) for name in self.arguments.model_fields}
        async with asyncio.timeout(CALL_LIMIT_S):
            if inspect.iscoroutinefunction(self.function):
                returned = await self.function(**values)
            else:
                returned = await asyncio.to_thread(self.function, **values)
        return returned if isinstance(returned, str) else _as_text(returned)


class FunctionsEnvironment(EnvironmentWrapper[Environment]):
    """An environment in which functions of the operator's own can be called.

    What goes wrong in one of them is told to the policy, like an action that cannot be done.

    Args:
        inner: Carries out all other actions.
        functions: Each with a name of its own.

    Raises:
        UsageError: two have one name.
    """

    def __init__(self, inner: Environment, functions: Sequence[OwnFunction]) -> None:
        super().__init__(inner)
        self._functions = {each.name: each for each in functions}
        if len(self._functions) < len(functions):
            raise UsageError("two functions of one name: the agent could not tell them apart")
        self._last: Observation | None = None

    @property
    def actions(self) -> ActionSpace:
        """What the environment inside offers, and calls."""
        return self._inner.actions | {"call"}

    async def reset(self) -> Observation:
        """Begin; see `Environment`."""
        self._last = await self._inner.reset()
        return self._last

    async def step(self, action: Action) -> Observation:
        """Answer a call; let everything else through."""
        if not isinstance(action, CallFunction):
            self._last = await self._inner.step(action)
            return self._last
        assert self._last is not None, "reset comes first"
        function = self._functions.get(action.name)
        if function is None:
            named = ", ".join(self._functions)
            return self._last.answer(
                "bad_action", f"There is no function {action.name}. There are: {named}."
            )
        try:
            returned = await function.called(action.arguments)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            return self._last.answer(
                "bad_action", f"{where}: {first['msg']}. It is called like this: {function.usage}"
            )
        except VigorlError:
            raise
        except Exception as error:  # the operator's own mistake, which the policy may go around
            told = f"{action.name} failed: {type(error).__name__}: {error}"
            return self._last.answer("bad_action", told[:_LONGEST_RETURN])
        return self._last.answer("returned", f"{action.name} returned {returned[:_LONGEST_RETURN]}")


def _as_text(returned: object) -> str:
    return json.dumps(returned, ensure_ascii=False, default=str)


def described(functions: Sequence[OwnFunction]) -> str:
    """What a policy is told of functions, beside its goal."""
    listed = "\n".join(f"- {each.usage}" for each in functions)
    return f"Functions that can be called:\n{listed}"
