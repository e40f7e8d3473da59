"""Where pages may go: the decisions, and that nothing gets around them in a real Chromium."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from vigorl.browser.actions import Click, Goto, TabNew, Upload, Wait
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.errors import UsageError
from vigorl.browser.gate import Gate
from vigorl.browser.geometry import Point
from vigorl.browser.live import LivePage
from vigorl.browser.observation import Observation
from vigorl.browser.page_settings import PageSettings

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

NAMES = {"shop.example": "127.0.0.1", "rebind.example": "127.0.0.1", "intra.example": "10.1.2.3"}
"""What these hosts are for this file's browser."""


async def resolve(host: str, port: int) -> list[str]:
    if host in NAMES:
        return [NAMES[host]]
    if host == "localhost":
        return ["::1", "127.0.0.1"]
    raise OSError(f"no such host: {host}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with Browser(resolve=resolve) as browser:
        yield browser


Visit = Callable[..., AbstractAsyncContextManager[LivePage]]


@pytest.fixture
def visit(browser: Browser) -> Visit:
    """An episode with the boundary that it has by itself, if the test names no other."""

    @asynccontextmanager
    async def visit(url: str, **settings: Any) -> AsyncIterator[LivePage]:
        page = LivePage(browser, "a goal", url, PageSettings(**settings))
        try:
            await page.reset()
            yield page
        finally:
            await page.close()

    return visit


class Witness:
    """A server that notes who connects, and what they say first."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.port = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "Witness":
        self._server = await asyncio.start_server(self._hear, ["0.0.0.0", "::"], 0)
        self.port = self._server.sockets[0].getsockname()[1]
        if self._server.sockets[-1].getsockname()[1] != self.port:  # two free ports: take one
            self._server.close()
            self._server = await asyncio.start_server(self._hear, ["0.0.0.0", "::"], self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        index = len(self.heard)
        self.heard.append(b"")
        try:
            async with asyncio.timeout(2):
                self.heard[index] = await reader.read(4096)
            writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<title>heard</title>")
            await writer.drain()
        except (TimeoutError, OSError):
            pass
        writer.close()


@pytest_asyncio.fixture(loop_scope="module")
async def witness() -> AsyncIterator[Witness]:
    async with Witness() as witness:
        yield witness


def told(seen: Observation, kind: str) -> list[str]:
    return [event.text for event in seen.events if event.kind == kind]


def kinds(seen: Observation) -> list[str]:
    """Of what happened, whatever the machine's load."""
    return [event.kind for event in seen.events if event.kind != "not_settled"]


# ---------------------------------------------------------------- addresses

NO_PAGES = [
    "chrome://settings",
    "chrome:quit",
    " chrome://quit",
    "chrome:///quit",
    "CHROME://quit",
    "ch\nrome://quit",
    "chrome-extension://x/y",
    "devtools://devtools/bundled/inspector.html",
    "view-source:http://127.0.0.1/",
    "view-source:file:///etc/passwd",
    "file:///etc/passwd",
    "FILE:/etc/passwd",
    "file:\\\\\\etc\\passwd",
    "file://localhost/etc/passwd",
    "filesystem:http://127.0.0.1/temporary/x",
    "about:version",
    "about:quit",
    "javascript:alert(1)",
    "java\nscript:alert(1)",
    "blob:http://127.0.0.1/x",
    "ftp://ftp.example/",
    "mailto:a@b.example",
    "intent://x",
    "http://" + "a" * 40_000,
]


async def test_what_is_no_page_of_the_web_is_refused_in_words(site, visit):
    url = site.body("/", "here")
    async with visit(url) as page:
        for address in NO_PAGES:
            for action in (Goto(address), TabNew(address)):
                seen = await page.step(action)
                assert kinds(seen) == ["bad_action"], address
                assert len(seen.events[0].text) < 600
                assert seen.url == url and len(seen.tabs) == 1
        for address in ("about:blank", "About:Blank#x", "data:text/html,<title>d</title>"):
            assert (await page.step(Goto(address))).events == ()


ODD = [
    "https://[website]/",
    "http://[",
    "http://a\u2100b/",
    "http://x:99999/",
    "http://x:y/",
    "http:///",
    "https://%/",
    "http://a b/",
    "http://\u202e.example/",
    "http://127.0.0.1:0/",
    "http://0/",
    "http://...",
    "http://nowhere.invalid/",
    "http://127.0.0.1:1/",
    "data:",
    "http://256.256.256.256/",
    "http://user:pass@nowhere.invalid:80/",
]


async def test_an_odd_address_is_answered_in_words_and_never_a_fault(site, visit):
    async with visit(site.body("/", "here")) as page:
        for address in ODD:
            seen = await page.step(Goto(address))
            assert len(kinds(seen)) <= 1, address
            assert {*kinds(seen)} <= {"bad_action", "navigation_error", "blocked"}, address


# ---------------------------------------------------------------- ways out

VECTORS = """
<img src='{to}/img'><iframe src='{to}/frame'></iframe><script src='{to}/script'></script>
<link rel=stylesheet href='{to}/css'><link rel=prefetch href='{to}/prefetch'>
<link rel=preconnect href='{to}'><link rel=dns-prefetch href='{to}'><video src='{to}/video'></video>
<object data='{to}/object'></object><embed src='{to}/embed'><form id=f method=post target=t
action='{to}/post'></form><iframe name=t></iframe><iframe srcdoc="<img src='{to}/srcdoc'>"></iframe>
<a id=p ping='{to}/ping' href='#'>x</a><svg><image href='{to}/svg'/></svg>
<script type=module>import('{to}/module').catch(() => 0)</script><script>
const to = '{to}', ws = to.replace('http', 'ws');
fetch(to + '/fetch', {{mode: 'no-cors'}}).catch(() => 0); navigator.sendBeacon(to + '/beacon', 'x');
new WebSocket(ws + '/ws'); new EventSource(to + '/events'); f.submit(); p.click();
const x = new XMLHttpRequest(); x.open('POST', to + '/xhr'); x.send('x');
const source = `fetch('${{to}}/worker', {{mode: 'no-cors'}}).catch(() => 0)`;
new Worker(URL.createObjectURL(new Blob([source])));
try {{ new WebTransport(to.replace('http:', 'https:') + '/wt').ready.catch(() => 0) }} catch {{}}
const peer = new RTCPeerConnection({{iceServers: [
  {{urls: 'stun:' + new URL(to).host}},
  {{urls: 'turn:' + new URL(to).host + '?transport=tcp', username: 'u', credential: 'p'}}]}});
peer.createDataChannel('x'); peer.createOffer().then(o => peer.setLocalDescription(o));
new FontFace('x', `url(${{to}}/font)`).load().catch(() => 0);
document.body.style.background = `url(${{to}}/background)`;
</script>"""

SPELLINGS = [
    "http://127.0.0.1",
    "http://localhost",
    "http://127.1",
    "http://2130706433",
    "http://0x7f.0.0.1",
    "http://0177.1",
    "http://0.0.0.0",
    "http://[::1]",
    "http://[::ffff:127.0.0.1]",
    "http://a.localhost",
    "http://rebind.example",
    "https://rebind.example",
    "http://LOCALHOST.",
]


async def test_nothing_of_a_page_reaches_another_service_of_this_machine(site, visit, witness):
    start = site.body("/", "start")
    async with visit(start, settle_limit_s=0.5) as page:
        for spelling in SPELLINGS:
            to = f"{spelling}:{witness.port}"
            if spelling in (*SPELLINGS[:2], "http://rebind.example"):
                url = site.body("/page", VECTORS.format(to=to), title="page")
                assert (await page.step(Goto(url))).title == "page"
                await page.step(Wait(0.2))
            assert told(await page.step(Goto(f"{to}/goto")), "blocked"), spelling
            site.put("/redirect", "", Location=f"{to}/redirected")
            site.statuses["/redirect"] = 302
            seen = await page.step(Goto(site.url("/redirect")))
            assert "service of this machine" in told(seen, "blocked")[-1], spelling
        await page.step(Wait(0.3))
        assert witness.heard == []
        assert sum(page.refused.values()) > 60


async def test_the_same_ways_are_open_where_they_are_allowed(site, visit, witness):
    url = site.body("/", VECTORS.format(to=f"http://127.0.0.1:{witness.port}"))
    async with visit(url, boundary=Boundary(local=True)) as page:
        for _ in range(30):
            await page.step(Wait(0.2))
            paths = {line.split(b" ")[1] for line in witness.heard if b"HTTP" in line}
            if len(paths) >= 20:
                break
        assert len(paths) >= 20, paths
        assert page.refused == {}


async def test_a_blocked_navigation_is_an_event_and_blocked_parts_are_one_sentence(site, visit):
    parts = "".join(f"<img src='http://tracker.example/{n}'>" for n in range(3))
    url = site.body("/", f"{parts}<img src=http://10.0.0.1:81/><a href=http://ads.example/>go</a>")
    async with visit(url, boundary=Boundary(allow=())) as page:
        seen = await page.step(Goto(url))
        assert told(seen, "refused") == [
            "Blocked, as these hosts are not allowed: 3 requests to tracker.example:80, "
            "1 request to 10.0.0.1:81."
        ]
        assert told(seen, "blocked") == []
        seen = await page.step(Goto("http://ads.example/"))
        assert told(seen, "blocked") == [
            '"http://ads.example/" was not loaded: ads.example:80 is not allowed.'
        ]
        assert told(seen, "refused") == []
        assert [(each.place, each.count) for each in seen.refused] == [("ads.example:80", 1)]
        counts = page.refused
    assert counts["tracker.example:80"] >= 3 and counts["ads.example:80"] == 1


async def test_two_episodes_of_one_browser_keep_their_own_boundaries(site, visit, witness):
    url = site.body("/", "here")
    there = f"http://127.0.0.1:{witness.port}/"
    async with visit(url) as walled, visit(url, boundary=Boundary(local=True)) as open_one:
        one, other = await asyncio.gather(walled.step(Goto(there)), open_one.step(Goto(there)))
        assert told(one, "blocked") and (one.title, other.title) != ("heard", "")
        assert other.title == "heard"
        assert (sum(walled.refused.values()), open_one.refused) == (1, {})
    assert len(witness.heard) == 1


async def test_a_name_that_leads_to_this_machine_is_reached_where_it_is_listed_with_its_port(
    site, visit, witness
):
    url = site.body("/", "<title>shop</title>")
    named = url.replace("127.0.0.1", "shop.example")
    async with visit(url) as page:
        seen = await page.step(Goto(f"http://shop.example:{witness.port}/"))
        assert "is a service of this machine" in told(seen, "blocked")[0]
        seen = await page.step(Goto("http://intra.example/"))
        assert "is in a private network" in told(seen, "blocked")[0]
    async with visit(url, boundary=Boundary(allow=(f"shop.example:{site.port}",))) as page:
        assert (await page.step(Goto(named))).url == named
    assert witness.heard == []
    async with visit(named, boundary=Boundary(allow=())) as page:
        assert told(await page.step(Goto(url)), "blocked")


async def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to(witness):
    asked: list[str] = []

    async def flips(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["8.8.8.8"] if len(asked) == 1 else ["127.0.0.1"]

    boundary = Boundary(deny=("8.8.8.8",))
    async with Gate(boundary, resolve=flips) as gate:
        assert await through(gate, "flip.example", witness.port) == 2  # denied by its address
        assert await through(gate, "flip.example", witness.port) == 2  # a service of this machine
        assert len(asked) == 2
    assert witness.heard == []


async def test_a_public_address_of_this_very_machine_is_no_way_in(witness, monkeypatch):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        own = probe.getsockname()[0]
    if own.startswith("127."):
        pytest.skip("this machine has no address but loopback")

    async def lead(host: str, port: int) -> list[str]:
        return [own]

    monkeypatch.setattr("vigorl.browser.boundary.nearness", lambda address: None)
    async with Gate(Boundary(), resolve=lead) as gate:
        assert await through(gate, "own.example", witness.port) == 2
    assert b"".join(witness.heard) == b""


async def through(gate: Gate, host: str, port: int) -> int:
    """What a gate answers to somebody who wants to go there: 0 is yes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
    name = host.encode()
    writer.write(b"\x05\x01\x00" + b"\x05\x01\x00\x03" + bytes([len(name)]) + name)
    writer.write(port.to_bytes(2, "big"))
    answer = await reader.readexactly(2 + 10)
    writer.close()
    return answer[3]


# ---------------------------------------------------------------- proxies of the environment


async def test_a_proxy_of_the_environment_is_no_way_around(site, witness, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{witness.port}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    url = site.body("/", "<img src=http://ads.example/>", title="direct")
    async with Browser(resolve=resolve) as browser:
        page = LivePage(browser, "", url, PageSettings(boundary=Boundary(allow=("shop.example",))))
        try:
            assert (await page.reset()).title == "direct"
            await page.step(Goto("http://ads.example/"))
            await page.step(Goto("https://10.1.2.3/"))
            assert witness.heard == []
            await page.step(Goto("http://shop.example/"))
            assert witness.heard == []  # its address is this machine's
            NAMES["shop.example"] = "93.184.215.14"
            await page.step(Goto("https://shop.example/x"))
        finally:
            NAMES["shop.example"] = "127.0.0.1"
            await page.close()
    assert witness.heard and all(
        line.startswith(b"CONNECT shop.example:443 HTTP/1.1\r\n") for line in witness.heard
    )


async def test_a_proxy_of_a_kind_that_is_not_known_is_a_wrong_use(monkeypatch):
    monkeypatch.setenv("all_proxy", "gopher://proxy.example:70")
    with pytest.raises(UsageError, match=r"all_proxy.*http://HOST:PORT"):
        Browser()


# ---------------------------------------------------------------- files


async def test_a_page_of_files_leads_to_no_file_outside_of_its_folder(visit, tmp_path):
    (tmp_path / "site" / "deep").mkdir(parents=True)
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret itself")
    (tmp_path / "site" / "link.txt").symlink_to(secret)
    (tmp_path / "site" / "deep" / "b.html").write_text("<title>b</title>")
    page_path = tmp_path / "site" / "a.html"
    page_path.write_text(
        f"<title>a</title><body style='margin:0'><a href='{secret.as_uri()}' style='display:block;"
        f"height:100px'>out</a><iframe name=i src='{secret.as_uri()}'></iframe>"
        f"<a href='{secret.as_uri()}' target=_blank style='position:absolute;top:300px'>new</a>"
    )
    async with visit(page_path.as_uri()) as page:
        assert "the secret itself" not in (await page.page.frames[1].content())
        seen = await page.step(Click(Point(10, 310)))
        for each in page.page.context.pages:
            assert "the secret itself" not in await each.content()
        seen = await page.step(Goto(page_path.as_uri()))
        seen = await page.step(Click(Point(10, 10)))
        assert "the file may not be read" in told(seen, "navigation_error")[0]
        assert "the secret itself" not in await page.page.content()
        for out in (
            secret,
            tmp_path / "site" / "link.txt",
            tmp_path / "site" / ".." / "secret.txt",
        ):
            seen = await page.step(Goto(f"file://{out}"))
            assert kinds(seen) == ["bad_action"], out
        seen = await page.step(Goto((tmp_path / "site" / "deep" / "b.html").as_uri()))
        assert seen.title == "b"


async def test_files_are_handed_out_only_from_where_they_may_be(site, visit, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.txt").write_text("fine")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "out" / "link.txt").symlink_to(tmp_path / "secret.txt")
    url = site.body("/", "<input id=f type=file style='position:absolute;left:0;top:0'>")
    for folders, path, is_given in (
        ((), tmp_path / "out" / "a.txt", False),
        ((tmp_path / "out",), tmp_path / "out" / "a.txt", True),
        ((tmp_path / "out" / "a.txt",), tmp_path / "out" / "a.txt", True),
        ((tmp_path / "out",), tmp_path / "out" / "link.txt", False),
        ((tmp_path / "out",), tmp_path / "out" / ".." / "secret.txt", False),
        ((tmp_path / "out",), Path("/etc/passwd"), False),
        ((tmp_path / "ou",), tmp_path / "out" / "a.txt", False),
    ):
        async with visit(url, upload_from=folders) as page:
            seen = await page.step(Upload(Point(20, 10), (str(path),)))
            assert await page.page.evaluate("f.files.length") == int(is_given), path
            assert bool(told(seen, "bad_action")) is not is_given
