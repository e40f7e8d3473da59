"""A study: drawn from recorded episodes, written as a page for raters and a key that is not theirs.

::

    study/
        rate.html     the page: goes to raters, as it is
        key.json      what each item is, whether its episode was solved, the checks' answers
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vigorl.agent.humans.items import (
    Expected,
    StudyItem,
    digest_of,
    item_of,
    moved_check,
    told_check,
    words_of,
)
from vigorl.agent.humans.order import fnv1a
from vigorl.agent.humans.page import StudyPictures, render_page
from vigorl.agent.humans.sampling import RatablePoint, ratable_points, sampled
from vigorl.agent.humans.study_config import StudyConfig
from vigorl.agent.viewer.show import policy_name
from vigorl.browser.errors import UsageError
from vigorl.browser.run_folder import disk, write_whole

PAGE, KEY = "rate.html", "key.json"
FORMAT = "vigorl-human-study/1"


@dataclass(frozen=True, slots=True)
class KeyItem:
    """What an item of the page is."""

    id: str
    folder: str
    episode: str
    task: str
    policy: str
    step: int
    """From 0."""
    solved: bool
    """Whether the judge calls the episode solved."""
    words: str


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """An attention check and its answer."""

    id: str
    overlap: str
    helpfulness: int | None


@dataclass(frozen=True)
class StudyKey:
    """What raters are not told."""

    study: str
    seed: int
    items: tuple[KeyItem, ...]
    checks: tuple[KeyCheck, ...]
    format: str = FORMAT

    @property
    def ids(self) -> tuple[str, ...]:
        """Of everything on the page, in no telling order."""
        items, checks = [each.id for each in self.items], [each.id for each in self.checks]
        return tuple(sorted([*items, *checks]))


@dataclass(frozen=True)
class WrittenStudy:
    """What was written, and how it differs from what was asked for."""

    folder: Path
    key: StudyKey
    page_bytes: int
    notices: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        solved = sum(item.solved for item in self.key.items)
        return {
            "study": self.key.study,
            "page": str(self.folder / PAGE),
            "key": str(self.folder / KEY),
            "items": len(self.key.items),
            "solved": solved,
            "unsolved": len(self.key.items) - solved,
            "tasks": len({item.task for item in self.key.items}),
            "checks": len(self.key.checks),
            "page_bytes": self.page_bytes,
            "notices": list(self.notices),
        }


def write_study(folders: Sequence[Path], config: StudyConfig, out: Path) -> WrittenStudy:
    """Draw a study from the episodes of folders, and write its page and its key.

    Raises:
        UsageError: there is nothing to rate, `out` holds another study, or the page cannot be
            made small enough.
        InconsistentData: a record or a picture of it cannot be read.
        StorageFault: the disk refuses.
    """
    draw = random.Random(config.seed)
    points = ratable_points(folders)
    chosen = sampled(points, config.n, draw)
    items = [(each, item_of(each)) for each in chosen]
    checks = _checks(points, chosen, config.checks, draw)
    pictures = StudyPictures()
    for rated in (*chosen, *(each for each, _, _ in checks)):
        pictures.add(rated.trajectory.picture(rated.view.image))
    study = f"{fnv1a(repr([item for _, item in items] + [item for _, item, _ in checks])):08x}"
    names = {item: digest_of(item, study) for _, item in items}
    names |= {item: digest_of(item, study) for _, item, _ in checks}
    key = StudyKey(
        study,
        config.seed,
        tuple(_key_item(names[item], rated, item) for rated, item in items),
        tuple(KeyCheck(names[item], right.overlap, right.helpfulness) for _, item, right in checks),
    )
    page = render_page(study, {name: item for item, name in names.items()}, pictures, config)
    _write(out, key, page.encode())
    return WrittenStudy(out, key, len(page.encode()), tuple(_notices(key, config)))


def read_key(path: Path) -> StudyKey:
    """The key of a study, by its file or its folder.

    Raises:
        UsageError: there is none, or it is something else.
    """
    path = path / KEY if path.is_dir() else path
    try:
        key = TypeAdapter(StudyKey).validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise UsageError(f"no key at {path}: humans export writes one beside the page") from error
    except ValidationError as error:
        raise UsageError(f"{path} is no key of a study: give the key.json of its export") from error
    if key.format != FORMAT:
        raise UsageError(f"{path} is a key of another version: {key.format}, not {FORMAT}")
    return key


def _checks(
    points: Sequence[RatablePoint],
    chosen: Sequence[RatablePoint],
    count: int,
    draw: random.Random,
) -> list[tuple[RatablePoint, StudyItem, Expected]]:
    """Half are steps whose circle was moved away, as far as there are any; the rest say it."""
    taken = {id(each) for each in chosen}
    spare = [each for each in points if id(each) not in taken] or list(points)
    draw.shuffle(spare)
    found: dict[StudyItem, tuple[RatablePoint, Expected]] = {}
    for rated in spare:
        if len(found) >= count - count // 2:
            break
        if (made := moved_check(rated, draw)) is not None:
            found[made[0]] = rated, made[1]
    for rated in spare * count:  # the same picture may have to do twice
        if len(found) >= count:
            break
        item, right = told_check(rated, draw)
        found.setdefault(item, (rated, right))
    return [(rated, item, right) for item, (rated, right) in found.items()]


def _key_item(name: str, rated: RatablePoint, item: StudyItem) -> KeyItem:
    return KeyItem(
        name,
        str(rated.folder),
        rated.episode,
        rated.task,
        policy_name(rated.trajectory.start.policy),
        rated.step.index,
        rated.solved,
        words_of(item.pieces),
    )


def _write(out: Path, key: StudyKey, page: bytes) -> None:
    if (out / KEY).exists() and read_key(out).study != key.study:
        raise UsageError(
            f"{out} holds another study: choose another --out, or its ratings are lost"
        )
    with disk(out):
        out.mkdir(parents=True, exist_ok=True)
    write_whole(out / KEY, TypeAdapter(StudyKey).dump_json(key, indent=1) + b"\n")
    write_whole(out / PAGE, page, private=False)


def _notices(key: StudyKey, config: StudyConfig) -> list[str]:
    solved = Counter(item.solved for item in key.items)
    notices = []
    if len(key.items) < config.n:
        notices.append(f"only {len(key.items)} steps can be rated, not {config.n}")
    if abs(solved[True] - solved[False]) > 1:
        notices.append(
            f"{solved[True]} steps are of solved episodes and {solved[False]} of others: there are "
            "no more of the rarer kind"
        )
    if len(key.checks) < config.checks:
        notices.append(f"only {len(key.checks)} attention checks, not {config.checks}")
    return notices
