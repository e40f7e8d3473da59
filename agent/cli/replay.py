"""`vigorl-agent replay`: a recorded run, played again."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer import Argument, Option

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.ending import exit_code, kept, print_path, result_of
from vigorl.agent.cli.fields import shown
from vigorl.agent.cli.main import EXIT_CODES, FAULT, errors, play, print_json
from vigorl.agent.cli.options import ANYWHERE, AsJson, BoundaryOptions, Secrets
from vigorl.agent.cli.terminal import Console
from vigorl.agent.run_config import RunConfig

if TYPE_CHECKING:
    from vigorl.agent.record.trajectory import Trajectory
    from vigorl.agent.replay import ReplayPolicy

app = App()


@app.command("replay", epilog=EXIT_CODES)
def replay(
    run: Annotated[Path, Argument(help="A recorded run's folder.")],
    url: Annotated[
        str | None,
        Option(
            metavar="URL",
            help="Page to start at. Default: where the run began.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[Path, Option(help="Folder in which the replay is recorded.")] = Path("runs"),
    headed: Annotated[bool, shown(RunConfig, "headed")] = False,
    slow_motion_s: Annotated[float, shown(RunConfig, "slow_motion_s")] = 0.0,
    approve: Annotated[
        Literal["never", "risky", "always"] | None, shown(RunConfig, "approve")
    ] = None,
    upload_from: Annotated[list[Path] | None, shown(RunConfig, "upload_from")] = None,
    secret: Secrets = None,
    as_json: AsJson = False,
    network: BoundaryOptions = ANYWHERE,
) -> None:
    """Do the actions of a recorded run again, as long as the screen looks as it did.

    Before each action, the place of it is compared with the recorded screen. Where it is no longer
    what it was, the replay stops, says at which step, and writes both screens side by side.

    [dim]$[/dim] vigorl-agent replay runs/20261121-101500-find-a-kettle-3f9a
    """  # fmt: skip
    with errors(as_json) as messages:
        from vigorl.agent.record.trajectory import read_trajectory
        from vigorl.agent.replay import ReplayPolicy, subject_of
        from vigorl.agent.secret_sources import read_secrets
        from vigorl.browser.vault import Vault

        recorded = read_trajectory(run)
        about = subject_of(recorded, _told(recorded.folder), url)
        secrets = read_secrets(secret or ())
        messages.redact = Vault(secrets, about.get("url", "https://nowhere.invalid/")).redact
        config = RunConfig(
            **about,
            runs=out,
            max_steps=4 * len(recorded.steps) + 8,
            headed=headed,
            slow_motion_s=slow_motion_s,
            approve=approve,
            upload_from=tuple(upload_from or ()),
            boundary=network.boundary(),
            secrets=secrets,
        )
        policy = ReplayPolicy(recorded)
        console = Console(stderr=as_json)
        trajectory = _played(config, policy, console)
        unsaved = kept(trajectory, console)
        stopped = policy.parting.write(trajectory.folder) if policy.parting else None
        if stopped is not None:
            print_path("compared", stopped, console)
    if as_json:
        found = {**result_of(trajectory), "unsaved": unsaved}
        if policy.parting is not None:
            found |= {"stopped_at_step": policy.parting.step, "compared": str(stopped)}
        print_json(found)
    raise typer.Exit(FAULT if unsaved else exit_code(trajectory))


def _told(folder: Path) -> dict[str, Any]:
    """What `config.json` says of a run; nothing where there is none that can be read."""
    try:
        found = json.loads((folder / "config.json").read_text("utf-8")).get("run")
    except (OSError, ValueError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}


def _played(config: RunConfig, policy: "ReplayPolicy", console: Console) -> "Trajectory":
    from vigorl.agent.approval import terminal_approver
    from vigorl.agent.run import Additions, ModelConfig
    from vigorl.agent.run import run as play_task
    from vigorl.agent.viewer.show import ending
    from vigorl.agent.viewer.watching import TerminalWatcher

    with TerminalWatcher(console) as watcher:
        approver = terminal_approver(console, watcher.aside, 120)
        additions = Additions(policy=policy)
        model = replace(ModelConfig(), model=policy.name)
        trajectory = play(play_task(config, model, watcher, approver, additions))
    console.print(ending(trajectory))
    return trajectory
