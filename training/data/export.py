"""Dialogues in the forms that other tools load as they are.

::

    OUT/
        images/<sha256>.png          every picture once, of the size at which the model saw it
        conversations.jsonl          sharegpt: one dialogue a line, `conversations` and `images`
        dataset_info.json            sharegpt: what LLaMA-Factory wants to know of it
        metadata.jsonl               trl: one dialogue a line, `messages` and `file_names`

A point in a text refers to the picture as the model was shown it, so that is what is written, and
what has to be shown again: the trainer must not resize it (`dataset_card.json` says the limits).
The folder appears whole or not at all.

Source: ShareGPT with `<image>` in the text, as LLaMA-Factory reads it (`data/README.md` and
`src/llamafactory/data/converter.py` at 0.9.5); `messages` with typed parts and a column `images`,
as TRL 1.16 wants them for vision-language models; folders of pictures with `file_names` in
metadata.jsonl, which `datasets` 5.2 loads as that column.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from vigorl.browser.errors import UsageError
from vigorl.browser.run_folder import disk
from vigorl.policy.images import FittedImage
from vigorl.training.data.dialogues import Dialogue
from vigorl.training.data.export_parquet import write_parquet, write_verl
from vigorl.training.data.messages import encoded, flat, split_system, typed

Format = Literal["sharegpt", "trl", "verl", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)

CARD = "dataset_card.json"


@dataclass
class Gallery:
    """The pictures of an export, each stored once by the hash of what is stored."""

    folder: Path
    names: dict[tuple[str, int, int], str] = field(default_factory=dict)
    pixels: int = 0
    """Of the largest one."""

    def path(self, image: FittedImage) -> str:
        """Where a picture is, relative to the export; written if it is new."""
        shown = image.shown
        key = (shown.sha256, shown.width_px, shown.height_px)
        if key not in self.names:
            data, suffix = encoded(image)
            name = f"images/{hashlib.sha256(data).hexdigest()}.{suffix}"
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            self.names[key] = name
            self.pixels = max(self.pixels, shown.width_px * shown.height_px)
        return self.names[key]


def export(dialogues: Iterable[Dialogue], kind: Format, out: Path) -> int:
    """Write dialogues in one of the forms; how many there were.

    Raises:
        UsageError: the folder is not empty, or what a form needs is not installed.
        InconsistentData: a dialogue cannot be written in this form.
        StorageFault: the folder cannot be written.
    """
    with _new_folder(out) as partial:
        return _WRITERS[kind](dialogues, partial)


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """A folder that takes its name when it is whole, and is gone otherwise."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is there already, and not empty: choose another --out")
    partial = out.with_name(f"{out.name}.{secrets.token_hex(4)}.part")
    with disk(out):
        partial.mkdir(parents=True)
        try:
            yield partial
            if out.exists():
                out.rmdir()
            os.replace(partial, out)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _write_sharegpt(dialogues: Iterable[Dialogue], folder: Path) -> int:
    gallery = Gallery(folder)
    count = 0
    with (folder / "conversations.jsonl").open("w", encoding="utf-8") as lines:
        for dialogue in dialogues:
            lines.write(json.dumps(_sharegpt(dialogue, gallery), ensure_ascii=False) + "\n")
            count += 1
    info = {
        "vigorl": {
            "file_name": "conversations.jsonl",
            "formatting": "sharegpt",
            "columns": {"messages": "conversations", "images": "images", "system": "system"},
        }
    }
    _write_json(folder / "dataset_info.json", info)
    _write_card(folder, "sharegpt", count, gallery)
    return count


def _sharegpt(dialogue: Dialogue, gallery: Gallery) -> dict[str, Any]:
    """One line: `from` and `value`, human and gpt by turns."""
    system, messages = split_system(dialogue.messages)
    turns, images = flat(messages, gallery.path)
    names = {"user": "human", "assistant": "gpt"}
    return {
        "id": dialogue.name,
        "conversations": [
            {"from": names[each["role"]], "value": each["content"]} for each in turns
        ],
        "system": system,
        "images": images,
        "family": dialogue.family,
        "kind": dialogue.kind,
        "score": dialogue.score,
    }


def _write_trl(dialogues: Iterable[Dialogue], folder: Path) -> int:
    gallery = Gallery(folder)
    count = 0
    with (folder / "metadata.jsonl").open("w", encoding="utf-8") as lines:
        for dialogue in dialogues:
            messages, images = typed(dialogue.messages, gallery.path)
            line = {
                "file_names": images,
                "messages": messages,
                "id": dialogue.name,
                "family": dialogue.family,
                "kind": dialogue.kind,
                "score": dialogue.score,
            }
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
    _write_card(folder, "trl", count, gallery)
    return count


def _write_parquet(dialogues: Iterable[Dialogue], folder: Path) -> int:
    return write_parquet(dialogues, folder / "train.parquet")


def _write_verl(dialogues: Iterable[Dialogue], folder: Path) -> int:
    return write_verl(dialogues, folder / "train.parquet")


_WRITERS: Mapping[Format, Callable[[Iterable[Dialogue], Path], int]] = {
    "sharegpt": _write_sharegpt,
    "trl": _write_trl,
    "verl": _write_verl,
    "parquet": _write_parquet,
}


def _write_card(folder: Path, kind: Format, count: int, gallery: Gallery) -> None:
    """What a trainer has to keep to."""
    card = {
        "format": kind,
        "dialogues": count,
        "images": len(set(gallery.names.values())),
        "largest_image_pixels": gallery.pixels,
        "note": "Points refer to the pictures as they are here: set the trainer's largest picture "
        "(image_max_pixels, max_pixels) to at least largest_image_pixels, and its smallest below.",
    }
    _write_json(folder / CARD, card)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
