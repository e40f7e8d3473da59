"""Build a set of pages of web applications: screenshots, words and targets from the DOM.

    python benchmarks/app_pages.py [--out data/app_pages]

The pages are those of admin panels, dashboards and sites that npm packages carry as HTML, with
the web fonts they ask for, served on loopback and rendered by Chromium without any other network.
Each page is photographed at several viewports, among them a phone's at two picture px for each
CSS px. Files are those of `real_pages.py`: `images/*.png`, `words/*.json`, `manifest.json`; each
row also has `viewport_css_px` and `scale`, and all boxes are px of the picture. Packages are split
into `dev` and `held_out`.

What is fetched is kept in `cache/`; with it the script runs in a few minutes.
"""

import argparse
import asyncio
import functools
import http.server
import json
import random
import re
import subprocess
import tarfile
import threading
import urllib.parse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Error, Route, async_playwright
from real_pages import alternatives, launch, photograph

SCREENS = (
    (1280, 720, 1),
    (1440, 900, 1),
    (1920, 1080, 1),
    (390, 844, 2),
)
"""Width and height, CSS px, and picture px for each; every page is shown on one of the first
three, and every second on the last as well."""

FONTS = {
    "Inter": "inter",
    "Nunito": "nunito",
    "Open Sans": "open-sans",
    "Poppins": "poppins",
    "Public Sans": "public-sans",
    "Roboto": "roboto",
    "Source Sans Pro": "source-sans-pro",
}
"""Web fonts by the name that style sheets use, and their packages in `@fontsource`."""
WEIGHTS = (300, 400, 500, 600, 700, 800)


@dataclass(frozen=True)
class Source:
    """An npm package and which of its files are pages."""

    package: str
    """With its version."""
    split: str
    pattern: str
    """As a glob below the package's root."""
    pages: int = 5


SOURCES = (
    Source("admin-lte@3.2.0", "dev", "{*.html,pages/**/*.html}", pages=9),
    Source("startbootstrap-sb-admin-2@4.1.4", "dev", "*.html"),
    Source("@themesberg/volt-bootstrap-5-dashboard@1.4.1", "dev", "**/pages/**/*.html", pages=2),
    Source("@digitallyhappy/backstrap@0.5.1", "dev", "dist/**/*.html", pages=6),
    Source("soft-ui-dashboard@1.0.1", "dev", "pages/*.html"),
    Source("stisla@2.3.0", "dev", "*.html", pages=6),
    Source("startbootstrap-resume@7.0.6", "dev", "dist/*.html", pages=1),
    Source("gentelella@4.2.0", "held_out", "dist/production/*.html", pages=8),
    Source("@tabler/preview@1.2.0", "held_out", "dist/*.html", pages=9),
    Source("sneat-bootstrap-html-admin-template-free@1.0.0", "held_out", "html/*.html", pages=7),
    Source("@creative-tim-official/argon-dashboard@2.0.4", "held_out", "pages/*.html"),
    Source("themekit@2.1.0", "held_out", "pages/**/*.html", pages=5),
    Source("startbootstrap-sb-admin@7.0.7", "held_out", "dist/*.html"),
    Source("startbootstrap-creative@7.0.7", "held_out", "dist/*.html", pages=1),
)


def unpack(package: str, cache: Path) -> Path:
    """Fetch and unpack an npm package; returns the folder of its files."""
    folder = cache / re.sub(r"\W+", "-", package)
    if not folder.exists():
        packed = subprocess.run(
            ["npm", "pack", "--silent", package],
            cwd=cache, check=True, capture_output=True, text=True, timeout=600,
        ).stdout.split()[-1]  # fmt: skip
        with tarfile.open(cache / packed) as archive:
            archive.extractall(folder, filter="data")
    (root,) = folder.iterdir()
    return root


def choose_pages(source: Source, root: Path) -> list[Path]:
    """Some of a package's pages, drawn by its name."""
    candidates = sorted(
        {
            path
            for pattern in alternatives(source.pattern)
            for path in root.glob(pattern)
            if "node_modules" not in path.parts and path.stat().st_size > 2_500
        }
    )
    if not candidates:
        raise SystemExit(f"{source.package}: no pages match {source.pattern} below {root}")
    random.Random(source.package).shuffle(candidates)
    return candidates[: source.pages]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server of files that keeps no log."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


def serve(root: Path) -> http.server.ThreadingHTTPServer:
    """Serve a folder on loopback, on any free port."""
    handler = functools.partial(Quiet, directory=str(root))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def fonts_css(url: str, fonts_url: str) -> str:
    """What Google Fonts would answer, with the files of `@fontsource`."""
    families = re.findall(r"family=([^&]+)", urllib.parse.unquote_plus(url))
    names = {part.split(":")[0] for family in families for part in family.split("|")}
    return "".join(
        f"@font-face{{font-family:'{name}';font-weight:{weight};"
        f"src:url({fonts_url}/{FONTS[name]}-latin-{weight}-normal.woff2)}}\n"
        for name in names & FONTS.keys()
        for weight in WEIGHTS
    )


async def render(
    browser: Browser, source: Source, url: str, name: str, number: int, fonts_url: str, out: Path
) -> list[dict[str, Any]]:
    """Photograph one page on one or two screens; returns the rows of its targets."""
    screens = [SCREENS[number % 3]] + ([SCREENS[3]] if number % 2 == 0 else [])

    async def answer(route: Route) -> None:
        css = fonts_css(route.request.url, fonts_url)
        await route.fulfill(content_type="text/css", body=css)

    rows: list[dict[str, Any]] = []
    for width, height, scale in screens:
        page_id = f"{name}-{number}-{width}x{height}"
        context = await browser.new_context(
            viewport={"width": width, "height": height}, device_scale_factor=scale
        )
        try:
            await context.route("https://fonts.googleapis.com/css*", answer)
            page = await context.new_page()
            scroll_px = random.Random(page_id).choice([0, 0, 300, 700])
            seen = await photograph(page, url, scroll_px, out, page_id, scale)
        except Error as error:
            print(f"{page_id}: {error.message.splitlines()[0]}", flush=True)
            continue
        finally:
            await context.close()
        counts = Counter(target["name"].casefold() for target in seen.targets)
        rows += [
            {
                "id": f"{page_id}-{index}",
                "image": seen.image,
                "instruction": target["name"],
                "bbox_xyxy": target["bbox_xyxy"],
                "ui_type": target["ui_type"],
                "role": target["role"],
                "occurrences": target["occurrences"],
                "package": source.package,
                "split": source.split,
                "viewport_css_px": [width, height],
                "scale": scale,
            }
            for index, target in enumerate(seen.targets)
            if counts[target["name"].casefold()] == 1
        ]
        print(f"{source.split} {page_id}: {seen.words} words, {len(seen.targets)} targets")
    return rows


async def build(out: Path) -> None:
    cache = out / "cache"
    fonts = cache / "fonts"
    for folder in (fonts, out / "images", out / "words"):
        folder.mkdir(parents=True, exist_ok=True)
    for package in FONTS.values():
        for file in (unpack(f"@fontsource/{package}", cache) / "files").glob("*-latin-*.woff2"):
            (fonts / file.name).write_bytes(file.read_bytes())
    manifest: list[dict[str, Any]] = []
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        for source in SOURCES:
            root = unpack(source.package, cache)
            server, letters = serve(root), serve(fonts)
            for number, path in enumerate(choose_pages(source, root)):
                url = f"http://127.0.0.1:{server.server_port}/{path.relative_to(root)}"
                name = re.sub(r"\W+", "-", source.package).strip("-") + f"-{path.stem}"
                fonts_url = f"http://127.0.0.1:{letters.server_port}"
                manifest += await render(browser, source, url, name, number, fonts_url, out)
            server.shutdown()
            letters.shutdown()
        await browser.close()
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1))
    print(Counter(f"{row['split']} {row['ui_type']}" for row in manifest))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("data/app_pages"))
    asyncio.run(build(parser.parse_args().out))
