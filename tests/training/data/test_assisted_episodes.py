"""What is taught of an episode in which a person acted, changed an action, or said no."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import StepRecord
from vigorl.agent.referee import Instead, Referee, Ruling, TakeOver, Veto
from vigorl.agent.rollout import rollout
from vigorl.browser.action_space import BROWSER
from vigorl.browser.actions import Action, Click, Done
from vigorl.browser.environment import Score
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Frame, Point
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture, View
from vigorl.policy.policy import Turn
from vigorl.training.data.dialogues import dialogues_of
from vigorl.training.data.episodes import RecordedEpisode, select
from vigorl.training.data.selection import Selection

WRONG, RIGHT = Click(Point(10, 10)), Click(Point(50, 50))


class Screens:
    """A screen a step; the first comes with a picture of the goal."""

    goal, actions, count = "press it", BROWSER, 0

    def look(self) -> Observation:
        picture = Picture.from_image(Image.new("RGB", (280, 140), (self.count,) * 3))
        goal = (picture,) if not self.count else ()
        return Observation(View(picture, Frame.of_viewport(280, 140)), pictures=goal)

    async def reset(self) -> Observation:
        return self.look()

    async def step(self, action: Action) -> Observation:
        self.count += 1
        return self.look()

    async def score(self, answer: str | None) -> Score | None:
        return Score(1.0)

    async def close(self) -> None:
        return None


class Wrong:
    """A model that would press the wrong place, and is done after it."""

    name, acts_on_marks, needs_instructions, turns = "wrong", False, False, 0

    def actor(self, goal: str) -> "Wrong":
        return self

    async def act(self, observation: Observation) -> Turn:
        self.turns += 1
        if self.turns == 1:
            return Turn("<think> There. </think>\n<answer> click (10, 10) </answer>", "", (), WRONG)
        return Turn("<think> So. </think>\n<answer> done </answer>", "So.", (), Done())

    def describe(self) -> dict[str, Any]:
        return {"name": "m", "family": "qwen3-vl", "window_screens": 4, "max_images": 8}

    async def close(self) -> None:
        return None


class Once(Referee):
    """Rules once, and acts as a person where that is a take-over."""

    def __init__(self, ruling: Ruling) -> None:
        self.ruling: Ruling | None = ruling
        self.acts = isinstance(ruling, TakeOver)

    async def rule(self, action: Action, step: StepRecord) -> Ruling:
        ruling, self.ruling = self.ruling, None
        return ruling or action

    async def step_in(self, seen: Observation) -> Action | None:
        acts, self.acts = self.acts and self.ruling is None, self.acts and self.ruling is not None
        return RIGHT if acts else None


async def played(folder: Path, ruling: Ruling) -> RecordedEpisode:
    trajectory = await rollout(Wrong(), Screens(), Recorder(folder), referee=Once(ruling))
    return RecordedEpisode("it", "played", trajectory)


@pytest.mark.parametrize("ruling", [TakeOver(), Instead(RIGHT, "person")])
async def test_what_a_person_did_is_taught_in_place_of_what_was_not_done(
    tmp_path: Path, ruling: Ruling
) -> None:
    episode = await played(tmp_path / "run", ruling)
    select([episode], Selection())
    (dialogue,) = dialogues_of(episode)
    said = ["".join(map(str, each.parts)) for each in dialogue.messages if each.role == "assistant"]
    assert len(said) == 2 and "done" in said[1]
    assert "click" in said[0] and "179" in said[0] and "There" not in said[0]
    read = [part for each in dialogue.messages if each.role == "user" for part in each.parts]
    assert sum(not isinstance(part, str) for part in read) == 3, "the goal's, and a screen each"
    assert not any("Something else was done" in part for part in read if isinstance(part, str))


async def test_an_episode_with_a_veto_is_left_out_and_says_so(tmp_path: Path) -> None:
    episode = await played(tmp_path / "run", Veto("no", by="person"))
    with pytest.raises(UsageError, match="1 with an action that was vetoed"):
        select([episode], Selection())
