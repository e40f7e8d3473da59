"""Plays one sample, and again after a fault, up to a number of tries."""

import asyncio
import math
import random
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from vigorl.agent.blame import told, trace_of
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.agent.record.place import clear
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import EndRecord, StartRecord, Trajectory, now, read_trajectory
from vigorl.agent.rollout import Limits, SecondLook, rollout
from vigorl.agent.witness import WitnessedEnvironment
from vigorl.agent.wrappers import equipped
from vigorl.browser.errors import LeftOut, StorageFault, UsageError, VigorlError
from vigorl.policy.policy import Policy
from vigorl.policy.usage import UNUSED, Usage


@dataclass(frozen=True, slots=True)
class Tries:
    """How often a sample that a fault has ended is played again."""

    count: int = 3
    """Times in all."""
    first_pause_s: float = 1.0
    """Before the second; doubles with each, so that what was busy can come to rest."""
    deadline_s: float = math.inf
    """Since the first began: later ones begin no more."""

    def __post_init__(self) -> None:
        if self.count < 1 or self.first_pause_s < 0 or self.deadline_s < 0:
            raise UsageError(f"{self}: a sample is played at least once, after no pause or some")

    def pause_s(self, broken: int, since_s: float) -> float | None:
        """How long to wait before another one; None: there is none.

        Args:
            broken: Times that it was played so far.
            since_s: Seconds since the first of them began.
        """
        pause_s = self.first_pause_s * 2 ** (broken - 1) * random.uniform(0.75, 1.25)
        is_over = broken >= self.count or since_s + pause_s >= self.deadline_s
        return None if is_over else pause_s


@dataclass(frozen=True)
class PlayedSample:
    """What came of a sample."""

    trajectory: Trajectory
    """Of the last time."""
    broke: tuple[str, ...] = ()
    """How the times before it ended, in a line each."""
    error: VigorlError | None = None
    """What escaped from it, where the sample cannot be used as it is written."""
    mistakes: tuple[Exception, ...] = ()
    """Of the program, in any of the times."""
    usage: Usage = UNUSED
    """Tokens and cost of all the times."""

    @property
    def what_escaped(self) -> Exception | None:
        """The error that was no fault of the infrastructure, if there was one."""
        return self.error or next(iter(self.mistakes), None)

    @property
    def tries(self) -> int:
        """How often it was played."""
        return len(self.broke) + 1


async def play(
    policy: Policy,
    sample: Sample,
    folder: Path,
    name: str,
    limits: Limits,
    tries: Tries,
    second_look: SecondLook | None = None,
    images: Path | None = None,
    witnessed: bool = False,
) -> PlayedSample:
    """Play one sample from the start, whatever an earlier episode has left of it.

    Whatever is raised in an episode is that episode's fault, and the next one goes on. A sample
    that cannot be used as it is written is not tried again; a mistake of the program is, since
    whoever calls something a mistake may be mistaken. A policy that draws draws anew each time.

    Args:
        policy: Who plays.
        sample: What is played, in a world of its own each time.
        folder: Gets the record, in a folder of this name.
        name: As `folder_name` makes it.
        limits: Of each time.
        tries: How often.
        second_look: Who is asked whether it is done, where the policy says so.
        images: Gets the pictures; None: `images` in the folder.
        witnessed: Write down what can be named on each screen, where the sample knows it.

    Raises:
        StorageFault: the record cannot be written.
    """
    broke: list[str] = []
    mistakes: list[Exception] = []
    usage = UNUSED
    began_s = time.monotonic()
    while True:
        place = folder / name
        clear(place, folder)
        recorder = Recorder(place, images or folder / "images")
        error: VigorlError | None = None
        try:
            trajectory = await _once(policy, sample, recorder, limits, second_look, witnessed)
        except StorageFault:
            raise
        except VigorlError as raised:
            error, trajectory = raised, _recorded(place, raised)
        except Exception as raised:  # it is in the record, and whoever plays tells it at the end
            mistakes.append(raised)
            trajectory = _recorded(place, raised)
        end = trajectory.end
        assert end is not None
        usage += trajectory.usage
        is_final = error is not None or end.fault == LeftOut.__name__
        pause_s = tries.pause_s(len(broke) + 1, time.monotonic() - began_s)
        if end.status != "fault" or is_final or pause_s is None:
            return PlayedSample(trajectory, tuple(broke), error, tuple(mistakes), usage)
        broke.append(end.reason)
        await asyncio.sleep(pause_s)


async def _once(
    policy: Policy,
    sample: Sample,
    recorder: Recorder,
    limits: Limits,
    second_look: SecondLook | None,
    witnessed: bool,
) -> Trajectory:
    truth = None if sample.truth == GroundTruth() else sample.truth
    try:
        world = sample.make()
        environment = equipped(world, policy)
        if witnessed and sample.look is not None:
            look = partial(sample.look, world)
            environment = WitnessedEnvironment(environment, look, recorder.folder)
    except Exception as error:
        about = (policy.describe(), asdict(limits), sample.task, now(), truth)
        recorder.start(StartRecord("", *about))
        fault, trace = type(error).__name__, trace_of(error)
        recorder.end(
            EndRecord("fault", told(error), None, None, None, 0.0, fault=fault, trace=trace)
        )
        raise
    return await rollout(
        policy,
        environment,
        recorder,
        limits,
        sample.task,
        second_look=second_look,
        truth=truth,
    )


def _recorded(place: Path, raised: Exception) -> Trajectory:
    """The record of an episode that something escaped from."""
    try:
        trajectory = read_trajectory(place)
    except VigorlError:
        raise raised from None  # before it began
    if trajectory.end is None:
        raise raised
    return trajectory
