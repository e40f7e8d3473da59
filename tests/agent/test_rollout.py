"""The episode loop: every ending, every limit, and what is on disk afterwards."""

import asyncio
import json
import resource
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import Seen, StepRecord, Trajectory, read_trajectory
from vigorl.agent.rollout import Limits, Watcher, rollout
from vigorl.browser.action_space import BROWSER
from vigorl.browser.actions import Action, Click, Done, GiveUp, Press, Wait
from vigorl.browser.environment import Score
from vigorl.browser.errors import BrowserDied, PolicyFault, StorageFault, UsageError
from vigorl.browser.geometry import Frame, Point
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture, View
from vigorl.policy.policy import Turn
from vigorl.policy.second_look import Opinion
from vigorl.policy.usage import Usage

CLICK = Click(Point(3, 4))


def screen(shade: int) -> View:
    return View(Picture.from_image(Image.new("RGB", (8, 6), (shade,) * 3)), Frame.of_viewport(8, 6))


class Corridor:
    """A world of grey rooms: every click leads one room on; `Press` leaves the room as it is."""

    goal = "walk"
    actions = BROWSER

    def __init__(self, fault_at: int | None = None, rooms: int | None = None) -> None:
        self.room = 0
        self.fault_at = fault_at
        self.rooms = rooms
        self.closed = 0
        self.judged: list[str | None] = []

    def look(self) -> Observation:
        return Observation(
            screen(self.room), url=f"room:{self.room}", ended=self.room == self.rooms
        )

    async def reset(self) -> Observation:
        return self.look()

    async def step(self, action: Action) -> Observation:
        if isinstance(action, Click):
            self.room += 1
        if self.room == self.fault_at:
            raise BrowserDied("the browser is gone")
        return self.look()

    async def score(self, answer: str | None) -> Score | None:
        self.judged.append(answer)
        return Score(1.0 if answer == "there" else 0.0)

    async def close(self) -> None:
        self.closed += 1


class Script:
    """Says what it was told to say; repeats the last line for ever."""

    name = "script"
    acts_on_marks = False

    def __init__(self, lines: Sequence[Action | str], tokens_a_turn: int = 0) -> None:
        self.lines = lines
        self.tokens_a_turn = tokens_a_turn
        self.observations: list[Observation] = []

    def actor(self, goal: str) -> "Script":
        return self

    def describe(self) -> dict[str, Any]:
        return {"name": self.name}

    async def act(self, observation: Observation) -> Turn:
        line = self.lines[min(len(self.observations), len(self.lines) - 1)]
        self.observations.append(observation)
        turn = Turn("", "", (), None, sampled_token_count=self.tokens_a_turn)
        if isinstance(line, str):
            return replace(turn, text=line, error="say one action")
        return replace(turn, action=line)

    async def close(self) -> None:
        return None


async def play(
    tmp_path: Path, lines: Sequence[Action | str], limits: Limits | None = None, **world: Any
) -> tuple[Trajectory, Corridor, Script]:
    corridor, script = Corridor(**world), Script(lines, tokens_a_turn=10)
    recorder = Recorder(tmp_path / "run")
    trajectory = await rollout(script, corridor, recorder, limits)
    assert corridor.closed == 1
    assert read_trajectory(tmp_path / "run") == trajectory
    return trajectory, corridor, script


async def test_an_episode_that_is_done_is_scored_with_its_answer(tmp_path: Path) -> None:
    trajectory, corridor, _ = await play(tmp_path, [CLICK, CLICK, Done("there")])
    assert trajectory.end is not None
    assert (trajectory.status, trajectory.end.answer) == ("done", "there")
    assert trajectory.end.score == Score(1.0)
    assert corridor.judged == ["there"]
    assert [step.seen.url for step in trajectory.steps] == ["room:0", "room:1", "room:2"]


async def test_what_the_world_offers_is_told_with_every_screen_and_recorded_once(
    tmp_path: Path,
) -> None:
    trajectory, corridor, script = await play(tmp_path, [CLICK, "mumble", Done("there")])
    assert {seen.actions for seen in script.observations} == {corridor.actions}
    assert trajectory.start.offered == corridor.actions
    assert trajectory.observation(trajectory.steps[0].seen).actions == corridor.actions


class Ward(Corridor):
    """A corridor that nobody judges."""

    async def score(self, answer: str | None) -> Score | None:
        return None


class Again:
    """A second look that says what it was told to say."""

    def __init__(self, verdict: tuple[bool, str] | PolicyFault | None) -> None:
        self.verdict = verdict
        self.shown: tuple[View, ...] = ()

    async def check(self, goal: str, answer: str, screens: tuple[View, ...]) -> Opinion:
        self.shown = screens
        if isinstance(self.verdict, PolicyFault):
            raise self.verdict
        return Opinion(*(self.verdict or (None, "")), Usage(40, 8, 5, 0.25))


class Sure(Script):
    """A script that has seen the effect of each of its steps."""

    async def act(self, observation: Observation) -> Turn:
        return replace(await super().act(observation), verified=True, instruction="step 1 of 1")


@pytest.mark.parametrize(
    ("script", "world", "look", "verified", "by"),
    [
        (Script, Ward, None, None, []),
        (Sure, Ward, None, True, ["policy"]),
        (Script, Ward, (True, "seen"), True, ["second look"]),
        (Sure, Ward, (True, "seen"), True, ["policy", "second look"]),
        (Sure, Ward, (False, "not seen"), False, ["second look"]),
        (Script, Ward, PolicyFault("the server is gone"), None, []),
        (Sure, Corridor, None, False, ["judge"]),
        (Script, Corridor, (True, "seen"), False, ["judge"]),
    ],
)
async def test_done_says_who_has_checked_it(
    tmp_path: Path,
    script: type[Script],
    world: type[Corridor],
    look: tuple[bool, str] | PolicyFault | None,
    verified: bool | None,
    by: list[str],
) -> None:
    again = None if look is None else Again(look)
    lines: list[Action | str] = [CLICK] * 4 + [Done("elsewhere")]
    recorder = Recorder(tmp_path / "run")
    played = await rollout(script(lines, 1), world(), recorder, second_look=again)
    assert read_trajectory(tmp_path / "run") == played
    assert played.status == "done" and played.end is not None
    assert played.end.verified is verified
    assert list(played.end.verified_by) == by
    if again is not None:
        shown = [screen(room).picture.sha256 for room in (2, 3, 4)]
        assert [view.picture.sha256 for view in again.shown] == shown
    if isinstance(look, PolicyFault):
        assert "the server is gone" in played.end.reason
    elif look is not None:  # the turns' own cost is not known, so the cost of all is not
        assert (played.usage.prompt_tokens, played.usage.cost_usd) == (40, None)


async def test_a_limit_says_at_which_instruction_it_was_reached(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run")
    played = await rollout(Sure([CLICK]), Corridor(), recorder, Limits(steps=3))
    assert played.end is not None and played.end.verified is None
    assert played.end.reason == "3 steps taken, at step 1 of 1"


async def test_a_watcher_is_told_what_begins_and_what_was_chosen(tmp_path: Path) -> None:
    told: list[str] = []

    class Told(Watcher):
        def stage(self, what: str) -> None:
            told.append(what)

        def seen(self, index: int, seen: Seen) -> None:
            told.append(f"{index} {seen.url}")

        def step(self, record: StepRecord) -> None:
            told.append(record.turn.action.type if record.turn.action else "nothing")

    recorder = Recorder(tmp_path / "run")
    await rollout(Script([CLICK, Done("there")]), Corridor(), recorder, watcher=Told())
    assert told == ["loading the first page", "0 room:0", "click", "1 room:1", "done"]


async def test_giving_up_keeps_its_reason_and_is_judged_without_an_answer(tmp_path: Path) -> None:
    trajectory, corridor, _ = await play(tmp_path, [GiveUp("no door")])
    assert trajectory.end is not None
    assert (trajectory.status, trajectory.end.reason) == ("gave_up", "no door")
    assert corridor.judged == [None]


async def test_a_world_that_ends_is_done(tmp_path: Path) -> None:
    trajectory, _, _ = await play(tmp_path, [CLICK], rooms=2)
    assert trajectory.status == "done"
    assert trajectory.end is not None and trajectory.end.seen is not None
    assert trajectory.end.seen.url == "room:2"


@pytest.mark.parametrize(
    ("lines", "limits", "reason", "steps"),
    [
        ([CLICK], Limits(steps=4), "4 steps", 4),
        ([CLICK], Limits(tokens=25), "25 tokens", 3),
        ([CLICK], Limits(cost_usd=1), "give its price", 1),
        (["hm"], Limits(malformed=3), "3 turns in a row without", 3),
        ([Press("Tab")], Limits(repeats=5), "the same action 5 times", 5),
        ([Press("Tab"), Press("a")] * 9, Limits(unchanged=6), "6 actions in a row", 6),
        ([Wait(0)], Limits(unchanged=6), "6 actions in a row", 6),
    ],
)
async def test_each_limit_ends_the_episode_and_names_itself(
    tmp_path: Path, lines: list[Action | str], limits: Limits, reason: str, steps: int
) -> None:
    trajectory, _, _ = await play(tmp_path, lines, limits)
    assert trajectory.end is not None
    assert trajectory.status == "limit"
    assert reason in trajectory.end.reason
    assert len(trajectory.steps) == steps


async def test_a_limit_on_the_cost_ends_it_after_the_turn_that_reaches_it(tmp_path: Path) -> None:
    class Paid(Script):
        async def act(self, observation: Observation) -> Turn:
            return replace(await super().act(observation), cost_usd=0.25)

    recorder = Recorder(tmp_path / "run")
    played = await rollout(Paid([CLICK], 10), Corridor(), recorder, Limits(cost_usd=0.6))
    assert played.end and (played.status, played.end.reason) == ("limit", "0.6 dollars spent")
    assert (len(played.steps), played.usage.cost_usd) == (3, 0.75)
    free = await rollout(
        Script([CLICK, Done("there")]), Corridor(), Recorder(tmp_path / "free"), Limits(cost_usd=1)
    )
    assert free.status == "done"  # nothing is sampled, so nothing is to be paid


async def test_a_repeated_action_that_changes_the_screen_is_no_loop(tmp_path: Path) -> None:
    trajectory, _, _ = await play(tmp_path, [CLICK] * 12 + [Done("there")])
    assert trajectory.status == "done"


async def test_malformed_output_is_answered_and_forgiven_after_a_good_turn(tmp_path: Path) -> None:
    lines = ["hm", "hm", CLICK, "hm", "hm", Done("there")]
    trajectory, _, script = await play(tmp_path, lines)
    assert trajectory.status == "done"
    answer = script.observations[1]
    assert answer.view is None
    assert [(event.kind, event.text) for event in answer.events] == [
        ("malformed", "say one action")
    ]


async def test_seconds_are_a_limit_also_while_the_world_is_slow(tmp_path: Path) -> None:
    class Slow(Corridor):
        async def step(self, action: Action) -> Observation:
            await asyncio.sleep(60)
            raise AssertionError("never reached")

    recorder = Recorder(tmp_path / "run")
    trajectory = await rollout(Script([CLICK]), Slow(), recorder, Limits(seconds=0.2))
    assert trajectory.status == "limit"
    assert trajectory.end is not None and "0.2 seconds" in trajectory.end.reason


async def test_by_the_world_s_clock_a_slow_world_is_a_fault_and_a_slow_policy_is_none(
    tmp_path: Path,
) -> None:
    limits = Limits(steps=2, seconds=0.3, clock="world")

    class Slow(Corridor):
        async def step(self, action: Action) -> Observation:
            await asyncio.sleep(60)
            raise AssertionError("never reached")

    slow = await rollout(Script([CLICK]), Slow(), Recorder(tmp_path / "slow"), limits)
    assert (slow.status, slow.score) == ("fault", None)
    assert slow.end is not None and "0.3 seconds and more to answer" in slow.end.reason

    class Thoughtful(Script):
        async def act(self, observation: Observation) -> Turn:
            await asyncio.sleep(0.4)
            return await super().act(observation)

    policy = Thoughtful([CLICK, Done("there")])
    quick = await rollout(policy, Corridor(), Recorder(tmp_path / "quick"), limits)
    assert (quick.status, quick.score) == ("done", Score(1.0))


async def test_a_fault_has_no_score_and_keeps_what_was_recorded(tmp_path: Path) -> None:
    trajectory, corridor, _ = await play(tmp_path, [CLICK], fault_at=3)
    assert trajectory.end is not None
    assert trajectory.status == "fault"
    assert trajectory.end.reason == "BrowserDied: the browser is gone"
    assert trajectory.end.score is None
    assert corridor.judged == []
    assert len(trajectory.steps) == 3


async def test_a_cancelled_episode_is_recorded_closed_and_raised_again(tmp_path: Path) -> None:
    class Stuck(Corridor):
        async def step(self, action: Action) -> Observation:
            await asyncio.Event().wait()
            raise AssertionError("never reached")

    world = Stuck()
    playing = asyncio.create_task(rollout(Script([CLICK]), world, Recorder(tmp_path / "run")))
    await asyncio.sleep(0.05)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert world.closed == 1
    recorded = read_trajectory(tmp_path / "run")
    assert (recorded.status, len(recorded.steps)) == ("interrupted", 1)


async def test_a_programming_mistake_is_recorded_and_raised(tmp_path: Path) -> None:
    class Broken(Corridor):
        async def step(self, action: Action) -> Observation:
            raise KeyError("oops")

    with pytest.raises(KeyError):
        await rollout(Script([CLICK]), Broken(), Recorder(tmp_path / "run"))
    recorded = read_trajectory(tmp_path / "run")
    assert recorded.end is not None
    assert (recorded.status, recorded.end.reason) == ("fault", "KeyError: 'oops'")


@pytest.mark.parametrize("cut", range(1, 60, 7))
async def test_a_run_killed_while_writing_loses_only_the_line_in_flight(
    tmp_path: Path, cut: int
) -> None:
    await play(tmp_path, [CLICK, CLICK, Done("there")])
    path = tmp_path / "run" / "trajectory.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]) + lines[3][:cut])
    recorded = read_trajectory(tmp_path / "run")
    assert (recorded.status, len(recorded.steps)) == ("interrupted", 2)


async def test_pictures_are_stored_once_and_checked_when_read(tmp_path: Path) -> None:
    trajectory, _, _ = await play(tmp_path, [Press("a"), CLICK, Done("there")])
    images = sorted((tmp_path / "run" / "images").iterdir())
    assert len(images) == 2
    seen = trajectory.steps[0].seen.view
    assert seen is not None
    assert trajectory.view(seen).picture.image().getpixel((0, 0)) == (0, 0, 0)
    images[0].write_bytes(images[1].read_bytes())
    broken = [step.seen.view for step in trajectory.steps if step.seen.view]
    with pytest.raises(Exception, match="does not hold the picture"):
        for view in broken:
            trajectory.view(view)


async def test_a_disk_that_refuses_is_named_and_what_was_recorded_stays(tmp_path: Path) -> None:
    recorder, world = Recorder(tmp_path / "run"), Corridor()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(StorageFault, match=r"cannot write to .*--out"):
            await rollout(Script([CLICK]), world, recorder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert world.closed == 1
    assert len(read_trajectory(tmp_path / "run").steps) >= 2


def test_config_and_versions_stand_beside_the_record(tmp_path: Path) -> None:
    recorder = Recorder.create(tmp_path, "Click “Über uns”, then stop!", {"run": {"url": "x"}})
    recorder.close()
    assert "-click-ber-uns-then-stop-" in recorder.folder.name
    config = json.loads((recorder.folder / "config.json").read_text())
    assert config["run"] == {"url": "x"}
    assert "vigorl-agent" in config["versions"]


@pytest.mark.parametrize("name", ["steps", "seconds", "tokens"])
def test_a_limit_must_be_positive(name: str) -> None:
    with pytest.raises(UsageError, match=f"limit on {name}"):
        Limits(**{name: 0})


def test_a_folder_without_a_trajectory_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no trajectory at"):
        read_trajectory(tmp_path)
