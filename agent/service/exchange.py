"""Exchange: one WebSocket connection, from its lease to the last word."""

import asyncio
import json
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.websockets import WebSocket, WebSocketDisconnect

from vigorl.agent.service.leases import Lease
from vigorl.agent.service.service_metrics import ServiceMetrics
from vigorl.agent.service.session import Answer, EnvironmentSession
from vigorl.browser.errors import InfrastructureFault, UsageError

logger = logging.getLogger(__name__)

ANSWER_LIMIT_S = 200.0
"""Time for anything that is asked, a little more than the loop gives a step or a judge: there it is
the loop that says what it was."""
GIVE_UP_LIMIT_S = 10.0
"""Time for an answer that nobody waits for any more to be given up."""
CLOSE_LIMIT_S = 20.0

NORMAL, EXPIRED, RESTART = 1000, 4408, 1012
"""Codes of the last word, as RFC 6455 and its registry have them; 4408 is ours."""

End = Literal["closed", "lost", "expired", "drained"]


@dataclass
class Exchange:
    """A client's requests and their answers.

    A request that comes while another one is under way says that its client has given that one up:
    it is cut short, as the loop would cut it short in its own process.
    """

    socket: WebSocket
    session: EnvironmentSession
    lease: Lease
    lease_s: float
    metrics: ServiceMetrics
    _sent: set[str] = field(default_factory=set)
    """Pictures that the client has, by their sha256."""
    _work: asyncio.Task[None] | None = None
    _id: Any = None
    """Of the request under way."""

    async def hold(self) -> None:
        """Answer until the client leaves, its lease ends, or the service does."""
        end: End = "lost"
        code, reason = NORMAL, ""
        try:
            with suppress(WebSocketDisconnect):
                end, code, reason = await self._talk()
        finally:
            await self._close_session()
        self.metrics.leases.labels(end).inc()
        if end != "lost":
            with suppress(WebSocketDisconnect, RuntimeError):  # it has left meanwhile
                await self.socket.close(code, reason)

    async def _talk(self) -> tuple[End, int, str]:
        listening = asyncio.ensure_future(self.socket.receive())
        try:
            while True:
                awaited: set[asyncio.Future[Any]] = {listening, self.lease.ended}
                awaited |= {self._work} if self._work else set()
                limit_s = None if self._work else self.lease_s
                done, _ = await asyncio.wait(
                    awaited, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED
                )
                if not done:
                    told = f"the lease has ended: nothing was said for {self.lease_s:g} s"
                    return "expired", EXPIRED, told
                if self.lease.ended in done:
                    return await self._taken_back(self.lease.ended.result())
                if self._work in done:
                    self._work, finished = None, self._work
                    assert finished is not None
                    finished.result()
                if listening not in done:
                    continue
                message = listening.result()
                if message["type"] == "websocket.disconnect":
                    return "lost", NORMAL, ""
                listening = asyncio.ensure_future(self.socket.receive())
                request = _request(message)
                if request.get("type") == "close":
                    return "closed", NORMAL, ""
                await self._give_up_work()
                self._id = request.get("id")
                self._work = asyncio.create_task(self._respond(request))
        finally:
            listening.cancel()

    async def _taken_back(self, why: str) -> tuple[End, int, str]:
        """Tell what was asked last, if it is not answered yet, and whoever asks next."""
        if self._work is not None:
            await self._give_up_work()
            await self._send_fault("ServiceFault", why)
        return "drained", RESTART, why

    async def _give_up_work(self) -> None:
        work, self._work = self._work, None
        if work is None:
            return
        work.cancel()
        _, going_on = await asyncio.wait({work}, timeout=GIVE_UP_LIMIT_S)
        if going_on:
            logger.warning("what a client has given up goes on")
        elif not work.cancelled() and (error := work.exception()) is not None:
            logger.debug("what a client has given up ended so: %r", error)

    async def _close_session(self) -> None:
        """Close what is open, also while the whole service is being cancelled."""
        await self._give_up_work()
        closing = asyncio.ensure_future(self.session.close())
        _, going_on = await asyncio.wait({closing}, timeout=CLOSE_LIMIT_S)
        if going_on:
            closing.cancel()
            logger.warning("a session did not close within %g s", CLOSE_LIMIT_S)
        elif (error := closing.exception()) is not None:
            logger.warning("closing a session did not succeed: %r", error)

    async def _respond(self, request: dict[str, Any]) -> None:
        kind, data = str(request.get("type", "")), request.get("data") or {}
        began_s = time.monotonic()
        try:
            if not isinstance(data, dict):
                raise UsageError("a message is {type, data}, and data an object")
            async with asyncio.timeout(ANSWER_LIMIT_S) as limit:
                answer = await self.session.answer(kind, data)
        except UsageError as error:
            await self._send(_error("VALIDATION_ERROR", str(error)))
        except InfrastructureFault as fault:
            await self._send_fault(type(fault).__name__, str(fault))
        except TimeoutError as error:
            told = "the world did not answer" if limit.expired() else f"TimeoutError: {error}"
            await self._send_fault("PageHung" if limit.expired() else "ServiceFault", told)
        except Exception as mistake:  # of ours: told as the fault that it is for the client
            logger.exception("a mistake of the service, at %r", kind)
            told = f"a mistake of the service: {type(mistake).__name__}: {mistake}"
            await self._send_fault("ServiceFault", told)
        else:
            self.metrics.answers.labels(kind).observe(time.monotonic() - began_s)
            await self._send(answer)

    async def _send_fault(self, kind: str, message: str) -> None:
        self.session.broke()
        self.metrics.faults.labels(kind).inc()
        await self._send(_error("EXECUTION_ERROR", message, kind))

    async def _send(self, answer: Answer) -> None:
        if not self.session.is_plain:
            for picture in answer.pictures:
                if picture.sha256 not in self._sent:
                    await self.socket.send_bytes(picture.data)
                    self._sent.add(picture.sha256)
                    self.metrics.picture_bytes.inc(len(picture.data))
        message = {"type": answer.type, "data": answer.data}
        if self._id is not None:
            message["id"] = self._id
        await self.socket.send_text(json.dumps(message))


def refusal(code: str, message: str) -> str:
    """The error that a client gets in place of a lease."""
    told = _error(code, message)
    return json.dumps({"type": told.type, "data": told.data})


def _error(code: str, message: str, fault: str = "") -> Answer:
    named = {"fault": fault} if fault else {}
    return Answer("error", {"message": message, "code": code, **named})


def _request(message: Any) -> dict[str, Any]:
    """A message of a client; what is none has no type, which is answered as such."""
    try:
        request = json.loads(message.get("text") or "")
    except (ValueError, RecursionError):
        return {}
    return request if isinstance(request, dict) else {}
