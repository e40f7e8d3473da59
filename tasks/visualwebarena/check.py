"""Whether a set of task files is whole and can be judged."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vigorl.tasks.visualwebarena.calls import PREFIX, read_call
from vigorl.tasks.visualwebarena.evaluation import EVALUATORS
from vigorl.tasks.visualwebarena.helpers import NAMES
from vigorl.tasks.visualwebarena.task import VwaTask
from vigorl.tasks.visualwebarena.verdict import Crash

COUNTS: dict[str, int] = {"classifieds": 234, "reddit": 210, "shopping": 466}
"""Tasks of each site, as published."""


@dataclass(frozen=True, slots=True)
class VwaReport:
    """What a check has found."""

    counts: dict[str, int]
    """Tasks of each site."""
    problems: tuple[str, ...]
    """Wrong counts, tasks that stand there twice, and what nobody could judge or show."""
    judged_by_models: int
    """Tasks that need a model to judge."""
    pictures_on_sites: int
    """Input pictures that only the running sites have."""


def check_visualwebarena(tasks: Sequence[VwaTask], folder: Path) -> VwaReport:
    """Check the tasks of a copy, without the sites.

    Args:
        tasks: As `read_tasks` gives them.
        folder: The copy, where the tasks' own pictures are.
    """
    counts: dict[str, int] = dict(Counter(task.site for task in tasks))
    problems = [
        f"{site}: {counts.get(site, 0)} tasks instead of {wanted}"
        for site, wanted in COUNTS.items()
        if counts.get(site, 0) != wanted
    ]
    first: dict[tuple[object, ...], str] = {}
    for task in tasks:
        asked = (task.intent, task.start_urls, task.images, str(task.evaluation))
        if first.setdefault(asked, task.id) != task.id:
            problems.append(f"{task.id} is {first[asked]} again")
        problems += [f"{task.id}: {text}" for text in _faults(task, folder)]
    pictures = [image for task in tasks for image in task.images]
    return VwaReport(
        counts,
        tuple(problems),
        sum(task.needs_judge or task.needs_captioner for task in tasks),
        sum(_is_address(image) for image in pictures),
    )


def _faults(task: VwaTask, folder: Path) -> Iterator[str]:
    evaluation = task.evaluation
    if not evaluation.eval_types:
        yield "nothing judges it"
    for name in evaluation.eval_types:
        if name not in EVALUATORS:
            yield f"there is no evaluator {name!r}"
    for text in _calls(task):
        try:
            call = read_call(text)
        except Crash as error:
            yield str(error)
        else:
            if call.name not in NAMES:
                yield f"there is no helper {call.name!r}"
    for image in task.images:
        if not _is_address(image) and not (folder / image).is_file():
            yield f"no picture {image}"


def _calls(task: VwaTask) -> Iterator[str]:
    """Every text that calls a helper."""
    evaluation = task.evaluation
    targets = evaluation.program_html or ()
    queries = evaluation.page_image_query or ()
    texts = [evaluation.reference_url or ""]
    texts += [text for target in targets for text in (target.url, target.locator)]
    texts += [query.eval_image_url for query in queries]
    return (text for text in texts if text.startswith(PREFIX))


def _is_address(image: str) -> bool:
    return image.startswith("http")
