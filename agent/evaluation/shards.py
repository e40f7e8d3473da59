"""Shards: the parts of an evaluation that are played apart, each in a folder of its own.

Which samples a shard has depends on the ids of all samples alone, so that machines need not talk
to each other. `evaluation.json` in its folder says what the whole is, and
`vigorl.agent.evaluation.merging` makes one evaluation of all shards.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.rollout import Limits
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.run_folder import disk, json_values, write_whole
from vigorl.browser.text import cleaned, whole
from vigorl.policy.policy import Policy

FILE = "evaluation.json"


@dataclass(frozen=True, slots=True)
class Shard:
    """One of so many parts of an evaluation."""

    number: int
    """From 1."""
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise UsageError(f"a shard {self}: give K/N with K from 1 to N")

    @classmethod
    def of(cls, text: str) -> Self:
        """The shard of `K/N`.

        Raises:
            UsageError: it is none.
        """
        number, _, count = text.partition("/")
        if not (number.isascii() and number.isdigit() and count.isascii() and count.isdigit()):
            raise UsageError(f"a shard {text!r}: write K/N, such as 2/16 for the second of sixteen")
        return cls(int(number), int(count))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def part(self, ids: Sequence[str]) -> list[str]:
        """The ids that it has, in the order of all; parts differ by one sample at most.

        Ids are drawn by their hashes, so that each part is of every kind of samples, however these
        are ordered.

        Raises:
            UsageError: there are fewer samples than shards.
        """
        if len(ids) < self.count:
            raise UsageError(
                f"shard {self} of {len(ids)} samples: divide them into {len(ids)} shards at most"
            )
        drawn = sorted(ids, key=lambda name: hashlib.sha256(name.encode()).digest())
        own = set(drawn[self.number - 1 :: self.count])
        return [name for name in ids if name in own]


@dataclass(frozen=True, slots=True)
class Heading:
    """What is evaluated, in words that its samples do not say."""

    benchmark: str = ""
    """Its command; empty for samples of one's own."""
    title: str = ""
    """Of its tables."""
    second_look: str = ""
    """Who takes a second look at what the policy calls done."""


UNTITLED = Heading()
"""Samples of one's own."""


@dataclass(frozen=True)
class EvaluationPlan:
    """What is evaluated: `evaluation.json`, of all shards the same but for the shard."""

    heading: Heading
    policy: dict[str, Any]
    limits: dict[str, Any]
    max_faults: float
    samples: dict[str, str] = field(repr=False)
    """All of them in order, those of other shards too: a hash of each one's task, by its id."""
    shard: Shard | None = None

    @classmethod
    def of(
        cls,
        samples: Sequence[Sample],
        policy: Policy,
        limits: Limits,
        *,
        heading: Heading = UNTITLED,
        shard: Shard | None = None,
        max_faults: float = 0,
    ) -> Self:
        """The plan of an evaluation, by the arguments of `evaluate`."""
        described = cleaned(json_values(policy.describe()), whole)
        tasks = {sample.id: _digest(sample) for sample in samples}
        return cls(heading, described, json_values(asdict(limits)), max_faults, tasks, shard)

    @property
    def part(self) -> list[str]:
        """The ids of the samples that are played for it."""
        return list(self.samples) if self.shard is None else self.shard.part(list(self.samples))

    def require_shard(self, folder: Path) -> None:
        """Check that the folder holds this shard, or nothing that says which.

        Raises:
            UsageError: it holds another one.
            InconsistentData: its file cannot be read.
        """
        known = read_plan(folder) if (folder / FILE).exists() else self
        if known.shard == self.shard:
            return
        if known.shard is None:
            raise UsageError(f"{folder} holds a whole evaluation, no shard: choose another --out")
        raise UsageError(
            f"{folder} holds shard {known.shard}: go on with --shard {known.shard}, or choose "
            "another --out"
        )

    def write(self, folder: Path) -> None:
        """Write `evaluation.json`.

        Raises:
            StorageFault: the disk refuses.
        """
        write_whole(folder / FILE, json.dumps(asdict(self), indent=1).encode())


_PLAN = TypeAdapter(EvaluationPlan)


def read_plan(folder: Path) -> EvaluationPlan:
    """What a folder's evaluation is of.

    Raises:
        UsageError: there is none, or it is older than shards.
        InconsistentData: the file cannot be read.
    """
    path = folder / FILE
    if not path.is_file():
        raise UsageError(f"no shard of an evaluation at {folder}: there is no {path}")
    with disk(folder):
        data = path.read_bytes()
    try:
        return _PLAN.validate_json(data)
    except ValidationError as error:
        raise InconsistentData(f"{path} cannot be read: {error}") from error


def _digest(sample: Sample) -> str:
    """A hash of what is asked and of what it is judged by."""
    asked = json.dumps([sample.task, sample.instruction], sort_keys=True, default=str)
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()[:16]
