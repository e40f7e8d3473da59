"""What training nano on readings starts from: its tokenizer, and the words that are exchanged.

Everything here comes from the training half of the vocabularies, the tasks' own pages, and the
documentation that Python carries; words of the held-out half are taken out of the stock.
"""

import gc
import json
import pydoc_data.topics
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from vigorl.policy.local.tiny import CHAT_TEMPLATE
from vigorl.tasks.local import registry
from vigorl.tasks.local.draw import Words
from vigorl.training.nano.reading_noise import ICONS
from vigorl.training.nano.reading_steps import Episode
from vigorl.training.nano.reading_words import GRAMMAR, build_tokenizer

SPOKEN_SHARE = 0.35
"""A word that stands in so many goals of a task is one that its goals are put in."""
GOALS = 200
"""Seeds of each task whose goals are compared for that."""
_FUNCTION_WORDS = frozenset(
    "a about after all am an and any are as at be before by can do every for from go have how i in "
    "into is it its me my no not nobody of off on or others our out so some somebody that the "
    "their them then there this to too up us was we what when where who with you your".split()
)
_WORD = re.compile(r"[A-Za-z]+")
_TAG = re.compile(r"<style.*?</style>|<script.*?</script>|\{[%{#].*?[%}#]\}|<[^>]*>", re.DOTALL)


def write_stock(folder: Path, episodes: Sequence[Episode]) -> None:
    """Write `words.json` and the tokenizer into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    train, test = vocabularies()
    train -= _FUNCTION_WORDS
    general = Counter(_WORD.findall(" ".join(pydoc_data.topics.topics.values()).lower()))
    others = sorted(
        word
        for word, count in general.items()
        if 3 <= len(word) <= 10 and count >= 2 and word not in test and word not in train
    )
    spoken: dict[str, list[str]] = {}
    for task in registry.TASKS:
        rows = (registry.TASKS[task].row(seed) for seed in range(GOALS))
        goals = [set(_WORD.findall(row.goal.lower())) for row in rows]
        counts = Counter(word for goal in goals for word in goal)
        spoken[task] = sorted(w for w, n in counts.items() if n >= SPOKEN_SHARE * len(goals))
    stored = {"drawn": sorted(train), "others": others, "spoken": spoken}
    (folder / "words.json").write_text(json.dumps(stored), encoding="utf-8")
    texts = [*pydoc_data.topics.topics.values(), *[" ".join(sorted(train))] * 3]
    texts += [" ".join(word.title() for word in sorted(train))] * 3
    texts += [*GRAMMAR, " ".join(ICONS)] * 20
    texts += [_TAG.sub(" ", page.read_text()) for page in _templates()] * 3
    for episode in episodes:
        texts += [episode.goal, *episode.memories]
        texts += [step["purpose"] + step["title"] for step in episode.steps]
    build_tokenizer(texts, CHAT_TEMPLATE).save_pretrained(folder)


def vocabularies() -> tuple[set[str], set[str]]:
    """Words of the training half, and those that only the held-out half has; lower case."""
    stocks = [thing for thing in gc.get_objects() if isinstance(thing, Words)]
    train = _words(entry for words in stocks for entry in words.train)
    test = _words(entry for words in stocks for entry in words.test)
    return train, test - train


def _words(entries: Iterable[str]) -> set[str]:
    return {word for entry in entries for word in _WORD.findall(entry.lower())}


def _templates() -> list[Path]:
    return sorted(Path(registry.__file__).parent.rglob("*.html"))
