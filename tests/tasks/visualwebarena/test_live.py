"""Every helper and locator, in a real Chromium, on pages that have the contract's DOM."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from vigorl.browser.errors import TaskFault
from vigorl.tasks.visualwebarena.accounts import Account
from vigorl.tasks.visualwebarena.calls import read_call
from vigorl.tasks.visualwebarena.evaluation import evaluate_state
from vigorl.tasks.visualwebarena.helpers import carry_out
from vigorl.tasks.visualwebarena.live import LiveState
from vigorl.tasks.visualwebarena.task import VwaTask
from vigorl.tasks.visualwebarena.verdict import FIXED, Crash, Rules, Verdict
from vigorl.tasks.visualwebarena.web import Web

from .contract import ME, ContractSite, picture, png

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ITEM, POST, ORDER = "/c/index.php?page=item&id=7", "/r/f/books/1/a-post", "/s/order"
SHOE, EMPTY = "/s/shoe.html", "/s/empty.html"

FOUND = [
    (ITEM, "get_query_text(__page__, '.comments_list h3')", "When did you buy it?"),
    (ITEM, "get_query_text(__page__, '.title')", "A Red kettle"),
    (ITEM, "get_query_text_lowercase(__page__, '.title')", "a red kettle"),
    (ITEM, "get_query_text(__page__, '.desc')", "Hardly used, $85.50"),
    (ITEM, 'get_query_text(__page__, ".no-such-thing")', ""),
    (ITEM, """get_query_text(__page__, "[title='x']")""", ""),  # ends the script's own quote
    (POST, "get_query_text(__page__, '.submission__title')", "A post"),
    (
        POST,
        f"reddit_get_latest_comment_content_by_username(__page__, '{ME}')",
        "to bob, under mine",
    ),
    (POST, "reddit_get_latest_comment_content_by_username(__page__, 'ann')", "first"),
    (POST, "reddit_get_latest_comment_content_by_username(__page__, 'nobody')", ""),
    (
        POST,
        f"reddit_get_parent_comment_username_of_latest_comment_by_username(__page__, '{ME}')",
        "ann",  # what stands under one's own comments is not looked at
    ),
    (
        POST,
        "reddit_get_parent_comment_username_of_latest_comment_by_username(__page__, 'ann')",
        "poster",
    ),
    ("/r/f/books/2/lonely", f"reddit_get_latest_comment_content_by_username(__page__, '{ME}')", ""),
    (ORDER, "shopping_get_order_product_quantity(__page__, 'B001')", 2),
    (ORDER, "shopping_get_order_product_quantity(__page__, 'B009 |OR| B002')", 12),
    (ORDER, "shopping_get_order_product_quantity(__page__, 'B009')", 0),
    (EMPTY, "shopping_get_order_product_quantity(__page__, 'B001')", 0),
    (ORDER, "shopping_get_order_product_option(__page__, 'B001', 'Size')", "12 Count"),
    (ORDER, "shopping_get_order_product_option(__page__, 'B001', 'Flavor')", "Plum"),
    (ORDER, "shopping_get_order_product_option(__page__, 'B002', 'Size')", ""),
    (EMPTY, "shopping_get_order_product_option(__page__, 'B001', 'Size')", ""),
    (EMPTY, "shopping_get_order_product_name_list(__page__)", ""),
    (SHOE, "shopping_get_product_attributes(__page__, 'manufacturer')", "Asics"),
    (
        SHOE,
        "shopping_get_product_attributes(__page__, 'brand name |OR| Manufacturer')",
        "Asics, ASICS Tiger",
    ),
    (EMPTY, "shopping_get_product_attributes(__page__, 'manufacturer')", ""),
    (SHOE, "shopping_get_product_price(__page__)", 68.9),
    (EMPTY, "shopping_get_product_price(__page__)", 0),
    (SHOE, "shopping_get_num_reviews(__page__)", 12),
    (EMPTY, "shopping_get_num_reviews(__page__)", 0),
    (SHOE, "shopping_get_rating_as_percentage(__page__)", 80),
    (EMPTY, "shopping_get_rating_as_percentage(__page__)", 0),
    (EMPTY, "shopping_get_sku_latest_review_author('B001')", "Emma"),
    (EMPTY, "shopping_get_sku_latest_review_text('B001')", "ok"),
    (EMPTY, "shopping_get_sku_latest_review_rating('B001')", "80"),
    (EMPTY, "shopping_get_sku_latest_review_author('B004')", ""),
    (EMPTY, "shopping_get_sku_latest_review_text('B004')", ""),
    (EMPTY, "shopping_get_sku_latest_review_rating('B004')", ""),
]


def live(page: Page, web: Web, **options: Any) -> LiveState:
    return LiveState(page, web, rest_s=0.0, **{"zoned": True, **options})


@pytest.mark.parametrize(("path", "call", "value"), FOUND, ids=[call for _, call, _ in FOUND])
async def test_helpers_read_the_contract(
    page: Page, web: Web, site: ContractSite, path: str, call: str, value: object
) -> None:
    await page.goto(site.origin + path)
    found = await carry_out(read_call(f"func:{call}"), live(page, web), site.sites)
    assert found == value and type(found) is type(value)


async def test_names_of_ordered_products_are_alternatives(
    page: Page, web: Web, site: ContractSite
) -> None:
    await page.goto(site.origin + ORDER)
    call = read_call("func:shopping_get_order_product_name_list(__page__)")
    names = (await carry_out(call, live(page, web), site.sites)).split(" |OR| ")
    assert [name.split("\n")[0] for name in names] == ["Bars", "Tea"]


async def test_times_without_a_zone_leave_no_comment(
    page: Page, web: Web, site: ContractSite
) -> None:
    await page.goto(site.origin + POST)
    call = f"func:reddit_get_latest_comment_content_by_username(__page__, '{ME}')"
    state = live(page, web, zoned=False)
    assert await carry_out(read_call(call), state, site.sites) == ""
    again = state.recorded()
    assert await carry_out(read_call(call), again, site.sites) == "to bob, under mine"


async def test_the_shop_knows_its_latest_order(page: Page, web: Web, site: ContractSite) -> None:
    call = read_call("func:shopping_get_latest_order_url()")
    state = live(page, web)
    url = f"{site.origin}/s/sales/order/view/order_id/191/"
    assert await carry_out(call, state, site.sites) == url
    site.orders.clear()
    with pytest.raises(Crash):
        await carry_out(call, state, site.sites)


@pytest.mark.parametrize("sku", ["B003", "B404"])
async def test_reviews_that_cannot_be_read_crash(
    page: Page, web: Web, site: ContractSite, sku: str
) -> None:
    call = read_call(f"func:shopping_get_sku_latest_review_rating('{sku}')")
    with pytest.raises(Crash):
        await carry_out(call, live(page, web), site.sites)


async def test_a_wrong_administrator_crashes_and_a_shop_that_is_gone_is_a_fault(
    page: Page, site: ContractSite
) -> None:
    call = read_call("func:shopping_get_latest_order_url()")
    async with Web(site.sites.shopping, Account("admin", "wrong")) as web:
        with pytest.raises(Crash):
            await carry_out(call, live(page, web), site.sites)
    async with Web("http://127.0.0.1:9", Account("admin", "admin1234")) as web:
        with pytest.raises(TaskFault):
            await carry_out(call, live(page, web), site.sites)


def task(types: str, **evaluation: Any) -> VwaTask:
    entry = {
        "sites": ["shopping"],
        "task_id": 1,
        "intent": "Do it.",
        "start_url": "",
        "eval": {"eval_types": types.split(), **evaluation},
    }
    return VwaTask.from_json("shopping", 1, entry)


@pytest.mark.parametrize(
    ("locator", "text"),
    [
        ("document.title", "A kettle"),
        ("document.querySelector('.none')", "None"),
        ("document.querySelector('.price') !== null", "True"),
        ("document.querySelector('.price')", "ref: <Node>"),
        ("document.images.length", "2"),
        ("document.images.length / 4", "0.5"),
        ("[...document.images].map(e => e.tagName)", "['IMG', 'IMG']"),
        ("document.querySelector('.none').textContent", ""),
    ],
)
async def test_what_a_script_gives_is_compared_as_python_writes_it(
    page: Page, web: Web, site: ContractSite, locator: str, text: str
) -> None:
    row = {"url": "last", "locator": locator, "required_contents": {"exact_match": text}}
    await page.goto(site.origin + ITEM)
    verdict = await evaluate_state(
        task("program_html", program_html=[row]), "", live(page, web), site.sites
    )
    assert verdict.score == 1.0, verdict


async def test_targets_are_looked_at_one_after_the_other_on_the_same_page(
    page: Page, web: Web, site: ContractSite
) -> None:
    ordered = task(
        "program_html url_match",
        reference_url=f"{site.origin}/c/index.php?page=item&id=7",
        program_html=[
            {
                "url": "func:shopping_get_latest_order_url()",
                "locator": "",
                "required_contents": {"must_include": ["B001"]},
            },
            {
                "url": "last",
                "locator": "func:shopping_get_order_product_quantity(__page__, 'B002')",
                "required_contents": {"required_values": ["== 12"]},
            },
        ],
    )
    await page.goto(site.origin + ITEM)
    state = live(page, web)
    # The page has gone to the order, which the address no longer forgives.
    assert (await evaluate_state(ordered, "", state, site.sites)).score == 0.0
    assert page.url.endswith("/order_id/191/")

    # With a page for each target the address stands, and the order is not the last page.
    await page.goto(site.origin + ITEM)
    state = live(page, web, open_page=page.context.new_page)
    verdict = await evaluate_state(ordered, "", state, site.sites)
    assert verdict.why == "program_html 0, url_match 1"
    again = await evaluate_state(ordered, "", state.recorded(), site.sites)
    assert again.why == verdict.why
    assert page.url == site.origin + ITEM and len(page.context.pages) == 1


async def test_a_page_that_does_not_load_is_a_fault_and_not_a_score(
    page: Page, web: Web, site: ContractSite
) -> None:
    gone = {
        "url": "http://127.0.0.1:9/",
        "locator": "",
        "required_contents": {"must_include": ["x"]},
    }
    with pytest.raises(TaskFault):
        await evaluate_state(
            task("program_html", program_html=[gone]), "", live(page, web), site.sites
        )


async def look(
    page: Page,
    web: Web,
    site: ContractSite,
    selector: str,
    like: str,
    path: str = "/s/wishlist/",
    rules: Rules | None = None,
    **query: Any,
) -> Verdict:
    row = {
        "eval_image_url": site.origin + path,
        "eval_image_class": selector,
        "eval_fuzzy_image_match": like,
        **query,
    }
    looked = task("page_image_query", page_image_query=[row])
    state = live(page, web)
    verdict = await evaluate_state(looked, "", state, site.sites)
    again = await evaluate_state(looked, "", state.recorded(), site.sites, rules=FIXED)
    assert again.score == verdict.score or (verdict.crashed and again.score == 0.0)
    return verdict


async def test_pictures_are_found_by_class_and_fetched_without_cookies(
    page: Page, web: Web, site: ContractSite
) -> None:
    item, media = "/c/index.php?page=item&id=7", f"{site.origin}/s/media"
    assert (await look(page, web, site, ".item-photos", f"{media}/1.png", item)).score == 1.0
    assert (await look(page, web, site, ".item-photos", f"{media}/2.png", item)).score == 1.0
    assert (await look(page, web, site, ".item-photos", f"{media}/3.png", item)).score == 0.0
    site.cookies.clear()
    photos = ".products-grid .wishlist .product-image-photo"
    assert (await look(page, web, site, photos, f"{media}/3.png")).score == 1.0
    assert (await look(page, web, site, photos, f"{media}/4.png")).score == 0.0
    either = f"{media}/9.png |OR| {media}/3.png"
    assert (await look(page, web, site, photos, either)).score == 1.0
    assert len(site.cookies) > 3 and not any(site.cookies)
    assert (await look(page, web, site, ".none", f"{media}/3.png")).score == 0.0
    assert (await look(page, web, site, "img", f"{media}/3.png")).crashed
    assert (await look(page, web, site, photos, f"{site.origin}/s/order")).crashed


async def test_all_pictures_that_the_page_shows_as_such_are_looked_at_without_a_class(
    page: Page, web: Web, site: ContractSite
) -> None:
    media = f"{site.origin}/s/media"
    assert (await look(page, web, site, "", f"{media}/3.png")).score == 1.0
    assert (await look(page, web, site, "", f"{media}/4.png")).score == 0.0  # presentation


async def test_the_threshold_is_the_querys_own(page: Page, web: Web, site: ContractSite) -> None:
    like = f"{site.origin}/s/media/3.png"
    verdict = await look(page, web, site, ".product-image-photo", like, ssim_threshold=0.9999)
    assert verdict.score == 1.0
    verdict = await look(page, web, site, ".product-image-photo", like, ssim_threshold=1.0)
    assert verdict.score == 0.0  # strictly above


async def test_reference_pictures_may_be_files_of_the_tasks_and_no_others(
    page: Page, site: ContractSite, tmp_path: Path
) -> None:
    folder = tmp_path / "tasks" / "coco_images"
    folder.mkdir(parents=True)
    (folder / "3.png").write_bytes(png(picture(3, side_px=96)))
    (tmp_path / "secret.png").write_bytes(png(picture(3)))
    administrator = Account("admin", "admin1234")
    async with Web(site.sites.shopping, administrator, tmp_path / "tasks") as web:
        own = await look(page, web, site, ".product-image-photo", "coco_images/3.png")
        assert own.score == 1.0
        other = await look(page, web, site, ".product-image-photo", "../secret.png")
        assert other.crashed
