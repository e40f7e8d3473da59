"""`eval screenspot` and `data check screenspot`, as a person or a script meets them."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from vigorl.agent.cli.app import app


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def said(result: Result) -> str:
    return " ".join(result.output.split())


def write_copy(folder: Path, rows: int = 2) -> Path:
    """A copy of v2 with so many rows of each group and type; every right half is a target."""
    images = folder / "screenspotv2_image"
    images.mkdir(parents=True)
    Image.new("RGB", (40, 30), "white").save(images / "a.png")
    for group, source in (("mobile", "ios"), ("desktop", "macos"), ("web", "shop")):
        entries = [
            {
                "img_filename": "a.png",
                "bbox": [20, 0, 20, 30],
                "instruction": f"{group} {kind} {number}",
                "data_type": kind,
                "data_source": source,
            }
            for kind in ("text", "icon")
            for number in range(rows)
        ]
        (folder / f"screenspot_{group}_v2.json").write_text(json.dumps(entries))
    return folder


def evaluation(data: Path, out: Path) -> list[str | Path]:
    return ["eval", "screenspot", "--data", data, "--version", "v2", "--model", "random",
            "--out", out, "--json"]  # fmt: skip


def numbers(text: str) -> dict[str, Any]:
    """The JSON of an evaluation, without what two runs need not share."""
    read: dict[str, Any] = json.loads(text)
    return {name: read[name] for name in ("cells", "faults", "tables")}


def test_the_tables_of_the_authors_come_with_intervals(tmp_path: Path) -> None:
    data, out = write_copy(tmp_path / "data"), tmp_path / "out"
    result = run(*evaluation(data, out))
    assert result.exit_code == 0, result.output
    tables = numbers(result.stdout)["tables"]
    assert tables == json.loads((out / "tables.json").read_text())
    assert list(tables["cells"]) == ["mobile", "desktop", "web", "all"]
    both = tables["cells"]["all"]["both"]
    assert both["n"] == 12 and both["low"] < both["mean"] < both["high"]
    cells = [tables["cells"][group] for group in ("mobile", "desktop", "web")]
    means = [cell[kind]["mean"] for cell in cells for kind in ("text", "icon")]
    assert tables["mean of cells"]["mean"] == pytest.approx(sum(means) / 6)
    text = re.search(r"all .* (\d+\.\d \[\d+\.\d, \d+\.\d\] 12)", said(result))
    assert text and text[1].startswith(f"{100 * both['mean']:.1f}")


def test_shards_merged_have_the_tables_of_the_whole(tmp_path: Path) -> None:
    data = write_copy(tmp_path / "data")
    whole = run(*evaluation(data, tmp_path / "whole"))
    folders = [tmp_path / f"{number}" for number in (1, 2, 3)]
    for number, folder in enumerate(folders, 1):
        part = run(*evaluation(data, folder), "--shard", f"{number}/3")
        assert part.exit_code == 0 and f"shard {number}/3" in said(part), part.output
        assert json.loads(part.stdout)["cells"]["all"]["n"] == 4
    lacking = run("eval", "merge", *folders[:2], "--json")
    assert lacking.exit_code == 2 and "of 3 shards 3/3 is missing" in said(lacking)
    shutil.rmtree(data)  # what was recorded is enough
    merged = run("eval", "merge", *folders, "--out", tmp_path / "merged", "--json")
    assert merged.exit_code == 0, merged.output
    assert numbers(merged.stdout) == numbers(whole.stdout)
    assert "screenspot-v2 · random" in (tmp_path / "merged" / "index.html").read_text()
    wrong = run(*evaluation(data, tmp_path / "x"), "--shard", "4/3")
    assert wrong.exit_code == 2 and "K from 1 to N" in said(wrong)


def test_pro_is_shown_in_four_tables(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    Image.new("RGB", (40, 30)).save(tmp_path / "images" / "a.png")
    (tmp_path / "annotations").mkdir()
    entries = [
        {
            "id": f"{application}_1",
            "img_filename": "a.png",
            "bbox": [0, 0, 40, 30],
            "instruction": "anywhere",
            "ui_type": "icon",
            "group": group,
            "platform": "macos",
            "application": application,
            "img_size": [40, 30],
        }
        for application, group in (("word", "Office"), ("vscode", "Dev"))
    ]
    (tmp_path / "annotations" / "all.json").write_text(json.dumps(entries))
    result = run("eval", "screenspot", "--data", tmp_path, "--version", "pro", "--model", "random",
                 "--out", tmp_path / "out")  # fmt: skip
    assert result.exit_code == 0, result.output
    shown = said(result)
    for name in ("fine-grained", "by style", "by group", "by application"):
        assert f"screenspot-pro · random · {name}" in shown
    assert "Office" in shown and "vscode" in shown and "group:Office" not in shown
    tables = json.loads((tmp_path / "out" / "tables.json").read_text())
    assert tables["by group"]["group:Office"]["icon"]["mean"] == 1.0


def begun(arguments: list[str], lines: Path) -> subprocess.Popen[str]:
    """An evaluation in a process of its own, a few results under way."""
    process = subprocess.Popen(
        [sys.executable, "-m", "vigorl.agent.cli", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (lines.exists() and lines.read_bytes().count(b"\n") >= 5):
        assert process.poll() is None
        time.sleep(0.005)
    return process


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_evaluation_goes_on_to_the_same_numbers(
    tmp_path: Path, number: signal.Signals
) -> None:
    data, out = write_copy(tmp_path / "data", rows=60), tmp_path / "out"
    arguments = [str(argument) for argument in evaluation(data, out)]
    process = begun(arguments, out / "results.jsonl")
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    assert 5 <= (out / "results.jsonl").read_bytes().count(b"\n") < 360
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert f"the same command with --out {out}" in told
    resumed = run(*arguments)
    assert resumed.exit_code == 0, resumed.output
    whole = run(*evaluation(data, tmp_path / "whole"))
    assert numbers(resumed.stdout) == numbers(whole.stdout)
    assert numbers(whole.stdout)["cells"]["all"]["n"] == 360
    assert (out / "index.html").stat().st_size > 0


@pytest.mark.parametrize(
    ("version", "lacking", "source"),
    [
        ("v1", "screenspot_mobile.json", "https://github.com/njucckevin/SeeClick"),
        ("v2", "screenspot_mobile_v2.json", "hf download OS-Copilot/ScreenSpot-v2"),
        ("pro", "annotations/*.json", "hf download likaixin/ScreenSpot-Pro"),
    ],
)
@pytest.mark.parametrize("command", ["eval", "data check"])
def test_a_folder_that_is_no_copy_says_how_to_get_one(
    tmp_path: Path, command: str, version: str, lacking: str, source: str
) -> None:
    arguments = [*command.split(), "screenspot", "--version", version, "--data"]
    for data, words in ((tmp_path, lacking), (tmp_path / "gone", "no folder")):
        result = run(*arguments, data)
        assert result.exit_code == 2
        assert source in said(result)
        assert words in said(result)


def test_missing_pictures_are_named_with_their_place(tmp_path: Path) -> None:
    data = write_copy(tmp_path / "data")
    (data / "screenspotv2_image" / "a.png").unlink()
    result = run(*evaluation(data, tmp_path / "out"))
    assert result.exit_code == 2
    assert "a.png of row mobile/0 is not there, nor in screenspotv2_image/" in said(result)


def test_a_check_says_what_is_missing_and_leaves_with_1(tmp_path: Path) -> None:
    data = write_copy(tmp_path)
    arguments = ["data", "check", "screenspot", "--data", data, "--version", "v2"]
    result = run(*arguments)
    assert result.exit_code == 1
    assert "mobile: 4 rows instead of 501" in said(result)
    found = json.loads(run(*arguments, "--json").stdout)
    assert found["counts"] == {"mobile": 4, "desktop": 4, "web": 4}
    assert (found["is_whole"], found["published"]["web"]) == (False, 437)
