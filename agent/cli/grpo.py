"""`vigorl-agent train grpo`: a model that learns by doing."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, play, torch_needed
from vigorl.agent.cli.options import (
    AT_A_TIME,
    LEARNS,
    PRACTISED,
    Allow,
    AllowLocal,
    AtOnce,
    Deny,
    Family,
    Group,
    Groups,
    MaxSteps,
    MaxTokens,
    PractisedTasks,
    SkippedSeeds,
    Start,
    Stills,
    Zoom,
    boundary_of,
)
from vigorl.agent.cli.terminal import Console

app = App()


@app.command("grpo")
def train_grpo(
    out: Annotated[Path, typer.Option(help="Folder of the run; run again to go on.")],
    model: Start = "nano",
    family: Family = None,
    zoom: Zoom = True,
    task: PractisedTasks = None,
    skip: SkippedSeeds = 0,
    data: Stills = None,
    reward: Annotated[
        Literal["multi-turn", "single-turn", "vanilla", "score"],
        typer.Option(
            help="Beside the judge's score: form, points and looks closer; form and points; form; "
            "nothing.",
            rich_help_panel=PRACTISED,
        ),
    ] = "multi-turn",
    steps: Annotated[int, typer.Option(min=1, help="Updates in all.", rich_help_panel=LEARNS)] = 20,
    learning_rate: Annotated[
        float | None,
        typer.Option(help="Of AdamW. Default: 1e-5, and 1e-4 with --lora.", rich_help_panel=LEARNS),
    ] = None,
    warmup_steps: Annotated[
        int,
        typer.Option(min=0, help="Updates in which the rate rises from 0.", rich_help_panel=LEARNS),
    ] = 2,
    final_learning_rate: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="What is left of it at the last step, as a share.",
            rich_help_panel=LEARNS,
        ),
    ] = 1.0,
    kl: Annotated[
        float,
        typer.Option(
            min=0, help="How strongly it is held to its start; 0: not.", rich_help_panel=LEARNS
        ),
    ] = 0.01,
    lora: Annotated[
        int,
        typer.Option(
            min=0,
            help="Rank of adapters that learn in place of the weights; 0: none.",
            rich_help_panel=LEARNS,
        ),
    ] = 0,
    train_vision: Annotated[
        bool,
        typer.Option(
            "--train-vision", help="Let the vision tower learn as well.", rich_help_panel=LEARNS
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Of what is sampled.", rich_help_panel=LEARNS)] = 0,
    group: Group = 8,
    groups: Groups = 4,
    most_groups: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="So many are played at most to find them. Default: twice that.",
            rich_help_panel=AT_A_TIME,
        ),
    ] = None,
    passes: Annotated[
        int,
        typer.Option(min=1, help="Updates made of the same episodes.", rich_help_panel=AT_A_TIME),
    ] = 1,
    max_steps: MaxSteps = 10,
    max_tokens: MaxTokens = 512,
    workers: AtOnce = 4,
    tree_tokens: Annotated[
        int,
        typer.Option(
            min=1,
            help="Computed at a time: what fits into memory.",
            rich_help_panel=AT_A_TIME,
        ),
    ] = 8192,
    save_memory: Annotated[
        bool,
        typer.Option(
            "--save-memory",
            help="Compute layers twice (gradient checkpointing).",
            rich_help_panel=AT_A_TIME,
        ),
    ] = False,
    dtype: Annotated[
        Literal["float32", "bfloat16"],
        typer.Option(
            help="What it plays and computes gradients in; it learns in float32.",
            rich_help_panel=AT_A_TIME,
        ),
    ] = "float32",
    allow: Allow = None,
    deny: Deny = None,
    allow_local: AllowLocal = False,
    checkpoint_every: Annotated[
        int, typer.Option(min=1, help="Updates between two.", rich_help_panel=AT_A_TIME)
    ] = 5,
) -> None:
    """Let a model practise, and learn from what went better (GRPO).

    Every step plays groups of episodes of one task, in real browsers (training seeds only) or on
    still screenshots, lets the tasks' judges score them, and makes likelier what earned more than
    its group. Writes metrics.jsonl, every episode, and checkpoints that play as
    [bold]--model[/bold]. Ctrl-C saves.

    [dim]$[/dim] vigorl-agent train grpo --task modal --task mail --steps 10 --out runs/practice

    [dim]$[/dim] vigorl-agent eval tasks --told goal --model runs/practice/checkpoints/000010/model
    """
    with errors(as_json=False):
        from vigorl.agent.evaluation.progress import practising

        with torch_needed():
            from vigorl.training.grpo.config import GrpoRunConfig
            from vigorl.training.grpo.loop import train_grpo_from_config
            from vigorl.training.grpo.update import GrpoConfig
            from vigorl.training.run.base_model import family_of_model
            from vigorl.training.run.ranks import launched
        config = GrpoRunConfig(
            model=model,
            family=family,
            zoom=zoom,
            tasks=tuple(task or ()),
            data=None if data is None else str(data),
            skipped_seeds=skip,
            steps=steps,
            group_size=group,
            groups=groups,
            max_groups=most_groups or 2 * groups,
            epochs_per_batch=passes,
            reward=reward,
            episodes_at_once=workers,
            turns=max_steps,
            turn_tokens=max_tokens,
            seed=seed,
            checkpoint_every=checkpoint_every,
            dtype=dtype,
            update=GrpoConfig(
                learning_rate=learning_rate or (1e-4 if lora else 1e-5),
                warmup_steps=warmup_steps,
                final_learning_rate=final_learning_rate,
                kl=kl,
                trains_vision=train_vision,
                lora_rank=lora,
                gradient_checkpointing=save_memory,
                tree_tokens=tree_tokens,
            ),
        )
        boundary = boundary_of(allow, deny, allow_local)
        ranks = launched()
        console = Console(stderr=True, quiet=not ranks.is_first)
        plainly = partial(console.print, markup=False, highlight=False, soft_wrap=True)
        try:
            with practising(steps, console) as watch:
                done = play(train_grpo_from_config(config, out, plainly, watch, boundary))
        except (KeyboardInterrupt, asyncio.CancelledError):
            saved = (
                "what was learnt is saved" if ranks.count == 1 else "the last checkpoint is kept"
            )
            plainly(f"{saved}; to go on: the same command again", style="dim")
            raise
        checkpoint = out / "checkpoints" / f"{done.step:06d}" / "model"
        console.print(
            f"[green]ready[/green]  play it with --model {escape(str(checkpoint))} "
            f"--family {family_of_model(config.model, config.family).name}",
            highlight=False,
            soft_wrap=True,
        )
