"""From recorded episodes to turns: each step with other words, another look and other mistakes."""

import gzip
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from vigorl.browser.geometry import Box, Point
from vigorl.policy.nano.prompt import Situation, remembered, unchanged, write_prompt
from vigorl.policy.nano.reading import (
    ScreenItem,
    item_at,
    items,
    name_of,
    write_item,
    write_place,
    write_rows,
)
from vigorl.policy.nano.shortening import shortened
from vigorl.policy.perception.screen import Screen
from vigorl.training.nano.reading_noise import Placement, glimpse
from vigorl.training.nano.reading_purposes import said_purpose
from vigorl.training.nano.reading_renames import Renames, WordStock, names_in
from vigorl.training.nano.synonyms import drawn_cart, drawn_synonyms

RENAMED = 0.7
"""Share of the rows in which words are exchanged; only of embedded tasks: elsewhere many have a
meaning."""
LOOKS_CLOSER = 0.2
"""Share of the rows that tell a value in which the value is doubtful at first."""
LENS_HALF_PX = 100.0
SEEN_BEHIND = 0.75
"""Share of the rows about dialogs in which the page behind them can be read."""
DIALOG_MARGIN_PX = 24.0

_QUOTES = re.compile(r'"((?:[^"\\]|\\.)*)"')
_WHEEL = re.compile(r"(?<=\) )(up|down) \d+$")
_OPEN_POINT = re.compile(" @")
_ROW_OF = re.compile(r' in the row of "([^"]*)"')

Rows = Sequence[Sequence[ScreenItem]]


@dataclass(frozen=True)
class TaughtTurn:
    """A turn to learn, and what it is the answer to."""

    prompt: str
    turn: str
    as_people_say: bool = False
    """Its goal is put as a person puts it."""


@dataclass(frozen=True)
class RememberedEpisode:
    """A recorded episode, with what is remembered of each of its steps."""

    task: str
    goal: str
    steps: tuple[Mapping[str, Any], ...]
    """Each with a whole screen."""
    memories: tuple[str, ...]
    """Of each step, as a line of the past."""
    sound: tuple[int, ...]
    """Indices of the steps to learn."""

    @property
    def source(self) -> str:
        """Where the task is from: `miniwob`, `sites` or, of the embedded ones, an empty text."""
        return self.task.partition("/")[0] if "/" in self.task else ""


def load_episodes(path: Path) -> list[RememberedEpisode]:
    """The episodes of a file; what an interrupted recording cut off at its end is left out."""
    episodes = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        try:
            for line in lines:
                episodes.append(remembered_episode(json.loads(line)))
        except (EOFError, json.JSONDecodeError):
            pass
    return episodes


def remembered_episode(stored: Mapping[str, Any]) -> RememberedEpisode:
    """An episode as it is stored, with what is remembered of its steps."""
    steps: list[dict[str, Any]] = []
    for step in stored["steps"]:
        if "lines" not in step:
            last = steps[-1]
            step = {**step, **{key: last[key] for key in ("size", "lines", "controls")}}
        step = {**step, "command": _WHEEL.sub(r"\1 800", step["command"])}
        steps.append(step)
    steps = [_with_backdrop(step, steps[:index]) for index, step in enumerate(steps)]
    memories = []
    random = Random(0)
    for index, step in enumerate(steps):
        screen = glimpse(step, random, _same, level=0.0)
        rows = items(screen)
        named = [_target(rows, Point(*point), step["purpose"]) for point in step["points"]]
        names = ["nothing" if item is None else name_of(item) for item in named]
        line = memory(step["command"], names)
        if index + 1 < len(steps) and steps[index + 1]["same"]:
            line = unchanged(line)
        memories.append(line)
    sound = tuple(index for index, step in enumerate(steps) if step["sound"])
    return RememberedEpisode(stored["task"], stored["goal"], tuple(steps), tuple(memories), sound)


def _with_backdrop(step: Mapping[str, Any], before: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The step; where a dialog covers the page, with what can be read around it.

    The truth about a page has only what can be clicked, but what is behind a dialog is seen.
    """
    boxes = [row[1:5] for key in ("lines", "controls") for row in step[key]]
    pages = [each for each in before if len(each["lines"]) > 2 * len(step["lines"])]
    if not boxes or not pages or pages[-1]["title"] != step["title"]:
        return dict(step)
    left, top, _, _ = (min(side) for side in zip(*boxes, strict=True))
    _, _, right, bottom = (max(side) for side in zip(*boxes, strict=True))
    dialog = Box(left - DIALOG_MARGIN_PX, top - DIALOG_MARGIN_PX,
                 right + DIALOG_MARGIN_PX, bottom + DIALOG_MARGIN_PX)  # fmt: skip
    width, height = step["size"]
    if dialog.area > 0.6 * width * height or abs(dialog.center.x - width / 2) > 0.1 * width:
        return dict(step)
    behind = {
        key: [row for row in pages[-1][key] if not dialog.contains(Box(*row[1:5]).center)]
        for key in ("lines", "controls")
    }
    return {**step, "behind": behind}


def memory(command: str, names: Sequence[str]) -> str:
    """A command whose points are left open, as it is remembered."""
    if not names:
        return remembered(command, [])
    rest = iter(names)
    return _OPEN_POINT.sub(lambda _: f" {next(rest)}", command, count=len(names))


def taught_turn(
    episode: RememberedEpisode,
    index: int,
    stock: WordStock,
    random: Random,
    level: float = 1.0,
    renamed: float = RENAMED,
    most_characters: int | None = None,
    in_words: bool = False,
) -> TaughtTurn | None:
    """One step as a turn; None where the mistakes have hidden what it acts on.

    Args:
        episode: Whose step it is.
        index: Of the step.
        stock: The words that others are exchanged for.
        random: Draws words, look and mistakes.
        level: Of the mistakes; 0: none, and the words stay.
        renamed: How often words are exchanged.
        most_characters: Of the screen, of which the rest is left out; None: all of it is told.
        in_words: Exchange only names in its goal, and labels for ones that mean the same; say what
            a step does, where the recording does not.
    """
    step = episode.steps[index]
    is_varied = level > 0 and not episode.source
    share, of_words = (renamed, in_words) if is_varied else (0.0, False)
    renames = _renames(episode, stock, random, share, of_words)
    width, height = step["size"]
    moved = level > 0 and random.random() < 0.8
    placement = Placement.draw(width, height, random) if moved else Placement()
    if "behind" in step and level > 0 and random.random() < SEEN_BEHIND:
        step = {**step, **{key: step[key] + step["behind"][key] for key in ("lines", "controls")}}
    screen = glimpse(step, random, renames.text, level, placement)
    rows = items(screen)
    closer = ""
    tells = step["command"].startswith('done "')
    purpose = renames.quoted(step["purpose"])
    if tells:
        answer = renames.text(json.loads(step["command"].removeprefix("done ")))
        found = _told(rows, purpose, answer)
        if found is None:
            return None
        seen, value = found
        if random.random() < LOOKS_CLOSER:
            value.doubtful = True
        if value.doubtful and random.random() < 0.5:
            closer = _closer(step, value, renames, placement, screen)
            if answer not in closer:
                return None
        refs = [*seen, value]
        turn = _telling(purpose, refs, answer, value.doubtful and not closer, screen)
    else:
        goal_said = episode.goal if in_words else None
        told = _acting(step, purpose, rows, placement, renames, screen, goal_said)
        if told is None:
            return None
        turn = told
    goal = renames.goal(episode.goal)
    told_rows = rows if most_characters is None else shortened(rows, goal, most_characters)
    situation = Situation(
        goal=goal,
        past=[renames.quoted(line) for line in episode.memories[:index]],
        title=renames.text(step["title"]),
        tabs=[(renames.text(title), bool(shown)) for title, shown in step["tabs"]],
        events=step["events"],
        reading=write_rows(told_rows, screen.frame),
        closer=closer,
    )
    return TaughtTurn(write_prompt(situation), turn)


def _renames(
    episode: RememberedEpisode, stock: WordStock, random: Random, renamed: float, in_words: bool
) -> Renames:
    """Which words of an episode are exchanged."""
    changed = random.random() < renamed
    return Renames(
        stock,
        episode.task,
        random,
        identity=not changed,
        numbers=random.random() < 0.6,
        only=names_in(episode.goal) if in_words else None,
        labels=drawn_synonyms(episode.goal, random) if in_words else None,
        words=drawn_cart(random) if in_words else None,
    )


def thought_turn(thought: str, answer: str) -> str:
    """A turn in the project's grammar."""
    return f"<think> {thought} </think>\n<answer> {answer} </answer>"


def zoom_turn(thought: str, place: str) -> str:
    """A turn that looks closer at a place, written `(x, y)`."""
    return f"<think> {thought} </think>\n<tool_call> {place} </tool_call>"


def _acting(
    step: Mapping[str, Any],
    purpose: str,
    rows: Rows,
    placement: Placement,
    renames: Renames,
    screen: Screen,
    goal: str | None,
) -> str | None:
    """The turn of a step that acts; with a goal it says what it does, in the goal's words."""
    targets = [_target(rows, placement.point(*point), purpose) for point in step["points"]]
    if any(item is None for item in targets):
        return None
    refs = [item for item in targets if item is not None]
    if not purpose and goal is not None:
        purpose = said_purpose(renames.quoted(step["command"]), refs, goal)
    seen: list[ScreenItem] = []
    if row_of := _ROW_OF.search(purpose):
        seen += [item for item in _named(rows, row_of[1]) if item not in refs][:1]
    for text in step.get("listed", ()):
        seen += [item for item in _named(rows, renames.text(text)) if item not in seen][:1]
    seen += [item for item in refs if item not in seen]
    command = renames.quoted(step["command"])
    places = iter(write_place(item.box_px.center, screen.frame) for item in refs)
    command = _OPEN_POINT.sub(lambda _: f" {next(places)}", command, count=len(refs))
    return thought_turn(_thought(purpose, seen, screen), command)


def _target(rows: Rows, point: Point, purpose: str) -> ScreenItem | None:
    """The item that a point is meant for; in a wide cell its text may stand off the middle."""
    found = item_at(rows, point)
    if found is None and (names := _QUOTES.findall(purpose)):
        beside = [
            item
            for name in names
            for item in _named(rows, name)
            if abs(item.box_px.center.y - point.y) < 24
        ]
        return beside[0] if beside else None
    return found


def _thought(purpose: str, seen: Sequence[ScreenItem], screen: Screen) -> str:
    if not seen:
        return purpose or "as the task says"
    items_seen = " | ".join(write_item(item, screen.frame) for item in seen)
    return f"{purpose}: {items_seen}" if purpose else items_seen


def _telling(
    purpose: str, refs: Sequence[ScreenItem], answer: str, doubtful: bool, screen: Screen
) -> str:
    thought = _thought(purpose, refs, screen)
    if doubtful:
        return zoom_turn(thought, write_place(refs[-1].box_px.center, screen.frame))
    return thought_turn(thought, f"done {json.dumps(answer, ensure_ascii=False)}")


def _named(rows: Rows, text: str) -> list[ScreenItem]:
    wanted = text.replace('"', "'")
    everything = [item for row in rows for item in row]
    exact = [item for item in everything if item.text == wanted]
    return exact or [item for item in everything if wanted in item.text]


def _told(rows: Rows, purpose: str, answer: str) -> tuple[list[ScreenItem], ScreenItem] | None:
    """The items that say which value is meant, and the item with the value."""
    values = [item for row in rows for item in row if answer in item.text]
    if not values:
        return None
    labels: list[ScreenItem] = []
    for name in _QUOTES.findall(purpose):
        labels += _named(rows, name)[:1]

    def distance(item: ScreenItem) -> float:
        x, y = item.box_px.center.x, item.box_px.center.y
        if len(labels) == 2:
            column, row = labels[0].box_px.center, labels[1].box_px.center
            return abs(y - row.y) + 0.5 * abs(x - column.x)
        if labels:
            label = labels[0].box_px.center
            return abs(y - label.y) + 0.3 * abs(x - label.x)
        return len(item.text) + y / 1000

    value = min(values, key=distance)
    return [item for item in labels if item is not value], value


def _closer(
    step: Mapping[str, Any],
    value: ScreenItem,
    renames: Renames,
    placement: Placement,
    screen: Screen,
) -> str:
    """The reading of an enlarged part of the screen: without mistakes, cut off at its edges."""
    clear = glimpse(step, Random(0), renames.text, 0.0, placement)
    middle = value.box_px.center
    part = Box.around(middle, LENS_HALF_PX)
    lines = tuple(line for line in clear.lines if part.contains(line.box_px.center))
    inside = Screen(lines, (), clear.frame)
    return write_rows(items(inside), screen.frame)


def _same(text: str) -> str:
    return text
