"""The site for people: a list of the tasks, a desk to try one at, and what the judge says."""

from collections.abc import Sequence
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from vigorl.browser.errors import UsageError
from vigorl.tasks.local.design import Design, css_variables
from vigorl.tasks.local.registry import DEMO, TASKS, find_task
from vigorl.tasks.local.site import Site
from vigorl.tasks.task import TEST_SEEDS

LOOK = Design("paper", "light", "#0b7a75", "top", 4)
"""The list's own look."""


async def serve(port: int) -> None:
    """Serve the tasks to people on 127.0.0.1, until cancelled.

    Raises:
        TaskFault: the port cannot be had.
    """
    async with Site(port, showroom) as site:
        await site.forever()


def showroom(site: Site) -> Sequence[BaseRoute]:
    """Pages that list the tasks, begin an episode and judge it."""

    async def index(request: Request) -> Response:
        examples = [
            (task, [task.row(seed) for seed in (0, 1, 2, TEST_SEEDS.start)])
            for task in TASKS.values()
        ]
        return _html(site, "showroom.html", examples=examples, demo=find_task(DEMO))

    async def begin(request: Request) -> Response:
        try:
            row = find_task(request.path_params["task_id"])
        except UsageError as error:
            return HTMLResponse(str(error), HTTPStatus.NOT_FOUND)
        return RedirectResponse(f"/desk/{site.begin(row).key}", HTTPStatus.SEE_OTHER)

    async def desk(request: Request) -> Response:
        episode = site.episode(request.path_params["key"])
        if episode is None:
            return RedirectResponse("/", HTTPStatus.SEE_OTHER)
        answer = request.query_params.get("answer")
        score = None if answer is None else episode.judge(answer)
        return _html(
            site, "desk.html", row=episode.row, episode=episode, answer=answer or "", score=score
        )

    return (
        Route("/", index),
        Route("/begin/{task_id}", begin),
        Route("/desk/{key}", desk),
    )


def _html(site: Site, template: str, **context: object) -> Response:
    return HTMLResponse(site.render(template, {**context, "variables": css_variables(LOOK)}))
