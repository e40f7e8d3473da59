"""Rows: the sequences of tokens that are trained, straight from what was sampled."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from vigorl.browser.errors import InconsistentData
from vigorl.policy.policy import ShownImage, Tokens


@dataclass(frozen=True, slots=True)
class Row:
    """One sequence, its loss mask, and what was written down when it was sampled."""

    ids: tuple[int, ...]
    is_sampled: tuple[bool, ...]
    """The loss mask: whether the model chose this token."""
    logprobs: tuple[float, ...] | None
    """Of the sampled tokens, in order, at temperature 1; None where they were not offered."""
    images: tuple[ShownImage, ...]
    """Those whose placeholder tokens stand in the row, in order."""
    weights_step: int | None = None
    """Updates that the oldest weights had seen which any of it was sampled with; None: not told."""

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.is_sampled):
            raise InconsistentData(f"{len(self.ids)} ids with a mask of {len(self.is_sampled)}")
        if self.is_sampled[:1] != (False,):
            raise InconsistentData("a row begins with a token that was not sampled")
        if self.logprobs is None:
            return
        if len(self.logprobs) != sum(self.is_sampled):
            raise InconsistentData(
                f"{sum(self.is_sampled)} sampled ids with {len(self.logprobs)} log-probabilities"
            )
        if not all(math.isfinite(logprob) and logprob <= 0 for logprob in self.logprobs):
            raise InconsistentData("a log-probability is above 0 or not finite")

    @property
    def sampled_at(self) -> list[int]:
        """The places of the sampled tokens."""
        return [place for place, is_sampled in enumerate(self.is_sampled) if is_sampled]


def rows_of(turns: Iterable[Tokens]) -> list[Row]:
    """Put the turns of one episode, in order, together to rows.

    Raises:
        InconsistentData: the rows do not follow each other, a turn holds no sampled token, or
            only some turns of a row have log-probabilities.
    """
    rows: list[list[Tokens]] = []
    for turn in turns:
        if turn.row == len(rows):
            rows.append([])
        elif turn.row != len(rows) - 1:
            raise InconsistentData(f"a turn of row {turn.row} after {len(rows)} rows")
        if not turn.sampled_ids:
            raise InconsistentData("a turn without sampled tokens")
        rows[-1].append(turn)
    return [_row(turns) for turns in rows]


def _row(turns: list[Tokens]) -> Row:
    offered = [turn.logprobs for turn in turns if turn.logprobs is not None]
    if len(offered) not in (0, len(turns)):
        raise InconsistentData(f"log-probabilities for {len(offered)} of {len(turns)} turns")
    for turn in turns:
        if turn.logprobs is not None and len(turn.logprobs) != len(turn.sampled_ids):
            raise InconsistentData(
                f"{len(turn.sampled_ids)} sampled ids with {len(turn.logprobs)} log-probabilities"
            )
    return Row(
        ids=tuple(token for turn in turns for token in (*turn.prompt_ids, *turn.sampled_ids)),
        is_sampled=tuple(
            is_sampled
            for turn in turns
            for is_sampled in (
                *[False] * len(turn.prompt_ids),
                *[True] * len(turn.sampled_ids),
            )
        ),
        logprobs=tuple(each for logprobs in offered for each in logprobs) if offered else None,
        images=tuple(image for turn in turns for image in turn.images),
        weights_step=min(
            (turn.weights_step for turn in turns if turn.weights_step is not None), default=None
        ),
    )
