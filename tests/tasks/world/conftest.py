"""One browser and one studio for the tests of generated pages."""

from collections.abc import AsyncIterator

import pytest_asyncio

from vigorl.browser.chromium import Browser
from vigorl.tasks.world.studio import Studio


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def studio() -> AsyncIterator[Studio]:
    async with Browser() as browser, Studio(browser, tabs=3) as studio:
        yield studio
