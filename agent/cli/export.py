"""`vigorl-agent export`: recorded episodes in the formats of other trainers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from rich.markup import escape
from typer import Argument, Option

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, print_json
from vigorl.agent.cli.options import AsJson
from vigorl.agent.cli.terminal import Console
from vigorl.training.search.config import ChainConfig

if TYPE_CHECKING:
    from vigorl.training.data.episodes import RecordedEpisode

app = App()


@dataclass(frozen=True)
class ScoreBounds:
    """Which episodes are written, by their score."""

    min_score: Annotated[float | None, Option(min=0, max=1, rich_help_panel="Episodes")] = None
    """Take episodes with at least this score. Default: 1; all tasks for verl."""
    max_score: Annotated[float | None, Option(min=0, max=1)] = None
    """Take episodes with at most this score."""
    test_data: bool = False
    """Take episodes of test seeds too, on which nothing can be measured afterwards."""


@app.command("export")
def export(
    runs: Annotated[
        list[Path],
        Argument(help="Folders of runs, evaluations, GRPO trainings or searches."),
    ],
    out: Annotated[Path, Option(help="New folder to write to.")],
    format: Annotated[
        Literal["sharegpt", "trl", "verl", "parquet"],
        Option(
            help="Conversations for LLaMA-Factory ([bold]sharegpt[/bold]) or as a data set for "
            "[bold]trl[/bold]; the tasks that were played, for [bold]verl[/bold]; or one "
            "[bold]parquet[/bold] file.",
        ),
    ] = "sharegpt",
    bounds: ScoreBounds = ScoreBounds(),
    chains: ChainConfig = ChainConfig(),  # noqa: B008 -- frozen
    as_json: AsJson = False,
) -> None:
    """Export recorded episodes as conversations for other trainers, each picture once.

    Episodes that were interrupted, and those with a turn that could not be read, are left out. Of
    a search, chains of its trees are written. For verl, scores are means over the episodes of a
    task, and all tasks are taken unless bounds are given.

    [dim]$[/dim] vigorl-agent export trees --format sharegpt --out data/warm-start
    """
    with errors(as_json):
        from vigorl.training.data.dialogues import dialogues_of
        from vigorl.training.data.export import export as write

        taken, left_out = _taken(runs, format == "verl", bounds, chains)
        dialogues = (dialogue for episode in taken for dialogue in dialogues_of(episode))
        count = write(dialogues, format, out)
        kinds: list[str] = [episode.kind for episode in taken]
        numbers = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
        said = [f"{number} {kind}" for kind, number in numbers.items()]
        said += [f"left out: {number} {why}" for why, number in left_out.items()]
        Console(stderr=as_json).print(
            f"[green]ready[/green]  {count} {'tasks' if format == 'verl' else 'dialogues'} "
            f"({'; '.join(said)})  {escape(str(out))}",
            highlight=False,
            soft_wrap=True,
        )
    if as_json:
        written: dict[str, Any] = {"written": count, **numbers}
        print_json({**written, "left_out": dict(left_out), "folder": str(out)})


def _taken(
    runs: list[Path], one_per_task: bool, bounds: ScoreBounds, chains: ChainConfig
) -> "tuple[list[RecordedEpisode], Mapping[str, int]]":
    """The episodes to write, and how many are left out for which reason."""
    from vigorl.training.data import episodes
    from vigorl.training.data.selection import Selection

    if one_per_task:
        everything = Selection(None, None, bounds.test_data, takes_slips=True)
        taken, left_out = episodes.select(episodes.episodes_in(runs, None), everything)
        return episodes.one_per_task(taken, bounds.min_score, bounds.max_score), left_out
    least = 1.0 if bounds.min_score is None else bounds.min_score
    selection = Selection(least, bounds.max_score, bounds.test_data)
    return episodes.select(episodes.episodes_in(runs, chains), selection)
