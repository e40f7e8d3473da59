"""Waiting for the first of several things to happen, and ending what is waited for."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def first_of(task: asyncio.Task[Any], other: Coroutine[Any, Any, None]) -> None:
    """Wait until a task is done or something else happens; ends the task where cut short."""
    happening = asyncio.create_task(other)
    try:
        await asyncio.wait({task, happening}, return_when=asyncio.FIRST_COMPLETED)
    except BaseException:
        await ended(task)
        raise
    finally:
        happening.cancel()


async def either(*happenings: Coroutine[Any, Any, None]) -> None:
    """Return when one of them has."""
    tasks = [asyncio.create_task(each) for each in happenings]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def ended(task: asyncio.Task[Any]) -> None:
    """End a task, whatever it says to that."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
