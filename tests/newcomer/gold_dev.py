"""The ways through the tasks of `dev.py`."""

from playwright.async_api import Page

from tests.newcomer.gold import answer_dialogs, beside, cell, way


@way("outdoor/buy")
async def outdoor_buy(page: Page) -> str | None:
    await page.get_by_role("button", name="Accept all").click()
    await page.get_by_placeholder("Search").fill("tent")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/search.html*")
    await page.locator("article", has_text="Lofoten").get_by_role("button").click()
    await page.get_by_role("link", name="Basket").click()
    await page.wait_for_url("**/cart.html")
    return await page.locator("tr", has_text="Total").last.locator("td").last.inner_text()


@way("outdoor/price")
async def outdoor_price(page: Page) -> str | None:
    return await page.locator("#cost b").inner_text()


@way("outdoor/weight")
async def outdoor_weight(page: Page) -> str | None:
    await page.get_by_role("button", name="Only what is needed").click()
    await page.get_by_role("link", name="Packs").click()
    await page.get_by_role("link", name="Rucksack Vidda 45").click()
    return await beside(page, "Weight")


@way("clinic/book")
async def clinic_book(page: Page) -> str | None:
    await page.get_by_text("›").click()
    await page.get_by_role("button", name="14", exact=True).click()
    await page.get_by_role("button", name="10:30").click()
    await page.get_by_label("Your name").fill("Ida Holm")
    await page.get_by_role("button", name="Request appointment").click()
    return None


@way("clinic/until")
async def clinic_until(page: Page) -> str | None:
    while await page.locator("#month").inner_text() != "February 2027":
        await page.get_by_text("›").click()
    await page.get_by_role("button", name="9", exact=True).click()
    return await beside(page, "First free time")


@way("buerger/form")
async def buerger_form(page: Page) -> str | None:
    await page.locator("#kind").select_option("Führerschein umtauschen")
    await page.locator("#name").fill("Jürgen Groß")
    await page.locator("#read").check()
    await page.get_by_role("button", name="Weiter").click()
    return await beside(page, "Gebühr")


@way("buerger/hours")
async def buerger_hours(page: Page) -> str | None:
    return await beside(page, "Donnerstag")


@way("todo/add")
async def todo_add(page: Page) -> str | None:
    await page.get_by_placeholder("What needs to be done?").click()
    await page.keyboard.type("Buy oat milk", delay=20)
    await page.keyboard.press("Enter")
    await page.get_by_role("checkbox", name="Water the plants").click()
    await page.get_by_text("Active", exact=True).click()
    return None


@way("todo/rename")
async def todo_rename(page: Page) -> str | None:
    await page.get_by_text("Call the bank").dblclick()
    await page.locator("li input").wait_for()
    await page.keyboard.press("Control+A")
    await page.keyboard.type("Call the bank on Monday", delay=20)
    await page.keyboard.press("Enter")
    return None


@way("files/dismiss")
async def files_dismiss(page: Page) -> str | None:
    await answer_dialogs(page, accept=False)
    await page.get_by_role("button", name="Remove all").click()
    return None


@way("files/accept")
async def files_accept(page: Page) -> str | None:
    await answer_dialogs(page, accept=True)
    await page.locator("tr", has_text="draft-2024.txt").get_by_role("button").click()
    return None


@way("files/prompt")
async def files_prompt(page: Page) -> str | None:
    await answer_dialogs(page, accept=True, text="Invoices 2027")
    await page.get_by_role("button", name="New folder").click()
    return None


@way("dashboard/card")
async def dashboard_card(page: Page) -> str | None:
    return await beside(page, "Error rate")


@way("dashboard/period")
async def dashboard_period(page: Page) -> str | None:
    await page.locator("#period").select_option("Last 30 days")
    return await beside(page, "Active users")


@way("rivers/unit")
async def rivers_unit(page: Page) -> str | None:
    return await cell(page, "Elbe", 2)


@way("rivers/sort")
async def rivers_sort(page: Page) -> str | None:
    await page.get_by_text("Length (km)").click()
    return await page.locator("tbody tr td").first.inner_text()


@way("docs/table")
async def docs_table(page: Page) -> str | None:
    await page.locator("nav").get_by_text("Limits").click()
    return await cell(page, "max_columns", 1)


@way("docs/search")
async def docs_search(page: Page) -> str | None:
    await page.get_by_placeholder("Search docs").fill("checkpoint")
    await page.keyboard.press("Enter")
    await page.locator("h3 a").first.click()
    return await beside(page, "Default")


@way("leaflet/number")
async def leaflet_number(page: Page) -> str | None:
    return (await page.get_by_text("Authorisation number").inner_text()).partition(": ")[2]


@way("leaflet/dose")
async def leaflet_dose(page: Page) -> str | None:
    return await cell(page, "12 to 17 years", 2)


@way("settings/range")
async def settings_range(page: Page) -> str | None:
    await page.locator("#temperature").fill("22")
    return None


@way("settings/date")
async def settings_date(page: Page) -> str | None:
    await page.locator("#away").fill("2026-12-24")
    await page.get_by_role("button", name="Save changes").click()
    return None


@way("settings/time")
async def settings_time(page: Page) -> str | None:
    await page.locator("#wake").fill("06:45")
    await page.locator("#language").select_option("Deutsch")
    await page.get_by_label("Night mode").check()
    await page.get_by_role("button", name="Save changes").click()
    await page.locator("#toast").wait_for()
    return None
