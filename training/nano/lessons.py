"""Lessons: the turns that nano is taught, as conversations that any language model can be taught.

Written in the form of `vigorl-agent export`, so that `train sft --data` takes the folder. The n-th
lesson of a seed is always the same one, and is drawn as nano's rows are: recorded steps with other
words, looks and mistakes, and questions about screens; some of them are varied
(`vigorl.training.nano.lesson_variants`).
"""

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from random import Random

from vigorl.browser.errors import UsageError
from vigorl.policy.family import Family
from vigorl.policy.nano.numbering import NumberedItems
from vigorl.policy.nano.said import departures
from vigorl.tasks.local.registry import TASKS
from vigorl.tasks.sites.practice.registry import NAMES
from vigorl.tasks.task import TRAIN_SEEDS
from vigorl.training.data.conversations import SHAREGPT
from vigorl.training.nano.lesson_variants import goal_of, varied
from vigorl.training.nano.oracles import miniwob_names
from vigorl.training.nano.reading_rows import Mixture, ReadingRows
from vigorl.training.nano.reading_steps import TaughtTurn

MIXTURE = Mixture(
    steps=0.32,
    miniwob=0.14,
    sites=0.14,
    imagined=0.32,
    world=0.04,
    screens=0.02,
    sketches=0.02,
    large=0.0,
    renamed=0.35,
    invented=0.08,
    in_words=True,
)
"""Shares of the sorts. Large screens are left out: what is told of them is long. Few words are
invented: a language model knows what the others mean, and writes one in fewer tokens."""
_TRIES = 400
"""Draws in a row without a lesson after which there is none to be had."""


@dataclass(frozen=True)
class LessonCounts:
    """What was written, and what was left out."""

    written: int
    too_long: int
    departing: int
    """They point at something that the prompt does not tell."""


def lessons(
    folder: Path, family: Family, most_characters: int, seed: int = 0
) -> Iterator[TaughtTurn | None]:
    """Lessons without end, in the order of their numbers; None for each that is left out.

    Args:
        folder: What `vigorl-agent data oracles` wrote.
        family: The one that is taught.
        most_characters: Of a prompt.
        seed: Another seed, other lessons.

    Raises:
        UsageError: the folder holds no such data, or episodes that nobody may learn from.
    """
    check_recorded(folder)
    mixture = replace(MIXTURE, most_characters=family.most_read_characters)
    rows, goal = ReadingRows(folder, mixture, seed), ""
    for number in count():
        random = Random(f"{seed}:lesson:{number}")
        made = rows.turn(random)
        if made is not None:
            lesson, goal = varied(made, goal, random), goal_of(made.prompt)
            lesson = _numbered(lesson) if family.copies else lesson
        yield lesson if made is not None and len(lesson.prompt) <= most_characters else None


def write_lessons(
    folder: Path, out: Path, family: Family, count: int, most_characters: int, seed: int = 0
) -> LessonCounts:
    """Write so many lessons as a folder of exported conversations.

    Args:
        folder: What `vigorl-agent data oracles` wrote.
        out: Made where it is missing; conversations in it are replaced, once all are written.
        family: The one that is taught; it must be one that reads.
        count: Of lessons.
        most_characters: Of a prompt; longer ones are left out.
        seed: Another seed, other lessons.

    Raises:
        UsageError: the family sees pictures, the folder holds no such data or episodes that
            nobody may learn from, or no lesson is that short.
    """
    if not family.reads:
        raise UsageError(
            f"{family.name} sees pictures, and lessons tell screens in words: choose a family that "
            "reads, such as scout"
        )
    out.mkdir(parents=True, exist_ok=True)
    begun = out / f"{SHAREGPT}.part"
    written = too_long = departing = in_vain = 0
    with begun.open("w", encoding="utf-8") as lines:
        for lesson in lessons(folder, family, most_characters, seed):
            if written == count:
                break
            in_vain += 1
            if lesson is None:
                too_long += 1
            elif family.copies and any(departures(lesson.prompt, lesson.turn)):
                departing += 1
            else:
                lines.write(_conversation(lesson, family, f"lesson-{seed}-{written:06d}"))
                written, in_vain = written + 1, 0
            if in_vain == _TRIES:
                raise UsageError(
                    f"no lesson has a prompt of at most {most_characters} characters: allow more, "
                    "or record more episodes"
                )
    os.replace(begun, out / SHAREGPT)
    return LessonCounts(written, too_long, departing)


def _numbered(lesson: TaughtTurn) -> TaughtTurn:
    """The same lesson with numbers for its items."""
    prompt, items = NumberedItems.of(lesson.prompt)
    return TaughtTurn(prompt, items.said(lesson.turn))


def check_recorded(folder: Path) -> None:
    """Check that a folder holds recorded episodes, and only ones that may be learnt from.

    Raises:
        UsageError: it does not.
    """
    path = folder / "episodes.jsonl.gz"
    if not path.is_file():
        raise UsageError(f"{folder} holds no recorded episodes: vigorl-agent data oracles --out")
    learnt = {*TASKS, *miniwob_names(), *NAMES}
    for task, seed in _recorded(path):
        if task not in learnt or seed not in TRAIN_SEEDS:
            raise UsageError(
                f"{path} holds {task}:{seed}, which is held out: nothing could be measured on it "
                "afterwards. Record training seeds alone"
            )


def _recorded(path: Path) -> Iterator[tuple[str, int]]:
    """Task and seed of each episode; what was cut off at the end of the file is left out."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        try:
            for line in lines:
                episode = json.loads(line)
                yield str(episode["task"]), int(episode["seed"])
        except (EOFError, json.JSONDecodeError):
            return


def _conversation(lesson: TaughtTurn, family: Family, name: str) -> str:
    said = [
        {"from": "human", "value": lesson.prompt.replace("<|", "‹|")},
        {"from": "gpt", "value": lesson.turn},
    ]
    entry = {"id": name, "family": family.name, "conversations": said}
    return json.dumps(entry, ensure_ascii=False) + "\n"
