"""Points, boxes and frames: all coordinate arithmetic of the package lives here.

An action's point is always in viewport CSS pixels. Every picture (screenshot, model input, crop)
and every other convention (a 0-1000 grid) is a `Frame`: a grid of its own laid over a rectangle
of the viewport::

    screenshot  Frame(1280, 720, Box(0, 0, 1280, 720))
    model input Frame( 980, 560, Box(0, 0, 1280, 720))
    0-1000 grid Frame(1000, 1000, Box(0, 0, 1280, 720))
    4x zoom     Frame( 512, 512, Box(400, 300, 528, 428))

so that a point read off any of them maps to CSS pixels and back by one multiplication.
"""

from dataclasses import dataclass


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

    def shifted_into(self, bounds: "Box") -> "Box":
        """The box moved inside `bounds` without change of size; cut only where it cannot fit."""
        width, height = min(self.width, bounds.width), min(self.height, bounds.height)
        left = min(max(self.left, bounds.left), bounds.right - width)
        top = min(max(self.top, bounds.top), bounds.bottom - height)
        return Box(left, top, left + width, top + height)


@dataclass(frozen=True, slots=True)
class Frame:
    """A grid of `width_px` x `height_px` laid over `region_css_px` of the viewport."""

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

    def to_css(self, point_px: Point) -> Point:
        """A point of this grid in viewport CSS px."""
        region = self.region_css_px
        return Point(
            region.left + point_px.x * region.width / self.width_px,
            region.top + point_px.y * region.height / self.height_px,
        )

    def from_css(self, point_css_px: Point) -> Point:
        """A point in viewport CSS px on this grid (outside of it where the region ends)."""
        region = self.region_css_px
        return Point(
            (point_css_px.x - region.left) * self.width_px / region.width,
            (point_css_px.y - region.top) * self.height_px / region.height,
        )

    def box_to_css(self, box_px: Box) -> Box:
        """A box of this grid in viewport CSS px."""
        start = self.to_css(Point(box_px.left, box_px.top))
        end = self.to_css(Point(box_px.right, box_px.bottom))
        return Box(start.x, start.y, end.x, end.y)

    def box_from_css(self, box_css_px: Box) -> Box:
        """A box in viewport CSS px on this grid."""
        start = self.from_css(Point(box_css_px.left, box_css_px.top))
        end = self.from_css(Point(box_css_px.right, box_css_px.bottom))
        return Box(start.x, start.y, end.x, end.y)

    def resized(self, width_px: int, height_px: int) -> "Frame":
        """The same region on another grid: the same picture at another size."""
        return Frame(width_px, height_px, self.region_css_px)
