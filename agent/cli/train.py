"""`vigorl-agent train`: models that learn."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from vigorl.agent.cli import grpo
from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, torch_needed
from vigorl.agent.cli.options import Corrected, Detour, Family, MaxScore, MinScore, Straight
from vigorl.agent.cli.terminal import Console

app = App(help="Make models learn.")


@app.command("nano")
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
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Updates in place of minutes: a seed gives the same network."),
    ] = None,
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

    Writes metrics.jsonl, a checkpoint to play with (`--model OUT/nano`, or OUT/nano-pixels) and the
    state to go on from.

    [dim]$[/dim] vigorl-agent train nano --minutes 20 --out runs/nano
    """
    with errors(as_json=False):
        with torch_needed():
            from vigorl.training.nano.recipe import NanoConfig
            from vigorl.training.nano.recipe import train_nano as train
        config = NanoConfig(
            route, preset, minutes, seed, workers, tuple(fonts or ()), tuple(world or ()), start,
            steps,
        )  # fmt: skip
        if lessons is not None:
            config = replace(config, lessons=lessons)
        console = Console(stderr=True)
        checkpoint = train(config, out, lambda line: console.print(line, markup=False))
        console.print(f"[green]ready[/green]  {escape(str(checkpoint))}", highlight=False)


@app.command("sft")
def train_sft(
    data: Annotated[
        list[Path],
        typer.Option(
            help="A folder of runs, an evaluation, practice, a search, or exported conversations; "
            "or screenshots with targets, as [bold]eval grounding[/bold] takes them; may be "
            "repeated."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the run; run again to go on.")],
    model: Annotated[
        str,
        typer.Option(
            "--model", "-m", help="Where it starts: nano, a checkpoint's folder, or a hub id."
        ),
    ],
    family: Family = None,
    epochs: Annotated[float, typer.Option(min=0, help="How often all is learnt from.")] = 1.0,
    updates: Annotated[
        int | None, typer.Option(min=1, help="So many in all, instead of epochs.")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Examples of an update.")] = 16,
    learning_rate: Annotated[
        float | None, typer.Option(help="Of AdamW. Default: 1e-5, and 1e-4 with --lora.")
    ] = None,
    warmup: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the updates in which the rate rises.")
    ] = 0.05,
    lora: Annotated[
        int,
        typer.Option(min=0, help="Rank of adapters that learn in place of the weights; 0: none."),
    ] = 0,
    train_vision: Annotated[
        bool, typer.Option("--train-vision", help="Let the vision tower learn as well.")
    ] = False,
    thoughts: Annotated[
        Literal["pointed", "plain", "none"],
        typer.Option(help="Teach them as they were said, without their points, or not at all."),
    ] = "pointed",
    held_out: Annotated[
        float, typer.Option(min=0, max=0.99, help="Share that is measured, never learnt from.")
    ] = 0.05,
    evaluate_every: Annotated[int, typer.Option(min=1, help="Updates between two.")] = 50,
    tree_tokens: Annotated[
        int, typer.Option(min=1, help="Computed at a time: what fits into memory.")
    ] = 8192,
    save_memory: Annotated[
        bool,
        typer.Option("--save-memory", help="Compute layers twice (gradient checkpointing)."),
    ] = False,
    checkpoint_minutes: Annotated[float, typer.Option(min=0, help="Between two.")] = 5.0,
    min_score: MinScore = None,
    max_score: MaxScore = None,
    straight: Straight = 1,
    corrected: Corrected = 1,
    detour: Detour = 2,
    seed: Annotated[int, typer.Option(help="Of the order of the examples.")] = 0,
) -> None:
    """Teach a checkpoint by example: what was played well, chains of a search, conversations.

    Learns the assistant's tokens and no others, as they were sampled where they were recorded.
    Writes metrics.jsonl and a checkpoint that plays as [bold]--model[/bold]. Run the command again
    to go on; Ctrl-C saves.

    [dim]$[/dim] vigorl-agent train sft --model Qwen/Qwen2.5-VL-3B-Instruct --data trees --out warm
    """
    with errors(as_json=False):
        with torch_needed():
            from vigorl.training.data.episodes import Selection
            from vigorl.training.run.base_model import family_of_model
            from vigorl.training.search.linearise import ChainConfig
            from vigorl.training.sft.fine_tuning import FineTuneConfig, fine_tune
        config = FineTuneConfig(
            model=model,
            data=tuple(data),
            family=family,
            epochs=epochs,
            updates=updates,
            batch=batch,
            learning_rate=learning_rate or (1e-4 if lora else 1e-5),
            warmup=warmup,
            lora_rank=lora,
            trains_vision=train_vision,
            held_out=held_out,
            thoughts=thoughts,
            evaluate_every=evaluate_every,
            tree_tokens=tree_tokens,
            gradient_checkpointing=save_memory,
            checkpoint_every_s=60 * checkpoint_minutes,
            seed=seed,
            chains=ChainConfig(straight, corrected, detour),
            selection=Selection(1.0 if min_score is None else min_score, max_score),
        )
        console = Console(stderr=True)
        plainly = partial(console.print, markup=False, highlight=False, soft_wrap=True)
        try:
            checkpoint = fine_tune(config, out, plainly)
        except KeyboardInterrupt:
            plainly("what was learnt is saved; to go on: the same command again", style="dim")
            raise
        console.print(
            f"[green]ready[/green]  play it with --model {escape(str(checkpoint))} "
            f"--family {family_of_model(model, family).name}",
            highlight=False,
            soft_wrap=True,
        )


app.add_typer(grpo.app)
