"""Drawing a token from log-probabilities."""

import torch
from torch import Tensor

from vigorl.policy.backend import Sampling


def draw(logprobs_V: Tensor, sampling: Sampling, uniform: float) -> int:
    """The token whose stretch of the cumulated distribution holds `uniform`, in [0, 1).

    The draw depends on nothing but its row and its number, so an episode's words do not depend on
    which others happen to be in the batch. Tokens are cumulated from the most likely down.
    """
    if sampling.temperature == 0:
        return int(logprobs_V.argmax())
    probabilities_V = (logprobs_V.double() / sampling.temperature).softmax(-1)
    sorted_V, ids_V = probabilities_V.sort(descending=True, stable=True)
    cumulated_V = sorted_V.cumsum(-1)
    # A token is kept while those before it do not make up top_p: the first always is.
    kept = int((cumulated_V - sorted_V < sampling.top_p).sum())
    threshold = uniform * float(cumulated_V[kept - 1])
    place = int(torch.searchsorted(cumulated_V[:kept], threshold, right=True))
    return int(ids_V[min(place, kept - 1)])
