"""An episode in the terminal.

Texts of pages and models are put into `Text` objects, never into markup, and pass through
`vigorl.agent.plain_text`: nothing that a page says can colour, move or clear the terminal.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from vigorl.agent.plain_text import one_line
from vigorl.agent.trajectory import Status, StepRecord, Trajectory
from vigorl.browser.actions import ACTION, Action, Zoom
from vigorl.browser.geometry import Frame
from vigorl.policy.commands import write_command

STATUS_WORDS: dict[Status, str] = {
    "done": "done",
    "gave_up": "gave up",
    "limit": "limit reached",
    "fault": "fault",
    "interrupted": "interrupted",
}
_STATUS_SIGNS = {"done": "✓", "gave_up": "✗", "limit": "◼", "fault": "✗", "interrupted": "◼"}
_COLOURS = {"good": "green", "warn": "yellow", "bad": "red"}
_CSS_PX = Frame.of_viewport(100_000, 100_000)
"""Writes points as they are, in whole CSS px."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an episode ended, for a person."""

    sign: str
    words: str
    tone: Literal["good", "warn", "bad"]


def verdict(trajectory: Trajectory) -> Verdict:
    """How it ended; what the policy calls done and its judge does not is missed."""
    status, end = trajectory.status, trajectory.end
    if status == "done" and end and end.score and end.score.value < 1:
        return Verdict("✗", "missed", "warn")
    tone: Literal["good", "warn", "bad"]
    tone = "good" if status == "done" else "bad" if status == "fault" else "warn"
    return Verdict(_STATUS_SIGNS[status], STATUS_WORDS[status], tone)


def describe_action(action: Action) -> str:
    """An action in the words of the grammar, points in whole viewport CSS px."""
    if isinstance(action, Zoom):
        region = action.region_css_px
        middle = region.center
        return f"zoom ({middle.x:.0f}, {middle.y:.0f}) {region.width:.0f}x{region.height:.0f}"
    try:
        return write_command(action, _CSS_PX)
    except ValueError:  # recorded, though no policy of ours can say it: a scroll across, say
        return ACTION.dump_json(action, exclude_defaults=True).decode()


def policy_name(description: Mapping[str, Any]) -> str:
    """A policy's short name, out of what it says about itself."""
    for key in ("name", "policy", "model"):
        if isinstance(name := description.get(key), str):
            return name
    return "unnamed policy"


def title(trajectory: Trajectory) -> str:
    """What was to be reached: the goal of the task, also where the policy was told the way."""
    goal = (trajectory.start.task or {}).get("goal")
    return goal if isinstance(goal, str) and goal else trajectory.start.goal


def sampled_tokens(trajectory: Trajectory) -> int:
    """Tokens that the policy sampled; 0 where it is no language model or does not tell."""
    return sum(step.turn.sampled_token_count for step in trajectory.steps)


def ending_reason(trajectory: Trajectory) -> str:
    """Why it ended, in a sentence; empty where there is nothing to say."""
    if trajectory.end is None:
        return "the record breaks off: the run was killed"
    return trajectory.end.reason


def print_trajectory(trajectory: Trajectory, console: Console) -> None:
    """Print an episode: what was asked, a few lines a step, and how it ended."""
    console.print(header(trajectory))
    for record in trajectory.steps:
        console.print(step_line(record))
    console.print(ending(trajectory))


def header(trajectory: Trajectory) -> RenderableType:
    """The goal, and who played."""
    start = trajectory.start
    lines = [f"{policy_name(start.policy)} · {start.started_at}"]
    if title(trajectory) != start.goal:
        lines.insert(0, f"told: {start.goal}")
    return Group(
        Text(one_line(title(trajectory)), style="bold", overflow="fold"),
        *(Text(one_line(line), "dim", overflow="ellipsis", no_wrap=True) for line in lines),
        Text(),
    )


def step_line(record: StepRecord) -> RenderableType:
    """What just happened, what the policy thought of it, and what it did: a line each."""
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(justify="right", width=3, style="dim")
    grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    grid.add_column(justify="right", no_wrap=True, style="dim")
    *before, last = _lines(record)
    numbers = [str(record.index + 1), *[""] * len(before)]
    for number, line in zip(numbers, before, strict=False):
        grid.add_row(number, line, "")
    grid.add_row(numbers[len(before)], last, f"{record.observe_s + record.act_s:.1f} s")
    return grid


def ending(trajectory: Trajectory) -> RenderableType:
    """How it ended: status and reason, answer, score, and what it took."""
    end, steps = trajectory.end, len(trajectory.steps)
    ended = verdict(trajectory)
    effort = [f"{steps} step{'s' * (steps != 1)}"]
    if end:
        effort.append(f"{end.seconds:.1f} s")
    if tokens := sampled_tokens(trajectory):
        effort.append(f"{tokens:,} tokens")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", min_width=10)
    grid.add_column(overflow="fold")
    if end and end.answer:
        grid.add_row("  answer", Text(one_line(end.answer), style="bold"))
    if end and end.score:
        grid.add_row("  score", Text(f"{end.score.value:.2f}  {one_line(end.score.why)}".rstrip()))
    grid.add_row("  took", Text(" · ".join(effort)))
    headline = Text(f"{ended.sign} {ended.words}", style=f"bold {_COLOURS[ended.tone]}")
    if reason := ending_reason(trajectory):
        headline = Text.assemble(headline, "  ", one_line(reason))
    return Group(Text(), headline, grid)


def _lines(record: StepRecord) -> Iterator[Text]:
    """At least one line."""
    for event in record.seen.events:
        if event.kind != "malformed":  # what the line above says already
            yield Text(f"! {one_line(event.text)}", style="yellow")
    turn = record.turn
    if thought := one_line(turn.thought):
        yield Text(thought)
    if turn.action is None:
        yield Text(f"✗ {one_line(turn.error or 'no action')}", style="red")
    else:
        yield Text(f"→ {one_line(describe_action(turn.action))}", style="cyan")
