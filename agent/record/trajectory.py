"""The record of one episode: a folder that can be shown, scored and trained on.

::

    runs/20261121-101500-find-a-kettle-3f9a/
        config.json         what was asked for, and the versions that answered
        trajectory.jsonl    a record a line: start, step …, end; appended and flushed
        images/<sha256>.jpg every picture once, by the hash of its bytes

A step's line is written when the policy has spoken and nobody objects any more, before its action
is carried out, so a run that is killed loses at most the step in flight. What came of the action
stands in the next line.

Nobody but its owner may read the folder, and secrets are in none of its texts. One that comes to
light later (what was typed turns out to be a password) is taken out of the lines before as well.
"""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.browser.action_space import EVERY_ACTION, ActionSpace, ActionType
from vigorl.browser.actions import Action
from vigorl.browser.deeds import Consent
from vigorl.browser.environment import Score
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.geometry import Frame
from vigorl.browser.observation import (
    Event,
    Mark,
    Observation,
    PendingQuestion,
    RefusedConnections,
    Tab,
)
from vigorl.browser.picture import Picture, View
from vigorl.policy.policy import Turn
from vigorl.policy.usage import UNUSED, Usage

Status = Literal["done", "gave_up", "limit", "fault", "interrupted"]
"""How an episode ended. Only `fault` and `interrupted` say nothing about the policy."""

PERSON = "person"
"""Who plays in a demonstration, as its record names its policy."""


@dataclass(frozen=True, slots=True)
class SeenView:
    """A view as it is recorded: the picture by its file name."""

    image: str
    """Path of the picture, relative to the trajectory's folder."""
    frame: Frame
    kind: Literal["screen", "crop", "optical"]

    @property
    def sha256(self) -> str:
        """The hash of the picture's bytes."""
        return sha256_of(self.image)


def sha256_of(image: str) -> str:
    """The hash of a recorded picture's bytes, which is what its file is named by."""
    return PurePosixPath(image).stem


@dataclass(frozen=True, slots=True)
class Seen:
    """An observation as it is recorded."""

    view: SeenView | None
    url: str
    title: str
    tabs: tuple[Tab, ...]
    events: tuple[Event, ...]
    marks: tuple[Mark, ...] | None
    ended: bool
    pictures: tuple[str, ...] = ()
    """Of the goal: paths relative to the trajectory's folder."""
    question: PendingQuestion | None = None
    """Asked, and waiting for an answer."""
    refused: tuple[RefusedConnections, ...] = ()
    """Connections that the boundary refused since the last observation."""
    consents: tuple[Consent, ...] = ()
    """What somebody was asked before it was done, and what was answered."""


@dataclass(frozen=True, slots=True)
class StartRecord:
    """The first line: what the episode is about."""

    goal: str
    policy: dict[str, Any]
    limits: dict[str, Any]
    task: dict[str, Any] | None
    """The task's frozen row, where the goal belongs to one; enough to judge it again."""
    started_at: str
    truth: GroundTruth | None = None
    """What is right, where that could be told beforehand; None: nothing, or an older record."""
    actions: tuple[ActionType, ...] | None = None
    """Types of action that the environment offered; None in records that do not say."""
    type: Literal["start"] = "start"

    @property
    def offered(self) -> ActionSpace:
        """What the environment offered; everything, where the record does not say."""
        return EVERY_ACTION if self.actions is None else frozenset(self.actions)


@dataclass(frozen=True, slots=True)
class Amendment:
    """What was made of a policy's action before it was done, by whoever watches over the run."""

    by: Literal["person", "program"]
    action: Action | None
    """What was done in its place; None: nothing."""
    why: str = ""
    is_take_over: bool = False
    """A person has taken over: what was done in its place is in the steps that follow."""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One turn: what was seen, and what the policy said to it; or what a person did in its place.

    A step of a person has a turn without words, which the policy never said.
    """

    index: int
    seen: Seen
    turn: Turn
    observe_s: float
    """Time the environment took to bring about this observation (its action included)."""
    act_s: float
    """Time that the policy, or the person, took."""
    by: Literal["policy", "person"] = "policy"
    """Who has chosen the action."""
    amendment: Amendment | None = None
    """What was made of the action; None: it was done as it was chosen."""
    held_s: float = 0.0
    """Time that the action was held back, for whoever watches over the run."""
    type: Literal["step"] = "step"

    @property
    def done(self) -> Action | None:
        """The action that was done, whoever chose it; None where nothing was."""
        return self.turn.action if self.amendment is None else self.amendment.action


@dataclass(frozen=True, slots=True)
class DoneCheck:
    """Whether what the policy calls done is so, in the eyes of somebody beside the task's judge."""

    passed: bool
    by: Literal["policy", "second look"]
    """The policy itself, which saw the effect of each of its steps, or a model that was shown the
    last screens."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class EndRecord:
    """The last line: how it ended."""

    status: Status
    reason: str
    """One sentence: which limit, why given up, what broke; empty where there is nothing to say."""
    answer: str | None
    score: Score | None
    """None where nobody could judge; stays out of means."""
    seen: Seen | None
    """What the last action led to."""
    seconds: float
    checks: tuple[DoneCheck, ...] = ()
    """Who beside the judge has looked whether it is done, where the policy says so."""
    fault: str = ""
    """Of a fault: its kind, the name of the error."""
    trace: str = ""
    """Of a fault: where it came from, as Python tells it."""
    refused: dict[str, int] = field(default_factory=dict)
    """How many connections the boundary refused in all, by host and port."""
    second_look: Usage = UNUSED
    """What the second look used; the turns tell their own."""
    type: Literal["end"] = "end"

    @property
    def verified(self) -> bool | None:
        """Whether it is done: the judge's word where there is one; None where nobody looked."""
        if self.status != "done":
            return None
        if self.score is not None:
            return self.score.is_solved
        return all(check.passed for check in self.checks) if self.checks else None

    @property
    def verified_by(self) -> tuple[str, ...]:
        """Whose word `verified` is: `judge`, `policy`, `second look`."""
        if self.verified is None:
            return ()
        if self.score is not None:
            return ("judge",)
        return tuple(check.by for check in self.checks if check.passed is self.verified)


Record = StartRecord | StepRecord | EndRecord
RECORD: TypeAdapter[Record] = TypeAdapter(Annotated[Record, Field(discriminator="type")])


@dataclass(frozen=True)
class Trajectory:
    """An episode as read back from its folder. `end` is None where the run was killed."""

    folder: Path
    start: StartRecord
    steps: tuple[StepRecord, ...]
    end: EndRecord | None
    unsaved: str = field(default="", compare=False)
    """What was to be kept beside the record and could not be: known to whoever played it alone."""

    @property
    def status(self) -> Status:
        """How it ended; a killed run counts as interrupted."""
        return self.end.status if self.end else "interrupted"

    @property
    def truth(self) -> GroundTruth:
        """What is right, as far as it could be told beforehand."""
        return self.start.truth or GroundTruth.of_row(self.start.task or {})

    @property
    def score(self) -> Score | None:
        """What the judge said; None where nobody could judge."""
        return self.end.score if self.end else None

    @property
    def is_solved(self) -> bool | None:
        """Whether the judge calls the task solved; None where nobody could judge."""
        return self.score.is_solved if self.score else None

    @property
    def is_demonstration(self) -> bool:
        """Whether a person has shown how it is done, and no model has played."""
        return self.start.policy.get("policy") == PERSON

    @property
    def is_assisted(self) -> bool:
        """Whether a person acted in it, or changed or vetoed what the policy chose."""
        return any(
            step.by == "person" or (step.amendment is not None and step.amendment.by == "person")
            for step in self.steps
        )

    @property
    def usage(self) -> Usage:
        """Tokens and cost of all turns, and of the second look."""
        turns = (step.turn.usage for step in self.steps)
        return sum(turns, self.end.second_look if self.end else UNUSED)

    def observation(self, seen: Seen) -> Observation:
        """What was seen, from its record: the inverse of `Recorder.seen`.

        Raises:
            InconsistentData: a picture is missing, or is not the one it is named after.
        """
        return Observation(
            view=None if seen.view is None else self.view(seen.view),
            url=seen.url,
            title=seen.title,
            tabs=seen.tabs,
            events=seen.events,
            marks=seen.marks,
            ended=seen.ended,
            pictures=tuple(self.picture(image) for image in seen.pictures),
            question=seen.question,
            consents=seen.consents,
            refused=seen.refused,
            actions=self.start.offered,
        )

    def view(self, seen: SeenView) -> View:
        """The recorded view with its picture.

        Raises:
            InconsistentData: the image file is missing or is not the picture it is named after.
        """
        return View(self.picture(seen.image), seen.frame, seen.kind)

    def images(self) -> Iterator[str]:
        """The pictures that were shown to the policy, by their paths."""
        for step in self.steps:
            yield from step.seen.pictures
            if step.seen.view is not None:
                yield step.seen.view.image

    def picture(self, image: str) -> Picture:
        """The picture at a path relative to the trajectory's folder.

        Raises:
            InconsistentData: the file is missing or is not the picture it is named after.
        """
        path = self.folder / image
        try:
            picture = Picture.from_bytes(path.read_bytes())
        except FileNotFoundError as error:
            raise InconsistentData(f"{path} is named in {self.folder} but is not there") from error
        if picture.sha256 != sha256_of(image):
            raise InconsistentData(f"{path} does not hold the picture it is named after")
        return picture


def read_trajectory(folder: Path) -> Trajectory:
    """Read a trajectory's folder; a last line that was cut off by a kill is left out.

    Raises:
        UsageError: there is no trajectory in this folder.
        InconsistentData: a line other than the last cannot be read, or the lines are out of order.
    """
    path = folder / "trajectory.jsonl" if folder.is_dir() else folder
    try:
        # As bytes: a kill may cut a character in two, and text has more line ends than \n.
        lines = path.read_bytes().splitlines(keepends=True)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"no trajectory at {folder}: there is no {path}") from error
    records: list[Record] = []
    for number, line in enumerate(lines, 1):
        try:
            records.append(RECORD.validate_json(line))
        except ValidationError as error:
            if number == len(lines) and not line.endswith(b"\n"):
                break
            raise InconsistentData(f"{path}, line {number}: {error}") from error
    if not records or not isinstance(records[0], StartRecord):
        raise UsageError(f"{path} holds no recorded episode")
    steps = tuple(record for record in records if isinstance(record, StepRecord))
    end = records[-1] if isinstance(records[-1], EndRecord) else None
    if len(steps) + 1 + (end is not None) != len(records):
        raise InconsistentData(f"{path}: records out of order")
    return Trajectory(path.parent, records[0], steps, end)


def read_start(folder: Path) -> StartRecord:
    """The first line of a trajectory's folder: what the episode was about.

    Raises:
        UsageError: there is no trajectory in this folder.
        InconsistentData: its first line cannot be read.
    """
    path = folder / "trajectory.jsonl"
    try:
        with path.open("rb") as lines:
            record = RECORD.validate_json(lines.readline())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"no trajectory at {folder}: there is no {path}") from error
    except ValidationError as error:
        raise InconsistentData(f"{path}, line 1: {error}") from error
    if not isinstance(record, StartRecord):
        raise InconsistentData(f"{path}: does not begin with a start")
    return record


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def as_json(record: Any) -> Any:
    """Any of the package's dataclasses as plain JSON values."""
    return json.loads(TypeAdapter(type(record)).dump_json(record))


def config_of(settings: Any) -> dict[str, Any]:
    """A settings dataclass as the contents of `config.json`."""
    return dataclasses.asdict(settings)
