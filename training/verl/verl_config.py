"""Where verl runs, and on how many machines."""

from dataclasses import dataclass
from typing import Annotated, Literal

from typer import Option

from vigorl.browser.errors import UsageError

EngineName = Literal["local", "verl"]


@dataclass(frozen=True)
class EngineOptions:
    """Who samples and learns."""

    engine: Annotated[EngineName, Option("--engine", rich_help_panel="Engine")] = "local"
    """Sample and learn in this process ([bold]local[/bold]), or let [bold]verl[/bold] do both on
    GPUs, with vLLM, over one machine or many. It has an environment of its own."""
    verl_python: Annotated[str | None, Option(metavar="PATH", envvar="VIGORL_VERL_PYTHON")] = None
    """Python of the environment with verl and this package. Default: the one that runs this."""
    nodes: Annotated[int, Option(min=1)] = 1
    """Machines of the Ray cluster that verl trains on; of several, this one has been added to it,
    and --out and the model are on a disk that all of them see."""
    gpus_per_node: Annotated[int, Option(min=1)] = 8
    """GPUs of each machine."""
    gpus_per_sampler: Annotated[int, Option(min=1)] = 1
    """GPUs that share one copy of the model for sampling (tensor parallelism)."""

    settings: Annotated[tuple[str, ...], Option("--verl-set", metavar="NAME=VALUE")] = ()
    """Further setting of verl, by its own name, which wins over ours; may be repeated."""

    def __post_init__(self) -> None:
        if wrong := [each for each in self.settings if "=" not in each]:
            raise UsageError(f"--verl-set {wrong[0]}: NAME=VALUE, as verl's command line takes it")
        if self.gpus_per_node % self.gpus_per_sampler:
            raise UsageError(
                f"{self.gpus_per_node} GPUs a machine and {self.gpus_per_sampler} to a sampler: "
                "the first is a multiple of the second"
            )


HERE = EngineOptions()
"""This process."""
