"""The gauntlet, part by part: `make gauntlet`. What is played here whole, the smoke tests try once.

A row counts what was tried and what held, and names what gave way.
"""

from pathlib import Path

import pytest

from tests.gauntlet import answer_key, egress, faults, fuzz, injection, secrecy
from tests.gauntlet.conftest import all_held

pytestmark = [pytest.mark.gauntlet, pytest.mark.browser, pytest.mark.timeout(7200)]


async def test_no_way_out_leads_to_a_server_that_is_not_allowed(kept):
    all_held(kept(await egress.measure()))


async def test_pages_with_orders_in_them_are_not_obeyed(kept, tmp_path):
    scripted = [row for row in kept(await injection.measure(tmp_path)) if "shown" not in row.name]
    all_held(tuple(scripted))


async def test_a_run_holds_no_byte_of_a_secret(kept, tmp_path):
    promised = [
        row for row in kept(await secrecy.measure(tmp_path)) if "not promised" not in row.name
    ]
    all_held(tuple(promised))


async def test_faults_lose_nothing_score_nothing_and_leave_nothing(kept, tmp_path: Path):
    all_held(kept(await faults.measure(tmp_path)))


async def test_looking_for_the_answer_elsewhere_scores_0(kept, tmp_path):
    all_held(kept(await answer_key.measure(tmp_path)))


def test_random_input_ends_in_documented_errors(kept):
    all_held(kept(fuzz.measure()))
