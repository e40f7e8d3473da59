"""How a generated page looks: a manner of drawing controls, colours, sizes, fonts.

A manner follows a family of designs that people meet (flat web frameworks, material, desktops old
and new, paper, terminals) loosely, and everything in it is drawn anew for each page, so that two
pages of one manner differ as two sites do.
"""

import colorsys
import random
from dataclasses import dataclass
from typing import Literal

from vigorl.tasks.world.fonts import Font

Density = Literal["loose", "normal", "dense"]


@dataclass(frozen=True, slots=True)
class Manner:
    """What a family of designs has in common."""

    name: str
    radius_px: tuple[int, int]
    """Least and greatest radius of corners."""
    line_px: tuple[float, ...]
    shadows: tuple[str, ...]
    buttons: tuple[str, ...]
    """Of `flat`, `outline`, `bevel`, `gloss`, `hard`, `pill`."""
    fields: tuple[str, ...]
    """Of `box`, `filled`, `line`, `bevel`."""
    controls: tuple[str, ...]
    """Of `native`, `drawn`, `big`."""
    tabs: tuple[str, ...]
    caps: float = 0.0
    """How often buttons are written in capitals."""
    dark: float = 0.35
    saturation: tuple[float, float] = (0.0, 0.25)
    """Of the greys."""


SOFT = "0 1px 2px rgb(0 0 0/.1), 0 5px 16px rgb(0 0 0/.08)"
DEEP = "0 2px 4px rgb(0 0 0/.25)"

MANNERS = (
    Manner("bootstrap", (4, 7), (1,), ("none", DEEP), ("flat", "outline"), ("box",),
           ("native", "drawn"), ("t-line", "t-box")),
    Manner("material", (2, 6), (0, 0, 1), (DEEP, "none"), ("flat", "pill"),
           ("filled", "line", "box"), ("drawn", "big"), ("t-line",), caps=0.5),
    Manner("tailwind", (6, 14), (1,), ("none", SOFT), ("flat", "pill"), ("box", "filled"),
           ("drawn", "native"), ("t-line", "t-pill")),
    Manner("fluent", (2, 6), (1,), ("none", SOFT), ("flat",), ("box", "line"), ("drawn", "big"),
           ("t-line", "t-pill")),
    Manner("adwaita", (6, 12), (1,), ("none",), ("flat", "gloss"), ("filled", "box"),
           ("drawn", "native"), ("t-pill", "t-line")),
    Manner("aqua", (4, 10), (1,), (SOFT,), ("gloss", "flat"), ("box",), ("native", "drawn"),
           ("t-pill", "t-box")),
    Manner("classic", (0, 0), (1,), ("none",), ("bevel",), ("bevel",), ("native",), ("t-box",),
           dark=0.0, saturation=(0, 0.06)),
    Manner("brutal", (0, 0), (2, 3), ("4px 4px 0 var(--ink)",), ("hard",), ("box",),
           ("drawn", "big"), ("t-box", "t-line"), caps=0.3, saturation=(0, 0.6)),
    Manner("paper", (0, 4), (1, 0), ("none",), ("outline", "flat"), ("line", "box"), ("native",),
           ("t-line",), caps=0.2, dark=0.15, saturation=(0.1, 0.5)),
    Manner("plain", (0, 0), (1,), ("none",), ("gloss", "bevel", "flat"), ("bevel", "box"),
           ("native",), ("t-box",), dark=0.1, saturation=(0, 0.1)),
    Manner("terminal", (0, 0), (1,), ("none",), ("outline",), ("box", "line"), ("native", "drawn"),
           ("t-box",), caps=0.2, dark=0.9, saturation=(0, 0.5)),
    Manner("round", (16, 26), (0, 1), (SOFT, "none"), ("pill",), ("filled", "box"),
           ("drawn", "big"), ("t-pill",), saturation=(0.1, 0.5)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """One page's look, as CSS."""

    manner: str
    dark: bool
    body_class: str
    variables: dict[str, str]
    font: str

    def css(self) -> str:
        """The variables as a declaration block for the root."""
        return (
            ":root{" + "".join(f"--{key}:{value};" for key, value in self.variables.items()) + "}"
        )


def draw_look(draw: random.Random, fonts: tuple[Font, ...], density: Density) -> Look:
    """A look, drawn from everything there is."""
    manner = draw.choice(MANNERS)
    dark = draw.random() < manner.dark
    chosen = _fonts(draw, fonts, manner)
    low, high = {"loose": (13, 20), "normal": (11, 16), "dense": (9, 14)}[density]
    size = draw.uniform(low, high) if draw.random() < 0.4 else float(draw.randint(low, high))
    room = size * {"loose": 0.95, "normal": 0.7, "dense": 0.35}[density] * draw.uniform(0.7, 1.3)
    radius = draw.randint(*manner.radius_px)
    button, field = draw.choice(manner.buttons), draw.choice(manner.fields)
    controls, tabs = draw.choice(manner.controls), draw.choice(manner.tabs)
    pad = {"loose": 0.6, "normal": 0.4, "dense": 0.18}[density] * draw.uniform(0.7, 1.3)
    variables = {
        **_colours(draw, manner, dark),
        **chosen,
        "size": f"{size:.2f}px",
        "leading": f"{draw.uniform(1.2, 1.3 if density == 'dense' else 1.6):.2f}",
        "weight": draw.choice(("400", "400", "400", "400", "500", "300")),
        "spacing": draw.choice(("normal",) * 8 + ("0.02em", "-0.01em")),
        "h1": f"{draw.uniform(1.5, 2.3):.2f}em",
        "h2": f"{draw.uniform(1.2, 1.6):.2f}em",
        "h3": f"{draw.uniform(1.0, 1.2):.2f}em",
        "heading-weight": draw.choice(("700", "600", "400", "800")),
        "gap": f"{room:.1f}px",
        "radius": f"{radius}px",
        "line-width": f"{draw.choice(manner.line_px)}px",
        "shadow": draw.choice(manner.shadows),
        "button-pad": f"{pad:.2f}em {pad * draw.uniform(1.6, 2.8):.2f}em",
        "button-radius": "99px" if button == "pill" else f"{radius}px",
        "button-weight": draw.choice(("400", "500", "600", "700")),
        "button-case": "uppercase" if draw.random() < manner.caps else "none",
        "field-pad": f"{pad:.2f}em {pad * 1.5:.2f}em",
        "field-radius": f"{min(radius, 12)}px",
        "ib": f"{draw.uniform(1.5, 1.9 if density == 'dense' else 2.5):.2f}em",
        "cell": f"{pad * 0.9:.2f}em {draw.uniform(0.5, 1.0):.2f}em",
        "table-row": draw.choice(("1px", "1px", "0")),
        "nav-pad": f"{pad * 0.9:.2f}em {pad * 1.6:.2f}em",
        "menu-pad": f"{pad * 0.8:.2f}em {pad * 2:.2f}em",
        "tree-pad": f"{pad * 0.3:.2f}em .3em",
        "tab-gap": draw.choice(("0", ".3em", ".8em")),
        "tick": f"{draw.uniform(1.0, 1.35):.2f}em",
        "tick-line": draw.choice(("1px", "2px", "1.5px")),
        "tick-radius": f"{min(radius, 5)}px",
        "avatar": draw.choice(("50%", "50%", "4px", "25%")),
        "badge": draw.choice(("99px", "3px", "0")),
    }
    classes = [f"b-{button}", f"f-{field}", tabs]
    classes += ["c-drawn"] if controls == "drawn" else ["c-big"] if controls == "big" else []
    classes += [
        name for name, odds in (("labels-bold", 0.4), ("s-line", 0.25)) if draw.random() < odds
    ]
    if manner.name == "plain":
        classes.append("plain")
    return Look(manner.name, dark, " ".join(classes), variables, chosen["font"].split('"')[1])


def _fonts(draw: random.Random, fonts: tuple[Font, ...], manner: Manner) -> dict[str, str]:
    """Fonts for text, headings and code; a fallback is never of another split."""
    wanted = "mono" if manner.name == "terminal" else "serif" if manner.name == "paper" else None
    fitting = [font for font in fonts if font.style == wanted] if wanted else []
    body = draw.choice(fitting) if fitting and draw.random() < 0.75 else draw.choice(fonts)
    heading = body if draw.random() < 0.7 else draw.choice(fonts)
    mono = draw.choice([font for font in fonts if font.style == "mono"] or list(fonts))
    names = {"font": body, "heading-font": heading, "mono": mono}
    return {key: f'"{font.family}"' for key, font in names.items()}


def _colours(draw: random.Random, manner: Manner, dark: bool) -> dict[str, str]:
    hue, accent_hue = draw.random(), draw.random()
    saturation = draw.uniform(*manner.saturation)
    if draw.random() < 0.4:
        saturation = 0.0

    def grey(lightness: float, share: float = 1.0) -> str:
        return _hex(hue, lightness, saturation * share)

    accent_saturation = draw.uniform(0.45, 0.95)
    accent = _hex(accent_hue, draw.uniform(0.28, 0.42), accent_saturation)
    on_accent = "#ffffff"
    if draw.random() < 0.15:
        accent, on_accent = _hex(accent_hue, draw.uniform(0.68, 0.8), accent_saturation), "#101010"
    if dark:
        base = draw.uniform(0.0, 0.14)
        ground, surface, sunken = grey(base), grey(base + 0.05), grey(base + 0.09)
        ink, muted, line = grey(draw.uniform(0.82, 1)), grey(draw.uniform(0.58, 0.72)), grey(0.28)
        link, tint = _hex(accent_hue, 0.74, 0.8), grey(base + 0.16)
        field, hint, off = grey(base + 0.03), grey(0.55), grey(0.36)
        code = [_hex(draw.random(), 0.72, 0.7) for _ in range(3)]
    else:
        top = draw.uniform(0.93, 1)
        ground, surface, sunken = grey(top), grey(min(1, top + 0.05), 0.6), grey(top - 0.04)
        if manner.name == "classic":
            ground, surface, sunken = "#c0c0c0", "#d4d0c8", "#c8c4bc"
        ink, muted, line = grey(draw.uniform(0.0, 0.22)), grey(draw.uniform(0.34, 0.48)), grey(0.8)
        link, tint = _hex(accent_hue, 0.32, 0.85), _hex(accent_hue, 0.92, 0.6)
        field, hint, off = "#ffffff" if draw.random() < 0.7 else grey(0.96), grey(0.5), grey(0.72)
        code = [_hex(draw.random(), 0.32, 0.8) for _ in range(3)]
    header, on_header = draw.choice(((surface, ink), (accent, on_accent), (grey(0.14), "#ffffff"),
                                     (sunken, ink)))  # fmt: skip
    caret = "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 10 10'%3E%3Cpath d='M1 3l4 4 4-4' fill='none' stroke='%23888' stroke-width='1.5'/%3E%3C/svg%3E"  # noqa: E501
    tick = f"%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 10 10'%3E%3Cpath d='M2 5l2 2 4-4' fill='none' stroke='%23{on_accent[1:]}' stroke-width='1.6'/%3E%3C/svg%3E"  # noqa: E501
    if draw.random() < 0.3:
        line = muted if draw.random() < 0.3 else line
    return {
        "ground": ground, "surface": surface, "sunken": sunken, "ink": ink, "muted": muted,
        "line": line, "accent": accent, "on-accent": on_accent, "link": link, "tint": tint,
        "link-line": draw.choice(("none", "none", "underline")), "header": header,
        "on-header": on_header, "field": field, "field-line": draw.choice((line, muted)),
        "hint": hint, "off": off, "icon": draw.choice((ink, ink, muted, link)),
        "c1": code[0], "c2": code[1], "c3": code[2],
        "caret": f"url(\"data:image/svg+xml,{caret}\")",
        "tick-mark": f"url(\"data:image/svg+xml,{tick}\")",
    }  # fmt: skip


def _hex(hue: float, lightness: float, saturation: float) -> str:
    channels = colorsys.hls_to_rgb(hue, max(0.0, min(1.0, lightness)), max(0.0, min(1, saturation)))
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)
