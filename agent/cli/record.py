"""`vigorl-agent record`: a person's demonstration, recorded like any other run."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape
from typer import Argument, Option

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.ending import exit_code, kept, result_of
from vigorl.agent.cli.fields import shown
from vigorl.agent.cli.interrupt import INTERRUPTED
from vigorl.agent.cli.main import EXIT_CODES, FAULT, errors, play, print_json
from vigorl.agent.cli.options import ANYWHERE, AsJson, BoundaryOptions, Secrets, viewport_of
from vigorl.agent.cli.terminal import Console
from vigorl.agent.run_config import RunConfig
from vigorl.browser.errors import UsageError

if TYPE_CHECKING:
    from vigorl.agent.demonstration.person import Demonstration
    from vigorl.agent.record.trajectory import Trajectory

app = App()

TURN = """\
Your turn. Each step is printed here when it is over.
To finish, close the window, press Ctrl-C, or write here:
  done · answer "…" · give up "…"
"""
NO_SCREEN = (
    "a person needs a window, and there is no screen here (DISPLAY is not set). Make one that can "
    "be looked at (xvfb-run -a --server-args='-screen 0 1920x1080x24', with a viewer such as "
    "x11vnc), or start a browser where you are with --remote-debugging-port=9222 and attach to it "
    "with --cdp http://localhost:9222"
)


@app.command("record", epilog=EXIT_CODES)
def record(
    url: Annotated[str | None, Argument(metavar="[URL]", help="Page to start at.")] = None,
    goal: Annotated[
        str | None,
        Option(help="The task that you are going to show, in words.", show_default=False),
    ] = None,
    task: Annotated[str | None, shown(RunConfig, "task")] = None,
    out: Annotated[Path, shown(RunConfig, "runs")] = Path("runs"),
    annotate: Annotated[
        bool,
        Option(
            "--annotate",
            help="Give each step a thought of ours that says where its target is. Default: none, "
            "since what you thought is not known.",
        ),
    ] = False,
    viewport: Annotated[
        str, Option(metavar="WxH", help="Width and height of the page, CSS px.")
    ] = "1280x720",
    cdp: Annotated[str | None, shown(RunConfig, "cdp")] = None,
    profile: Annotated[Path | None, shown(RunConfig, "profile")] = None,
    proxy: Annotated[str | None, shown(RunConfig, "proxy")] = None,
    locale: Annotated[str | None, shown(RunConfig, "locale")] = None,
    timezone: Annotated[str | None, shown(RunConfig, "timezone")] = None,
    color_scheme: Annotated[
        Literal["light", "dark"] | None, shown(RunConfig, "color_scheme")
    ] = None,
    storage_state: Annotated[Path | None, shown(RunConfig, "storage_state")] = None,
    save_storage_state: Annotated[Path | None, shown(RunConfig, "save_storage_state")] = None,
    secret: Secrets = None,
    as_json: AsJson = False,
    network: BoundaryOptions = ANYWHERE,
) -> None:
    """Show how it is done: what you do in a browser becomes a run to replay and to train on.

    [dim]$[/dim] vigorl-agent record https://shop.example --goal "put a kettle into the cart"

    [dim]$[/dim] vigorl-agent record --task shop:3
    """
    with errors(as_json) as messages:
        from vigorl.agent.secret_sources import read_secrets
        from vigorl.browser.vault import Vault

        if task is None and (url is None or goal is None):
            raise UsageError(
                "what will you show? Give a page and a goal (vigorl-agent record https://… "
                '--goal "…") or an embedded task (--task shop:3)'
            )
        width_px, height_px = viewport_of(viewport)
        secrets = read_secrets(secret or ())
        messages.redact = Vault(secrets, url or "https://nowhere.invalid/").redact
        config = RunConfig(
            goal,
            url,
            task,
            runs=out,
            viewport_width_px=width_px,
            viewport_height_px=height_px,
            headed=cdp is None,
            cdp=cdp,
            profile=profile,
            proxy=proxy,
            locale=locale,
            timezone=timezone,
            color_scheme=color_scheme,
            storage_state=storage_state,
            save_storage_state=save_storage_state,
            approve="never",
            boundary=network.boundary(),
            secrets=secrets,
        )
        require_screen(config)
        console = Console(stderr=as_json)
        trajectory = _recorded(config, annotate, console)
        unsaved = kept(trajectory, console)
    if as_json:
        print_json({**result_of(trajectory), "unsaved": unsaved})
    raise typer.Exit(FAULT if unsaved else exit_code(trajectory))


def require_screen(config: RunConfig) -> None:
    """Refuse to open a window that nobody can see.

    Raises:
        UsageError: there is no screen.
    """
    has_screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if config.headed and sys.platform.startswith("linux") and not has_screen:
        raise UsageError(NO_SCREEN)


def _recorded(config: RunConfig, annotate: bool, console: Console) -> "Trajectory":
    """Let a person act until they say that it is over."""
    from vigorl.agent.demonstration.person import Demonstration
    from vigorl.agent.record.trajectory import PERSON, StepRecord
    from vigorl.agent.run import ModelConfig
    from vigorl.agent.run import run as play_task
    from vigorl.agent.viewer.show import ending, print_step
    from vigorl.agent.watcher import Watcher

    class Teller(Watcher):
        def step(self, record: StepRecord) -> None:
            print_step(record, console)
            if record.turn.notice:
                console.print(f"      [dim]on: {escape(record.turn.notice)}[/dim]", highlight=False)

    def say(text: str) -> None:
        console.print(f"[yellow]![/yellow]  {escape(text)}", highlight=False, soft_wrap=True)

    def begins() -> None:
        console.print(TURN, highlight=False)

    demonstration = Demonstration(
        answers=config.task is None,
        annotates=annotate,
        ends_with_tabs=config.profile is not None,
        say=say,
        begins=begins,
    )
    prompt = TerminalPrompt(demonstration, say)
    if config.task is not None:
        from vigorl.tasks.local.registry import find_task

        console.print(f"[bold]{escape(find_task(config.task).goal)}[/bold]\n", highlight=False)

    async def recorded() -> "Trajectory":
        with prompt:
            return await play_task(
                config, ModelConfig(PERSON), Teller(), additions=demonstration.additions
            )

    trajectory = play(recorded())
    console.print(ending(trajectory))
    return trajectory


@dataclass
class TerminalPrompt:
    """What is written into the terminal meanwhile, and Ctrl-C: the first says that it is over."""

    demonstration: "Demonstration"
    say: Callable[[str], None]
    _rest: bytes = b""
    _errands: set["asyncio.Task[Any]"] = field(default_factory=set)
    _input: int | None = None

    def __enter__(self) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def stop() -> None:
            if self.demonstration.has_begun and not self.demonstration.is_over:
                self.demonstration.end()
            elif task is not None:
                INTERRUPTED.set()
                task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN or number is signal.SIGINT:
                loop.add_signal_handler(number, stop)
        try:
            self._input = sys.stdin.fileno()
            loop.add_reader(self._input, self._read)
        except (OSError, ValueError, AttributeError):  # a file, or nothing
            self._input = None

    def __exit__(self, *_: object) -> None:
        self._let_go()
        for errand in self._errands:
            errand.cancel()

    async def finish(self) -> None:
        """Wait for what was asked of the browser."""
        await asyncio.gather(*self._errands)

    def _let_go(self) -> None:
        if self._input is not None:
            asyncio.get_running_loop().remove_reader(self._input)
            self._input = None

    def _read(self) -> None:
        assert self._input is not None
        new = os.read(self._input, 4096)
        if not new:
            self._let_go()
        *lines, self._rest = (self._rest + new).split(b"\n")
        for line in lines:
            if words := line.decode("utf-8", "replace").strip():
                self.obey(words)

    def obey(self, words: str) -> None:
        """Do what is written."""
        from vigorl.browser.actions import Accept, Dismiss, Done, GiveUp

        found = re.fullmatch(r"(done|answer|give[ _]up|accept|dismiss)\b\s*(.*)", words, re.DOTALL)
        said = found[2].strip() if found else ""
        if len(said) > 1 and (said[0], said[-1]) in (('"', '"'), ("“", "”"), ("'", "'")):
            said = said[1:-1]
        match found and found[1]:
            case "done":
                self.demonstration.end(Done(said))
            case "answer" if said:
                self.demonstration.end(Done(said))
            case "give up" | "give_up" if said:
                self.demonstration.end(GiveUp(said))
            case "accept":
                self._send(self._answer(Accept(said or None)))
            case "dismiss":
                self._send(self._answer(Dismiss()))
            case _:
                self.say('write done, answer "…", give up "…", accept or dismiss')

    def _send(self, errand: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _answer(self, answer: Any) -> None:
        if not await self.demonstration.answer(answer):
            self.say("the browser asks nothing just now; dialogs are answered in its window")
