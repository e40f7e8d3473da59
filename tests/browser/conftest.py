"""A real browser and a real, local web site for the tests of this folder."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.live import LivePage, PageSettings


class Site:
    """Pages by path, served on 127.0.0.1 and, for a second origin, on localhost."""

    def __init__(self) -> None:
        self.pages: dict[str, str | bytes] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.delays_s: dict[str, float] = {}
        self.statuses: dict[str, int] = {}
        self.log_ins: dict[str, str] = {}  # the header that lets one in, by path
        self.requests: list[tuple[str, str]] = []  # (Host header, path)
        self.sent: list[tuple[str, str, str]] = []  # method, path and body of what is no GET
        self._let_go = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                site.requests.append((self.headers["Host"], path))
                site._let_go.wait(site.delays_s.get(path, 0))
                body = site.pages.get(path)
                content = body.encode() if isinstance(body, str) else body or b"not found"
                status = site.statuses.get(path, 404 if body is None else 200)
                headers = {"Content-Type": "text/html; charset=utf-8"}
                wanted = site.log_ins.get(path)
                if wanted is not None and self.headers.get("Authorization") != wanted:
                    status, content = 401, b"who are you?"
                    headers["WWW-Authenticate"] = 'Basic realm="the archive, old"'
                self.send_response(status)
                for name, value in {**headers, **site.headers.get(path, {})}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(content)
                except (BrokenPipeError, ConnectionResetError):
                    return  # the browser has lost interest

            def _take(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                site.sent.append((self.command, self.path, self.rfile.read(length).decode()))
                self.do_GET()

            do_POST = do_PUT = do_PATCH = do_DELETE = _take

            def do_OPTIONS(self) -> None:
                self.send_response(204)
                for name in ("Origin", "Methods", "Headers"):
                    self.send_header(f"Access-Control-Allow-{name}", "*")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads: ClassVar[bool] = True
            request_queue_size: ClassVar[int] = 64

        self._server = Server(("", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def put(self, path: str, html: str | bytes, **headers: str) -> str:
        """Serve something; returns its URL."""
        self.pages[path] = html
        self.headers[path] = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.url(path)

    def body(self, path: str, body: str, title: str = "page") -> str:
        """Serve a page without margins; returns its URL."""
        return self.put(
            path,
            f"<!doctype html><meta charset=utf-8><title>{title}</title>"
            f"<body style='margin:0;min-height:720px;font:16px sans-serif'>{body}",
        )

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def close(self) -> None:
        self._let_go.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser) -> Callable[..., Any]:
    """`async with visit(url, **settings) as page`: an episode that has begun."""

    @asynccontextmanager
    async def visit(url: str, **settings: Any) -> AsyncIterator[LivePage]:
        near = {"boundary": Boundary(local=True), "upload_from": (Path("/"),)}
        page = LivePage(browser, "a goal", url, PageSettings(**{**near, **settings}))
        try:
            await page.reset()
            yield page
        finally:
            async with asyncio.timeout(20):
                await page.close()

    return visit


@pytest.fixture
def eventually() -> Callable[[Callable[[], Awaitable[Any]], Any], Awaitable[None]]:
    """Wait until something holds, for a few seconds."""

    async def eventually(read: Callable[[], Awaitable[Any]], wanted: Any) -> None:
        seen = None
        for _ in range(100):
            if (seen := await read()) == wanted:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{seen!r} is not {wanted!r}")

    return eventually
