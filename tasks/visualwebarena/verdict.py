"""What came of judging a final state, and the two ways in which it cannot be judged."""

from dataclasses import dataclass


class Crash(Exception):
    """The official evaluator raises here; it leaves such an episode out of its average."""


class BrokenAssertion(Crash):
    """It raises by an assertion of its own, which BrowserGym takes for a score of 0."""


class JudgeMissing(Exception):
    """A model has to judge, and none was given."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Whose rules: the published code's, mistakes included, or those with the mistakes mended."""

    fixed: bool = False
    """Mend: every query of several image queries counts; `must_exclude` counts beside other
    requirements; `|OR|` in a fuzzy match of a page is an or; what crashes counts 0."""


OFFICIAL = Rules()
FIXED = Rules(fixed=True)


@dataclass(frozen=True, slots=True)
class StateVerdict:
    """The score of one final state."""

    score: float | None
    """In [0, 1]; None: could not be judged."""
    why: str
    """The factors of the score, or what went wrong, in one sentence."""
    crashed: bool = False
    """The official evaluator raises."""
    asserted: bool = False
    """It does so by an assertion."""
