"""A server of the viewer over recorded folders, and a browser to look at it with."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.agent.viewer.server.recorded import write_episode, write_evaluation
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.viewer.server.application import viewer_application
from vigorl.agent.viewer.server.viewer import Viewer
from vigorl.browser.chromium import Browser
from vigorl.tasks.server import LocalServer

ATTACK = (
    '</script><script>window.hacked=1</script><img src=x onerror="window.hacked=1">'
    "{{ 7 * 7 }} \x1b]0;owned\x07\x1b[2J \u202e"
)


@dataclass
class ServedViewer:
    """A server under test."""

    folder: Path
    base: str
    """Address of the list, without a slash at its end."""
    browser: Browser
    said: list[str]
    """What consoles of pages said, and what was not found."""

    async def page(self, path: str = "/", width: int = 1280, scheme: str = "light") -> Page:
        """A page of the viewer, opened."""
        size = {"width": width, "height": 720 if width > 500 else 844}
        context = await self.browser.context(viewport=size, color_scheme=scheme)
        page = await context.new_page()
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        await page.goto(self.base + path)
        return page


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def viewed(
    tmp_path_factory: pytest.TempPathFactory, shop_episode: Trajectory
) -> AsyncIterator[ServedViewer]:
    """A server over 60 episodes, two evaluations, and a page that attacks."""
    runs = tmp_path_factory.mktemp("viewed") / "runs"
    runs.mkdir()
    for name in ("kettle", "kettle-again"):
        shutil.copytree(shop_episode.folder, runs / name)
    for number in range(48):
        day = f"2026-10-{1 + number % 28:02d}T08:00:00+00:00"
        goal = f"Read letter {number:02d}"
        score = float(number % 3 == 0)
        write_episode(runs / f"letter-{number:02d}", goal, "reader", score, started_at=day)
    attack = {"name": ATTACK, "goal": ATTACK}
    write_episode(
        runs / "attack", ATTACK, ATTACK, 0.5, "gave_up", (ATTACK,), task=attack, reason=ATTACK
    )
    write_evaluation(runs / "before", {"a1": 0.0, "a2": 0.0, "b1": 1.0, "b2": 1.0})
    write_evaluation(runs / "after", {"a1": 1.0, "a2": 1.0, "b1": 0.0, "b2": 1.0}, "trained")
    application = viewer_application(Viewer.of([runs]), "token")
    async with LocalServer(application) as server, Browser() as browser:
        yield ServedViewer(runs, f"{server.origin}/token", browser, [])
