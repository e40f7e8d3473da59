"""Recorded episodes to learn from: of runs, evaluations and practice, and the chains of searches.

A search (`vigorl-agent search`) stands for the chains of its trees; any other folder for all
episodes that were recorded somewhere below it. Which of them are worth learning from is decided
here, for training and for export alike.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from vigorl.agent.record.trajectory import Trajectory, read_trajectory
from vigorl.browser.errors import UsageError
from vigorl.training.data.selection import Selection
from vigorl.training.search.config import ChainConfig
from vigorl.training.search.linearise import chains_of
from vigorl.training.search.record import TREE, play_folder, read_tree

Kind = Literal["played", "straight", "corrected"]


@dataclass(frozen=True)
class RecordedEpisode:
    """A recorded episode, or a chain of a search."""

    name: str
    """Its folder, as it is named in messages."""
    kind: Kind
    trajectory: Trajectory
    mean_score: float | None = None
    """Of all episodes of its task, where it stands for them."""

    @property
    def score(self) -> float | None:
        """What the judge said; None where nobody could tell."""
        score = self.trajectory.score
        return score.value if score else None


def select(
    episodes: Iterable[RecordedEpisode], selection: Selection
) -> tuple[list[RecordedEpisode], Mapping[str, int]]:
    """Those that are taken, and how many were left out for which reason.

    Raises:
        UsageError: none is taken.
    """
    taken: list[RecordedEpisode] = []
    left_out: Counter[str] = Counter()
    for episode in episodes:
        objection = selection.objection(episode)
        if objection is None:
            taken.append(episode)
        else:
            left_out[objection] += 1
    if not taken:
        reasons = ", ".join(f"{count} {why}" for why, count in left_out.items())
        raise UsageError(
            f"nothing to learn from: of {left_out.total()} episodes, {reasons or 'none at all'}. "
            "--min-score takes others"
        )
    return taken, left_out


def one_per_task(
    episodes: Iterable[RecordedEpisode], least_mean: float | None, most_mean: float | None
) -> list[RecordedEpisode]:
    """The first episode of every task whose mean score is within the bounds.

    Raises:
        UsageError: there is none.
    """
    by_task: dict[str, list[RecordedEpisode]] = {}
    for episode in episodes:
        start = episode.trajectory.start
        by_task.setdefault(json.dumps([start.goal, start.task], sort_keys=True), []).append(episode)
    taken = []
    for group in by_task.values():
        scores = [episode.score for episode in group if episode.score is not None]
        mean = sum(scores) / len(scores) if scores else None
        if (least_mean is None or (mean is not None and mean >= least_mean)) and (
            most_mean is None or (mean is not None and mean <= most_mean)
        ):
            taken.append(replace(group[0], mean_score=mean))
    if not taken:
        raise UsageError(f"none of {len(by_task)} tasks has a mean score within the bounds")
    return taken


def episodes_in(folders: Sequence[Path], chains: ChainConfig | None) -> Iterator[RecordedEpisode]:
    """All recorded episodes of these folders, in order of their names.

    Args:
        folders: Of runs, evaluations, practice, searches.
        chains: What is made of the trees of searches; None: their episodes as they were played.

    Raises:
        UsageError: a folder is not there, or holds no episode.
        InconsistentData: a record cannot be read.
    """
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"there is no folder {folder}")
        count = 0
        read = _chains(folder, chains) if chains and holds_search(folder) else _played(folder)
        for episode in read:
            count += 1
            yield episode
        if not count:
            raise UsageError(
                f"{folder} holds no recorded episode, nor a tree that leads to a right answer"
            )


def holds_search(folder: Path) -> bool:
    """Whether a folder is one of `vigorl-agent search`."""
    try:
        return "search" in json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError):
        return False


def _played(folder: Path) -> Iterator[RecordedEpisode]:
    for path in sorted(folder.rglob("trajectory.jsonl")):
        yield RecordedEpisode(str(path.parent), "played", read_trajectory(path.parent))


def _chains(folder: Path, config: ChainConfig) -> Iterator[RecordedEpisode]:
    for path in sorted(folder.glob(f"*/{TREE}")):
        stored = read_tree(path.parent)
        plays = {
            number: read_trajectory(play_folder(path.parent, number))
            for number in range(stored.plays)
        }
        for number, chain in enumerate(chains_of(stored.tree, plays, config)):
            yield RecordedEpisode(f"{path.parent}, chain {number}", chain.kind, chain.trajectory)
