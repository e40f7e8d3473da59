"""Search over many samples at once, against one server or one network.

An episode draws with a seed of its own, made from the search's seed, the sample and its number.
So a search that was stopped, even killed, goes on with the tree that it had, and a local one ends
with the tree that it would have had.
"""

import asyncio
import json
import shutil
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from vigorl.agent.blame import told
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.evaluation.tries import Tries, play
from vigorl.agent.record.place import folder_name
from vigorl.agent.record.trajectory import Trajectory, read_trajectory
from vigorl.agent.rollout import Limits
from vigorl.browser.errors import InfrastructureFault, StorageFault, UsageError, VigorlError
from vigorl.browser.first_error import first_error
from vigorl.browser.run_folder import disk
from vigorl.policy.branch import Branch, Stem, beginning, replies_of
from vigorl.policy.model import ModelPolicy
from vigorl.training.search.config import SearchConfig
from vigorl.training.search.record import (
    TREE,
    StoredTree,
    play_folder,
    read_tree,
    search_folder,
    write_tree,
)
from vigorl.training.search.search_tree import SearchTree
from vigorl.training.search.steps import EpisodePlace, next_step


@dataclass(frozen=True)
class Searched:
    """What came of one sample."""

    sample: str
    tree: SearchTree | None
    fault: str = ""
    """What broke, where there is no whole tree."""


async def search(
    policy: ModelPolicy,
    samples: Sequence[Sample],
    config: SearchConfig,
    folder: Path,
    on_tree: Callable[[Searched], None] = lambda searched: None,
) -> list[Searched]:
    """Search every sample, going on where the folder's record ends.

    Args:
        policy: Who says the steps; asked by all samples side by side.
        samples: Still pictures, each judged by its own scorer.
        config: How.
        folder: Where everything is written.
        on_tree: Told of every sample when it is done, or broken.

    Returns:
        One for each sample, in order. A sample that a fault has stopped can be gone on with.

    Raises:
        UsageError: there are no samples, two of one name, or the folder holds another search.
        InfrastructureFault: one sample after another broke; or whatever else broke them.
        StorageFault: the folder cannot be written.
    """
    if not samples:
        raise UsageError("there is nothing to search: no samples")
    ((name, count),) = Counter(sample.id for sample in samples).most_common(1)
    if count > 1:
        raise UsageError(f"two samples are called {name}: give each an id of its own")
    places = asyncio.Semaphore(config.samples_at_once)
    broken = 0

    async def one(sample: Sample) -> Searched:
        nonlocal broken
        async with places:
            try:
                searched = Searched(
                    sample.id, await _SampleSearch(policy, sample, config, folder).run()
                )
                broken = 0
            except (StorageFault, UsageError):
                raise
            except Exception as fault:  # a mistake of the program is this sample's alone, too
                broken += 1
                if broken > config.samples_at_once:
                    raise
                searched = Searched(sample.id, None, told(fault))
        on_tree(searched)
        return searched

    asked = (asdict(config), policy.describe())
    with search_folder(folder, *asked, _MAY_CHANGE), first_error(VigorlError):
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(one(sample)) for sample in samples]
    return [task.result() for task in running]


class _SampleSearch:
    """The search of one sample."""

    def __init__(
        self, policy: ModelPolicy, sample: Sample, config: SearchConfig, folder: Path
    ) -> None:
        self._policy = policy
        self._sample = sample
        self._config = config
        self._images = folder / "images"
        self._folder = folder / folder_name(sample.id)
        self._task = json.loads(json.dumps(sample.task, default=str))
        self._tree = SearchTree()
        self._plays: dict[int, Trajectory] = {}
        self._played = 0

    async def run(self) -> SearchTree:
        """Simulate until it is enough, or everything is closed."""
        self._resume()
        tree, config = self._tree, self._config
        while tree.simulations < config.simulations:
            node = tree.select(config.exploration)
            if node is None:
                break
            await self._expand(node)
            tree.close_finished(node)
            tree.simulations += 1
            write_tree(StoredTree(self._sample.id, self._task, self._played, tree), self._folder)
        return tree

    def _resume(self) -> None:
        """Take over the tree that was written; drop episodes that it does not know."""
        if (self._folder / TREE).exists():
            stored = read_tree(self._folder)
            if stored.task != self._task:
                raise UsageError(
                    f"{self._folder} holds the tree of another sample: choose another --out"
                )
            self._tree, self._played = stored.tree, stored.plays
        with disk(self._folder):
            for path in self._folder.glob("[0-9]*"):
                if int(path.name) >= self._played:
                    shutil.rmtree(path)

    async def _expand(self, node: int) -> None:
        """Give a step children, all sampled side by side, and judge them."""
        config, tree = self._config, self._tree
        stem = await self._stem(node)
        found: list[int] = []
        for _ in range(config.rounds):
            for number in await self._play([stem] * (config.children - len(found))):
                child = self._child(node, number)
                if child is not None:
                    tree.backpropagate(child, _score(self._trajectory(number)))
                    found.append(child)
        again = [
            child
            for child in found
            if not tree.step(child).is_last
            for _ in range(config.rollouts - 1)
        ]
        stems = [await self._stem(child) for child in again]
        for child, number in zip(again, await self._play(stems), strict=True):
            tree.backpropagate(child, _score(self._trajectory(number)))

    def _child(self, node: int, number: int) -> int | None:
        """What an episode says behind a step, as its child; None where that is nothing new."""
        tree, trajectory = self._tree, self._trajectory(number)
        start = EpisodePlace() if tree.nodes[node].step is None else tree.step(node).end
        turns = [step.turn for step in trajectory.steps]
        step = next_step(turns, start, by_sentence=self._config.by_sentence)
        if step is None:
            return None
        if trajectory.status == "limit":  # it was cut off there, and has not answered
            step = replace(step, is_last=False)
        return tree.add(node, number, step, self._config.depth) if tree.admits(node, step) else None

    async def _stem(self, node: int) -> Stem:
        """How the episodes through a step begin."""
        at = self._tree.nodes[node]
        if at.step is None:
            return Stem()
        replies = replies_of(step.turn for step in self._trajectory(at.play).steps)
        end, begun = at.step.end, None
        if end.characters:
            begun = await beginning(replies[end.turns], end.characters, self._policy.backend)
        return Stem(tuple(replies[: end.turns]), begun)

    async def _play(self, stems: Sequence[Stem]) -> list[int]:
        """Episodes with these beginnings, side by side; their numbers.

        Raises:
            InfrastructureFault: one of them broke.
        """
        numbers = range(self._played, self._played + len(stems))
        with first_error(Exception):
            async with asyncio.TaskGroup() as group:
                running = [
                    group.create_task(self._episode(number, stem))
                    for number, stem in zip(numbers, stems, strict=True)
                ]
        self._played += len(stems)
        self._plays |= {
            number: task.result() for number, task in zip(numbers, running, strict=True)
        }
        return list(numbers)

    async def _episode(self, number: int, stem: Stem) -> Trajectory:
        seed = zlib.crc32(f"{self._config.seed}/{self._sample.id}/{number}".encode())
        policy = Branch(self._policy, stem, seed)
        name = play_folder(self._folder, number).name
        limits, images = Limits(steps=self._config.turns), self._images
        played = await play(
            policy, self._sample, self._folder, name, limits, Tries(), images=images
        )
        trajectory = played.trajectory
        end = trajectory.end
        if trajectory.status == "fault" and (error := played.what_escaped):
            raise error
        if trajectory.status == "fault" and end is not None:
            raise InfrastructureFault(f"{self._sample.id}: {end.reason}")
        if trajectory.score is None:
            raise UsageError(
                f"{self._sample.id} cannot be judged: search needs samples with a target or an "
                "answer"
            )
        return trajectory

    def _trajectory(self, number: int) -> Trajectory:
        if number not in self._plays:
            self._plays[number] = read_trajectory(play_folder(self._folder, number))
        return self._plays[number]


def _score(trajectory: Trajectory) -> float:
    assert trajectory.score is not None
    return trajectory.score.value


_MAY_CHANGE = ("simulations", "samples_at_once", "url", "max_num_seqs")
