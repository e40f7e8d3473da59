"""The clipboard: an episode's own, across its tabs and sites, and nobody else's."""

import asyncio

import pytest

from vigorl.browser.actions import Click, Goto, Press, TabNew
from vigorl.browser.geometry import Point
from vigorl.browser.live import LivePage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

FIELD = (
    "<textarea id=t style='position:absolute;left:0;top:0;width:300px;height:90px'></textarea>"
    "<p id=p style='position:absolute;left:0;top:100px;margin:0'>plain <b>bold</b></p>"
)
HERE = Point(20, 20)
AWAY = Point(600, 600)
WRITE = "onclick = e => { if (e.clientY > 200) navigator.clipboard.writeText(location.search) }"
COMMAND = "onclick = e => { if (e.clientY > 200) { t.select(); document.execCommand('copy') } }"


async def copied(page: LivePage, text: str) -> None:
    """Copy a text by keys."""
    await page.page.evaluate("text => { t.value = text; t.focus(); t.select() }", text)
    await page.step(Press("Control+C"))


async def pasted(page: LivePage, keys: str = "Control+V") -> str:
    """What a paste puts into an empty field."""
    await page.page.evaluate("t.value = ''; t.focus()")
    await page.step(Press(keys))
    return str(await page.page.evaluate("t.value"))


async def test_what_one_episode_copies_no_other_one_pastes(site, visit):
    url = site.body("/", FIELD)
    async with visit(url) as one, visit(url) as other:
        await copied(one, "secret of one")
        assert await pasted(other) == ""
        await copied(other, "of the other")
        assert (await pasted(one), await pasted(other)) == ("secret of one", "of the other")
        await asyncio.gather(*(copied(page, text) for page, text in ((one, "1"), (other, "2"))))
        assert await asyncio.gather(pasted(one), pasted(other)) == ["1", "2"]
    async with visit(url) as later:
        assert await pasted(later) == await pasted(later, "Shift+Insert") == ""


@pytest.mark.parametrize("script", [WRITE, COMMAND])
async def test_what_a_pages_script_copies_is_its_episodes_alone(site, visit, script):
    url = site.body("/", f"{FIELD}<script>{script}</script>")
    async with visit(f"{url}?one") as one, visit(f"{url}?two") as two:
        for page, text in ((one, "?one"), (two, "?two")):
            await page.page.evaluate("text => { t.value = text }", text)
            await page.step(Click(AWAY))
        assert (await pasted(one), await pasted(two)) == ("?one", "?two")
    async with visit(url) as later:
        assert await pasted(later) == ""


async def test_selected_text_is_not_pasted_by_the_middle_button_elsewhere(site, visit):
    url = site.body("/", FIELD)
    async with visit(url) as one, visit(url) as other:
        await one.page.evaluate("t.value = 'selected'")
        await one.step(Click(HERE, count=2))
        await other.step(Click(HERE, button="middle"))
        assert await other.page.evaluate("t.value") == ""


async def test_a_page_cannot_read_what_it_was_not_allowed_to(site, visit):
    url = site.body("/", FIELD)
    read = "navigator.clipboard.readText().then(text => text, error => error.name)"
    for permissions, seen in (("deny", "NotAllowedError"), ("allow", "copied")):
        async with visit(url, permissions=permissions) as page:
            await copied(page, "copied")
            assert await page.page.evaluate(read) == seen
            query = "navigator.permissions.query({name: 'clipboard-read'}).then(s => s.state)"
            assert (
                await page.page.evaluate(query)
                == {"deny": "denied", "allow": "granted"}[permissions]
            )


async def test_copy_and_paste_work_across_tabs_and_sites_of_an_episode(site, visit):
    url = site.body("/", FIELD)
    async with visit(url) as page:
        await copied(page, "from here\nto there")
        await page.step(TabNew(site.url("/", "localhost")))
        assert await pasted(page) == "from here\nto there"
        await page.page.evaluate("t.select()")
        await page.step(Press("Control+X"))
        assert await page.page.evaluate("t.value") == ""
        await page.step(Goto(url))
        assert await pasted(page) == "from here\nto there"
        await page.page.evaluate("getSelection().selectAllChildren(p)")
        await page.step(Press("Control+C"))
        html = (
            "addEventListener('paste', e => document.title = e.clipboardData.getData('text/html'))"
        )
        await page.page.evaluate(html)
        assert await pasted(page) == "plain bold"
        assert "bold</b>" in await page.page.title()


async def test_a_page_may_put_something_of_its_own_in_the_place_of_what_is_copied(site, visit):
    put = "e.preventDefault(); e.clipboardData.setData('text/plain', 'own')"
    own = f"document.oncopy = e => {{ {put} }};"
    url = site.body("/", f"{FIELD}<script>{own}{COMMAND}</script>")
    async with visit(url) as page:
        await copied(page, "selected")
        assert await pasted(page) == "own"
        await page.page.evaluate("document.oncopy = null; t.value = 'by the button'")
        await page.step(Click(AWAY))
        assert await pasted(page) == "by the button"


async def test_a_key_that_copies_nothing_leaves_the_clipboard_as_it_was(site, visit):
    async with visit(site.body("/", FIELD)) as page:
        await copied(page, "kept")
        await page.page.evaluate("t.value = 'x'; t.setSelectionRange(0, 0)")
        await page.step(Press("Control+C"))
        assert await pasted(page) == "kept"
