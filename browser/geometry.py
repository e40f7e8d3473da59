"""Points, boxes and frames: all coordinate arithmetic of the package lives here.

An action's point is always in the environment's own unit: CSS pixels of the viewport in a browser
(hence `_css_px`), pixels of the screen on a desktop, of the picture where it stands still. Every
picture (screenshot, model input, crop) and every other convention (a 0-1000 grid) is a `Frame`: a
grid of its own laid over a region in that unit::

    screenshot  Frame(1280, 720, Box(0, 0, 1280, 720))
    model input Frame( 980, 560, Box(0, 0, 1280, 720))
    0-1000 grid Frame(1000, 1000, Box(0, 0, 1280, 720))
    4x zoom     Frame( 512, 512, Box(400, 300, 528, 428))

so that a point read off any of them maps to the region and back by one multiplication.
"""

from dataclasses import dataclass

THOUSAND = 1000
"""Both sides of the grid of models that point in thousandths of a picture."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point; its unit is that of the frame it was read in, CSS px where nothing is said."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle as `bbox_xyxy`, right and bottom edges included by `contains`."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (self.left <= self.right and self.top <= self.bottom):
            raise ValueError(f"not a bbox_xyxy: {self}")

    @classmethod
    def spanned_by(cls, one: Point, other: Point) -> "Box":
        """The rectangle of two opposite corners, whichever they are."""
        return cls(
            min(one.x, other.x), min(one.y, other.y), max(one.x, other.x), max(one.y, other.y)
        )

    @classmethod
    def around(cls, point: Point, half_width: float, half_height: float | None = None) -> "Box":
        """The rectangle centred on `point`; a square where one half extent is given."""
        half_height = half_width if half_height is None else half_height
        return cls(
            point.x - half_width, point.y - half_height, point.x + half_width, point.y + half_height
        )

    @property
    def width(self) -> float:
        """Extent in x."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Extent in y."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Width times height."""
        return self.width * self.height

    @property
    def center(self) -> Point:
        """Midpoint."""
        return Point((self.left + self.right) / 2, (self.top + self.bottom) / 2)

    def contains(self, point: Point) -> bool:
        """Whether the point lies inside or on the border."""
        return self.left <= point.x <= self.right and self.top <= point.y <= self.bottom

    def intersection(self, other: "Box") -> "Box | None":
        """The common rectangle, or None where the two do not touch."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Box(left, top, right, bottom) if left <= right and top <= bottom else None

    def overlap(self, other: "Box") -> float:
        """Intersection over union, from 0 to 1; 0 where neither has an area."""
        common = self.intersection(other)
        shared = 0.0 if common is None else common.area
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def shifted_into(self, bounds: "Box") -> "Box":
        """The box moved inside `bounds` without change of size; cut only where it cannot fit."""
        width, height = min(self.width, bounds.width), min(self.height, bounds.height)
        left = min(max(self.left, bounds.left), bounds.right - width)
        top = min(max(self.top, bounds.top), bounds.bottom - height)
        return Box(left, top, left + width, top + height)


@dataclass(frozen=True, slots=True)
class Frame:
    """A grid of `width_px` x `height_px` laid over a region.

    The region is in the unit of the environment's points; a frame can as well be laid over
    another rectangle, the unit square, say.
    """

    width_px: int
    height_px: int
    region_css_px: Box

    def __post_init__(self) -> None:
        if self.width_px <= 0 or self.height_px <= 0 or self.region_css_px.area <= 0:
            raise ValueError(f"an empty frame: {self}")

    @classmethod
    def of_viewport(cls, width_px: int, height_px: int) -> "Frame":
        """The frame of a screenshot at CSS scale."""
        return cls(width_px, height_px, Box(0, 0, width_px, height_px))

    @property
    def bounds_px(self) -> Box:
        """The whole grid as a box in its own pixels."""
        return Box(0, 0, self.width_px, self.height_px)

    def contains(self, point_px: Point) -> bool:
        """Whether a point of this grid lies on it: 0 <= x < width and 0 <= y < height."""
        return 0 <= point_px.x < self.width_px and 0 <= point_px.y < self.height_px

    def to_region(self, point_px: Point) -> Point:
        """A point of this grid in the unit of the region."""
        region = self.region_css_px
        return Point(
            region.left + point_px.x * region.width / self.width_px,
            region.top + point_px.y * region.height / self.height_px,
        )

    def from_region(self, point: Point) -> Point:
        """A point in the region's unit on this grid (outside of it where the region ends)."""
        region = self.region_css_px
        return Point(
            (point.x - region.left) * self.width_px / region.width,
            (point.y - region.top) * self.height_px / region.height,
        )

    def box_to_region(self, box_px: Box) -> Box:
        """A box of this grid in the unit of the region."""
        start = self.to_region(Point(box_px.left, box_px.top))
        end = self.to_region(Point(box_px.right, box_px.bottom))
        return Box(start.x, start.y, end.x, end.y)

    def box_from_region(self, box: Box) -> Box:
        """A box in the region's unit on this grid."""
        start = self.from_region(Point(box.left, box.top))
        end = self.from_region(Point(box.right, box.bottom))
        return Box(start.x, start.y, end.x, end.y)

    def resized(self, width_px: int, height_px: int) -> "Frame":
        """The same region on another grid: the same picture at another size."""
        return Frame(width_px, height_px, self.region_css_px)

    def thousandths(self) -> "Frame":
        """The same region on a grid of 1000 x 1000, whatever its shape."""
        return self.resized(THOUSAND, THOUSAND)

    @property
    def is_thousandths(self) -> bool:
        """Whether this is such a grid."""
        return (self.width_px, self.height_px) == (THOUSAND, THOUSAND)

    def nearest_cell(self, point: Point) -> tuple[int, int]:
        """The whole unit of this grid that is nearest to a point in the region's unit."""
        found = self.from_region(point)
        return (
            min(max(round(found.x), 0), self.width_px - 1),
            min(max(round(found.y), 0), self.height_px - 1),
        )
