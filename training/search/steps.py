"""The steps of an episode's reasoning: sentences anchored to points, and what is done about them.

A turn is a thought and an action. Its thought may hold several sentences that name points; a step
ends with each of them, and the last one goes on to the end of the turn::

    <think> The form is here (310, 200). It has two buttons. "Save" is left (250, 420). </think> …
    └─────────── step ─────────────────┘└────────────────── step ──────────────────────────────…

What names no point belongs to what follows it. A thought with one such sentence, or none, is one
step with its turn.

Source: the steps (text, point) of arXiv 2505.23678.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from vigorl.browser.actions import Click, Done, Zoom
from vigorl.policy.policy import Turn
from vigorl.policy.thought_text import pairs_in, pointed_sentence_end


@dataclass(frozen=True, slots=True)
class EpisodePlace:
    """A place between two steps of an episode."""

    turns: int = 0
    """Whole turns before it."""
    characters: int = 0
    """Of the text of the next turn before it; 0 between two turns."""


@dataclass(frozen=True, slots=True)
class EpisodeStep:
    """One step."""

    text: str
    end: EpisodePlace
    names: tuple[str, ...]
    """What it points at, sorted: the points of its sentences as they are written, where it looks
    closer, what it answers; its text where it points at nothing."""
    is_last: bool = False
    """It ends the episode."""


def next_step(
    turns: Sequence[Turn], start: EpisodePlace, *, by_sentence: bool = True
) -> EpisodeStep | None:
    """The step of an episode that begins at a place.

    Args:
        turns: Of the episode, in order.
        start: Where it begins.
        by_sentence: Whether steps end inside of turns as well.

    Returns:
        None where the episode ends there, or the turn has no readable action.
    """
    if start.turns >= len(turns) or turns[start.turns].action is None:
        return None
    turn = turns[start.turns]
    end = pointed_sentence_end(turn.text, start.characters) if by_sentence else None
    if end is not None:
        text = turn.text[start.characters : end]
        return EpisodeStep(text, EpisodePlace(start.turns, end), _names(text, None))
    text = turn.text[start.characters :]
    is_last = start.turns + 1 == len(turns)
    return EpisodeStep(text, EpisodePlace(start.turns + 1), _names(text, turn), is_last)


def _names(text: str, ended: Turn | None) -> tuple[str, ...]:
    names = set(pairs_in(text))
    match ended and ended.action:
        case Zoom(region):
            names.add(f"zoom {region.center}")
        case Click(point, modifiers=keys):
            names.add("+".join((*keys, f"click {point}")))
        case Done(answer):
            names.add(f"done {answer}")
    return tuple(sorted(names or {text}))
