"""WorkerSetting: what a process needs in order to play samples of an evaluation, and its frames."""

import pickle
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vigorl.agent.evaluation.sample_outcome import PlayOrder, SampleOutcome, play_sample
from vigorl.agent.evaluation.tries import Tries
from vigorl.browser.errors import VigorlError
from vigorl.policy.model_config import ModelConfig

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigorl.browser.boundary import Boundary
    from vigorl.browser.remote import RemoteService

LENGTH_BYTES = 8
"""Of the number before each message, which says how long it is."""


@dataclass(frozen=True)
class WorkerSetting:
    """An evaluation as each of its workers opens it: the same samples, by the same policy."""

    benchmark: str
    """By its name; its package has to be installed where the worker is."""
    options: Any
    """The benchmark's own."""
    model: ModelConfig
    folder: Path
    """Of the evaluation, on a disk that all workers share."""
    boundary: "Boundary | None" = None
    verify: str | None = None
    tries: Tries = field(default_factory=Tries)
    envs: "RemoteService | None" = None

    @asynccontextmanager
    async def opened(self) -> "AsyncIterator[Callable[[PlayOrder], Awaitable[SampleOutcome]]]":
        """What plays a sample, in a browser and by a policy of its own.

        Raises:
            UsageError: what it needs is not here.
            InfrastructureFault: it does not start.
        """
        from vigorl.agent.benchmarks.benchmark import Setting
        from vigorl.agent.benchmarks.registry import find
        from vigorl.policy.factory import open_policy

        policy = await open_policy(self.model)
        try:
            async with AsyncExitStack() as world:
                setting = Setting(policy, 1, self.boundary, self.envs)
                opening = find(self.benchmark).open(self.options)
                opened = await world.enter_async_context(opening(setting))
                look = None
                if self.verify is not None:
                    from vigorl.agent.run import second_look  # which is slow to import

                    verifying = second_look(self.verify, policy, self.model)
                    look = await world.enter_async_context(verifying)
                player = opened.wrap(policy) if opened.wrap else policy

                async def play(order: PlayOrder) -> SampleOutcome:
                    sample = opened.samples[order.number]
                    assert sample.id == order.id, "every worker opens the same samples"
                    return await play_sample(
                        player, sample, order.number, self.folder, opened.limits, self.tries, look
                    )

                yield play
        finally:
            await policy.close()


def framed(message: Any) -> bytes:
    """A message between an evaluation and its worker, which trust each other."""
    if isinstance(message, Exception):
        message = portable(message)
    elif isinstance(message, SampleOutcome) and message.error is not None:
        sent = portable(message.error)
        assert isinstance(sent, VigorlError), "it is one with its words alone, too"
        message = replace(message, error=sent)
    data = pickle.dumps(message)
    return len(data).to_bytes(LENGTH_BYTES) + data


def portable(error: Exception) -> Exception:
    """An error that can be sent: itself, or the nearest kind of it that can be, with its words.

    An error that is made of other arguments than its message cannot be made again from it.
    """
    for kind in type(error).__mro__:
        with suppress(pickle.PickleError, AttributeError, TypeError):
            sent = error if kind is type(error) else kind(str(error))
            again = pickle.loads(pickle.dumps(sent))
            if type(again) is kind and str(again) == str(error):
                return sent
    raise AssertionError("any error can be sent as an Exception")
