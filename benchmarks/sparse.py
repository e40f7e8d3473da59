"""Share of words read right on pages that are nearly empty.

    python benchmarks/sparse.py [--pages 40] [--errors]

Pages with one to four labels, a sentence, a log-in, a dialog over a dimmed or blurred page, a
message in a corner, an empty card with one label, or buttons of one character, at places, in
fonts, sizes and colours drawn by number, on four screens; photographed as JPEG, as live pages
are. A page is shown to the eyes after another one of the same screen, as in an episode.
"""

import argparse
import asyncio
import json
import random
import statistics
import string
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright
from reading import is_read, text_in
from real_pages import WORDS_JS, launch

from vigorl.agent.evaluation.statistics import wilson
from vigorl.browser.geometry import Box, Frame
from vigorl.browser.picture import Picture, View
from vigorl.policy.perception.screen import Screen
from vigorl.policy.perception.screen_reader import ScreenReader
from vigorl.policy.perception.text_match import is_alike

SCREENS = ((800, 600, 1), (1280, 720, 1), (1920, 1080, 1), (390, 844, 2))
"""Width and height, CSS px, and picture px for each."""
JPEG_QUALITY = 80
KINDS = ("labels", "sentence", "login", "dialog", "toast", "card", "glyphs")
FONTS = ("sans-serif", "serif", "monospace", "Liberation Sans", "DejaVu Serif")
THEMES = (
    ("#1f2328", "#ffffff", "#0969da"),
    ("#111111", "#f6f6f6", "#b3261e"),
    ("#e6edf3", "#0d1117", "#2f81f7"),
    ("#dddddd", "#1b1f27", "#3fb950"),
    ("#555555", "#fffdf7", "#6f42c1"),
)
"""Ink, paper and accent."""
LABELS = (
    "Continue", "Log in", "Sign out", "Order now", "Cancel", "Next", "OK", "Upload file", "Retry",
    "Delete account", "Show 12 more", "Submit", "Accept all", "View cart (3)", "€ 24.90", "Help",
    "Download PDF", "Start", "Tell me more", "Not now", "Edit", "Save changes", "Close", "Go",
    "Total: 1,284", "Reset", "Abbrechen", "Weiter", "Valider", "Page 2 of 7",
)  # fmt: skip
SENTENCES = (
    "Your order has been placed.",
    "We sent a confirmation to anna@example.org.",
    "Nothing was found for these words.",
    "The file report-2024.pdf was uploaded in 3 seconds.",
    "You have been signed out.",
    "Thank you, your answer was saved at 14:05.",
)
GLYPHS = "‹›«»+−×✕?!…" + string.digits + string.ascii_letters
"""Of these the ones that look alike where they stand alone are taken for one another, as the policy
takes them: `lettering.SIGNS_ALIKE`."""


@dataclass(frozen=True)
class Style:
    """How one page looks."""

    ink: str
    paper: str
    accent: str
    font: str
    size_px: int

    @classmethod
    def drawn(cls, draw: random.Random) -> "Style":
        return cls(*draw.choice(THEMES), draw.choice(FONTS), draw.randint(12, 24))


def page_of(kind: str, draw: random.Random, width: int, height: int) -> str:
    """The HTML of one page."""
    style = Style.drawn(draw)

    def place(inner: str, most_width: int) -> str:
        left = draw.randint(8, max(width - most_width - 8, 9))
        top = draw.randint(8, height - 120)
        return f'<div class=at style="left:{left}px;top:{top}px">{inner}</div>'

    def button(text: str) -> str:
        kind = draw.choice(["plain", "filled", "outlined", "link"])
        return f'<span class="b {kind}">{text}</span>'

    match kind:
        case "labels":
            step = height // 5
            texts = draw.sample(LABELS, draw.randint(1, 4))
            body = "".join(
                f'<div class=at style="left:{draw.randint(8, max(9, width - 240))}px;'
                f'top:{step // 4 + step * row}px">{button(text)}</div>'
                for row, text in zip(draw.sample(range(5), len(texts)), texts, strict=True)
            )
        case "sentence":
            body = place(draw.choice(SENTENCES), min(520, width - 40))
        case "login":
            body = place(
                "<div class=card>Sign in<label>E-mail</label><i></i><label>Password</label><i></i>"
                f"{button('Log in')}</div>",
                340,
            )
        case "dialog":
            veil = draw.choice(["rgba(0,0,0,.5)", "rgba(20,20,30,.7)", "rgba(255,255,255,.6)"])
            blur = draw.choice([0, 0, 3])
            words = " ".join(draw.choices(LABELS, k=40))
            body = (
                f'<p style="margin:20px;filter:blur({blur}px)" aria-hidden=true data-veiled>{words}'
                f'</p><div style="position:fixed;inset:0;background:{veil}"></div>'
                + place(
                    f"<div class=card>{draw.choice(SENTENCES)}<br><br>{button('Cancel')} "
                    f"{button(draw.choice(LABELS))}</div>",
                    min(380, width - 20),
                )
            )
        case "toast":
            edge = draw.choice(
                ["left:16px;top:16px", "right:16px;bottom:16px", "right:16px;top:9px"]
            )
            body = f'<div class="at toast" style="{edge}">{draw.choice(SENTENCES)}</div>'
        case "card":
            tall, wide = int(0.7 * height), int(0.8 * width)
            x, y = draw.randint(10, wide // 2), draw.randint(10, tall - 60)
            rows = " ".join(draw.choices(LABELS, k=10))
            body = (
                f'<p style="margin:8px">{rows}</p><div class=card style="position:absolute;'
                f'left:{width // 10}px;top:{height // 4}px;width:{wide}px;height:{tall}px">'
                f'<div class=at style="left:{x}px;top:{y}px">{button(draw.choice(LABELS))}</div>'
                "</div>"
            )
        case _:
            body = "".join(
                f'<div class=at style="left:{draw.randint(8, width - 60)}px;'
                f'top:{20 + row * (height - 80) // 4}px">{button(draw.choice(GLYPHS))}</div>'
                for row in range(3)
            )
    return (
        f"<!doctype html><meta charset=utf-8><style>*{{box-sizing:border-box}}"
        f"body{{margin:0;color:{style.ink};background:{style.paper};"
        f"font:{style.size_px}px {style.font};height:100vh;overflow:hidden}}"
        ".at{position:absolute;max-width:calc(100% - 16px)}"
        ".b{display:inline-block;padding:.4em .8em;border-radius:6px;white-space:nowrap}"
        f".filled{{background:{style.accent};color:#fff}}"
        f".outlined{{border:1px solid {style.accent}}}"
        f".link{{color:{style.accent};text-decoration:underline;padding:0}}"
        f".card{{background:{style.paper};border:1px solid #8886;border-radius:10px;padding:20px;"
        "max-width:100%}.card label{display:block;margin-top:14px}"
        ".card i{display:block;width:260px;height:36px;border:1px solid #888;margin:4px 0 10px}"
        f".toast{{background:{style.ink};color:{style.paper};padding:12px 18px;border-radius:6px}}"
        f"</style>{body}"
    )


@dataclass(frozen=True)
class Shown:
    """One page as it was photographed, and its words."""

    kind: str
    screen: str
    view: View
    words: list[dict[str, Any]]


async def photographed(browser: Browser, pages: int) -> list[Shown]:
    """The pages of all screens; of a dialog or card what lies in it is asked for."""
    shown = []
    for width, height, scale in SCREENS:
        context = await browser.new_context(
            viewport={"width": width, "height": height}, device_scale_factor=scale
        )
        page = await context.new_page()
        for number in range(pages):
            kind = KINDS[number % len(KINDS)]
            draw = random.Random(f"{width}/{number}")
            await page.set_content(page_of(kind, draw, width, height))
            words = await page.evaluate(WORDS_JS)
            if kind in ("dialog", "card"):
                inside = await page.eval_on_selector_all(
                    ".card", "cs => cs.map(c => c.getBoundingClientRect())"
                    ".map(b => [b.left, b.top, b.right, b.bottom])"
                )  # fmt: skip
                card = Box(*inside[0])
                words = [word for word in words if card.contains(Box(*word["box"]).center)]
            for word in words:
                word["box"] = [scale * edge for edge in word["box"]]
            picture = Picture.from_bytes(await page.screenshot(type="jpeg", quality=JPEG_QUALITY))
            frame = Frame(picture.width_px, picture.height_px, Box(0, 0, width, height))
            shown.append(Shown(kind, f"{width}x{height}@{scale}", View(picture, frame), words))
        await context.close()
    return shown


def is_told(screen: Screen, kind: str, word: str, box: Box) -> bool:
    """Whether a word was read right in its place; a single sign may be one that looks alike."""
    if kind != "glyphs":
        return is_read(screen, word, box)
    seen = text_in(screen, box)
    return len(seen) == 1 and is_alike(seen, word)


async def take(pages: int) -> list[Shown]:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        try:
            return await photographed(browser, pages)
        finally:
            await browser.close()


def main(arguments: argparse.Namespace) -> None:
    shown = asyncio.run(take(arguments.pages))
    eyes = ScreenReader()
    eyes.read(shown[-1].view)
    right: dict[str, list[bool]] = defaultdict(list)
    times_s: dict[str, list[float]] = defaultdict(list)
    for each in shown:
        began = time.perf_counter()
        screen = eyes.read(each.view)
        times_s[each.screen].append(time.perf_counter() - began)
        for word in each.words:
            hit = is_told(screen, each.kind, word["text"], Box(*word["box"]))
            for group in ("all", each.screen, each.kind):
                right[group].append(hit)
            if arguments.errors and not hit:
                name = each.view.picture.sha256[:8]
                print(f"{each.screen} {each.kind} {name} {word['text']!r} {word['font_px']:.0f} px")
                Path(arguments.errors).mkdir(parents=True, exist_ok=True)
                (Path(arguments.errors) / f"{name}.jpg").write_bytes(each.view.picture.data)
    table = {group: wilson(hits) for group, hits in right.items()}
    if arguments.json:
        print(json.dumps({group: [cell.mean, cell.n] for group, cell in table.items()}))
    for group, cell in table.items():
        took = f", {statistics.median(times_s[group]):.3f} s a page" if group in times_s else ""
        print(f"{group}: {cell.mean:.1%} [{cell.low:.1%}, {cell.high:.1%}] n={cell.n}{took}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=40, help="on each screen")
    parser.add_argument("--errors", default="", help="folder for the pictures of misread words")
    parser.add_argument("--json", action="store_true")
    main(parser.parse_args())
