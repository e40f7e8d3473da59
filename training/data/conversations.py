"""Exported conversations read back: ShareGPT (`conversations`) and typed messages (`messages`).

What `vigorl-agent export` wrote, or anybody else in the same forms: a folder with
conversations.jsonl or metadata.jsonl, and pictures beside it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.geometry import Frame
from vigorl.browser.picture import Picture, View
from vigorl.policy.backend import Message
from vigorl.policy.escape import escape_controls
from vigorl.policy.family import Family
from vigorl.policy.images import FittedImage, fit
from vigorl.training.data.dialogues import Dialogue

SHAREGPT, TRL = "conversations.jsonl", "metadata.jsonl"

_ROLES = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "system": "system",
}


def holds_conversations(folder: Path) -> bool:
    """Whether a folder is one of exported conversations."""
    return any((folder / name).is_file() for name in (SHAREGPT, TRL))


def conversations_in(folder: Path, family: Family) -> Iterator[Dialogue]:
    """The conversations of a folder, for a model of this family.

    Raises:
        UsageError: there are none, or one cannot be taught: names it and what to change.
    """
    path = next(folder / name for name in (SHAREGPT, TRL) if (folder / name).is_file())
    count = 0
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            count += 1
            try:
                entry = json.loads(line)
                name = str(entry.get("id") or f"{path}, line {number}")
                yield _dialogue(entry, name, folder, family)
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                raise UsageError(
                    f"{path}, line {number}: no conversation ({type(error).__name__}: {error})"
                ) from error
    if not count:
        raise UsageError(f"{path} holds no conversation")


def _dialogue(entry: dict[str, Any], name: str, folder: Path, family: Family) -> Dialogue:
    played_as = entry.get("family", family.name)
    if played_as != family.name:
        raise UsageError(
            f"{name} is a conversation of {played_as}, and the model is a {family.name}, which is "
            "talked to in other words and coordinates: choose other data, or --family"
        )
    paths = list(entry.get("images") or entry.get("file_names") or ())
    turns = [_turn(each) for each in entry.get("conversations") or entry["messages"]]
    if entry.get("system"):
        turns.insert(0, ("system", [entry["system"]]))
    shown = sum(part is None for _, parts in turns for part in parts)
    if shown != len(paths):
        raise UsageError(f"{name} has {len(paths)} pictures for {shown} places in its text")
    images = (_picture(folder / path, name, family) for path in paths)
    messages = tuple(
        Message(role, tuple(next(images) if part is None else part for part in parts))  # type: ignore[arg-type]
        for role, parts in turns
    )
    if not messages or messages[-1].role != "assistant":
        raise UsageError(f"{name} does not end with a message of the assistant")
    score = entry.get("score")
    return Dialogue(name, messages, family.name, score=None if score is None else float(score))


def _turn(message: dict[str, Any]) -> tuple[str, list[str | None]]:
    """Role and parts of a message; None stands for the next picture."""
    role = _ROLES[message.get("from") or message["role"]]
    content = message["value"] if "value" in message else message["content"]
    parts: list[str | None] = []
    if isinstance(content, str):
        for number, text in enumerate(content.split("<image>")):
            parts += [None, text] if number else [text]
    else:
        parts = [None if part["type"] == "image" else part["text"] for part in content]
    return role, [escape_controls(part) if part else part for part in parts if part != ""]


def _picture(path: Path, name: str, family: Family) -> FittedImage:
    """A picture at the size at which a model of the family is shown it."""
    try:
        picture = Picture.from_bytes(path.read_bytes())
    except OSError as error:
        raise UsageError(
            f"{name}: its picture {path} is not there: keep the pictures beside the conversations"
        ) from error
    frame = Frame.of_viewport(picture.width_px, picture.height_px)
    image, _ = fit(View(picture, frame), family.size)
    size_px = (image.width_px, image.height_px)
    if family.coordinates == "pixels" and size_px != (picture.width_px, picture.height_px):
        raise InconsistentData(
            f"{name}: {path} is {picture.width_px} x {picture.height_px} px and would be shown as "
            f"{image.width_px} x {image.height_px}, where the points of the text are elsewhere: "
            "export it at the size at which it was shown"
        )
    return image
