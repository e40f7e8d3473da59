"""Which steps raters are shown: half from solved episodes, evenly over tasks, by seed."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from vigorl.agent.analysis.report import episodes_of
from vigorl.agent.record.trajectory import SeenView, StepRecord, Trajectory
from vigorl.agent.viewer.show import title
from vigorl.browser.errors import UsageError
from vigorl.policy.points import Mention


@dataclass(frozen=True)
class RatablePoint:
    """A point that the thought of a step names, on the picture that the policy saw."""

    folder: Path
    """Of the run or evaluation, as it was given."""
    episode: str
    task: str
    solved: bool
    trajectory: Trajectory
    step: StepRecord
    view: SeenView
    """What the step looked at."""
    mention: Mention


def ratable_points(folders: Sequence[Path]) -> list[RatablePoint]:
    """All that can be rated in the episodes of folders, what looks the same to raters once.

    Episodes that broke, or that nobody could judge, have none.

    Raises:
        UsageError: there is none.
        InconsistentData: a record cannot be read.
    """
    found = [
        point
        for folder in folders
        for episode in episodes_of(folder)
        for point in _points_of(folder, episode.id, episode.trajectory)
    ]
    if not found:
        raise UsageError(
            f"no step to rate in {', '.join(map(str, folders))}: a step can be rated that names a "
            "point of its picture, in an episode that its task's judge has scored"
        )
    different: dict[tuple[str, str, str, int], RatablePoint] = {}
    for each in found:
        shown = (title(each.trajectory), each.view.sha256, each.step.turn.thought)
        different.setdefault((*shown, each.mention.start), each)
    return list(different.values())


def sampled(points: Sequence[RatablePoint], n: int, draw: random.Random) -> list[RatablePoint]:
    """At most `n` of them: half from solved episodes, as far as there are as many, in any order.

    Tasks take turns, and within a task episodes do, so that a step has a second neighbour only
    where every episode has given one.
    """
    solved = _in_turns([each for each in points if each.solved], draw)
    others = _in_turns([each for each in points if not each.solved], draw)
    half = min(len(solved), max(n - n // 2, n - len(others)))
    chosen = solved[:half] + others[: n - half]
    draw.shuffle(chosen)
    return chosen


def _points_of(folder: Path, name: str, trajectory: Trajectory) -> Iterator[RatablePoint]:
    solved = trajectory.is_solved
    if solved is None or trajectory.status in ("fault", "interrupted"):
        return
    task = str((trajectory.start.task or {}).get("name") or name)
    view: SeenView | None = None
    for step in trajectory.steps:
        view = step.seen.view or view
        if view is None:
            continue
        for mention in step.turn.named:
            point = mention.point
            if point is not None and view.frame.contains(view.frame.from_region(point)):
                yield RatablePoint(folder, name, task, solved, trajectory, step, view, mention)


def _in_turns(points: Sequence[RatablePoint], draw: random.Random) -> list[RatablePoint]:
    """One of each task, then a second of each, and so on; the same of episodes within a task."""
    tasks: dict[str, dict[tuple[Path, str], list[RatablePoint]]] = {}
    for point in points:
        episodes = tasks.setdefault(point.task, {})
        episodes.setdefault((point.folder, point.episode), []).append(point)
    queues = [_turns(list(episodes.values()), draw) for episodes in tasks.values()]
    return _turns(queues, draw, shuffled=False)


def _turns(
    queues: list[list[RatablePoint]], draw: random.Random, shuffled: bool = True
) -> list[RatablePoint]:
    draw.shuffle(queues)
    for queue in queues if shuffled else ():
        draw.shuffle(queue)
    rounds = zip_longest(*queues)
    return [point for points in rounds for point in points if point is not None]
