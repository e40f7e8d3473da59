"""The engine that samples on a server of vLLM and learns in this process, by LoRA adapters.

One GPU serves (`vigorl-agent serve MODEL --lora RANK`), another one learns. After each rollout
batch the adapter is written into the run's folder, which the server has to see under the same path,
and the first turn of the next batch loads it (`vigorl.policy.vllm.served_backend`).

The rollouts of a batch are sampled with the weights that the batch before has left, so the first
update learns from what was sampled with its own weights, as other programs compute them. What lies
between the two, other numbers or updates made since (`staleness`), is corrected by the truncated
importance weight of `vigorl.training.grpo.update`: of the trainer before the update against the
sampler's own log-probabilities.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.run_folder import claimed, disk, whole_folder
from vigorl.policy.factory import policy_of
from vigorl.policy.policy import Policy
from vigorl.policy.vllm.served_backend import OfferedAdapter, ServedBackend
from vigorl.policy.vllm.token_server import TokenServer
from vigorl.policy.wire import WireLimits
from vigorl.training.compute.lora import write_adapters
from vigorl.training.grpo.config import GrpoRunConfig
from vigorl.training.grpo.groups import Group
from vigorl.training.grpo.learner import LocalLearner
from vigorl.training.run.base_model import family_of_model
from vigorl.training.run.training_run import step_of


class ServedLearner:
    """Samples on a server, and learns adapters in this process."""

    def __init__(self, config: GrpoRunConfig, server: TokenServer, home: Path) -> None:
        """Load the base model here as well, and offer its untrained adapter.

        Args:
            config: How.
            server: Of the same base model.
            home: Folder that adapters are written into.

        Raises:
            UsageError: the checkpoint is not there, or cannot be run here.
            StorageFault: the disk refuses.
        """
        self._local = LocalLearner(config)
        self._rank = config.update.lora_rank
        self._home = home
        self._step = 0
        network, sampling = self._local.network, self._local.sampling
        self._backend = ServedBackend(
            server, network.codec, network.family, sampling, network.score
        )
        self._policy = policy_of(network.family, self._backend, sampling)
        self._offer()

    @property
    def policy(self) -> Policy:
        """The server with the adapters as they are now, and as they will be after each batch."""
        return self._policy

    async def ready(self) -> None:
        """Check that the server samples what is trained here.

        Raises:
            UsageError: it was not started for that, or has another model.
            PolicyFault: nobody answers.
        """
        await self._backend.ready()

    def learn(self, groups: Sequence[Group], step: int) -> Iterator[Mapping[str, float]]:
        """Make the updates of a rollout batch (`LocalLearner.learn`), and offer what came of them.

        Yields:
            Besides, `staleness`: updates made before this one since the weights that have sampled
            what it learns from, as a mean over sampled tokens.

        Raises:
            PolicyFault: no memory for it.
            InconsistentData: rollouts do not say which weights sampled them.
        """
        sampled_at = _sampled_at(groups, step)
        for made, metrics in enumerate(self._local.learn(groups, step)):
            self._step = step + made + 1
            yield {**metrics, "staleness": step + made - sampled_at}
        self._offer()

    def save(self, folder: Path) -> None:
        """Write the model, its adapters and the optimizer."""
        self._local.save(folder)

    def load(self, folder: Path) -> None:
        """Resume from them, whoever has sampled until then, and offer the adapter.

        Raises:
            UsageError: they are of another model.
            StorageFault: the disk refuses.
        """
        self._local.load(folder)
        self._step = step_of(folder)
        self._offer()

    async def close(self) -> None:
        """Let go of the device and the connections; the server keeps the last adapter."""
        await self._policy.close()
        await self._local.close()

    def _offer(self) -> None:
        """Write the adapters as they are; those before are in nobody's hands any more."""
        folder = self._home / f"{self._step:06d}"
        with disk(self._home):
            for before in self._home.glob("[0-9]*"):
                shutil.rmtree(before)
        with whole_folder(folder) as partial:
            write_adapters(self._local.network, partial)
        self._backend.offer(OfferedAdapter(folder, self._rank, self._step))


def _sampled_at(groups: Sequence[Group], step: int) -> float:
    """Updates that the weights had seen which sampled the tokens of a batch: their mean.

    Args:
        groups: What is learnt from; there may be none.
        step: Updates made until now.

    Raises:
        InconsistentData: a row does not say which weights sampled it, or names later ones.
    """
    tokens = steps = 0
    for row in (row for group in groups for rollout in group.rollouts for row in rollout.rows):
        if row.weights_step is None or row.weights_step > step:
            raise InconsistentData(
                f"a rollout sampled by weights of {row.weights_step} updates, after {step} of them"
            )
        count = len(row.sampled_at)
        tokens += count
        steps += count * row.weights_step
    return steps / tokens if tokens else float(step)


@asynccontextmanager
async def served_learner(
    config: GrpoRunConfig,
    out: Path,
    api_key: str | None = None,
    limits: WireLimits | None = None,
) -> AsyncIterator[ServedLearner]:
    """The engine of a run whose rollouts are sampled at `config.sampler`, ready to play.

    Args:
        config: How.
        out: Folder of the run, which the server has to see: adapters are written into `sampler`.
        api_key: Bearer token for the server.
        limits: How long the server is waited for.

    Raises:
        UsageError: the configuration cannot be carried out, another process trains into the
            folder, or the server was not started for this; a folder that was made is taken away.
        PolicyFault: nobody answers.
        StorageFault: the disk refuses.
    """
    family = family_of_model(config.model, config.family)
    if family.copies:
        raise UsageError(
            f"{family.name} copies its points from what was read, which the sampler in this "
            "process alone sees to: leave out --sampler"
        )
    server = await TokenServer.connect(config.sampler, None, api_key, limits)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.close)
        if not out.exists():
            stack.callback(shutil.rmtree, out, ignore_errors=True)
        home = out / "sampler"
        with claimed(home, "training"):
            learner = await asyncio.to_thread(ServedLearner, config, server, home)
            stack.push_async_callback(learner.close)
            await learner.ready()
            stack.pop_all()
            try:
                yield learner
            finally:
                await learner.close()
