"""One task, from the words on the command line to a recorded episode."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vigorl.agent.rollout import Limits, rollout
from vigorl.agent.trajectory import (
    Recorder,
    StepRecord,
    Trajectory,
    as_json,
    config_of,
    read_trajectory,
)
from vigorl.browser.chromium import Browser, BrowserSettings
from vigorl.browser.environment import Environment
from vigorl.browser.errors import UsageError
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.marks import MarkedEnvironment, PageEnvironment
from vigorl.browser.zoom import ZoomEnvironment
from vigorl.policy.policy import Policy
from vigorl.tasks.environment import TaskEnvironment, Told
from vigorl.tasks.local.registry import find_task
from vigorl.tasks.local.site import Site
from vigorl.tasks.miniwob.environment import MiniwobEnvironment
from vigorl.tasks.miniwob.pages import Pages
from vigorl.tasks.miniwob.registry import PREFIX, find
from vigorl.tasks.task import TaskRow

READER = "reader"
"""The embedded policy that needs no model."""

RANDOM = "random"
"""The policy that clicks anywhere: a floor under all others."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Who plays."""

    model: str = READER
    """`reader`, `random`, the URL of an OpenAI-compatible server, a checkpoint's folder, or a hub
    id."""
    model_name: str | None = None
    """Which of a server's models; None: its only one."""
    family: str | None = None
    """How the model is talked to (`vigorl.policy.family`); None: told by its name."""
    api_key: str | None = None
    """Sent to the server as a bearer token; never recorded."""
    temperature: float | None = None
    """Of sampling; 0 is greedy; None: the family's own."""
    window_screens: int | None = None
    """Screenshots that stay in the conversation; None: as the family has it."""
    zoom: bool = True
    """Whether it may look closer, where its family can."""


@dataclass(frozen=True, slots=True)
class RunConfig:
    """What `vigorl-agent run` does."""

    goal: str | None = None
    """What to do, in words; None: the goal of `task`."""
    url: str | None = None
    """Where to start; None: the task's page, or an empty one."""
    task: str | None = None
    """An embedded task, `name` or `name:seed`, or one of MiniWoB++, `miniwob/name:seed`."""
    told: Told | None = None
    """Of an embedded task: what to reach, or how, step by step; None: as the policy needs it."""
    max_steps: int = 30
    """Turns until the episode is cut short."""
    max_seconds: float = 600.0
    """Seconds until the episode is cut short."""
    max_tokens: int | None = None
    """Sampled tokens until the episode is cut short; None: no limit."""
    viewport_width_px: int = 1280
    """CSS px; an embedded task brings its own."""
    viewport_height_px: int = 720
    """CSS px; an embedded task brings its own."""
    headed: bool = False
    """Show the browser's window."""
    storage_state: Path | None = None
    """Log-ins to start with: a file as Playwright writes it."""
    save_storage_state: Path | None = None
    """Where to write the log-ins at the end."""
    allowed_hosts: tuple[str, ...] | None = None
    """The only hosts that can be reached; None: all."""
    runs: Path = Path("runs")
    """Where trajectories are recorded."""

    def __post_init__(self) -> None:
        if self.goal is not None and self.task is not None:
            raise UsageError("give a goal in words or an embedded task, not both")
        if self.goal is None and self.task is None:
            raise UsageError(
                "nothing to do: say it in words (vigorl-agent run 'click \"Contact\"' --url …) or "
                "name an embedded task (--task login; `vigorl-agent tasks` lists them)"
            )
        if self.goal is not None and not self.goal.strip():
            raise UsageError("the goal is empty: say what to do")
        if self.storage_state and not self.storage_state.is_file():
            raise UsageError(f"no storage state at {self.storage_state}")


async def open_policy(config: ModelConfig) -> Policy:
    """The policy that a model's name stands for, ready to play.

    Raises:
        UsageError: there is no such model, or what it needs is not installed.
        PolicyFault: the model's server does not answer.
    """
    if config.model == READER:
        from vigorl.policy.reader.actor import ReaderPolicy

        return ReaderPolicy()
    if config.model == RANDOM:
        from vigorl.policy.clicker import RandomPolicy

        return RandomPolicy()
    from vigorl.policy.backend import Sampling
    from vigorl.policy.model import open_model

    return await open_model(
        config.model,
        model_name=config.model_name,
        family=config.family,
        api_key=config.api_key,
        window_screens=config.window_screens,
        zoom=config.zoom,
        sampling=None if config.temperature is None else Sampling(config.temperature),
    )


async def run(
    config: RunConfig, model: ModelConfig, watch: Callable[[StepRecord], None] | None = None
) -> Trajectory:
    """Play and record one task; a cancellation ends it like a limit does, with its record.

    Raises:
        UsageError: something in the configuration does not exist.
        InfrastructureFault: the browser could not start, or the record could not be written.
    """
    ticket = find(config.task) if config.task and config.task.startswith(PREFIX) else None
    row = find_task(config.task) if config.task and ticket is None else None
    policy = await open_policy(model)
    settings = BrowserSettings(
        headless=not config.headed,
        unlimited_frame_rate=config.task is not None,
        allowed_hosts=config.allowed_hosts,
    )
    try:
        async with Browser(settings) as browser, Site() as site, Pages(browser) as pages:
            if ticket is not None:
                row = await pages.draw(ticket)
            recorder = Recorder.create(
                config.runs,
                config.goal or (row.goal if row else ""),
                {"run": config_of(config), "model": {**config_of(model), "api_key": None}},
            )
            page: PageEnvironment
            if ticket is not None and row is not None:
                page = MiniwobEnvironment(pages, row)
            else:
                page = _page(config, model, row, browser, site, recorder.folder)
            environment = equipped(page, policy)
            limits = Limits(config.max_steps, config.max_seconds, config.max_tokens)
            task = as_json(row) if row else None
            try:
                return await rollout(policy, environment, recorder, limits, task, watch)
            except asyncio.CancelledError:
                # Ctrl-C ends here like every other ending: with what was recorded.
                return read_trajectory(recorder.folder)
    finally:
        await policy.close()


def equipped(environment: PageEnvironment, policy: Policy) -> Environment:
    """A page with what a policy looks through: a zoom, and marks where it acts on them."""
    return ZoomEnvironment(MarkedEnvironment(environment) if policy.acts_on_marks else environment)


def _page(
    config: RunConfig,
    model: ModelConfig,
    row: TaskRow | None,
    browser: Browser,
    site: Site,
    folder: Path,
) -> PageEnvironment:
    settings = PageSettings(
        width_px=config.viewport_width_px,
        height_px=config.viewport_height_px,
        storage_state=config.storage_state,
        save_storage_state=config.save_storage_state,
        download_dir=folder / "downloads",
    )
    if row is not None:
        return TaskEnvironment(site, browser, row, settings, told(config, model))
    assert config.goal is not None
    return LivePage(browser, config.goal, config.url or "about:blank", settings)


def told(config: RunConfig, model: ModelConfig) -> Told:
    """What the policy is told of an embedded task: reader needs to be told how."""
    return config.told or ("instructions" if model.model == READER else "goal")
