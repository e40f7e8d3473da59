"""The limit on one answer of the world stands while somebody else is waited for."""

import asyncio

import pytest

from vigorl.browser.clock import Clock, somebody_elses_time


async def test_a_limit_stands_while_a_person_is_asked_and_goes_on_afterwards() -> None:
    clock = Clock(60)
    async with clock.running():
        async with clock.patience(0.2) as limit:
            for _ in range(2):
                with somebody_elses_time():
                    await asyncio.sleep(0.15)
            await asyncio.sleep(0.05)
        assert not limit.expired()
        with pytest.raises(TimeoutError):
            async with clock.patience(0.2):
                with somebody_elses_time():
                    await asyncio.sleep(0.3)
                await asyncio.sleep(5)
    assert clock.left_s > 59


async def test_a_limit_is_over_where_nobody_is_waited_for() -> None:
    clock = Clock(60)
    async with clock.running():
        with pytest.raises(TimeoutError):
            async with clock.patience(0.05):
                await asyncio.sleep(5)


async def test_the_worlds_first_answer_may_wait_for_somebody_as_well_as_any_other() -> None:
    clock = Clock(60)
    async with clock.patience(0.05) as limit:  # which no running clock stands around
        with somebody_elses_time():
            await asyncio.sleep(0.1)
        assert not limit.expired()
    with pytest.raises(TimeoutError):
        async with clock.patience(0.02):
            await asyncio.sleep(0.5)
