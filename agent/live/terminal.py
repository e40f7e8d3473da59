"""Live control in the terminal: a key each, and a line where words are needed.

Keys are read from the terminal's own input, and only while this process has it; nothing is read
from a pipe or a file. Ctrl-C does what it always did.
"""

import asyncio
import contextlib
import os
import sys
import termios
import tty
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import TextIO

from rich.console import Console
from rich.text import Text

from vigorl.agent.live.commands import (
    Act,
    Command,
    Edit,
    GiveAnswer,
    NotNow,
    Pause,
    Refuse,
    Resume,
    Say,
    StepOnce,
    Stop,
    TakeControl,
)
from vigorl.agent.live.control import LiveControl
from vigorl.agent.live.lines import line_of
from vigorl.agent.live.state import Question, SteeredState
from vigorl.agent.plain_text import one_line

_KEYS = {
    "running": (("p", "pause"), ("t", "take over"), ("m", "say something"), ("q", "stop")),
    "paused": (
        ("s", "do it"),
        ("e", "edit"),
        ("v", "veto"),
        ("r", "go on"),
        ("t", "take over"),
        ("m", "say something"),
        ("q", "stop"),
    ),
}
_AT_ONCE: dict[str, Callable[[SteeredState], Command]] = {
    "p": lambda state: Pause(),
    "s": lambda state: StepOnce(state.turn if state.proposal else None),
    "r": lambda state: Resume(),
    "t": lambda state: TakeControl(),
    "q": lambda state: Stop(),
}
_YOUR_TURN = (
    'Your turn: type an action, such as click (412, 80) or type "kettle" enter; points are CSS px. '
    "Enter alone gives back, p gives back and pauses, q stops."
)


class LiveTerminal:
    """Whoever sits at the terminal steers a run.

    Args:
        control: What is steered.
        console: Where it is told.
        keys: The terminal's input.
        aside: Keeps others from writing to the terminal meanwhile.
        stage: Takes what is waited for.
    """

    def __init__(
        self,
        control: LiveControl,
        console: Console,
        keys: TextIO,
        aside: Callable[[], AbstractContextManager[None]],
        stage: Callable[[str], None] = lambda what: None,
    ) -> None:
        self._control = control
        self._console = console
        self._descriptor = keys.fileno()
        self._others = aside
        self._stage = stage
        self._pressed: asyncio.Queue[str] = asyncio.Queue()
        self._before = termios.tcgetattr(self._descriptor)
        self._is_listening = False
        self._line: asyncio.Future[str | None] | None = None
        self._is_lent = False

    @asynccontextmanager
    async def steering(self) -> AsyncIterator[None]:
        """Read keys as long as the block lasts; the terminal is as before afterwards."""
        self._console.print(_hint("running", self._control.state.mode != "paused"))
        work = [asyncio.create_task(self._obey()), asyncio.create_task(self._tell())]
        self._listen()
        try:
            yield
        finally:
            for each in work:
                each.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            self._leave()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Leave keys and terminal to somebody else who asks; a line half typed is dropped."""
        self._is_lent = True
        if self._line is not None and not self._line.done():
            self._line.set_result(None)
        self._leave()
        try:
            with self._others():
                yield
        finally:
            self._is_lent = False
            self._listen()

    # ------------------------------------------------------------------ what is told

    async def _tell(self) -> None:
        """Say what there is to decide, each once, and ask for lines where it is a person's turn."""
        told: tuple[int, bool] | None = None
        async for state in self._control.states():
            about = state.turn, state.awaits_action or isinstance(state.asked, Question)
            if about == told:
                continue
            if state.mode == "paused" and state.proposal is not None:
                told = about
                self._stage("waiting for you")
                self._console.print(_proposed(state))
            elif about[1]:
                told = about
                self._stage("waiting for you")
                await self._persons_line(state)

    async def _persons_line(self, state: SteeredState) -> None:
        if isinstance(state.asked, Question):
            hidden = state.asked.is_confidential
            self._console.print(Text(f"? {one_line(state.asked.text)}", style="bold yellow"))
            said = await self._read("answer (hidden): " if hidden else "answer: ", state, hidden)
            if said:
                self._do(GiveAnswer(said, hidden, state.turn))
            return
        if not state.past or state.past[-1].record.by != "person":
            self._console.print(Text(_YOUR_TURN, style="magenta"))
        match await self._read("you: ", state):
            case None:
                return
            case "":
                self._do(Resume())
            case "p":
                self._do(Pause())
            case "q":
                self._do(Stop())
            case line:
                if not self._do(Act(line, state.turn)):
                    await self._persons_line(state)

    # ------------------------------------------------------------------ what is asked for

    async def _obey(self) -> None:
        while True:
            key = (await self._pressed.get()).lower()
            state = self._control.state
            if key in ("\r", "\n"):
                key = "s" if state.proposal is not None and state.mode == "paused" else ""
            if key in _AT_ONCE:
                if self._do(_AT_ONCE[key](state)) and key == "p":
                    self._console.print(_hint("paused" if state.proposal else "pausing"))
            elif key == "m":
                if said := await self._read("say: ", None):
                    self._do(Say(said))
            elif key == "v" and state.proposal is not None:
                why = await self._read("why not? ", state)
                if why is not None:
                    self._do(Refuse(why, state.turn))
            elif key == "e" and state.proposal is not None:
                line = line_of(state.proposal.action)
                if said := await self._read(f"instead of {one_line(line)}: ", state):
                    self._do(Edit(said, state.turn))
            elif key == "?":
                self._console.print(_hint("paused" if state.mode == "paused" else "running"))

    def _do(self, command: Command) -> bool:
        """Whether it could be done; where not, it is said why."""
        try:
            self._control.do(command)
        except NotNow as refused:
            self._console.print(Text(f"! {one_line(str(refused))}", style="yellow"))
            return False
        return True

    # ------------------------------------------------------------------ the terminal

    def _listen(self) -> None:
        """Have each key handed over at once, where this process has the terminal."""
        if self._is_listening or self._is_lent or not _is_in_front(self._descriptor):
            return
        tty.setcbreak(self._descriptor, termios.TCSANOW)
        termios.tcflush(self._descriptor, termios.TCIFLUSH)
        asyncio.get_running_loop().add_reader(self._descriptor, self._take_keys)
        self._is_listening = True

    def _leave(self) -> None:
        if self._is_listening:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            termios.tcsetattr(self._descriptor, termios.TCSANOW, self._before)
            self._is_listening = False

    def _take_keys(self) -> None:
        data = os.read(self._descriptor, 64)
        if not data:  # the terminal is gone
            self._leave()
            return
        text = data.decode("utf-8", "replace")
        if not text.startswith("\x1b"):  # an arrow, say
            for key in text:
                self._pressed.put_nowait(key)

    async def _read(
        self, prompt: str, about: SteeredState | None, hidden: bool = False
    ) -> str | None:
        """A line, without what surrounds it; None once it is decided, or somebody else asks."""
        if self._line is not None or self._is_lent:
            return None
        self._leave()
        line = self._line = asyncio.get_running_loop().create_future()
        watching = asyncio.ensure_future(self._decided(about))
        try:
            with self._others(), _echo(self._descriptor, shown=not hidden):
                self._console.print(Text(prompt, style="bold"), end="")
                self._console.file.flush()
                loop = asyncio.get_running_loop()
                loop.add_reader(self._descriptor, self._take_line, line)
                try:
                    await asyncio.wait((line, watching), return_when=asyncio.FIRST_COMPLETED)
                finally:
                    loop.remove_reader(self._descriptor)
                if hidden or not line.done():
                    self._console.print()
                return line.result() if line.done() else None
        finally:
            watching.cancel()
            self._line = None
            self._listen()

    def _take_line(self, line: "asyncio.Future[str | None]") -> None:
        data = os.read(self._descriptor, 8192)
        if not line.done():
            line.set_result(data.decode("utf-8", "replace").strip() if data else None)

    async def _decided(self, about: SteeredState | None) -> None:
        """Return once what was asked is decided elsewhere, or the run is over."""
        async for state in self._control.states():
            if about is not None and state.turn != about.turn:
                return


def live_terminal(
    control: LiveControl,
    console: Console,
    aside: Callable[[], AbstractContextManager[None]],
    stage: Callable[[str], None] = lambda what: None,
) -> LiveTerminal | None:
    """Whoever sits at the terminal; None where there is no terminal to steer from."""
    if not (console.is_terminal and sys.stdin is not None and sys.stdin.isatty()):
        return None
    return LiveTerminal(control, console, sys.stdin, aside, stage)


def _is_in_front(descriptor: int) -> bool:
    """Whether this process may change the terminal; one in the background would be stopped."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # not the terminal of this session, which knows no background
        return True


@contextlib.contextmanager
def _echo(descriptor: int, shown: bool) -> Iterator[None]:
    """Let what is typed be shown, or not."""
    before = termios.tcgetattr(descriptor)
    hidden = [*before]
    hidden[3] &= ~termios.ECHO
    if not shown:
        termios.tcsetattr(descriptor, termios.TCSANOW, hidden)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)


def _proposed(state: SteeredState) -> Text:
    assert state.proposal is not None
    line = line_of(state.proposal.action) or state.proposal.action.type
    return Text.assemble(("⏸ before ", "yellow"), (one_line(line), "cyan"), "\n", _hint("paused"))


def _hint(mode: str, is_running: bool = True) -> Text:
    if mode == "pausing" or not is_running:
        return Text("⏸ paused: the next action waits for you", style="yellow")
    parts: list[str | tuple[str, str]] = []
    for key, words in _KEYS[mode]:
        parts += [(f" {key} ", "reverse"), (f" {words}  ", "dim")]
    return Text.assemble(*parts)
