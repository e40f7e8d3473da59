"""The stand-in sites, served once for all of their tests, and put back before each."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from vigorl.browser.chromium import Browser
from vigorl.tasks.sites.serving import StandIns


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def served() -> AsyncIterator[StandIns]:
    async with StandIns() as served:
        yield served


@pytest.fixture
def stand_ins(served: StandIns) -> StandIns:
    """The sites as they begin."""
    served.reset()
    return served


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as client:
        yield client
