"""Replay: what a model thinks today of the tokens that were sampled.

The same ids and the same pixels through the same weights must give the log-probabilities that
were written down at sampling. Where they do not, training would optimise something that never
happened.
"""

import math
from collections.abc import Mapping

from vigorl.browser.errors import InconsistentData
from vigorl.browser.picture import Picture
from vigorl.policy.images import FittedImage
from vigorl.policy.local.codec import Prompt
from vigorl.policy.local.network import Network
from vigorl.training.data.rows import Row


def replay(network: Network, row: Row, pictures: Mapping[str, Picture]) -> tuple[float, ...]:
    """Log-probabilities of a row's sampled tokens, in order, from one forward pass.

    Args:
        network: The model to ask.
        row: What was sampled.
        pictures: The episode's pictures by their sha256.

    Raises:
        InconsistentData: a picture is missing, the placeholders do not fit the pictures, or a
            token was sampled that cannot be.
    """
    missing = [image.sha256 for image in row.images if image.sha256 not in pictures]
    if missing:
        raise InconsistentData(f"pictures of the row are missing: {', '.join(missing)}")
    images = tuple(
        FittedImage(pictures[image.sha256], image.width_px, image.height_px) for image in row.images
    )
    logprobs = network.score(Prompt(row.ids, images), row.sampled_at)
    if not all(map(math.isfinite, logprobs)):
        raise InconsistentData("a placeholder token is marked as sampled")
    return tuple(logprobs)


def largest_drift(row: Row, replayed: tuple[float, ...]) -> float:
    """The largest difference between a recorded and a replayed log-probability.

    Raises:
        InconsistentData: the row has none recorded, or another number of them.
    """
    if row.logprobs is None or len(row.logprobs) != len(replayed):
        raise InconsistentData("nothing to compare the replay with")
    return max(abs(now - then) for now, then in zip(replayed, row.logprobs, strict=True))
