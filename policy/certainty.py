"""How sure a model was of its episode: an end that was guessed at is not believed.

Small models end what they have guessed at as calmly as what they have done. How probable their
replies were, all of them, tells the two apart far better than the last reply does.
"""

import math

from vigorl.browser.actions import Action, Done, GiveUp
from vigorl.policy.backend import Reply


class Certainty:
    """How probable an episode's replies were so far.

    That is their geometric mean: a long episode is no less sure than a short one. Replies whose
    log-probabilities a backend does not tell do not count.

    Args:
        least: Probability of a reply below which a `done` becomes giving up; 0: never.
    """

    def __init__(self, least: float) -> None:
        self._least = least
        self._logprobs: list[float] = []

    @property
    def sure(self) -> float:
        """The probability of a reply; 1 where none was told."""
        told = len(self._logprobs)
        return math.exp(sum(self._logprobs) / told) if told else 1.0

    def hear(self, reply: Reply) -> None:
        """One more reply of the episode."""
        if reply.logprobs is not None:
            self._logprobs.append(sum(reply.logprobs))

    def believed(self, action: Action | None) -> Action | None:
        """The same action; giving up in place of a `done` that was guessed at."""
        if not isinstance(action, Done) or self.sure >= self._least:
            return action
        seems = f'it may be "{action.answer}"' if action.answer else "it seems to be done"
        return GiveUp(f"{seems}, but steps were guesses ({self.sure:.0%} sure): look at the page")
