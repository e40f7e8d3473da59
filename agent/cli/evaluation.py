"""`vigorl-agent eval`: many episodes, one table."""

from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from vigorl.agent.cli.ending import errors, play, print_json
from vigorl.agent.cli.options import ApiKey, AsJson, Family, Model, ModelName, Temperature

if TYPE_CHECKING:
    from vigorl.agent.evaluation import Sample, Summary
    from vigorl.agent.rollout import Limits
    from vigorl.agent.run import ModelConfig

app = typer.Typer(help="Measure a policy.", no_args_is_help=True)


@app.command("grounding")
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
    with errors(as_json):
        from vigorl.agent.evaluation import grounding_samples
        from vigorl.agent.generated import holds_shards, shard_samples
        from vigorl.agent.rollout import Limits
        from vigorl.agent.run import ModelConfig

        read = shard_samples if holds_shards(data) else grounding_samples
        world = nullcontext(read(data, limit))
        policy = ModelConfig(model, model_name, family, api_key, temperature)
        _evaluate("grounding", policy, world, Limits(steps=12), workers, out, as_json)


@app.command("tasks")
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
    with errors(as_json):
        from vigorl.agent.embedded import open_tasks
        from vigorl.agent.rollout import Limits
        from vigorl.agent.run import ModelConfig

        world = open_tasks(seeds, task, split, told, skip)
        policy = ModelConfig(model, model_name, family, api_key, temperature)
        _evaluate("tasks", policy, world, Limits(steps=40), workers, out, as_json)


@app.command("miniwob")
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
    with errors(as_json):
        from vigorl.agent.miniwob import open_miniwob
        from vigorl.agent.rollout import Limits
        from vigorl.agent.run import ModelConfig

        world = open_miniwob(seeds, task, split, skip, workers)
        policy = ModelConfig(model, model_name, family, api_key, temperature)
        # A click that changes nothing is no sign of a loop where pages are this small.
        limits = Limits(steps=max_steps, repeats=max_steps, unchanged=max_steps)
        _evaluate("miniwob", policy, world, limits, workers, out, as_json)


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

    summary = play(work())
    console.print(summary_table(summary, f"{name} · {model.model}"))
    if as_json:
        print_json(summary.as_json())
