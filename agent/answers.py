"""Structured answers: what an answer has to be, how a policy is told, and how it is read."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
from jsonschema.protocols import Validator
from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from vigorl.agent.record.trajectory import StepRecord
from vigorl.agent.referee import CutShort, Referee, Ruling, Veto
from vigorl.browser.actions import Action, Done
from vigorl.browser.errors import UsageError

_FENCE = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?```\s*", re.DOTALL)
_NUMBER = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_MOST_DIGITS = 16
"""Of a whole number that a text may hold."""
_MOST_COMPLAINTS = 3


class Unfit(ValueError):
    """An answer is not what it has to be; the message says where, to whoever gave it."""


@dataclass(frozen=True)
class AnswerForm:
    """What an answer has to be: a JSON Schema, and the Python type where there is one.

    An answer is JSON. Where the form has a single field, or is a plain value, the bare value is
    understood as well, as a policy gives it that reads values off the screen.
    """

    schema: dict[str, Any]
    adapter: TypeAdapter[Any] | None = None
    """Makes the value of a type; None: the JSON itself is the value."""

    @classmethod
    def of_type(cls, output: Any) -> "AnswerForm":
        """Of a pydantic model, a dataclass, a TypedDict or a plain type.

        Raises:
            UsageError: pydantic can make no schema of it.
        """
        try:
            adapter: TypeAdapter[Any] = TypeAdapter(output)
            return cls(adapter.json_schema(), adapter)
        except PydanticUserError as error:
            raise UsageError(
                f"answers cannot be of {output!r}: give a pydantic model, a dataclass or a type "
                f"such as list[str] ({error.message.splitlines()[0]})"
            ) from error

    @classmethod
    def read(cls, path: Path) -> "AnswerForm":
        """Of a file with a JSON Schema.

        Raises:
            UsageError: it cannot be read, or is no schema.
        """
        try:
            schema = json.loads(path.read_text(encoding="utf-8"))
            jsonschema.validators.validator_for(schema).check_schema(schema)
        except (OSError, ValueError, jsonschema.SchemaError) as error:
            why = error.message if isinstance(error, jsonschema.SchemaError) else str(error)
            raise UsageError(f"{path} is no JSON Schema: {why}") from error
        if not isinstance(schema, dict):
            raise UsageError(f"{path} is no JSON Schema that says what an answer is")
        return cls(schema)

    @property
    def only_field(self) -> str | None:
        """The name of its field, where it is an object with a single one."""
        fields = self.schema.get("properties", {})
        return next(iter(fields)) if len(fields) == 1 else None

    @property
    def takes_bare_values(self) -> bool:
        """Whether an answer may be a value as it stands on a page, without any JSON."""
        if self.only_field is not None:
            kind = self.schema["properties"][self.only_field].get("type")
        else:
            kind = self.schema.get("type")
        return kind in ("string", "number", "integer", "boolean")

    def lesson(self) -> str:
        """What a policy is told of it."""
        schema = json.dumps(self.schema, ensure_ascii=False)
        return (
            "The answer is JSON and nothing else, a text of the action that ends the task. It fits "
            f"this JSON Schema: {schema}"
        )

    def value(self, answer: str) -> Any:
        """What an answer says.

        Raises:
            Unfit: it is not what it has to be.
        """
        text = found[1] if (found := _FENCE.fullmatch(answer)) else answer.strip()
        try:
            said: Any = json.loads(text)
            is_json = True
        except (ValueError, RecursionError):
            said, is_json = text, False
        if not isinstance(said, dict | list) and self.takes_bare_values:
            return self._bare(said, text)
        if not is_json:
            raise Unfit("it is not JSON")
        return self._made(said)

    def _bare(self, said: Any, text: str) -> Any:
        """The value of a bare text: as JSON has it, as the text that it is, or its one number."""
        candidates = [said, text] if said != text else [text]
        numbers = _NUMBER.findall(text)
        if len(numbers) == 1:  # a price with its currency, say
            number = numbers[0].replace(",", "")
            is_whole = "." not in number and len(number) < _MOST_DIGITS
            candidates.append(int(number) if is_whole else float(number))
        complaints = []
        for value in candidates:
            try:
                return self._made(value if self.only_field is None else {self.only_field: value})
            except Unfit as unfit:
                complaints.append(unfit)
        raise complaints[0] if said != text else complaints[-1]

    def _made(self, said: Any) -> Any:
        if self.adapter is not None:
            try:
                return self.adapter.validate_python(said)
            except ValidationError as error:
                complaints = [
                    (".".join(map(str, each["loc"])), each["msg"]) for each in error.errors()
                ]
                raise Unfit(_listed(complaints)) from error
        validator: Validator = jsonschema.validators.validator_for(self.schema)(self.schema)
        errors = sorted(validator.iter_errors(said), key=lambda each: each.json_path)
        if errors:
            raise Unfit(_listed([(each.json_path, each.message) for each in errors]))
        return said


def _listed(complaints: list[tuple[str, str]]) -> str:
    told = [f"{where}: {what}" if where else what for where, what in complaints]
    more = len(told) - _MOST_COMPLAINTS
    return "; ".join([*told[:_MOST_COMPLAINTS], *[f"and {more} more"] * (more > 0)])


@dataclass
class AnswerReferee(Referee):
    """Sends an answer that does not fit back once, and ends the episode at the second."""

    form: AnswerForm
    second_try: bool = True
    """Whether the policy can make anything of what is wrong."""
    _unfit: int = field(default=0, init=False)

    async def rule(self, action: Action, step: StepRecord) -> Ruling:
        """Let everything pass but an answer that does not fit."""
        if not isinstance(action, Done):
            return action
        try:
            self.form.value(action.answer)
        except Unfit as unfit:
            self._unfit += 1
            if self._unfit > self.second_try:
                again = ", a second time" if self.second_try else ""
                return CutShort(f"the answer does not fit its schema{again}: {unfit}")
            return Veto(
                f"The answer does not fit: {unfit}. Give it once more. {self.form.lesson()}",
                "bad_action",
            )
        return action
