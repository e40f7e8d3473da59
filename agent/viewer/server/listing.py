"""The list of episodes: filtered, sorted, a page at a time; all of it stands in the address."""

from starlette.requests import Request
from starlette.responses import Response

from vigorl.agent.viewer.server.viewer import viewer_of

PAGE_LENGTH = 50


def show_list(request: Request) -> Response:
    """The list of episodes."""
    viewer = viewer_of(request)
    snapshot = viewer.index.snapshot()
    newest = sorted(snapshot.episodes, key=lambda each: each.started_at, reverse=True)
    return viewer.page(
        request,
        "list.html.jinja",
        snapshot=snapshot,
        entries=newest[:PAGE_LENGTH],
        roots=[str(root) for root in viewer.places.roots.values()],
    )
