"""What a command shows of an evaluation: its tables, for the terminal, as JSON and as a page."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from vigorl.agent.cli.main import BUG, FAULT, print_json
from vigorl.agent.cli.terminal import Console

if TYPE_CHECKING:
    from vigorl.agent.benchmarks.benchmark import Evaluated
    from vigorl.agent.evaluation.report import EvaluationReport
    from vigorl.agent.evaluation.summary import Summary

MakeReport = Callable[["Evaluated"], "EvaluationReport"]


def show_evaluation(
    summary: "Summary", title: str, make_report: MakeReport | None, as_json: bool
) -> None:
    """Show an evaluation that is recorded, and how sure its numbers are; exit where they are not.

    Args:
        summary: Of a folder that has been played to its end.
        title: What was evaluated.
        make_report: Its benchmark's own tables; None: the summary's cells.
        as_json: Print one JSON object on stdout, all else on stderr.
    """
    from vigorl.agent.evaluation.report import disbelief, plain_report
    from vigorl.agent.viewer.gallery import write_gallery
    from vigorl.browser.run_folder import write_whole

    folder, console = summary.folder, Console(stderr=as_json)
    report = plain_report(summary, title)
    if make_report is not None:
        report = make_report(_evaluated(summary, title))
    why = disbelief(summary)
    if why is not None:
        report = replace(report, grids=(), notes=(why, *report.notes), numbers={})
        console.print(f"[bold red]no score[/]  {escape(why)}", highlight=False, soft_wrap=True)
    _print_report(console, report, why)
    numbers = summary.as_json()
    if report.numbers:
        text = json.dumps(report.numbers, indent=2, ensure_ascii=False) + "\n"
        write_whole(folder / "tables.json", text.encode())
        numbers["tables"] = report.numbers
    for label, path in (("recorded", folder), ("page", write_gallery(folder, report))):
        console.print(
            f"  [dim]{label:<9}[/dim] {escape(str(path))}", highlight=False, soft_wrap=True
        )
    if as_json:
        print_json(numbers)
    if summary.mistakes:
        raise typer.Exit(BUG)
    if why is not None:
        raise typer.Exit(FAULT)


def _evaluated(summary: "Summary", title: str) -> "Evaluated":
    """What the folder holds, in the order of the samples, whenever they were played."""
    from vigorl.agent.benchmarks.benchmark import Evaluated
    from vigorl.agent.evaluation.results import read_results
    from vigorl.agent.evaluation.shards import read_plan
    from vigorl.agent.record.trajectory import read_start

    folder = summary.folder
    by_id = {result.id: result for result in read_results(folder)}
    results = [by_id[name] for name in read_plan(folder).part]
    tasks = {result.id: read_start(folder / result.trajectory).task or {} for result in results}
    return Evaluated(results, tasks, summary, title)


def _print_report(console: Console, report: "EvaluationReport", why: str | None) -> None:
    from vigorl.agent.evaluation.report import grid_table

    for grid in report.grids:
        console.print(grid_table(report, grid))
    notes = [note for note in report.notes if note != why]
    console.print(f"[dim]{escape(' · '.join(notes))}[/dim]", highlight=False)
