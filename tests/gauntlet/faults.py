"""Episodes under random faults at every boundary: what is lost, what is scored, what is left."""

import os
import random
import resource
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.gauntlet.errand import (
    BROWSER_FAULTS,
    EXITS,
    JUDGE_FAULTS,
    RIGHT,
    SERVER_FAULTS,
    SITE_FAULTS,
    WRONG,
    Errand,
    Plan,
    World,
)
from tests.gauntlet.rows import Row
from vigorl.agent import rollout
from vigorl.agent.evaluation.evaluation import Result, evaluate, read_results
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.evaluation.tries import Tries
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.agent.rollout import Limits
from vigorl.browser.chromium import Browser
from vigorl.browser.errors import StorageFault, VigorlError
from vigorl.policy.backend import Sampling
from vigorl.policy.family import family_named
from vigorl.policy.model import ModelPolicy
from vigorl.policy.server import ServerBackend
from vigorl.policy.wire import Server, WireLimits

FAMILY = "qwen2.5-vl"
TRIES = Tries(2, 0.1)
LIMITS = Limits(steps=12, seconds=40)
WIRE = WireLimits(connect_s=3, answer_s=4, retry_s=2, first_retry_s=1, first_pause_s=0.1)
SILENT_JUDGE_S = 4.0
RECORD_LIMIT_BYTES = 6_000
"""Size that no file may exceed while the disk is full: enough for a record to begin."""

FAULTS = {
    "server": SERVER_FAULTS,
    "judge": JUDGE_FAULTS,
    "site": SITE_FAULTS,
    "browser": BROWSER_FAULTS,
}


def plans(count: int, seed: int) -> list[Plan]:
    """Errands with random deeds and random faults; every kind of both comes about."""
    draw = random.Random(seed)
    kinds = [(part, fault) for part, faults in FAULTS.items() for fault in faults]
    exits = list(EXITS.values())
    made = []
    for number in range(count):
        name = f"n{seed}x{number}"
        if number % 4 == 3:  # a way out, and nothing breaks
            made.append(Plan(name, exits[number // 4 % len(exits)], False))
            continue
        part, fault = kinds[number * 3 // 4 % len(kinds)]
        done = draw.random() < 0.5
        at, always = draw.randrange(3 if done else 2), draw.random() < 0.25
        made.append(Plan(name, RIGHT if done else WRONG, done, part, fault, at, always))
    return made


@dataclass(frozen=True)
class Found:
    """What is wrong after a storm; empty lists where nothing is."""

    episodes: int
    struck: int
    lost: list[str]
    """Episodes without a whole record."""
    scored: list[str]
    """Episodes that broke and have the score of something else."""
    left_out: list[str]
    """Deeds of the policy without a score."""
    remains: list[str]
    """Processes and files that are still there."""


async def storm(folder: Path, made: Sequence[Plan], disk_full: Sequence[Plan]) -> Found:
    """Play them all, two or three at a time, and look at what is there afterwards."""
    with _own_temporary_folder(folder / "tmp") as temporary:
        before = set(psutil.Process().children(recursive=True))
        world = World({plan.id: plan for plan in (*made, *disk_full)})
        async with world.serving():
            backend = ServerBackend(
                await Server.connect(world.origin, limits=WIRE), family_named(FAMILY), Sampling(0)
            )
            policy = ModelPolicy(family_named(FAMILY), backend, Sampling(0))
            async with Browser() as browser:
                world.kill_browser = lambda: _kill(browser)

                def samples(of: Sequence[Plan]) -> list[Sample]:
                    return [_sample(world, browser, plan) for plan in of]

                await evaluate(
                    policy, samples(made), folder / "runs", limits=LIMITS, workers=3, tries=TRIES
                )
                full = folder / "full"
                for upto in range(1, len(disk_full) + 1):
                    await _with_full_disk(policy, samples(disk_full[:upto]), full)
                if disk_full:
                    await evaluate(
                        policy, samples(disk_full), full, limits=LIMITS, workers=2, tries=TRIES
                    )
            await policy.close()
        remains = [*_processes(before), *(str(path) for path in temporary.iterdir())]
    remains += [str(path) for path in folder.rglob("*.part")]
    results = read_results(folder / "runs") + (read_results(full) if disk_full else [])
    return Found(
        len(results),
        sum(world.struck.values()) + len(disk_full),
        _lost(folder / "runs", made) + _lost(full, disk_full),
        [_told(result) for result in results if _wrongly_scored(result, world)],
        [_told(result) for result in results if _left_out(result, world)],
        remains,
    )


def _sample(world: World, browser: Browser, plan: Plan) -> Sample:
    return Sample(plan.id, ("errand",), {"id": plan.id}, lambda: Errand(world, browser, plan))


async def _with_full_disk(policy: ModelPolicy, samples: list[Sample], folder: Path) -> None:
    """Play while no file can grow beyond a few kilobytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (RECORD_LIMIT_BYTES, hard))
    try:
        await evaluate(policy, samples, folder, limits=LIMITS, workers=1, tries=TRIES)
    except StorageFault:
        pass  # as it must; whatever else is raised is a finding
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def _kill(browser: Browser) -> None:
    group = browser._left.group
    if group is not None:
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            return


@contextmanager
def _own_temporary_folder(place: Path) -> Iterator[Path]:
    """Everything temporary goes where it can be counted; and a judge is not waited for long."""
    place.mkdir(parents=True)
    before, limit_s = os.environ.get("TMPDIR"), rollout.JUDGE_LIMIT_S
    os.environ["TMPDIR"], tempfile.tempdir = str(place), None
    rollout.JUDGE_LIMIT_S = SILENT_JUDGE_S
    try:
        yield place
    finally:
        rollout.JUDGE_LIMIT_S = limit_s
        tempfile.tempdir = None
        os.environ.pop("TMPDIR")
        if before is not None:
            os.environ["TMPDIR"] = before


def _processes(before: set[psutil.Process]) -> list[str]:
    """Browsers and drivers that the storm started and that are still there, after two seconds."""
    children = set(psutil.Process().children(recursive=True)) - before
    _, alive = psutil.wait_procs(children, timeout=2)
    named = [" ".join(child.cmdline()[:1]) or child.name() for child in alive if child.is_running()]
    return [name for name in named if "chrom" in name or "node" in name]


def _lost(folder: Path, made: Sequence[Plan]) -> list[str]:
    """Errands without a line among the results, or without a record that can be read."""
    if not made:
        return []
    results = {result.id: result for result in read_results(folder)}
    lost = []
    for plan in made:
        result = results.get(plan.id)
        if result is None:
            lost.append(f"{plan.id}: no result")
            continue
        try:
            end = read_trajectory(folder / result.trajectory).end
        except VigorlError as error:
            lost.append(f"{plan.id}: {error}")
            continue
        if end is None:
            lost.append(f"{plan.id}: no end")
    return lost


def _wrongly_scored(result: Result, world: World) -> bool:
    """Whether something else than what the policy did is its score."""
    plan = world.plans[result.id]
    return result.score is not None and result.score != float(plan.done)


def _left_out(result: Result, world: World) -> bool:
    """Whether a policy that met no fault of its own has no score; a killed browser is all's."""
    plan = world.plans[result.id]
    return result.score is None and not plan.part and result.fault != "BrowserDied"


def _told(result: Result) -> str:
    return f"{result.id}: {result.status}, score {result.score}: {result.reason[:120]}"


def rows_of(found: Found) -> tuple[Row, ...]:
    """What was found, as rows of the table."""
    note = f"{found.struck} faults struck"
    whole = found.episodes
    return (
        Row("faults", "records kept", whole, whole - len(found.lost), note, tuple(found.lost)),
        Row("faults", "no fault is a score", whole, whole - len(found.scored), "",
            tuple(found.scored)),
        Row("faults", "no deed is left out", whole, whole - len(found.left_out), "",
            tuple(found.left_out)),
        Row("faults", "processes, files and folders left: none", 1, int(not found.remains), "",
            tuple(found.remains)),
    )  # fmt: skip


async def measure(folder: Path, episodes: int = 290, seed: int = 1) -> tuple[Row, ...]:
    """The rows of the table."""
    full = [Plan(f"full{number}", RIGHT, True) for number in range(max(1, episodes // 29))]
    return rows_of(await storm(folder, plans(episodes, seed), full))
