"""What the reader really makes of generated pages, stored with their truth.

Mistakes that are made up (`reading_noise`) never end, but are only like real ones. These are real:
which icons it confuses, which words it takes for one, what it misses of small print. A page is
looked at as nano would: a small one as it is; a large one at a glance, and closely part by part.
"""

import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from PIL import Image

from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.picture import Picture, View
from vigorl.browser.zoom import enlarged, zoomed_frame
from vigorl.policy.nano.glance import close_lens, glance, glance_size, parts
from vigorl.policy.nano.reading import ScreenItem, items, write_rows
from vigorl.policy.perception.screen import Screen, Shape, TextLine

READ = 0.75
"""Share of the turns about a page with stored looks that are about them."""


@dataclass(frozen=True)
class PageReading:
    """One picture of a page, as it was read; nothing is unpacked before it is asked for."""

    stored: Mapping[str, Any]
    page: Frame

    @property
    def middle(self) -> Point | None:
        """Of the part that was looked at closely, px of the page; None: the whole page."""
        return Point(*self.stored["middle"]) if self.stored["middle"] else None

    @cached_property
    def frame(self) -> Frame:
        """Of the picture; its region is px of the page."""
        middle = self.middle
        if middle is None:
            return self.page.resized(*self.stored["size"])
        return close_frame(self.page, middle)

    @cached_property
    def rows(self) -> list[list[ScreenItem]]:
        """What nano is told of it, to be left as it is."""
        lines = tuple(
            TextLine(text, Box(*sides), confidence, link=bool(link))
            for text, *sides, confidence, link in self.stored["lines"]
        )
        shapes = tuple(
            Shape(
                kind, Box(*sides), (name,) if name else (), None if on is None else bool(on), sure
            )
            for kind, *sides, name, on, sure in self.stored["shapes"]
        )
        return items(Screen(lines, shapes, self.frame))

    @cached_property
    def told(self) -> str:
        """The same as it stands in a prompt."""
        return write_rows(self.rows, self.frame, self.page.region_css_px)


def looks_of(page: Mapping[str, Any]) -> list[PageReading]:
    """The looks that were stored with a page; the first one shows all of it."""
    frame = Frame.of_viewport(*page["size"])
    return [PageReading(stored, frame) for stored in page.get("looks", ())]


def look_at_all(
    shards: Sequence[Path], kept: Path, workers: int
) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """What is stored of the looks at every page of each shard, by the page's name there.

    Args:
        shards: Of the world.
        kept: A folder for what was read; a shard that was read whole is not read again.
        workers: Processes that read.
    """
    kept.mkdir(parents=True, exist_ok=True)
    files = [kept / f"{sha256(shard.read_bytes()).hexdigest()[:16]}.json" for shard in shards]
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        try:
            yield from pool.map(_looks_at_shard, shards, files)
        finally:
            pool.shutdown(cancel_futures=True)


def close_frame(page: Frame, middle: Point) -> Frame:
    """The picture that a look closer at a place of a large page gives."""
    lens = close_lens(page.resized(*glance_size(page.width_px, page.height_px)))
    region = Box.around(middle, lens.half_width_css_px, lens.half_height_css_px)
    return zoomed_frame(region, lens.style, page.region_css_px)


def _looks_at_shard(shard: Path, kept: Path) -> dict[str, list[dict[str, Any]]]:
    """The looks that a file keeps, or new ones, which it keeps from now on."""
    if not kept.exists():
        unfinished = kept.with_suffix(".part")
        unfinished.write_text(json.dumps(_look_at_shard(shard)), encoding="utf-8")
        unfinished.replace(kept)
    looks: dict[str, list[dict[str, Any]]] = json.loads(kept.read_text(encoding="utf-8"))
    return looks


def _look_at_shard(shard: Path) -> dict[str, list[dict[str, Any]]]:
    # Reading needs a library that training does not.
    from vigorl.policy.perception.screen_reader import ScreenReader

    eyes = ScreenReader()
    looks = {}
    with tarfile.open(shard) as members:
        for member in members:
            if member.name.endswith(".json"):
                continue
            opened = members.extractfile(member)
            assert opened is not None
            image = Image.open(io.BytesIO(opened.read())).convert("RGB")
            view = View(Picture.from_image(image), Frame.of_viewport(*image.size))
            seen = glance(view)
            stored = [_stored(eyes.read(seen), None)]
            if seen is not view:
                for middle in parts(seen.frame):
                    close = close_frame(view.frame, middle)
                    part = View(enlarged(view, close), close, "crop")
                    stored.append(_stored(eyes.read(part), middle))
            looks[Path(member.name).stem] = stored
    return looks


def _stored(screen: Screen, middle: Point | None) -> dict[str, Any]:
    frame = screen.frame
    return {
        "size": [frame.width_px, frame.height_px],
        "middle": None if middle is None else [round(middle.x, 1), round(middle.y, 1)],
        "lines": [
            [line.text, *_whole(line.box_px), round(line.confidence, 2), int(line.link)]
            for line in screen.lines
        ],
        "shapes": [
            [
                shape.kind,
                *_whole(shape.box_px),
                " ".join(shape.names[:1]),
                None if shape.checked is None else int(shape.checked),
                round(shape.confidence, 2),
            ]
            for shape in screen.shapes
        ],
    }


def _whole(box: Box) -> list[int]:
    return [round(side) for side in (box.left, box.top, box.right, box.bottom)]
