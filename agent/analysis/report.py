"""Behaviours over episodes: means with intervals, and paired differences between evaluations."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.markup import escape
from rich.table import Table

from vigorl.agent.analysis.behaviors import (
    BEHAVIORS,
    Behavior,
    EpisodeBehaviors,
    count_behaviors,
)
from vigorl.agent.evaluation.comparison import RESAMPLES, Difference, difference
from vigorl.agent.evaluation.evaluation import read_results
from vigorl.agent.record.trajectory import Trajectory, read_trajectory
from vigorl.agent.viewer.show import policy_name
from vigorl.browser.errors import UsageError

WHICH = ("all", "right", "wrong")
"""Episodes that are counted: every one, those that the judge calls solved, or the others."""


@dataclass(frozen=True, slots=True)
class MeanCount:
    """A mean over episodes with its 95 % interval; no interval where none can be drawn."""

    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class NamedEpisode:
    """An episode and the name by which two evaluations know it."""

    id: str
    cluster: str
    trajectory: Trajectory


@dataclass(frozen=True)
class BehaviorSummary:
    """What the episodes of one folder show."""

    folder: Path
    policy: str
    episodes: int
    steps: int
    left_out: int
    """Episodes that broke, were interrupted, or are not asked for."""
    by_behavior: dict[Behavior, MeanCount]
    """Per episode."""
    unjudged: int
    """Steps on which a judge gave no verdict: their episodes stay out of `by_behavior`."""
    follows: float | None
    """Share of steps whose action or answer follows from the thought."""

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {**asdict(self), "folder": str(self.folder)}


@dataclass(frozen=True)
class BehaviorReport:
    """Of one folder or more; differences are those to the first one."""

    summaries: tuple[BehaviorSummary, ...]
    differences: tuple[dict[Behavior, Difference] | None, ...]
    """One for each folder after the first; None where no episodes are of the same sample."""
    which: str
    counted_by: str

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "which": self.which,
            "counted_by": self.counted_by,
            "folders": [summary.as_json() for summary in self.summaries],
            "differences": [
                None if each is None else {name: asdict(cell) for name, cell in each.items()}
                for each in self.differences
            ],
        }


Count = Callable[[Trajectory], EpisodeBehaviors | None]
"""What an episode shows; None where a judge could not say."""


def episodes_of(folder: Path) -> Iterator[NamedEpisode]:
    """The episodes of an evaluation by their samples' ids, or all that lie below a folder.

    Raises:
        UsageError: there are none.
        InconsistentData: a record cannot be read.
    """
    if (folder / "results.jsonl").is_file():
        for result in read_results(folder):
            episode = read_trajectory(folder / result.trajectory)
            yield NamedEpisode(result.id, result.cluster or result.id, episode)
        return
    records = sorted(folder.rglob("trajectory.jsonl")) if folder.is_dir() else []
    if not records:
        raise UsageError(f"no episodes in {folder}: name the folder of a run or an evaluation")
    for path in records:
        name = str(path.parent.relative_to(folder))
        yield NamedEpisode(name, name, read_trajectory(path.parent))


def analyse(
    folders: Sequence[Path],
    which: str = "all",
    count: Count = count_behaviors,
    counted_by: str = "rule",
    seed: int = 0,
) -> BehaviorReport:
    """Count behaviours in the episodes of folders.

    Args:
        folders: Of runs or evaluations; the first is what others are compared with.
        which: One of `WHICH`.
        count: By rule, or by a judge.
        counted_by: What `count` is, for the report.
        seed: Of the bootstrap.

    Raises:
        UsageError: a folder has no episodes of this kind.
        InconsistentData: a record cannot be read.
    """
    counted = [_counted(folder, which, count) for folder in folders]
    summaries = tuple(
        _summary(folder, *each, seed=seed) for folder, each in zip(folders, counted, strict=True)
    )
    first = counted[0][0]
    differences = tuple(_paired(first, each, seed) for each, _ in counted[1:])
    return BehaviorReport(summaries, differences, which, counted_by)


def mean_count(values: Sequence[float], clusters: Sequence[str], seed: int = 0) -> MeanCount:
    """A mean with its percentile interval, clusters drawn whole.

    Source: as `vigorl.agent.evaluation.comparison.difference`.

    Args:
        values: Of the episodes; at least one.
        clusters: What each belongs to.
        seed: Of the generator.
    """
    _, cluster_N = np.unique(clusters, return_inverse=True)
    sums_M = np.bincount(cluster_N, np.asarray(values, dtype=np.float64))
    sizes_M = np.bincount(cluster_N)
    mean = float(np.mean(values))
    m = len(sums_M)
    if m < 2:
        return MeanCount(mean, None, None)
    drawn_R_M = np.random.default_rng(seed).multinomial(m, [1 / m] * m, size=RESAMPLES)
    means_R = (drawn_R_M @ sums_M) / (drawn_R_M @ sizes_M)
    low, high = (float(end) for end in np.quantile(means_R, [0.025, 0.975]))
    return MeanCount(mean, low, high)


def behavior_table(report: BehaviorReport) -> Table:
    """Behaviours as rows, folders as columns, then each difference to the first."""
    title = f"behaviours per episode · {report.which} episodes · counted by {report.counted_by}"
    table = Table(title=escape(title), title_justify="left", caption=_caption(report))
    table.add_column("", style="bold")
    letters = [chr(ord("A") + index) for index in range(len(report.summaries))]
    for letter, summary in zip(letters, report.summaries, strict=True):
        table.add_column(f"{letter} {escape(summary.policy)}", justify="right")
    for letter, differences in zip(letters[1:], report.differences, strict=True):
        if differences is not None:
            table.add_column(f"{letter} − A, paired", justify="right")
    for name in BEHAVIORS:
        row = [_mean(summary.by_behavior[name]) for summary in report.summaries]
        row += [_difference(each[name]) for each in report.differences if each is not None]
        table.add_row(name, *row)
    follows = ["–" if s.follows is None else f"{s.follows:.0%}" for s in report.summaries]
    table.add_row("action follows", *follows)
    return table


_Counted = tuple[NamedEpisode, EpisodeBehaviors]


@dataclass(frozen=True, slots=True)
class _LeftOut:
    episodes: int
    unjudged: int


def _counted(folder: Path, which: str, count: Count) -> tuple[list[_Counted], _LeftOut]:
    found: list[_Counted] = []
    left_out = unjudged = 0
    for episode in episodes_of(folder):
        broke = episode.trajectory.status in ("fault", "interrupted")
        solved = episode.trajectory.is_solved
        if broke or (which != "all" and solved is not (which == "right")):
            left_out += 1
            continue
        shown = count(episode.trajectory)
        if shown is None:
            unjudged += 1
        else:
            found.append((episode, shown))
    if not found:
        raise UsageError(
            f"nothing to count in {folder}: {left_out} episodes broke or are not {which}, and on "
            f"{unjudged} the judge gave no verdict"
        )
    return found, _LeftOut(left_out, unjudged)


def _summary(
    folder: Path, counted: list[_Counted], left_out: _LeftOut, *, seed: int
) -> BehaviorSummary:
    clusters = [episode.cluster for episode, _ in counted]
    told = sum(shown.could_follow for _, shown in counted)
    follows = sum(shown.follows for _, shown in counted)
    return BehaviorSummary(
        folder,
        policy_name(counted[0][0].trajectory.start.policy),
        len(counted),
        sum(shown.steps for _, shown in counted),
        left_out.episodes,
        {
            name: mean_count([shown.counts[name] for _, shown in counted], clusters, seed)
            for name in BEHAVIORS
        },
        left_out.unjudged,
        follows / told if told else None,
    )


def _paired(
    first: list[_Counted], other: list[_Counted], seed: int
) -> dict[Behavior, Difference] | None:
    """How much more the second shows, over the samples that both have."""
    by_id = {episode.id: shown for episode, shown in first}
    pairs = [(episode, by_id[episode.id], shown) for episode, shown in other if episode.id in by_id]
    if not pairs:
        return None
    clusters = [episode.cluster for episode, _, _ in pairs]
    return {
        name: difference(
            [(float(one.counts[name]), float(two.counts[name])) for _, one, two in pairs],
            clusters,
            seed,
        )
        for name in BEHAVIORS
    }


def _mean(count: MeanCount) -> str:
    if count.low is None or count.high is None:
        return f"{count.mean:.2f}"
    return f"{count.mean:.2f} [{count.low:.2f}, {count.high:.2f}]"


def _difference(cell: Difference) -> str:
    shown = f"{cell.difference:+.2f}"
    if cell.low is not None and cell.high is not None:
        shown += f" [{cell.low:+.2f}, {cell.high:+.2f}]"
    return shown.replace("-", "\N{MINUS SIGN}")


def _caption(report: BehaviorReport) -> str:
    lines = []
    for index, summary in enumerate(report.summaries):
        letter, folder = chr(ord("A") + index), escape(str(summary.folder))
        parts = [f"{letter} {folder}: {summary.episodes} episodes"]
        if summary.left_out:
            parts.append(f"{summary.left_out} left out")
        if summary.unjudged:
            parts.append(f"{summary.unjudged} without a verdict")
        lines.append(", ".join(parts))
    return "\n".join(lines)
