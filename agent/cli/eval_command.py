"""What the commands of `vigorl-agent eval` do in the end."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from vigorl.agent.cli.main import BUG, FAULT, play, print_json
from vigorl.agent.cli.terminal import Console

if TYPE_CHECKING:
    from vigorl.agent.evaluation.evaluation import Sample, Summary
    from vigorl.agent.evaluation.report import Report
    from vigorl.agent.rollout import Limits
    from vigorl.policy.factory import ModelConfig
    from vigorl.policy.policy import Policy

Out = Annotated[
    Path | None,
    typer.Option(
        help="Where to record, or the folder of an evaluation that was stopped, to go on with it; "
        "default: a new one in runs/."
    ),
]

MaxFaults = Annotated[
    float,
    typer.Option(
        min=0,
        max=1,
        help="Share of episodes that may break (server, browser, judge); above it there is no "
        "score but its bounds, and exit code 5.",
    ),
]


@dataclass(frozen=True)
class Measurement:
    """One evaluation, from its samples to its tables."""

    name: str
    model: "ModelConfig"
    world: "AbstractAsyncContextManager[list[Sample]]"
    limits: "Limits"
    workers: int
    out: Path | None
    as_json: bool
    report: "Callable[[Summary, str], Report] | None" = None
    """The tables to show, where the summary's own is not the one."""
    wrap: "Callable[[Policy], Policy] | None" = None
    """What goes around the policy."""
    verify: str | None = None
    """Which model takes a second look at what the policy calls done."""
    max_faults: float = 0.05
    """Share of broken episodes above which there is no score."""

    def play(self) -> None:
        """Evaluate, and show the tables."""
        from vigorl.agent.evaluation.report import disbelief, grid_table, plain_report
        from vigorl.agent.viewer.gallery import write_gallery
        from vigorl.browser.run_folder import write_whole

        folder = self.out or Path("runs") / f"{datetime.now():%Y%m%d-%H%M%S}-{self.name}"
        try:
            summary = play(self._evaluate(folder))
        except (KeyboardInterrupt, asyncio.CancelledError):
            if (folder / "results.jsonl").is_file():
                Console(stderr=True).print(
                    "[dim]what was recorded is kept; to go on: the same command with[/dim] "
                    f"--out {escape(str(folder))}",
                    highlight=False,
                    soft_wrap=True,
                )
            raise
        report = (self.report or plain_report)(summary, f"{self.name} · {self._model_name()}")
        console = Console(stderr=self.as_json)
        why = disbelief(summary)
        if why is not None:
            report = replace(report, grids=(), notes=(why, *report.notes), numbers={})
            console.print(f"[bold red]no score[/]  {escape(why)}", highlight=False, soft_wrap=True)
        for grid in report.grids:
            console.print(grid_table(report, grid))
        notes = [note for note in report.notes if note != why]
        console.print(f"[dim]{escape(' · '.join(notes))}[/dim]", highlight=False)
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

    async def _evaluate(self, folder: Path) -> "Summary":
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
                    samples = await world.enter_async_context(self.world)
                    look = await world.enter_async_context(
                        second_look(self.verify, policy, self.model)
                    )
                with progress(len(samples), console) as on_result:
                    return await evaluate(
                        self.wrap(policy) if self.wrap else policy,
                        samples,
                        folder,
                        limits=self.limits,
                        workers=self.workers,
                        second_look=look,
                        on_result=on_result,
                        max_faults=self.max_faults,
                    )
        finally:
            await policy.close()
