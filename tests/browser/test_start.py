"""Pages that an episode begins with: those that do not load end it, with Chromium's reason."""

import socket
import threading
from collections.abc import Iterator

import pytest

from vigorl.browser.actions import Goto, Wait
from vigorl.browser.boundary import Boundary
from vigorl.browser.errors import StartFault, UsageError
from vigorl.browser.live import LivePage, PageSettings

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def begun(browser, url, **settings):
    page = LivePage(browser, "", url, PageSettings(**settings))
    try:
        return await page.reset()
    finally:
        await page.close()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://nowhere.invalid/", "did not load: no such host (ERR_NAME_NOT_RESOLVED)"),
        (
            "http://127.0.0.1:2/",
            "did not load: the connection was refused (ERR_CONNECTION_REFUSED)",
        ),
        ("http://127.0.0.1:1/", "did not load: browsers load nothing from this port"),
        ("file:///no/such/file.html", "did not load: no such file (ERR_FILE_NOT_FOUND)"),
    ],
)
async def test_a_start_that_does_not_load_is_a_fault_with_its_reason(browser, url, why):
    with pytest.raises(StartFault) as caught:
        await begun(browser, url)
    assert str(caught.value).startswith(f"{url} {why}")


@pytest.mark.parametrize(
    ("status", "why"), [(404, "404 Not Found"), (500, "500 Internal Server Error")]
)
async def test_a_server_that_refuses_the_first_page_is_a_fault(browser, site, status, why):
    url = site.body("/", "sorry")
    site.statuses["/"] = status
    with pytest.raises(StartFault, match=f"{url} answered {why}"):
        await begun(browser, url)
    site.put("/", "")  # without a body Chromium shows a page of its own
    with pytest.raises(StartFault, match=str(status)):
        await begun(browser, url)


async def test_a_host_that_is_denied_is_no_start(browser, site):
    with pytest.raises(StartFault, match=r"localhost:[0-9]+ is denied"):
        await begun(browser, site.url("/", "localhost"), boundary=Boundary(deny=("localhost",)))


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "mailto:a@b.example", "localhost:80/x", "http://", "http://[", ""],
)
async def test_what_is_no_address_of_a_page_is_a_wrong_use(browser, url):
    with pytest.raises(UsageError):
        await begun(browser, url)


async def test_pages_without_a_server_and_files_to_keep_are_starts(browser, site, tmp_path):
    site.put("/file", b"x", Content_Disposition="attachment; filename=x.bin")
    seen = await begun(browser, site.url("/file"), download_dir=tmp_path)
    assert [event.kind for event in seen.events] == ["download"]
    (tmp_path / "page.html").write_text("<title>file</title>")
    assert (await begun(browser, (tmp_path / "page.html").as_uri())).title == "file"
    assert (await begun(browser, "data:text/html,<title>data</title>")).title == "data"
    assert (await begun(browser, "about:blank")).events == ()


async def test_a_page_that_goes_on_to_another_is_judged_by_that_one(browser, site):
    there = site.body("/there", "fine", title="there")
    url = site.body("/", f"<meta http-equiv=refresh content='0;url={there}'>")
    site.statuses["/"] = 404
    assert (await begun(browser, url)).title == "there"


async def test_a_page_that_fails_later_is_an_event(site, visit):
    async with visit(site.body("/", "fine")) as page:
        seen = await page.step(Goto("http://nowhere.invalid/"))
        assert "no such host (ERR_NAME_NOT_RESOLVED)" in seen.events[0].text
        assert (await page.step(Goto(site.url("/missing")))).events == ()
        assert (await page.step(Wait(0))).events == ()


@pytest.fixture
def trickle() -> Iterator[tuple[str, list[bytes]]]:
    """A server that sends the given part of its page and never the rest."""
    sent: list[bytes] = []
    held = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
                connection.recv(9999)
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n"
                    + b"".join(sent)
                )
            except OSError:
                return
            held.append(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/", sent
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    for connection in held:
        connection.close()
    thread.join(2)


@pytest.mark.slow
async def test_a_slow_start_that_drew_something_is_one_and_one_that_drew_nothing_is_a_fault(
    browser, trickle
):
    url, sent = trickle
    limits = {"settle_limit_s": 0.5, "navigation_limit_s": 1.5}
    with pytest.raises(StartFault, match=r"no answer in time|nothing was drawn"):
        await begun(browser, url, **limits)
    sent.append(b"<title>slow</title><h1>words</h1>" + b" " * 4000)
    seen = await begun(browser, url, **limits)
    assert [event.kind for event in seen.events] == ["not_settled"]
