"""Data sets with odd values in them: whatever stands there, a reader says which row it is."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.tasks.visual_reasoning.copies import write_blink, write_robospatial, write_vstar
from vigorl.agent.benchmarks.grounding import file_samples, grounding_samples
from vigorl.browser.errors import VigorlError
from vigorl.tasks.screenspot.rows import read_screenspot
from vigorl.tasks.visual_reasoning.benchmarks import read_questions
from vigorl.tasks.visualwebarena.files import read_tasks
from vigorl.tasks.visualwebarena.task import Sites

ODD: list[Any] = [
    None, True, -1, 10**400, 1e308, float("nan"), float("inf"), "", "\ud83d", "\0", "..", "x" * 300,
    "a/../../b", [], {}, [[]], [None], [10**400] * 4, ["x"] * 4, [float("nan")] * 4,
    {"a": {"b": 1}}, "[" * 5_000, "-" * 50_000 + "1",
]  # fmt: skip

ELEMENT = {
    "img_filename": "a.png",
    "instruction": "Open",
    "bbox": [0.1, 0.2, 0.5, 0.4],
    "data_type": "text",
}
ROW = {
    "id": "a",
    "image": "a.png",
    "instruction": "the left half",
    "bbox_xyxy": [0, 0, 20, 20],
    "ui_type": "text",
}
LEARNT = {"prompt": "<image>Description: x", "images": ["a.png"], "answer": "(1, 2, 3, 4)"}
TOLD = {
    "id": "7",
    "image": "a.png",
    "conversations": [
        {"from": "human", "value": "<image>x"},
        {"from": "gpt", "value": "(1, 2, 3, 4)"},
    ],
}
SCREENSPOT = {
    "img_filename": "a.png",
    "bbox": [10, 20, 30, 40],
    "instruction": "open it",
    "data_type": "icon",
    "data_source": "ios",
}
TASK = {
    "sites": ["reddit"],
    "task_id": 1,
    "intent": "Press it.",
    "start_url": "__REDDIT__/board",
    "eval": {
        "eval_types": ["program_html"],
        "program_html": [
            {"url": "last", "locator": "", "required_contents": {"must_include": ["x"]}}
        ],
    },
}


def changed(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The row with an odd value in each of its places in turn, and without each key."""
    for path in places(row):
        for odd in ODD:
            made = copy.deepcopy(row)
            at: Any = made
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = odd
            yield made
    for key in row:
        yield {name: value for name, value in row.items() if name != key}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inside:
        yield (*path, key)
        if isinstance(each, dict | list):
            yield from places(each, (*path, key))


def written(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    return path


def manifest(folder: Path, row: Any) -> None:
    written(folder / "manifest.json", [row])
    grounding_samples(folder)


def of_others(folder: Path, row: Any) -> None:
    file_samples(written(folder / "rows.json", [row]))


def screenspot(folder: Path, row: Any) -> None:
    for group in ("mobile", "desktop", "web"):
        written(folder / f"screenspot_{group}.json", [row] if group == "mobile" else [])
    read_screenspot(folder, "v1")


def visualwebarena(folder: Path, row: Any) -> None:
    written(folder / "test_reddit.raw.json", [row])
    read_tasks(Sites("http://c", "http://r", "http://s"), folder)


READERS: dict[str, tuple[Callable[[Path, Any], None], dict[str, Any]]] = {
    "manifest": (manifest, ROW),
    "elements": (of_others, ELEMENT),
    "for training": (of_others, LEARNT),
    "for evaluation": (of_others, TOLD),
    "screenspot": (screenspot, SCREENSPOT),
    "visualwebarena": (visualwebarena, TASK),
}


@pytest.mark.parametrize("name", READERS)
def test_odd_values_are_refused_in_words_or_taken(tmp_path: Path, name: str) -> None:
    read, row = READERS[name]
    Image.new("RGB", (60, 60)).save(tmp_path / "a.png")
    read(tmp_path, row)
    surprises = []
    for odd in [*changed(row), *ODD]:
        try:
            read(tmp_path, odd)
        except VigorlError as error:
            assert str(error)
        except Exception as surprise:
            surprises.append(f"{type(surprise).__name__}: {surprise!s:.80} by {odd!r:.200}")
    assert not surprises, "\n".join(surprises[:20])


NO_ROWS = (b"", b"[" * 200_000, b"\xff\xfe", b"\x1f\x8b\x08\0\0\0\0\0", b"[1]")


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".json.gz"])
@pytest.mark.parametrize("data", NO_ROWS)
def test_files_that_are_none_are_refused_in_words(tmp_path: Path, suffix: str, data: bytes) -> None:
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(data)
    with pytest.raises(VigorlError, match=r"rows\.json"):
        list(file_samples(path))


@pytest.mark.parametrize(
    ("name", "write"),
    [("vstar", write_vstar), ("blink", write_blink), ("robospatial", write_robospatial)],
)
def test_damaged_copies_of_benchmarks_are_refused_in_words(
    tmp_path: Path, name: str, write: Callable[[Path], Path]
) -> None:
    folder = write(tmp_path / "copy")
    files = [path for path in folder.rglob("*") if path.suffix in (".json", ".parquet", ".jsonl")]
    for path in files:
        whole = path.read_bytes()
        half = len(whole) // 2
        for data in (whole[:half], whole[:half] + bytes(40) + whole[half + 40 :], b"[" * 100_000):
            path.write_bytes(data)
            try:
                for question in read_questions(name, folder):  # type: ignore[arg-type]
                    for image in question.images:
                        image.pixels()
            except VigorlError as error:
                assert path.name in str(error) or "copy" in str(error)
        path.write_bytes(whole)
