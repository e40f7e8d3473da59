"""Thirty small pages, each after a public report, and hands to do what they ask.

A page is done when its title is `PASS`. Pages are driven through the product's own environment, by
the actions that a person would take; where things stand is looked up in the page.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from vigorl.browser.actions import Action, Click
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.geometry import Point
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import Observation
from vigorl.tasks.server import LocalServer

PAGES = Path(__file__).with_name("pages")


async def late(request: Request) -> Response:
    """The page `p`, after `ms` milliseconds."""
    await asyncio.sleep(int(request.query_params["ms"]) / 1000)
    return FileResponse(PAGES / request.query_params["p"].lstrip("/"))


async def archive(request: Request) -> Response:
    """A page behind a log-in of HTTP."""
    wanted = base64.b64encode(b"ada:lovelace").decode()
    if request.headers.get("authorization") != f"Basic {wanted}":
        ask = {"WWW-Authenticate": 'Basic realm="archive"'}
        return PlainTextResponse("Unauthorized", 401, ask)
    return Response("<title>PASS</title><p>PASS", media_type="text/html")


APPLICATION = Starlette(
    routes=[
        Route("/late", late),
        Route("/auth/", archive),
        Mount("/", StaticFiles(directory=PAGES, html=True)),
    ]
)


class Case:
    """One page, being driven."""

    def __init__(self, live: LivePage, seen: Observation) -> None:
        self.live = live
        self.seen = seen
        self.told: list[str] = []
        """What the events of all steps said."""

    async def do(self, action: Action) -> None:
        """One step."""
        self.seen = await self.live.step(action)
        self.told += [event.text for event in self.seen.events]

    async def at(self, selector: str, *frames: str) -> Point:
        """The middle of an element, in a frame or a frame of that where some are named."""
        scope: Any = self.live.page
        for frame in frames:
            scope = scope.frame_locator(frame)
        box = await scope.locator(selector).bounding_box()
        return Point(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    async def click(self, selector: str, **options: Any) -> None:
        """Click the middle of an element."""
        await self.do(Click(await self.at(selector), **options))

    @property
    def is_done(self) -> bool:
        """The page says so."""
        return self.seen.title == "PASS"


Cases = Callable[..., AbstractAsyncContextManager[Case]]
"""`async with case("09-press-hold") as page`; further arguments are those of `PageSettings`."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def origin() -> AsyncIterator[str]:
    async with LocalServer(APPLICATION) as server:
        yield server.origin


@pytest.fixture
def case(browser: Browser, origin: str) -> Cases:
    @asynccontextmanager
    async def case(name: str, **settings: Any) -> AsyncIterator[Case]:
        near = Boundary(local=True)  # frames of another origin are localhost's
        page_settings = PageSettings(boundary=near, **settings)
        live = LivePage(browser, "", f"{origin}/{name}/", page_settings)
        try:
            yield Case(live, await live.reset())
        finally:
            async with asyncio.timeout(20):
                await live.close()

    return case
