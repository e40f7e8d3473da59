r"""From a tree to chains: episodes that go straight to a right answer, or err and find back.

::

            root
          ╱      ╲
        a          b  value 0          straight    a c answer
      ╱   ╲        │                   corrected   b d  wait,  a c answer
    c       …      d                   corrected   a e  wait,  c answer      (e beside c)
    │
  answer, right

A corrected chain walks into a branch from which no episode has found the answer, does not answer
there, says that it has to look again, and goes on with the steps of an episode that was right. All
of it is put together from what was said and seen in the search: the crops of the wrong branch stay
in sight, as they would. Where the wrong step ends inside of a turn, or answers, its words stand in
the same thought as the right ones. Nobody has sampled such a chain as a whole, so that it has no
tokens; a straight one has those that were sampled.

Source: linear and backtracking chains of arXiv 2505.23678. The words between are ours, as is that
a few are drawn, with short detours; `pairs="all"` makes all there are, as published: each right
episode, and each pair of a wrong and a right one, from where they part, the wrong one whole, with
the published words between. There a wrong episode with a slip is left out, and one that a limit
ended in a look: nobody has seen what follows it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from random import Random
from typing import Literal

from vigorl.agent.record.trajectory import Trajectory
from vigorl.browser.actions import Zoom
from vigorl.policy.thought_text import joined, pairs_in, up_to_thought_end
from vigorl.training.search.config import ChainConfig
from vigorl.training.search.search_tree import SearchTree
from vigorl.training.search.steps import EpisodePlace

WAITS = (
    "Wait, that is not it. Let me look again.",
    "Wait, this does not fit what is asked for. I go back.",
    "Wait, I was wrong there. Let me look elsewhere.",
)
WAIT_PUBLISHED = "Wait, this seems off. Let's try something else."


@dataclass(frozen=True)
class Chain:
    """An episode to learn from, as if it had been played so."""

    kind: Literal["straight", "corrected"]
    trajectory: Trajectory


def chains_of(
    tree: SearchTree, plays: Mapping[int, Trajectory], config: ChainConfig
) -> list[Chain]:
    """The chains of a tree.

    Args:
        tree: A searched one.
        plays: Its episodes by number.
        config: How many of which kind.
    """
    right = _right(tree, plays)
    if config.pairs == "all":
        return [
            *(Chain("straight", plays[play]) for play, _ in right),
            *(Chain("corrected", each) for each in _all_corrected(tree, plays, right)),
        ]
    random = Random(config.seed)
    chains = [Chain("straight", plays[play]) for play, _ in right[: config.straight]]
    detours = [
        (play, wrong) for play, way in right for wrong in _wrong_ways(tree, way, config.detour)
    ]
    random.shuffle(detours)
    found = (
        _corrected(
            plays[play],
            plays[tree.nodes[wrong[-1]].play],
            _branching(tree, wrong[0]),
            tree.step(wrong[-1]).end,
            random.choice(WAITS),
        )
        for play, wrong in detours
    )
    corrected = (trajectory for trajectory in found if trajectory is not None)
    return [
        *chains,
        *(Chain("corrected", each) for each in islice(corrected, config.corrected)),
    ]


def _all_corrected(
    tree: SearchTree, plays: Mapping[int, Trajectory], right: list[tuple[int, list[int]]]
) -> Iterator[Trajectory]:
    """Every wrong episode, whole, and then every right one from where the two part."""
    for _, astray in sorted(plays.items()):
        if astray.is_solved is not False or not _is_clean(astray) or not astray.steps:
            continue
        wrong_way, end = _way(tree, astray), EpisodePlace(len(astray.steps))
        for play, way in right:
            pairs = zip(wrong_way, way, strict=False)
            shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
            start = tree.step(way[shared - 1]).end if shared else EpisodePlace()
            if start.turns >= min(len(plays[play].steps), len(astray.steps)):
                continue  # they differ in what the tree holds no step of
            found = _corrected(plays[play], astray, start, end, WAIT_PUBLISHED)
            if found is not None:
                yield found


def _is_clean(play: Trajectory) -> bool:
    """Whether every turn could be understood and carried out."""
    return all(step.turn.action is not None and not step.seen.events for step in play.steps)


def _right(tree: SearchTree, plays: Mapping[int, Trajectory]) -> list[tuple[int, list[int]]]:
    """Right episodes without a slip, each with its steps in the tree from the root on.

    First one of each beginning, the likeliest to be right first; the others behind them.
    """
    found: list[tuple[int, list[int]]] = []
    for number, play in sorted(plays.items()):
        way = _way(tree, play)
        if play.is_solved and _is_clean(play) and way:
            found.append((number, way))
    found.sort(key=lambda each: (-tree.nodes[each[1][0]].value, -tree.nodes[each[1][-1]].value))
    firsts: dict[int, int] = {}
    for number, way in found:
        firsts.setdefault(way[0], number)
    return sorted(found, key=lambda each: each[0] not in firsts.values())


def _way(tree: SearchTree, play: Trajectory) -> list[int]:
    """The steps of the tree that an episode begins with, from the root on."""
    way: list[int] = []
    at = 0
    while True:
        for child in tree.nodes[at].children:
            if _begins(tree, child, play):
                way.append(child)
                at = child
                break
        else:
            return way


def _begins(tree: SearchTree, node: int, play: Trajectory) -> bool:
    """Whether an episode that came as far as a node's parent goes on with the node."""
    place = _branching(tree, node)
    if place.turns >= len(play.steps):
        return False
    text = play.steps[place.turns].turn.text[place.characters :]
    return text.startswith(tree.step(node).text)


def _branching(tree: SearchTree, node: int) -> EpisodePlace:
    """Where a node's step begins."""
    parent = tree.nodes[node].parent
    return tree.step(parent).end if parent else EpisodePlace()


def _wrong_ways(tree: SearchTree, way: list[int], longest: int) -> Iterator[list[int]]:
    """Steps in a row that leave a right way, and from which no episode was right."""
    for at in (0, *way[:-1]):
        for child in tree.nodes[at].children:
            if child in way or tree.nodes[child].value > 0:
                continue
            wrong = [child]
            yield list(wrong)
            while len(wrong) < longest and (below := tree.nodes[wrong[-1]].children):
                wrong.append(below[0])
                yield list(wrong)


def _corrected(
    right: Trajectory, astray: Trajectory, start: EpisodePlace, end: EpisodePlace, wait: str
) -> Trajectory | None:
    """A right episode that goes a wrong way first.

    Args:
        right: The right one.
        astray: An episode with the wrong way.
        start: Where the two part.
        end: Where the wrong way ends, in `astray`.
        wait: What is said there.

    Returns:
        None where nobody has seen what follows the wrong way.
    """
    kept, said = end.turns, ""
    if end.characters:
        said = astray.steps[kept].turn.text[: end.characters]
    elif not isinstance(astray.steps[kept - 1].turn.action, Zoom):
        kept -= 1  # it answered: the thought stays, and the answer is left unsaid
        said = up_to_thought_end(astray.steps[kept].turn.text)
    if kept == len(astray.steps):
        return None
    goes_on = right.steps[start.turns].turn
    text, thought = joined(said, wait, goes_on.text[start.characters :])
    known = len(pairs_in(goes_on.text[: start.characters]))
    turn = replace(
        goes_on,
        text=text,
        thought=thought,
        mentions=(),
        points=(
            *astray.steps[kept].turn.points[: len(pairs_in(said))],
            *goes_on.points[known:],
        ),
    )
    steps = (
        *astray.steps[:kept],
        replace(astray.steps[kept], turn=turn),
        *right.steps[start.turns + 1 :],
    )
    return replace(
        right,
        steps=tuple(
            replace(step, index=index, turn=replace(step.turn, tokens=None))
            for index, step in enumerate(steps)
        ),
    )
