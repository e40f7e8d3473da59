"""`vigorl-agent run`: one episode."""

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
    USUAL_BROWSER,
    AsJson,
    BoundaryOptions,
    BrowserOptions,
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
        trajectory = _played(config, model, console, browser.approve_seconds)
        unsaved = kept(trajectory, console)
        data = {} if config.schema is None else {"data": _data(trajectory, config.schema)}
    if as_json:
        print_json({**result_of(trajectory), **data, "unsaved": unsaved})
    raise typer.Exit(FAULT if unsaved else exit_code(trajectory))


def _played(
    config: RunConfig, model: ModelConfig, console: Console, approve_seconds: float
) -> "Trajectory":
    """Play the task, and print each step and how it ended."""
    from vigorl.agent.approval import terminal_approver
    from vigorl.agent.run import run as run_task
    from vigorl.agent.viewer.show import ending
    from vigorl.agent.viewer.watching import TerminalWatcher

    with TerminalWatcher(console) as watcher:
        approver = terminal_approver(console, watcher.aside, approve_seconds)
        trajectory = play(run_task(config, model, watcher, approver))
    console.print(ending(trajectory))
    return trajectory


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
    from vigorl.agent.answers import AnswerForm

    end = trajectory.end
    if end is None or end.status != "done":
        return None
    return AnswerForm.read(schema).value(end.answer or "")
