"""An episode as one web page: self-contained, readable without scripts, and safe to open.

Pages and models wrote most of the text in it. All of it is escaped; beside that, a content
security policy allows exactly the one style sheet and the one script that are part of the page.
"""

import json
import webbrowser
from pathlib import Path
from typing import Any

from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.viewer.album import PageStore
from vigorl.agent.viewer.lane import lane_of, rows_of
from vigorl.agent.viewer.page_setting import ALONE, PageSetting
from vigorl.agent.viewer.page_templates import templates
from vigorl.browser.errors import UsageError
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


def open_page(page: Path) -> None:
    """Show a page in the user's browser.

    Raises:
        UsageError: there is no browser to show it in.
    """
    if not webbrowser.open(page.resolve().as_uri()):
        raise UsageError(f"no browser to show it in; the page is {page}")


def render_page(trajectory: Trajectory, setting: PageSetting = ALONE) -> str:
    """The page as HTML; a picture that is missing or damaged is said in its place."""
    store = PageStore(setting)
    lane = lane_of(trajectory, store)
    page = templates().get_template("episode.html.jinja")
    return page.render(lane=lane, lanes=[lane], papers=_papers(trajectory), store=store)


def _papers(trajectory: Trajectory) -> list[tuple[str, str]]:
    """What there is to know beside the steps: names and JSON texts, folded away at the end."""
    start, end = trajectory.start, trajectory.end
    papers: list[tuple[str, Any]] = [("Policy", start.policy), ("Limits", start.limits)]
    if start.task:
        papers.insert(0, ("Task", start.task))
    texts = [(name, json.dumps(paper, indent=2, ensure_ascii=False)) for name, paper in papers]
    if end and end.trace:
        texts.insert(0, (f"Where it broke: {end.fault}", end.trace))
    config = trajectory.folder / "config.json"
    if config.is_file():
        texts.append(("Configuration", config.read_text(encoding="utf-8", errors="replace")))
    return texts


def write_comparison(left: Trajectory, right: Trajectory, path: Path) -> Path:
    """Write two episodes side by side as one page.

    Returns:
        The path written.

    Raises:
        StorageFault: the page cannot be written.
    """
    write_whole(path, whole(render_comparison(left, right)).encode())
    return path


def render_comparison(left: Trajectory, right: Trajectory, setting: PageSetting = ALONE) -> str:
    """The page of two episodes side by side, step by step, as HTML."""
    store = PageStore(setting)
    lanes = [lane_of(left, store), lane_of(right, store)]
    page = templates().get_template("comparison.html.jinja")
    return page.render(lanes=lanes, rows=rows_of(*lanes), store=store)
