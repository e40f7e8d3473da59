"""The tasks that a worker plays, opened once in its process and open as long as it lives."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from vigorl.agent.evaluation.sample import Sample
from vigorl.browser.remote import RemoteService
from vigorl.training.data.held_out import check_learnable
from vigorl.training.verl.play_config import PlayConfig

SEEDS = 200
"""Of each embedded task."""
TOKEN = "VIGORL_ENVS_TOKEN"

Samples = Mapping[str, Sample]


@asynccontextmanager
async def open_samples(config: PlayConfig) -> AsyncIterator[Samples]:
    """The tasks by their ids, playable as long as the block lasts.

    Raises:
        UsageError: one of the names is no task, or the data is not there.
        InfrastructureFault: the browser does not start, or the service does not answer.
    """
    if config.data is not None:
        from vigorl.agent.benchmarks.still_images import still_samples

        check_learnable(Path(config.data))
        yield {sample.id: sample for sample in still_samples(Path(config.data))}
        return
    from vigorl.agent.benchmarks.embedded import open_tasks

    envs = RemoteService(config.envs, os.environ.get(TOKEN, "")) if config.envs else None
    names, skipped = config.tasks or None, config.skipped_seeds
    async with open_tasks(SEEDS, names, "train", "goal", skipped, envs=envs) as samples:
        yield {sample.id: sample for sample in samples}


class _Opened:
    """Tasks that a task of its own keeps open."""

    def __init__(self, config: PlayConfig) -> None:
        self.samples: asyncio.Future[Samples] = asyncio.get_running_loop().create_future()
        self.over = asyncio.Event()
        self.keeping = asyncio.create_task(self._keep(config))

    async def _keep(self, config: PlayConfig) -> None:
        try:
            async with open_samples(config) as samples:
                self.samples.set_result(samples)
                await self.over.wait()
        except Exception as error:
            if self.samples.done():
                raise
            self.samples.set_exception(error)


_opened: dict[PlayConfig, _Opened] = {}


async def samples_of(config: PlayConfig) -> Samples:
    """The tasks of a run, opened by whoever asks first, and again after a failure.

    Raises: as `open_samples`.
    """
    if config not in _opened:
        _opened[config] = _Opened(config)
    opened = _opened[config]
    try:
        return await asyncio.shield(opened.samples)
    except Exception:
        if _opened.get(config) is opened:
            del _opened[config]
        raise


async def close_samples() -> None:
    """Close all of them; the next who asks opens them again."""
    while _opened:
        _, opened = _opened.popitem()
        opened.over.set()
        await opened.keeping
