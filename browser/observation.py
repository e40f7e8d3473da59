"""Observations: what an agent sees after each step, and is told beside."""

from dataclasses import dataclass, replace
from typing import Literal

from vigorl.browser.action_space import ANSWERS, EVERY_ACTION, ActionSpace
from vigorl.browser.boundary import written
from vigorl.browser.deeds import Consent
from vigorl.browser.geometry import Box
from vigorl.browser.picture import Picture, View

EventKind = Literal[
    "dialog",  # a dialog, a permission or a log-in is asked for, or was answered
    "download",  # a file was saved
    "file_chooser",  # the page asked for a file
    "tab_opened",  # the page opened a tab or popup, which is shown now
    "tab_closed",
    "navigation_error",  # a page did not load
    "blocked",  # something was stopped by policy (too many popups or dialogs, a forbidden host)
    "refused",  # what a page wanted of hosts that it may not reach; the page itself goes on
    "page_crashed",  # the renderer died; the page was loaded again
    "page_hung",  # the page did not answer in time; it was replaced
    "not_settled",  # the page was still busy when the step's time was over
    "input",  # what the hands noticed: a field shows something else than was typed, a tooltip
    "changed",  # what was aimed at is not what it was on the screen; nothing was done
    "denied",  # whoever was asked said no; nothing was done
    "person",  # whoever watches over the run says something, or answers what was asked
    "steered",  # somebody did something in the policy's place
    "returned",  # a function of the operator's own was called, and this is what it says
    "bad_action",  # the action could not be carried out as given
    "malformed",  # the policy's output held no action
]


MOST_URL_CHARACTERS = 2000
MOST_TITLE_CHARACTERS = 500
"""Of a page's address and title, as they are told and recorded."""


def shortened(text: str, most: int) -> str:
    """A text, or its beginning and how long it is."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… ({len(text):,} characters)"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened beside the pixels, in one sentence for the agent."""

    kind: EventKind
    text: str


@dataclass(frozen=True, slots=True)
class Tab:
    """An open tab."""

    url: str
    title: str
    active: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A numbered element, for checkpoints that act on marks instead of points."""

    id: int | None
    """None: text between the elements, there to be read only."""
    box_css_px: Box
    role: str
    text: str


@dataclass(frozen=True, slots=True)
class PendingQuestion:
    """What the page or the browser asks, and waits for: `Accept` or `Dismiss` answers it."""

    kind: Literal["alert", "confirm", "prompt", "beforeunload", "permission", "log_in"]
    text: str
    """The page's own words, or what the browser would say."""
    origin: str = ""
    """Who asks: scheme, host and port."""
    suggestion: str = ""
    """What a prompt suggests as its answer."""

    @property
    def halts(self) -> bool:
        """Whether the page's script stands still meanwhile, and with it all that needs it."""
        return self.kind in ("alert", "confirm", "prompt", "beforeunload")


@dataclass(frozen=True, slots=True)
class RefusedConnections:
    """Connections that pages wanted and that the boundary refused."""

    host: str
    port: int
    """0: several hosts."""
    count: int

    @property
    def place(self) -> str:
        """Where they would have gone: host and port."""
        return written(self.host, self.port) if self.port else self.host


@dataclass(frozen=True)
class Observation:
    """What is new since the last step.

    `view` is what there is to see: a screen, or a zoomed view. It is None where nothing new can
    be seen (the answer to a malformed output or an impossible zoom); the last view stands.
    `ended` says that the world is over: no further step will be taken. `pictures` belong to the
    goal ("buy this"); they come with the first observation alone. `url`, `title` and `tabs` are
    a browser's; whatever else can be seen leaves them empty.
    """

    view: View | None
    url: str = ""
    title: str = ""
    tabs: tuple[Tab, ...] = ()
    events: tuple[Event, ...] = ()
    marks: tuple[Mark, ...] | None = None
    ended: bool = False
    pictures: tuple[Picture, ...] = ()
    question: PendingQuestion | None = None
    """Asked by the page or the browser, which do nothing else until it is answered."""
    consents: tuple[Consent, ...] = ()
    """What somebody was asked since the last step, before it was done, and what was answered."""
    still: bool = False
    """The world is one picture, which can be pointed at and not acted on."""
    refused: tuple[RefusedConnections, ...] = ()
    """Connections that the boundary refused since the last observation."""

    actions: ActionSpace = EVERY_ACTION
    """Types of action that the environment offers throughout; the loop notes them."""

    @property
    def offered(self) -> ActionSpace:
        """What can be done next: where something is asked, an answer and nothing else."""
        return self.actions if self.question is None else self.actions & ANSWERS

    def with_event(self, kind: EventKind, text: str) -> "Observation":
        """The same observation with one more event."""
        return replace(self, events=(*self.events, Event(kind, text)))

    def again(self) -> "Observation":
        """The same screen once more, of which everything else has been told."""
        return replace(self, events=(), pictures=(), consents=(), refused=())

    def answer(self, kind: EventKind, text: str) -> "Observation":
        """An observation that shows nothing new and says one sentence."""
        told = (Event(kind, text),)
        return replace(
            self, view=None, marks=None, events=told, pictures=(), consents=(), refused=()
        )
