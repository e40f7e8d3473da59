"""One task of practice on a site: a goal, the way to it, and what is so once it is reached."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from vigorl.browser.environment import Score
from vigorl.tasks.local.plan import PlanStep, tell
from vigorl.tasks.sites.application import StandInSite
from vigorl.tasks.visualwebarena.task import SiteName


@dataclass(frozen=True)
class SiteState:
    """What an episode has left behind."""

    site: StandInSite
    path: str
    """The part of the shown page's address behind the site's, without what follows a `#`."""
    answer: str | None

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return [tuple(row) for row in self.site.all(sql, *values)]


@dataclass(frozen=True)
class SiteTask:
    """What is to be done, how, and whether it was."""

    site: SiteName
    goal: str
    plan: Sequence[PlanStep]
    is_done: Callable[[SiteState], bool]
    answer: str | None = None
    """What is to be told in the end; None: the state alone decides."""

    def score(self, state: SiteState) -> Score:
        """1 where the goal is reached, and the answer told where one was asked for."""
        if self.answer is not None and not is_told(self.answer, state.answer or ""):
            return Score(0.0, f'"{self.answer}" was not told')
        if not self.is_done(state):
            return Score(0.0, "the site does not hold what was asked for")
        return Score(1.0)


def is_told(answer: str, text: str) -> bool:
    """Whether an answer stands in a text, and not as a part of another word or number."""
    whole = rf"(?<![\w.,]){re.escape(answer)}(?!\w|[.,]\d)"
    return re.search(whole, text, re.IGNORECASE) is not None


Draws = Callable[[Random, Any], SiteTask]
"""Draws a task from the contents of its site."""


def asked(site: SiteName, goal: str, way: Sequence[PlanStep], answer: str) -> SiteTask:
    """A task that ends with an answer; the way leads to where it can be seen."""
    return SiteTask(site, goal, [*way, tell(answer, "the answer")], lambda state: True, answer)
