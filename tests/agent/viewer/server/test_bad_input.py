"""What is broken, foreign or too large: a page or a sentence, never a hang, and nothing is lost."""

import json
from pathlib import Path

import httpx
import pytest

from tests.agent.viewer.server.recorded import write_episode, write_evaluation
from vigorl.agent.viewer.server import window
from vigorl.agent.viewer.server.application import viewer_application
from vigorl.agent.viewer.server.viewer import Viewer


async def ask(runs: Path, *paths: str) -> list[httpx.Response]:
    viewer = Viewer.of([runs])
    viewer.index.snapshot(wait_s=60)
    application = viewer_application(viewer, "t")
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return [await client.get(f"/t/{path}") for path in paths]


async def test_a_half_written_run_is_shown_as_far_as_it_is_written(tmp_path: Path) -> None:
    folder = write_episode(tmp_path / "run", thoughts=("the first", "the second"))
    record = folder / "trajectory.jsonl"
    lines = record.read_bytes().splitlines(keepends=True)
    record.write_bytes(lines[0] + lines[1] + lines[2][:90])
    (page,) = await ask(tmp_path, f"episode/{tmp_path.name}/run")
    assert page.status_code == 200
    assert "the first" in page.text and "the second" not in page.text


async def test_a_line_that_cannot_be_read_is_named_and_the_others_are_shown(tmp_path: Path) -> None:
    folder = write_episode(tmp_path / "run", thoughts=("the first", "the second", "the third"))
    record = folder / "trajectory.jsonl"
    lines = record.read_bytes().splitlines(keepends=True)
    record.write_bytes(b"".join([*lines[:2], b"{oops\n", *lines[3:]]))
    (page,) = await ask(tmp_path, f"episode/{tmp_path.name}/run")
    assert "the first" in page.text and "the third" in page.text
    assert "cannot be read, left out: 3" in page.text


async def test_a_missing_picture_takes_nothing_else_along(tmp_path: Path) -> None:
    folder = write_episode(tmp_path / "run")
    (shown,) = (folder / "images").iterdir()
    shown.unlink()
    name = tmp_path.name
    page, picture, thumbnail = await ask(
        tmp_path, f"episode/{name}/run", f"picture/{name}/run/images/{shown.name}",
        f"thumbnail/{name}/run",
    )  # fmt: skip
    assert page.status_code == 200 and "I press it." in page.text
    assert (picture.status_code, thumbnail.status_code) == (404, 404)


@pytest.mark.parametrize(
    "content", [b"hello\n", b"", b"\0\xff" * 999, b"[" * 90_000 + b"\n", b'{"type":"start"}\n']
)
async def test_a_foreign_file_gets_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "trajectory.jsonl").write_bytes(content)
    listed, page = await ask(tmp_path, "", f"episode/{tmp_path.name}/run")
    assert (listed.status_code == 200 and "not readable" in listed.text) or content[:1] == b"{"
    assert page.status_code == 422 and "holds no recorded episode" in page.text


async def test_a_very_long_record_is_shown_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "MOST_STEPS", 10)
    thoughts = [f"thought {number:03d}" for number in range(25)]
    write_episode(tmp_path / "run", thoughts=thoughts)
    place = f"episode/{tmp_path.name}/run"
    first, third, beyond = await ask(tmp_path, place, f"{place}?step=21", f"{place}?step=999")
    assert "Steps 1 to 10 of 25" in first.text and "thought 010" not in first.text
    assert "Steps 21 to 25 of 25" in third.text and "thought 024" in third.text
    assert "thought 024" in beyond.text


@pytest.mark.slow
async def test_a_record_of_200_mb_is_listed_and_shown(tmp_path: Path) -> None:
    folder = write_episode(tmp_path / "run", thoughts=("x" * 90_000,))
    start, step, end = (folder / "trajectory.jsonl").read_bytes().splitlines(keepends=True)
    with (folder / "trajectory.jsonl").open("wb") as record:
        record.write(start)
        while record.tell() < 200 << 20:
            record.write(step)
        record.write(end)
    listed, page = await ask(tmp_path, "", f"episode/{tmp_path.name}/run")
    assert "done" in listed.text and page.status_code == 200
    assert "further steps" in page.text


async def test_no_record_is_read_through_a_link_that_leads_out(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    outside = write_episode(tmp_path / "outside", goal="A secret goal")
    secret = tmp_path / "secret.json"
    secret.write_text("a secret")
    write_episode(runs / "run")
    (runs / "run" / "config.json").symlink_to(secret)
    (runs / "linked").mkdir()
    (runs / "linked" / "trajectory.jsonl").symlink_to(outside / "trajectory.jsonl")
    for name in ("a", "b"):
        write_evaluation(runs / name, {"s": 1.0})
    line = json.loads((runs / "b" / "results.jsonl").read_text())
    line["trajectory"] = "../../outside"
    (runs / "b" / "results.jsonl").write_text(json.dumps(line) + "\n")
    answers = await ask(
        runs,
        "episode/runs/run",
        "episode/runs/linked",
        "difference?evaluation=runs/a&evaluation=runs/b",
        "compare?episode=runs/run&episode=runs/linked",
    )
    for answer in answers:
        assert answer.status_code == 404
        assert "secret" not in answer.text


async def test_a_file_of_results_that_cannot_be_read_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "results.jsonl").write_text('{"id": "a"}\n')
    (page,) = await ask(tmp_path, f"evaluation/{tmp_path.name}/tasks")
    assert page.status_code == 422 and "line 1" in page.text
