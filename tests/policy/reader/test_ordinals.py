"""'The second result' on real pages: among results, or nothing."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NAV = "<nav><a href=#>Home</a> &nbsp; <a href=#>Shop</a> &nbsp; <a href=#>Contact</a></nav>"
FILTER = (
    "<div style='width: 160px'><b>Filter</b><p><input type=checkbox> Tents<p><input type=checkbox>"
    " Stoves<p><input type=checkbox> Mats<p>Max. price<br><input type=range> € 400</div>"
)
BANNER = """<div style="position: fixed; bottom: 0; left: 0; right: 0; background: #333;
color: #fff; padding: 16px">We use cookies to make this shop work.<br>
<button onclick="did('accepted')">Accept all</button> <button>Only needed</button></div>"""


def results(*names: str) -> str:
    return "".join(
        f"<div style='margin-bottom: 18px'><a href=# onclick=\"did('opened {name}')\">{name}</a>"
        f"<br>{name} is made for long and windy nights.</div>"
        for name in names
    )


def shop(heading: str, main: str) -> str:
    return (
        f"{NAV}<h2>{heading}</h2><div style='display: flex; gap: 40px'>{FILTER}"
        f"<div>{main}</div></div>{BANNER}"
    )


TENTS = results("Dome tent", "Tunnel tent", "Tarp")


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("goal", "title"),
    [
        ("open the second result", "opened Tunnel tent"),
        ("open the first product", "opened Dome tent"),
        ("open the last result", "opened Tarp"),
        ("open the second-to-last result", "opened Tunnel tent"),
    ],
)
async def test_results_are_counted_and_neither_filters_nor_menus_nor_banners(read, goal, title):
    run = await read(shop("3 results", TENTS), goal)
    assert run.title == title


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("heading", "main", "goal"),
    [
        ("No results for “kettle”", "Try another word.", "open the second result"),
        ("0 products", "Try another word.", "open the first product"),
        ("1 result for “tarp”", results("Tarp"), "open the second result"),
        ("Our shop", "We sell what keeps you dry.", "open the second result"),
    ],
)
async def test_without_such_a_result_nothing_is_clicked(read, heading, main, goal):
    run = await read(shop(heading, main), goal)
    assert run.title == "untouched"
    assert run.reason is not None
    assert "click" not in run.kinds


@pytest.mark.parametrize("gap_px", [0, 2, 5])
async def test_results_are_told_by_titles_that_are_underlined_as_links_are(read, gap_px):
    """Pale on a dark page the colour of links tells little."""
    rows = "".join(
        "<div style='display: flex; gap: 17px; padding: 12px; border: 1px solid #543'><i style="
        "'width: 69px; height: 69px; background: #ccd'></i><div style='line-height: 1.15; padding:"
        f" 18px 0'><a href=# style='color: #d8a8a8; text-underline-offset: {gap_px}px; font:"
        f" bold 15px serif' onclick=\"did('opened {name}')\">{name}</a><br>"
        f"<span style='font-size: 13px'>{blurb}</span></div></div>"
        for name, blurb in (
            ("Brisa stool", "Light, sturdy and simple."),
            ("Grove stool", "Light, sturdy and simple."),
            ("Calla stool", "A quiet companion for every day."),
        )
    )
    page = f"<style>body {{ background: #271918; color: #bbaeae }}</style><p>3 results</p>{rows}"
    run = await read(page, "open the first result")
    assert run.title == "opened Brisa stool"
    assert run.kinds.count("click") == 1


@pytest.mark.slow
async def test_a_card_that_does_not_open_by_its_text_is_tried_at_its_title_and_nowhere_else(read):
    cards = "".join(
        f"<div style='width: 300px; border: 1px solid #999; padding: 12px; margin: 8px'>"
        f"<div style='font-size: 13px'{clicks.format(name)}>{name}</div>"
        f"<div style='font-size: 20px'>Written by {name} on Monday</div><button onclick="
        "\"did('deleted')\">Delete</button></div>"
        for name, clicks in (
            ("Anna", " onclick=\"did('opened {}')\""),
            ("Bert", ""),
            ("Cleo", ""),
        )
    )
    run = await read(cards, "open the first card")
    assert run.title == "opened Anna"
    assert "The click did nothing." in run.thoughts
    run = await read(cards, "open the second card")
    assert run.title == "untouched"
    assert run.reason is not None


async def test_an_advertisement_is_no_result(read):
    ad = "<div style='margin-bottom: 18px'><a href=#>Buy my tent</a><br>Ad · by Tentland</div>"
    run = await read(
        shop("2 results", results("Dome tent") + ad + results("Tarp")), "open the second result"
    )
    assert run.title == "opened Tarp"


async def test_paragraphs_are_no_results(read):
    text = "<p style='width: 420px'>" + "Rivers are long and wet, and some are deep. " * 4 + "</p>"
    run = await read(f"<h1>Rivers</h1>{text * 3}", "open the second result")
    assert run.title == "untouched"
    assert run.reason is not None


async def test_a_label_without_a_field_is_not_typed_into(read):
    run = await read("<p>Temperature</p><p>15 °C</p>", 'type "22" into "Temperature"')
    assert run.reason is not None
    assert "type" not in run.kinds


async def test_a_box_that_the_page_draws_is_checked_and_not_its_text(read):
    rows = "".join(
        "<div style='display: flex; align-items: center; padding: 12px; width: 480px;"
        "border-bottom: 1px solid #eee; font-size: 22px'><span onclick=\"did('checked "
        f"{name}'); this.style.background = '#3a9'\" style='width: 34px; height: 34px; border:"
        f" 2px solid #999; border-radius: 50%; margin-right: 16px'></span>{name}</div>"
        for name in ("Buy milk", "Call Anna")
    )
    run = await read(f"<h1>todos</h1>{rows}", 'check "Call Anna"')
    assert run.title == "checked Call Anna"


async def test_a_box_is_not_a_link_of_nearly_the_same_name(read):
    page = NAV.replace("Shop", "Tents") + "<p>Nothing to choose here.</p>"
    run = await read(page, 'check "Tents"')
    assert run.reason is not None
    assert "click" not in run.kinds


@pytest.mark.one_in(3)
@pytest.mark.parametrize("name", ["Order 100", "Order 1.2", "Order 1042"])
async def test_a_number_that_is_only_like_the_one_asked_for_is_not_it(read, name):
    page = "".join(
        f"<p><button onclick=\"did('{text}')\">{text}</button></p>"
        for text in ("Order 10", "Order 1.25", "Order 1024")
    )
    run = await read(page, f'click "{name}"')
    assert run.title == "untouched"
    assert run.reason is not None


BUTTONS = "".join(
    f"<p>{name} <button onclick=\"did('{name}')\" "
    f"style='padding: 8px 18px; background: #bcd'>{text}</button></p>"
    for name, text in (("Anna", "Edit"), ("Bert", "Edit"), ("Cleo", "Drop"))
)


async def test_a_kind_of_thing_alone_is_refused_unless_there_is_one(read):
    run = await read(BUTTONS, "click the button")
    assert run.title == "untouched"
    assert "Drop" in str(run.reason)
    style = "padding: 8px 18px; background: #bcd"
    one = f"<button onclick=\"did('it')\" style='{style}'>Go on</button>"
    run = await read(f"<p>Ready?</p>{one}", "click the button")
    assert run.title == "it"


async def test_of_equal_buttons_in_a_list_none_is_taken_for_the_one_that_is_meant(read):
    run = await read(BUTTONS, 'click "Edit"')
    assert run.title == "untouched"
    assert str(run.reason).count('"Edit"') >= 2
    run = await read(BUTTONS, 'click "Edit" in the row of "Bert"')
    assert run.title == "Bert"


CALENDAR = """<div style="width: 300px; border: 1px solid #ccc"><div style="display: flex;
justify-content: space-between; background: #1d4ed8; color: #fff; padding: 8px">
{0}<b>November 2026</b>{1}</div><p>1 2 3 4 5 6 7</p></div><p>Request › Appointment</p>"""
ARROW = """<button onclick="did('{0}')" style="background: #1d4ed8; color: #fff; border: 0;
font-size: 20px">{1}</button>"""


@pytest.mark.parametrize(
    ("goal", "title"), [('click "›"', "next"), ('click "‹"', "previous"), ("click next", "next")]
)
async def test_a_button_of_one_sign_is_found_on_its_colour(read, goal, title):
    page = CALENDAR.format(ARROW.format("previous", "‹"), ARROW.format("next", "›"))
    run = await read(page, goal)
    assert run.title == title
