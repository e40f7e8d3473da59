"""What is held out for tests: it is measured on, and not learnt from."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vigorl.browser.errors import UsageError
from vigorl.tasks.task import TEST_SEEDS


def is_held_out(task: Mapping[str, Any] | None) -> bool:
    """Whether the frozen row of a task says that it is one of a test split.

    Embedded tasks and MiniWoB++ have seeds that say so, and generated pages a split. Of the tasks
    of published benchmarks (ScreenSpot, VisualWebArena, …) nothing here can tell.
    """
    if task is None:
        return False
    seed = task.get("seed")
    return task.get("split") == "test" or (isinstance(seed, int) and seed in TEST_SEEDS)


def check_learnable(data: Path) -> None:
    """Look whether a folder of generated pages may be learnt from.

    Raises:
        UsageError: its card says that it is a test split.
    """
    try:
        card = json.loads((data / "card.json").read_bytes())
    except (OSError, ValueError):  # it has none, or none that says anything
        return
    if isinstance(card, dict) and card.get("split") == "test":
        raise UsageError(
            f"{data} is a test split, which is held out to measure on: learn from another one, "
            "made by `vigorl-agent data generate --split train`"
        )
