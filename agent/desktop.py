"""One task on a desktop: how its screen is opened, and how a person stops it."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.run_config import RunConfig
from vigorl.browser.deeds import Approver
from vigorl.browser.desktop.environment import DesktopEnvironment, DesktopSettings
from vigorl.browser.desktop.opening import Program
from vigorl.browser.desktop.virtual_size import VirtualSize
from vigorl.browser.errors import UsageError
from vigorl.browser.vault import Vault
from vigorl.policy.policy import Policy
from vigorl.tasks.desktop.environment import DesktopTaskEnvironment
from vigorl.tasks.desktop.registry import find_desktop_task
from vigorl.tasks.desktop.task import PREFIX
from vigorl.tasks.environment import Told
from vigorl.tasks.task import TaskRow


def desktop_row(config: RunConfig) -> TaskRow | None:
    """The desktop task that a run is to do; None where it is to do something else.

    Raises:
        UsageError: there is no such task.
    """
    if config.task is None or not config.task.startswith(PREFIX):
        return None
    return find_desktop_task(config.task)


def desktop_world(
    row: TaskRow | None, goal: str, told: Told, settings: DesktopSettings
) -> DesktopEnvironment | DesktopTaskEnvironment:
    """The world of a run on a desktop: a task's own, or that of a goal in words."""
    if row is None:
        return DesktopEnvironment(goal, settings)
    return DesktopTaskEnvironment(row, told, settings)


def desktop_settings(config: RunConfig, vault: Vault, approver: Approver | None) -> DesktopSettings:
    """How a run's desktop is opened.

    Raises:
        UsageError: a program that is to be started does not exist.
    """
    return DesktopSettings(
        virtual=None if config.virtual is None else VirtualSize.parse(config.virtual),
        programs=tuple(Program(command) for command in config.launch),
        monitor=config.monitor,
        only_window=config.only_window,
        vault=vault,
        asks=config.approves == "always",
        approver=approver,
    )


def require_points(policy: Policy) -> None:
    """Refuse a policy that cannot act on a desktop, before anything starts.

    Raises:
        UsageError: it chooses among numbered elements, which only pages have.
    """
    if policy.acts_on_marks:
        raise UsageError(
            f"{policy.name} chooses among the numbered elements of a page, and a desktop has none: "
            "take a model that acts on points"
        )


def described(config: RunConfig) -> dict[str, Any]:
    """What a record says of the desktop, before it is opened."""
    return {
        "system": sys.platform,
        "virtual": config.virtual,
        "monitor": config.monitor,
        "only_window": config.only_window,
    }


async def until_stopped(
    playing: Coroutine[Any, Any, Trajectory], stopped: Coroutine[Any, Any, str]
) -> Trajectory:
    """Play, and end at once where a person stops it, whatever the policy is thinking of.

    Raises:
        asyncio.CancelledError: it was stopped; the record says so.
    """
    play = asyncio.ensure_future(playing)
    stop = asyncio.ensure_future(stopped)
    try:
        await asyncio.wait({play, stop}, return_when=asyncio.FIRST_COMPLETED)
        if stop.done() and not play.done():
            play.cancel(f"stopped by a person: {stop.result()}")
        return await play
    finally:
        stop.cancel()
        if not play.done():
            play.cancel()
            await asyncio.wait({play})
