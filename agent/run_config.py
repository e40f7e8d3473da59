"""Configuration of `vigorl-agent run`: one task in a browser, or on a desktop."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import Argument, Option

from vigorl.browser.deeds import Approve
from vigorl.browser.desktop.virtual_size import VirtualSize
from vigorl.browser.errors import UsageError

if TYPE_CHECKING:
    from vigorl.browser.boundary import Boundary
    from vigorl.browser.vault import Secret

MINIWOB = "miniwob/"
"""Beginning of the names of MiniWoB++'s tasks."""

_LIBRARY: dict[str, Any] = {"option": False}
"""Marks a field that the command makes of other options."""


@dataclass(frozen=True, slots=True)
class RunConfig:
    """What `vigorl-agent run` does."""

    goal: Annotated[str | None, Argument(show_default=False)] = None
    """Words that say what to do: literal instructions for reader, a goal for a model."""
    url: Annotated[str | None, Option(metavar="URL")] = None
    """Page to start at."""
    task: Annotated[str | None, Option(metavar="NAME[:SEED]")] = None
    """Do an embedded task instead, miniwob/NAME[:SEED] of MiniWoB++, or desktop/NAME[:SEED]."""
    told: Annotated[Literal["goal", "instructions"] | None, Option("--prompt")] = None
    """Prompt the policy with the goal of an embedded task, or with instructions step by step.
    Default: as the policy needs it."""
    schema: Annotated[Path | None, Option(metavar="FILE")] = None
    """JSON Schema that the answer has to fit; one that does not is sent back once."""
    runs: Annotated[Path, Option("--out")] = Path("runs")
    """Folder in which the run is recorded."""
    verify: Annotated[str | None, Option(metavar="same|MODEL", rich_help_panel="Model")] = None
    """Model that looks at the last screens when the policy says done, and confirms it or not:
    [bold]same[/bold], or another as for [bold]--model[/bold]."""
    max_steps: Annotated[int, Option(min=1, rich_help_panel="Limits")] = 30
    """Most steps of the episode."""
    max_seconds: Annotated[float, Option(min=1)] = 600.0
    """Most seconds of the episode."""
    max_tokens: Annotated[int | None, Option(min=1)] = None
    """Most tokens sampled in the episode. Default: no limit."""
    max_cost: Annotated[float | None, Option(min=0, metavar="DOLLARS")] = None
    """Most dollars that the policy's turns may cost, by [bold]--price[/bold] or as the server says.
    Default: no limit."""
    viewport_width_px: int = field(default=1280, metadata=_LIBRARY)
    """CSS px; an embedded task brings its own."""
    viewport_height_px: int = field(default=720, metadata=_LIBRARY)
    """CSS px; an embedded task brings its own."""
    desktop: Annotated[bool, Option("--desktop", rich_help_panel="Desktop")] = False
    """Act on a desktop instead of in a browser: on your own screen, or with [bold]--virtual[/bold]
    on one of the agent's own. Control+Alt+Escape stops it, and so does the mouse in the upper left
    corner."""
    virtual: Annotated[str | None, Option(metavar="WxH[@SCALE]")] = None
    """Start a screen for the agent alone, such as 1920x1080, or 1920x1080@2 with twice the pixels.
    It ends with the run, and so do the programs on it."""
    launch: Annotated[tuple[str, ...], Option(metavar="COMMAND")] = ()
    """Program to start on the desktop, which the agent may start again; may be repeated."""
    monitor: Annotated[int | None, Option(min=1, metavar="N")] = None
    """The one monitor of several that the agent sees and acts on, counted from 1. Default: all."""
    only_window: Annotated[str | None, Option(metavar="TITLE")] = None
    """Part of the title of the one window that the agent sees and acts on, with its dialogs and
    menus; all else is black to it."""
    headed: Annotated[bool, Option("--headed", rich_help_panel="Browser")] = False
    """Show the browser's window."""
    cdp: Annotated[str | None, Option(metavar="URL")] = None
    """Work in a browser that runs already, in a tab of its own beside yours, with your log-ins: the
    address of its DevTools, such as http://localhost:9222. Nothing keeps its pages to hosts."""
    profile: Annotated[Path | None, Option(metavar="FOLDER")] = None
    """Folder of the browser's profile, whose log-ins are used and kept. Default: an empty one that
    is thrown away."""
    proxy: Annotated[str | None, Option(metavar="URL")] = None
    """Proxy for the pages: http://, https:// or socks5://, with USER:PASSWORD@ where it wants them.
    Default: that of the environment."""
    locale: Annotated[str | None, Option(metavar="NAME")] = None
    """Language and country that pages see, such as de-DE."""
    timezone: Annotated[str | None, Option(metavar="NAME")] = None
    """Time zone that pages see, such as Europe/Berlin. Default: this machine's."""
    color_scheme: Literal["light", "dark"] | None = None
    """Colours that pages prefer. Default: light."""
    slow_motion_s: Annotated[float, Option("--slow-motion", min=0, metavar="SECONDS")] = 0.0
    """Seconds to wait before each action, so that one can follow."""
    storage_state: Path | None = None
    """File of log-ins to start with, as Playwright writes it."""
    save_storage_state: Path | None = None
    """File to write the log-ins to at the end."""
    dialogs: Literal["ask", "accept", "dismiss"] = "ask"
    """Answer dialogs, permissions and log-ins that a page asks for: let the policy answer, always
    accept, or always dismiss. An embedded task answers as its rules say."""
    approve: Annotated[Approve | None, Option(rich_help_panel="Safety")] = None
    """Ask you before an action is done: never; when it is risky (pays, deletes, sends, publishes,
    uploads and the like); or always when it changes anything. Without a terminal to ask in, it is
    denied. Default: risky; never for an embedded task; always on your own desktop, and never on a
    virtual one."""
    upload_from: Annotated[tuple[Path, ...], Option(metavar="PATH")] = ()
    """File, or folder with all that is in it, that may be handed to pages; may be repeated.
    Default: none."""
    boundary: "Boundary | None" = field(default=None, metadata=_LIBRARY)
    """Where pages may go, beside `url` and the task's own site; None: with a goal in words the
    public web, with a task nowhere else."""
    secrets: "tuple[Secret, ...]" = field(default=(), metadata=_LIBRARY)
    """What may be typed by name; values are never recorded."""

    def __post_init__(self) -> None:
        if self.goal is not None and self.task is not None:
            raise UsageError("give a goal in words or an embedded task, not both")
        if self.goal is None and self.task is None:
            raise UsageError(
                "nothing to do: say it in words (vigorl-agent run 'click \"Contact\"' --url …) or "
                "name an embedded task (--task login; `vigorl-agent tasks list` names them)"
            )
        if self.goal is not None and not self.goal.strip():
            raise UsageError("the goal is empty: say what to do")
        for name, text in (("goal", self.goal), ("URL", self.url), ("task", self.task)):
            require_text(name, text)
        if self.task is not None and self.url is not None:
            raise UsageError("an embedded task brings its own page: leave out --url")
        if self.task is not None and self.schema is not None:
            raise UsageError("an embedded task says what its answer is: leave out --schema")
        if self.goal is not None and self.told is not None:
            raise UsageError("--prompt belongs to an embedded task (--task): leave it out")
        if (self.task or "").startswith(MINIWOB) and self.approves != "never":
            raise UsageError("tasks of MiniWoB++ ask nobody: leave out --approve")
        if self.storage_state and not self.storage_state.is_file():
            raise UsageError(f"no storage state at {self.storage_state}")
        self._require_browser()
        self._require_desktop()

    def _require_desktop(self) -> None:
        """Refuse what a desktop has not, and what only a desktop has.

        Raises:
            UsageError: two options contradict each other.
        """
        only_here = {
            "--virtual": self.virtual,
            "--launch": self.launch,
            "--monitor": self.monitor,
            "--only-window": self.only_window,
        }
        if not self.desktop:
            if wrong := [name for name, value in only_here.items() if value]:
                raise UsageError(f"{', '.join(wrong)}: only a desktop has this; add --desktop")
            return
        of_a_browser = {
            "--url": self.url,
            "--task": self.task,
            "--cdp": self.cdp,
            "--profile": self.profile,
            "--headed": self.headed,
            "--proxy": self.proxy,
            "--locale": self.locale,
            "--timezone": self.timezone,
            "--color-scheme": self.color_scheme,
            "--storage-state": self.storage_state,
            "--save-storage-state": self.save_storage_state,
            "--upload-from": self.upload_from,
            "--allow, --deny and --allow-local": self.boundary,
        }
        if wrong := [name for name, value in of_a_browser.items() if value]:
            raise UsageError(f"{', '.join(wrong)}: a desktop has no pages; leave it out")
        if self.approve == "risky":
            raise UsageError(
                "--approve risky: nothing on a screen says what a click does, so nobody can tell "
                "what is risky there. Give --approve always, or --approve never"
            )
        if self.virtual is not None:
            VirtualSize.parse(self.virtual)

    def _require_browser(self) -> None:
        """Refuse what the browser that is asked for cannot do.

        Raises:
            UsageError: two options contradict each other.
        """
        own = {"--cdp": self.cdp, "--profile": self.profile}
        for name in (name for name, value in own.items() if value is not None):
            if self.task is not None:
                raise UsageError(
                    f"an embedded task has a fresh browser of its own: leave out {name}"
                )
            if self.storage_state is not None:
                raise UsageError(f"{name} has log-ins of its own: leave out --storage-state")
        if self.cdp is None:
            return
        if self.boundary is not None:
            raise UsageError(
                "--allow, --deny and --allow-local cannot be kept with --cdp: which hosts a "
                "browser may reach is said as it starts. Leave them out, or use --profile, which "
                "keeps log-ins and the lists"
            )
        given = {
            "--profile": self.profile,
            "--proxy": self.proxy,
            "--headed": self.headed,
            "--locale": self.locale,
            "--timezone": self.timezone,
            "--color-scheme": self.color_scheme,
        }
        if wrong := [name for name, value in given.items() if value]:
            raise UsageError(
                f"{', '.join(wrong)}: a browser that runs already (--cdp) has its own; say it "
                "where that browser is started"
            )

    @property
    def approves(self) -> Approve:
        """What needs a yes before it is done."""
        if self.approve is not None:
            return self.approve
        if self.desktop:
            return "never" if self.virtual is not None else "always"
        return "never" if self.task is not None else "risky"


def require_text(name: str, text: str | None) -> None:
    """Refuse an argument that is no text: bytes of a command line that are no UTF-8.

    Raises:
        UsageError: it has such bytes.
    """
    if text is not None and not text.isprintable() and any("\ud800" <= c <= "\udfff" for c in text):
        raise UsageError(
            f"the {name} is not UTF-8: {text!a}. Write it in a terminal whose locale is UTF-8"
        )
