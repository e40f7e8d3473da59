"""Recorded final states get exactly the scores that the official evaluators gave them."""

from collections import Counter
from pathlib import Path

import pytest

from tests.replay_golden import SITES, mismatches, read_records
from vigorl.browser.errors import UsageError
from vigorl.tasks.visualwebarena.files import read_tasks
from vigorl.tasks.visualwebarena.task import VwaTask

RECORDS = Path(__file__).parents[4] / "shared" / "vwa_golden" / "golden.jsonl.gz"


@pytest.fixture
def tasks() -> tuple[VwaTask, ...]:
    try:
        return read_tasks(SITES)
    except UsageError as error:
        pytest.skip(str(error))


def test_all_tasks_are_read(tasks: tuple[VwaTask, ...]) -> None:
    assert Counter(task.site for task in tasks) == {
        "classifieds": 234,
        "reddit": 210,
        "shopping": 466,
    }
    assert sum(task.needs_judge or task.needs_captioner for task in tasks) == 910 - 839
    assert sum(bool(task.images) for task in tasks) == 321
    assert sum(len(task.start_urls) > 1 for task in tasks) == 62
    assert sum(task.require_reset for task in tasks) == 62
    assert sum(task.require_login for task in tasks) == 661
    assert not any("__" in url for task in tasks for url in task.start_urls)


async def test_recorded_states_get_the_official_score(tasks: tuple[VwaTask, ...]) -> None:
    if not RECORDS.is_file():
        pytest.skip(f"the recorded states are not part of the repository: no {RECORDS}")
    records = list(read_records(RECORDS))
    assert len(records) > 1000
    assert await mismatches(records) == []
