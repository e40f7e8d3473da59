"""What is asked of the sites beside the browser: pictures, the shop's REST interface, a reset."""

import io
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from PIL import Image

from vigorl.browser.errors import TaskFault
from vigorl.tasks.visualwebarena.accounts import Account
from vigorl.tasks.visualwebarena.verdict import BrokenAssertion, Crash

LIMIT_S = 30.0
"""Time for a server to answer."""


class Web:
    """A client without cookies; used as an asynchronous context manager.

    Args:
        shop_url: Where the shop is, without a slash at the end.
        administrator: Signs in to the shop's REST interface.
        files: The folder that the tasks' own pictures are in; None: they have none.
    """

    def __init__(self, shop_url: str, administrator: Account, files: Path | None = None) -> None:
        self._shop_url = shop_url
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
        """The picture at an address or in the tasks' folder; None where there is none."""
        data = await self._download(source) if source.startswith("http") else self._read(source)
        if data is None:
            return None
        try:
            image = Image.open(io.BytesIO(data))
            image.load()
        except (OSError, ValueError, Image.DecompressionBombError):
            return None
        return image

    async def ask_shop(self, path: str, parameters: dict[str, str] | None = None) -> Any:
        """What the shop's REST interface answers, signed in anew each time as its administrator.

        Raises:
            Crash: it does not answer with 200, or not with JSON.
            TaskFault: it does not answer.
        """
        account = {
            "username": self._administrator.name,
            "password": self._administrator.password,
        }
        tokens = f"{self._shop_url}/rest/default/V1/integration/admin/token"
        try:
            token = (await self._client.post(tokens, json=account)).json()
            if not isinstance(token, str):
                raise Crash("the shop does not let its administrator in")
            answer = await self._client.get(
                f"{self._shop_url}{path}",
                params=parameters,
                headers={"Authorization": f"Bearer {token}"},
            )
            if answer.status_code != httpx.codes.OK:
                raise BrokenAssertion(f"the shop answers {path} with {answer.status_code}")
            return answer.json()
        except httpx.HTTPError as error:
            raise TaskFault(f"the shop at {self._shop_url} does not answer: {error!r}") from error
        except ValueError as error:
            raise Crash(f"the shop answers {path} with something else than JSON") from error
        finally:
            self._client.cookies.clear()

    async def reset_classifieds(self, url: str, token: str) -> None:
        """Put the classifieds site back to how it was.

        Raises:
            TaskFault: it does not answer, or the token is wrong.
        """
        try:
            answer = await self._client.post(f"{url}/index.php?page=reset", data={"token": token})
        except httpx.HTTPError as error:
            raise TaskFault(f"the classifieds at {url} do not answer: {error!r}") from error
        finally:
            self._client.cookies.clear()
        if answer.status_code != httpx.codes.OK:
            raise TaskFault(f"the classifieds at {url} were not reset: {answer.status_code}")

    async def _download(self, url: str) -> bytes | None:
        """What is at an address, whatever the status: an error's page is no picture."""
        try:
            return (await self._client.get(url)).content
        except (httpx.HTTPError, httpx.InvalidURL):
            return None
        finally:
            self._client.cookies.clear()

    def _read(self, name: str) -> bytes | None:
        """A file of the tasks' folder, and of no other."""
        if self._files is None:
            return None
        folder = self._files.resolve()
        path = (folder / name).resolve()
        return path.read_bytes() if path.is_relative_to(folder) and path.is_file() else None
