"""Fields whose label stands on their edge or within them, and buttons that are disabled."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

STYLE = """<style>div { position: relative; width: 320px; margin-bottom: 26px }
input { width: 100%; font: inherit; box-sizing: border-box; border-radius: 4px }
label { position: absolute; color: #666; pointer-events: none }
.edge input { padding: 16px 12px; border: 1px solid #999 }
.edge label { left: 10px; top: 18px; background: #fff; padding: 0 4px }
.edge input:focus + label, .edge input:not(:placeholder-shown) + label { top: -9px;
  font-size: 12px }
.within input { padding: 22px 12px 6px; border: 0; background: #eee }
.within label { left: 12px; top: 17px }
.within input:focus + label, .within input:not(:placeholder-shown) + label { top: 6px;
  font-size: 12px }</style>"""
FORM = STYLE + "".join(
    f"<div class={kind}><input id={name} placeholder=' ' value='{value}'"
    f" oninput=\"did('{name}=' + this.value)\"><label>{label}</label></div>"
    for kind, name, label, value in (
        ("edge", "first", "First name", ""),
        ("edge", "last", "Last name", "Holm"),
        ("within", "street", "Street", ""),
        ("within", "town", "Town", "Bergen"),
    )
)


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("goal", "title"),
    [
        ('type "Ida" into "First name"', "first=Ida"),
        ('set "Last name" to "Berg"', "last=Berg"),
        ('type "Quay 4" into "Street"', "street=Quay 4"),
        ('set "Town" to "Trondheim"', "town=Trondheim"),
    ],
)
async def test_what_is_typed_goes_into_the_field_of_the_label_on_top(read, goal, title):
    run = await read(FORM, goal)
    assert run.title == title, run.reason
    assert run.reason is None


async def test_a_text_under_a_field_that_has_a_label_of_its_own_is_not_its_label(read):
    page = """<div><input placeholder="First name" oninput="did('first=' + this.value)"
      style="padding: 12px; width: 300px; font: inherit"></div><p>Last name</p>"""
    run = await read(page, 'set "Last name" to "Berg"')
    assert run.title == "untouched"
    assert run.reason


async def test_a_card_with_a_name_and_a_value_is_no_field(read):
    page = """<section style="border: 1px solid #ccc; padding: 10px; width: 360px">
      <div style="font-size: 12px">Balance</div><div>€ 40.00</div></section>
      <script>onkeydown = (event) => did('shortcut ' + event.key)</script>"""
    run = await read(page, 'set "Balance" to "40.00"')
    assert run.title == "untouched"
    assert run.reason


async def test_of_two_equal_buttons_the_one_that_is_not_disabled_is_meant(read):
    page = """<h2>Export</h2><p>All of it.</p>
      <button disabled>Export</button> <button onclick="did('exported')">Export</button>"""
    run = await read(page, 'click "Export"')
    assert run.title == "exported", run.reason
