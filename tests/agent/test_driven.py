"""An episode that is driven from outside ends when whoever drives it says so."""

from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vigorl.agent.driven import DrivenEpisode, RunEnded
from vigorl.agent.limits import UNLIMITED, Limits
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.rollout import rollout
from vigorl.browser.actions import Done, Hover
from vigorl.browser.chromium import Browser
from vigorl.browser.geometry import Point
from vigorl.browser.live import LivePage
from vigorl.policy.policy import Policy

pytestmark = pytest.mark.browser

MANY = Limits().unchanged + 2


async def end_of(browser: Browser, folder: Path, limits: Limits) -> Trajectory:
    """The record of an episode in which the mouse is moved about, and then `done` said."""
    folder.mkdir()
    page = folder / "page.html"
    page.write_text("<!doctype html><title>Still</title>Nothing moves here.")

    def play(policy: Policy) -> Coroutine[Any, Any, Trajectory]:
        world = LivePage(browser, "", page.as_uri())
        return rollout(policy, world, Recorder(folder / "run", folder / "images"), limits)

    episode = DrivenEpisode(play, "a test")
    await episode.begin()
    with pytest.raises(RunEnded) as ended:
        for number in range(MANY):
            await episode.do("hover", Hover(Point(100 + number, 200)))
        await episode.do("done", Done(""))
    return ended.value.trajectory


async def test_whoever_drives_may_do_what_changes_nothing_as_often_as_he_likes(
    tmp_path: Path,
) -> None:
    async with Browser() as browser:
        trajectory = await end_of(browser, tmp_path / "free", UNLIMITED)
        assert (trajectory.status, len(trajectory.steps)) == ("done", MANY + 1)
        bounded = replace(UNLIMITED, unchanged=3)
        trajectory = await end_of(browser, tmp_path / "bounded", bounded)
        assert trajectory.status != "done"
