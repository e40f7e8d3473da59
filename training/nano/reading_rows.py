"""An endless stream of training turns for nano that reads: the n-th row is always the same.

Needs neither a browser nor OCR: what was recorded with them lies in one folder (`prepare` in
`vigorl.training.nano.reading_stock` writes it)::

    episodes.jsonl.gz     oracle episodes of the embedded tasks
    world.jsonl.gz        truth and questions of generated pages; may be missing
    words.json            which words are exchanged for which
    tokenizer.json …      the tokenizer, as a checkpoint has it
"""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from vigorl.browser.geometry import Box, Frame
from vigorl.policy.nano.prompt import Situation, write_prompt
from vigorl.policy.nano.reading import (
    ScreenItem,
    item_at,
    items,
    write_item,
    write_place,
    write_rows,
)
from vigorl.training.nano.imagined_episodes import imagined_episode
from vigorl.training.nano.reading_large import is_large, large_turn
from vigorl.training.nano.reading_looks import READ, PageReading, looks_of
from vigorl.training.nano.reading_noise import Placement, glimpse
from vigorl.training.nano.reading_questions import question
from vigorl.training.nano.reading_renames import INVENTED, Renames, WordStock
from vigorl.training.nano.reading_sketches import Sketcher
from vigorl.training.nano.reading_steps import (
    RENAMED,
    RememberedEpisode,
    TaughtTurn,
    load_episodes,
    taught_turn,
    thought_turn,
)
from vigorl.training.nano.reading_words import Encoder

LONGEST_ROW = 3584
"""Tokens; the few rows that are longer are left out."""
BY_WORDS = 0.5
"""Share of the questions about icons that are drawn by their words."""


@dataclass(frozen=True)
class Mixture:
    """What share of the rows is of which sort, and how their words are changed."""

    steps: float = 0.33
    """Steps of oracle episodes of the embedded tasks."""
    miniwob: float = 0.07
    """The same of MiniWoB++; more embedded tasks where there are no episodes of it."""
    sites: float = 0.0
    """The same of the stand-in sites; more embedded tasks where there are no episodes of them."""
    imagined: float = 0.0
    """The same of sites that nobody built (`vigorl.training.nano.imagined`)."""
    world: float = 0.25
    """Questions of the generated world; more screens where there are no pages of it."""
    screens: float = 0.07
    """Questions about screens of the oracle episodes."""
    sketches: float = 0.08
    """Questions about screens that nobody drew."""
    large: float = 0.2
    """Questions of the world about screens that a glance does not tell enough of."""
    renamed: float = RENAMED
    """Share of the steps of embedded tasks in which words are exchanged for others or made up."""
    invented: float = INVENTED
    """Share of the words exchanged that nobody has ever seen."""
    in_words: bool = False
    """For a model that knows what words mean: only names in a goal are exchanged for any others,
    labels for ones that mean the same, and each step says what it does."""
    most_characters: int | None = None
    """Of what is told of a step's screen; the rest is left out. None: all of it is told."""


class ReadingRows:
    """Rows by number; cheap to copy into worker processes.

    Args:
        folder: What `prepare` wrote.
        mixture: Shares of the sorts.
        seed: Another seed, other rows.
        split: How many words of a row are spelt in another way than the usual one.
    """

    def __init__(
        self, folder: Path, mixture: Mixture | None = None, seed: int = 0, split: float = 0.25
    ) -> None:
        self.encoder = Encoder(folder, split)
        self._mixture = mixture or Mixture()
        stock = WordStock.load(folder / "words.json")
        self._stock = replace(stock, invented=self._mixture.invented)
        by_task = _by_task(load_episodes(folder / "episodes.jsonl.gz"))
        self._embedded, self._miniwob, self._sites = (
            [episodes for episodes in by_task if episodes[0].source == source]
            for source in ("", "miniwob", "sites")
        )
        world = _load_world(folder / "world.jsonl.gz")
        self._world = _Pages([page for page in world if not is_large(page)])
        self._large = _Pages([page for page in world if is_large(page)])
        self._sketcher = Sketcher(self._stock)
        self._seed = seed

    def row(self, number: int) -> tuple[list[int], list[float]]:
        """Tokens of a row, and how much the prediction of each counts; 0 in the prompt."""
        random = Random(f"{self._seed}:{number}")
        while True:
            made = self.turn(random)
            if made is None:
                continue
            ids, weights = self.encoder.row(made.prompt, made.turn, random)
            if len(ids) <= LONGEST_ROW:
                return ids, weights

    def turn(self, random: Random) -> TaughtTurn | None:
        """A turn with its prompt, as text."""
        kind, mix = random.random(), self._mixture
        of_steps = mix.steps + mix.miniwob + mix.sites
        if kind < of_steps:
            tasks = self._embedded
            if kind >= mix.steps:
                tasks = self._miniwob if kind < mix.steps + mix.miniwob else self._sites
            episode = random.choice(random.choice(tasks or self._embedded))
            return taught_turn(
                episode,
                random.choice(episode.sound),
                self._stock,
                random,
                renamed=mix.renamed,
                most_characters=mix.most_characters,
                in_words=mix.in_words,
            )
        kind -= of_steps
        if kind < mix.imagined:
            episode = imagined_episode(random)
            made = taught_turn(
                episode,
                random.choice(episode.sound),
                self._stock,
                random,
                most_characters=mix.most_characters,
            )
            return None if made is None else replace(made, as_people_say=True)
        kind -= mix.imagined
        if kind < mix.world and self._world.all:
            page, asked, looks = self._world.draw(random)
            return _world_taught_turn(page, asked, random, looks)
        kind -= mix.world
        if kind < mix.large and self._large.all:
            page, asked, looks = self._large.draw(random)
            return large_turn(page, asked, random, looks)
        kind -= mix.large
        if kind < mix.screens:
            episode = random.choice(random.choice(self._embedded))
            step = random.choice(episode.steps)
            return self._asked(step, step["title"], episode.task, random)
        return self._asked(self._sketcher.screen(random), "Sketch", "", random)

    def _asked(
        self, step: Mapping[str, Any], title: str, task: str, random: Random
    ) -> TaughtTurn | None:
        renames = Renames(self._stock, task, random, identity=not task or random.random() < 0.3)
        width, height = step["size"]
        placement = Placement.draw(width, height, random)
        screen = glimpse(step, random, renames.text, 1.0, placement)
        rows = items(screen)
        asked = question(rows, screen.frame, random)
        if asked is None:
            return None
        reading = write_rows(rows, screen.frame)
        return _asked_turn(asked[0], renames.text(title), reading, asked[1], random)


def _asked_turn(goal: str, title: str, reading: str, turn: str, random: Random) -> TaughtTurn:
    """A question as one task: with a page's name, or, as of a still picture, without."""
    shown = title if random.random() < 0.4 else ""
    return TaughtTurn(write_prompt(Situation(goal, (), shown, (), (), reading)), turn)


class _Pages:
    """Pages of the world, and those of them that the reader has read."""

    def __init__(self, pages: list[dict[str, Any]]) -> None:
        self.all = pages
        self._looks = [looks_of(page) for page in pages]
        self._read = [number for number, looks in enumerate(self._looks) if looks]
        self._icons = [_by_words(pages, range(len(pages))), _by_words(pages, self._read)]

    def draw(self, random: Random) -> tuple[dict[str, Any], dict[str, Any], Sequence[PageReading]]:
        """A page, a question about it, and what was read of it; of others that is made up.

        Every second question about an icon is drawn by its words: few of them are frequent.
        """
        is_read = bool(self._read) and random.random() < READ
        number = random.choice(self._read) if is_read else random.randrange(len(self.all))
        asked = random.choice(self.all[number]["questions"])
        icons = self._icons[is_read]
        if asked["kind"] == "icon" and icons and random.random() < BY_WORDS:
            number, asked = random.choice(icons[random.choice(list(icons))])
        return self.all[number], asked, self._looks[number] if is_read else ()


def _by_words(
    pages: Sequence[dict[str, Any]], numbers: Iterable[int]
) -> dict[str, list[tuple[int, dict[str, Any]]]]:
    """Questions about icons by their words, with the number of the page."""
    by_words: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for number in numbers:
        for asked in pages[number]["questions"]:
            if asked["kind"] == "icon":
                by_words.setdefault(asked["instruction"], []).append((number, asked))
    return by_words


def _world_taught_turn(
    page: dict[str, Any], asked: dict[str, Any], random: Random, looks: Sequence[PageReading] = ()
) -> TaughtTurn | None:
    frame = Frame.of_viewport(*page["size"])
    rows = looks[0].rows if looks else items(glimpse(page, random, _same, 1.0))
    turn = _world_turn(asked, rows, frame)
    if turn is None:
        return None
    reading = looks[0].told if looks else write_rows(rows, frame)
    return _asked_turn(asked["instruction"], page["title"], reading, turn, random)


def _world_turn(asked: dict[str, Any], rows: list[list[ScreenItem]], frame: Frame) -> str | None:
    if asked["kind"] == "absent":
        return thought_turn("nothing here is called so", 'give_up "It is not on the screen."')
    box = Box(*asked["bbox_xyxy"])
    target = item_at(rows, box.center)
    if target is None or not box.contains(target.box_px.center):
        return None
    seen = write_item(target, frame)
    if answer := asked.get("answer"):
        told = target.text
        if asked["kind"] == "state":
            told = {None: "", True: "yes", False: "no"}[target.on]
        if answer not in told:
            return None
        return thought_turn(seen, f"done {json.dumps(answer, ensure_ascii=False)}")
    return thought_turn(seen, f"click {write_place(target.box_px.center, frame)}")


def _by_task(episodes: Iterable[RememberedEpisode]) -> list[list[RememberedEpisode]]:
    by_task: dict[str, list[RememberedEpisode]] = {}
    for episode in episodes:
        if episode.sound:
            by_task.setdefault(episode.task, []).append(episode)
    return [by_task[task] for task in sorted(by_task)]


def _load_world(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _same(text: str) -> str:
    return text
