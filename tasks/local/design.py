"""How a page looks: a look (type, edges, controls), light or dark, an accent, a window size.

The looks of test seeds and their accents appear under no training seed. Colours are computed from
a hue so that every combination keeps its contrast: text on its ground at least 4.5 to 1
(WCAG 2.2, criterion 1.4.3).
"""

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vigorl.tasks.local.draw import Draw, WordLists

Mode = Literal["light", "dark"]
Shell = Literal["top", "side", "bare"]

VIEWPORTS = ((1280, 720), (1280, 800), (1366, 768), (1440, 900), (1024, 768))
"""Window sizes, CSS px."""

ACCENTS = WordLists(
    train=("#2459d3", "#0b7a75", "#6a3fc4", "#b3471d", "#2f7a3b", "#b8255f", "#475569"),
    test=("#3f4bb8", "#66700f", "#8a2a83", "#0a6c94", "#9d2f2b", "#7a5200"),
)

SANS = '"Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif'
WIDE = 'Verdana, "DejaVu Sans", "Bitstream Vera Sans", sans-serif'
NARROW = '"Arial Narrow", "Liberation Sans Narrow", "Helvetica Neue", Arial, sans-serif'
SERIF = 'Georgia, "DejaVu Serif", "Bitstream Vera Serif", serif'
TIMES = '"Times New Roman", Times, "Liberation Serif", serif'
MONO = 'Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace'


@dataclass(frozen=True)
class Style:
    """One house style."""

    name: str
    body_font: str
    heading_font: str
    size_px: float
    """Size of running text; the smallest text on a page is 0.87 times that."""
    heading_weight: int
    radius_px: int
    line_px: float
    """Width of borders."""
    shadow: Literal["none", "soft", "hard"]
    header: Literal["plain", "dark", "accent"]
    field: Literal["outline", "filled", "underline"]
    button: Literal["solid", "outline", "pill"]
    controls: Literal["native", "drawn"]
    """Whether checkboxes, radios and lists are the browser's own or the page's."""
    hue: float | None
    """Hue of the greys, 0 to 1; None takes the accent's."""
    saturation: float
    """Saturation of the greys, 0 to 1."""


LOOKS: dict[str, Style] = {
    look.name: look
    for look in (
        # Training seeds.
        Style("paper", SANS, SERIF, 15, 700, 4, 1, "none", "plain", "outline", "solid", "drawn",
             0.10, 0.26),
        Style("slate", SANS, SANS, 15, 650, 8, 1, "soft", "dark", "outline", "solid", "drawn",
             0.61, 0.22),
        Style("ledger", WIDE, WIDE, 13.8, 700, 2, 1, "none", "accent", "outline", "outline",
             "native", 0.58, 0.10),
        Style("soft", SANS, SANS, 15.5, 700, 16, 0, "soft", "plain", "filled", "pill", "drawn",
             None, 0.34),
        Style("poster", SANS, SANS, 15, 800, 0, 2, "hard", "plain", "outline", "solid", "native",
             0.14, 0.12),
        Style("folio", TIMES, SANS, 17, 700, 5, 1, "soft", "accent", "underline", "solid", "drawn",
             0.08, 0.14),
        # Test seeds.
        Style("gazette", SERIF, SERIF, 14.5, 700, 0, 1, "none", "dark", "underline", "outline",
             "native", 0.12, 0.10),
        Style("cabin", NARROW, NARROW, 17, 700, 6, 1, "soft", "dark", "filled", "solid", "drawn",
             0.38, 0.16),
        Style("terrace", WIDE, SERIF, 14, 700, 22, 1, "soft", "accent", "outline", "pill", "drawn",
             None, 0.22),
        Style("bureau", SANS, MONO, 15, 700, 3, 1, "none", "plain", "filled", "solid", "native",
             0.66, 0.06),
    )
}  # fmt: skip

LOOK_NAMES = WordLists(
    train=("paper", "slate", "ledger", "soft", "poster", "folio"),
    test=("gazette", "cabin", "terrace", "bureau"),
)


@dataclass(frozen=True)
class Design:
    """What the seed drew of the looks."""

    look: str
    mode: Mode
    accent: str
    shell: Shell
    """Where navigation stands: above, beside, or nowhere."""
    mark: int
    """Which of the brand signs, 0 to 5."""


@dataclass(frozen=True)
class Palette:
    """Colours as `#rrggbb`."""

    ground: str
    surface: str
    sunken: str
    line: str
    ink: str
    muted: str
    accent: str
    on_accent: str
    accent_text: str
    tint: str
    header: str
    on_header: str
    danger: str
    ok: str
    warn: str


def draw_design(draw: Draw, shells: Sequence[Shell]) -> Design:
    """Choose a design; a third of them are dark."""
    return Design(
        look=draw.word(LOOK_NAMES),
        mode="dark" if draw.chance(1 / 3) else "light",
        accent=draw.word(ACCENTS),
        shell=draw.one(shells),
        mark=draw.whole(0, 5),
    )


def palette_of(design: Design) -> Palette:
    """Every colour of a design, computed from the look's hue and the accent."""
    look = LOOKS[design.look]
    accent_hue, _, _ = colorsys.rgb_to_hls(*_channels(design.accent))
    hue = accent_hue if look.hue is None else look.hue
    saturation = look.saturation

    def grey(lightness: float, share: float = 1.0) -> str:
        return _hex(colorsys.hls_to_rgb(hue, lightness, min(1.0, saturation * share)))

    if design.mode == "light":
        accent, accent_text = design.accent, mixed(design.accent, "#000000", 0.18)
        ground, surface, sunken = grey(0.965), grey(0.998 if look.line_px else 0.99), grey(0.935)
        line, ink, muted = grey(0.80), grey(0.11), grey(0.36, 0.6)
        danger, ok, warn = "#b3261e", "#1f6f3d", "#7a5200"
    else:
        accent, accent_text = design.accent, mixed(design.accent, "#ffffff", 0.52)
        ground, surface, sunken = grey(0.085), grey(0.125), grey(0.18)
        line, ink, muted = grey(0.32), grey(0.94, 0.5), grey(0.72, 0.5)
        danger, ok, warn = "#ff9c94", "#84d6a1", "#e8c268"
    header, on_header = {
        "plain": (surface, ink),
        "dark": (grey(0.16 if design.mode == "light" else 0.05), "#ffffff"),
        "accent": (mixed(accent, "#000000", 0.12), "#ffffff"),
    }[look.header]
    if look.line_px >= 2:
        line = ink
    tint = mixed(surface, accent_text, 0.12)
    return Palette(
        ground, surface, sunken, line, ink, muted, accent, "#ffffff", accent_text, tint,
        header, on_header, danger, ok, warn,
    )  # fmt: skip


def css_variables(design: Design) -> dict[str, str]:
    """The design as CSS custom properties, without their leading dashes."""
    look, palette = LOOKS[design.look], palette_of(design)
    shadow = {
        "none": "none",
        "soft": "0 1px 2px rgb(0 0 0 / .08), 0 6px 18px rgb(0 0 0 / .08)",
        "hard": f"4px 4px 0 {palette.ink}",
    }[look.shadow]
    return {
        **{name.replace("_", "-"): getattr(palette, name) for name in palette.__dataclass_fields__},
        "font": look.body_font,
        "heading-font": look.heading_font,
        "heading-weight": str(look.heading_weight),
        "size": f"{look.size_px}px",
        "radius": f"{look.radius_px}px",
        "line-width": f"{look.line_px}px",
        "shadow": shadow,
    }


def mixed(color: str, other: str, share: float) -> str:
    """`color` with a share of `other` in it."""
    pairs = zip(_channels(color), _channels(other), strict=True)
    return _hex(tuple(a * (1 - share) + b * share for a, b in pairs))


def contrast(color: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21.

    Source: WCAG 2.2, "contrast ratio" and "relative luminance".
    """
    bright, dark = sorted((_luminance(color), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _hex(channels: Sequence[float]) -> str:
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)
