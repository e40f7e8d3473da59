"""Small text, looked at three ways: as it is, enlarged from the screenshot, rendered again.

For each font size, pages of short lines (words, prices, codes; three fonts, two themes) are shown
in Chromium; `reader`'s eyes read each line off the screenshot, off a crop enlarged with Lanczos,
and off an optical zoom of the same region. A line counts as read where the text is the same but
for spaces.

    python benchmarks/small_text.py [--pages 3] [--json]
"""

import argparse
import asyncio
import json
import random
import urllib.parse
from collections import defaultdict
from dataclasses import asdict, replace

from vigorl.agent.evaluation.statistics import wilson
from vigorl.browser.actions import Zoom, ZoomStyle
from vigorl.browser.chromium import Browser
from vigorl.browser.geometry import Box
from vigorl.browser.live import LivePage
from vigorl.browser.observation import Observation
from vigorl.browser.zoom import ZoomEnvironment
from vigorl.policy.perception.screen_reader import ScreenReader

SIZES_PX = (6, 7, 8, 9, 12)
FONTS = ("sans-serif", "serif", "monospace")
THEMES = (("#111", "#fff"), ("#ddd", "#1b1f27"))
WORDS = (
    "invoice",
    "harbour",
    "quartz",
    "ledger",
    "mirror",
    "oxygen",
    "pilgrim",
    "rocket",
    "saddle",
    "timber",
    "umbrella",
    "velvet",
    "winter",
    "yellow",
    "zebra",
    "anchor",
    "bridge",
    "copper",
    "delta",
    "ember",
    "falcon",
    "garden",
    "hollow",
    "island",
    "jungle",
)
COLUMNS, ROWS = 3, 4
WAYS = {
    "none": None,
    "resampled": ZoomStyle(output_px=640, source="recorded"),
    "optical": ZoomStyle(output_px=640, source="optical"),
}


def line_of(draw: random.Random) -> str:
    words = draw.sample(WORDS, 2)
    return draw.choice(
        [
            f"{words[0].title()} {words[1]}",
            f"{words[0]} {draw.randint(10, 9999)}.{draw.randint(10, 99)}",
            f"{words[0][:3].upper()}-{draw.randint(1000, 9999)} {words[1]}",
        ]
    )


def page_of(seed: int, size_px: int) -> tuple[str, list[str]]:
    """A page as a data URL, and its lines in order."""
    draw = random.Random(f"{seed}/{size_px}")
    ink, paper = THEMES[seed % len(THEMES)]
    lines = [line_of(draw) for _ in range(COLUMNS * ROWS)]
    cells = "".join(
        f'<p style="font-family:{FONTS[index % len(FONTS)]}">{line}</p>'
        for index, line in enumerate(lines)
    )
    page = (
        f"<!doctype html><style>body{{margin:40px;color:{ink};background:{paper};"
        f"font-size:{size_px}px;display:grid;grid-template-columns:repeat({COLUMNS},400px)}}"
        f"p{{margin:0 0 150px;width:max-content}}</style>{cells}"
    )
    return f"data:text/html,{urllib.parse.quote(page)}", lines


def text_at(eyes: ScreenReader, seen: Observation, box_css_px: Box) -> str:
    """What the eyes read inside a box, spaces left out."""
    assert seen.view is not None
    screen = eyes.read(seen.view)
    reach = replace(box_css_px, top=box_css_px.top - 3, bottom=box_css_px.bottom + 3)
    inside = [
        line
        for line in screen.lines
        if reach.contains(screen.frame.box_to_region(line.box_px).center)
    ]
    inside.sort(key=lambda line: line.box_px.left)
    return "".join(line.text for line in inside).replace(" ", "")


async def measure(pages: int) -> dict[str, dict[str, dict[str, float | int | None]]]:
    eyes = ScreenReader()
    read: dict[tuple[int, str], list[float | None]] = defaultdict(list)
    async with Browser() as browser:
        for size_px in SIZES_PX:
            for seed in range(pages):
                url, lines = page_of(seed, size_px)
                live = LivePage(browser, "", url)
                world = ZoomEnvironment(live)
                screen = await world.reset()
                boxes = await live.page.eval_on_selector_all(
                    "p",
                    "ps => ps.map(p => p.getBoundingClientRect())"
                    ".map(b => [b.left, b.top, b.right, b.bottom])",
                )
                for text, corners in zip(lines, boxes, strict=True):
                    box = Box(*corners)
                    for way, style in WAYS.items():
                        seen = screen
                        if style is not None:
                            region = Box.around(box.center, 80)
                            seen = await world.step(Zoom(region, style))
                        found = text_at(eyes, seen, box)
                        read[size_px, way].append(float(found == text.replace(" ", "")))
                await world.close()
    return {
        str(size_px): {way: asdict(wilson(read[size_px, way])) for way in WAYS}
        for size_px in SIZES_PX
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=3, help="pages of 12 lines for each size")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    table = asyncio.run(measure(options.pages))
    if options.json:
        print(json.dumps(table))
        return
    print(f"{'font':>6}  " + "".join(f"{way:>26}" for way in WAYS))
    for size_px, row in table.items():
        cells = (f"{c['mean']:.0%} [{c['low']:.0%}, {c['high']:.0%}]" for c in row.values())
        print(f"{size_px:>4}px  " + "".join(f"{cell:>26}" for cell in cells))


if __name__ == "__main__":
    main()
