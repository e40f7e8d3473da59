"""A run on a desktop is recorded like any other, and a person ends it while the policy thinks."""

import asyncio
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.browser.desktop.conftest import BOARD
from vigorl.agent.run import Additions, ModelConfig, RunConfig, run
from vigorl.browser.actions import Click
from vigorl.browser.desktop.stop import STOP_CHORD
from vigorl.browser.desktop.x11 import X11Screen
from vigorl.browser.desktop.x11_connection import XServer
from vigorl.browser.geometry import Point
from vigorl.browser.observation import Observation
from vigorl.policy.policy import Turn

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.skipif(
        not (shutil.which("Xvfb") and shutil.which("openbox")) and "CI" not in os.environ,
        reason="no virtual screen here: apt-get install xvfb openbox",
    ),
]


class Thinker:
    """Clicks once, and then thinks for ever, while somebody before the screen loses patience."""

    name = "thinker"
    acts_on_marks = False
    needs_instructions = False

    def __init__(self, told: Path) -> None:
        self._told = told
        self.seen: list[Observation] = []
        self.stopped_s = 0.0

    def actor(self, goal: str) -> "Thinker":
        return self

    async def act(self, observation: Observation) -> Turn:
        self.seen.append(observation)
        if len(self.seen) == 1:
            return Turn("click", "", (), Click(Point(200, 200)))
        display, cookie = self._told.read_text().split()
        person = X11Screen(XServer(display, Path(cookie)))
        self.stopped_s = time.monotonic()
        try:
            for name in STOP_CHORD:
                person.key(name, True)
            await asyncio.sleep(60)
        finally:
            person.close()
        raise AssertionError("nobody has stopped it")

    def describe(self) -> dict[str, Any]:
        return {"name": self.name}

    async def close(self) -> None:
        """Nothing is held."""


async def test_a_person_ends_a_run_while_the_policy_thinks_and_the_record_says_so(
    tmp_path: Path,
) -> None:
    told, log = tmp_path / "told", tmp_path / "log"
    board = f"{sys.executable} {BOARD} {log} Board 400x300+0+0 green"
    launch = f"sh -c 'echo $DISPLAY $XAUTHORITY > {told}; exec {board}'"
    config = RunConfig(
        goal='click "x"', desktop=True, virtual="500x400", launch=(launch,), runs=tmp_path / "runs"
    )
    thinker = Thinker(told)
    trajectory = await run(config, ModelConfig(), additions=Additions(policy=thinker))
    assert trajectory.end is not None and trajectory.end.status == "interrupted"
    assert "Control+Alt+Escape was pressed" in trajectory.end.reason
    assert '"kind": "press"' in log.read_text()
    assert len(trajectory.steps) == 1 and thinker.seen[1].title == "Board"
