"""Recorder: writes the record of one episode, a line at a time.

A step's line is written when the policy has spoken and nobody objects any more, before its action
is carried out, so a run that is killed loses at most the step in flight. What came of the action
stands in the next line.

Nobody but its owner may read the folder, and secrets are in none of its texts. One that comes to
light later (what was typed turns out to be a password) is taken out of the lines before as well.
"""

import json
import os
import re
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from vigorl.agent.record.trajectory import (
    RECORD,
    EndRecord,
    Record,
    Seen,
    SeenView,
    StartRecord,
    StepRecord,
    Trajectory,
)
from vigorl.browser.errors import InconsistentData
from vigorl.browser.observation import Observation
from vigorl.browser.picture import MEDIA_TYPES, Picture
from vigorl.browser.private_files import make_private_folder
from vigorl.browser.run_folder import LineFile, disk, write_whole
from vigorl.browser.text import cleaned, whole
from vigorl.browser.vault import Vault

RECORDED_PACKAGES = ("vigorl-agent", "playwright", "rapidocr", "torch", "transformers")

_R = TypeVar("_R", StartRecord, StepRecord, EndRecord)


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
        self._lines = LineFile(folder / "trajectory.jsonl", "xb", private=True)

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

    def as_written(self, record: StepRecord) -> StepRecord:
        """A step without secrets, as it would be written now."""
        return self._redacted(record)

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
        self._lines.append(RECORD.dump_json(cleaned(record, whole)))

    def _store(self, picture: Picture) -> str:
        path = self._images / f"{picture.sha256}.{MEDIA_TYPES[picture.media_type]}"
        if not path.exists():
            write_whole(path, picture.data)
        return Path(os.path.relpath(path, self.folder)).as_posix()

    def _redacted(self, record: _R) -> _R:
        """A record without secrets; its tokens, which would tell them, go with them."""
        if self._vault.is_empty:
            return record
        as_written = RECORD.dump_python(cleaned(record, whole), mode="json")
        redacted: _R = RECORD.validate_json(  # type: ignore[assignment]
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
        lines = (RECORD.dump_json(cleaned(each, whole)) + b"\n" for each in records)
        write_whole(path, b"".join(lines))
        self._lines.close()
        self._lines = LineFile(path, private=True)
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


def _slug(goal: str) -> str:
    """The first words of a goal, for a folder's name; none to be typed, none beyond a password."""
    words = _CONFIDENTIAL.split(_TYPED.sub(" ", goal))[0].lower()
    return "-".join(re.findall(r"[a-z0-9]+", words)[:6])[:48].strip("-") or "run"


def versions() -> dict[str, str]:
    """Versions of the packages that decide what an episode looks like."""
    found = {}
    for package in RECORDED_PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
