"""The desktop tasks, as samples of an evaluation and as a list."""

from collections.abc import Sequence

from rich.table import Table

from vigorl.agent.benchmarks.embedded import goals_table
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.record.trajectory import as_json
from vigorl.browser.environment import Environment
from vigorl.tasks.desktop.environment import DesktopTaskEnvironment
from vigorl.tasks.desktop.registry import DESKTOP_TASKS
from vigorl.tasks.environment import Told
from vigorl.tasks.task import TaskRow


def desktop_samples(rows: Sequence[TaskRow], told: Told) -> list[Sample]:
    """Samples of desktop tasks; each starts a screen of its own."""

    def sample(row: TaskRow) -> Sample:
        def make() -> Environment:
            return DesktopTaskEnvironment(row, told)

        asked = row.goal if told == "goal" else row.instructions
        return Sample(row.id, (row.name,), as_json(row), make, False, asked)

    return [sample(row) for row in rows]


def desktop_table(seed: int) -> Table:
    """Names and goals.

    Raises:
        UsageError: the seed belongs to no split.
    """
    rows = [task.row(seed) for task in DESKTOP_TASKS.values()]
    return goals_table(f"Desktop tasks, seed {seed}", rows)
