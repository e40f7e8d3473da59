"""Dialogs, permissions and log-ins that whoever acts has to answer."""

import asyncio
import base64
import time

import pytest

from vigorl.browser.actions import (
    Accept,
    Action,
    Back,
    Click,
    Dismiss,
    Drag,
    Goto,
    Reload,
    TabClose,
    TabNew,
    Type,
    Wait,
)
from vigorl.browser.errors import StartFault
from vigorl.browser.geometry import Box, Point
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import Observation
from vigorl.browser.page_settings import HttpCredentials

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

HERE = Point(50, 50)
LEAVING = "<textarea id=t style='width:200px;height:90px'></textarea><script>t.oninput = () => { onbeforeunload = e => e.preventDefault() }</script>"  # noqa: E501


@pytest.fixture
def ask(visit):
    """`visit`, where everything is asked."""

    def ask(url: str, **settings):
        return visit(url, **{"dialogs": "ask", "permissions": "ask", **settings})

    return ask


def asked(seen: Observation) -> tuple[str, str]:
    assert seen.question is not None
    assert seen.view is not None
    return seen.question.kind, seen.question.text


def texts(seen: Observation) -> str:
    return " ".join(event.text for event in seen.events)


async def quickly(step, limit_s: float = 4.0) -> Observation:
    started = time.monotonic()
    seen = await step
    assert time.monotonic() - started < limit_s
    return seen


async def test_dialogs_are_asked_one_after_the_other_and_answered(site, ask):
    script = (
        "alert('saved!'); const sure = confirm('sure?');"
        "document.title = sure + ' ' + prompt('name?', 'Bob') + ' ' + prompt('city?', 'Ulm')"
    )
    async with ask(site.body("/", f"<script>onclick = () => {{ {script} }}</script>")) as page:
        seen = await quickly(page.step(Click(HERE)))
        assert asked(seen) == ("alert", "saved!")
        assert seen.question.origin == site.url("")
        assert '"saved!"' in texts(seen) and "Accept closes it" in texts(seen)
        assert asked(await quickly(page.step(Accept()))) == ("confirm", "sure?")
        seen = await quickly(page.step(Dismiss()))
        assert asked(seen) == ("prompt", "name?")
        assert seen.question.suggestion == "Bob"
        assert asked(await quickly(page.step(Accept("Eve")))) == ("prompt", "city?")
        seen = await quickly(page.step(Accept()))
        assert (seen.title, seen.question, seen.events) == ("false Eve Ulm", None, ())


async def test_other_actions_are_refused_while_something_is_asked(site, ask):
    async with ask(site.body("/", "<script>onclick = () => alert('first')</script>")) as page:
        await page.step(Click(HERE))
        for action in (Click(HERE), Wait(1), Goto(site.url("/")), TabNew(), Type("x")):
            seen = await quickly(page.step(action))
            assert [event.kind for event in seen.events] == ["bad_action"]
            assert '"first"' in texts(seen) and "Accept" in texts(seen)
            assert asked(seen) == ("alert", "first")
        assert (await quickly(page.step(Accept()))).question is None
        seen = await page.step(Accept())
        assert "Nothing is asked" in texts(seen)


async def test_a_dialog_while_the_page_loads_is_asked_at_once(browser, site):
    url = site.body("/", "<p>words</p><script>alert('hello')</script><p id=after>after</p>")
    page = LivePage(browser, "", url, PageSettings(dialogs="ask"))
    try:
        seen = await quickly(page.reset())
        assert asked(seen) == ("alert", "hello")
        assert seen.view.picture.image().size == (1280, 720)
        assert (await page.step(Accept())).question is None
        assert await page.page.evaluate("after.textContent") == "after"
    finally:
        await page.close()


async def test_what_was_painted_before_the_dialog_is_seen(site, ask):
    script = "onclick = () => { document.body.style.background = 'red'; setTimeout(alert, 300) }"
    async with ask(site.body("/", f"<script>{script}</script>")) as page:
        seen = await page.step(Click(HERE))
        red, green, _ = seen.view.picture.image().getpixel((300, 300))
        assert asked(seen)[0] == "alert" and red > 200 and green < 60


async def test_a_dialog_halfway_lets_the_rest_of_the_action_follow(site, ask):
    url = site.body(
        "/",
        "<input id=i style='width:200px;height:90px'><script>"
        "i.oninput = () => { if (i.value == 'ab') alert('so far') };"
        "window.ups = 0; onmouseup = () => ups++;"
        "document.ondragstart = () => false;"
        "onmousemove = e => { if (e.buttons && !window.told) { window.told = 1; alert('drag') } }"
        "</script>",
    )
    async with ask(url) as page:
        assert asked(await quickly(page.step(Type("abcd", point=HERE)))) == ("alert", "so far")
        await page.step(Accept())
        assert await page.page.evaluate("i.value") == "abcd"
        before = await page.page.evaluate("ups")
        seen = await quickly(page.step(Drag(Point(300, 300), Point(500, 400))))
        assert asked(seen) == ("alert", "drag")
        assert (await quickly(page.step(Accept()))).question is None
        assert await page.page.evaluate("ups") == before + 1


async def test_frames_and_tabs_behind_ask_too(site, ask):
    site.body("/inner", "<script>setTimeout(() => confirm('inside'), 500)</script>")
    inner = site.url("/inner", "localhost")
    async with ask(site.body("/", f"<iframe src='{inner}'></iframe>")) as page:
        seen = await page.step(Wait(1))
        assert asked(seen) == ("confirm", "inside")
        assert seen.question.origin == site.url("", "localhost")
        await page.step(Accept())
    url = site.body("/", "<script>onclick = () => setTimeout(alert, 1500, 'behind')</script>")
    async with ask(url) as page:
        await page.step(Click(HERE))
        await page.step(TabNew(site.body("/other", "")))
        seen = await quickly(page.step(Wait(2)))
        assert asked(seen) == ("alert", "behind")
        assert (await quickly(page.step(Accept()))).question is None


async def test_a_popup_that_asks_as_it_opens_is_shown_once_that_is_answered(site, ask):
    site.body("/popup", "<script>document.title = confirm('really?')</script>")
    url = site.body("/", "<script>onclick = () => open('/popup')</script>")
    async with ask(url) as page:
        assert asked(await quickly(page.step(Click(HERE)))) == ("confirm", "really?")
        seen = await quickly(page.step(Dismiss()))
        assert (seen.url, seen.title) == (site.url("/popup"), "false")


async def test_dialogs_without_end_are_cut_off_however_they_are_answered(site, ask):
    url = site.body("/", "<script>onclick = () => { for (;;) alert('again') }</script>")
    async with ask(url, max_dialogs=3, step_limit_s=9, settle_limit_s=1) as page:
        seen = await page.step(Click(HERE))
        for _ in range(3):
            assert asked(seen) == ("alert", "again")
            seen = await quickly(page.step(Accept()), 9)
        assert seen.question is None
        assert "more than 3 dialogs" in texts(seen)


async def test_an_unanswered_dialog_is_dismissed_and_told(site, ask):
    url = site.body("/", "<script>onclick = () => document.title = confirm('well?')</script>")
    async with ask(url, dialog_limit_s=0.5) as page:
        await page.step(Click(HERE))
        await asyncio.sleep(0.8)
        seen = await page.step(Wait(0))
        assert seen.question is None and seen.title == "false"
        assert "Nobody answered within 0.5 s" in texts(seen) and '"well?"' in texts(seen)


@pytest.mark.parametrize("way", ["goto", "back", "reload", "close"])
async def test_a_page_with_changes_is_stayed_on_or_left_as_answered(site, ask, way):
    away = site.body("/away", "", title="away")
    url = site.body("/", LEAVING, title="draft")
    action = {"goto": Goto(away), "back": Back(), "reload": Reload(), "close": TabClose()}[way]
    async with ask(away) as page:
        await page.step(Goto(url))
        await page.step(Type("more", point=HERE))
        seen = await quickly(page.step(action))
        assert asked(seen)[0] == "beforeunload"
        assert seen.url == url
        seen = await quickly(page.step(Dismiss()))
        assert (seen.url, seen.events, seen.question) == (url, (), None)
        assert await page.page.evaluate("t.value") == "more"
        assert asked(await quickly(page.step(action)))[0] == "beforeunload"
        seen = await quickly(page.step(Accept()))
        left = {"goto": away, "back": away, "reload": url, "close": "about:blank"}[way]
        assert (seen.url, seen.question) == (left, None)
        assert await page.page.evaluate("window.t?.value ?? ''") == ""


async def test_an_episode_ends_at_once_while_something_is_asked(browser, site, tmp_path):
    url = site.body("/", "<script>onclick = () => { for (;;) confirm('still?') }</script>")
    state = tmp_path / "state.json"
    page = LivePage(browser, "", url, PageSettings(dialogs="ask", save_storage_state=state))
    await page.reset()
    await page.step(Click(HERE))
    started = time.monotonic()
    await page.close()
    assert time.monotonic() - started < 8
    with pytest.raises(RuntimeError):
        await page.magnify(Box(0, 0, 9, 9), 9, 9)


# ---------------------------------------------------------------- permissions

LOCATION = (
    "<script>onclick = () => navigator.geolocation.getCurrentPosition("
    "p => document.title = p.coords.latitude, e => document.title = e.message)</script>"
)


async def located(page: LivePage, action: Action, before: str) -> Observation:
    """What is seen once the page has heard where it is, which a loaded machine tells it late."""
    seen = await page.step(action)
    for _ in range(20):
        if seen.title != before:
            break
        seen = await page.step(Wait(0.2))
    return seen


async def test_a_permission_is_asked_once_and_granted_to_that_origin_alone(site, ask):
    url = site.body("/", LOCATION)
    async with ask(url, geolocation=(48.4, 10.0)) as page:
        seen = await quickly(page.step(Click(HERE)))
        assert asked(seen) == ("permission", "wants to know your location")
        assert f"The page at {site.url('')} wants to know your location" in texts(seen)
        assert (await located(page, Accept(), "page")).title == "48.4"
        await page.page.evaluate("document.title = 'again'")
        seen = await located(page, Click(HERE), "again")
        assert (seen.question, seen.title) == (None, "48.4")
        await page.step(Goto(site.url("/", "localhost")))
        assert asked(await page.step(Click(HERE)))[0] == "permission"
        assert "denied" in (await located(page, Dismiss(), "page")).title
        assert (await page.step(Click(HERE))).question is None


async def test_permissions_are_denied_or_allowed_without_a_question_where_settings_say_so(
    site, visit
):
    url = site.body("/", LOCATION)
    async with visit(url) as page:
        seen = await located(page, Click(HERE), "page")
        assert seen.question is None and "denied" in seen.title
    async with visit(url, permissions="allow") as page:
        assert (await located(page, Click(HERE), "page")).title == "51.4779"


async def test_a_page_cannot_grant_itself_what_it_asks_for(site, ask):
    script = (
        "const own = Object.getOwnPropertyNames(window).filter(n => n.startsWith('tell'));"
        "Promise.prototype.then = function (f) { f(true); return this };"
    )
    async with ask(site.body("/", f"<script>{script}</script>{LOCATION}")) as page:
        assert await page.page.evaluate("own") == []
        await page.step(Click(HERE))
        seen = await page.step(Dismiss())
        assert "denied" in seen.title or seen.title == "page"
        state = "navigator.permissions.query({name: 'geolocation'})"
        assert await page.page.evaluate(f"(async () => (await {state}).state)()") == "denied"


async def test_other_permissions_are_asked_by_their_name(site, ask):
    url = site.body("/", "")
    wishes = {
        "Notification.requestPermission()": "show notifications",
        "navigator.clipboard.readText()": "see what you have copied to the clipboard",
        "navigator.mediaDevices.getUserMedia({audio: true, video: true})": (
            "use your camera and use your microphone"
        ),
    }
    async with ask(url) as page:
        for call, wish in wishes.items():
            await page.page.evaluate(f"() => {{ onclick = () => {{ {call}.catch(() => 0) }} }}")
            assert asked(await quickly(page.step(Click(HERE)))) == (
                "permission",
                f"wants to {wish}",
            )
            assert (await quickly(page.step(Accept()))).question is None


# ---------------------------------------------------------------- log-ins

ADA = "Basic " + base64.b64encode(b"ada:lovelace").decode()


@pytest.fixture
def archive(site):
    site.body("/archive/", "inside", title="inside")
    site.log_ins["/archive/"] = ADA
    return site.url("/archive/")


async def test_a_log_in_is_asked_until_it_is_right(site, ask, archive):
    async with ask(site.body("/", f"<a href='{archive}' style='padding:90px'>in</a>")) as page:
        seen = await quickly(page.step(Click(HERE)))
        assert asked(seen) == ("log_in", "the archive, old")
        assert "needs a user name" in texts(await page.step(Accept("ada")))
        seen = await quickly(page.step(Accept("ada", "wrong")))
        assert asked(seen)[0] == "log_in" and "was not accepted" in texts(seen)
        seen = await quickly(page.step(Accept("ada", "lovelace")))
        assert (seen.title, seen.question) == ("inside", None)
        seen = await page.step(Reload())
        assert (seen.title, seen.question) == ("inside", None)
        assert (await page.step(Back())).url == site.url("/")


async def test_a_log_in_that_is_dismissed_shows_what_the_site_says(site, ask, archive):
    async with ask(archive) as page:
        seen = await page.step(Dismiss())
        assert (seen.url, seen.question) == (archive, None)
        assert "who are you" in await page.page.evaluate("document.body.innerText")


async def test_log_ins_that_are_known_are_not_asked_for(site, ask, visit, archive):
    for origin in (None, site.url("")):
        credentials = HttpCredentials("ada", "lovelace", origin)
        async with visit(archive, http_credentials=credentials) as page:
            assert (await page.step(Wait(0))).title == "inside"
    address = archive.replace("//", "//ada:lovelace@")
    async with ask(site.body("/", "")) as page:
        seen = await page.step(Goto(address))
        assert (seen.title, seen.url, seen.question) == ("inside", archive, None)
        assert "lovelace" not in texts(seen)


async def test_a_log_in_is_not_given_to_another_origin(site, visit, archive):
    other = archive.replace("127.0.0.1", "localhost")
    url = site.body("/", f"<iframe src='{other}'></iframe>")
    async with visit(url, http_credentials=HttpCredentials("ada", "lovelace")) as page:
        await page.step(Wait(0.3))
        assert "who are you" in await page.page.frames[1].evaluate("document.body.innerText")


async def test_a_start_that_wants_another_log_in_is_a_fault(browser, archive):
    wrong = PageSettings(http_credentials=HttpCredentials("ada", "wrong"))
    for settings, reason in ((PageSettings(), "wants a log-in"), (wrong, "password is wrong")):
        page = LivePage(browser, "", archive, settings)
        with pytest.raises(StartFault, match=f"answered 401 Unauthorized.*{reason}"):
            await page.reset()
        await page.close()
