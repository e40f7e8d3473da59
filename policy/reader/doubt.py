"""Ambiguity check: refuses where several things on the screen match equally well."""

from collections.abc import Sequence

from vigorl.policy.perception.layout import inside, overlap_x, overlap_y, same_size
from vigorl.policy.perception.screen import Shape, TextLine
from vigorl.policy.reader.candidates import EXACT, Candidate, looks_clickable
from vigorl.policy.reader.language.steps import Target, describe
from vigorl.policy.reader.session import Play, Stuck

_AS_GOOD = 0.004
"""Difference in score up to which two matches are equally good."""
_ALIGNED_PX = 5.0
_SAME_SIZE_PX = 3.0
_IN_COLUMN = 0.3
"""Common width from which on two names stand under each other, as a share of the narrower."""
_MOST_NAMED = 5


def require_one(play: Play, target: Target, aim: Candidate, found: Sequence[Candidate]) -> None:
    """Refuse to take the first of several that nothing tells apart.

    A kind of thing without a name has to be the only one of its kind. Of equal names and icons
    those are in doubt that repeat as in the rows of a list; elsewhere (a menu and a footer) the
    first is meant.

    Raises:
        Stuck: others are meant as well.
    """
    if play.is_still or target.ordinal is not None or target.relation or target.place:
        return
    if not target.names:
        rivals = [other for other in found if other is not aim and not _one(aim, other)]
    else:
        rivals = [
            other
            for other in found
            if other is not aim and (_repeats(play, aim, other) or _is_same_icon(aim, other))
        ]
    if not rivals or (target.role is None and not target.names):
        return
    named = ", ".join(
        f"{_said(play, one)} at {play.at(one.point)}" for one in (aim, *rivals)[:_MOST_NAMED]
    )
    raise Stuck(
        f"{len(rivals) + 1} things on the screen may be {describe(target)}: {named}. Say which, "
        "by its name, as the first or second, or by what it stands next to."
    )


def _one(a: Candidate, b: Candidate) -> bool:
    """Whether two aims are one thing, seen twice."""
    return overlap_x(a.box, b.box) > 0.5 and overlap_y(a.box, b.box) > 0.5


def _repeats(play: Play, a: Candidate, b: Candidate) -> bool:
    """Whether two equal names stand under or beside each other, both of one kind."""
    screen = play.screen()
    if min(a.score, b.score) < EXACT or abs(a.score - b.score) > _AS_GOOD:
        return False
    if not (isinstance(a.source, TextLine) and isinstance(b.source, TextLine)) or _one(a, b):
        return False
    if play.is_new(a) is not play.is_new(b):
        return False
    alike = looks_clickable(screen, a) is looks_clickable(screen, b)
    return _in_line(a, b) and alike and same_size(a.source, b.source, 0.1)


def _is_same_icon(a: Candidate, b: Candidate) -> bool:
    """Whether two icons are the same one, again in another row of a list."""
    match a.source, b.source:
        case Shape(kind="icon", names=names), Shape(kind="icon", names=others):
            sizes = sorted((a.box.width, b.box.width)), sorted((a.box.height, b.box.height))
            alike = all(larger - smaller <= _SAME_SIZE_PX for smaller, larger in sizes)
            return names[:1] == others[:1] and alike and _in_line(a, b) and not _one(a, b)
        case _:
            return False


def _in_line(a: Candidate, b: Candidate) -> bool:
    """Whether two things stand under or beside each other."""
    in_row = abs(a.box.center.y - b.box.center.y) <= _ALIGNED_PX
    return in_row or overlap_x(a.box, b.box) > _IN_COLUMN


def _said(play: Play, aim: Candidate) -> str:
    """What stands on a thing, in quotes."""
    if isinstance(aim.source, TextLine):
        return f'"{aim.text}"'
    texts = [line.text for line in play.screen().lines if inside(line.box_px, aim.box)]
    return f'"{" ".join(texts)}"' if texts else f"a {aim.text}"
