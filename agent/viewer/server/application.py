"""The viewer's application: its pages put together behind the guard.

What another part of the package has to show (a training's groups, live control) it brings as
routes of its own, which stand beside these, behind the same guard and in the same frame::

    viewer = Viewer.of([Path("runs")])
    token = new_token()
    application = viewer_application(viewer, token, [Route("/live", live_page)])
    async with LocalServer(application, port) as server:
        print(f"{server.origin}/{token}/")
"""

import traceback
from collections.abc import Sequence
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from vigorl.agent.viewer.server.collection_pages import show_collections
from vigorl.agent.viewer.server.episode import show_comparison, show_episode
from vigorl.agent.viewer.server.evaluation_pages import show_difference, show_evaluation
from vigorl.agent.viewer.server.files import show_picture, show_static, show_thumbnail
from vigorl.agent.viewer.server.guard import HEADERS, Guard
from vigorl.agent.viewer.server.listing import show_list
from vigorl.agent.viewer.server.viewer import Viewer, viewer_of
from vigorl.browser.errors import VigorlError


def viewer_application(viewer: Viewer, token: str, routes: Sequence[BaseRoute] = ()) -> Starlette:
    """The application that shows what a viewer has.

    Args:
        viewer: What is shown.
        token: The first part of every path; who does not know it is refused.
        routes: Further pages, by paths behind the token.
    """
    application = Starlette(
        routes=[
            Route("/", show_list, name="list"),
            Route("/episode/{place:path}", show_episode, name="episode"),
            Route("/compare", show_comparison, name="compare"),
            Route("/picture/{place:path}", show_picture, name="picture"),
            Route("/thumbnail/{place:path}", show_thumbnail, name="thumbnail"),
            Route("/static/{name}", show_static, name="static"),
            Route("/all/{kind}", show_collections, name="collections"),
            Route("/evaluation/{place:path}", show_evaluation, name="evaluation"),
            Route("/difference", show_difference, name="difference"),
            *routes,
        ],
        middleware=[Middleware(Guard, token=token)],
        exception_handlers={HTTPException: _refused, VigorlError: _refused, 500: _broken},
    )
    application.state.viewer = viewer
    return application


async def _refused(request: Request, error: Exception) -> Response:
    """A page that says what is wrong, in place of the one that was asked for."""
    status, told = HTTPStatus.UNPROCESSABLE_ENTITY, str(error)
    if isinstance(error, HTTPException):
        status, told = HTTPStatus(error.status_code), error.detail
    return viewer_of(request).page(
        request, "refused.html.jinja", status, heading=status.phrase, told=told
    )


async def _broken(request: Request, error: Exception) -> Response:
    """A page that tells a mistake of ours, and where it is."""
    answer = viewer_of(request).page(
        request,
        "refused.html.jinja",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        heading="A mistake in vigorl-agent",
        told=f"{type(error).__name__}: {error}. Please report it with what stands below.",
        trace="".join(traceback.format_exception(error)),
    )
    answer.headers.update(HEADERS)
    return answer
