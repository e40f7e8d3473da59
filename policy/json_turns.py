"""The turn format that is one JSON object, as Holo writes it.

::

    {"note": "", "thought": "The search field is empty.",
     "action": {"action": "write_element_abs", "content": "kettle", "element": "search field",
                "x": 412, "y": 80}}

Read as well: the object in a code block, with words around it, cut off behind the action; a call
of another form where there is no such object.

Source: hcompai/hai-cookbook at 2ba8961, `utils/navigation.py` (`NavigationStep`). The wording of
the lesson is ours.
"""

import json
from dataclasses import dataclass
from typing import Any

from vigorl.browser.action_space import ENDINGS, EVERY_ACTION, ActionSpace
from vigorl.browser.actions import Action, Zoom
from vigorl.policy.grammar import Dialect, Parsed
from vigorl.policy.maker_toolsets import HOLO
from vigorl.policy.points import Malformed, mentions_in
from vigorl.policy.tool_calls import called, parts_of
from vigorl.policy.toolset import Toolset


@dataclass(frozen=True, slots=True)
class JsonTurns:
    """A note, a thought and an action as the fields of one object.

    A `TurnFormat`.
    """

    toolset: Toolset = HOLO

    @property
    def acts_on_marks(self) -> bool:
        """No: it points."""
        return False

    def read(self, text: str, dialect: Dialect) -> Parsed:
        """Understand a turn: its first object that holds an action."""
        before, step = parts_of(text)
        told = [before, *(str((step or {}).get(name) or "") for name in ("note", "thought"))]
        thought = " ".join(" ".join(told).split())
        mentions = mentions_in(thought, dialect.frame)
        try:
            if step is None:
                raise Malformed(f"There is no action in your text. {self._shape()}")
            return Parsed(thought, mentions, called(step, dialect, self._shape()), None)
        except Malformed as malformed:
            return Parsed(thought, mentions, None, str(malformed))

    def write(self, thought: str, action: Action, dialect: Dialect) -> str:
        """The text of a turn.

        Raises:
            ValueError: the format cannot say this action.
        """
        name, arguments = self._called(action, dialect)
        said = " ".join(thought.split())
        step = {"note": "", "thought": said, "action": {"action": name, **arguments}}
        return json.dumps(step, ensure_ascii=False).replace("<", "\\u003c")

    def write_action(self, action: Action, dialect: Dialect) -> str:
        """The action alone, as JSON.

        Raises:
            ValueError: the format cannot say this action.
        """
        name, arguments = self._called(action, dialect)
        return json.dumps({"action": name, **arguments}, ensure_ascii=False)

    def schema(self, actions: ActionSpace = EVERY_ACTION) -> dict[str, Any]:
        """The JSON schema of a turn, for a prompt and for a server that can hold a model to it."""
        choices = []
        for tool in self.toolset.schemas(False, actions | ENDINGS):
            function = tool["function"]
            parameters = function["parameters"]
            choices.append(
                {
                    "type": "object",
                    "description": function["description"],
                    "properties": {
                        "action": {"type": "string", "enum": [function["name"]]},
                        **parameters["properties"],
                    },
                    "required": ["action", *parameters["required"]],
                }
            )
        return {
            "type": "object",
            "properties": {
                "note": {"type": "string", "description": "What to remember of the picture."},
                "thought": {
                    "type": "string",
                    "description": "A few sentences, which name points as (x, y).",
                },
                "action": {"anyOf": choices},
            },
            "required": ["thought", "action"],
        }

    def lesson(self, coordinates: str, zoom: bool, actions: ActionSpace = EVERY_ACTION) -> str:
        """What a model is told of a turn: its schema."""
        schema = json.dumps(self.schema(actions), ensure_ascii=False)
        return (
            "Answer with one JSON object and nothing else, of this schema:\n"
            f"```json\n{schema}\n```\n\n{coordinates}"
        )

    def _called(self, action: Action, dialect: Dialect) -> tuple[str, dict[str, Any]]:
        if isinstance(action, Zoom):
            raise ValueError("this format cannot say a zoom")
        return self.toolset.call(action, dialect.frame)

    def _shape(self) -> str:
        name, arguments = self.toolset.example
        step = {"thought": "…", "action": {"action": name, **arguments}}
        return f"Answer with one JSON object: {json.dumps(step, ensure_ascii=False)}."
