"""The asynchronous side of the local model: sessions, a queue and one thread that computes."""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from vigorl.browser.errors import PolicyFault
from vigorl.policy.backend import Message, Reply, Sampling, SamplingMode
from vigorl.policy.local.engine import Engine, Memory, PendingTurn
from vigorl.policy.local.network import Network

_CLOSE_LIMIT_S = 30


class LocalBackend:
    """Sessions that share one network and one batch."""

    def __init__(
        self,
        network: Network,
        sampling: Sampling,
        *,
        max_batch: int = 8,
        reply_limit_s: float = 900,
    ) -> None:
        """Let `max_batch` turns be generated at a time; the others wait."""
        self.name = network.path
        self._network = network
        self._sampling = sampling
        self._engine = Engine(network, max_batch)
        self._reply_limit_s = reply_limit_s
        self._waiting: deque[PendingTurn] = deque()
        self._thread = ThreadPoolExecutor(
            1,
            thread_name_prefix="vigorl-model",
            initializer=network.claim_cores,  # a setting of the thread that computes
        )
        self._worker: asyncio.Task[None] | None = None

    def session(self, seed: int) -> "LocalSession":
        """A place for one episode, which draws with this seed."""
        return LocalSession(self, self._engine.memory(seed))

    def forget(self) -> None:
        """Begin as a new backend would: the same turns get the same numbers to the last digit."""
        self._engine.forget()

    @property
    def continues(self) -> bool:
        """It goes on in the middle of a message."""
        return True

    def describe(self) -> dict[str, Any]:
        """Checkpoint, number format, versions."""
        return {"backend": "local", **self._network.describe()}

    async def decode(self, ids: Sequence[int]) -> str:
        """The text of sampled tokens, special tokens left out."""
        return self._network.codec.decode(ids)

    async def close(self) -> None:
        """Stop after the token in the making; turns that are under way end with a fault."""
        self._engine.is_closing = True
        while self._waiting:
            with suppress(IndexError):  # the thread takes turns out of the queue as well
                self._waiting.popleft().fail(PolicyFault("the model was closed"))
        if self._worker is not None:
            await asyncio.wait([self._worker], timeout=_CLOSE_LIMIT_S)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def generate(
        self, memory: Memory, messages: Sequence[Message], how: SamplingMode
    ) -> Reply:
        """Put a turn into the queue and wait for it."""
        if self._engine.is_closing:
            raise PolicyFault("the model was closed")
        turn = PendingTurn(messages, memory, self._sampling.drawn(how))
        self._waiting.append(turn)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        try:
            async with asyncio.timeout(self._reply_limit_s):
                return await asyncio.wrap_future(turn.future)
        except TimeoutError as error:
            raise PolicyFault(
                f"{self.name} did not finish a turn within {self._reply_limit_s:g} s: use a "
                "smaller model, a faster device or fewer tokens a turn"
            ) from error

    async def _work(self) -> None:
        """Keep the thread busy as long as somebody waits."""
        loop = asyncio.get_running_loop()
        while self._waiting and not self._engine.is_closing:
            await loop.run_in_executor(self._thread, self._engine.run, self._waiting)


class LocalSession:
    """One episode's place at a local model."""

    def __init__(self, backend: LocalBackend, memory: Memory) -> None:
        self._backend = backend
        self._memory = memory

    async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
        """The assistant's next message.

        Raises:
            PolicyFault: out of memory, out of context, out of time, or closed.
            InconsistentData: a text contains a control string.
        """
        return await self._backend.generate(self._memory, messages, how)
