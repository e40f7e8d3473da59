"""Configuration of a search for reasoning, and of the chains made of its trees."""

from dataclasses import asdict, dataclass, field
from typing import Annotated, Literal

from typer import Option

from vigorl.browser.errors import UsageError


@dataclass(frozen=True)
class SearchConfig:
    """How a tree is searched. Source of the defaults but for the last three: arXiv 2505.23678."""

    simulations: Annotated[int, Option(min=1, rich_help_panel="Tree")] = 8
    """Nodes of a tree to expand."""
    children: Annotated[int, Option(min=1)] = 3
    """Steps to sample behind each expanded node."""
    rollouts: Annotated[int, Option(min=1)] = 2
    """Rollouts that score a new step, the one that it comes from included."""
    depth: Annotated[int, Option(min=1)] = 10
    """Deepest node, in steps from the root."""
    exploration: Annotated[float, Option(min=0)] = 2.0
    """Exploration constant c of UCB."""
    turns: Annotated[int, Option("--max-turns", min=1)] = 5
    """Most turns of a rollout."""
    by_sentence: bool = True
    """Whether a step may end inside of a turn; then the server must be able to go on there."""
    rounds: int = field(default=2, metadata={"option": False})
    """How often children are sampled: the first time, and in place of those that repeat others."""
    seed: int = 0
    """Seed of sampling."""
    samples_at_once: Annotated[int, Option("--workers", min=1)] = 4
    """Samples searched at the same time."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if name not in ("seed", "by_sentence", "exploration") and value < 1:
                raise UsageError(f"{name} is {value}; give at least 1")
        if self.exploration < 0:
            raise UsageError(f"exploration is {self.exploration:g}; give at least 0")


@dataclass(frozen=True)
class ChainConfig:
    """Which chains are made of a tree, at most."""

    straight: Annotated[int, Option(min=0, rich_help_panel="Chains of a search")] = 1
    """Most chains of a tree that go straight to the right answer."""
    corrected: Annotated[int, Option(min=0)] = 1
    """Most chains of a tree that err, look back ('wait') and correct themselves."""
    detour: Annotated[int, Option(min=1)] = 2
    """Most steps of a wrong way before it is corrected."""
    pairs: Literal["drawn", "all"] = "drawn"
    """Chains to make: those that the three options above draw, whose errors are short; or
    [bold]all[/bold], as published: every right episode, and every wrong one at full length
    corrected by every right one. Many, of long errors. Source: arXiv 2505.23678."""
    seed: int = field(default=0, metadata={"option": False})
    """Of which wrong ways are taken, and of the words between."""

    def __post_init__(self) -> None:
        if min(self.straight, self.corrected) < 0 or self.straight + self.corrected == 0:
            raise UsageError("no chains are asked for: give --straight or --corrected at least 1")
        if self.detour < 1:
            raise UsageError(f"a detour of {self.detour} steps is none: give at least 1")
