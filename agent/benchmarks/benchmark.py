"""Benchmark: one record, from which `eval`, `data check` and `tasks list` are made.

A benchmark of this package is a module of `vigorl.agent.benchmarks.builtin` and a line of
`vigorl.agent.benchmarks.registry`; one of another package is an entry point of the group
`vigorl.benchmarks` that names such a record. The record is read for every `--help`, so it imports
what it needs (a browser, say) only where that is used.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

    from vigorl.agent.benchmarks.data_check import DataCheck
    from vigorl.agent.evaluation.evaluation import Result, Summary
    from vigorl.agent.evaluation.report import EvaluationReport
    from vigorl.agent.evaluation.sample import Sample
    from vigorl.agent.rollout import Limits
    from vigorl.browser.boundary import Boundary
    from vigorl.browser.remote import RemoteService
    from vigorl.policy.policy import Policy


@dataclass(frozen=True)
class Setting:
    """How an evaluation is played, whatever the benchmark."""

    policy: "Policy"
    workers: int
    """Episodes at once."""
    boundary: "Boundary | None" = None
    """Where pages may go beside the benchmark's own sites; None: as the benchmark has it."""
    envs: "RemoteService | None" = None
    """Who keeps the worlds; None: this process. Only of benchmarks that are `is_served`."""


@dataclass(frozen=True)
class Opened:
    """A benchmark that can be played, as long as it is open."""

    samples: "Sequence[Sample]"
    limits: "Limits"
    """Of each episode."""
    wrap: "Callable[[Policy], Policy] | None" = None
    """What goes around the policy."""


Opening = Callable[[Setting], AbstractAsyncContextManager[Opened]]


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation has recorded, from which a benchmark makes its own tables."""

    results: "Sequence[Result]"
    tasks: "Mapping[str, Mapping[str, Any]]"
    """The frozen row of each sample, by its id: `Sample.task` as it was recorded."""
    summary: "Summary"
    title: str


@dataclass(frozen=True)
class Check:
    """Looks whether a copy of a benchmark's data is whole: `data check NAME`."""

    about: str
    """Help text; its first line stands in the list of commands."""
    options: type[Any]
    """A dataclass; its fields are the command's options."""
    run: "Callable[[Any], DataCheck]"
    """Takes such options."""


@dataclass(frozen=True)
class Benchmark:
    """One benchmark."""

    name: str
    """Of the command `eval NAME`, and of its run folders."""
    about: str
    """Help text of the command; its first line stands in the list of commands."""
    options: type[Any]
    """A dataclass; its fields are the command's own options."""
    open: Callable[[Any], Opening]
    """Takes such options and reads what can be read before anybody plays; the rest is done when
    what it returns is entered.

    Raises:
        UsageError: the options or the data are not as they should be.
    """
    has_pages: bool = False
    """It is played on live pages: what may be reached, and a second look, are options. Otherwise it
    is one of still pictures, and whether the policy may zoom is one."""
    model: str | None = "reader"
    """Default of `--model`; None: it has to be named."""
    workers: int | None = 1
    """Default of `--workers` for a policy that computes on this machine's CPU; None: one episode at
    a time, and no such option."""
    is_served: bool = False
    """Its worlds can be played on a service: `Setting.envs`."""
    is_shared: bool = False
    """Episodes see each other's changes: `workers` is the default for every policy."""
    check: Check | None = None
    tasks: "Callable[[int], RenderableType] | None" = None
    """Lists its tasks for a seed: `tasks list`."""
    report: "Callable[[Evaluated], EvaluationReport] | None" = None
    """Its own tables; None: the summary's cells."""
    run_name: Callable[[Any], str] | None = None
    """The name of run folders where the options tell a closer one."""
