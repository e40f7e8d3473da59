"""Numbered marks, found and drawn in a real Chromium."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Page

from vigorl.browser.actions import Click, Zoom
from vigorl.browser.chromium import Browser
from vigorl.browser.geometry import Box
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.marks import (
    MarkedEnvironment,
    find_marks,
    mark_list,
)
from vigorl.browser.observation import Mark
from vigorl.browser.zoom import ZoomEnvironment

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

WIDTH_PX, HEIGHT_PX = 800, 600
STYLE = "<!doctype html><style>body{margin:0;font:16px/20px sans-serif}</style>"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.context(viewport={"width": WIDTH_PX, "height": HEIGHT_PX})
    yield await context.new_page()
    await context.close()


async def marks_of(page: Page, body: str) -> tuple[Mark, ...]:
    await page.set_content(STYLE + body)
    return await find_marks(page, WIDTH_PX, HEIGHT_PX)


def named(marks: tuple[Mark, ...]) -> list[tuple[str, str]]:
    """Role and text of those with a number."""
    return [(mark.role, mark.text) for mark in marks if mark.id is not None]


async def test_what_can_be_acted_on_is_numbered_from_one_in_reading_order(page: Page) -> None:
    marks = await marks_of(
        page,
        """<h1>Shop</h1><p>Find <b>good</b> things. <a href="#">Help</a> is near.</p>
        <label>Name <input></label> <input type="password" placeholder="Password" value="secret">
        <input type="hidden" value="no"><textarea aria-label="Notes"></textarea>
        <select title="Size"><option>Small<option>Large</select>
        <input type="submit" value="Send"><button>Save</button>
        <div role="checkbox" tabindex="0">News</div><div onclick="1">Row</div>
        <div style="cursor:pointer">Card <i>inside</i></div><p>End</p>""",
    )
    assert [mark.id for mark in marks if mark.id is not None] == list(range(1, 11))
    assert mark_list(marks).splitlines() == [
        "[] [StaticText] [Shop]",
        "[] [StaticText] [Find good things.]",
        "[1] [A] [Help]",
        "[] [StaticText] [is near.]",
        "[] [StaticText] [Name]",
        "[2] [INPUT] [Name]",
        "[3] [INPUT] [Password]",
        "[4] [TEXTAREA] [Notes]",
        "[5] [SELECT] [Small Large]",
        "[6] [INPUT] [Send]",
        "[7] [BUTTON] [Save]",
        "[8] [DIV] [News]",
        "[9] [DIV] [Row]",
        "[10] [DIV] [Card inside]",
        "[] [StaticText] [End]",
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<button style='display:none'>A</button><button>B</button>", ["B"]),
        ("<button style='visibility:hidden'>A</button><button>B</button>", ["B"]),
        ("<button style='opacity:0'>A</button><button>B</button>", ["B"]),
        ("<button style='position:absolute;top:700px'>A</button><button>B</button>", ["B"]),
        ("<button style='position:absolute;left:-200px'>A</button><button>B</button>", ["B"]),
        ("<div style='height:20px;overflow:hidden'><br><br><button>A</button></div>", []),
    ],
    ids=["no display", "invisible", "transparent", "below", "left of it", "scrolled away"],
)
async def test_what_cannot_be_seen_has_no_number(
    page: Page, body: str, expected: list[str]
) -> None:
    assert [text for _, text in named(await marks_of(page, body))] == expected


async def test_a_box_over_more_than_eighty_percent_of_the_viewport_has_no_number(
    page: Page,
) -> None:
    def body(height_px: int) -> str:
        return f"<div role=button style='width:800px;height:{height_px}px'></div>"

    assert named(await marks_of(page, body(481))) == []
    assert named(await marks_of(page, body(480))) == [("DIV", "")]


async def test_what_lies_under_a_dialog_has_no_number(page: Page) -> None:
    await page.set_content(
        STYLE + "<button>Under</button><dialog><button>Over</button></dialog>"
        "<script>document.querySelector('dialog').showModal()</script>"
    )
    assert named(await find_marks(page, WIDTH_PX, HEIGHT_PX)) == [("BUTTON", "Over")]


async def test_a_box_is_cut_to_the_part_that_can_be_seen(page: Page) -> None:
    (mark,) = await marks_of(
        page,
        "<div style='position:absolute;top:100px;width:200px;height:50px;overflow:hidden'>"
        "<div role=button style='width:400px;height:300px'></div></div>",
    )
    assert mark.box_css_px == Box(0, 100, 200, 150)


async def test_a_link_over_two_lines_is_marked_where_a_click_hits_it(page: Page) -> None:
    marks = await marks_of(
        page,
        "<p style='width:300px'>some words that fill most of the line <a href='#' "
        "onclick='window.hit=1'>go</a></p><p style='width:300px'>and then more words to fill it"
        " all <a href='#' onclick='window.hits=(window.hits??0)+1;return false'>and on</a></p>",
    )
    for mark in marks:
        if mark.role == "A":
            await page.mouse.click(mark.box_css_px.center.x, mark.box_css_px.center.y)
    assert await page.evaluate("[window.hit, window.hits]") == [1, 1]


async def test_marks_are_found_in_shadow_roots_and_slots_in_the_order_they_are_seen(
    page: Page,
) -> None:
    await page.set_content(
        STYLE + "<x-bar><button slot=last>Mine</button></x-bar><script>"
        "customElements.define('x-bar', class extends HTMLElement { constructor() { super();"
        "this.attachShadow({mode: 'open'}).innerHTML ="
        "'<button>First</button><slot name=last></slot><p>Deep text</p>' } })</script>"
    )
    marks = await find_marks(page, WIDTH_PX, HEIGHT_PX)
    assert [(mark.id, mark.text) for mark in marks] == [
        (1, "First"),
        (2, "Mine"),
        (None, "Deep text"),
    ]


async def test_a_mark_in_a_frame_is_where_a_click_hits_it(page: Page) -> None:
    inner = "<style>body{margin:0}</style><button onclick='parent.hit=1'>In</button>"
    marks = await marks_of(
        page,
        "<div style='height:90px'></div><iframe style='border:5px solid;padding:7px;"
        f'margin-left:60px;transform:scale(1.5);transform-origin:0 0\' srcdoc="{inner}">'
        "</iframe>",
    )
    (mark,) = [mark for mark in marks if mark.id is not None]
    assert (mark.box_css_px.left, mark.box_css_px.top) == (60 + 12 * 1.5, 90 + 12 * 1.5)
    await page.mouse.click(mark.box_css_px.right - 2, mark.box_css_px.bottom - 2)
    assert await page.evaluate("window.hit") == 1


async def test_a_frame_of_another_origin_is_left_alone(page: Page) -> None:
    marks = await marks_of(
        page, "<iframe sandbox srcdoc='<button>Foreign</button>'></iframe><button>Own</button>"
    )
    assert named(marks) == [("BUTTON", "Own")]


async def test_a_hidden_checkbox_is_marked_by_its_label(page: Page) -> None:
    marks = await marks_of(
        page,
        "<label><input type=checkbox style='display:none'>Drawn by its label</label>"
        "<label><input type=checkbox>Plain</label>",
    )
    assert named(marks) == [("LABEL", "Drawn by its label"), ("INPUT", "Plain")]


async def test_a_link_that_is_only_pictures_is_marked_by_them(page: Page) -> None:
    picture = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='40' height='40'/>"
    marks = await marks_of(
        page,
        f'<a href="#"><img alt="Cart" src="{picture}"></a>'
        f'<a href="#"><img alt="Star" src="{picture}"> Rate</a>',
    )
    assert named(marks) == [("IMG", "Cart"), ("A", "Rate")]


async def test_the_list_cuts_texts_after_two_hundred_characters(page: Page) -> None:
    marks = await marks_of(page, f"<button>{'o' * 300}</button>")
    assert mark_list(marks) == f"[1] [BUTTON] [{'o' * 200}]"


@contextlib.asynccontextmanager
async def marked(
    browser: Browser, tmp_path: Path, body: str, find_limit_s: float = 10
) -> AsyncIterator[ZoomEnvironment]:
    """A live page with this body, marked, with a zoom around it."""
    site = tmp_path / "page.html"
    site.write_text(STYLE + body)
    settings = PageSettings(width_px=400, height_px=300)
    page = LivePage(browser, "vote", site.as_uri(), settings)
    environment = ZoomEnvironment(MarkedEnvironment(page, find_limit_s))
    try:
        yield environment
    finally:
        await environment.close()


async def test_a_click_in_the_middle_of_a_mark_lands_and_the_next_screen_has_its_own_marks(
    browser: Browser, tmp_path: Path
) -> None:
    body = "<button onclick=\"this.outerHTML='<a href=#>Thanks</a>'\">Vote</button>"
    async with marked(browser, tmp_path, body) as environment:
        first = await environment.reset()
        assert first.marks is not None
        assert mark_list(first.marks) == "[1] [BUTTON] [Vote]"
        second = await environment.step(Click(first.marks[0].box_css_px.center))
        assert second.marks is not None
        assert mark_list(second.marks) == "[1] [A] [Thanks]"


async def test_a_zoom_shows_the_marks_too(browser: Browser, tmp_path: Path) -> None:
    body = "<button style='margin:50px;width:80px;height:40px;background:white'></button>"
    async with marked(browser, tmp_path, body) as environment:
        screen = await environment.reset()
        zoomed = await environment.step(Zoom(Box(40, 40, 140, 140)))
    assert screen.view is not None and zoomed.view is not None
    assert (screen.view.kind, zoomed.view.kind) == ("screen", "crop")
    blue = np.array([0x1F, 0x77, 0xB4])
    for view in (screen.view, zoomed.view):
        drawn = np.abs(np.asarray(view.picture.image()).astype(int) - blue).max(axis=2) < 8
        assert drawn.sum() > 400


@pytest.mark.parametrize(
    "mischief",
    [
        "Element.prototype.matches = () => { throw new Error('no') }",
        "String.prototype.slice = () => 7",
        "Element.prototype.matches = () => { for (;;) {} }",
    ],
    ids=["throws", "wrong type", "endless"],
)
async def test_a_page_that_breaks_the_language_has_no_marks_and_says_so(
    browser: Browser, tmp_path: Path, mischief: str
) -> None:
    body = f"<button>Vote</button><script>{mischief}</script>"
    async with marked(browser, tmp_path, body, find_limit_s=1) as environment:
        observation = await environment.reset()
    assert observation.marks == ()
    assert observation.view is not None
    assert [event.kind for event in observation.events] == ["not_settled"]
