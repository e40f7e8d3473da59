"""A few local pages on one port that note who asks: for what the stand-in sites cannot show."""

import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import numpy as np
from PIL import Image

from vigorl.tasks.visualwebarena.task import Sites

ME = "MarvelsGrantMan136"

POST = f"""<title>A post</title><main id="main"><a class="fg-inherit">poster</a>
<span class="vote__net-score">12</span><article class="comment" data-level="1">
<div class="comment__main"><header><h1><a class="fg-inherit">{ME}</a>
<span>wrote <time datetime="2024-03-03T09:00:00+00:00">then</time></span></h1></header>
<div class="comment__content"><p>to bob, under mine</p></div></div>
<span class="vote__net-score">3</span></article></main>"""

LOG_INS = {
    "/c/index.php?page=login": """<form method=post><input id=email name=name>
<input id=password name=password type=password><button>Log in</button></form>""",
    "/r/login": """<form method=post><label>Username <input name=name></label>
<label>Password <input name=password type=password></label><button>Log in</button></form>""",
    "/s/customer/account/login/": """<form method=post><label>Email <input name=name></label>
<label>Email me news <input type=checkbox></label>
<label>Password <input name=password type=password></label><button>Sign In</button></form>""",
}
ACCOUNTS = {
    "/c/index.php?page=login": "blake.sullivan@gmail.com Password.123",
    "/r/login": f"{ME} test1234",
    "/s/customer/account/login/": "emma.lopez@gmail.com Password.123",
}
HOME = {"/c/index.php?page=login": "/c/", "/r/login": "/r/", "/s/customer/account/login/": "/s/"}

BOARD = """<title>Board</title><body style="margin: 0">
<button style="width: 200px; height: 100px" onclick="document.title = 'Pressed'">Press</button>
<a href="/r/f/books/1/a-post" target="_blank" style="position: absolute; top: 200px; left: 0">
a post</a><a href="http://localhost:1/" style="position: absolute; top: 300px; left: 0">away</a>"""


def picture(number: int, side_px: int = 48) -> Image.Image:
    """A picture of its own for each number, smooth enough to survive a change of size."""
    coarse = np.random.default_rng(number).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((side_px, side_px), Image.Resampling.BICUBIC)


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


class ContractSite:
    """All sites on one port: classifieds under /c, forum under /f-site, shop under /s."""

    def __init__(self) -> None:
        self.resets: list[str] = []
        self.cookies: list[str] = []  # sent by the evaluators with requests for pictures
        self.visitors: dict[str, str] = {}  # the cookies of each page's last visitor
        self.pages: dict[str, str] = {
            "/r/f/books/1/a-post": POST,
            "/s/order": "<title>Order # 000000191</title>",
            "/r/board": BOARD,
            "/c/": "<title>Classifieds</title>",
            "/r/": "<title>Forum</title>",
            "/s/": "<title>Shop</title>",
        }
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site._get(self)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                site._post(self, body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads: ClassVar[bool] = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.sites = Sites(
            f"{self.origin}/c", f"{self.origin}/r", f"{self.origin}/s", reset_token="open"
        )

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _get(self, handler: BaseHTTPRequestHandler) -> None:
        address = urlsplit(handler.path)
        path = address.path
        if path.endswith(".png"):
            if "Chrome" not in handler.headers["User-Agent"]:
                self.cookies.append(handler.headers.get("Cookie", ""))
            number = int(path.rsplit("/", 1)[1].removesuffix(".png"))
            _answer(handler, 200, "image/png", png(picture(number)))
        elif handler.path in LOG_INS:
            _answer(handler, 200, "text/html", LOG_INS[handler.path].encode())
        elif path in self.pages:
            self.visitors[path] = handler.headers.get("Cookie", "")
            _answer(handler, 200, "text/html; charset=utf-8", self.pages[path].encode())
        else:
            _answer(handler, 404, "text/html", b"<h1>404</h1>")

    def _post(self, handler: BaseHTTPRequestHandler, body: str) -> None:
        if handler.path == "/c/index.php?page=reset":
            self.resets.append(parse_qs(body).get("token", [""])[0])
            _answer(handler, 200 if self.resets[-1] == "open" else 403, "text/html", b"")
        elif handler.path in LOG_INS:
            given = parse_qs(body)
            known = " ".join(given[name][0] for name in ("name", "password"))
            welcome = known == ACCOUNTS[handler.path]
            handler.send_response(303)
            handler.send_header("Location", HOME[handler.path] if welcome else handler.path)
            if welcome:
                handler.send_header("Set-Cookie", f"session{handler.path[1]}=1; Path=/")
            handler.end_headers()
        else:
            _answer(handler, 404, "text/html", b"")


def _answer(handler: BaseHTTPRequestHandler, status: int, kind: str, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Set-Cookie", "seen=1")
    handler.end_headers()
    handler.wfile.write(body)
