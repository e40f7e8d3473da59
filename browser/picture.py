"""Pictures as the browser made them, and views: a picture with its place on the screen."""

import hashlib
import io
import struct
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from PIL import Image

from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Frame

MOST_PIXELS = 89_000_000
"""Of a picture that is decoded: 270 MB of memory; the largest of a benchmark has 25 million."""

_BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    KeyError,
    EOFError,
    IndexError,
    TypeError,
    struct.error,
    zlib.error,
)
"""What Pillow raises over bytes that are no picture, or a damaged one."""

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
            InconsistentData: the bytes are not a JPEG, PNG or WebP image, or one too large.
        """
        with opened(data) as image:
            media_type = Image.MIME.get(image.format or "", "unknown")
            width_px, height_px = image.size
        if media_type not in MEDIA_TYPES:
            raise InconsistentData(f"a picture is JPEG, PNG or WebP, not {media_type}")
        return cls(data, media_type, width_px, height_px)

    @classmethod
    def from_outside(cls, data: bytes, name: str) -> "Picture":
        """Read bytes that nobody has looked at before, down to the last pixel.

        Raises:
            InconsistentData: they are no picture, or a damaged or too large one; names it.
        """
        try:
            picture = cls.from_bytes(data)
            decoded(data)
        except InconsistentData as error:
            raise InconsistentData(f"{name}: {error}") from error
        return picture

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
        """Decode to RGB.

        Raises:
            InconsistentData: it is damaged.
        """
        return decoded(self.data).convert("RGB")


def opened(data: bytes) -> Image.Image:
    """An image whose header is read, and nothing else.

    Raises:
        InconsistentData: it is none, or has more than `MOST_PIXELS`.
    """
    try:
        image = Image.open(io.BytesIO(data))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InconsistentData(f"a picture too large to be decoded: {error}") from error
    except _BROKEN as error:
        raise InconsistentData(f"not an image: {data[:16]!r}…") from error
    if image.width * image.height > MOST_PIXELS:
        raise InconsistentData(
            f"a picture of {image.width} x {image.height} px: at most {MOST_PIXELS:,} are decoded"
        )
    return image


def decoded(data: bytes) -> Image.Image:
    """An image with all of its pixels, in its own mode.

    Raises:
        InconsistentData: it is none, too large, or damaged.
    """
    image = opened(data)
    try:
        image.load()
    except _BROKEN as error:
        raise InconsistentData(f"a damaged picture: {error}") from error
    return image


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
