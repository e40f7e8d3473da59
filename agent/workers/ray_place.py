"""Places of a play queue whose workers are actors of Ray, on any machine of a cluster.

Ray is asked for no more than where a worker can be. It lets a call wait for ever whose actor finds
no core, so whoever is put somewhere has a deadline; that a node is gone it notices after a while,
and the deadline of the queue holds meanwhile.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from vigorl.agent.evaluation.play_queue import PlayQueue, WorkerLost, started_queue
from vigorl.agent.evaluation.sample_outcome import PlayOrder, SampleOutcome
from vigorl.agent.workers.messages import CLOSE_S, READY, START_S, answer_of, packed
from vigorl.agent.workers.ray_cluster import free_cores, joined
from vigorl.agent.workers.ray_worker import NodeCheck, RayWorker
from vigorl.agent.workers.worker_setting import WorkerSetting
from vigorl.browser.errors import UsageError
from vigorl.browser.run_folder import disk

PLACEMENT_S = 60.0
"""For Ray to find a core for a worker, and to start its process there."""


@asynccontextmanager
async def ray_queue(
    setting: WorkerSetting,
    address: str,
    count: int | None,
    deadline_s: float,
    placement_s: float = PLACEMENT_S,
) -> AsyncIterator[PlayQueue[PlayOrder, SampleOutcome]]:
    """A queue in front of workers of a cluster, which end with the block.

    Args:
        setting: What each of them opens; its folder is on a disk that all nodes see.
        address: Of the cluster, as `joined` takes it.
        count: Of workers, each with a core; None: as many as there are free cores.
        deadline_s: After which a worker that plays a sample is taken for lost.
        placement_s: For a worker to be put somewhere.

    Raises:
        UsageError: there is no Ray here, the cluster has no cores, or a node lacks what a worker
            needs: the folder, the package, the benchmark.
        ClusterFault: the cluster cannot be joined.
        WorkerLost: a worker did not start.
    """
    async with joined(address, count) as ray:
        free = free_cores(ray)
        if free < (count or 1):
            raise UsageError(
                f"the cluster has {free} free cores, of which a worker takes one: "
                f"give --processes {free}, or add nodes"
                if free
                else "the cluster has no free core for a worker: add nodes, or wait"
            )
        with marked(setting.folder) as check:
            places = [RayPlace(ray, check, setting, placement_s) for _ in range(count or free)]
            async with started_queue(places, deadline_s) as queue:
                yield queue


@contextmanager
def marked(folder: Path) -> Iterator[NodeCheck]:
    """A mark in a folder, as long as the block lasts, and what a node is asked about it.

    Raises:
        StorageFault: the folder cannot be written.
    """
    mark = f".seen-by-workers-{secrets.token_hex(8)}"
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / mark).touch()
    try:
        yield NodeCheck(version("vigorl-agent"), Path.cwd(), folder.absolute(), mark)
    finally:
        with suppress(OSError):
            (folder / mark).unlink()


class RayPlace:
    """A place with an actor, or with none yet."""

    def __init__(
        self, ray: ModuleType, check: NodeCheck, setting: WorkerSetting, placement_s: float
    ) -> None:
        self._ray: Any = ray
        self._check = check
        # Packed, so that a node that lacks a part of it says so; and told to the actor, not at its
        # creation, which a cluster keeps on record: it may hold a key.
        self._setting = packed(setting)
        self._placement_s = placement_s
        # Not where the last one was, if there is a choice.
        self._kind = ray.remote(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD")(RayWorker)
        self._actor: Any = None
        self._node = ""

    async def renew(self) -> None:
        """Kill the actor that is there, if there is one, and have another one somewhere.

        Raises:
            WorkerLost: no node has room for it, it ended before it was ready, or was not in time.
            VigorlError: what it opens cannot be opened there.
        """
        self._kill()
        self._actor, self._node = self._kind.remote(), "a node"
        try:
            async with asyncio.timeout(self._placement_s):
                self._node = await self._said(self._actor.node.remote())
        except TimeoutError as error:
            self._kill()
            raise WorkerLost(
                f"no node has had a free core for a worker in {self._placement_s:g} s"
            ) from error
        try:
            async with asyncio.timeout(START_S):
                ready = await self._said(self._actor.open.remote(self._check, self._setting))
        except TimeoutError as error:
            raise WorkerLost(
                f"a worker on {self._node} was not ready after {START_S:g} s"
            ) from error
        assert answer_of(ready) == READY

    async def play(self, attempt: PlayOrder) -> SampleOutcome:
        """Let the actor play.

        Raises:
            WorkerLost: it is gone.
        """
        outcome: SampleOutcome = answer_of(await self._said(self._actor.play.remote(attempt)))
        return outcome

    async def close(self) -> None:
        """Let the actor close what it opened; kill it where it does not."""
        if self._actor is not None:
            with suppress(TimeoutError, WorkerLost):
                async with asyncio.timeout(CLOSE_S):
                    await self._said(self._actor.close.remote())
        self._kill()

    async def _said(self, call: Awaitable[Any]) -> Any:
        try:
            return await call
        except self._ray.exceptions.RayError as error:
            raise WorkerLost(f"the worker on {self._node} is gone: {_told(error)}") from error

    def _kill(self) -> None:
        actor, self._actor = self._actor, None
        if actor is not None:
            with suppress(self._ray.exceptions.RayError):
                self._ray.kill(actor)


def _told(error: Exception) -> str:
    """What Ray says of the end of an actor, in a line."""
    return " ".join(str(error).split())[:300]
