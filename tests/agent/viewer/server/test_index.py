"""The index of run folders: what it finds, and how it keeps up."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.agent.viewer.server.recorded import write_episode, write_evaluation
from vigorl.agent.viewer.server.entry import EpisodeEntry, FileStamp
from vigorl.agent.viewer.server.index import RunIndex, Snapshot
from vigorl.agent.viewer.server.places import Places
from vigorl.agent.viewer.server.query import EpisodeQuery
from vigorl.browser.errors import UsageError


def looked(index: RunIndex) -> Snapshot:
    """What a look finds that begins now."""
    index._again_s = 0
    return index.snapshot(wait_s=60)


def by_name(snapshot: Snapshot) -> dict[str, EpisodeEntry]:
    return {entry.name: entry for entry in snapshot.episodes}


def test_runs_evaluations_trainings_searches_and_studies_are_told_apart(tmp_path: Path) -> None:
    write_episode(tmp_path / "runs" / "one")
    write_evaluation(tmp_path / "runs" / "tasks", {"a": 1.0, "b": None})
    write_episode(tmp_path / "runs" / "grpo" / "rollouts" / "000001" / "000000-a-0")
    (tmp_path / "runs" / "grpo" / "metrics.jsonl").write_text("")
    write_episode(tmp_path / "runs" / "trees" / "sample" / "0000")
    (tmp_path / "runs" / "trees" / "sample" / "tree.json").write_text("{}")
    (tmp_path / "runs" / "ablation").mkdir()
    (tmp_path / "runs" / "ablation" / "ablation.json").write_text("{}")
    found = looked(RunIndex(Places([tmp_path / "runs"])))
    assert {(each.kind, each.place) for each in found.collections} == {
        ("evaluation", "runs/tasks"),
        ("training", "runs/grpo"),
        ("search", "runs/trees"),
        ("study", "runs/ablation"),
    }
    assert len(found.episodes) == 5
    assert [each.name for each in found.below("runs/tasks")] in (["a", "b"], ["b", "a"])
    entry = by_name(found)["one"]
    assert (entry.steps, entry.score, entry.status, entry.task) == (1, 1.0, "done", "mail:1")
    assert entry.picture.endswith(".png")


def test_an_episode_is_followed_while_it_is_written_and_when_it_is_replaced(tmp_path: Path) -> None:
    index = RunIndex(Places([tmp_path]))
    folder = write_episode(tmp_path / "one", status=None, thoughts=("a",))
    assert (looked(index).episodes[0].steps, looked(index).episodes[0].status) == (1, "running")
    whole = write_episode(tmp_path / "other", thoughts=("a", "b", "c"))
    lines = (whole / "trajectory.jsonl").read_bytes().splitlines(keepends=True)
    with (folder / "trajectory.jsonl").open("ab") as record:
        record.write(lines[2] + lines[3][:40])  # a step, and a part of the next one
    assert by_name(looked(index))["one"].steps == 2
    with (folder / "trajectory.jsonl").open("ab") as record:
        record.write(lines[3][40:] + lines[4])
    ended = by_name(looked(index))["one"]
    assert (ended.steps, ended.status, ended.score) == (3, "done", 1.0)
    shutil.rmtree(folder)
    write_episode(folder, goal="Another", score=0.0)
    assert by_name(looked(index))["one"].goal == "Another"
    shutil.rmtree(folder)
    assert set(by_name(looked(index))) == {"other"}


def test_a_record_without_an_end_that_nobody_writes_any_more_was_interrupted(
    tmp_path: Path,
) -> None:
    folder = write_episode(tmp_path / "one", status=None)
    os.utime(folder / "trajectory.jsonl", (1e9, 1e9))
    assert looked(RunIndex(Places([tmp_path]))).episodes[0].status == "interrupted"


def test_what_is_no_record_is_listed_as_such_and_hides_nothing(tmp_path: Path) -> None:
    write_episode(tmp_path / "good")
    for name, content in (
        ("foreign", b"hello\n"),
        ("empty", b""),
        ("binary", bytes(range(256)) * 9),
        ("deep", b"[" * 90_000 + b"\n"),
        ("other", b'{"type": "start", "policy": 3, "task": [], "goal": {}}\n[1, 2]\n'),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "trajectory.jsonl").write_bytes(content)
    found = by_name(looked(RunIndex(Places([tmp_path]))))
    assert {name for name, entry in found.items() if entry.broken} == {
        *("foreign", "empty", "binary", "deep"),
    }
    assert found["good"].goal == "Find it"


def test_links_are_not_followed(tmp_path: Path) -> None:
    write_episode(tmp_path / "outside" / "secret")
    runs = tmp_path / "runs"
    (runs / "linked").mkdir(parents=True)
    (runs / "folder").symlink_to(tmp_path / "outside")
    record = tmp_path / "outside" / "secret" / "trajectory.jsonl"
    (runs / "linked" / "trajectory.jsonl").symlink_to(record)
    assert not looked(RunIndex(Places([runs]))).episodes


def entry(name: str, **values: Any) -> EpisodeEntry:
    return EpisodeEntry(f"runs/{name}", FileStamp(0, 0, 0), 3, **values)


EPISODES = [
    entry("a", goal="Book a flight", score=1.0, ending="done", policy="nano", seconds=5.0),
    entry("b", goal="Book a table", score=0.0, ending="limit", policy="nano", task="book:3"),
    entry("c", goal="Read", score=0.5, ending="done", policy="reader", reason="No button"),
    entry("d", goal="Read more", ending="fault", started_at="2026-11-03T10:00:00+00:00"),
]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", "dabc"),
        ("q=book+TABLE", "b"),
        ("status=done", "ac"),
        ("score=solved", "a"),
        ("score=partly", "c"),
        ("score=none", "d"),
        ("model=nano&sort=goal", "ab"),
        ("task=book", "b"),
        ("reason=button", "c"),
        ("since=2026-11-03&until=2026-11-03", "d"),
        ("since=2026-11-04", ""),
        ("sort=-score", "acbd"),
        ("sort=score", "bcad"),
        ("sort=-seconds", "abcd"),
    ],
)
def test_filters_and_orders_in_an_address_choose_episodes(asked: str, found: str) -> None:
    pairs = dict(part.split("=") for part in asked.replace("+", " ").split("&") if part)
    query = EpisodeQuery.of(pairs)
    assert "".join(each.name for each in query.chosen(EPISODES)) == found
    assert EpisodeQuery.of(pairs).address(page=1).count("=") == len(pairs)


@pytest.mark.parametrize("asked", ["sort=colour", "since=yesterday", "page=x", "score=high"])
def test_an_address_that_asks_for_nonsense_is_told_what_to_ask(asked: str) -> None:
    with pytest.raises(UsageError):
        EpisodeQuery.of(dict([asked.split("=")]))
