"""Merging: one evaluation of all its shards, the same as if it had been played in one place."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vigorl.agent.evaluation.evaluation import FOUND_OUT, RESULTS, line_of, write_summary
from vigorl.agent.evaluation.results import Result, read_results
from vigorl.agent.evaluation.shards import EvaluationPlan, Shard, read_plan
from vigorl.agent.evaluation.summary import Summary, summarise
from vigorl.agent.record.place import folder_name
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.private_files import make_private_folder
from vigorl.browser.run_folder import disk, whole_folder, write_whole

_PLACES = ("url", *FOUND_OUT)
"""Of what a policy says of itself: where it is asked, and what it finds out. Each shard may ask a
server of its own."""
_SHOWN = 3
"""Differences that a message tells."""


def merge(folders: Sequence[Path], out: Path) -> tuple[EvaluationPlan, Summary]:
    """Make one evaluation of all shards of it.

    The folder gets what `evaluate` would have written, in the order of the samples. Files are
    linked where the disk can, so that pictures are there once.

    Args:
        folders: Of the shards, in any order.
        out: Gets the evaluation, whole or not at all.

    Returns:
        The whole's plan, and its summary.

    Raises:
        UsageError: shards are missing, unfinished, twice there, or of different evaluations; or the
            folder holds something.
        InconsistentData: a shard contradicts itself.
        StorageFault: the disk refuses.
    """
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"{out} holds something already: choose another --out")
    by_shard = _shards(folders)
    plan = replace(next(iter(by_shard.values()))[1], shard=None)
    found = dict(_finished(by_shard))
    with whole_folder(out) as merged:
        make_private_folder(merged)
        lines = b""
        for name in plan.samples:
            folder, result = found[name]
            _bring(folder / result.trajectory, merged / result.trajectory)
            lines += line_of(result) + b"\n"
        for folder, _ in by_shard.values():
            _bring(folder / "images", merged / "images")
        write_whole(merged / RESULTS, lines)
        _join_mistakes([folder for folder, _ in by_shard.values()], merged)
        plan.write(merged)
        results = [found[name][1] for name in plan.samples]
        summary = summarise(results, out, plan.max_faults)
        write_summary(summary, merged)
    return plan, summary


def _shards(folders: Sequence[Path]) -> dict[Shard, tuple[Path, EvaluationPlan]]:
    """The shards in their order, all of one evaluation.

    Raises:
        UsageError: they are not, or not all.
    """
    found: dict[Shard, tuple[Path, EvaluationPlan]] = {}
    for folder in folders:
        plan = read_plan(folder)
        if plan.shard is None:
            raise UsageError(f"{folder} is a whole evaluation: merge the folders of shards")
        if plan.shard in found:
            other = found[plan.shard][0]
            raise UsageError(f"{other} and {folder} are both shard {plan.shard}: give one of them")
        for known_folder, known in found.values():
            _require_same(known_folder, known, folder, plan)
            break
        found[plan.shard] = (folder, plan)
    if not found:
        raise UsageError("there is nothing to merge: give the folders of all shards")
    count = next(iter(found)).count
    every = [Shard(number, count) for number in range(1, count + 1)]
    if missing := [str(shard) for shard in every if shard not in found]:
        raise UsageError(
            f"of {count} shards {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} "
            f"missing: play what is missing (--shard {missing[0]}), and give all folders"
        )
    return {shard: found[shard] for shard in every}


def _require_same(one: Path, plan: EvaluationPlan, other: Path, others: EvaluationPlan) -> None:
    """Refuse shards of two evaluations.

    Raises:
        UsageError: with what is different.
    """
    first, second = (dict(_flat(_compared(each))) for each in (plan, others))
    apart = [
        f"{name} ({_said(first, name)}, {_said(second, name)})"
        for name in {**first, **second}
        if (name in first, first.get(name)) != (name in second, second.get(name))
    ]
    if not apart and list(plan.samples) != list(others.samples):
        apart = ["the order of the samples"]
    if apart:
        more = f" and {len(apart) - _SHOWN} more" if len(apart) > _SHOWN else ""
        raise UsageError(
            f"{one} and {other} are no shards of one evaluation: they differ in "
            f"{', '.join(apart[:_SHOWN])}{more}"
        )


def _compared(plan: EvaluationPlan) -> dict[str, Any]:
    """What shards of one evaluation have in common, by names for a message."""
    assert plan.shard is not None
    policy = {name: value for name, value in plan.policy.items() if name not in _PLACES}
    return {
        "number of shards": plan.shard.count,
        "benchmark": plan.heading.benchmark,
        "policy": policy,
        "limits": plan.limits,
        "second look": plan.heading.second_look,
        "max_faults": plan.max_faults,
        "task": plan.samples,
    }


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name} ")
        else:
            yield f"{above}{name}", value


def _said(values: Mapping[str, Any], name: str) -> str:
    return f"{values[name]!r}" if name in values else "absent"


def _finished(
    by_shard: Mapping[Shard, tuple[Path, EvaluationPlan]],
) -> Iterator[tuple[str, tuple[Path, Result]]]:
    """Each sample's folder of a shard and its result, by its id.

    Raises:
        UsageError: a shard is not played to its end.
        InconsistentData: a result leads out of its folder.
    """
    for shard, (folder, plan) in by_shard.items():
        results = {result.id: result for result in read_results(folder)}
        if left := [name for name in plan.part if name not in results]:
            raise UsageError(
                f"shard {shard} in {folder} has {len(left)} of {len(plan.part)} samples left to "
                f"play ({left[0]}, …): go on with its command and --out {folder}"
            )
        for name in plan.part:
            result = results[name]
            if result.trajectory != folder_name(name):
                raise InconsistentData(f"{folder}: {result.trajectory!r} is no folder of {name}")
            yield name, (folder, result)


def _bring(source: Path, target: Path) -> None:
    """Link or copy a folder's files to a folder, which may have some of them.

    Raises:
        InconsistentData: there is a link in it, which could lead anywhere.
        StorageFault: the disk refuses.
    """
    with disk(target):
        for path in (source, *sorted(source.rglob("*"))):
            place = target / path.relative_to(source)
            if path.is_symlink():
                raise InconsistentData(f"{path} is a link, which no evaluation writes")
            if path.is_dir():
                make_private_folder(place)
            elif path.is_file() and not place.exists():
                _link(path, place)


def _link(path: Path, place: Path) -> None:
    try:
        os.link(path, place)
    except OSError:  # another disk, or one without links
        shutil.copy2(path, place)


def _join_mistakes(folders: Sequence[Path], merged: Path) -> None:
    name = "mistakes.txt"
    with disk(merged):
        parts = [path.read_bytes() for folder in folders if (path := folder / name).is_file()]
    if parts:
        write_whole(merged / name, b"".join(parts))
