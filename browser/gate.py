"""The way out of a browser context: a proxy of our own that keeps to a boundary.

Each context has one, on a port of 127.0.0.1, and speaks SOCKS 5 with it (RFC 1928): Chromium asks
for a host and a port for whatever it loads (pages, frames, fetches, beacons, WebSockets, what
service workers ask for), resolves no name itself, and is told yes or no before a byte is sent. The
name is resolved once, and the address that was looked at is the one that is connected to, so a name
cannot lead elsewhere a moment later. What Chromium cannot send through it goes nowhere: its own
resolver knows no host (`vigorl.browser.chromium`).

Addresses of 127.0.0.1 that belong to the episode are connected to directly (`Boundary.direct`): the
tasks' own sites lose no time.
"""

import asyncio
import errno
import ipaddress
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from vigorl.browser.boundary import Address, Boundary, address_of, canonical
from vigorl.browser.observation import RefusedConnections
from vigorl.browser.upstream import ProxyRefusal, Streams, Upstream

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host, as text."""

HANDSHAKE_LIMIT_S = 10.0
"""Time for Chromium to say where it wants to go."""

CONNECT_LIMIT_S = 20.0
"""Time for a host to answer, over all of its addresses."""

ADDRESS_LIMIT_S = 6.0
"""Time for one of them, while there are others."""

RESOLVE_LIMIT_S = 8.0

CHUNK_BYTES = 256 * 1024

MOST_HOSTS = 200
"""Refused hosts that are told apart; further ones count as `OTHERS`."""

OTHERS = "other hosts"

_GRANTED, _FAILED, _NOT_ALLOWED, _UNKNOWN_COMMAND = 0, 1, 2, 7


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a connection was not made."""

    host: str
    port: int
    reason: str
    """Chromium's name of it where there is one (ERR_CONNECTION_REFUSED), or words."""
    refused: bool
    """By the boundary, and not by the network."""


async def system_resolve(host: str, port: int) -> list[str]:
    """The addresses of a host as this machine knows them.

    Raises:
        OSError: it has none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Gate:
    """Lets the pages of one context go where a boundary allows it; `async with Gate(…) as gate`.

    Args:
        boundary: What is allowed.
        upstream: The operator's proxy, if there is one; this machine's own hosts never go there.
        resolve: How names become addresses.
    """

    def __init__(
        self,
        boundary: Boundary,
        upstream: Upstream | None = None,
        resolve: Resolve = system_resolve,
    ) -> None:
        self.boundary = boundary
        self.refused: Counter[tuple[str, int]] = Counter()
        """Connections that were refused, by host and port."""
        self._new: Counter[tuple[str, int]] = Counter()
        self._failures: dict[tuple[str, int], Failure] = {}
        self._upstream = upstream or Upstream()
        self._resolve = resolve
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Listen on a free port.

        Raises:
            OSError: there is none.
        """
        self._server = await asyncio.start_server(self._admit, "127.0.0.1", 0)

    @property
    def port(self) -> int:
        """TCP port on 127.0.0.1.

        Raises:
            RuntimeError: the gate is closed.
        """
        if self._server is None:
            raise RuntimeError("a gate is open between start and close")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def proxy(self) -> dict[str, str]:
        """Playwright's setting for the context."""
        # Without the first rule Chromium would go to this machine's own names by itself.
        bypass = ",".join(("<-loopback>", *self.boundary.direct))
        return {"server": f"socks5://127.0.0.1:{self.port}", "bypass": bypass}

    def failure(self, place: tuple[str, int] | None) -> Failure | None:
        """Why the last connection to a host and port failed; where it did not, the last of all.

        A page that was asked for may have sent the browser on to another host.
        """
        if place is not None and place in self._failures:
            return self._failures[place]
        return next(reversed(self._failures.values()), None)

    def take(self) -> tuple[RefusedConnections, ...]:
        """What was refused since the last time."""
        taken, self._new = self._new, Counter()
        return tuple(RefusedConnections(host, port, count) for (host, port), count in taken.items())

    async def close(self) -> None:
        """Break off all connections; may be called twice."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _admit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            async with asyncio.timeout(HANDSHAKE_LIMIT_S):
                place = await _wanted(reader, writer)
            if place is None:
                return
            there = await self._connected(*place)
            writer.write(_reply(_GRANTED if isinstance(there, tuple) else _NOT_ALLOWED))
            if isinstance(there, tuple):
                await _splice((reader, writer), there)
            else:
                await writer.drain()
        except (OSError, EOFError, TimeoutError):
            return  # Chromium has lost interest
        except asyncio.CancelledError:
            return  # the gate closes; nobody waits for this task but `close`
        finally:
            self._open.discard(task)
            writer.close()

    async def _connected(self, host: str, port: int) -> Streams | Failure:
        """A connection to where Chromium wants to go, or why there is none; both are noted."""
        host = canonical(host)
        try:
            async with asyncio.timeout(CONNECT_LIMIT_S):
                there = await self._connect(host, port)
        except (OSError, EOFError, TimeoutError, ProxyRefusal) as error:
            there = Failure(host, port, _reason(error), refused=False)
        self._note((host, port), there)
        return there

    async def _connect(self, host: str, port: int) -> Streams | Failure:
        boundary = self.boundary
        if why := boundary.refusal(host, port):
            return Failure(host, port, why, refused=True)
        proxy = self._upstream.of(host, port)
        try:
            addresses = await self._addresses(host, port)
        except (OSError, UnicodeError, TimeoutError):
            if proxy is None:
                return Failure(host, port, "ERR_NAME_NOT_RESOLVED", refused=False)
            addresses = []  # a network that only the proxy knows names of
        whys = [boundary.refusal_of(host, port, address) for address in addresses]
        if whys and all(whys):
            return Failure(host, port, whys[0] or "", refused=True)
        if proxy is not None:
            return await self._upstream.connect(proxy, host, port)
        fit = [address for address, why in zip(addresses, whys, strict=True) if why is None]
        return await self._reached(host, port, fit)

    async def _addresses(self, host: str, port: int) -> list[Address]:
        if (address := address_of(host)) is not None:
            return [address]
        async with asyncio.timeout(RESOLVE_LIMIT_S):
            found = await self._resolve(host, port)
        addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in found]
        return sorted(addresses, key=lambda address: address.version)

    async def _reached(self, host: str, port: int, addresses: list[Address]) -> Streams | Failure:
        """The first of the addresses that answers."""
        last: Exception = OSError(errno.EADDRNOTAVAIL, "no address")
        for address in addresses:
            limit_s = ADDRESS_LIMIT_S if address is not addresses[-1] else CONNECT_LIMIT_S
            try:
                async with asyncio.timeout(limit_s):
                    streams = await asyncio.open_connection(str(address), port, limit=CHUNK_BYTES)
            except (OSError, TimeoutError) as error:
                last = error
                continue
            if _is_this_machine(streams[1]) and not self.boundary.trusts_this_machine(
                host, port, address
            ):
                streams[1].close()
                return Failure(host, port, "is a service of this machine", refused=True)
            return streams
        return Failure(host, port, _reason(last), refused=False)

    def _note(self, place: tuple[str, int], there: Streams | Failure) -> None:
        self._failures.pop(place, None)
        if not isinstance(there, Failure):
            return
        if len(self._failures) >= MOST_HOSTS:
            self._failures.pop(next(iter(self._failures)))
        self._failures[place] = there
        if there.refused:
            is_known = place in self.refused or len(self.refused) < MOST_HOSTS
            counted = place if is_known else (OTHERS, 0)
            self.refused[counted] += 1
            self._new[counted] += 1


async def _wanted(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[str, int] | None:
    """Where Chromium wants to go; None where it does not say so as it should."""
    version, count = await reader.readexactly(2)
    if version != 5:
        return None
    await reader.readexactly(count)
    writer.write(b"\x05\x00")
    version, command, _, kind = await reader.readexactly(4)
    match kind:
        case 1:
            host = str(ipaddress.IPv4Address(await reader.readexactly(4)))
        case 3:
            length = (await reader.readexactly(1))[0]
            host = (await reader.readexactly(length)).decode("ascii", "replace")
        case 4:
            host = str(ipaddress.IPv6Address(await reader.readexactly(16)))
        case _:
            return None
    port = int.from_bytes(await reader.readexactly(2), "big")
    if version != 5 or command != 1:
        writer.write(_reply(_UNKNOWN_COMMAND))
        return None
    return host, port


def _reply(code: int) -> bytes:
    return bytes([5, code, 0, 1]) + bytes(6)


async def _splice(one: Streams, other: Streams) -> None:
    """Carry bytes both ways until one side has ended; browsers never end half a connection."""
    pumps = (
        asyncio.create_task(_pump(one[0], other[1])),
        asyncio.create_task(_pump(other[0], one[1])),
    )
    try:
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        other[1].close()
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK_BYTES):
        writer.write(data)
        await writer.drain()


def _is_this_machine(writer: asyncio.StreamWriter) -> bool:
    """Whether a connection goes to an address of this very machine, a public one included."""
    ours, theirs = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
    return bool(ours) and bool(theirs) and ours[0] == theirs[0]


_REASONS = {
    errno.ECONNREFUSED: "ERR_CONNECTION_REFUSED",
    errno.ECONNRESET: "ERR_CONNECTION_RESET",
    errno.ETIMEDOUT: "ERR_CONNECTION_TIMED_OUT",
    errno.EHOSTUNREACH: "ERR_ADDRESS_UNREACHABLE",
    errno.ENETUNREACH: "ERR_ADDRESS_UNREACHABLE",
    errno.EADDRNOTAVAIL: "ERR_ADDRESS_INVALID",
}


def _reason(error: Exception) -> str:
    if isinstance(error, ProxyRefusal):
        return str(error)
    if isinstance(error, TimeoutError) and error.errno is None:
        return "ERR_CONNECTION_TIMED_OUT"
    number = error.errno if isinstance(error, OSError) else None
    return _REASONS.get(number or 0, "ERR_CONNECTION_FAILED")
