"""Attempts at one task that verl compares: each waits for the others, and none is left alone.

verl gives a lone attempt its whole reward as advantage, and ends where a group is finished without
any attempt. So where fewer than two are whole, none of them counts: verl is told that the group has
failed, and plays another in its place. The attempts of a group run in one process.

Source: verl 0.9.1, `AgentLoopWorkerTQ._run_prompt`, `compute_grpo_outcome_advantage`, and
`ReplayBuffer._dapo_filtered_keys`.
"""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, field

from vigorl.browser.errors import TaskFault

FEWEST = 2


@dataclass
class _Attempts:
    count: int
    whole: int = 0
    over: int = 0
    are_over: asyncio.Event = field(default_factory=asyncio.Event)


_under_way: dict[Hashable, _Attempts] = {}


async def compare(group: Hashable, count: int, is_whole: bool) -> None:
    """Wait until all attempts of a group are over; each calls it once, whatever came of it.

    Args:
        group: Its name.
        count: How many attempts it has.
        is_whole: Whether this one can be learnt from.

    Raises:
        TaskFault: fewer than two can be.
    """
    attempts = _under_way.setdefault(group, _Attempts(count))
    attempts.over += 1
    attempts.whole += is_whole
    if attempts.over == attempts.count:
        del _under_way[group]
        attempts.are_over.set()
    await attempts.are_over.wait()
    if attempts.whole < min(FEWEST, attempts.count):
        raise TaskFault(
            f"{attempts.whole} of {attempts.count} attempts can be learnt from: too few to compare"
        )
