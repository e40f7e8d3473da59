"""V*Bench, BLINK, SAT and RoboSpatial-Home: questions about pictures."""

from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

from vigorl.agent.benchmarks.benchmark import Benchmark, Check, Evaluated, Opened, Opening

if TYPE_CHECKING:
    from vigorl.agent.benchmarks.data_check import DataCheck
    from vigorl.agent.evaluation.report import EvaluationReport

Name = Literal["vstar", "blink", "sat", "robospatial"]

_ABOUT: dict[Name, str] = {
    "vstar": "Answer V*Bench: what small things in large photos look like, and where they are.",
    "blink": "Answer BLINK: fourteen tasks of seeing, on up to four images each.",
    "sat": "Answer SAT: spatial questions on one or two images; its part test are real photos.",
    "robospatial": "Answer RoboSpatial-Home: yes or no about places, and points in free places.",
}
_HOW = """

An answer is an option's text or letter. The table has the strict rule and, named as such, the
lenient one of the published evaluation; what cannot be read is wrong and counts.

[dim]$[/dim] vigorl-agent eval {name} --model …"""

_CHECK = """Count the questions, open every image, and look where boxes and masks lie.

Exit code 0 says that the copy is whole, 1 that it is not.

[dim]$[/dim] vigorl-agent data check {name}"""


@dataclass(frozen=True, slots=True)
class QuestionsCheck:
    """Which copy, and which part of it."""

    data: Path | None = None
    """A copy in the benchmark's own layout, or ViGoRL's file of it. Default: from the hub."""
    split: str | None = None
    """Split of the benchmark. Default: the one that results are published on."""


@dataclass(frozen=True, slots=True)
class QuestionOptions:
    """Which questions, and how they are shown."""

    data: Path | None = None
    """A copy in the benchmark's own layout, or ViGoRL's file of it. Default: from the hub."""
    split: str | None = None
    """Split of the benchmark. Default: the one that results are published on."""
    images: Literal["together", "apart"] = "together"
    """Show several images of a question in one picture, as published, or each on its own."""
    limit: Annotated[int | None, Option(min=1)] = None
    """Ask only the first N questions."""
    max_turns: Annotated[int, Option(min=1)] = 12
    """Most turns of an episode, zooms included."""


def _open(name: Name, options: QuestionOptions) -> Opening:
    from vigorl.agent.benchmarks.visual_reasoning import visual_samples
    from vigorl.agent.rollout import Limits
    from vigorl.tasks.visual_reasoning.benchmarks import read_questions

    questions = read_questions(name, options.data, options.split)[: options.limit]
    samples = visual_samples(questions, options.images)
    opened = Opened(samples, Limits(steps=options.max_turns))
    return lambda setting: nullcontext(opened)


def _report(evaluated: Evaluated) -> "EvaluationReport":
    from vigorl.agent.benchmarks.visual_reasoning import recorded_question, visual_report

    questions = [recorded_question(task) for task in evaluated.tasks.values()]
    return visual_report(questions, evaluated.results, evaluated.summary, evaluated.title)


def _check(name: Name, options: QuestionsCheck) -> "DataCheck":
    from vigorl.agent.benchmarks.data_check import check_of_questions

    return check_of_questions(name, options.data, options.split)


BENCHMARKS = tuple(
    Benchmark(
        name=name,
        about=about + _HOW.format(name=name),
        options=QuestionOptions,
        open=partial(_open, name),
        model=None,
        report=_report,
        check=Check(_CHECK.format(name=name), QuestionsCheck, partial(_check, name)),
    )
    for name, about in _ABOUT.items()
)
