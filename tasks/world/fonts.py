"""The fonts of generated pages: families of open-licence Debian packages, by split.

Fonts are the system's. What is not installed is left out; each split has families that come with
almost any Linux, so that a page can always be drawn, but data meant for training wants them all.
"""

import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from typing import Literal

from vigorl.browser.errors import UsageError
from vigorl.tasks.world.splits import WorldSplit

Style = Literal["sans", "serif", "mono", "hand"]


@dataclass(frozen=True, slots=True)
class Font:
    """A family, where it is from, and who may draw it."""

    family: str
    package: str
    """Debian package."""
    style: Style
    split: WorldSplit


def _table(text: str) -> tuple[Font, ...]:
    rows = (tuple(part.strip() for part in line.split("|")) for line in text.strip().splitlines())
    return tuple(Font(family, package, style, split) for family, package, style, split in rows)  # type: ignore[arg-type]


FONTS = _table("""
DejaVu Sans | fonts-dejavu-core | sans | train
DejaVu Serif | fonts-dejavu-core | serif | train
DejaVu Sans Condensed | fonts-dejavu-extra | sans | train
Liberation Sans | fonts-liberation2 | sans | train
Liberation Mono | fonts-liberation2 | mono | train
Noto Sans | fonts-noto-core | sans | train
Noto Serif | fonts-noto-core | serif | train
Noto Sans Display | fonts-noto-core | sans | train
Roboto | fonts-roboto-unhinted | sans | train
Roboto Condensed | fonts-roboto-unhinted | sans | train
Roboto Slab | fonts-roboto-slab | serif | train
Open Sans | fonts-open-sans | sans | train
Lato | fonts-lato | sans | train
Inter | fonts-inter | sans | train
Fira Code | fonts-firacode | mono | train
Hack | fonts-hack | mono | train
EB Garamond | fonts-ebgaramond | serif | train
Carlito | fonts-crosextra-carlito | sans | train
Arimo | fonts-croscore | sans | train
Tinos | fonts-croscore | serif | train
FreeSans | fonts-freefont-ttf | sans | train
FreeSerif | fonts-freefont-ttf | serif | train
Quicksand | fonts-quicksand | sans | train
Comic Neue | fonts-comic-neue | hand | train
Nimbus Sans | fonts-urw-base35 | sans | train
P052 | fonts-urw-base35 | serif | train
C059 | fonts-urw-base35 | serif | train
Andika | fonts-sil-andika | sans | train
Cabin | fonts-cabin | sans | train
Dosis | fonts-dosis | sans | train
Inconsolata | fonts-inconsolata | mono | train
TeX Gyre Adventor | fonts-texgyre | sans | train
TeX Gyre Bonum | fonts-texgyre | serif | train
B612 | fonts-b612 | sans | train
Courier Prime | fonts-courier-prime | mono | train
Linux Biolinum O | fonts-linuxlibertine | sans | train
Cantarell | fonts-cantarell | sans | val
Caladea | fonts-crosextra-caladea | serif | val
Cousine | fonts-croscore | mono | val
Oxygen | fonts-oxygen | sans | val
Play | fonts-play | sans | val
DejaVu Sans Mono | fonts-dejavu-core | mono | val
Liberation Serif | fonts-liberation2 | serif | test
Liberation Sans Narrow | fonts-liberation-sans-narrow | sans | test
JetBrains Mono | fonts-jetbrains-mono | mono | test
Linux Libertine O | fonts-linuxlibertine | serif | test
Vollkorn | fonts-vollkorn | serif | test
Gentium Basic | fonts-sil-gentium-basic | serif | test
URW Gothic | fonts-urw-base35 | sans | test
mononoki | fonts-mononoki | mono | test
Tuffy | fonts-tuffy | sans | test
Yanone Kaffeesatz | fonts-yanone-kaffeesatz | sans | test
League Spartan | fonts-league-spartan | sans | test
Junction | fonts-junction | sans | test
TeX Gyre Heros | fonts-texgyre | sans | test
""")


@cache
def installed() -> frozenset[str]:
    """Families that fontconfig knows on this machine and Chromium draws alike each time.

    Of a family with Type 1 files beside others it takes now one and now another.

    Raises:
        UsageError: there is no fontconfig.
    """
    if shutil.which("fc-list") is None:
        raise UsageError("no fc-list on this machine: apt-get install fontconfig")
    listing = subprocess.run(
        ["fc-list", "--format", "%{fontformat}|%{family}\n"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for line in listing.splitlines():
        file_format, _, names = line.partition("|")
        found[file_format == "Type 1"] |= {name.strip() for name in names.split(",")}
    return frozenset(found[False] - found[True])


def fonts_of(split: WorldSplit) -> tuple[Font, ...]:
    """The installed fonts of a split.

    Raises:
        UsageError: there is none; says what to install.
    """
    found = tuple(font for font in FONTS if font.split == split and font.family in installed())
    if not found:
        raise UsageError(f"no font of the split {split} is installed: {how_to_install()}")
    return found


def missing() -> tuple[Font, ...]:
    """The fonts that are not installed."""
    return tuple(font for font in FONTS if font.family not in installed())


def how_to_install() -> str:
    """The command that installs what is missing."""
    return "apt-get install " + " ".join(sorted({font.package for font in missing()}))
