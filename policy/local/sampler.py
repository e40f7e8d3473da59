"""Drawing a token from log-probabilities, or from scores that were penalised."""

from collections.abc import Sequence

import torch
from torch import Tensor

from vigorl.policy.backend import Sampling

_LIKELY_TOKENS = 64
"""So many are sorted at first where only the most likely ones count."""


def draw(logprobs_V: Tensor, sampling: Sampling, uniform: float) -> int:
    """The token whose stretch of the cumulated distribution holds `uniform`, in [0, 1).

    The draw depends on nothing but its row and its number, so an episode's words do not depend on
    which others happen to be in the batch.

    Args:
        logprobs_V: Log-probabilities, or what is one by softmax.
        sampling: Of it, temperature, top_k and top_p, in this order.
        uniform: The number.
    """
    if sampling.temperature == 0:
        return int(logprobs_V.argmax())
    if logprobs_V.device.type == "mps":  # it has no float64
        logprobs_V = logprobs_V.cpu()
    scores_V = logprobs_V.double() / sampling.temperature
    if 0 < sampling.top_k < len(scores_V):
        least = scores_V.topk(sampling.top_k).values[-1]
        scores_V = scores_V.masked_fill(scores_V < least, float("-inf"))
    probabilities_V = scores_V.softmax(-1)
    if sampling.top_p < 1:
        probabilities_V = _most_likely(probabilities_V, sampling.top_p)
    cumulated_V = probabilities_V.cumsum(-1)
    threshold = uniform * float(cumulated_V[-1])
    token_id = int(torch.searchsorted(cumulated_V, threshold, right=True))
    # Rounding may put the threshold at the very end, behind which there is no token.
    return token_id if token_id < len(cumulated_V) else int(probabilities_V.nonzero()[-1])


def penalised(
    logits_V: Tensor, sampling: Sampling, prompt_ids: Sequence[int], sampled_ids: Sequence[int]
) -> Tensor:
    """What a token is drawn by where tokens are to be repeated less, [V].

    Source: transformers' `RepetitionPenaltyLogitsProcessor` (of prompt and turn alike), and vLLM's
    presence penalty (of the turn alone), both of the logits before the temperature.
    """
    if sampling.repetition_penalty != 1:
        said = torch.tensor(sorted({*prompt_ids, *sampled_ids}), device=logits_V.device)
        scores = logits_V[said]
        factor = sampling.repetition_penalty
        logits_V = logits_V.index_copy(
            0, said, torch.where(scores < 0, scores * factor, scores / factor)
        )
    if sampling.presence_penalty and sampled_ids:
        said = torch.tensor(sorted(set(sampled_ids)), device=logits_V.device)
        logits_V = logits_V.index_add(
            0, said, logits_V.new_full((len(said),), -sampling.presence_penalty)
        )
    return logits_V


def _most_likely(probabilities_V: Tensor, top_p: float) -> Tensor:
    """The fewest tokens that make up `top_p` of the probability; the others get none."""
    count = _LIKELY_TOKENS
    while True:
        values_K, ids_K = probabilities_V.topk(min(count, len(probabilities_V)))
        before_K = values_K.cumsum(-1) - values_K
        kept = int((before_K < top_p).sum())
        if kept < len(values_K) or len(values_K) == len(probabilities_V):
            break
        count *= 16
    return torch.zeros_like(probabilities_V).scatter(0, ids_K[:kept], values_K[:kept])
