"""VisualWebArena's table by both rules."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.markup import escape
from rich.table import Table

from vigorl.agent.evaluation import Result, Summary
from vigorl.agent.progress import Report, caption, percent
from vigorl.agent.visualwebarena import by_rules


def visualwebarena_report(
    results: Sequence[Result], summary: Summary, fixed: bool, title: str
) -> Report:
    """What is shown of an evaluation on VisualWebArena.

    Args:
        results: As they stand in its folder.
        summary: Of the same evaluation.
        fixed: Whether it was scored by the mended rules.
        title: What was evaluated.
    """
    rules = by_rules(results, fixed)
    table = Table(title=escape(title), caption=_caption(results, summary), title_justify="left")
    table.add_column("", style="bold")
    for heading in ("official", "95 % interval", "n", "fixed", "95 % interval", "n"):
        table.add_column(heading, justify="right")
    for name, official in rules["official"].items():
        mended = rules["fixed"][name]
        table.add_row(
            escape(name), *percent(official), str(official.n), *percent(mended), str(mended.n)
        )
    numbers = {
        each: {name: asdict(cell) for name, cell in cells.items()} for each, cells in rules.items()
    }
    return Report((table,), numbers)


def _caption(results: Sequence[Result], summary: Summary) -> str:
    unjudged = sum(result.score is None and result.status != "fault" for result in results)
    if not unjudged:
        return caption(summary)
    return f"{unjudged} not judged, for want of a --judge or --captioner · {caption(summary)}"
