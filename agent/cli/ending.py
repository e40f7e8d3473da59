"""How commands are played to their end: one loop, one clear message, one documented exit code."""

import asyncio
import json
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from vigorl.browser.errors import InfrastructureFault, UsageError, VigorlError

DONE, TASK_FAILED, USAGE, GAVE_UP, LIMIT, FAULT, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

EXIT_CODES = """\
[bold]Exit codes[/bold]  0 done · 1 done, but the task's judge says no · 2 usage · 3 gave up · \
4 limit reached · 5 infrastructure fault · 130 interrupted"""

_T = TypeVar("_T")


class errors:
    """Turn the package's errors into one clear message and a documented exit code."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        match error:
            case UsageError():
                self._leave("usage", str(error), USAGE)
            case InfrastructureFault():
                self._leave("fault", f"{type(error).__name__}: {error}", FAULT)
            case VigorlError():
                self._leave("fault", f"{type(error).__name__}: {error}", FAULT)
            case KeyboardInterrupt() | asyncio.CancelledError():
                self._leave("interrupted", "stopped; what was recorded is kept", INTERRUPTED)
            case _:
                return None

    def _leave(self, status: str, message: str, code: int) -> NoReturn:
        colour = "yellow" if code == INTERRUPTED else "red"
        console = Console(stderr=True)
        # The terminal breaks the line, so that a command or a path can be copied out of it.
        console.print(
            f"[bold {colour}]{status}[/]  {escape(message)}", highlight=False, soft_wrap=True
        )
        if self.as_json:
            print_json({"status": status, "reason": message})
        raise typer.Exit(code)


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
    """Run to the end; SIGINT and SIGTERM cancel the work, which then closes what it opened."""

    async def guarded() -> _T:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        return await task

    return asyncio.run(guarded())


def print_json(value: dict[str, Any]) -> None:
    """One line of JSON on stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False))
