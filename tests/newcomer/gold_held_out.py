"""The ways through the tasks of `held_out.py`."""

from playwright.async_api import Page

from tests.newcomer.gold import answer_dialogs, beside, cell, way


@way("library/page-four")
async def library_page_four(page: Page) -> str | None:
    while not await page.get_by_text("The Salt Road").count():
        await page.get_by_role("button", name="Next").click()
    await page.locator("tr", has_text="The Salt Road").get_by_role("button").click()
    return None


@way("library/log-in")
async def library_log_in(page: Page) -> str | None:
    await page.get_by_label("Card number").fill("L-20417")
    await page.get_by_label("PIN", exact=True).fill("maple-42")
    await page.keyboard.press("Enter")
    return await beside(page, "Books on loan")


@way("feed/scroll")
async def feed_scroll(page: Page) -> str | None:
    link = page.get_by_role("link", name="Lighthouse reopens to visitors")
    while not await link.count():
        await page.mouse.wheel(0, 600)
        await page.wait_for_timeout(50)
    await link.click()
    return await beside(page, "Admission")


@way("feed/subscribe")
async def feed_subscribe(page: Page) -> str | None:
    await page.get_by_label("Your e-mail").fill("ida@example.org")
    await page.get_by_role("button", name="Subscribe").click()
    await page.get_by_text("Thank you!").wait_for()
    return None


@way("boulangerie/price")
async def boulangerie_price(page: Page) -> str | None:
    return await cell(page, "Chausson aux pommes", 2)


@way("boulangerie/order")
async def boulangerie_order(page: Page) -> str | None:
    await page.locator("#nom").fill("Zoé Lefèvre")
    await page.locator("#produit").select_option("Tarte aux poires")
    await page.locator("#jour").select_option("Samedi")
    await page.locator("#plus").click(click_count=2, delay=20)
    await page.get_by_role("button", name="Envoyer la commande").click()
    return None


@way("museum/english")
async def museum_english(page: Page) -> str | None:
    await page.get_by_role("link", name="English").click()
    return await beside(page, "Wednesday")


@way("board/drag")
async def board_drag(page: Page) -> str | None:
    await page.get_by_text("Write release notes").drag_to(page.locator("[data-column=Done]"))
    return None


@way("board/hover")
async def board_hover(page: Page) -> str | None:
    await page.get_by_text("Views").hover()
    await page.get_by_text("Calendar", exact=True).click()
    return (await page.get_by_text("Code freeze").inner_text()).partition(": ")[2]


@way("board/assign")
async def board_assign(page: Page) -> str | None:
    await page.get_by_text("Fix login timeout").click()
    await page.get_by_label("Assignee").press_sequentially("Mar", delay=20)
    await page.locator("#options div", has_text="Marta Oliveira").click()
    await page.get_by_role("button", name="Close").click()
    return None


@way("player/volume")
async def player_volume(page: Page) -> str | None:
    await page.get_by_role("button", name="Reject all").click()
    await page.locator("#volume").fill("30")
    await page.locator("#speed").select_option("1.5×")
    return None


@way("player/chapter")
async def player_chapter(page: Page) -> str | None:
    await page.get_by_role("button", name="Reject all").click()
    await page.get_by_role("button", name="Play").click()
    await page.get_by_text("4. Rudder").click()
    await page.get_by_role("button", name="Subtitles").click()
    return None


@way("bank/new-tab")
async def bank_new_tab(page: Page) -> str | None:
    async with page.expect_popup() as opened:
        await page.locator("tr", has_text="Savings").get_by_role("link").click()
    return await beside(await opened.value, "Closing balance")


@way("bank/hold")
async def bank_hold(page: Page) -> str | None:
    await page.get_by_label("To", exact=True).fill("Tomas Lund")
    await page.get_by_label("Amount").fill("40")
    await page.get_by_role("button", name="Hold to send").click(delay=2000)
    return None


@way("pizza/toppings")
async def pizza_toppings(page: Page) -> str | None:
    await page.locator("#toppings").select_option(["Olives", "Mushrooms"])
    await page.get_by_label("Large").check()
    await page.get_by_role("button", name="Add to order").click()
    return None


@way("pizza/crust")
async def pizza_crust(page: Page) -> str | None:
    await page.locator("#crust").click()
    await page.get_by_text("Thin", exact=True).click()
    await page.get_by_role("button", name="Add to order").click()
    return None


@way("pizza/frame")
async def pizza_frame(page: Page) -> str | None:
    frame = page.frame_locator("iframe")
    await frame.get_by_label("Card number").fill("4000 1234 5678 9010")
    await frame.get_by_label("Name on card").fill("Ida Holm")
    await frame.get_by_role("button", name="Pay now").click()
    return None


@way("trains/birth")
async def trains_birth(page: Page) -> str | None:
    await page.locator("#birth").fill("1990-05-17")
    await page.get_by_role("button", name="Save traveller").click()
    return None


@way("trains/search")
async def trains_search(page: Page) -> str | None:
    for field, text, station in (("From", "Lei", "Leipzig Hbf"), ("To", "Dre", "Dresden Hbf")):
        await page.get_by_label(field, exact=True).press_sequentially(text, delay=20)
        await page.locator(".options div", has_text=station).click()
    await page.get_by_role("button", name="Search").click()
    await page.locator("td", has_text="IC 2049").wait_for()
    return await cell(page, "IC 2049", 4)


@way("photoclub/join")
async def photoclub_join(page: Page) -> str | None:
    await page.get_by_label("Full name").fill("Ida Holm")
    await page.get_by_label("E-mail address").fill("ida@example.org")
    await page.get_by_label("Student").check()
    await page.get_by_label("I accept the rules of the club").check()
    await page.get_by_role("button", name="Join now").click()
    return None


@way("photoclub/several")
async def photoclub_several(page: Page) -> str | None:
    await page.get_by_text("IMG_0412").click()
    await page.get_by_text("IMG_0415").click(modifiers=["Control"])
    await page.get_by_role("button", name="Share").click()
    return None


@way("photoclub/prompt")
async def photoclub_prompt(page: Page) -> str | None:
    await answer_dialogs(page, accept=True, text="Fog and frost")
    await page.get_by_role("button", name="Name the album").click()
    return None
