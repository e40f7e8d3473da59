"""`vigorl-agent train`: training by example and by reinforcement."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

from rich.markup import escape
from typer import Option

from vigorl.agent.cli import grpo
from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, torch_needed
from vigorl.agent.cli.terminal import Console
from vigorl.training.nano.config import NanoConfig
from vigorl.training.sft.config import FineTuneConfig

app = App(help="Train models.")


@app.command("nano")
def train_nano(
    out: Annotated[Path, Option(help="Folder of the run. The same command again resumes it.")],
    config: NanoConfig = NanoConfig("pixels"),  # noqa: B008 -- frozen
) -> None:
    """Train nano, the smallest model that learns to ground, from random weights.

    Writes metrics.jsonl, a checkpoint to play with ([bold]--model OUT/nano[/bold], or
    OUT/nano-pixels) and what is needed to resume.

    [dim]$[/dim] vigorl-agent train nano --minutes 20 --out runs/nano
    """
    with errors(as_json=False):
        with torch_needed():
            from vigorl.training.nano.recipe import train_nano as train
        console = Console(stderr=True)
        checkpoint = train(config, out, lambda line: console.print(line, markup=False))
        console.print(f"[green]ready[/green]  {escape(str(checkpoint))}", highlight=False)


@app.command("sft")
def train_sft(
    config: FineTuneConfig,
    out: Annotated[Path, Option(help="Folder of the run. The same command again resumes it.")],
    learning_rate: Annotated[
        float | None,
        Option(
            min=0,
            help="Peak learning rate of AdamW. Default: 1e-5, and 1e-4 with --lora.",
            rich_help_panel="Optimization",
        ),
    ] = None,
    checkpoint_minutes: Annotated[
        float, Option(min=0, help="Minutes between two checkpoints.", rich_help_panel="Compute")
    ] = 5.0,
) -> None:
    """Fine-tune a checkpoint on examples: good episodes, chains of a search, conversations.

    The loss is over the assistant's tokens alone, as they were sampled where they were recorded.
    Writes metrics.jsonl and a checkpoint that plays as [bold]--model[/bold]. Ctrl-C saves.

    [dim]$[/dim] vigorl-agent train sft --model Qwen/Qwen2.5-VL-3B-Instruct --data trees --out warm
    """
    with errors(as_json=False):
        with torch_needed():
            from vigorl.training.run.base_model import family_of_model
            from vigorl.training.run.ranks import launched, open_ranks
            from vigorl.training.sft.fine_tuning import fine_tune
        config = replace(
            config,
            learning_rate=learning_rate or (1e-4 if config.lora_rank else 1e-5),
            checkpoint_every_s=60 * checkpoint_minutes,
        )
        console = Console(stderr=True, quiet=not launched().is_first)
        plainly = partial(console.print, markup=False, highlight=False, soft_wrap=True)
        try:
            with open_ranks() as ranks:
                checkpoint = fine_tune(config, out, plainly, ranks)
        except KeyboardInterrupt:
            plainly("training is saved; to resume: the same command again", style="dim")
            raise
        console.print(
            f"[green]ready[/green]  play it with --model {escape(str(checkpoint))} "
            f"--family {family_of_model(config.model, config.family).name}",
            highlight=False,
            soft_wrap=True,
        )


app.add_typer(grpo.app)
