"""A web server for the settle scenarios, made of delays: what it is asked for, it does.

==============================  ===========================================================
`/page/<name>`                  a scenario's page
`/after/<ms>/<kind>`            after so long: text, json, image, script, module, css, html,
                                redirect, empty (204), file (a download), never
`/stream/<ms>/<count>`          `count` pieces of text, `ms` between them
`/events/<ms>/<count>`          the same as an event stream (`?named=<type>`)
`/job/<ms>`                     'running' until so long after the first question, then 'done'
`/socket/<ms>`                  a web socket that answers every message after `ms`
`/talk/<ms>`                    a web socket that answers with six messages, `ms` between them
`/talk/<ms>`                    a web socket that answers with six messages, `ms` between them
`/ticks/<ms>`                   a web socket that speaks every `ms`
==============================  ===========================================================
"""

import asyncio
import base64
import contextlib
import hashlib
import re
import time
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, unquote, urlsplit

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGP4z8CAB+GTG8HSALfKY52fTcuYAAAA"
    "AElFTkSuQmCC"
)
HTML = "<!doctype html><meta charset=utf-8><title>page</title>"

KINDS = {
    "text": ("text/plain", b"done"),
    "json": ("application/json", b'{"text": "done"}'),
    "image": ("image/png", PNG),
    "script": ("text/javascript", b"globalThis.arrived?.('done')"),
    "module": ("text/javascript", b"export const text = 'done'"),
    "css": ("text/css", b"#o { color: rgb(1, 2, 3) }"),
    "html": ("text/html", f"{HTML}<p id=o>done</p>".encode()),
    "file": ("application/octet-stream", b"data"),
    "empty": ("text/plain", b""),
}


class Site:
    """Serves `pages` (name: html) on a free port of this machine."""

    def __init__(self, pages: dict[str, str]) -> None:
        self.pages = pages
        self.port = 0
        self._jobs: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["Site"]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                if length := re.search(r"(?i)content-length: (\d+)", head):
                    await reader.readexactly(int(length[1]))
                await self._answer(head, reader, writer)
                await writer.drain()
            finally:
                writer.close()

    async def _answer(
        self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        url = urlsplit(head.split(" ", 2)[1])
        query = parse_qs(url.query)
        match url.path.strip("/").split("/"):
            case ["page", name]:
                # The other origin of the same server, for frames that parents cannot reach.
                html = self.pages[unquote(name)].replace("OTHER", f"http://localhost:{self.port}")
                policy = "default-src 'self' 'unsafe-inline'" if "csp" in name else ""
                self._write(writer, "200 OK", "text/html", (HTML + html).encode(), policy=policy)
            case ["after", ms, "redirect"]:
                await asyncio.sleep(int(ms) / 1000)
                self._write(writer, "302 Found", "text/plain", b"", location=query["to"][0])
            case ["after", _, "never"]:
                await asyncio.sleep(60)
            case ["after", ms, kind]:
                await asyncio.sleep(int(ms) / 1000)
                status = "204 No Content" if kind == "empty" else "200 OK"
                self._write(writer, status, *KINDS[kind])
            case ["stream" | "events" as kind, ms, count]:
                media_type = "text/event-stream" if kind == "events" else "text/plain"
                self._write(writer, "200 OK", media_type, None)
                for number in range(1, int(count) + 1):
                    await asyncio.sleep(int(ms) / 1000)
                    name = f"event: {query['named'][0]}\n" if "named" in query else ""
                    text = "done" if number == int(count) else "more"
                    writer.write(
                        f"{name}data: {text}\n\n".encode() if kind == "events" else text.encode()
                    )
                    await writer.drain()
            case ["job", ms]:
                age_s = time.monotonic() - self._jobs.setdefault(url.query, time.monotonic())
                text = b"done" if age_s * 1000 >= int(ms) else b"running"
                self._write(writer, "200 OK", "text/plain", text)
            case ["socket" | "talk" | "ticks" as kind, ms]:
                await _socket(head, reader, writer, kind, int(ms) / 1000)
            case _:
                self._write(writer, "404 Not Found", "text/plain", b"")

    @staticmethod
    def _write(
        writer: asyncio.StreamWriter,
        status: str,
        media_type: str,
        body: bytes | None,
        *,
        location: str = "",
        policy: str = "",
    ) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {media_type}", "Connection: close"]
        lines += ["Access-Control-Allow-Origin: *", "Cache-Control: no-store"]
        lines += [f"Content-Length: {len(body)}"] if body is not None else []
        lines += [f"Location: {location}"] if location else []
        lines += [f"Content-Security-Policy: {policy}"] if policy else []
        lines += ["Content-Disposition: attachment"] if media_type.endswith("octet-stream") else []
        writer.write("\r\n".join([*lines, "", ""]).encode() + (body or b""))


async def _socket(
    head: str,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    kind: str,
    pause_s: float,
) -> None:
    key = re.search(r"(?i)sec-websocket-key: (\S+)", head)
    assert key
    digest = hashlib.sha1((key[1] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    accept = base64.b64encode(digest).decode()
    writer.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
    )
    while True:
        if kind != "ticks":  # one short masked frame: 2 bytes, 4 of mask, the payload
            _, length = await reader.readexactly(2)
            await reader.readexactly(4 + (length & 0x7F))
        for _ in range(6 if kind == "talk" else 1):
            await asyncio.sleep(pause_s)
            writer.write(b"\x81\x04done")
            await writer.drain()
