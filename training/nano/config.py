"""Configuration of a training of nano."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from typer import Option

from vigorl.browser.errors import UsageError

Route = Literal["pixels", "reading"]
Preset = Literal["cpu", "gpu"]


@dataclass(frozen=True)
class NanoConfig:
    """One training of nano, the embedded model."""

    route: Route
    """Input of the network: pixels alone, or the text that OCR reads on the screen, like the one
    that is shipped."""
    preset: Preset = "cpu"
    """Size of the network: one for a laptop, or the shipped one, which needs a GPU."""
    minutes: Annotated[float, Option(min=0)] = 20.0
    """Minutes of wall clock; the learning rate decays with it."""
    seed: int = 0
    """Seed of weights and examples."""
    workers: Annotated[int, Option(min=0)] = 2
    """Processes that make examples."""
    fonts: Annotated[tuple[Path, ...], Option(metavar="PATH")] = ()
    """Folder of fonts for drawn pages; may be repeated. Default: the system's, those of the
    training split."""
    world: Annotated[tuple[Path, ...], Option(metavar="PATH")] = ()
    """Folder of shards of [bold]data generate[/bold], for half of the pages of 'pixels'; may be
    repeated."""
    start: Path | None = None
    """Checkpoint to begin with. Default: random weights."""
    steps: Annotated[int | None, Option(min=1)] = None
    """Optimizer updates, in place of minutes: the same seed then gives the same weights on one
    machine."""
    data: Path = Path(__file__).parent / "recorded"
    """For 'reading', the folder that [bold]data oracles[/bold] prepared. Default: the recordings
    in the package."""

    def __post_init__(self) -> None:
        if self.route == "reading" and not (self.data / "episodes.jsonl.gz").is_file():
            raise UsageError(
                f"{self.data} holds no episodes: `vigorl-agent data oracles --out DIR` makes some"
            )
        if self.minutes <= 0:
            raise UsageError(f"{self.minutes:g} minutes are none: give a number above 0")
        if self.steps is not None and self.steps < 1:
            raise UsageError(f"{self.steps} steps are none: give at least 1")
