"""The templates of pages, and how they say numbers and times."""

import base64
import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from vigorl.agent.plain_text import plain
from vigorl.browser.picture import Picture


def duration(seconds: float) -> str:
    """A span of time as a person would say it."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 99.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def moment(started_at: str) -> str:
    """A time as ISO 8601 has it, as a person would say it."""
    try:
        return f"{datetime.fromisoformat(started_at).astimezone(UTC):%d %b %Y, %H:%M} UTC"
    except ValueError:
        return started_at


@cache
def templates() -> Environment:
    """The templates of pages with what they can say."""
    folder = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_readable,
    )
    environment.filters.update(
        source_hash=_source_hash, data_uri=_data_uri, duration=duration, signed=_signed
    )
    environment.globals.update(
        style=Markup((folder / "viewer.css").read_text(encoding="utf-8")),
        episode_style=Markup((folder / "episode.css").read_text(encoding="utf-8")),
        script=Markup((folder / "episode.js").read_text(encoding="utf-8")),
    )
    return environment


def _readable(value: object) -> object:
    """Every text that goes into the page, but for its own style and script, made plain."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _source_hash(code: str) -> str:
    """How a content security policy names a piece of inline code."""
    return "sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()


def _data_uri(picture: Picture) -> str:
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode()}"


def _signed(number: float) -> str:
    """A number with a real minus sign."""
    return f"{number:.3f}".replace("-", "\N{MINUS SIGN}")
