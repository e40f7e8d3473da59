"""Places of a play queue whose workers are processes, each with a policy and a browser."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from vigorl.agent.evaluation.play_queue import PlayQueue, WorkerLost, started_queue
from vigorl.agent.evaluation.sample_outcome import PlayOrder, SampleOutcome
from vigorl.agent.workers.messages import (
    CLOSE_S,
    LENGTH_BYTES,
    READY,
    START_S,
    answer_of,
    framed,
)
from vigorl.agent.workers.worker_setting import WorkerSetting


@asynccontextmanager
async def process_queue(
    setting: WorkerSetting, count: int, deadline_s: float
) -> AsyncIterator[PlayQueue[PlayOrder, SampleOutcome]]:
    """A queue in front of so many processes, which end with the block.

    Args:
        setting: What each of them opens.
        count: Of processes, each of which plays one sample at a time.
        deadline_s: After which a process that plays a sample is taken for lost.

    Raises:
        UsageError: what a process needs is not there.
        WorkerLost: one did not start.
    """
    places = [ProcessPlace(setting) for _ in range(count)]
    async with started_queue(places, deadline_s) as queue:
        yield queue


class ProcessPlace:
    """A place with a process, or with none yet."""

    def __init__(self, setting: WorkerSetting) -> None:
        self._setting = setting
        self._process: asyncio.subprocess.Process | None = None

    async def renew(self) -> None:
        """Kill the process that is there, if there is one, and start another.

        Raises:
            WorkerLost: it ended before it was ready, or was not in time.
            VigorlError: what it opens cannot be opened.
        """
        await self._kill()
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "vigorl.agent.workers.process_worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(START_S):
                ready = await self._answer(self._setting)
        except TimeoutError as error:
            raise WorkerLost(f"a process was not ready after {START_S:g} s") from error
        assert ready == READY

    async def play(self, attempt: PlayOrder) -> SampleOutcome:
        """Let the process play.

        Raises:
            WorkerLost: it is gone.
        """
        outcome: SampleOutcome = await self._answer(attempt)
        return outcome

    async def close(self) -> None:
        """Close the pipe, upon which it ends; kill it where it does not."""
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await process.wait()
        await self._kill()

    async def _answer(self, message: Any) -> Any:
        """What the process says to a message; errors of it are raised here."""
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(framed(message))
            await process.stdin.drain()
            length = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES))
            data = await process.stdout.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            code = await process.wait()
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            raise WorkerLost(f"the process {process.pid} ended with {how}") from error
        return answer_of(data)

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        if process is not None:
            await process.wait()
