"""Referent accuracy over episodes, split by whether they are solved, beside what chance gives."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from vigorl.agent.analysis.referents import Referent, referents_of
from vigorl.agent.analysis.report import NamedEpisode, episodes_of
from vigorl.agent.evaluation.statistics import Cell, wilson
from vigorl.agent.plain_text import plain
from vigorl.agent.record.named_boxes import NamedBox, read_boxes
from vigorl.agent.viewer.show import policy_name
from vigorl.browser.errors import UsageError
from vigorl.browser.quoting import quoted

GROUPS = ("all", "right", "wrong")
"""Episodes that are counted together: every one, those that are solved, those that are not."""


@dataclass(frozen=True, slots=True)
class PlacedReferent:
    """A referent and where it was said."""

    episode: str
    cluster: str
    step: int
    solved: bool | None
    referent: Referent


@dataclass(frozen=True, slots=True)
class ReferentSummary:
    """Of one group of episodes."""

    episodes: int
    """With a point on a screen whose boxes are known."""
    points: int
    unnamed: int
    """Points with no name near them: they stay out of everything below."""
    absent: int
    """Points whose name nothing on the screen has, as far as its boxes are known."""
    ambiguous: int
    """Points whose name several boxes have; any of them will do."""
    accuracy: Cell
    """Share of the points that lie on what their words name, where that is on the screen."""
    strict: Cell
    """The same with absent ones as missed: between the two, if something seen had no box."""
    by_chance: float | None
    """The same share if names got the points of other names of their episode."""


@dataclass(frozen=True)
class ReferentReport:
    """Of one folder."""

    folder: Path
    policy: str
    left_out: int
    """Episodes that broke or were interrupted."""
    unknown: int
    """Points on screens of which no boxes were written down."""
    groups: dict[str, ReferentSummary]
    """By the names of `GROUPS`."""
    missed: tuple[PlacedReferent, ...]
    """Named, and not on what they name."""

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        told = asdict(self) | {"folder": str(self.folder)}
        told["missed"] = [
            {
                "episode": each.episode,
                "step": each.step,
                "name": each.referent.named and each.referent.named.name,
                "point": each.referent.point and asdict(each.referent.point),
                "landing": each.referent.landing,
            }
            for each in self.missed
        ]
        return told


def report_referents(folder: Path) -> ReferentReport:
    """Hold the points of a folder's episodes against the boxes that were recorded with them.

    Raises:
        UsageError: there are no episodes, or none has a point on a screen with known boxes.
        InconsistentData: a record cannot be read.
    """
    placed: list[PlacedReferent] = []
    left_out = unknown = 0
    policy = ""
    for episode in episodes_of(folder):
        policy = policy or policy_name(episode.trajectory.start.policy)
        if episode.trajectory.status in ("fault", "interrupted"):
            left_out += 1
            continue
        for points, found in _steps_of(episode):
            if found is None:
                unknown += points
            else:
                placed += found
    if not placed:
        raise UsageError(
            f"nothing to measure in {folder}: {unknown} points are on screens of which no boxes "
            f"were recorded, and {left_out} episodes broke. Boxes are recorded by eval tasks, eval "
            "grounding on generated pages, and run --task; older runs have none: play them again"
        )
    groups = {
        "all": summary_of(placed),
        "right": summary_of([each for each in placed if each.solved is True]),
        "wrong": summary_of([each for each in placed if each.solved is False]),
    }
    missed = [each for each in placed if each.referent.landing in ("beside", "absent")]
    return ReferentReport(folder, policy, left_out, unknown, groups, tuple(missed))


def summary_of(placed: Sequence[PlacedReferent]) -> ReferentSummary:
    """Figures of some referents; those of one cluster are not taken for independent."""
    named = [each for each in placed if each.referent.named is not None]
    landings = [each.referent.landing for each in named]
    return ReferentSummary(
        episodes=len({each.episode for each in placed}),
        points=len(placed),
        unnamed=len(placed) - len(named),
        absent=landings.count("absent"),
        ambiguous=sum(len(set(each.referent.boxes)) > 1 for each in named),
        accuracy=_accuracy([each for each in named if each.referent.landing != "absent"]),
        strict=_accuracy(named),
        by_chance=_by_chance(named),
    )


def referent_table(reports: Sequence[ReferentReport]) -> Table:
    """A row for each folder and group."""
    table = Table(
        title="points that lie on what their words name",
        title_justify="left",
        caption="\n".join(_caption(*each) for each in _lettered(reports)),
    )
    table.add_column("", style="bold")
    for heading in ("points", "named", "absent", "accuracy, %", "strict", "chance"):
        table.add_column(heading, justify="right")
    for letter, report in _lettered(reports):
        for group, summary in report.groups.items():
            table.add_row(f"{letter} {group}", *_cells(summary))
    return table


def missed_lines(report: ReferentReport) -> Iterator[str]:
    """What was missed, a line each."""
    for each in report.missed:
        referent, name = each.referent, each.referent.named
        where = "beside the picture"
        if referent.point is not None:
            where = f"at ({referent.point.x:.0f}, {referent.point.y:.0f})"
        found = "is not on the screen" if referent.landing == "absent" else "is elsewhere"
        what = quoted(name.name if name else "")
        yield f"{plain(each.episode)}, step {each.step + 1}: {what} {where} {found}"


def _steps_of(episode: NamedEpisode) -> Iterator[tuple[int, list[PlacedReferent] | None]]:
    """How many points each step names, and their referents; None where no boxes are known."""
    boxes = read_boxes(episode.trajectory.folder)
    solved = episode.trajectory.is_solved
    screen: tuple[NamedBox, ...] | None = None
    for record in episode.trajectory.steps:
        view, turn = record.seen.view, record.turn
        if view is not None and view.kind == "screen":
            screen = boxes.get(view.sha256)
        found = None
        if screen is not None:
            found = [
                PlacedReferent(episode.id, episode.cluster, record.index, solved, referent)
                for referent in referents_of(turn.thought, turn.named, screen)
            ]
        yield len(turn.named), found


def _accuracy(named: Sequence[PlacedReferent]) -> Cell:
    return wilson(
        [float(each.referent.landing == "inside") for each in named],
        [each.cluster for each in named],
    )


def _by_chance(named: Sequence[PlacedReferent]) -> float | None:
    """The expected share if each name got a point that its episode gives to another name."""
    shares = []
    for each in named:
        others = [
            other.referent
            for other in named
            if other.episode == each.episode and _name(other) != _name(each)
        ]
        if others:
            held = sum(each.referent.would_hold(other.point) for other in others)
            shares.append(held / len(others))
    return sum(shares) / len(shares) if shares else None


def _name(placed: PlacedReferent) -> str:
    named = placed.referent.named
    return "" if named is None else named.name.casefold()


def _lettered(reports: Sequence[ReferentReport]) -> Iterator[tuple[str, ReferentReport]]:
    for index, report in enumerate(reports):
        yield chr(ord("A") + index), report


def _cells(summary: ReferentSummary) -> Iterator[str]:
    named = summary.points - summary.unnamed
    yield from (str(summary.points), str(named), str(summary.absent))
    cell = summary.accuracy
    if cell.mean is None or cell.low is None or cell.high is None:
        yield "–"
    else:
        yield f"{100 * cell.mean:.1f} [{100 * cell.low:.1f}, {100 * cell.high:.1f}]"
    for share in (summary.strict.mean, summary.by_chance):
        yield "–" if share is None else f"{100 * share:.1f}"


def _caption(letter: str, report: ReferentReport) -> str:
    whole = report.groups["all"]
    head = f"{letter} {escape(report.policy)}, {escape(str(report.folder))}"
    counts = (
        (whole.ambiguous, "names of several boxes"),
        (report.unknown, "points on screens whose boxes are not known"),
        (report.left_out, "episodes left out"),
    )
    told = [f"{count} {what}" for count, what in counts if count]
    return ", ".join([f"{head}, episodes: {whole.episodes}", *told])
