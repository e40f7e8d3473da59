"""The command `vigorl-agent`. Imports stand inside the commands, so that --help is instant."""

import asyncio
import json
import signal
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from vigorl.browser.errors import InfrastructureFault, UsageError, VigorlError

if TYPE_CHECKING:
    from vigorl.agent.evaluation import Sample, Summary
    from vigorl.agent.rollout import Limits
    from vigorl.agent.run import ModelConfig
    from vigorl.agent.trajectory import Trajectory

DONE, TASK_FAILED, USAGE, GAVE_UP, LIMIT, FAULT, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

EXIT_CODES = """\
[bold]Exit codes[/bold]  0 done · 1 done, but the task's judge says no · 2 usage · 3 gave up · \
4 limit reached · 5 infrastructure fault · 130 interrupted"""

app = typer.Typer(
    name="vigorl-agent",
    help="A browser agent that works from pixels: grounded reasoning, zoom, and a record of it.",
    rich_markup_mode="rich",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog=EXIT_CODES,
)
eval_app = typer.Typer(help="Measure a policy.", no_args_is_help=True)
tasks_app = typer.Typer(help="The embedded tasks.", no_args_is_help=True)
data_app = typer.Typer(help="Screenshots to learn from.", no_args_is_help=True)
app.add_typer(eval_app, name="eval")
app.add_typer(tasks_app, name="tasks")
app.add_typer(data_app, name="data")
train_app = typer.Typer(help="Make models learn.", no_args_is_help=True)
app.add_typer(train_app, name="train")

_T = TypeVar("_T")

Model = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        help="[bold]reader[/bold] (embedded, no GPU), [bold]random[/bold] (clicks anywhere), the "
        "URL of an OpenAI-compatible server, a checkpoint's folder, or a hub id.",
        rich_help_panel="Who plays",
    ),
]
ModelName = Annotated[
    str | None,
    typer.Option(help="Which of the server's models.", rich_help_panel="Who plays"),
]
Family = Annotated[
    str | None,
    typer.Option(
        help="How the model is talked to; told by its name where left out.",
        rich_help_panel="Who plays",
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        envvar="VIGORL_API_KEY",
        help="Bearer token for the server; never recorded.",
        rich_help_panel="Who plays",
        show_envvar=True,
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option(
        min=0,
        help="Of sampling; 0 is greedy. Default: the model's own.",
        rich_help_panel="Who plays",
    ),
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object at the end, and nothing else, on stdout."),
]


@app.command(epilog=EXIT_CODES)
def run(
    goal: Annotated[
        str | None, typer.Argument(help="What to do, in words.", show_default=False)
    ] = None,
    url: Annotated[str | None, typer.Option(help="Where to start.")] = None,
    task: Annotated[
        str | None, typer.Option(help="A task instead: NAME or NAME:SEED, also miniwob/NAME:SEED.")
    ] = None,
    told: Annotated[
        Literal["goal", "instructions"] | None,
        typer.Option(help="Of an embedded task: what to reach, or how, step by step."),
    ] = None,
    model: Model = "reader",
    model_name: ModelName = None,
    family: Family = None,
    api_key: ApiKey = None,
    temperature: Temperature = None,
    max_steps: Annotated[int, typer.Option(min=1, rich_help_panel="Limits")] = 30,
    max_seconds: Annotated[float, typer.Option(min=1, rich_help_panel="Limits")] = 600,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Sampled in all.", rich_help_panel="Limits")
    ] = None,
    viewport: Annotated[
        str, typer.Option(help="Width x height, CSS px.", rich_help_panel="Browser")
    ] = "1280x720",
    headed: Annotated[
        bool, typer.Option("--headed", help="Show the window.", rich_help_panel="Browser")
    ] = False,
    storage_state: Annotated[
        Path | None,
        typer.Option(help="Log-ins to start with (Playwright's file).", rich_help_panel="Browser"),
    ] = None,
    save_storage_state: Annotated[
        Path | None, typer.Option(help="Where to keep log-ins.", rich_help_panel="Browser")
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="Reach no other host; may be repeated.", rich_help_panel="Browser"),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where to record.")] = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """Do a task in a real browser, and record every step.

    [dim]$[/dim] vigorl-agent run 'type "kettle" into Search, press Enter' --url https://shop.example

    [dim]$[/dim] vigorl-agent run --task shop:555

    [dim]$[/dim] vigorl-agent run "find the opening hours" --url … --model http://localhost:8000/v1
    """
    with _errors(as_json):
        from vigorl.agent.run import ModelConfig, RunConfig
        from vigorl.agent.run import run as run_task
        from vigorl.agent.show import ending, step_line

        width_px, height_px = _viewport(viewport)
        config = RunConfig(
            goal=goal,
            url=url,
            task=task,
            told=told,
            max_steps=max_steps,
            max_seconds=max_seconds,
            max_tokens=max_tokens,
            viewport_width_px=width_px,
            viewport_height_px=height_px,
            headed=headed,
            storage_state=storage_state,
            save_storage_state=save_storage_state,
            allowed_hosts=tuple(allow_host) if allow_host else None,
            runs=out,
        )
        console = Console(stderr=as_json)
        policy = ModelConfig(model, model_name, family, api_key, temperature)
        trajectory = _play(
            run_task(config, policy, watch=lambda record: console.print(step_line(record)))
        )
        console.print(ending(trajectory))
        _write_pictures(trajectory, console)
    if as_json:
        _print_json(_result(trajectory))
    raise typer.Exit(_exit_code(trajectory))


@app.command()
def show(
    trajectory: Annotated[Path, typer.Argument(help="A recorded run's folder.")],
    as_json: AsJson = False,
) -> None:
    """Print a recorded run, and write it as one HTML page and one picture."""
    with _errors(as_json):
        from vigorl.agent.show import print_trajectory
        from vigorl.agent.trajectory import read_trajectory

        recorded = read_trajectory(trajectory)
        console = Console(stderr=as_json)
        print_trajectory(recorded, console)
        _write_pictures(recorded, console)
    if as_json:
        _print_json(_result(recorded))


@eval_app.command("grounding")
def eval_grounding(
    data: Annotated[Path, typer.Option(help="A folder with manifest.json, or of shards.")],
    model: Model = "reader",
    model_name: ModelName = None,
    family: Family = None,
    api_key: ApiKey = None,
    temperature: Temperature = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N samples.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Episodes at once.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Where to record; default: runs/….")] = None,
    as_json: AsJson = False,
) -> None:
    """Point at what an instruction names, on still screenshots.

    The folder holds [bold]manifest.json[/bold], a list of
    {"id", "image", "instruction", "bbox_xyxy", "ui_type": "text" or "icon"}; boxes are in px of
    the image. Or it is a folder of [bold]data generate[/bold]. A click inside the box, border
    included, is right.
    """
    with _errors(as_json):
        from vigorl.agent.evaluation import grounding_samples
        from vigorl.agent.generated import holds_shards, shard_samples
        from vigorl.agent.rollout import Limits
        from vigorl.agent.run import ModelConfig

        read = shard_samples if holds_shards(data) else grounding_samples
        world = nullcontext(read(data, limit))
        policy = ModelConfig(model, model_name, family, api_key, temperature)
        _evaluate("grounding", policy, world, Limits(steps=12), workers, out, as_json)


@eval_app.command("tasks")
def eval_tasks(
    task: Annotated[list[str] | None, typer.Option(help="Only these; may be repeated.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds of each task.")] = 20,
    skip: Annotated[
        int, typer.Option(min=0, help="Leave out the first N seeds: those already looked at.")
    ] = 0,
    split: Annotated[
        Literal["train", "test"], typer.Option(help="Whose seeds; test seeds are held out.")
    ] = "test",
    told: Annotated[
        Literal["goal", "instructions"],
        typer.Option(help="Give the goal in words, or step by step."),
    ] = "instructions",
    model: Model = "reader",
    model_name: ModelName = None,
    family: Family = None,
    api_key: ApiKey = None,
    temperature: Temperature = None,
    workers: Annotated[int, typer.Option(min=1, help="Episodes at once.")] = 2,
    out: Annotated[Path | None, typer.Option(help="Where to record; default: runs/….")] = None,
    as_json: AsJson = False,
) -> None:
    """Do the embedded tasks, and let their judges read the pages' real state."""
    with _errors(as_json):
        from vigorl.agent.embedded import open_tasks
        from vigorl.agent.rollout import Limits
        from vigorl.agent.run import ModelConfig

        world = open_tasks(seeds, task, split, told, skip)
        policy = ModelConfig(model, model_name, family, api_key, temperature)
        _evaluate("tasks", policy, world, Limits(steps=40), workers, out, as_json)


@eval_app.command("miniwob")
def eval_miniwob(
    task: Annotated[
        list[str] | None,
        typer.Option(help="Only these, of whichever split; may be repeated."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds of each task.")] = 5,
    skip: Annotated[
        int, typer.Option(min=0, help="Leave out the first N seeds: those already looked at.")
    ] = 0,
    split: Annotated[
        Literal["train", "test"],
        typer.Option(help="Whose tasks (BrowserGym's split) and whose seeds; test is held out."),
    ] = "test",
    max_steps: Annotated[int, typer.Option(min=1, help="Of each episode.")] = 30,
    model: Model = "reader",
    model_name: ModelName = None,
    family: Family = None,
    api_key: ApiKey = None,
    temperature: Temperature = None,
    workers: Annotated[int, typer.Option(min=1, help="Episodes at once.")] = 4,
    out: Annotated[Path | None, typer.Option(help="Where to record; default: runs/….")] = None,
    as_json: AsJson = False,
) -> None:
    """Do the tasks of MiniWoB++; a raw reward above 0 counts as done, as in BrowserGym."""
    with _errors(as_json):
        from vigorl.agent.miniwob import open_miniwob
        from vigorl.agent.rollout import Limits
        from vigorl.agent.run import ModelConfig

        world = open_miniwob(seeds, task, split, skip, workers)
        policy = ModelConfig(model, model_name, family, api_key, temperature)
        # A click that changes nothing is no sign of a loop where pages are this small.
        limits = Limits(steps=max_steps, repeats=max_steps, unchanged=max_steps)
        _evaluate("miniwob", policy, world, limits, workers, out, as_json)


@tasks_app.command("list")
def tasks_list(
    seed: Annotated[int, typer.Option(help="Whose words to show.")] = 0,
    miniwob: Annotated[
        bool, typer.Option("--miniwob", help="The tasks of MiniWoB++ instead.")
    ] = False,
) -> None:
    """Name the embedded tasks, each with its goal for one seed."""
    with _errors(as_json=False):
        if miniwob:
            from vigorl.agent.miniwob import miniwob_table

            Console().print(miniwob_table())
            return
        from vigorl.agent.embedded import task_table

        Console().print(task_table(seed))


@tasks_app.command("serve")
def tasks_serve(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8720,
) -> None:
    """Serve the embedded tasks to your own browser, until Ctrl-C."""
    with _errors(as_json=False):
        from vigorl.tasks.local.showroom import serve

        Console().print(f"http://127.0.0.1:{port}/  [dim](Ctrl-C ends it)[/dim]", highlight=False)
        _play(serve(port))


@data_app.command("generate")
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
    with _errors(as_json):
        from vigorl.agent.generating import generating
        from vigorl.tasks.world.generate import GenerateConfig, generate

        config = GenerateConfig(out, dataset, split, pages, seed, screens, workers, pages_a_shard)
        with generating(pages, Console(stderr=True)) as on_page:
            made = _play(generate(config, on_page))
        Console(stderr=as_json).print(
            f"[green]ready[/green]  {made.done} pages in {escape(str(out))}, {made.made} new",
            highlight=False,
        )
    if as_json:
        _print_json({"pages": made.done, "made": made.made, "folder": str(out)})


@data_app.command("oracles")
def data_oracles(
    out: Annotated[Path, typer.Option(help="Folder of what is prepared for `train nano`.")],
    seeds: Annotated[int, typer.Option(min=1, help="Training seeds of each task.")] = 20,
    skip: Annotated[int, typer.Option(min=0, help="So many seeds are left out first.")] = 0,
    task: Annotated[
        list[str] | None, typer.Option(help="A task; may be repeated. Default: all.")
    ] = None,
    world: Annotated[
        list[Path] | None,
        typer.Option(help="Shards of `data generate` to ask questions about; may be repeated."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Episodes side by side.")] = 8,
) -> None:
    """Record how the embedded tasks are done by one who knows the way, and prepare lessons of it.

    Episodes are added to those that the folder already holds.

    [dim]$[/dim] vigorl-agent data oracles --out data/lessons --seeds 50 --world data/train
    """
    with _errors(as_json=False):
        from vigorl.tasks.task import TRAIN_SEEDS
        from vigorl.training.nano.reading_stock import prepare
        from vigorl.training.oracles import record

        console = Console(stderr=True)
        out.mkdir(parents=True, exist_ok=True)
        episodes = out / "recorded.jsonl.gz"
        chosen = TRAIN_SEEDS[skip : skip + seeds]
        _play(
            record(
                episodes,
                chosen,
                names=task,
                workers=workers,
                told=lambda line: console.print(line, style="dim", markup=False),
            )
        )
        prepare(out, episodes, world or ())
        console.print(f"[green]ready[/green]  lessons in {escape(str(out))}", highlight=False)


@train_app.command("nano")
def train_nano(
    out: Annotated[Path, typer.Option(help="Folder of the run; run again to go on.")],
    route: Annotated[
        Literal["pixels", "reading"],
        typer.Option(help="From pixels alone, or from what `reader` reads on the screen."),
    ] = "pixels",
    preset: Annotated[
        Literal["cpu", "gpu"], typer.Option(help="A small network, or the one that is shipped.")
    ] = "cpu",
    minutes: Annotated[float, typer.Option(help="Wall clock.")] = 20.0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same lessons.")] = 0,
    workers: Annotated[int, typer.Option(min=0, help="Processes that make lessons.")] = 2,
    world: Annotated[
        list[Path] | None,
        typer.Option(help="Shards of `data generate`, for 'pixels'; may be repeated."),
    ] = None,
    lessons: Annotated[
        Path | None,
        typer.Option(help="What `data oracles` prepared, for 'reading'; default: the package's."),
    ] = None,
    fonts: Annotated[
        list[Path] | None, typer.Option(help="Folders of fonts; default: the system's.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="A checkpoint to go on from; default: random weights.")
    ] = None,
) -> None:
    """Train nano, the smallest model that learns to ground, from random weights.

    Writes metrics.jsonl, a checkpoint to play with (`--model OUT/checkpoint`) and the state to go
    on from.

    [dim]$[/dim] vigorl-agent train nano --minutes 20 --out runs/nano
    """
    with _errors(as_json=False):
        try:
            from vigorl.training.nano.recipe import NanoConfig
            from vigorl.training.nano.recipe import train_nano as train
        except ImportError as error:
            raise UsageError(
                f"training needs torch and transformers ({error}): "
                "pip install 'vigorl-agent[model]'"
            ) from error
        config = NanoConfig(
            route, preset, minutes, seed, workers, tuple(fonts or ()), tuple(world or ()), start
        )
        if lessons is not None:
            config = replace(config, lessons=lessons)
        console = Console(stderr=True)
        checkpoint = train(config, out, lambda line: console.print(line, markup=False))
        console.print(f"[green]ready[/green]  {escape(str(checkpoint))}", highlight=False)


@app.command()
def setup() -> None:
    """Find a browser, or get one: Playwright's own, the system's, or Debian's package."""
    with _errors(as_json=False):
        from vigorl.browser.install import install_browser

        console = Console()
        work = install_browser(
            lambda line: console.print(line, style="dim", markup=False, soft_wrap=True)
        )
        console.print(f"[green]ready[/green]  {escape(_play(work))}", highlight=False)


def main() -> None:
    """Entry point of the console script."""
    app()


# --- what the commands share -----------------------------------------------------------------


class _errors:
    """Turn the package's errors into one clear message and a documented exit code."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        match error:
            case UsageError():
                self._leave("usage", str(error), USAGE)
            case InfrastructureFault():
                self._leave("fault", f"{type(error).__name__}: {error}", FAULT)
            case VigorlError():
                self._leave("fault", f"{type(error).__name__}: {error}", FAULT)
            case KeyboardInterrupt() | asyncio.CancelledError():
                self._leave("interrupted", "stopped; what was recorded is kept", INTERRUPTED)
            case _:
                return None

    def _leave(self, status: str, message: str, code: int) -> NoReturn:
        colour = "yellow" if code == INTERRUPTED else "red"
        console = Console(stderr=True)
        console.print(f"[bold {colour}]{status}[/]  {escape(message)}", highlight=False)
        if self.as_json:
            _print_json({"status": status, "reason": message})
        raise typer.Exit(code)


def _play(work: Coroutine[Any, Any, _T]) -> _T:
    """Run to the end; SIGINT and SIGTERM cancel the work, which then closes what it opened."""

    async def guarded() -> _T:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        return await task

    return asyncio.run(guarded())


def _viewport(text: str) -> tuple[int, int]:
    try:
        width_px, height_px = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise UsageError(
            f"--viewport {text!r}: give width x height in px, such as 1280x720"
        ) from None
    if not (100 <= width_px <= 8192 and 100 <= height_px <= 8192):
        raise UsageError(f"--viewport {text}: each side must be between 100 and 8192 px")
    return width_px, height_px


def _exit_code(trajectory: "Trajectory") -> int:
    match trajectory.status:
        case "done":
            score = trajectory.end.score if trajectory.end else None
            return TASK_FAILED if score is not None and score.value < 1 else DONE
        case "gave_up":
            return GAVE_UP
        case "limit":
            return LIMIT
        case "fault":
            return FAULT
        case "interrupted":
            return INTERRUPTED


def _result(trajectory: "Trajectory") -> dict[str, Any]:
    end = trajectory.end
    return {
        "status": trajectory.status,
        "reason": end.reason if end else "",
        "answer": end.answer if end else None,
        "score": end.score.value if end and end.score else None,
        "steps": len(trajectory.steps),
        "trajectory": str(trajectory.folder),
    }


def _write_pictures(trajectory: "Trajectory", console: Console) -> None:
    from vigorl.agent.filmstrip import write_filmstrip
    from vigorl.agent.viewer import write_page

    for label, path in (
        ("recorded", trajectory.folder),
        ("page", write_page(trajectory)),
        ("picture", write_filmstrip(trajectory)),
    ):
        console.print(
            f"  [dim]{label:<9}[/dim] {escape(str(path))}", highlight=False, soft_wrap=True
        )


def _evaluate(
    name: str,
    model: "ModelConfig",
    world: "AbstractAsyncContextManager[list[Sample]]",
    limits: "Limits",
    workers: int,
    out: Path | None,
    as_json: bool,
) -> None:
    from vigorl.agent.evaluation import evaluate
    from vigorl.agent.progress import progress, summary_table
    from vigorl.agent.run import open_policy

    folder = out or Path("runs") / f"{datetime.now():%Y%m%d-%H%M%S}-{name}"
    console = Console(stderr=as_json)

    async def work() -> "Summary":
        policy = await open_policy(model)
        try:
            async with world as samples:
                with progress(len(samples), Console(stderr=True)) as on_result:
                    return await evaluate(
                        policy, samples, folder, limits=limits, workers=workers, on_result=on_result
                    )
        finally:
            await policy.close()

    summary = _play(work())
    console.print(summary_table(summary, f"{name} · {model.model}"))
    if as_json:
        _print_json(summary.as_json())


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))


if __name__ == "__main__":
    main()
