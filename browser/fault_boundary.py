"""The boundary to the browser: what escapes from a call into it gets the name of a fault."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from playwright.async_api import BrowserContext
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.errors import BrowserDied, BrowserFault, PageHung


@contextlib.asynccontextmanager
async def boundary(context: BrowserContext, limit_s: float) -> AsyncIterator[None]:
    """Name what escapes from the browser.

    Raises:
        BrowserDied: the browser is gone.
        PageHung: the time is over.
        BrowserFault: something else broke.
    """
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError as error:
        raise PageHung(f"the page could not be brought back within {limit_s:.0f} s") from error
    except PlaywrightError as error:
        if not connected(context):
            raise BrowserDied("the browser process is gone") from error
        raise BrowserFault(error.message) from error


def connected(context: BrowserContext) -> bool:
    """Whether the context's browser process is there."""
    return context.browser is not None and context.browser.is_connected()
