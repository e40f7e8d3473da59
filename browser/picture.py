"""Pictures as the browser made them, and views: a picture with its place on the screen."""

import hashlib
import io
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from PIL import Image

from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Frame

MEDIA_TYPES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
"""Media types of pictures and the file suffix of each."""


@dataclass(frozen=True)
class Picture:
    """An encoded image, exactly as it was captured; decoded only by those who look at it."""

    data: bytes
    media_type: str
    width_px: int
    height_px: int

    @classmethod
    def from_bytes(cls, data: bytes) -> "Picture":
        """Read size and media type from the encoded bytes.

        Raises:
            InconsistentData: the bytes are not a JPEG, PNG or WebP image.
        """
        try:
            with Image.open(io.BytesIO(data)) as image:
                media_type = Image.MIME[image.format or ""]
                width_px, height_px = image.size
        except (OSError, KeyError) as error:
            raise InconsistentData(f"not an image: {data[:16]!r}…") from error
        if media_type not in MEDIA_TYPES:
            raise InconsistentData(f"a picture is JPEG, PNG or WebP, not {media_type}")
        return cls(data, media_type, width_px, height_px)

    @classmethod
    def from_image(cls, image: Image.Image) -> "Picture":
        """Encode without loss, as PNG."""
        buffer = io.BytesIO()
        image.convert("RGB").save(buffer, "PNG", compress_level=1)
        return cls(buffer.getvalue(), "image/png", image.width, image.height)

    def corner(self, width_px: int, height_px: int, jpeg_quality: int) -> "Picture":
        """Its upper left part, encoded anew as JPEG."""
        buffer = io.BytesIO()
        part = self.image().crop((0, 0, width_px, height_px))
        part.save(buffer, "JPEG", quality=jpeg_quality)
        return Picture.from_bytes(buffer.getvalue())

    @cached_property
    def sha256(self) -> str:
        """Hex digest of the encoded bytes: the picture's name in every record."""
        return hashlib.sha256(self.data).hexdigest()

    def image(self) -> Image.Image:
        """Decode to RGB."""
        return Image.open(io.BytesIO(self.data)).convert("RGB")


@dataclass(frozen=True)
class View:
    """A picture and the part of the viewport it shows.

    Kinds: `screen`, the whole viewport; `crop`, pixels of a screen enlarged; `optical`, a region
    that the browser rendered again at a higher scale.
    """

    picture: Picture
    frame: Frame
    kind: Literal["screen", "crop", "optical"] = "screen"

    def __post_init__(self) -> None:
        size = (self.picture.width_px, self.picture.height_px)
        if size != (self.frame.width_px, self.frame.height_px):
            raise InconsistentData(f"a picture of {size} px with {self.frame}")
