"""Links with only a space between them are told apart, in many kinds of type."""

import json
from typing import Any

import pytest

from vigorl.browser.chromium import Browser
from vigorl.browser.geometry import Frame
from vigorl.browser.picture import Picture, View
from vigorl.policy.nano.reading import ScreenItem, items
from vigorl.policy.perception.screen_reader import ScreenReader

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

WIDTH, HEIGHT = 1024, 900
LINKS = (
    ("Log in", "Sign up today", "My gypsy page", "Help"),
    ("jumping playfully", "query", "jazzy jig"),
    ("Tents", "Stoves and gas", "Maps"),
)
PAGE = f"""<!doctype html><body style="line-height: 1.2"><script>
let number = 0;
for (const family of ["serif", "sans-serif", "DejaVu Sans"])
  for (const size of [13, 14, 16, 18, 22]) {{
    const row = document.body.appendChild(document.createElement("p"));
    row.style.font = `${{size}}px ${{family}}`;
    const names = {json.dumps(LINKS)}[number++ % 3];
    row.innerHTML = names.map((name) => `<a href=#x>${{name}}</a>`).join(" ");
  }}
</script>"""
ROWS = """<!doctype html>
<p><a href=#1>Tents</a> <a href=#2>My page</a> <a href=#3>Stoves and gas</a></p>
<p style="font-size: 13px">
<a href=#1>Log in</a> <a href=#2>Sign up today</a> <a href=#3>Help</a> <a href=#4>My gypsy page</a>
</p>"""
WHERE = """[...document.querySelectorAll("a")].map((link) => {
  const { left, top, right, bottom } = link.getBoundingClientRect();
  return [link.textContent, left, top, right, bottom];
})"""


async def seen(html: str, ask: str) -> tuple[list[ScreenItem], list[list[Any]]]:
    """What is read of a page, and what it says of itself."""
    async with Browser() as browser:
        context = await browser.context(viewport={"width": WIDTH, "height": HEIGHT})
        page = await context.new_page()
        await page.set_content(html)
        told = await page.evaluate(ask)
        data = await page.screenshot(type="jpeg", quality=80)
        await context.close()
    picture = Picture(data, "image/jpeg", WIDTH, HEIGHT)
    screen = ScreenReader().read(View(picture, Frame.of_viewport(WIDTH, HEIGHT)))
    return [item for row in items(screen) for item in row], told


async def test_links_with_a_space_between_them_are_items_of_their_own() -> None:
    found, drawn = await seen(PAGE, WHERE)

    def stands(item: ScreenItem, left: float, top: float, right: float, bottom: float) -> bool:
        box = item.box_px
        ends = abs(box.left - left) < 8 and abs(box.right - right) < 8
        return item.kind == "link" and ends and top - 4 < box.center.y < bottom + 4

    assert len(drawn) == 50
    missed = [name for name, *box in drawn if not any(stands(item, *box) for item in found)]
    assert len(missed) <= 3, missed


async def test_the_underlines_of_two_rows_of_links_are_no_field() -> None:
    found, _ = await seen(ROWS, "[]")
    links = {item.text for item in found if item.kind == "link"}
    assert {"Tents", "My page", "Stoves and gas", "Sign up today", "Help"} <= links
    assert not [item for item in found if item.kind == "field"]
