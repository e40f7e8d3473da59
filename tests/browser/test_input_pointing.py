"""Clicks, drags and the wheel with keys held down, files that are dropped, tooltips."""

import time

import pytest

from vigorl.browser.actions import Click, Drag, Hover, Scroll, Upload, Wait
from vigorl.browser.geometry import Point

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

LOG = (
    "<script>window.log = [];"
    "const note = e => log.push([e.type, e.ctrlKey, e.shiftKey, e.altKey]);"
    "for (const type of ['mousedown', 'click', 'dblclick', 'wheel', 'keydown'])"
    " addEventListener(type, note, { passive: true })</script>"
)


def told(observation) -> list[tuple[str, str]]:
    return [(event.kind, event.text) for event in observation.events]


async def kinds(page) -> list[list]:
    log = await page.page.evaluate("log.splice(0)")
    return [entry for entry in log if entry[0] != "keydown"]


async def test_keys_are_held_while_the_mouse_acts_and_let_go_after_it(site, visit):
    async with visit(site.body("/", LOG)) as page:
        await page.step(Click(Point(50, 50), modifiers=("Control", "Shift")))
        assert await kinds(page) == [["mousedown", True, True, False], ["click", True, True, False]]
        await page.step(Click(Point(50, 50), count=2, modifiers=("Alt",)))
        assert (await kinds(page))[-1] == ["dblclick", False, False, True]
        await page.step(Scroll(Point(50, 50), dy_css_px=100, modifiers=("Control",)))
        assert await kinds(page) == [["wheel", True, False, False]]
        await page.step(Drag(Point(50, 50), Point(90, 90), modifiers=("Shift",)))
        assert (await kinds(page))[0] == ["mousedown", False, True, False]
        await page.step(Click(Point(50, 50)))
        assert await kinds(page) == [["mousedown", False, False, False], ["click", *[False] * 3]]


async def test_a_link_clicked_with_control_opens_beside_the_page(site, visit):
    site.body("/there", "there", title="there")
    async with visit(site.body("/", "<a href=/there>there</a>")) as page:
        seen = await page.step(Click(Point(10, 10), modifiers=("Control",)))
        if len(seen.tabs) == 1:  # a loaded machine opens it late
            seen = await page.step(Wait(1))
        assert sorted(tab.title for tab in seen.tabs) == ["page", "there"]


@pytest.mark.parametrize("seconds", [0.3, 1.2])
async def test_the_button_is_held_for_the_time_that_was_asked_for(site, visit, seconds):
    times = (
        "<script>onmousedown = e => t = e.timeStamp; onmouseup = e => t = e.timeStamp - t</script>"
    )
    async with visit(site.body("/", times)) as page:
        started = time.perf_counter()
        await page.step(Click(Point(50, 50), hold_s=seconds))
        assert time.perf_counter() - started >= seconds
        assert 1000 * seconds - 20 <= await page.page.evaluate("t") < 1000 * seconds + 900


async def test_a_drag_goes_through_all_its_points(site, visit):
    boxes = "".join(
        f"<div class=b style='position:absolute;left:{x}px;top:{y}px;width:40px;height:40px'></div>"
        for x, y in ((100, 100), (300, 300), (500, 100), (700, 300))
    )
    path = (
        "<script>window.path = []; let down = false; onmousedown = () => down = true;"
        "onmouseup = e => { down = false; path.push('up') };"
        "document.querySelectorAll('.b').forEach((b, k) => b.onmousemove = () =>"
        " down && path.at(-1) !== k && path.push(k))</script>"
    )
    corners = [Point(120, 120), Point(320, 320), Point(520, 120), Point(720, 320)]
    async with visit(site.body("/", boxes + path)) as page:
        await page.step(Drag(corners[0], corners[3], (corners[1], corners[2])))
        # The press itself is no move: the first box is left at once.
        assert [k for k in await page.page.evaluate("path") if k != 0] == [1, 2, 3, "up"]
        ((kind, text),) = told(await page.step(Drag(corners[0], corners[3], (Point(9999, 5),))))
        assert kind == "bad_action" and "(9999, 5)" in text


async def test_a_list_that_follows_the_mouse_frame_by_frame_drops_at_the_end(site, visit):
    slow = (
        "<div id=k style='position:absolute;left:100px;top:100px;width:40px;height:40px'></div>"
        "<script>let x = 0, held = false, due = false; window.dropped = null;"
        "k.onmousedown = () => held = true;"
        "onmousemove = e => { if (held && !due) { due = true; requestAnimationFrame(() => {"
        " due = false; x = e.clientX }) } else if (held) { window.last = e.clientX } };"
        "onmouseup = () => { held = false; dropped = x }</script>"
    )
    async with visit(site.body("/", slow)) as page:
        await page.step(Drag(Point(120, 120), Point(620, 120)))
        # What came last before a frame is what counts there; the first of it may be a step behind.
        assert await page.page.evaluate("dropped") >= 570


async def test_a_drag_that_selects_text_is_told(site, visit):
    url = site.body("/", "<p style='margin:20px'>some words that stand here</p>")
    async with visit(url) as page:
        ((kind, text),) = told(await page.step(Drag(Point(22, 30), Point(120, 30))))
        assert kind == "input" and text.startswith('The drag selected text: "some words')
        assert told(await page.step(Drag(Point(600, 600), Point(700, 650)))) == []


async def test_tooltips_are_told_where_the_mouse_rests(site, visit):
    site.body("/inner", "<i title='from inside' style='display:block;height:50px'>x</i>")
    url = site.body(
        "/",
        "<div title='what it  does' style='height:50px'><b>hover</b></div>"
        "<svg width=100 height=50><title>a chart</title><rect width=100 height=50 /></svg>"
        f"<div title=outer><p title='' style='height:50px;margin:0'>none</p></div>"
        f"<iframe src='{site.url('/inner', 'localhost')}' style='border:0;height:50px'></iframe>",
    )
    async with visit(url) as page:
        rows = [(10, "what it does"), (70, "a chart"), (600, None)]
        for y, words in rows:
            expected = [("input", f'A tooltip says "{words}".')] if words else []
            assert told(await page.step(Hover(Point(20, y)))) == expected
        y = await page.page.evaluate("document.querySelector('p').getBoundingClientRect().top + 5")
        assert told(await page.step(Hover(Point(20, y)))) == []
        assert told(await page.step(Hover(Point(20, y + 60)))) == [
            ("input", 'A tooltip says "from inside".')
        ]


# ---------------------------------------------------------------- files

ZONE = "<div id=z style='width:300px;height:100px;background:#ddd'>drop here</div>"
TAKES = (
    "<script>z.ondragover = e => e.preventDefault(); z.ondrop = async e => { e.preventDefault();"
    " const files = [...e.dataTransfer.files]; document.title = e.isTrusted + ' ' +"
    " (await Promise.all(files.map(async f => f.name + ':' + await f.text()))).join() }</script>"
)


async def test_files_are_dropped_on_what_takes_them(site, visit, tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"content of {name}")
    site.body("/inner", ZONE + TAKES.replace("document.title", "top.document.title"))
    inner = f"<iframe src='{site.url('/inner')}' style='border:0;width:400px'></iframe>"
    for body in (ZONE + TAKES, inner):
        async with visit(site.body("/", body)) as page:
            paths = tuple(str(tmp_path / name) for name in ("a.txt", "b.txt"))
            seen = await page.step(Upload(Point(50, 50), paths))
            assert told(seen) == []
            assert seen.title == "true a.txt:content of a.txt,b.txt:content of b.txt"


async def test_files_that_nothing_takes_are_not_opened_in_the_pages_place(site, visit, tmp_path):
    (tmp_path / "a.txt").write_text("content")
    async with visit(site.body("/", ZONE)) as page:
        seen = await page.step(Upload(Point(50, 50), (str(tmp_path / "a.txt"),)))
        ((kind, text),) = told(seen)
        assert kind == "bad_action" and "nothing there takes files" in text
        assert seen.url == site.url("/")
