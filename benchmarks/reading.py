"""Share of words that `reader`'s eyes read right on a folder of pages with their words.

    python benchmarks/reading.py [--data data/app_pages] [--split dev] [--scale 2] [--errors]

The folder is one that `real_pages.py` or `app_pages.py` built. A word is read right where the
characters that the eyes put into its box are its own, but for the look of quotes and dashes.
Times are wall-clock of `ScreenReader.read`.
"""

import argparse
import io
import json
import statistics
import time
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Any

from vigorl.agent.evaluation.statistics import wilson
from vigorl.browser.geometry import Box, Frame
from vigorl.browser.picture import Picture, View
from vigorl.policy.perception.layout import overlap_y
from vigorl.policy.perception.screen import Screen
from vigorl.policy.perception.screen_reader import ScreenReader

LOOKS = str.maketrans("‘’“”–—‐−·•●×…|", "''\"\"----···x.l", "\u200b\ufe0f")
"""Characters that are the same to a reader, or that no eye can tell apart."""
EDGE = 0.6
"""A character counts to a word where so much of either lies in the other."""


def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(LOOKS).replace(" ", "").replace("I", "l")


def text_in(screen: Screen, box: Box) -> str:
    """What the eyes read inside a box, spaces left out."""
    found = []
    for line in screen.lines:
        if overlap_y(line.box_px, box) < 0.5 or line.box_px.height > 2.5 * box.height:
            continue
        for index, character in enumerate(line.text):
            part = line.part(index, index + 1)
            common = min(part.right, box.right) - max(part.left, box.left)
            if common > 0 and common >= EDGE * min(part.width, box.width):
                found.append((part.left, character))
    return "".join(character for _, character in sorted(found, key=lambda each: each[0]))


def is_read(screen: Screen, word: str, box: Box) -> bool:
    """Whether a word is read right in its place."""
    wanted = plain(word)
    if plain(text_in(screen, box)) == wanted:
        return True
    # Where characters stand is known to a third of their width: look for the word around there.
    reach = 0.6 * box.width / max(len(word), 1)
    around = Box(box.left - reach, box.top, box.right + reach, box.bottom)
    seen = plain(text_in(screen, around))
    return len(wanted) > 1 and wanted in seen and len(seen) <= len(wanted) + 2


def view_of(path: Path, scale: float, jpeg: int) -> View:
    picture = Picture.from_bytes(path.read_bytes())
    if jpeg:
        buffer = io.BytesIO()
        picture.image().save(buffer, "JPEG", quality=jpeg)
        picture = Picture.from_bytes(buffer.getvalue())
    width, height = picture.width_px, picture.height_px
    return View(picture, Frame(width, height, Box(0, 0, width / scale, height / scale)))


def main(arguments: argparse.Namespace) -> None:
    folder: Path = arguments.data
    rows = json.loads((folder / "manifest.json").read_text())
    pages: dict[str, dict[str, Any]] = {}
    for row in rows:
        if arguments.split in ("", row["split"]):
            pages.setdefault(row["image"], row)
    eyes = ScreenReader()
    right: dict[str, list[bool]] = defaultdict(list)
    times_s = []
    for image, row in pages.items():
        scale = row.get("scale", 1)
        if arguments.scale not in (0, scale):
            continue
        view = view_of(folder / image, scale, arguments.jpeg)
        began = time.perf_counter()
        screen = eyes.read(view)
        times_s.append(time.perf_counter() - began)
        words = json.loads((folder / "words" / f"{Path(image).stem}.json").read_text())
        here = []
        for word in words:
            if not plain(word["text"]) or not any(c.isalnum() for c in word["text"]):
                continue
            box = Box(*word["box"])
            here.append(is_read(screen, word["text"], box))
            size = "under 10 px" if word["font_px"] < 10 else "10 px and more"
            right[f"scale {scale}, {size}"].append(here[-1])
            right["all"].append(here[-1])
            right[f"{row['package']} at {scale}"].append(here[-1])
            if arguments.errors and not here[-1]:
                seen = text_in(screen, box)
                print(f"{image} {word['text']!r} {word['font_px']:.0f} px {word['box']}: {seen!r}")
        if arguments.errors and here:
            print(f"-- {image}: {sum(here)} of {len(here)}")
    for kind in sorted(right, key=lambda kind: (kind != "all", kind)):
        cell = wilson(right[kind])
        print(f"{kind}: {cell.mean:.1%} [{cell.low:.1%}, {cell.high:.1%}] n={cell.n}")
    print(f"pages {len(times_s)}: median {statistics.median(times_s):.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/app_pages"))
    parser.add_argument("--split", default="")
    parser.add_argument(
        "--scale", type=int, default=0, help="only pictures of so many px per CSS px"
    )
    parser.add_argument("--jpeg", type=int, default=0, help="read pages as JPEG of this quality")
    parser.add_argument("--errors", action="store_true")
    main(parser.parse_args())
