"""Where generated pages are stored: WebDataset shards, written whole or not at all.

A data set's folder::

    card.json                     what it is: seed, split, counts, versions, licences
    README.md                     the same for people
    screens-train-000000.tar      pages 0 to 99: KEY.jpg (or .png, .webp) and KEY.json
    screens-train-000001.tar      …

The order within a shard is the order of the pages; time stamps are 0: the same seed on the same
machine writes the same bytes.
"""

import io
import json
import os
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from vigorl.browser.errors import InconsistentData, StorageFault, UsageError
from vigorl.browser.geometry import Box
from vigorl.browser.picture import MEDIA_TYPES, Picture
from vigorl.tasks.truth import Control, PageTruth, TruthLine, Word
from vigorl.tasks.world.questions import PageQuestion

FORMAT = 1


@dataclass(frozen=True)
class ShardPage:
    """A page: its picture, what it shows, what is asked about it."""

    key: str
    picture: Picture
    truth: PageTruth
    """Boxes and edges in px of the picture; width and height are those of the viewport, CSS px."""
    questions: tuple[PageQuestion, ...]
    about: dict[str, Any]
    """Split, seed, layout, language, fonts, icon set, …"""

    def encoded(self) -> bytes:
        """The sample's JSON."""
        truth = self.truth
        return json.dumps(
            {
                **self.about,
                "title": truth.title,
                "viewport": [truth.width_px, truth.height_px, truth.device_scale],
                "image_px": [self.picture.width_px, self.picture.height_px],
                "lines": [_line_row(line) for line in truth.lines],
                "controls": [_control_row(control) for control in truth.controls],
                "questions": [_question_row(question) for question in self.questions],
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()


def _numbers(*values: float) -> list[float]:
    return [round(value, 1) for value in values]


def _sides(box: Box) -> list[float]:
    return _numbers(box.left, box.top, box.right, box.bottom)


def _line_row(line: TruthLine) -> dict[str, Any]:
    row: dict[str, Any] = {"text": line.text, "bbox_xyxy": _sides(line.box)}
    if line.source != "text":
        row["source"] = line.source
    if line.cut:
        row["cut"] = True
    row["words"] = [
        [word.text, *_numbers(word.box.top, word.box.bottom), _numbers(*word.edges_css_px)]
        for word in line.words
    ]
    return row


def _control_row(control: Control) -> dict[str, Any]:
    row: dict[str, Any] = {
        "role": control.role,
        "name": control.name,
        "bbox_xyxy": _sides(control.box),
    }
    rest = {"icon": control.icon, "value": control.value, "disabled": control.disabled}
    row |= {key: value for key, value in rest.items() if value}
    if control.checked is not None:
        row["checked"] = control.checked
    return row


_QUESTION_FIELDS = tuple(field.name for field in fields(PageQuestion))


def _question_row(question: PageQuestion) -> dict[str, Any]:
    return {name: getattr(question, name) for name in _QUESTION_FIELDS}


def shard_name(stem: str, number: int) -> str:
    """File name of a shard."""
    return f"{stem}-{number:06}.tar"


def write_shard(path: Path, samples: Sequence[ShardPage]) -> None:
    """Write a shard whole: under another name first, then renamed.

    Raises:
        StorageFault: the disk refuses.
    """
    unfinished = path.with_suffix(".tar.part")
    try:
        with unfinished.open("wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
                for sample in samples:
                    suffix = MEDIA_TYPES[sample.picture.media_type]
                    _add(archive, f"{sample.key}.{suffix}", sample.picture.data)
                    _add(archive, f"{sample.key}.json", sample.encoded())
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise StorageFault(f"{path} could not be written: {error}") from error


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def shards_in(folder: Path) -> tuple[Path, ...]:
    """The finished shards of a folder, in order.

    Raises:
        UsageError: there is none.
    """
    found = tuple(sorted(folder.glob("*.tar")))
    if not found:
        raise UsageError(f"{folder} holds no shards: `vigorl-agent data generate` writes some")
    return found


def read_shards(folder: Path) -> Iterator[ShardPage]:
    """Every page of a folder's shards, in order.

    Raises:
        UsageError: there are no shards.
        InconsistentData: a shard is not what was written.
    """
    for path in shards_in(folder):
        yield from read_shard(path)


def read_shard(path: Path) -> Iterator[ShardPage]:
    """Every page of one shard, in order.

    Raises:
        InconsistentData: it is not what was written.
    """
    try:
        with tarfile.open(path) as archive:
            picture: tuple[str, bytes] | None = None
            for member in archive:
                stream = archive.extractfile(member)
                assert stream is not None
                key, _, suffix = member.name.rpartition(".")
                if suffix != "json":
                    picture = (key, stream.read())
                elif picture is None or picture[0] != key:
                    raise InconsistentData(f"{path}: {member.name} follows no picture of its own")
                else:
                    yield decoded(key, picture[1], stream.read())
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise InconsistentData(f"{path} is no shard: {error}") from error


def decoded(key: str, image: bytes, text: bytes) -> ShardPage:
    """A sample from the two members of a shard.

    Raises:
        InconsistentData: the image has another size than was written down.
    """
    row = json.loads(text)
    picture = Picture.from_bytes(image)
    if [picture.width_px, picture.height_px] != row["image_px"]:
        raise InconsistentData(f"{key}: {row['image_px']} px are written down for another image")
    width_px, height_px, device_scale = row["viewport"]
    truth = PageTruth(
        width_px,
        height_px,
        device_scale,
        lines=tuple(_line(each) for each in row["lines"]),
        controls=tuple(
            Control(
                each["role"], each["name"], Box(*each["bbox_xyxy"]), each.get("icon", ""),
                each.get("checked"), each.get("value", ""), each.get("disabled", False),
            )
            for each in row["controls"]
        ),
        title=row["title"],
    )  # fmt: skip
    questions = tuple(
        PageQuestion(
            **{**each, "bbox_xyxy": tuple(each["bbox_xyxy"]) if each["bbox_xyxy"] else None}
        )
        for each in row["questions"]
    )
    told = ("title", "viewport", "image_px", "lines", "controls", "questions")
    about = {name: value for name, value in row.items() if name not in told}
    return ShardPage(key, picture, truth, questions, about)


def _line(row: dict[str, Any]) -> TruthLine:
    words = tuple(
        Word(text, Box(edges[0], top, edges[-1], bottom), tuple(edges))
        for text, top, bottom, edges in row["words"]
    )
    source = row.get("source", "text")
    return TruthLine(row["text"], Box(*row["bbox_xyxy"]), words, source, row.get("cut", False))
