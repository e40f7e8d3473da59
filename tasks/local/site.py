"""The site: every task's pages, served from localhost in the caller's event loop.

Each episode has a path of its own, `/e/<key>/`, and under it a world of its own; many run side by
side. A form is answered with a redirect, so that going back and loading again change nothing.
"""

import itertools
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from vigorl.browser.environment import Score
from vigorl.browser.errors import TaskFault
from vigorl.tasks.local.design import LOOKS, css_variables
from vigorl.tasks.local.embedded import (
    EmbeddedTask,
    FormReply,
    Missing,
    Outcome,
    Page,
    Visit,
    design_of,
    house_of,
)
from vigorl.tasks.local.registry import TASKS
from vigorl.tasks.server import LocalServer
from vigorl.tasks.task import TaskRow

HERE = Path(__file__).parent
ASSETS = {"app.css": "text/css", "app.js": "text/javascript", "board.js": "text/javascript"}
FORM_LIMIT_BYTES = 64 * 1024


@dataclass
class SiteEpisode:
    """One run of a task: its row, and the world that its pages show and change."""

    key: str
    row: TaskRow
    origin: str
    task: EmbeddedTask[Any, Any] = field(init=False)
    spec: Any = field(init=False)
    world: Any = field(init=False)
    notice: FormReply | None = None
    """What the last form was answered with; shown once."""
    visited: bool = False
    """Whether a page of it was asked for."""
    fault: Exception | None = None
    """The first defect of a page or form, if there was one: the episode cannot be judged."""

    def __post_init__(self) -> None:
        self.task = TASKS[self.row.name]
        self.spec = self.task.spec_of(self.row)
        self.world = self.task.world(self.spec)

    @property
    def base(self) -> str:
        """Path under which all of its pages stand, without a slash at the end."""
        return f"/e/{self.key}"

    @property
    def url(self) -> str:
        """Where the episode starts."""
        return f"{self.origin}{self.base}{self.row.url}"

    def judge(self, answer: str | None) -> Score:
        """Judge the world as it stands now, and the answer.

        Raises:
            TaskFault: a page or the judge itself is defective.
        """
        with self.labelled("the judge"):
            if self.fault is not None:
                raise self.fault
            return self.task.judge(self.spec, Outcome(self.world, answer))

    @contextmanager
    def labelled(self, part: str) -> Iterator[None]:
        """Name whatever escapes from a part of the task."""
        try:
            yield
        except Exception as error:
            raise TaskFault(f"{self.row.id}: {part} broke: {error!r}") from error


class Site:
    """Serves episodes while it is entered: `async with Site() as site`.

    Args:
        port: TCP port on 127.0.0.1; 0 takes a free one.
        further: makes further pages, for a site that people visit as well.
    """

    def __init__(
        self, port: int = 0, further: Callable[["Site"], Sequence[BaseRoute]] | None = None
    ) -> None:
        self._episodes: dict[str, SiteEpisode] = {}
        self._numbers = itertools.count(1)
        self._templates = _templates()
        routes = (
            *(further(self) if further else ()),
            Route("/e/{key}/{path:path}", self._answer, methods=["GET", "POST"]),
            Route("/assets/{name}", _asset),
        )
        self._server = LocalServer(Starlette(routes=list(routes)), port)

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:<port>`."""
        return self._server.origin

    def begin(self, row: TaskRow) -> SiteEpisode:
        """Set up a world for one episode."""
        key = f"{next(self._numbers)}-{secrets.token_hex(4)}"
        episode = SiteEpisode(key, row, self.origin)
        self._episodes[key] = episode
        return episode

    def end(self, episode: SiteEpisode) -> None:
        """Forget an episode; its pages are gone. May be called twice."""
        self._episodes.pop(episode.key, None)

    def episode(self, key: str) -> SiteEpisode | None:
        """The running episode with this key."""
        return self._episodes.get(key)

    def render(self, template: str, context: Mapping[str, Any]) -> str:
        """Fill in a template."""
        return self._templates.get_template(template).render(context)

    async def __aenter__(self) -> Self:
        """Bind the port and serve.

        Raises:
            TaskFault: the port cannot be had or the server does not start.
        """
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving and free the port."""
        await self._server.__aexit__(kind, error, trace)
        self._episodes.clear()

    async def forever(self) -> None:
        """Serve until cancelled."""
        await self._server.forever()

    async def _answer(self, request: Request) -> Response:
        episode = self.episode(request.path_params["key"])
        if episode is None:
            return HTMLResponse("<h1>This episode is over.</h1>", HTTPStatus.NOT_FOUND)
        episode.visited = True
        path = "/" + request.path_params["path"]
        try:
            if request.method == "GET":
                visit = Visit(path, _fields(request.url.query))
                return self._page(episode, visit)
            visit = Visit(path, _fields((await _body(request)).decode(errors="replace")))
            reply = episode.task.submit(episode.spec, episode.world, visit)
        except Missing:
            page = Page("missing.html", "Nothing here")
            return self._html(episode, path, page, HTTPStatus.NOT_FOUND)
        except Exception as error:
            episode.fault = episode.fault or error
            return HTMLResponse("<h1>This page is broken.</h1>", HTTPStatus.INTERNAL_SERVER_ERROR)
        episode.notice = reply if reply.notice else None
        return RedirectResponse(episode.base + reply.path, HTTPStatus.SEE_OTHER)

    def _page(self, episode: SiteEpisode, visit: Visit) -> Response:
        if visit.path.startswith("/part/"):
            page = Page("part.html", visit.path.removeprefix("/part/").replace("-", " "))
        else:
            page = episode.task.show(episode.spec, episode.world, visit)
        response = self._html(episode, visit.path, page, HTTPStatus.OK)
        episode.notice = None
        return response

    def _html(self, episode: SiteEpisode, path: str, page: Page, status: HTTPStatus) -> Response:
        design = design_of(episode.row)
        context = {
            **page.context,
            "title": page.title,
            "base": episode.base,
            "path": path,
            "row": episode.row,
            "spec": episode.spec,
            "world": episode.world,
            "design": design,
            "look": LOOKS[design.look],
            "variables": css_variables(design),
            "house": house_of(episode.row),
            "frontage": episode.task.frontage,
            "notice": episode.notice,
        }
        html = self.render(page.template, context)
        return HTMLResponse(html, status, {"Cache-Control": "no-store"})


def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader([HERE, HERE / "kinds"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _fields(encoded: str) -> dict[str, tuple[str, ...]]:
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        fields[name] = (*fields.get(name, ()), value.replace("\r\n", "\n"))
    return fields


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_LIMIT_BYTES:
            raise Missing("a form this large is not taken")
    return body


async def _asset(request: Request) -> Response:
    media_type = ASSETS.get(request.path_params["name"])
    if media_type is None:
        return Response(status_code=HTTPStatus.NOT_FOUND)
    return FileResponse(HERE / request.path_params["name"], media_type=media_type)
