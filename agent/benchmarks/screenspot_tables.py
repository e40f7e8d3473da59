"""The tables of ScreenSpot's authors, with intervals."""

from dataclasses import asdict, replace

from vigorl.agent.evaluation.evaluation import Summary
from vigorl.agent.evaluation.report import (
    EvaluationReport,
    ResultTable,
    grids_as_json,
    in_brief,
    notes_of,
)
from vigorl.agent.evaluation.statistics import Cell, mean_of, wilson
from vigorl.tasks.screenspot.tables import Count, ScoreTable, SixCells, TableLine

COLUMNS = ("text", "icon", "both")


def screenspot_report(
    tables: SixCells | dict[str, ScoreTable], summary: Summary, title: str
) -> EvaluationReport:
    """What is said of an evaluation on ScreenSpot.

    Args:
        tables: As `screenspot_table` gives them.
        summary: Of the same evaluation.
        title: What was evaluated.
    """
    if isinstance(tables, SixCells):
        six = mean_of([_cell(count) for count in _six(tables)])
        overall = tables.lines["all"].both
        grids = [_grid("", tables.lines)]
        named = [replace(grids[0], name="cells")]
        numbers = {**grids_as_json(named), "mean of cells": asdict(six)}
        notes = [f"mean of the six cells {in_brief(six)}"]
    else:
        grids = [_grid(name, lines) for name, lines in tables.items()]
        overall = next(iter(tables.values()))["all"].both
        numbers, notes = grids_as_json(grids), []
    notes.append(f"{overall.wrong_format} answers without a point, which count as wrong")
    numbers["wrong format"] = overall.wrong_format
    return EvaluationReport(title, tuple(grids), (*notes, *notes_of(summary)), numbers)


def _six(tables: SixCells) -> list[Count]:
    lines = [line for name, line in tables.lines.items() if name != "all"]
    return [count for line in lines for count in (line.text, line.icon)]


def _grid(name: str, lines: ScoreTable) -> ResultTable:
    return ResultTable(name, COLUMNS, {line: _cells(counts) for line, counts in lines.items()})


def _cells(line: TableLine) -> tuple[Cell, ...]:
    return tuple(_cell(count) for count in (line.text, line.icon, line.both))


def _cell(count: Count) -> Cell:
    """The accuracy; rows of one image are not taken for independent."""
    scores, images = [], []
    for image, (total, correct) in enumerate(count.by_image):
        scores += [1.0] * correct + [0.0] * (total - correct)
        images += [str(image)] * total
    return wilson(scores, images)
