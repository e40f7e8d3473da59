"""The page for raters: one file that works offline, asks for nothing from outside, and saves.

The words of pages and models go in as data, and the script writes them as text; a content security
policy allows the one style sheet and the one script that are part of the page, and pictures in it.
"""

import base64
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from vigorl.agent.humans.items import StudyItem
from vigorl.agent.humans.study_config import StudyConfig
from vigorl.browser.errors import UsageError
from vigorl.browser.picture import Picture

SIZES = ((1280, 72), (1280, 55), (1024, 55), (800, 50), (640, 45))
"""Longest side in px, and quality as WebP; the first is taken with which the page is small enough.
A rater can enlarge a picture, but no further than its pixels."""


@dataclass
class StudyPictures:
    """The pictures of a page, each once."""

    pictures: dict[str, Picture] = field(default_factory=dict)

    def add(self, picture: Picture) -> None:
        """Take one in."""
        self.pictures[picture.sha256] = picture

    def encoded(self, most_bytes: float) -> dict[str, dict[str, Any]]:
        """Each picture by its hash, as a data URI with its size; all of them together small enough.

        Raises:
            UsageError: even the smallest are too large.
            InconsistentData: one is damaged.
        """
        size = 0
        for longest_px, quality in SIZES:
            encoded = {name: _encoded(each, longest_px, quality) for name, each in self._each()}
            size = sum(len(each["uri"]) for each in encoded.values())
            if size <= most_bytes:
                return encoded
        raise UsageError(
            f"{len(self.pictures)} pictures take at least {size / 1e6:.1f} MB, and "
            f"{most_bytes / 1e6:g} are allowed: give a smaller --n or a larger --max-mb"
        )

    def _each(self) -> Iterator[tuple[str, Picture]]:
        yield from sorted(self.pictures.items())


def render_page(
    study: str, items: Mapping[str, StudyItem], album: StudyPictures, config: StudyConfig
) -> str:
    """The page as HTML; the same study gives the same bytes.

    Raises:
        UsageError: its pictures do not fit.
        InconsistentData: a picture is damaged.
    """
    pictures = album.encoded(config.max_mb * 1e6)
    places = {name: index for index, name in enumerate(pictures)}
    data = {
        "study": study,
        "pictures": list(pictures.values()),
        "items": [
            {
                "id": name,
                "goal": item.goal,
                "pieces": item.pieces,
                "picture": places[item.picture],
                "x": item.x,
                "y": item.y,
            }
            for name, item in sorted(items.items())
        ],
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    style, script = _source("page.css"), _source("page.js")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_source("page.html.jinja")).render(
        style=Markup(style),
        script=Markup(script),
        policy=_security_policy(style, script),
        data=Markup(text.replace("<", "\\u003c")),
        count=len(items),
        minutes=max(1, round(len(items) * 15 / 60)),
        contact=config.contact,
    )


def _encoded(picture: Picture, longest_px: int, quality: int) -> dict[str, Any]:
    image = picture.image()
    image.thumbnail((longest_px, longest_px))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=quality, method=2)
    data = base64.b64encode(buffer.getvalue()).decode()
    return {"uri": f"data:image/webp;base64,{data}", "width": image.width, "height": image.height}


def _security_policy(style: str, script: str) -> str:
    hashes = [
        base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        for code in (style, script)
    ]
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashes[0]}'; "
        f"script-src 'sha256-{hashes[1]}'; base-uri 'none'; form-action 'none'"
    )


@cache
def _source(name: str) -> str:
    return files(__package__ or "").joinpath(name).read_text(encoding="utf-8")
