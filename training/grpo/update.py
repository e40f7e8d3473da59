"""Group-relative policy optimisation on recorded trajectories of several turns.

What is compared is a group: rollouts at one task from one beginning. What is trained are the
tokens that were sampled, all of them and no others, each weighted by its rollout's advantage::

    loss = Σ_s  w_s · ( −min(ρ_s A_s, clip(ρ_s) A_s) · c_s  +  β · k3_s )

    ρ_s   exp(logprob − old)             the policy against itself before the update
    c_s   min(exp(old − sampler), cap)   the trainer against the sampler, a constant
    k3_s  exp(r) − r − 1, r = reference − logprob
    w_s   depends on the whole batch of an update alone, so that dividing it among trees, and
          trees among backward passes, changes nothing

It differs from the GRPO of arXiv 2402.03300 in that (1) a rollout may consist of several rows,
where its history was rewritten, and counts once; (2) rollouts of one worth teach nothing and are
left out; (3) tokens weigh the same whatever rollout they are in, unless asked otherwise; (4) a
group is one prefix tree, and what its rollouts share is computed once.

Source: clip-higher, token-level loss and groups without variance arXiv 2503.14476 (DAPO); constant
normaliser and no std arXiv 2503.20783 (Dr. GRPO); k3 http://joschu.net/blog/kl-approx.html.

Axes: G rollouts of a group, B rollouts of a batch, S sampled tokens.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import assert_never

import torch
from torch import Tensor

from vigorl.browser.errors import PolicyFault, UsageError
from vigorl.policy.local.engine import is_out_of_memory
from vigorl.policy.local.network import Network
from vigorl.training.compute.gradient_checkpointing import gradient_checkpointing
from vigorl.training.compute.image_features import ImageFeatures
from vigorl.training.compute.lora import has_adapters, without_adapters
from vigorl.training.compute.prefix_tree import PrefixTree, build_trees, logprobs
from vigorl.training.grpo.config import GrpoConfig, Normalisation
from vigorl.training.grpo.groups import Group
from vigorl.training.run.optimizer import MasterAdamW
from vigorl.training.run.ranks import Ranks

"""All tokens of the batch weigh the same; the same with a constant in place of their number; all
rollouts weigh the same, and so do the tokens in each."""

ALONE = Ranks()

_STD_FLOOR = 1e-4
"""Added to a group's standard deviation. Source: trl."""

_RATIO_BOUND = 20.0
"""Of the logarithm of a ratio that is exponentiated."""
_K3_BOUND = 10.0


def group_advantages(rewards_G: Tensor, scale_G: Tensor | None) -> Tensor:
    """How much better than its group each rollout was, [G].

    Args:
        rewards_G: What is compared.
        scale_G: Differences are divided by the standard deviation of these; None: by nothing.
    """
    centred_G = rewards_G - rewards_G.mean()
    return centred_G if scale_G is None else centred_G / (scale_G.std() + _STD_FLOOR)


def token_weights(
    tokens_B: Tensor, normalisation: Normalisation, longest_tokens: int = 2048
) -> Tensor:
    """What each token of each rollout weighs in the loss of the whole batch, [B] float32.

    Args:
        tokens_B: How many were sampled in each rollout, all its rows together.
        normalisation: By what the sum is divided.
        longest_tokens: The constant of `dr_grpo`.
    """
    rollouts = len(tokens_B)
    match normalisation:
        case "dapo":
            return torch.ones(rollouts) / tokens_B.sum()
        case "dr_grpo":
            return torch.ones(rollouts) / (rollouts * longest_tokens)
        case "grpo":
            return 1 / (rollouts * tokens_B)
        case _:
            assert_never(normalisation)


def k3(logprobs_S: Tensor, reference_S: Tensor) -> Tensor:
    """Unbiased estimate of KL(policy ‖ reference) at each token, from 0 to 10, [S].

    Beyond that it is cut off, so that a single token cannot make a whole update infinite.
    Source: the bounds are those of verl (`kl_penalty`).
    """
    ratio_S = (reference_S - logprobs_S).clamp(-_RATIO_BOUND, _RATIO_BOUND)
    return (ratio_S.exp() - ratio_S - 1).clamp(max=_K3_BOUND)


def sampler_correction(old_S: Tensor, sampler_S: Tensor, cap: float) -> Tensor:
    """Truncated importance weights of what another program sampled, [S], without gradient."""
    return (old_S - sampler_S).exp().clamp(max=cap).detach()


def policy_losses(
    logprobs_S: Tensor,
    old_S: Tensor,
    advantages_S: Tensor,
    clip_low: float,
    clip_high: float,
    clip_dual: float = math.inf,
) -> Tensor:
    """The clipped surrogate at each token, [S]; `old_S` has no gradient.

    Where the advantage is negative it is at most `clip_dual` times as large, however much likelier
    the token has become. Source: dual clip, arXiv 1912.09729.
    """
    ratio_S = (logprobs_S - old_S).clamp(-_RATIO_BOUND, _RATIO_BOUND).exp()
    clipped_S = ratio_S.clamp(1 - clip_low, 1 + clip_high)
    losses_S = -torch.minimum(ratio_S * advantages_S, clipped_S * advantages_S)
    if math.isinf(clip_dual):
        return losses_S
    return losses_S.where(advantages_S >= 0, losses_S.minimum(-clip_dual * advantages_S))


@dataclass(frozen=True)
class Minibatch:
    """A tree with all that its loss needs; tensors are [S] float32, row after row."""

    tree: PrefixTree
    group: Group
    advantages_S: Tensor
    weights_S: Tensor
    sampler_S: Tensor | None
    """Log-probabilities as they were noted at sampling."""
    old_S: Tensor | None
    """Those of the policy before the update; None where it is the first one since."""
    reference_S: Tensor | None


def prepare(
    network: Network,
    groups: Sequence[Group],
    config: GrpoConfig,
    *,
    reference: Network | None = None,
    is_first: bool = True,
    ranks: Ranks = ALONE,
) -> list[Minibatch]:
    """The minibatches of one update; groups without variance are left out.

    Args:
        network: The policy, as it was when it played.
        groups: All that one update is made of, whatever trees they are divided into; of several
            processes, this one's share.
        config: How.
        reference: What the policy must stay close to, as it is without adapters; needed where
            `config.kl` is above 0. May be the policy's own network where that learns by adapters.
        is_first: The policy has not changed since it played, and will not before this update.
        ranks: The processes whose groups make one update together.

    Raises:
        UsageError: a row does not fit into a tree, or the reference is missing.
        PolicyFault: a tree does not fit into the device's memory.
        InconsistentData: rows, placeholders and pictures do not belong together.
    """
    if config.kl > 0 and reference is None:
        raise UsageError("a KL needs a reference: give one, or set kl to 0")
    if reference is network and not has_adapters(network):
        raise UsageError("a network is its own reference only where it learns by adapters")
    kept = [group for group in groups if group.varies(config.variance_of)]
    lengths = [
        sum(len(row.sampled_at) for row in rollout.rows)
        for group in kept
        for rollout in group.rollouts
    ]
    everywhere = ranks.all_gather(lengths)
    tokens_B = torch.tensor([each for lengths in everywhere for each in lengths])
    weights_B = token_weights(tokens_B, config.normalisation, config.longest_tokens)
    minibatches = []
    first = sum(len(lengths) for lengths in everywhere[: ranks.number])
    for group in kept:
        rewards_G = torch.tensor([float(rollout.reward.total) for rollout in group.rollouts])
        scale_G = torch.tensor(group.compared(config.variance_of)) if config.scale_by_std else None
        advantages_G = group_advantages(rewards_G, scale_G)
        weights_G = weights_B[first : first + len(rewards_G)]
        first += len(rewards_G)
        owned = [(g, row) for g, rollout in enumerate(group.rollouts) for row in rollout.rows]
        owner_R = torch.tensor([g for g, _ in owned])
        rows = [row for _, row in owned]
        with torch.no_grad():
            seen = ImageFeatures(network, group.pictures)
            seen_by_reference = (
                ImageFeatures(reference, group.pictures)
                if reference is not None and config.kl
                else None
            )
        for tree in build_trees(rows, network.codec.cell_id, config.tree_tokens):
            attempt_S = owner_R[torch.tensor(tree.numbers)][tree.row_S]
            with torch.no_grad(), _memory_for(tree, group, config):
                old_S = None if is_first else logprobs(network, tree, seen)
                reference_S = None
                if seen_by_reference is not None and reference is not None:
                    with without_adapters(reference):
                        reference_S = logprobs(reference, tree, seen_by_reference)
            minibatches.append(
                Minibatch(
                    tree,
                    group,
                    advantages_G[attempt_S].to(network.device),
                    weights_G[attempt_S].to(network.device),
                    _noted(tree, network.device),
                    old_S,
                    None if reference_S is None else reference_S.to(network.device),
                )
            )
    return minibatches


def _noted(tree: PrefixTree, device: torch.device) -> Tensor | None:
    """The sampler's log-probabilities, where all rows have them."""
    noted = [row.logprobs for row in tree.rows if row.logprobs is not None]
    if len(noted) < len(tree.rows):
        return None
    return torch.tensor([each for row in noted for each in row], device=device)


def minibatch_loss(
    minibatch: Minibatch, logprobs_S: Tensor, config: GrpoConfig
) -> tuple[Tensor, dict[str, Tensor]]:
    """A minibatch's share of the loss, and sums over its tokens of what is worth noting.

    Args:
        minibatch: What is taught.
        logprobs_S: Those of today, with gradients.
        config: How.
    """
    old_S = logprobs_S.detach() if minibatch.old_S is None else minibatch.old_S
    losses_S = policy_losses(
        logprobs_S,
        old_S,
        minibatch.advantages_S,
        config.clip_low,
        config.clip_high,
        config.clip_dual,
    )
    ratio_S = (logprobs_S.detach() - old_S).exp()
    rising_S = minibatch.advantages_S > 0
    is_clipped_S = (rising_S & (ratio_S > 1 + config.clip_high)) | (
        (minibatch.advantages_S < 0) & (ratio_S < 1 - config.clip_low)
    )
    sums = {"clipped": is_clipped_S.float().sum(), "surprise": -logprobs_S.detach().sum()}
    if minibatch.sampler_S is not None:
        correction_S = sampler_correction(old_S, minibatch.sampler_S, config.importance_cap)
        losses_S = losses_S * correction_S
        sums["sampler_ratio"] = correction_S.sum()
        sums["sampler_drift"] = (old_S - minibatch.sampler_S).abs().sum()
    if minibatch.reference_S is not None:
        divergence_S = k3(logprobs_S, minibatch.reference_S)
        losses_S = losses_S + config.kl * divergence_S
        sums["kl"] = divergence_S.detach().sum()
    return (losses_S * minibatch.weights_S).sum(), sums


def update(
    network: Network,
    optimizer: MasterAdamW,
    minibatches: Sequence[Minibatch],
    config: GrpoConfig,
    ranks: Ranks = ALONE,
) -> dict[str, float]:
    """One step of the optimizer on all minibatches, tree after tree.

    Nothing is changed where there are no minibatches, or where the gradient is not finite
    (`skipped`). Of several processes, each computes its own minibatches, and all make the step on
    their sum.

    Returns:
        `loss`, `norm` of the gradient before it is scaled down, `tokens` sampled, `nodes` that
        were computed, `image_nodes` among them and `unshared`, what they would be row by row; and
        means over tokens:
        `clipped`, `surprise` (-logprob) and, where there is a sampler's log-probability or a
        reference, `sampler_ratio` and `sampler_drift`, `kl`.

    Raises:
        PolicyFault: a tree does not fit into the device's memory; the weights are as before.
    """
    metrics = ranks.all_reduce(
        {
            "tokens": sum(len(minibatch.weights_S) for minibatch in minibatches),
            "nodes": sum(len(minibatch.tree.ids_L) for minibatch in minibatches),
            "unshared": sum(
                len(row.ids) for minibatch in minibatches for row in minibatch.tree.rows
            ),
            "image_nodes": sum(
                int((minibatch.tree.cells_L >= 0).sum()) for minibatch in minibatches
            ),
        }
    )
    tokens = metrics["tokens"]
    if not tokens:
        return metrics
    parts = (
        {name: float(value) / (1 if name == "loss" else tokens) for name, value in noted.items()}
        for _, of_group in groupby(minibatches, key=lambda minibatch: id(minibatch.group))
        for noted in _backward(network, list(of_group), config)
    )
    made = optimizer.update(parts, config.gradient_norm)
    of_all = {name: made.pop(name) for name in ("norm", "skipped") if name in made}
    return metrics | ranks.all_reduce(made) | of_all


def _backward(
    network: Network, minibatches: Sequence[Minibatch], config: GrpoConfig
) -> Iterator[dict[str, Tensor]]:
    """Backward passes over one group's minibatches, tree by tree; each picture is encoded once.

    Yields:
        `loss` of each, and the sums over tokens that `minibatch_loss` returns.

    Raises:
        PolicyFault: no memory for a tree.
    """
    features = ImageFeatures(network, minibatches[0].group.pictures)
    with gradient_checkpointing(network, config.gradient_checkpointing):
        for minibatch in minibatches:
            with _memory_for(minibatch.tree, minibatch.group, config):
                logprobs_S = logprobs(network, minibatch.tree, features)
                loss, noted = minibatch_loss(minibatch, logprobs_S, config)
                torch.autograd.backward(loss)
                if minibatch is minibatches[-1]:
                    features.backward()
            yield {"loss": loss.detach(), **noted}


@contextmanager
def _memory_for(tree: PrefixTree, group: Group, config: GrpoConfig) -> Iterator[None]:
    """Say what is too large, and what to do, where memory runs out."""
    try:
        yield
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise PolicyFault(
            f"no memory for a tree of {len(tree.ids_L)} tokens of {group.name}: lower "
            f"tree_tokens (--tree-tokens), {config.tree_tokens} now, or compute layers twice "
            "(--gradient-checkpointing); a run that is resumed may change both"
        ) from error
