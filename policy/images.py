"""Pictures at the size at which a model takes them in.

Vision-language models of the Qwen line cut a picture into square cells and need both sides to be
whole multiples of one. Resizing happens here and nowhere else: what is shown, what the
coordinates refer to and what is trained on are the same pixels.
"""

import io
import math
from dataclasses import dataclass, replace
from functools import cached_property

from PIL import Image

from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.geometry import Frame
from vigorl.browser.picture import Picture, View
from vigorl.policy.policy import ShownImage


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """Which sizes a model takes."""

    cell_px: int
    """Both sides are multiples of this: the pixels that one token stands for, in each direction."""
    min_pixels: int
    max_pixels: int
    longest_side_px: int | None = None
    """Of the resized picture; None: as `max_pixels` allows."""

    def within(self, max_pixels: int) -> "SizeLimits":
        """The same sizes, up to another number of pixels.

        Raises:
            UsageError: so few are not even one cell.
        """
        if max_pixels < self.cell_px**2:
            raise UsageError(
                f"pictures of {max_pixels} pixels: the model takes at least {self.cell_px**2}"
            )
        return replace(self, max_pixels=max_pixels, min_pixels=min(self.min_pixels, max_pixels))


@dataclass(frozen=True)
class FittedImage:
    """A picture and the size at which a model is shown it."""

    picture: Picture
    width_px: int
    height_px: int

    @property
    def shown(self) -> ShownImage:
        """What a record keeps of it."""
        return ShownImage(self.picture.sha256, self.width_px, self.height_px)

    def image(self) -> Image.Image:
        """The pixels that the model gets, RGB."""
        image = self.picture.image()
        size = (self.width_px, self.height_px)
        return image if image.size == size else image.resize(size, Image.Resampling.BICUBIC)

    @cached_property
    def png(self) -> bytes:
        """The same pixels, encoded without loss."""
        buffer = io.BytesIO()
        self.image().save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()

    @cached_property
    def jpeg(self) -> bytes:
        """Nearly the same pixels in a fifth of the bytes or less, colours at full sharpness."""
        buffer = io.BytesIO()
        self.image().save(buffer, "JPEG", quality=90, subsampling=0)
        return buffer.getvalue()


def fit(view: View, limits: SizeLimits) -> tuple[FittedImage, Frame]:
    """The view at a size that the model takes, and the frame of the resized picture.

    Raises:
        InconsistentData: the view is more than 200 times as long as wide.
    """
    width_px, height_px = fitted_size(view.picture.width_px, view.picture.height_px, limits)
    image = FittedImage(view.picture, width_px, height_px)
    return image, view.frame.resized(width_px, height_px)


def fitted_size(width_px: int, height_px: int, limits: SizeLimits) -> tuple[int, int]:
    """Width and height after resizing: nearly the same proportions, within the limits.

    Source: the rule published with Qwen2-VL (`smart_resize` of its image processor); a test
    compares the two. A longest side is kept first, as the published evaluation of the spatial
    checkpoints does.

    Raises:
        InconsistentData: one side is more than 200 times the other.
    """
    if max(width_px, height_px) > 200 * min(width_px, height_px):
        raise InconsistentData(f"no model takes a picture of {width_px} x {height_px} px")
    cell = limits.cell_px
    if limits.longest_side_px is not None and max(width_px, height_px) > limits.longest_side_px:
        shrink = limits.longest_side_px / max(width_px, height_px)
        # Downwards, as the published code does; 1567.99999 px are 1568.
        width_px, height_px = (max(1, int(each * shrink + 1e-6)) for each in (width_px, height_px))
    width, height = round(width_px / cell) * cell, round(height_px / cell) * cell
    if width * height > limits.max_pixels:
        shrink = math.sqrt(width_px * height_px / limits.max_pixels)
        width = max(cell, math.floor(width_px / shrink / cell) * cell)
        height = max(cell, math.floor(height_px / shrink / cell) * cell)
    elif width * height < limits.min_pixels:
        grow = math.sqrt(limits.min_pixels / (width_px * height_px))
        width = math.ceil(width_px * grow / cell) * cell
        height = math.ceil(height_px * grow / cell) * cell
    return width, height


def token_count(image: ShownImage, limits: SizeLimits) -> int:
    """How many placeholder tokens stand for a picture in a prompt."""
    return (image.width_px // limits.cell_px) * (image.height_px // limits.cell_px)
