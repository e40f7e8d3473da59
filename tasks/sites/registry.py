"""The stand-in tasks: in VisualWebArena's format, each with a plan for the oracle and a wrong one.

Their JSON has one more key, `needs_pictures`: whether a task can be done only by who sees the
pictures on the pages.
"""

from pathlib import Path

from vigorl.tasks.sites.plans import classifieds, forum, shop
from vigorl.tasks.sites.plans.moves import Ways
from vigorl.tasks.visualwebarena.files import read_tasks
from vigorl.tasks.visualwebarena.task import Sites, VwaTask

TASKS = Path(__file__).parent / "tasks"
"""The folder with the task files and the pictures that belong to them."""

ANYWHERE = Sites(*(f"__{name}__" for name in ("CLASSIFIEDS", "REDDIT", "SHOPPING")))
"""Leaves the placeholders as they are: for what must be the same wherever the sites are."""


def stand_in_tasks(sites: Sites = ANYWHERE) -> tuple[VwaTask, ...]:
    """All tasks, for the sites at these addresses."""
    return read_tasks(sites, TASKS)


def needs_pictures(task: VwaTask) -> bool:
    """Whether a task can be done only by who sees pictures."""
    return bool(task.json["needs_pictures"])


def ways(task: VwaTask, sites: Sites) -> Ways:
    """How a task is done, and how it is not."""
    plans = {
        "classifieds": classifieds.PLANS,
        "reddit": forum.plans(sites),
        "shopping": shop.PLANS,
    }
    return plans[task.site][task.index]
