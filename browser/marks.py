"""Numbered marks on a screen, for checkpoints that act on marks instead of points.

What can be acted on in the viewport gets a number from 1 in reading order; its box and number are
drawn on the screenshot, and a list in words goes with it.

Source: the marks of VisualWebArena (arXiv 2401.13649), which the published Web-Action checkpoints
were trained on: boxes that overlap the viewport and cover at most 80 % of it; boxes under 8 px
are numbered but not drawn; a border of 2 px, a monospaced label of 16 px, ten colours in turn. We
deviate where a click in the middle of a box would miss: boxes are cut to their visible part,
what is covered by something else has no mark, and marks are also found in shadow roots and in
same-origin frames, and on elements that only their role or their hand cursor gives away.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import ImageDraw, ImageFont
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from pydantic import TypeAdapter

from vigorl.browser.actions import Action
from vigorl.browser.environment import Environment, EnvironmentWrapper
from vigorl.browser.geometry import Box
from vigorl.browser.observation import Mark, Observation
from vigorl.browser.picture import Picture, View
from vigorl.browser.vault import Vault

LARGEST_SHARE = 0.8
"""Of the viewport that a marked box may cover."""
SMALLEST_DRAWN_PX = 8
LONGEST_TEXT = 200
"""Characters of an element's text in the list."""
STATIC_TEXT = "StaticText"
"""Role of text that cannot be acted on."""

BORDER_PX = 2
LABEL_PX = 16
LABEL_PADDING_PX = 2
COLOURS = (
    "#1f77b4",
    "#ff7f0e",
    "#2ca02c",
    "#d62728",
    "#9467bd",
    "#8c564b",
    "#e377c2",
    "#7f7f7f",
    "#bcbd22",
    "#17becf",
)
"""Matplotlib's default cycle, which the checkpoints saw."""

FIND_LIMIT_S = 3.0
"""Time for the page to name its elements."""

_SCRIPT = resources.files(__package__).joinpath("marks.js").read_text("utf-8")
_Found = list[tuple[bool, str, str, float, float, float, float]]
_FOUND: TypeAdapter[_Found] = TypeAdapter(_Found)


class PageEnvironment(Environment, Protocol):
    """An environment whose screen is a page."""

    @property
    def page(self) -> Page:
        """The page that is shown."""
        ...


class MarkedEnvironment(EnvironmentWrapper[PageEnvironment]):
    """Adds marks to every screen of an environment and draws them on it.

    It has no `magnify`: a zoom around it enlarges the marked screen instead of letting the page
    render the region again, without marks.
    """

    def __init__(
        self,
        inner: PageEnvironment,
        find_limit_s: float = FIND_LIMIT_S,
        vault: Vault | None = None,
    ) -> None:
        super().__init__(inner)
        self._vault = Vault() if vault is None else vault
        self._find_limit_s = find_limit_s

    async def reset(self) -> Observation:
        """Begin; see `Environment`."""
        return await self._marked(await self._inner.reset())

    async def step(self, action: Action) -> Observation:
        """Carry out one action; see `Environment`."""
        return await self._marked(await self._inner.step(action))

    async def _marked(self, observation: Observation) -> Observation:
        view = observation.view
        if view is None or view.kind != "screen":
            return observation
        if observation.question is not None and observation.question.halts:
            return replace(observation, marks=())  # the page answers nothing
        screen = view.frame.region_css_px
        try:
            async with asyncio.timeout(self._find_limit_s):
                marks = await find_marks(self._inner.page, screen.width, screen.height)
        except (TimeoutError, PlaywrightError, ValueError):
            sentence = "The elements of this page could not be numbered; there are no marks."
            return replace(observation, marks=()).with_event("not_settled", sentence)
        view = await asyncio.to_thread(draw_marks, view, marks)
        return self._vault.observation(replace(observation, view=view, marks=marks))


async def find_marks(page: Page, width_px: float, height_px: float) -> tuple[Mark, ...]:
    """What can be acted on in the viewport, numbered, and the text between it, in reading order.

    Args:
        page: The page, at rest.
        width_px: Of the viewport, CSS px.
        height_px: Of the viewport, CSS px.

    Raises:
        playwright.async_api.Error: the page is gone.
        ValueError: the page has changed the language itself under the script.
    """
    found = _FOUND.validate_python(await page.evaluate(_SCRIPT, [width_px, height_px]))
    marks: list[Mark] = []
    texts: set[str] = set()
    number = 0
    for acts, tag, text, *edges in found:
        box, text = Box(*edges), text[:LONGEST_TEXT]
        if acts and box.area <= LARGEST_SHARE * width_px * height_px:
            number += 1
            marks.append(Mark(number, box, tag, text))
        elif not acts and text not in texts:
            marks.append(Mark(None, box, STATIC_TEXT, text))
        texts.add(text)
    return tuple(marks)


def mark_list(marks: Sequence[Mark]) -> str:
    """The marks in words: `[7] [BUTTON] [Search]`, `[] [StaticText] [3 results]`, a line each."""
    return "\n".join(
        f"[{'' if mark.id is None else mark.id}] [{mark.role}] "
        f"[{' '.join(mark.text.split())[:LONGEST_TEXT]}]"
        for mark in marks
    )


def draw_marks(view: View, marks: Sequence[Mark]) -> View:
    """The view with a box and a number drawn for every mark that has one and is large enough."""
    drawn = [
        (mark.id, view.frame.box_from_region(mark.box_css_px))
        for mark in marks
        if mark.id is not None
        and min(mark.box_css_px.width, mark.box_css_px.height) >= SMALLEST_DRAWN_PX
    ]
    if not drawn:
        return view
    image = view.picture.image()
    draw = ImageDraw.Draw(image)
    for number, box in drawn:
        corners = (round(box.left), round(box.top), round(box.right) - 1, round(box.bottom) - 1)
        draw.rectangle(corners, outline=_colour(number), width=BORDER_PX)
    texts = [view.frame.box_from_region(mark.box_css_px) for mark in marks if mark.id is None]
    for (number, _), label in zip(drawn, label_boxes(drawn, texts, image.size), strict=True):
        _draw_label(draw, number, label)
    return replace(view, picture=Picture.from_image(image))


def label_boxes(
    drawn: Sequence[tuple[int, Box]], texts: Sequence[Box], size: tuple[int, int]
) -> list[Box]:
    """Where the labels go: in the picture, over as little as possible.

    Of the places around and in the corners of its box, a label takes the one where it lies over
    the least of the labels before it, of other boxes and of text; the first where they are equal.

    Args:
        drawn: Number and box of each mark, px of the picture.
        texts: Where there is text beside them, px of the picture.
        size: Width and height of the picture, px.
    """
    covered_px = np.array([_edges(box) for box in [*(box for _, box in drawn), *texts]])
    labels = np.empty((len(drawn), 4))
    for index, (number, box) in enumerate(drawn):
        candidates = _candidates(box, *_label_size(number), size)
        others = np.delete(covered_px, index, axis=0)
        cost = [
            100 * _covered(place, labels[:index])
            + 2 * _covered(place, others)
            + _covered(place, covered_px[index : index + 1])
            for place in candidates
        ]
        labels[index] = candidates[int(np.argmin(cost))]
    return [Box(*edges) for edges in labels.tolist()]


def _candidates(
    box: Box, width: int, height: int, size: tuple[int, int]
) -> npt.NDArray[np.float64]:
    """Places of a label, float64 [10, 4]: outside of the box's corners, then within them."""
    left, top, right, bottom = (round(edge) for edge in _edges(box))
    corners = [
        (left, top - height),
        (right - width, top - height),
        (left, bottom),
        (right - width, bottom),
        (left - width, top),
        (right, top),
        (left, top),
        (right - width, top),
        (left, bottom - height),
        (right - width, bottom - height),
    ]
    places = [
        (min(max(x, 0), max(size[0] - width, 0)), min(max(y, 0), max(size[1] - height, 0)))
        for x, y in corners
    ]
    return np.array([(x, y, x + width, y + height) for x, y in places], dtype=np.float64)


def _covered(place: npt.NDArray[np.float64], boxes: npt.NDArray[np.float64]) -> float:
    """Area of `boxes`, float64 [N, 4], that lies under `place`, float64 [4]; px²."""
    width = np.minimum(place[2], boxes[:, 2]) - np.maximum(place[0], boxes[:, 0])
    height = np.minimum(place[3], boxes[:, 3]) - np.maximum(place[1], boxes[:, 1])
    return float((np.clip(width, 0, None) * np.clip(height, 0, None)).sum())


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom


def _label_size(number: int) -> tuple[int, int]:
    return (
        len(str(number)) * _digit_width_px() + 2 * LABEL_PADDING_PX,
        LABEL_PX + 2 * LABEL_PADDING_PX,
    )


def _draw_label(draw: ImageDraw.ImageDraw, number: int, label: Box) -> None:
    """White digits on the mark's colour, in cells of one width whatever the font."""
    corners = (label.left, label.top, label.right - 1, label.bottom - 1)
    draw.rectangle(corners, _colour(number))
    cell = _digit_width_px()
    for index, digit in enumerate(str(number)):
        x = label.left + LABEL_PADDING_PX + (index + 0.5) * cell
        draw.text((x, label.center.y), digit, "white", _font(), anchor="mm")


@cache
def _digit_width_px() -> int:
    return round(max(_font().getlength(digit) for digit in "0123456789"))


def _colour(number: int) -> str:
    return COLOURS[(number - 1) % len(COLOURS)]


@cache
def _font() -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(LABEL_PX)
