"""The commands of `vigorl-agent eval`: made from a benchmark's record, and what they do."""

import asyncio
import inspect
import os
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from vigorl.agent.cli import options
from vigorl.agent.cli.evaluation_tables import show_evaluation
from vigorl.agent.cli.fields import shown
from vigorl.agent.cli.main import errors, play
from vigorl.agent.cli.options import (
    ANYWHERE,
    HERE,
    BoundaryOptions,
    EnvsOptions,
    EvaluationOptions,
)
from vigorl.agent.cli.terminal import Console
from vigorl.browser.errors import UsageError
from vigorl.policy.model_config import ModelConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from vigorl.agent.benchmarks.benchmark import Benchmark, Opening
    from vigorl.agent.evaluation.play_queue import PlayQueue
    from vigorl.agent.evaluation.sample_outcome import PlayOrder, SampleOutcome
    from vigorl.agent.evaluation.shards import Heading, Shard
    from vigorl.agent.evaluation.summary import Summary
    from vigorl.agent.rollout import Limits
    from vigorl.browser.boundary import Boundary
    from vigorl.browser.remote import RemoteService

Out = Annotated[
    Path | None,
    typer.Option(
        help="Where to record, or the folder of an evaluation that was stopped, to go on with it; "
        "default: a new one in runs/."
    ),
]

MaxFaults = Annotated[float, shown(EvaluationOptions, "max_faults")]
Workers = Annotated[int | None, shown(EvaluationOptions, "workers")]
Processes = Annotated[int | None, shown(EvaluationOptions, "processes")]
Ray = Annotated[str | None, shown(EvaluationOptions, "ray")]
SharedWorkers = Annotated[
    int, typer.Option(min=1, help="Episodes at once; they see each other's changes.")
]
ShardText = Annotated[str | None, shown(EvaluationOptions, "shard")]


def command_of(benchmark: "Benchmark") -> "Callable[..., None]":
    """The command `eval NAME`: the benchmark's own options, and those that all of them have."""

    def command(
        benchmark_options: Any,
        model: str,
        policy: ModelConfig,
        network: BoundaryOptions = ANYWHERE,
        service: EnvsOptions = HERE,
        **given: Any,
    ) -> None:
        with errors(given["as_json"]):
            asked, shard = benchmark_options, shard_of(given["shard"])
            config = replace(policy, model=model)
            processes, ray = given.get("processes"), given.get("ray")
            if given.get("workers") is not None and (processes, ray) != (None, None):
                raise UsageError(
                    f"give --{'processes' if processes else 'ray'} or --workers, not both"
                )
            workers = processes or (
                1 if ray else workers_of(benchmark, config, given.get("workers"))
            )
            Measurement(
                benchmark,
                benchmark.run_name(asked) if benchmark.run_name else benchmark.name,
                replace(config, turns_at_once=workers),
                asked,
                benchmark.open(asked),
                shard,
                processes,
                ray,
                workers,
                network.boundary(),
                service.service(network.boundary()),
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
        ("workers", SharedWorkers, benchmark.workers)
        if benchmark.is_shared
        else ("workers", Workers, None),
        ("processes", Processes, None),
        ("ray", Ray, None),
        ("shard", ShardText, None),
        ("max_faults", MaxFaults, 0.05),
        ("network", BoundaryOptions, ANYWHERE),
        ("service", EnvsOptions, HERE),
        ("out", Out, None),
        ("as_json", options.AsJson, False),
    ]
    absent = set() if benchmark.has_pages else {"verify", "network"}
    absent |= set() if benchmark.is_served else {"service"}
    absent |= {"workers"} if benchmark.workers is None else set()
    absent |= {"processes", "ray"} if benchmark.workers is None or benchmark.is_shared else set()
    return [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
        )
        for name, annotation, default in shared
        if name not in absent
    ]


def shard_of(text: str | None) -> "Shard | None":
    """The shard of `--shard`; None: all of the evaluation.

    Raises:
        UsageError: it is none.
    """
    from vigorl.agent.evaluation.shards import Shard

    return None if text is None else Shard.of(text)


GRACE_S = 120.0
"""Beside its limit, for an episode's start, its judge and its end."""
EPISODES_A_CORE = 4
"""Two cores are busy with four to eight contexts of one Chromium (measured)."""


def workers_of(benchmark: "Benchmark", model: ModelConfig, asked: int | None) -> int:
    """How many episodes are played at once.

    Args:
        benchmark: Which may let episodes see each other.
        model: Whose place says how many turns it can be asked for at once.
        asked: What `--workers` says.
    """
    if asked is not None:
        return asked
    if benchmark.workers is None or benchmark.is_shared:
        return benchmark.workers or 1
    from vigorl.policy.capacity import model_capacity

    most = EPISODES_A_CORE * (os.cpu_count() or 1)
    return max(benchmark.workers, min(model_capacity(model) or 1, most))


def new_folder(name: str) -> Path:
    """Where an evaluation is recorded that nobody has named a folder for."""
    return Path("runs") / f"{datetime.now():%Y%m%d-%H%M%S}-{name}"


@dataclass(frozen=True)
class Measurement:
    """One evaluation, from its samples to its tables."""

    benchmark: "Benchmark"
    name: str
    """Of its run folders and tables."""
    model: ModelConfig
    options: Any
    """The benchmark's own."""
    opening: "Opening"
    shard: "Shard | None"
    processes: int | None
    ray: str | None
    """Address of a cluster."""
    workers: int
    boundary: "Boundary | None"
    envs: "RemoteService | None"
    out: Path | None
    as_json: bool
    verify: str | None = None
    """Which model takes a second look at what the policy calls done."""
    max_faults: float = 0.05
    """Share of broken episodes above which there is no score."""

    def play(self) -> None:
        """Evaluate, and show the tables."""
        name = self.name
        if self.shard is not None:
            name += f"-{self.shard.number}-of-{self.shard.count}"
        folder = self.out or new_folder(name)
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
        title = self._heading().title
        if self.shard is not None:
            title += f" · shard {self.shard}"
        show_evaluation(summary, title, self.benchmark.report, self.as_json)

    def _queue(
        self, folder: Path, limits: "Limits"
    ) -> "AbstractAsyncContextManager[PlayQueue[PlayOrder, SampleOutcome] | None]":
        """The processes that play, here or on a cluster; None: this one does."""
        if self.processes is None and self.ray is None:
            return nullcontext()
        from vigorl.agent.workers.process_place import process_queue
        from vigorl.agent.workers.ray_place import ray_queue
        from vigorl.agent.workers.worker_setting import WorkerSetting

        setting = WorkerSetting(
            self.benchmark.name,
            self.options,
            self.model,
            folder,
            self.boundary,
            self.verify,
            envs=self.envs,
        )
        deadline_s = setting.tries.count * (limits.seconds + GRACE_S)
        if self.ray is not None:
            return ray_queue(setting, self.ray, self.processes, deadline_s)
        assert self.processes is not None, "one of them is given"
        return process_queue(setting, self.processes, deadline_s)

    def _heading(self) -> "Heading":
        from vigorl.agent.evaluation.shards import Heading
        from vigorl.browser.vault import parted_url

        verifier = parted_url(self.verify)[0] if self.verify else ""
        return Heading(self.benchmark.name, f"{self.name} · {self._model_name()}", verifier)

    def _model_name(self) -> str:
        """The model without a log-in that stands in its URL."""
        from vigorl.browser.vault import parted_url

        return parted_url(self.model.model)[0]

    async def _evaluate(self, folder: Path) -> "Summary":
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
                where = "Chromium" if self.envs is None else "episodes elsewhere"
                with console.status(f"[dim]starting {where} …[/dim]"):
                    setting = Setting(policy, self.workers, self.boundary, self.envs)
                    opened = await world.enter_async_context(self.opening(setting))
                    look = await world.enter_async_context(
                        second_look(self.verify, policy, self.model)
                    )
                with console.status("[dim]starting workers …[/dim]"):
                    queue = await world.enter_async_context(self._queue(folder, opened.limits))
                if queue is not None and queue.absent:
                    many, why = len(queue.absent), escape(str(queue.absent[0]))
                    console.print(f"{many} of the workers did not start: {why}", highlight=False)
                ids = [sample.id for sample in opened.samples]
                count = len(self.shard.part(ids)) if self.shard else len(ids)
                with progress(count, console) as on_result:
                    return await evaluate(
                        opened.wrap(policy) if opened.wrap else policy,
                        opened.samples,
                        folder,
                        limits=opened.limits,
                        workers=self.workers,
                        second_look=look,
                        on_result=on_result,
                        max_faults=self.max_faults,
                        shard=self.shard,
                        heading=self._heading(),
                        queue=queue,
                    )
        finally:
            await policy.close()
