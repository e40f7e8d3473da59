"""Secrets in the browser: typed by name where they may be, and seen nowhere."""

import base64
import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigorl.browser.actions import Accept, Click, Press, Type, Wait
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Point
from vigorl.browser.impossible import Impossible
from vigorl.browser.observation import Observation
from vigorl.browser.vault import TYPED, Secret, Vault

VALUE = "Zebra-47 hat/9"
NAME = "<secret:PASSWORD>"


def vault_for(url: str, value: str = VALUE, *hosts: str, **options: Any) -> Vault:
    return Vault([Secret("PASSWORD", value, hosts)], url, **options)


def utf_16(text: str) -> list[int]:
    data = text.encode("utf-16-be")
    return [int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)]


def said(observation: Observation) -> str:
    return " ".join(event.text for event in observation.events)


class TestTheVault:
    @pytest.mark.parametrize(
        "write",
        [
            str,
            quote,
            quote_plus,
            lambda value: quote(value, safe="").lower(),
            lambda value: quote(quote(value, safe=""), safe=""),
            lambda value: json.dumps(value)[1:-1],
            lambda value: "".join(f"\\u{unit:04X}" for unit in utf_16(value)),
            lambda value: json.dumps(json.dumps(value)),
            html.escape,
            lambda value: "".join(f"&#{ord(letter)};" for letter in value),
            lambda value: base64.b64encode(value.encode()).decode(),
            lambda value: quote(base64.b64encode(f"anna:{value}".encode()).decode(), safe=""),
            lambda value: base64.urlsafe_b64encode(f"a:{value}".encode()).decode(),
            lambda value: value.encode().hex(),
            lambda value: value.encode().hex().upper(),
            str.upper,
            str.lower,
            lambda value: value.replace(" ", "\u00a0"),
            lambda value: value.replace(" ", "\n  "),
        ],
    )
    @pytest.mark.parametrize(
        "value", [VALUE, "two more words", "pä\"ss'w<ö>rd\\1&", "🔑-under-the-mat"]
    )
    def test_a_value_is_taken_out_however_it_is_written(
        self, value: str, write: Callable[[str], str]
    ) -> None:
        vault = vault_for("https://shop.example/", value)
        redacted = vault.redact(f"before {write(value)} after")
        assert NAME in redacted
        assert write(value) not in redacted
        assert redacted.startswith("before ") and redacted.endswith(" after")

    @given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=6, max_size=20))
    @settings(max_examples=60, deadline=None)
    def test_no_value_survives_an_address_or_a_record(self, value: str) -> None:
        try:
            vault = vault_for("https://shop.example/", value)
        except UsageError:
            return
        for written in (value, quote(value, safe=""), json.dumps(value)[1:-1]):
            assert vault.redact(f"x{written}x") == f"x{NAME}x"

    def test_a_name_stays_a_name_where_the_value_is_a_part_of_it(self) -> None:
        vault = vault_for("https://shop.example/", "secret")
        assert vault.redact(f'type "{NAME}"') == f'type "{NAME}"'

    def test_a_short_value_does_not_shred_numbers(self) -> None:
        vault = vault_for("https://shop.example/", "123")
        assert vault.redact("at (123, 45) of 1234") == "at (123, 45) of 1234"
        assert vault.redact('"123"') == f'"{NAME}"'
        assert vault.redact("/pay?cvc=123&x=1") == f"/pay?cvc={NAME}&x=1"

    @pytest.mark.parametrize(
        ("hosts", "origin"),
        [
            ((), "https://shop.example"),
            ((), "https://shop.example:8443"),
            (("*.shop.example",), "https://login.shop.example"),
            (("127.0.0.1:8000",), "http://127.0.0.1:8000"),
            (("localhost",), "http://localhost:8000"),
        ],
    )
    def test_a_host_that_may_have_it_gets_it(self, hosts: tuple[str, ...], origin: str) -> None:
        vault = vault_for("https://shop.example/login", VALUE, *hosts)
        assert vault.opened(f"a{NAME}b", origin) == f"a{VALUE}b"

    @pytest.mark.parametrize(
        ("hosts", "origin"),
        [
            ((), "https://shop.example.evil.example"),
            ((), "https://evilshop.example"),
            ((), "https://login.shop.example"),
            ((), "http://shop.example"),
            ((), "null"),
            ((), "file://"),
            ((), ""),
            (("*.shop.example",), "https://shop.example"),
            (("127.0.0.1:8000",), "http://127.0.0.1:9000"),
            (("127.0.0.1:8000",), "http://localhost:8000"),
            (("10.0.0.1",), "http://10.0.0.1"),
        ],
    )
    def test_another_origin_or_a_readable_connection_gets_nothing(
        self, hosts: tuple[str, ...], origin: str
    ) -> None:
        vault = vault_for("https://shop.example/login", VALUE, *hosts)
        with pytest.raises(Impossible, match="Nothing was typed") as refused:
            vault.opened(NAME, origin)
        assert VALUE not in str(refused.value)

    def test_one_time_codes_are_those_of_rfc_6238(self) -> None:
        seed = base64.b32encode(b"12345678901234567890").decode()
        secret = Secret("CODE", seed, ("shop.example",), "totp")
        assert [secret.typed(at) for at in (59, 1111111109, 20000000000)] == [
            "287082",
            "081804",
            "353130",
        ]

    def test_a_code_that_was_handed_out_is_kept_secret_as_the_seed_is(self) -> None:
        vault = Vault([Secret("CODE", "GEZDGNBVGY3TQOJQ", ("a.example",), "totp")])
        code = vault.opened("<secret:CODE>", "https://a.example")
        assert len(code) == 6 and code.isdigit()
        assert (
            vault.redact(f"/?code={code} GEZDGNBVGY3TQOJQ") == "/?code=<secret:CODE> <secret:CODE>"
        )

    def test_a_secret_does_not_show_itself(self) -> None:
        secret = Secret("PASSWORD", VALUE, ("a.example",))
        vault = Vault([secret])
        assert not any(VALUE in text for text in (repr(secret), str(secret), vault.describe()))

    @pytest.mark.parametrize("name", ["", "1st", "a b", "x" * 65, "a>b"])
    def test_a_name_that_is_none_is_refused(self, name: str) -> None:
        with pytest.raises(UsageError):
            Secret(name, VALUE)

    def test_a_seed_that_is_none_is_refused_without_being_told(self) -> None:
        with pytest.raises(UsageError) as refused:
            Secret("CODE", "not!base32", (), "totp")
        assert "not!base32" not in str(refused.value)


LOG_IN = """<form action=/in method={method} autocomplete=off>
<input id=u name=u style='position:absolute;left:20px;top:20px;width:300px'>
<input id=p name=p {attributes} style='position:absolute;left:20px;top:60px;width:300px'>
<button style='position:absolute;left:20px;top:100px'>Go</button></form>"""
FIELD = Point(100, 70)


def log_in(site: Any, attributes: str = "type=password", method: str = "get") -> str:
    url: str = site.body("/login", LOG_IN.format(attributes=attributes, method=method))
    site.body("/in", "welcome", title=f"in {VALUE}")
    return url


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
class TestTypingASecret:
    @pytest.mark.parametrize(
        "attributes", ["type=password", "type=text", "type=email", "type=search maxlength=20"]
    )
    async def test_it_reaches_the_field_and_is_read_back(
        self, site: Any, visit: Any, attributes: str
    ) -> None:
        value = "zebra47@hat.example"
        url = log_in(site, attributes)
        async with visit(url, vault=vault_for(url, value)) as page:
            seen = await page.step(Type(NAME, FIELD))
            assert said(seen) == "The secret PASSWORD stands in the field as meant."
            assert await page.page.evaluate("p.value") == value

    async def test_a_form_puts_it_into_an_address_and_nobody_sees_it_there(
        self, site: Any, visit: Any
    ) -> None:
        url = log_in(site)
        async with visit(url, vault=vault_for(url)) as page:
            seen = await page.step(Type(NAME, FIELD, enter=True))
            assert quote_plus(VALUE) in page.page.url
            assert seen.url.endswith(f"/in?u=&p={NAME}")
            assert seen.title == f"in {NAME}"
            assert seen.tabs[0].url == seen.url

    async def test_text_around_the_name_is_typed_as_it_is(self, site: Any, visit: Any) -> None:
        url = log_in(site, "type=text value=before")
        async with visit(url, vault=vault_for(url)) as page:
            await page.step(Type(f"me+{NAME}@x", FIELD, clear=True))
            assert await page.page.evaluate("p.value") == f"me+{VALUE}@x"

    @pytest.mark.parametrize(
        ("attributes", "reason"),
        [
            ("type=password maxlength=14 oninput='value=value.slice(0,5)'", "5 characters"),
            ("type=password readonly", "read-only"),
            ("type=checkbox", "Nothing that takes text"),
        ],
    )
    async def test_what_a_field_does_not_take_is_said_without_the_value(
        self, site: Any, visit: Any, attributes: str, reason: str
    ) -> None:
        url = log_in(site, attributes)
        async with visit(url, vault=vault_for(url)) as page:
            point = Point(25, 70) if "checkbox" in attributes else FIELD
            seen = await page.step(Type(NAME, point))
            assert reason in said(seen)
            assert "Zebra" not in said(seen)

    async def test_a_framework_that_puts_the_value_back_is_noticed(
        self, site: Any, visit: Any
    ) -> None:
        url = log_in(site, "type=password oninput='setTimeout(() => { value = \"\" }, 30)'")
        async with visit(url, vault=vault_for(url)) as page:
            seen = await page.step(Type(NAME, FIELD))
            assert "does not stand in the field as meant: it holds 0 characters" in said(seen)

    async def test_a_code_fills_boxes_of_one_character(self, site: Any, visit: Any) -> None:
        boxes = "".join("<input maxlength=1 style='width:40px;height:40px'>" for _ in range(6))
        script = """<script>const all = [...document.querySelectorAll('input')];
        for (const [i, box] of all.entries()) box.onkeyup = () => {
          if (box.value) setTimeout(() => all[i + 1]?.focus(), 10) };</script>"""
        url = site.body("/code", boxes + script)
        vault = Vault([Secret("CODE", "GEZDGNBVGY3TQOJQ", (), "totp")], url)
        async with visit(url, vault=vault) as page:
            seen = await page.step(Type("<secret:CODE>", Point(20, 20)))
            assert said(seen) == "The secret CODE stands in the boxes as meant."
            values = await page.page.evaluate("all.map((box) => box.value).join('')")
            assert vault.redact(f'"{values}"') == '"<secret:CODE>"'

    async def test_a_secret_that_nobody_gave_is_not_typed(self, site: Any, visit: Any) -> None:
        url = log_in(site)
        async with visit(url, vault=vault_for(url)) as page:
            seen = await page.step(Type("<secret:PIN>", FIELD))
            assert "There is no secret PIN; there is PASSWORD." in said(seen)
            assert await page.page.evaluate("p.value") == ""

    async def test_a_frame_of_another_origin_gets_nothing_whatever_it_says_of_itself(
        self, site: Any, visit: Any
    ) -> None:
        site.body(
            "/trap",
            LOG_IN.format(attributes="type=password", method="get")
            + """<script>
            self.origin = location.origin.replace('localhost', '127.0.0.1');
            Object.defineProperty(document, 'domain', { get: () => '127.0.0.1' });
            </script>""",
        )
        trap = site.url("/trap", host="localhost")
        url = site.body(
            "/login", f"<iframe src={trap} width=600 height=300 frameborder=0></iframe>"
        )
        async with visit(url, vault=vault_for(url)) as page:
            seen = await page.step(Type(NAME, FIELD))
            assert f"the field belongs to http://localhost:{site.port}" in said(seen)
            frame = page.page.frames[1]
            assert await frame.evaluate("p.value") == ""

    async def test_a_frame_of_the_same_site_gets_it(self, site: Any, visit: Any) -> None:
        log_in(site)
        url = site.body("/outer", "<iframe src=/login width=600 height=300 frameborder=0></iframe>")
        async with visit(url, vault=vault_for(url)) as page:
            seen = await page.step(Type(NAME, FIELD))
            assert "as meant" in said(seen)
            assert await page.page.frames[1].evaluate("p.value") == VALUE

    async def test_a_closed_shadow_root_gets_it(self, site: Any, visit: Any) -> None:
        script = """<x-login></x-login><script>
        const root = document.querySelector('x-login').attachShadow({ mode: 'closed' });
        root.innerHTML = `<input style="position:absolute;left:20px;top:60px;width:300px">`;
        </script>"""
        url = site.body("/closed", script)
        async with visit(url, vault=vault_for(url)) as page:
            seen = await page.step(Type(NAME, FIELD))
            assert "as meant" in said(seen)
            assert await page.page.evaluate("root.firstChild.value") == VALUE

    async def test_a_field_that_hands_the_focus_on_gets_all_of_it_or_nothing(
        self, site: Any, visit: Any
    ) -> None:
        """The frame would take every key that comes after the first."""
        trap = site.body("/trap", "<input id=t autofocus oninput='seen = value'>")
        trap = trap.replace("127.0.0.1", "localhost")
        url = site.body(
            "/login",
            LOG_IN.format(attributes="type=password", method="get")
            + f"""
            <iframe id=f src={trap} style='position:absolute;left:500px;top:60px'></iframe>
            <script>p.onkeydown = p.onkeyup = p.oninput = () => f.focus()</script>""",
        )
        async with visit(url, vault=vault_for(url)) as page:
            await page.step(Type(NAME, FIELD))
            assert await page.page.frames[1].evaluate("t.value") == ""
            assert await page.page.evaluate("p.value") in ("", VALUE)

    async def test_a_log_in_of_http_is_filled_in_by_name(self, site: Any, visit: Any) -> None:
        url = site.body("/archive", "inside")
        token = base64.b64encode(f"anna:{VALUE}".encode()).decode()
        site.log_ins["/archive"] = f"Basic {token}"
        async with visit(url, vault=vault_for(url), dialogs="ask") as page:
            await page.step(Accept("anna", NAME))
            assert await page.page.evaluate("document.body.innerText") == "inside"


ECHO = """<style>* {{ font: 20px monospace !important }} p {{ margin: 6px }}</style>
<input id=p type=password style='position:absolute;left:20px;top:660px;width:300px'
  oninput='echo(this.value)'>
<div id=all></div><script>
const echo = (value) => {{
  const make = (html) => {{
    const p = document.createElement('p'); p.innerHTML = html; all.append(p); return p.firstChild;
  }};
  all.textContent = '';
  make('plain <b></b>').nextSibling.textContent = value;
  const split = make('<b></b><i></i>');
  split.textContent = value.slice(0, 5); split.nextSibling.textContent = value.slice(5);
  make('<input size=30>').value = value;
  make('<input type=button>').value = value;
  make('<input size=30>').placeholder = value;
  make('<textarea rows=1 cols=30></textarea>').value = value;
  make('<div contenteditable></div>').textContent = value;
  make('<select><option></select>').firstChild.textContent = value;
  make('<svg height=24 width=400><text y=18></text></svg>').firstChild.textContent = value;
  make('<span></span>').attachShadow({{ mode: 'open' }}).innerHTML = `<u>${{value}}</u>`;
  make('<span></span>').attachShadow({{ mode: 'closed' }}).innerHTML = `<u>${{value}}</u>`;
  make('<iframe height=40 style="border:0"></iframe>').srcdoc =
    `<body style="margin:4px;font:20px monospace">${{value}}`;
  make('<em></em>').textContent = encodeURIComponent(value);
  make(`<iframe height=40 style="border:0" src="{apart}?${{value}}"></iframe>`);
}};
</script>"""
APART = """<body style="margin:4px;font:20px monospace"><script>
document.body.append(decodeURIComponent(location.search.slice(1)))</script>"""


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
class TestPictures:
    async def shown(self, site: Any, visit: Any, value: str) -> tuple[Any, Any]:
        """The pixels of a page that shows a value in many ways, and of a closer look at it."""
        site.put("/apart", APART)
        url = site.body("/echo", ECHO.format(apart=site.url("/apart", host="localhost")))
        async with visit(url, vault=vault_for(url, value)) as page:
            await page.step(Type(NAME, Point(100, 670)))
            seen = await page.step(Press("Tab"))
            closer = await page.magnify(Box(0, 0, 400, 600), 800, 1200)
            assert await page.page.evaluate("p.value") == value
            assert seen.view is not None
            return np.asarray(seen.view.picture.image()), np.asarray(closer.image())

    async def test_two_values_of_one_length_look_the_same_wherever_a_page_shows_them(
        self, site: Any, visit: Any
    ) -> None:
        one = await self.shown(site, visit, "Zebra-47-hat-9")
        other = await self.shown(site, visit, "quilt_88_WMW_i")
        for mine, theirs in zip(one, other, strict=True):
            differ = np.abs(mine.astype(int) - theirs.astype(int)).max(axis=2) > 24
            assert not differ.any(), f"differ at {np.argwhere(differ)[:5]}"

    async def test_other_spaces_a_selection_and_a_shadow_show_nothing_of_it(
        self, site: Any, visit: Any
    ) -> None:
        looks = []
        for value in ("Zebra-47 hats 9k", "quilt_88 WMWi 0j"):
            shown = (value.replace(" ", space) for space in ("&nbsp;", "  ", "\n", "<wbr> "))
            style = (
                "<style>* { font: 20px monospace } p:last-child { text-shadow: 0 30px red }</style>"
            )
            lines = "".join(f"<p>{each}" for each in (*shown, value))
            select = "<script>getSelection().selectAllChildren(document.body)</script>"
            url = site.body("/spaces", f"{style}<div>{lines}</div>{select}")
            async with visit(url, vault=vault_for(url, value)) as page:
                seen = await page.step(Wait(0))
                looks.append(np.asarray(seen.view.picture.image()).astype(int))
        assert not (np.abs(looks[0] - looks[1]).max(axis=2) > 24).any()

    async def test_a_page_that_shows_it_for_a_moment_shows_it_covered(
        self, site: Any, visit: Any
    ) -> None:
        script = """<p id=o style='font:20px monospace'></p><script>let n = 0;
        setInterval(() => { n += 1; o.textContent = n % 2 ? '' : 'VALUE' }, 7);</script>"""
        pictures = []
        for value in ("Zebra-47-hat-9", "quilt_88_WMW_i"):
            url = site.body("/flicker", script.replace("VALUE", value))
            async with visit(url, vault=vault_for(url, value), settle_limit_s=0) as page:
                found = [await page.step(Wait(0.02)) for _ in range(6)]
                pictures += [seen.view.picture.sha256 for seen in found]
        assert len(set(pictures)) <= 2  # covered, or not there

    async def test_an_eye_that_shows_the_password_shows_dots(self, site: Any, visit: Any) -> None:
        eye = "<button style='position:absolute;left:400px;top:60px' onclick='p.type=\"text\"'>eye"
        url = site.body("/login", LOG_IN.format(attributes="type=password", method="get") + eye)
        looks = []
        for value in ("Zebra-47-hat-9", "quilt_88_WMW_i"):
            async with visit(url, vault=vault_for(url, value)) as page:
                await page.step(Type(NAME, FIELD))
                seen = await page.step(Click(Point(410, 70)))
                assert await page.page.evaluate("p.type") == "text"
                looks.append(seen.view.picture.sha256)
        assert looks[0] == looks[1]

    async def test_a_password_that_is_a_word_leaves_its_label_to_be_read(
        self, site: Any, visit: Any
    ) -> None:
        label = "<label style='position:absolute;left:20px;top:140px'>Password</label>"
        page_html = LOG_IN.format(attributes="type=password", method="get") + label
        url = site.body("/login", page_html)
        looks = []
        for value in ("password", "qwertzui"):
            async with visit(url, vault=vault_for(url, value)) as page:
                looks.append((await page.step(Type(NAME, FIELD))).view.picture.sha256)
        assert looks[0] == looks[1]

    async def test_a_dialog_leaves_the_last_picture_that_was_covered(
        self, site: Any, visit: Any
    ) -> None:
        attributes = "type=text onkeyup='document.title = value; alert(value)'"
        url = log_in(site, attributes)
        async with visit(url, vault=vault_for(url), dialogs="ask") as page:
            before = await page.step(Wait(0.01))
            seen = await page.step(Type(NAME, FIELD))
            assert seen.question is not None and seen.question.text == NAME
            assert VALUE not in said(seen)
            assert seen.view.picture.sha256 == before.view.picture.sha256

    async def test_pages_notice_nothing_without_secrets(self, site: Any, visit: Any) -> None:
        url = log_in(site)
        async with visit(url) as page:
            await page.step(Type(VALUE, FIELD))
            assert await page.page.evaluate("document.adoptedStyleSheets.length") == 0
            assert await page.page.evaluate("p.style.cssText.includes('security')") is False


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
class TestFiles:
    async def test_a_download_is_not_named_after_it(
        self, site: Any, visit: Any, tmp_path: Path
    ) -> None:
        site.put("/file", b"x", Content_Disposition='attachment; filename="key Zebra-47-hat.txt"')
        url = site.body("/list", "<a href=/file style='font-size:60px'>file</a>")
        vault = vault_for(url, "Zebra-47-hat")
        async with visit(url, vault=vault, download_dir=tmp_path / "downloads") as page:
            seen = await page.step(Click(Point(40, 40)))
            assert "Zebra" not in said(seen) and NAME in said(seen)
        (path,) = (tmp_path / "downloads").iterdir()
        assert path.name == f"key {NAME}.txt"
        assert (path.parent.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)

    @pytest.mark.parametrize(("shown", "count"), [("Zebra-47-hat", 0), ("nothing", 1)])
    async def test_a_page_that_shows_it_is_not_printed(
        self, site: Any, visit: Any, tmp_path: Path, shown: str, count: int
    ) -> None:
        button = f"<button style='font-size:60px' onclick='print()'>Print</button><p>{shown}"
        url = site.body("/print", button, title=f"slip of {shown}")
        vault = vault_for(url, "Zebra-47-hat")
        async with visit(url, vault=vault, download_dir=tmp_path / "downloads") as page:
            seen = await page.step(Click(Point(40, 40)))
            assert ("shows a secret, so it was not" in said(seen)) is (count == 0)
            assert len(list((tmp_path / "downloads").iterdir())) == count


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
class TestWhatIsTypedIntoPasswordFields:
    @pytest.mark.parametrize(
        "attributes",
        ["type=password", "autocomplete=one-time-code", "autocomplete='section-a cc-number'"],
    )
    async def test_it_is_kept_secret_from_then_on(
        self, site: Any, visit: Any, attributes: str
    ) -> None:
        url = log_in(site, attributes)
        async with visit(url, vault=Vault(learns=True)) as page:
            seen = await page.step(Type(VALUE, FIELD, enter=True))
            assert seen.title == f"in {TYPED}"
            assert seen.url.endswith(f"p={TYPED}")

    async def test_an_eye_does_not_show_it(self, site: Any, visit: Any) -> None:
        eye = "<button style='position:absolute;left:400px;top:60px' onclick='p.type=\"text\"'>eye"
        url = site.body("/login", LOG_IN.format(attributes="type=password", method="get") + eye)
        looks = []
        for value in ("password", "qwertzui"):
            async with visit(url, vault=Vault(learns=True)) as page:
                await page.step(Type(value, FIELD))
                looks.append((await page.step(Click(Point(410, 70)))).view.picture.sha256)
                assert await page.page.evaluate("[p.type, p.value].join()") == f"text,{value}"
        assert looks[0] == looks[1]

    async def test_other_fields_are_no_secret(self, site: Any, visit: Any) -> None:
        url = log_in(site, "type=text")
        async with visit(url, vault=Vault(learns=True)) as page:
            seen = await page.step(Type(VALUE, FIELD, enter=True))
            assert seen.title == f"in {VALUE}"

    async def test_a_task_whose_values_are_public_keeps_them(self, site: Any, visit: Any) -> None:
        url = log_in(site)
        async with visit(url) as page:
            seen = await page.step(Type(VALUE, FIELD, enter=True))
            assert seen.title == f"in {VALUE}"
