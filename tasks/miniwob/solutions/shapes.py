"""Shapes and points in a drawing: recognise, count, construct."""

import itertools
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vigorl.browser.geometry import Point
from vigorl.tasks.miniwob.hand import Hand, Oracle
from vigorl.tasks.miniwob.solutions.forms import submit

DRAWING_TOP_CSS_PX = 50
"""The drawing shows a click at (x, y) of the page at (x, y - 50) of its own."""

COLORS = ("red", "green", "blue", "aqua", "black", "magenta", "yellow")

_SHAPES = """() => [...document.querySelectorAll('#area_svg > *')].map(e => ({
  color: e.getAttribute('fill'), tag: e.tagName, letter: e.textContent,
  size: parseFloat(e.getAttribute('font-size') || e.getAttribute('width') ||
                   2 * e.getAttribute('r')) || e.getBBox().width,
}))"""

_SIDES = """() => {
  const canvas = document.querySelector('#c');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const outline = Array.from({ length: 360 }, (_, degrees) => {
    const [dx, dy] = [Math.cos(degrees * Math.PI / 180), Math.sin(degrees * Math.PI / 180)];
    for (let r = 49; r > 0; r -= 0.5) {
      const [x, y] = [Math.round(75 + r * dx), Math.round(50 + r * dy)];
      if (data[4 * (y * canvas.width + x) + 3] > 100) return r;
    }
    return 0;
  });
  const strength = (n) => Math.hypot(
    outline.reduce((sum, r, i) => sum + r * Math.cos(n * i * Math.PI / 180), 0),
    outline.reduce((sum, r, i) => sum + r * Math.sin(n * i * Math.PI / 180), 0));
  return [3, 4, 5, 6, 7].sort((a, b) => strength(b) - strength(a))[0];
}"""
"""How often the outline's distance from the centre rises and falls in a turn."""


@dataclass(frozen=True)
class GridShape:
    """A figure, letter or digit of a grid."""

    size: str
    color: str
    kind: str
    """'shape', 'letter' or 'digit'."""
    name: str
    """'circle', 'rectangle', 'triangle', or the character."""

    def matches(self, words: str) -> bool:
        """Whether a description such as 'large blue digit' fits."""
        for word in words.split():
            if word in ("large", "small"):
                fits = word == self.size
            elif word in COLORS:
                fits = word == self.color
            else:
                fits = word in ("item", self.kind, self.name)
            if not fits:
                return False
        return True


async def _grid(hand: Hand) -> list[GridShape]:
    names = {"rect": "rectangle", "circle": "circle", "polygon": "triangle"}
    shapes = []
    for found in await hand.read(_SHAPES):
        is_text = found["tag"] == "text"
        shapes.append(
            GridShape(
                "large" if found["size"] > 15 else "small",
                found["color"],
                ("digit" if found["letter"].isdigit() else "letter") if is_text else "shape",
                found["letter"] if is_text else names[found["tag"]],
            )
        )
    return shapes


async def _click_shape(hand: Hand) -> None:
    words = hand.goal.removeprefix("Click on a ")
    shapes = await _grid(hand)
    nth = next(i for i, shape in enumerate(shapes) if shape.matches(words))
    await hand.click("#area_svg > *", nth=nth)


async def _count_shapes(hand: Hand) -> None:
    words = hand.told(r"^How many (.+)s are there")
    count = sum(shape.matches(words) for shape in await _grid(hand))
    await hand.click("#count-buttons button", str(count))


async def _name_shape(hand: Hand) -> None:
    (shape,) = await _grid(hand)
    kind = shape.name if shape.kind == "shape" else shape.kind
    await hand.click(f'#area-buttons button[data-type="{kind}"]')


async def _count_sides(hand: Hand) -> None:
    await hand.click(f'#form button[data-sides="{await hand.read(_SIDES)}"]')


async def _circles(hand: Hand, selector: str) -> list[Point]:
    """Centres of circles, in px of the drawing."""
    script = """selector => [...document.querySelectorAll(selector)]
      .map(circle => [circle.cx.baseVal.value, circle.cy.baseVal.value])"""
    return [Point(x, y) for x, y in await hand.read(script, selector)]


async def _mark(hand: Hand, point: Point) -> None:
    """Click where the drawing is to have its point, and submit."""
    await hand.click_at(Point(round(point.x), round(point.y) + DRAWING_TOP_CSS_PX))
    await submit(hand)


async def _center(hand: Hand) -> None:
    (center,) = await _circles(hand, ".black-circle")
    await _mark(hand, center)


async def _midpoint(hand: Hand) -> None:
    one, other = await _circles(hand, ".black-circle")
    await _mark(hand, Point((one.x + other.x) / 2, (one.y + other.y) / 2))


async def _bisector(hand: Hand) -> None:
    (vertex,) = await _circles(hand, ".init-blue")
    one, other = await _circles(hand, ".init-black")
    whole = _angle(one, other, vertex)

    def error(point: Point) -> float:
        return max(_angle(one, point, vertex), _angle(other, point, vertex)) - whole / 2

    await _mark(hand, _best(vertex, error))


async def _right_angle(hand: Hand) -> None:
    (vertex,) = await _circles(hand, "#init-blue")
    (arm,) = await _circles(hand, "#init-black")

    def error(point: Point) -> float:
        return abs(_angle(arm, point, vertex) - 90)

    await _mark(hand, _best(vertex, error))


def _best(vertex: Point, error: Callable[[Point], float]) -> Point:
    """The whole-numbered point of the drawing, some way from the vertex, with the least error."""
    points = (Point(x, y) for x, y in itertools.product(range(6, 144), range(6, 120)))
    apart = (p for p in points if 20 <= math.dist((p.x, p.y), (vertex.x, vertex.y)) <= 70)
    return min(apart, key=error)


def _angle(one: Point, other: Point, vertex: Point) -> float:
    """Between two arms, degrees."""
    turn = math.atan2(one.y - vertex.y, one.x - vertex.x) - math.atan2(
        other.y - vertex.y, other.x - vertex.x
    )
    return abs(math.degrees(math.remainder(turn, math.tau)))


async def _line(hand: Hand) -> None:
    dot = (await hand.shown("#circ")).box.center
    reach_css_px = 25
    if re.search("horizontal", hand.goal):
        ends = Point(dot.x - reach_css_px, dot.y), Point(dot.x + reach_css_px, dot.y)
    else:
        ends = Point(dot.x, dot.y - reach_css_px), Point(dot.x, dot.y + reach_css_px)
    await hand.drag(*ends)
    await hand.click("#controls button")


ORACLES: Mapping[str, Oracle] = {
    "bisect-angle": _bisector,
    "circle-center": _center,
    "click-shape": _click_shape,
    "count-shape": _count_shapes,
    "count-sides": _count_sides,
    "draw-line": _line,
    "find-midpoint": _midpoint,
    "identify-shape": _name_shape,
    "right-angle": _right_angle,
}
