"""Things to drag: boxes, shapes, list entries, sliders, corners, a cube."""

import math
import re
from collections.abc import Mapping, Sequence

from vigorl.browser.actions import Hover
from vigorl.browser.geometry import Box, Point
from vigorl.tasks.miniwob.hand import Hand, Oracle
from vigorl.tasks.miniwob.solutions.forms import ORDINAL, submit

DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}

PLACES = (
    ("top left", 1),
    ("top center", 2),
    ("top right", 3),
    ("center left", 4),
    ("center right", 6),
    ("bottom left", 7),
    ("bottom center", 8),
    ("bottom right", 9),
    ("center", 5),
)
"""Of the grid, numbered row by row."""

MAX_TURNS = 40
"""Of the cube."""


async def slide(hand: Hand, slider: str, value: int) -> None:
    """Set a slider: drag its handle near the value, then step by step with the arrow keys."""
    low, high, now, orientation = await hand.read(
        """slider => ['min', 'max', 'value', 'orientation']
          .map(name => $(slider).slider('option', name))""",
        slider,
    )
    if now != value:
        box = (await hand.shown(slider)).box
        part = (value - low) / (high - low)
        if orientation == "horizontal":
            end = Point(box.left + part * box.width, box.center.y)
        else:
            end = Point(box.center.x, box.bottom - part * box.height)
        await hand.drag(await hand.reach(f"{slider} .ui-slider-handle"), end)
    now = await hand.read("slider => $(slider).slider('value')", slider)
    for _ in range(abs(value - now)):
        await hand.press("ArrowRight" if value > now else "ArrowLeft")


async def _slider(hand: Hand) -> None:
    await slide(hand, "#slider", int(hand.told(r"^Select (-?\d+)")))
    await submit(hand)


async def _sliders(hand: Hand) -> None:
    for number, value in enumerate(re.findall(r"-?\d+", hand.goal), 1):
        await slide(hand, f"#slider-{number}", int(value))
    await submit(hand)


async def _slider_and_checkbox(hand: Hand) -> None:
    await slide(hand, "#slider", int(hand.told(r"^Select (-?\d+)")))
    await hand.click(f"#checkbox-{hand.told(ORDINAL)}")
    await submit(hand)


async def _box(hand: Hand) -> None:
    small, large = await hand.shown("#draggableSmall"), await hand.shown("#draggableLarge")
    if small.point is not None:  # else the large one covers it: it is inside already
        center, grip = large.box.center, small.point
        end = Point(center.x + grip.x - small.box.center.x, center.y + grip.y - small.box.center.y)
        await hand.drag(grip, end)
    await submit(hand)


async def _one_way(hand: Hand) -> None:
    dx, dy = DIRECTIONS[hand.told(r"(left|right|up|down) then press")]
    start = await hand.reach("svg .black-circle, svg .black-shape")
    await hand.drag(start, Point(start.x + 25 * dx, start.y + 25 * dy))
    await submit(hand)


async def _entry(hand: Hand) -> None:
    entries = await hand.texts("#sortable li")
    index = entries.index(hand.told(r"^Drag (\S.*?) (?:to the|up|down)"))
    if "position" in hand.goal and "one" not in hand.goal:
        target = int(hand.told(ORDINAL)) - 1
    elif "to the" in hand.goal:
        target = 0 if "top" in hand.goal else len(entries) - 1
    else:
        target = index - 1 if " up by" in hand.goal else index + 1
    await _move_entry(hand, index, target)


async def _move_entry(hand: Hand, index: int, target: int) -> None:
    """Drag an entry of a list to another place, a little beyond it, so that the two change."""
    start = (await hand.shown("#sortable li", nth=index)).box.center
    end = (await hand.shown("#sortable li", nth=target)).box.center
    await hand.drag(start, Point(start.x, end.y + (4 if target > index else -4)))


async def _grid_entry(hand: Hand) -> None:
    entries = await hand.texts("#sortable li")
    index = entries.index(hand.told(r"^Drag (\S.*?) (?:to the|up|down|left|right)"))
    steps = {"up by one": -3, "down by one": 3, "left by one": -1, "right by one": 1}
    target = next((index + step for words, step in steps.items() if words in hand.goal), None)
    if target is None:
        target = next(number - 1 for words, number in PLACES if words in hand.goal)
    start = (await hand.shown("#sortable li", nth=index)).box.center
    end = (await hand.shown("#sortable li", nth=target)).box.center
    beyond = Point(
        end.x + 3 * ((end.x > start.x) - (end.x < start.x)),
        end.y + 3 * ((end.y > start.y) - (end.y < start.y)),
    )
    await hand.drag(start, beyond)


async def _sort_numbers(hand: Hand) -> None:
    numbers = [int(text) for text in await hand.texts("#sortable li div")]
    for target in range(len(numbers) - 1):
        index = numbers.index(min(numbers[target:]), target)
        if index != target:
            await _move_entry(hand, index, target)
            numbers.insert(target, numbers.pop(index))
    await submit(hand)


_FIGURES = "#area_svg > :is(rect:not(#shape-container), circle, polygon)"
_TAGS = {"rectangles": "rect", "circles": "circle", "triangles": "polygon"}


async def _figures(hand: Hand) -> Sequence[Mapping[str, str]]:
    script = """selector => [...document.querySelectorAll(selector)]
      .map(e => ({ tag: e.tagName, color: e.getAttribute('fill') }))"""
    found: Sequence[Mapping[str, str]] = await hand.read(script, _FIGURES)
    return found


async def _shapes(hand: Hand) -> None:
    tag = _TAGS[hand.told(r"^Drag all (\w+) into")]
    box = (await hand.shown("#shape-container")).box
    chosen = [i for i, figure in enumerate(await _figures(hand)) if figure["tag"] == tag]
    await _drop(hand, chosen, box)
    await submit(hand)


async def _two_boxes(hand: Hand) -> None:
    named = hand.told(r"^Drag all (\w+) (?:shapes )?into")
    figures = await _figures(hand)
    key = {"tag": _TAGS[named]} if named in _TAGS else {"color": named}
    name, value = next(iter(key.items()))
    left = [i for i, figure in enumerate(figures) if figure[name] == value]
    right = [i for i in range(len(figures)) if i not in left]
    await _drop(hand, left, (await hand.shown("#shape-container", nth=0)).box)
    await _drop(hand, right, (await hand.shown("#shape-container", nth=1)).box)
    await submit(hand)


async def _drop(hand: Hand, figures: Sequence[int], box: Box) -> None:
    """Drag shapes into a box, side by side."""
    columns = 4
    for place, figure in enumerate(figures):
        row, column = divmod(place, columns)
        width = box.width - 20
        end = Point(box.left + 14 + width * column / columns, box.top + 16 + row * 18)
        await hand.drag(await hand.reach(_FIGURES, nth=figure), end)


async def _resize(hand: Hand) -> None:
    grip = (await hand.shown(".ui-resizable-se")).box.center
    by = 12 if "larger" in hand.goal else -12
    dx, dy = (by, 0) if "width" in hand.goal else (0, by)
    await hand.drag(grip, Point(grip.x + dx, grip.y + dy))
    await hand.click("#submit")


async def _cube(hand: Hand) -> None:
    side = int(hand.told(r'"(\d)"'))
    center = (await hand.shown(".viewport")).box.center
    for _ in range(MAX_TURNS):
        await hand.wait(0.3)  # the cube comes to rest
        if await hand.texts(".cube .active") == [str(side)]:
            break
        dx, dy = _pull(
            side, *await hand.read("() => [cube.viewport.positionX, cube.viewport.positionY]")
        )
        # The cube follows the mouse wherever it jumps to with its button down: first go there.
        await hand.do(Hover(center))
        await hand.drag(center, Point(center.x + dx, center.y + dy))
    await hand.hover("#subbtn")
    await hand.wait(0.1)
    await submit(hand)


def _pull(side: int, turned_x: float, turned_y: float) -> tuple[float, float]:
    """How far to drag the cube for a side to come to the front, px.

    Args:
        side: the number on it.
        turned_x: how the cube stands, to the right, degrees.
        turned_y: upward, degrees.
    """
    missing_y = _turn({6: 88, 1: 264}.get(side, 0) - turned_y)
    missing_x = 0 if side in (6, 1) else _turn({5: 86, 4: 177, 3: 269, 2: 0}[side] - turned_x)
    if abs(missing_y) > 30:  # upright first
        return 0, -math.copysign(min(45, 10 + abs(missing_y) / 2), missing_y)
    return math.copysign(min(45, 10 + abs(missing_x) / 2), missing_x), 0


def _turn(degrees: float) -> float:
    """The shorter way around, from -180 to 180."""
    return (degrees + 180) % 360 - 180


ORACLES: Mapping[str, Oracle] = {
    "drag-box": _box,
    "drag-circle": _one_way,
    "drag-cube": _cube,
    "drag-items": _entry,
    "drag-items-grid": _grid_entry,
    "drag-shapes": _shapes,
    "drag-shapes-2": _two_boxes,
    "drag-single-shape": _one_way,
    "drag-sort-numbers": _sort_numbers,
    "form-sequence": _slider_and_checkbox,
    "resize-textarea": _resize,
    "use-slider": _slider,
    "use-slider-2": _sliders,
}
