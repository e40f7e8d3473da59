"""Goals carried out on real pages, by sight alone. The page's title says what happened to it."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from vigorl.browser.actions import Click, GiveUp
from vigorl.browser.geometry import Box
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot
from vigorl.browser.zoom import ZoomEnvironment
from vigorl.policy.reader.actor import PLUG_IN, ReaderPolicy

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TABLE = """<style>td, th {{ padding: 8px 30px 8px 0; text-align: left }}
.n {{ text-align: right }}</style>
<h1>{heading}</h1><table>
<tr><th>Name</th><th class=n>Price</th><th class=n>Stock</th><th></th></tr>
{rows}</table>"""


def table(*rows: tuple[str, str, str]) -> str:
    cells = "".join(
        f"<tr><td>{name}</td><td class=n>{price}</td><td class=n>{stock}</td>"
        f"<td><button onclick=\"did('edited {name}')\">Edit</button></td></tr>"
        for name, price, stock in rows
    )
    return TABLE.format(heading="Goods", rows=cells)


GOODS = table(("Red kettle", "$12.40", "7"), ("Blue kettle", "$9.90", "12"), ("Mug", "$4.20", "31"))


# Pointing


async def test_a_text_is_read_and_clicked_and_the_thought_says_where(read):
    run = await read("<button onclick=\"did('saved')\">Save draft</button>", 'click "Save draft"')
    assert run.title == "saved"
    (click, _) = run.turns
    assert click.text.startswith('<think> I read "Save draft" at (')
    assert isinstance(click.action, Click)
    assert click.points == (click.action.point,)


async def test_one_of_several_equal_targets_is_told_by_its_row(read):
    run = await read(GOODS, 'click "Edit" in the row of "Blue kettle"')
    assert run.title == "edited Blue kettle"


async def test_a_button_in_a_card_belongs_to_the_heading_of_the_card(read):
    card = """<div style="border: 1px solid #999; padding: 12px; width: 200px; float: left;
      margin: 8px"><h3>{0}</h3><p>{1}</p>
      <button onclick="document.title += ' {0}'">Add</button></div>"""
    cards = "".join(
        card.format(name, text)
        for name, text in (
            ("Lamp", "Bright."),
            ("Clock", "On time, always, <br>even at night."),
            ("Chair", ""),
        )
    )
    run = await read(cards, 'click "Add" of "Clock", click the "Add" button under "Chair"')
    assert run.title == "untouched Clock Chair"


async def test_an_ordinal_counts_in_reading_order_past_the_end_of_the_screen(read):
    shelf = "".join(
        f"<div style='height: 170px'><h3>Thing {n}</h3>"
        f"<button onclick=\"did('added {n}')\">Add to cart</button></div>"
        for n in range(1, 9)
    )
    run = await read(shelf, 'click the 6th "Add to cart"')
    assert run.title == "added 6"
    assert "scroll" in run.kinds


async def test_the_last_of_a_kind_is_looked_for_on_the_whole_page(read):
    shelf = "".join(
        f"<p style='height: 120px'><a href='#' onclick=\"did('read {n}')\">Read more</a></p>"
        for n in range(1, 9)
    )
    footer = "<div style='height: 700px'>Nothing more.</div>"
    run = await read(shelf + footer, 'click the last "Read more"')
    assert run.title == "read 8"


RESULTS = """<style>nav a {{ margin-right: 16px }} {style}</style>
<nav><a href=#>Home</a><a href=#>Shop</a><a href=#>Contact</a></nav>
<h1>3 results</h1><main>{items}</main>
<footer><a href=#>Imprint</a> <a href=#>Privacy</a></footer>"""
RESULT = """<article><a href=# onclick="did('opened {0}')">{0}</a>
<p>{1}</p></article>"""


@pytest.mark.parametrize(
    "style",
    [
        "article { margin: 28px 0 } article a { font-size: 20px }",
        "article { border-top: 1px solid #bbb; padding: 10px }",
        "main { display: grid; grid-template-columns: 1fr 1fr; gap: 20px } "
        "article { background: #eef; padding: 16px; border-radius: 9px }",
    ],
    ids=["plain", "ruled", "cards"],
)
async def test_the_second_result_is_neither_in_the_menu_nor_in_the_footer(read, style):
    items = "".join(
        RESULT.format(name, f"{name} is known for its {what}, among other things.")
        for name, what in (("Aachen", "cathedral"), ("Bremen", "musicians"), ("Celle", "castle"))
    )
    run = await read(RESULTS.format(style=style, items=items), "open the second result")
    assert run.title == "opened Bremen"


async def test_a_name_that_is_broken_into_lines_is_one_name(read):
    page = """<div style="width: 150px; font-size: 20px">
      <a href=# onclick="did('wrong')">Beyond the sea</a><br><br>
      <a href=# onclick="did('right')">Beyond the seven mountains</a></div>"""
    run = await read(page, 'click "Beyond the seven mountains"')
    assert run.title == "right"


async def test_of_two_equal_texts_the_one_in_the_dialog_that_opened_is_meant(read):
    page = """<button onclick="did('page')">Delete</button><br><br>
      <button onclick="dialog.showModal()">Files …</button>
      <dialog id=dialog style="margin: 200px"><p>Delete three files?</p>
      <button onclick="did('dialog')">Delete</button></dialog>"""
    run = await read(page, 'click "Files", click "Delete"')
    assert run.title == "dialog"


async def test_the_icon_in_a_framed_button_is_told_from_its_frame(read):
    page = """<style>body { background: #0b0f10; color: #eee }
      section { background: #1c221c; border: 1px solid #445; width: 420px; padding: 16px }
      button { float: right; width: 44px; height: 44px; border: 2px solid #bcc17f;
        border-radius: 10px; background: none; color: #cdd; outline: none }</style>
      <section><button onclick="did('closed')"><svg width=16 height=16 viewBox="0 0 16 16"
      stroke=currentColor stroke-width=1.5><path d="M2 2 14 14M2 14 14 2"/></svg></button>
      <h3>Good news</h3><p>Projects can now be shared with people outside.</p></section>
      <p style="opacity: .3">Everything that your team is working on, and more.</p>"""
    run = await read(page, "click the close icon")
    assert run.title == "closed"
    assert "looks like close" in run.thoughts


CROSS = """<svg width=20 height=20 viewBox="0 0 16 16" stroke="#333" stroke-width=1.5>
  <path d="M2 2 14 14M2 14 14 2"/></svg>"""
TASKS = "".join(
    f"<li style='display: flex; justify-content: space-between; width: 400px; padding: 14px'>{name}"
    f"<span onclick=\"did('removed {name}')\">{CROSS}</span></li>"
    for name in ("Water the plants", "Call the bank", "Pay the bill")
)


async def test_an_icon_that_shows_a_part_of_a_quoted_name_is_not_meant_by_it(read):
    run = await read(f"<ul>{TASKS}</ul><p>3 left. Completed</p>", 'click "Clear completed"')
    assert run.title == "untouched"
    assert "Completed" in str(run.reason)


async def test_of_equal_icons_in_a_list_none_is_clicked_unless_told_which(read):
    run = await read(f"<ul>{TASKS}</ul>", "click the close icon")
    assert run.title == "untouched"
    assert "3 things on the screen may be" in str(run.reason)
    run = await read(f"<ul>{TASKS}</ul>", 'click the close icon next to "Call the bank"')
    assert run.title == "removed Call the bank", run.reason


@pytest.mark.parametrize(
    ("kind", "attributes", "value"),
    [
        ("date", "", "2026-12-24"),
        ("date", "value=2026-10-03", "2026-12-24"),
        ("time", "", "06:45"),
        ("time", "value=07:30", "06:45"),
    ],
)
async def test_a_field_for_a_date_or_time_is_no_button(read, kind, attributes, value):
    page = f"""<style>input {{ display: block; width: 300px; padding: 7px; font: inherit;
      border: 1px solid #999; border-radius: 5px; background: #fff; margin-bottom: 12px }}</style>
      <button onclick="did('slot')">07:30</button><p></p>
      <label for=a>Away from</label><input type={kind} id=a {attributes}
      onchange="did(a.value)"><label for=b>Name</label><input id=b>"""
    run = await read(page, f'set "Away from" to "{value}"')
    assert run.title == value, run.reason
    assert run.reason is None


async def test_a_text_that_a_message_has_pushed_down_is_not_new(read):
    page = """<nav style="text-align: right">
      <span onclick="did('opened'); message.textContent = 'One thing lies in it.'">Bag</span></nav>
      <p id=message hidden>One thing was added.</p>
      <b onclick="message.hidden = false; message.textContent += ' Yes.'; did('added')">Bag</b>"""
    run = await read(page, 'click the second "Bag", click "Bag"')
    assert run.title == "opened"


async def test_something_further_down_is_scrolled_to(read):
    page = """<h1>Top</h1><div style='height: 1500px'></div>
      <button onclick="did('deep')">Deep down</button>"""
    run = await read(page, 'click "Deep down"')
    assert run.title == "deep"
    assert run.kinds[:2] == ["wait", "scroll"]


async def test_a_word_of_a_sentence_is_not_the_button_of_that_name(read):
    page = """<p onclick="did('a sentence')">Both sides agree to treat what they learn in
      confidence.</p><div style='height: 1200px'></div>
      <button onclick="did('agreed')">Agree</button>"""
    run = await read(page, 'click the "Agree" button')
    assert run.title == "agreed"


async def test_something_that_comes_late_is_waited_for(read):
    page = """<p>Please be patient.</p>
      <button hidden id=late onclick="did('late')">Here we are</button>
      <script>setTimeout(() => { late.hidden = false }, 1300)</script>"""
    run = await read(page, 'wait until you see "Here we are", then click "Here we are"')
    assert run.title == "late"


async def test_something_that_comes_while_the_page_is_searched_is_seen(read):
    page = """<p>Wait for it.</p><button hidden id=late onclick="did('late')">Here we are</button>
      <script>onwheel = (event) => { late.hidden = event.deltaY > 0 }</script>"""
    run = await read(page, 'Click "Here we are"')
    assert run.title == "late", run.reason


async def test_a_click_that_does_nothing_is_tried_on_the_next_thing_of_that_name(read):
    page = """<h1>Continue</h1><p>Then go on.</p>
      <p onclick="did('on'); this.textContent = 'Gone'">Continue</p>"""
    run = await read(page, 'click "Continue"')
    assert run.title == "on"


async def test_clicking_until_something_is_seen_ends_when_it_is_seen(read):
    page = """<p id=number>Page 1</p><button onclick="number.textContent =
      document.title = 'Page ' + (parseInt(number.textContent.slice(5)) + 1)">Forward</button>"""
    run = await read(page, 'click "Forward" until you see "Page 4"')
    assert run.title == "Page 4"
    assert run.answer == ""


async def test_the_same_button_is_found_again_when_its_arrow_is_read_with_it(read):
    page = """<script>let n = 1; function go(b) { b.textContent = 'Onward >';
      page.textContent = 'Page ' + ++n }</script>
      <button onclick="go(this)">Onward</button><p id=page>Page 1</p>"""
    run = await read(page, 'click "Onward" until you see "Page 4"')
    assert run.answer == ""
    assert run.kinds.count("click") == 3


async def test_clicking_until_something_is_seen_gives_up_where_nothing_changes(read):
    run = await read("<button>Forward</button>", 'click "Forward" until you see "Page 4"')
    assert run.reason is not None
    assert "Page 4" in run.reason
    assert len(run.turns) < 12


async def test_scrolling_stops_where_the_text_is_seen(read):
    rows = "".join(f"<p>Paragraph number {n}.</p>" for n in range(60))
    run = await read(rows, 'scroll down until you see "Paragraph number 25."')
    assert run.answer == ""
    assert 1 <= run.kinds.count("scroll") <= 3


async def test_one_thing_is_dragged_onto_another(read):
    page = """<style>div { width: 200px; height: 60px; margin: 30px; background: #def }</style>
      <div draggable=true ondragstart="event.dataTransfer.setData('text', 'Milk')">Milk</div>
      <div ondragover="event.preventDefault()" ondrop="event.preventDefault();
      document.title = 'got ' + event.dataTransfer.getData('text')">Done</div>"""
    run = await read(page, 'drag "Milk" to "Done"')
    assert run.title == "got Milk"


# Fields

FORM = """<style>label { font-weight: bold } p { margin: 14px 0 }
input, select { font: 16px sans-serif; padding: 6px; width: 220px }</style>
<form oninput="document.title = [...document.querySelectorAll('input, select')].map(
  i => i.type == 'checkbox' || i.type == 'radio' ? +i.checked : i.value).join('|')">%s</form>"""


@pytest.mark.parametrize(
    "fields",
    [
        "<p><label>City<br><input value=Rome></label></p><p><label>Street<br><input></label></p>",
        "<p><label style='display: inline-block; width: 120px'>City</label> <input value=Rome></p>"
        "<p><label style='display: inline-block; width: 120px'>Street</label> <input></p>",
        "<p><input placeholder=City value=Rome></p><p><input placeholder=Street></p>",
    ],
    ids=["above", "left", "placeholder"],
)
async def test_a_field_is_found_by_its_label(read, fields):
    run = await read(FORM % fields, 'type "Low Road 5" into "Street"')
    assert run.title == "Rome|Low Road 5"
    assert run.kinds == ["type", "done"]


async def test_the_text_of_a_field_is_replaced(read):
    page = FORM % "<p><label>City<br><input value=Rome></label></p>"
    run = await read(page, 'replace the text in "City" with "Oslo"')
    assert run.title == "Oslo"


async def test_what_was_typed_into_a_password_field_cannot_be_read_and_is_trusted(read):
    page = FORM % "<p><label>Password<br><input type=password></label></p>"
    run = await read(page, 'type "maple-1" into "Password" and press Tab')
    assert run.title == "maple-1"
    assert run.kinds == ["type", "press", "done"]


async def test_typing_into_something_that_takes_no_text_is_noticed(read):
    run = await read("<p>Street</p><p>Only words here.</p>", 'type "Low Road 5" into "Street"')
    assert run.reason is not None
    assert "Low Road 5" in run.reason


async def test_an_option_is_chosen_in_a_native_list(read):
    page = FORM % (
        "<p><label>Country<br><select><option>Peru<option>Norway</select></label></p>"
        "<p><label>Year<br><select><option>1<option>2</select></label></p>"
    )
    run = await read(page, 'select "Norway" in "Country"')
    assert run.title == "Norway|1"


async def test_an_option_is_chosen_in_a_list_that_the_page_draws(read):
    page = """<p>Norway is a country.</p><p>Country</p>
      <div style="border: 1px solid #888; width: 200px; padding: 8px"
      onclick="list.hidden = false">Please choose</div>
      <ul id=list hidden onclick="document.title = event.target.textContent">
      <li>Peru<li>Norway<li>Chad</ul>"""
    run = await read(page, 'select "Norway" in "Please choose"')
    assert run.title == "Norway"


CHECKS = FORM % (
    "<p><label><input type=checkbox style='width: auto' checked> Newsletter</label></p>"
    "<p><label><input type=checkbox style='width: auto'> Terms of use</label></p>"
)


async def test_a_box_is_clicked_only_where_its_state_differs(read):
    run = await read(CHECKS, 'check "Newsletter" and "Terms of use"')
    assert run.title == "1|1"
    run = await read(CHECKS, 'uncheck "Newsletter", uncheck "Terms of use"')
    assert run.title == "0|0"


async def test_a_file_is_handed_over(read, tmp_path: Path):
    (tmp_path / "note.txt").write_text("hello")
    page = '<p>Photo</p><input type=file onchange="document.title = this.files[0].name">'
    run = await read(page, f'upload "{tmp_path / "note.txt"}" to "Photo"')
    assert run.title == "note.txt"


# Telling

BILL = """<style>dt {{ color: #666 }} dd {{ margin: 0 0 10px }} {style}</style><h1>Your bill</h1>
<dl><dt>Sum</dt><dd>$90.00</dd><dt>Delivery</dt><dd>$4.55</dd><dt>Total</dt><dd>$94.55</dd></dl>"""


@pytest.mark.parametrize(
    "style",
    ["", "dl { display: grid; grid-template-columns: 160px 200px } dd { text-align: right }"],
    ids=["below", "right"],
)
async def test_a_value_is_read_beside_or_below_its_label(read, style):
    run = await read(BILL.format(style=style), 'tell me the "Total"')
    assert run.answer == "$94.55"


async def test_a_value_is_read_in_the_text_of_its_label(read):
    run = await read("<p>Sum: $90.00</p><p>Total: $94.55</p>", "what is the total?")
    assert run.answer == "$94.55"


async def test_a_value_is_read_where_a_row_and_a_column_of_a_table_meet(read):
    run = await read(GOODS, 'tell me the "Stock" of "Blue kettle"')
    assert run.answer == "12"


async def test_the_price_is_the_largest_amount_near_the_heading(read):
    page = """<p style="font-size: 12px">Free delivery from $50.00</p><h1>Red kettle</h1>
      <p style="font-size: 24px">$39.90</p><h3>Others bought</h3><p>Mug, $4.20</p>"""
    run = await read(page, "tell me the price")
    assert run.answer == "$39.90"


async def test_small_text_is_read_closer_and_exactly(read):
    page = "<p style='font-size: 7px'>Serial number: KX-8801-QB5</p>"
    run = await read(page, 'tell me the "Serial number"')
    assert run.answer == "KX-8801-QB5"
    assert [zoom.style.source for zoom in run.zooms][-1:] == ["optical"]
    assert any(seen.view is not None and seen.view.kind == "optical" for seen in run.observations)


# Refusing


async def test_what_is_nowhere_is_given_up_with_the_nearest_that_was_read(read):
    page = "<p>Order kettle</p><p>Imprint</p>"
    run = await read(page, 'click "Order a teapot"')
    assert run.reason is not None
    assert '"Order a teapot"' in run.reason
    assert '"Order kettle"' in run.reason
    assert len(run.turns) < 10


async def test_a_goal_that_is_no_list_of_steps_is_refused_with_a_way_out(read):
    run = await read("<h1>Flights</h1>", "Find the cheapest flight to Paris and book it")
    assert isinstance(run.actions[-1], GiveUp)
    assert PLUG_IN in str(run.reason)
    assert "--model" in PLUG_IN


async def test_the_part_that_is_not_understood_is_quoted(read):
    run = await read("<h1>Flights</h1>", 'click "Flights", buy "the cheapest"')
    assert run.kinds == ["give_up"]
    assert 'buy "the cheapest"' in str(run.reason)


async def test_an_impossible_action_is_not_repeated(read):
    run = await read("<h1>Flights</h1>", "go to https://no.such.host.invalid/")
    assert run.kinds == ["goto", "give_up"]


async def test_the_same_episode_is_played_twice_in_the_same_way(read):
    goal = 'click "Edit" in the row of "Mug", tell me the "Price" of "Mug"'
    first, second = await read(GOODS, goal), await read(GOODS, goal)
    assert [turn.text for turn in first.turns] == [turn.text for turn in second.turns]
    assert first.answer == "$4.20"


# Tabs and pages


async def test_a_new_tab_is_read_and_closed(read):
    page = """<h1>Home</h1><button onclick="const help = window.open(); help.document.write(
      '<title>Help</title><h1>Help pages</h1>'); help.document.close()">Open help</button>
      <button onclick="did('home again')">Go home</button>"""
    goal = 'click "Open help", wait until you see "Help pages", close the tab, click "Go home"'
    assert (await read(page, goal)).title == "home again"
    goal = 'click "Open help", switch to the first tab, click "Go home", switch to the tab "Help"'
    assert (await read(page, goal)).title == "Help"


# A still picture


def _picture() -> Picture:
    image = Image.new("RGB", (640, 360), "white")
    font = ImageFont.load_default(24)
    draw = ImageDraw.Draw(image)
    draw.text((60, 40), "Overview", "black", font)
    draw.text((60, 200), "Contribute", "black", font)
    draw.text((60, 280), "Go back", "black", font)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return Picture.from_bytes(buffer.getvalue())


@pytest.mark.parametrize(
    "goal", ["Contribute", '"Contribute"', "click Contribute", "Open Contribute"]
)
async def test_a_name_alone_is_clicked_on_a_still_picture(policy: ReaderPolicy, goal: str):
    world = StaticScreenshot(_picture(), goal, Box(55, 195, 185, 235))
    turn = await policy.actor(goal).act(await world.reset())
    assert isinstance(turn.action, Click)
    assert (await world.step(turn.action)).ended
    score = await world.score(None)
    assert score is not None
    assert score.value == 1.0


@pytest.mark.parametrize(
    ("goal", "target"),
    [("Contrihute", Box(55, 195, 185, 235)), ("Go back", Box(55, 275, 185, 315))],
    ids=["misread", "a step elsewhere"],
)
async def test_the_best_guess_is_clicked_on_a_still_picture(policy, goal: str, target: Box):
    world = ZoomEnvironment(StaticScreenshot(_picture(), goal, target))
    observation, actor = await world.reset(), policy.actor(goal)
    while not observation.ended:
        turn = await actor.act(observation)
        assert turn.action is not None
        assert not isinstance(turn.action, GiveUp)
        observation = await world.step(turn.action)
    score = await world.score(None)
    assert score is not None
    assert score.value == 1.0


async def test_a_name_that_is_not_on_a_still_picture_is_given_up_soon(policy: ReaderPolicy):
    world = StaticScreenshot(_picture(), "Imprint", None)
    observation, actor = await world.reset(), policy.actor("Imprint")
    for _ in range(6):
        turn = await actor.act(observation)
        if isinstance(turn.action, GiveUp):
            return
        assert turn.action is not None
        observation = await world.step(turn.action)
    pytest.fail("it goes on for ever")
