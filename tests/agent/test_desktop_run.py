"""A run on a desktop is recorded like any other, and a person ends it while the policy thinks."""

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.browser.desktop.conftest import BOARD
from vigorl.agent.run import Additions, ModelConfig, RunConfig, run
from vigorl.agent.wrappers import equipped
from vigorl.browser.actions import Click
from vigorl.browser.desktop.environment import DESKTOP, DesktopEnvironment, DesktopSettings
from vigorl.browser.desktop.opening import Program
from vigorl.browser.desktop.stop import STOP_CHORD
from vigorl.browser.desktop.virtual_size import VirtualSize
from vigorl.browser.desktop.x11 import X11Screen
from vigorl.browser.desktop.x11_connection import XServer
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Frame, Point
from vigorl.browser.observation import Observation
from vigorl.browser.vault import Vault
from vigorl.policy.backend import Message, Reply, Sampling, SamplingMode
from vigorl.policy.factory import policy_of
from vigorl.policy.family import FAMILIES, Family
from vigorl.policy.images import FittedImage
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


async def test_what_cannot_be_done_on_a_desktop_is_said_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, runs = Thinker(tmp_path / "told"), tmp_path / "runs"
    policy.acts_on_marks = True
    virtual = RunConfig(goal='click "x"', desktop=True, virtual="500x400", runs=runs)
    with pytest.raises(UsageError, match="thinker chooses among the numbered elements of a page"):
        await run(virtual, ModelConfig(), additions=Additions(policy=policy))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError, match=r"no display here \(DISPLAY is not set\): --virtual"):
        await run(RunConfig(goal='click "x"', desktop=True, runs=runs), ModelConfig())
    assert not runs.exists()


class Clicks:
    """A backend that has one point clicked, in the words of its family."""

    name = "clicks"
    continues = True

    def __init__(self, family: Family, point: Point, screen: Frame) -> None:
        self._family = family
        self._point = point
        self._screen = screen

    def session(self, seed: int) -> "Clicks":
        return self

    async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
        pictures = [part for each in messages for part in each.parts if not isinstance(part, str)]
        assert bool(pictures) != self._family.reads
        shown = self._screen
        if pictures:
            assert isinstance(pictures[-1], FittedImage)
            shown = shown.resized(pictures[-1].width_px, pictures[-1].height_px)
        dialect = self._family.dialect(shown, actions=DESKTOP)
        return Reply(dialect.format.write("There.", Click(self._point), dialect), 10, 3, False)

    def describe(self) -> dict[str, Any]:
        return {"backend": self.name}

    async def close(self) -> None:
        """Nothing is held."""


def points(family: Family) -> bool:
    """Whether it acts on points: some answer in words, or choose among numbered marks."""
    if family.format.acts_on_marks:
        return False
    try:
        family.format.write_action(Click(Point(1, 1)), family.dialect(Frame.of_viewport(9, 9)))
    except ValueError:
        return False
    return True


async def test_a_click_of_every_model_family_lands_on_a_desktop(tmp_path: Path) -> None:
    log = tmp_path / "log"
    board = Program(f"{sys.executable} {BOARD} {log} Board 900x700+0+0 green")
    desktop = DesktopEnvironment("the goal", DesktopSettings(VirtualSize(640, 400, 2), (board,)))
    missed = []
    families = [family for family in FAMILIES if points(family)]
    try:
        observation = await desktop.reset()
        assert observation.view is not None and desktop._opened is not None
        for index, family in enumerate(families):
            point = Point(100 + 13 * index, 200 + 6 * index)
            backend = Clicks(family, point, observation.view.frame)
            policy = policy_of(family, backend, Sampling(temperature=0))
            world = equipped(desktop, policy, Vault())
            turn = await policy.actor("the goal").act(replace(observation, actions=world.actions))
            assert isinstance(turn.action, Click), (family.name, turn)
            observation = await world.step(turn.action)
            x, y = desktop._opened.screen.pointer()
            if max(abs(x - 2 * point.x), abs(y - 2 * point.y)) > 2:
                missed.append((family.name, point, (x, y)))
    finally:
        await desktop.close()
    assert not missed
    assert log.read_text().count('"kind": "press"') == len(families) > 18
