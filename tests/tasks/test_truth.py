"""What `read_truth` says about pages whose truth is known."""

import asyncio
import io
import re
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Page

from vigorl.browser.chromium import Browser
from vigorl.tasks.environment import TaskEnvironment
from vigorl.tasks.local.registry import TASKS
from vigorl.tasks.truth import PageTruth, read_truth

from .conftest import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page() -> AsyncIterator[Page]:
    async with Browser() as browser:
        context = await browser.context(viewport={"width": 600, "height": 400})
        yield await context.new_page()


async def truth_of(page: Page, body: str) -> PageTruth:
    style = "body{margin:10px;font:16px/20px 'DejaVu Sans';color:#000;background:#fff}"
    await page.set_content(f"<!doctype html><title>t</title><style>{style}</style>{body}")
    return await read_truth(page)


def texts(truth: PageTruth) -> list[str]:
    return [line.text for line in truth.lines]


async def test_a_line_is_a_run_of_words_on_one_visual_line(page: Page) -> None:
    truth = await truth_of(
        page, "<p style='width:100px'>one two <b>three</b>fold four</p><p>five</p>"
    )
    assert texts(truth) == ["one two", "threefold", "four", "five"]
    assert [len(word.edges_css_px) for word in truth.words] == [4, 4, 10, 5, 5]
    assert all(list(w.edges_css_px) == sorted(w.edges_css_px) for w in truth.words)


async def test_cells_far_apart_are_lines_of_their_own(page: Page) -> None:
    truth = await truth_of(page, "<table width=500><tr><td>left</td><td>right</td></tr></table>")
    assert texts(truth) == ["left", "right"]


async def test_what_cannot_be_seen_is_left_out(page: Page) -> None:
    truth = await truth_of(
        page,
        "<p>seen</p><p style='opacity:.1'>faint</p><p style='visibility:hidden'>hidden</p>"
        "<p style='display:none'>none</p><p style='color:transparent'>clear</p>"
        "<div style='position:relative'>covered<div style='position:absolute;inset:0;"
        "background:red'></div></div><div style='height:0;overflow:hidden'>clipped</div>"
        "<p style='position:absolute;left:-900px'>outside</p><p style='margin-top:900px'>below</p>",
    )
    assert texts(truth) == ["seen"]


async def test_an_elided_line_keeps_its_whole_words_and_says_so(page: Page) -> None:
    truth = await truth_of(
        page,
        "<div style='width:110px;overflow:hidden;white-space:nowrap;text-overflow:ellipsis'>"
        "short and much too long</div>",
    )
    (line,) = truth.lines
    assert line.cut and line.text.startswith("short") and "long" not in line.text


async def test_words_are_read_as_they_are_shown(page: Page) -> None:
    truth = await truth_of(
        page,
        "<p style='text-transform:uppercase'>straße</p>"
        "<p style='text-transform:capitalize'>my day</p>",
    )
    assert texts(truth) == ["STRASSE", "My Day"]
    assert all(len(word.edges_css_px) == len(word.text) + 1 for word in truth.words)


async def test_contents_of_fields_are_lines_where_they_are_drawn(page: Page) -> None:
    truth = await truth_of(
        page,
        "<label>Name <input value='Ada Byron'></label><input placeholder='Your town'>"
        "<input type=password value=secret><select><option>Red<option selected>Blue</select>"
        "<textarea cols=12 rows=4>first second third</textarea>",
    )
    found = {(line.source, line.text) for line in truth.lines if line.source != "text"}
    assert {("value", "Ada Byron"), ("placeholder", "Your town"), ("option", "Blue")} <= found
    assert not any("secret" in line.text for line in truth.lines)
    image = Image.open(io.BytesIO(await page.screenshot())).convert("L")
    for line in truth.lines:
        if line.source != "text":
            assert_ink_fills(np.asarray(image), line.box, slack_px=4)


async def test_controls_have_role_name_icon_and_state(page: Page) -> None:
    truth = await truth_of(
        page,
        "<button>Save</button><a href=#>Help</a><label><input type=checkbox checked> Loud</label>"
        "<div role=switch aria-checked=false aria-label=Night style='width:30px;height:16px'></div>"
        "<button aria-label='Close it'><svg data-icon=close width=16 height=16></svg></button>"
        "<label for=s>Size</label><select id=s><option>M</select><button disabled>Off</button>"
        "<svg width=20 height=20><title>logo</title></svg>"
        "<div role=tab aria-selected=true>Tab</div>",
    )
    found = {(c.role, c.name, c.icon, c.checked, c.value, c.disabled) for c in truth.controls}
    assert found == {
        ("button", "Save", "", None, "", False),
        ("link", "Help", "", None, "", False),
        ("checkbox", "Loud", "", True, "", False),
        ("switch", "Night", "", False, "", False),
        ("button", "Close it", "close", None, "", False),
        ("combobox", "Size", "", None, "M", False),
        ("button", "Off", "", None, "", True),
        ("icon", "logo", "logo", None, "", False),
        ("tab", "Tab", "", True, "", False),
    }


async def test_a_box_drawn_in_place_of_a_hidden_checkbox_is_the_control(page: Page) -> None:
    truth = await truth_of(
        page,
        "<label><input type=checkbox style='position:absolute;width:1px;height:1px;opacity:0'>"
        "<span style='display:inline-block;width:18px;height:18px;border:1px solid'></span>"
        " Drawn</label>",
    )
    (control,) = truth.controls
    assert (control.role, control.name, round(control.box.width)) == ("checkbox", "Drawn", 20)


def assert_ink_fills(grey: "np.ndarray", box: object, slack_px: float) -> None:
    """Some ink lies near the left and the right end of the box, and none just beyond."""
    left, top = round(box.left), round(box.top)  # type: ignore[attr-defined]
    right, bottom = round(box.right), round(box.bottom)  # type: ignore[attr-defined]
    part = grey[top:bottom, left:right].astype(float)
    ground = np.median(part)
    columns = np.flatnonzero((np.abs(part - ground) > 60).any(axis=0))
    assert len(columns), "no ink"
    assert columns[0] <= slack_px and columns[-1] >= part.shape[1] - 1 - slack_px


@pytest.mark.asyncio(loop_scope="session")
async def test_the_truth_of_embedded_tasks_holds_what_their_pages_show(stage: Stage) -> None:
    async def read(name: str) -> None:
        env: TaskEnvironment = stage.environment(TASKS[name].row(7))
        async with stage.places:
            try:
                await env.reset()
                truth = await read_truth(env.page)
                shown = await env.page.evaluate("document.body.innerText")
            finally:
                await env.close()
        assert truth.controls and truth.lines
        squeezed = re.sub(r"\s+", "", shown).casefold()
        for line in truth.lines:
            if line.source == "text":
                assert re.sub(r"\s+", "", line.text).casefold() in squeezed, line.text

    await asyncio.gather(*(read(name) for name in ("login", "form", "table", "mail", "settings")))


async def test_edges_measured_with_a_canvas_are_those_of_the_layout(page: Page) -> None:
    text = "Today AVATAR To. fjord kerning-pairs, WAVE Tyre"
    truth = await truth_of(page, f"<p id=p style='font:28px \"DejaVu Serif\"'>{text}</p>")
    exact = await page.evaluate(
        "() => { const node = p.firstChild, range = document.createRange();"
        "return [...node.data].map((_, i) => { range.setStart(node, i); range.setEnd(node, i + 1);"
        "return range.getBoundingClientRect().left }) }"
    )
    place = 0
    for word in truth.words:
        place = text.index(word.text, place)
        wanted = exact[place : place + len(word.text)]
        assert word.edges_css_px[:-1] == pytest.approx(wanted, abs=1.0)
