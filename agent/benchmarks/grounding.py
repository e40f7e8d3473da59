"""Grounding sets as samples of an evaluation: our own manifests, and files of others."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.browser.environment import Environment
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.geometry import Box
from vigorl.browser.grounding_rule import GroundingRule
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot
from vigorl.policy.images import SizeLimits, fitted_size
from vigorl.tasks.entries import is_file, read_file
from vigorl.tasks.grounding_files.readers import read_grounding
from vigorl.tasks.grounding_files.sample import GroundingSample, RefusedRow, raise_refused

PUBLISHED_SIZE = SizeLimits(cell_px=28, min_pixels=3136, max_pixels=4_194_304)
"""At which ViGoRL's training shows images. Source: `run_vigorl.sh` of its published code."""


class GroundingRow(BaseModel):
    """One entry of a grounding set's `manifest.json`; further keys are kept."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: str | int
    image: str
    """Path relative to the manifest."""
    instruction: str
    bbox_xyxy: tuple[float, float, float, float]
    """The target, px of the image."""
    ui_type: Literal["text", "icon"]


def grounding_samples(
    data: Path, limit: int | None = None, rule: GroundingRule = "hit"
) -> list[Sample]:
    """The samples of a folder with `manifest.json`: point at what the instruction names.

    Raises:
        UsageError: no manifest, or one whose entries are broken; names the entry and the fix.
    """
    rows = _read_manifest(data)[:limit]
    seen: set[str] = set()
    for row in rows:
        if (key := str(row.id)) in seen:
            raise UsageError(f"{data}/manifest.json: the id {row.id!r} stands there twice")
        seen.add(key)
        if not is_file(data / row.image):
            raise UsageError(f"{data}/manifest.json, entry {row.id!r}: no image {row.image!r}")

    return [_grounding_sample(data, row, rule) for row in rows]


def published_grounding(
    path: Path,
    images: Path | None = None,
    refuse: Callable[[RefusedRow], None] = raise_refused,
) -> Iterator[GroundingSample]:
    """The samples of a file as OS-Atlas, SeeClick, ShowUI, UGround or ViGoRL publish them.

    Args:
        path: The file; see `vigorl.tasks.grounding_files.readers`.
        images: Where the paths of images begin; None: beside the file or above.
        refuse: Called with each row that no sample can be made of; stops at the first by default.

    Raises:
        UsageError: the file cannot be read, or its form is none of those that are known.
    """
    shown_size = partial(fitted_size, limits=PUBLISHED_SIZE)
    return read_grounding(path, shown_size, images, refuse)


def file_samples(
    path: Path,
    images: Path | None = None,
    limit: int | None = None,
    rule: GroundingRule = "hit",
) -> list[Sample]:
    """The samples of such a file: point at what the instruction names.

    Raises:
        UsageError: the file cannot be read, or no sample can be made of one of its rows.
    """
    published = islice(published_grounding(path, images), limit)
    return [_file_sample(sample, rule) for sample in published]


def judged_by(rule: GroundingRule, task: dict[str, Any]) -> dict[str, Any]:
    """The row of a task with the rule that it is judged by, where that is not the usual one."""
    return task if rule == "hit" else {**task, "rule": rule}


def _file_sample(sample: GroundingSample, rule: GroundingRule) -> Sample:
    def make() -> Environment:
        picture = sample.image.picture()
        return StaticScreenshot(picture, sample.instruction, sample.target_px, rule)

    target = sample.target_px
    task = {
        "id": sample.id,
        "source": sample.source,
        "image": sample.image.name,
        "instruction": sample.instruction,
        "bbox_xyxy": [target.left, target.top, target.right, target.bottom],
    }
    cells = (sample.ui_type,) if sample.ui_type else ()
    return Sample(
        sample.id,
        cells,
        judged_by(rule, task),
        make,
        is_still=True,
        instruction=sample.instruction,
        truth=GroundTruth((target,)),
    )


def _grounding_sample(data: Path, row: GroundingRow, rule: GroundingRule) -> Sample:
    target = Box(*row.bbox_xyxy)

    def make() -> Environment:
        named = f"{data}/manifest.json, entry {row.id!r}: {row.image}"
        picture = Picture.from_outside(read_file(data / row.image, named), named)
        if not Box(0, 0, picture.width_px, picture.height_px).contains(target.center):
            raise InconsistentData(
                f"{data}/manifest.json, entry {row.id!r}: bbox_xyxy {row.bbox_xyxy} lies outside "
                f"of its image of {picture.width_px} x {picture.height_px} px"
            )
        return StaticScreenshot(picture, row.instruction, target, rule)

    return Sample(
        str(row.id),
        (row.ui_type,),
        judged_by(rule, row.model_dump(mode="json")),
        make,
        is_still=True,
        instruction=row.instruction,
        truth=GroundTruth((target,)),
    )


def _read_manifest(data: Path) -> list[GroundingRow]:
    path = data / "manifest.json"
    try:
        rows = TypeAdapter(list[GroundingRow]).validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise UsageError(
            f"no {path}: --data takes a folder with a manifest.json, a list of "
            '{"id", "image", "instruction", "bbox_xyxy", "ui_type"}'
        ) from error
    except OSError as error:
        raise UsageError(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = " → ".join(str(part) for part in first["loc"]) or "the file"
        raise UsageError(
            f"{path}: {first['msg']} at {place} ({error.error_count()} such problems in all)"
        ) from error
    for row in rows:
        left, top, right, bottom = row.bbox_xyxy
        if not (left < right and top < bottom):
            raise UsageError(
                f"{path}, entry {row.id!r}: bbox_xyxy {row.bbox_xyxy} is not left, top, right, "
                "bottom with left < right and top < bottom"
            )
    return rows
