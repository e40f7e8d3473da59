"""An operator's proxy that goes wherever it is asked to, and the environment that names it."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from tests.gauntlet.canary import lan_address


class OpenProxy:
    """A proxy that goes wherever it is asked to: every name is this machine."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        """First lines of what it was asked."""
        self.host_and_port = ""
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host_and_port}"

    async def __aenter__(self) -> Self:
        """Listen on the address of this machine that is not its loopback."""
        self._server = await asyncio.start_server(self._serve, lan_address(), 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        self.host_and_port = f"{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Listen no more."""
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            line, _, rest = head.partition(b"\r\n")
            method, url, version = line.split(b" ", 2)
            self.requests.append(line.decode("latin-1"))
            is_tunnel = method == b"CONNECT"
            place, path = (url, b"") if is_tunnel else _place_and_path(url)
            port = int(place.rpartition(b":")[2]) if b":" in place else 80
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            if is_tunnel:
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                rest = re.sub(rb"(?im)^(proxy-)?connection:.*\r\n", b"", rest)
                far_writer.write(b" ".join((method, path, version)) + b"\r\nConnection: close\r\n")
                far_writer.write(rest)
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        except (OSError, ValueError, asyncio.IncompleteReadError):
            writer.close()


def _place_and_path(url: bytes) -> tuple[bytes, bytes]:
    place, slash, path = url.partition(b"://")[2].partition(b"/")
    return place, slash + path


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            # Sites of ours answer to their own name alone.
            writer.write(data.replace(b"Host: site.example", b"Host: 127.0.0.1"))
            await writer.drain()
    except OSError:
        pass  # the other side has gone
    finally:
        writer.close()


@asynccontextmanager
async def proxy_in_environment(url: str) -> AsyncIterator[None]:
    """The variables by which programs find a proxy, set as long as the block lasts."""
    names = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, url))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
