"""An episode as a page lays it out: how it ended, its facts, its steps, its last screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from vigorl.agent.plain_text import one_line
from vigorl.agent.record.trajectory import EndRecord, Trajectory
from vigorl.agent.viewer.album import Album, Figure, PageStore
from vigorl.agent.viewer.episode_steps import (
    Chapter,
    Happening,
    StepView,
    chapters_of,
    happenings,
    steps_of,
)
from vigorl.agent.viewer.overlay import Overlay
from vigorl.agent.viewer.page_templates import duration, moment
from vigorl.agent.viewer.show import Verdict, ending_reason, policy_name, refusals, title, verdict
from vigorl.agent.viewer.time_bar import TimeBar, time_bar

_RUNNING = Verdict("…", "running", "plain")


@dataclass(frozen=True, slots=True)
class Lane:
    """One episode of a page."""

    title: str
    """What was to be reached."""
    told: str
    """What the policy was told, where that is something else."""
    policy: str
    verdict: Verdict
    is_running: bool
    """It goes on, so that nothing is its end."""
    end: EndRecord | None
    reasons: tuple[str, ...]
    """Why it ended so, and what judges say, in sentences."""
    facts: tuple[tuple[str, str], ...]
    steps: tuple[StepView, ...]
    chapters: tuple[Chapter, ...]
    pictures: tuple[Figure, ...]
    """Those that belong to the goal."""
    last: Figure | None
    """The screen at the end."""
    last_title: str
    last_url: str
    happened: tuple[Happening, ...]
    """After the last step."""
    time: TimeBar
    most_points: int
    """In one step."""
    folder: str


@dataclass(frozen=True, slots=True)
class StepPair:
    """A step of two episodes side by side; None: that one has ended."""

    number: int
    steps: tuple[StepView | None, StepView | None]
    parted: bool
    """Here they do something different for the first time."""


def lane_of(trajectory: Trajectory, store: PageStore) -> Lane:
    """Lay out an episode, with its pictures in the store of the page."""
    album = Album(trajectory, store)
    goal_pictures = trajectory.steps[0].seen.pictures if trajectory.steps else ()
    steps, end, start = steps_of(trajectory, album), trajectory.end, trajectory.start
    seen = end.seen if end else None
    if seen is not None:
        album.look(seen)
    view = album.zoom or album.screen
    shown = title(trajectory)
    is_running = store.setting.is_running and end is None
    place = seen if seen is not None and seen.url else None
    return Lane(
        title=shown,
        told="" if start.goal == shown else start.goal,
        policy=policy_name(start.policy),
        verdict=_RUNNING if is_running else verdict(trajectory),
        is_running=is_running,
        end=end,
        reasons=() if is_running else _reasons(trajectory),
        facts=tuple(_facts(trajectory)),
        steps=steps,
        chapters=chapters_of(steps),
        pictures=tuple(album.goal_picture(image) for image in goal_pictures),
        last=album.figure(view, Overlay()) if view else None,
        last_title=one_line(place.title, 120) if place else (steps[-1].title if steps else ""),
        last_url=one_line(place.url, 240) if place else (steps[-1].url if steps else ""),
        happened=happenings(seen),
        time=time_bar(trajectory),
        most_points=max((len(set(step.turn.points)) for step in trajectory.steps), default=0),
        folder=trajectory.folder.name,
    )


def rows_of(left: Lane, right: Lane) -> Sequence[StepPair]:
    """The steps of two episodes, those with the same number beside each other."""
    rows: list[StepPair] = []
    parted = False
    for number, (one, other) in enumerate(zip_longest(left.steps, right.steps), 1):
        differ = one is None or other is None or one.action != other.action
        rows.append(StepPair(number, (one, other), differ and not parted))
        parted = parted or differ
    return rows


def _reasons(trajectory: Trajectory) -> tuple[str, ...]:
    """Why an episode ended as it did, and what those say who looked at it."""
    end = trajectory.end
    said = [ending_reason(trajectory), verdict(trajectory).how]
    if end:
        said += [f"second look: {look.why}" for look in end.checks if look.by == "second look"]
        said += [end.score.why if end.score else "", refusals(end.refused) if end.refused else ""]
    return tuple(dict.fromkeys(each for each in said if each))


def _facts(trajectory: Trajectory) -> list[tuple[str, str]]:
    """What the head of the page says about the episode, in pairs of a word and a value."""
    start, end = trajectory.start, trajectory.end
    facts = [("policy", policy_name(start.policy))]
    if start.task:
        name, seed = start.task.get("name"), start.task.get("seed")
        facts.append(("task", f"{name}:{seed}" if seed is not None else str(name)))
    facts.append(("steps", str(len(trajectory.steps))))
    if end:
        facts.append(("took", duration(end.seconds)))
    if used := trajectory.usage.told():
        facts.append(("used", ", ".join(used)))
    malformed = sum(step.turn.action is None for step in trajectory.steps)
    if malformed:
        facts.append(("malformed", f"{malformed} of {len(trajectory.steps)} turns"))
    facts.append(("started", moment(start.started_at)))
    return facts
