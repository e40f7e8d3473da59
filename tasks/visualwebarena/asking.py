"""A request to a server that judges or is judged by: repeated with patience, read with measure."""

import asyncio
from typing import Any

import httpx

from vigorl.browser.errors import TaskFault

PAUSES_S = (0.3, 1.2)
"""Before each repetition; a server that is still away after them is gone."""

MOST_BYTES = 64 * 2**20
"""Of one answer, unpacked."""


def is_away(answer: httpx.Response) -> bool:
    """Whether a server says that it cannot answer now."""
    return answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS


async def ask(client: httpx.AsyncClient, method: str, url: str, **more: Any) -> httpx.Response:
    """The answer to a request, whatever its status; the last one where the server stays away.

    Raises:
        httpx.HTTPError: nobody answers.
        httpx.InvalidURL: it is no address.
        TaskFault: the answer is too large.
    """
    for pause_s in PAUSES_S:
        try:
            answer = await _whole(client, method, url, **more)
            if not is_away(answer):
                return answer
        except httpx.TransportError:
            pass  # and again
        await asyncio.sleep(pause_s)
    return await _whole(client, method, url, **more)


async def _whole(client: httpx.AsyncClient, method: str, url: str, **more: Any) -> httpx.Response:
    body = bytearray()
    async with client.stream(method, url, **more) as answer:
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > MOST_BYTES:
                raise TaskFault(f"{url} answers with more than {MOST_BYTES >> 20} MiB")
    unpacked = ("content-encoding", "content-length", "transfer-encoding")
    headers = [pair for pair in answer.headers.multi_items() if pair[0] not in unpacked]
    return httpx.Response(
        answer.status_code, headers=headers, content=bytes(body), request=answer.request
    )
