"""Progress bars and live tables of evaluations, searches and trainings."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from vigorl.agent.evaluation.evaluation import Result
from vigorl.agent.evaluation.statistics import wilson
from vigorl.agent.plain_text import one_line
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.viewer.show import describe_action, title
from vigorl.browser.environment import Score

_LAST_EPISODES = 8
"""Of practice, that are told of."""


@contextmanager
def progress(total: int, console: Console) -> Iterator[Callable[[Result], None]]:
    """One bar with the mean so far; yields what is to be called with each result."""
    scores: list[float | None] = []
    with _bar(console) as bar:
        task = bar.add_task("score –", total=total, last="")

        def on_result(result: Result) -> None:
            scores.append(result.score)
            mean = wilson(scores).mean
            bar.update(
                task,
                advance=1,
                description="score –" if mean is None else f"score {mean:.1%}",
                last=escape(result.id),
            )

        yield on_result


@contextmanager
def counting(what: str, total: int, console: Console) -> Iterator[Callable[[str], None]]:
    """One bar of things that are done one by one; yields what is to be called with each one's name.

    Args:
        what: Their name, in the plural.
        total: How many there are.
        console: Where it is drawn.
    """
    with _bar(console) as bar:
        task = bar.add_task(what, total=total, last="")
        yield lambda name: bar.update(task, advance=1, last=escape(name))


@contextmanager
def practising(steps: int, console: Console) -> Iterator[Callable[[int, Trajectory], None]]:
    """A bar of updates below a table of the episodes that ended last.

    Yields what is to be called with the update that is played for, counted from 1, and with each
    episode as it ends. Where nobody looks (a file, a pipe), nothing is drawn.

    Args:
        steps: Updates in all.
        console: Where it is drawn.
    """
    bar = _bar(console)
    task = bar.add_task("updates", total=steps, last="")
    last: deque[Trajectory] = deque(maxlen=_LAST_EPISODES)
    episodes = 0
    with Live(bar, console=console, transient=True, refresh_per_second=4) as live:

        def on_episode(step: int, episode: Trajectory) -> None:
            nonlocal episodes
            episodes += 1
            last.append(episode)
            bar.update(task, completed=step - 1, last=f"{episodes} episodes")
            live.update(Group(episode_table(last), bar))

        yield on_episode


def episode_table(episodes: Sequence[Trajectory]) -> Table:
    """Each episode in a line: score, turns, what was asked, what was thought and done last."""
    table = Table(box=None, padding=(0, 2, 0, 0), expand=True)
    table.add_column("score", justify="right")
    table.add_column("turns", justify="right")
    for heading, ratio in (("asked", 3), ("last thought", 4), ("and action", 2)):
        table.add_column(heading, no_wrap=True, overflow="ellipsis", ratio=ratio)
    for episode in episodes:
        turn = episode.steps[-1].turn if episode.steps else None
        action = turn.action if turn else None
        table.add_row(
            _shown(episode.score),
            str(len(episode.steps)),
            Text(one_line(title(episode), 200)),
            Text(one_line(turn.thought, 200) if turn else "", "dim"),
            Text(one_line(describe_action(action) if action else "none", 200)),
        )
    return table


def _shown(score: Score | None) -> Text:
    if score is None:
        return Text("–", "dim")
    colour = "green" if score.is_solved else "red" if score.value == 0 else "yellow"
    return Text(f"{score.value:g}", colour)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[last]}"),
        console=console,
    )
