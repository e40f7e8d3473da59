"""Menus on real pages: opened for what stands in them, and not taken for what they are not."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MENU = """<style>ul {{ position: absolute; margin: 4px 0 0; padding: 6px; list-style: none;
background: #fff; border: 1px solid #999; width: 160px }} li {{ padding: 6px }}
nav span {{ padding: 6px 14px; position: relative }}</style>
<nav style="background: #eee; padding: 8px"><span>Home</span>
<span onclick="list.hidden = !list.hidden">File<ul id=list {hidden}>
<li onclick="did('new')">New</li><li onclick="did('menu')">Export</li></ul></span>
<span onclick="did('edit')">Edit</span></nav>
<main style="margin-top: 160px"><p onclick="did('page')">{beside}</p></main>"""


async def test_an_item_of_a_closed_menu_is_found_by_opening_it(read):
    run = await read(
        MENU.format(hidden="hidden", beside="Some text."), 'click "Export" in the File menu'
    )
    assert run.title == "menu", run.reason
    assert run.kinds.count("click") == 2


async def test_the_same_name_on_the_page_is_not_the_item_of_the_menu(read):
    run = await read(
        MENU.format(hidden="hidden", beside="Export"), 'click "Export" in the "File" menu'
    )
    assert run.title == "menu", run.reason


async def test_a_menu_that_is_open_is_not_closed_again(read):
    run = await read(MENU.format(hidden="", beside="Export"), 'click "New" in the File menu')
    assert run.title == "new", run.reason
    assert run.kinds.count("click") == 1


async def test_an_item_that_the_menu_has_not_is_refused_with_those_that_it_has(read):
    run = await read(MENU.format(hidden="hidden", beside="Print"), 'click "Print" in the File menu')
    assert run.title == "untouched"
    assert '"New", "Export"' in str(run.reason)


async def test_a_group_of_links_that_is_called_a_menu_is_not_waited_for_to_open(read):
    page = """<div style="width: 160px; padding: 8px; background: #eef"><b>Account</b>
      <p><a href="#" onclick="did('orders')">Orders</a></p>
      <p><a href="#" onclick="did('bills')">Bills</a></p></div>"""
    run = await read(page, 'click "Orders" in the Account menu')
    assert run.title == "orders", run.reason


async def test_a_list_that_the_first_click_closes_is_opened_again(read):
    page = """<details open><summary>Account</summary>
      <p><a href="#" onclick="did('orders')">Orders</a></p></details>"""
    run = await read(page, 'click "Orders" in the Account menu')
    assert run.title == "orders", run.reason
