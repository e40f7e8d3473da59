"""An episode as one web page: self-contained, readable without scripts, and safe to open.

Pages and models wrote most of the text in it. All of it is escaped; beside that, a content
security policy allows exactly the one style sheet and the one script that are part of the page.
"""

import base64
import hashlib
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from vigorl.agent.plain_text import plain
from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.viewer.album import Album, Figure
from vigorl.agent.viewer.episode_steps import step_of
from vigorl.agent.viewer.overlay import Overlay
from vigorl.agent.viewer.page_setting import ALONE, PageSetting
from vigorl.agent.viewer.show import ending_reason, policy_name, title, verdict
from vigorl.browser.picture import Picture
from vigorl.browser.run_folder import write_whole
from vigorl.browser.text import whole


def write_page(trajectory: Trajectory, path: Path | None = None) -> Path:
    """Write the page of an episode.

    Args:
        trajectory: The episode; a picture of it that is missing or damaged is said on the page.
        path: Where to; the default is `index.html` in the episode's folder.

    Returns:
        The path written.

    Raises:
        StorageFault: the page cannot be written.
    """
    path = path or trajectory.folder / "index.html"
    html = render_page(trajectory)
    write_whole(path, whole(html).encode())
    return path


def render_page(trajectory: Trajectory, setting: PageSetting = ALONE) -> str:
    """The page as HTML; a picture that is missing or damaged is said in its place."""
    album = Album(trajectory, setting)
    steps = [step_of(record, album) for record in trajectory.steps]
    end = trajectory.end
    last: Figure | None = None
    if end and end.seen and end.seen.view:
        last = album.figure(end.seen.view, Overlay())
    return (
        templates()
        .get_template("viewer.html.jinja")
        .render(
            title=title(trajectory),
            told=trajectory.start.goal,
            end=end,
            verdict=verdict(trajectory),
            reason=ending_reason(trajectory),
            facts=_facts(trajectory),
            steps=steps,
            last=last,
            setting=setting,
            pictures=album.pictures,
            most_points=max((len(set(step.turn.points)) for step in trajectory.steps), default=0),
            papers=_papers(trajectory),
            folder=trajectory.folder.name,
        )
    )


def _facts(trajectory: Trajectory) -> list[tuple[str, str]]:
    """What the head of the page says about the episode, in pairs of a word and a value."""
    start, end = trajectory.start, trajectory.end
    facts = [("policy", policy_name(start.policy))]
    if start.task:
        name, seed = start.task.get("name"), start.task.get("seed")
        facts.append(("task", f"{name}:{seed}" if seed is not None else str(name)))
    facts.append(("steps", str(len(trajectory.steps))))
    if end:
        facts.append(("took", duration(end.seconds)))
    if used := trajectory.usage.told():
        facts.append(("used", ", ".join(used)))
    malformed = sum(step.turn.action is None for step in trajectory.steps)
    if malformed:
        facts.append(("malformed", f"{malformed} of {len(trajectory.steps)} turns"))
    facts.append(("started", moment(start.started_at)))
    return facts


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


def _papers(trajectory: Trajectory) -> list[tuple[str, str]]:
    """What there is to know beside the steps: names and JSON texts, folded away at the end."""
    start = trajectory.start
    papers: list[tuple[str, Any]] = [("Policy", start.policy), ("Limits", start.limits)]
    if start.task:
        papers.insert(0, ("Task", start.task))
    texts = [(name, json.dumps(paper, indent=2, ensure_ascii=False)) for name, paper in papers]
    config = trajectory.folder / "config.json"
    if config.is_file():
        texts.append(("Configuration", config.read_text(encoding="utf-8", errors="replace")))
    return texts


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
        script=Markup((folder / "viewer.js").read_text(encoding="utf-8")),
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
