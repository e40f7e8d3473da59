"""Integrity checks of local copies of benchmark data."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vigorl.agent.benchmarks.grounding import published_grounding
from vigorl.agent.plain_text import one_line
from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Box
from vigorl.tasks.grounding_files.sample import RefusedRow
from vigorl.tasks.screenspot.check import COUNTS, check_screenspot
from vigorl.tasks.screenspot.rows import Version, read_screenspot
from vigorl.tasks.visual_reasoning.benchmarks import BENCHMARKS, read_questions
from vigorl.tasks.visual_reasoning.check import check_questions
from vigorl.tasks.visual_reasoning.question import Name
from vigorl.tasks.visualwebarena.check import COUNTS as VWA_COUNTS
from vigorl.tasks.visualwebarena.check import check_visualwebarena
from vigorl.tasks.visualwebarena.files import package_folder, read_tasks
from vigorl.tasks.visualwebarena.task import Sites

SHOWN = 20
"""Problems that are printed; `--json` has all."""


@dataclass(frozen=True, slots=True)
class DataCheck:
    """The findings."""

    name: str
    counts: dict[str, int]
    published: Mapping[str, int]
    """How many there should be."""
    problems: tuple[str, ...]
    """What is wrong with the copy; it is whole where there are none."""
    notes: tuple[str, ...]
    """What is no fault of the copy."""

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"is_whole": not self.problems, **asdict(self), "published": dict(self.published)}


def check_of_screenspot(data: Path, version: Version) -> DataCheck:
    """Check a copy of ScreenSpot.

    Raises:
        UsageError: it cannot be read.
    """
    rows = read_screenspot(data, version)
    report = check_screenspot(rows, version, data)
    missing = report.without_image
    problems = [f"{each.row}: {each.text}" if each.row else each.text for each in report.problems]
    if missing:
        named = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        problems.append(f"images of {len(missing)} of {len(rows)} rows are not there ({named})")
    notes = [
        f"{one} and {two} ask the same of the same picture; the published sets have such pairs"
        for one, two in report.duplicates
    ]
    notes += [
        f"{row}: the target ends a pixel beside its image; the published sets have such boxes"
        for row in report.protruding
    ]
    return DataCheck(
        f"ScreenSpot {version}", report.counts, COUNTS[version], tuple(problems), tuple(notes)
    )


def check_of_visualwebarena(data: Path | None) -> DataCheck:
    """Check the tasks of VisualWebArena, of a checkout or of the installed package.

    Raises:
        UsageError: there are none, or one cannot be read.
    """
    anywhere = Sites("http://classifieds", "http://reddit", "http://shopping")
    report = check_visualwebarena(read_tasks(anywhere, data), data or package_folder())
    notes = (
        f"{report.judged_by_models} tasks need a model to judge (--judge, --captioner)",
        f"{report.pictures_on_sites} input pictures come from the running sites: not looked at",
    )
    return DataCheck("VisualWebArena", report.counts, VWA_COUNTS, report.problems, notes)


def check_of_questions(name: Name, data: Path | None, split: str | None) -> DataCheck:
    """Check a copy of V*Bench, BLINK, SAT or RoboSpatial-Home; the hub's where none is named.

    Raises:
        UsageError: there is none, or it cannot be read.
    """
    report = check_questions(name, read_questions(name, data, split), split)
    notes = tuple(
        f"{one} and {two} ask the same of the same images" for one, two in report.duplicates
    )
    title = BENCHMARKS[name].title
    return DataCheck(title, report.counts, report.published, report.problems, notes)


def check_of_grounding(data: Path, images: Path | None) -> DataCheck:
    """Check a file of grounding data as others publish it.

    Raises:
        UsageError: it cannot be read, or its form is none of those that are known.
    """
    counts: Counter[str] = Counter()
    problems: list[str] = []
    first: dict[tuple[str, str, Box], str] = {}
    notes = []
    opened: set[str] = set()

    def refuse(refused: RefusedRow) -> None:
        counts["refused"] += 1
        problems.append(f"{refused.id}: {refused.why}")

    for sample in published_grounding(data, images, refuse):
        counts[" ".join(filter(None, (sample.source, sample.ui_type)))] += 1
        if sample.image.name not in opened:
            opened.add(sample.image.name)
            try:
                sample.image.pixels()
            except InconsistentData as error:
                problems.append(f"{sample.id}: {error}")
        key = (sample.image.name, sample.instruction, sample.target_px)
        if key in first:
            notes.append(f"{first[key]} and {sample.id} ask the same of the same picture")
        first.setdefault(key, sample.id)
    return DataCheck(data.name, dict(counts), {}, tuple(problems), tuple(notes))


def shown(check: DataCheck) -> RenderableType:
    """For the terminal."""
    table = Table(title=check.name, title_justify="left")
    table.add_column("", style="bold")
    table.add_column("here", justify="right")
    table.add_column("published", justify="right")
    for name in {**check.published, **check.counts}:
        table.add_row(
            Text(name), str(check.counts.get(name, 0)), str(check.published.get(name, "–"))
        )
    published = str(sum(check.published.values())) if check.published else "–"
    table.add_row(Text("all"), str(sum(check.counts.values())), published)
    lines = [Text(f"✗ {one_line(problem)}", "red") for problem in check.problems[:SHOWN]]
    if len(check.problems) > SHOWN:
        more = len(check.problems) - SHOWN
        lines.append(Text(f"✗ and {more} more; --json lists all", "red"))
    lines += [Text(f"· {one_line(note)}", "dim") for note in check.notes[:SHOWN]]
    if not check.problems:
        lines.append(Text("✓ whole", "green"))
    return Group(table, *lines)
