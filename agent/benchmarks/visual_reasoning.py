"""Questions about pictures as samples of an evaluation, and their tables from its results."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vigorl.agent.evaluation.evaluation import Result, Sample, Summary, cell_of
from vigorl.agent.evaluation.report import EvaluationReport, ResultTable, grids_as_json, notes_of
from vigorl.agent.evaluation.statistics import Cell, mean_of
from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.browser.environment import Environment
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.tasks.visual_reasoning.benchmarks import BENCHMARKS
from vigorl.tasks.visual_reasoning.environment import (
    NO_ANSWER,
    UNREADABLE,
    UNREADABLE_PLACE,
    ImageLayout,
    PictureQuestion,
    rules_of,
)
from vigorl.tasks.visual_reasoning.question import ImageQuestion

STRICT = "strict"


def visual_samples(questions: Sequence[ImageQuestion], layout: ImageLayout) -> list[Sample]:
    """One episode for each question.

    Raises:
        UsageError: two questions have the same name.
    """
    if len({question.id for question in questions}) < len(questions):
        ids = [question.id for question in questions]
        twice = next(name for name in ids if ids.count(name) > 1)
        check = f"vigorl-agent data check {questions[0].benchmark}"
        raise UsageError(f"two questions are called {twice}; look at the copy: {check}")
    return [_sample(question, layout) for question in questions]


def _sample(question: ImageQuestion, layout: ImageLayout) -> Sample:
    def make() -> Environment:
        return PictureQuestion(question, layout)

    task = question.record()
    if len(question.images) > 1:
        task["layout"] = layout
    truth = GroundTruth(question.targets_px, question.outline, question.answer)
    return Sample(question.id, (question.group,), task, make, True, question.goal, truth)


def recorded_question(task: Mapping[str, Any]) -> ImageQuestion:
    """The question that an episode was recorded with, as far as tables need it: without images.

    Raises:
        InconsistentData: it is none.
    """
    try:
        return ImageQuestion(
            task["benchmark"],
            task["id"],
            task["group"],
            task["question"],
            (),
            task["kind"],
            task["answer"],
            tuple(task.get("options", ())),
        )
    except KeyError as error:
        raise InconsistentData(f"a recorded task is no question: it has no {error}") from error


def visual_report(
    questions: Sequence[ImageQuestion], results: Sequence[Result], summary: Summary, title: str
) -> EvaluationReport:
    """The benchmark's table: a line each group, means as published, and all; a column each rule.

    Args:
        questions: Those that were asked, of one benchmark.
        results: Of their samples, in any order.
        summary: Of the same evaluation.
        title: What was evaluated.
    """
    rules = tuple(dict.fromkeys(rule for question in questions for rule in rules_of(question)))
    columns = (STRICT, *rules)
    benchmark = BENCHMARKS[questions[0].benchmark]
    asked = list(dict.fromkeys(question.group for question in questions))
    published = [group for counts in benchmark.counts.values() for group in counts]
    groups = [group for group in published if group in asked]
    groups += [group for group in asked if group not in published]
    by_group = {group: [result for result in results if group in result.cells] for group in groups}
    lines = {group: _line(by_group[group], columns) for group in groups}
    for name, members in benchmark.means.items():
        cells = [lines.get(member) for member in members]
        lines[name] = tuple(
            mean_of([line[number] for line in cells if line is not None])
            if all(cells)
            else Cell(None, None, None, 0)
            for number in range(len(columns))
        )
    lines["all"] = _line(results, columns)
    grid = ResultTable("", columns, lines)
    numbers = {**grids_as_json([replace(grid, name="cells")]), "unreadable": _unreadable(results)}
    notes = [f"{_unreadable(results)} without an answer that can be read, which count as wrong"]
    guesses = [question.guess for question in questions if question.guess is not None]
    if guesses:
        share = sum(guesses) / len(guesses)
        numbers["guessing"] = share
        notes.append(f"guessing among options reaches {share:.1%}")
    return EvaluationReport(title, (grid,), (*notes, *notes_of(summary)), numbers)


def _line(results: Sequence[Result], columns: Sequence[str]) -> tuple[Cell, ...]:
    return tuple(cell_of(results, None if rule == STRICT else rule) for rule in columns)


def _unreadable(results: Sequence[Result]) -> int:
    return sum(result.why in (NO_ANSWER, UNREADABLE, UNREADABLE_PLACE) for result in results)
