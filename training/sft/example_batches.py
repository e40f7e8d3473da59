"""Examples as a training objective: batches of prefix trees, and how likely their words are.

The rows of a batch that begin alike, above all those about one picture, are computed as one tree
(`vigorl.training.compute.prefix_tree`), like the groups of GRPO. What is minimised is

    loss = − Σ logprob(token) / number of tokens        over the assistant's tokens in a batch
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

import torch
from torch import Tensor, nn

from vigorl.policy.local.network import Network
from vigorl.training.compute.gradient_checkpointing import gradient_checkpointing
from vigorl.training.compute.image_features import ImageFeatures
from vigorl.training.compute.prefix_tree import PrefixTree, build_trees, logprobs
from vigorl.training.data.examples import Example, Examples
from vigorl.training.run.ranks import Ranks


@dataclass(frozen=True)
class BatchConfig:
    """How examples are put into batches."""

    epochs: float = 1.0
    """How often every example is learnt from."""
    batch: int = 16
    """Examples of an update."""
    tree_tokens: int = 8192
    """Computed at a time: what fits into memory."""
    gradient_checkpointing: bool = False
    """Whether layers are computed twice so that less has to be kept (gradient checkpointing)."""
    seed: int = 0
    """Of their order."""


@dataclass(frozen=True)
class _Batch:
    trees: tuple[PrefixTree, ...]
    tokens: int
    """That are taught, in all trees of all processes."""


class ExampleObjective:
    """Examples as batches of trees; every epoch in another order, drawn from its number."""

    def __init__(
        self,
        network: Network,
        examples: Examples,
        config: BatchConfig,
        ranks: Ranks | None = None,
    ) -> None:
        """Put nothing together yet.

        Args:
            network: Who learns from them.
            examples: All of them.
            config: How they are put into batches.
            ranks: The processes that train as one: each gets its share of every batch.
        """
        self._network = network
        self._ranks = ranks or Ranks()
        self._examples = examples
        self._config = config
        self._of_picture: dict[str, list[Example]] = {}
        for example in examples.examples:
            shown = [image.sha256 for row in example.rows for image in row.images]
            self._of_picture.setdefault(shown[0] if shown else "", []).append(example)

    @cached_property
    def steps(self) -> int:
        """Batches of all epochs."""
        count = len(self._examples.examples) * self._config.epochs / self._config.batch
        return max(1, math.ceil(count))

    def batch(self, step: int) -> _Batch:
        """The batch of a step, counted from 0, from its number alone; this process's share."""
        return self.batch_of(self._chosen(step))

    def batch_of(self, examples: Sequence[Example]) -> _Batch:
        """Examples as trees: those of this process's share."""
        share = self._ranks.share(range(len(examples)))
        rows = [row for index in share for row in examples[index].rows]
        cell_id = self._network.codec.cell_id
        trees = tuple(build_trees(rows, cell_id, self._config.tree_tokens))
        return _Batch(trees, sum(example.tokens for example in examples))

    def _chosen(self, step: int) -> list[Example]:
        size, count = self._config.batch, len(self._examples.examples)
        numbers = range(step * size, (step + 1) * size)
        orders = {epoch: self._order(epoch) for epoch in {number // count for number in numbers}}
        return [orders[number // count][number % count] for number in numbers]

    def _order(self, epoch: int) -> list[Example]:
        """All examples, those about one picture side by side, so that they share a tree."""
        random = Random(f"{self._config.seed}/{epoch}")
        groups = list(self._of_picture.values())
        random.shuffle(groups)
        return [example for group in groups for example in random.sample(group, len(group))]

    def to(self, batch: _Batch, device: torch.device) -> _Batch:
        """The same; trees go to the network's device when they are computed."""
        return batch

    def losses(self, module: nn.Module, batch: _Batch, step: int) -> Iterator[Mapping[str, Tensor]]:
        """Each tree's share of the loss, and of the pictures' gradients in the end."""
        features = ImageFeatures(self._network, self._examples.pictures)
        for tree in batch.trees:
            with gradient_checkpointing(self._network, self._config.gradient_checkpointing):
                yield {"loss": -logprobs(self._network, tree, features).sum() / batch.tokens}
        features.backward()

    def too_large(self, step: int) -> str:
        """The examples of a step, counted from 1, and what helps."""
        names = [example.name for example in self._chosen(step - 1)]
        return (
            f"{', '.join(names[:3])}{', …' if len(names) > 3 else ''}. Compute less at a time "
            f"(--tree-tokens, {self._config.tree_tokens} now), compute layers twice "
            "(--gradient-checkpointing), take fewer examples (--batch), or learn by adapters "
            "(--lora 16)"
        )

    @torch.no_grad()
    def mean_loss(self) -> float:
        """The loss over all examples; of several processes, all call it."""
        size = self._config.batch
        ordered = self._order(0)
        total = tokens = 0.0
        for first in range(0, len(ordered), size):
            batch = self.batch_of(ordered[first : first + size])
            for part in self.losses(self._network.model, batch, 0):
                total += float(part["loss"]) * batch.tokens
            tokens += batch.tokens
        return self._ranks.all_reduce({"total": total})["total"] / tokens
