"""Every helper and locator, in a real Chromium, on the stand-in sites."""

import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Page

from vigorl.browser.errors import TaskFault
from vigorl.tasks.sites.serving import StandIns
from vigorl.tasks.visualwebarena.accounts import Account, Accounts
from vigorl.tasks.visualwebarena.calls import read_call
from vigorl.tasks.visualwebarena.evaluation import evaluate_state
from vigorl.tasks.visualwebarena.helpers import NAMES, carry_out
from vigorl.tasks.visualwebarena.live import LiveState
from vigorl.tasks.visualwebarena.recorded import Reads, RecordedState
from vigorl.tasks.visualwebarena.task import Sites, VwaTask
from vigorl.tasks.visualwebarena.verdict import FIXED, OFFICIAL, Crash, Rules, StateVerdict
from vigorl.tasks.visualwebarena.web import Web

from .contract import ContractSite, png

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ME = "MarvelsGrantMan136"
ITEM = "__CLASSIFIEDS__/index.php?page=item&id=1"
POST, LONELY = "__REDDIT__/f/aww/1", "__REDDIT__/f/aww/2"
ORDER = "__SHOPPING__/sales/order/view/order_id/173/"
SHOE, BOTTLE = "__SHOPPING__/running-shoe-pace.html", "__SHOPPING__/oil-bottle.html"
EMPTY, WISHES = "__SHOPPING__/customer/account/login/", "__SHOPPING__/wishlist/"

LATEST = "reddit_get_latest_comment_content_by_username"
ANSWERED = "reddit_get_parent_comment_username_of_latest_comment_by_username"

FOUND = [
    (ITEM, "get_query_text(__page__, '.comments_list h3')", "Yes by Tom Akers"),
    (ITEM, "get_query_text(__page__, '.title')", "Road bike, 54 cm frame"),
    (ITEM, "get_query_text_lowercase(__page__, '.title')", "road bike, 54 cm frame"),
    (ITEM, "get_query_text(__page__, '.price')", "185.00 $"),
    (ITEM, 'get_query_text(__page__, ".no-such-thing")', ""),
    (ITEM, """get_query_text(__page__, "[title='x']")""", ""),  # ends the script's own quote
    (POST, "get_query_text(__page__, '.submission__title')", "She has claimed the chair for good"),
    (POST, "reddit_get_post_url('__last_url__')", "__REDDIT__/f/aww/1/"),
    (POST, f"{LATEST}(__page__, '{ME}')", "to bob, under mine"),
    (POST, f"{LATEST}(__page__, 'tinroof')", "first"),
    (POST, f"{LATEST}(__page__, 'nobody')", ""),
    (POST, f"{ANSWERED}(__page__, '{ME}')", "tinroof"),  # never under one's own comments
    (POST, f"{ANSWERED}(__page__, 'tinroof')", "quietheron"),
    (LONELY, f"{LATEST}(__page__, '{ME}')", ""),
    (ORDER, "shopping_get_latest_order_url()", ORDER),
    (ORDER, "shopping_get_order_product_quantity(__page__, 'STAND0063')", 3),
    (ORDER, "shopping_get_order_product_quantity(__page__, 'STAND0001 |OR| STAND0052')", 1),
    (ORDER, "shopping_get_order_product_quantity(__page__, 'STAND0001')", 0),
    (EMPTY, "shopping_get_order_product_quantity(__page__, 'STAND0063')", 0),
    (ORDER, "shopping_get_order_product_option(__page__, 'STAND0039', 'Size')", "2"),
    (ORDER, "shopping_get_order_product_option(__page__, 'STAND0052', 'Size')", ""),
    (EMPTY, "shopping_get_order_product_option(__page__, 'STAND0039', 'Size')", ""),
    (EMPTY, "shopping_get_order_product_name_list(__page__)", ""),
    (SHOE, "shopping_get_product_attributes(__page__, 'material')", "Knit"),
    (
        SHOE,
        "shopping_get_product_attributes(__page__, 'item weight |OR| Brand Name')",
        "Halftime, 9 ounces",
    ),
    (EMPTY, "shopping_get_product_attributes(__page__, 'material')", ""),
    (BOTTLE, "shopping_get_product_price(__page__)", 12.75),
    (EMPTY, "shopping_get_product_price(__page__)", 0),
    (SHOE, "shopping_get_num_reviews(__page__)", 2),
    (EMPTY, "shopping_get_num_reviews(__page__)", 0),
    (SHOE, "shopping_get_rating_as_percentage(__page__)", 80),
    (EMPTY, "shopping_get_rating_as_percentage(__page__)", 0),
    (EMPTY, "shopping_get_sku_latest_review_author('STAND0008')", "Mina Sato"),
    (
        EMPTY,
        "shopping_get_sku_latest_review_text('STAND0008')",
        "Nice colour but the handle gets hot.",
    ),
    (EMPTY, "shopping_get_sku_latest_review_rating('STAND0008')", "60"),
    (EMPTY, "shopping_get_sku_latest_review_author('STAND0041')", ""),
    (EMPTY, "shopping_get_sku_latest_review_text('STAND0041')", ""),
    (EMPTY, "shopping_get_sku_latest_review_rating('STAND0041')", ""),
]

TALK = [  # number, answered comment, who, what, when
    (901, None, "tinroof", "first", "2024-03-01T10:00:00+00:00"),
    (902, 901, ME, "at ten, UTC", "2024-03-01T12:00:00+02:00"),
    (903, 901, ME, "to tinroof", "2024-03-01T11:00:00+00:00"),
    (904, None, ME, "early", "2024-03-01T09:00:00+00:00"),
    (905, 904, ME, "to myself", "2024-03-02T09:00:00+00:00"),
    (906, 904, "inkblot", "a word", "2024-03-01T10:30:00+00:00"),
    (907, 906, ME, "to bob, under mine", "2024-03-03T09:00:00+00:00"),
]


@pytest_asyncio.fixture(loop_scope="session")
async def web(stand_ins: StandIns) -> AsyncIterator[Web]:
    async with Web(stand_ins.urls.shopping, Accounts().shop_administrator) as web:
        yield web


@pytest.fixture(autouse=True)
def talk(stand_ins: StandIns) -> None:
    """One post with a tree of comments that is known, and one without any."""
    forum = stand_ins.sites["reddit"]
    forum.write("DELETE FROM comments WHERE post IN (1, 2)")
    for number, parent, author, text, at in TALK:
        forum.write(
            "INSERT INTO comments SELECT ?, 1, ?, id, ?, 1, ? FROM users WHERE name = ?",
            *(number, parent, text, at, author),
        )


async def signed_in(page: Page, stand_ins: StandIns) -> None:
    account = Accounts().shopping
    await page.goto(f"{stand_ins.urls.shopping}/customer/account/login/")
    await page.get_by_label("Email", exact=True).fill(account.name)
    await page.get_by_label("Password", exact=True).fill(account.password)
    await page.get_by_role("button", name="Sign In").click()


def live(page: Page, web: Web, **options: Any) -> LiveState:
    return LiveState(page, web, rest_s=0.0, **{"zoned": True, **options})


async def test_every_helper_is_called() -> None:
    called = {call.split("(")[0] for _, call, _ in FOUND}
    assert called == NAMES


@pytest.mark.one_in(8)
@pytest.mark.parametrize(("path", "call", "value"), FOUND, ids=[call for _, call, _ in FOUND])
async def test_helpers_read_the_stand_in_sites(
    page: Page, web: Web, stand_ins: StandIns, path: str, call: str, value: object
) -> None:
    if path == ORDER:
        await signed_in(page, stand_ins)
    await page.goto(stand_ins.urls.fill(path))
    call = call.replace("__last_url__", page.url)
    found = await carry_out(read_call(f"func:{call}"), live(page, web), stand_ins.urls)
    wanted = stand_ins.urls.fill(value) if isinstance(value, str) else value
    assert found == wanted and type(found) is type(value)


async def test_names_of_ordered_products_are_alternatives(
    page: Page, web: Web, stand_ins: StandIns
) -> None:
    await signed_in(page, stand_ins)
    await page.goto(stand_ins.urls.fill(ORDER))
    call = read_call("func:shopping_get_order_product_name_list(__page__)")
    names = (await carry_out(call, live(page, web), stand_ins.urls)).split(" |OR| ")
    assert [name.split("\n")[0] for name in names] == [
        "Kids' Sneaker",
        "Plush Dog",
        "Balloons, Latex",
    ]


async def test_times_without_a_zone_leave_no_comment(
    page: Page, web: Web, stand_ins: StandIns
) -> None:
    await page.goto(stand_ins.urls.fill(POST))
    call = read_call(f"func:{LATEST}(__page__, '{ME}')")
    state = live(page, web, zoned=False)
    assert await carry_out(call, state, stand_ins.urls) == ""
    assert await carry_out(call, state.recorded(), stand_ins.urls) == "to bob, under mine"


async def test_a_shop_without_orders_crashes(page: Page, web: Web, stand_ins: StandIns) -> None:
    stand_ins.sites["shopping"].write("DELETE FROM orders")
    with pytest.raises(Crash, match="no order"):
        call = read_call("func:shopping_get_latest_order_url()")
        await carry_out(call, live(page, web), stand_ins.urls)


async def test_reviews_that_cannot_be_read_crash(page: Page, web: Web, stand_ins: StandIns) -> None:
    call = read_call("func:shopping_get_sku_latest_review_rating('STAND9999')")
    with pytest.raises(Crash, match="404"):
        await carry_out(call, live(page, web), stand_ins.urls)
    other = [{"nickname": "x", "detail": "x", "ratings": [{"rating_name": "Value"}]}]
    with pytest.raises(Crash, match="not called 'Rating'"):
        await carry_out(call, RecordedState("", Reads(shop=[other])), stand_ins.urls)


class Shop:
    """One that says who you are, and then something broken."""

    def __init__(self) -> None:
        self.says: tuple[int, bytes] = (200, b"[]")
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(200, b'"a-token"')

            def do_GET(self) -> None:
                self.answer(*shop.says)

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.server.shutdown()
    shop.server.server_close()


@pytest.mark.parametrize("says", [(500, b"x"), (200, b"<h1>"), (401, b"{}")])
async def test_a_shop_that_is_broken_is_a_fault_by_all_rules(
    page: Page, shop: Shop, says: tuple[int, bytes]
) -> None:
    shop.says = says
    ordered = {
        "url": "func:shopping_get_latest_order_url()",
        "locator": "",
        "required_contents": {"must_include": ["x"]},
    }
    sites = Sites("", "", shop.url)
    async with Web(shop.url, Account("admin", "admin1234")) as web:
        for rules in (OFFICIAL, FIXED):
            with pytest.raises(TaskFault, match="the shop answers"):
                asked = task("program_html", program_html=[ordered])
                await evaluate_state(asked, "", live(page, web), sites, rules=rules)


async def test_a_picture_that_a_site_owes_is_a_fault_and_one_that_was_made_up_is_none(
    page: Page, shop: Shop
) -> None:
    async with Web(shop.url, Account("admin", "admin1234")) as web:
        shop.says = (502, b"<h1>Bad gateway</h1>")
        with pytest.raises(TaskFault, match="502"):
            await web.image(f"{shop.url}/media/1.jpg")
        shop.says = (404, b"<h1>No such thing</h1>")
        assert await web.image(f"{shop.url}/media/1.jpg") is None
        for made_up in ("http://127.0.0.1:9/x.png", "http://[x/", "http://nowhere.invalid/x.png"):
            assert await web.image(made_up) is None
        shop.says = (200, png(Image.new("RGB", (64, 64)))[:-40])
        assert await web.image(f"{shop.url}/media/1.jpg") is None


async def test_a_page_that_answers_5xx_to_the_evaluators_is_a_fault(page: Page, shop: Shop) -> None:
    shop.says = (502, b"<h1>Bad gateway</h1>")
    row = {"url": f"{shop.url}/x", "locator": "", "required_contents": {"must_include": ["x"]}}
    async with Web(shop.url, Account("admin", "admin1234")) as web:
        asked = task("program_html", program_html=[row])
        with pytest.raises(TaskFault, match="502"):
            await evaluate_state(asked, "", live(page, web), Sites("", "", shop.url))
        shop.says = (404, b"<h1>No such thing</h1>")
        verdict = await evaluate_state(asked, "", live(page, web), Sites("", "", shop.url))
        assert verdict.score == 0.0


async def test_a_wrong_administrator_and_a_shop_that_is_gone_are_faults(
    page: Page, stand_ins: StandIns
) -> None:
    call = read_call("func:shopping_get_latest_order_url()")
    async with Web(stand_ins.urls.shopping, Account("admin", "wrong")) as web:
        with pytest.raises(TaskFault, match="administrator"):
            await carry_out(call, live(page, web), stand_ins.urls)
    async with Web("http://127.0.0.1:9", Account("admin", "admin1234")) as web:
        with pytest.raises(TaskFault):
            await carry_out(call, live(page, web), stand_ins.urls)


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
        ("document.title", "Road bike, 54 cm frame · Classifieds"),
        ("document.querySelector('.none')", "None"),
        ("document.querySelector('.price') !== null", "True"),
        ("document.querySelector('.price')", "ref: <Node>"),
        ("document.images.length", "6"),
        ("document.images.length / 4", "1.5"),
        (
            "[...document.querySelectorAll('.item-photos img')].map(e => e.tagName)",
            "['IMG', 'IMG']",
        ),
        ("document.querySelector('.none').textContent", ""),
    ],
)
async def test_what_a_script_gives_is_compared_as_python_writes_it(
    page: Page, web: Web, stand_ins: StandIns, locator: str, text: str
) -> None:
    row = {"url": "last", "locator": locator, "required_contents": {"exact_match": text}}
    await page.goto(stand_ins.urls.fill(ITEM))
    verdict = await evaluate_state(
        task("program_html", program_html=[row]), "", live(page, web), stand_ins.urls
    )
    assert verdict.score == 1.0, verdict


async def test_targets_are_looked_at_one_after_the_other_on_the_same_page(
    page: Page, web: Web, stand_ins: StandIns
) -> None:
    item = stand_ins.urls.fill(ITEM)
    ordered = task(
        "program_html url_match",
        reference_url=item,
        program_html=[
            {
                "url": "func:shopping_get_latest_order_url()",
                "locator": "",
                "required_contents": {"must_include": ["Plush Dog"]},
            },
            {
                "url": "last",
                "locator": "func:shopping_get_order_product_quantity(__page__, 'STAND0063')",
                "required_contents": {"required_values": ["== 3"]},
            },
        ],
    )
    await signed_in(page, stand_ins)
    await page.goto(item)
    state = live(page, web)
    # The page has gone to the order, which the address no longer forgives.
    verdict = await evaluate_state(ordered, "", state, stand_ins.urls)
    assert verdict.why == "program_html 1, url_match 0"
    assert page.url.endswith("/order_id/173/")

    # With a page for each target the address stands, and the order is not the last page.
    await page.goto(item)
    state = live(page, web, open_page=page.context.new_page)
    verdict = await evaluate_state(ordered, "", state, stand_ins.urls)
    assert verdict.why == "program_html 0, url_match 1"
    again = await evaluate_state(ordered, "", state.recorded(), stand_ins.urls)
    assert again.why == verdict.why
    assert page.url == item and len(page.context.pages) == 1


async def test_a_page_that_does_not_load_is_a_fault_and_not_a_score(
    page: Page, web: Web, stand_ins: StandIns
) -> None:
    gone = {
        "url": "http://127.0.0.1:9/",
        "locator": "",
        "required_contents": {"must_include": ["x"]},
    }
    with pytest.raises(TaskFault):
        await evaluate_state(
            task("program_html", program_html=[gone]), "", live(page, web), stand_ins.urls
        )


async def look(
    page: Page,
    web: Web,
    stand_ins: StandIns,
    selector: str,
    like: str,
    path: str = WISHES,
    rules: Rules | None = None,
    **query: Any,
) -> StateVerdict:
    """Whether a page has a picture like one of these; judged again from what was read."""
    row = {
        "eval_image_url": stand_ins.urls.fill(path),
        "eval_image_class": selector,
        "eval_fuzzy_image_match": stand_ins.urls.fill(like),
        **query,
    }
    looked = task("page_image_query", page_image_query=[row])
    state = live(page, web)
    verdict = await evaluate_state(looked, "", state, stand_ins.urls)
    again = await evaluate_state(looked, "", state.recorded(), stand_ins.urls, rules=FIXED)
    assert again.score == verdict.score or (verdict.crashed and again.score == 0.0)
    return verdict


async def wished(page: Page, stand_ins: StandIns) -> None:
    """Two products on the wish list, 3 and 4."""
    for product in (3, 4):
        stand_ins.sites["shopping"].write(
            "INSERT INTO wishes (user, product) VALUES (1, ?)", product
        )
    await signed_in(page, stand_ins)


PHOTOS = ".products-grid .wishlist .product-image-photo"
GOODS, OFFERS = "__SHOPPING__/media", "__CLASSIFIEDS__/media"


async def test_pictures_are_found_by_class(page: Page, web: Web, stand_ins: StandIns) -> None:
    async def score(selector: str, like: str, path: str = WISHES) -> float | None:
        return (await look(page, web, stand_ins, selector, like, path)).score

    await wished(page, stand_ins)
    assert await score(".item-photos", f"{OFFERS}/1.jpg", ITEM) == 1.0
    assert await score(".item-photos", f"{OFFERS}/2.jpg", ITEM) == 1.0
    assert await score(".item-photos", f"{OFFERS}/3.jpg", ITEM) == 0.0
    assert await score(PHOTOS, f"{GOODS}/3.jpg") == 1.0
    assert await score(PHOTOS, f"{GOODS}/5.jpg") == 0.0
    assert await score(PHOTOS, f"{GOODS}/9.jpg |OR| {GOODS}/4.jpg") == 1.0
    assert await score(".none", f"{GOODS}/3.jpg") == 0.0
    assert (await look(page, web, stand_ins, "img", f"{GOODS}/3.jpg")).crashed
    with pytest.raises(TaskFault, match="no picture at"):  # the benchmark owes it
        await look(page, web, stand_ins, PHOTOS, "__SHOPPING__/kitchen.html")


async def test_pictures_are_fetched_without_cookies(web: Web, site: ContractSite) -> None:
    for number in (1, 2):
        assert await web.image(f"{site.origin}/{number}.png") is not None
    assert site.cookies == ["", ""]


async def test_all_pictures_that_the_page_shows_as_such_are_looked_at_without_a_class(
    page: Page, web: Web, stand_ins: StandIns
) -> None:
    await wished(page, stand_ins)
    await page.goto(stand_ins.urls.fill(WISHES))
    await page.evaluate("document.images[1].role = 'presentation'")
    for number, score in ((3, 1.0), (4, 0.0)):
        found = await look(page, web, stand_ins, "", f"{GOODS}/{number}.jpg", "last")
        assert found.score == score


async def test_the_threshold_is_the_querys_own(page: Page, web: Web, stand_ins: StandIns) -> None:
    await wished(page, stand_ins)
    like = f"{GOODS}/3.jpg"
    for threshold, score in ((0.9999, 1.0), (1.0, 0.0)):  # strictly above
        found = await look(page, web, stand_ins, PHOTOS, like, ssim_threshold=threshold)
        assert found.score == score


async def test_reference_pictures_may_be_files_of_the_tasks_and_no_others(
    page: Page, web: Web, stand_ins: StandIns, tmp_path: Path
) -> None:
    await wished(page, stand_ins)
    folder = tmp_path / "tasks" / "coco_images"
    folder.mkdir(parents=True)
    same = await web.image(stand_ins.urls.fill(f"{GOODS}/3.jpg"))
    assert same is not None
    (folder / "3.png").write_bytes(png(same.resize((800, 600))))
    (tmp_path / "secret.png").write_bytes(png(same))
    administrator = Accounts().shop_administrator
    async with Web(stand_ins.urls.shopping, administrator, tmp_path / "tasks") as with_files:
        assert (await look(page, with_files, stand_ins, PHOTOS, "coco_images/3.png")).score == 1.0
        assert (await look(page, with_files, stand_ins, PHOTOS, "../secret.png")).crashed
