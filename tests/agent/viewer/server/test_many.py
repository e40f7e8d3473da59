"""The viewer over ten thousand episodes: how long its pages take."""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.viewer.server.application import viewer_application
from vigorl.agent.viewer.server.query import EpisodeQuery
from vigorl.agent.viewer.server.viewer import Viewer
from vigorl.tasks.server import LocalServer

EPISODES = 10_000


def copied(episode: Path, runs: Path, copies: int) -> None:
    """Fill a folder with an episode again and again; its pictures are on the disk once."""
    files = [path.relative_to(episode) for path in episode.rglob("*") if path.is_file()]
    record = (episode / "trajectory.jsonl").read_bytes()
    for number in range(copies):
        folder = runs / f"tasks-{number % 10}" / f"{number:05d}"
        for parent in {folder / file.parent for file in files}:
            parent.mkdir(parents=True, exist_ok=True)
        for file in files:
            if file.name != "trajectory.jsonl":
                os.link(episode / file, folder / file)
        (folder / "trajectory.jsonl").write_bytes(record)


@pytest.mark.slow
async def test_among_ten_thousand_a_list_takes_a_second_and_an_episode_a_third(
    shop_episode: Trajectory, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    copied(shop_episode.folder, tmp_path / "runs", EPISODES)
    viewer = Viewer.of([tmp_path / "runs"])
    application = viewer_application(viewer, "token")
    async with LocalServer(application) as server, httpx.AsyncClient() as client:

        async def took_s(path: str) -> float:
            began_s = time.monotonic()
            answer = await client.get(f"{server.origin}/token{path}")
            assert answer.status_code == 200, answer.text[:500]
            return time.monotonic() - began_s

        lists_s = [await took_s("/")]
        while not viewer.index.latest.is_whole:
            await took_s("/")
        asked = ("/", "/?q=0042", "/?sort=-score", "/?status=done&page=9")
        lists_s += [await took_s(path) for path in asked]
        numbers = (7, 4_242, 9_999, 5_000, 1_234)
        episodes_s = [await took_s(f"/episode/runs/tasks-{n % 10}/{n:05d}") for n in numbers]
    record_property("lists_s", lists_s)
    record_property("episodes_s", episodes_s)
    assert len(EpisodeQuery.of({"q": "/00042"}).chosen(viewer.index.latest.episodes)) == 1
    assert max(lists_s) < 1
    assert statistics.median(episodes_s) < 0.3
