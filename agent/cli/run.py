"""`vigorl-agent run`: one episode."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from typer import Option

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.ending import exit_code, kept, result_of
from vigorl.agent.cli.main import (
    DONE,
    EXIT_CODES,
    FAULT,
    errors,
    play,
    print_json,
)
from vigorl.agent.cli.options import (
    ANYWHERE,
    UNWATCHED,
    USUAL_BROWSER,
    AsJson,
    BoundaryOptions,
    BrowserOptions,
    LiveOptions,
    viewport_of,
)
from vigorl.agent.cli.terminal import Console
from vigorl.agent.run_config import RunConfig
from vigorl.browser.errors import UsageError
from vigorl.policy.model_config import READER, ModelConfig

if TYPE_CHECKING:
    from vigorl.agent.record.trajectory import Trajectory

app = App()


def _print_language(asked: bool) -> None:
    if asked:
        from vigorl.policy.reader.language.phrasebook import describe_language

        typer.echo(describe_language())
        raise typer.Exit(DONE)


@app.command(epilog=EXIT_CODES)
def run(
    model: ModelConfig,
    config: RunConfig,
    dry_run: Annotated[
        bool,
        Option("--dry-run", help="Print the steps that reader understands, and stop there."),
    ] = False,
    help_language: Annotated[
        bool,
        Option(
            "--help-language",
            is_eager=True,
            callback=_print_language,
            help="Print the instructions that reader understands, and stop there.",
        ),
    ] = False,
    as_json: AsJson = False,
    browser: BrowserOptions = USUAL_BROWSER,
    network: BoundaryOptions = ANYWHERE,
    live: LiveOptions = UNWATCHED,
) -> None:
    """Do a task in a real browser, and record every step.

    [dim]$[/dim] vigorl-agent run 'type "kettle" into Search, press Enter' --url https://shop.example

    [dim]$[/dim] vigorl-agent run --task shop:555

    [dim]$[/dim] vigorl-agent run 'type the secret PW into "Password"' --secret PW --url …

    [dim]$[/dim] vigorl-agent run "find the opening hours" --url … --model http://localhost:8000/v1
    """
    with errors(as_json) as messages:
        from vigorl.agent.secret_sources import read_secrets
        from vigorl.browser.vault import Vault
        from vigorl.policy.factory import addressed

        width_px, height_px = viewport_of(browser.viewport)
        secrets = read_secrets(browser.secret or ())
        vault = Vault(secrets, config.url or "https://nowhere.invalid/")
        vault.keep(addressed(model).api_key, "<API key>")
        messages.redact = vault.redact
        config = replace(
            config,
            viewport_width_px=width_px,
            viewport_height_px=height_px,
            boundary=network.boundary(),
            secrets=secrets,
        )
        console = Console(stderr=as_json)
        if dry_run:
            _print_steps(config, model, console, as_json)
            raise typer.Exit(DONE)
        trajectory = _played(config, model, console, browser.approve_seconds, live)
        unsaved = kept(trajectory, console)
        data = {} if config.schema is None else {"data": _data(trajectory, config.schema)}
    if as_json:
        print_json({**result_of(trajectory), **data, "unsaved": unsaved})
    raise typer.Exit(FAULT if unsaved else exit_code(trajectory))


def _played(
    config: RunConfig,
    model: ModelConfig,
    console: Console,
    approve_seconds: float,
    live: LiveOptions,
) -> "Trajectory":
    """Play the task, and print each step and how it ended."""
    from vigorl.agent.live.session import LiveSession
    from vigorl.agent.run import run as run_task
    from vigorl.agent.viewer.show import ending
    from vigorl.agent.viewer.watching import TerminalWatcher

    with TerminalWatcher(console) as watcher:
        session = LiveSession(console, watcher, approve_seconds, live.view, live.pause, live.ask)
        opens = live.view and not live.no_open and _has_display()

        async def steered() -> "Trajectory":
            async with session.steering(config.runs, opens):
                trajectory = await run_task(
                    config, model, session.watcher, session.approver, session.additions
                )
                session.end(trajectory)
                return trajectory

        trajectory = play(steered())
    console.print(ending(trajectory))
    return trajectory


def _has_display() -> bool:
    """Whether a page that is opened would be seen."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _print_steps(config: RunConfig, model: ModelConfig, console: Console, as_json: bool) -> None:
    """Print the steps of a goal, as reader understands it."""
    from vigorl.agent.run_words import told_text
    from vigorl.policy.reader.language.instructions import parse_instructions
    from vigorl.policy.reader.language.steps import describe_step

    if model.model != READER:
        raise UsageError("--dry-run shows reader's steps; a model makes its own as it goes")
    steps = [describe_step(step) for step in parse_instructions(told_text(config))]
    for number, step in enumerate(steps, 1):
        console.print(f"{number:>3}  {escape(step)}", highlight=False, soft_wrap=True)
    if as_json:
        print_json({"status": "understood", "steps": steps})


def _data(trajectory: "Trajectory", schema: Path) -> Any:
    """The answer as JSON; None where there is none that fits."""
    from vigorl.agent.answers import AnswerForm, Unfit

    end = trajectory.end
    if end is None or end.status != "done":
        return None
    try:
        return AnswerForm.read(schema).value(end.answer or "")
    except Unfit:  # a person who had taken over has ended it so
        return None
