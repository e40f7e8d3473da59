"""The seam of a GRPO run: what learns from groups of rollouts, and one that learns in this process.

A `Learner` is an engine: it offers the policy that samples rollouts, and improves it. The loop
(`vigorl.training.grpo.loop`) samples, hands groups over, logs, and keeps checkpoints; it knows
nothing of networks. Another engine (verl, TRL) is another `Learner`, handed to `train_grpo` as
`open_learner`; so is another sampler: vLLM behind a URL (`vigorl.training.grpo.served_learner`).
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from vigorl.policy.backend import Hardware, Sampling
from vigorl.policy.factory import policy_of
from vigorl.policy.local.backend import LocalBackend
from vigorl.policy.local.network import Network
from vigorl.policy.policy import Policy
from vigorl.training.grpo.config import GrpoRunConfig
from vigorl.training.grpo.groups import Group, without_long_rows
from vigorl.training.grpo.update import prepare, update
from vigorl.training.run.base_model import base_model, family_of_model
from vigorl.training.run.network_weights import NetworkWeights
from vigorl.training.run.ranks import Ranks
from vigorl.training.run.schedule import Schedule
from vigorl.training.run.trainer import Trainer


class Learner(Protocol):
    """What samples rollouts and improves from them: the engine of a GRPO run.

    Of several processes each has one, and they learn as one: each is handed its own groups, and
    all call `learn`, `save` and `load` together.
    """

    @property
    def policy(self) -> Policy:
        """Who samples rollouts: the policy as it is after whatever it has learnt.

        Its rollouts have to be recorded with their tokens. Where it is a `NumberedPolicy` (as
        every `ModelPolicy` is), each rollout of the run is sampled with a seed of its own.
        """
        ...

    def learn(self, groups: Sequence[Group], step: int) -> Iterator[Mapping[str, float]]:
        """Make the updates of a rollout batch, one after another.

        Args:
            groups: Those with reward variance; there may be none.
            step: Updates that were made before.

        Yields:
            Metrics of each update when it is made. The loop logs their means, and the sums of
            those that end in `_s`.

        Raises:
            PolicyFault: no memory for it; updates that were yielded are made.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write what `load` needs into an empty folder, and `model/` to play with.

        Of several processes all call it, and the first one writes.

        Raises:
            OSError: the disk refuses.
        """
        ...

    def load(self, folder: Path) -> None:
        """Resume from what `save` wrote.

        Raises:
            UsageError: it is of another model.
        """
        ...

    async def close(self) -> None:
        """Let go of devices and connections; may be called twice."""
        ...


OpenLearner = Callable[[GrpoRunConfig, Ranks], Learner]
"""Opens the engine of a run, at its base model; may take minutes.

Raises:
    UsageError: the configuration asks for what it cannot do.
"""


class LocalLearner:
    """Samples and learns in this process, with one network for both."""

    def __init__(self, config: GrpoRunConfig, ranks: Ranks | None = None) -> None:
        """Load the base model, and the reference of the KL.

        Raises:
            UsageError: the checkpoint is not there, or cannot be run here.
        """
        how = config.update
        self._config = config
        self._ranks = ranks or Ranks()
        base = base_model(config.model)
        family = family_of_model(config.model, config.family)
        if not config.zoom:
            family = family.without_zoom()
        hardware = Hardware(device=config.device, dtype=config.dtype)
        weights = NetworkWeights(
            base,
            family,
            hardware,
            lora_rank=how.lora_rank,
            trains_vision=how.trains_vision,
            seed=config.seed,
        )
        self.network = weights.network
        self._reference: Network | None = None
        if how.lora_rank:
            self._reference = self.network  # without its adapters
        elif how.kl > 0:
            self._reference = Network(base, family, hardware)
            self._reference.model.requires_grad_(False)
        schedule = Schedule(
            how.learning_rate, config.steps, how.warmup_steps, how.final_learning_rate
        )
        self._trainer = Trainer(weights, schedule, weight_decay=how.weight_decay, ranks=self._ranks)
        longest = family.longest_turn_tokens or config.turn_tokens
        self.sampling = Sampling(
            temperature=1.0,  # what is trained is what was sampled from
            max_tokens=min(config.turn_tokens, longest),
            seed=config.seed,
        )
        self._backend = LocalBackend(self.network, self.sampling, max_batch=config.episodes_at_once)
        self._policy = policy_of(family, self._backend, self.sampling)

    @property
    def policy(self) -> Policy:
        """The network as it is now, and as it will be after each update."""
        return self._policy

    def learn(self, groups: Sequence[Group], step: int) -> Iterator[Mapping[str, float]]:
        """Make `updates_per_batch` updates, `epochs_per_batch` times over.

        Raises:
            PolicyFault: no memory for it.
        """
        began_s = time.monotonic()
        how, count, epochs = (
            self._config.update,
            self._config.updates_per_batch,
            self._config.epochs_per_batch,
        )
        groups, left_out = without_long_rows(groups, how.tree_tokens)
        too_long = self._ranks.all_reduce({"rows_too_long": left_out})
        prepared = [
            prepare(
                self.network,
                groups[number::count],
                how,
                reference=self._reference,
                is_first=number == 0 and epochs == 1,
                ranks=self._ranks,
            )
            for number in range(count)
        ]
        prepare_s = time.monotonic() - began_s
        for minibatches in prepared * epochs:
            began_s = time.monotonic()
            step += 1
            rate = self._trainer.begin(step)
            metrics = update(self.network, self._trainer.optimizer, minibatches, how, self._ranks)
            update_s = time.monotonic() - began_s
            yield {
                **metrics,
                **too_long,
                "learning_rate": rate,
                "prepare_s": prepare_s,
                "update_s": update_s,
            }
            prepare_s = 0.0
        self._backend.forget()  # what was computed with the weights before

    def save(self, folder: Path) -> None:
        """Write the model, its adapters and the optimizer."""
        self._trainer.save(folder)

    def load(self, folder: Path) -> None:
        """Resume from them.

        Raises:
            UsageError: they are of another model.
        """
        self._trainer.load(folder)

    async def close(self) -> None:
        """Let go of the device."""
        await self._policy.close()
