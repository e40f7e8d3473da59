"""How a command ends that has played an episode: exit code, JSON, the pages beside its record."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from vigorl.agent.cli.main import DONE, FAULT, GAVE_UP, LIMIT, STOPPED, TASK_FAILED
from vigorl.agent.cli.terminal import Console
from vigorl.browser.errors import StorageFault

if TYPE_CHECKING:
    from vigorl.agent.record.trajectory import Trajectory


def exit_code(trajectory: "Trajectory") -> int:
    """The exit code that says how an episode ended."""
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


def result_of(trajectory: "Trajectory") -> dict[str, Any]:
    """The object that --json prints of an episode."""
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
        "usage": trajectory.usage.as_json(),
        "trajectory": str(trajectory.folder),
    }


def kept(trajectory: "Trajectory", console: Console) -> list[str]:
    """Write the pages of a run; what could not be kept, which is told and takes nothing along.

    The record is whole by now, and with it answer and score.
    """
    unsaved = [trajectory.unsaved] if trajectory.unsaved else []
    try:
        write_pictures(trajectory, console)
    except StorageFault as fault:
        unsaved.append(str(fault))
    for what in unsaved:
        console.print(f"[bold red]not saved[/]  {escape(what)}", highlight=False, soft_wrap=True)
    return unsaved


def write_pictures(trajectory: "Trajectory", console: Console) -> Path:
    """Write page and picture of a run, and print where; the page's path.

    Raises:
        StorageFault: the disk refuses.
    """
    from vigorl.agent.viewer.episode_page import write_page
    from vigorl.agent.viewer.filmstrip import write_filmstrip

    print_path("recorded", trajectory.folder, console)
    page = write_page(trajectory)
    print_path("page", page, console)
    print_path("picture", write_filmstrip(trajectory), console)
    return page


def print_path(label: str, path: Path, console: Console) -> None:
    """Print where something was written."""
    console.print(f"  [dim]{label:<9}[/dim] {escape(str(path))}", highlight=False, soft_wrap=True)
