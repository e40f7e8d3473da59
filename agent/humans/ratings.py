"""Files of ratings, as the page hands them over: read, held against the key, one for each rater.

A file that cannot be used is left out and said, with the reason. The checksum in it shows slips (a
spreadsheet that saved it anew, an answer edited by hand); whoever wants to cheat can compute it.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from vigorl.agent.humans.items import Overlap
from vigorl.agent.humans.order import fnv1a, order_of
from vigorl.agent.humans.study import FORMAT as STUDY_FORMAT
from vigorl.agent.humans.study import StudyKey
from vigorl.browser.errors import UsageError

FORMAT = "vigorl-ratings/1"
_MOST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Rating:
    """What a rater says of one item."""

    item: str
    position: int
    """In the rater's order, from 1."""
    overlap: Overlap | None
    helpfulness: Literal[1, 2, 3, 4, 5] | None
    seconds: float = 0.0
    """That the item was on the screen, in a tab that was seen."""
    answered_at: str | None = None
    """UTC, ISO 8601."""


@dataclass(frozen=True)
class RatingFile:
    """All that one rater has handed over."""

    format: Literal["vigorl-ratings/1"]
    study: str
    rater: str
    session: str
    """Drawn when the rater began: tells a second copy from a second person with the same code."""
    checksum: str
    ratings: tuple[Rating, ...]

    @property
    def answered(self) -> int:
        """Items with both answers."""
        return sum(each.overlap is not None and each.helpfulness is not None for each in self)

    @property
    def last_answer(self) -> str:
        """When the last one was given."""
        return max((each.answered_at or "" for each in self), default="")

    def __iter__(self) -> Iterator[Rating]:
        return iter(self.ratings)


@dataclass(frozen=True)
class ReadRatings:
    """One file for each rater, and what there is to say of the others."""

    files: tuple[RatingFile, ...]
    notices: tuple[str, ...] = field(default=())


_FILE = TypeAdapter(RatingFile)


def read_ratings(paths: Sequence[Path], key: StudyKey) -> ReadRatings:
    """Read the ratings of a study.

    Args:
        paths: Files, JSON or CSV, or folders of them.
        key: Of the study.

    Raises:
        UsageError: no file can be used; says why of each.
    """
    notices: list[str] = []
    by_rater: dict[str, list[tuple[Path, RatingFile]]] = defaultdict(list)
    for path in _files(paths):
        try:
            file = read_file(path, key)
        except UsageError as error:
            notices.append(f"left out: {error}")
        else:
            by_rater[file.rater].append((path, file))
    files: list[RatingFile] = []
    for rater, found in sorted(by_rater.items()):
        if len({file.session for _, file in found}) > 1:
            names = ", ".join(str(path) for path, _ in found)
            notices.append(
                f"left out: {names} are of different people or browsers with the same code, "
                f"{rater}: give only the one that is to count"
            )
            continue
        path, file = max(found, key=lambda each: (each[1].last_answer, each[1].answered))
        notices += [
            f"left out: {other} is the same as {path}, or an earlier copy of it"
            for other, _ in found
            if other != path
        ]
        files.append(file)
        if file.answered < len(file.ratings):
            done = f"{file.answered} of {len(file.ratings)}"
            notices.append(f"not complete: {rater} has answered {done}, which count")
    if not files:
        raise UsageError("no ratings that can be used" + "".join(f"\n  {each}" for each in notices))
    return ReadRatings(tuple(files), tuple(notices))


def read_file(path: Path, key: StudyKey) -> RatingFile:
    """One file of ratings.

    Raises:
        UsageError: it is none, it is of another study, or it was changed after it was handed over.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise UsageError(f"{path}: there is no such file") from error
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{path} is too large for a file of ratings")
    if STUDY_FORMAT.encode() in data:
        raise UsageError(f"{path} is a key, no file of ratings: give it with --key")
    try:
        is_json = data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")
        text = data.decode("utf-8-sig")
        file = _FILE.validate_json(text) if is_json else _FILE.validate_python(_of_csv(text))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"{path} is no file of ratings of this page ({place}: {first['msg']})"
        ) from error
    except (ValueError, csv.Error) as error:
        raise UsageError(f"{path} is no file of ratings of this page ({error})") from error
    if file.study != key.study:
        raise UsageError(f"{path} is of another study, {file.study[:40]!r}, not {key.study!r}")
    order = order_of(key.ids, key.study, file.rater)
    if [(each.item, each.position) for each in file] != [
        *zip(order, range(1, len(order) + 1), strict=True)
    ]:
        raise UsageError(
            f"{path} was changed after it was handed over: its items are not those of the page of "
            f"{file.rater[:40]!r}, in their order"
        )
    if file.checksum != checksum_of(file):
        raise UsageError(
            f"{path} was changed after it was handed over: its checksum is not that of its answers"
        )
    return file


def checksum_of(file: RatingFile) -> str:
    """The checksum over who answers what; `page.js` computes the same."""
    lines = (f"{each.item} {each.overlap or ''} {each.helpfulness or ''}\n" for each in file)
    return f"{fnv1a(f'{file.study} {file.rater} {file.session}' + chr(10) + ''.join(lines)):08x}"


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files themselves, and those that lie in folders; each once."""
    found: dict[Path, None] = {}
    for path in paths:
        inside = [
            each
            for each in (sorted(path.iterdir()) if path.is_dir() else ())
            if each.suffix.lower() in (".json", ".csv") and each.name != "key.json"
        ]
        if path.is_dir() and not inside:
            raise UsageError(f"no files of ratings in {path}: they end with .json or .csv")
        found |= dict.fromkeys(inside if path.is_dir() else [path])
    yield from found


def _of_csv(text: str) -> dict[str, Any]:
    """The same as the JSON holds.

    Raises:
        ValueError: it is another table.
    """
    rows = list(csv.DictReader(io.StringIO(text)))
    same = ("format", "study", "rater", "session", "checksum")
    if not rows or not {*same, "item", "position"} <= set(rows[0]):
        raise ValueError("neither JSON nor a table with its columns")
    if len({tuple(row[name] for name in same) for row in rows}) > 1:
        raise ValueError("a table of more than one rater: give each rater's file as it is")
    ratings = [
        {
            "item": row["item"],
            "position": row["position"],
            "overlap": row.get("overlap") or None,
            "helpfulness": int(row["helpfulness"]) if row.get("helpfulness") else None,
            "seconds": row.get("seconds") or 0,
            "answered_at": row.get("answered_at") or None,
        }
        for row in rows
    ]
    return {**{name: rows[0][name] for name in same}, "ratings": ratings}
