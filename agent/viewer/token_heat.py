"""The tokens that a model sampled, each as warm as it was unlikely.

A record holds ids. Their texts are read with the model's own tokenizer where its folder is on this
machine and spells the turn as it was recorded; otherwise the tokens stand as numbered cells.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vigorl.policy.policy import Turn

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_LEVELS = (0.1, 0.35, 0.7, 1.4, 2.8)
"""From which negative log-probability on a token is one level warmer: 90 %, 70 %, 50 %, 25 %, 6 %
likely."""
_LARGEST_TOKENIZER_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class TokenCell:
    """A sampled token."""

    text: str
    """Empty where it is not known."""
    level: int
    """How warm, from 0 to 5."""
    told: str
    """Its log-probability, its place and its id, in words."""


def token_cells(turn: Turn, policy: Mapping[str, Any]) -> tuple[TokenCell, ...]:
    """The tokens of a turn; none where their log-probabilities were not recorded.

    Args:
        turn: What was sampled.
        policy: What the policy says about itself.
    """
    tokens = turn.tokens
    if tokens is None or not tokens.logprobs:
        return ()
    texts = _texts(turn, policy)
    count = len(tokens.logprobs)
    return tuple(
        TokenCell(
            texts[index] if texts else "",
            sum(-logprob >= edge for edge in _LEVELS),
            f"{logprob:.3f} ({_percent(logprob)}), token {index + 1} of {count}, id {token}",
        )
        for index, (token, logprob) in enumerate(
            zip(tokens.sampled_ids, tokens.logprobs, strict=False)
        )
    )


def _percent(logprob: float) -> str:
    share = 100 * math.exp(min(logprob, 0.0))
    return f"{share:.0f} %" if share >= 0.95 else f"{share:.2g} %"


def _texts(turn: Turn, policy: Mapping[str, Any]) -> Sequence[str]:
    """The texts of the sampled tokens; none where they are not known to be right."""
    tokenizer = _tokenizer(str(policy.get("path", "")))
    if tokenizer is None or turn.tokens is None:
        return ()
    ids = list(turn.tokens.sampled_ids)
    try:
        said = turn.text.removeprefix(turn.begun).strip()
        if not any(
            said in tokenizer.decode(ids, skip_special_tokens=skip) for skip in (True, False)
        ):
            return ()
        return [tokenizer.decode([each], skip_special_tokens=False) for each in ids]
    except OverflowError:  # an id that no tokenizer has
        return ()


@cache
def _tokenizer(folder: str) -> "Tokenizer | None":
    """The tokenizer in a model's folder; None where there is none, or no library for it."""
    path = Path(folder, "tokenizer.json")
    if not folder or not Path(folder).is_absolute() or not path.is_file():
        return None
    if path.stat().st_size > _LARGEST_TOKENIZER_BYTES:
        return None
    try:
        from tokenizers import Tokenizer
    except ImportError:  # it comes with the [model] extra
        return None
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # its only kind of error; a damaged file is one more unknown text
        if type(error) is not Exception:
            raise
        return None
