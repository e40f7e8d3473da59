"""One task, from the words on the command line to a recorded episode."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from vigorl.agent.answers import AnswerForm, AnswerReferee
from vigorl.agent.desktop import (
    described,
    desktop_row,
    desktop_settings,
    desktop_world,
    require_points,
    until_stopped,
)
from vigorl.agent.functions import FunctionsEnvironment, OwnFunction
from vigorl.agent.live.asking import AskingEnvironment, Respondent
from vigorl.agent.live.control import LiveControl
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import Trajectory, as_json, config_of, read_trajectory
from vigorl.agent.referee import Referee, Referees
from vigorl.agent.rollout import Limits, SecondLook, Watcher, rollout
from vigorl.agent.run_config import RunConfig
from vigorl.agent.run_words import (
    own_addresses,
    own_files,
    require_runnable,
    told,
    told_goal,
    vault_of,
    writes_json,
)
from vigorl.agent.witness import WitnessedEnvironment, boxes_on
from vigorl.agent.wrappers import SlowMotion, equipped
from vigorl.browser.action_space import BROWSER
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser, BrowserSettings
from vigorl.browser.deeds import Approver
from vigorl.browser.desktop.opening import require_screen
from vigorl.browser.environment import Environment, Optics
from vigorl.browser.errors import UsageError
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.marks import PageEnvironment
from vigorl.browser.origins import origin_of
from vigorl.browser.page_settings import HttpCredentials
from vigorl.browser.tab import LiveTab
from vigorl.browser.vault import Vault, parted_url
from vigorl.policy.commands import COMMANDS
from vigorl.policy.factory import addressed, beside, open_policy
from vigorl.policy.model_config import ModelConfig
from vigorl.policy.policy import Policy
from vigorl.tasks.environment import TaskEnvironment
from vigorl.tasks.local.registry import find_task
from vigorl.tasks.local.site import Site
from vigorl.tasks.miniwob.environment import MiniwobEnvironment
from vigorl.tasks.miniwob.pages import PagePool
from vigorl.tasks.miniwob.registry import PREFIX, find
from vigorl.tasks.task import TaskRow

__all__ = ["SAME", "Additions", "ModelConfig", "RunConfig", "run"]

SAME = "same"
"""For a second look: the model that acts."""


@asynccontextmanager
async def opened(
    model: ModelConfig, settings: BrowserSettings, given: Policy | None = None
) -> AsyncIterator[tuple[Policy, Browser]]:
    """The policy and the browser, started side by side and closed in the end.

    Args:
        model: Who plays.
        settings: How the browser is started.
        given: Who plays instead, and stays open.

    Raises:
        UsageError: there is no such model, or what it needs is not installed.
        InfrastructureFault: the browser or the model's server does not start.
    """
    browser = Browser(settings)
    opening = asyncio.ensure_future(_stays(given) if given is not None else open_policy(model))
    starting = asyncio.ensure_future(browser.start())
    try:
        await asyncio.wait((opening, starting), return_when=asyncio.FIRST_EXCEPTION)
        for task in (opening, starting):
            if task.done():
                task.result()
        yield opening.result(), browser
    finally:
        opening.cancel()
        starting.cancel()
        policy, _ = await asyncio.gather(opening, starting, return_exceptions=True)
        await browser.close()
        if given is None and not isinstance(policy, BaseException):
            await policy.close()


async def _stays(policy: Policy) -> Policy:
    return policy


@asynccontextmanager
async def second_look(
    verify: str | None, acting: Policy, model: ModelConfig
) -> AsyncIterator[SecondLook | None]:
    """Who takes a second look: nobody, the acting model, or another one.

    Raises:
        UsageError: it is no vision-language model.
        PolicyFault: its server does not answer.
    """
    if verify is None:
        yield None
        return
    from vigorl.policy.model import ModelPolicy
    from vigorl.policy.second_look import ModelVerifier

    policy = acting if verify == SAME else await open_policy(beside(model, verify))
    try:
        if not isinstance(policy, ModelPolicy):
            raise UsageError(
                f"{policy.name} cannot take a second look: name a vision-language model, such as "
                "--verify http://localhost:8000/v1"
            )
        yield ModelVerifier(policy)
    finally:
        if policy is not acting:
            await policy.close()


@dataclass(frozen=True)
class Additions:
    """What a run is given beside its configuration, by whoever runs it from Python."""

    policy: Policy | None = None
    """Who plays; it is open already, and stays open. None: the model of the configuration."""
    referee: Referee = field(default_factory=Referee)
    """Who may change or veto actions before they are done."""
    answer: AnswerForm | None = None
    """What the answer has to be; None: as the configuration says, else any text."""
    functions: tuple[OwnFunction, ...] = ()
    """What the policy may call beside what can be done to the page."""
    limits: Limits | None = None
    """When to stop; None: as the configuration says."""
    attend: Callable[[LiveTab], Awaitable[None]] | None = None
    """What watches a person act in each tab; None: nobody does."""
    around: Callable[[PageEnvironment, Vault], PageEnvironment] | None = None
    """What is put around the page; None: nothing."""
    live: LiveControl | None = None
    """Who steers the run while it is played; None: nobody can."""
    person: Respondent | None = None
    """Who answers what the policy asks; None: it is not offered to ask."""


async def run(
    config: RunConfig,
    model: ModelConfig,
    watcher: Watcher | None = None,
    approver: Approver | None = None,
    additions: Additions | None = None,
) -> Trajectory:
    """Play and record one task; a cancellation ends it like a limit does, with its record.

    Args:
        config: What is to be done.
        model: Who plays.
        watcher: Who is told how it goes.
        approver: Who is asked about what needs a yes; None: it is denied.
        additions: What no command line can say.

    Raises:
        UsageError: something in the configuration does not exist, or reader does not understand
            the goal.
        InfrastructureFault: the browser could not start, or the record could not be written.
    """
    additions = additions or Additions()
    if additions.answer is None and config.schema is not None:
        additions = replace(additions, answer=AnswerForm.read(config.schema))
    require_runnable(config, model)
    _require_goal(config, additions)
    if additions.policy is not None:  # before anything is started
        _require_able(additions, additions.policy)
    watcher = watcher or Watcher()
    name = parted_url(model.model)[0]
    model = model if additions.policy is not None else addressed(model)
    config, credentials = _without_log_in(config)
    vault = vault_of(config, model, credentials)
    if config.desktop or desktop_row(config) is not None:
        return await _run_on_desktop(config, model, vault, watcher, approver, additions)
    ticket = find(config.task) if config.task and config.task.startswith(PREFIX) else None
    row = find_task(config.task) if config.task and ticket is None else None
    watcher.stage(f"starting Chromium and {name}")
    async with (
        opened(model, _browser_settings(config), additions.policy) as (policy, browser),
        second_look(config.verify, policy, model) as look,
        Site() as site,
        PagePool(browser, config.boundary) as pages,
    ):
        referee = _referee(additions, policy)
        _require_able(additions, policy)
        if ticket is not None:
            row = await pages.draw(ticket)
        recorder = _recorder(config, model, row, {"browser": browser.describe()}, vault)
        page: PageEnvironment
        if ticket is not None and row is not None:
            page = MiniwobEnvironment(pages, row)
        else:
            settings = _page_settings(config, row, recorder.folder, vault)
            settings = replace(settings, http_credentials=credentials, approver=approver)
            settings = replace(settings, attend=additions.attend)
            goal = told_goal(config, policy, vault, additions.functions, additions.answer)
            page = _page(config, model, policy, row, browser, site, settings, goal)
        if additions.around is not None:
            page = additions.around(page, vault)
        environment = _around(page, policy, vault, config, additions, row, recorder)
        task = as_json(row) if row else None
        playing = rollout(
            policy, environment, recorder, _limits(config, additions), task, watcher, look,
            referee=referee,
        )  # fmt: skip
        return await _recorded(playing, recorder)


async def _run_on_desktop(
    config: RunConfig,
    model: ModelConfig,
    vault: Vault,
    watcher: Watcher,
    approver: Approver | None,
    additions: Additions,
) -> Trajectory:
    """Play and record one task on a desktop.

    Raises:
        UsageError: something in the configuration does not exist, or there is no such screen.
        InfrastructureFault: the model's server does not start, or the record cannot be written.
    """
    row = desktop_row(config)
    settings = desktop_settings(config, vault, approver)
    require_screen(is_virtual=settings.virtual is not None or row is not None)
    watcher.stage(f"starting {parted_url(model.model)[0]}")
    policy = additions.policy or await open_policy(model)
    try:
        require_points(policy)
        async with second_look(config.verify, policy, model) as look:
            referee = _referee(additions, policy)
            _require_able(additions, policy)
            goal = told_goal(config, policy, vault, additions.functions, additions.answer)
            desktop = desktop_world(row, goal, told(config, policy), settings)
            recorder = _recorder(config, model, row, {"desktop": described(config)}, vault)
            environment = _around(desktop, policy, vault, config, additions, row, recorder)
            task = as_json(row) if row else None
            playing = rollout(
                policy, environment, recorder, _limits(config, additions), task, watcher, look,
                referee=referee,
            )  # fmt: skip
            return await _recorded(until_stopped(playing, desktop.stopped()), recorder)
    finally:
        if additions.policy is None:
            await policy.close()


def _around(
    world: Environment,
    policy: Policy,
    vault: Vault,
    config: RunConfig,
    additions: Additions,
    row: TaskRow | None,
    recorder: Recorder,
) -> Environment:
    """A world with all that a run puts around it."""
    environment = equipped(world, policy, vault)
    if isinstance(world, TaskEnvironment) and vault.is_empty:
        boxes = partial(boxes_on, world)
        environment = WitnessedEnvironment(environment, boxes, recorder.folder)
    if additions.functions:
        environment = FunctionsEnvironment(environment, additions.functions)
    if additions.person is not None:
        environment = AskingEnvironment(environment, additions.person, vault)
    if additions.live is not None:
        live = additions.live
        live.begin(goal_of(config, row), policy, vault, config.slow_motion_s)
        live.optics = world if isinstance(world, Optics) else None
    elif config.slow_motion_s:
        environment = SlowMotion(environment, config.slow_motion_s)
    return environment


def _limits(config: RunConfig, additions: Additions) -> Limits:
    return additions.limits or Limits(
        config.max_steps, config.max_seconds, config.max_tokens, config.max_cost
    )


async def _recorded(playing: Coroutine[Any, Any, Trajectory], recorder: Recorder) -> Trajectory:
    """What was played, also where a Ctrl-C ends it: like every other ending, with its record."""
    try:
        return await playing
    except asyncio.CancelledError:
        return read_trajectory(recorder.folder)


def _browser_settings(config: RunConfig) -> BrowserSettings:
    return BrowserSettings(
        headless=not config.headed,
        unlimited_frame_rate=config.task is not None,
        profile=config.profile,
        cdp=config.cdp,
        proxy=config.proxy,
    )


def _recorder(
    config: RunConfig,
    model: ModelConfig,
    row: TaskRow | None,
    place: Mapping[str, Any],
    vault: Vault,
) -> Recorder:
    """A new record; `place` says where it is played, a browser or a desktop."""
    return Recorder.create(
        config.runs,
        goal_of(config, row),
        {
            "run": config_of(config),
            "model": {**config_of(model), "api_key": None},
            **place,
        },
        vault,
    )


def _page_settings(
    config: RunConfig, row: TaskRow | None, folder: Path, vault: Vault
) -> PageSettings:
    return PageSettings(
        boundary=config.boundary or (Boundary() if row is None else Boundary(allow=())),
        upload_from=config.upload_from,
        width_px=config.viewport_width_px,
        height_px=config.viewport_height_px,
        storage_state=config.storage_state,
        save_storage_state=config.save_storage_state,
        download_dir=folder / "downloads",
        vault=vault,
        approve=config.approves,
        locale=config.locale,
        timezone=config.timezone,
        color_scheme=config.color_scheme,
    )


def _referee(additions: Additions, policy: Policy) -> Referee:
    """Who watches over the run, the answer's form last."""
    form, live = additions.answer, additions.live
    answer = None if form is None else AnswerReferee(form, second_try=writes_json(policy))
    referees = [each for each in (additions.referee, live, answer) if each is not None]
    return referees[0] if len(referees) == 1 else Referees(*referees)


def _require_goal(config: RunConfig, additions: Additions) -> None:
    """Refuse what only a goal in words can be given.

    Raises:
        UsageError: an embedded task is.
    """
    if config.task is not None and (additions.answer is not None or additions.functions):
        raise UsageError(
            "an embedded task says itself what its answer is and what can be done: give output and "
            "tools with a goal in words"
        )


def _require_able(additions: Additions, policy: Policy) -> None:
    """Refuse what a policy cannot do: other answers than it gives, functions that it cannot call.

    Raises:
        UsageError: it is such a policy.
    """
    form = additions.answer
    if form is not None and not writes_json(policy) and not form.takes_bare_values:
        raise UsageError(
            f"{policy.name} answers with a value as it stands on the page: ask it for one field "
            "that is a text, a number or a truth value, or give a vision-language model (--model), "
            "which writes JSON"
        )
    _require_asking(additions, policy)
    if not additions.functions:
        return
    family = getattr(policy, "family", None)
    told = "" if family is None else family.system_prompt(BROWSER | {"call"}) or ""
    _, meaning = COMMANDS["call"]  # how it is written stands in JSON, escaped, in some prompts
    if not writes_json(policy) or (family is not None and meaning not in told):
        who = policy.name if family is None else f"{policy.name} ({family.name})"
        raise UsageError(
            f"{who} has a language of its own, in which no functions of yours can be called: leave "
            "the tools out, or give a model that is told its actions in words (--family generic)"
        )


def _require_asking(additions: Additions, policy: Policy) -> None:
    """Refuse a person who answers, where the policy cannot ask.

    Raises:
        UsageError: it has no words for it.
    """
    if additions.person is None:
        return
    family = getattr(policy, "family", None)
    if family is None and not policy.needs_instructions:
        return  # somebody's own policy, which reads what is offered
    told = () if family is None else map(family.system_prompt, (BROWSER, BROWSER | {"ask"}))
    if len(set(told)) < 2:
        who = policy.name if family is None else f"{policy.name} ({family.name})"
        raise UsageError(
            f"{who} asks nobody: leave out --ask, or give a model that is told its actions in "
            "words (--family generic)"
        )


def goal_of(config: RunConfig, row: TaskRow | None) -> str:
    """What is to be done, as a person reads it."""
    return config.goal or (row.goal if row else "")


def _without_log_in(config: RunConfig) -> tuple[RunConfig, HttpCredentials | None]:
    """The configuration without the log-in that stands in its URL, and that log-in."""
    url, log_in = parted_url(config.url or "")
    if log_in is None:
        return config, None
    return replace(config, url=url), HttpCredentials(*log_in, origin_of(url))


def _page(
    config: RunConfig,
    model: ModelConfig,
    policy: Policy,
    row: TaskRow | None,
    browser: Browser,
    site: Site,
    settings: PageSettings,
    goal: str,
) -> PageEnvironment:
    if row is not None:
        return TaskEnvironment(site, browser, row, settings, told(config, policy))
    assert config.goal is not None
    settings = replace(
        settings,
        boundary=settings.boundary.also(*own_addresses(config, model)),
        upload_from=(*settings.upload_from, *own_files(config, model)),
        dialogs=config.dialogs,
        permissions=_PERMISSIONS[config.dialogs],
    )
    return LivePage(browser, goal, config.url or "about:blank", settings)


_PERMISSIONS: dict[str, Literal["ask", "allow", "deny"]] = {
    "ask": "ask",
    "accept": "allow",
    "dismiss": "deny",
}
"""What is done about a permission, by what is done about dialogs."""
