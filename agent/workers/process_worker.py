"""The process of a worker: plays what it is told on its standard input, and ends with it.

Whatever its libraries print goes to standard error; standard output is for messages alone.
"""

import asyncio
import os
import pickle
import signal
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

from vigorl.agent.workers.messages import LENGTH_BYTES, READY, framed
from vigorl.agent.workers.worker_setting import WorkerSetting

_LAST_S = 30.0
"""For an episode to end whose evaluation is gone; then the process does."""


def main() -> None:
    """Play until the evaluation closes the pipe or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the evaluation says when to stop
    told, saying = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)

    def say(message: Any) -> None:
        saying.write(framed(message))
        saying.flush()

    setting = _next(told)
    if isinstance(setting, WorkerSetting):
        try:
            asyncio.run(_serve(setting, told, say))
        except Exception as error:  # the evaluation raises it
            say(error)


async def _serve(setting: WorkerSetting, told: BinaryIO, say: Callable[[Any], None]) -> None:
    """Play one sample after another."""
    async with setting.opened() as play:
        say(READY)
        order = await asyncio.to_thread(_next, told)
        while order is not None:
            playing = asyncio.ensure_future(play(order))
            following = asyncio.ensure_future(asyncio.to_thread(_next, told))
            await asyncio.wait((playing, following), return_when=asyncio.FIRST_COMPLETED)
            if not playing.done():  # nobody sends two: the pipe is closed
                playing.cancel()
                await asyncio.wait((playing,))
                return
            try:
                say(playing.result())
            except Exception as error:  # the evaluation raises it
                say(error)
            order = await following


def _next(told: BinaryIO) -> Any:
    """The next message; None where there is none to come."""
    length = told.read(LENGTH_BYTES)
    if len(length) == LENGTH_BYTES:
        data = told.read(size := int.from_bytes(length))
        if len(data) == size:
            return pickle.loads(data)
    last = threading.Timer(_LAST_S, os._exit, (1,))
    last.daemon = True
    last.start()
    return None


if __name__ == "__main__":
    main()
