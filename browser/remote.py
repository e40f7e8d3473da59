"""Environments that live on other machines: `RemoteEnvironment`, over an environment service.

What it shows is what the environment there shows, byte by byte: pictures are the bytes that its
browser captured, and a zoom is rendered by that browser. Whatever breaks there, or between here
and there, is an `InfrastructureFault`; nothing of it is ever a score.
"""

import asyncio
import random
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from vigorl.browser.action_space import ActionSpace
from vigorl.browser.actions import ACTION, Action
from vigorl.browser.clock import somebody_elses_time
from vigorl.browser.environment import Score
from vigorl.browser.errors import InconsistentData, ServiceFault, UsageError
from vigorl.browser.geometry import Box
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.browser.remote_session import TOKEN_HINT, NoPlace, RemoteSession
from vigorl.browser.wire import (
    SCORE,
    AskedTask,
    box_as_json,
    observation_of,
    picture_of,
)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
"""Between two looks for a free place."""
ROWS_LIMIT_S = 600.0
"""Time for a service to draw rows of tasks."""


@dataclass(frozen=True)
class RemoteService:
    """Services that keep environments, all of them alike, and what they let one in by."""

    urls: tuple[str, ...]
    """`http://host:port` or `https://…`, one for each service."""
    token: str = field(default="", repr=False)
    patience_s: float = 120.0
    """Time to wait for a free place, or for a service to answer."""

    def __post_init__(self) -> None:
        for url in self.urls:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise UsageError(f"{url!r} is no address of a service: http://127.0.0.1:8940, say")
        if not self.urls:
            raise UsageError("name at least one service")
        if not self.token:
            raise UsageError(f"an environment service asks for its token: {TOKEN_HINT}")

    async def lease(self) -> RemoteSession:
        """A free place at one of the services, as soon as there is one.

        Raises:
            ServiceFault: there is none in time, or nobody answers.
            UsageError: the token is refused, or a service is of another version.
        """
        began_s, pause_s = time.monotonic(), FIRST_PAUSE_S
        urls = random.sample(self.urls, len(self.urls))
        while True:
            for url in urls:
                try:
                    return await RemoteSession.open(url, self.token)
                except ServiceFault as fault:
                    last = fault
            if time.monotonic() - began_s + pause_s > self.patience_s:
                told = f"no place within {self.patience_s:g} s: {last}"
                raise NoPlace(told) if isinstance(last, NoPlace) else ServiceFault(told)
            await asyncio.sleep(pause_s * random.uniform(0.75, 1.25))
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def check(self, environment: str) -> None:
        """See that every service is there, takes the token, and has an environment.

        Raises:
            UsageError: one does not.
            ServiceFault: one does not answer.
        """
        for url in self.urls:
            offered = (await self._asked("GET", url, "/environments"))["environments"]
            if environment not in offered:
                raise UsageError(
                    f"{url} serves {', '.join(offered)} and not {environment}: start it with "
                    f"vigorl-agent envs serve --environment {environment}"
                )

    async def rows(self, asked: Iterable[AskedTask]) -> list[dict[str, Any]]:
        """The rows of tasks that only a page can draw, in their order.

        Raises:
            UsageError: one of them is no task.
            ServiceFault: the service breaks, or does not answer.
        """
        data = [asdict(each) for each in asked]
        told = await self._asked("POST", random.choice(self.urls), "/rows", data)
        rows: list[dict[str, Any]] = told["rows"]
        return rows

    async def _asked(self, method: str, url: str, path: str, data: Any = None) -> dict[str, Any]:
        import httpx  # which most who import this never need

        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            async with httpx.AsyncClient(headers=headers, timeout=ROWS_LIMIT_S) as client:
                answer = await client.request(method, url.rstrip("/") + path, json=data)
            told: dict[str, Any] = answer.json() if answer.is_success else {}
        except (httpx.HTTPError, ValueError) as error:
            told_why = str(error) or type(error).__name__
            message = f"no environment service answers at {url}: {told_why}"
            raise ServiceFault(message) from error
        match answer.status_code:
            case 401 | 403:
                raise UsageError(f"{url} refuses the token: {TOKEN_HINT}")
            case 422:
                raise UsageError(f"{url} refuses this: {answer.text.strip()}")
            case _ if not answer.is_success:
                raise ServiceFault(f"{url}{path}: {answer.status_code} {answer.text.strip()[:500]}")
        return told


class RemoteEnvironment:
    """An environment that a service keeps; see `Environment`. It is made when it is reset.

    Args:
        service: Who keeps it.
        asked: Which task's world it is.
        actions: What the environment offers, as it is known here.
        goal: As it is known here; empty where the world says it when it begins.
    """

    def __init__(
        self, service: RemoteService, asked: AskedTask, actions: ActionSpace, goal: str = ""
    ) -> None:
        self.goal = goal
        self.actions = actions
        self._service = service
        self._asked = asked
        self._session: RemoteSession | None = None

    async def reset(self) -> Observation:
        """Lease a place and begin.

        Raises:
            UsageError: the service has no such task, or another version of it.
        """
        with somebody_elses_time():  # a queue for places is no time of the policy's
            self._session = await self._service.lease()
        told = await self._begun.ask("reset", asdict(self._asked))
        observation = self._seen(told)
        offered = frozenset(told["observation"]["environment_actions"])
        if offered != self.actions:
            raise UsageError(
                f"the service offers {', '.join(sorted(offered))} and this version of the package "
                f"{', '.join(sorted(self.actions))}: run the same version at both ends"
            )
        self.goal = str(told["observation"]["goal"])
        return observation

    async def step(self, action: Action) -> Observation:
        """Have an action carried out, and see what came of it."""
        asked = ACTION.dump_python(action, mode="json")
        return self._seen(await self._begun.ask("step", asked))

    async def score(self, answer: str | None) -> Score | None:
        """What the judge there says."""
        told = await self._begun.ask("score", {"answer": answer})
        try:
            return SCORE.validate_python(told["score"])
        except (ValueError, LookupError, TypeError) as error:
            raise ServiceFault(f"the service tells no score: {error}") from error

    async def close(self) -> None:
        """Give the place back; may be called twice."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _seen(self, told: dict[str, Any]) -> Observation:
        try:
            return observation_of(told["observation"], self._begun.pictures)
        except (ValueError, LookupError, TypeError, InconsistentData) as error:
            raise ServiceFault(f"the service tells no observation: {error}") from error

    @property
    def _begun(self) -> RemoteSession:
        if self._session is None:
            raise RuntimeError("an episode begins with reset")
        return self._session


class RemotePage(RemoteEnvironment):
    """One whose browser renders regions again, and whose elements can be numbered."""

    async def magnify(self, region_css_px: Box, width_px: int, height_px: int) -> Picture:
        """The region as a picture of this size, rendered anew, there."""
        size = {"width_px": width_px, "height_px": height_px}
        told = await self._begun.ask("magnify", {"region": box_as_json(region_css_px), **size})
        try:
            return picture_of(told["picture"], self._begun.pictures)
        except (LookupError, TypeError, InconsistentData) as error:
            raise ServiceFault(f"the service shows no picture: {error}") from error

    def marked(self) -> RemoteEnvironment:
        """The same, not begun, with numbers on its elements; no region of it is rendered again."""
        asked = replace(self._asked, marked=True)
        return RemoteEnvironment(self._service, asked, self.actions, self.goal)
