"""Signing in to the sites, once for all episodes.

Source: the forms of the published sites (arXiv 2401.13649, `browser_env/auto_login.py` at commit
89f5af2).
"""

import asyncio
from functools import partial
from pathlib import Path

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from vigorl.browser.chromium import Browser
from vigorl.browser.errors import TaskFault
from vigorl.tasks.visualwebarena.accounts import Account, Accounts
from vigorl.tasks.visualwebarena.task import Sites

LIMIT_S = 30.0
"""Time for each page of a log-in, s."""


class StoredLogIns:
    """Storage states with log-ins, made when they are asked for first.

    Args:
        browser: Signs in, in a context of its own.
        sites: Where.
        accounts: As whom.
        folder: Where the states are kept, a file for each combination of sites.
        limit_s: Time for each page, s.
    """

    def __init__(
        self,
        browser: Browser,
        sites: Sites,
        accounts: Accounts,
        folder: Path,
        limit_s: float = LIMIT_S,
    ) -> None:
        self._browser = browser
        self._sites = sites
        self._accounts = accounts
        self._folder = folder
        self._limit_s = limit_s
        self._busy = asyncio.Lock()

    async def state(self, names: tuple[str, ...]) -> Path | None:
        """The file with the log-ins of these sites; None where none of them has any.

        Raises:
            TaskFault: a site does not let us in.
            BrowserFault: the browser does not start.
        """
        wanted = sorted({name for name in names if name in _FORMS})
        if not wanted:
            return None
        path = self._folder / f"{'.'.join(wanted)}_state.json"
        async with self._busy:
            if not path.is_file():
                await self._sign_in(wanted, path)
        return path

    async def _sign_in(self, names: list[str], path: Path) -> None:
        context = await self._browser.context()
        try:
            page = await context.new_page()
            page.set_default_timeout(self._limit_s * 1000)
            for name in names:
                form = f"{getattr(self._sites, name)}{_FORMS[name]}"
                await page.goto(form)
                await _fill(page, name, getattr(self._accounts, name))
                await page.wait_for_url(partial(_is_elsewhere, form))
            self._folder.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{path.name}.part")
            part.touch(mode=0o600)
            await context.storage_state(path=part)
            part.replace(path)
        except PlaywrightError as error:
            raise TaskFault(f"signing in to {' and '.join(names)}: {error.message}") from error
        finally:
            await context.close()


_FORMS = {
    "classifieds": "/index.php?page=login",
    "reddit": "/login",
    "shopping": "/customer/account/login/",
}
"""Where each site's form is."""


def _is_elsewhere(form: str, url: str) -> bool:
    return url.rstrip("/") != form.rstrip("/")


async def _fill(page: Page, name: str, account: Account) -> None:
    match name:
        case "classifieds":
            await page.locator("#email").fill(account.name)
            await page.locator("#password").fill(account.password)
            await page.get_by_role("button", name="Log in").click()
        case "reddit":
            await page.get_by_label("Username").fill(account.name)
            await page.get_by_label("Password").fill(account.password)
            await page.get_by_role("button", name="Log in").click()
        case _:
            await page.get_by_label("Email", exact=True).fill(account.name)
            await page.get_by_label("Password", exact=True).fill(account.password)
            await page.get_by_role("button", name="Sign In").click()
