"""Rebuild `policy/perception/signs.npz`: what single characters look like, whatever the font.

    python tools/build_signs.py [--cache data/signs] [--out policy/perception/signs.npz]

Fetches open fonts with `npm pack`, has Chromium write each sign in them at many sizes, colours and
resolutions, photographed as JPEG, and fits a small network to the masks that the eyes cut out.
What is no sign is learnt from pairs of signs and from the icons of `icons.npz`.
"""

import argparse
import asyncio
import base64
import io
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from playwright.async_api import Browser, async_playwright

sys.path[:0] = [str(Path(__file__).parents[1] / "benchmarks"), str(Path(__file__).parent)]

from build_icons import fetch
from real_pages import launch
from sparse import THEMES

from vigorl.policy.perception.ink import PixelBox, background, difference
from vigorl.policy.perception.signs import NO_SIGN, SIGNS, features
from vigorl.policy.perception.symbols import IconDrawing

FONTS = """
lato montserrat noto-sans ibm-plex-sans ibm-plex-serif ibm-plex-mono merriweather work-sans rubik
raleway oswald roboto-mono roboto-slab jetbrains-mono fira-sans ubuntu noto-serif lora quicksand
arimo tinos cousine dm-sans manrope barlow
""".split()
"""Packages of `@fontsource`; none of them is used by `sparse.py`."""
VERSION = "5.3.0"
SIGN_LIKE = (
    "close", "plus", "minus", "left", "right", "up", "down", "more", "help", "link", "info", "play",
    "menu", "next", "previous", "code", "sort", "hashtag", "at", "facebook",
)  # fmt: skip
"""Concepts whose icons may be signs."""
CELL_PX, COLUMNS, ROWS = 44, 28, 20
PAIRS = 0.12
"""Share of cells with two signs or three, which are none."""
JPEG_QUALITIES = (70, 80, 80, 90)


@dataclass(frozen=True)
class Sheet:
    """A page of signs in one font, and what stands in its cells."""

    html: str
    scale: int
    quality: int
    labels: list[int]


def sheet(font: str, cache: Path, draw: random.Random) -> Sheet:
    """A page of signs, drawn by a number."""
    weight = draw.choice((400, 400, 700))
    folder = fetch(f"@fontsource/{font}@{VERSION}", cache) / "files"
    data = base64.b64encode((folder / f"{font}-latin-{weight}-normal.woff2").read_bytes()).decode()
    ink, paper, accent = draw.choice(THEMES)
    size_px = draw.uniform(10, 25)
    cells, labels = [], []
    for index in range(COLUMNS * ROWS):
        label = draw.randrange(len(SIGNS))
        text = SIGNS[label]
        if draw.random() < PAIRS:
            text = "".join(draw.choices(SIGNS.replace("<", "").replace(">", ""), k=2))
            label = NO_SIGN
        labels.append(label)
        row, column = divmod(index, COLUMNS)
        left, top = column * CELL_PX + draw.uniform(7, 11), row * CELL_PX + draw.uniform(5, 9)
        colours = (ink, paper), (accent, paper), ("#ffffff", accent)
        colour, ground = draw.choice(colours)
        cells.append(
            f'<i style="left:{column * CELL_PX}px;top:{row * CELL_PX}px;background:{ground}"></i>'
            f'<b style="left:{left:.2f}px;top:{top:.2f}px;color:{colour}">&#{ord(text[0])};'
            f"{''.join(f'&#{ord(character)};' for character in text[1:])}</b>"
        )
    html = (
        f"<!doctype html><meta charset=utf-8><style>@font-face{{font-family:own;"
        f"font-weight:{weight};src:url(data:font/woff2;base64,{data})}}"
        f"body{{margin:0;background:{paper};font:{weight} {size_px:.1f}px own,sans-serif}}"
        f"i,b{{position:absolute}}i{{width:{CELL_PX}px;height:{CELL_PX}px}}"
        f"b{{font-weight:{weight}}}</style>{''.join(cells)}"
    )
    scale = draw.choice((1, 1, 2))
    return Sheet(html, scale, draw.choice(JPEG_QUALITIES), labels)


async def photographed(browser: Browser, own: Sheet) -> npt.NDArray[np.uint8]:
    """A sheet as live pages are shown."""
    size = {"width": CELL_PX * COLUMNS, "height": CELL_PX * ROWS}
    page = await browser.new_page(viewport=size, device_scale_factor=own.scale)
    await page.set_content(own.html)
    await page.evaluate("document.fonts.ready")
    picture = await page.screenshot(type="jpeg", quality=own.quality)
    await page.close()
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def masks_of(own: Sheet, pixels: npt.NDArray[np.uint8]) -> list[tuple[int, IconDrawing]]:
    """What the eyes cut out of each cell, and its label."""
    side = CELL_PX * own.scale
    found = []
    for index, label in enumerate(own.labels):
        row, column = divmod(index, COLUMNS)
        cell = PixelBox(column * side, row * side, (column + 1) * side, (row + 1) * side)
        inner = PixelBox(cell.left + 4, cell.top + 2, cell.right - 2, cell.bottom - 2)
        distance = difference(inner.of(pixels), background(inner.of(pixels)))
        strong = distance > 0.3 * float(distance.max())
        rows, columns = np.flatnonzero(strong.any(axis=1)), np.flatnonzero(strong.any(axis=0))
        blob = PixelBox(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
        drawing = IconDrawing.at(pixels, blob.moved(inner.left, inner.top))
        if drawing is not None:
            found.append((label, drawing))
    return found


def icon_masks(draw: np.random.Generator) -> list[npt.NDArray[np.float32]]:
    """The icons that are no signs, each at some size, with the noise of JPEG."""
    with np.load(str(files("vigorl.policy.reader") / "icons.npz")) as stored:
        packed, labels, names = stored["grids"], stored["labels"], stored["concepts"]
    grids = np.stack([packed >> 4, packed & 15], axis=-1).reshape(-1, 24, 24) / np.float32(15)
    own = grids[~np.isin(names[labels], SIGN_LIKE)]
    masks = []
    for grid in own:
        side = int(draw.integers(10, 30))
        small = cv2.resize(grid, (side, side), interpolation=cv2.INTER_AREA)
        noisy = small + draw.normal(0, 0.03, small.shape).astype(np.float32)
        noisy[noisy < 0.12] = 0
        masks.append(np.asarray(noisy / noisy.max(), np.float32))
    return masks


async def samples(cache: Path, sheets: int, seed: int) -> list[tuple[int, IconDrawing]]:
    """Labelled drawings off many sheets."""
    found = []
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        for number in range(sheets):
            draw = random.Random(f"{seed}/{number}")
            own = sheet(FONTS[number % len(FONTS)], cache, draw)
            found += masks_of(own, await photographed(browser, own))
        await browser.close()
    return found


def fitted_network(
    inputs: npt.NDArray[np.float32], labels: Sequence[int], hidden: int, epochs: int
) -> dict[str, npt.NDArray[np.float16]]:
    """Weights of a network of one hidden layer, by gradient descent on its cross entropy."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network = torch.nn.Sequential(
        torch.nn.Dropout(0.1),
        torch.nn.Linear(inputs.shape[1], hidden),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.3),
        torch.nn.Linear(hidden, len(SIGNS) + 1),
    )
    x, y = torch.from_numpy(inputs), torch.tensor(labels)
    steps = epochs * (len(x) // 256)
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps + 1)
    for step in range(steps):
        batch = torch.randint(len(x), (256,))
        loss = torch.nn.functional.cross_entropy(network(x[batch]), y[batch], label_smoothing=0.02)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if step % 500 == 0:
            print(f"{step} of {steps}: {loss.item():.3f}", flush=True)
    state = network.state_dict()
    return {
        name: np.ascontiguousarray(state[key].numpy().T.astype(np.float16))
        for name, key in (
            ("inner", "1.weight"), ("inner_bias", "1.bias"),
            ("outer", "4.weight"), ("outer_bias", "4.bias"),
        )
    }  # fmt: skip


def main(arguments: argparse.Namespace) -> None:
    arguments.cache.mkdir(parents=True, exist_ok=True)
    labelled = asyncio.run(samples(arguments.cache, arguments.sheets, arguments.seed))
    icons = icon_masks(np.random.default_rng(arguments.seed))
    labels = [label for label, _ in labelled] + [NO_SIGN] * len(icons)
    inputs = features([drawing.mask for _, drawing in labelled] + icons)
    weights = fitted_network(inputs, labels, arguments.hidden, arguments.epochs)
    np.savez_compressed(arguments.out, **weights)  # type: ignore[arg-type]
    print(f"{len(labels)} drawings; {arguments.out}: {arguments.out.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("data/signs"))
    parser.add_argument("--out", type=Path, default=Path("policy/perception/signs.npz"))
    parser.add_argument("--sheets", type=int, default=75)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    main(parser.parse_args())
