"""The page of one episode, from its folder as it is now."""

import re

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from vigorl.agent.record.trajectory import read_trajectory
from vigorl.agent.viewer.episode_page import render_page
from vigorl.agent.viewer.server.guard import HEADERS
from vigorl.agent.viewer.server.viewer import viewer_of
from vigorl.browser.text import whole

_OWN_POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]+)"')


def show_episode(request: Request) -> Response:
    """`/episode/<place of its folder>`."""
    folder = viewer_of(request).places.path(request.path_params["place"])
    html = whole(render_page(read_trajectory(folder)))
    return HTMLResponse(html, headers={"content-security-policy": _policy(html)})


def _policy(html: str) -> str:
    """The policy that a page with inline code says itself: browsers keep to all they are told."""
    own = _OWN_POLICY.search(html[:4096]) or _OWN_POLICY.search(html)
    if own is None:
        return HEADERS["content-security-policy"]
    return f"{own[1]}; frame-ancestors 'none'"
