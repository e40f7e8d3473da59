"""SaidTree: what the rollouts of a group have in common, from the first word to where they part.

Rollouts of one task begin alike. What each of them saw and said is cut into pieces (a picture, a
word), and the pieces are laid out as one tree: a node is a run of pieces that the same rollouts
share, and its children are the ways in which they go on::

    1 2 3 4   ▣ The message is in the list (40, 120). I open
       ├─ 1 3     it.  ▣ Now I press Delete (310, 80).
       └─ 2 4     the menu beside it (600, 120). …

Learning computes shared tokens once by the same tree (`vigorl.training.compute.prefix_tree`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vigorl.agent.record.trajectory import Trajectory

_WORD = re.compile(r"\s*\S+|\s+")


@dataclass(frozen=True, slots=True)
class SeenPicture:
    """A picture that was looked at, by the hash of its bytes."""

    sha256: str


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """The end of a turn, after which its action was carried out."""


SaidPiece = str | SeenPicture | TurnEnd


@dataclass(frozen=True)
class SaidNode:
    """Pieces that some rollouts share, and how these go on."""

    rollouts: tuple[int, ...]
    """Numbers of the rollouts, from 1."""
    pieces: tuple[SaidPiece, ...]
    """Words of a run are joined."""
    children: tuple["SaidNode", ...]

    @property
    def words(self) -> int:
        """Words of all of it."""
        return sum(len(piece.split()) for piece in self.pieces if isinstance(piece, str))


def said_tree(episodes: Sequence[Trajectory]) -> tuple[SaidNode, ...]:
    """The trees of some rollouts: one, where all began with the same picture and word.

    Args:
        episodes: Of one group, in the order of their numbers.
    """
    said = {number: _pieces(episode) for number, episode in enumerate(episodes, 1)}
    return _grown(said, 0)


def _pieces(episode: Trajectory) -> list[SaidPiece]:
    pieces: list[SaidPiece] = []
    for step in episode.steps:
        if step.seen.view is not None:
            pieces.append(SeenPicture(step.seen.view.sha256))
        pieces += _WORD.findall(step.turn.text)
        pieces.append(TurnEnd())
    return pieces


def _grown(said: dict[int, list[SaidPiece]], depth: int) -> tuple[SaidNode, ...]:
    """The nodes behind a number of pieces that all of these rollouts share."""
    ways: dict[SaidPiece | None, dict[int, list[SaidPiece]]] = {}
    for number, pieces in said.items():
        piece = pieces[depth] if depth < len(pieces) else None
        ways.setdefault(piece, {})[number] = pieces
    nodes = []
    for piece, followers in ways.items():
        if piece is None:
            continue  # it ends where the others go on
        end = _shared_until(list(followers.values()), depth)
        first = next(iter(followers.values()))
        nodes.append(SaidNode(tuple(followers), _joined(first[depth:end]), _grown(followers, end)))
    return tuple(nodes)


def _shared_until(said: Sequence[list[SaidPiece]], depth: int) -> int:
    """Up to which piece all of these are the same."""
    shortest = min(map(len, said))
    while depth < shortest and all(pieces[depth] == said[0][depth] for pieces in said):
        depth += 1
    return depth


def _joined(pieces: Sequence[SaidPiece]) -> tuple[SaidPiece, ...]:
    """Words that follow each other as one text."""
    joined: list[SaidPiece] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return tuple(joined)
