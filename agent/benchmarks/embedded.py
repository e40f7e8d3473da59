"""The embedded tasks, as samples of an evaluation and as a list."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from functools import partial

from rich.markup import escape
from rich.table import Table

from vigorl.agent.evaluation.evaluation import Sample
from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.agent.record.named_boxes import NamedBox
from vigorl.agent.record.trajectory import as_json
from vigorl.agent.witness import boxes_on
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Environment
from vigorl.browser.page_settings import PageSettings
from vigorl.browser.remote import RemotePage, RemoteService
from vigorl.browser.wire import AskedTask, row_sha256
from vigorl.tasks.environment import TaskEnvironment, Told
from vigorl.tasks.local.registry import TASKS, task_rows
from vigorl.tasks.local.site import Site
from vigorl.tasks.task import Split, TaskRow


@asynccontextmanager
async def open_tasks(
    seeds_per_task: int,
    names: Sequence[str] | None,
    split: Split,
    told: Told,
    skipped_seeds: int = 0,
    boundary: Boundary | None = None,
    envs: RemoteService | None = None,
    browser: Browser | None = None,
) -> AsyncIterator[list[Sample]]:
    """Samples of the embedded tasks, playable as long as the block lasts.

    All tasks of a seed come before the next seed: a run that is cut short has seen every task.
    Their pages may go where the boundary says, beside the tasks' site; None: nowhere else.
    With `envs`, they are played on a service, and no browser is started here. A browser that is
    given stays open; without one, they have one of their own.

    Raises:
        UsageError: one of the names is no task, or the service has none.
        InfrastructureFault: the browser or the site does not start.
    """
    rows = task_rows(split, seeds_per_task, names, skipped_seeds)
    rows = tuple(sorted(rows, key=lambda row: row.seed))
    if envs is not None:
        await envs.check("tasks")
        yield [_sample(row, told, partial(_remote, row, told, envs)) for row in rows]
        return
    settings = PageSettings(boundary=boundary or Boundary(allow=()))
    async with nullcontext(browser) if browser else Browser() as shown, Site() as site:

        def make(row: TaskRow) -> Environment:
            return TaskEnvironment(site, shown, row, settings, told)

        yield [replace(_sample(row, told, partial(make, row)), look=_look) for row in rows]


def _sample(row: TaskRow, told: Told, make: Callable[[], Environment]) -> Sample:
    asked = row.goal if told == "goal" else row.instructions
    truth = GroundTruth(answer=row.answer)
    return Sample(row.id, (row.name,), as_json(row), make, False, asked, truth)


def _remote(row: TaskRow, told: Told, envs: RemoteService) -> Environment:
    digest = row_sha256(as_json(row))
    asked = AskedTask("tasks", row.name, row.seed, told, row_sha256=digest)
    goal = row.goal if told == "goal" else row.instructions
    return RemotePage(envs, asked, TaskEnvironment.actions, goal)


async def _look(environment: Environment) -> tuple[NamedBox, ...] | None:
    """What can be named on a task's page."""
    assert isinstance(environment, TaskEnvironment)
    return await boxes_on(environment)


def task_table(seed: int) -> Table:
    """Names and goals.

    Raises:
        UsageError: the seed belongs to no split.
    """
    rows = [task.row(seed) for task in TASKS.values()]
    return goals_table(f"Embedded tasks, seed {seed}", rows)


def goals_table(title: str, rows: Iterable[TaskRow]) -> Table:
    """Tasks by the names that `run --task` and `eval --task` take, with their goals."""
    table = Table(title=title, title_justify="left", show_lines=True)
    table.add_column("name", style="bold", no_wrap=True)
    table.add_column("goal")
    for row in rows:
        table.add_row(escape(row.name), escape(row.goal))
    return table
