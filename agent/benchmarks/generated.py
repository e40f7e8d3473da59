"""Generated pages as a grounding set: point at what a question means, on the shards as they are."""

import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from vigorl.agent.benchmarks.grounding import judged_by
from vigorl.agent.evaluation.evaluation import Sample
from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.agent.record.named_boxes import NamedBox, named_boxes
from vigorl.browser.environment import Environment
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box
from vigorl.browser.grounding_rule import GroundingRule
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot
from vigorl.tasks.world.shards import decoded, shards_in

_SIZES = ((1e-4, "0.01 %"), (3e-4, "0.03 %"), (1e-3, "0.1 %"), (1e-2, "1 %"))
"""Targets up to these shares of a picture make a cell of the table."""


def holds_shards(data: Path) -> bool:
    """Whether a folder is one that `data generate` wrote."""
    return (data / "card.json").is_file() and not (data / "manifest.json").exists()


def shard_samples(
    data: Path, limit: int | None = None, rule: GroundingRule = "hit"
) -> list[Sample]:
    """One episode for each question that asks to point at something that is there.

    The first question of every page comes first, then the second of every page, and so on, so
    that `limit` cuts pages' further questions before it cuts pages.

    Raises:
        UsageError: the folder holds no shards.
    """
    pages = [page for path in shards_in(data) for page in _pages(path, rule)]
    turns = chain.from_iterable(zip_longest(*pages))
    return [sample for sample in turns if sample is not None][:limit]


def _pages(path: Path, rule: GroundingRule) -> list[list[Sample]]:
    """The samples of each page of a shard; the pictures stay on the disk."""
    pages = []
    with _readable(path), tarfile.open(path) as archive:
        picture: tarfile.TarInfo | None = None
        for member in archive:
            if not member.name.endswith(".json"):
                picture = member
                continue
            stream = archive.extractfile(member)
            if picture is None or stream is None:
                raise ValueError(f"{member.name} has no picture before it")
            row = json.load(stream)
            key = member.name.removesuffix(".json")
            pages.append(
                [
                    _sample(path, picture, member, f"{key}-{number}", question, rule)
                    for number, question in enumerate(row["questions"])
                    if question["bbox_xyxy"] and question["answer"] is None
                ]
            )
    return pages


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Name the shard that is not as `data generate` writes it."""
    try:
        yield
    except (OSError, tarfile.TarError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise UsageError(f"{path} is damaged: {error!r}; generate it anew") from error


def _sample(
    path: Path,
    picture: tarfile.TarInfo,
    about: tarfile.TarInfo,
    name: str,
    question: dict[str, Any],
    rule: GroundingRule,
) -> Sample:
    target = Box(*question["bbox_xyxy"])
    instruction = question["instruction"]

    def make() -> Environment:
        image = Picture.from_outside(_read(path, picture), f"{path}, {picture.name}")
        return StaticScreenshot(image, instruction, target, rule)

    async def look(_: Environment) -> tuple[NamedBox, ...]:
        page = decoded(name, _read(path, picture), _read(path, about))
        return named_boxes(page.truth)

    task = judged_by(rule, {"id": name, "image": f"{path.name}/{picture.name}", **question})
    cells = (question["ui_type"], f"by {question['kind']}", _size(question["area_fraction"]))
    truth = GroundTruth((target,))
    return Sample(name, cells, task, make, True, instruction, truth, look)


def _read(path: Path, member: tarfile.TarInfo) -> bytes:
    with path.open("rb") as file:
        file.seek(member.offset_data)
        return file.read(member.size)


def _size(area_fraction: float) -> str:
    """The cell of targets of about that share of the picture."""
    for most, name in _SIZES:
        if area_fraction <= most:
            return f"≤ {name} of the picture"
    return "larger"
