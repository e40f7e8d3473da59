"""Configuration of `vigorl-agent data generate`: screenshots with ground truth, by seed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from vigorl.browser.errors import UsageError
from vigorl.tasks.world.splits import Dataset, Screens, WorldSplit

PAGES_A_SHARD: dict[Dataset, int] = {"screens": 100, "small": 25, "simple": 250}


@dataclass(frozen=True, slots=True)
class GenerateConfig:
    """One data set of drawn pages: of one split and one seed."""

    out: Path
    """Folder of the shards; each folder holds one data set. The same command again resumes it."""
    dataset: Dataset = "screens"
    """Pages of all kinds ([bold]screens[/bold]); dense windows on large screens, with targets of
    at most a thousandth of the picture ([bold]small[/bold]); or a dozen words
    ([bold]simple[/bold])."""
    split: WorldSplit = "train"
    """Split of the data; layouts, fonts, words and icon sets of one split are in no other."""
    pages: Annotated[int, Option(min=1)] = 1000
    """Pages in all, those included that are there already."""
    seed: int = 0
    """Seed of the pages; the same seed draws the same pages."""
    screens: Screens = "mixed"
    """Viewports of 'screens': from phones to full HD ([bold]mixed[/bold]), or 448x320 to 1024x640
    CSS px ([bold]little[/bold])."""
    workers: Annotated[int, Option(min=1)] = 4
    """Tabs that render at the same time."""
    pages_a_shard: Annotated[int | None, Option(min=1)] = None
    """Pages in a shard. Default: 100; of 'small' 25, of 'simple' 250."""

    def __post_init__(self) -> None:
        if self.pages < 1 or self.workers < 1 or (self.pages_a_shard or 1) < 1:
            raise UsageError("--pages, --workers and --pages-a-shard must be at least 1")

    @property
    def stem(self) -> str:
        """Beginning of the shards' names."""
        return f"{self.dataset}-{self.split}"

    @property
    def shard_pages(self) -> int:
        """Pages in each shard but the last."""
        return self.pages_a_shard or PAGES_A_SHARD[self.dataset]

    def identity(self) -> dict[str, Any]:
        """What two runs must share to write into the same folder."""
        from vigorl.tasks.world.shards import FORMAT

        return {
            "format": FORMAT, "dataset": self.dataset, "split": self.split, "seed": self.seed,
            "screens": self.screens, "pages_a_shard": self.shard_pages,
        }  # fmt: skip
