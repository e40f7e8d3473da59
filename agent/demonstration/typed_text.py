"""What was written into one field, from its first key to its last, as a single action.

What is recorded has to come out the same when it is typed again. Where a person just wrote into an
empty field, that is the keys, also where the page shows them otherwise. Whatever else was done
(words corrected, pasted, filled in by the browser, cut), it is what stands there in the end, in
place of what stood there before.
"""

from dataclasses import dataclass

from vigorl.agent.demonstration.witnessed import FieldState, Told
from vigorl.browser.actions import Type
from vigorl.browser.geometry import Box, Point

_WRITES = ("insertText", "insertCompositionText", "insertFromComposition")
_BREAKS = ("insertLineBreak", "insertParagraph")


@dataclass
class Typing:
    """A field that is being written into."""

    began_ms: float
    point: Point | None
    """Where the field was clicked; None: it had the focus already."""
    document: str
    field: FieldState | None
    """As it stands; None where the page hides what takes the text."""
    box: Box | None
    was: str | None
    """What stood in it at first; None: not known."""
    keys: str = ""
    is_plain: bool = True
    """Nothing but keys one after the other, so that `keys` says it all."""
    is_changed: bool = False
    last_ms: float = 0.0
    _composed: str = ""
    """What an input method shows until it is decided."""

    def note_input(self, told: Told) -> None:
        """The text has changed."""
        self.last_ms = told.at_ms
        self.is_changed = True
        now = told.field
        if now is not None and self.field is not None and now.number == self.field.number:
            self.field = now
        elif told.data is None:
            self.is_plain = False
        if told.input_type == "insertCompositionText":
            self.keys = self.keys.removesuffix(self._composed) + (told.data or "")
            self._composed = told.data or ""
        elif told.input_type in _WRITES and told.data is not None:
            self.keys += told.data
            self._composed = ""
        elif told.input_type in _BREAKS:
            self.keys += "\n"
        elif told.input_type == "deleteContentBackward" and self.keys:
            self.keys = self.keys[:-1]
        else:
            self.is_plain = False
        if now is not None and not now.at_end and told.input_type not in _BREAKS:
            self.is_plain = False

    def note_key(self, told: Told) -> None:
        """A key that may move the cursor."""
        if len(told.key) > 1 and told.key not in ("Backspace", "Enter"):
            self.is_plain = False

    @property
    def is_secret(self) -> bool:
        """Whether nobody may see it."""
        return self.field is not None and self.field.is_secret

    @property
    def note(self) -> str:
        """Which field, in words."""
        return "" if self.field is None else f"{self.field.role} {self.field.name}".strip()

    def action(self, *, enter: bool) -> Type | None:
        """What writes the same again; None where nothing has changed."""
        state, point = self.field, self._place()
        if not self.is_changed and not (enter and self.keys):
            return None
        if state is None:
            return Type(self.keys, point, enter=enter) if self.keys or enter else None
        if state.kind == "value":
            return Type(state.value, point, enter=enter)
        if self.is_plain and (not self.was or (state.type == "editor" and self.point)):
            return Type(self.keys, point, enter=enter) if self.keys or enter else None
        text = state.value
        if state.type == "editor":
            text = text.rstrip("\n")
        if text == self.was:
            return Type("", point, enter=True) if enter else None
        return Type(text, point, clear=self.was != "", enter=enter)

    def _place(self) -> Point | None:
        """Where to point at the field: where it was clicked, or its middle."""
        if self.point is not None or self.box is None or self.box.area < 40:
            return self.point
        middle = self.box.center
        return Point(round(middle.x), round(middle.y))
