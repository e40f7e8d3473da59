"""What a browser shows beside pages: PDF documents, the print view, the clipboard, full screen."""

import io
import re
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from vigorl.browser.actions import Back, Click, Forward, Goto, Press, Reload, Scroll, Wait
from vigorl.browser.boundary import Boundary
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

HERE = Point(50, 50)
COLOURS = ("red", "lime", "blue")


def pdf() -> bytes:
    """Three pages of 300 x 300 points, each of one colour with fine stripes at its top."""
    pages = []
    for colour in COLOURS:
        image = Image.new("RGB", (1200, 1200), colour)
        draw = ImageDraw.Draw(image)
        for x in range(0, 1200, 4):
            draw.rectangle((x, 0, x + 1, 99), "black")
        pages.append(image)
    buffer = io.BytesIO()
    pages[0].save(buffer, "PDF", save_all=True, append_images=pages[1:], resolution=288)
    return buffer.getvalue()


def colours(seen: Observation) -> set[str]:
    """Those of the pages that are in sight."""
    assert seen.view is not None
    image = seen.view.picture.image()
    found = set()
    for _, pixel in image.getcolors(maxcolors=image.width * image.height):
        for name, channel in zip(COLOURS, range(3), strict=True):
            if pixel[channel] > 200 and sum(pixel) - pixel[channel] < 60:
                found.add(name)
    return found


async def test_a_pdf_is_shown_like_a_page(site, visit, tmp_path):
    paper = pdf()
    url = site.put("/paper.pdf", paper, Content_Type="application/pdf")
    start = site.body("/", "<a href=/paper.pdf style='display:block;padding:90px'>paper</a>")
    async with visit(start, download_dir=tmp_path) as page:
        seen = await page.step(Click(HERE))
        assert (seen.url, seen.title) == (url, "paper.pdf")
        assert "A PDF document of 3 pages is shown" in seen.events[0].text
        assert (tmp_path / "paper.pdf").read_bytes() == paper
        assert colours(seen) == {"red", "lime"}
        assert colours(await page.step(Scroll(HERE, dy_css_px=2000))) >= {"blue"}
        assert (await page.step(Reload())).events == ()
        assert (await page.step(Back())).url == start
        seen = await page.step(Forward())
        assert (seen.url, seen.events) == (url, ()) and colours(seen)
        assert (await page.step(Goto(start))).url == start


async def test_a_look_closer_at_a_pdf_shows_more_than_the_screen(site, visit):
    url = site.put("/paper.pdf", pdf(), Content_Type="application/pdf")
    async with visit(url) as page:
        box = Box(600, 20, 640, 40)  # stripes of 0.67 CSS px
        close = await page.magnify(box, 160, 80)
        row = [close.image().getpixel((x, 40))[0] for x in range(160)]
        changes = sum((a > 128) != (b > 128) for a, b in pairwise(row))
        assert changes > 40


async def test_a_pdf_as_attachment_is_saved_and_can_be_looked_at(site, visit, tmp_path):
    url = site.put(
        "/paper",
        pdf(),
        Content_Type="application/pdf",
        Content_Disposition='attachment; filename="a b.pdf"',
    )
    async with visit(site.body("/", ""), download_dir=tmp_path) as page:
        seen = await page.step(Goto(url))
        assert seen.url == site.url("/")
        saved = (tmp_path / "a b.pdf").as_uri()
        assert f"load {saved}" in seen.events[0].text
        seen = await page.step(Goto(saved))
        assert seen.url == saved and "red" in colours(seen)


async def test_what_only_calls_itself_a_pdf_is_a_file(site, visit, tmp_path):
    broken = site.put("/broken.pdf", b"%PDF-1.4 nothing", Content_Type="application/pdf")
    words = site.put("/words.pdf", b"words", Content_Type="application/pdf")
    async with visit(site.body("/", ""), download_dir=tmp_path) as page:
        seen = await page.step(Goto(broken))
        assert seen.url == site.url("/")
        assert "cannot be shown" in seen.events[0].text and "saved as" in seen.events[1].text
        assert "was saved as" in (await page.step(Goto(words))).events[0].text


async def test_a_page_that_prints_itself_hands_out_its_print_view(site, visit):
    style = "<style>@media print { body { background: red; height: 99vh } }</style>"
    url = site.body("/", f"{style}<script>onclick = () => print()</script>", title="a bill")
    async with visit(url, boundary=Boundary(allow=())) as page:
        seen = await page.step(Click(HERE))
        assert "asked to be printed. A PDF document of" in seen.events[0].text
        address = re.search(r"load (file://\S+) to look", seen.events[0].text)
        assert address is not None and Path(address[1]).name == "a%20bill.pdf"
        seen = await page.step(Goto(address[1]))
        assert seen.url == address[1] and "red" in colours(seen)
        seen = await page.step(Goto("file:///etc/passwd"))
        assert seen.events[0].kind == "bad_action"


async def test_what_a_copy_button_copies_can_be_pasted(site, visit):
    url = site.body(
        "/",
        "<textarea id=t style='position:absolute;left:0;top:300px'></textarea><script>"
        "onclick = e => { if (e.clientY < 200) navigator.clipboard.writeText('code 7')"
        ".then(() => document.title = 'copied', e => document.title = e.message) }</script>",
    )
    async with visit(url) as page:
        assert (await page.step(Click(HERE))).title == "copied"
        await page.step(Click(Point(20, 320)))
        await page.step(Press("Control+V"))
        assert await page.page.evaluate("t.value") == "code 7"
        read = "navigator.clipboard.readText().then(() => 'read', e => e.name)"
        assert await page.page.evaluate(read) == "NotAllowedError"


async def test_a_page_fills_the_screen_where_it_asks_to(site, visit):
    url = site.body("/", "<script>onclick = () => document.body.requestFullscreen()</script>")
    async with visit(url) as page:
        await page.step(Click(HERE))
        seen = await page.step(Wait(0))
        assert await page.page.evaluate("!!document.fullscreenElement")
        assert seen.view is not None and seen.view.picture.image().size == (1280, 720)
