"""`data check vstar`, `blink`, `sat` and `robospatial` say what is wrong with a copy."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from vigorl.agent.cli.app import app
from vigorl.tasks.visual_reasoning.benchmarks import read_questions

from .copies import (
    sat_row,
    write_blink,
    write_parquet,
    write_robospatial,
    write_robospatial_parquet,
    write_sat,
    write_vstar,
)


def check(name: str, data: Path, *more: str) -> Result:
    return CliRunner().invoke(app, ["data", "check", name, "--data", str(data), *more])


def problems(name: str, data: Path) -> list[str]:
    """Those beside the counts."""
    result = check(name, data, "--json")
    assert result.exit_code == 1, result.output
    found: list[str] = json.loads(result.stdout)["problems"]
    return [problem for problem in found if " questions instead of " not in problem]


def test_counts_are_held_against_the_published_ones(tmp_path: Path) -> None:
    result = check("vstar", write_vstar(tmp_path), "--json")
    found = json.loads(result.stdout)
    assert found["counts"] == {"direct_attributes": 2, "relative_position": 2}
    assert found["published"] == {"direct_attributes": 115, "relative_position": 76}
    assert found["problems"] == [
        "direct_attributes: 2 questions instead of 115",
        "relative_position: 2 questions instead of 76",
    ]
    assert "✗ direct_attributes: 2 questions instead of 115" in result.output


def test_a_whole_copy_is_called_whole(tmp_path: Path) -> None:
    rows = [sat_row("perspective", 1) | {"question": f"Question {n}?"} for n in range(150)]
    write_parquet(tmp_path / "SAT_test.parquet", rows)
    result = check("sat", tmp_path)
    assert result.exit_code == 0, result.output
    assert "✓ whole" in result.output


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("blink", write_blink),
        ("sat", write_sat),
        ("robospatial", write_robospatial),
        ("robospatial", write_robospatial_parquet),
    ],
)
def test_good_rows_have_no_problem_of_their_own(
    tmp_path: Path, name: str, write: Callable[[Path], Path]
) -> None:
    assert problems(name, write(tmp_path)) == []


def test_boxes_options_images_and_twins_are_looked_at(tmp_path: Path) -> None:
    data = write_vstar(tmp_path, 4)
    folder = data / "direct_attributes"
    for number, change in enumerate(
        ({"bbox": [[50, 5, 20, 30]]}, {"options": ["red", "Red"]}, {}, {})
    ):
        path = folder / f"sa_{number}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
    (folder / "sa_2.jpg").write_bytes(b"no image")
    twin = data / "relative_position" / "sa_3.json"
    twin.write_text((data / "relative_position" / "sa_2.json").read_text())
    *others, broken = problems("vstar", data)
    assert broken.startswith("direct_attributes/sa_2: ") and "sa_2.jpg: not an image" in broken
    assert others == [
        "direct_attributes/sa_0: the box Box(left=50.0, top=5.0, right=70.0, bottom=35.0) is empty,"
        " or not inside of its image of (60, 40) px",
        "direct_attributes/sa_1: two of its options are the same: "
        + ", ".join(options_of(data, "direct_attributes/sa_1")),
    ]
    notes = json.loads(check("vstar", data, "--json").stdout)["notes"]
    assert notes == [
        "relative_position/sa_2 and relative_position/sa_3 ask the same of the same images"
    ]


def options_of(data: Path, name: str) -> tuple[str, ...]:
    return next(each.options for each in read_questions("vstar", data) if each.id == name)


def test_masks_are_looked_at(tmp_path: Path) -> None:
    data = write_robospatial(tmp_path)
    Image.new("L", (40, 30), 0).save(data / "images" / "mask.png")
    assert problems("robospatial", data) == [f"context/{n}: its mask is empty" for n in range(2)]
    Image.new("L", (20, 30), 255).save(data / "images" / "mask.png")
    assert problems("robospatial", data) == [
        f"context/{n}: its mask of (20, 30) px belongs to an image of (40, 30) px" for n in range(2)
    ]
