"""Fields that are no text fields are set as it was meant, with the events of a person."""

import pytest

from vigorl.browser.actions import Click, SelectOption, Type
from vigorl.browser.chromium import Browser
from vigorl.browser.geometry import Point
from vigorl.browser.live import LivePage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

AT = Point(130, 115)
LOG = (
    "<script>window.log = []; for (const type of ['input', 'change'])"
    " document.addEventListener(type, e => log.push([type, e.target.value]))</script>"
)


def told(observation) -> list[tuple[str, str]]:
    return [(event.kind, event.text) for event in observation.events]


def field(attributes: str) -> str:
    place = "position:absolute;left:100px;top:100px;width:260px;height:30px"
    return f"<input id=f style='{place}' {attributes}>{LOG}"


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        ("date", "1990-05-17", "1990-05-17"),
        ("date", "05/17/1990", "1990-05-17"),
        ("time", "2:30 pm", "14:30"),
        ("month", "2027-03", "2027-03"),
        ("week", "2027-W03", "2027-W03"),
        ("datetime-local", "2027-01-09 08:05", "2027-01-09T08:05"),
        ("color", "rebeccapurple", "#663399"),
        ("range", "22", "22"),
    ],
)
async def test_a_value_arrives_with_its_events(site, visit, type, text, value):
    async with visit(site.body("/", field(f"type={type}"))) as page:
        seen = await page.step(Type(text, AT))
        assert await page.page.evaluate("f.value") == value
        assert (await page.page.evaluate("log"))[-2:] == [["input", value], ["change", value]]
        assert told(seen) == []
        assert await page.page.evaluate("f.matches(':open')") is False


async def test_the_language_of_the_browser_makes_no_difference(site, browser: Browser):
    url = site.body("/", field("type=date") + field("type=number").replace("id=f", "id=n"))
    page = LivePage(browser, "", url)
    await page.reset()
    session = await page.page.context.new_cdp_session(page.page)
    await session.send("Emulation.setLocaleOverride", {"locale": "de-DE"})
    try:
        await page.page.evaluate("n.style.top = '200px'")
        await page.step(Type("1990-05-17", AT))
        assert await page.page.evaluate("f.value") == "1990-05-17"
        await page.step(Type("12,5", Point(130, 215)))
        assert await page.page.evaluate("n.value") == "12.5"
    finally:
        await page.close()


async def test_a_date_that_cannot_be_is_refused_and_nothing_is_changed(site, visit):
    async with visit(site.body("/", field("type=date value=2020-01-01"))) as page:
        ((kind, text),) = told(await page.step(Type("17.5.90", AT)))
        assert (kind, "1990-05-17" in text) == ("bad_action", True)
        assert await page.page.evaluate("[f.value, log]") == ["2020-01-01", []]
    async with visit(site.body("/", field("type=date value=2020-01-01 readonly"))) as page:
        assert "read-only" in told(await page.step(Type("2021-01-01", AT)))[0][1]
        assert await page.page.evaluate("f.value") == "2020-01-01"


async def test_a_date_out_of_range_is_set_and_told_in_the_browsers_words(site, visit):
    async with visit(site.body("/", field("type=date max=2020-12-31"))) as page:
        ((kind, text),) = told(await page.step(Type("2021-01-01", AT)))
        assert kind == "input" and "12/31/2020" in text
        assert await page.page.evaluate("f.value") == "2021-01-01"


async def test_a_number_is_typed_by_keys_and_told_where_it_is_not_valid(site, visit):
    count = "<script>window.keys = 0; f.onkeydown = () => keys++</script>"
    async with visit(site.body("/", field("type=number min=1 max=10 step=0.5") + count)) as page:
        assert told(await page.step(Type("7.5", AT))) == []
        assert await page.page.evaluate("[f.value, keys]") == ["7.5", 3]
        ((kind, text),) = told(await page.step(Type("11", AT, clear=True)))
        assert kind == "input" and text.startswith('The field does not accept "11"')
        ((kind, text),) = told(await page.step(Type("many", AT, clear=True)))
        assert kind == "bad_action" and "takes a number" in text
        assert await page.page.evaluate("f.value") == "11"


async def test_a_framework_that_watches_the_value_hears_of_it(site, visit):
    # As React does: changes through the element's own setter are known and make no news.
    watch = (
        "<script>const own = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value');"
        "let known = ''; Object.defineProperty(f, 'value', { configurable: true,"
        " get() { return own.get.call(this) },"
        " set(v) { known = String(v); own.set.call(this, v) } });"
        "window.state = ''; f.addEventListener('input', () => { const v = own.get.call(f);"
        " if (v !== known) { known = v; state = v } else own.set.call(f, state) })</script>"
    )
    async with visit(site.body("/", field("type=date") + watch)) as page:
        await page.step(Type("1990-05-17", AT))
        assert await page.page.evaluate("[state, f.value]") == ["1990-05-17", "1990-05-17"]


async def test_a_value_that_the_page_takes_back_is_told(site, visit):
    back = "<script>f.onchange = () => setTimeout(() => { f.value = '2020-02-02' }, 200)</script>"
    async with visit(site.body("/", field("type=date value=2020-02-02") + back)) as page:
        assert told(await page.step(Type("1990-05-17", AT))) == [
            ("input", 'The field shows "2020-02-02".')
        ]


async def test_a_field_inside_of_a_custom_element_is_set(site, visit):
    define = (
        "<x-date style='position:absolute;left:100px;top:100px'></x-date>"
        "<script>customElements.define('x-date', class extends HTMLElement { constructor() {"
        " super(); window.root = this.attachShadow({ mode: 'closed', delegatesFocus: true });"
        " root.innerHTML = '<input type=date style=width:200px;height:30px>' } })</script>"
    )
    async with visit(site.body("/", define)) as page:
        await page.step(Type("1990-05-17", AT))
        assert await page.page.evaluate("root.firstChild.value") == "1990-05-17"


async def test_a_calendar_that_no_picture_shows_is_told(site, visit):
    async with visit(site.body("/", field("type=date"))) as page:
        assert told(await page.step(Click(AT))) == []
        ((kind, text),) = told(await page.step(Click(Point(347, 117))))
        assert kind == "input" and "1990-05-17" in text
        await page.step(Type("2021-03-04"))
        assert await page.page.evaluate("[f.value, f.matches(':open')]") == ["2021-03-04", False]


# ---------------------------------------------------------------- suggestions and lists

LIST = "<datalist id=l><option value=Norway><option value=Nepal label=Mountains><option value=Cuba>"


async def test_suggestions_that_fit_are_told(site, visit):
    async with visit(site.body("/", field("list=l") + LIST)) as page:
        ((_, text),) = told(await page.step(Click(AT)))
        assert text.endswith('"Norway", "Nepal (Mountains)", "Cuba".')
        ((_, text),) = told(await page.step(Type("n", AT)))
        assert '"Norway", "Nepal (Mountains)"' in text and "Cuba" not in text
        assert told(await page.step(Type("Cuba", AT, clear=True))) == []


async def test_a_suggestion_is_chosen_by_its_label(site, visit):
    async with visit(site.body("/", field("list=l") + LIST)) as page:
        await page.step(SelectOption(AT, "mountains"))
        assert await page.page.evaluate("log") == [["input", "Nepal"], ["change", "Nepal"]]
        ((kind, text),) = told(await page.step(SelectOption(AT, "Peru")))
        assert kind == "bad_action" and '"Norway"' in text


MANY = "<select id=f multiple size=4 style='position:absolute;left:100px;top:100px'>" + "".join(
    f"<option {'selected' if name == 'b' else ''}>{name}" for name in "abcd"
)


async def test_several_options_are_chosen_at_once_and_are_the_only_ones(site, visit):
    chosen = "[...f.selectedOptions].map(o => o.value).join()"
    async with visit(site.body("/", f"{MANY}</select>{LOG}")) as page:
        seen = await page.step(SelectOption(Point(110, 110), "a", ("d",)))
        assert told(seen) == []
        assert await page.page.evaluate(chosen) == "a,d"
        assert len(await page.page.evaluate("log")) == 2
        await page.step(SelectOption(Point(110, 110), "c"))
        assert await page.page.evaluate(chosen) == "c"
        seen = await page.step(SelectOption(Point(110, 110), "a", ("z",)))
        assert 'no option "z"' in told(seen)[0][1]
        assert await page.page.evaluate(chosen) == "c"


async def test_a_list_of_a_single_choice_refuses_several(site, visit):
    single = MANY.replace("multiple size=4", "")
    async with visit(site.body("/", f"{single}</select>{LOG}")) as page:
        ((kind, text),) = told(await page.step(SelectOption(Point(110, 110), "a", ("d",))))
        assert kind == "bad_action" and "single option" in text
        assert await page.page.evaluate("[f.value, log]") == ["b", []]


@pytest.mark.parametrize("delay", ["f.value = 'b'", "setTimeout(() => { f.value = 'b' }, 200)"])
async def test_a_choice_that_the_page_takes_back_is_told(site, visit, delay):
    single = MANY.replace("multiple size=4", "") + "</select>"
    back = f"<script>f.onchange = () => {{ {delay} }}</script>"
    async with visit(site.body("/", single + back)) as page:
        seen = await page.step(SelectOption(Point(110, 110), "d"))
        assert told(seen) == [("input", 'The page has changed the choice: the list shows "b".')]


@pytest.mark.parametrize("delay", ["{}", "setTimeout(() => {}, 100)"], ids=["at once", "later"])
async def test_a_list_that_is_filled_when_it_gets_the_focus_is_chosen_from(site, visit, delay):
    fill = "f.innerHTML = '<option>a<option>b<option>c'"
    code = f"f.onfocus = () => {delay.replace('{}', '{ ' + fill + ' }')}"
    single = MANY.replace("multiple size=4", "") + "</select>"
    lazy = f"<script>f.innerHTML = '<option>Choose'; {code}</script>"
    async with visit(site.body("/", single + LOG + lazy)) as page:
        assert told(await page.step(SelectOption(Point(110, 110), "c"))) == []
        assert await page.page.evaluate("log") == [["input", "c"], ["change", "c"]]


async def test_the_last_part_of_a_pixel_belongs_to_the_list_that_it_lies_in(site, visit):
    box = "position:absolute;left:100px;top:100px;width:100px;height:30px;overflow:hidden"
    wide = f"<div style='{box}'><select id=f style='width:100px;height:30px'><option>a<option>b"
    async with visit(site.body("/", f"{wide}</select></div>{LOG}")) as page:
        assert told(await page.step(SelectOption(Point(199.6, 115), "b"))) == []
        ((kind, _),) = told(await page.step(SelectOption(Point(99.6, 115), "a")))
        assert kind == "bad_action"


@pytest.mark.parametrize(
    ("attributes", "text"),
    [("type=range step=any", "12.50"), ("type=datetime-local step=1", "2027-01-09 08:05:00")],
)
async def test_a_value_that_the_field_writes_shorter_is_no_difference(
    site, visit, attributes, text
):
    async with visit(site.body("/", field(attributes))) as page:
        assert told(await page.step(Type(text, AT))) == []


async def test_text_for_a_list_is_answered_with_how_to_choose(site, visit):
    async with visit(site.body("/", MANY + "</select>")) as page:
        ((kind, text),) = told(await page.step(Type("d", Point(110, 110))))
        assert kind == "bad_action" and "select" in text
        assert await page.page.evaluate("f.selectedOptions[0].value") == "a"  # of the click
