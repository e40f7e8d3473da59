"""Dialogues as Parquet: whole, for any tool, and as the tasks that verl practises.

Source: the columns of verl 0.9.1 (`examples/data_preprocess/geo3k.py`, read by `RLHFDataset`); the
schema's metadata as `datasets` 5.2 writes it, so that pictures come out as pictures. It needs
pyarrow (`pip install 'vigorl-agent[data]'`). Equal pictures of a group of rows are stored once, in
the column's dictionary.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.geometry import Box, Frame
from vigorl.policy.family import family_named
from vigorl.policy.images import FittedImage
from vigorl.training.data.dialogues import Dialogue
from vigorl.training.data.messages import encoded, flat, typed


@dataclass(frozen=True, slots=True)
class PracticeTask:
    """A task to be played, by its id."""

    sample: str
    asked: str
    """In words; empty where its world says it when it begins."""
    agent: str
    """The agent loop that plays it, by its name."""


_GROUP = 100
"""Rows that are written at a time."""

_DICTIONARY_BYTES = 1 << 30
"""Of a column's dictionary: as large as the pictures of a group of rows may be."""


def write_parquet(dialogues: Iterable[Dialogue], path: Path) -> int:
    """One dialogue a row: `messages` of typed parts, `images` with their bytes, and the score.

    Raises:
        UsageError: pyarrow is not installed.
    """
    part = {"type": _STRING, "text": _STRING}
    features = {
        "id": _STRING,
        "kind": _STRING,
        "family": _STRING,
        "score": _FLOAT,
        "task": _STRING,
        "messages": _list_of({"role": _STRING, "content": _list_of(part)}),
        "images": _list_of(_IMAGE),
    }
    return _write(path, features, map(_whole, dialogues))


def _whole(dialogue: Dialogue) -> dict[str, Any]:
    messages, images = typed(dialogue.messages, _stored)
    return {
        "id": dialogue.name,
        "kind": dialogue.kind,
        "family": dialogue.family,
        "score": dialogue.score,
        "task": json.dumps(dialogue.task, ensure_ascii=False),
        "messages": messages,
        "images": images,
    }


def write_verl(dialogues: Iterable[Dialogue], path: Path) -> int:
    """One task a row, of the first dialogue of an episode of it: the prompt and what is right.

    `ground_truth` is JSON: `answer`, or `bbox_xyxy` in the coordinates that the model answers in.

    Raises:
        UsageError: pyarrow is not installed.
        InconsistentData: a task has neither a target nor an answer, or its box is elsewhere.
    """
    about = {"id": _STRING, "index": _INTEGER, "mean_score": _FLOAT, "task": _STRING}
    features = {
        "data_source": _STRING,
        "prompt": _list_of({"role": _STRING, "content": _STRING}),
        "images": _list_of(_IMAGE),
        "ability": _STRING,
        "reward_model": {"style": _STRING, "ground_truth": _STRING},
        "extra_info": about,
    }
    firsts = (dialogue for dialogue in dialogues if dialogue.first_new == 0)
    return _write(path, features, (_task(*each) for each in enumerate(firsts)))


def write_practice(tasks: Iterable[PracticeTask], path: Path) -> int:
    """One task a row, as verl hands it to `vigorl.training.verl.agent_loop`.

    What is asked stands in `prompt` for whoever reads the file; the agent loop makes its own.

    Raises:
        UsageError: pyarrow is not installed.
    """
    features = {
        "data_source": _STRING,
        "prompt": _list_of({"role": _STRING, "content": _STRING}),
        "ability": _STRING,
        "reward_model": {"style": _STRING, "ground_truth": _STRING},
        "extra_info": {"index": _INTEGER},
        "agent_name": _STRING,
        "sample": _STRING,
    }
    rows = (
        {
            "data_source": "vigorl",
            "prompt": [{"role": "user", "content": task.asked}],
            "ability": "agent",
            "reward_model": {"style": "rule", "ground_truth": ""},
            "extra_info": {"index": index},
            "agent_name": task.agent,
            "sample": task.sample,
        }
        for index, task in enumerate(tasks)
    )
    return _write(path, features, rows)


def _task(index: int, dialogue: Dialogue) -> dict[str, Any]:
    said = next(n for n, message in enumerate(dialogue.messages) if message.role == "assistant")
    prompt, images = flat(dialogue.messages[:said], _stored)
    truth = _truth(dialogue)
    return {
        "data_source": f"vigorl/{dialogue.family}",
        "prompt": prompt,
        "images": images,
        "ability": "grounding" if "bbox_xyxy" in truth else "question",
        "reward_model": {"style": "rule", "ground_truth": json.dumps(truth, ensure_ascii=False)},
        "extra_info": {
            "id": str(dialogue.task.get("id", dialogue.name)),
            "index": index,
            "mean_score": dialogue.score,
            "task": json.dumps(dialogue.task, ensure_ascii=False),
        },
    }


def _truth(dialogue: Dialogue) -> dict[str, Any]:
    """What is right, in the model's own coordinates."""
    truth = dialogue.truth
    if truth.answer is not None:
        return {"answer": truth.answer}
    parts = (part for message in dialogue.messages for part in message.parts)
    screen = next((part for part in parts if isinstance(part, FittedImage)), None)
    if not truth.targets_px or screen is None:
        raise InconsistentData(
            f"{dialogue.name} has neither a target nor an answer: only episodes on still pictures "
            "that have one can be exported for verl"
        )
    picture = screen.picture
    box, bounds = truth.targets_px[0], Box(0, 0, picture.width_px, picture.height_px)
    if box.intersection(bounds) is None:
        raise InconsistentData(
            f"{dialogue.name}: the target {astuple(box)} lies outside of its picture of "
            f"{picture.width_px} x {picture.height_px} px: mend its bbox_xyxy"
        )
    frame = Frame(screen.width_px, screen.height_px, bounds)
    if family_named(dialogue.family).coordinates == "thousandths":
        frame = frame.resized(1000, 1000)
    shown = frame.box_from_region(box)
    corners = (shown.left, shown.top, shown.right, shown.bottom)
    return {"bbox_xyxy": [round(corner, 2) for corner in corners]}


def _stored(image: FittedImage) -> dict[str, Any]:
    return {"bytes": encoded(image)[0], "path": None}


_STRING = {"dtype": "string", "_type": "Value"}
_INTEGER = {"dtype": "int64", "_type": "Value"}
_FLOAT = {"dtype": "float64", "_type": "Value"}
_IMAGE = {"_type": "Image"}


def _list_of(feature: dict[str, Any]) -> dict[str, Any]:
    return {"feature": feature, "_type": "List"}


def _write(path: Path, features: dict[str, Any], rows: Iterator[dict[str, Any]]) -> int:
    """Write rows as these features; a feature is one of `datasets`, as its JSON."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError(
            f"Parquet needs pyarrow ({error}): pip install 'vigorl-agent[data]', or take another "
            "--format"
        ) from error

    def type_of(feature: dict[str, Any]) -> Any:
        match feature:
            case {"_type": "Value", "dtype": dtype}:
                return arrow.type_for_alias(dtype)
            case {"_type": "Image"}:
                return arrow.struct({"bytes": arrow.binary(), "path": arrow.string()})
            case {"_type": "List", "feature": inner}:
                return arrow.list_(type_of(inner))
            case _:
                return arrow.struct({name: type_of(inner) for name, inner in feature.items()})

    about = json.dumps({"info": {"features": features}})
    fields = [(name, type_of(feature)) for name, feature in features.items()]
    schema = arrow.schema(fields, metadata={"huggingface": about})
    count = 0
    with parquet.ParquetWriter(path, schema, dictionary_pagesize_limit=_DICTIONARY_BYTES) as writer:
        while group := list(islice(rows, _GROUP)):
            writer.write_table(arrow.Table.from_pylist(group, schema=schema))
            count += len(group)
    return count
