"""How an episode looks in a terminal while it runs: each step as it ends, and what is under way."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from vigorl.agent.plain_text import one_line
from vigorl.agent.record.trajectory import Seen, StepRecord
from vigorl.agent.rollout import Watcher
from vigorl.agent.viewer.show import describe_action, print_step

_LONGEST = 60
"""Characters of a title or an action in the line of what is under way."""


class TerminalWatcher(Watcher):
    """Prints each step; below them, in a terminal, a line says what is under way.

    In a file or a pipe the steps are printed whole, and nothing else.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._asides = 0

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status = self._console.status("", spinner="dots", spinner_style="cyan")
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status is not None:
            self._status.stop()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Leave the terminal to somebody who asks for something."""
        if self._status is None:
            yield
            return
        self._asides += 1
        self._status.stop()
        try:
            yield
        finally:
            self._asides -= 1
            if not self._asides:
                self._status.start()

    def stage(self, what: str) -> None:
        """Say what has begun."""
        if self._status is not None:
            self._status.update(f"[dim]{escape(what)} …[/dim]")

    def seen(self, index: int, seen: Seen) -> None:
        """Say at which step the policy is, and on which page."""
        page = one_line(seen.title, _LONGEST) or urlsplit(seen.url).netloc or "the screen"
        self.stage(f"step {index + 1}: looking at {page}")

    def step(self, record: StepRecord) -> None:
        """Print a step, and say that it is being carried out."""
        print_step(record, self._console)
        if record.turn.action is not None:
            doing = one_line(describe_action(record.turn.action), _LONGEST)
            self.stage(f"step {record.index + 1}: {doing}")
