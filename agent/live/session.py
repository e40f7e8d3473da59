"""Live control of one run: who steers it, where they do, and what the run is given for that."""

import sys
import webbrowser
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from vigorl.agent.approval import InTime, terminal_approver
from vigorl.agent.live.asking import LiveAsking
from vigorl.agent.live.control import LiveControl
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.run import Additions
from vigorl.agent.viewer.show import ending_reason, verdict
from vigorl.agent.viewer.watching import TerminalWatcher
from vigorl.agent.watcher import Watcher, Watchers
from vigorl.browser.deeds import Approver
from vigorl.browser.errors import UsageError

if TYPE_CHECKING:
    from vigorl.agent.live.terminal import LiveTerminal


class LiveSession:
    """A run that somebody at the terminal steers, and on a page where that is asked for.

    Where there is neither, it is a run like any other.

    Args:
        console: Of the terminal.
        shown: Who prints the steps there.
        approve_s: Time to answer whether something risky may be done, s.
        view: Serve the page.
        pause: Hold the first action back.
        ask: Let the policy ask.

    Raises:
        UsageError: it is to pause or to ask, and nobody is there.
    """

    def __init__(
        self,
        console: Console,
        shown: TerminalWatcher,
        approve_s: float,
        view: bool = False,
        pause: bool = False,
        ask: bool = False,
    ) -> None:
        self._console, self._view = console, view
        self._control = LiveControl(paused=pause)
        self._terminal = _terminal_of(self._control, console, shown)
        if self._terminal is None and not view and (pause or ask):
            raise UsageError(
                f"{'--pause' if pause else '--ask'} needs somebody who answers: run it in a "
                "terminal, or with --view"
            )
        aside = self._terminal.lent if self._terminal is not None else nullcontext
        approver: Approver | None = terminal_approver(console, aside, approve_s)
        asking = LiveAsking(self._control, approver)
        is_steered = view or self._terminal is not None
        self.watcher: Watcher = Watchers(shown, self._control) if is_steered else shown
        self.approver = InTime(asking, approve_s) if is_steered else approver
        """Who is asked about what is risky; None: nobody is there."""
        self.additions = Additions(
            live=self._control if is_steered else None, person=asking if ask else None
        )

    @asynccontextmanager
    async def steering(self, runs: Path, opens: bool) -> AsyncIterator[None]:
        """Have the run steered as long as the block lasts.

        Args:
            runs: Folder of runs, whose pages are served beside the run's own.
            opens: Open the page in the browser.
        """
        async with AsyncExitStack() as stack:
            if self._view:
                from vigorl.agent.live.page import served

                url = await stack.enter_async_context(served(self._control, runs))
                self._console.print(f"[green]live[/green]  {escape(url)}", soft_wrap=True)
                if opens:
                    webbrowser.open(url)
            if self._terminal is not None:
                await stack.enter_async_context(self._terminal.steering())
            yield

    def end(self, trajectory: Trajectory) -> None:
        """Tell pages how it ended."""
        ended = verdict(trajectory)
        answer = trajectory.end.answer if trajectory.end is not None else ""
        told = f"vigorl-agent show {trajectory.folder}"
        said = (f"{ended.sign} {ended.words}", ending_reason(trajectory), answer or "", told)
        self._control.end(" · ".join(part for part in said if part))


def _terminal_of(
    control: LiveControl, console: Console, shown: TerminalWatcher
) -> "LiveTerminal | None":
    """Whoever sits at the terminal; None where there is none, or none whose keys can be read."""
    if sys.platform == "win32":
        return None
    from vigorl.agent.live.terminal import live_terminal

    return live_terminal(control, console, shown.aside, shown.stage)
