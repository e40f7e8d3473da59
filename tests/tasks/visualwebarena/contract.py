"""Local pages with the DOM that VisualWebArena's evaluators read, and the shop's REST interface."""

import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import numpy as np
from PIL import Image

from vigorl.tasks.visualwebarena.task import Sites

ME = "MarvelsGrantMan136"

ITEM = """<title>A kettle</title>
<h1 class="title">A <em>Red</em> kettle</h1>
<div class="price">85.50 $</div>
<div class="desc">Hardly used, $85.50</div>
<div class="item-photos"><a><img src="pictures/1.png"></a><img src="/c/pictures/2.png"></div>
<div class="comments_list"><h3>When did you buy it?</h3><p>by Blake Sullivan</p></div>"""


def _comment(level: int, user: str, time: str, content: str, *answers: str) -> str:
    return f"""<article class="comment" data-level="{level}">
<div class="comment__main"><header><h1><a class="fg-inherit">{user}</a>
<span>wrote <time datetime="{time}">then</time></span></h1></header>
<div class="comment__content"><p>{content}</p></div></div>
<span class="vote__net-score">3</span>{"".join(answers)}</article>"""


def _post(*comments: str) -> str:
    return f"""<title>A post</title>
<main id="main"><article><div class="submission__inner"><header>
<h1 class="submission__title">A post</h1><a class="fg-inherit">poster</a></header>
<div class="submission__vote"><form class="vote vote--user-upvoted"></form></div>
<span class="vote__net-score">12</span></div></article>{"".join(comments)}</main>"""


POST = _post(
    _comment(
        1,
        "ann",
        "2024-03-01T10:00:00+00:00",
        "first",
        _comment(2, ME, "2024-03-01T12:00:00+02:00", "at ten, UTC"),
        _comment(2, ME, "2024-03-01T11:00:00+00:00", "to ann"),
    ),
    _comment(
        1,
        ME,
        "2024-03-01T09:00:00+00:00",
        "early",
        _comment(2, ME, "2024-03-02T09:00:00+00:00", "to myself"),
        _comment(
            2,
            "bob",
            "2024-03-01T10:30:00+00:00",
            "a word",
            _comment(3, ME, "2024-03-03T09:00:00+00:00", "to bob, under mine"),
        ),
    ),
)

ORDER = """<title>Order # 000000191</title><div class="order-details-items ordered">
<table id="my-orders-table">
<tbody><tr><td class="col name">Bars<dl><dt>Size</dt><dd>12 Count</dd>
<dt>Flavor</dt><dd>Plum</dd></dl></td><td class="col sku"> B001 </td>
<td class="col price">$24.50</td><td class="col qty"><ul><li>Ordered<b>2</b></li></ul></td></tr>
</tbody>
<tbody><tr><td class="col name">Tea</td><td class="col sku">B002</td>
<td class="col qty">Ordered12</td></tr></tbody></table></div>"""

PRODUCT = """<title>Shoe</title><main id="maincontent"><div class="columns"><div>
<div class="product-info-main"><div class="product-info-price">
<div class="price-box price-final_price"><span><span>$68.90</span></span></div></div></div>
<div class="rating-result" title="80%"></div>
<a id="tab-label-reviews-title">Reviews 12</a>
<table id="productDetails_detailBullets_sections1"><tbody>
<tr><th>Manufacturer</th><td>Asics</td></tr><tr><th>Weight</th><td>1 kg</td></tr>
<tr><th>Brand Name</th><td>ASICS Tiger</td></tr></tbody></table></div></div></main>"""

WISHLIST = """<title>Wish list</title><ol class="products-grid wishlist"><li>Lamp
<span class="wishlist"><img class="product-image-photo" src="/s/media/3.png"></span></li>
<li><img role="presentation" class="product-image-photo" src="/s/media/4.png"><img></li></ol>"""

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

REVIEWS = {
    "B001": [
        {"nickname": "old", "detail": "x", "ratings": [{"rating_name": "Rating", "percent": 20}]},
        {"nickname": "Emma", "detail": "ok", "ratings": [{"rating_name": "Rating", "percent": 80}]},
    ],
    "B003": [{"nickname": "x", "detail": "x", "ratings": [{"rating_name": "Value"}]}],
    "B004": [],
}


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
        self.orders: list[dict[str, Any]] = [{"increment_id": "000000191"}]
        self.resets: list[str] = []
        self.cookies: list[str] = []  # sent by the evaluators with requests for pictures
        self.visitors: dict[str, str] = {}  # the cookies of each page's last visitor
        self.broken: set[str] = set()  # paths that are answered with 500
        self.pages: dict[str, str] = {
            "/c/index.php": ITEM,
            "/r/f/books/1/a-post": POST,
            "/r/f/books/2/lonely": _post(),
            "/s/order": ORDER,
            "/s/sales/order/view/order_id/191/": ORDER,
            "/s/shoe.html": PRODUCT,
            "/s/wishlist/": WISHLIST,
            "/s/empty.html": "<title>Empty</title>",
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
        if path in self.broken:
            _answer(handler, 500, "text/plain", b"broken")
        elif path.endswith(".png"):
            if "Chrome" not in handler.headers["User-Agent"]:
                self.cookies.append(handler.headers.get("Cookie", ""))
            number = int(path.rsplit("/", 1)[1].removesuffix(".png"))
            _answer(handler, 200, "image/png", png(picture(number)))
        elif path == "/s/rest/V1/orders":
            newest = parse_qs(address.query)["searchCriteria[sortOrders][0][direction]"] == ["DESC"]
            self._rest(handler, {"items": self.orders if newest else []})
        elif path.startswith("/s/rest/V1/products/"):
            self._rest(handler, REVIEWS.get(path.split("/")[5]))
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
        elif handler.path == "/s/rest/default/V1/integration/admin/token":
            known = json.loads(body) == {"username": "admin", "password": "admin1234"}
            said: object = "tok" if known else {"message": "wrong"}
            _answer(handler, 200, "application/json", json.dumps(said).encode())
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

    def _rest(self, handler: BaseHTTPRequestHandler, content: object) -> None:
        allowed = handler.headers["Authorization"] == "Bearer tok"
        status = 401 if not allowed else 404 if content is None else 200
        _answer(handler, status, "application/json", json.dumps(content).encode())


def _answer(handler: BaseHTTPRequestHandler, status: int, kind: str, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Set-Cookie", "seen=1")
    handler.end_headers()
    handler.wfile.write(body)
