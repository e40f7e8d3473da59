"""EnvironmentSession: what one client plays on a service, an episode after the other."""

import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vigorl.agent.service.service_metrics import ServiceMetrics
from vigorl.agent.service.worlds import Worlds
from vigorl.browser.actions import ACTION, Done, GiveUp
from vigorl.browser.environment import Environment, Optics
from vigorl.browser.errors import InfrastructureFault, UsageError
from vigorl.browser.geometry import Box
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.browser.text import cleaned, whole
from vigorl.browser.wire import (
    ASKED_TASK,
    AskedTask,
    inlined,
    named,
    observation_as_json,
    pictures_of,
    score_as_json,
)

logger = logging.getLogger(__name__)

MOST_SIDE_PX = 4096
"""Of a region that is rendered again."""


@dataclass(frozen=True, slots=True)
class _MagnifyRequest:
    region: tuple[float, float, float, float]
    width_px: int
    height_px: int


_MAGNIFY = TypeAdapter(_MagnifyRequest)


@dataclass(frozen=True)
class Answer:
    """What is said to a request, and the pictures that it names."""

    type: str
    data: dict[str, Any]
    pictures: tuple[Picture, ...] = ()


@dataclass
class _ServedEpisode:
    asked: AskedTask
    environment: Environment
    resources: AsyncExitStack
    last: Observation
    steps: int = 0
    end: str = "unscored"


@dataclass
class EnvironmentSession:
    """One client's; requests are answered one after the other.

    Args:
        worlds: What can be asked for.
        metrics: Counts what comes of it.
        is_plain: The client knows OpenEnv's protocol alone: it gets pictures within the messages,
            and a reward as soon as the episode is over.
    """

    worlds: Worlds
    metrics: ServiceMetrics
    is_plain: bool
    _episode: _ServedEpisode | None = field(default=None, init=False)

    async def answer(self, kind: str, data: dict[str, Any]) -> Answer:
        """Do what a message asks for.

        Raises:
            UsageError: it asks for nothing that can be done.
            InfrastructureFault: the world broke.
        """
        match kind:
            case "state":
                return Answer("state", self._state())
            case "reset":
                return await self._reset(_read(ASKED_TASK, data))
            case "step":
                return await self._step(data)
            case "score":
                return await self._score(data)
            case "magnify":
                return await self._magnify(_read(_MAGNIFY, data))
        raise UsageError(f"there is no message {kind!r}: reset, step, score, magnify, state, close")

    def broke(self) -> None:
        """Note that the episode has met a fault: whatever is asked of it later, it is one."""
        if self._episode is not None:
            self._episode.end = "fault"

    async def close(self) -> None:
        """End the episode, if there is one, and give back what it was played in."""
        episode, self._episode = self._episode, None
        if episode is not None:
            self.metrics.episodes.labels(episode.asked.environment, episode.end).inc()
            await episode.resources.aclose()

    async def _reset(self, asked: AskedTask) -> Answer:
        await self.close()
        resources = AsyncExitStack()
        try:
            async with self.worlds.beginning:
                made = await self.worlds.make(asked, resources)
                observation = await made.environment.reset()
        except BaseException as error:
            if isinstance(error, InfrastructureFault):
                self.metrics.episodes.labels(asked.environment, "fault").inc()
            await resources.aclose()
            raise
        self._episode = _ServedEpisode(asked, made.environment, resources, observation)
        answer = self._shown(observation)
        answer.data["observation"] |= {
            "goal": made.environment.goal,
            "environment_actions": sorted(made.environment.actions),
            "task": made.row,
        }
        return answer

    async def _step(self, data: dict[str, Any]) -> Answer:
        episode = self._begun
        action = _read(ACTION, data)
        if isinstance(action, Done | GiveUp):  # of clients that know no `score`
            episode.last = replace(episode.last.again(), view=None, marks=None, ended=True)
            return await self._over(action.answer if isinstance(action, Done) else None)
        episode.steps += 1
        episode.last = await episode.environment.step(action)
        if episode.last.ended and self.is_plain:
            return await self._over("")
        return self._shown(episode.last)

    async def _over(self, answer: str | None) -> Answer:
        """The last observation, with the judge's score as its reward."""
        told = await self._score({"answer": answer})
        value = None if told.data["score"] is None else told.data["score"]["value"]
        shown = self._shown(self._begun.last)
        return replace(shown, data={**shown.data, "reward": value, "score": told.data["score"]})

    async def _score(self, data: dict[str, Any]) -> Answer:
        answer = data.get("answer")
        if not isinstance(answer, str | None):
            raise UsageError("an answer is a text, or null where there is none")
        score = await self._begun.environment.score(answer)
        if score is not None and self._begun.end == "unscored":
            self._begun.end = "scored"
        return Answer("score", {"score": score_as_json(score)})

    async def _magnify(self, request: _MagnifyRequest) -> Answer:
        environment = self._begun.environment
        if not isinstance(environment, Optics):
            raise UsageError("nothing is rendered again here: enlarge the pixels that there are")
        if not (0 < request.width_px <= MOST_SIDE_PX and 0 < request.height_px <= MOST_SIDE_PX):
            raise UsageError(f"a region is rendered with sides of 1 to {MOST_SIDE_PX} px")
        try:
            region = Box(*request.region)
        except ValueError as error:
            raise UsageError(str(error)) from error
        picture = await environment.magnify(region, request.width_px, request.height_px)
        name = inlined(picture) if self.is_plain else named(picture)
        return Answer("picture", {"picture": name}, (picture,))

    def _shown(self, observation: Observation) -> Answer:
        observation = cleaned(observation, whole)
        parts = observation_as_json(observation, self.is_plain)
        data = {"observation": parts, "reward": None, "done": observation.ended}
        return Answer("observation", data, pictures_of(observation))

    def _state(self) -> dict[str, Any]:
        if self._episode is None:
            return {"episode_id": None, "step_count": 0, "environments": list(self.worlds.names)}
        asked = self._episode.asked
        return {
            "episode_id": asked.episode_id,
            "step_count": self._episode.steps,
            "environment": asked.environment,
            "task": asked.task,
            "seed": asked.seed,
        }

    @property
    def _begun(self) -> _ServedEpisode:
        if self._episode is None:
            raise UsageError("an episode begins with reset")
        return self._episode


def _read(adapter: TypeAdapter[Any], data: Any) -> Any:
    """What a message says.

    Raises:
        UsageError: it is not made as it should be; says where.
    """
    try:
        return adapter.validate_python(data)
    except (ValidationError, ValueError) as error:
        told = str(error)
        if isinstance(error, ValidationError):
            first = error.errors(include_url=False, include_context=False)[0]
            told = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise UsageError(f"the message is not made as it should be: {told}") from error
