"""`replay`: a recorded run, its actions done again as long as the screen looks as it did.

Before an action that has a place, what is around it is compared with the recorded screen; before a
key or an answer, the screen as a whole. What looks different is waited for a moment; then the
replay stops, tells where, and keeps both pictures. It stops as well where an action was not done
this time. Looks closer and turns without an action are left out.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from vigorl.agent.record.trajectory import StepRecord, Trajectory
from vigorl.agent.viewer.show import describe_action
from vigorl.browser.actions import (
    Action,
    AskPerson,
    Click,
    Done,
    Drag,
    GiveUp,
    Hover,
    Press,
    SelectOption,
    Type,
    Upload,
    Wait,
    Zoom,
)
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import EventKind, Observation
from vigorl.browser.picture import View
from vigorl.browser.relook import differing_share
from vigorl.browser.run_folder import disk
from vigorl.browser.vault import TYPED
from vigorl.policy.policy import Turn

WAITS = 3
"""So often a screen that looks different is waited for."""
WAIT_S = 1.3
WIDE_CSS_PX, HIGH_CSS_PX = 120, 40
"""What is compared around a place: a label, mostly."""
OTHER_PLACE_SHARE = 0.005
"""Of the pixels around a place, from which on it shows something else: half a letter."""
OTHER_SCREEN_SHARE = 0.2
"""Of the pixels of a screen, from which on it is another one for a key."""
TILE_CSS_PX = 32
OTHER_ANSWER_SHARE = 0.02
"""Of the pixels of any tile of a screen, from which on it may say another answer: a digit."""
NOT_DONE: frozenset[EventKind] = frozenset(
    {"denied", "changed", "bad_action", "blocked", "navigation_error", "page_crashed", "page_hung"}
)
"""Events that say that an action was not done, or not to its end."""
_ASIDE_PX = 24


@dataclass(frozen=True, slots=True)
class Parting:
    """Where a replay stopped: the screen as it was recorded, and as it is."""

    step: int
    """Of the recorded run, from 1."""
    place: Box
    """What was compared, viewport CSS px."""
    recorded: View
    now: View

    def picture(self) -> Image.Image:
        """Both screens side by side, the recorded one left, with what was compared marked."""
        sides = [_marked(view, self.place) for view in (self.recorded, self.now)]
        height = max(side.height for side in sides)
        width = sum(side.width for side in sides) + _ASIDE_PX
        both = Image.new("RGB", (width, height), "white")
        both.paste(sides[0], (0, 0))
        both.paste(sides[1], (sides[0].width + _ASIDE_PX, 0))
        return both

    def write(self, folder: Path) -> Path:
        """Keep the picture in a run's folder.

        Raises:
            StorageFault: the disk refuses.
        """
        path = folder / "replay-stopped.png"
        buffer = io.BytesIO()
        self.picture().save(buffer, "PNG")
        with disk(folder):
            path.write_bytes(buffer.getvalue())
        return path


class ReplayPolicy:
    """The actions of a recorded run, one after the other."""

    name = "replay"
    acts_on_marks = False
    needs_instructions = False

    def __init__(self, recorded: Trajectory) -> None:
        """Take what can be done again.

        Raises:
            UsageError: there is nothing, or something that was never recorded would have to be
                typed.
        """
        self._recorded = recorded
        self._steps = tuple(_playable(recorded))
        self.parting: Parting | None = None
        """Where it stopped, once it has."""

    def actor(self, goal: str) -> "ReplayActor":
        """A fresh actor for one episode."""
        return ReplayActor(self, self._recorded, self._steps)

    def describe(self) -> dict[str, Any]:
        """What a record needs to name this policy again."""
        return {"policy": self.name, "run": str(self._recorded.folder.resolve())}

    async def close(self) -> None:
        """Nothing is held that needs letting go of."""


@dataclass(frozen=True, slots=True)
class _Comparison:
    """What is compared before an action."""

    place: Box
    """Viewport CSS px."""
    most: float
    """Share of its pixels that may differ."""
    what: str
    """In words."""
    by_tile: bool = False
    """Whether no tile of it may differ by so much, rather than it as a whole."""

    def differs(self, recorded: View, now: View) -> bool:
        """Whether two screens are too different."""
        one, other = _cut(recorded, self.place), _cut(now, self.place)
        if not self.by_tile:
            return differing_share(one, other) > self.most
        return any(
            differing_share(one.crop(tile), other.crop(tile)) > self.most
            for tile in _tiles(*one.size)
        )


@dataclass(frozen=True, slots=True)
class _PlayableStep:
    record: StepRecord
    action: Action
    screen: View | None
    """The last recorded screen before the action."""
    expected: frozenset[EventKind]
    """What was told when the action had been done."""


class ReplayActor:
    """One replay."""

    def __init__(
        self, policy: ReplayPolicy, recorded: Trajectory, steps: tuple[_PlayableStep, ...]
    ) -> None:
        self._policy = policy
        self._recorded = recorded
        self._left = list(steps)
        self._last: _PlayableStep | None = None
        self._waits = 0

    async def act(self, observation: Observation) -> Turn:
        """Do the next recorded action, where the screen looks as it did; else wait, then stop."""
        if (trouble := self._trouble(observation)) is not None:
            return _turn(GiveUp(trouble))
        if not self._left:
            return _turn(Done())
        step = self._left[0]
        compared = _compared(step.action, step.screen)
        if compared is not None and step.screen is not None and observation.view is not None:
            now = observation.view
            if compared.differs(step.screen, now):
                return self._wait_or_stop(step, compared, step.screen, now)
        self._waits = 0
        self._last = self._left.pop(0)
        recorded = step.record.turn
        return Turn(
            recorded.text,
            recorded.thought,
            recorded.points,
            step.action,
            mentions=recorded.mentions,
            instruction=f"step {step.record.index + 1} of {len(self._recorded.steps)}",
        )

    def _trouble(self, observation: Observation) -> str | None:
        """Why the last action was not done as it was in the recorded run."""
        if self._last is None or self._waits:
            return None
        for event in observation.events:
            if event.kind in NOT_DONE - self._last.expected:
                return f"step {self._last.record.index + 1} went otherwise: {event.text}"
        return None

    def _wait_or_stop(
        self, step: _PlayableStep, compared: _Comparison, recorded: View, now: View
    ) -> Turn:
        if self._waits < WAITS:
            self._waits += 1
            return _turn(Wait(WAIT_S))
        number = step.record.index + 1
        self._policy.parting = Parting(number, compared.place, recorded, now)
        return _turn(
            GiveUp(
                f"step {number} was to {describe_action(step.action)}, but {compared.what} is no "
                "longer what was recorded"
            )
        )


def subject_of(recorded: Trajectory, told: dict[str, Any], url: str | None) -> dict[str, Any]:
    """What a run was about, as fields of a `RunConfig`: a goal and where it began, or a task.

    Args:
        recorded: The run.
        told: The part `run` of its `config.json`; empty where it has none.
        url: Where to begin instead.

    Raises:
        UsageError: it was about no page that could be opened again.
    """
    task = recorded.start.task
    if task is not None:
        if task.get("seed") is None or not task.get("name"):
            raise UsageError(
                f"{recorded.folder} was played in a benchmark whose start cannot be made again: "
                "runs of goals in words, embedded tasks and MiniWoB++ can be replayed"
            )
        return {"task": f"{task['name']}:{task['seed']}"}
    url = url or told.get("url") or (recorded.steps[0].seen.url if recorded.steps else "")
    if not url:
        raise UsageError(f"{recorded.folder} does not say where it began: give --url")
    looks = ("viewport_width_px", "viewport_height_px", "locale", "timezone", "color_scheme")
    return {
        "goal": recorded.start.goal,
        "url": url,
        **{name: told[name] for name in looks if name in told},
    }


def _playable(recorded: Trajectory) -> Iterator[_PlayableStep]:
    """The steps whose actions are done again, each with the screen that it was chosen on.

    Raises:
        UsageError: there are none, or one types what was not recorded.
        InconsistentData: a picture is missing.
    """
    screen: View | None = None
    count = 0
    after = [step.seen for step in recorded.steps[1:]]
    after += [recorded.end.seen] if recorded.end is not None and recorded.end.seen else []
    for number, step in enumerate(recorded.steps):
        if step.seen.view is not None and step.seen.view.kind == "screen":
            screen = recorded.view(step.seen.view)
        action = step.done
        if action is None or isinstance(action, Zoom | AskPerson):
            continue
        if isinstance(action, Type) and TYPED in action.text:
            raise UsageError(
                f"step {step.index + 1} types a password, which is not recorded: record the run "
                "with --secret NAME, and replay it with the same"
            )
        count += 1
        told = after[number].events if number < len(after) else ()
        yield _PlayableStep(step, action, screen, frozenset(event.kind for event in told))
    if not count:
        raise UsageError(f"{recorded.folder} holds no action that could be done again")


def _compared(action: Action, screen: View | None) -> _Comparison | None:
    """What is compared before an action; None: nothing."""
    if screen is None:
        return None
    whole = screen.frame.region_css_px
    match action:
        case Click(point) | Hover(point) | SelectOption(point) | Upload(point) | Drag(point):
            return _around(point, whole)
        case Type(point=Point() as point):
            return _around(point, whole)
        case Press() | Type():
            return _Comparison(whole, OTHER_SCREEN_SHARE, "the screen")
        case Done(answer) if answer:
            what = "the screen that it was read off"
            return _Comparison(whole, OTHER_ANSWER_SHARE, what, by_tile=True)
        case _:
            return None


def _around(point: Point, whole: Box) -> _Comparison | None:
    left, top = point.x - WIDE_CSS_PX / 2, point.y - HIGH_CSS_PX / 2
    place = Box(left, top, left + WIDE_CSS_PX, top + HIGH_CSS_PX).intersection(whole)
    if place is None:
        return None
    what = f"what is around ({point.x:.0f}, {point.y:.0f})"
    return _Comparison(place, OTHER_PLACE_SHARE, what)


def _tiles(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """Squares that cover a picture, those at its far edges smaller."""
    for top in range(0, height, TILE_CSS_PX):
        for left in range(0, width, TILE_CSS_PX):
            right, bottom = min(left + TILE_CSS_PX, width), min(top + TILE_CSS_PX, height)
            yield left, top, right, bottom


def _cut(view: View, place: Box) -> Image.Image:
    """A part of a screen, a pixel for each CSS px."""
    box = view.frame.box_from_region(place)
    size = max(1, round(place.width)), max(1, round(place.height))
    corners = (box.left, box.top, box.right, box.bottom)
    return view.picture.image().convert("RGB").resize(size, box=corners)


def _marked(view: View, place: Box) -> Image.Image:
    image = view.picture.image().convert("RGB")
    box = view.frame.box_from_region(place)
    corners = (box.left, box.top, box.right - 1, box.bottom - 1)
    ImageDraw.Draw(image).rectangle(corners, outline="#d1242f", width=3)
    return image


def _turn(action: Action) -> Turn:
    return Turn(describe_action(action), "", (), action)
