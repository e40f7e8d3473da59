"""Rebuild `tasks/world/icons.json`: drawings from open icon sets, by concept.

    python tools/build_world_icons.py [--cache data/icons] [--out tasks/world/icons.json]

Fetches the sets with `npm pack` and keeps, of each set, up to two drawings of every concept that
`build_icons.py` or the list below names by its file names. Brands' logos are left out. Licences:
`tasks/world/ICONS.md`.
"""

import argparse
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from build_icons import MORE, STEMS, entries, fetch, stems

SETS = {
    "lucide": ("lucide-static@1.62.0", "icons/*.svg", "ISC"),
    "bootstrap": ("bootstrap-icons@1.13.2", "icons/*.svg", "MIT"),
    "octicons": ("@primer/octicons@19.42.0", "build/svg/*-16.svg", "MIT"),
    "tabler": ("@tabler/icons@3.51.0", "icons/outline/*.svg", "MIT"),
    "tablerfilled": ("@tabler/icons@3.51.0", "icons/filled/*.svg", "MIT"),
    "fontawesome": ("@fortawesome/fontawesome-free@7.3.1", "svgs/solid/*.svg", "CC-BY-4.0"),
    "material": ("@material-design-icons/svg@0.14.15", "filled/*.svg", "Apache-2.0"),
    "mdi": ("@mdi/svg@7.4.47", "svg/*.svg", "Apache-2.0"),
    "heroicons": ("heroicons@2.2.0", "24/*/*.svg", "MIT"),
    "carbon": ("@carbon/icons@11.89.0", "svg/32/*.svg", "Apache-2.0"),
    "ionicons": ("ionicons@8.1.0", "dist/svg/*.svg", "MIT"),
    "codicons": ("@vscode/codicons@0.0.45", "src/icons/*.svg", "CC-BY-4.0"),
    "phosphor": ("@phosphor-icons/core@2.1.1", "assets/regular/*.svg", "MIT"),
    "iconoir": ("iconoir@7.11.0", "icons/regular/*.svg", "MIT"),
}
"""Package, pattern and licence of each set."""

BRANDS = """github gitlab bitbucket twitter mastodon discord slack youtube facebook linkedin
instagram reddit telegram gitter matrix python stackoverflow docker google apple windows
android""".split()

FINER = """
sun: sun sunny light_mode weather-sunny
moon: moon dark_mode weather-night half-moon
contrast: contrast circle-half contrast-outline circle-half-stroke
wand: wand magic wand-2 wand-sparkles auto_fix_high magic-wand wand-magic
"""
"""Told apart here alone: `reader` calls them `theme` and `magic`."""

PER_SET = 2


def drawing(source: str) -> str:
    """An SVG without what does not show: comments, sizes, classes, titles."""
    source = re.sub(r"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>]*>", "", source, flags=re.DOTALL)
    source = re.sub(r"<(style|title|defs)>.*?</\1>|<(title|defs)/>", "", source, flags=re.DOTALL)
    head, body = re.search(r"<svg([^>]*)>(.*)</svg>", source, re.DOTALL).groups()  # type: ignore[union-attr]
    kept = dict(
        re.findall(
            r'(viewBox|fill|stroke|stroke-width|stroke-linecap|stroke-linejoin)="([^"]*)"', head
        )
    )
    if "viewBox" not in kept:
        size = dict(re.findall(r'(width|height)="(\d+)[^"]*"', head))
        kept["viewBox"] = f"0 0 {size['width']} {size['height']}"
    for key in ("fill", "stroke"):
        if kept.get(key) not in (None, "none"):
            kept[key] = "currentColor"
    if "ionicon" in source:  # its classes carry the stroke
        body = re.sub(r'class="[^"]*ionicon-fill-none[^"]*"', 'fill="none"', body)
        kept |= {"stroke-width": "32"}
        body = re.sub(
            r"<(path|circle|rect|line|polyline|polygon|ellipse)", r"<\1 stroke='currentColor'", body
        )
    body = re.sub(r'\s(class|id|data-[\w-]+|aria-[\w-]+|xmlns\S*)="[^"]*"', "", body)
    body = re.sub(r'"(#[0-9a-fA-F]{3,6}|black|#000)"', '"currentColor"', body)
    body = re.sub(
        r'<(path|rect)( (?:d="M0 0h24v24H0z"|fill="none"|width="\d+"|height="\d+")){2,}/>', "", body
    )
    body = re.sub(r"(\d\.\d\d)\d+", r"\1", body)
    body = re.sub(r"\s*\n\s*", " ", body).strip().replace("> <", "><")
    attributes = " ".join(f'{key}="{value}"' for key, value in kept.items())
    return f"<svg {attributes}>{body}</svg>"


def main(cache: Path, out: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    wanted = {
        stem: [concept for concept in concepts if concept not in BRANDS]
        for stem, concepts in stems(STEMS).items()
    }
    rank: dict[tuple[str, str], int] = {}
    for place, (stem, concepts) in enumerate(wanted.items()):
        for concept in concepts:
            rank[concept, stem] = place
    for place, (concept, names) in enumerate(entries(MORE + FINER)):
        for order, stem in enumerate(names):
            # A drawing asked for under two names would have two right answers.
            wanted[stem] = [concept]
            rank[concept, stem] = 10_000 + place * 100 + order
    sets = {}
    for name, (package, pattern, licence) in SETS.items():
        found: dict[str, list[tuple[int, str]]] = {}
        for path in sorted(fetch(package, cache).glob(pattern)):
            stem = re.sub(r"-(16|24)$", "", path.stem).replace("_", "-")
            stem = stem if stem in wanted else re.sub(r"-(16|24)$", "", path.stem)
            for concept in wanted.get(stem, []):
                svg = drawing(path.read_text())
                if len(svg) < 1500:
                    found.setdefault(concept, []).append((rank[concept, stem], svg))
        icons = {
            concept: [svg for _, svg in sorted(drawings)[:PER_SET]]
            for concept, drawings in sorted(found.items())
        }
        print(name, len(icons), "concepts")
        sets[name] = {"package": package, "licence": licence, "icons": icons}
    text = json.dumps(sets, ensure_ascii=False, separators=(",", ":"))
    out.write_text(text + "\n")
    concepts = {concept for entry in sets.values() for concept in entry["icons"]}
    print(f"{out}: {len(text) / 1e6:.2f} MB, {len(concepts)} concepts")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("data/icons"))
    parser.add_argument("--out", type=Path, default=Path("tasks/world/icons.json"))
    arguments = parser.parse_args()
    main(arguments.cache, arguments.out)
