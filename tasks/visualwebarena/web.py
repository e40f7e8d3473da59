"""What is asked of the sites beside the browser: pictures, the shop's REST interface, a reset."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from PIL import Image

from vigorl.browser.errors import InconsistentData, TaskFault
from vigorl.browser.picture import decoded
from vigorl.tasks.visualwebarena.accounts import Account
from vigorl.tasks.visualwebarena.asking import ask, is_away
from vigorl.tasks.visualwebarena.verdict import BrokenAssertion

LIMIT_S = 30.0
"""Time for a server to answer."""

_COUNTED = "(the published code raises here; BrowserGym counts 0)"
"""What others make of a shop that cannot be asked."""


class Web:
    """A client without cookies; used as an asynchronous context manager.

    Args:
        shop_url: Where the shop is, without a slash at the end.
        administrator: Signs in to the shop's REST interface.
        files: The folder that the tasks' own pictures are in; None: they have none.
        sites: Where the sites are, who owe the pictures on their pages.
    """

    def __init__(
        self,
        shop_url: str,
        administrator: Account,
        files: Path | None = None,
        sites: Sequence[str] = (),
    ) -> None:
        self._shop_url = shop_url
        self._hosts = {urlsplit(url).netloc for url in (shop_url, *sites)} - {""}
        self._administrator = administrator
        self._files = files
        self._client = httpx.AsyncClient(timeout=LIMIT_S, follow_redirects=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def reach(self, name: str, url: str) -> None:
        """Look whether a site is there, whatever it answers.

        Raises:
            TaskFault: it does not answer.
        """
        try:
            await self._client.get(url)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TaskFault(f"{name} at {url} does not answer: {error!r}") from error
        finally:
            self._client.cookies.clear()

    async def image(self, source: str) -> Image.Image | None:
        """The picture at an address or in the tasks' folder; None where there is none.

        An address that an agent left behind may lead nowhere, which is its doing; a site that does
        not hand out what stands on its pages is not.

        Raises:
            TaskFault: one of the sites is away.
        """
        data = await self._download(source) if source.startswith("http") else self._read(source)
        if data is None:
            return None
        try:
            return decoded(data)
        except InconsistentData:
            return None

    async def ask_shop(self, path: str, parameters: dict[str, str] | None = None) -> Any:
        """What the shop's REST interface answers, signed in anew each time as its administrator.

        Raises:
            Crash: it says that there is no such thing.
            TaskFault: it does not answer, or not with JSON, or lets nobody in.
        """
        account = {
            "username": self._administrator.name,
            "password": self._administrator.password,
        }
        tokens = f"{self._shop_url}/rest/default/V1/integration/admin/token"
        try:
            token = (await ask(self._client, "POST", tokens, json=account)).json()
            if not isinstance(token, str):
                raise TaskFault("the shop does not let its administrator in")
            answer = await ask(
                self._client,
                "GET",
                f"{self._shop_url}{path}",
                params=parameters,
                headers={"Authorization": f"Bearer {token}"},
            )
            if is_away(answer) or answer.status_code in (401, 403):
                raise TaskFault(f"the shop answers {path} with {answer.status_code} {_COUNTED}")
            if answer.status_code != httpx.codes.OK:
                raise BrokenAssertion(f"the shop answers {path} with {answer.status_code}")
            return answer.json()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TaskFault(f"the shop at {self._shop_url} does not answer: {error!r}") from error
        except (ValueError, RecursionError) as error:
            raise TaskFault(
                f"the shop answers {path} with something else than JSON {_COUNTED}"
            ) from error
        finally:
            self._client.cookies.clear()

    async def reset_classifieds(self, url: str, token: str) -> None:
        """Put the classifieds site back to how it was.

        Raises:
            TaskFault: it does not answer, or the token is wrong.
        """
        try:
            reset = f"{url}/index.php?page=reset"
            answer = await ask(self._client, "POST", reset, data={"token": token})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TaskFault(f"the classifieds at {url} do not answer: {error!r}") from error
        finally:
            self._client.cookies.clear()
        if answer.status_code != httpx.codes.OK:
            raise TaskFault(f"the classifieds at {url} were not reset: {answer.status_code}")

    async def _download(self, url: str) -> bytes | None:
        """What is at an address, whatever the status: an error's page is no picture.

        Raises:
            TaskFault: it is one of the sites', which is away.
        """
        try:
            answer = await ask(self._client, "GET", url)
            if is_away(answer) and self._is_of_sites(url):
                raise TaskFault(f"the picture at {url} is not there now: {answer.status_code}")
            return answer.content
        except (httpx.HTTPError, httpx.InvalidURL, TaskFault) as error:
            if self._is_of_sites(url):
                raise TaskFault(f"the picture at {url} cannot be fetched: {error}") from error
            return None
        finally:
            self._client.cookies.clear()

    def _is_of_sites(self, url: str) -> bool:
        try:
            return urlsplit(url).netloc in self._hosts
        except ValueError:
            return False

    def _read(self, name: str) -> bytes | None:
        """A file of the tasks' folder, and of no other."""
        if self._files is None:
            return None
        folder = self._files.resolve()
        try:
            path = (folder / name).resolve()
            return path.read_bytes() if path.is_relative_to(folder) and path.is_file() else None
        except (OSError, ValueError):  # a name that is none
            return None
