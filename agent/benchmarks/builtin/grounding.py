"""Grounding on still screenshots of one's own, of `data generate`, or of published files."""

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from vigorl.agent.benchmarks.benchmark import Benchmark, Check, Opened, Opening
from vigorl.browser.grounding_rule import GroundingRule

if TYPE_CHECKING:
    from vigorl.agent.benchmarks.data_check import DataCheck


@dataclass(frozen=True, slots=True)
class GroundingOptions:
    """What is asked of a grounding set."""

    data: Path
    """A folder with manifest.json, a folder of shards of `data generate`, or a file of OS-Atlas,
    SeeClick, ShowUI, UGround or ViGoRL."""
    images: Path | None = None
    """Folder that image paths of such a file are relative to. Default: beside it or above."""
    limit: Annotated[int | None, Option(min=1)] = None
    """Play only the first N samples."""
    rule: GroundingRule = "hit"
    """Right answer: a click in the target ([bold]hit[/bold]), where a miss may score how near it
    is ([bold]distance[/bold]); or a box, drawn by a drag, with its middle in the target
    ([bold]center[/bold]) or with an overlap (IoU) of at least 0.5, where a smaller one scores
    itself ([bold]overlap[/bold])."""


@dataclass(frozen=True, slots=True)
class GroundingCheck:
    """What is looked at."""

    data: Path
    """A file of OS-Atlas, SeeClick, ShowUI, UGround or ViGoRL."""
    images: Path | None = None
    """Folder that its image paths are relative to. Default: beside it or above."""


def _open(options: GroundingOptions) -> Opening:
    from vigorl.agent.benchmarks.still_images import still_samples
    from vigorl.agent.rollout import Limits

    samples = still_samples(options.data, options.images, options.limit, options.rule)
    return lambda setting: nullcontext(Opened(samples, Limits(steps=12)))


def _check(options: GroundingCheck) -> "DataCheck":
    from vigorl.agent.benchmarks.data_check import check_of_grounding

    return check_of_grounding(options.data, options.images)


BENCHMARKS = (
    Benchmark(
        name="grounding",
        about="""Point at what an instruction names, on still screenshots.

The folder holds [bold]manifest.json[/bold], a list of
{"id", "image", "instruction", "bbox_xyxy", "ui_type": "text" or "icon"}; boxes are in px of
the image. Or it is a folder of [bold]data generate[/bold]; or a file of OS-Atlas, SeeClick,
ShowUI, UGround or ViGoRL. A click inside the box, border included, is right, unless
[bold]--rule[/bold] says otherwise.

[dim]$[/dim] vigorl-agent eval grounding --data data/test""",
        options=GroundingOptions,
        open=_open,
        check=Check(
            about="""Open every image, map every box into it, and name the rows that are of no use.

Exit code 0 says that there are none, 1 that there are.

[dim]$[/dim] vigorl-agent data check grounding --data uground.json""",
            options=GroundingCheck,
            run=_check,
        ),
    ),
)
