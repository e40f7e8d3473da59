"""What training nano on readings starts from: its tokenizer, and the words that are exchanged.

Everything here comes from the training half of the vocabularies, the tasks' own pages, and the
documentation that Python carries; words of the held-out half are taken out of the stock.
"""

import gzip
import json
import pydoc_data.topics
import re
import shutil
import sys
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast

from vigorl.browser.errors import UsageError
from vigorl.policy.local.tiny import CHAT_TEMPLATE
from vigorl.tasks.local import registry
from vigorl.tasks.local.draw import WordLists
from vigorl.tasks.world.lexicon import words_of
from vigorl.training.nano.reading_looks import look_at_all
from vigorl.training.nano.reading_noise import ICONS
from vigorl.training.nano.reading_steps import RememberedEpisode, load_episodes
from vigorl.training.nano.reading_words import GRAMMAR, build_tokenizer

SPOKEN_SHARE = 0.45
"""A word that stands in so many goals of a task is one that its goals are put in."""
GOALS = 200
"""Seeds of each task whose goals are compared for that."""
_FUNCTION_WORDS = frozenset(
    "a about after all am an and any are as at be before by can do every for from go have how i in "
    "into is it its me my no not nobody of off on or others our out so some somebody that the "
    "their them then there this to too up us was we what when where who with you your".split()
)
_COUNTING = frozenset(
    "one two three four five six seven eight nine ten first second third fourth fifth sixth last "
    "piece pieces".split()
)
_ALSO_SPOKEN = {
    "files": ("delete", "duplicate", "rename"),
    "terms": ("decline",),
    "todo": ("add", "check", "delete"),
}
"""Verbs of goals that are rarer."""
_LABELS = {"pagination": ("order", "po"), "shop": ("bag", "cart"), "tabs": ("set",)}
"""Frequent words of goals that are labels on the screen all the same."""
_QUOTED = re.compile(r'"[^"]*"')
_WORD = re.compile(r"[A-Za-z]+")
_TAG = re.compile(r"<style.*?</style>|<script.*?</script>|\{[%{#].*?[%}#]\}|<[^>]*>", re.DOTALL)


def prepare(
    folder: Path,
    episodes: Path,
    world: Sequence[Path] = (),
    *,
    tokenizer: Path | None = None,
    workers: int = 2,
    told: Callable[[str], None] = lambda line: None,
) -> None:
    """Write everything that `ReadingRows` reads into one folder; go on where it was interrupted.

    Args:
        folder: Made where it is missing.
        episodes: What `vigorl.training.nano.oracles` recorded.
        world: Folders with shards of the generated world; every page is read, which takes a second
            or two of one core, and up to a minute for a dense large one. Empty: what the folder
            holds of it stays.
        tokenizer: A checkpoint whose tokens are taken over; None: new ones are made.
        workers: Processes that read pages.
        told: Told of every shard that is read, in a line for a person.

    Raises:
        UsageError: that checkpoint has no tokenizer.
    """
    if tokenizer is not None:
        check_tokenizer(tokenizer)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(episodes, folder / "episodes.jsonl.gz")
    texts = _write_words(folder, load_episodes(episodes))
    if tokenizer is None:
        build_tokenizer(texts, CHAT_TEMPLATE).save_pretrained(folder)
    else:
        PreTrainedTokenizerFast.from_pretrained(tokenizer).save_pretrained(folder)
    if not world:
        return
    unfinished, kept = folder / "world.jsonl.gz.part", folder / "looks"
    with gzip.open(unfinished, "wt", encoding="utf-8") as out:
        shards = sorted(path for part in world for path in part.glob("*.tar"))
        read = look_at_all(shards, kept, workers)
        for number, (shard, looks) in enumerate(zip(shards, read, strict=True), 1):
            for page in _pages(shard, looks):
                out.write(json.dumps(page, separators=(",", ":"), ensure_ascii=False) + "\n")
            told(f"read  {number} of {len(shards)} shards, {shard.name}")
    unfinished.replace(folder / "world.jsonl.gz")
    shutil.rmtree(kept)


def check_tokenizer(checkpoint: Path) -> None:
    """Raise a UsageError where a checkpoint has no tokens to take over."""
    if not (checkpoint / "tokenizer.json").is_file():
        raise UsageError(f"{checkpoint} is no checkpoint of nano: it has no tokenizer.json")


def _pages(shard: Path, looks: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The truth and the questions of a shard's pages, in the form of a recorded step."""
    with tarfile.open(shard) as members:
        for member in members:
            if not member.name.endswith(".json"):
                continue
            opened = members.extractfile(member)
            assert opened is not None
            page = json.load(opened)
            if page["split"] != "train" or not page["questions"]:
                continue
            yield {
                "size": page["image_px"],
                "title": page["title"],
                "lines": [
                    [
                        line["text"],
                        *line["bbox_xyxy"],
                        line.get("source", "text")[0],
                        int(bool(line.get("cut"))),
                    ]
                    for line in page["lines"]
                ],
                "controls": [_control(control) for control in page["controls"]],
                "questions": [
                    {
                        key: asked[key]
                        for key in ("instruction", "kind", "bbox_xyxy", "answer")
                        if key in asked
                    }
                    for asked in page["questions"]
                ],
                "looks": looks[Path(member.name).stem],
            }


def _control(control: dict[str, Any]) -> list[Any]:
    checked = control.get("checked")
    return [
        control["role"],
        *control["bbox_xyxy"],
        control.get("name", ""),
        control.get("icon", ""),
        None if checked is None else int(checked),
        control.get("value", ""),
        int(bool(control.get("disabled"))),
    ]


def _write_words(folder: Path, episodes: Sequence[RememberedEpisode]) -> list[str]:
    """Write `words.json`; gives the texts that tokens are made of."""
    train, test = vocabularies()
    train -= _FUNCTION_WORDS | _COUNTING
    general = Counter(_WORD.findall(" ".join(pydoc_data.topics.topics.values()).lower()))
    common = {word for word, count in general.items() if count >= 2}
    common |= {word.lower() for word in words_of("train", "en") if word.isascii()}
    others = sorted(
        word for word in common - test - train if 3 <= len(word) <= 10 and word.isalpha()
    )
    spoken: dict[str, list[str]] = {}
    for task in registry.TASKS:
        rows = (registry.TASKS[task].row(seed) for seed in range(GOALS))
        goals = [set(_WORD.findall(_QUOTED.sub("", row.goal.lower()))) for row in rows]
        counts = Counter(word for goal in goals for word in goal)
        frequent = {word for word, n in counts.items() if n >= SPOKEN_SHARE * len(goals)}
        frequent |= set(_ALSO_SPOKEN.get(task, ()))
        spoken[task] = sorted(frequent - set(_LABELS.get(task, ())))
    stored = {
        "drawn": sorted(train),
        "others": others,
        "held_out": sorted(test),
        "spoken": spoken,
    }
    (folder / "words.json").write_text(json.dumps(stored), encoding="utf-8")
    texts = [*pydoc_data.topics.topics.values(), *[" ".join(sorted(train))] * 3]
    texts += [" ".join(word.title() for word in sorted(train))] * 3
    texts += [*GRAMMAR, " ".join(ICONS)] * 20
    texts += [_TAG.sub(" ", page.read_text()) for page in _templates()] * 3
    for episode in episodes:
        texts += [episode.goal, *episode.memories]
        texts += [step["purpose"] + step["title"] for step in episode.steps]
    return texts


def vocabularies() -> tuple[set[str], set[str]]:
    """Words of the training half, and those that only the held-out half has; lower case."""
    modules = [
        module for name, module in sys.modules.items() if name.startswith(registry.__package__)
    ]
    stocks = [
        words for module in modules for each in vars(module).values() for words in _stocks(each)
    ]
    train = _words(entry for words in stocks for entry in words.train)
    test = _words(entry for words in stocks for entry in words.test)
    return train, test - train


def _stocks(value: object) -> Iterator[WordLists]:
    """The lists of words in a constant of a module, however it is built."""
    match value:
        case WordLists():
            yield value
        case dict():
            for each in value.values():
                yield from _stocks(each)
        case tuple() | list():
            for each in value:
                yield from _stocks(each)
        case _ if is_dataclass(value) and not isinstance(value, type):
            for field in fields(value):
                yield from _stocks(getattr(value, field.name))


def _words(entries: Iterable[str]) -> set[str]:
    return {word for entry in entries for word in _WORD.findall(entry.lower())}


def _templates() -> list[Path]:
    return sorted(Path(registry.__file__).parent.rglob("*.html"))
