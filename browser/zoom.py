"""The zoom wrapper: shows a part of the screen enlarged, around any environment.

`ZoomEnvironment` answers `Zoom` and lets every other action through, so that neither the world
inside nor the policy outside knows of the other. A zoomed view carries a frame, so a point read
off it maps to the viewport like any other.
"""

import asyncio
import math
from dataclasses import replace
from typing import Literal

from PIL import Image, ImageDraw

from vigorl.browser.action_space import ActionSpace
from vigorl.browser.actions import Action, Zoom, ZoomStyle
from vigorl.browser.environment import Environment, EnvironmentWrapper, Optics
from vigorl.browser.errors import PageHung
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture, View

DOT_RADIUS = 7 / 200
"""Of the dot with its rim, as a part of the side of the region that was asked for. Source: the
published code draws it with 7 px on a crop of 200 px (Gabesarch/grounded-rl at e7970c0,
`single_path_rollouts.py`)."""

RIM = 2 / 7
"""Of the rim, as a part of the dot's radius; the same source."""

_EXACT = 1e-6
"""What rounding may add to a border between pixels."""


def zoomed_frame(region_css_px: Box, style: ZoomStyle, bounds_css_px: Box) -> Frame:
    """Which part of the screen a zoom shows, and on how many pixels.

    At an edge, `shift` moves the region inward, so that pixels stay square: the longer side gets
    `output_px`. `clip` cuts the region and stretches the rest to a square, as published.

    Args:
        region_css_px: What was asked for; its centre lies on the screen.
        style: How to show it.
        bounds_css_px: The screen.
    """
    if style.edge == "clip":
        seen = region_css_px.intersection(bounds_css_px)
        assert seen is not None, "the centre of the region lies on the screen"
        return Frame(style.output_px, style.output_px, seen)
    seen = region_css_px.shifted_into(bounds_css_px)
    scale = style.output_px / max(seen.width, seen.height)
    width_px, height_px = round(seen.width * scale), round(seen.height * scale)
    return Frame(max(1, width_px), max(1, height_px), seen)


def enlarged(screen: View, frame: Frame) -> Picture:
    """The pixels of a screen under a frame's region, on the frame's grid (Lanczos)."""
    box_px = screen.frame.box_from_region(frame.region_css_px)
    image = screen.picture.image().resize(
        (frame.width_px, frame.height_px),
        Image.Resampling.LANCZOS,
        box=(box_px.left, box_px.top, box_px.right, box_px.bottom),
    )
    return Picture.from_image(image)


def cropped(screen: View, frame: Frame, zoom: Zoom) -> Picture:
    """A recorded zoom as the published code makes it: cut out, dotted, then enlarged, bicubic.

    Source: Gabesarch/grounded-rl at e7970c0, `single_path_rollouts.py`, `_get_point_crop`.

    Args:
        screen: Whose pixels are cut out.
        frame: The region that is seen, and the size of the picture.
        zoom: What was asked for.
    """
    box_px = screen.frame.box_from_region(frame.region_css_px)
    # A cut between pixels takes the pixel that it goes through; one on a border takes no more.
    left, top = math.floor(box_px.left + _EXACT), math.floor(box_px.top + _EXACT)
    right, bottom = math.ceil(box_px.right - _EXACT), math.ceil(box_px.bottom - _EXACT)
    part = screen.picture.image().crop((left, top, right, bottom))
    if zoom.style.dot:
        asked_px = screen.frame.box_from_region(zoom.region_css_px)
        middle_px = Point(asked_px.center.x - left, asked_px.center.y - top)
        _draw_dot(part, middle_px, max(asked_px.width, asked_px.height))
    inside = (
        max(0.0, box_px.left - left),
        max(0.0, box_px.top - top),
        min(float(part.width), box_px.right - left),
        min(float(part.height), box_px.bottom - top),
    )
    size = (frame.width_px, frame.height_px)
    return Picture.from_image(part.resize(size, Image.Resampling.BICUBIC, box=inside))


def dotted(picture: Picture, point_px: Point, side_px: float) -> Picture:
    """The picture with a red dot with a white rim on a point of its own.

    Args:
        picture: To draw on.
        point_px: Where.
        side_px: The longer side of the region that was asked for, in the picture's pixels.
    """
    image = picture.image()
    _draw_dot(image, point_px, side_px)
    return Picture.from_image(image)


def _draw_dot(image: Image.Image, point_px: Point, side_px: float) -> None:
    radius_px = max(3.0, DOT_RADIUS * side_px)
    around = Box.around(point_px, radius_px)
    ImageDraw.Draw(image).ellipse(
        (around.left, around.top, around.right, around.bottom),
        fill=(255, 0, 0),
        outline=(255, 255, 255),
        width=max(1, round(RIM * radius_px)),
    )


class ZoomEnvironment(EnvironmentWrapper[Environment]):
    """An environment with `Zoom`, around one that need not know of it.

    Where the inner environment has `magnify`, an optical zoom renders the region again; elsewhere,
    and where the page is too busy to render, the pixels of the last screen are enlarged. The kind
    of the view says which it was.
    """

    def __init__(self, inner: Environment) -> None:
        super().__init__(inner)
        self._last: Observation | None = None
        self._screen: View | None = None

    @property
    def actions(self) -> ActionSpace:
        """What the environment inside offers, and zoom."""
        return self._inner.actions | {"zoom"}

    async def reset(self) -> Observation:
        """Begin; see `Environment`."""
        return self._remember(await self._inner.reset())

    async def step(self, action: Action) -> Observation:
        """Answer a zoom; let everything else through."""
        if not isinstance(action, Zoom):
            return self._remember(await self._inner.step(action))
        assert self._last is not None and self._screen is not None, "reset comes first"
        region, bounds = action.region_css_px, self._screen.frame.region_css_px
        center = region.center
        if not (bounds.left <= center.x < bounds.right and bounds.top <= center.y < bounds.bottom):
            return self._last.answer(
                "bad_action",
                f"The point ({center.x:g}, {center.y:g}) is not on the screen, which is "
                f"{bounds.width:g} px wide and {bounds.height:g} px high. Choose one that is.",
            )
        if region.area <= 0:
            return self._last.answer("bad_action", "The region to zoom into is empty.")
        view = await self._zoom(action, self._screen)
        return replace(self._last, view=view, marks=None, events=(), pictures=(), consents=())

    async def _zoom(self, zoom: Zoom, screen: View) -> View:
        frame = zoomed_frame(zoom.region_css_px, zoom.style, screen.frame.region_css_px)
        if zoom.style.source == "recorded":
            return View(await asyncio.to_thread(cropped, screen, frame, zoom), frame, "crop")
        picture = await self._optical(frame)
        kind: Literal["optical", "crop"] = "crop" if picture is None else "optical"
        if picture is None:
            picture = await asyncio.to_thread(enlarged, screen, frame)
        if zoom.style.dot:
            asked_px = frame.box_from_region(zoom.region_css_px)
            side_px = max(asked_px.width, asked_px.height)
            picture = await asyncio.to_thread(dotted, picture, asked_px.center, side_px)
        return View(picture, frame, kind)

    async def _optical(self, frame: Frame) -> Picture | None:
        """The region rendered again, or None where the world cannot or is too busy."""
        if not isinstance(self._inner, Optics):
            return None
        try:
            return await self._inner.magnify(frame.region_css_px, frame.width_px, frame.height_px)
        except PageHung:
            return None  # the next action will find out and deal with it

    def _remember(self, observation: Observation) -> Observation:
        self._last = observation
        if observation.view is not None:
            self._screen = observation.view
        return observation
