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
from vigorl.agent.record.trajectory import Amendment, Status, StepRecord, Trajectory
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
_COLOURS = {"good": "green", "plain": "cyan", "warn": "yellow", "bad": "red"}
TOLD_HOSTS = 5
"""That the end names of those that were refused."""

_LONGEST_THOUGHT = 400
"""Characters of a thought that a terminal shows; a file gets all of it."""
_CSS_PX = Frame.of_viewport(100_000, 100_000)
"""Writes points as they are, in whole CSS px."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an episode ended, for a person."""

    sign: str
    words: str
    tone: Literal["good", "plain", "warn", "bad"]
    how: str = ""
    """Who has checked it, in a sentence."""


_CHECKERS = {
    "judge": "the task's judge",
    "policy": "reader, which saw the effect of every step",
    "second look": "a second look at the last screens",
}


def verdict(trajectory: Trajectory) -> Verdict:
    """How it ended: done and checked, done and seen by nobody, or called done and not so."""
    status, end = trajectory.status, trajectory.end
    if status != "done" or end is None:
        tone: Literal["warn", "bad"] = "bad" if status == "fault" else "warn"
        return Verdict(_STATUS_SIGNS[status], STATUS_WORDS[status], tone)
    if end.verified is None:
        return Verdict("○", "done, unchecked", "plain")
    who = " and ".join(_CHECKERS[name] for name in end.verified_by)
    if end.verified:
        return Verdict("✓", "done", "good", f"checked by {who}")
    return Verdict("✗", "missed", "warn", f"the policy says done; not so for {who}")


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


def ending_reason(trajectory: Trajectory) -> str:
    """Why it ended, in a sentence; empty where there is nothing to say."""
    if trajectory.end is None:
        return "the record breaks off: the run was killed"
    return trajectory.end.reason


def print_trajectory(trajectory: Trajectory, console: Console) -> None:
    """Print an episode: what was asked, a few lines a step, and how it ended."""
    console.print(header(trajectory))
    for record in trajectory.steps:
        print_step(record, console)
    console.print(ending(trajectory))


def print_step(record: StepRecord, console: Console) -> None:
    """Print a step: laid out for a terminal, uncut for a file or a pipe."""
    if console.is_terminal:
        console.print(step_line(record))
    else:
        console.out(step_text(record), highlight=False)


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
    grid.add_column(ratio=1, overflow="fold")
    grid.add_column(justify="right", no_wrap=True, style="dim")
    *before, last = _lines(record)
    numbers = [str(record.index + 1), *[""] * len(before)]
    for number, line in zip(numbers, before, strict=False):
        grid.add_row(number, line, "")
    grid.add_row(numbers[len(before)], last, f"{record.observe_s + record.act_s:.1f} s")
    return grid


def step_text(record: StepRecord) -> str:
    """The same for a file or a pipe: whole lines, however long."""
    margin = " " * 4
    lines = [line.plain for line in _lines(record, None)]
    took = f"{record.observe_s + record.act_s:.1f} s"
    first, *others = lines
    return "\n".join([f"{record.index + 1:>3} {first}", *(margin + line for line in others)]) + (
        f"  ({took})"
    )


def ending(trajectory: Trajectory) -> RenderableType:
    """How it ended: status and reason, answer, score, and what it took."""
    end, steps = trajectory.end, len(trajectory.steps)
    ended = verdict(trajectory)
    effort = [f"{steps} step{'s' * (steps != 1)}"]
    if end:
        effort.append(f"{end.seconds:.1f} s")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", min_width=10)
    grid.add_column(overflow="fold")
    if end and end.answer:
        grid.add_row("  answer", Text(one_line(end.answer), style="bold"))
    if score := trajectory.score:
        grid.add_row("  score", Text(f"{score.value:.2f}  {one_line(score.why)}".rstrip()))
    for check in end.checks if end else ():
        if check.by == "second look":
            says = "it is done" if check.passed else "it is not done"
            grid.add_row("  looked", Text(f"{says}: {one_line(check.why)}"))
    if end and end.refused:
        grid.add_row("  blocked", Text(one_line(refusals(end.refused))))
    grid.add_row("  took", Text(" · ".join(effort)))
    if used := trajectory.usage.told():
        grid.add_row("  used", Text(" · ".join(used)))
    headline = Text(f"{ended.sign} {ended.words}", style=f"bold {_COLOURS[ended.tone]}")
    if reason := ending_reason(trajectory):
        headline = Text.assemble(headline, "  ", one_line(reason))
    elif ended.how:
        headline = Text.assemble(headline, (f"  {ended.how}", "dim"))
    return Group(Text(), headline, grid)


def refusals(counts: Mapping[str, int]) -> str:
    """How many connections the boundary refused, and to which hosts."""
    total = sum(counts.values())
    named = [f"{place} ({count})" for place, count in list(counts.items())[:TOLD_HOSTS]]
    rest = len(counts) - len(named)
    others = [f"{rest} more"] if rest else []
    requests = f"{total} request{'s' * (total != 1)}"
    return f"{requests} to hosts that are not allowed: {', '.join((*named, *others))}"


def _lines(record: StepRecord, longest_thought: int | None = _LONGEST_THOUGHT) -> Iterator[Text]:
    """At least one line."""
    for consent in record.seen.consents:
        said = "allowed" if consent.approval.granted else "denied"
        asked = one_line(consent.deed.what)
        yield Text(f"? {asked}: {said} after {consent.waited_s:.0f} s", style="magenta")
    for event in record.seen.events:
        if event.kind != "malformed":  # what the line above says already
            yield Text(f"! {one_line(event.text)}", style="yellow")
    turn = record.turn
    if thought := one_line(turn.thought, longest_thought):
        yield Text(thought)
    if turn.action is None:
        yield Text(f"✗ {one_line(turn.error or 'no action')}", style="red")
    else:
        who = "a person: " if record.by == "person" else ""
        yield Text(f"→ {who}{one_line(describe_action(turn.action))}", style="cyan")
    if record.amendment is not None:
        yield Text(one_line(amended(record.amendment)), style="magenta")


def amended(amendment: Amendment) -> str:
    """What was made of an action, for a person."""
    who = "a person" if amendment.by == "person" else "the program"
    if amendment.action is None:
        return f"◼ not done: {amendment.why or f'{who} said no'}"
    return f"↳ {who} did this in its place: {describe_action(amendment.action)}"
