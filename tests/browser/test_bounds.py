"""What pages may use up: disk, memory, addresses, words."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from vigorl.browser.actions import Click, Goto, Wait
from vigorl.browser.chromium import Browser, BrowserSettings
from vigorl.browser.geometry import Point
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import MOST_TITLE_CHARACTERS, MOST_URL_CHARACTERS, Observation

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

HERE = Point(50, 50)


def told(seen: Observation, kind: str) -> list[str]:
    return [event.text for event in seen.events if event.kind == kind]


@pytest_asyncio.fixture(loop_scope="module")
async def endless() -> AsyncIterator[str]:
    """A server of a file that does not end."""
    sending: set[asyncio.Task[None] | None] = set()

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sending.add(asyncio.current_task())
        head = "HTTP/1.0 200 OK\r\nContent-Disposition: attachment; filename=a.bin\r\n\r\n"
        writer.write(head.encode())
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while True:
                writer.write(b"x" * 100_000)
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.close()

    server = await asyncio.start_server(send, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    server.close()
    for task in sending:
        if task is not None:
            task.cancel()


async def test_a_download_that_is_too_large_is_cancelled_and_told(site, visit, tmp_path):
    site.put("/large", b"x" * 300_000, Content_Disposition="attachment; filename=large.bin")
    site.put("/small", b"x" * 90_000, Content_Disposition="attachment; filename=small.bin")
    bounds = {"max_download_bytes": 100_000, "max_downloaded_bytes": 200_000}
    async with visit(site.body("/", "here"), download_dir=tmp_path, **bounds) as page:
        seen = await page.step(Goto(site.url("/large")))
        assert "larger than 100,000 bytes" in told(seen, "blocked")[0]
        assert told(seen, "download") == [] and list(tmp_path.iterdir()) == []
        for count in (1, 2):
            seen = await page.step(Goto(site.url("/small")))
            assert told(seen, "download") and len(list(tmp_path.iterdir())) == count
        seen = await page.step(Goto(site.url("/small")))
        assert "more than 200,000 bytes" in told(seen, "blocked")[0]
        assert len(list(tmp_path.iterdir())) == 2


async def test_a_download_without_end_is_cancelled_also_from_a_tab_of_its_own(
    visit, tmp_path, endless
):
    link = f"data:text/html,<a href='{endless}' target=_blank style='display:block;height:99px'>x"
    bounds = {"max_download_bytes": 1_000_000, "settle_limit_s": 0.5}
    for target in (link, link.replace("_blank", "_self")):
        async with visit(target, download_dir=tmp_path, **bounds) as page:
            seen = await page.step(Click(HERE))
            for _ in range(30):
                if told(seen, "blocked"):
                    break
                seen = await page.step(Wait(0.2))
            assert "larger than 1,000,000 bytes" in told(seen, "blocked")[0]
            assert list(tmp_path.iterdir()) == []


async def test_a_file_with_an_endless_name_is_saved(site, visit, tmp_path):
    name = "n" * 400 + ".txt"
    site.put("/file", b"x", Content_Disposition=f"attachment; filename={name}")
    async with visit(site.body("/", "here"), download_dir=tmp_path) as page:
        assert told(await page.step(Goto(site.url("/file"))), "download")
        (saved,) = tmp_path.iterdir()
        assert saved.suffix == ".txt"


async def test_an_address_and_a_title_without_end_are_told_shortened(site, visit):
    long = "history.replaceState(0, '', '?' + 'y'.repeat(1e6)); document.title = 'z'.repeat(1e6)"
    async with visit(site.body("/", f"<script>onclick = () => {{ {long} }}</script>")) as page:
        seen = await page.step(Click(HERE))
        assert len(seen.url) < MOST_URL_CHARACTERS + 50 and "1,000,0" in seen.url
        assert len(seen.title) < MOST_TITLE_CHARACTERS + 50
        assert len(seen.tabs[0].url) < MOST_URL_CHARACTERS + 50
        assert sum(len(event.text) for event in seen.events) < 2000


@pytest.mark.parametrize("change", ["history.pushState({}, '', '?' + i++)", "location.hash = i++"])
async def test_a_page_that_changes_its_address_without_end_is_no_fault(site, visit, change):
    flood = f"let i = 0; setInterval(() => {{ for (let k = 0; k < 500; k++) {change} }}, 0)"
    url = site.body("/", f"<script>onclick = () => {{ {flood} }}</script>")
    async with visit(url, settle_limit_s=0.5) as page:
        await page.step(Click(HERE))
        seen = await page.step(Wait(0.1))
        assert seen.url.startswith(url)
        assert (await page.step(Goto(site.body("/next", "there", title="next")))).title == "next"


@pytest.mark.slow
async def test_a_page_that_takes_too_much_memory_is_ended_and_told(site):
    grow = "const kept = []; setInterval(() => kept.push(new Uint8Array(3e7).fill(1)), 20)"
    url = site.body("/", f"<script>onclick = () => {{ {grow} }}</script>", title="page")
    settings = BrowserSettings(page_memory_bytes=400 * 1024**2)
    async with Browser(settings) as browser:
        page = LivePage(browser, "", url, PageSettings(settle_limit_s=0.5))
        try:
            await page.reset()
            seen = await page.step(Click(HERE))
            for _ in range(20):
                if told(seen, "page_crashed"):
                    break
                seen = await page.step(Wait(0.5))
            assert told(seen, "page_crashed") == [
                "The page crashed and was loaded again.",
                "It had taken too much memory.",
            ]
            assert seen.title == "page" and seen.url == url
        finally:
            await page.close()
