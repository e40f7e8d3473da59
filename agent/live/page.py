"""The page of a run under way: what it shows, as it changes, and what a person asks for on it.

It stands behind the viewer's guard, so only who knows the token, and no other site's page, gets
here. A command comes as JSON, which no form of another page can send.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from vigorl.agent.live.commands import COMMAND, NotNow
from vigorl.agent.live.control import LiveControl
from vigorl.agent.live.scene import scene_of
from vigorl.agent.live.state import SteeredState
from vigorl.agent.viewer.server.application import viewer_application
from vigorl.agent.viewer.server.guard import new_token
from vigorl.agent.viewer.server.viewer import Viewer, base_of, viewer_of
from vigorl.browser.errors import BrowserFault
from vigorl.tasks.server import LocalServer

HERE = Path(__file__).parent
LONGEST_COMMAND = 64_000
"""Bytes."""
KEPT_ALIVE_S = 15.0
"""An empty line is sent so often, so that a browser that is gone is noticed."""
LAST_WORD_S = 0.5
"""Time for open pages to be told that the run is over, before the server is."""


@asynccontextmanager
async def served(control: LiveControl, runs: Path, port: int = 0) -> AsyncIterator[str]:
    """The address of a run's page, which is served as long as the block lasts.

    Args:
        control: What is steered.
        runs: Folder of runs, whose pages are served beside it.
        port: Of this machine; 0 takes a free one.

    Raises:
        TaskFault: the port cannot be had.
    """
    runs.mkdir(parents=True, exist_ok=True)
    token = new_token()
    application = viewer_application(
        Viewer.of([runs], [HERE]), token, SteeringPage(control).routes()
    )
    async with LocalServer(application, port) as server:
        try:
            yield f"{server.origin}/{token}/live"
        finally:
            if control.state.mode != "ended":
                control.end("It was interrupted.")
            await asyncio.sleep(LAST_WORD_S)


class SteeringPage:
    """Routes of the page of one run."""

    def __init__(self, control: LiveControl) -> None:
        self._control = control
        self._glancing = asyncio.Lock()

    def routes(self) -> list[BaseRoute]:
        """Page, events, pictures and commands."""
        return [
            Route("/live", self._page, name="live"),
            Route("/live/events", self._events),
            Route("/live/picture/{sha256}", self._picture),
            Route("/live/now", self._now),
            Route("/live/record", self._record),
            Route("/live/command", self._command, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        state = self._scene(self._control.state)
        return viewer_of(request).page(request, "live.html.jinja", here="live", state=state)

    def _scene(self, state: SteeredState) -> str:
        """What is shown of a state, as JSON, without what is known to be secret by now."""
        return json.dumps(self._control.vault.redact_all(scene_of(state)))

    async def _events(self, request: Request) -> Response:
        return StreamingResponse(
            self._told(), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
        )

    async def _told(self) -> AsyncIterator[str]:
        """Each state as an event; where nothing changes for a while, a line that says nothing."""
        states = self._control.states()
        coming = asyncio.ensure_future(anext(states))
        try:
            while True:
                done, _ = await asyncio.wait((coming,), timeout=KEPT_ALIVE_S)
                if not done:
                    yield ": still here\n\n"
                    continue
                state = coming.result()
                yield f"data: {self._scene(state)}\n\n"
                if state.mode == "ended":
                    return
                coming = asyncio.ensure_future(anext(states))
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    async def _picture(self, request: Request) -> Response:
        screen = self._control.state.screen
        if screen is None or screen.picture.sha256 != request.path_params["sha256"]:
            raise HTTPException(HTTPStatus.NOT_FOUND, "another screen is shown by now")
        picture = screen.picture
        return Response(picture.data, media_type=picture.media_type)

    async def _now(self, request: Request) -> Response:
        """The page as it is at this moment, where nobody acts; no content where it cannot be."""
        picture = None
        if not self._glancing.locked():
            async with self._glancing:
                with suppress(BrowserFault):  # it is busy or gone, which the loop finds out itself
                    picture = await self._control.glance()
        if picture is None:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return Response(picture.data, media_type=picture.media_type)

    async def _record(self, request: Request) -> Response:
        """To the page of what is recorded so far."""
        folder = self._control.folder
        if folder is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "nothing is recorded yet")
        place = viewer_of(request).places.place(folder.resolve())
        return RedirectResponse(f"{base_of(request)}/episode/{place}")

    async def _command(self, request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return _refused(
                "a command comes as application/json", HTTPStatus.UNSUPPORTED_MEDIA_TYPE
            )
        if int(request.headers.get("content-length") or LONGEST_COMMAND + 1) > LONGEST_COMMAND:
            return _refused("that is too long", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            command = COMMAND.validate_json(await request.body())
        except ValidationError as error:
            return _refused(f"no command: {error.errors()[0]['msg']}", HTTPStatus.BAD_REQUEST)
        try:
            self._control.do(command)
        except NotNow as refused:
            return _refused(str(refused), HTTPStatus.CONFLICT)
        return Response(status_code=HTTPStatus.NO_CONTENT)


def _refused(told: str, status: HTTPStatus) -> Response:
    return JSONResponse({"told": told}, status)
