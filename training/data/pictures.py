"""Pictures to learn from: still screenshots with targets, and questions about pictures."""

from pathlib import Path
from typing import cast

from vigorl.agent.benchmarks.still_images import still_samples
from vigorl.agent.benchmarks.visual_reasoning import visual_samples
from vigorl.agent.evaluation.sample import Sample
from vigorl.browser.errors import UsageError
from vigorl.browser.grounding_rule import GroundingRule
from vigorl.tasks.vigorl_rows import vigorl_rows
from vigorl.tasks.visual_reasoning.benchmarks import BENCHMARKS
from vigorl.tasks.visual_reasoning.question import ImageQuestion, Name
from vigorl.tasks.visual_reasoning.vigorl import read_vigorl_questions
from vigorl.training.data.held_out import check_learnable


def learnable_pictures(data: str, rule: GroundingRule = "hit") -> list[Sample]:
    """The samples of data, in their order.

    Args:
        data: A folder or file of screenshots with targets, as `still_samples` takes it; or, where
            it begins with the name of a benchmark (`sat:PATH`), of questions in its format.
        rule: How an answer on a screenshot is judged.

    Raises:
        UsageError: it is held out, empty, or not as it should be.
    """
    if asks_questions(data):
        name, _, path = data.partition(":")
        questions = _learnable_questions(cast(Name, name), Path(path))
        samples = visual_samples(questions, "together")
    else:
        check_learnable(Path(data))
        samples = still_samples(Path(data), rule=rule)
    if not samples:
        raise UsageError(f"{data} holds nothing to train on")
    return samples


def asks_questions(data: str) -> bool:
    """Whether data are said to be questions."""
    name, colon, _ = data.partition(":")
    return bool(colon) and name in BENCHMARKS


def _learnable_questions(name: Name, path: Path) -> list[ImageQuestion]:
    """Questions, unless they are those that results are published on.

    Raises:
        UsageError: they are, or cannot be read.
    """
    check_learnable(path)
    benchmark = BENCHMARKS[name]
    elsewhere = (
        "learn from others: rows of ViGoRL's training JSONL (prompt, images, answer), as "
        f"{name}:FILE, or SAT's own part `train`, as sat:DIR"
    )
    if path.is_file():
        if any(row.kind == "evaluation" for row in vigorl_rows(path)):
            raise UsageError(f"{path} has rows of an evaluation, which are held out; {elsewhere}")
        questions = read_vigorl_questions(name, path)
        published = {group for counts in benchmark.counts.values() for group in counts}
        if held_out := [each.id for each in questions if each.group in published]:
            raise UsageError(
                f"{path}: {held_out[0]} is of {benchmark.title}, which is held out; {elsewhere}"
            )
        return questions
    if not path.is_dir():
        raise UsageError(f"there are no questions at {path}: {elsewhere}")
    if not benchmark.learnt:
        raise UsageError(
            f"all of {benchmark.title} is held out to measure on, {path} as well; {elsewhere}"
        )
    return benchmark.read(path, benchmark.learnt)
