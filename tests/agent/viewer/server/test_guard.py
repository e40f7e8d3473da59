"""Who is answered by the viewer's server, and which files it gives away."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from vigorl.agent.viewer.server.application import viewer_application
from vigorl.agent.viewer.server.viewer import Viewer
from vigorl.tasks.server import LocalServer

TOKEN = "a-token"
PIXELS = b"\x89PNG\r\n\x1a\n as good as a picture"
PICTURE = f"{hashlib.sha256(PIXELS).hexdigest()}.png"


def write_run(folder: Path, goal: str = "Find it") -> None:
    (folder / "images").mkdir(parents=True)
    (folder / "images" / PICTURE).write_bytes(PIXELS)
    start = {
        **{"type": "start", "goal": goal, "policy": {"name": "reader"}, "limits": {}},
        **{"task": None, "started_at": "2026-11-29T12:00:00+00:00"},
    }
    end = {
        **{"status": "gave_up", "reason": "nothing to see", "answer": None, "score": None},
        **{"seen": None, "seconds": 1.5, "type": "end"},
    }
    lines = (json.dumps(line) + "\n" for line in (start, end))
    (folder / "trajectory.jsonl").write_text("".join(lines))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    outside = tmp_path_factory.mktemp("outside")
    write_run(outside / "secret")
    runs = tmp_path_factory.mktemp("parent") / "runs"
    write_run(runs / "one")
    (runs / "one" / "images" / "notes.png").write_bytes(b"no recorded picture")
    (runs / "linked").symlink_to(outside / "secret")
    (runs / "one" / "more").symlink_to(outside / "secret" / "images")
    application = viewer_application(Viewer.of([runs]), TOKEN)
    async with (
        LocalServer(application) as server,
        httpx.AsyncClient(base_url=server.origin, follow_redirects=False) as client,
    ):
        yield client


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_who_has_the_token_sees_the_list_an_episode_and_its_pictures(
    asked: httpx.AsyncClient,
) -> None:
    assert "Find it" in (await asked.get(f"/{TOKEN}/")).text
    assert "nothing to see" in (await asked.get(f"/{TOKEN}/episode/runs/one")).text
    picture = await asked.get(f"/{TOKEN}/picture/runs/one/images/{PICTURE}")
    assert picture.content == PIXELS
    assert picture.headers["content-type"] == "image/png"


@pytest.mark.parametrize("path", ["/", "/episode/runs/one", "/a-toke/", "/a-token1/", "//a-token/"])
async def test_who_has_not_the_token_sees_nothing(asked: httpx.AsyncClient, path: str) -> None:
    answer = await asked.get(path)
    assert answer.status_code == 403
    assert "vigorl-agent view" in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "runs.example:80"}, 421),
        ({"origin": "http://runs.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 200),
        ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, 200),
    ],
)
async def test_other_sites_are_refused_even_with_the_token(
    asked: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    assert (await asked.get(f"/{TOKEN}/", headers=headers)).status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "episode/runs/../../etc",
        "episode/runs/%2e%2e/%2e%2e/etc",
        "episode/runs/one%00",
        "episode/elsewhere",
        "episode/runs/linked",
        "episode/runs//etc",
        f"picture/runs/one/more/{PICTURE}",
        "picture/runs/one/images/notes.png",
        "picture/runs/one/trajectory.jsonl",
        "static/../application.py",
        "static/application.py",
        "static/%2e%2e%2fviewer.css",
    ],
)
async def test_nothing_is_served_from_outside_and_no_file_but_pictures(
    asked: httpx.AsyncClient, path: str
) -> None:
    # As bytes on the wire: a client would straighten the path.
    host, port = asked.base_url.host, asked.base_url.port
    reader, writer = await asyncio.open_connection(host, port)
    request = f"GET /{TOKEN}/{path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
    writer.write(request.encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert b" 404 " in head.splitlines()[0]
    assert b"as good as a picture" not in body
    assert b"nothing to see" not in body


async def test_every_page_says_what_it_may_load(asked: httpx.AsyncClient) -> None:
    for path in ("", "episode/runs/one", "nowhere", f"picture/runs/one/images/{PICTURE}"):
        answer = await asked.get(f"/{TOKEN}/{path}")
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
