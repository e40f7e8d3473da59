"""A browser of one's own: a profile that keeps its log-ins, one that runs already, a proxy."""

import asyncio
import contextlib
import itertools
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Error, async_playwright

from tests.browser.conftest import Site
from vigorl.browser.actions import Click, Press, TabNew
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser, BrowserSettings
from vigorl.browser.errors import BrowserDied, UsageError
from vigorl.browser.geometry import Point
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import Observation

pytestmark = [pytest.mark.browser]

COOKIE = "<title>none</title><script>document.title = document.cookie || 'none';"
LOG_IN = f"{COOKIE}document.cookie = 'user=ada; max-age=999'</script>"
OPENER = "<title>opener</title><a href='/other' target=_blank style='position:fixed;inset:0'>go</a>"


class Owner:
    """Somebody's own browser, which runs on."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self.folder = folder

    @contextlib.asynccontextmanager
    async def context(self) -> AsyncIterator[BrowserContext]:
        """What its owner sees."""
        async with async_playwright() as playwright:
            browser = await playwright.chromium.connect_over_cdp(self.address)
            yield browser.contexts[0]
            await browser.close()


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    """A Chromium that somebody has started, with one tab of their own."""
    folder = tmp_path_factory.mktemp("profile")
    command = asyncio.run(command_of_chromium())
    command += ["--remote-debugging-port=0", f"--user-data-dir={folder}"]
    command += ["--no-sandbox"] * (os.geteuid() == 0)
    command.append("data:text/html,<title>mine</title>")
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr is not None
        told = (line for line in process.stderr if line.startswith("DevTools listening"))
        yield Owner(next(told).split()[-1], folder)
        assert process.poll() is None, "its owner still wants it"
        os.killpg(process.pid, signal.SIGTERM)


async def command_of_chromium() -> list[str]:
    """How the Chromium that is found here is started, without its switches."""
    async with Browser() as browser:
        words = Path(f"/proc/{browser._left.group}/cmdline").read_text().split("\0")
    return list(itertools.takewhile(lambda word: not word.startswith("--"), words))


async def seen(browser: Browser, url: str, settings: PageSettings | None = None) -> Observation:
    page = LivePage(browser, "", url, settings)
    try:
        return await page.reset()
    finally:
        await page.close()


async def test_a_profile_keeps_its_log_ins_and_its_boundary(tmp_path: Path, site: Site) -> None:
    url = site.put("/log-in", LOG_IN)
    elsewhere = site.url("/x", "localhost")
    settings = BrowserSettings(profile=tmp_path / "profile")
    async with Browser(settings) as browser:
        assert (await seen(browser, url)).title == "none"
        assert browser.version
        world = LivePage(browser, "", url, PageSettings(boundary=Boundary(allow=())))
        await world.reset()
        await world.page.evaluate(f"fetch('{elsewhere}').catch(() => 0)")
        assert sum(world.refused.values()) > 0
        await world.close()
    async with Browser(settings) as browser:
        assert (await seen(browser, url)).title == "user=ada"


async def test_a_lent_browser_lends_its_log_ins_and_keeps_its_tabs(
    owner: Owner, site: Site, eventually: Callable[..., Awaitable[None]]
) -> None:
    log_in = site.put("/log-in", LOG_IN)
    url = site.put("/opener", OPENER)
    site.put("/other", "<title>other</title>")
    async with Browser(BrowserSettings(cdp=owner.address)) as browser, owner.context() as context:
        assert browser.describe()["lent"]
        page = await context.new_page()
        await page.goto(log_in)
        assert (await seen(browser, log_in)).title == "user=ada"
        world = LivePage(browser, "", url)
        await world.reset()
        await page.goto("data:text/html,<title>later</title>")
        asked = asyncio.ensure_future(page.evaluate("confirm('mine?')"))
        dialog = await page.wait_for_event("dialog")
        observation = await world.step(Click(Point(300, 300)))
        assert [tab.title for tab in observation.tabs] == ["opener", "other"]
        assert observation.question is None and not asked.done()
        observation = await world.step(TabNew("about:blank"))
        assert len(observation.tabs) == 3
        await dialog.accept()
        assert await asked is True
        await world.close()
        await eventually(lambda: titles(context), ["mine", "later"])
        await page.close()
        await keys_copy_as_the_owner_does(browser, site)
        await browser.close()
        await eventually(lambda: titles(context), ["mine"])


async def titles(context: BrowserContext) -> list[str]:
    """Of its tabs; another connection hears a little later that some were closed."""
    found = []
    for page in context.pages:
        with contextlib.suppress(Error):
            found.append(await page.title())
    return found


async def keys_copy_as_the_owner_does(browser: Browser, site: Site) -> None:
    world = LivePage(browser, "", site.put("/text", "<input autofocus value=copied>"))
    await world.reset()
    for keys in ("Control+A", "Control+C", "End", "Control+V"):
        observation = await world.step(Press(keys))
        assert not observation.events
    assert await world.page.evaluate("document.querySelector('input').value") == "copiedcopied"
    await world.close()


async def test_nobody_at_the_address_is_said_with_how_to_start_one() -> None:
    browser = Browser(BrowserSettings(cdp="http://127.0.0.1:9"))
    with pytest.raises(BrowserDied, match="--remote-debugging-port"):
        await browser.start()


@pytest.mark.parametrize("wrong", [{"headless": False}, {"proxy": "http://p"}, {"cdp": "9222"}])
def test_what_a_lent_browser_decides_itself_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"leave them out|no address of DevTools"):
        BrowserSettings(**{"cdp": "http://localhost:9222", **wrong})  # type: ignore[arg-type]


async def test_pages_see_the_locale_the_time_zone_and_the_colours() -> None:
    script = (
        "document.title = [navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone,"
        " matchMedia('(prefers-color-scheme: dark)').matches]"
    )
    settings = PageSettings(locale="de-DE", timezone="Asia/Tokyo", color_scheme="dark")
    async with Browser() as browser:
        title = (await seen(browser, f"data:text/html,<script>{script}</script>", settings)).title
    assert title == "de-DE,Asia/Tokyo,true"


def test_a_time_zone_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean Europe/Berlin"):
        PageSettings(timezone="Europe/Berlim")
    with pytest.raises(UsageError, match="like de-DE"):
        PageSettings(locale="German (Germany)")


async def test_a_proxy_is_behind_the_boundary() -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        body = b"<title>by proxy</title>"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Browser(BrowserSettings(proxy=f"http://127.0.0.1:{port}")) as browser:
        assert (await seen(browser, "http://far.example/")).title == "by proxy"
    assert asked[0] == b"CONNECT far.example:80 HTTP/1.1"
    with pytest.raises(UsageError, match="none of http://HOST:PORT"):
        Browser(BrowserSettings(proxy="ftp://far.example"))
