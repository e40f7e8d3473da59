"""The record of one episode: a folder that can be shown, scored and trained on.

::

    runs/20261121-101500-find-a-kettle-3f9a/
        config.json         what was asked for, and the versions that answered
        trajectory.jsonl    a record a line: start, step …, end; appended and flushed
        images/<sha256>.jpg every picture once, by the hash of its bytes

A step's line is written when the policy has spoken, before its action is carried out, so a run
that is killed loses at most the step in flight. What came of the action stands in the next line.

Nobody but its owner may read the folder, and secrets are in none of its texts. One that comes to
light later (what was typed turns out to be a password) is taken out of the lines before as well.
"""

import dataclasses
import io
import json
import os
import re
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from vigorl.browser.action_space import EVERY_ACTION, ActionSpace, ActionType
from vigorl.browser.deeds import Consent
from vigorl.browser.environment import Score
from vigorl.browser.errors import InconsistentData, StorageFault, UsageError
from vigorl.browser.geometry import Frame
from vigorl.browser.observation import Event, Mark, Observation, Question, Refused, Tab
from vigorl.browser.picture import MEDIA_TYPES, Picture, View
from vigorl.browser.private_files import make_private_folder, open_private, write_private
from vigorl.browser.text import cleaned, whole
from vigorl.browser.vault import Vault
from vigorl.policy.policy import Turn

Status = Literal["done", "gave_up", "limit", "fault", "interrupted"]
"""How an episode ended. Only `fault` and `interrupted` say nothing about the policy."""

RECORDED_PACKAGES = ("vigorl-agent", "playwright", "rapidocr", "torch", "transformers")


@dataclass(frozen=True, slots=True)
class SeenView:
    """A view as it is recorded: the picture by its file name."""

    image: str
    """Path of the picture, relative to the trajectory's folder."""
    frame: Frame
    kind: Literal["screen", "crop", "optical"]


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
    question: Question | None = None
    """Asked, and waiting for an answer."""
    refused: tuple[Refused, ...] = ()
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
    actions: tuple[ActionType, ...] | None = None
    """Types of action that the environment offered; None in records that do not say."""
    type: Literal["start"] = "start"

    @property
    def offered(self) -> ActionSpace:
        """What the environment offered; everything, where the record does not say."""
        return EVERY_ACTION if self.actions is None else frozenset(self.actions)


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One turn: what was seen, and what the policy said to it."""

    index: int
    seen: Seen
    turn: Turn
    observe_s: float
    """Time the environment took to bring about this observation (its action included)."""
    act_s: float
    """Time the policy took."""
    type: Literal["step"] = "step"


@dataclass(frozen=True, slots=True)
class Check:
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
    checks: tuple[Check, ...] = ()
    """Who beside the judge has looked whether it is done, where the policy says so."""
    fault: str = ""
    """Of a fault: its kind, the name of the error."""
    trace: str = ""
    """Of a fault: where it came from, as Python tells it."""
    refused: dict[str, int] = field(default_factory=dict)
    """How many connections the boundary refused in all, by host and port."""
    type: Literal["end"] = "end"

    @property
    def verified(self) -> bool | None:
        """Whether it is done: the judge's word where there is one; None where nobody looked."""
        if self.status != "done":
            return None
        if self.score is not None:
            return self.score.value >= 1
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
_R = TypeVar("_R", StartRecord, StepRecord, EndRecord)
_RECORD: TypeAdapter[Record] = TypeAdapter(Annotated[Record, Field(discriminator="type")])


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
        if picture.sha256 != path.stem:
            raise InconsistentData(f"{path} does not hold the picture it is named after")
        return picture


class Recorder:
    """Writes one trajectory folder, a line at a time.

    Many trajectories may share one folder of images: `images` says where, the trajectory's own
    otherwise. What `vault` keeps secret is written by its name.
    """

    def __init__(
        self, folder: Path, images: Path | None = None, vault: Vault | None = None
    ) -> None:
        self.folder = folder
        self._images = images or folder / "images"
        self._steps: list[StepRecord] = []
        self._start: StartRecord | None = None
        self._vault = Vault() if vault is None else vault
        self._revision = self._vault.revision
        self._is_exact = True
        """No text of the policy or for it has been changed, so that its tokens may be kept."""
        with disk(folder):
            make_private_folder(folder)
            make_private_folder(self._images)
            self._lines = _opened(folder / "trajectory.jsonl", "xb")

    @classmethod
    def create(
        cls, runs: Path, goal: str, config: Mapping[str, Any], vault: Vault | None = None
    ) -> "Recorder":
        """Make a new folder under `runs`, named by time and goal, and save `config.json` in it.

        Raises:
            StorageFault: the folder cannot be written.
        """
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        folder = runs / f"{stamp}-{_slug(goal)}-{secrets.token_hex(2)}"
        recorder = cls(folder, vault=vault)
        text = json.dumps({**config, "versions": versions()}, default=str)
        recorder._write_config(json.loads(text))
        return recorder

    def start(self, record: StartRecord) -> None:
        """Write the first line."""
        self._start = self._redacted(record)
        self._append(self._start)

    def seen(self, observation: Observation) -> Seen:
        """Store an observation's pictures, each once, and return its record."""
        view = observation.view
        return Seen(
            view=None
            if view is None
            else SeenView(self._store(view.picture), view.frame, view.kind),
            url=observation.url,
            title=observation.title,
            tabs=observation.tabs,
            events=observation.events,
            marks=observation.marks,
            ended=observation.ended,
            pictures=tuple(self._store(picture) for picture in observation.pictures),
            question=observation.question,
            refused=observation.refused,
            consents=observation.consents,
        )

    def step(self, record: StepRecord) -> StepRecord:
        """Append one step; returns it as it is written."""
        record = self._redacted(record)
        self._append(record)
        self._steps.append(record)
        return record

    def end(self, record: EndRecord) -> Trajectory:
        """Write the last line and close the file."""
        if self._start is None:
            raise InconsistentData("a trajectory that ends before it starts")
        record = self._redacted(replace(record, refused=self._refused(record)))
        self._append(record)
        self.close()
        return Trajectory(self.folder, self._start, tuple(self._steps), record)

    def _refused(self, end: EndRecord) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for seen in (*(step.seen for step in self._steps), end.seen):
            for each in seen.refused if seen else ():
                counts[each.place] += each.count
        return dict(counts.most_common())

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._lines.close()

    def _append(self, record: Record) -> None:
        if self._revision != self._vault.revision:
            self._write_anew()
        line = _RECORD.dump_json(cleaned(record, whole)) + b"\n"
        with disk(self.folder):
            while line:
                line = line[self._lines.write(line) :]

    def _store(self, picture: Picture) -> str:
        path = self._images / f"{picture.sha256}.{MEDIA_TYPES[picture.media_type]}"
        if not path.exists():
            write_whole(path, picture.data)
        return Path(os.path.relpath(path, self.folder)).as_posix()

    def _redacted(self, record: _R) -> _R:
        """A record without secrets; its tokens, which would tell them, go with them."""
        if self._vault.is_empty:
            return record
        as_written = _RECORD.dump_python(cleaned(record, whole), mode="json")
        redacted: _R = _RECORD.validate_json(  # type: ignore[assignment]
            json.dumps(self._vault.redact_all(as_written))
        )
        match redacted, record:
            case (StartRecord(), StartRecord()):
                self._is_exact &= redacted.goal == record.goal
            case (StepRecord(), StepRecord()):
                self._is_exact &= redacted.turn.text == record.turn.text
                if not self._is_exact:
                    return replace(redacted, turn=replace(redacted.turn, tokens=None))
        return redacted

    def _write_anew(self) -> None:
        """Take what has become a secret out of what is written already."""
        self._revision = self._vault.revision
        if self._start is not None:
            self._start = self._redacted(self._start)
        self._steps = [self._redacted(step) for step in self._steps]
        records: list[Record] = [*self._steps]
        if self._start is not None:
            records.insert(0, self._start)
        path = self.folder / "trajectory.jsonl"
        lines = (_RECORD.dump_json(cleaned(each, whole)) + b"\n" for each in records)
        write_whole(path, b"".join(lines))
        with disk(self.folder):
            self._lines.close()
            self._lines = _opened(path, "ab")
        if (config := self.folder / "config.json").is_file():
            with disk(self.folder):
                text = config.read_text(encoding="utf-8")
            self._write_config(json.loads(text))

    def _write_config(self, config: dict[str, Any]) -> None:
        text = json.dumps(self._vault.redact_all(config), indent=2)
        write_whole(self.folder / "config.json", (text + "\n").encode("utf-8", "surrogatepass"))


_CONFIDENTIAL = re.compile(
    r"pass(?:word|code|phrase)|\bpin\b|secret|token|\bcode\b|\bcv[cv]\b|credential|<", re.IGNORECASE
)
_TYPED = re.compile(
    r"""\b(?:type|write|enter|input|put|insert|fill(?: in)?|replace|set|change|with|to)\s+
    (?:"[^"]*"|“[^”]*”|'[^']*')""",
    re.IGNORECASE | re.VERBOSE,
)


def _opened(path: Path, mode: Literal["xb", "ab"]) -> io.FileIO:
    """A file that gets a line at a time, each at once."""
    return open(path, mode, buffering=0, opener=open_private)


def _slug(goal: str) -> str:
    """The first words of a goal, for a folder's name; none to be typed, none beyond a password."""
    words = _CONFIDENTIAL.split(_TYPED.sub(" ", goal))[0].lower()
    return "-".join(re.findall(r"[a-z0-9]+", words)[:6])[:48].strip("-") or "run"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file for its owner's eyes, whole or not at all: beside its place, then renamed.

    Raises:
        StorageFault: the disk refuses; what stood there before still does.
    """
    unfinished = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.part")
    try:
        with disk(path.parent):
            write_private(unfinished, data)
            os.replace(unfinished, path)
    except StorageFault:
        unfinished.unlink(missing_ok=True)
        raise


@contextmanager
def disk(folder: Path) -> Iterator[None]:
    """Label what the disk refuses.

    Raises:
        StorageFault: with the folder and what to do.
    """
    try:
        yield
    except OSError as error:
        raise StorageFault(
            f"cannot write to {folder}: {error.strerror or error}. What was recorded before is "
            "kept. Free some space or choose another folder with --out."
        ) from error


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
            records.append(_RECORD.validate_json(line))
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
            record = _RECORD.validate_json(lines.readline())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"no trajectory at {folder}: there is no {path}") from error
    except ValidationError as error:
        raise InconsistentData(f"{path}, line 1: {error}") from error
    if not isinstance(record, StartRecord):
        raise InconsistentData(f"{path}: does not begin with a start")
    return record


def versions() -> dict[str, str]:
    """Versions of the packages that decide what an episode looks like."""
    found = {}
    for package in RECORDED_PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def as_json(record: Any) -> Any:
    """Any of the package's dataclasses as plain JSON values."""
    return json.loads(TypeAdapter(type(record)).dump_json(record))


def config_of(settings: Any) -> dict[str, Any]:
    """A settings dataclass as the contents of `config.json`."""
    return dataclasses.asdict(settings)
