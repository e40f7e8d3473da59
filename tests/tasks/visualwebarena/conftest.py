"""One browser and one site of a few pages for all tests of VisualWebArena."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Page

from vigorl.browser.chromium import Browser
from vigorl.tasks.visualwebarena.accounts import Accounts
from vigorl.tasks.visualwebarena.web import Web

from .contract import ContractSite


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as browser:
        yield browser


@pytest.fixture
def site() -> Iterator[ContractSite]:
    site = ContractSite()
    yield site
    site.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.context()
    yield await context.new_page()
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def web(site: ContractSite) -> AsyncIterator[Web]:
    async with Web(site.sites.shopping, Accounts().shop_administrator) as web:
        yield web
