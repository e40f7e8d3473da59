"""`vigorl-agent eval`: many episodes, one table."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vigorl.agent.cli import standin, visual_reasoning, visualwebarena
from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.eval_command import MaxFaults, Measurement, Out
from vigorl.agent.cli.main import errors, print_json
from vigorl.agent.cli.options import (
    Allow,
    AllowLocal,
    ApiKey,
    AsJson,
    Deny,
    Family,
    Model,
    ModelName,
    Temperature,
    Verify,
    Zoom,
    boundary_of,
)
from vigorl.agent.cli.terminal import Console

if TYPE_CHECKING:
    from vigorl.agent.evaluation.evaluation import Summary
    from vigorl.agent.evaluation.report import Report

app = App(help="Measure a policy.")


@app.command("grounding")
def eval_grounding(
    data: Annotated[
        Path, typer.Option(help="A folder with manifest.json, or of shards; or a file of others.")
    ],
    images: Annotated[
        Path | None,
        typer.Option(help="Where image paths of such a file begin; default: beside it or above."),
    ] = None,
    model: Model = "reader",
    model_name: ModelName = None,
    family: Family = None,
    api_key: ApiKey = None,
    temperature: Temperature = None,
    zoom: Zoom = True,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N samples.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Episodes at once.")] = 1,
    max_faults: MaxFaults = 0.05,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Point at what an instruction names, on still screenshots.

    The folder holds [bold]manifest.json[/bold], a list of
    {"id", "image", "instruction", "bbox_xyxy", "ui_type": "text" or "icon"}; boxes are in px of
    the image. Or it is a folder of [bold]data generate[/bold]; or a file of OS-Atlas, SeeClick,
    ShowUI, UGround or ViGoRL. A click inside the box, border included, is right.
    """
    with errors(as_json):
        from vigorl.agent.benchmarks.still_images import still_samples
        from vigorl.agent.rollout import Limits
        from vigorl.policy.factory import ModelConfig

        world = nullcontext(still_samples(data, images, limit))
        policy = ModelConfig(model, model_name, family, api_key, temperature, zoom=zoom)
        measured = ("grounding", policy, world, Limits(steps=12), workers, out, as_json)
        Measurement(*measured, max_faults=max_faults).play()


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
    verify: Verify = None,
    workers: Annotated[int, typer.Option(min=1, help="Episodes at once.")] = 2,
    max_faults: MaxFaults = 0.05,
    allow: Allow = None,
    deny: Deny = None,
    allow_local: AllowLocal = False,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Do the embedded tasks, and let their judges read the pages' real state."""
    with errors(as_json):
        from vigorl.agent.benchmarks.embedded import open_tasks
        from vigorl.agent.rollout import Limits
        from vigorl.policy.factory import ModelConfig

        boundary = boundary_of(allow, deny, allow_local)
        world = open_tasks(seeds, task, split, told, skip, boundary)
        policy = ModelConfig(model, model_name, family, api_key, temperature)
        limits = Limits(steps=40)
        measured = ("tasks", policy, world, limits, workers, out, as_json)
        Measurement(*measured, verify=verify, max_faults=max_faults).play()


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
    verify: Verify = None,
    workers: Annotated[int, typer.Option(min=1, help="Episodes at once.")] = 4,
    max_faults: MaxFaults = 0.05,
    allow: Allow = None,
    deny: Deny = None,
    allow_local: AllowLocal = False,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Do the tasks of MiniWoB++; a raw reward above 0 counts as done, as in BrowserGym."""
    with errors(as_json):
        from vigorl.agent.benchmarks.miniwob import open_miniwob
        from vigorl.agent.rollout import Limits
        from vigorl.policy.factory import ModelConfig

        boundary = boundary_of(allow, deny, allow_local)
        world = open_miniwob(seeds, task, split, skip, workers, boundary)
        policy = ModelConfig(model, model_name, family, api_key, temperature)
        # A click that changes nothing is no sign of a loop where pages are this small.
        limits = Limits(steps=max_steps, repeats=max_steps, unchanged=max_steps)
        measured = ("miniwob", policy, world, limits, workers, out, as_json)
        Measurement(*measured, verify=verify, max_faults=max_faults).play()


@app.command("screenspot")
def eval_screenspot(
    data: Annotated[Path, typer.Option(help="A copy: its folder as published, or one file.")],
    version: Annotated[Literal["v1", "v2", "pro"], typer.Option(help="Which ScreenSpot it is.")],
    model: Model = "reader",
    model_name: ModelName = None,
    family: Family = None,
    api_key: ApiKey = None,
    temperature: Temperature = None,
    zoom: Zoom = True,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N rows.")] = None,
    max_steps: Annotated[int, typer.Option(min=1, help="Of each episode, zooms included.")] = 12,
    workers: Annotated[int, typer.Option(min=1, help="Episodes at once.")] = 1,
    max_faults: MaxFaults = 0.05,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Point at what ScreenSpot names: v1, v2 or Pro, with the tables of its authors.

    Boxes are read by the convention of whichever form the copy has; a point on the border is
    right; an answer without a point is wrong and stays in the denominator.

    [dim]$[/dim] vigorl-agent eval screenspot --data ScreenSpot-v2 --version v2 --model …
    """
    with errors(as_json):
        from vigorl.agent.benchmarks.screenspot import screenspot_samples, screenspot_table
        from vigorl.agent.benchmarks.screenspot_tables import screenspot_report
        from vigorl.agent.evaluation.evaluation import read_results
        from vigorl.agent.rollout import Limits
        from vigorl.policy.factory import ModelConfig
        from vigorl.tasks.screenspot.rows import read_screenspot

        rows = read_screenspot(data, version)[:limit]
        world = nullcontext(screenspot_samples(data, version, limit))
        policy = ModelConfig(model, model_name, family, api_key, temperature, zoom=zoom)

        def report(summary: "Summary", title: str) -> "Report":
            tables = screenspot_table(rows, read_results(summary.folder))
            return screenspot_report(tables, summary, title)

        name, limits = f"screenspot-{version}", Limits(steps=max_steps)
        measured = (name, policy, world, limits, workers, out, as_json, report)
        Measurement(*measured, max_faults=max_faults).play()


app.add_typer(visualwebarena.app)
app.add_typer(standin.app)
app.add_typer(visual_reasoning.app)


@app.command("compare")
def eval_compare(
    one: Annotated[Path, typer.Argument(metavar="A", help="Folder of an evaluation.")],
    other: Annotated[Path, typer.Argument(metavar="B", help="Folder of another.")],
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Say how much better B is than A on the samples that both have scored.

    Differences are paired, sample by sample; intervals are bootstrapped. An interval on one side
    of 0 says that the difference is hardly chance.
    """
    with errors(as_json):
        from vigorl.agent.evaluation.comparison import compare, comparison_table

        comparison = compare(one, other, seed)
        Console(stderr=as_json).print(comparison_table(comparison))
    if as_json:
        print_json(comparison.as_json())
