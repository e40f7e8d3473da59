"""A person as a policy: they act by themselves, and the loop records what they have done.

The environment around the page does nothing: it waits until the person has done something, and
shows what the page looked like just before. The policy then says what that was.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from playwright.async_api import Page

from vigorl.agent.demonstration.eyewitness import Eyewitness, Step, point_of
from vigorl.agent.limits import UNLIMITED
from vigorl.agent.record.trajectory import PERSON
from vigorl.agent.run import Additions
from vigorl.agent.viewer.show import describe_action
from vigorl.browser.actions import Accept, Action, Dismiss, Done, GiveUp, Wait
from vigorl.browser.clock import somebody_elses_time
from vigorl.browser.environment import EnvironmentWrapper
from vigorl.browser.errors import BrowserDied, BrowserFault, UsageError
from vigorl.browser.geometry import Point
from vigorl.browser.marks import PageEnvironment
from vigorl.browser.observation import Event, Observation, PendingQuestion
from vigorl.browser.vault import Vault
from vigorl.policy.policy import Turn

REST_S = 0.5
"""For what the last act has begun, before the state is judged."""


class TellingPage(PageEnvironment, Protocol):
    """A page that says what has happened beside what it shows."""

    def told(self) -> tuple[tuple[Event, ...], PendingQuestion | None]:
        """What has happened since it was asked last, and what waits for an answer."""
        ...


class WatchedEnvironment(EnvironmentWrapper[TellingPage]):
    """A page in which a person acts: a step waits for what they do next.

    Args:
        inner: The page.
        eyewitness: Who sees what they do.
        policy: Who says it.
        vault: What is kept secret.
        ends_with_tabs: Whether the browser ends with its last tab, as that of a profile does.
    """

    def __init__(
        self,
        inner: TellingPage,
        eyewitness: Eyewitness,
        policy: "PersonPolicy",
        vault: Vault,
        ends_with_tabs: bool,
    ) -> None:
        super().__init__(inner)
        eyewitness.keep(vault)
        self._ends_with_tabs = ends_with_tabs
        self._eyewitness = eyewitness
        self._policy = policy

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self._inner.page

    async def reset(self) -> Observation:
        """Open the first page, and wait for the first act."""
        first = await self._inner.reset()
        self._eyewitness.begin(first, self._inner.told)
        self._policy.begins()
        return await self._next(first)

    async def step(self, action: Action) -> Observation:
        """What the page looked like just before the next act."""
        return await self._next(None)

    async def answer(self, answer: Accept | Dismiss) -> bool:
        """Answer what the browser asks, for a person; False where it asks nothing."""
        question = self._eyewitness.question
        if question is None:
            return False
        self._eyewitness.note_answer(answer, question)
        await self._inner.step(answer)
        return True

    async def close(self) -> None:
        """Let go of everything."""
        await self._eyewitness.close()
        await super().close()

    async def _next(self, first: Observation | None) -> Observation:
        with somebody_elses_time():
            step = await self._eyewitness.next()
        if isinstance(step, Step):
            self._policy.step = step
            return step.observation
        seen = first or await self._at_the_end()
        self._policy.step = Step(seen, step)
        return seen

    async def _at_the_end(self) -> Observation:
        """What the last act has led to.

        Raises:
            BrowserDied: the browser broke, and that is how it ended.
        """
        if not self._ends_with_tabs and await self._eyewitness.has_died():
            raise BrowserDied("the browser process is gone")
        if not self._eyewitness.is_open:
            return self._eyewitness.last()
        try:
            return await self._inner.step(Wait(REST_S))
        except BrowserFault:  # it closes just now
            return self._eyewitness.last()


@dataclass
class PersonPolicy:
    """Says what a person has done.

    Args:
        annotates: Whether each step says where its target is, in a sentence of ours.
        begins: Told when it is the person's turn.
    """

    annotates: bool = False
    begins: Callable[[], None] = lambda: None
    name: str = field(default=PERSON, init=False)
    acts_on_marks: bool = field(default=False, init=False)
    needs_instructions: bool = field(default=False, init=False)
    step: Step | None = field(default=None, init=False)
    """What was done last."""

    def actor(self, goal: str) -> "PersonPolicy":
        """Itself: there is one episode."""
        return self

    async def act(self, observation: Observation) -> Turn:
        """What they did to what they saw."""
        step = self.step
        assert step is not None
        thought = ""
        points: tuple[Point, ...] = ()
        point = point_of(step.action)
        if self.annotates and step.note and point is not None:
            x, y = round(point.x), round(point.y)
            thought, points = f"The {step.note} is at ({x}, {y}).", (Point(x, y),)
        return Turn(
            describe_action(step.action),
            thought,
            points,
            step.action,
            slip=f"beside it, {step.unsaid}" if step.unsaid else "",
            notice=step.note,
        )

    def describe(self) -> dict[str, Any]:
        """Who acted."""
        return {"policy": PERSON}

    async def close(self) -> None:
        """Nothing is held."""


@dataclass
class Demonstration:
    """One demonstration, for whoever runs it.

    Args:
        answers: Whether the person answers the dialogs of pages, and not the settings.
        annotates: As `PersonPolicy`.
        ends_with_tabs: Whether the browser ends with its last tab, as that of a profile does.
        say: Told of what no action can say, as soon as it is done.
        begins: Told when it is the person's turn.
    """

    answers: bool = True
    annotates: bool = False
    ends_with_tabs: bool = False
    say: Callable[[str], None] = lambda text: None
    begins: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.eyewitness = Eyewitness(self.answers, self.say)
        self._policy = PersonPolicy(self.annotates, self.begins)
        self._environment: WatchedEnvironment | None = None

    @property
    def additions(self) -> Additions:
        """What a run takes to be this demonstration."""
        return Additions(
            policy=self._policy,
            limits=UNLIMITED,
            attend=self.eyewitness.attend,
            around=self._around,
        )

    def end(self, ending: Done | GiveUp | None = None) -> None:
        """It is over, with everything that was done so far."""
        self.eyewitness.end(ending or Done())

    @property
    def has_begun(self) -> bool:
        """Whether it is, or was, the person's turn."""
        return self.eyewitness.has_begun

    @property
    def is_over(self) -> bool:
        """Whether the person, or the end of the browser, has ended it."""
        return self.eyewitness.is_over

    async def answer(self, answer: Accept | Dismiss) -> bool:
        """Answer what the browser asks, for a person; False where it asks nothing."""
        return self._environment is not None and await self._environment.answer(answer)

    def _around(self, page: PageEnvironment, vault: Vault) -> PageEnvironment:
        if not hasattr(page, "told"):
            raise UsageError(
                "tasks of MiniWoB++ cannot be demonstrated: record an embedded task or a page"
            )
        inner = cast(TellingPage, page)
        self._environment = WatchedEnvironment(
            inner, self.eyewitness, self._policy, vault, self.ends_with_tabs
        )
        return self._environment
