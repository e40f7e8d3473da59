"""Rebuild the set of real pages: screenshots of HTML documentation, truth from the DOM.

    python benchmarks/real_pages.py [--out data/real_pages]

Fetches documentation packages (Debian packages by `apt-get download`, source distributions by
`pip download`, the latter built with the Sphinx and MkDocs themes that many sites use), renders
pages of each with Chromium without network, and writes `images/*.png`, `words/*.json` (words
with their boxes) and `manifest.json`, a list of `{id, image, instruction, bbox_xyxy, ui_type,
package, split, occurrences, role}`. Packages are split into `dev` and `held_out`, so that no page
of the second has a sibling in the first.

What is fetched is kept in `cache/` beside the images; with it the script runs in about a minute.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Playwright, async_playwright

VIEWPORTS = [(1280, 800)] * 6 + [(1440, 900), (1024, 768), (390, 844), (1920, 1080)]
"""Sizes, CSS px; a page draws one of them."""

LIBRARIES = [
    "libjs-sphinxdoc",
    "libjs-jquery",
    "libjs-underscore",
    "sphinx-rtd-theme-common",
    "fonts-font-awesome",
    "fonts-lato",
    "fonts-roboto-slab",
    "fonts-open-sans",
    "libjs-bootstrap",
    "libjs-bootstrap4",
    "libjs-lunr",
    "libjs-highlight.js",
    "libjs-modernizr",
    "fonts-glyphicons-halflings",
]
"""Packages of scripts, style sheets and fonts that the documentation links to."""

THEMES = [
    "sphinx",
    "furo",
    "pydata-sphinx-theme",
    "sphinx-book-theme",
    "mkdocs-material",
    "myst-parser",
    "sphinx-copybutton",
    "sphinx-design",
]


@dataclass(frozen=True)
class Source:
    """A package and how its pages are drawn from it."""

    package: str
    split: str
    pattern: str
    """Which files, as a glob below the unpacked root (Debian) or the built pages (sdist)."""
    theme: str | None = None
    """Sphinx theme or `material` for a source distribution; None for a Debian package."""
    pages: int = 3


SOURCES = [
    Source("python3.11-doc", "dev", "usr/share/doc/python3.11/html/**/*.html"),
    Source("python-typer-doc", "dev", "usr/share/doc/**/*.html"),
    Source("python-flask-doc", "dev", "usr/share/doc/**/*.html", pages=2),
    Source("rust-doc", "dev", "usr/share/doc/rust-doc/html/book/*.html"),
    Source("rust-doc", "dev", "usr/share/doc/rust-doc/html/std/{vec,string,fs,io}/*.html"),
    Source("libsfml-doc", "dev", "usr/share/doc/**/*.html"),
    Source("libcommons-lang3-java-doc", "dev", "usr/share/doc/**/*.html", pages=2),
    Source("git-doc", "dev", "usr/share/doc/git-doc/*.html", pages=2),
    Source("bash-doc", "dev", "usr/share/doc/bash-doc/*.html", pages=1),
    Source("libgtk-4-doc", "dev", "usr/share/doc/**/*.html"),
    Source("nodejs-doc", "dev", "usr/share/doc/nodejs/api/*.html"),
    Source("python-hypothesis-doc", "dev", "usr/share/doc/**/*.html"),
    Source("python-pandas-doc", "dev", "usr/share/doc/**/html/{user_guide,reference/api}/*.html"),
    Source("attrs", "dev", "*.html", theme="furo"),
    Source("starlette", "dev", "**/*.html", theme="material"),
    Source("python-django-doc", "held_out", "usr/share/doc/**/*.html"),
    Source("apache2-doc", "held_out", "usr/share/doc/apache2-doc/manual/en/**/*.html"),
    Source("sqlite3-doc", "held_out", "usr/share/doc/**/*.html"),
    Source("python-djangorestframework-doc", "held_out", "usr/share/doc/**/*.html"),
    Source("postgresql-doc-15", "held_out", "usr/share/doc/**/*.html", pages=2),
    Source("libcairo2-doc", "held_out", "usr/share/**/*.html", pages=2),
    Source("libeigen3-doc", "held_out", "usr/share/doc/libeigen3-dev/html/[A-Z]*.html"),
    Source("gnutls-doc", "held_out", "usr/share/doc/**/*.html", pages=2),
    Source("python-aiohttp-doc", "held_out", "usr/share/doc/**/*.html", pages=2),
    Source("groonga-doc", "held_out", "usr/share/doc/groonga-doc/en/html/**/*.html"),
    Source("python-scrapy-doc", "held_out", "usr/share/doc/**/*.html"),
    Source("openjdk-17-doc", "held_out", "usr/share/doc/**/api/java.base/java/{util,io}/*.html"),
    Source("networkx", "held_out", "**/*.html", theme="pydata_sphinx_theme"),
    Source("structlog", "held_out", "*.html", theme="sphinx_book_theme"),
    Source("urllib3", "held_out", "**/*.html", theme="furo"),
]

COLLECT_JS = (Path(__file__).parent / "targets.js").read_text(encoding="utf-8")
WORDS_JS = (Path(__file__).parent / "words.js").read_text(encoding="utf-8")


def run(*command: str | Path, cwd: Path | None = None) -> None:
    subprocess.run([str(part) for part in command], cwd=cwd, check=True, timeout=900)


def unpack_debian(package: str, cache: Path) -> Path:
    """Fetch and unpack a Debian package with the libraries beside it; returns the root."""
    root = cache / "root"
    done = cache / f"{package}.done"
    if not done.exists():
        run("apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", package, cwd=cache)
        run("dpkg", "-x", next(cache.glob(f"{package}_*.deb")), root)
        for link in [path for path in root.rglob("*") if path.is_symlink()]:
            target = os.readlink(link)
            if target.startswith("/"):
                link.unlink()
                link.symlink_to(os.path.relpath(root / target[1:], link.parent))
        done.touch()
    return root


def build_documentation(source: Source, cache: Path) -> Path:
    """Fetch a source distribution and build its documentation; returns the folder of pages."""
    venv, output = cache / "themes", cache / f"html-{source.package}"
    if not venv.exists():
        run(sys.executable, "-m", "venv", venv)
        run(venv / "bin/pip", "install", "-q", *THEMES)
    if output.exists():
        return output
    name = source.package
    run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", name, name,
        "-d", cache)  # fmt: skip
    with tarfile.open(next(cache.glob(f"{name}-*.tar.gz"))) as archive:
        archive.extractall(cache / "sdist", filter="data")
    (root,) = (cache / "sdist").glob(f"{name}-*")
    docs = root / "docs" if (root / "docs").exists() else root / "doc"
    url = f"https://example.org/{name}/{name}"
    if source.theme == "material":
        (root / "site.yml").write_text(
            f"site_name: {name}\ndocs_dir: docs\nrepo_url: {url}\nedit_uri: edit/main/docs/\n"
            "theme:\n  name: material\n  font: false\n"
            "  features: [content.code.copy, content.action.edit, navigation.tabs, "
            "navigation.top]\n"
            "  palette:\n"
            "    - {scheme: default, toggle: {icon: material/brightness-7, name: Dark mode}}\n"
            "    - {scheme: slate, toggle: {icon: material/brightness-4, name: Light mode}}\n"
            "markdown_extensions: [admonition, pymdownx.highlight, pymdownx.superfences]\n"
        )
        run(venv / "bin/mkdocs", "-q", "build", "-f", root / "site.yml", "-d", output.absolute())
        return output
    options = {
        "furo": {"source_repository": f"{url}/", "source_branch": "main"},
        "pydata_sphinx_theme": {"github_url": url, "twitter_url": "https://example.org/t"},
        "sphinx_book_theme": {
            "repository_url": url,
            "repository_provider": "github",
            "use_repository_button": 1,
            "use_issues_button": 1,
            "use_edit_page_button": 1,
            "path_to_docs": "docs",
        },
    }[source.theme or ""]
    extensions = "myst_parser,sphinx_copybutton,sphinx_design"
    settings = {"project": name, "html_theme": source.theme, "extensions": extensions}
    settings |= {f"html_theme_options.{key}": value for key, value in options.items()}
    flags = [part for key, value in settings.items() for part in ("-D", f"{key}={value}")]
    run(venv / "bin/sphinx-build", "-q", "-Q", "-C", *flags, docs, output)
    return output


def alternatives(pattern: str) -> list[str]:
    """`a/{b,c}/d` as `a/b/d` and `a/c/d`."""
    if "{" not in pattern:
        return [pattern]
    head, rest = pattern.split("{", 1)
    options, tail = rest.split("}", 1)
    return [head + option + tail for option in options.split(",")]


def choose_pages(source: Source, root: Path) -> list[Path]:
    """The index page and some others, drawn by the package's name."""
    owned = root / "usr/share"
    candidates = sorted(
        {
            path
            for pattern in alternatives(source.pattern)
            for path in root.glob(pattern)
            if path.is_file() and 5_000 < path.stat().st_size < 1_500_000
        }
    )
    if source.theme is None:
        listing = subprocess.run(
            ["dpkg", "-c", next(root.parent.glob(f"{source.package}_*.deb"))],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        names = {line.split(maxsplit=5)[5].split(" -> ")[0] for line in listing.splitlines()}
        candidates = [path for path in candidates if f"./{path.relative_to(root)}" in names]
    if not candidates:
        raise SystemExit(f"{source.package}: no pages match {source.pattern} below {owned}")
    draw = random.Random(source.package)
    indexes = [path for path in candidates if path.name == "index.html"][:1]
    others = [path for path in candidates if path not in indexes]
    draw.shuffle(others)
    return (indexes + others)[: source.pages]


@dataclass(frozen=True)
class Photograph:
    """What was taken down of one page on one screen."""

    image: str
    """Below the set's folder."""
    targets: list[dict[str, Any]]
    words: int
    """How many can be read on it."""


async def photograph(
    page: Page, url: str, scroll_css_px: int, out: Path, page_id: str, scale: int = 1
) -> Photograph:
    """Open a page, scroll, and write its picture and words; all boxes are px of the picture."""
    await page.goto(url, wait_until="load", timeout=20_000)
    await page.wait_for_timeout(700)
    if scroll_css_px:
        await page.mouse.wheel(0, scroll_css_px)
        await page.wait_for_timeout(400)
    await page.add_style_tag(content="* { animation: none !important; caret-color: transparent }")
    image = f"images/{page_id}.png"
    targets = await page.evaluate(COLLECT_JS)
    words = await page.evaluate(WORDS_JS)
    await page.screenshot(path=out / image)
    for target in targets:
        target["bbox_xyxy"] = [scale * edge for edge in target["bbox_xyxy"]]
    for word in words:
        word["box"] = [scale * edge for edge in word["box"]]
    (out / "words" / f"{page_id}.json").write_text(json.dumps(words))
    return Photograph(image, targets, len(words))


async def render(
    browser: Browser, source: Source, page_path: Path, number: int, out: Path
) -> list[dict[str, Any]]:
    """Photograph one page; returns the targets on it."""
    page_id = f"{source.package}-{page_path.parent.name}-{number}"
    draw = random.Random(page_id)
    width, height = VIEWPORTS[0] if number == 0 else draw.choice(VIEWPORTS)
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if draw.random() < 0.3 else "light",
    )
    try:
        page = await context.new_page()
        scroll_px = draw.choice([0, 0, 300, 900]) if number > 0 else 0
        seen = await photograph(page, page_path.absolute().as_uri(), scroll_px, out, page_id)
    finally:
        await context.close()
    counts = Counter(target["name"].casefold() for target in seen.targets)
    unique = [target for target in seen.targets if counts[target["name"].casefold()] == 1]
    return [
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
        }
        for index, target in enumerate(unique)
    ]


async def launch(playwright: Playwright) -> Browser:
    """A browser that reaches loopback and nothing else."""
    return await playwright.chromium.launch(
        executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"),
        args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
    )


async def build(out: Path) -> None:
    cache = out / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(out / "images", ignore_errors=True)
    (out / "images").mkdir()
    (out / "words").mkdir(exist_ok=True)
    for library in LIBRARIES:
        unpack_debian(library, cache)
    manifest: list[dict[str, Any]] = []
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        for source in SOURCES:
            if source.theme is None:
                root = unpack_debian(source.package, cache)
            else:
                root = build_documentation(source, cache)
            for number, path in enumerate(choose_pages(source, root)):
                rows = await render(browser, source, path, number, out)
                kinds = Counter(row["ui_type"] for row in rows)
                print(f"{source.split} {path.relative_to(root)}: {dict(kinds)}", flush=True)
                manifest += rows
        await browser.close()
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1))
    print({key: sum(f"{r['split']} {r['ui_type']}" == key for r in manifest)
           for key in ("dev text", "dev icon", "held_out text", "held_out icon")})  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("data/real_pages"))
    asyncio.run(build(parser.parse_args().out))
