"""Virtual screens for the tests of this folder, and programs on them that note what they feel."""

import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from vigorl.browser.desktop.environment import DesktopEnvironment, DesktopSettings
from vigorl.browser.desktop.opening import Program
from vigorl.browser.desktop.virtual_size import VirtualSize
from vigorl.browser.observation import Observation

BOARD = Path(__file__).with_name("board.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs an X server where there is none, but not where all is to be tested."""
    if (shutil.which("Xvfb") and shutil.which("openbox")) or os.environ.get("CI"):
        return
    why = "no virtual screen here: apt-get install xvfb openbox"
    for item in items:
        if item.get_closest_marker("desktop"):
            item.add_marker(pytest.mark.skip(why))


@dataclass
class Board:
    """A program on the screen, and what it has noted."""

    log: Path
    title: str
    geometry: str
    colour: str = "#336633"

    @property
    def program(self) -> Program:
        words = (self.log, self.title, self.geometry, self.colour)
        quoted = " ".join(f"'{word}'" for word in words)
        return Program(f"{sys.executable} {BOARD} {quoted}")

    def notes(self, *kinds: str) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        notes = [json.loads(line) for line in lines]
        return [each for each in notes if each["kind"] in kinds]

    def forget(self) -> None:
        os.truncate(self.log, 0)


@dataclass
class World:
    """A desktop, and the boards on it."""

    environment: DesktopEnvironment
    boards: tuple[Board, ...]
    first: Observation

    @property
    def board(self) -> Board:
        return self.boards[0]


Make = Callable[..., Awaitable[World]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def make(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Make]:
    """Makes a desktop with boards on it; all of them are closed in the end."""
    made: list[DesktopEnvironment] = []

    async def make(size: str, *boards: tuple[str, str, str], **settings: Any) -> World:
        folder = tmp_path_factory.mktemp("boards")
        there = tuple(Board(folder / f"{index}.log", *each) for index, each in enumerate(boards))
        for board in there:
            board.log.touch()
        environment = DesktopEnvironment(
            "the goal",
            DesktopSettings(
                virtual=VirtualSize.parse(size),
                programs=tuple(board.program for board in there),
                **settings,
            ),
        )
        made.append(environment)
        return World(environment, there, await environment.reset())

    yield make
    for environment in made:
        await environment.close()
