"""nano as a policy: eyes that read, a prompt of text, a small language model that answers.

Every turn is told everything it depends on, so that nothing of earlier prompts has to be kept.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from vigorl.browser.actions import Action, Click, Drag, Hover, SelectOption, Type, Upload, Zoom
from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Frame, Point
from vigorl.browser.observation import Observation
from vigorl.browser.picture import View
from vigorl.policy.backend import Backend, Message, Sampling, Session
from vigorl.policy.conversation import RowKeeper
from vigorl.policy.family import Family
from vigorl.policy.grammar import Dialect, parse, write_answer
from vigorl.policy.model import ModelPolicy, turn_error
from vigorl.policy.nano.prompt import Situation, remembered, unchanged, write_prompt
from vigorl.policy.nano.reading import Item, item_at, items, name_of, write_rows
from vigorl.policy.policy import Turn
from vigorl.policy.reader.eyes import Eyes


class ReadingPolicy(ModelPolicy):
    """A language model that plays episodes from readings of the screen, many at once."""

    def __init__(
        self, family: Family, backend: Backend, sampling: Sampling, eyes: Eyes | None = None
    ) -> None:
        super().__init__(family, backend, sampling)
        self._eyes = eyes or Eyes()

    def actor_in(self, goal: str, session: Session) -> "ReadingActor":
        """A fresh actor whose words come from this place at a backend."""
        return ReadingActor(goal, self.family, session, self._eyes)

    def describe(self) -> dict[str, Any]:
        """What `ModelPolicy` tells, and that screens are read."""
        return {**super().describe(), "policy": "nano"}


@dataclass
class _Seen:
    """The screen as it was read last."""

    frame: Frame
    sha256: str
    rows: list[list[Item]] = field(default_factory=list)
    title: str = ""
    tabs: tuple[tuple[str, bool], ...] = ()


class ReadingActor:
    """The model in one episode."""

    def __init__(self, goal: str, family: Family, session: Session, eyes: Eyes) -> None:
        self._goal = goal
        self._family = family
        self._session = session
        self._eyes = eyes
        self._rows = RowKeeper()
        self._past: list[str] = []
        self._acted = False
        """The last line of the past is about the screen that comes next."""
        self._seen: _Seen | None = None
        self._closer = ""

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
            reading=write_rows(seen.rows, seen.frame),
            closer=self._closer,
        )
        prompt = write_prompt(situation).replace("<|", "‹|")
        reply = await self._session.reply((Message("user", (prompt,)),))
        dialect = self._family.dialect(seen.frame)
        parsed = parse(reply.text, dialect)
        if parsed.action is not None:
            self._remember(parsed.action, seen, dialect)
        return Turn(
            text=reply.text,
            thought=parsed.thought,
            points=parsed.points_css_px,
            action=parsed.action,
            error=turn_error(parsed, reply),
            tokens=self._rows.record(reply),
            prompt_token_count=reply.prompt_token_count,
            sampled_token_count=reply.sampled_token_count,
        )

    def _look(self, observation: Observation) -> _Seen:
        """Read the picture, if there is a new one."""
        view, seen = observation.view, self._seen
        if view is not None and view.kind == "screen":
            seen = self._read(view, observation)
            same = self._seen is not None and self._seen.sha256 == seen.sha256
            if self._acted and same:
                self._past[-1] = unchanged(self._past[-1])
            self._seen, self._closer, self._acted = seen, "", False
        if seen is None:
            raise InconsistentData("the first observation shows no screen")
        if view is not None and view.kind != "screen":
            enlarged = self._eyes.read(view)
            self._closer = write_rows(items(enlarged), enlarged.frame, seen.frame.region_css_px)
        return seen

    def _read(self, view: View, observation: Observation) -> _Seen:
        return _Seen(
            view.frame,
            view.picture.sha256,
            items(self._eyes.read(view)),
            observation.title,
            tuple((tab.title, tab.active) for tab in observation.tabs),
        )

    def _remember(self, action: Action, seen: _Seen, dialect: Dialect) -> None:
        """Note an action for later turns; looks closer leave no trace."""
        if isinstance(action, Zoom):
            return
        names = []
        for point in _points(action):
            item = item_at(seen.rows, seen.frame.from_css(point))
            names.append("nothing" if item is None else name_of(item))
        self._past.append(remembered(write_answer(action, dialect), names))
        self._acted = True


def _points(action: Action) -> tuple[Point, ...]:
    match action:
        case Click(point) | Hover(point) | SelectOption(point) | Upload(point):
            return (point,)
        case Type(_, Point() as point):
            return (point,)
        case Drag(start, end):
            return (start, end)
        case _:
            return ()
