"""`vigorl-agent run` and `show`: one episode."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import (
    DONE,
    EXIT_CODES,
    FAULT,
    GAVE_UP,
    LIMIT,
    STOPPED,
    TASK_FAILED,
    errors,
    play,
    print_json,
)
from vigorl.agent.cli.options import (
    WHERE,
    Allow,
    AllowLocal,
    ApiKey,
    AsJson,
    Deny,
    Family,
    Model,
    ModelName,
    Secrets,
    Temperature,
    Verify,
    boundary_of,
)
from vigorl.agent.cli.terminal import Console
from vigorl.browser.errors import StorageFault, UsageError

if TYPE_CHECKING:
    from vigorl.agent.record.trajectory import Trajectory
    from vigorl.agent.run import RunConfig
    from vigorl.policy.factory import ModelConfig

app = App()


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
    verify: Verify = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print the steps that reader understands, and stop there."),
    ] = False,
    help_language: Annotated[
        bool,
        typer.Option("--help-language", help="Print the instructions that reader understands."),
    ] = False,
    max_steps: Annotated[
        int, typer.Option(min=1, help="Turns of the policy.", rich_help_panel="Limits")
    ] = 30,
    max_seconds: Annotated[
        float, typer.Option(min=1, help="Seconds for all of them.", rich_help_panel="Limits")
    ] = 600,
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
    allow: Allow = None,
    deny: Deny = None,
    allow_local: AllowLocal = False,
    allow_host: Annotated[list[str] | None, typer.Option(hidden=True)] = None,
    upload_from: Annotated[
        list[Path] | None,
        typer.Option(
            help="A file, or a folder with all that is in it, that may be handed to pages; may be "
            "repeated. Default: none.",
            rich_help_panel=WHERE,
        ),
    ] = None,
    dialogs: Annotated[
        Literal["ask", "accept", "dismiss"],
        typer.Option(
            help="Who answers dialogs, permissions and log-ins that a page asks for: the policy, "
            "or always yes, or always no.",
            rich_help_panel="Browser",
        ),
    ] = "ask",
    secret: Secrets = None,
    approve: Annotated[
        Literal["never", "risky", "always"] | None,
        typer.Option(
            help="What you are asked about before it is done: nothing; what pays, deletes, sends, "
            "publishes, uploads and the like; or all that changes anything. Without a terminal to "
            "ask in, it is denied. Left out: risky, and never for a task.",
            show_default=False,
            rich_help_panel="Browser",
        ),
    ] = None,
    approve_seconds: Annotated[
        float,
        typer.Option(
            min=1, help="Seconds for your answer; then it is no.", rich_help_panel="Limits"
        ),
    ] = 120,
    out: Annotated[Path, typer.Option(help="Where to record.")] = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """Do a task in a real browser, and record every step.

    [dim]$[/dim] vigorl-agent run 'type "kettle" into Search, press Enter' --url https://shop.example

    [dim]$[/dim] vigorl-agent run --task shop:555

    [dim]$[/dim] vigorl-agent run 'type the secret PW into "Password"' --secret PW --url …

    [dim]$[/dim] vigorl-agent run "find the opening hours" --url … --model http://localhost:8000/v1
    """
    with errors(as_json) as messages:
        from vigorl.agent.approval import terminal_approver
        from vigorl.agent.run import RunConfig
        from vigorl.agent.run import run as run_task
        from vigorl.agent.secret_sources import read_secrets
        from vigorl.agent.viewer.show import ending
        from vigorl.agent.viewer.watching import TerminalWatcher
        from vigorl.browser.vault import Vault
        from vigorl.policy.factory import ModelConfig
        from vigorl.policy.reader.language.phrasebook import describe_language

        if help_language:
            typer.echo(describe_language())
            raise typer.Exit(DONE)
        width_px, height_px = _viewport(viewport)
        secrets = read_secrets(secret or ())
        vault = Vault(secrets, url or "https://nowhere.invalid/")
        vault.keep(api_key, "<API key>")
        messages.redact = vault.redact
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
            boundary=boundary_of([*(allow or ()), *(allow_host or ())], deny, allow_local),
            upload_from=tuple(upload_from or ()),
            dialogs=dialogs,
            approve=approve,
            verify=verify,
            secrets=secrets,
            runs=out,
        )
        console = Console(stderr=as_json)
        policy = ModelConfig(model, model_name, family, api_key, temperature)
        if dry_run:
            _print_steps(config, policy, console, as_json)
            raise typer.Exit(DONE)
        with TerminalWatcher(console) as watcher:
            approver = terminal_approver(console, watcher.aside, approve_seconds)
            trajectory = play(run_task(config, policy, watcher, approver))
        console.print(ending(trajectory))
        unsaved = _kept(trajectory, console)
    if as_json:
        print_json({**_result(trajectory), "unsaved": unsaved})
    raise typer.Exit(FAULT if unsaved else _exit_code(trajectory))


@app.command()
def show(
    trajectory: Annotated[Path, typer.Argument(help="A recorded run's folder.")],
    animation: Annotated[
        Path | None,
        typer.Option(
            help="Also write the run as a moving picture into this file, .webp or .gif.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a recorded run, and write it as one HTML page and one picture.

    [dim]$[/dim] vigorl-agent show runs/20261121-101500-find-a-kettle-3f9a --animation kettle.webp
    """
    with errors(as_json):
        from vigorl.agent.record.trajectory import read_trajectory
        from vigorl.agent.viewer.animation import write_animation
        from vigorl.agent.viewer.show import print_trajectory

        recorded = read_trajectory(trajectory)
        console = Console(stderr=as_json)
        print_trajectory(recorded, console)
        _write_pictures(recorded, console)
        if animation is not None:
            _print_path("animation", write_animation(recorded, animation), console)
    if as_json:
        print_json(_result(recorded))


def _print_steps(
    config: "RunConfig", model: "ModelConfig", console: Console, as_json: bool
) -> None:
    """Print the steps of a goal, as reader understands it."""
    from vigorl.agent.run import told_text
    from vigorl.policy.factory import READER
    from vigorl.policy.reader.language.instructions import parse_instructions
    from vigorl.policy.reader.language.steps import describe_step

    if model.model != READER:
        raise UsageError("--dry-run shows reader's steps; a model makes its own as it goes")
    steps = [describe_step(step) for step in parse_instructions(told_text(config))]
    for number, step in enumerate(steps, 1):
        console.print(f"{number:>3}  {escape(step)}", highlight=False, soft_wrap=True)
    if as_json:
        print_json({"status": "understood", "steps": steps})


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
            missed = trajectory.end is not None and trajectory.end.verified is False
            return TASK_FAILED if missed else DONE
        case "gave_up":
            return GAVE_UP
        case "limit":
            return LIMIT
        case "fault":
            return FAULT
        case "interrupted":
            return STOPPED


def _result(trajectory: "Trajectory") -> dict[str, Any]:
    end = trajectory.end
    return {
        "status": trajectory.status,
        "reason": end.reason if end else "",
        "answer": end.answer if end else None,
        "verified": end.verified if end else None,
        "verified_by": list(end.verified_by) if end else [],
        "score": trajectory.score.value if trajectory.score else None,
        "refused": end.refused if end else {},
        "steps": len(trajectory.steps),
        "trajectory": str(trajectory.folder),
    }


def _kept(trajectory: "Trajectory", console: Console) -> list[str]:
    """Write the pages of a run; what could not be kept, which is told and takes nothing along.

    The record is whole by now, and with it answer and score.
    """
    unsaved = [trajectory.unsaved] if trajectory.unsaved else []
    try:
        _write_pictures(trajectory, console)
    except StorageFault as fault:
        unsaved.append(str(fault))
    for what in unsaved:
        console.print(f"[bold red]not saved[/]  {escape(what)}", highlight=False, soft_wrap=True)
    return unsaved


def _write_pictures(trajectory: "Trajectory", console: Console) -> None:
    from vigorl.agent.viewer.episode_page import write_page
    from vigorl.agent.viewer.filmstrip import write_filmstrip

    for label, path in (
        ("recorded", trajectory.folder),
        ("page", write_page(trajectory)),
        ("picture", write_filmstrip(trajectory)),
    ):
        _print_path(label, path, console)


def _print_path(label: str, path: Path, console: Console) -> None:
    console.print(f"  [dim]{label:<9}[/dim] {escape(str(path))}", highlight=False, soft_wrap=True)
