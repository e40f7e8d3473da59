"""`vigorl-agent show`: a recorded episode, or two side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.markup import escape
from typer import Argument, Option

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.ending import print_path, result_of, write_pictures
from vigorl.agent.cli.main import errors, print_json
from vigorl.agent.cli.options import AsJson
from vigorl.agent.cli.terminal import Console
from vigorl.browser.errors import UsageError

if TYPE_CHECKING:
    from vigorl.agent.record.trajectory import Trajectory

app = App()


@app.command()
def show(
    runs: Annotated[
        list[Path],
        Argument(help="A recorded run's folder, or two to compare.", show_default=False),
    ],
    animation: Annotated[
        Path | None,
        Option(
            help="Also write the run as a moving picture into this file, .webp, .gif or .webm.",
            show_default=False,
        ),
    ] = None,
    gif: Annotated[
        bool, Option("--gif", help="Also write the run as animation.gif into its folder.")
    ] = False,
    webm: Annotated[
        bool, Option("--webm", help="Also write the run as animation.webm into its folder.")
    ] = False,
    opens: Annotated[bool, Option("--open", help="Open the page in your browser.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a recorded run, and write it as one HTML page and one picture; or compare two runs.

    [dim]$[/dim] vigorl-agent show runs/20261121-101500-find-a-kettle-3f9a --gif --open

    [dim]$[/dim] vigorl-agent show runs/find-a-kettle-3f9a runs/find-a-kettle-71c0 --open
    """
    with errors(as_json):
        from vigorl.agent.record.trajectory import read_trajectory
        from vigorl.agent.viewer.episode_page import open_page

        if len(runs) > 2:
            raise UsageError(f"show takes a run, or two to compare; these are {len(runs)}")
        if len(runs) == 2 and (animation or gif or webm):
            raise UsageError("an animation shows one run: name one, or leave the animation out")
        recorded = [read_trajectory(run) for run in runs]
        console = Console(stderr=as_json)
        if len(recorded) == 2:
            page = _compare(recorded, console)
        else:
            folder = recorded[0].folder
            moving = [animation] if animation else []
            moving += [folder / "animation.gif"] if gif else []
            moving += [folder / "animation.webm"] if webm else []
            page = _print_whole(recorded[0], moving, console)
        if opens:
            open_page(page)
    if as_json:
        results = [result_of(each) for each in recorded]
        print_json({"runs": results, "page": str(page)} if len(results) == 2 else results[0])


def _print_whole(trajectory: "Trajectory", moving: Sequence[Path], console: Console) -> Path:
    """Print an episode and write its pages; the page's path.

    Args:
        trajectory: The episode.
        moving: Where its animations go.
        console: Where to.
    """
    from vigorl.agent.viewer.animation import undrawn, write_animation
    from vigorl.agent.viewer.show import print_trajectory

    print_trajectory(trajectory, console)
    page = write_pictures(trajectory, console)
    for path in moving:
        print_path("animation", write_animation(trajectory, path), console)
    if moving and (lacking := undrawn(trajectory)):
        console.print(
            f"  [yellow]no font on this machine has[/] {escape(lacking)}: the animation gives "
            "their codes; with a font that has them (Debian: fonts-noto-cjk, fonts-noto-core) it "
            "draws them",
            highlight=False,
            soft_wrap=True,
        )
    return page


def _compare(trajectories: Sequence["Trajectory"], console: Console) -> Path:
    """Print how two episodes ended, and write them side by side; the page's path."""
    from vigorl.agent.viewer.episode_page import write_comparison
    from vigorl.agent.viewer.show import ending, header

    left, right = trajectories
    for trajectory in trajectories:
        console.print(header(trajectory), ending(trajectory))
        print_path("recorded", trajectory.folder, console)
        console.print()
    name = f"against-{right.folder.resolve().name}.html"
    page = write_comparison(left, right, left.folder / name)
    print_path("page", page, console)
    return page
