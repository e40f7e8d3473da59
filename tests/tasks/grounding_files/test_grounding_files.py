"""Grounding files of others are read by their conventions, boxes mapped into their images."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet
from typer.testing import CliRunner, Result

from vigorl.agent.benchmarks.grounding import published_grounding
from vigorl.agent.cli.app import app
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box
from vigorl.tasks.grounding_files.readers import read_grounding
from vigorl.tasks.grounding_files.sample import GroundingSample, RefusedRow
from vigorl.tasks.vigorl_rows import vigorl_rows

SIZE_PX = (200, 100)


def as_stored(width_px: int, height_px: int) -> tuple[int, int]:
    return width_px, height_px


def write(path: Path, rows: list[dict[str, Any]], image: str = "images/a.png") -> Path:
    """A file of rows and the one image that they are about."""
    (path.parent / image).parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", SIZE_PX).save(path.parent / image)
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        path.write_text(json.dumps(rows))
    return path


def read(path: Path, **more: Any) -> list[GroundingSample]:
    return list(read_grounding(path, as_stored, **more))


ELEMENT = {"instruction": "Open", "bbox": [0.1, 0.2, 0.5, 0.4], "data_type": "text"}


def test_os_atlas_and_seeclick_have_parts_of_the_image(tmp_path: Path) -> None:
    flat = write(tmp_path / "linux.json", [{"img_filename": "a.png", **ELEMENT}])
    (sample,) = read(flat)
    assert (sample.id, sample.source, sample.ui_type) == ("linux/0", "elements", "text")
    assert (sample.instruction, sample.target_px) == ("Open", Box(20, 20, 100, 40))
    assert sample.image.size_px() == SIZE_PX
    hover = {"instruction": "Close", "bbox": [0, 0, 0.05, 0.1], "data_type": "hover"}
    page = {"img_filename": "a.png", "url": "x", "elements": [ELEMENT, hover]}
    nested = write(tmp_path / "web.json", [page, page])
    assert [(each.id, each.ui_type) for each in read(nested)] == [
        ("web/0-0", "text"),
        ("web/0-1", "hover"),
        ("web/1-0", "text"),
        ("web/1-1", "hover"),
    ]


def test_showui_has_its_images_beside_its_metadata(tmp_path: Path) -> None:
    (tmp_path / "metadata").mkdir()
    row = {"img_url": "a.png", "img_size": [200, 100], "element": [ELEMENT], "element_size": 1}
    path = write(tmp_path / "metadata" / "hf_train.json", [row], "../images/a.png")
    (sample,) = read(path)
    assert (sample.source, sample.target_px) == ("showui", Box(20, 20, 100, 40))
    assert sample.image.root == tmp_path / "images"


def test_uground_has_thousandths_in_answers(tmp_path: Path) -> None:
    Image.new("RGB", SIZE_PX).save(tmp_path / "a.png")
    said = ("the first", "(100, 200, 500, 400)", "the second", "(0, 0, 999, 999)")
    turns = [{"from": ("human", "gpt")[n % 2], "value": value} for n, value in enumerate(said)]
    row = {
        "image": (tmp_path / "a.png").read_bytes(),
        "width": 200,
        "height": 100,
        "conversations": json.dumps(turns),
    }
    parquet.write_table(pa.Table.from_pylist([row]), tmp_path / "shard_0000.parquet")
    first, second = read(tmp_path / "shard_0000.parquet")
    assert (first.instruction, first.target_px) == ("the first", Box(20, 20, 100, 40))
    assert second.id == "shard_0000/0-1"
    assert second.target_px.right == pytest.approx(199.8)
    assert second.image.name == "shard_0000.parquet#0/image"
    turns[1]["value"] = "(100, 200)"
    parquet.write_table(
        pa.Table.from_pylist([{**row, "conversations": json.dumps(turns)}]), tmp_path / "b.parquet"
    )
    refused: list[RefusedRow] = []
    assert [each.id for each in read(tmp_path / "b.parquet", refuse=refused.append)] == ["b/0-1"]
    assert refused == [RefusedRow("b/0-0", "its answer is no box (left, top, right, bottom)")]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "<image>Description: Open", "answer": "(28, 28, 56, 42)"},
        {"problem": "<image>\nDescription: Open\nAnswer:", "solution": "(28, 28, 56, 42)"},
    ],
)
def test_vigorls_training_files_have_pixels_of_the_image_as_it_is_shown(
    tmp_path: Path, row: dict[str, Any]
) -> None:
    data = write(tmp_path / "rl.jsonl", [{"images": ["images/a.png"], **row}])
    (sample,) = read_grounding(data, lambda width_px, height_px: (2 * width_px, 4 * height_px))
    assert (sample.source, sample.instruction) == ("vigorl", "Open")
    assert sample.target_px == Box(14, 7, 28, 10.5)
    # As published, 200 x 100 px are shown as 196 x 112: multiples of 28.
    (sample,) = published_grounding(data)
    assert sample.target_px.left == pytest.approx(28 * 200 / 196)
    assert sample.target_px.bottom == pytest.approx(42 * 100 / 112)


def test_vigorls_evaluation_files_have_pixels_of_the_stored_image(tmp_path: Path) -> None:
    turns = [
        {"from": "human", "value": "<image>Description: Open"},
        {"from": "gpt", "value": "(28, 28, 56.5, 42)"},
    ]
    row = {"id": 7, "image": "web/a.png", "conversations": turns}
    folder = tmp_path / "web"
    folder.mkdir()
    data = write(folder / "test.jsonl", [row], "a.png")  # paths begin one folder above
    (sample,) = published_grounding(data)
    assert (sample.instruction, sample.target_px) == ("Open", Box(28, 28, 56.5, 42))
    (read_back,) = vigorl_rows(data)
    assert (read_back.id, read_back.kind, read_back.answer) == (
        "7",
        "evaluation",
        "(28, 28, 56.5, 42)",
    )


def test_images_begin_where_it_is_said(tmp_path: Path) -> None:
    data = write(tmp_path / "rows.json", [{"img_filename": "b.png", **ELEMENT}])
    with pytest.raises(UsageError, match=r"rows/0: no image b.png.*data check grounding"):
        read(data)
    (tmp_path / "elsewhere").mkdir()
    Image.new("RGB", SIZE_PX).save(tmp_path / "elsewhere" / "b.png")
    (sample,) = read(data, images=tmp_path / "elsewhere")
    assert sample.image.root == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"bbox": [0.5, 0.2, 0.1, 0.4]}, "not a bbox_xyxy"),
        ({"bbox": [0.5, 0.2, 0.5, 0.4]}, "is empty, or not inside of its image of 200 x 100 px"),
        ({"bbox": [0.5, 0.2, 1.1, 0.4]}, "is empty, or not inside of its image of 200 x 100 px"),
        ({"bbox": [100, 20, 150, 40]}, r"\(100.0, 20.0, 150.0, 40.0\) in parts is empty, or not"),
        ({"bbox": [0.5, 0.2, 0.6]}, "no box"),
        ({"instruction": " "}, "no instruction"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    rows = [{"img_filename": "a.png", **ELEMENT}, {"img_filename": "a.png", **ELEMENT, **change}]
    data = write(tmp_path / "rows.json", rows)
    with pytest.raises(UsageError, match=f"rows/1: .*{why}"):
        read(data)


def test_a_pixel_beside_the_image_is_rounding(tmp_path: Path) -> None:
    rows = [{"img_filename": "a.png", **ELEMENT, "bbox": [0.9, 0.2, 1.004, 0.4]}]
    (sample,) = read(write(tmp_path / "rows.json", rows))
    assert sample.target_px.right == pytest.approx(200.8)


def test_unknown_files_are_told_what_is_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"its rows have a; known are elements \(OS-Atlas"):
        read(write(tmp_path / "rows.json", [{"a": 1}]))
    with pytest.raises(UsageError, match="is empty"):
        read(write(tmp_path / "rows.json", []))
    with pytest.raises(UsageError, match="there is no file"):
        read(tmp_path / "nothing.json")
    with pytest.raises(UsageError, match="a row is an object, not '7'"):
        read(write(tmp_path / "rows.jsonl", [7]))  # type: ignore[list-item]
    parquet.write_table(pa.Table.from_pylist([{"image": b""}]), tmp_path / "a.parquet")
    with pytest.raises(UsageError, match="has no conversations"):
        read(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"no parquet")
    with pytest.raises(UsageError, match="is no Parquet file"):
        read(tmp_path / "b.parquet")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_such_a_file_is_measured_by_and_goes_on_to_the_same_numbers(tmp_path: Path) -> None:
    # The right half, so that clicks anywhere hit about every other one.
    rows = [
        {
            "img_filename": "a.png",
            "instruction": f"Element {n}",
            "bbox": [0.5, 0, 1, 1],
            "data_type": ("text", "icon")[n % 2],
        }
        for n in range(40)
    ]
    data, out = write(tmp_path / "rows.json", rows), tmp_path / "out"
    whole = run("eval", "grounding", "--data", data, "--model", "random", "--out", out, "--json")
    assert whole.exit_code == 0, whole.output
    cells = json.loads(whole.stdout)["cells"]
    assert (cells["text"]["n"], cells["icon"]["n"], cells["all"]["n"]) == (20, 20, 40)
    assert 0.2 < cells["all"]["mean"] < 0.8
    assert cells["all"]["high"] - cells["all"]["low"] > 0.7  # all on one picture
    assert "on 1 picture: intervals do not take episodes on one for independent" in " ".join(
        whole.stderr.split()
    )
    lines = (out / "results.jsonl").read_bytes().splitlines(keepends=True)
    (out / "results.jsonl").write_bytes(b"".join(lines[:15]) + lines[15][:20])  # as killed
    again = run("eval", "grounding", "--data", data, "--model", "random", "--out", out, "--json")
    assert json.loads(again.stdout)["cells"] == cells


def test_where_images_begin_is_for_files_alone(tmp_path: Path) -> None:
    result = run("eval", "grounding", "--data", tmp_path, "--images", tmp_path)
    assert result.exit_code == 2 and "--images is for a file of rows" in result.output


def test_a_check_names_every_row_that_is_refused(tmp_path: Path) -> None:
    good = {"img_filename": "a.png", **ELEMENT}
    data = write(tmp_path / "rows.json", [good, good, {**good, "bbox": []}, {**good, "bbox": [2]}])
    result = run("data", "check", "grounding", "--data", data, "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["counts"] == {"elements text": 2, "refused": 2}
    assert [problem.split(":")[0] for problem in found["problems"]] == ["rows/2", "rows/3"]
    assert found["notes"] == ["rows/0 and rows/1 ask the same of the same picture"]
    assert run("data", "check", "grounding", "--data", write(data, [good])).exit_code == 0
    whole = (tmp_path / "images" / "a.png").read_bytes()
    (tmp_path / "images" / "a.png").write_bytes(whole[:-40])
    cut = run("data", "check", "grounding", "--data", data, "--json")
    assert "a.png: a damaged picture" in json.loads(cut.stdout)["problems"][0]
