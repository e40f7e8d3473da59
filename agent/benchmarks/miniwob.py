"""MiniWoB++ as samples of an evaluation and as a list."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from functools import partial

from pydantic import TypeAdapter
from rich.table import Table

from vigorl.agent.evaluation.evaluation import Sample
from vigorl.agent.record.trajectory import as_json
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Environment
from vigorl.browser.remote import RemotePage, RemoteService
from vigorl.browser.wire import AskedTask, row_sha256
from vigorl.tasks.miniwob.environment import MiniwobEnvironment
from vigorl.tasks.miniwob.files import version
from vigorl.tasks.miniwob.oracle import FLAWED, ORACLES, UNSUPPORTED
from vigorl.tasks.miniwob.pages import PagePool
from vigorl.tasks.miniwob.registry import Ticket, task_names, task_split, tickets
from vigorl.tasks.task import Split, TaskRow

DRAWN_AT_ONCE = 4
"""Pages that say what their goals are, before the evaluation begins."""
ROWS_AT_ONCE = 50
"""Of one request to a service."""


@asynccontextmanager
async def open_miniwob(
    seeds_per_task: int,
    names: Sequence[str] | None,
    split: Split,
    skipped_seeds: int = 0,
    workers: int = 2,
    boundary: Boundary | None = None,
    envs: RemoteService | None = None,
    browser: Browser | None = None,
) -> AsyncIterator[list[Sample]]:
    """Samples of MiniWoB++, playable as long as the block lasts.

    All tasks of a seed come before the next seed: a run that is cut short has seen every task.
    With `envs`, they are drawn and played on a service, and no browser is started here. A browser
    that is given stays open; without one, they have one of their own.

    Raises:
        UsageError: one of the names is no task, or MiniWoB++ is not installed.
        InfrastructureFault: the browser does not start, or a page broke.
    """
    chosen = tickets(split, seeds_per_task, names, skipped_seeds)
    if envs is not None:
        yield await _remote_samples(chosen, envs)
        return
    idle = max(workers, DRAWN_AT_ONCE)
    async with (
        nullcontext(browser) if browser else Browser() as shown,
        PagePool(shown, boundary, idle) as pages,
    ):
        by_task = sorted(range(len(chosen)), key=lambda index: chosen[index].task)
        rows: dict[int, TaskRow] = {}

        async def draw(indices: Sequence[int]) -> None:
            for index in indices:
                rows[index] = await pages.draw(chosen[index])

        share = -(-len(by_task) // DRAWN_AT_ONCE)
        shares = (by_task[start : start + share] for start in range(0, len(by_task), share))
        async with asyncio.TaskGroup() as group:
            for indices in shares:
                group.create_task(draw(indices))

        def make(row: TaskRow) -> Environment:
            return MiniwobEnvironment(pages, row)

        drawn = (rows[index] for index in range(len(chosen)))
        yield [_sample(row, partial(make, row)) for row in drawn]


def _sample(row: TaskRow, make: Callable[[], Environment]) -> Sample:
    return Sample(row.id, (row.name,), as_json(row), make, instruction=row.goal)


async def _remote_samples(chosen: Sequence[Ticket], envs: RemoteService) -> list[Sample]:
    """Samples whose rows a service draws, and whose worlds it keeps."""
    await envs.check("miniwob")
    asked = [AskedTask("miniwob", ticket.task, ticket.seed) for ticket in chosen]
    parts = [asked[start : start + ROWS_AT_ONCE] for start in range(0, len(asked), ROWS_AT_ONCE)]
    drawn = [row for part in parts for row in await envs.rows(part)]

    def make(row: TaskRow, task: AskedTask) -> Environment:
        meant = replace(task, row_sha256=row_sha256(as_json(row)))
        return RemotePage(envs, meant, MiniwobEnvironment.actions, row.goal)

    rows = [TypeAdapter(TaskRow).validate_python(row) for row in drawn]
    pairs = zip(rows, asked, strict=True)
    return [_sample(row, partial(make, row, task)) for row, task in pairs]


def miniwob_table() -> Table:
    """Names, splits, and which can be done by the oracle.

    Raises:
        UsageError: MiniWoB++ is not installed.
    """
    table = Table(title=f"MiniWoB++ {version()}", title_justify="left")
    table.add_column("name", style="bold", no_wrap=True)
    table.add_column("split")
    table.add_column("oracle")
    for name in task_names():
        oracle = "yes" if name in ORACLES else f"no: {UNSUPPORTED[name]}"
        if name in FLAWED:
            oracle = f"not for all seeds: {FLAWED[name]}"
        table.add_row(f"miniwob/{name}", task_split(name), oracle)
    return table
