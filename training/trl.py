"""Our environments for TRL's `GRPOTrainer`: it samples and learns, and acts on them by tool calls.

::

    tasks = open_tasks(8, ["login"], "train", "goal")         # or with `envs`, on a service
    with trl_practice(tasks, "qwen2.5-vl", Path("runs/trl")) as practice:
        trainer = GRPOTrainer(
            model, train_dataset=practice.dataset(), environment_factory=practice.environment, …
        )
        trainer.train()

What an episode is stays ours: the trainer's tool calls are the turns of `rollout`, so limits, the
judge and what counts as a fault are those of every other training, and every episode is a folder
that `view` shows. What TRL decides is in `docs/service.md`.

Source: `environment_factory` of TRL 1.16 (`trl/trainer/grpo_trainer.py`), whose tools are the
public methods of the environment's class, which owns the reward by `get_reward`.
"""

import asyncio
import math
import secrets
import threading
import time
from collections.abc import Collection, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any, Literal, TypeVar

from vigorl.agent.driven import DrivenEpisode, RunEnded
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.evaluation.tries import Tries
from vigorl.agent.limits import Limits
from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.agent.record.place import folder_name
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.rollout import rollout
from vigorl.agent.wrappers import equipped
from vigorl.browser.action_space import ActionType
from vigorl.browser.actions import (
    Accept,
    Action,
    Back,
    Click,
    Dismiss,
    Done,
    Drag,
    GiveUp,
    Goto,
    Hover,
    Press,
    Scroll,
    SelectOption,
    Type,
    Wait,
    Zoom,
)
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.policy.escape import escape
from vigorl.policy.family import Family, family_named
from vigorl.policy.grammar import Dialect
from vigorl.policy.images import fit
from vigorl.policy.points import Malformed, point_in
from vigorl.policy.policy import Policy

DRIVER = "TRL"
TASK = (
    "You are shown a screen, and act on it by calling tools, one at a time. Points are {unit}. "
    "Call done when the task is finished.\n"
)
_UNITS = {
    "pixels": "pixels of the picture of the screen",
    "thousandths": "thousandths of the screen, from 0 to 1000 in both directions",
}
OVER = "The episode is over."
BROKE = "The world broke. This episode does not count."

Shown = list[dict[str, Any]]
"""What is shown to the model, as the parts of a message: `{"type": "image", "image": …}` and
`{"type": "text", "text": …}`."""
_T = TypeVar("_T")


@dataclass(frozen=True)
class TrlPractice:
    """Tasks for a `GRPOTrainer`; `trl_practice` opens one."""

    samples: tuple[Sample, ...]
    family: Family
    """How large pictures are and what points are counted in; whether the model may zoom."""
    folder: Path
    """Gets the record of each episode."""
    tools: frozenset[str] | None
    """Only these of the tools; None: all that the tasks offer."""
    limits: Limits
    tries: Tries
    """How often an episode is begun whose world breaks before anything was seen of it."""
    loop: asyncio.AbstractEventLoop = field(repr=False)
    """Where episodes are played, in a thread of its own."""
    numbers: Iterator[int] = field(default_factory=lambda: count(1), repr=False)

    def dataset(self) -> Any:
        """The `datasets.Dataset` of the tasks: of each the id, as `sample`, and the prompt."""
        from datasets import Dataset

        asked = TASK.format(unit=_UNITS[self.family.coordinates])
        prompt = [{"role": "user", "content": asked}]
        ids = [sample.id for sample in self.samples]
        return Dataset.from_dict({"prompt": [prompt] * len(ids), "sample": ids})

    def environment(self) -> "TrlEnvironment":
        """An environment whose tools are what the tasks offer: the factory that TRL asks for."""
        return self._kind(self)

    @cached_property
    def _kind(self) -> "type[TrlEnvironment]":
        """Its class: one, by which TRL tells whose reward it is."""
        offered = self.samples[0].make().actions
        left_out = {name for name, action in _OF_TOOL.items() if action not in offered}
        if self.family.zoom is None:
            left_out.add("zoom")
        if self.tools is not None:
            left_out |= {*_OF_TOOL, *_ALWAYS} - self.tools
        # TRL takes what is a function of the class; None is not.
        return type(TrlEnvironment.__name__, (TrlEnvironment,), dict.fromkeys(left_out))

    def begun(self, sample: str) -> DrivenEpisode:
        """An episode of a task, not begun.

        Raises:
            UsageError: there is no such task.
        """
        found = next((each for each in self.samples if each.id == sample), None)
        if found is None:
            raise UsageError(f"no task here is called {sample!r}: train on `practice.dataset()`")
        name = f"{next(self.numbers):06d}-{folder_name(sample)}-{secrets.token_hex(4)}"

        def play(policy: Policy) -> Coroutine[Any, Any, Trajectory]:
            recorder = Recorder(self.folder / name, self.folder / "images")
            world = equipped(found.make(), policy)
            truth = None if found.truth == GroundTruth() else found.truth
            return rollout(policy, world, recorder, self.limits, found.task, truth=truth)

        return DrivenEpisode(play, DRIVER)

    def wait_for(self, work: Coroutine[Any, Any, _T]) -> _T:
        """What comes of something that is played, waited for in the trainer's own thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()


@contextmanager
def trl_practice(
    samples: AbstractAsyncContextManager[Sequence[Sample]],
    family: str,
    folder: Path,
    tools: Collection[str] | None = None,
    limits: Limits | None = None,
    tries: Tries | None = None,
) -> Iterator[TrlPractice]:
    """Tasks for a `GRPOTrainer`, playable as long as the block lasts.

    Args:
        samples: Opens the tasks, all of one kind: `open_tasks`, `open_miniwob`, ….
        family: The model's, by its name.
        folder: Gets the record of each episode.
        tools: Only these of the tools, whose descriptions are a part of every prompt; None: all
            that the tasks offer.
        limits: Of an episode; by default 30 turns, and 300 s that its pages may take, after which
            it is a fault.
        tries: How often an episode is begun whose world breaks at once; by default three times.

    Raises:
        UsageError: there is no such family, tool or task, or there are no tasks.
        InfrastructureFault: the browser does not start, or the service does not answer.
    """
    known = family_named(family)
    if tools is not None and (unknown := set(tools) - {*_OF_TOOL, *_ALWAYS}):
        names = ", ".join((*_OF_TOOL, *_ALWAYS))
        raise UsageError(f"no tool is called {min(unknown)!r}; there are {names}")
    ready: Future[tuple[Sequence[Sample], asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def keep() -> None:
        over = asyncio.Event()
        try:
            async with samples as opened:
                ready.set_result((opened, asyncio.get_running_loop(), over))
                await over.wait()
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    thread = threading.Thread(target=asyncio.run, args=(keep(),), name="vigorl-trl", daemon=True)
    thread.start()
    opened, loop, over = ready.result()
    try:
        if not opened:
            raise UsageError("there is nothing to train on: no tasks")
        limits = limits or Limits(seconds=300, clock="world")
        chosen = None if tools is None else frozenset(tools)
        yield TrlPractice(tuple(opened), known, folder, chosen, limits, tries or Tries(), loop)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()


class TrlEnvironment:
    """One place to play in, an episode after the other; TRL's trainer calls its methods.

    Every public method but `reset` and `get_reward` is a tool. What a tool returns is the next
    screen, and what happened beside it. Points are in the coordinates of the model's family, on
    the last whole screen.

    Attributes:
        trajectory: The record of the last episode, once it is over; for rewards of one's own.
    """

    def __init__(self, practice: TrlPractice) -> None:
        self.trajectory: Trajectory | None = None
        self._practice = practice
        self._episode: DrivenEpisode | None = None
        self._dialect: Dialect | None = None
        self._mistake: Exception | None = None

    def reset(self, sample: str, **row: Any) -> Shown:
        """Begin an episode of a task; returns its goal and its first screen."""
        return self._practice.wait_for(self._begin(sample))

    def get_reward(self) -> float | None:
        """The judge's score, from 0 to 1; None where the episode broke or nobody could judge.

        TRL leaves an episode without a reward out of its group's mean and deviation, and gives it
        no advantage.
        """
        self._practice.wait_for(self._finish())
        if self._mistake is not None:
            raise self._mistake
        trajectory = self.trajectory
        return None if trajectory is None or trajectory.score is None else trajectory.score.value

    def click(
        self,
        x: float,
        y: float,
        button: Literal["left", "middle", "right"] = "left",
        count: int = 1,
    ) -> Shown:
        """Click at a point of the screen.

        Args:
            x: Distance from the left edge.
            y: Distance from the upper edge.
            button: Which mouse button.
            count: How often; 2 is a double click.
        """
        _check_one_of("button", button, _BUTTONS)
        _check_one_of("count", count, _COUNTS)
        return self._do(Click(self._point(x, y), button, int(count)))

    def hover(self, x: float, y: float) -> Shown:
        """Move the mouse to a point of the screen and leave it there.

        Args:
            x: Distance from the left edge.
            y: Distance from the upper edge.
        """
        return self._do(Hover(self._point(x, y)))

    def type(
        self, x: float, y: float, text: str, clear: bool = False, enter: bool = False
    ) -> Shown:
        """Click the field at a point of the screen and type a text into it.

        Args:
            x: Distance from the left edge.
            y: Distance from the upper edge.
            text: What to type.
            clear: Empty the field first.
            enter: Press Enter afterwards.
        """
        return self._do(Type(str(text), self._point(x, y), bool(clear), bool(enter)))

    def press(self, keys: str) -> Shown:
        """Press a key or a chord.

        Args:
            keys: Such as Enter, Escape, Tab, ArrowDown or Control+A.
        """
        return self._do(Press(str(keys)))

    def scroll(
        self,
        x: float,
        y: float,
        direction: Literal["up", "down", "left", "right"],
        distance: float,
    ) -> Shown:
        """Turn the mouse wheel over a point of the screen.

        Args:
            x: Distance from the left edge.
            y: Distance from the upper edge.
            direction: What is to be shown.
            distance: How far.
        """
        _check_one_of("direction", direction, _DIRECTIONS)
        dx, dy = _DIRECTIONS[direction]
        frame = self._shown_dialect.frame
        region = frame.region_css_px
        across, down = region.width / frame.width_px, region.height / frame.height_px
        far = _number(distance)
        return self._do(Scroll(self._point(x, y), dx * far * across, dy * far * down))

    def drag(self, x: float, y: float, to_x: float, to_y: float) -> Shown:
        """Press the mouse button at one point of the screen and release it at another.

        Args:
            x: Distance of the first point from the left edge.
            y: Distance of the first point from the upper edge.
            to_x: Distance of the second point from the left edge.
            to_y: Distance of the second point from the upper edge.
        """
        return self._do(Drag(self._point(x, y), self._point(to_x, to_y)))

    def select(self, x: float, y: float, option: str) -> Shown:
        """Choose an option of the list at a point of the screen.

        Args:
            x: Distance from the left edge.
            y: Distance from the upper edge.
            option: Its label.
        """
        return self._do(SelectOption(self._point(x, y), str(option)))

    def accept(self, text: str = "") -> Shown:
        """Say yes to what the page or the browser asks.

        Args:
            text: What to answer, where a text is asked for.
        """
        return self._do(Accept(str(text) or None))

    def dismiss(self) -> Shown:
        """Say no to what the page or the browser asks."""
        return self._do(Dismiss())

    def back(self) -> Shown:
        """Go back one page."""
        return self._do(Back())

    def goto(self, url: str) -> Shown:
        """Load an address.

        Args:
            url: The address.
        """
        return self._do(Goto(str(url)))

    def wait(self, seconds: float) -> Shown:
        """Let time pass.

        Args:
            seconds: How much.
        """
        return self._do(Wait(max(0.0, _number(seconds))))

    def zoom(self, x: float, y: float) -> Shown:
        """See the surroundings of a point of the screen again, larger.

        Args:
            x: Distance from the left edge.
            y: Distance from the upper edge.
        """
        lens = self._shown_dialect.lens
        assert lens is not None, "it is no tool of a family without zoom"
        size = lens.half_width_css_px, lens.half_height_css_px
        return self._do(Zoom(Box.around(self._point(x, y), *size), lens.style))

    def done(self, answer: str = "") -> Shown:
        """Say that the task is finished.

        Args:
            answer: What was asked for, where something was.
        """
        return self._do(Done(str(answer)))

    def give_up(self, reason: str) -> Shown:
        """Say that the task cannot be done.

        Args:
            reason: Why.
        """
        return self._do(GiveUp(str(reason)))

    @property
    def _shown_dialect(self) -> Dialect:
        """How points on the last screen are meant.

        Raises:
            Malformed: there was none.
        """
        if self._dialect is None:
            raise Malformed("There is no screen.")
        return self._dialect

    def _point(self, x: float, y: float) -> Point:
        return point_in(_number(x), _number(y), self._shown_dialect.frame)

    def _do(self, action: Action) -> Shown:
        return self._practice.wait_for(self._step(action))

    async def _begin(self, sample: str) -> Shown:
        """The first screen, of an episode that may have to be begun several times."""
        if self._episode is not None:
            await self._episode.close()
        self.trajectory = self._mistake = None
        began_s = time.monotonic()
        for broken in count(1):
            self._episode = self._practice.begun(sample)
            try:
                seen = await self._episode.begin()
            except RunEnded as ended:
                pause_s = self._practice.tries.pause_s(broken, time.monotonic() - began_s)
                if pause_s is None:
                    return self._over(ended.trajectory)
                await asyncio.sleep(pause_s)
            else:
                goal = {"type": "text", "text": f"{escape(self._episode.goal)}\n"}
                return [goal, *self._parts(seen)]
        raise AssertionError("counted to the end")

    async def _step(self, action: Action) -> Shown:
        if self._episode is None or self.trajectory is not None or self._mistake is not None:
            return [{"type": "text", "text": OVER}]
        try:
            return self._parts(await self._episode.do(repr(action), action))
        except RunEnded as ended:
            return self._over(ended.trajectory)
        except Exception as mistake:  # TRL would tell it to the model and go on
            self._mistake = mistake
            raise

    async def _finish(self) -> None:
        """Have what was reached judged, where the model did not say that it is done."""
        if self._episode is not None and self.trajectory is None and self._mistake is None:
            await self._step(GiveUp("it called no more tools"))

    def _over(self, trajectory: Trajectory) -> Shown:
        self.trajectory = trajectory
        return [{"type": "text", "text": BROKE if trajectory.status == "fault" else OVER}]

    def _parts(self, seen: Observation) -> Shown:
        """An observation as parts of a message, with what comes from pages made harmless."""
        family = self._practice.family
        parts: Shown = []
        for picture in seen.pictures:
            parts.append({"type": "image", "image": picture.image()})
        if seen.view is not None:
            image, frame = fit(seen.view, family.size)
            if seen.view.kind == "screen":
                self._dialect = family.dialect(frame, actions=seen.actions)
            parts.append({"type": "image", "image": image.image()})
        told = [event.text for event in seen.events]
        if seen.question is not None:
            told.append("Nothing else is possible until this is answered: accept or dismiss.")
        if told or not parts:
            parts.append({"type": "text", "text": escape("\n".join(told) or "Nothing is new.")})
        return parts


def _number(value: Any) -> float:
    """What a model calls a number.

    Raises:
        Malformed: it is none.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise Malformed(f"{str(value)[:40]!r} is no number.")
    return number


def _check_one_of(name: str, value: Any, known: Iterable[Any]) -> None:
    """See that a model has chosen one of a few values.

    Raises:
        Malformed: it has not.
    """
    if value not in tuple(known):
        listed = ", ".join(map(str, known))
        raise Malformed(f"{name} is one of {listed}, not {str(value)[:40]!r}.")


_BUTTONS = ("left", "middle", "right")
_COUNTS = (1, 2, 3)
_DIRECTIONS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}
_OF_TOOL: dict[str, ActionType] = {
    name: name
    for name in (
        *("click", "hover", "type", "press", "scroll", "drag", "select"),
        *("accept", "dismiss", "back", "goto", "wait"),
    )
}
"""Tools that not every environment offers, and the type of action that each is."""
_ALWAYS = ("zoom", "done", "give_up")
