"""How commands are played to their end: one loop, one clear message, one documented exit code."""

import asyncio
import errno
import json
import platform
import re
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, NoReturn, Self, TypeVar

import typer
from rich.markup import escape

from vigorl.agent.cli.interrupt import INTERRUPTED
from vigorl.agent.cli.terminal import Console
from vigorl.agent.plain_text import CONTROLS
from vigorl.browser.errors import InfrastructureFault, UsageError, VigorlError

DONE, TASK_FAILED, USAGE, GAVE_UP, LIMIT, FAULT = 0, 1, 2, 3, 4, 5
BUG = 70
"""As EX_SOFTWARE of sysexits.h."""
STOPPED = 130

_UNUSABLE = frozenset(
    {errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR}
)
"""What the system says of a path that cannot be used as it was given."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})
"""What it says where the disk refuses."""

EXIT_CODES = """\
[bold]Exit codes[/bold]  0 done · 1 done, but a check says no · 2 usage · 3 gave up · \
4 limit reached · 5 infrastructure fault · 70 a bug in vigorl-agent · 130 interrupted"""

_T = TypeVar("_T")


class errors:
    """Turn whatever escapes from a command into one clear message and a documented exit code."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.redact: Callable[[str], str] = str
        """Takes out of messages what they must not tell."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        match _foremost(error):
            case None | typer.Exit() | SystemExit() | BrokenPipeError():
                return None
            case UsageError() as usage:
                self._leave("usage", str(usage), USAGE)
            case InfrastructureFault() | VigorlError() as fault:
                self._leave("fault", f"{type(fault).__name__}: {fault}", FAULT)
            case OSError() as refused if refused.errno in _UNUSABLE and refused.filename:
                self._leave("usage", f"{refused.filename}: {refused.strerror}", USAGE)
            case OSError() as refused if refused.errno in _FULL:
                self._leave("fault", f"StorageFault: {refused}", FAULT)
            case KeyboardInterrupt() | asyncio.CancelledError():
                self._leave("interrupted", "stopped", STOPPED)
            case Exception() if INTERRUPTED.is_set():
                self._leave("interrupted", "stopped", STOPPED)
            case Exception() as bug if error is not None:
                self._leave("bug", _told(bug, error, self.redact), BUG)
            case _:
                return None

    def _leave(self, status: str, message: str, code: int) -> NoReturn:
        colour = "yellow" if code == STOPPED else "red"
        message = self.redact(message)
        console = Console(stderr=True)
        # The terminal breaks the line, so that a command or a path can be copied out of it.
        console.print(
            f"[bold {colour}]{status}[/]  {escape(message)}", highlight=False, soft_wrap=True
        )
        if self.as_json:
            print_json({"status": status, "reason": message})
        raise typer.Exit(code)


def _foremost(error: BaseException | None) -> BaseException | None:
    """The error to tell; of several that happened together that which says what to change."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    leaves = [_foremost(each) for each in error.exceptions]
    for kind in (UsageError, InfrastructureFault, VigorlError, Exception):
        for leaf in leaves:
            if isinstance(leaf, kind):
                return leaf
    return leaves[0]


def _told(bug: BaseException, error: BaseException, redact: Callable[[str], str]) -> str:
    """What is said of a mistake of ours; its trace goes to a file."""
    told = f"{type(bug).__name__}: {bug}. This is a mistake in vigorl-agent, not in what you asked"
    head = f"vigorl-agent {version('vigorl-agent')}, Python {platform.python_version()}"
    command = re.sub(
        r"(--[\w-]*key[ =])\S+|(?<=//)[^/@\s]+:[^/@\s]+(?=@)",
        lambda found: f"{found[1] or ''}…",
        " ".join(sys.argv[1:]),
    )
    trace = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="vigorl-bug-", suffix=".txt", delete=False, errors="replace"
        ) as file:
            file.write(redact(f"{head}\n{command}\n\n{trace}"))
    except OSError as refused:
        return f"{told} (its trace could not be written: {refused})"
    return f"{told}. Please report it with {file.name}, which holds the command and the trace"


@contextmanager
def torch_needed() -> Iterator[None]:
    """Say what to install where an import fails."""
    try:
        yield
    except ImportError as error:
        raise UsageError(
            f"training needs torch and transformers ({error}): pip install 'vigorl-agent[model]'"
        ) from error


def play(work: Coroutine[Any, Any, _T]) -> _T:
    """Run to the end; SIGINT, SIGTERM and SIGHUP cancel the work.

    It then writes how it ended, and closes what it opened. SIGHUP says that the terminal is closed.

    What breaks after such a signal, which may have reached the browser as well, breaks of it.
    """

    async def guarded() -> _T:
        task = asyncio.ensure_future(work)

        def stop() -> None:
            INTERRUPTED.set()
            task.cancel()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN or number is signal.SIGINT:
                loop.add_signal_handler(number, stop)  # under nohup, a closed terminal is ignored
        return await task

    try:
        return asyncio.run(guarded())
    except (Exception, BaseExceptionGroup) as error:
        if INTERRUPTED.is_set():
            raise KeyboardInterrupt from error
        raise


def print_json(value: dict[str, Any]) -> None:
    """One line of JSON on stdout, in which nothing steers a terminal."""
    line = json.dumps(value, ensure_ascii=False)
    typer.echo(CONTROLS.sub(lambda found: json.dumps(found.group())[1:-1], line))
