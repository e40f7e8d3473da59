"""Behaviours of grounded reasoning, counted by rule in the text of a step.

A step is cut into sentences; a behaviour is counted once for each sentence that shows it. The
rules are lists of English phrases, so a count is a proxy: how well they agree with people is told
in `docs/results/behaviors.md`. They need no model and always give the same.

Source: the behaviours, arXiv 2505.23678, section on the analysis of grounded reasoning (regions
explored, grounded subgoals, visual verification, backtracking). The rules are ours.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from vigorl.agent.record.trajectory import StepRecord, Trajectory
from vigorl.browser.actions import Action, Click, Done, Drag, Hover, SelectOption, Type, Zoom
from vigorl.browser.geometry import Point
from vigorl.policy.points import Mention

Behavior = Literal["regions", "subgoals", "verification", "backtracking", "zooms", "points"]
BEHAVIORS: tuple[Behavior, ...] = get_args(Behavior)
"""In the order of a table."""

REGION_SHARE = 0.08
"""Points nearer to each other than this share of the screen's width are in one region."""
FOLLOWS_SHARE = 0.04
"""An action this near to a point of the thought, as a share of the screen's width, follows it."""


@dataclass(frozen=True, slots=True)
class StepBehaviors:
    """What one step shows."""

    points: tuple[Point, ...]
    """That the thought names, in the environment's unit."""
    subgoals: int
    """Sentences with an intermediate aim that is tied to a point, in it or in the next or last."""
    verification: int
    """Sentences that check something believed or done before."""
    backtracking: int
    """Sentences that give up or revise an earlier idea, place or path."""
    zooms: int
    follows: bool | None
    """Whether the action is at a point of the thought, or the answer stands in it; None where the
    step has neither an answer nor a place, or no thought."""


@dataclass(frozen=True, slots=True)
class EpisodeBehaviors:
    """What one episode shows, in sums over its steps."""

    counts: dict[Behavior, int]
    steps: int
    follows: int
    """Steps whose action or answer follows from the thought."""
    could_follow: int
    """Steps of which that can be told."""


def _phrases(*alternatives: str) -> re.Pattern[str]:
    """Any of these, as whole words, whatever their case."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)", re.IGNORECASE)


_INTENT = _phrases(
    r"needs? to|i need|have to|want to|(?:should|must)(?! be)|let me|let us|let's|going to|try",
    r"i(?:'ll| will|'m going to| am going to| plan| can now)|so that i can",
    r"(?:^|[,;:]|and|so) ?first(?:ly)?(?=,| i| we| the| find| open| click)|next|then|after that",
    r"before (?:that|this|i|we)|step \d+|in order to|i (?:return|go|open|click|press|select|type)",
    r"i (?:search|look|zoom|scroll|try|move|start|continue|pick|choose)",
    r"now (?:i|we|click|open|type|select|press|scroll|go|find|look)",
    r"the (?:plan|goal|aim|subgoal) is|start(?:ing)? (?:by|with|at)",
)
_IMPERATIVE = re.compile(
    r"^\W*(?:so |and |now |then )?(?:click|tap|open|go|find|look|locate|select|choose|type|enter|"
    r"search|scroll|zoom|inspect|press|focus|expand|hover|drag|move|use|pick|examine)\b",
    re.IGNORECASE,
)
_VERIFIES = _phrases(
    r"verif(?:y|ies|ied|ying)|double[- ]?check\w*|re-?check\w*|mak(?:e|ing) (?:sure|certain)",
    r"ensure|to be (?:sure|certain|safe)|confirm(?:s|ed|ing)?|let me check|indeed|as it should",
    r"check(?:ing)? (?:that|this|it|whether|if|again|once more)|compar(?:e|ed|ing)|really",
    r"did (?:not )?register|didn't register|do(?:es)? (?:say|show|read|match|have|contain)",
    r"fits? (?:what|the (?:task|request|description|goal))|as i (?:intended|wanted|planned)",
    r"so (?:the|that|this|it|both|all)\b[^.]*(?:correct|right|fine|ok(?:ay)?|good|selected|saved)",
    r"(?:is|are) now|took effect|(?:was|were|been) (?:applied|accepted|saved|added)|adds? up",
    r"equals|same as|reflects?|proves?",
    r"(?:is|are|was|were) (?:set |filled (?:in )?)?(?:properly|in place|fine|in order)",
    r"(?:task|goal|request|user) (?:said|asked|wanted|says|asks|wants)|still (?:there|open|shows?)",
    r"as (?:expected|intended|planned|asked|required|requested)|match(?:es|ed)?",
    r"(?:that|this|it|which)(?:'s| is| has| was)? (?:right|correct|worked|works|done|succeeded)",
    r"(?:is|are|was|were) (?:indeed|correctly|successfully)|success(?:ful|fully)?|went through",
    r"now (?:shows?|reads?|says?|displays?|contains?|has|lists?|appears?|looks?)",
    r"(?:has|have) (?:been|now|appeared|changed|opened|updated)|did (?:work|take)",
    r"consistent with|agrees? with",
)
_NOT_A_CHECK = _phrases(
    r"confirm (?:button|order|password|purchase|email|booking|payment)",
    r"(?:button|link) ['\"“]?confirm|match(?:es|ing)? (?:list|found)",
    r"to confirm (?:the )?(?:order|purchase|booking|payment|delete|removal)",
)
_REVISES = _phrases(
    r"wait(?=[,.!]| -)(?![^?]*\?)|hmm|actually|oops|no(?=,)|nope|instead(?! of)|turns out",
    r"on second thoughts?",
    r"(?:was|is|that's|looks?|seems?|were) (?:wrong|mistaken|incorrect|a mistake|misleading)",
    r"wrong (?:one|place|page|menu|tab|link|button|spot|item|field|row|column|product|area)",
    r"wrong (?:element|icon|option|section|region|list|date|month|path|way|turn|screen)",
    r"my mistake|i (?:was wrong|misread|mis-?clicked|mistook|missed)|misread|mistook|dead end",
    r"(?:is|was|are|were)(?: not|n't) (?:the|it|what|there|right|a|an|here|correct|where)",
    r"not (?:the right|what i|this one|that one|(?:it|here|there)(?=[,;.]))",
    r"(?:did|does)(?: not|n't) (?:work|help|open|contain|have|show|do|change|lead|match|bring)",
    r"nothing (?:happened|changed|here|there)|(?:go|going|went|get|back) back(?! to (?:the )?top)",
    r"back out|undo|revert|re-?consider\w*|re-?think(?:ing)?|contrary to|look elsewhere",
    r"after all|scratch that|take (?:that|it) back|correction|abandon|give up on|leave this",
    r"can(?:not|'t) be (?:it|right|the|a)|mis(?:taken|judged|identified)|return(?:ing)? to",
    r"(?:that|this|it)(?:'s| is| was) not|no such|not (?:in|on|under) (?:this|that|here)",
    r"(?:earlier|at first|i (?:had )?(?:said|thought|assumed))[^.]*\bbut (?:here|now|it|that)",
    r"(?:i|let me) change (?:it|that|my)|change my (?:answer|mind)|forget (?:this|that|it|the)",
    r"try (?:another|a different|the other|elsewhere|something else)",
)
_SENTENCE = re.compile(r"[^.!?\n;]+(?:(?:[.](?=\d)|[.!?;](?!\s|$))[^.!?\n;]*)*[.!?;\n]*")
_WORD = re.compile(r"\w+")


def sentences_of(thought: str) -> list[tuple[int, int]]:
    """Where the sentences of a thought begin and end; decimals and coordinates stay whole."""
    return [found.span() for found in _SENTENCE.finditer(thought) if found[0].strip()]


def subgoals_in(thought: str, mentions: Sequence[Mention]) -> int:
    """Sentences with an aim that name a point, or stand beside one that does and has no aim."""
    spans = sentences_of(thought)
    pointed = [any(start <= each.start < end for each in mentions) for start, end in spans]
    aims = [_is_aim(thought[start:end]) for start, end in spans]
    count = 0
    lent: set[int] = set()
    for index, is_aim in enumerate(aims):
        if not is_aim:
            continue
        if pointed[index]:
            count += 1
            continue
        for other in (index + 1, index - 1):
            is_free = 0 <= other < len(spans) and pointed[other] and not aims[other]
            if is_free and other not in lent:
                lent.add(other)
                count += 1
                break
    return count


def verification_in(thought: str) -> int:
    """Sentences that check something believed or done before."""
    return sum(
        bool(_VERIFIES.search(_NOT_A_CHECK.sub(" ", thought[start:end])))
        for start, end in sentences_of(thought)
    )


def backtracking_in(thought: str) -> int:
    """Sentences that give up or revise an earlier idea, place or path."""
    return sum(bool(_REVISES.search(thought[start:end])) for start, end in sentences_of(thought))


def distinct_regions(points: Iterable[Point], width: float) -> int:
    """In how many places points lie: each is in the first region whose first point is near it.

    Args:
        points: In the environment's unit.
        width: Of the screen, in the same unit.
    """
    firsts: list[Point] = []
    for point in points:
        if not any(_apart(point, first) < REGION_SHARE * width for first in firsts):
            firsts.append(point)
    return len(firsts)


def behaviors_of(step: StepRecord, width: float) -> StepBehaviors:
    """What a step shows.

    Args:
        step: With the policy's turn.
        width: Of the screen, in the unit of the points.
    """
    turn = step.turn
    return StepBehaviors(
        points=turn.points,
        subgoals=subgoals_in(turn.thought, turn.named),
        verification=verification_in(turn.thought),
        backtracking=backtracking_in(turn.thought),
        zooms=isinstance(turn.action, Zoom),
        follows=_follows(turn.action, turn.thought, turn.points, width),
    )


def count_behaviors(trajectory: Trajectory) -> EpisodeBehaviors:
    """What an episode shows; regions are told apart on each of its screens for itself."""
    counts: dict[Behavior, int] = dict.fromkeys(BEHAVIORS, 0)
    by_screen: dict[str, list[Point]] = {}
    screen, width = "", math.inf
    told: list[bool] = []
    turns = [step for step in trajectory.steps if step.by == "policy"]
    for step in turns:
        view = step.seen.view
        if view is not None and view.kind == "screen":
            screen, width = view.image, view.frame.region_css_px.width
        shown = behaviors_of(step, width)
        by_screen.setdefault(screen, []).extend(shown.points)
        counts["subgoals"] += shown.subgoals
        counts["verification"] += shown.verification
        counts["backtracking"] += shown.backtracking
        counts["zooms"] += shown.zooms
        counts["points"] += len(shown.points)
        if shown.follows is not None:
            told.append(shown.follows)
    counts["regions"] = sum(distinct_regions(points, width) for points in by_screen.values())
    return EpisodeBehaviors(counts, len(turns), sum(told), len(told))


def _is_aim(sentence: str) -> bool:
    return bool(_INTENT.search(sentence) or _IMPERATIVE.search(sentence))


def _apart(one: Point, other: Point) -> float:
    return math.hypot(one.x - other.x, one.y - other.y)


def _follows(
    action: Action | None, thought: str, points: Sequence[Point], width: float
) -> bool | None:
    """Whether what is done stands in the thought; None where nothing can be compared."""
    if not thought.strip():
        return None
    if isinstance(action, Done):
        said = " ".join(_WORD.findall(action.answer.casefold()))
        return said in " ".join(_WORD.findall(thought.casefold())) if said else None
    place = _place_of(action)
    if place is None or not points:
        return None
    return any(_apart(place, point) <= FOLLOWS_SHARE * width for point in points)


def _place_of(action: Action | None) -> Point | None:
    """Where an action begins; None where it has no place."""
    match action:
        case Click(point) | Hover(point) | SelectOption(point):
            return point
        case Type(point=Point() as point):
            return point
        case Drag(start):
            return start
        case Zoom(region):
            return region.center
        case _:
            return None
