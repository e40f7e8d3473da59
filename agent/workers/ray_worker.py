"""The actor of Ray that is a worker: plays what it is called for, on the node that it was put on.

It imports nothing of Ray. What it is told and what it says are packed, errors as well, so that they
arrive as they are.
"""

import asyncio
import os
import pickle
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from vigorl.agent.evaluation.sample_outcome import PlayOrder, SampleOutcome
from vigorl.agent.workers.messages import READY, packed
from vigorl.agent.workers.worker_setting import WorkerSetting
from vigorl.browser.errors import UsageError


@dataclass(frozen=True)
class NodeCheck:
    """What a node must have in common with the machine of the evaluation."""

    version: str
    """Of this package."""
    working_folder: Path
    """From which paths in options are read."""
    folder: Path
    """Of the evaluation; absolute."""
    mark: str
    """A file in it that no other folder has."""

    def enter(self) -> None:
        """Look at everything, and make the working folder this process's own.

        Raises:
            UsageError: something differs here.
        """
        node, here = socket.gethostname(), version("vigorl-agent")
        if here != self.version:
            raise UsageError(
                f"{node} has vigorl-agent {here}, and this machine {self.version}: install the "
                "same on every node"
            )
        if not (self.folder / self.mark).is_file():
            raise UsageError(
                f"{node} does not see {self.folder} as this machine does: choose an --out on a "
                "disk that every node has at the same path (or play shards, which need none)"
            )
        try:
            os.chdir(self.working_folder)
        except OSError as error:
            raise UsageError(
                f"{node} cannot enter {self.working_folder} ({error.strerror}), from which paths "
                "are read: start in a folder that every node has"
            ) from error


class RayWorker:
    """A worker, once it is opened."""

    def __init__(self) -> None:
        self._play: Callable[[PlayOrder], Awaitable[SampleOutcome]] | None = None
        self._playing: asyncio.Future[SampleOutcome] | None = None
        self._is_over = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    async def node(self) -> str:
        """The name of its machine; it is there when it says it."""
        return socket.gethostname()

    async def open(self, check: NodeCheck, setting: bytes) -> bytes:
        """Get ready to play; or what is in the way."""
        try:
            check.enter()
            opened: asyncio.Future[Callable[[PlayOrder], Awaitable[SampleOutcome]]]
            opened = asyncio.get_running_loop().create_future()
            self._serving = asyncio.create_task(self._serve(pickle.loads(setting), opened))
            self._play = await opened
        except ImportError as error:
            node = socket.gethostname()
            return packed(UsageError(f"{node}: {error}; install it there as on this machine"))
        except Exception as error:  # the evaluation raises it
            return packed(error)
        return packed(READY)

    async def play(self, order: PlayOrder) -> bytes:
        """What comes of a sample."""
        assert self._play is not None, "it is opened first"
        self._playing = asyncio.ensure_future(self._play(order))
        try:
            return packed(await self._playing)
        except Exception as error:  # the evaluation raises it
            return packed(error)

    async def close(self) -> None:
        """Stop playing, and close the browser and the policy."""
        if self._playing is not None:
            self._playing.cancel()
            await asyncio.wait((self._playing,))
        self._is_over.set()
        if self._serving is not None:
            await asyncio.wait((self._serving,))

    async def _serve(
        self,
        setting: WorkerSetting,
        opened: "asyncio.Future[Callable[[PlayOrder], Awaitable[SampleOutcome]]]",
    ) -> None:
        """Open and close in one task, as what is opened asks for."""
        try:
            async with setting.opened() as play:
                opened.set_result(play)
                await self._is_over.wait()
        except Exception as error:
            if opened.done():
                raise
            opened.set_exception(error)
