r"""Monte Carlo tree search over steps of reasoning: the tree, and what is tried next.

::

                 root                 visits n, mean value q
              ╱   │   ╲
            s1    s2    s3            children: steps that were sampled behind their parent
          n=4    n=3   n=1
          q=.5   q=.67 q=0
        ╱  │  ╲
      …               a               a step that answers ends an episode: nothing follows it

A simulation goes down from the root to a step that has no children yet, at each one to the child
with the largest

    UCB = q + c · √(ln n_parent / n)

then gives that step children, plays from each of them to the answer, and adds what the judge said
to every step on the way up. What cannot be expanded any more (an answer, the depth limit, a step
behind which nothing new was said) is passed by, so that no simulation is spent on it.

Source: the search of arXiv 2505.23678; UCB1 of Auer et al. 2002. Unlike there, a child's own
continuation is its first playout, and values are the task's scores.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from vigorl.training.search.steps import EpisodeStep


@dataclass
class Node:
    """A step, as the end of all episodes that begin like this."""

    parent: int | None
    play: int
    """The episode that it was first said in; -1 for the root."""
    step: EpisodeStep | None
    """None: the root, before anything was said."""
    depth: int
    """Steps from the root."""
    children: list[int] = field(default_factory=list)
    is_closed: bool = False
    """Nothing can follow it."""
    visits: int = 0
    """Episodes that were judged and came through here."""
    value_sum: float = 0.0
    """Of their scores."""

    @property
    def value(self) -> float:
        """Mean score of the episodes through here; 0 where there was none."""
        return self.value_sum / self.visits if self.visits else 0.0


@dataclass
class SearchTree:
    """All steps that were tried, the root first; nodes are named by their place."""

    nodes: list[Node] = field(default_factory=lambda: [Node(None, -1, None, 0)])
    simulations: int = 0

    def select(self, exploration: float) -> int | None:
        """The step to expand: down from the root by UCB; None where all is closed.

        Args:
            exploration: c of UCB.
        """
        if self.nodes[0].is_closed:
            return None
        at = 0
        while self.nodes[at].children:
            open_children = [
                child for child in self.nodes[at].children if not self.nodes[child].is_closed
            ]
            at = max(open_children, key=lambda child: self.ucb(child, exploration))
        return at

    def ucb(self, node: int, exploration: float) -> float:
        """The upper confidence bound of a child; infinite where it was never visited."""
        child = self.nodes[node]
        if child.visits == 0 or child.parent is None:
            return math.inf
        spread = math.log(self.nodes[child.parent].visits) / child.visits
        return child.value + exploration * math.sqrt(spread)

    def admits(self, parent: int, step: EpisodeStep) -> bool:
        """Whether a step behind this one is new.

        It is not where a sibling names just the same, nor where all that it names was named on
        the way there; an answer may name again what led to it.
        """
        if any(self.step(child).names == step.names for child in self.nodes[parent].children):
            return False
        if step.is_last:
            return True
        named = {name for node in self.path(parent) for name in self.step(node).names}
        return not named.issuperset(step.names)

    def add(self, parent: int, play: int, step: EpisodeStep, most_depth: int) -> int:
        """Put a step behind another one; closed where it answers or is as deep as allowed."""
        depth = self.nodes[parent].depth + 1
        is_closed = step.is_last or depth >= most_depth
        self.nodes.append(Node(parent, play, step, depth, is_closed=is_closed))
        self.nodes[parent].children.append(len(self.nodes) - 1)
        return len(self.nodes) - 1

    def backpropagate(self, node: int, value: float) -> None:
        """Add the score of an episode to all steps that it came through, the root included."""
        for at in (*self.path(node), 0):
            self.nodes[at].visits += 1
            self.nodes[at].value_sum += value

    def close_finished(self, node: int) -> None:
        """Close a step that was expanded if nothing below it is open, and so on up the tree."""
        at: int | None = node
        while at is not None:
            if not all(self.nodes[child].is_closed for child in self.nodes[at].children):
                return
            self.nodes[at].is_closed = True
            at = self.nodes[at].parent

    def step(self, node: int) -> EpisodeStep:
        """The step that a node below the root is."""
        step = self.nodes[node].step
        assert step is not None, "the root is no step"
        return step

    def path(self, node: int) -> list[int]:
        """The steps from a node up to the one below the root."""
        return list(self._upward(node))

    def _upward(self, node: int) -> Iterator[int]:
        while (parent := self.nodes[node].parent) is not None:
            yield node
            node = parent
