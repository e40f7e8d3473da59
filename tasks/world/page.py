"""From a seed to a page: what is drawn, and the HTML of it."""

import random
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Literal

from vigorl.tasks.world.fonts import fonts_of
from vigorl.tasks.world.icons import SETS, icon_set
from vigorl.tasks.world.kit import Ask, Kit
from vigorl.tasks.world.layouts.registry import layouts_of
from vigorl.tasks.world.lexicon import LANGUAGES, Lexicon
from vigorl.tasks.world.look import draw_look
from vigorl.tasks.world.splits import Dataset, Screens, WorldSplit

Encoding = Literal["jpeg", "webp", "png"]

LITTLE = ((448, 320), (512, 384), (480, 640), (640, 400), (640, 480), (720, 480), (800, 500),
          (800, 600), (900, 600), (1024, 640))  # fmt: skip
"""Viewports for models that look at few pixels, CSS px."""

# fmt: off
MIXED = ((360, 740), (390, 844), (412, 915), (768, 1024), (1024, 768), (1280, 720), (1280, 800),
         (1280, 800), (1366, 768), (1440, 900), (1536, 864), (1680, 1050), (1920, 1080))
# fmt: on
"""Viewports that people use, from phones to full HD, CSS px."""

LARGE = ((1920, 1080, 1.0), (1920, 1080, 1.0), (1920, 1200, 1.0), (2560, 1440, 1.0),
         (2560, 1600, 1.0), (3440, 1440, 1.0), (3840, 2160, 1.0), (1920, 1080, 1.5),
         (1920, 1080, 2.0), (2560, 1440, 1.5))  # fmt: skip
"""Viewports of large screens, CSS px, and device pixels for each."""

ENCODINGS: dict[Dataset, tuple[float, float, float]] = {
    "screens": (0.6, 0.15, 0.25), "simple": (0.6, 0.15, 0.25), "small": (0.85, 0.05, 0.1),
}  # fmt: skip
"""Shares of JPEG, WebP and PNG; encoding a large screen as either of the last two takes long."""

ENGLISH = 0.62
"""Share of pages in English."""


@dataclass(frozen=True, slots=True)
class PageSpec:
    """One page, ready to be shown."""

    key: str
    split: WorldSplit
    dataset: Dataset
    seed: int
    index: int
    layout: str
    language: str
    manner: str
    font: str
    icon_set: str
    dark: bool
    width_px: int
    """Of the viewport, CSS px."""
    height_px: int
    device_scale: float
    encoding: Encoding
    quality: int
    """Of JPEG and WebP, percent."""
    title: str
    html: str
    """Contents of the document element; `page.css` belongs to it."""
    asks: tuple[Ask, ...]


@cache
def sheet() -> str:
    """The style sheet that all pages share."""
    return files("vigorl.tasks.world").joinpath("page.css").read_text(encoding="utf-8")


def draw_page(
    dataset: Dataset, split: WorldSplit, seed: int, index: int, screens: Screens = "mixed"
) -> PageSpec:
    """The page of that number; it depends on the arguments and the installed fonts alone.

    Raises:
        UsageError: no font of the split is installed.
    """
    draw = random.Random(f"{dataset}:{split}:{seed}:{index}")
    layout = draw.choice(layouts_of(split, dataset))
    language = "en" if draw.random() < ENGLISH else draw.choice(LANGUAGES[1:])
    width_px, height_px, device_scale = _viewport(draw, dataset, screens)
    dense = layout.density
    if dense == "normal" and dataset == "screens" and draw.random() < 0.25:
        dense = "loose" if width_px > 700 else "dense"
    look = draw_look(draw, fonts_of(split), dense)
    lexicon = Lexicon(split, language, draw)
    icons = icon_set(draw.choice(SETS[split]))
    kit = Kit(draw, lexicon, icons, look, width_px, height_px)
    body = layout.build(kit)
    title = lexicon.title()
    encoding: Encoding = draw.choices(("jpeg", "webp", "png"), ENCODINGS[dataset])[0]
    html = (
        f'<head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{look.css()}</style></head>"
        f'<body class="{look.body_class}">{body}</body>'
    )
    return PageSpec(
        key=f"{dataset}-{split}-{seed}-{index:06}",
        split=split,
        dataset=dataset,
        seed=seed,
        index=index,
        layout=layout.name,
        language=language,
        manner=look.manner,
        font=look.font,
        icon_set=icons.name,
        dark=look.dark,
        width_px=width_px,
        height_px=height_px,
        device_scale=device_scale,
        encoding=encoding,
        quality=draw.choice((50, 60, 70, 75, 80, 80, 85, 90, 95)),
        title=title,
        html=html,
        asks=tuple(kit.asks),
    )


def _viewport(draw: random.Random, dataset: Dataset, screens: Screens) -> tuple[int, int, float]:
    """Width and height, CSS px, and device pixels for each."""
    match dataset:
        case "simple":
            return 448, 320, 1.0
        case "small":
            return draw.choice(LARGE)
        case "screens" if screens == "little":
            width, height = draw.choice(LITTLE)
            return width, height, 1.0
        case "screens":
            width, height = draw.choice(MIXED)
            scale = draw.choice((1.0, 1.0, 1.0, 1.25, 1.5, 2.0))
            return width, height, scale if width < 1500 else 1.0
