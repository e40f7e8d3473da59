"""Evaluation: the episode loop over a list of samples, resumable, and the table of its scores.

An evaluation's folder::

    evaluation.json      what is evaluated: policy, limits, all samples, which shard of them
    results.jsonl        one line a sample, written when its episode ends
    summary.json         the cells of the table
    images/              every picture once
    mistakes.txt         traces of mistakes of the program, if it met any
    <sample>/            the sample's trajectory

An evaluation that was stopped goes on in its folder: samples with a line in `results.jsonl` are
not played again, but for those that a fault has ended, which says nothing about the policy; their
later line counts. Episodes that were cut off begin anew.

Whatever breaks in one episode is left to that sample: the others are played. How many were left
out, and why, stands beside the numbers; above a share of them there is no number but its bounds.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from vigorl.agent.evaluation.play_queue import Here, PlayQueue, WorkerLost
from vigorl.agent.evaluation.results import Result, read_results
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.evaluation.sample_outcome import (
    PlayOrder,
    SampleOutcome,
    lost_sample,
    play_sample,
)
from vigorl.agent.evaluation.shards import UNTITLED, EvaluationPlan, Heading, Shard
from vigorl.agent.evaluation.summary import MAX_FAULTS, Summary, cell_of, summarise
from vigorl.agent.evaluation.tries import Tries
from vigorl.agent.record.trajectory import as_json, read_start
from vigorl.agent.rollout import Limits, SecondLook
from vigorl.browser.errors import InconsistentData, UsageError, VigorlError
from vigorl.browser.first_error import first_error
from vigorl.browser.run_folder import LineFile, claimed, disk, write_whole
from vigorl.browser.text import cleaned, whole
from vigorl.policy.policy import Policy
from vigorl.policy.usage import UNUSED, Usage

__all__ = ["Result", "Sample", "Summary", "cell_of", "evaluate", "read_results", "summarise"]

RESULTS = "results.jsonl"

FOUND_OUT = ("left_out", "pictures", "max_num_seqs")
"""What a policy learns of its server, and says of itself, only as it plays; and how many turns are
generated at a time, which may change."""


async def evaluate(
    policy: Policy,
    samples: Sequence[Sample],
    folder: Path,
    *,
    limits: Limits,
    workers: int = 1,
    second_look: SecondLook | None = None,
    on_result: Callable[[Result], None] = lambda result: None,
    tries: Tries | None = None,
    max_faults: float = MAX_FAULTS,
    shard: Shard | None = None,
    heading: Heading = UNTITLED,
    queue: PlayQueue[PlayOrder, SampleOutcome] | None = None,
) -> Summary:
    """Play every sample once, at most `workers` at a time; go on where the folder's record ends.

    An episode draws with the seed of its sample's number, whichever others are played, and when.

    Args:
        policy: Who plays; shared by all episodes.
        samples: What is played, each in its own world.
        folder: Where results and trajectories are written; may hold a part of this evaluation.
        limits: Of each episode.
        workers: Episodes under way at once.
        second_look: Who is asked whether it is done, where the policy says so.
        on_result: Called for each one that is recorded already, and as each one ends.
        tries: How often a sample is played that a fault has ended; the default is `Tries()`.
        max_faults: Share of broken episodes above which the means are not to be believed.
        shard: Which part of the samples is played; None: all of them.
        heading: What is evaluated, for whoever reads the folder.
        queue: Who plays it in the policy's place, elsewhere, into the same folder; None: `workers`
            tasks of this process.

    Raises:
        UsageError: there are no samples, two of one name, the folder holds another evaluation or
            shard, or not one of the samples can be played as it is written.
        InconsistentData: not one of the samples can be used.
        StorageFault: the folder cannot be written.
    """
    _require_ids(samples)
    tries = tries or Tries()
    plan = EvaluationPlan.of(
        samples, policy, limits, heading=heading, shard=shard, max_faults=max_faults
    )
    own = frozenset(plan.part)
    chosen = {number: sample for number, sample in enumerate(samples) if sample.id in own}
    with claimed(folder, "evaluating"), LineFile(folder / RESULTS) as lines:
        plan.require_shard(folder)
        recorded = _recorded(folder, policy, list(chosen.values()), limits)
        plan.write(folder)
        record = _Record(folder, lines, on_result)
        record.go_on(recorded)

        async def here(order: PlayOrder) -> SampleOutcome:
            sample, number = samples[order.number], order.number
            return await play_sample(policy, sample, number, folder, limits, tries, second_look)

        line = queue or PlayQueue([Here(here) for _ in range(workers)])

        async def one(number: int, sample: Sample) -> None:
            try:
                outcome = await line.play(PlayOrder(number, sample.id))
            except WorkerLost as lost:
                outcome = lost_sample(policy, sample, folder, limits, lost)
            record.add(sample, outcome)

        with first_error(VigorlError):
            async with asyncio.TaskGroup() as group:
                for number, sample in chosen.items():
                    if sample.id not in record.results:
                        group.create_task(one(number, sample))
        if len(record.unusable) == len(chosen):
            raise record.unusable[0]
        summary = summarise([record.results[name] for name in plan.part], folder, max_faults)
        write_summary(summary, folder)
        return summary


@dataclass
class _Record:
    """What an evaluation has come to, in memory and on the disk."""

    folder: Path
    lines: LineFile
    on_result: Callable[[Result], None]
    results: dict[str, Result] = field(default_factory=dict)
    """Of samples that are not played again."""
    spent: dict[str, Usage] = field(default_factory=dict)
    """On those that are, before."""
    unusable: list[VigorlError] = field(default_factory=list)

    def go_on(self, recorded: Sequence[Result]) -> None:
        """Take over what an earlier start has left."""
        for result in recorded:
            if result.status == "fault":
                self.spent[result.id] = result.usage
            else:
                self.results[result.id] = result
                self.on_result(result)

    def add(self, sample: Sample, outcome: SampleOutcome) -> None:
        """Write down what came of a sample.

        Raises:
            StorageFault: the disk refuses.
        """
        spent = self.spent.get(sample.id, UNUSED)
        result = replace(outcome.result, usage=spent + outcome.result.usage)
        self.unusable += [] if outcome.error is None else [outcome.error]
        for trace in outcome.traces:
            with disk(self.folder), (self.folder / "mistakes.txt").open("ab") as file:
                file.write(whole(f"{sample.id}\n{trace}\n").encode())
        self.results[sample.id] = result
        self.lines.append(line_of(result))
        self.on_result(result)


def _require_ids(samples: Sequence[Sample]) -> None:
    """Check that there are samples, each with an id of its own.

    Raises:
        UsageError: there are none, or two of one name, or one whose name is no text.
    """
    if not samples:
        raise UsageError("there is nothing to evaluate: no samples")
    ((twice, count),) = Counter(sample.id for sample in samples).most_common(1)
    if count > 1:
        raise UsageError(f"two samples are called {twice!r}: give each an id of its own")
    if halves := [sample.id for sample in samples if whole(sample.id) != sample.id]:
        raise UsageError(f"the id {halves[0]!a} is no text: it holds half a character")


def line_of(result: Result) -> bytes:
    """A result as a line of `results.jsonl`, without its end."""
    return json.dumps(as_json(result)).encode()


def write_summary(summary: Summary, folder: Path) -> None:
    """Write `summary.json`.

    Raises:
        StorageFault: the disk refuses.
    """
    text = json.dumps(summary.as_json(), indent=2) + "\n"
    write_whole(folder / "summary.json", text.encode())


def _recorded(
    folder: Path, policy: Policy, samples: Sequence[Sample], limits: Limits
) -> list[Result]:
    """What the folder holds of this evaluation.

    Raises:
        UsageError: it holds another one.
    """
    results = read_results(folder)
    by_id = {sample.id: sample for sample in samples}
    for result in results:
        if result.id not in by_id:
            raise UsageError(
                f"{folder} holds an evaluation with other samples ({result.id}); "
                "choose another --out"
            )
        if Path(result.trajectory).name != result.trajectory:
            raise InconsistentData(f"{folder}: {result.trajectory!r} is no folder in it")
        start = read_start(folder / result.trajectory)
        for what, recorded, wanted in (
            ("policy", start.policy, policy.describe()),
            # A record that does not name a limit is older than the limit.
            ("set of limits", dict.fromkeys(asdict(limits)) | start.limits, asdict(limits)),
            ("task", start.task or {}, by_id[result.id].task),
        ):
            wanted = cleaned(json.loads(json.dumps(wanted, default=str)), whole)
            names = [name for name in {**recorded, **wanted} if _differ(name, recorded, wanted)]
            names = [name for name in names if name not in FOUND_OUT]
            if names:
                raise UsageError(
                    f"{folder} holds an evaluation with another {what} ({result.id}: "
                    f"{', '.join(names)}); choose another --out"
                )
        asked = whole(by_id[result.id].instruction)
        if asked and start.goal and start.goal != asked:
            raise UsageError(
                f"{folder} holds an evaluation in which the policy was told something else "
                f"({result.id}: {start.goal[:60]!r}); choose another --out"
            )
    return results


def _differ(name: str, one: dict[str, Any], other: dict[str, Any]) -> bool:
    return (name in one, one.get(name)) != (name in other, other.get(name))
