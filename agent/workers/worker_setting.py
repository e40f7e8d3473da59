"""WorkerSetting: what a worker needs in order to play samples of an evaluation."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vigorl.agent.evaluation.sample_outcome import PlayOrder, SampleOutcome, play_sample
from vigorl.agent.evaluation.tries import Tries
from vigorl.policy.model_config import ModelConfig

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigorl.browser.boundary import Boundary
    from vigorl.browser.remote import RemoteService


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
