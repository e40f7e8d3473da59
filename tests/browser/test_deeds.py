# ruff: noqa: E501
"""What needs a yes: found before it is done, asked about, and not done after a no."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict

import pytest
import pytest_asyncio
from pydantic import TypeAdapter

from vigorl.browser import foresight
from vigorl.browser.actions import (
    Accept,
    Action,
    Click,
    Drag,
    Goto,
    Hover,
    Press,
    Reload,
    SelectOption,
    Type,
    Upload,
    Wait,
)
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.deeds import Approval, Consent, Deed, Sent
from vigorl.browser.errors import StoppedByPerson
from vigorl.browser.geometry import Point
from vigorl.browser.live import LivePage, PageSettings
from vigorl.browser.observation import Observation
from vigorl.browser.risks import RULES, judged_request
from vigorl.browser.wording import agrees, likely, surely

from .conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

HERE = Point(50, 50)
BIG = "style='position:fixed;left:0;top:0;width:300px;height:100px'"


class Says:
    """An approver that says one thing and remembers what it was asked."""

    def __init__(self, granted: bool, always: bool = False, stop: bool = False) -> None:
        self.approval = Approval(granted, always, stop)
        self.deeds: list[Deed] = []

    async def approve(self, deed: Deed) -> Approval:
        self.deeds.append(deed)
        return self.approval

    @property
    def rules(self) -> list[tuple[str, ...]]:
        return [deed.rules for deed in self.deeds]


@pytest.fixture
def no() -> Says:
    return Says(False)


@pytest.fixture
def yes() -> Says:
    return Says(True)


def texts(seen: Observation, kind: str = "denied") -> list[str]:
    return [event.text for event in seen.events if event.kind == kind]


def form(
    button: str, fields: str = "", action: str = "/go", method: str = "post", title: str = ""
) -> str:
    """A form whose button is at `HERE`; its fields are out of the way."""
    return (
        f"<h1>{title}</h1><form action='{action}' method={method}>"
        f"<div style='margin-top:120px'>{fields}</div><button {BIG}>{button}</button></form>"
    )


def script(name: str, does: str) -> str:
    return f"<button {BIG} onclick='{does}'>{name}</button>"


CARD = "<input name=n autocomplete=cc-number value=4111111111111111>"
PASSWORDS = "".join(
    f"<input type=password value=x autocomplete={kind}-password>" for kind in ("current", "new")
)
PERSON = "<input name=email type=email value=ann@mail.test>"
SECRET = "<input type=password name=p value=x>"
FETCH = 'fetch("{}",{{method:"{}",body:"{}"}})'
ELSEWHERE = "http://localhost:{port}/go"

RISKY: list[tuple[str, str, str]] = [
    ("pay", "a button says so", script("Place order", 'new WebSocket("ws://x")')),
    ("pay", "a form holds a card", form("Continue", CARD)),
    ("pay", "its request says so", script("Continue", FETCH.format("/api/orders", "POST", ""))),
    ("pay", "its form's address says so", form("OK", action="/checkout/pay")),
    ("delete", "it is for good", script("Delete account", "1")),
    ("delete", "a list's entry goes", script("Delete", FETCH.format("/api/items/3", "POST", ""))),
    ("delete", "an icon says so", f"<button {BIG} onclick='{FETCH.format('/x', 'POST', '')}'><i class='fa fa-trash'></i></button>"),
    ("delete", "the button lies", script("Continue", FETCH.format("/api/items/3", "DELETE", ""))),
    ("delete", "the body says so", form("Continue", "<input name=_method value=delete>")),
    ("delete", "GraphQL says so", script("Continue", 'fetch("/graphql",{method:"POST",body:JSON.stringify({query:"mutation { deleteUser(id: 3) { id } }"})})')),
    ("delete", "the heading says so", form("Yes", title="Delete your account?")),
    ("delete", "a link does it", f"<a {BIG} href='/items/3/delete'>Delete</a>"),
    ("send", "a button says so", script("Send", "1")),
    ("send", "an address goes elsewhere", form("Go", PERSON, ELSEWHERE)),
    ("send", "a script sends it elsewhere", script("Go", FETCH.format(ELSEWHERE, "POST", "m=ann@mail.test"))),
    ("delete", "a beacon does it", script("Continue", 'navigator.sendBeacon("/account/delete", "x")')),
    ("delete", "a link does it in a new window", f"<a {BIG} target=_blank href='/items/3/delete'>Delete</a>"),
    ("publish", "a button says so", script("Publish", "1")),
    ("publish", "its request says so", script("Go on", FETCH.format("/api/comments", "POST", ""))),
    ("account", "a form holds an old and a new password", form("Save", PASSWORDS)),
    ("account", "a button says so", script("Disable two-factor authentication", "1")),
    ("account", "its request says so", script("Save", FETCH.format("/me/password", "PUT", ""))),
    ("sign_in", "a password goes elsewhere", form("Log in", SECRET, ELSEWHERE)),
    ("program", "a link saves one", f"<a {BIG} href='/setup.exe' download>Get it</a>"),
    ("program", "a server hands one out", f"<a {BIG} href='/get'>Get it</a>"),
    ("program", "a button says so", script("Install", "1")),
]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(browser: Browser) -> AsyncIterator[tuple[Site, LivePage, Says]]:
    """One episode for many pages, which forgets what it was allowed with every step."""
    site, says = Site(), Says(False)
    disposition = "attachment; filename=tool.exe"
    site.put(
        "/get", b"MZ", Content_Type="application/x-msdownload", Content_Disposition=disposition
    )
    site.put("/setup.exe", b"MZ", Content_Type="application/octet-stream")
    for path in ("/search", "/login", "/orders", "/checkout", "/help", "/go", "/a.png"):
        site.put(path, "fine")
    boundary = Boundary(local=True)
    settings = PageSettings(
        approve="risky", approver=says, boundary=boundary, look_again_after_s=None
    )
    page = LivePage(browser, "a goal", site.body("/a", "nothing"), settings)
    await page.reset()
    yield site, page, says
    await page.close()
    site.close()


async def show(shared: tuple[Site, LivePage, Says], body: str, says: bool) -> None:
    site, page, approver = shared
    await page.page.goto(site.body("/a", body.replace("{port}", str(site.port))))
    site.sent.clear()
    site.requests.clear()
    approver.deeds.clear()
    approver.approval = Approval(says)


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("rule", "body"),
    [(rule, body) for rule, _, body in RISKY],
    ids=[f"{rule}: {why}" for rule, why, _ in RISKY],
)
async def test_what_is_grave_is_done_after_a_yes_alone(shared, rule: str, body: str) -> None:
    site, page, approver = shared
    await show(shared, body, says=False)
    await page.page.evaluate("window.here = 1")
    seen = await page.step(Click(HERE))
    assert approver.deeds and rule in approver.deeds[0].rules
    assert len(texts(seen)) == 1 and "Not allowed" in texts(seen)[0]
    assert await page.page.evaluate("window.here") == 1, "it has left the page"
    assert site.sent == [] and not texts(seen, "download")
    assert not any(path.endswith("delete") for _, path in site.requests)

    await show(shared, body, says=True)
    seen = await page.step(Click(HERE))
    assert len(approver.deeds) == 1 and texts(seen) == []
    assert [consent.deed for consent in seen.consents] == approver.deeds
    said = TypeAdapter(Consent).dump_json(seen.consents[0])
    assert TypeAdapter(Consent).validate_json(said) == seen.consents[0]
    assert site.requests or ("fetch" not in body and "<form" not in body)


WORKERS = """async () => {
  const frame = document.createElement('iframe');
  document.body.append(frame);
  const tries = [navigator.serviceWorker, frame.contentWindow.navigator.serviceWorker].flatMap((its) => [
    () => its.register('/worker.js'),
    () => ServiceWorkerContainer.prototype.register.call(its, '/worker.js'),
    () => frame.contentWindow.ServiceWorkerContainer.prototype.register.call(its, '/worker.js'),
    () => Object.getPrototypeOf(its).register.call(its, '/worker.js'),
  ]);
  for (const each of tries) await each().catch(() => null);
  for (const its of [window, frame.contentWindow]) try { new its.SharedWorker('/worker.js') } catch { }
  new Worker('/worker.js');
}"""


async def test_no_worker_sends_what_nobody_can_hold(shared, visit) -> None:
    site, page, approver = shared
    script = "fetch('/api/items/3', {method: 'DELETE'}).catch(() => 0); self.onfetch = () => 0"
    site.put("/worker.js", script, Content_Type="text/javascript")
    await show(shared, "a page", says=False)
    await page.page.evaluate(WORKERS)
    await page.step(Wait(0.7))
    assert site.sent == [] and approver.rules == [("delete",)]
    async with visit(site.url("/a"), approve="never") as free:
        await free.page.evaluate(WORKERS)
        await free.step(Wait(0.7))
        assert len(site.sent) > 1, "they work where nothing needs a yes"


PAYS = form("Pay now")
LIES = {
    "its scripts name another element": (
        "<script>Document.prototype.elementFromPoint = () => null;"
        "Object.defineProperty(HTMLElement.prototype, 'innerText', {get: () => 'Next'});"
        "Object.defineProperty(Node.prototype, 'textContent', {get: () => 'Next'});"
        "Element.prototype.getAttribute = () => null</script>" + PAYS
    ),
    "its scripts break what looks at it": (
        "<script>Element.prototype.matches = () => { throw 1 }</script>" + PAYS
    ),
    "it says it is scrolled": (
        "<script>for (const way of ['scrollX', 'scrollY'])"
        "Object.defineProperty(window, way, {get: () => 3000})</script>" + PAYS
    ),
    "fields bear the names of what is asked": form(
        "Pay now",
        "".join(f"<input type=hidden name={name}>" for name in (
            "elements", "getAttribute", "parentElement", "getRootNode", "matches",
            "querySelector", "ownerDocument", "localName", "innerText", "textContent",
        )),
    ),
    "forms bear the names of what is asked": "".join(
        f"<form name={name}></form>" for name in (
            "querySelector", "title", "URL", "baseURI", "defaultView", "activeElement",
            "elementFromPoint",
        )
    ) + PAYS,
    "the way up goes in a circle": PAYS.replace("<button", "<input type=hidden name=parentElement><button"),
}  # fmt: skip


@pytest.mark.parametrize("how", LIES)
async def test_a_page_that_lies_about_itself_is_asked_about_all_the_same(shared, how: str) -> None:
    site, page, approver = shared
    await show(shared, LIES[how], says=False)
    await page.step(Click(HERE))
    assert site.sent == [] and "pay" in approver.deeds[0].rules


async def test_what_has_the_focus_is_not_for_the_page_to_say(shared) -> None:
    site, page, approver = shared
    lie = "<script>Object.defineProperty(document, 'activeElement', {get: () => harmless})</script>"
    await show(shared, PAYS + "<a id=harmless href=#>Next</a>" + lie, says=False)
    await page.page.evaluate("document.querySelector('button').focus()")
    await page.step(Press("Enter"))
    assert site.sent == [] and approver.deeds


async def test_where_a_page_does_not_say_what_it_does_its_request_needs_a_yes(
    shared, monkeypatch
) -> None:
    site, page, approver = shared
    monkeypatch.setattr(foresight, "LOOK_LIMIT_S", 0.1)
    await show(shared, form("Go on"), says=False)
    busy = "() => { let ends = performance.now() + 800; while (performance.now() < ends); }"
    await page.page.evaluate(f"setTimeout({busy}, 0)")
    await page.step(Click(HERE))
    assert site.sent == [] and approver.rules == [("unsaid",)]


HARMLESS = {
    "a search": form("Search", "<input name=q value=delete>", "/search", "get"),
    "a search that is posted": script("Search", FETCH.format("/api/search/orders", "POST", "")),
    "an entry that only goes from the page": script("Delete", "this.remove()"),
    "a log-in at home": form("Log in", PERSON + SECRET, "/login"),
    "a link to the orders": f"<a {BIG} href='/orders'>Orders</a>",
    "a link to the basket": f"<a {BIG} href='/checkout'>Checkout</a>",
    "a page about deleting": f"<a {BIG} href='/help'>How to delete your account</a>",
    "a menu": f"<button {BIG} aria-haspopup=menu>Send</button>",
    "analytics": script("Delete", FETCH.format("/collect", "POST", "") + ";this.remove()"),
    "a beacon": script("Order history", 'navigator.sendBeacon("/api/orders", "x")').replace("orders", "seen"),
    "a preference": script("Dark mode", FETCH.format("/api/settings", "POST", "")),
    "a basket": script("Add to basket", FETCH.format("/api/basket", "POST", "")),
    "a reading query": script("Next", 'fetch("/graphql",{method:"POST",body:JSON.stringify({query:"query { orders { id } }"})})'),
    "a form about nothing": form("Save", "<input name=nick value=Ann>"),
    "a picture": f"<a {BIG} href='/a.png' download>Picture</a>",
    "a box that is ticked": f"<label {BIG}><input type=checkbox>Delete my account</label>",
    "a field": f"<input {BIG} placeholder='Send message'>",
}  # fmt: skip


@pytest.mark.one_in(2)
@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS)
async def test_what_is_harmless_is_not_asked_about(shared, body: str) -> None:
    _, page, approver = shared
    await show(shared, body, says=False)
    seen = await page.step(Click(HERE))
    assert approver.deeds == [] and texts(seen) == []


KEYS: dict[str, tuple[str, Action]] = {
    "Enter in a form": (form("Place order", "<input autofocus name=q>"), Press("Enter")),
    "Enter behind what is typed": (
        form("Place order", f"<input name=q {BIG.replace('top:0', 'top:100px')}>"),
        Type("one", Point(50, 150), enter=True),
    ),
    "a line break in what is typed": (
        form("Place order", f"<input name=q {BIG.replace('top:0', 'top:100px')}>"),
        Type("one\n", Point(50, 150)),
    ),
    "Space on a button": (
        form("Place order").replace("<button", "<button autofocus"),
        Press("Space"),
    ),
    "Enter on a button": (
        form("Place order").replace("<button", "<button autofocus"),
        Press("Enter"),
    ),
    "Enter on an unlabelled button": (
        script("Continue", FETCH.format("/api/orders", "POST", "")).replace(
            "<button", "<button autofocus"
        ),
        Press("Enter"),
    ),
    "Control and Enter in an editor": (
        "<form method=post action=/orders><textarea autofocus></textarea><button>Pay</button></form>"
        "<script>document.forms[0].onkeydown = e => { if (e.ctrlKey && e.key === 'Enter') e.target.form.requestSubmit() }</script>",
        Press("Control+Enter"),
    ),
    "an option that sends its form": (
        f"<form method=post action=/orders/1><select {BIG} onchange='this.form.submit()'><option>…<option>Pay</select></form>",
        SelectOption(HERE, "Pay"),
    ),
    "a drag into the bin": (
        f"<div {BIG} draggable=true>Entry</div><div style='position:fixed;left:0;top:200px;width:300px;height:100px' onmouseup='1' ondragover='event.preventDefault()' ondrop='fetch(\"/api/orders/3\",{{method:\"POST\"}})'>Pay</div>",
        Drag(HERE, Point(50, 250)),
    ),
    "a page that is loaded again": (form("go"), Reload()),
}


@pytest.mark.parametrize("name", KEYS)
async def test_there_is_no_way_around_it(site, visit, no: Says, name: str) -> None:
    body, action = KEYS[name]
    if name == "a page that is loaded again":
        url = site.body("/a", "<form method=post action=/orders></form>")
        site.put("/orders", "done")
        async with visit(url, approve="risky", approver=no) as page:
            no.approval = Approval(True)
            await page.page.evaluate("document.forms[0].submit()")
            await page.step(Wait(0.3))
            assert len(site.sent) == 1
            no.approval = Approval(False)
            seen = await page.step(Reload())
            assert len(site.sent) == 1 and texts(seen)
            return
    async with visit(site.body("/a", body), approve="risky", approver=no) as page:
        seen = await page.step(action)
        assert [deed.rules[0] for deed in no.deeds] == ["pay"] and texts(seen)
    assert site.sent == []


async def test_a_chat_is_sent_by_enter(site, visit, no: Says) -> None:
    body = f"<div contenteditable aria-label='Message Ann' {BIG}></div>"
    async with visit(site.body("/a", body), approve="risky", approver=no) as page:
        await page.step(Type("hello", HERE))
        assert no.deeds == []
        await page.step(Press("Enter"))
        assert no.rules == [("send",)]


async def test_a_form_that_opens_a_window_is_asked_about_before(site, visit, no: Says) -> None:
    body = form("Continue", action="/api/orders").replace("<form", "<form target=_blank")
    async with visit(site.body("/a", body), approve="risky", approver=no) as page:
        await page.step(Click(HERE))
    assert no.rules == [("pay",)] and site.sent == []


async def test_what_a_frame_of_another_site_sends_is_held(site, visit, no: Says) -> None:
    site.body("/inner", script("Continue", FETCH.format("/api/orders", "POST", "")))
    frame = site.url("/inner", host="localhost")
    body = f"<iframe src='{frame}' style='position:fixed;left:0;top:0;width:400px;height:200px;border:0'></iframe>"
    async with visit(site.body("/a", body), approve="risky", approver=no) as page:
        await page.step(Click(HERE))
    assert no.rules == [("pay",)] and site.sent == []


async def test_what_a_page_sends_later_is_held_until_somebody_acts(site, visit, no: Says) -> None:
    does = 'setTimeout(() => fetch("/api/orders", {method: "DELETE"}), 1500)'
    async with visit(
        site.body("/a", script("Continue", does)), approve="risky", approver=no
    ) as page:
        await page.step(Click(HERE))
        await asyncio.sleep(1.7)
        assert site.sent == [] and no.deeds == []
        seen = await page.step(Hover(HERE))
        assert no.deeds[0].request.startswith("DELETE ") and texts(seen)
        await page.page.evaluate('fetch("/api/orders", {method: "DELETE"}).catch(() => 1)')
    assert site.sent == []


async def test_a_script_that_waits_for_its_request_is_held_too(site, visit, yes: Says) -> None:
    does = 'const x = new XMLHttpRequest(); x.open("POST", "/api/orders", false); x.send(); this.textContent = "done"'
    site.put("/api/orders", "ok")
    async with visit(
        site.body("/a", script("Continue", does)), approve="risky", approver=yes
    ) as page:
        await page.step(Click(HERE))
        assert len(yes.deeds) == 1 and await page.page.inner_text("button") == "done"
    assert len(site.sent) == 1


async def test_the_time_of_whoever_is_asked_is_not_the_steps(site, visit) -> None:
    class Slow:
        async def approve(self, deed: Deed) -> Approval:
            await asyncio.sleep(4.5)
            return Approval(True)

    site.put("/api/orders", "ok")
    body = script("Continue", FETCH.format("/api/orders", "POST", ""))
    url = site.body("/a", body)
    settings = {"step_limit_s": 4, "hang_limit_s": 2, "approve": "risky", "approver": Slow()}
    async with visit(url, **settings) as page:
        seen = await page.step(Click(HERE))
        assert [event.kind for event in seen.events] == []
        assert seen.consents[0].waited_s > 4
    assert len(site.sent) == 1


async def test_always_covers_the_rule_at_the_site(site, visit) -> None:
    always = Says(True, always=True)
    site.put("/api/orders", "ok")
    body = script("Continue", FETCH.format("/api/orders", "POST", ""))
    asked = {"approve": "risky", "approver": always, "look_again_after_s": None}
    async with visit(site.body("/a", body), **asked) as page:
        for _ in range(3):
            await page.step(Click(HERE))
        assert len(always.deeds) == 1 and len(site.sent) == 3
        body = f"document.body.innerHTML = `{script('Delete account', '1')}`"
        await page.page.evaluate(body)
        await page.step(Click(HERE))
        assert always.rules == [("pay",), ("delete",)]


async def test_whoever_is_asked_can_end_it_all(site, visit) -> None:
    body = script("Place order", FETCH.format("/api/orders", "POST", ""))
    stop = Says(False, stop=True)
    async with visit(site.body("/a", body), approve="risky", approver=stop) as page:
        with pytest.raises(StoppedByPerson, match="Place order"):
            await page.step(Click(HERE))
    assert site.sent == []


async def test_without_anybody_to_ask_it_says_how_to_allow_it(site, visit) -> None:
    async with visit(site.body("/a", script("Place order", "1")), approve="risky") as page:
        (text,) = texts(await page.step(Click(HERE)))
        assert "--approve never" in text


async def test_never_asks_nothing_and_always_asks_about_whatever_changes(
    site, visit, no: Says
) -> None:
    body = script("Place order", "document.title = 1")
    async with visit(site.body("/a", body), approve="never", approver=no) as page:
        await page.step(Click(HERE))
        assert no.deeds == [] and await page.page.title() == "1"
    async with visit(site.body("/a", script("Next", "1")), approve="always", approver=no) as page:
        await page.step(Hover(HERE))
        assert no.deeds == []
        await page.step(Click(HERE))
        assert no.rules == [("action",)]


async def test_an_upload_names_its_files(site, visit, no: Says, tmp_path) -> None:
    (tmp_path / "passport.pdf").write_text("x")
    url = site.body("/a", f"<input type=file {BIG}>")
    async with visit(url, approve="risky", approver=no) as page:
        await page.step(Upload(HERE, (str(tmp_path / "passport.pdf"),)))
        assert no.rules == [("upload",)] and "passport.pdf" in no.deeds[0].what
        assert await page.page.evaluate("document.querySelector('input').files.length") == 0


@pytest.mark.parametrize("dialogs", ["ask", "accept"])
async def test_no_yes_to_a_dialog_that_deletes(site, visit, no: Says, dialogs: str) -> None:
    does = 'if (confirm("Delete the account for ever?")) document.title = "gone"'
    url = site.body("/a", script("Continue", does))
    async with visit(url, approve="risky", approver=no, dialogs=dialogs) as page:
        seen = await page.step(Click(HERE))
        if dialogs == "ask":
            assert seen.question is not None and no.deeds == []
            seen = await page.step(Accept())
            assert seen.question is not None
        assert no.rules == [("delete",)] and texts(seen)
        assert "for ever" in no.deeds[0].what
        if dialogs == "accept":
            assert await page.page.title() == "page"


async def test_a_yes_covers_the_question_that_follows(site, visit, yes: Says) -> None:
    does = 'if (confirm("Delete the account for ever?")) document.title = "gone"'
    url = site.body("/a", script("Delete account", does))
    async with visit(url, approve="risky", approver=yes, dialogs="ask") as page:
        await page.step(Click(HERE))
        await page.step(Accept())
        assert len(yes.deeds) == 1 and await page.page.title() == "gone"


async def test_a_permission_needs_a_yes(site, visit, no: Says) -> None:
    does = "navigator.geolocation.getCurrentPosition(() => 1)"
    url = site.body("/a", script("Near me", does))
    settings = {"dialogs": "ask", "permissions": "ask", "approve": "risky", "approver": no}
    async with visit(url, **settings) as page:
        await page.step(Click(HERE))
        await page.step(Accept())
        assert no.rules == [("permission",)]


async def test_leaving_what_is_not_saved_needs_a_yes(site, visit, no: Says) -> None:
    url = site.body("/a", f"<input {BIG} oninput='onbeforeunload = e => e.preventDefault()'>")
    other = site.body("/b", "other")
    settings = {"dialogs": "ask", "approve": "risky", "approver": no}
    async with visit(url, **settings) as page:
        await page.step(Type("x", HERE))
        await page.step(Goto(other))
        await page.step(Accept())
        assert no.rules == [("leave",)]


async def test_a_password_is_not_typed_at_another_site(site, visit, no: Says) -> None:
    body = f"<form><input type=password {BIG}></form>"
    home = site.body("/a", body)
    site.body("/b", body)
    async with visit(home, approve="risky", approver=no) as page:
        await page.step(Type("hunter2", HERE))
        assert no.deeds == []
        await page.step(Goto(site.url("/b", host="localhost")))
        await page.step(Type("hunter2", HERE))
        assert no.rules == [("sign_in",)]
        assert await page.page.input_value("input") == ""


async def test_a_consent_that_lends_an_account_needs_a_yes(site, visit, no: Says) -> None:
    url = site.body("/oauth/authorize", script("Allow", "1"))
    async with visit(url, approve="risky", approver=no) as page:
        await page.step(Click(HERE))
        assert no.rules == [("sign_in",)]


async def test_an_address_cannot_carry_off_what_is_personal(site, visit, no: Says) -> None:
    async with visit(site.body("/a", "x"), approve="risky", approver=no) as page:
        await page.step(Goto(site.url("/?q=kettles", host="localhost")))
        assert no.deeds == []
        before = len(site.requests)
        await page.step(Goto(site.url("/?d=ann@mail.test", host="localhost")))
        assert no.rules == [("send",)] and len(site.requests) == before


async def test_a_deed_tells_what_goes_along_and_no_secret(site, visit, no: Says) -> None:
    fields = PERSON + SECRET + CARD + "<input type=hidden name=h value=hidden>"
    url = site.body("/a", form("Pay", fields, ELSEWHERE.format(port=site.port)), title="Till")
    async with visit(url, approve="risky", approver=no) as page:
        await page.step(Click(HERE))
    deed = no.deeds[0]
    assert deed.what == 'click the button "Pay"' and deed.page == "Till"
    assert deed.origin == f"http://localhost:{site.port}"
    assert ("email", "ann@mail.test") in deed.values
    assert "4111" not in json.dumps(asdict(deed)) and "hidden" not in json.dumps(asdict(deed))


async def test_a_deed_that_is_held_tells_what_is_sent(site, visit, no: Says) -> None:
    does = 'fetch("/api/orders?x=1",{method:"POST",body:JSON.stringify({to:"Ann",password:"x1"})})'
    async with visit(site.body("/a", script("Go on", does)), approve="risky", approver=no) as page:
        await page.step(Click(HERE))
    deed = no.deeds[0]
    assert deed.request == f"POST {site.url('/api/orders')}"
    assert deed.values == (("to", "Ann"), ("password", "••••••"))
    assert deed.what == 'click the button "Go on"'


async def test_a_page_cannot_forge_what_somebody_is_asked(site, visit, no: Says) -> None:
    name = 'Buy now" at https://bank.example\u202e for nothing'
    async with visit(site.body("/a", script(name, "1")), approve="risky", approver=no) as page:
        await page.step(Click(HERE))
    assert no.deeds and "\u202e" not in no.deeds[0].what
    assert no.deeds[0].what.startswith(r'click the button "Buy now\" at')


WORDS = {
    "pay": "Buy now|Jetzt kaufen|Kostenpflichtig bestellen|Payer|Comprar ahora|Acquista ora|Finalizar pedido|Nu betalen|Kupuję i płacę|Satın al|購入を確定|立即支付|결제하기|Pay $12.50|PLACE YOUR ORDER",
    "delete": "Delete account|Konto löschen|Supprimer définitivement|Eliminar cuenta|Elimina definitivamente|Excluir conta|Account verwijderen|Usuń konto|HESABI SİL|アカウントを削除|永久删除|계정 삭제",
    "send": "Send|Absenden|Envoyer|Enviar mensaje|Invia|Enviar mensagem|Verzenden|Wyślij|Gönder|送信する|发送|보내기",
    "publish": "Publish|Veröffentlichen|Publier|Publicar|Pubblica|Postar|Publiceren|Opublikuj|Yayınla|公開する|发布|게시하기",
    "account": "Change password|Passwort ändern|Changer le mot de passe|Cambiar contraseña|Cambia password|Alterar senha|Wachtwoord wijzigen|Zmień hasło|Şifreyi değiştir|パスワードを変更|修改密码|비밀번호 변경",
    "program": "Install|Installieren|Installer|Instalar|Installa|Instalar agora|Installeren|Zainstaluj|Şimdi kur|インストール|安装|설치",
}


@pytest.mark.parametrize(
    ("rule", "name"), [(r, n) for r, ns in WORDS.items() for n in ns.split("|")]
)
async def test_a_button_is_understood_in_its_language(rule: str, name: str) -> None:
    assert surely(rule, name)


@pytest.mark.parametrize(
    "name",
    "Delete|Löschen|Supprimer|Eliminar|Elimina|Excluir|Verwijderen|Usuń|Sil|削除|删除|삭제".split(
        "|"
    ),
)
async def test_to_delete_an_entry_is_likely_and_not_sure(name: str) -> None:
    assert likely("delete", name) and not surely("delete", name)


@pytest.mark.parametrize("name", "Yes|Ja|Oui|Sí|Sì|Sim|Doorgaan|Tak|Evet|はい|确定|확인".split("|"))
async def test_a_bare_yes_is_understood_in_its_language(name: str) -> None:
    assert agrees(name)


@pytest.mark.parametrize(
    "name",
    [
        "Payment methods",
        "Pay the electricity bill",
        "Noch heute etwas Milch kaufen",
        "Orders",
        "Playlist",
        "Sender",
        "Postcode",
        "Published on 3 May",
        "Buyer's guide",
        "Look at",
        "View post",
        "Compare",
        "Silber",
        "Paylaşım",
        "Bestellungen",
        "Sendung verfolgen",
    ],
)
async def test_other_words_are_not_taken_for_grave_ones(name: str) -> None:
    assert not any(surely(rule, name) for rule in WORDS)


async def test_every_rule_has_a_sentence_and_a_request_is_judged_by_its_own() -> None:
    assert all(rule.sentence.startswith("it ") for rule in RULES.values())
    judged: Callable[..., tuple[str, ...]] = lambda *sent: judged_request(Sent(*sent), ())  # noqa: E731
    assert judged("POST", "http://a.test/api/deleteAccount", "XHR") == ("delete",)
    assert judged("GET", "http://a.test/api/deleteAccount", "XHR") == ()
    assert judged("POST", "http://a.test/api/orders/search", "XHR") == ()
    assert judged("POST", "http://a.test/x", "XHR", '{"action":"transfer"}') == ("pay",)
    assert judged("POST", "http://b.test/x", "XHR", "c=4111 1111 1111 1111", "http://a.test/") == (
        "send",
    )
    assert judged("POST", "http://b.test/x", "XHR", "c=1234567890123", "http://a.test/") == ()


async def test_the_answer_of_a_page_is_untouched(site, visit, yes: Says) -> None:
    page: LivePage
    site.put("/data", "answer")
    body = script("Load", 'fetch("/data").then(r => r.text()).then(t => document.title = t)')
    async with visit(site.body("/a", body), approve="risky", approver=yes) as page:
        await page.step(Click(HERE))
        assert await page.page.title() == "answer" and yes.deeds == []
