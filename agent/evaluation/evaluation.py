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
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vigorl.agent.blame import trace_of
from vigorl.agent.evaluation.results import Result, read_results
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.evaluation.shards import UNTITLED, EvaluationPlan, Heading, Shard
from vigorl.agent.evaluation.summary import MAX_FAULTS, Summary, cell_of, summarise
from vigorl.agent.evaluation.tries import PlayedSample, Tries, play
from vigorl.agent.record.place import folder_name
from vigorl.agent.record.trajectory import Trajectory, as_json, read_start
from vigorl.agent.rollout import Limits, SecondLook
from vigorl.browser.errors import InconsistentData, UsageError, VigorlError
from vigorl.browser.first_error import first_error
from vigorl.browser.run_folder import LineFile, claimed, disk, write_whole
from vigorl.browser.text import cleaned, whole
from vigorl.policy.policy import Policy, numbered
from vigorl.policy.usage import UNUSED, Usage

__all__ = ["Result", "Sample", "Summary", "cell_of", "evaluate", "read_results", "summarise"]

RESULTS = "results.jsonl"

_DENIALS = ("blocked", "denied")
"""Kinds of events."""

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
    unusable: list[VigorlError] = []
    with claimed(folder, "evaluating"), LineFile(folder / RESULTS) as lines:
        plan.require_shard(folder)
        recorded = _recorded(folder, policy, list(chosen.values()), limits)
        plan.write(folder)
        results = {result.id: result for result in recorded if result.status != "fault"}
        spent = {result.id: result.usage for result in recorded if result.status == "fault"}
        for result in results.values():
            on_result(result)
        places = asyncio.Semaphore(workers)

        async def one(number: int, sample: Sample) -> None:
            async with places:
                name, player = folder_name(sample.id), numbered(policy, number)
                played = await play(
                    player, sample, folder, name, limits, tries, second_look, witnessed=True
                )
                result = _result(sample, played, spent.get(sample.id, UNUSED))
                if played.error is not None:
                    unusable.append(played.error)
                for mistake in played.mistakes:
                    _tell_mistake(folder, sample, mistake)
                results[sample.id] = result
                lines.append(line_of(result))
                on_result(result)

        with first_error(VigorlError):
            async with asyncio.TaskGroup() as group:
                for number, sample in chosen.items():
                    if sample.id not in results:
                        group.create_task(one(number, sample))
        if len(unusable) == len(chosen):
            raise unusable[0]
        summary = summarise([results[name] for name in plan.part], folder, max_faults)
        write_summary(summary, folder)
        return summary


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


def _result(sample: Sample, played: PlayedSample, spent: Usage) -> Result:
    """The line of a sample that was played, and on which so much had been spent before."""
    trajectory = played.trajectory
    end, score = trajectory.end, trajectory.score
    assert end is not None
    looks = [check.passed for check in end.checks if check.by == "second look"]
    return cleaned(
        Result(
            sample.id,
            sample.cells,
            score.value if score else None,
            score.why if score else "",
            end.status,
            end.reason,
            len(trajectory.steps),
            round(end.seconds, 3),
            trajectory.folder.name,
            score.by_other_rules if score else {},
            _first_picture(trajectory) if sample.is_still else "",
            looks[0] if looks else None,
            end.fault,
            played.broke,
            bool(played.mistakes),
            end.refused,
            _denials(trajectory),
            spent + played.usage,
        ),
        whole,
    )


def _denials(trajectory: Trajectory) -> int:
    end = trajectory.end
    seen = [step.seen for step in trajectory.steps]
    if end is not None and end.seen is not None:
        seen.append(end.seen)
    return sum(event.kind in _DENIALS for each in seen for event in each.events)


def _tell_mistake(folder: Path, sample: Sample, error: Exception) -> None:
    with disk(folder), (folder / "mistakes.txt").open("a", encoding="utf-8") as file:
        file.write(whole(f"{sample.id}\n{trace_of(error)}\n"))


def _first_picture(trajectory: Trajectory) -> str:
    """The hash of the first screen; empty where the episode broke before it."""
    view = trajectory.steps[0].seen.view if trajectory.steps else None
    return view.sha256 if view else ""


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
