"""All three sites, served by one process: `async with StandIns() as sites`."""

import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from vigorl.browser.errors import TaskFault, UsageError
from vigorl.tasks.server import LocalServer
from vigorl.tasks.sites.application import StandInSite
from vigorl.tasks.sites.classifieds import Classifieds
from vigorl.tasks.sites.forum import Forum
from vigorl.tasks.sites.shop import Shop
from vigorl.tasks.visualwebarena.task import SiteName, Sites

MISSING = "the stand-in sites read forms with python-multipart: pip install 'vigorl-agent[sites]'"

SITES: tuple[type[StandInSite], ...] = (Classifieds, Forum, Shop)


def require_installed() -> None:
    """Raise UsageError unless what the sites need is installed."""
    if find_spec("python_multipart") is None:
        raise UsageError(MISSING)


class StandIns:
    """The sites while they are entered.

    Args:
        folder: Where their databases are, and stay; None: a temporary folder.
        port: Of the first site on 127.0.0.1, the others have the next ones; 0 takes free ones.
        contents: What sites begin with in place of what their files say.

    Raises:
        UsageError: what they need is not installed.
    """

    def __init__(
        self,
        folder: Path | None = None,
        port: int = 0,
        contents: Mapping[SiteName, Mapping[str, Any]] | None = None,
    ) -> None:
        require_installed()
        self._folder = folder
        self._port = port
        self._contents = contents or {}
        self._reset_token = secrets.token_urlsafe()
        self._entered = AsyncExitStack()
        self.sites: dict[SiteName, StandInSite] = {}
        """By the names that task files call them."""
        self._servers: list[LocalServer] = []

    async def __aenter__(self) -> Self:
        """Fill the databases where there are none, and serve.

        Raises:
            TaskFault: a port cannot be had.
            UsageError: the folder cannot be written.
        """
        async with AsyncExitStack() as stack:
            folder = self._folder or Path(
                stack.enter_context(TemporaryDirectory(prefix="vigorl-sites-"))
            )
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UsageError(f"the sites cannot be kept in {folder}: {error}") from error
            for number, make in enumerate(SITES):
                site = make(folder, self._reset_token, self._contents.get(make.name))
                stack.callback(site.close)
                server = LocalServer(site.application, self._port and self._port + number)
                self._servers.append(await stack.enter_async_context(server))
                self.sites[site.name] = site
            self._entered = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving."""
        await self._entered.aclose()

    @property
    def urls(self) -> Sites:
        """Where the sites are, for VisualWebArena's runner."""
        classifieds, forum, shop = (server.origin for server in self._servers)
        # No encyclopaedia and no home page are served, so nothing on their usual ports is meant.
        return Sites(classifieds, forum, shop, "", "", self._reset_token)

    def reset(self) -> None:
        """Put all sites back to how they were."""
        for site in self.sites.values():
            site.reset()

    def check(self) -> None:
        """Look whether every page since the last reset was whole.

        Raises:
            TaskFault: one was not.
        """
        for site in self.sites.values():
            if site.fault is not None:
                raise TaskFault(f"a page of {site.title} broke: {site.fault!r}") from site.fault

    async def forever(self) -> None:
        """Serve until cancelled."""
        await self._servers[0].forever()
