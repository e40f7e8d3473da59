"""Requests to a server: sent again where that can help, and never waited for in silence."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from vigorl.browser.errors import PolicyFault
from vigorl.policy.refusal import Refusal
from vigorl.policy.response_body import unwrapped

logger = logging.getLogger(__name__)

_MOST_HOPS = 3
_MOST_PAUSE_S = 15.0
_LONGEST_QUOTE = 200
_CERTIFICATE = "CERTIFICATE_VERIFY_FAILED"
_LASTING = (
    _CERTIFICATE,
    "WRONG_VERSION_NUMBER",
    "RECORD_LAYER_FAILURE",
    "Name or service not known",
    "nodename nor servname",
    "getaddrinfo failed",
    "No address associated",
)
"""In errors of a connection: what is so the next time as well."""


@dataclass(frozen=True, slots=True)
class WireLimits:
    """How long a server is waited for."""

    connect_s: float = 10
    """For a connection."""
    answer_s: float = 600
    """For an answer to one request; for one of a single token, a tenth of it."""
    list_s: float = 30
    """For the list of models."""
    most_bytes: int = 64 * 2**20
    """Of one answer, unpacked; the longest with ids and log-probabilities has some megabytes."""
    retry_s: float = 60
    """For a server to come back that has answered before, that says when it will, or that its
    model is loading."""
    first_retry_s: float = 5
    """For any other, where a wrong URL or key is more likely."""
    first_pause_s: float = 0.5
    """Before the first repetition; doubles with each, up to 15 s."""
    silence_s: float = 4
    """So long a server that is away is waited for without a word."""
    thought_s: float = 20
    """So long its first answer is, and three times as long any other."""


class Silence(Exception):
    """The server has not answered in time."""


class Transport:
    """The way to one server.

    Args:
        client: That makes the connections, with the keys that the server gets.
        limits: How long is waited.
        redact: Takes the keys out of a text.
    """

    def __init__(
        self, client: httpx.AsyncClient, limits: WireLimits, redact: Callable[[str], str]
    ) -> None:
        self.limits = limits
        self._client = client
        self._redact = redact
        self.was_well = False
        """It has answered a question before."""
        self._said_s = -1e9
        """When somebody was last told that it is waited for."""
        self._moved: dict[str, str] = {}

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def ask(
        self,
        method: str,
        url: str,
        payload: Mapping[str, Any] | None = None,
        *,
        takes_no: bool = False,
    ) -> httpx.Response:
        """Send a request, again and again while the server is busy or away.

        Args:
            method: Of HTTP.
            url: Where.
            payload: What is sent, as JSON.
            takes_no: Whether a refusal that the server gives as an error of its own (500) is its
                last word.

        Returns:
            The answer, or the last refusal.

        Raises:
            PolicyFault: nobody answers.
            Silence: somebody took the request, and then did not answer in time.
        """
        limits = self.limits
        pause_s, began_s = limits.first_pause_s, time.monotonic()
        patience_s = limits.retry_s if self.was_well else limits.first_retry_s
        while True:
            wait_s = pause_s * random.uniform(0.75, 1.25)
            until_s = began_s + patience_s
            try:
                response = await self._in_time(method, url, payload)
            except (httpx.ReadTimeout, TimeoutError) as error:
                raise Silence from error
            except (httpx.TransportError, httpx.DecodingError) as error:
                why = f"does not answer ({type(error).__name__})"
                lasts = any(sign in str(error) for sign in _LASTING)
                if lasts or time.monotonic() + wait_s > until_s:
                    raise self._absence(url, error) from error
            else:
                if response.is_success:
                    self.was_well |= method == "POST"
                    return response
                refusal = Refusal.of(response)
                if not refusal.is_passing or (takes_no and refusal.status == 500):
                    return response
                why = f"answers {refusal.status} ({self._short(refusal.said)})"
                if refusal.is_loading or 0 < refusal.told_s <= limits.retry_s:
                    until_s = began_s + limits.retry_s + refusal.told_s
                wait_s = max(wait_s, refusal.told_s)
                if time.monotonic() + wait_s > until_s:
                    return response
            now_s = time.monotonic()
            if now_s + wait_s - began_s > limits.silence_s:
                left_s = max(until_s - now_s, wait_s)
                self._say(f"{_shown(url)} {why}: asked again for up to {left_s:.0f} s")
            await asyncio.sleep(wait_s)
            pause_s = min(2 * pause_s, _MOST_PAUSE_S)

    def _say(self, sentence: str) -> None:
        """Tell whoever looks on what is waited for, unless that was just said."""
        now_s = time.monotonic()
        if now_s - self._said_s > 2 * self.limits.silence_s:
            self._said_s = now_s
            logger.warning("%s", sentence)

    def _short(self, said: str) -> str:
        return self._redact(said)[:_LONGEST_QUOTE]

    async def _in_time(
        self, method: str, url: str, payload: Mapping[str, Any] | None
    ) -> httpx.Response:
        """One answer, within what is waited for; it is said where it takes long.

        Raises:
            TimeoutError: there is none in time.
        """
        limits = self.limits
        limit_s = limits.answer_s if payload is not None else min(limits.answer_s, limits.list_s)
        told_after_s = limits.thought_s * (3 if self.was_well else 1)

        def tell() -> None:
            self._say(
                f"{_shown(url)} has not answered within {told_after_s:g} s: waited for up to "
                f"{limit_s:g} s (it may be loading its model, or think for long)"
            )

        alarm = asyncio.get_running_loop().call_later(told_after_s, tell)
        try:
            async with asyncio.timeout(limits.connect_s + limit_s):
                return await self._followed(method, url, payload)
        finally:
            alarm.cancel()

    async def _followed(
        self, method: str, url: str, payload: Mapping[str, Any] | None
    ) -> httpx.Response:
        """One answer, from wherever the server has moved to, unless that is another host.

        A key is for the host that it was given for, and a screen as well.
        """
        at = self._moved.get(url, url)
        for _ in range(_MOST_HOPS):
            response = await self._whole(method, at, payload)
            target = urljoin(at, response.headers.get("Location", ""))
            if not response.is_redirect or not _is_same(at, target):
                break
            at = self._moved[url] = target
        if response.is_redirect:
            error = f"it leads to {target}"
            return httpx.Response(
                response.status_code, json={"error": error}, request=response.request
            )
        return unwrapped(response)

    async def _whole(
        self, method: str, url: str, payload: Mapping[str, Any] | None
    ) -> httpx.Response:
        """One answer, read up to its end or the most that is taken.

        Raises:
            PolicyFault: it is larger, or packed in a way that was not asked for.
            httpx.TransportError: the connection broke.
        """
        body = bytearray()
        async with self._client.stream(method, url, json=payload) as response:
            packed = response.headers.get("Content-Encoding", "identity").strip().lower()
            if packed not in ("", "identity", "gzip", "deflate"):
                raise PolicyFault(f"{_shown(url)} packs its answers ({packed}), unasked")
            async for part in response.aiter_bytes():
                body += part
                if len(body) > self.limits.most_bytes:
                    most = self.limits.most_bytes / 2**20
                    raise PolicyFault(f"{_shown(url)} answers with more than {most:g} MiB")
        unpacked = ("content-encoding", "content-length", "transfer-encoding")
        headers = [pair for pair in response.headers.multi_items() if pair[0] not in unpacked]
        return httpx.Response(
            response.status_code, headers=headers, content=bytes(body), request=response.request
        )

    def _absence(self, url: str, error: httpx.HTTPError) -> PolicyFault:
        said = self._short(f"{type(error).__name__}: {error}")
        if _CERTIFICATE in str(error):
            advice = "name the file of the certificates that you trust (SSL_CERT_FILE)"
        elif any(sign in str(error) for sign in _LASTING[1:3]):
            advice = "it does not speak TLS: write http:// instead of https://"
        elif any(sign in str(error) for sign in _LASTING[3:]):
            advice = "there is no such host: correct the URL"
        elif isinstance(error, httpx.DecodingError):
            advice = "its answers cannot be unpacked: look at what stands before it"
        elif isinstance(error, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError):
            advice = (
                "what listens there breaks connections off, or is no web server: look at its log, "
                "or correct the URL"
            )
        else:
            advice = "start it (vigorl-agent serve MODEL; ollama serve), or correct the URL"
        return PolicyFault(f"no server answers at {_shown(url)} ({said}): {advice}")


def _shown(url: str) -> str:
    """An address as it is shown: without what stands behind its path."""
    return url.partition("?")[0].removesuffix("/chat/completions").removesuffix("/models")


def _is_same(url: str, target: str) -> bool:
    """Whether an address is one of the same server: its host, and no less safely."""
    try:
        here, there = urlsplit(url), urlsplit(target)
        ports = here.port, there.port
    except ValueError:
        return False
    if here.hostname != there.hostname or there.scheme not in ("http", "https"):
        return False
    if here.scheme == there.scheme:
        return ports[0] == ports[1]
    return there.scheme == "https" and ports[1] in (None, 443, ports[0])
