"""Every action of a live page, in a real browser on real pages."""

import asyncio
import json

import pytest

from vigorl.browser.actions import (
    Action,
    Back,
    Click,
    Drag,
    Forward,
    Goto,
    Hover,
    Press,
    Reload,
    Scroll,
    SelectOption,
    TabClose,
    TabNew,
    TabSwitch,
    Type,
    Upload,
    Wait,
    Zoom,
)
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.input import KEYED_CHARACTERS
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import Observation

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

FIELD = "<input id=f style='position:absolute;left:100px;top:100px;width:300px;height:30px' {}>"
IN_FIELD = Point(200, 115)


def kinds(observation: Observation) -> list[str]:
    return [event.kind for event in observation.events]


def said(observation: Observation, kind: str) -> str:
    (text,) = [event.text for event in observation.events if event.kind == kind]
    return text


async def centre(page: LivePage, expression: str) -> Point:
    """The centre of an element, as a person would see it."""
    x, y = await page.page.evaluate(
        f"(() => {{ const b = ({expression}).getBoundingClientRect();"
        " return [b.left + b.width / 2, b.top + b.height / 2]; })()"
    )
    return Point(x, y)


# ---------------------------------------------------------------- looking


async def test_the_first_observation_is_the_screen_with_its_frame(site, browser):
    url = site.body("/start", "hello", title="Start")
    page = LivePage(browser, "look", url, PageSettings(width_px=800, height_px=600))
    try:
        seen = await page.reset()
        assert seen.view is not None
        assert seen.view.kind == "screen"
        assert seen.view.frame == Frame(800, 600, Box(0, 0, 800, 600))
        assert seen.view.picture.image().size == (800, 600)
        assert (seen.url, seen.title) == (url, "Start")
        assert [(tab.url, tab.title, tab.active) for tab in seen.tabs] == [(url, "Start", True)]
        assert seen.events == ()
        assert await page.score("an answer") is None
    finally:
        await page.close()


async def test_a_title_set_by_script_is_seen(site, visit):
    url = site.body("/", "<script>onclick = () => document.title = 'three new mails'</script>")
    async with visit(url) as page:
        assert (await page.step(Click(Point(5, 5)))).title == "three new mails"


async def test_each_episode_has_a_context_of_its_own(site, visit):
    url = site.body(
        "/", "<script>document.title = `had ${document.cookie}`; document.cookie = 'a=1'</script>"
    )
    async with visit(url) as first:
        assert (await first.step(Reload())).title == "had a=1"
    async with visit(url) as second:
        assert (await second.step(Wait(0))).title == "had"


async def test_episodes_side_by_side_do_not_see_each_others_tabs(site, visit):
    async def play(number: int) -> None:
        site.body(f"/popup{number}", "", title=f"popup {number}")
        url = site.body(
            f"/{number}", f"<script>onclick = () => open('/popup{number}')</script>", f"{number}"
        )
        async with visit(url) as page:
            for _ in range(2):
                seen = await page.step(Click(Point(5, 5)))
                assert [tab.title for tab in seen.tabs] == [f"{number}", f"popup {number}"]
                await page.step(TabClose())

    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(play(number))


async def test_a_start_that_is_no_url_is_a_mistake_of_the_caller(browser):
    with pytest.raises(UsageError, match="write it whole"):
        await LivePage(browser, "", "example.com").reset()


# ---------------------------------------------------------------- mouse and keyboard


async def test_clicks_arrive_at_their_point_with_button_and_count(site, visit):
    url = site.body(
        "/",
        "<script>window.log = [];"
        "for (const type of ['click', 'dblclick', 'contextmenu', 'auxclick'])"
        " addEventListener(type, e => log.push([type, e.clientX, e.clientY, e.isTrusted]))"
        "</script>",
    )
    async with visit(url) as page:
        await page.step(Click(Point(30, 40)))
        await page.step(Click(Point(1279, 719), count=2))
        await page.step(Click(Point(50, 60), button="right"))
        await page.step(Click(Point(70, 80), button="middle"))
        log = await page.page.evaluate("log")
    assert log == [
        ["click", 30, 40, True],
        ["click", 1279, 719, True],
        ["click", 1279, 719, True],
        ["dblclick", 1279, 719, True],
        ["contextmenu", 50, 60, True],
        ["auxclick", 50, 60, True],
        ["auxclick", 70, 80, True],
    ]


async def test_the_mouse_stays_where_it_hovers(site, visit):
    url = site.body("/", "<div id=d style='width:100px;height:100px'></div>")
    async with visit(url) as page:
        await page.step(Hover(Point(50, 50)))
        assert await page.page.evaluate("d.matches(':hover')")
        await page.step(Hover(Point(300, 300)))
        assert not await page.page.evaluate("d.matches(':hover')")


async def test_text_is_typed_where_the_focus_is_and_where_it_is_pointed_at(site, visit):
    async with visit(site.body("/", FIELD.format("") + "<script>f.focus()</script>")) as page:
        await page.step(Type("one"))
        await page.step(Click(Point(600, 600)))
        await page.step(Type(" two", point=Point(390, 115)))
        assert await page.page.evaluate("f.value") == "one two"


@pytest.mark.parametrize(
    "field",
    [
        FIELD.format("value=old"),
        FIELD.replace("input", "textarea").format("") + "old\nlines</textarea>",
        FIELD.replace("input", "div").format("contenteditable") + "old <b>words</b></div>",
    ],
    ids=["input", "textarea", "contenteditable"],
)
async def test_clear_replaces_what_is_in_the_field(site, visit, field):
    async with visit(site.body("/", field)) as page:
        await page.step(Type("new", point=IN_FIELD, clear=True))
        assert await page.page.evaluate("(f.value ?? f.textContent).trim()") == "new"
        await page.step(Type("", clear=True))
        assert await page.page.evaluate("(f.value ?? f.textContent).trim()") == ""


async def test_enter_submits_the_form(site, visit):
    site.body("/found", "found", title="found")
    url = site.body("/", f"<form action=/found>{FIELD.format('name=q')}</form>")
    async with visit(url) as page:
        seen = await page.step(Type("kettle", point=IN_FIELD, enter=True))
    assert seen.url == site.url("/found") + "?q=kettle"
    assert seen.title == "found"


async def test_handlers_see_real_keys(site, visit):
    script = "<script>window.keys=[];f.onkeydown=e=>keys.push(e.key,e.code,e.isTrusted)</script>"
    async with visit(site.body("/", FIELD.format("") + script)) as page:
        await page.step(Type("aÄ", point=IN_FIELD))
        assert await page.page.evaluate("keys") == ["a", "KeyA", True]
        assert await page.page.evaluate("f.value") == "aÄ"


async def test_a_long_text_arrives_whole_and_ends_with_a_real_key(site, visit):
    text = "".join(f"line {number}\n" for number in range(1000)) + "end"
    assert len(text) > 100 * KEYED_CHARACTERS
    script = "<script>window.seen=0;f.onkeyup=e=>{if(e.key=='d')seen=f.value.length}</script>"
    field = FIELD.replace("input", "textarea").format("") + "</textarea>"
    async with visit(site.body("/", field + script)) as page:
        await page.step(Type(text, point=IN_FIELD))
        assert await page.page.evaluate("f.value") == text
        assert await page.page.evaluate("seen") == len(text)


async def test_keys_and_chords_are_pressed(site, visit):
    async with visit(site.body("/", FIELD.format("value=abc") + "<script>f.focus()</script>")) as p:
        await p.step(Press("Control+A"))
        await p.step(Press("x"))
        await p.step(Press("Shift+Y"))
        await p.step(Press("ArrowLeft"))
        await p.step(Press("Backspace"))
        assert await p.page.evaluate("f.value") == "Y"


async def test_the_wheel_scrolls_what_is_under_it_by_so_many_pixels(site, visit):
    url = site.body(
        "/",
        "<div id=d style='width:200px;height:200px;overflow:auto'>"
        "<div style='width:999px;height:2000px'></div></div><div style='height:3000px'></div>",
    )
    async with visit(url) as page:
        await page.step(Scroll(Point(600, 600), dy_css_px=500))
        assert await page.page.evaluate("[scrollY, d.scrollTop]") == [500, 0]
        await page.step(Scroll(Point(600, 600), dy_css_px=-500))
        await page.step(Scroll(Point(100, 100), dx_css_px=80, dy_css_px=150))
        assert await page.page.evaluate("[scrollY, d.scrollLeft, d.scrollTop]") == [0, 80, 150]


async def test_dragging_moves_a_slider(site, visit):
    url = site.body(
        "/", "<input id=r type=range style='position:absolute;left:0;top:0;width:416px'>"
    )
    async with visit(url) as page:
        y = (await centre(page, "r")).y
        await page.step(Drag(Point(208, y), Point(408, y)))
        assert await page.page.evaluate("+r.value") == 100


async def test_dragging_drops_one_element_on_another(site, visit):
    url = site.body(
        "/",
        "<div id=a draggable=true style='width:100px;height:100px;background:red'></div>"
        "<div id=b style='position:absolute;left:300px;top:0;width:100px;height:100px'></div>"
        "<script>a.ondragstart = e => e.dataTransfer.setData('text/plain', 'the red one');"
        "b.ondragover = e => e.preventDefault();"
        "b.ondrop = e => { b.textContent = e.dataTransfer.getData('text/plain') }</script>",
    )
    async with visit(url) as page:
        await page.step(Drag(Point(50, 50), Point(350, 50)))
        assert await page.page.evaluate("b.textContent") == "the red one"


# ---------------------------------------------------------------- selects

SELECT = (
    "<select id=s style='position:absolute;left:100px;top:100px'>"
    "<option>Denmark<option>Norway<option disabled>Atlantis"
    "<optgroup label=Far><option label='New  Zealand' value=nz>ignored</optgroup></select>"
)
SELECT_LOG = (
    "<script>window.log=[];for (const type of ['input','change'])"
    " document.addEventListener(type, e => log.push([type, e.target.value]))</script>"
)


async def test_a_select_is_operated_by_two_clicks(site, visit):
    async with visit(site.body("/", SELECT + SELECT_LOG)) as page:
        await page.step(Click(await centre(page, "s")))
        seen = await page.step(Click(await centre(page, "s.options[1]")))
        assert seen.events == ()
        assert await page.page.evaluate("log") == [["input", "Norway"], ["change", "Norway"]]
        assert await page.page.evaluate("s.matches(':open')") is False


async def test_a_select_at_rest_looks_as_its_author_left_it(site, visit):
    styled = SELECT.replace("id=s", "id=t").replace("top:100px", "top:300px;color:red;padding:9px")
    async with visit(site.body("/", SELECT + styled), jpeg_quality=100) as page:
        before = await page.step(Hover(Point(900, 600)))
        for name in ("s", "t"):
            assert await page.page.evaluate(f"getComputedStyle({name}).appearance") == "auto"
            size = await page.page.evaluate(f"JSON.stringify({name}.getBoundingClientRect())")
            await page.step(Click(await centre(page, name)))
            opened = await page.page.evaluate(f"JSON.stringify({name}.getBoundingClientRect())")
            assert size == opened
            await page.step(Click(await centre(page, f"{name}.options[0]")))
        await page.page.evaluate("document.activeElement.blur()")
        after = await page.step(Hover(Point(900, 600)))
        assert before.view is not None and after.view is not None
        assert before.view.picture.sha256 == after.view.picture.sha256
        assert await page.page.evaluate("s.getAttribute('style')") == (
            "position: absolute; left: 100px; top: 100px;"
        )


async def test_selects_in_shadow_roots_and_frames_are_operated_by_clicks(site, visit):
    site.body("/inner", SELECT)
    url = site.body(
        "/",
        "<div id=host></div>"
        f"<iframe id=i src='{site.url('/inner', 'localhost')}'"
        " style='position:absolute;left:400px;top:0;width:400px;height:400px;border:0'></iframe>"
        "<script>host.attachShadow({mode:'open'}).innerHTML = " + json.dumps(SELECT) + ";"
        "window.s = host.shadowRoot.querySelector('select')</script>",
    )
    async with visit(url) as page:
        await page.step(Click(await centre(page, "s")))
        await page.step(Click(await centre(page, "s.options[1]")))
        assert await page.page.evaluate("s.value") == "Norway"
        frame = page.page.frames[1]
        corner = "(o => { const b = o.getBoundingClientRect(); return [b.left+9, b.top+9] })"
        x, y = await frame.evaluate(f"{corner}(s)")
        await page.step(Click(Point(400 + x, y)))
        x, y = await frame.evaluate(f"{corner}(s.options[1])")
        await page.step(Click(Point(400 + x, y)))
        assert await frame.evaluate("s.value") == "Norway"


async def test_lists_that_are_always_open_are_left_alone(site, visit):
    url = site.body("/", "<select id=s multiple><option>a<option>b<option>c</select>")
    async with visit(url) as page:
        await page.step(Click(await centre(page, "s.options[1]")))
        assert await page.page.evaluate("[s.value, getComputedStyle(s).appearance]") == [
            "b",
            "auto",
        ]


@pytest.mark.parametrize(
    ("label", "value"), [("Norway", "Norway"), ("norway ", "Norway"), ("New Zealand", "nz")]
)
async def test_an_option_is_chosen_by_its_visible_label(site, visit, label, value):
    async with visit(site.body("/", SELECT + SELECT_LOG)) as page:
        seen = await page.step(SelectOption(Point(110, 110), label))
        assert seen.events == ()
        assert await page.page.evaluate("log") == [["input", value], ["change", value]]


async def test_an_option_is_chosen_in_shadow_roots_and_frames_of_another_origin(site, visit):
    site.body("/inner", f"<p>words</p>{SELECT}")
    site.body(
        "/middle",
        f"<iframe src='{site.url('/inner')}' style='border:7px solid;padding:5px;"
        "position:absolute;left:20px;top:30px;width:300px;height:300px'></iframe>",
    )
    url = site.body(
        "/",
        f"<iframe src='{site.url('/middle', 'localhost')}' style='border:3px solid;"
        "position:absolute;left:400px;top:0;width:500px;height:500px'></iframe>"
        "<div id=host></div><script>"
        f"host.attachShadow({{mode:'open'}}).innerHTML = {json.dumps(SELECT)}</script>",
    )
    async with visit(url) as page:
        await page.step(SelectOption(Point(110, 110), "Norway"))
        value = "host.shadowRoot.querySelector('select').value"
        assert await page.page.evaluate(value) == "Norway"
        left, top = 400 + 3 + 20 + 7 + 5 + 100, 0 + 3 + 30 + 7 + 5 + 100
        await page.step(SelectOption(Point(left + 2, top + 2), "Norway"))
        assert await page.page.frames[2].evaluate("s.value") == "Norway"


async def test_the_answer_to_a_wrong_label_lists_the_options(site, visit):
    async with visit(site.body("/", SELECT)) as page:
        text = said(await page.step(SelectOption(Point(110, 110), "Sweden")), "bad_action")
        assert '"Denmark", "Norway", "Atlantis", "New Zealand"' in text
        text = said(await page.step(SelectOption(Point(110, 110), "Atlantis")), "bad_action")
        assert "disabled" in text
        text = said(await page.step(SelectOption(Point(600, 600), "Norway")), "bad_action")
        assert "no native select" in text
        assert await page.page.evaluate("s.value") == "Denmark"


async def test_an_option_of_an_opened_list_can_be_named_too(site, visit):
    async with visit(site.body("/", SELECT)) as page:
        await page.step(Click(await centre(page, "s")))
        await page.step(SelectOption(await centre(page, "s.options[0]"), "Norway"))
        assert await page.page.evaluate("[s.value, s.matches(':open')]") == ["Norway", False]


# ---------------------------------------------------------------- files


async def test_a_file_is_uploaded_through_the_chooser(site, visit, tmp_path):
    (tmp_path / "a.txt").write_text("content")
    url = site.body(
        "/", "<input id=f type=file><script>f.onchange=()=>document.title=f.files[0].name</script>"
    )
    async with visit(url) as page:
        there = await centre(page, "f")
        seen = await page.step(Click(there))
        assert kinds(seen) == ["file_chooser"]
        seen = await page.step(Upload(there, (str(tmp_path / "a.txt"),)))
        assert (seen.title, seen.events) == ("a.txt", ())
        assert await page.page.evaluate("f.files[0].text()") == "content"
        two = Upload(there, (str(tmp_path / "a.txt"),) * 2)
        assert "single file" in said(await page.step(two), "bad_action")


async def test_a_download_is_saved_and_named(site, visit, tmp_path):
    site.put("/file", b"x" * 5000, Content_Disposition='attachment; filename="a report.pdf"')
    async with visit(site.body("/", "<a href=/file>get</a>"), download_dir=tmp_path) as page:
        first = await page.step(Click(Point(10, 10)))
        second = await page.step(Goto(site.url("/file")))
    assert str(tmp_path / "a report.pdf") in said(first, "download")
    assert str(tmp_path / "a report (2).pdf") in said(second, "download")
    assert (tmp_path / "a report.pdf").read_bytes() == b"x" * 5000
    assert second.url == site.url("/")


# ---------------------------------------------------------------- pages and tabs


async def test_the_history_is_walked_back_and_forth(site, visit):
    first, second = site.body("/1", "", title="one"), site.body("/2", "", title="two")
    async with visit(first) as page:
        assert (
            said(await page.step(Back()), "bad_action") == "There is no earlier page in this tab."
        )
        assert (await page.step(Goto(second))).title == "two"
        assert (await page.step(Back())).url == first
        assert (await page.step(Forward())).url == second
        assert "no later page" in said(await page.step(Forward()), "bad_action")
        site.body("/2", "", title="two again")
        assert (await page.step(Reload())).title == "two again"


async def test_tabs_open_switch_and_close(site, visit):
    first, second = site.body("/1", "", title="one"), site.body("/2", "", title="two")
    async with visit(first) as page:
        seen = await page.step(TabNew(second))
        assert [(tab.title, tab.active) for tab in seen.tabs] == [("one", False), ("two", True)]
        seen = await page.step(TabSwitch(0))
        assert seen.title == "one" and page.page.url == first
        seen = await page.step(TabClose(1))
        assert [tab.title for tab in seen.tabs] == ["one"]
        assert "numbered 0 to 0" in said(await page.step(TabSwitch(1)), "bad_action")
        seen = await page.step(TabClose())
        assert [tab.url for tab in seen.tabs] == ["about:blank"]
        assert (await page.step(Goto(second))).title == "two"


async def test_a_tab_that_a_click_opens_is_shown_even_when_its_server_is_slow(site, visit):
    site.body("/new", "<script>onclick = () => close()</script>", title="new")
    site.delays_s["/new"] = 0.5
    async with visit(site.body("/", "<a href=/new target=_blank>open</a>")) as page:
        seen = await page.step(Click(Point(10, 10)))
        assert kinds(seen) == ["tab_opened"]
        assert (seen.url, seen.title) == (site.url("/new"), "new")
        assert [tab.active for tab in seen.tabs] == [False, True]
        seen = await page.step(TabClose())
        assert seen.url == site.url("/")


async def test_a_popup_that_closes_itself_gives_the_screen_back_to_its_opener(site, visit):
    site.body("/popup", "<script>onclick = () => close()</script>")
    url = site.body("/", "<script>onclick = () => open('/popup', '', 'width=300')</script>")
    async with visit(url) as page:
        await page.step(TabNew())
        await page.step(TabSwitch(0))
        assert kinds(await page.step(Click(Point(5, 5)))) == ["tab_opened"]
        seen = await page.step(Click(Point(5, 5)))
        assert kinds(seen) == ["tab_closed"]
        assert seen.url == url and seen.tabs[0].active


async def test_a_popup_fills_the_viewport_whatever_size_it_asked_for(site, visit):
    site.body("/popup", "small")
    url = site.body(
        "/", "<script>onclick = () => open('/popup', '', 'width=300,height=200')</script>"
    )
    async with visit(url) as page:
        seen = await page.step(Click(Point(5, 5)))
        assert kinds(seen) == ["tab_opened"] and seen.url == site.url("/popup")
        assert await page.page.evaluate("[innerWidth, innerHeight]") == [1280, 720]


@pytest.mark.parametrize(
    "script", ["document.documentElement.requestFullscreen()", "resizeTo(300, 300)"]
)
async def test_what_a_page_does_to_its_window_does_not_change_the_screen(site, visit, script):
    url = site.body("/", f"<script>onclick = () => {{ {script} }}</script>")
    async with visit(url) as page:
        seen = await page.step(Click(Point(5, 5)))
        assert seen.view is not None and seen.view.picture.image().size == (1280, 720)
        assert (await page.step(Click(Point(1270, 710)))).events == ()


async def test_a_page_cannot_take_the_pointer_away(site, visit):
    script = (
        "onclick = () => document.body.requestPointerLock().catch(e => document.title = e.name)"
    )
    async with visit(site.body("/", f"<script>{script}</script>")) as page:
        for _ in range(2):
            seen = await page.step(Click(Point(5, 5)))
            assert (seen.title, seen.events) == ("NotAllowedError", ())


async def test_a_download_in_a_new_tab_leaves_no_tab_behind(site, visit, tmp_path):
    site.put("/file", b"x", Content_Disposition="attachment; filename=x.bin")
    url = site.body("/", "<a href=/file target=_blank style='display:block'>get</a>")
    async with visit(url, download_dir=tmp_path) as page:
        seen = await page.step(Click(Point(5, 5)))
        assert kinds(seen) == ["download"]
        assert (seen.url, len(seen.tabs)) == (url, 1)


async def test_waiting_lets_time_pass(site, visit):
    url = site.body("/", "<script>setTimeout(() => document.title = 'late', 1500)</script>")
    async with visit(url) as page:
        assert (await page.step(Wait(1.6))).title == "late"


# ---------------------------------------------------------------- dialogs


async def test_dialogs_are_answered_and_told(site, visit):
    url = site.body(
        "/",
        "<script>onclick = () => { alert('saved!'); const sure = confirm('sure?');"
        "document.title = sure + ' ' + prompt('name?', 'Bob') }</script>",
    )
    async with visit(url) as page:
        seen = await page.step(Click(Point(5, 5)))
        assert kinds(seen) == ["dialog"] * 3
        assert '"saved!"' in seen.events[0].text
        assert seen.title == "true Bob"
        assert (await page.step(Wait(0))).events == ()
    async with visit(url, dialogs="dismiss") as page:
        assert (await page.step(Click(Point(5, 5)))).title == "false null"


async def test_a_page_that_asks_whether_to_leave_is_left(site, visit):
    away = site.body("/away", "", title="away")
    script = "<script>onbeforeunload = event => event.preventDefault()</script>"
    async with visit(site.body("/", script)) as page:
        await page.step(Click(Point(5, 5)))
        seen = await page.step(Goto(away))
        assert seen.url == away
        assert kinds(seen) == ["dialog"]


# ---------------------------------------------------------------- what cannot be done


IMPOSSIBLE: list[tuple[Action, str]] = [
    (Click(Point(-1, 5)), "not on the screen"),
    (Click(Point(1280, 5)), "not on the screen"),
    (Click(Point(float("nan"), 5)), "not on the screen"),
    (Click(Point(5, 5), count=9), "9-fold"),
    (Hover(Point(5, 720)), "not on the screen"),
    (Type("x", point=Point(5, 1e9)), "not on the screen"),
    (Scroll(Point(5, 5), dy_css_px=float("inf")), "not a number"),
    (Drag(Point(5, 5), Point(5, -5)), "not on the screen"),
    (Press("Strg+A"), "There is no key"),
    (Press(""), "There is no key"),
    (Upload(Point(5, 5), ("/no/such/file",)), "/no/such/file"),
    (Upload(Point(5, 5), ()), "no files"),
    (Upload(Point(5, 5), ("/etc/hostname",)), "no file chooser"),
    (TabSwitch(4), "no tab 4"),
    (TabClose(-1), "no tab -1"),
    (Goto("example.com"), "https://"),
    (Goto("http://"), "no address"),
    (Goto("javascript:alert(1)"), "cannot be loaded"),
    (Goto("chrome://quit"), "cannot be loaded"),
    (Wait(float("nan")), "cannot wait"),
    (Wait(100), "longest"),
    (Zoom(Box(0, 0, 10, 10)), "zoom"),
]


async def test_an_impossible_action_is_answered_in_words(site, visit):
    async with visit(site.body("/", "nothing"), hang_limit_s=3) as page:
        for action, words in IMPOSSIBLE:
            seen = await page.step(action)
            assert words in said(seen, "bad_action"), action
            assert seen.url == site.url("/")
        assert (await page.step(Wait(0))).events == ()


async def test_too_many_tabs_are_refused(site, visit):
    async with visit(site.body("/", ""), max_tabs=2) as page:
        assert (await page.step(TabNew())).events == ()
        assert "close one" in said(await page.step(TabNew()), "bad_action")


# ---------------------------------------------------------------- log-ins


async def test_log_ins_are_saved_and_loaded(site, visit, tmp_path):
    state = tmp_path / "logins" / "state.json"
    url = site.body("/", "<script>document.title = localStorage.who + document.cookie</script>")
    async with visit(url, save_storage_state=state) as page:
        await page.page.evaluate("localStorage.who = 'me'; document.cookie = 'session=7'")
    assert oct(state.stat().st_mode & 0o777) == "0o600"
    async with visit(url, storage_state=state) as page:
        assert (await page.step(Wait(0))).title == "mesession=7"
    page = LivePage(None, "", url, PageSettings(storage_state=tmp_path / "none"))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="none"):
        await page.reset()
