"""The page of one episode, from its folder as it is now."""

import re
import time
from html import unescape
from http import HTTPStatus
from pathlib import Path

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.viewer.episode_page import render_comparison, render_page
from vigorl.agent.viewer.page_setting import PageLink, PageSetting
from vigorl.agent.viewer.server.entry import RECORD_FILE, RUNNING_S
from vigorl.agent.viewer.server.guard import HEADERS
from vigorl.agent.viewer.server.listing import Neighbours
from vigorl.agent.viewer.server.places import address
from vigorl.agent.viewer.server.viewer import Viewer, base_of, viewer_of
from vigorl.agent.viewer.server.window import MOST_STEPS, StepWindow, read_window
from vigorl.browser.text import whole

_OWN_POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]+)"')

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


def show_episode(request: Request) -> Response:
    """`/episode/<place of its folder>`: its steps, or as many from `?step=` as one page holds."""
    viewer, base = viewer_of(request), base_of(request)
    place = request.path_params["place"].strip("/")
    folder = viewer.places.folder(place)
    asked = request.query_params.get("step", "1")
    window = read_window(folder, int(asked) if _NUMBER.fullmatch(asked) else 1)
    setting = PageSetting(
        picture_address=lambda episode, image: picture_address(viewer, base, episode, image),
        links=tuple(Neighbours.of(request, place).links(base)),
        panel=_parts(request, window),
        is_running=window.trajectory.end is None and is_being_written(folder),
    )
    return _inline(render_page(window.trajectory, viewer.adorn(request, folder, setting)))


def show_comparison(request: Request) -> Response:
    """`/compare?episode=<A>&episode=<B>`: two episodes side by side."""
    viewer, base = viewer_of(request), base_of(request)
    places = request.query_params.getlist("episode")
    if len(places) != 2:
        raise HTTPException(
            HTTPStatus.BAD_REQUEST, f"choose two episodes to compare, not {len(places)}"
        )
    windows = [read_window(viewer.places.folder(place)) for place in places]
    cut = [window for window in windows if not window.is_whole]
    links = [PageLink("All episodes", f"{base}/", "up")]
    for letter, place in zip("AB", places, strict=True):
        links.append(PageLink(f"{letter} alone", f"{base}/episode/{address(place.strip('/'))}"))
    setting = PageSetting(
        picture_address=lambda episode, image: picture_address(viewer, base, episode, image),
        links=tuple(links),
        panel=Markup(
            '<p class="head parts">Of a long episode, the first {} steps are compared.</p>'
        ).format(MOST_STEPS)
        if cut
        else None,
    )
    return _inline(render_comparison(windows[0].trajectory, windows[1].trajectory, setting))


def is_being_written(folder: Path) -> bool:
    """Whether a line of its record was written a moment ago."""
    try:
        return time.time() - (folder / RECORD_FILE).stat().st_mtime < RUNNING_S
    except OSError:
        return False


def _inline(page: str) -> Response:
    """A page that has its style and script in itself, and says by which policy they are its own."""
    html = whole(page)
    return HTMLResponse(html, headers={"content-security-policy": _policy(html)})


def picture_address(viewer: Viewer, base: str, episode: Trajectory, image: str) -> str:
    """Where a picture of a record is served; an address of nothing where it is outside."""
    try:
        return f"{base}/picture/{address(viewer.places.place(episode.folder / image))}"
    except HTTPException:
        return f"{base}/picture/"


def _parts(request: Request, window: StepWindow) -> Markup | None:
    """What is said where not all of the episode is shown, and the ways to the rest of it."""
    base, place = base_of(request), address(request.path_params["place"].strip("/"))

    def link(words: str, step: int) -> Markup:
        query = request.url.include_query_params(step=step).query
        return Markup('<a href="{}/episode/{}?{}">{}</a>').format(base, place, query, words)

    said: list[Markup] = []
    if not window.is_whole:
        numbers = (f"{number:,}" for number in (window.first, window.last, window.total))
        said.append(Markup("Steps {} to {} of {}: times and tokens are of these").format(*numbers))
    if window.left_out:
        lines = ", ".join(f"{line:,}" for line in window.left_out[:20])
        said.append(Markup("lines of the record that cannot be read, left out: {}").format(lines))
    if window.first > 1:
        said.append(link("earlier steps", max(1, window.first - MOST_STEPS)))
    if window.last < window.total:
        said.append(link("further steps", window.last + 1))
    return Markup('<p class="head parts">{}</p>').format(Markup(" · ").join(said)) if said else None


def _policy(html: str) -> str:
    """The policy that a page with inline code says itself: browsers keep to all they are told."""
    own = _OWN_POLICY.search(html)
    if own is None:
        return HEADERS["content-security-policy"]
    return f"{unescape(own[1])}; frame-ancestors 'none'"
