"""`vigorl-agent data`: training data to generate, and benchmark data to check."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer
from rich.markup import escape
from typer import Option

from vigorl.agent.benchmarks.benchmark import Benchmark
from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.benchmark_group import BenchmarkGroup, Make, add_commands
from vigorl.agent.cli.main import DONE, TASK_FAILED, errors, play, print_json
from vigorl.agent.cli.options import AsJson
from vigorl.agent.cli.terminal import Console
from vigorl.browser.errors import UsageError
from vigorl.tasks.world.config import GenerateConfig

if TYPE_CHECKING:
    from vigorl.agent.benchmarks.data_check import DataCheck

app = App(help="Generate training data, and check benchmark data.")


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
    sites: Annotated[bool, Option("--sites")] = False
    """Record tasks on the stand-in sites instead, with contents of their own for each seed; none of
    them is a task of [bold]eval standin[/bold]."""
    world: Annotated[tuple[Path, ...], Option(metavar="PATH")] = ()
    """Folder of shards of [bold]data generate[/bold] to ask questions about; may be repeated."""
    tokens: Path | None = None
    """Checkpoint of nano whose tokens are kept, to train it further."""
    workers: Annotated[int, Option(min=1)] = 8
    """Episodes played at the same time."""

    def __post_init__(self) -> None:
        if sum(map(bool, (self.miniwob, self.sites, self.task))) > 1:
            raise UsageError(
                "name tasks with --task, or take all of MiniWoB++ with --miniwob, or those of the "
                "sites with --sites"
            )


@app.command("oracles")
def data_oracles(options: OracleOptions) -> None:
    """Record scripted solutions of tasks as training data for nano.

    Every generated page is read by OCR as nano would read it: a second or two of one core, up to
    a minute for a dense large one. Shards that were read are kept.

    [dim]$[/dim] vigorl-agent data oracles --out data/oracles --seeds 50 --world data/train
    """
    with errors(as_json=False):
        from vigorl.tasks.task import TRAIN_SEEDS
        from vigorl.training.nano.oracles import miniwob_names, record
        from vigorl.training.nano.reading_stock import check_tokenizer, prepare
        from vigorl.training.nano.site_oracles import record_sites

        if options.tokens is not None:
            check_tokenizer(options.tokens)  # before episodes are played for it
        console = Console(stderr=True)
        told = partial(console.print, style="dim", markup=False, highlight=False)
        options.out.mkdir(parents=True, exist_ok=True)
        episodes = options.out / "recorded.jsonl.gz"
        chosen = TRAIN_SEEDS[options.skip_seeds : options.skip_seeds + options.seeds]
        if options.sites:
            play(record_sites(episodes, chosen, workers=options.workers, told=told))
        else:
            names = miniwob_names() if options.miniwob else options.task or None
            play(record(episodes, chosen, names=names, workers=options.workers, told=told))
        if options.world:
            console.print("reading generated pages …", style="dim")
        prepare(options.out, episodes, options.world, tokenizer=options.tokens, told=told)
        console.print(
            f"[green]ready[/green]  training data in {escape(str(options.out))}", highlight=False
        )


@dataclass(frozen=True)
class LessonOptions:
    """Which lessons are written, and for whom."""

    recorded: Annotated[Path, Option("--recorded")]
    """Folder of recorded solutions, as [bold]data oracles[/bold] writes it."""
    out: Path
    """Folder of the lessons; [bold]train sft --data[/bold] takes it."""
    count: Annotated[int, Option(min=1)] = 20_000
    """Number of lessons, each of which is one turn."""
    family: Annotated[str, Option(metavar="NAME")] = "scout"
    """Prompt and answer format of the model that is taught; one that reads screens as text."""
    most_characters: Annotated[int, Option(min=100)] = 3000
    """Longest prompt, in characters; about half as many tokens. Longer ones are left out."""
    seed: int = 0
    """Another seed draws other lessons from the same recordings."""


@app.command("lessons")
def data_lessons(options: LessonOptions) -> None:
    """Write single turns of recorded solutions as conversations to fine-tune a language model on.

    Words, looks and mistakes are drawn anew for each lesson. Held-out tasks and seeds are refused.

    [dim]$[/dim] vigorl-agent data lessons --recorded data/oracles --out data/lessons
    """
    with errors(as_json=False):
        from vigorl.policy.family import family_named
        from vigorl.training.nano.lessons import write_lessons

        family = family_named(options.family)
        counts = write_lessons(
            options.recorded,
            options.out,
            family,
            options.count,
            options.most_characters,
            options.seed,
        )
        Console(stderr=True).print(
            f"[green]ready[/green]  {counts.written:,} lessons in {escape(str(options.out))}; left "
            f"out: {counts.too_long:,} too long, {counts.departing:,} pointing at nothing told",
            highlight=False,
        )


def _check_of(benchmark: Benchmark) -> Callable[..., None] | None:
    """The command `data check NAME`; None where the benchmark has no data to be checked."""
    check = benchmark.check
    if check is None:
        return None

    def command(check_options: Any, as_json: AsJson = False) -> None:
        with errors(as_json):
            _report(check.run(check_options), as_json)

    kind = inspect.Parameter.KEYWORD_ONLY
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter("check_options", kind, annotation=check.options),
            inspect.Parameter("as_json", kind, default=False, annotation=AsJson),
        ]
    )
    command.__doc__ = check.about
    return command


class _Checks(BenchmarkGroup):
    make: ClassVar[Make] = staticmethod(_check_of)


check_app = App(cls=_Checks, help="Check that a copy of a benchmark is complete.")
add_commands(check_app, _check_of)
app.add_typer(check_app, name="check")


def _report(check: "DataCheck", as_json: bool) -> None:
    from vigorl.agent.benchmarks.data_check import shown

    Console(stderr=as_json).print(shown(check))
    if as_json:
        print_json(check.as_json())
    raise typer.Exit(TASK_FAILED if check.problems else DONE)
