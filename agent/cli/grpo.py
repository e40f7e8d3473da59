"""`vigorl-agent train grpo`: reinforcement learning from a model's own rollouts."""

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.markup import escape
from typer import Option

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, play, torch_needed
from vigorl.agent.cli.options import ANYWHERE, HERE, BoundaryOptions, EnvsOptions
from vigorl.agent.cli.terminal import Console
from vigorl.browser.errors import UsageError
from vigorl.training.grpo.config import GrpoConfig, GrpoRunConfig
from vigorl.training.verl.verl_config import HERE as THIS_PROCESS
from vigorl.training.verl.verl_config import EngineOptions

if TYPE_CHECKING:
    from vigorl.browser.boundary import Boundary
    from vigorl.browser.remote import RemoteService

app = App()

LAPTOP = GrpoRunConfig(
    "nano",
    steps=20,
    groups=4,
    episodes_at_once=4,
    checkpoint_every=5,
    update=GrpoConfig(warmup_steps=2, tree_tokens=8192),
)
"""Defaults of the command: what nano learns with on two cores in an hour."""


@app.command("grpo")
def train_grpo(
    out: Annotated[Path, Option(help="Folder of the run. The same command again resumes it.")],
    config: GrpoRunConfig = LAPTOP,
    learning_rate: Annotated[
        float | None,
        Option(
            min=0,
            help="Learning rate of AdamW. Default: 1e-5, and 1e-4 with --lora.",
            rich_help_panel="Optimization",
        ),
    ] = None,
    max_groups: Annotated[
        int | None,
        Option(
            min=1,
            help="Most groups sampled per update while looking for [bold]--groups[/bold] with "
            "reward variance. Default: twice --groups.",
            rich_help_panel="Rollouts",
        ),
    ] = None,
    api_key: Annotated[
        str | None,
        Option(
            envvar="VIGORL_API_KEY",
            show_envvar=True,
            help="Bearer token for the server of [bold]--sampler[/bold]; never recorded.",
            rich_help_panel="Rollouts",
        ),
    ] = None,
    network: BoundaryOptions = ANYWHERE,
    service: EnvsOptions = HERE,
    engine: EngineOptions = THIS_PROCESS,
) -> None:
    """Train a model by reinforcement learning on its own rollouts (GRPO).

    Every step samples groups of rollouts of one task each, in real browsers (training seeds only)
    or on pictures, has them scored by the tasks' judges, and makes what scored above its group more
    likely. Writes metrics.jsonl, every episode, and checkpoints to play with. Ctrl-C saves.

    [dim]$[/dim] vigorl-agent train grpo --task modal --task mail --steps 10 --out runs/grpo

    [dim]$[/dim] vigorl-agent train grpo --task 'sites/*' --task 'miniwob/*' --out runs/mixture

    [dim]$[/dim] vigorl-agent eval tasks --prompt goal --model runs/grpo/checkpoints/000010/model
    """
    with errors(as_json=False):
        rate = learning_rate or (1e-4 if config.update.lora_rank else 1e-5)
        config = replace(
            config,
            max_groups=max_groups or 2 * config.groups,
            update=replace(config.update, learning_rate=rate),
        )
        boundary = network.boundary()
        envs = service.service(boundary)
        if engine.engine == "verl":
            _train_with_verl(config, out, engine, boundary, envs)
        else:
            _train(config, out, api_key, boundary, envs)


def _train(
    config: GrpoRunConfig,
    out: Path,
    api_key: str | None,
    boundary: "Boundary | None",
    envs: "RemoteService | None",
) -> None:
    from vigorl.agent.evaluation.progress import practising

    with torch_needed():
        from vigorl.training.grpo.loop import train_grpo_from_config
        from vigorl.training.run.base_model import family_of_model
        from vigorl.training.run.ranks import launched
    ranks = launched()
    console = Console(stderr=True, quiet=not ranks.is_first)
    plainly = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    try:
        with practising(config.steps, console) as watch:
            training = train_grpo_from_config(config, out, plainly, watch, boundary, envs, api_key)
            done = play(training)
    except (KeyboardInterrupt, asyncio.CancelledError):
        saved = "training is saved" if ranks.count == 1 else "the last checkpoint is kept"
        plainly(f"{saved}; to resume: the same command again", style="dim")
        raise
    checkpoint = out / "checkpoints" / f"{done.step:06d}" / "model"
    console.print(
        f"[green]ready[/green]  play it with --model {escape(str(checkpoint))} "
        f"--family {family_of_model(config.model, config.family).name}",
        highlight=False,
        soft_wrap=True,
    )


def _train_with_verl(
    config: GrpoRunConfig,
    out: Path,
    engine: EngineOptions,
    boundary: "Boundary | None",
    envs: "RemoteService | None",
) -> None:
    if boundary is not None:
        raise UsageError(
            "verl's workers let pages reach their own sites alone: leave out --allow, --deny and "
            "--allow-local"
        )
    with torch_needed():
        from vigorl.training.verl.engine import train_grpo_with_verl
    console = Console(stderr=True)
    plainly = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    done = play(train_grpo_with_verl(config, out, engine, plainly, envs))
    console.print(
        f"[green]ready[/green]  {done.step} updates; verl's checkpoints are in "
        f"{escape(str(out / 'verl' / 'checkpoints'))}",
        highlight=False,
        soft_wrap=True,
    )
