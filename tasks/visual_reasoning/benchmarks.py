"""The benchmarks by name: how each is got, read and summed up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vigorl.browser.errors import UsageError
from vigorl.tasks.hub import download
from vigorl.tasks.visual_reasoning import blink, robospatial, sat, vstar
from vigorl.tasks.visual_reasoning.question import ImageQuestion, Name
from vigorl.tasks.visual_reasoning.vigorl import read_vigorl_questions


@dataclass(frozen=True)
class QuestionSet:
    """One benchmark."""

    title: str
    repository: str
    """On the Hugging Face hub."""
    get: str
    """How to get a copy, and what it consists of."""
    files: Mapping[str, tuple[str, ...]]
    """What of the repository each of its parts needs; the first part is the usual one."""
    read: Callable[[Path, str], list[ImageQuestion]]
    """The questions of a part of a copy, with pictures that are read when they are needed."""
    counts: Mapping[str, Mapping[str, int]]
    """How many questions each line of each part has, as published."""
    totals: Mapping[str, int] = field(default_factory=dict)
    """How many questions a part has, where the lines' counts are not published."""
    means: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Lines that are means over others, which count the same, by name."""
    learnt: str = ""
    """The part that its authors publish to learn from; empty: all of it is held out."""


BENCHMARKS: Mapping[Name, QuestionSet] = {
    "vstar": QuestionSet(
        "V*Bench",
        vstar.REPOSITORY,
        vstar.GET,
        {"test": vstar.FILES},
        vstar.read_vstar,
        {"test": vstar.GROUPS},
    ),
    "blink": QuestionSet(
        "BLINK",
        blink.REPOSITORY,
        blink.GET,
        {"val": blink.FILES},
        blink.read_blink,
        {"val": blink.GROUPS},
        means={"mean of tasks": tuple(blink.GROUPS)},
    ),
    "sat": QuestionSet(
        "SAT",
        sat.REPOSITORY,
        sat.GET,
        {split: (f"SAT_{split}.parquet",) for split in sat.SPLITS},
        sat.read_sat,
        {},
        sat.COUNTS,
        learnt=sat.LEARNT,
    ),
    "robospatial": QuestionSet(
        "RoboSpatial-Home",
        robospatial.REPOSITORY,
        robospatial.GET,
        {"test": robospatial.FILES},
        robospatial.read_robospatial,
        {"test": robospatial.GROUPS},
        means={
            "VQA average": ("configuration", "compatibility"),
            "mean of categories": tuple(robospatial.GROUPS),
        },
    ),
}


def read_questions(
    name: Name, data: Path | None = None, split: str | None = None
) -> list[ImageQuestion]:
    """The questions of a benchmark.

    Args:
        name: Of the benchmark.
        data: A copy in the benchmark's own layout, or one of ViGoRL's files of its questions; None:
            the hub's cache, which is filled.
        split: Which part of it; None: the usual one.

    Raises:
        UsageError: there is no such part or copy, it is not as it should be, or what is needed to
            get or to read it is not installed; says what to do.
    """
    benchmark = BENCHMARKS[name]
    part = split or next(iter(benchmark.files))
    if part not in benchmark.files:
        raise UsageError(
            f"{benchmark.title} has no part {part!r} with public answers; there is "
            f"{' and '.join(benchmark.files)}"
        )
    if data is None:
        data = download(benchmark.repository, benchmark.files[part])
    elif data.is_file():
        return read_vigorl_questions(name, data)
    elif not data.is_dir():
        raise UsageError(f"no folder {data}. To get {benchmark.title}: {benchmark.get}")
    return benchmark.read(data, part)
