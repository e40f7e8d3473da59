"""A policy that learns by doing, and everything that a checkpoint keeps of it."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from vigorl.policy.backend import Hardware, Sampling
from vigorl.policy.factory import policy_of
from vigorl.policy.local.backend import LocalBackend
from vigorl.policy.local.network import Network
from vigorl.training.compute.lora import adapter_state, add_adapters, load_adapters, merged_state
from vigorl.training.grpo.config import GrpoRunConfig
from vigorl.training.grpo.folder import PracticeFolder
from vigorl.training.grpo.groups import Group
from vigorl.training.grpo.update import optimizer_of, prepare, update
from vigorl.training.run.base_model import family_of_model, trainable
from vigorl.training.run.ranks import Ranks
from vigorl.training.sft.loop import share_of_rate

_ADAPTERS = "adapters.pt"
"""Beside the model of a checkpoint, where adapters learn."""


@dataclass(frozen=True)
class Progress:
    """How far a training has come."""

    step: int = 0
    """Updates made."""
    tasks: int = 0
    """Tasks played, with or without use."""
    episodes: int = 0
    """Episodes begun."""


class Practice:
    """The network, its reference and its optimizer, and how far they have come."""

    def __init__(
        self, config: GrpoRunConfig, folder: PracticeFolder, ranks: Ranks | None = None
    ) -> None:
        """Start, or go on from the newest checkpoint of the folder; nothing is written.

        Raises:
            UsageError: the checkpoint is not there, cannot be run here, or the folder holds
                another training.
        """
        self.config = config
        self.folder = folder
        self.ranks = ranks or Ranks()
        folder.check(config)
        newest = folder.newest()
        begin = trainable(config.model)
        family = family_of_model(config.model, config.family)
        if not config.zoom:
            family = family.without_zoom()
        hardware = Hardware(device=config.device, dtype=config.dtype)
        how = config.update
        resumes_weights = newest is not None and not how.lora_rank
        self.network = Network(
            str(newest / "model") if newest and resumes_weights else begin, family, hardware
        )
        self.reference: Network | None = None
        if how.lora_rank:
            add_adapters(
                self.network, how.lora_rank, trains_vision=how.trains_vision, seed=config.seed
            )
            self.reference = self.network
        elif how.kl > 0:
            self.reference = Network(begin, family, hardware)
            self.reference.model.requires_grad_(False)
        self.optimizer = optimizer_of(self.network, how, self.ranks)
        self.progress = Progress(**folder.progress())
        self._saved = self.progress.step if newest is not None else None
        if newest is not None:
            # Mapped: each process takes its share alone.
            path = newest / "optimizer.pt"
            saved = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
            self.optimizer.load_state_dict(saved)
            if how.lora_rank:
                load_adapters(self.network, self._loaded(newest / _ADAPTERS))
        longest = family.longest_turn_tokens or config.turn_tokens
        sampling = Sampling(
            temperature=1.0,  # what is trained is what was sampled from
            max_tokens=min(config.turn_tokens, longest),
            seed=config.seed,
        )
        self.backend = LocalBackend(self.network, sampling, max_batch=config.episodes_at_once)
        self.policy = policy_of(family, self.backend, sampling)
        """Who plays: the network as it is now, and as it will be after each update."""

    def _loaded(self, path: Path) -> dict[str, Any]:
        loaded: dict[str, Any] = torch.load(
            path, map_location=self.network.device, weights_only=True
        )
        return loaded

    def learn(self, groups: Sequence[Group]) -> dict[str, float]:
        """All updates of one batch of rollouts; means of their metrics, and how long they took.

        Raises:
            PolicyFault: no memory for it.
        """
        began_s = time.monotonic()
        how, count = self.config.update, self.config.updates_per_batch
        minibatches = [
            prepare(
                self.network,
                groups[number::count],
                how,
                reference=self.reference,
                is_first=number == 0 and self.config.epochs_per_batch == 1,
                ranks=self.ranks,
            )
            for number in range(count)
        ]
        prepared_s = time.monotonic()
        made = []
        for each in minibatches * self.config.epochs_per_batch:
            step = self.progress.step + 1
            rate = how.learning_rate * share_of_rate(
                step, self.config.steps, how.warmup_steps, how.final_learning_rate
            )
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            metrics = update(self.network, self.optimizer, each, how, self.ranks)
            made.append({**metrics, "learning_rate": rate})
            self.progress = replace(self.progress, step=step)
        names = dict.fromkeys(name for metrics in made for name in metrics)
        means = {name: sum(each.get(name, 0.0) for each in made) / len(made) for name in names}
        updated_s = time.monotonic()
        return {**means, "prepare_s": prepared_s - began_s, "update_s": updated_s - prepared_s}

    def save(self) -> None:
        """Write a checkpoint, whole or not at all, if there is not one of this step.

        Of several processes, all have to call it, and the first one writes.

        Raises:
            StorageFault: the disk refuses; the checkpoint before is whole.
            InfrastructureFault: another process is gone.
        """
        if self.progress.step == self._saved:
            return
        state = self.optimizer.state_dict()
        if self.ranks.is_first:
            self.folder.save(asdict(self.progress), partial(self._write, state))
        self._saved = self.progress.step

    def _write(self, state: dict[str, Any], folder: Path) -> None:
        if self.config.update.lora_rank:
            self.network.save(folder / "model", merged_state(self.network))
            torch.save(adapter_state(self.network), folder / _ADAPTERS)
        else:
            self.network.save(folder / "model")
        torch.save(state, folder / "optimizer.pt")
