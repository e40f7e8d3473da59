"""The log-ins of a context (cookies, storage), kept for another episode."""

import asyncio
import json
from pathlib import Path

from playwright.async_api import BrowserContext
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.errors import StorageFault

READ_LIMIT_S = 5.0
"""Time for the browser to tell them."""


async def save_storage_state(context: BrowserContext, path: Path) -> None:
    """Write the cookies and storage of a context, for its owner's eyes alone.

    Raises:
        StorageFault: they could not be read or written.
    """
    try:
        async with asyncio.timeout(READ_LIMIT_S):
            state = await context.storage_state()
    except (PlaywrightError, TimeoutError) as error:
        raise StorageFault(f"the log-ins could not be read, and are not kept: {error}") from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)  # log-ins are secrets
        part.write_text(json.dumps(state), "utf-8")
        part.replace(path)
    except OSError as error:
        raise StorageFault(f"the log-ins could not be written: {error}") from error
