"""The commands of `vigorl-agent eval`: made from a benchmark's record, and what they do."""

import asyncio
import inspect
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from vigorl.agent.cli import options
from vigorl.agent.cli.fields import shown
from vigorl.agent.cli.main import BUG, FAULT, errors, play, print_json
from vigorl.agent.cli.options import ANYWHERE, BoundaryOptions, EvaluationOptions
from vigorl.agent.cli.terminal import Console
from vigorl.policy.model_config import ModelConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from vigorl.agent.benchmarks.benchmark import Benchmark, Opened, Opening
    from vigorl.agent.evaluation.evaluation import Result, Summary
    from vigorl.agent.evaluation.report import EvaluationReport
    from vigorl.browser.boundary import Boundary

Out = Annotated[
    Path | None,
    typer.Option(
        help="Where to record, or the folder of an evaluation that was stopped, to go on with it; "
        "default: a new one in runs/."
    ),
]

MaxFaults = Annotated[float, shown(EvaluationOptions, "max_faults")]
Workers = Annotated[int, shown(EvaluationOptions, "workers")]


def command_of(benchmark: "Benchmark") -> "Callable[..., None]":
    """The command `eval NAME`: the benchmark's own options, and those that all of them have."""

    def command(
        benchmark_options: Any,
        model: str,
        policy: ModelConfig,
        network: BoundaryOptions = ANYWHERE,
        **given: Any,
    ) -> None:
        with errors(given["as_json"]):
            asked = benchmark_options
            Measurement(
                benchmark.run_name(asked) if benchmark.run_name else benchmark.name,
                replace(policy, model=model),
                benchmark.open(asked),
                given.get("workers", 1),
                network.boundary(),
                given["out"],
                given["as_json"],
                given.get("verify"),
                given["max_faults"],
            ).play()

    kind = inspect.Parameter.KEYWORD_ONLY
    own = inspect.Parameter("benchmark_options", kind, annotation=benchmark.options)
    command.__signature__ = inspect.Signature([own, *_shared(benchmark)])  # type: ignore[attr-defined]
    command.__doc__ = benchmark.about
    return command


def _shared(benchmark: "Benchmark") -> list[inspect.Parameter]:
    """The options that commands of every benchmark have."""
    shared: list[tuple[str, Any, Any]] = [
        ("model", options.Model, benchmark.model or inspect.Parameter.empty),
        ("policy", ModelConfig, ModelConfig()),
        ("verify", options.Verify, None),
        ("workers", Workers, benchmark.workers),
        ("max_faults", MaxFaults, 0.05),
        ("network", BoundaryOptions, ANYWHERE),
        ("out", Out, None),
        ("as_json", options.AsJson, False),
    ]
    absent = set() if benchmark.has_pages else {"verify", "network"}
    absent |= {"workers"} if benchmark.workers is None else set()
    return [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
        )
        for name, annotation, default in shared
        if name not in absent
    ]


@dataclass(frozen=True)
class Measurement:
    """One evaluation, from its samples to its tables."""

    name: str
    model: ModelConfig
    opening: "Opening"
    workers: int
    boundary: "Boundary | None"
    out: Path | None
    as_json: bool
    verify: str | None = None
    """Which model takes a second look at what the policy calls done."""
    max_faults: float = 0.05
    """Share of broken episodes above which there is no score."""

    def play(self) -> None:
        """Evaluate, and show the tables."""
        from vigorl.agent.evaluation.evaluation import read_results

        folder = self.out or Path("runs") / f"{datetime.now():%Y%m%d-%H%M%S}-{self.name}"
        try:
            opened, summary = play(self._evaluate(folder))
        except (KeyboardInterrupt, asyncio.CancelledError):
            if (folder / "results.jsonl").is_file():
                Console(stderr=True).print(
                    "[dim]what was recorded is kept; to go on: the same command with[/dim] "
                    f"--out {escape(str(folder))}",
                    highlight=False,
                    soft_wrap=True,
                )
            raise
        self._show(opened, read_results(folder), summary)

    def _show(self, opened: "Opened", results: "Sequence[Result]", summary: "Summary") -> None:
        """The tables, for the terminal, as JSON and as a page; and how sure they are."""
        from vigorl.agent.evaluation.report import disbelief, plain_report
        from vigorl.agent.viewer.gallery import write_gallery
        from vigorl.browser.run_folder import write_whole

        folder, title = summary.folder, f"{self.name} · {self._model_name()}"
        report = plain_report(summary, title)
        if opened.report is not None:
            report = opened.report(results, summary, title)
        console = Console(stderr=self.as_json)
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
        if self.as_json:
            print_json(numbers)
        if summary.mistakes:
            raise typer.Exit(BUG)
        if why is not None:
            raise typer.Exit(FAULT)

    def _model_name(self) -> str:
        """The model without a log-in that stands in its URL."""
        from vigorl.browser.vault import parted_url

        return parted_url(self.model.model)[0]

    async def _evaluate(self, folder: Path) -> "tuple[Opened, Summary]":
        from vigorl.agent.benchmarks.benchmark import Setting
        from vigorl.agent.evaluation.evaluation import evaluate
        from vigorl.agent.evaluation.progress import progress
        from vigorl.agent.run import second_look
        from vigorl.policy.factory import open_policy

        console = Console(stderr=True)
        with console.status(f"[dim]starting {escape(self._model_name())} …[/dim]"):
            policy = await open_policy(self.model)
        try:
            async with AsyncExitStack() as world:
                with console.status("[dim]starting Chromium …[/dim]"):
                    setting = Setting(policy, self.workers, self.boundary)
                    opened = await world.enter_async_context(self.opening(setting))
                    look = await world.enter_async_context(
                        second_look(self.verify, policy, self.model)
                    )
                with progress(len(opened.samples), console) as on_result:
                    summary = await evaluate(
                        opened.wrap(policy) if opened.wrap else policy,
                        opened.samples,
                        folder,
                        limits=opened.limits,
                        workers=self.workers,
                        second_look=look,
                        on_result=on_result,
                        max_faults=self.max_faults,
                    )
                return opened, summary
        finally:
            await policy.close()


def _print_report(console: Console, report: "EvaluationReport", why: str | None) -> None:
    from vigorl.agent.evaluation.report import grid_table

    for grid in report.grids:
        console.print(grid_table(report, grid))
    notes = [note for note in report.notes if note != why]
    console.print(f"[dim]{escape(' · '.join(notes))}[/dim]", highlight=False)
