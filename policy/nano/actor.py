"""nano as a policy: eyes that read, a prompt of text, a small language model that answers.

Every turn is told everything it depends on, so that nothing of earlier prompts has to be kept.
"""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

from vigorl.browser.actions import Action, Click, Drag, Hover, SelectOption, Type, Upload, Zoom
from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Frame, Point
from vigorl.browser.observation import Observation
from vigorl.browser.picture import View
from vigorl.policy.backend import Backend, Message, Sampling, Session
from vigorl.policy.certainty import Certainty
from vigorl.policy.conversation import RowKeeper
from vigorl.policy.family import Family
from vigorl.policy.grammar import Dialect, parse, write_answer
from vigorl.policy.model import ModelPolicy, turn_error
from vigorl.policy.nano.glance import close_lens, glance, parts, without
from vigorl.policy.nano.numbering import NumberedItems
from vigorl.policy.nano.prompt import NOTHING, Situation, remembered, unchanged, write_prompt
from vigorl.policy.nano.reading import ScreenItem, item_at, items, name_of, write_place, write_rows
from vigorl.policy.nano.shortening import shortened
from vigorl.policy.perception.screen_reader import ScreenReader, shared_screen_reader
from vigorl.policy.policy import Turn


class ReadingPolicy(ModelPolicy):
    """A language model that plays episodes from readings of the screen, many at once."""

    def __init__(
        self, family: Family, backend: Backend, sampling: Sampling, eyes: ScreenReader | None = None
    ) -> None:
        super().__init__(family, backend, sampling)
        self._eyes = eyes or shared_screen_reader()

    def actor_in(self, goal: str, session: Session) -> "ReadingActor":
        """A fresh actor whose words come from this place at a backend."""
        return ReadingActor(goal, self.family, session, self._eyes, Certainty(self.least_sure))

    def describe(self) -> dict[str, Any]:
        """What `ModelPolicy` tells, and that screens are read."""
        return {**super().describe(), "policy": self.family.name}


@dataclass
class _Seen:
    """The screen as it was read last."""

    frame: Frame
    """Of the picture that was read: of a large screen, of its glance."""
    sha256: str
    rows: list[list[ScreenItem]] = field(default_factory=list)
    title: str = ""
    tabs: tuple[tuple[str, bool], ...] = ()
    is_large: bool = False
    """What was read is a glance."""
    unseen: list[Point] = field(default_factory=list)
    """Middles of its parts that have not been looked at closely, CSS px."""
    close_rows: list[list[ScreenItem]] = field(default_factory=list)
    """Of the last look closer …"""
    close_frame: Frame | None = None
    """… and its picture; None: there was none."""

    def reading(self, task: str, most_characters: int) -> str:
        """What is told of the screen; of a large one not beside a part of it."""
        if self.is_large and self.close_frame is not None:
            return ""
        rows = shortened(self.rows, task, most_characters)
        return write_rows(rows, self.frame)

    def closer(self, task: str, most_characters: int) -> str:
        """What is told of the last look closer."""
        if self.close_frame is None:
            return ""
        rows = shortened(self.close_rows, task, most_characters)
        told = write_rows(rows, self.close_frame, self.frame.region_css_px)
        return told or NOTHING

    def item(self, point: Point) -> ScreenItem | None:
        """What stands at a point, CSS px; what was seen closely goes first."""
        near = self.close_frame
        if near is not None and near.region_css_px.contains(point):
            found = item_at(self.close_rows, near.from_region(point))
            if found is not None:
                return found
        return item_at(self.rows, self.frame.from_region(point))


class ReadingActor:
    """The model in one episode."""

    def __init__(
        self,
        goal: str,
        family: Family,
        session: Session,
        eyes: ScreenReader,
        certainty: Certainty,
    ) -> None:
        self._goal = goal
        self._certainty = certainty
        self._family = family
        self._session = session
        self._eyes = eyes
        system = family.system_prompt()
        self._told = () if system is None else (Message("system", (system,)),)
        self._rows = RowKeeper()
        self._past: list[str] = []
        self._acted = False
        """The last line of the past is about the screen that comes next."""
        self._seen: _Seen | None = None
        self._is_lost = False
        """The last reply could not be understood."""

    async def act(self, observation: Observation) -> Turn:
        """Read what is new and understand what the model says to it.

        Raises:
            InconsistentData: the first observation shows no screen.
            PolicyFault: the model's device broke.
        """
        seen = await asyncio.to_thread(self._look, observation)
        situation = Situation(
            goal=self._goal,
            past=self._past,
            title=seen.title,
            tabs=seen.tabs,
            events=[event.text for event in observation.events],
            reading=seen.reading(self._goal, self._family.most_read_characters),
            closer=seen.closer(self._goal, self._family.most_read_characters),
            unseen=[write_place(seen.frame.from_region(part), seen.frame) for part in seen.unseen],
        )
        prompt, numbered = write_prompt(situation).replace("<|", "‹|"), None
        if self._family.copies:
            prompt, numbered = NumberedItems.of(prompt)
        reply = await self._session.reply(
            (*self._told, Message("user", (prompt,))), "anew" if self._is_lost else "as set"
        )
        dialect = self._dialect(seen)
        text = reply.text if numbered is None else numbered.understood(reply.text)
        parsed = parse(text, dialect)
        self._is_lost = parsed.action is None
        if parsed.action is not None:
            self._remember(parsed.action, seen, dialect)
        self._certainty.hear(reply)
        return Turn(
            text=reply.text,
            thought=parsed.thought,
            points=parsed.points_css_px,
            mentions=parsed.mentions,
            action=self._certainty.believed(parsed.action),
            error=turn_error(parsed, reply),
            slip=parsed.slip,
            tokens=self._rows.record(reply),
            prompt_token_count=reply.prompt_token_count,
            sampled_token_count=reply.sampled_token_count,
            cached_token_count=reply.cached_token_count,
        )

    def _look(self, observation: Observation) -> _Seen:
        """Read the picture, if there is a new one."""
        view, seen = observation.view, self._seen
        if view is not None and view.kind == "screen":
            seen = self._read(view, observation)
            same = self._seen is not None and self._seen.sha256 == seen.sha256
            if self._acted and same:
                self._past[-1] = unchanged(self._past[-1])
            self._seen, self._acted = seen, False
        if seen is None:
            raise InconsistentData("the first observation shows no screen")
        if view is not None and view.kind != "screen":
            seen.close_rows, seen.close_frame = items(self._eyes.read(view)), view.frame
            seen.unseen = without(seen.unseen, view.frame.region_css_px)
        return seen

    def _read(self, view: View, observation: Observation) -> _Seen:
        shown = glance(view)
        is_large = shown is not view
        return _Seen(
            shown.frame,
            view.picture.sha256,
            items(self._eyes.read(shown)),
            observation.title,
            tuple((tab.title, tab.active) for tab in observation.tabs),
            is_large,
            parts(shown.frame) if is_large and self._family.zoom is not None else [],
        )

    def _dialect(self, seen: _Seen) -> Dialect:
        dialect = self._family.dialect(seen.frame)
        if seen.is_large and dialect.lens is not None:
            return replace(dialect, lens=close_lens(seen.frame))
        return dialect

    def _remember(self, action: Action, seen: _Seen, dialect: Dialect) -> None:
        """Note an action for later turns; looks closer leave no trace."""
        if isinstance(action, Zoom):
            return
        names = []
        for point in _points(action):
            item = seen.item(point)
            names.append("nothing" if item is None else name_of(item))
        self._past.append(remembered(write_answer(action, dialect), names))
        self._acted = True


def _points(action: Action) -> tuple[Point, ...]:
    match action:
        case Click(point) | Hover(point) | SelectOption(point) | Upload(point):
            return (point,)
        case Type(_, Point() as point):
            return (point,)
        case Drag(start, end, via):
            return (start, *via, end)
        case _:
            return ()
