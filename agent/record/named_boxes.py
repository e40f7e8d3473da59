"""Boxes of what can be named on each screen, written beside the record for measurements alone.

A policy never sees them: they are read from the page after its screen was taken, into a file of
their own, `boxes.jsonl`, a line for each different screen::

    {"image": "<sha256>", "boxes": [["button", "Go on", [464, 484, 816, 524]], …]}
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Box
from vigorl.browser.run_folder import LineFile, whole_lines
from vigorl.browser.text import whole
from vigorl.tasks.truth import PageTruth, TruthLine

BOXES = "boxes.jsonl"
TEXT = "text"
"""Role of a line of text."""


@dataclass(frozen=True, slots=True)
class NamedBox:
    """Something on a screen that words can name, and where it is; in the environment's unit."""

    role: str
    """ARIA role of a control; `text` for a line of text."""
    name: str
    """Accessible name of a control, else that of its icon; the words of a line."""
    box: Box
    words: tuple[tuple[float, float], ...] = ()
    """Of a line of several words: left and right edge of each."""


def named_boxes(truth: PageTruth) -> tuple[NamedBox, ...]:
    """What can be named on a page: controls, then lines of text."""
    controls = tuple(
        NamedBox(control.role, control.name or control.icon, control.box)
        for control in truth.controls
        if control.name or control.icon
    )
    return controls + tuple(_of_line(line) for line in truth.lines)


class BoxFile:
    """The file of an episode's named boxes; made with the first screen.

    Args:
        folder: Of the record.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / BOXES
        self._known: set[str] = set()

    def holds(self, image_sha256: str) -> bool:
        """Whether the boxes of a screen stand in it."""
        return image_sha256 in self._known

    def append(self, image_sha256: str, boxes: Sequence[NamedBox]) -> None:
        """Write down what can be named on a screen.

        Raises:
            StorageFault: the disk refuses.
        """
        row = {"image": image_sha256, "boxes": [_row(box) for box in boxes]}
        text = whole(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
        with LineFile(self._path, private=True) as file:
            file.append(text.encode())
        self._known.add(image_sha256)


def read_boxes(folder: Path) -> dict[str, tuple[NamedBox, ...]]:
    """The named boxes of an episode's screens, by the hash of the screen's picture.

    Empty where none were written down. A last line that a kill has cut off is left out.

    Raises:
        InconsistentData: a line is not what was written.
    """
    path = folder / BOXES
    if not path.is_file():
        return {}
    found: dict[str, tuple[NamedBox, ...]] = {}
    for number, line in enumerate(whole_lines(path), 1):
        try:
            row = json.loads(line)
            found[row["image"]] = tuple(_boxes(row["boxes"]))
        except (ValueError, KeyError, TypeError) as error:
            raise InconsistentData(f"{path}, line {number}: no boxes of a screen") from error
    return found


def _of_line(line: TruthLine) -> NamedBox:
    edges = tuple((word.box.left, word.box.right) for word in line.words)
    return NamedBox(TEXT, line.text, line.box, edges if len(edges) > 1 else ())


def _row(named: NamedBox) -> list[Any]:
    """In whole units: a point that a policy says is no finer."""
    box = named.box
    sides = [round(side) for side in (box.left, box.top, box.right, box.bottom)]
    row: list[Any] = [named.role, named.name, sides]
    if named.words:
        row.append([round(edge) for word in named.words for edge in word])
    return row


def _boxes(rows: list[Any]) -> Iterator[NamedBox]:
    for role, name, sides, *rest in rows:
        edges = iter(rest[0] if rest else ())
        yield NamedBox(str(role), str(name), Box(*sides), tuple(zip(edges, edges, strict=True)))
