"""How sure a model was of its episode: an end that was guessed at is not believed.

Small models end what they have guessed at as calmly as what they have done. The probability of all
their replies together tells the two apart far better than the last reply does.
"""

import math

from vigorl.browser.actions import Action, Done, GiveUp
from vigorl.policy.backend import Reply


class Certainty:
    """The probability of an episode's replies so far, 1 where a backend does not tell it.

    Args:
        least: Probability below which a `done` becomes giving up; 0: never.
    """

    def __init__(self, least: float) -> None:
        self._least = least
        self._logprob = 0.0

    def hear(self, reply: Reply) -> None:
        """One more reply of the episode."""
        self._logprob += sum(reply.logprobs or ())

    def believed(self, action: Action | None) -> Action | None:
        """The same action; giving up in place of a `done` that was guessed at."""
        sure = math.exp(self._logprob)
        if not isinstance(action, Done) or sure >= self._least:
            return action
        seems = f'it may be "{action.answer}"' if action.answer else "it seems to be done"
        return GiveUp(f"{seems}, but some steps were guesses ({sure:.0%} sure): look at the page")
