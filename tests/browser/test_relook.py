# ruff: noqa: E501
"""What was aimed at is looked at again before it is clicked, where the picture is old."""

import asyncio

import pytest

from vigorl.browser.actions import Action, Click, Press, SelectOption, Type, Wait
from vigorl.browser.deeds import Approval, Deed
from vigorl.browser.geometry import Point
from vigorl.browser.observation import Observation

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

HERE = Point(100, 50)
FIXED = "position:fixed;left:0;top:0;width:300px;height:100px"
KEEP = f"<button id=b style='{FIXED}' onclick='log.push(1)'>Keep</button><script>log = []</script>"


def changes(seen: Observation) -> list[str]:
    return [event.text for event in seen.events if event.kind == "changed"]


CHANGES: dict[str, tuple[str, str, Action]] = {
    "another button in its place": (
        KEEP,
        "b.outerHTML = b.outerHTML.replace('Keep', 'Delete')",
        Click(HERE),
    ),
    "the same button with other words": (KEEP, "b.textContent = 'Delete'", Click(HERE)),
    "a layer in front of it": (
        KEEP,
        f"document.body.insertAdjacentHTML('beforeend', `<div style='{FIXED};background:#eee' onclick='log.push(2)'>ad</div>`)",
        Click(HERE),
    ),
    "a layer that nobody sees": (
        KEEP,
        f"document.body.insertAdjacentHTML('beforeend', `<div style='{FIXED};opacity:0'></div>`); document.body.lastChild.addEventListener('click', () => log.push(2))",
        Click(HERE),
    ),
    "a frame that nobody sees": (
        KEEP,
        f"document.body.insertAdjacentHTML('beforeend', `<iframe style='{FIXED};opacity:0'></iframe>`)",
        Click(HERE),
    ),
    "what moved down": (
        "<div id=bar></div><button onclick='log.push(1)' style='display:block;width:300px;height:100px'>Keep</button>"
        "<button onclick='log.push(2)' style='display:block;width:300px;height:100px'>Delete</button><script>log = []</script>",
        "bar.style.height = '-1px'; document.body.style.marginTop = '-100px'",
        Click(HERE),
    ),
    "a link to another place": (
        f"<a id=b href='#one' style='{FIXED}'>Go on</a><script>log = []; onhashchange = () => log.push(1)</script>",
        "b.href = '#two'",
        Click(HERE),
    ),
    "a form that goes elsewhere": (
        f"<form action='javascript:log.push(1)'><input name=q style='{FIXED}'></form><script>log = []</script>",
        "document.forms[0].action = 'http://127.0.0.1:9/'",
        Type("hello", HERE),
    ),
    "a field in a field's place": (
        f"<input id=b aria-label=Name style='{FIXED}' oninput='log.push(1)'><script>log = []</script>",
        "b.type = 'password'",
        Type("hello", HERE),
    ),
    "the focus": (
        "<input autofocus oninput='log.push(1)'><input id=b aria-label=other oninput='log.push(2)'><script>log = []</script>",
        "b.focus()",
        Type("hello"),
    ),
    "the focus, before a key": (
        "<button autofocus onclick='log.push(1)'>one</button><button id=b onclick='log.push(2)'>two</button><script>log = []</script>",
        "b.focus()",
        Press("Enter"),
    ),
    "a list": (
        f"<select id=b style='{FIXED}' aria-label=one onchange='log.push(1)'><option>a<option>b</select><script>log = []</script>",
        "b.setAttribute('aria-label', 'two')",
        SelectOption(HERE, "b"),
    ),
    "what a canvas shows": (
        f"<canvas id=b width=300 height=100 style='{FIXED}' onclick='log.push(1)'></canvas><script>log = []; c = b.getContext('2d'); c.fillStyle = 'green'; c.fillRect(0, 0, 300, 100)</script>",
        "c.fillStyle = 'red'; c.fillRect(0, 0, 300, 100)",
        Click(HERE),
    ),
    "what a bare text is": (
        f"<div id=b style='{FIXED};font-size:60px'>Keep this</div><script>log = []; b.addEventListener('click', () => log.push(1))</script>",
        "b.textContent = 'Delete'; b.style.background = '#c00'",
        Click(HERE),
    ),
    "a bare page in a bare page's place": (
        "<div style='height:700px'></div><script>log = []</script>",
        "document.body.innerHTML = '<div style=\"height:700px\"></div><p>Other terms</p>'; document.body.addEventListener('click', () => log.push(1))",
        Click(HERE),
    ),
    "a blank layer over a blank place": (
        "<p>Words</p><script>log = []</script>",
        f"document.body.insertAdjacentHTML('beforeend', `<div style='{FIXED}'></div>`); document.body.lastChild.addEventListener('click', () => log.push(1))",
        Click(HERE),
    ),
    "a blank layer that was hidden": (
        f"<p>Words</p><div id=b style='{FIXED};display:none'></div><script>log = []; b.addEventListener('click', () => log.push(1))</script>",
        "b.style.display = 'block'",
        Click(HERE),
    ),
    "a blank layer that comes from elsewhere": (
        f"<p>Words</p><div id=b style='{FIXED};left:600px'></div><script>log = []; b.addEventListener('click', () => log.push(1))</script>",
        "b.style.left = 0",
        Click(HERE),
    ),
    "a blank layer that let clicks through": (
        f"<div id=a style='{FIXED}'></div><div id=b style='{FIXED};pointer-events:none'></div><script>log = []; b.addEventListener('click', () => log.push(1))</script>",
        "b.style.pointerEvents = 'auto'",
        Click(HERE),
    ),
    "a blank layer that lay below": (
        f"<div id=b style='{FIXED}'></div><div id=a style='{FIXED}'></div><script>log = []; b.addEventListener('click', () => log.push(1))</script>",
        "b.style.zIndex = 1",
        Click(HERE),
    ),
    "a button where the page lies about it": (
        "<script>log = []; document.elementFromPoint = Document.prototype.elementFromPoint = () => document.body; Element.prototype.matches = () => false</script>"
        + KEEP.removesuffix("<script>log = []</script>"),
        "b.textContent = 'Delete'",
        Click(HERE),
    ),
    "a form whose fields are named like what is asked of it": (
        f"<form id=f action='javascript:log.push(1)'><input name=elementFromPoint><input name=getAttribute><input name=parentElement><input name=textContent><button id=b style='{FIXED}'>Keep</button></form><form name=querySelectorAll></form><form name=elementFromPoint></form><script>log = []</script>",
        "f.setAttribute('action', 'javascript:log.push(2)')",
        Click(HERE),
    ),
}


@pytest.mark.one_in(4)
@pytest.mark.parametrize("name", CHANGES)
async def test_a_changed_target_is_told_and_left_alone(site, visit, name: str) -> None:
    body, change, action = CHANGES[name]
    async with visit(site.body("/a", body), look_again_after_s=0) as page:
        if {"blank", "bare"} & set(name.split()):  # what took the clicks is noted after a while
            await asyncio.sleep(0.3)
        await page.page.evaluate(change)
        seen = await page.step(action)
        assert len(changes(seen)) == 1 and "Nothing was done" in changes(seen)[0]
        assert await page.page.evaluate("log") == []
        seen = await page.step(action)  # it was looked at again
        assert changes(seen) == []


async def test_they_would_have_been_hit(site, visit) -> None:
    async with visit(site.body("/a", ""), look_again_after_s=None, settle_limit_s=0.3) as page:
        for number, (body, change, action) in enumerate(CHANGES.values()):
            await page.page.goto(site.body(f"/{number}", body))
            await page.page.evaluate(change)
            assert changes(await page.step(action)) == []


MOVING = {
    "a spinner beside the words": "<button style='{box}' onclick='log.push(1)'><svg width=40 height=40><circle id=b r=9 cx=20 cy=20 /></svg> Load</button><script>setInterval(() => b.setAttribute('r', Math.random() * 20), 30)</script>",
    "a count-down": "<button id=b style='{box}' onclick='log.push(1)'>Send again in 59 s</button><script>setInterval(() => { b.textContent = `Send again in ${Math.random() * 60 | 0} s` }, 30)</script>",
    "a button that is drawn anew": "<div id=b></div><script>draw = () => { b.innerHTML = `<button style='{box}' onclick='log.push(1)'>Vote</button>` }; draw(); setInterval(draw, 30)</script>",
    "colours that change": "<button id=b style='{box}' onclick='log.push(1)'>Play</button><script>setInterval(() => { b.style.background = `hsl(${Math.random() * 360} 90% 50%)` }, 30)</script>",
    "a field with a caret": "<input style='{box}' autofocus onclick='log.push(1)'>",
    "a clock beside it": "<p id=b style='margin-top:200px'></p><button style='{box}' onclick='log.push(1)'>Go</button><script>setInterval(() => { b.textContent = Date.now() }, 30)</script>",
    "a video": "<video style='{box};background:#000' onclick='log.push(1)'></video>",
    "a link over two lines": "<p style='width:150px;font:30px sans-serif;margin:0'>aaaa <a href='#' onclick='log.push(1)'>bbbbbbbb cccc dddd eeee</a></p>",
    "a label of a box": "<label style='{box}' onclick='log.push(1)'><input type=checkbox>Yes</label>",
    "words in a custom element": "<x-b></x-b><script>customElements.define('x-b', class extends HTMLElement { connectedCallback() { this.attachShadow({mode: 'open'}).innerHTML = `<button style='{box}' onclick='log.push(1)'>Go</button>` } })</script>",
    "bare words that are drawn anew": "<div id=b></div><script>draw = () => { b.innerHTML = `<div style='{box}'><div style='height:80px'>Row one</div></div>` }; draw(); setInterval(draw, 300); b.addEventListener('click', () => log.push(1))</script>",
    "an answer that is being written": "<div id=b style='{box};height:auto'>"
    + "Once upon a time " * 30
    + "</div><script>setInterval(() => { if (b.textContent.length < 2000) b.textContent += ' upon a time' }, 30); b.addEventListener('click', () => log.push(1))</script>",
    "news beside a blank place": "<div id=b style='position:fixed;top:300px'></div><script>setInterval(() => { b.innerHTML = `<p>news ${'abcdefgh'[Math.random() * 8 | 0]}</p>` }, 30); document.body.addEventListener('click', () => log.push(1))</script>",
    "more than can be listed": "<i tabindex=0>i</i>" * 600
    + "<button style='{box}' onclick='log.push(1)'>Go</button>",
}


async def test_a_click_meant_for_another_page_is_not_made(site, visit) -> None:
    other = site.body("/b", KEEP)
    async with visit(site.body("/a", KEEP), look_again_after_s=0) as page:
        await page.page.goto(other)
        seen = await page.step(Click(HERE))
        assert "another one has come in its place" in changes(seen)[0]
        assert await page.page.evaluate("log") == []
        await page.step(Click(HERE))
        assert await page.page.evaluate("log") == [1]


@pytest.mark.one_in(2)
@pytest.mark.parametrize("name", MOVING)
async def test_what_moves_by_itself_is_clicked_at_once(site, visit, name: str) -> None:
    body = "<script>log = []</script>" + MOVING[name].replace("{box}", FIXED)
    settings = {"look_again_after_s": 0, "settle_limit_s": 0.3}
    async with visit(site.body("/a", body), **settings) as page:
        await asyncio.sleep(0.1)
        seen = await page.step(Click(HERE))
        assert changes(seen) == [] and await page.page.evaluate("log") != []


async def test_a_canvas_that_never_rests_is_refused_once(site, visit) -> None:
    body = f"<canvas id=b width=300 height=100 style='{FIXED}' onclick='log.push(1)'></canvas><script>log = []; c = b.getContext('2d'); setInterval(() => {{ c.fillStyle = `hsl(${{(Date.now() * 7) % 360}} 100% ${{30 + 40 * (Date.now() % 2)}}%)`; c.fillRect(0, 0, 300, 100) }}, 5)</script>"
    settings = {"look_again_after_s": 0, "settle_limit_s": 0.2}
    async with visit(site.body("/a", body), **settings) as page:
        refused = 0
        for _ in range(4):
            refused += len(changes(await page.step(Click(HERE))))
            if await page.page.evaluate("log.length"):
                break
        assert refused <= 1 and await page.page.evaluate("log.length") == 1


async def test_a_page_that_always_swaps_is_not_refused_for_ever(site, visit) -> None:
    body = (
        KEEP
        + "<script>setInterval(() => { b.textContent = b.textContent === 'Keep' ? 'Delete' : 'Keep' }, 7)</script>"
    )
    settings = {"look_again_after_s": 0, "settle_limit_s": 0.2}
    async with visit(site.body("/a", body), **settings) as page:
        for _ in range(6):
            await page.step(Click(HERE))
        assert await page.page.evaluate("log.length") >= 1


async def test_a_fresh_picture_is_believed(site, visit) -> None:
    async with visit(site.body("/a", KEEP), look_again_after_s=30) as page:
        await page.page.evaluate("b.textContent = 'Delete'")
        assert changes(await page.step(Click(HERE))) == []
        assert await page.page.evaluate("log.length") == 1


async def test_what_is_scrolled_or_waited_for_is_not_looked_at(site, visit) -> None:
    async with visit(site.body("/a", KEEP), look_again_after_s=0) as page:
        await page.page.evaluate("b.textContent = 'Delete'")
        assert changes(await page.step(Wait(0.1))) == []


async def test_what_changes_while_somebody_is_asked_is_not_done(site, visit) -> None:
    class Late:
        async def approve(self, deed: Deed) -> Approval:
            await page.page.evaluate("document.forms[0].action = '/evil'")
            return Approval(True)

    body = f"<form method=post action=/good><button style='{FIXED}'>Pay</button></form>"
    settings = {"approve": "risky", "approver": Late()}
    async with visit(site.body("/a", body), **settings) as page:
        seen = await page.step(Click(HERE))
        assert len(changes(seen)) == 1 and site.sent == []
