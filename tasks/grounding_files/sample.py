"""One instruction, its picture and its target, whatever file it is from."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, assert_never

from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.geometry import Box, Frame
from vigorl.tasks.stored_image import StoredImage

Source = Literal["elements", "showui", "uground", "vigorl"]
"""Which reader it is from; `elements` are files like those of OS-Atlas and SeeClick."""

CoordinateGrid = Literal["pixels", "parts", "thousandths", "shown"]
"""What a file's boxes count: pixels of the stored image; parts of its width and height; thousandths
of them; or pixels of the image as a model is shown it."""

ShownSize = Callable[[int, int], tuple[int, int]]
"""The size at which a model is shown an image of this width and height, px."""

PROTRUDING_PX = 1.0
"""How far a target may stick out of its image: rounding moves it so far."""


@dataclass(frozen=True, slots=True)
class GroundingSample:
    """A target to point at."""

    id: str
    """Of its file: rows and the elements of a row, counted from 0."""
    source: Source
    image: StoredImage
    instruction: str
    target_px: Box
    """Pixels of the stored image."""
    ui_type: str = ""
    """Such as text or icon, where the file says."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that no sample can be made of."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """A row as a reader has understood it, its box still in the file's own grid."""

    id: str
    source: Source
    image: StoredImage | None
    image_name: str
    """As the file has it."""
    instruction: str
    box: tuple[float, float, float, float] | None
    """xyxy; None where the row has none."""
    grid: CoordinateGrid
    ui_type: str = ""


def raise_refused(refused: RefusedRow) -> None:
    """Stop at a row that no sample can be made of.

    Raises:
        UsageError: always.
    """
    raise UsageError(
        f"{refused.id}: {refused.why}. To see all such rows: vigorl-agent data check grounding"
    )


def sample_of(entry: ParsedRow, shown_size: ShownSize) -> GroundingSample | RefusedRow:
    """The sample of a row: its box mapped into the pixels of its image, and looked at."""
    if entry.image is None:
        return RefusedRow(entry.id, f"no image {entry.image_name}")
    instruction = entry.instruction.strip()
    if not instruction:
        return RefusedRow(entry.id, "it has no instruction")
    if entry.box is None:
        return RefusedRow(entry.id, "its answer is no box (left, top, right, bottom)")
    try:
        width_px, height_px = _size_px(entry.image)
        frame = _frame(entry.grid, width_px, height_px, shown_size)
        target_px = frame.box_to_region(Box(*entry.box))
    except (InconsistentData, ValueError) as error:
        return RefusedRow(entry.id, str(error))
    around = Box(
        -PROTRUDING_PX, -PROTRUDING_PX, width_px + PROTRUDING_PX, height_px + PROTRUDING_PX
    )
    if target_px.area <= 0 or target_px.intersection(around) != target_px:
        sides = tuple(round(side, 1) for side in entry.box)
        return RefusedRow(
            entry.id,
            f"the box {sides} in {entry.grid} is empty, or not inside of its image of "
            f"{width_px} x {height_px} px",
        )
    return GroundingSample(
        entry.id, entry.source, entry.image, instruction, target_px, entry.ui_type
    )


def _frame(grid: CoordinateGrid, width_px: int, height_px: int, shown_size: ShownSize) -> Frame:
    """The file's grid over the image."""
    image = Frame.of_viewport(width_px, height_px)
    match grid:
        case "pixels":
            return image
        case "parts":
            return image.resized(1, 1)
        case "thousandths":
            return image.resized(1000, 1000)
        case "shown":
            return image.resized(*shown_size(width_px, height_px))
        case _:
            assert_never(grid)


@lru_cache(maxsize=256)
def _size_px(image: StoredImage) -> tuple[int, int]:
    return image.size_px()
