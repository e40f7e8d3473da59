"""Open pages that show MiniWoB++ tasks, lent to episodes and used again.

An episode begins inside of a page that has already loaded its task: a few milliseconds, where
a fresh browser context and its first load take hundreds.
"""

import asyncio
import json
from dataclasses import replace
from importlib import resources
from types import TracebackType
from typing import Any, Self

from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.errors import BrowserDied
from vigorl.browser.fault_boundary import boundary
from vigorl.browser.live import LivePage, PageSettings
from vigorl.tasks.miniwob.files import html_folder, page_url
from vigorl.tasks.miniwob.registry import Ticket
from vigorl.tasks.task import TaskRow

WIDTH_PX, HEIGHT_PX = 332, 214
"""The viewport. Source: BrowserGym's, so that success rates compare. Tasks are 160 px wide."""

BEGIN_LIMIT_S = 10.0
"""Time for a page to load and to draw its task."""

JPEG_QUALITY = 95
"""Letters are 10 px high: at 80, their edges are noise."""

RELOADED = frozenset(
    {
        "book-flight",
        "book-flight-nodelay",
        "choose-date",
        "choose-date-easy",
        "choose-date-medium",
        "choose-date-nodelay",
        "copy-paste-2",
        "drag-cube",
        "scroll-text",
        "scroll-text-2",
        "use-colorwheel",
        "use-colorwheel-2",
    }
)
"""Tasks whose pages do not draw the same again from the same seed once they were played: calendars
that stay open, texts that were typed over, a cube that was turned. Their pages are loaded again.

Source: measured, each task done, clicked, typed, scrolled and dragged at in turn, and its seed
drawn again each time.
"""

_FILES = resources.files(__package__)


def _script() -> str:
    style = json.dumps(_FILES.joinpath("page.css").read_text("utf-8"))
    return _FILES.joinpath("page.js").read_text("utf-8").replace("PAGE_CSS", style)


class MiniwobStage:
    """One page, and the task that it has loaded."""

    def __init__(self, live: LivePage) -> None:
        self.live = live
        self.task = ""
        """Empty where none is loaded yet."""

    @property
    def usable(self) -> bool:
        """Whether another episode can be played in it."""
        try:
            return len(self.live.page.context.pages) == 1
        except BrowserDied:
            return False

    async def begin(self, ticket: Ticket) -> dict[str, Any]:
        """Load the task's page where it is not there yet, and let it draw what the seed says.

        Returns:
            `goal`, in words, and `fields`, which the goal was made of where the task tells them.

        Raises:
            UsageError: MiniWoB++ is not installed.
            BrowserFault: the page broke.
        """
        page = self.live.page
        url = page_url(ticket.task)
        async with boundary(page.context, BEGIN_LIMIT_S):
            if self.task != ticket.task or ticket.task in RELOADED:
                await page.goto(url)
                self.task = ticket.task
            await page.mouse.move(WIDTH_PX - 1, HEIGHT_PX - 1)  # away from all of the task
            drawn = await page.evaluate("seed => __vigorl_miniwob.begin(seed)", ticket.seed)
        return dict(drawn)


class PagePool:
    """A pool of pages; `async with Pages(browser) as pages`.

    Args:
        browser: Whose contexts they are; entered before, left afterwards.
        boundary: Where they may go beside the folder of MiniWoB++; None: nowhere else.
        idle: How many are kept open between episodes: as many as play at once.
    """

    def __init__(self, browser: Browser, boundary: Boundary | None = None, idle: int = 8) -> None:
        self._browser = browser
        self._boundary = boundary or Boundary(allow=())
        self._limit = idle
        self._idle: list[MiniwobStage] = []  # the one that was used last is the last

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        idle, self._idle = self._idle, []
        await asyncio.gather(*(stage.live.close() for stage in idle))

    async def draw(self, ticket: Ticket) -> TaskRow:
        """The row of a task and a seed: the page says what the goal is.

        Raises:
            UsageError: MiniWoB++ is not installed.
            BrowserFault: the page broke.
        """
        stage = await self.lend(ticket.task)
        try:
            drawn = await stage.begin(ticket)
        except BaseException:
            await self.discard(stage)
            raise
        await self.take_back(stage)
        return TaskRow(
            name=ticket.name,
            seed=ticket.seed,
            goal=drawn["goal"],
            instructions=drawn["goal"],
            url=f"/{ticket.name}",
            answer=None,
            parameters={"fields": drawn["fields"]},
            width_px=WIDTH_PX,
            height_px=HEIGHT_PX,
        )

    async def lend(self, task: str) -> MiniwobStage:
        """A page for one episode: one that shows the task already, if there is any.

        Raises:
            BrowserFault: the browser does not start.
        """
        while self._idle:
            same = (i for i, stage in enumerate(self._idle) if stage.task == task)
            stage = self._idle.pop(next(same, 0))
            if stage.usable:
                return stage
            await self.discard(stage)
        settings = PageSettings(
            width_px=WIDTH_PX,
            height_px=HEIGHT_PX,
            jpeg_quality=JPEG_QUALITY,
            look_again_after_s=None,  # things that move are what some tasks are about
            boundary=replace(self._boundary, files=(*self._boundary.files, html_folder())),
        )
        live = LivePage(self._browser, "", "about:blank", settings)
        try:
            await live.reset()
            await live.page.context.add_init_script(_script())
        except BaseException:
            await live.close()
            raise
        return MiniwobStage(live)

    async def take_back(self, stage: MiniwobStage) -> None:
        """Keep a page for the next episode."""
        self._idle.append(stage)
        if len(self._idle) > self._limit:
            await self.discard(self._idle.pop(0))

    async def discard(self, stage: MiniwobStage) -> None:
        """Close a page that something went wrong with."""
        await stage.live.close()
