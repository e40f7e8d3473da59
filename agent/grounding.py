"""Grounding sets as samples of an evaluation: a folder with images and `manifest.json`."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from vigorl.agent.evaluation import Sample, file_name
from vigorl.browser.environment import Environment
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.geometry import Box
from vigorl.browser.picture import Picture
from vigorl.browser.screenshot import StaticScreenshot
from vigorl.browser.zoom import ZoomEnvironment
from vigorl.policy.policy import Policy


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


def grounding_samples(data: Path, limit: int | None = None) -> list[Sample]:
    """The samples of a folder with `manifest.json`: click what the instruction names.

    Raises:
        UsageError: no manifest, or one whose entries are broken; names the entry and the fix.
    """
    rows = _read_manifest(data)[:limit]
    seen: set[str] = set()
    for row in rows:
        if (key := file_name(str(row.id))) in seen:
            raise UsageError(f"{data}/manifest.json: the id {row.id!r} stands there twice")
        seen.add(key)
        if not (data / row.image).is_file():
            raise UsageError(f"{data}/manifest.json, entry {row.id!r}: no image {row.image!r}")

    return [_grounding_sample(data, row) for row in rows]


def _grounding_sample(data: Path, row: GroundingRow) -> Sample:
    def make(_: Policy) -> Environment:
        picture = Picture.from_bytes((data / row.image).read_bytes())
        target = Box(*row.bbox_xyxy)
        if not Box(0, 0, picture.width_px, picture.height_px).contains(target.center):
            raise InconsistentData(
                f"{data}/manifest.json, entry {row.id!r}: bbox_xyxy {row.bbox_xyxy} lies outside "
                f"of its image of {picture.width_px} x {picture.height_px} px"
            )
        return ZoomEnvironment(StaticScreenshot(picture, row.instruction, target))

    return Sample(str(row.id), (row.ui_type,), row.model_dump(mode="json"), make)


def _read_manifest(data: Path) -> list[GroundingRow]:
    path = data / "manifest.json"
    try:
        rows = TypeAdapter(list[GroundingRow]).validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise UsageError(
            f"no {path}: --data takes a folder with a manifest.json, a list of "
            '{"id", "image", "instruction", "bbox_xyxy", "ui_type"}'
        ) from error
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
