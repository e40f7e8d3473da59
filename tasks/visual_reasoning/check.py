"""Whether a copy of a benchmark of questions is whole and makes sense."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Box
from vigorl.tasks.visual_reasoning.benchmarks import BENCHMARKS
from vigorl.tasks.visual_reasoning.question import ImageQuestion, Name
from vigorl.tasks.visual_reasoning.robospatial import UNIT

PROTRUDING_PX = 1.0
"""How far a box may stick out of its image before it is called wrong."""


@dataclass(frozen=True, slots=True)
class QuestionsReport:
    """What a check has found."""

    counts: dict[str, int]
    """Questions of each line of the benchmark's table; of the part, where only that is known."""
    published: dict[str, int]
    problems: tuple[str, ...]
    duplicates: tuple[tuple[str, str], ...]
    """Questions that ask the same of the same images, pairwise."""


def check_questions(
    name: Name, questions: Sequence[ImageQuestion], split: str | None
) -> QuestionsReport:
    """Count the questions, open every image, and look where boxes, outlines and masks lie.

    Args:
        name: Of the benchmark.
        questions: As `read_questions` gives them.
        split: Which part of it they are; None: the usual one.
    """
    benchmark = BENCHMARKS[name]
    part = split or next(iter(benchmark.files))
    published = dict(benchmark.counts.get(part, {}))
    counts = dict(Counter(question.group for question in questions))
    if not published and part in benchmark.totals:
        published, counts = {part: benchmark.totals[part]}, {part: len(questions)}
    problems = [
        f"{group}: {counts.get(group, 0)} questions instead of {wanted}"
        for group, wanted in published.items()
        if counts.get(group, 0) != wanted
    ]
    if published:
        problems += [f"{group} is no part of it" for group in counts if group not in published]
    ids = Counter(question.id for question in questions)
    problems += [f"{each}: so are {number} questions called" for each, number in ids.items()
                 if number > 1]  # fmt: skip
    first: dict[tuple[str, ...], str] = {}
    duplicates = []
    for question in questions:
        digests: list[str] = []
        problems += [f"{question.id}: {problem}" for problem in _problems(question, digests)]
        key = (question.text, *digests)
        if key in first:
            duplicates.append((first[key], question.id))
        first.setdefault(key, question.id)
    return QuestionsReport(counts, published, tuple(problems), tuple(duplicates))


def _problems(question: ImageQuestion, digests: list[str]) -> Iterator[str]:
    """What is wrong with one question; the hashes of its images are added to `digests`."""
    if len({option.strip().casefold() for option in question.options}) < len(question.options):
        yield f"two of its options are the same: {', '.join(question.options)}"
    sizes_px = []
    for image in question.images:
        try:
            digests.append(hashlib.sha256(image.read()).hexdigest())
            sizes_px.append(image.pixels().size)
        except InconsistentData as error:
            yield str(error)
    if len(sizes_px) < len(question.images):
        return
    bounds = Box(
        -PROTRUDING_PX,
        -PROTRUDING_PX,
        sizes_px[0][0] + PROTRUDING_PX,
        sizes_px[0][1] + PROTRUDING_PX,
    )
    for box in question.targets_px:
        if box.area <= 0 or box.intersection(bounds) != box:
            yield f"the box {box} is empty, or not inside of its image of {sizes_px[0]} px"
    if not all(UNIT.contains(point) for point in question.outline):
        yield "its outline leaves the image"
    if question.mask is not None:
        try:
            mask = question.mask.pixels().convert("L")
        except InconsistentData as error:
            yield str(error)
            return
        if mask.getbbox() is None:
            yield "its mask is empty"
        if mask.size != sizes_px[0]:
            yield f"its mask of {mask.size} px belongs to an image of {sizes_px[0]} px"
