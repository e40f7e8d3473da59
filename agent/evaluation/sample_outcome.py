"""SampleOutcome: what came of one sample, as it goes from whoever played it to the evaluation."""

from dataclasses import asdict, dataclass
from pathlib import Path

from vigorl.agent.blame import told, trace_of
from vigorl.agent.evaluation.results import Result
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.evaluation.tries import PlayedSample, Tries, play
from vigorl.agent.record.place import clear, folder_name
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import EndRecord, StartRecord, Trajectory, now
from vigorl.agent.rollout import Limits, SecondLook
from vigorl.browser.errors import VigorlError
from vigorl.browser.text import cleaned, whole
from vigorl.policy.policy import Policy, numbered

_DENIALS = ("blocked", "denied")
"""Kinds of events."""


@dataclass(frozen=True, slots=True)
class PlayOrder:
    """Which sample is to be played: one of those that whoever plays has opened as well."""

    number: int
    """Its place among all samples, by whose seed it draws."""
    id: str


@dataclass(frozen=True)
class SampleOutcome:
    """What came of a sample; its record is in the evaluation's folder."""

    result: Result
    error: VigorlError | None = None
    """What escaped from it, where the sample cannot be used as it is written."""
    traces: tuple[str, ...] = ()
    """Of mistakes of the program."""


async def play_sample(
    policy: Policy,
    sample: Sample,
    number: int,
    folder: Path,
    limits: Limits,
    tries: Tries,
    second_look: SecondLook | None = None,
) -> SampleOutcome:
    """Play one sample of an evaluation into its folder.

    Args:
        policy: Who plays.
        sample: What is played.
        number: Its place among all samples.
        folder: Of the evaluation.
        limits: Of each time.
        tries: How often.
        second_look: Who is asked whether it is done.

    Raises:
        StorageFault: the record cannot be written.
    """
    player, name = numbered(policy, number), folder_name(sample.id)
    played = await play(player, sample, folder, name, limits, tries, second_look, witnessed=True)
    traces = tuple(trace_of(mistake) for mistake in played.mistakes)
    return SampleOutcome(_result(sample, played), played.error, traces)


def lost_sample(
    policy: Policy, sample: Sample, folder: Path, limits: Limits, error: VigorlError
) -> SampleOutcome:
    """Record a sample that nobody could play to its end: a fault, which has no score.

    Raises:
        StorageFault: the record cannot be written.
    """
    place = folder / folder_name(sample.id)
    clear(place, folder)
    recorder = Recorder(place, folder / "images")
    goal = whole(sample.instruction)
    recorder.start(StartRecord(goal, policy.describe(), asdict(limits), sample.task, now()))
    fault = type(error).__name__
    ended = EndRecord("fault", told(error), None, None, None, 0.0, fault=fault)
    return SampleOutcome(_result(sample, PlayedSample(recorder.end(ended))))


def _result(sample: Sample, played: PlayedSample) -> Result:
    """The line of a sample that was played."""
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
            played.usage,
        ),
        whole,
    )


def _denials(trajectory: Trajectory) -> int:
    end = trajectory.end
    seen = [step.seen for step in trajectory.steps]
    if end is not None and end.seen is not None:
        seen.append(end.seen)
    return sum(event.kind in _DENIALS for each in seen for event in each.events)


def _first_picture(trajectory: Trajectory) -> str:
    """The hash of the first screen; empty where the episode broke before it."""
    view = trajectory.steps[0].seen.view if trajectory.steps else None
    return view.sha256 if view else ""
