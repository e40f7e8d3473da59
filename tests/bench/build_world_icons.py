"""Rebuild `tasks/world/icons.json`: drawings from open icon sets, by concept.

    python tests/bench/build_world_icons.py [--cache data/icons] [--out tasks/world/icons.json]

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

from build_icons import fetch, stems

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

MORE = """
alignleft: align-left text-left format_align_left format-align-left text-align-left text--align--left bars-3-bottom-left
aligncenter: align-center text-center format_align_center format-align-center text-align-center text--align--center
alignright: align-right text-right format_align_right format-align-right text-align-right text--align--right bars-3-bottom-right
numbered: list-ordered list-ol list-numbers format_list_numbered format-list-numbered list--numbered numbered-list numbered-list-left
strikethrough: strikethrough type-strikethrough format_strikethrough text--strikethrough text-strikethrough
heading: heading type-h1 format-header-1 h-1 title text-h h1
crop: crop crop-outline
layers: layers layers-outline square-3-stack-3d stack layer-group
wifi: wifi wifi-high wifi-outline
battery: battery battery-full battery-high battery-100
bluetooth: bluetooth
headphones: headphones headset headphones-simple
map: map map-outline map-trifold
compass: compass explore compass-outline
sun: sun sunny light_mode weather-sunny
moon: moon dark_mode weather-night half-moon
coffee: coffee cup-hot local_cafe mug-saucer mug-hot cafe-outline coffee-cup cafe
percent: percent percentage
calculator: calculator calculate calculator-outline calculator-variant
trophy: trophy emoji_events trophy-outline
target: target bullseye crosshair track_changes
monitor: monitor display desktop_windows device-desktop computer-desktop desktop screen device-desktop
laptop: laptop device-laptop laptop-outline
tablet: tablet device-tablet tablet-portrait
tv: tv device-tv television tv-outline
mouse: mouse mouse-2 computer-mouse
text: type text_fields format-text text text-t letter-case
columns: columns columns-3 view-columns view_column layout-columns
piechart: pie-chart chart-pie pie_chart chart-pie-slice chart--pie
activity: activity pulse heart-pulse waveform
shuffle: shuffle random shuffle-outline
repeat: repeat loop repeat-outline
move: move arrows-move open_with arrows-out-cardinal arrows-up-down-left-right
brush: brush paintbrush brush-fill paint-brush brush-outline edit-pencil design-pencil
droplet: droplet drop water_drop water-outline invert_colors opacity
eraser: eraser
ruler: ruler straighten rulers
square: square square-outline crop_square stop-outline
circle: circle circle-outline radio_button_unchecked
triangle: triangle triangle-outline change_history
plane: plane airplane flight airplane-outline
car: car directions_car car-front car-outline
bus: bus directions_bus bus-outline bus-front
train: train train-front directions_train train-outline
bike: bike bicycle directions_bike bicycle-outline
walk: walk walking directions_walk person-walking
bed: bed hotel bed-outline
restaurant: utensils restaurant fork-knife tools-kitchen-2 silverware-fork-knife restaurant-outline cutlery
thermometer: thermometer thermostat thermometer-half thermometer-outline temperature
wind: wind air weather-windy
snow: snowflake snow ac_unit
rain: cloud-rain rainy cloud-rain-heavy weather-rainy rain rainy-outline
umbrella: umbrella beach_access umbrella-outline
leaf: leaf eco leaf-outline
paw: paw paw-print pets paw-outline
wrench: wrench build wrench-outline tool
plug: plug power plug-2 electrical_services power-plug
shirt: shirt t-shirt checkroom tshirt shirt-outline
watch: watch smartwatch watch-outline device-watch
ticket: ticket confirmation_number ticket-outline
briefcase: briefcase work briefcase-outline
idcard: id-card badge person-badge card-account-details identification identification-card
fingerprint: fingerprint finger-print
qrcode: qr-code qrcode qr_code qr-code-outline
barcode: barcode barcode-outline
calendarplus: calendar-plus calendar_plus calendar-add calendar--add
userplus: user-plus person-plus person_add account-plus user--follow person-add-outline add-user
folderplus: folder-plus create_new_folder folder--add folder-add-outline new-folder
fileplus: file-plus note_add file-earmark-plus document-add document-plus new-file
archive: archive archive-outline archive-box
anchor: anchor
hash: hash hashtag numbers tag
at: at at-sign alternate_email at-outline
smile: smile emoji-smile mood emoji-happy face-smile happy-outline smiley emoji
emojisad: frown emoji-frown mood_bad face-frown sad-outline smiley-sad emoji-sad
merge: git-merge merge call_merge git-merge-outline
branch: git-branch branch source-branch git--branch
commit: git-commit commit source-commit git-commit-outline
split: split call_split arrow-split split-horizontal
puzzle: puzzle extension puzzle-piece extension-puzzle-outline extensions
cpu: cpu memory chip processor cpu-chip microchip
gamepad: gamepad gamepad-2 controller sports_esports game-controller-outline game-controller
megaphone: megaphone campaign bullhorn megaphone-outline
lifebuoy: life-buoy lifebuoy support life-ring help-buoy
record: record-circle circle-dot fiber_manual_record radio-button-on record-circle-outline
airplay: cast airplay cast-outline screencast
pipette: pipette eyedropper colorize color-picker eye-dropper eyedropper-outline
contrast: contrast circle-half contrast-outline circle-half-stroke
lasso: lasso
wand: wand magic wand-2 wand-sparkles auto_fix_high magic-wand wand-magic
hand: hand pan_tool hand-stop hand-raised hand-palm
pointer: mouse-pointer cursor pointer near_me cursor-default arrow-pointer navigate-outline
"""

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
        for stem, concepts in stems().items()
    }
    rank: dict[tuple[str, str], int] = {}
    for place, (stem, concepts) in enumerate(wanted.items()):
        for concept in concepts:
            rank[concept, stem] = place
    for place, entry in enumerate(MORE.strip().splitlines()):
        concept, _, names = entry.partition(":")
        for order, stem in enumerate(names.split()):
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
