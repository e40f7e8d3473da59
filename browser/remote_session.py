"""A session with an environment service: one request at a time, each with its answer.

It is one WebSocket connection and, at the other end, one leased place. The lease lasts as long as
something is said; while nobody asks, the session says by itself that it is still there.
"""

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vigorl.browser.errors import InconsistentData, ServiceFault, UsageError
from vigorl.browser.picture import Picture
from vigorl.browser.wire import MOST_ANSWER_BYTES, SUBPROTOCOL, TRY_LATER, fault_of

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

MISSING = "a client of an environment service needs websockets: pip install 'vigorl-agent[service]'"

OPEN_LIMIT_S = 10.0
ANSWER_LIMIT_S = 240.0
"""The service answers everything within 180 s, if only with a fault."""
CLOSE_LIMIT_S = 3.0
BEAT_S = 15.0
"""After which a session says that it is there; a lease ends after 60 s without a word."""
PING_LIMIT_S = 40.0
"""Time for the other end to answer a ping: a line may be cut for half a minute."""

NO_PLACE = ("CAPACITY_REACHED", "DRAINING")
"""Codes of a service that gives no place now."""


class NoPlace(ServiceFault):
    """No place is to be had at this service, now."""


class RemoteSession:
    """One leased place.

    Args:
        connection: Open, and nothing said yet.
        where: Address of the service, for messages.
    """

    def __init__(self, connection: "ClientConnection", where: str) -> None:
        self._connection = connection
        self._where = where
        self._number = 0
        self._asking = asyncio.Lock()
        self.pictures: dict[str, Picture] = {}
        """All that have come, by their sha256."""
        self._beating = asyncio.create_task(self._beat())

    @classmethod
    async def open(cls, url: str, token: str) -> "RemoteSession":
        """Lease a place.

        Raises:
            NoPlace: all are leased, or the service is about to end.
            ServiceFault: nobody answers there.
            UsageError: the token is refused, or what answers is no service of this version.
        """
        session = cls(await _connected(url, token), url)
        try:
            await session.ask("state")
        except BaseException:
            await session.close()
            raise
        return session

    async def ask(self, kind: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the service answers.

        A request that is cut short is given up by the service as well, once the next one comes.

        Raises:
            InfrastructureFault: the world broke, or the way to it.
            UsageError: the service cannot do what is asked.
        """
        async with self._asking:
            self._number += 1
            request = {"type": kind, "id": self._number, "data": data or {}}
            answer = await self._answer_to(request)
        told: dict[str, Any] = answer.get("data") or {}
        if answer.get("type") != "error":
            return told
        message = str(told.get("message", ""))
        if told.get("code") in NO_PLACE:
            raise NoPlace(f"{self._where}: {message}")
        if told.get("fault"):
            raise fault_of(str(told["fault"]), message)
        raise UsageError(f"{self._where} refuses this: {message}")

    async def close(self) -> None:
        """Give the place back; may be called twice, and never hangs."""
        from websockets.exceptions import ConnectionClosed

        self._beating.cancel()
        await asyncio.gather(self._beating, return_exceptions=True)
        with suppress(ConnectionClosed, OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await self._connection.send(json.dumps({"type": "close"}))
                while True:  # what was under way, until the place is free
                    await self._connection.recv()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await self._connection.close()

    async def _answer_to(self, request: dict[str, Any]) -> dict[str, Any]:
        from websockets.exceptions import ConnectionClosed

        try:
            async with asyncio.timeout(ANSWER_LIMIT_S) as limit:
                await self._connection.send(json.dumps(request))
                while True:
                    frame = await self._connection.recv()
                    if isinstance(frame, bytes):
                        picture = Picture.from_bytes(frame)
                        self.pictures[picture.sha256] = picture
                        continue
                    answer: dict[str, Any] = json.loads(frame)
                    if answer.get("id") in (None, request["id"]):  # not to one that was given up
                        return answer
        except TimeoutError as error:
            if not limit.expired():
                raise
            told = f"{self._where} did not answer within {ANSWER_LIMIT_S:g} s"
            raise ServiceFault(told) from error
        except ConnectionClosed as error:
            last = error.rcvd
            told = f"{self._where}: {(last and last.reason) or 'the connection was lost'}"
            is_full = last is not None and last.code == TRY_LATER
            raise NoPlace(told) if is_full else ServiceFault(told) from error
        except (OSError, InconsistentData, ValueError, AttributeError) as error:
            raise ServiceFault(f"{self._where} does not make sense: {error!r}") from error

    async def _beat(self) -> None:
        """Say, while nobody asks anything, that somebody is there."""
        with suppress(ServiceFault):  # whoever asks next is told
            while True:
                await asyncio.sleep(BEAT_S)
                if not self._asking.locked():
                    await self.ask("state")


async def _connected(url: str, token: str) -> "ClientConnection":
    try:
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, InvalidStatus
        from websockets.typing import Subprotocol
    except ImportError as error:
        raise UsageError(MISSING) from error

    is_near = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    try:
        connection = await connect(
            f"ws{url.removeprefix('http').rstrip('/')}/ws",
            additional_headers={"Authorization": f"Bearer {token}"},
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            open_timeout=OPEN_LIMIT_S,
            ping_timeout=PING_LIMIT_S,
            close_timeout=CLOSE_LIMIT_S,
            max_size=MOST_ANSWER_BYTES,
            compression=None,  # pictures are compressed already
            proxy=None if is_near else True,
        )
    except InvalidStatus as error:
        status = error.response.status_code
        if status in (401, 403):
            raise UsageError(f"{url} refuses the token: {TOKEN_HINT}") from error
        raise ServiceFault(f"{url} answers {status} where an environment service would") from error
    except (OSError, TimeoutError, InvalidHandshake) as error:
        told = str(error) or type(error).__name__
        raise ServiceFault(f"no environment service answers at {url}: {told}") from error
    if connection.subprotocol != SUBPROTOCOL:
        await connection.close()
        raise UsageError(f"what answers at {url} is no environment service of this version")
    return connection


TOKEN_HINT = "set VIGORL_ENVS_TOKEN to the one that the service was started with"
