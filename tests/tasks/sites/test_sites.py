"""The three sites by HTTP: what they show, what they keep, whom they let do what."""

import io
import re
import sqlite3
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import httpx
import pytest
from PIL import Image

from vigorl.browser.errors import TaskFault, UsageError
from vigorl.tasks.sites import serving
from vigorl.tasks.sites.application import FIRST_INPUT
from vigorl.tasks.sites.pictures import Photo, draw_photo, jpeg
from vigorl.tasks.sites.serving import SITES, StandIns
from vigorl.tasks.visualwebarena.similarity import image_similarity

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIELDS = {
    "classifieds": ("/index.php?page=login", "email"),
    "reddit": ("/login", "username"),
    "shopping": ("/customer/account/login/", "username"),
}
TEXTS = {
    "classifieds": "SELECT title || ' ' || description, line FROM listings JOIN photos"
    " ON listing = listings.id JOIN pictures ON pictures.id = picture",
    "reddit": "SELECT title || ' ' || body, line FROM posts JOIN pictures ON pictures.id = picture",
    "shopping": "SELECT name || ' ' || description, line FROM products JOIN pictures"
    " ON pictures.id = picture",
}


async def sign_in(client: httpx.AsyncClient, stand_ins: StandIns, name: str) -> str:
    """Sign in to a site; its URL."""
    url, account = getattr(stand_ins.urls, name), stand_ins.sites[name].account
    path, field = FIELDS[name]
    answer = await client.post(url + path, data={field: account.name, "password": account.password})
    assert answer.status_code == 200 and not str(answer.url).endswith(path)
    return str(url)


def dump(site: serving.StandInSite) -> list[str]:
    return list(site.database.iterdump())


@pytest.mark.parametrize("name", FIELDS)
async def test_every_page_that_is_linked_is_there(
    client: httpx.AsyncClient, stand_ins: StandIns, name: str
) -> None:
    url = await sign_in(client, stand_ins, name)
    waiting, seen = [f"{url}/"], set[str]()
    while waiting and len(seen) < 100:
        page = waiting.pop()
        if page in seen or "logout" in page:
            continue
        seen.add(page)
        answer = await client.get(page)
        assert answer.status_code == 200, page
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        links = re.findall(r'(?:href|src)="([^"]*)"', answer.text)
        found = (urldefrag(urljoin(page, unescape(link)))[0] for link in links)
        waiting += sorted({each for each in found if each.startswith(url) and ".jpg" not in each})
    assert len(seen) > 60
    assert (await client.get(f"{url}/no/such/page")).status_code == 404


@pytest.mark.parametrize("name", FIELDS)
async def test_wrong_passwords_and_guests_are_not_let_in(
    client: httpx.AsyncClient, stand_ins: StandIns, name: str
) -> None:
    url, (path, field) = getattr(stand_ins.urls, name), FIELDS[name]
    for user in (stand_ins.sites[name].account.name, "Tom Akers", "quietheron"):
        answer = await client.post(url + path, data={field: user, "password": ""})
        assert str(answer.url) == url + path
        answer = await client.post(url + path, data={field: user, "password": "None"})
        assert str(answer.url) == url + path
    before = dump(stand_ins.sites[name])
    for guarded, form in (
        ("/index.php?page=item&action=item_add", {"title": "x"}),
        ("/index.php?page=item&action=item_delete&id=1", {}),
        ("/index.php?page=item&action=add_comment&id=1", {"body": "x"}),
        ("/f/aww/1/-/comment", {"comment": "x"}),
        ("/f/boats/48/-/delete", {}),
        ("/sv/1", {"choice": "1"}),
        ("/checkout/cart/add/", {"product": "1"}),
        ("/review/product/post/", {"product": "1"}),
    ):
        await client.post(url + guarded, data=form)
    assert dump(stand_ins.sites[name]) == before


async def test_who_signs_out_does_so_in_one_browser_alone(
    client: httpx.AsyncClient, stand_ins: StandIns
) -> None:
    url = await sign_in(client, stand_ins, "reddit")
    cookies = dict(client.cookies)
    assert "Log in" in (await client.post(f"{url}/logout")).text
    # Another episode begins with the same state of storage.
    async with httpx.AsyncClient(trust_env=False, cookies=cookies) as other:
        assert "Log out" in (await other.get(url)).text


async def test_others_listings_orders_and_biographies_are_not_to_be_touched(
    client: httpx.AsyncClient, stand_ins: StandIns
) -> None:
    offers = await sign_in(client, stand_ins, "classifieds")
    await client.post(f"{offers}/index.php?page=item&action=item_delete&id=1")
    await client.post(f"{offers}/index.php?page=item&action=item_edit&id=1", data={"title": "x"})
    assert stand_ins.sites["classifieds"].one("SELECT title FROM listings")["title"] != "x"
    shop = await sign_in(client, stand_ins, "shopping")
    stand_ins.sites["shopping"].write("UPDATE orders SET user = 2 WHERE id = 170")
    for number, status in ((170, 404), (171, 200)):
        answer = await client.get(f"{shop}/sales/order/view/order_id/{number}/")
        assert answer.status_code == status
    forum = await sign_in(client, stand_ins, "reddit")
    await client.post(f"{forum}/user/quietheron/edit_biography", data={"biography": "x"})
    assert stand_ins.sites["reddit"].all("SELECT * FROM biographies") == []


async def test_what_people_write_is_shown_as_text_and_leads_nobody_away(
    client: httpx.AsyncClient, stand_ins: StandIns
) -> None:
    forum = await sign_in(client, stand_ins, "reddit")
    words = "<script>alert(1)</script>"
    answer = await client.post(f"{forum}/f/aww/1/-/comment", data={"comment": words})
    assert words not in answer.text and "&lt;script&gt;" in answer.text
    for referer in ("http://127.0.0.1:9/f/aww/1", "http:////127.0.0.1:9/f/aww/1"):
        voted = await client.post(
            f"{forum}/sv/1",
            data={"choice": "1"},
            headers={"Referer": referer},
            follow_redirects=False,
        )
        assert voted.headers["location"].lstrip("/").split("/")[0] != ""
        assert not voted.headers["location"].startswith("//")


async def test_a_vote_counts_once_and_can_be_taken_back(
    client: httpx.AsyncClient, stand_ins: StandIns
) -> None:
    forum = await sign_in(client, stand_ins, "reddit")
    scores = []
    for choice in ("1", "1", "-1", "1"):
        headers = {"Referer": f"{forum}/f/aww/1"}
        page = await client.post(f"{forum}/sv/1", data={"choice": choice}, headers=headers)
        scores.append(int(re.findall(r'vote__net-score">(-?\d+)', page.text)[0]))
    assert scores == [413, 412, 411, 413]


async def test_lists_are_cut_into_pages_that_have_everything_once_in_order(
    client: httpx.AsyncClient, stand_ins: StandIns
) -> None:
    prices: list[float] = []
    for number in range(1, 8):
        page = await client.get(
            f"{stand_ins.urls.classifieds}/index.php",
            params={"page": "search", "sOrder": "i_price", "iOrderType": "asc", "iPage": number},
        )
        found = re.findall(r'currency-value">([^<]*)<', page.text)
        assert len(found) == (12 if number < 7 else 1)
        prices += [0.0 if each == "Free" else float(each.split()[0]) for each in found]
    assert prices == sorted(prices) and len(prices) == 73
    search = f"{stand_ins.urls.shopping}/catalogsearch/result/"
    page = await client.get(search, params={"q": "stick umbrella", "product_list_dir": "desc"})
    names = re.findall(r'product-item-link"[^>]*>([^<]*)<', page.text)
    assert names == ["Stick Umbrella, Storm", "Stick Umbrella"]
    for odd in ("%", "'", "no such thing", ""):
        assert (await client.get(search, params={"q": odd})).status_code == 200
    for odd in ("0", "-1", "x", "9" * 30):
        assert (await client.get(search, params={"q": "mug", "p": odd})).status_code == 200


async def test_a_reset_restores_everything_at_once_and_nobody_has_to_sign_in_again(
    client: httpx.AsyncClient, stand_ins: StandIns
) -> None:
    url = await sign_in(client, stand_ins, "classifieds")
    before = dump(stand_ins.sites["classifieds"])
    await client.post(f"{url}/index.php?page=item&action=item_delete&id=32", follow_redirects=False)
    assert dump(stand_ins.sites["classifieds"]) != before
    for path in ("/reset", "/index.php?page=reset"):
        refused = await client.post(url + path, data={"token": "wrong"})
        assert refused.status_code == 403
    assert dump(stand_ins.sites["classifieds"]) != before
    began = time.process_time()
    answer = await client.post(f"{url}/reset", data={"token": stand_ins.urls.reset_token})
    assert answer.status_code == 200 and time.process_time() - began < 0.5
    assert dump(stand_ins.sites["classifieds"]) == before
    page = (await client.get(url)).text
    assert "Hi Blake Sullivan" in page and "has been deleted" not in page


async def test_pages_of_other_sites_can_neither_reset_a_site_nor_reach_it_by_another_name(
    client: httpx.AsyncClient, stand_ins: StandIns
) -> None:
    token = stand_ins.urls.reset_token
    assert token != "stand-in" and len(token) > 20
    for url in (getattr(stand_ins.urls, site) for site in stand_ins.sites):
        assert (await client.post(f"{url}/reset", data={"token": "stand-in"})).status_code == 403
        for origin in ("http://evil.example", "null", "http://127.0.0.1:9"):
            form, headers = {"token": token}, {"Origin": origin}
            answer = await client.post(f"{url}/reset", data=form, headers=headers)
            assert (answer.status_code, answer.text) == (403, "another site may not do this\n")
        answer = await client.post(f"{url}/reset", data={"token": token}, headers={"Origin": url})
        assert answer.status_code == 200
        for host in (
            "evil.example",
            f"evil.example:{url.rpartition(':')[2]}",
            "127.0.0.1.evil.example",
        ):
            assert (await client.get(url, headers={"Host": host})).status_code == 421


async def test_a_listing_can_have_a_picture_of_ones_own_and_nothing_else(
    client: httpx.AsyncClient, stand_ins: StandIns
) -> None:
    url = await sign_in(client, stand_ins, "classifieds")
    form = {"title": "Cat", "price": "1", "category": "8", "city": "Boston", "description": ""}
    own = draw_photo(Photo.read("cat grey on lawn"), 5)
    buffer = io.BytesIO()
    own.save(buffer, "PNG")
    for data, count in ((buffer.getvalue(), 1), (b"<svg onload=alert(1)>", 0)):
        page = await client.post(
            f"{url}/index.php?page=item&action=item_add", data=form, files={"photo": data}
        )
        found = re.findall(r'<img src="(/media/\d+.jpg)" alt="Cat \(1\)">', page.text)
        assert len(found) == count
        for path in found:
            answer = await client.get(url + path)
            assert answer.headers["content-type"] == "image/jpeg"
            assert image_similarity(Image.open(io.BytesIO(answer.content)), own) > 0.8


async def test_state_stays_in_a_folder_that_was_named(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    for answered in (False, True):
        async with StandIns(tmp_path / "sites") as sites:
            forum = await sign_in(client, sites, "reddit")
            assert ("A lasting word" in (await client.get(f"{forum}/f/aww/1")).text) is answered
            await client.post(f"{forum}/f/aww/1/-/comment", data={"comment": "A lasting word"})
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be kept"):
        async with StandIns(tmp_path / "file"):
            pass


async def test_the_sites_take_ports_in_a_row_and_say_which_one_is_taken(
    stand_ins: StandIns,
) -> None:
    port = int(stand_ins.urls.classifieds.rpartition(":")[2])
    with pytest.raises(TaskFault, match=str(port)):
        async with StandIns(port=port):
            pass


async def test_what_is_missing_is_said_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=re.escape("pip install 'vigorl-agent[sites]'")):
        StandIns()


async def test_a_page_that_breaks_is_a_fault_until_the_sites_are_reset(
    client: httpx.AsyncClient, stand_ins: StandIns
) -> None:
    await client.get(f"{stand_ins.urls.reddit}/no/such/page")
    stand_ins.check()
    stand_ins.sites["reddit"].write("DROP TABLE posts")
    assert (await client.get(stand_ins.urls.reddit)).status_code == 500
    with pytest.raises(TaskFault, match=r"a page of Forum broke: .*no such table"):
        stand_ins.check()
    stand_ins.reset()
    stand_ins.check()
    assert (await client.get(stand_ins.urls.reddit)).status_code == 200


async def test_content_is_the_same_each_time(stand_ins: StandIns, tmp_path: Path) -> None:
    for make in SITES:
        again = make(tmp_path, "a token")
        assert dump(again) == dump(stand_ins.sites[make.name])
        again.close()


def described(stand_ins: StandIns) -> Iterator[tuple[str, Photo]]:
    """What is said of each thing, and what its picture shows."""
    for name, sql in TEXTS.items():
        rows: list[sqlite3.Row] = stand_ins.sites[name].all(sql)
        assert len(rows) > 45
        yield from ((row[0].lower(), Photo.read(row[1])) for row in rows)


async def test_words_do_not_say_what_only_the_picture_shows(stand_ins: StandIns) -> None:
    for text, photo in described(stand_ins):
        words = re.findall(r"[a-z0-9]+", text)
        assert photo.colour not in words, (text, photo)
        assert photo.pattern not in words or photo.thing == "shirt", (text, photo)
        assert not photo.text or photo.text.lower() not in text, text
        assert photo.count < 3 or str(photo.count) not in words, (text, photo)


async def test_pictures_can_be_told_apart_and_are_the_same_each_time(
    client: httpx.AsyncClient, stand_ins: StandIns
) -> None:
    media = f"{stand_ins.urls.shopping}/media"
    numbers = (1, 2, 4, 5, 36, FIRST_INPUT)
    files = [(await client.get(f"{media}/{number}.jpg")).content for number in numbers]
    assert files[0] == jpeg.__wrapped__("mug red on table", 2001)
    pictures = [Image.open(io.BytesIO(file)) for file in files]
    for i, one in enumerate(pictures):
        for other in pictures[:i]:
            assert image_similarity(one, other) < 0.7
    assert (await client.get(f"{media}/900.jpg")).status_code == 404


@pytest.mark.parametrize(
    ("line", "why"),
    [("mug", "describes no picture"), ("mug teal", "'teal'"), ("mug red on mars", "'mars'")],
)
async def test_a_picture_that_cannot_be_drawn_is_refused(line: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Photo.read(line)
