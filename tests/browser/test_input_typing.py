"""What is typed stands in the field, or the agent is told what stands there instead."""

import asyncio
import json
import time

import pytest

from vigorl.browser.actions import Click, Press, Type
from vigorl.browser.geometry import Point
from vigorl.browser.keyboard import KEYED_CHARACTERS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

FIELD = "<input id=f style='position:absolute;left:100px;top:100px;width:300px;height:30px' {}>"
IN_FIELD = Point(200, 115)
AREA = FIELD.replace("input", "textarea").format("") + "</textarea>"
EDITOR = FIELD.replace("input", "div").format("contenteditable") + "</div>"


def told(observation) -> list[str]:
    return [event.text for event in observation.events if event.kind == "input"]


def script(code: str) -> str:
    return f"<script>{code}</script>"


# ---------------------------------------------------------------- a field that does not keep up


@pytest.mark.one_in(2)
@pytest.mark.parametrize("lag_ms", [1, 12, 25])
async def test_a_field_that_handles_keys_late_gets_them_all(site, visit, lag_ms):
    groups = (
        "f.oninput = () => { const v = f.value.replace(/\\D/g, ''); setTimeout(() => {"
        f" f.value = v.match(/.{{1,4}}/g)?.join(' ') ?? '' }}, {lag_ms}) }}"
    )
    async with visit(site.body("/", FIELD.format("") + script(groups))) as page:
        seen = await page.step(Type("4929123412341234", IN_FIELD))
        assert await page.page.evaluate("f.value") == "4929 1234 1234 1234"
        assert told(seen) == []


async def test_text_between_other_text_is_corrected_in_its_place(site, visit):
    lag = "f.oninput = () => { const v = f.value; setTimeout(() => { f.value = v }, 12) }"
    field = FIELD.format("value=AZ") + script("f.focus();f.setSelectionRange(1, 1);" + lag)
    async with visit(site.body("/", field)) as page:
        # A cursor that is thrown to the end is the page's own: what a person gets, too.
        await page.step(Type("bcdefghijkl"))
        assert await page.page.evaluate("f.value") == "AbcdefghijklZ"


async def test_a_password_that_lost_characters_is_typed_anew_and_never_told(site, visit):
    lag = "f.oninput = () => { const v = f.value; setTimeout(() => { f.value = v }, 12) }"
    async with visit(site.body("/", FIELD.format("type=password") + script(lag))) as page:
        seen = await page.step(Type("correct horse", IN_FIELD))
        assert await page.page.evaluate("f.value") == "correct horse"
        assert told(seen) == []
    short = FIELD.format("type=password maxlength=7")
    async with visit(site.body("/", short)) as page:
        seen = await page.step(Type("correct horse", IN_FIELD))
        assert told(seen) == ["The field holds 7 characters, not 13."]


async def test_a_code_of_boxes_is_filled_though_the_focus_moves_late(site, visit):
    boxes = "<input maxlength=1 style='width:20px'>" * 6
    move = (
        "const all = [...document.querySelectorAll('input')]; all.forEach((box, k) =>"
        " box.oninput = () => setTimeout(() => all[k + 1]?.focus(), 8));"
        "window.code = () => all.map(box => box.value).join('')"
    )
    async with visit(site.body("/", boxes + script(move))) as page:
        seen = await page.step(Type("493021", Point(10, 10)))
        assert await page.page.evaluate("code()") == "493021"
        assert told(seen) == []


async def test_a_field_that_keeps_up_gets_each_key_once(site, visit):
    count = "window.keys = 0; f.onkeydown = () => keys++"
    async with visit(site.body("/", FIELD.format("") + script(count))) as page:
        started = time.perf_counter()
        seen = await page.step(Type("plain words", IN_FIELD))
        assert time.perf_counter() - started < 2
        assert await page.page.evaluate("keys") == len("plain words")
        assert told(seen) == []


# ---------------------------------------------------------------- differences that are told


@pytest.mark.parametrize(
    ("attributes", "code", "text", "says"),
    [
        ("maxlength=5", "", "12345678", ['The field shows "12345"; it takes 5 characters.']),
        ("", "f.oninput = () => f.value = f.value.replace(/[aeiou]/g, '')", "kettle",
         ['The field shows "kttl".']),
        ("", "f.oninput = () => f.value = f.value.replace('.', '')", "19.99",
         ['The field shows "1999".']),
        ("readonly value=fixed", "", "other",
         ["The field is read-only: typing changes nothing in it."]),
        ("", "f.oninput = () => f.value = f.value.toUpperCase()", "de89", []),
        ("", "f.oninput = () => f.value = f.value.replace(/^(..)(.)/, '$1-$2')", "abc", []),
        ("", "f.oninput = () => { if (f.value === 'ket') { f.value = 'kettle';"
         " f.setSelectionRange(3, 6) } }", "ket", ['The field shows "kettle".']),
    ],
    ids=["cut", "filtered", "a point lost", "read-only", "capitals", "a mask", "completed"],
)  # fmt: skip
async def test_what_a_field_made_of_the_text_is_told(site, visit, attributes, code, text, says):
    async with visit(site.body("/", FIELD.format(attributes) + script(code))) as page:
        assert told(await page.step(Type(text, IN_FIELD))) == says


async def test_text_that_the_page_takes_away_is_not_typed_twice(site, visit):
    tags = (
        "window.tags = []; f.oninput = () => { if (f.value.endsWith(',')) {"
        " tags.push(f.value.slice(0, -1)); f.value = '' } }"
    )
    async with visit(site.body("/", FIELD.format("") + script(tags))) as page:
        await page.step(Type("red,blue,green", IN_FIELD))
        assert await page.page.evaluate("[tags, f.value]") == [["red", "blue"], "green"]


async def test_text_that_goes_nowhere_is_told(site, visit):
    url = site.body("/", "<p>words</p><button id=b>a button</button>")
    async with visit(url) as page:
        (words,) = told(await page.step(Type("hello", Point(600, 600))))
        assert words.startswith("Nothing that takes text has the focus")
        await page.page.evaluate("b.focus()")
        assert len(told(await page.step(Type("hello")))) == 1


@pytest.mark.parametrize("mode", ["open", "closed"])
async def test_fields_in_shadow_roots_and_frames_are_read_back(site, visit, mode):
    inner = FIELD.format("maxlength=3")
    shadow = script(
        "const root = host.attachShadow({mode: '"
        + mode
        + "'}); root.innerHTML = "
        + json.dumps(inner)
    )
    site.body("/inner", "<div id=host tabindex=0></div>" + shadow)
    for host in ("127.0.0.1", "localhost"):
        url = site.body(
            "/",
            f"<iframe src='{site.url('/inner', host)}' style='border:0;width:600px;height:300px'>"
            "</iframe>",
        )
        async with visit(url) as page:
            seen = await page.step(Type("abcdef", IN_FIELD))
            assert told(seen) == ['The field shows "abc"; it takes 3 characters.'], host


async def test_an_editor_that_drops_letters_is_told(site, visit):
    drops = "f.addEventListener('beforeinput', e => { if (e.data === 'x') e.preventDefault() })"
    async with visit(site.body("/", EDITOR + script(drops))) as page:
        assert told(await page.step(Type("a x b", IN_FIELD))) == ['The field shows "a b".']
        assert told(await page.step(Type(" and more"))) == []


# ---------------------------------------------------------------- line breaks

CHAT = (
    "window.sent = []; f.onkeydown = e => { if (e.key === 'Enter' && !e.shiftKey) {"
    " e.preventDefault(); sent.push(f.value ?? f.innerText);"
    " f.value === undefined ? f.textContent = '' : f.value = '' } }"
)


@pytest.mark.parametrize("field", [AREA, EDITOR], ids=["textarea", "editor"])
async def test_a_message_of_several_lines_is_sent_whole(site, visit, field):
    async with visit(site.body("/", field + script(CHAT))) as page:
        seen = await page.step(Type("one\ntwo\n\nthree", IN_FIELD, enter=True))
        assert await page.page.evaluate("sent") == ["one\ntwo\n\nthree"]
        assert told(seen) == []


async def test_tabs_and_breaks_of_a_text_stay_in_it(site, visit):
    text = "def f():\r\n\treturn 1\n"
    async with visit(site.body("/", AREA)) as page:
        await page.step(Type(text, IN_FIELD))
        assert await page.page.evaluate("f.value") == "def f():\n\treturn 1\n"


async def test_a_long_text_of_many_lines_reaches_an_editor(site, visit):
    text = "\n".join(f"{number} bottles of beer on the wall" for number in range(9, 0, -1))
    assert len(text) > KEYED_CHARACTERS
    async with visit(site.body("/", EDITOR + script(CHAT))) as page:
        await page.step(Type(text, IN_FIELD))
        assert (await page.page.evaluate("f.innerText")).strip() == text
        assert await page.page.evaluate("sent") == []


async def test_a_field_of_one_line_is_submitted_by_a_break_at_the_end_alone(site, visit):
    site.body("/found", "", title="found")
    form = f"<form action=/found>{FIELD.format('name=q')}</form>"
    async with visit(site.body("/", form)) as page:
        seen = await page.step(Type("one\ntwo", IN_FIELD))
        assert "single line" in told(seen)[0]
        assert await page.page.evaluate("f.value") == "one two"
        seen = await page.step(Type("kettle\n", IN_FIELD, clear=True))
        assert seen.url == site.url("/found") + "?q=kettle"


# ---------------------------------------------------------------- keys


async def test_a_key_is_held_and_repeats(site, visit):
    log = "window.log = []; onkeydown = e => log.push(e.repeat); onkeyup = e => log.push('up')"
    async with visit(site.body("/", script(log))) as page:
        started = time.perf_counter()
        await page.step(Press("ArrowRight", hold_s=1))
        assert time.perf_counter() - started >= 1
        first, *repeats, last = await page.page.evaluate("log")
        assert (first, last) == (False, "up")
        assert len(repeats) > 5 and all(repeats)


async def test_a_chord_is_held_whole(site, visit):
    log = "window.log = []; onkeydown = e => e.repeat || log.push([e.key, e.shiftKey])"
    async with visit(site.body("/", script(log))) as page:
        await page.step(Press("Shift+ArrowRight", hold_s=0.1))
        await page.step(Press("x"))
        assert await page.page.evaluate("log") == [
            ["Shift", True],
            ["ArrowRight", True],
            ["x", False],
        ]


@pytest.mark.parametrize("seconds", [-1, float("nan"), 3600])
async def test_a_time_that_no_step_has_is_refused(site, visit, seconds):
    async with visit(site.body("/", "")) as page:
        for action in (Press("a", hold_s=seconds), Click(Point(5, 5), hold_s=seconds)):
            (event,) = (await page.step(action)).events
            assert event.kind == "bad_action" and "can be held for" in event.text


async def test_nothing_stays_down_when_a_step_is_cut_short(site, visit):
    log = "window.log = []; onkeyup = e => log.push(e.key); onmouseup = () => log.push('mouse')"
    async with visit(site.body("/", script(log))) as page:
        for action in (Press("Shift+a", hold_s=5), Click(Point(5, 5), hold_s=5)):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await page.step(action)
        assert set(await page.page.evaluate("log")) == {"a", "Shift", "mouse"}


@pytest.mark.parametrize("hold_s", [0, 0.1])
async def test_nothing_stays_down_after_a_chord_with_a_key_that_does_not_exist(site, visit, hold_s):
    log = "window.log = []; onkeydown = e => log.push(e.ctrlKey)"
    async with visit(site.body("/", script(log))) as page:
        (event,) = (await page.step(Press("Control+Foo", hold_s=hold_s))).events
        assert event.kind == "bad_action"
        await page.step(Press("x"))
        assert (await page.page.evaluate("log"))[-1] is False


async def test_the_plus_sign_of_a_chord_is_pressed_once(site, visit):
    log = "window.log = []; onkeydown = e => log.push([e.key, e.repeat])"
    async with visit(site.body("/", script(log))) as page:
        await page.step(Press("Control++", hold_s=0.1))
        assert await page.page.evaluate("log") == [["Control", False], ["+", False]]


# ---------------------------------------------------------------- where the text goes


async def test_a_field_that_the_click_brings_up_late_gets_the_text(site, visit):
    late = (
        "d.onclick = () => setTimeout(() => { d.innerHTML ="
        " '<input id=f style=width:200px>'; f.focus() }, 150)"
    )
    cell = "<div id=d style='position:absolute;left:100px;top:100px;width:300px'>edit</div>"
    async with visit(site.body("/", cell + script(late))) as page:
        assert told(await page.step(Type("kettle", Point(200, 105)))) == []
        assert await page.page.evaluate("f.value") == "kettle"


async def test_without_a_field_nothing_is_selected_or_deleted(site, visit):
    log = "window.log = []; onkeydown = e => log.push(e.key)"
    async with visit(site.body("/", "<p>mail</p>" + script(log))) as page:
        (words,) = told(await page.step(Type("hi", Point(600, 600), clear=True)))
        assert words.endswith("Nothing was cleared.")
        assert await page.page.evaluate("log") == ["h", "i"]


@pytest.mark.parametrize(
    "element",
    [
        "<svg width=600 height=200><text tabindex=0 x=100 y=130 font-size=40>words</text></svg>",
        FIELD.replace("input", "search").format("tabindex=0") + "words</search>",
    ],
    ids=["text of a drawing", "search landmark"],
)
async def test_an_element_named_like_a_type_of_field_takes_no_text(site, visit, element):
    async with visit(site.body("/", element)) as page:
        (words,) = told(await page.step(Type("hi", Point(130, 115))))
        assert words.startswith("Nothing that takes text has the focus")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("f.oninput = () => { if (f.value.length === 3) f.blur() }", '"ket"'),
        ("f.oninput = () => { f.oninput = null;"
         " document.body.append(document.createElement('input')); f.nextSibling.focus();"
         " document.body.lastChild.focus() }", '"k"'),
    ],
    ids=["nowhere", "another field"],
)  # fmt: skip
async def test_text_of_which_a_part_went_elsewhere_is_told(site, visit, code, says):
    async with visit(site.body("/", FIELD.format("") + script(code))) as page:
        (words,) = told(await page.step(Type("kettle", IN_FIELD)))
        assert words.endswith(f"the first field holds {says}.")


async def test_enter_is_not_pressed_where_the_field_shows_something_else(site, visit):
    point_lost = script("f.oninput = () => f.value = f.value.replace('.', '')")
    form = f"<form action=/paid>{FIELD.format('name=q')}</form>"
    async with visit(site.body("/", form + point_lost)) as page:
        for text, enter in (("19.99", True), ("19.99\n", False)):
            seen = await page.step(Type(text, IN_FIELD, clear=True, enter=enter))
            assert told(seen) == ['The field shows "1999".', "Enter was not pressed."]
            assert seen.url == site.url("/")
        seen = await page.step(Type("20", IN_FIELD, clear=True, enter=True))
        assert seen.url == site.url("/paid") + "?q=20"


async def test_an_old_macs_line_break_does_not_send_half_of_a_text(site, visit):
    form = f"<form action=/found>{FIELD.format('name=q')}</form>"
    async with visit(site.body("/", form)) as page:
        await page.step(Type("one\rtwo", IN_FIELD))
        assert await page.page.evaluate("f.value") == "one two"


# ---------------------------------------------------------------- long texts and editors


@pytest.mark.parametrize("field", [AREA, EDITOR], ids=["textarea", "editor"])
async def test_a_text_that_is_too_long_to_be_read_back_is_counted(site, visit, field):
    async with visit(site.body("/", field)) as page:
        await page.page.evaluate("f.style.overflow = 'hidden'")
        assert told(await page.step(Type("word " * 5000, IN_FIELD))) == []
        await page.page.evaluate("f.addEventListener('beforeinput', e => e.preventDefault())")
        ((says),) = told(await page.step(Type("more")))
        assert says == "The field holds 25000 characters, not 25004."


async def test_a_bracket_that_an_area_adds_is_told(site, visit):
    closes = (
        "f.onkeydown = e => { if (e.key === '(') { e.preventDefault(); f.setRangeText('()');"
        " f.selectionStart = f.selectionEnd = f.selectionStart + 1 } }"
    )
    async with visit(site.body("/", AREA + script(closes))) as page:
        assert told(await page.step(Type("f(x)", IN_FIELD))) == ['The field shows "f(x))".']


async def test_an_editor_that_refuses_what_it_holds_already_is_told(site, visit):
    refuses = "f.textContent = 'abc'; f.addEventListener('beforeinput', e => e.preventDefault())"
    async with visit(site.body("/", EDITOR + script(refuses))) as page:
        assert told(await page.step(Type("abc", IN_FIELD))) == ['The field shows "abc".']
        assert told(await page.step(Type("x", IN_FIELD, clear=True))) == ['The field shows "abc".']


async def test_half_of_a_character_in_a_field_does_no_harm(site, visit):
    async with visit(site.body("/", FIELD.format("") + script("f.value = 'a\\ud800b'"))) as page:
        assert told(await page.step(Type("x", IN_FIELD))) == []
