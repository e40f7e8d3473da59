"""A server that must not be reached: whatever touches one of its ports is a hit."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

ANSWERS = {
    "css": ("text/css", b"body{color:red}"),
    "js": ("text/javascript", b"export default 1"),
    "svg": ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' id='a'/>"),
    "txt": ("text/event-stream", b"data: 1\n\n"),
}
"""Types by the ending of the path; anything else is a page."""


def lan_address() -> str:
    """An address of this machine that is not its loopback, where it has one.

    Peer connections do not go to loopback addresses.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("203.0.113.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def spellings(address: str) -> dict[str, str]:
    """One IPv4 address as a URL's host, in every spelling that a browser understands."""
    number = int(ipaddress.IPv4Address(address))
    first, second, *rest = address.split(".")
    return {
        "IPv4": address,
        "IPv6": "[::1]",
        "decimal": str(number),
        "hexadecimal": hex(number),
        "octal": ".".join(f"0{int(part):o}" for part in address.split(".")),
        "short": f"{first}.{int(second) << 16 | int(rest[0]) << 8 | int(rest[1])}",
        "mapped into IPv6": f"[::ffff:{address}]",
    }


@dataclass(frozen=True)
class Hit:
    """One connection or datagram."""

    by: str
    """`tcp` or `udp`."""
    first_bytes: bytes


@dataclass
class Canary:
    """One port of all of this machine's addresses, TCP and UDP, that counts what arrives."""

    port: int = 0
    hits: list[Hit] = field(default_factory=list)
    _servers: list[asyncio.Server] = field(default_factory=list)
    _datagrams: list[asyncio.DatagramTransport] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        """Listen."""
        streams = [_bound(socket.AF_INET, socket.SOCK_STREAM, 0)]
        self.port = streams[0].getsockname()[1]
        streams.append(_bound(socket.AF_INET6, socket.SOCK_STREAM, self.port))
        for stream in streams:
            self._servers.append(await asyncio.start_server(self._answer, sock=stream))
        loop = asyncio.get_running_loop()
        for family in (socket.AF_INET, socket.AF_INET6):
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self.hits), sock=_bound(family, socket.SOCK_DGRAM, self.port)
            )
            self._datagrams.append(transport)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Listen no more."""
        for server in self._servers:
            server.close()
        for transport in self._datagrams:
            transport.close()
        await asyncio.sleep(0)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.hits.append(Hit("tcp", b""))  # a connection without a word counts as well
        try:
            async with asyncio.timeout(3):
                received = await reader.read(2000)
                self.hits.append(Hit("tcp", received[:200]))
                writer.write(_response(received))
                await writer.drain()
        except (OSError, TimeoutError):
            pass  # it has gone, or has nothing to say
        finally:
            writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, hits: list[Hit]) -> None:
        self.hits = hits

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.hits.append(Hit("udp", data[:200]))


def _bound(family: socket.AddressFamily, kind: socket.SocketKind, port: int) -> socket.socket:
    bound = socket.socket(family, kind)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    bound.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))
    bound.setblocking(False)
    return bound


def _response(request: bytes) -> bytes:
    line = request.split(b"\r\n", 1)[0].decode("latin-1").split()
    path = line[1] if len(line) > 1 else "/"
    ending = path.partition("?")[0].rpartition(".")[2]
    media_type, body = ANSWERS.get(ending, ("text/html", b"<h1>canary</h1>"))
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n"
        "Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
