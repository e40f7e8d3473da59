"""`vigorl-agent data`: pictures and episodes to learn from."""

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import typer
from rich.markup import escape

from vigorl.agent.benchmarks.benchmark import Benchmark
from vigorl.agent.cli.benchmark_group import BenchmarkGroup, Make, add_commands
from vigorl.agent.cli.fields import parameters_of
from vigorl.agent.cli.main import DONE, TASK_FAILED, errors, play, print_json
from vigorl.agent.cli.options import AsJson
from vigorl.agent.cli.terminal import Console

if TYPE_CHECKING:
    from vigorl.agent.benchmarks.data_check import DataCheck

app = typer.Typer(help="Screenshots to learn from, and data to measure by.", no_args_is_help=True)


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


def _check_of(benchmark: Benchmark) -> Callable[..., None] | None:
    """The command `data check NAME`; None where the benchmark has no data to be checked."""
    check = benchmark.check
    if check is None:
        return None
    own = parameters_of(check.options)

    def command(**given: Any) -> None:
        with errors(given["as_json"]):
            asked = check.options(**{each.name: given[each.name] for each in own})
            _report(check.run(asked), given["as_json"])

    kind = inspect.Parameter.KEYWORD_ONLY
    as_json = inspect.Parameter("as_json", kind, default=False, annotation=AsJson)
    command.__signature__ = inspect.Signature([*own, as_json])  # type: ignore[attr-defined]
    command.__annotations__ = {}
    command.__doc__ = check.about
    return command


class _Checks(BenchmarkGroup):
    make: ClassVar[Make] = staticmethod(_check_of)


check_app = typer.Typer(
    cls=_Checks, help="Look whether a copy of a benchmark is whole.", no_args_is_help=True
)
add_commands(check_app, _check_of)
app.add_typer(check_app, name="check")


def _report(check: "DataCheck", as_json: bool) -> None:
    from vigorl.agent.benchmarks.data_check import shown

    Console(stderr=as_json).print(shown(check))
    if as_json:
        print_json(check.as_json())
    raise typer.Exit(TASK_FAILED if check.problems else DONE)
