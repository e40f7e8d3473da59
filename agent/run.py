"""One task, from the words on the command line to a recorded episode."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from vigorl.agent.answers import AnswerForm, AnswerReferee
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import Trajectory, as_json, config_of, read_trajectory
from vigorl.agent.referee import Referee, Referees
from vigorl.agent.rollout import Limits, SecondLook, Watcher, rollout
from vigorl.agent.run_config import RunConfig
from vigorl.agent.wrappers import SlowMotion, equipped
from vigorl.browser.actions import Goto
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser, BrowserSettings
from vigorl.browser.deeds import Approver
from vigorl.browser.errors import UsageError
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.marks import PageEnvironment
from vigorl.browser.origins import origin_of
from vigorl.browser.page_settings import HttpCredentials
from vigorl.browser.vault import Vault, parted_url
from vigorl.policy.factory import READER, addressed, beside, open_policy
from vigorl.policy.model_config import ModelConfig
from vigorl.policy.policy import Policy
from vigorl.tasks.environment import TaskEnvironment, Told
from vigorl.tasks.local.registry import find_task
from vigorl.tasks.local.site import Site
from vigorl.tasks.miniwob.environment import MiniwobEnvironment
from vigorl.tasks.miniwob.pages import PagePool
from vigorl.tasks.miniwob.registry import PREFIX, find
from vigorl.tasks.task import TaskRow

if TYPE_CHECKING:
    from vigorl.policy.reader.language.steps import Step

__all__ = ["SAME", "Additions", "ModelConfig", "RunConfig", "run"]

SAME = "same"
"""For a second look: the model that acts."""


def require_runnable(config: RunConfig, model: ModelConfig) -> None:
    """Refuse, before anything is started, what cannot be carried out as it is written.

    Raises:
        UsageError: reader does not understand the goal, or nobody says where to begin.
    """
    if config.goal is None:
        return
    starts_itself = bool(own_addresses(config, model))
    if config.url is None and not starts_itself:
        raise UsageError(
            "where? Say the page to begin at with --url https://… (or --url about:blank)"
        )


def own_steps(config: RunConfig, model: ModelConfig) -> "tuple[Step, ...]":
    """The steps that an operator's own words are, where reader plays; of other policies none.

    Raises:
        UsageError: reader does not understand the goal.
    """
    if model.model != READER or config.goal is None:
        return ()
    from vigorl.policy.reader.language.instructions import parse_instructions

    return tuple(parse_instructions(config.goal))


def own_files(config: RunConfig, model: ModelConfig) -> tuple[Path, ...]:
    """The files that an operator's own words hand over.

    Raises:
        UsageError: reader does not understand the goal.
    """
    from vigorl.policy.reader.language.steps import UploadStep

    steps = own_steps(config, model)
    return tuple(
        Path(path) for step in steps if isinstance(step, UploadStep) for path in step.paths
    )


def own_addresses(config: RunConfig, model: ModelConfig) -> tuple[str, ...]:
    """The addresses that an operator's own words begin with.

    Raises:
        UsageError: reader does not understand the goal.
    """
    from vigorl.policy.reader.language.steps import ActStep

    match own_steps(config, model):
        case (ActStep(Goto(url)), *_):
            return (url,)
    return ()


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
    limits: Limits | None = None
    """When to stop; None: as the configuration says."""


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
    watcher = watcher or Watcher()
    name = parted_url(model.model)[0]
    model = model if additions.policy is not None else addressed(model)
    config, credentials = _without_log_in(config)
    vault = _vault(config, model, credentials)
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
        if ticket is not None:
            row = await pages.draw(ticket)
        recorder = _recorder(config, model, row, browser, vault)
        page: PageEnvironment
        if ticket is not None and row is not None:
            page = MiniwobEnvironment(pages, row)
        else:
            settings = _page_settings(config, row, recorder.folder, vault)
            settings = replace(settings, http_credentials=credentials, approver=approver)
            form = additions.answer
            page = _page(config, model, policy, row, browser, site, settings, form)
        environment = equipped(page, policy, vault)
        if config.slow_motion_s:
            environment = SlowMotion(environment, config.slow_motion_s)
        limits = additions.limits or Limits(
            config.max_steps, config.max_seconds, config.max_tokens, config.max_cost
        )
        task = as_json(row) if row else None
        try:
            return await rollout(
                policy, environment, recorder, limits, task, watcher, look, referee=referee
            )
        except asyncio.CancelledError:
            # Ctrl-C ends here like every other ending: with what was recorded.
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
    config: RunConfig, model: ModelConfig, row: TaskRow | None, browser: Browser, vault: Vault
) -> Recorder:
    return Recorder.create(
        config.runs,
        config.goal or (row.goal if row else ""),
        {
            "run": config_of(config),
            "model": {**config_of(model), "api_key": None},
            "browser": browser.describe(),
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
    """Who watches over the run, the answer's form last.

    Raises:
        UsageError: the policy cannot give such answers.
    """
    form = additions.answer
    if form is None:
        return additions.referee
    if not writes_json(policy) and not form.takes_bare_values:
        raise UsageError(
            f"{policy.name} answers with a value as it stands on the page: ask it for one field "
            "that is a text, a number or a truth value, or give a vision-language model (--model), "
            "which writes JSON"
        )
    return Referees(additions.referee, AnswerReferee(form, second_try=writes_json(policy)))


def writes_json(policy: Policy) -> bool:
    """Whether a policy can be told in words to answer with JSON; small embedded ones cannot."""
    if policy.needs_instructions:
        return False
    family = getattr(policy, "family", None)
    return family is None or not family.reads


def _without_log_in(config: RunConfig) -> tuple[RunConfig, HttpCredentials | None]:
    """The configuration without the log-in that stands in its URL, and that log-in."""
    url, log_in = parted_url(config.url or "")
    if log_in is None:
        return config, None
    return replace(config, url=url), HttpCredentials(*log_in, origin_of(url))


def _vault(config: RunConfig, model: ModelConfig, log_in: HttpCredentials | None) -> Vault:
    """What is to be kept secret in a run.

    The values of an embedded task are public: they are a part of it, and of what is trained on.

    Raises:
        UsageError: the goal names a secret that there is none of, or holds the value of one.
    """
    from vigorl.policy.reader.language.steps import TypeStep

    vault = Vault(config.secrets, config.url or "", learns=config.goal is not None)
    vault.require_absent(config.goal or "")
    vault.require_known(config.goal or "")
    for step in own_steps(config, model):
        if not isinstance(step, TypeStep) or not step.text:
            continue
        vault.require_known(step.text)
        if step.target is not None and any(map(_PASSWORDS.search, step.target.names)):
            vault.learn(step.text)
    vault.keep(model.api_key, "<API key>")
    if log_in is not None:
        vault.keep(log_in.password, "<password>")
    for url in (model.model, config.verify or "", config.proxy or ""):
        _, model_log_in = parted_url(url)
        vault.keep(model_log_in[1] if model_log_in else None, "<password>")
    return vault


_PASSWORDS = re.compile(
    r"pass(?:word|code|phrase|wort)|kennwort|mot de passe|contrase|senha|\bpin\b|\bcv[cv]\b",
    re.IGNORECASE,
)
"""Names of fields whose text is kept secret from the first line of the record on."""


def _page(
    config: RunConfig,
    model: ModelConfig,
    policy: Policy,
    row: TaskRow | None,
    browser: Browser,
    site: Site,
    settings: PageSettings,
    form: AnswerForm | None,
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
    goal = config.goal
    if not policy.needs_instructions and (secrets := settings.vault.describe()):
        goal = f"{goal}\n\n{secrets}"
    if form is not None and writes_json(policy):
        goal = f"{goal}\n\n{form.lesson()}"
    return LivePage(browser, goal, config.url or "about:blank", settings)


_PERMISSIONS: dict[str, Literal["ask", "allow", "deny"]] = {
    "ask": "ask",
    "accept": "allow",
    "dismiss": "deny",
}
"""What is done about a permission, by what is done about dialogs."""


def told_text(config: RunConfig) -> str:
    """What reader is told: the goal, or the instructions of an embedded task.

    Raises:
        UsageError: there is no such task, or it is one of MiniWoB++, whose page has the words.
    """
    if config.goal is not None:
        return config.goal
    if config.task is not None and config.task.startswith(PREFIX):
        raise UsageError("what a task of MiniWoB++ says is known when its page has been loaded")
    row = find_task(config.task or "")
    return row.goal if config.told == "goal" else row.instructions


def told(config: RunConfig, policy: Policy) -> Told:
    """What the policy is told of an embedded task: what was asked for, or what it needs."""
    return config.told or ("instructions" if policy.needs_instructions else "goal")
