"""What an operator's words hold, and what a policy is told of them."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from vigorl.agent.answers import AnswerForm
from vigorl.agent.functions import OwnFunction, described
from vigorl.agent.run_config import RunConfig
from vigorl.browser.actions import Goto
from vigorl.browser.desktop.screen import ORIGIN as DESKTOP_ORIGIN
from vigorl.browser.errors import UsageError
from vigorl.browser.page_settings import HttpCredentials
from vigorl.browser.vault import Vault, parted_url
from vigorl.policy.factory import READER
from vigorl.policy.model_config import ModelConfig
from vigorl.policy.policy import Policy
from vigorl.tasks.desktop.registry import find_desktop_task
from vigorl.tasks.desktop.task import PREFIX as DESKTOP
from vigorl.tasks.environment import Told
from vigorl.tasks.local.registry import find_task
from vigorl.tasks.miniwob.registry import PREFIX

if TYPE_CHECKING:
    from vigorl.policy.reader.language.steps import Step


def require_runnable(config: RunConfig, model: ModelConfig) -> None:
    """Refuse, before anything is started, what cannot be carried out as it is written.

    Raises:
        UsageError: reader does not understand the goal, or nobody says where to begin.
    """
    if config.goal is None:
        return
    if config.desktop:
        own_steps(config, model)
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


def vault_of(config: RunConfig, model: ModelConfig, log_in: HttpCredentials | None) -> Vault:
    """What is to be kept secret in a run.

    The values of an embedded task are public: they are a part of it, and of what is trained on.

    Raises:
        UsageError: the goal names a secret that there is none of, or holds the value of one.
    """
    from vigorl.policy.reader.language.steps import TypeStep

    home = DESKTOP_ORIGIN if config.desktop else config.url or ""
    vault = Vault(config.secrets, home, learns=config.goal is not None)
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


def told_goal(
    config: RunConfig,
    policy: Policy,
    vault: Vault,
    functions: tuple[OwnFunction, ...] = (),
    answer: AnswerForm | None = None,
) -> str:
    """A goal in words, and what a policy has to know beside it; literal instructions as they are.

    Empty for an embedded task, which says its own.
    """
    parts = [config.goal or ""]
    if not policy.needs_instructions:
        parts.append(vault.describe())
    if functions:
        parts.append(described(functions))
    if answer is not None and writes_json(policy):
        parts.append(answer.lesson())
    return "\n\n".join(part for part in parts if part)


def writes_json(policy: Policy) -> bool:
    """Whether a policy can be told in words to answer with JSON; small embedded ones cannot."""
    if policy.needs_instructions:
        return False
    family = getattr(policy, "family", None)
    return family is None or not family.reads


def told_text(config: RunConfig) -> str:
    """What reader is told: the goal, or the instructions of an embedded task.

    Raises:
        UsageError: there is no such task, or it is one of MiniWoB++, whose page has the words.
    """
    if config.goal is not None:
        return config.goal
    if config.task is not None and config.task.startswith(PREFIX):
        raise UsageError("what a task of MiniWoB++ says is known when its page has been loaded")
    task = config.task or ""
    row = find_desktop_task(task) if task.startswith(DESKTOP) else find_task(task)
    return row.goal if config.told == "goal" else row.instructions


def told(config: RunConfig, policy: Policy) -> Told:
    """What the policy is told of an embedded task: what was asked for, or what it needs."""
    return config.told or ("instructions" if policy.needs_instructions else "goal")
