"""`eval vstar`, `blink`, `sat` and `robospatial`, as a person or a script meets them."""

import hashlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from vigorl.agent.cli.app import app
from vigorl.agent.record.trajectory import read_trajectory

from .copies import (
    AnsweringServer,
    write_blink,
    write_robospatial,
    write_sat,
    write_vstar,
)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def said(result: Result) -> str:
    return " ".join(result.output.split())


def letter_of(text: str) -> str:
    """An answer that depends on the question alone: a letter, or words around an option."""
    drawn = hashlib.sha256(text.encode()).digest()[0]
    return "ABCD"[drawn % 4] if drawn < 200 else f"It is red {text[-1:]}, I think"


@pytest.fixture
def server() -> Iterator[AnsweringServer]:
    server = AnsweringServer(letter_of)
    yield server
    server.close()


def evaluation(name: str, data: Path, out: Path, *more: str) -> list[str]:
    return ["eval", name, "--data", str(data), "--out", str(out), "--json", *more]


def asking(server: AnsweringServer, family: str) -> list[str]:
    return ["--model", server.url, "--family", family]


def numbers(text: str) -> dict[str, Any]:
    """The JSON of an evaluation, without what two runs need not share."""
    read: dict[str, Any] = json.loads(text)
    return {name: read[name] for name in ("cells", "faults", "tables")}


def test_vstar_is_answered_by_a_model_and_summed_up_by_both_rules(
    server: AnsweringServer, tmp_path: Path
) -> None:
    data, out = write_vstar(tmp_path / "data", 10), tmp_path / "out"
    more = asking(server, "vigorl-visual-search")
    server.looks_closer = True
    result = run(*evaluation("vstar", data, out, *more))
    assert result.exit_code == 0, result.output
    tables = numbers(result.stdout)["tables"]
    assert list(tables["cells"]) == ["direct_attributes", "relative_position", "all"]
    both = tables["cells"]["all"]
    assert both["strict"]["n"] == both["lenient"]["n"] == 20
    results = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert both["strict"]["mean"] == sum(each["score"] for each in results) / 20
    lenient = [each["by_other_rules"]["lenient"] for each in results]
    assert both["lenient"]["mean"] == sum(lenient) / 20
    unreadable = sum("none of the choices" in each["why"] for each in results)
    assert 0 < unreadable < 20
    assert tables["unreadable"] == unreadable
    assert f"{unreadable} without an answer that can be read, which count as wrong" in said(result)
    assert "guessing among options reaches 25.0%" in said(result)
    episode = read_trajectory(out / results[0]["trajectory"])
    assert [step.seen.view and step.seen.view.kind for step in episode.steps] == ["screen", "crop"]
    assert "zoom 1" in (out / "index.html").read_text()
    task = episode.start.task
    assert task is not None and (task["seed"], len(task["order"])) == (0, 4)
    first = "What colour is glove 0?\nAnswer Choices:\nA. "  # asked at any time: many are at once
    assert 1 in [pictures for text, pictures in server.asked if text.startswith(first)]


def test_blink_shows_its_images_in_one_picture_or_each_by_itself(
    server: AnsweringServer, tmp_path: Path
) -> None:
    data = write_blink(tmp_path / "data")
    spatial = asking(server, "vigorl-spatial")
    together = run(*evaluation("blink", data, tmp_path / "one", *spatial))
    assert together.exit_code == 0, together.output
    assert {pictures for _, pictures in server.asked} == {1}
    server.asked.clear()
    several = asking(server, "vigorl-visual-search")
    apart = run(*evaluation("blink", data, tmp_path / "two", *several, "--images", "apart"))
    assert apart.exit_code == 0, apart.output
    *one_each, jigsaw = sorted(
        server.asked, key=lambda asked: asked[1]
    )  # several are asked at once
    assert ([pictures for _, pictures in one_each], jigsaw[1]) == ([1, 1, 1], 3)
    assert "Picture 2 of the task:" in jigsaw[0]
    cells = numbers(apart.stdout)["tables"]["cells"]
    assert list(cells) == ["Counting", "Jigsaw", "mean of tasks", "all"]
    assert cells["mean of tasks"]["strict"]["mean"] is None  # twelve tasks are not in this copy
    again = run(*evaluation("blink", data, tmp_path / "two", *several))
    assert again.exit_code == 2 and "another task (val_Jigsaw_1: layout)" in said(again)


def test_sat_has_a_line_for_each_type_of_question(server: AnsweringServer, tmp_path: Path) -> None:
    data = write_sat(tmp_path / "data")
    result = run(*evaluation("sat", data, tmp_path / "o", *asking(server, "vigorl-spatial")))
    cells = numbers(result.stdout)["tables"]["cells"]
    assert {name: line["strict"]["n"] for name, line in cells.items()} == {
        "obj_movement": 2,
        "perspective": 1,
        "all": 3,
    }
    missing = run("eval", "sat", "--data", data, "--split", "train", "--model", "random")
    assert missing.exit_code == 2 and "no part 'train'" in said(missing)


def test_robospatial_has_the_means_of_its_authors(tmp_path: Path) -> None:
    data, out = write_robospatial(tmp_path / "data", 6), tmp_path / "out"
    result = run(*evaluation("robospatial", data, out, "--model", "random", "--max-steps", "2"))
    assert result.exit_code == 0, result.output
    cells = numbers(result.stdout)["tables"]["cells"]
    assert json.loads(result.stdout)["clusters"] == 1  # every question has the same picture
    context = cells["context"]
    assert (context["strict"]["n"], context["lenient"]["n"]) == (6, 0)
    assert context["official"]["mean"] == context["strict"]["mean"]
    assert 0 < context["strict"]["mean"] < 1
    assert cells["VQA average"]["strict"]["mean"] == 0  # clicks answer no question in words
    average = cells["mean of categories"]["strict"]["mean"]
    assert average == pytest.approx(context["strict"]["mean"] / 3)
    page = (out / "index.html").read_text()
    wrong = int(re.findall(r"(\d+) wrong", page)[0])
    assert wrong == 18 - round(6 * context["strict"]["mean"])


def test_a_killed_evaluation_goes_on_to_the_same_numbers(
    server: AnsweringServer, tmp_path: Path
) -> None:
    data, out = write_vstar(tmp_path / "data", 10), tmp_path / "out"
    more = asking(server, "vigorl-visual-search")
    arguments = evaluation("vstar", data, out, *more)
    process = subprocess.Popen(
        [sys.executable, "-m", "vigorl.agent.cli", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    lines = out / "results.jsonl"
    while not (lines.exists() and lines.read_bytes().count(b"\n") >= 3):
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert 3 <= lines.read_bytes().count(b"\n") < 20
    resumed = run(*arguments)
    assert resumed.exit_code == 0, resumed.output
    whole = run(*evaluation("vstar", data, tmp_path / "whole", *more))
    assert numbers(resumed.stdout) == numbers(whole.stdout)
    assert numbers(whole.stdout)["cells"]["all"]["n"] == 20
    assert 0 < numbers(whole.stdout)["cells"]["all"]["mean"] < 1
