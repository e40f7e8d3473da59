"""ScreenSpot, v1, v2 and Pro: instructions that mean a place on a still screenshot."""

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

from vigorl.agent.benchmarks.benchmark import Benchmark, Check, Evaluated, Opened, Opening

if TYPE_CHECKING:
    from vigorl.agent.benchmarks.data_check import DataCheck
    from vigorl.agent.evaluation.report import EvaluationReport


@dataclass(frozen=True, slots=True)
class ScreenspotCheck:
    """Which copy of which ScreenSpot."""

    data: Path
    """A copy: its folder as published, or one file."""
    version: Literal["v1", "v2", "pro"]
    """Version of ScreenSpot that the copy is."""


@dataclass(frozen=True, slots=True)
class ScreenspotOptions:
    """Which rows of which copy."""

    data: Path
    """A copy: its folder as published, or one file."""
    version: Literal["v1", "v2", "pro"]
    """Version of ScreenSpot that the copy is."""
    limit: Annotated[int | None, Option(min=1)] = None
    """Play only the first N rows."""
    max_turns: Annotated[int, Option(min=1)] = 12
    """Most turns of an episode, zooms included."""


def _open(options: ScreenspotOptions) -> Opening:
    from vigorl.agent.benchmarks.screenspot import screenspot_samples
    from vigorl.agent.rollout import Limits

    samples = screenspot_samples(options.data, options.version, options.limit)
    opened = Opened(samples, Limits(steps=options.max_turns))
    return lambda setting: nullcontext(opened)


def _report(evaluated: Evaluated) -> "EvaluationReport":
    from vigorl.agent.benchmarks.screenspot import recorded_row, screenspot_table
    from vigorl.agent.benchmarks.screenspot_tables import screenspot_report

    rows = [recorded_row(task) for task in evaluated.tasks.values()]
    table = screenspot_table(rows, evaluated.results)
    return screenspot_report(table, evaluated.summary, evaluated.title)


def _check(options: ScreenspotCheck) -> "DataCheck":
    from vigorl.agent.benchmarks.data_check import check_of_screenspot

    return check_of_screenspot(options.data, options.version)


BENCHMARKS = (
    Benchmark(
        name="screenspot",
        about="""Point at what ScreenSpot names: v1, v2 or Pro, with the tables of its authors.

Boxes are read by the convention of whichever form the copy has; a point on the border is
right; an answer without a point is wrong and stays in the denominator.

[dim]$[/dim] vigorl-agent eval screenspot --data ScreenSpot-v2 --version v2 --model …""",
        options=ScreenspotOptions,
        open=_open,
        report=_report,
        run_name=lambda options: f"screenspot-{options.version}",
        check=Check(
            about="""Count the rows, put the boxes into their images, open every image, and look \
for duplicates.

Exit code 0 says that the copy is whole, 1 that it is not.

[dim]$[/dim] vigorl-agent data check screenspot --data ScreenSpot-Pro --version pro""",
            options=ScreenspotCheck,
            run=_check,
        ),
    ),
)
