"""`reader` on real pages: a browser for all tests, a fresh page for each."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from vigorl.browser.actions import Action, Done, GiveUp, Zoom
from vigorl.browser.chromium import Browser
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import Observation
from vigorl.browser.zoom import ZoomEnvironment
from vigorl.policy.policy import Turn
from vigorl.policy.reader.actor import ReaderPolicy

MOST_TURNS = 60


@dataclass
class Run:
    """One goal on one page: what was said and done, and what came of it."""

    turns: list[Turn] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    title: str = ""
    """The page's title at the end: the test pages write there what has happened to them."""

    @property
    def actions(self) -> list[Action]:
        return [turn.action for turn in self.turns if turn.action is not None]

    @property
    def kinds(self) -> list[str]:
        return [action.type for action in self.actions]

    @property
    def zooms(self) -> list[Zoom]:
        return [action for action in self.actions if isinstance(action, Zoom)]

    @property
    def answer(self) -> str | None:
        last = self.actions[-1]
        return last.answer if isinstance(last, Done) else None

    @property
    def reason(self) -> str | None:
        last = self.actions[-1]
        return last.reason if isinstance(last, GiveUp) else None

    @property
    def thoughts(self) -> str:
        return "\n".join(turn.thought for turn in self.turns)


Read = Callable[..., Awaitable[Run]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def policy() -> ReaderPolicy:
    return ReaderPolicy()


@pytest.fixture
def read(browser: Browser, policy: ReaderPolicy, tmp_path: Path) -> Read:
    """Carry out a goal on a page: `await read(html, goal)`; pages call `did('what happened')`."""

    async def read(html: str, goal: str, *, width_px: int = 800, height_px: int = 600) -> Run:
        page = tmp_path / "page.html"
        page.write_text(
            "<!doctype html><meta charset=utf-8><title>untouched</title>"
            "<script>function did(what) { document.title = what }</script>"
            f"<style>body {{ font: 16px sans-serif; margin: 20px }}</style>{html}"
        )
        settings = PageSettings(width_px=width_px, height_px=height_px, upload_from=(tmp_path,))
        world = ZoomEnvironment(LivePage(browser, goal, page.as_uri(), settings))
        run = Run()
        try:
            observation = await world.reset()
            actor = policy.actor(goal)
            for _ in range(MOST_TURNS):
                run.observations.append(observation)
                run.turns.append(turn := await actor.act(observation))
                assert turn.action is not None, turn.error
                if isinstance(turn.action, Done | GiveUp):
                    break
                observation = await world.step(turn.action)
            run.title = observation.title
        finally:
            await world.close()
        return run

    return read
