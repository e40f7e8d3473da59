"""What a tab looked like, moment by moment, and the picture that a person acted on.

The browser sends a frame whenever it has drawn another one, with its time. The picture of an act is
the last frame before it began. But a person points before pressing, and what is pointed at shows
that: it lights up. A model that learnt from such pictures would learn to press what shines. So
where nothing but the target has changed since the pointer came to lie on it, the picture is that
from before; and where something has come out under the pointer that was not there, a menu say, the
pointing is an act of its own.
"""

import asyncio
import base64
import io
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from PIL import Image
from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

from vigorl.browser.geometry import Box, Point
from vigorl.browser.picture import Picture
from vigorl.browser.relook import differing_share

MOST_FRAMES = 160
"""That are kept, of the newest: some ten seconds of a page that never rests."""
PACE_S = 0.04
"""Between two frames."""
AHEAD_MS = 17
"""By which the time of a frame, which is when it will be shown, can be late."""
GLOW_CSS_PX = 12
"""Around a target, in which what changes is its own doing: a shadow, a frame."""
CHANGED_SHARE = 0.0005
"""Of the pixels outside of a target, from which on the page has changed."""
NEAR_CSS_PX = (60, 20)
"""What is looked at around a point: half of its width and of its height."""
LEAST_AREA = 64
"""CSS px², of a target of which a part tells what it is."""
APPEARED_SHARE = 0.05
"""Of the pixels around a point, from which on something else stands there."""
COMES_OUT_MS = 500
"""In which comes out what pointing brings."""
AFTERMATH_MS = 500
"""After an act, in which what comes out is its doing."""
STILL_CSS_PX = 3
"""That a pointer may seem to move, and rests."""
MOST_COMPARED = 40
"""Frames that are looked through for when something came out."""
REST_S = 0.3
"""Between two pictures of a page that has not changed, each of which makes it draw a frame."""


@dataclass(frozen=True, slots=True, eq=False)
class FilmFrame:
    """A picture, and when it was drawn."""

    at_ms: float
    """Since 1970."""
    picture: Picture
    scrolled: tuple[float, float] | None = None
    """How far the page was scrolled, CSS px; None: not known."""


@dataclass(frozen=True, slots=True)
class Stay:
    """The pointer came to lie over something."""

    at_ms: float
    point: Point
    box: Box | None
    note: str


@dataclass(frozen=True, slots=True)
class Aim:
    """What was acted on."""

    point: Point
    """CSS px of the viewport."""
    box: Box | None

    def cut(self, picture: Picture) -> Image.Image:
        """What can be seen of it around the point."""
        near = Box.around(self.point, *NEAR_CSS_PX)
        if self.box is not None and self.box.contains(self.point) and self.box.area > LEAST_AREA:
            near = self.box.intersection(near) or near
        corners = (round(near.left), round(near.top), round(near.right), round(near.bottom))
        return picture.image().crop(corners)


@dataclass
class Film:
    """The frames of one tab, and where the pointer was.

    Args:
        width_px: Of the pictures.
        height_px: Of the pictures.
        covered: A picture of the page as it is, with secrets covered; None while there are none
            to be covered and the browser's own frames can be taken.
    """

    width_px: int
    height_px: int
    covered: Callable[[], Awaitable[Picture | None]]
    frames: "deque[FilmFrame]" = field(default_factory=lambda: deque(maxlen=MOST_FRAMES))
    stays: "deque[Stay]" = field(default_factory=lambda: deque(maxlen=64))
    _running: "set[asyncio.Task[None]]" = field(default_factory=set)

    async def start(self, session: CDPSession, jpeg_quality: int) -> None:
        """Begin to film."""
        session.on("Page.screencastFrame", lambda event: self._note(session, event))
        options = {"format": "jpeg", "quality": jpeg_quality, "everyNthFrame": 1}
        await session.send("Page.startScreencast", options)

    async def close(self) -> None:
        """Let go of what is under way."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def add(
        self, at_ms: float, picture: Picture, scrolled: tuple[float, float] | None = None
    ) -> None:
        """One more frame, which may come late."""
        later = [each for each in self.frames if each.at_ms > at_ms]
        for _ in later:
            self.frames.pop()
        self.frames.append(FilmFrame(at_ms, picture, scrolled))
        self.frames.extend(later)

    def at(self, at_ms: float) -> Picture | None:
        """What was shown at a time; the oldest where nothing older is kept."""
        frame = self._at(at_ms)
        return None if frame is None else frame.picture

    def acted_on(self, target: Aim | None, began_ms: float) -> Picture | None:
        """The picture of an act: without what pointing alone has changed on its target."""
        acted = self._at(began_ms)
        stay = self._stay(began_ms)
        if acted is None or stay is None or target is None:
            return None if acted is None else acted.picture
        before = self._at(stay.at_ms - AHEAD_MS)
        own = stay.box or target.box
        if before is None or before is acted or own is None:
            return acted.picture
        changed = _changed_outside(before.picture.image(), acted.picture.image(), own)
        return acted.picture if changed else before.picture

    def was_moving(self, scrolled: tuple[float, float] | None, at_ms: float) -> bool:
        """Whether the page has been scrolled from what was shown by the time it was acted on."""
        frame = self._at(at_ms)
        if frame is None or frame.scrolled is None or scrolled is None:
            return False
        return max(abs(scrolled[0] - frame.scrolled[0]), abs(scrolled[1] - frame.scrolled[1])) > 2

    def pointing(
        self, target: Aim, began_ms: float, since_ms: float, rested: Point | None
    ) -> Stay | None:
        """Where the pointer had to be first, so that what was acted on came out; None: nowhere.

        Args:
            target: That was acted on.
            began_ms: When.
            since_ms: When the act before it was over.
            rested: Where that has left the pointer; what comes to lie under it there has moved.
        """
        acted, first = self._at(began_ms), self._at(since_ms)
        stays = [
            each
            for each in self.stays
            if since_ms < each.at_ms <= began_ms
            and (rested is None or not is_near(each.point, rested))
        ]
        if acted is None or first is None or acted is first or not stays:
            return None
        wanted = target.cut(acted.picture)
        if differing_share(target.cut(first.picture), wanted) <= APPEARED_SHARE:
            return None
        appeared = acted
        between = [each for each in self.frames if first.at_ms < each.at_ms < acted.at_ms]
        for frame in reversed(between[-MOST_COMPARED:]):
            if differing_share(target.cut(frame.picture), wanted) > APPEARED_SHARE:
                break
            appeared = frame
        latest = appeared.at_ms + AHEAD_MS
        causes = [each for each in stays if latest - COMES_OUT_MS <= each.at_ms <= latest]
        if not causes or causes[-1] is stays[-1] or causes[-1].at_ms - since_ms < AFTERMATH_MS:
            return None  # the page did it by itself, or the act before it, or the target itself
        return causes[-1]

    def _at(self, at_ms: float) -> FilmFrame | None:
        found = None
        for frame in self.frames:
            if frame.at_ms > at_ms and found is not None:
                break
            found = frame
        return found

    def _stay(self, at_ms: float) -> Stay | None:
        return next((stay for stay in reversed(self.stays) if stay.at_ms <= at_ms), None)

    def _note(self, session: CDPSession, event: dict[str, Any]) -> None:
        task = asyncio.create_task(self._take(session, event))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _take(self, session: CDPSession, event: dict[str, Any]) -> None:
        at_ms = float(event["metadata"]["timestamp"]) * 1000
        try:
            picture = await self.covered()
            pace_s = PACE_S
            if picture is None:
                scrolled = event["metadata"]["scrollOffsetX"], event["metadata"]["scrollOffsetY"]
                self.add(at_ms, self._fitted(base64.b64decode(event["data"])), scrolled)
            elif not self.frames or self.frames[-1].picture.sha256 != picture.sha256:
                self.add(time.time() * 1000, picture)
            else:
                pace_s = REST_S
            await asyncio.sleep(pace_s)
            await session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})
        except PlaywrightError:
            return  # the tab is gone

    def _fitted(self, data: bytes) -> Picture:
        picture = Picture.from_bytes(data)
        size = (self.width_px, self.height_px)
        if (picture.width_px, picture.height_px) == size:
            return picture
        buffer = io.BytesIO()
        picture.image().convert("RGB").resize(size, Image.Resampling.LANCZOS).save(buffer, "JPEG")
        return Picture.from_bytes(buffer.getvalue())


def is_near(one: Point, other: Point) -> bool:
    """Whether two points are the same for a hand."""
    return abs(one.x - other.x) < STILL_CSS_PX and abs(one.y - other.y) < STILL_CSS_PX


def _changed_outside(before: Image.Image, after: Image.Image, box: Box) -> bool:
    """Whether two pictures differ anywhere but in a box and its glow."""
    before, after = before.convert("RGB"), after.convert("RGB")
    if before.size != after.size:
        return True
    corner = (
        max(0, round(box.left - GLOW_CSS_PX)),
        max(0, round(box.top - GLOW_CSS_PX)),
        min(before.width, round(box.right + GLOW_CSS_PX)),
        min(before.height, round(box.bottom + GLOW_CSS_PX)),
    )
    if corner[0] < corner[2] and corner[1] < corner[3]:
        for image in (before, after):
            image.paste((0, 0, 0), corner)
    return differing_share(before, after) > CHANGED_SHARE
