"""`vigorl-agent export`: recorded episodes in the forms of other tools."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, print_json
from vigorl.agent.cli.options import AsJson, Corrected, Detour, MaxScore, MinScore, Straight
from vigorl.agent.cli.terminal import Console

app = App()


@app.command("export")
def export(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Folders of runs, evaluations, practice or searches."),
    ],
    out: Annotated[Path, typer.Option(help="A new folder.")],
    format: Annotated[
        Literal["sharegpt", "trl", "verl", "parquet"],
        typer.Option(
            help="ShareGPT for LLaMA-Factory; a folder that TRL's datasets load; the tasks that "
            "were played, for verl; one Parquet file."
        ),
    ] = "sharegpt",
    min_score: MinScore = None,
    max_score: MaxScore = None,
    straight: Straight = 1,
    corrected: Corrected = 1,
    detour: Detour = 2,
    as_json: AsJson = False,
) -> None:
    """Write what was played as conversations, each picture once, for other trainers.

    Episodes that broke off, and those with a turn that could not be read, are left out. Of a
    search, the chains of its trees are written. For verl, scores are means over the episodes of a
    task, and all tasks are taken unless bounds are given.

    [dim]$[/dim] vigorl-agent export trees --format sharegpt --out data/warm-start
    """
    with errors(as_json):
        from vigorl.training.data.dialogues import dialogues_of
        from vigorl.training.data.episodes import Selection, episodes_in, one_per_task, select
        from vigorl.training.data.export import export as write
        from vigorl.training.search.linearise import ChainConfig

        if format == "verl":
            everything = Selection(least_score=None, takes_slips=True)
            taken, left_out = select(episodes_in(runs, None), everything)
            taken = one_per_task(taken, min_score, max_score)
        else:
            least = 1.0 if min_score is None else min_score
            chains = ChainConfig(straight, corrected, detour)
            taken, left_out = select(episodes_in(runs, chains), Selection(least, max_score))
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
        print_json({"written": count, **numbers, "left_out": dict(left_out), "folder": str(out)})
