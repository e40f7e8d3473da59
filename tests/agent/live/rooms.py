"""Grey rooms, a policy that says its lines, and a run through them that a test steers."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from PIL import Image

from vigorl.agent.live.commands import (
    Command,
)
from vigorl.agent.live.control import LiveControl
from vigorl.agent.live.state import SteeredState
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import Trajectory, read_trajectory
from vigorl.agent.rollout import Limits, rollout
from vigorl.browser.action_space import BROWSER
from vigorl.browser.actions import Action, Click, Done
from vigorl.browser.environment import Environment, Score
from vigorl.browser.geometry import Frame, Point
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture, View
from vigorl.browser.vault import Vault
from vigorl.policy.policy import Turn

NORTH, SOUTH = Click(Point(3, 4)), Click(Point(5, 6))


class Rooms:
    """Grey rooms: the way north leads one on, everything else leaves one where one is."""

    goal, actions = "go to room 3", BROWSER

    def __init__(self) -> None:
        self.done: list[Action] = []

    @property
    def room(self) -> int:
        return self.done.count(NORTH)

    def look(self) -> Observation:
        picture = Picture.from_image(Image.new("RGB", (8, 6), (self.room,) * 3))
        return Observation(
            View(picture, Frame.of_viewport(8, 6)), f"https://rooms.test/{self.room}"
        )

    async def reset(self) -> Observation:
        return self.look()

    async def step(self, action: Action) -> Observation:
        self.done.append(action)
        return self.look()

    async def score(self, answer: str | None) -> Score | None:
        return Score(float(self.room == 3))

    async def close(self) -> None:
        return None


class Lines:
    """Says its lines, the last one for ever, and keeps what it was shown."""

    name, acts_on_marks, needs_instructions = "lines", False, False

    def __init__(self, *lines: Action) -> None:
        self.lines = lines
        self.seen: list[Observation] = []

    def actor(self, goal: str) -> "Lines":
        return self

    async def act(self, observation: Observation) -> Turn:
        self.seen.append(observation)
        line = self.lines[min(len(self.seen), len(self.lines)) - 1]
        return Turn("…", "I go on.", (), line, verified=True if line == Done() else None)

    def describe(self) -> dict[str, Any]:
        return {"name": self.name}

    async def close(self) -> None:
        return None

    @property
    def events(self) -> list[tuple[str, str]]:
        return [(event.kind, event.text) for seen in self.seen for event in seen.events]


class Run:
    """A run that a test steers."""

    def __init__(self, folder: Path, policy: Lines, *, paused: bool = True) -> None:
        self.folder, self.policy, self.rooms = folder, policy, Rooms()
        self.control = LiveControl(paused=paused)
        self.vault = Vault(learns=True)
        self.control.begin("go", policy, self.vault)
        self.environment: Environment = self.rooms

    async def until(self, claim: Callable[[SteeredState], Any]) -> SteeredState:
        async for state in self.control.states():
            if claim(state):
                return state
        raise AssertionError("the run ended before")

    async def proposed(self) -> SteeredState:
        return await self.until(lambda state: state.proposal)

    async def do(self, *commands: Command) -> None:
        for command in commands:
            self.control.do(command)

    async def played(self, steer: Awaitable[None], limits: Limits | None = None) -> Trajectory:
        recorder = Recorder(self.folder / "run", vault=self.vault)
        playing = asyncio.create_task(
            rollout(
                self.policy, self.environment, recorder, limits,
                watcher=self.control, referee=self.control,
            )
        )  # fmt: skip
        async with asyncio.timeout(20):
            steering = asyncio.ensure_future(steer)
            await asyncio.wait((playing, steering), return_when=asyncio.FIRST_EXCEPTION)
            await steering
            trajectory = await playing
        assert read_trajectory(self.folder / "run") == trajectory
        return trajectory
