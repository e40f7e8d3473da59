"""The rows of ScreenSpot, whatever form a copy has, with their targets in pixels as xyxy.

===========================  =========================  ====================================
copy                         boxes                      told by
===========================  =========================  ====================================
v1, as published             x, y, width, height, px    `img_filename` and `data_source`
v1, on the hub               xyxy, parts of the image   `file_name` and a decoded `image`
v2, as published             x, y, width, height, px    `img_filename` and `data_source`
v2, relabelled               xyxy, px                   `group` (its `platform` misleads)
Pro, as published            xyxy, px                   `application`
Pro, a log of predictions    xyxy, px                   `img_path`
===========================  =========================  ====================================

Source: arXiv 2401.10935 (v1), 2410.23218 (v2), 2504.07981 (Pro), and the files of each.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Frame
from vigorl.tasks.entries import entries_of, is_file

Version = Literal["v1", "v2", "pro"]
Platform = Literal["mobile", "desktop", "web"]
GROUPS: tuple[Platform, ...] = ("mobile", "desktop", "web")
UiType = Literal["text", "icon"]

IMAGE_FOLDERS: dict[Version, tuple[str, ...]] = {
    "v1": ("screenspot_imgs", "images", ""),
    "v2": ("screenspotv2_image", "images", ""),
    "pro": ("images", ""),
}
"""Where a copy keeps its images, relative to its folder."""


SOURCES: dict[Version, str] = {
    "v1": "unpack the archive that https://github.com/njucckevin/SeeClick links: "
    "screenspot_{mobile,desktop,web}.json and screenspot_imgs/",
    "v2": "hf download OS-Copilot/ScreenSpot-v2 --repo-type dataset --local-dir DIR, and unzip "
    "DIR/screenspotv2_image.zip there: screenspot_{mobile,desktop,web}_v2.json and "
    "screenspotv2_image/",
    "pro": "hf download likaixin/ScreenSpot-Pro --repo-type dataset --local-dir DIR: "
    "annotations/ and images/",
}
"""How to get a copy, and what it consists of."""


@dataclass(frozen=True, slots=True)
class ScreenspotRow:
    """One instruction and the place that it means."""

    version: Version
    id: str
    """Group and position in the group, or in Pro the id that the row has."""
    image: str
    """Path below the folder of images."""
    instruction: str
    target_px: Box
    """Pixels of the image, borders included."""
    ui_type: UiType
    group: str
    """v1 and v2: mobile, desktop or web; Pro: Dev, Creative, CAD, Scientific, Office or OS."""
    platform: str
    """v1 and v2: where the screenshot is from (ios, shop, …); Pro: the operating system."""
    application: str | None = None
    """Pro only."""
    instruction_style: str = "instruction"
    gt_type: str = "positive"
    """Whether what the instruction names is there."""
    size_px: tuple[int, int] | None = None
    """Width and height of the image where the row says."""


class _Entry(BaseModel):
    """Every key that a form has."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    bbox: tuple[float, float, float, float]
    instruction: str | None = None
    prompt_to_evaluate: str | None = None
    img_filename: str | None = None
    img_path: str | None = None
    file_name: str | None = None
    image: Any = None
    ui_type: UiType | None = None
    data_type: UiType | None = None
    data_source: str | None = None
    group: str | None = None
    platform: str | None = None
    application: str | None = None
    instruction_style: str = "instruction"
    gt_type: str = "positive"
    img_size: tuple[int, int] | None = None
    id: str | int | None = None
    idx: int | None = None


def read_screenspot(data: Path, version: Version) -> list[ScreenspotRow]:
    """All rows of a copy.

    Args:
        data: Its folder as published, or one file: a list (`.json`) or a row a line (`.jsonl`),
            gzipped or not.
        version: Which ScreenSpot it is.

    Raises:
        UsageError: there is no such file, or a row is not as it should be.
    """
    counts: dict[str, int] = {}
    rows = []
    for path, group in _files(data, version):
        for number, entry in enumerate(entries_of(path)):
            rows.append(_row(entry, version, group, counts, f"{path.name}, row {number}"))
    return rows


def rows_of_hub(entries: Iterable[Mapping[str, Any]], version: Version) -> Iterator[ScreenspotRow]:
    """The rows of a data set as the hub's library gives them, with decoded images.

    Raises:
        UsageError: a row is not as it should be.
    """
    counts: dict[str, int] = {}
    for number, entry in enumerate(entries):
        yield _row(entry, version, None, counts, f"row {number}")


def image_path(data: Path, row: ScreenspotRow) -> Path | None:
    """Where a row's image is; None where the copy does not have it."""
    folder = data if data.is_dir() else data.parent
    candidates = (folder / name / row.image for name in IMAGE_FOLDERS[row.version])
    return next((path for path in candidates if is_file(path)), None)


def _files(data: Path, version: Version) -> list[tuple[Path, Platform | None]]:
    """The files with rows, and the group that a file's name tells."""
    if data.is_file():
        named = [group for group in GROUPS if f"_{group}" in data.name]
        return [(data, named[0] if named else None)]
    if not data.is_dir():
        raise UsageError(f"no folder {data}. To get ScreenSpot {version}: {SOURCES[version]}")
    if version == "pro":
        paths = sorted((data / "annotations").glob("*.json"))
        if not paths:
            raise UsageError(
                f"no {data}/annotations/*.json: is this a copy of ScreenSpot-Pro? To get one: "
                f"{SOURCES[version]}"
            )
        return [(path, None) for path in paths]
    suffix = "" if version == "v1" else "_v2"
    files: list[tuple[Path, Platform | None]] = []
    for group in GROUPS:
        path = data / f"screenspot_{group}{suffix}.json"
        if not path.is_file():
            raise UsageError(
                f"no {path}: is this a copy of ScreenSpot {version}? To get one: {SOURCES[version]}"
            )
        files.append((path, group))
    return files


def _row(
    entry: Mapping[str, Any],
    version: Version,
    group: Platform | None,
    counts: dict[str, int],
    place: str,
) -> ScreenspotRow:
    try:
        read = _Entry.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"ScreenSpot {version}, {place}: {key}: {first['msg']}") from error
    size_px = read.img_size or getattr(read.image, "size", None)
    belongs = read.group or group or _group_of(read, version)
    image = read.img_filename or read.file_name or _below_images(read.img_path) or read.image
    instruction = read.instruction or read.prompt_to_evaluate
    ui_type = read.ui_type or read.data_type
    if belongs is None or not isinstance(image, str) or instruction is None or ui_type is None:
        needed = {
            "group": belongs,
            "image's name": image if isinstance(image, str) else None,
            "instruction": instruction,
            "type (text or icon)": ui_type,
        }
        lacking = ", ".join(name for name, value in needed.items() if value is None)
        raise UsageError(
            f"ScreenSpot {version}, {place}: no {lacking}; is this a copy of another version?"
        )
    number = counts[belongs] = counts.get(belongs, -1) + 1
    try:
        target_px = _target_px(read, version, size_px)
    except ValueError as error:
        raise UsageError(f"ScreenSpot {version}, {place}: {read.bbox}: {error}") from error
    return ScreenspotRow(
        version=version,
        id=str(read.id) if read.id is not None else f"{belongs}/{number}",
        image=image,
        instruction=instruction,
        target_px=target_px,
        ui_type=ui_type,
        group=belongs,
        platform=(read.data_source if version != "pro" else None) or read.platform or "",
        application=read.application,
        instruction_style=read.instruction_style,
        gt_type=read.gt_type,
        size_px=size_px,
    )


def _target_px(entry: _Entry, version: Version, size_px: tuple[int, int] | None) -> Box:
    """The target as xyxy in pixels, by the convention of the entry's form.

    Raises:
        ValueError: the numbers are no box by it.
    """
    if entry.file_name is not None and size_px is not None:  # the hub's copy of v1
        unit = Frame(1, 1, Box(0, 0, *size_px))
        return unit.box_to_region(Box(*entry.bbox))
    if version == "pro" or (version == "v2" and entry.group is not None):
        return Box(*entry.bbox)
    left, top, width, height = entry.bbox
    return Box(left, top, left + width, top + height)


_GROUP_OF_SOURCE: dict[str, Platform] = {
    "ios": "mobile",
    "android": "mobile",
    "macos": "desktop",
    "windows": "desktop",
    "tool": "web",
    "shop": "web",
    "gitlab": "web",
    "forum": "web",
}


def _group_of(entry: _Entry, version: Version) -> str | None:
    """The group of a row in a file for all groups: said, or told by its source."""
    if version == "pro":
        return None
    if entry.platform in GROUPS:
        return entry.platform
    return _GROUP_OF_SOURCE.get(entry.data_source or "")


def _below_images(path: str | None) -> str | None:
    if path is None:
        return None
    parts = PurePosixPath(path).parts
    return "/".join(parts[parts.index("images") + 1 :]) if "images" in parts else path
