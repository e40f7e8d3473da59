"""Every task that is called supported can be done, by the package's own actions."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from vigorl.tasks.miniwob.oracle import FLAWED, ORACLES, UNSUPPORTED
from vigorl.tasks.miniwob.registry import Ticket, task_names
from vigorl.tasks.task import TEST_SEEDS

from .conftest import Play, Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ASKING = "test_the_oracle_does_the_task"
Plays = dict[str, asyncio.Task[Play]]

FULL_REWARD = 0.9
"""Points are whole pixels, and a few tasks take off for half of one."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def plays(miniwob: Stage, request: pytest.FixtureRequest) -> AsyncIterator[Plays]:
    """One episode of every task that is asked for, several at a time."""
    asked = {
        item.callspec.params["name"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.originalname == ASKING
    }
    tasks = {name: asyncio.create_task(miniwob.play(Ticket(name, seed_of(name)))) for name in asked}
    yield tasks
    await asyncio.gather(*tasks.values(), return_exceptions=True)


def seed_of(name: str) -> int:
    return 2 if name in FLAWED else 1


def require_success(play: Play) -> None:
    assert play.complaints == []
    assert play.score is not None and play.state is not None
    assert play.score.value == 1.0, (play.goal, play.score.why, play.actions[-4:])
    assert play.state.raw_reward >= FULL_REWARD, (play.goal, play.score.why)


@pytest.mark.one_in(12)
@pytest.mark.parametrize("name", sorted(ORACLES))
@pytest.mark.timeout(300)  # the first one waits for its place among all
async def test_the_oracle_does_the_task(name: str, plays: Plays) -> None:
    require_success(await plays[name])


async def test_every_task_is_either_supported_or_said_not_to_be() -> None:
    assert set(ORACLES) | set(UNSUPPORTED) == set(task_names())
    assert not set(ORACLES) & set(UNSUPPORTED)
    assert set(FLAWED) <= set(ORACLES)
    assert len(ORACLES) >= 120


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_the_oracles_do_nearly_all_seeds(miniwob: Stage) -> None:
    seeds = (*range(2, 8), *TEST_SEEDS[:6])
    names = [name for name in ORACLES if name not in FLAWED]
    plays = await asyncio.gather(
        *(miniwob.play(Ticket(name, seed)) for name in names for seed in seeds)
    )
    failed = [play for play in plays if play.score is None or play.score.value < 1]
    assert len(failed) <= len(plays) * 0.005, [(p.ticket.id, p.complaints) for p in failed]
