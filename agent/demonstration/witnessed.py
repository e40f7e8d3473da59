"""What `watch.js` tells of a person: one record for each input event, in the order it happened."""

from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from vigorl.browser.actions import Modifier
from vigorl.browser.geometry import Box, Point

Kind = Literal[
    "over",  # the pointer came to lie over something else
    "down",
    "up",
    "wheel",
    "scroll",  # something was scrolled, by whatever
    "key",
    "keyup",
    "handled",  # the page took a chord, or the wheel, for itself
    "input",  # the text of a field changed
    "choice",  # of a list
    "files",  # were chosen
    "unsaid",  # what no action can say
]


@dataclass(frozen=True, slots=True)
class PointedAt:
    """What lies under the pointer."""

    number: int
    """Of the element, within its document."""
    role: str
    name: str
    box: tuple[float, float, float, float]
    """Of what can be acted on there: `bbox_xyxy`, CSS px of its own document."""
    select: int | None
    """The list that it belongs to."""
    option: str | None
    """The label of the option of that list that it is."""
    is_file: bool
    is_scrollbar: bool


@dataclass(frozen=True, slots=True)
class FieldState:
    """What takes text or a value, as it stands."""

    number: int
    kind: Literal["text", "value", "list", "none", "inside"]
    """As `vigorl.browser.fields.Field` has it."""
    type: str
    has_lines: bool
    is_hidden: bool
    is_secret: bool
    value: str
    at_end: bool
    """The cursor stands behind the text."""
    role: str
    name: str
    box: tuple[float, float, float, float]

    @property
    def takes_text(self) -> bool:
        """Whether keys write into it."""
        return self.kind in ("text", "value")


@dataclass(frozen=True, slots=True)
class Told:
    """One input event."""

    kind: Kind
    at_ms: float
    """Since 1970."""
    document: str
    """A name of the document in which it happened."""
    is_top: bool = True
    modifiers: tuple[Modifier, ...] = ()
    url: str | None = None
    title: str | None = None
    client: tuple[float, float] | None = None
    """CSS px of its own document's viewport."""
    screen: tuple[float, float] | None = None
    target: PointedAt | None = None
    field: FieldState | None = None
    before: str | None = None
    """What stood in the field before; None: not known."""
    button: int = 0
    pointer: str = "mouse"
    path: tuple[tuple[float, float], ...] = ()
    """Where the pointer went while it was pressed, screen px."""
    key: str = ""
    is_repeat: bool = False
    input_type: str = ""
    data: str | None = None
    delta: tuple[float, float] = (0, 0)
    is_end: bool = False
    """What was scrolled cannot be scrolled further."""
    scrolled: tuple[float, float] | None = None
    """How far the page is scrolled, CSS px."""
    labels: tuple[str, ...] = ()
    count: int = 0
    text: str = ""
    box: tuple[float, float, float, float] | None = None
    files: tuple[str, ...] = ()
    """Paths of what was chosen."""
    origin: tuple[float, float] | None = (0, 0)
    """Where its document begins in the viewport of the tab, CSS px; None: not known."""
    window: tuple[float, float] = (0, 0)
    """Where that viewport begins on the screen, px."""

    @property
    def point(self) -> Point:
        """Where, CSS px of the tab's viewport."""
        assert self.screen is not None
        return self.on_screen(self.screen)

    def on_screen(self, place: tuple[float, float]) -> Point:
        """A place on the screen in the tab's viewport, CSS px."""
        return Point(round(place[0] - self.window[0], 1), round(place[1] - self.window[1], 1))

    def placed(self, box: tuple[float, float, float, float] | None) -> Box | None:
        """A box of its document in the tab's viewport, CSS px; None where that is not known."""
        if self.origin is None or box is None:
            return None
        left, top, right, bottom = box
        across, down = self.origin
        return Box(left + across, top + down, max(left, right) + across, max(top, bottom) + down)


TOLD: TypeAdapter[Told] = TypeAdapter(Told)
"""Reads what is told as JSON."""
