"""Configuration of `vigorl-agent humans export`: how many steps, and what the page says."""

from dataclasses import dataclass
from typing import Annotated

from typer import Option

from vigorl.browser.errors import UsageError


@dataclass(frozen=True)
class StudyConfig:
    """A study to be made."""

    n: Annotated[int, Option("--n", metavar="N", min=1)] = 80
    """Steps to rate, half of them from solved episodes, evenly over tasks."""
    checks: Annotated[int, Option(min=0)] = 6
    """Attention checks among them, whose answers are known."""
    seed: int = 0
    """Seed of what is drawn; the same seed and runs give the same page."""
    contact: str = ""
    """Whom raters can ask, and who is responsible: a line on the first screen."""
    max_mb: Annotated[float, Option(metavar="MB", min=0.1)] = 12.0
    """Size that the page may have; pictures are made smaller until it fits."""

    def __post_init__(self) -> None:
        if self.n < 1 or self.checks < 0 or self.max_mb <= 0:
            raise UsageError("a study has at least one step, no fewer than 0 checks, and some size")
