"""Imagined sites: episodes are played on what is shown, and end with what is so."""

import json
import re
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from vigorl.browser.geometry import Box, Point
from vigorl.policy.nano.said import departures
from vigorl.training.nano.imagined import ImaginedSite, Script
from vigorl.training.nano.imagined_episodes import DEEDS, QUESTIONS
from vigorl.training.nano.lessons import _numbered
from vigorl.training.nano.reading_renames import WordStock
from vigorl.training.nano.reading_steps import remembered_episode, taught_turn

SEEDS = range(60)
NO_WORDS = WordStock(frozenset(), ("word",), frozenset(), {})
KINDS = list(dict.fromkeys((*QUESTIONS, *DEEDS)))
NAMED = re.compile(r'"([^"]*)"')


def texts(step: Mapping[str, Any]) -> list[str]:
    return [line[0] for line in step["lines"]]


@pytest.mark.parametrize("play", KINDS)
def test_what_is_done_is_done_to_what_is_shown(play: Any) -> None:
    for seed in SEEDS:
        episode = play(Random(seed))
        assert episode == play(Random(seed)), "the same seed plays the same episode"
        width, height = episode["steps"][0]["size"]
        for step in episode["steps"]:
            assert len(step["points"]) == step["command"].count(" @")
            boxes = [Box(*row[1:5]) for key in ("lines", "controls") for row in step[key]]
            for x, y in step["points"]:
                assert 0 < x < width and 0 < y < height
                assert any(box.contains(Point(x, y)) for box in boxes), (seed, step["purpose"])
            for left, top, _, bottom in ((b.left, b.top, b.right, b.bottom) for b in boxes):
                assert left >= 0 and bottom > top


@pytest.mark.parametrize("play", KINDS)
def test_an_episode_ends_with_what_is_so(play: Any) -> None:
    ends = set()
    for seed in SEEDS:
        episode = play(Random(seed))
        *_, last = episode["steps"]
        end = last["command"].split()[0]
        ends.add(end)
        assert end in ("done", "give_up") and last["sound"]
        assert all(step["command"] != "done" for step in episode["steps"][:-1])
        if last["command"].startswith('done "'):
            answer = json.loads(last["command"].removeprefix("done "))
            assert answer in texts(last), episode["goal"]
            assert all(name in texts(last) for name in NAMED.findall(last["purpose"]))
        elif end == "give_up":
            (name,) = NAMED.findall(last["purpose"])
            entered = {control[8] for step in episode["steps"] for control in step["controls"]}
            shown = {text for step in episode["steps"] for text in texts(step)}
            assert name not in shown - entered, episode["goal"]
    assert "done" in ends


def test_values_that_are_entered_stand_in_the_goal_and_in_their_fields() -> None:
    typed = 0
    for play in DEEDS:
        for seed in SEEDS:
            episode = play(Random(seed))
            for step, after in zip(episode["steps"], episode["steps"][1:], strict=False):
                if not step["sound"] or not step["command"].startswith("type @ "):
                    continue
                value = json.loads(re.findall(r'"(?:[^"\\]|\\.)*"', step["command"])[0])
                low = value[:1].lower() + value[1:]
                assert value in episode["goal"] or low in episode["goal"], (seed, value)
                if after["title"] == step["title"]:
                    hidden = "•" * 8  # a password
                    assert value in texts(after) or hidden in texts(after), (seed, value)
                typed += 1
    assert typed > 200


@pytest.mark.one_in(3)
@pytest.mark.parametrize("play", KINDS)
def test_its_turns_can_be_learnt(play: Any) -> None:
    made = hidden = 0
    for seed in SEEDS:
        random = Random(seed)
        episode = remembered_episode(play(random))
        assert episode.source == "imagined"
        for index in episode.sound:
            turn = taught_turn(episode, index, NO_WORDS, random)
            if turn is None:
                hidden += 1  # by a mistake of reading
                continue
            lesson = _numbered(turn)
            assert lesson.prompt.startswith(f"Task: {episode.goal}\n")
            departing = list(departures(lesson.prompt, lesson.turn))
            hidden += bool(departing)
            made += not departing
    assert made > 10 * hidden


def test_what_is_below_the_window_is_scrolled_to_and_a_banner_covers_what_is_behind_it() -> None:
    site = ImaginedSite("Elm", (), (800, 600), 40, False, "", (), ("We use cookies.", "Fine", "No"))

    def page(sheet: Any) -> None:
        for number in range(30):
            sheet.button(sheet.left, sheet.y, f"Row {number}")
            sheet.y += 50

    script = Script(site, "Rows", page)
    script.consents("No")
    script.act('click "Row 29"', "click @", "Row 29")
    script.act("everything is done", "done")
    first, *middle, click, done = script.steps
    assert first["points"][0][1] > 530 and {"Fine", "No"} <= set(texts(first))
    assert "Row 0" in texts(first) and "Row 9" not in texts(first)
    assert "Fine" not in texts(middle[0])
    assert [step["command"] for step in middle] == ["scroll (500, 500) down 800"] * 2
    assert {step["purpose"] for step in middle} == {'click "Row 29": not in sight'}
    assert all("Row 29" not in texts(step) for step in middle)
    assert "Row 29" in texts(click) and "Row 0" not in texts(click)
    assert done["same"] == 1
