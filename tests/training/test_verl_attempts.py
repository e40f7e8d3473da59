"""Attempts that verl compares: those that broke are absent, and none is left alone."""

import asyncio

import pytest

from vigorl.browser.errors import TaskFault
from vigorl.training.verl.attempts import compare


async def outcomes(*whole: bool, group: str = "a") -> list[object]:
    attempts = (compare(group, len(whole), each) for each in whole)
    return await asyncio.gather(*attempts, return_exceptions=True)


async def test_of_two_that_are_whole_the_others_are_absent() -> None:
    assert await outcomes(True, False, True, False) == [None] * 4


@pytest.mark.parametrize("whole", [(False, False, False), (True, False, False)])
async def test_fewer_than_two_are_no_group(whole: tuple[bool, ...]) -> None:
    assert all(isinstance(each, TaskFault) for each in await outcomes(*whole))
    assert await outcomes(True, True, True) == [None] * 3  # of the same name, played again


async def test_each_waits_for_all_of_its_own_group_and_for_no_other() -> None:
    first = asyncio.create_task(compare("a", 2, True))
    assert await outcomes(True, True, group="b") == [None, None]
    await asyncio.sleep(0)
    assert not first.done()
    await compare("a", 2, True)
    await first


async def test_a_group_of_one_has_nothing_to_be_compared_with() -> None:
    assert await outcomes(True) == [None]
    assert isinstance((await outcomes(False))[0], TaskFault)
