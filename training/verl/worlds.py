"""The tasks that a worker plays, opened once in its process and open as long as it lives."""

import asyncio
import os
from collections.abc import Mapping

from vigorl.agent.evaluation.sample import Sample
from vigorl.browser.errors import UsageError
from vigorl.browser.remote import RemoteService
from vigorl.training.grpo.sources import open_samples
from vigorl.training.verl.play_config import PlayConfig

TOKEN = "VIGORL_ENVS_TOKEN"

Samples = Mapping[str, Sample]


def service_of(config: PlayConfig, token: str = "") -> RemoteService | None:
    """The environment services that are played on, if any.

    Args:
        config: Their addresses.
        token: Theirs; empty: `VIGORL_ENVS_TOKEN`.
    """
    if not config.envs:
        return None
    return RemoteService(config.envs, token or os.environ.get(TOKEN, ""))


class OpenedTasks:
    """The tasks of a run, which a task of its own keeps open, and room for so many episodes."""

    def __init__(self, config: PlayConfig) -> None:
        self.room = asyncio.Semaphore(config.at_once)
        self._loop = asyncio.get_running_loop()
        self._samples: asyncio.Future[Samples] = self._loop.create_future()
        self._over = asyncio.Event()
        self._keeping = asyncio.create_task(self._keep(config))

    async def sample(self, name: str) -> Sample:
        """A task.

        Raises:
            UsageError: there is none of this id, or those that are there cannot be opened.
            InfrastructureFault: the browser does not start, or the service does not answer.
        """
        samples = await asyncio.shield(self._samples)
        if name not in samples:
            raise UsageError(f"no task is called {name!r}: write the tasks' file anew")
        return samples[name]

    @property
    def are_open(self) -> bool:
        """Whether they are open, or being opened, on the loop that runs."""
        failed = self._samples.done() and self._samples.exception() is not None
        return not failed and self._loop is asyncio.get_running_loop()

    async def close(self) -> None:
        """Close them."""
        self._over.set()
        await self._keeping

    async def _keep(self, config: PlayConfig) -> None:
        try:
            async with open_samples(config.sources, envs=service_of(config)) as samples:
                self._samples.set_result({sample.id: sample for sample in samples})
                await self._over.wait()
        except Exception as error:
            if self._samples.done():
                raise
            self._samples.set_exception(error)


_opened: dict[PlayConfig, OpenedTasks] = {}


def worlds_of(config: PlayConfig) -> OpenedTasks:
    """The tasks of a run, opened in this process by whoever asks first, or after a failure."""
    if config not in _opened or not _opened[config].are_open:
        _opened[config] = OpenedTasks(config)
    return _opened[config]


async def close_worlds() -> None:
    """Close all of them; the next who asks opens them again."""
    while _opened:
        _, worlds = _opened.popitem()
        await worlds.close()
