"""The site: local, isolated, and honest about what breaks."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest

from vigorl.browser.errors import TaskFault
from vigorl.tasks.local.registry import TASKS, find_task
from vigorl.tasks.local.showroom import showroom
from vigorl.tasks.local.site import FORM_LIMIT_BYTES, HERE, Site

SOURCES = sorted(
    path for ending in ("html", "css", "js") for path in Path(HERE).rglob(f"*.{ending}")
)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_nothing_is_loaded_from_elsewhere(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"(?:https?:|ws:|wss:)?//(?!\s)[\w.-]+\.\w", re.sub(r"// .*", "", text))
    assert not re.search(r"@import|@font-face|url\(", text)


async def test_the_site_listens_on_the_loopback_address_alone() -> None:
    async with Site() as site:
        assert site.origin.startswith("http://127.0.0.1:")
        async with httpx.AsyncClient(trust_env=False) as client:
            response = await client.get(site.begin(find_task("todo:1")).url)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"


async def test_a_site_that_is_left_gives_its_port_back() -> None:
    async with Site() as first:
        port = int(first.origin.rpartition(":")[2])
    async with Site(port) as second:
        assert second.origin == first.origin


async def test_a_port_in_use_is_a_fault_that_names_it() -> None:
    async with Site() as site:
        port = int(site.origin.rpartition(":")[2])
        with pytest.raises(TaskFault, match=str(port)):
            async with Site(port):
                pass


async def test_a_site_ends_while_a_browser_still_holds_its_connection() -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        async with Site() as site:
            await client.get(site.begin(find_task("todo:1")).url)
            leaving = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - leaving < 3


async def test_two_episodes_of_one_row_do_not_see_each_other() -> None:
    async with Site() as site, httpx.AsyncClient(trust_env=False, follow_redirects=True) as client:
        one, other = site.begin(find_task("todo:1")), site.begin(find_task("todo:1"))
        await client.post(f"{one.url}add", data={"thing": "Only here"})
        assert "Only here" in (await client.get(one.url)).text
        assert "Only here" not in (await client.get(other.url)).text
        site.end(one)
        assert (await client.get(one.url)).status_code == 404
        assert (await client.get(other.url)).status_code == 200


async def test_what_people_see_is_not_on_the_agents_site() -> None:
    async with Site() as site, httpx.AsyncClient(trust_env=False) as client:
        episode = site.begin(find_task("todo:1"))
        for path in ("/", f"/desk/{episode.key}", "/begin/todo:1"):
            assert (await client.get(site.origin + path)).status_code == 404


async def test_strange_requests_change_nothing_and_break_nothing() -> None:
    async with Site() as site, httpx.AsyncClient(trust_env=False, follow_redirects=True) as client:
        for name in TASKS:
            episode = site.begin(find_task(f"{name}:3"))
            for path in ("", "xyzzy", "item/999", "edit/99", "save/9", "message/x", "folder/9"):
                url = episode.url + path
                assert (await client.get(url)).status_code in (200, 404)
                data = {"q": "\x00", "page": "²", "index": "²", "date": "²-²", "act": "x"}
                assert (await client.post(url, data=data)).status_code in (200, 404)
            assert (await client.get(f"{episode.url}?page=²&tab=²&q=%FF")).status_code == 200
            assert episode.judge(None).value == 0.0
            assert episode.fault is None


async def test_a_form_that_is_too_large_is_refused() -> None:
    async with Site() as site, httpx.AsyncClient(trust_env=False) as client:
        episode = site.begin(find_task("todo:1"))
        body = {"thing": "x" * FORM_LIMIT_BYTES}
        assert (await client.post(f"{episode.url}add", data=body)).status_code == 404
        assert episode.world == episode.task.world(episode.spec)


async def test_a_broken_page_is_a_fault_and_not_a_score() -> None:
    async with Site() as site, httpx.AsyncClient(trust_env=False) as client:
        episode = site.begin(find_task("todo:1"))
        episode.world = None
        assert (await client.get(episode.url)).status_code == 500
        with pytest.raises(TaskFault, match="todo:1"):
            episode.judge(None)


async def test_people_can_begin_a_task_and_ask_the_judge() -> None:
    async with (
        Site(further=showroom) as site,
        httpx.AsyncClient(trust_env=False, follow_redirects=True) as client,
    ):
        index = (await client.get(site.origin)).text
        assert all(f"<h2>{name}</h2>" in index for name in TASKS)
        desk = await client.get(f"{site.origin}/begin/total:4")
        page = re.search(r'href="(http://127[^"]+)"', desk.text)
        assert page is not None
        assert (await client.get(page[1])).status_code == 200
        answer = find_task("total:4").answer
        judged = await client.get(str(desk.url), params={"answer": str(answer)})
        assert "<strong>1.0</strong>" in judged.text
        assert "<strong>0.0</strong>" in (await client.get(f"{desk.url}?answer=7")).text
        assert (await client.get(f"{site.origin}/begin/totl")).status_code == 404
