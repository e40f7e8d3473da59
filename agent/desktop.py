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
from vigorl.browser.vault import Vault


def desktop_settings(config: RunConfig, vault: Vault, approver: Approver | None) -> DesktopSettings:
    """How a run's desktop is opened.

    Raises:
        UsageError: a program that is to be started does not exist.
    """
    return DesktopSettings(
        virtual=None if config.virtual is None else VirtualSize.parse(config.virtual),
        programs=tuple(Program(command) for command in config.launch),
        only_window=config.only_window,
        vault=vault,
        asks=config.approves == "always",
        approver=approver,
    )


def described(config: RunConfig) -> dict[str, Any]:
    """What a record says of the desktop, before it is opened."""
    return {"system": sys.platform, "virtual": config.virtual}


async def until_stopped(
    playing: Coroutine[Any, Any, Trajectory], desktop: DesktopEnvironment
) -> Trajectory:
    """Play, and end at once where a person stops it, whatever the policy is thinking of.

    Raises:
        asyncio.CancelledError: it was stopped; the record says so.
    """
    play = asyncio.ensure_future(playing)
    stop = asyncio.ensure_future(desktop.stopped())
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
