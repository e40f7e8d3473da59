"""VisualWebArena's table, by the official and by the corrected rules."""

from collections.abc import Sequence
from dataclasses import asdict

from vigorl.agent.benchmarks.visualwebarena import by_rules
from vigorl.agent.evaluation.evaluation import Result, Summary
from vigorl.agent.evaluation.report import EvaluationReport, ResultTable, notes_of


def visualwebarena_report(
    results: Sequence[Result], summary: Summary, fixed: bool, title: str
) -> EvaluationReport:
    """What is said of an evaluation on VisualWebArena.

    Args:
        results: As they stand in its folder.
        summary: Of the same evaluation.
        fixed: Whether it was scored by the mended rules.
        title: What was evaluated.
    """
    rules = by_rules(results, fixed)
    lines = {name: (cell, rules["fixed"][name]) for name, cell in rules["official"].items()}
    unjudged = sum(result.score is None and result.status != "fault" for result in results)
    notes = notes_of(summary)
    if unjudged:
        notes = (f"{unjudged} not judged, for want of a --judge or --captioner", *notes)
    numbers = {
        each: {name: asdict(cell) for name, cell in cells.items()} for each, cells in rules.items()
    }
    return EvaluationReport(title, (ResultTable("", ("official", "fixed"), lines),), notes, numbers)
