"""The rule of faults: what the policy did is scored, and what it did not do is not."""

import asyncio
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.agent.evaluation.test_evaluation import ROW, Pointer, write_set
from tests.agent.test_rollout import CLICK, Corridor, Script
from vigorl.agent.benchmarks.grounding import grounding_samples
from vigorl.agent.evaluation.evaluation import evaluate, read_results
from vigorl.agent.evaluation.report import disbelief
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.evaluation.tries import Tries, play
from vigorl.agent.record.place import clear, folder_name
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import Trajectory, read_trajectory
from vigorl.agent.rollout import Limits, rollout
from vigorl.browser.actions import Action, Done, Goto, Type, Wait
from vigorl.browser.clock import LAST_WORD_S, Clock, OutOfTime, charge, somebody_elses_time
from vigorl.browser.environment import Environment, Score
from vigorl.browser.errors import (
    BrowserDied,
    BrowserFault,
    InconsistentData,
    PageHung,
    PolicyFault,
    StorageFault,
    TaskFault,
    UsageError,
)
from vigorl.browser.geometry import Point
from vigorl.browser.observation import Event, Observation, Tab
from vigorl.browser.text import clean
from vigorl.policy.policy import Turn

QUICK = Tries(count=3, first_pause_s=0.001)
HALF = "\ud83d"


async def played(
    tmp_path: Path, policy: Any, world: Any, limits: Limits | None = None
) -> Trajectory:
    trajectory = await rollout(policy, world, Recorder(tmp_path / "run"), limits)
    assert read_trajectory(tmp_path / "run") == trajectory
    return trajectory


class Breaking(Corridor):
    """Its page breaks at the second action, as `fault` says."""

    def __init__(self, fault: BrowserFault) -> None:
        super().__init__()
        self.fault = fault
        self.taken = 0

    def look(self) -> Observation:
        return replace(super().look(), url="http://shop.example/a")

    async def step(self, action: Action) -> Observation:
        self.taken += 1
        if self.taken == 2:
            raise self.fault
        return self.look()


OWN = Goto("data:text/html,<script>while(1);</script>")


@pytest.mark.parametrize(
    ("first", "fault", "status", "score"),
    [
        (CLICK, PageHung("no answer"), "fault", None),
        (Goto("http://shop.example/b"), PageHung("no answer"), "fault", None),
        (OWN, PageHung("no answer"), "limit", 0.0),
        (Goto("http://elsewhere.example/"), PageHung("no answer"), "limit", 0.0),
        (Goto("http://[website]/"), BrowserFault("odd"), "limit", 0.0),
        (OWN, BrowserDied("gone"), "fault", None),
    ],
)
async def test_a_page_that_breaks_is_the_policys_where_it_brought_it_along(
    tmp_path: Path, first: Action, fault: BrowserFault, status: str, score: float | None
) -> None:
    trajectory = await played(tmp_path, Script([first, CLICK]), Breaking(fault))
    end = trajectory.end
    assert end is not None and end.status == status
    assert (end.score.value if end.score else None) == score
    assert end.fault == (type(fault).__name__ if status == "fault" else "")
    assert ("rollout.py" in end.trace) == (status == "fault")


@pytest.mark.parametrize(("answer", "status"), [("there", "done"), ("elsewhere", "fault")])
async def test_a_page_that_died_on_the_way_spoils_a_failure_and_no_success(
    tmp_path: Path, answer: str, status: str
) -> None:
    class Dying(Corridor):
        async def step(self, action: Action) -> Observation:
            return self.look().with_event("page_crashed", "The page crashed.")

    trajectory = await played(tmp_path, Script([CLICK, Done(answer)]), Dying())
    end = trajectory.end
    assert end is not None and end.status == status
    assert end.fault == ("PageCrashed" if status == "fault" else "")
    (tmp_path / "own").mkdir()
    own = await played(tmp_path / "own", Script([OWN, CLICK, Done(answer)]), Dying())
    assert own.end is not None and own.end.score == Score(float(answer == "there"))


async def test_a_policy_that_never_says_anything_has_no_score(tmp_path: Path) -> None:
    class Mute(Script):
        async def act(self, observation: Observation) -> Turn:
            await asyncio.sleep(60)
            raise AssertionError("never reached")

    trajectory = await played(tmp_path, Mute([CLICK]), Corridor(), Limits(seconds=0.05))
    assert trajectory.end is not None and trajectory.end.score is None
    assert (trajectory.status, trajectory.end.fault) == ("fault", "PolicyFault")


async def test_endless_thoughts_after_a_first_turn_are_scored(tmp_path: Path) -> None:
    class Thinker(Script):
        async def act(self, observation: Observation) -> Turn:
            if self.observations:
                await asyncio.sleep(60)
            return await super().act(observation)

    trajectory = await played(tmp_path, Thinker([CLICK]), Corridor(), Limits(seconds=0.1))
    assert trajectory.status == "limit"
    assert trajectory.end is not None and trajectory.end.score == Score(0.0)


async def test_time_that_somebody_else_takes_is_not_the_policys(tmp_path: Path) -> None:
    class Served(Script):
        async def act(self, observation: Observation) -> Turn:
            with somebody_elses_time():
                await asyncio.sleep(0.1)  # the server is away …
                charge(0.001)  # … and then quick
            return await super().act(observation)

    lines = [CLICK, CLICK, CLICK, Done("there")]
    trajectory = await played(tmp_path, Served(lines), Corridor(), Limits(seconds=0.2))
    assert trajectory.status == "done"


async def test_a_clock_that_was_overdrawn_leaves_time_for_the_turn_alone() -> None:
    clock = Clock(0.05)
    async with clock.running():
        with somebody_elses_time():
            charge(9)
        await asyncio.sleep(0.1)
    assert -9.2 < clock.left_s < -8.9 and LAST_WORD_S > 1
    with pytest.raises(OutOfTime):
        async with clock.running():
            await asyncio.sleep(1)


@pytest.mark.parametrize("value", [math.nan, 7.5, -0.1, math.inf, "1", None])
async def test_a_judge_that_talks_nonsense_is_a_fault(tmp_path: Path, value: Any) -> None:
    class Odd(Corridor):
        async def score(self, answer: str | None) -> Score | None:
            return Score(value)

    trajectory = await played(tmp_path, Script([Done("there")]), Odd())
    assert trajectory.end is not None and trajectory.end.score is None
    assert trajectory.end.fault == "TaskFault"


async def test_what_enters_is_cleaned_before_anybody_sees_it(tmp_path: Path) -> None:
    told: list[Observation] = []

    class Odd(Corridor):
        def look(self) -> Observation:
            text = f"a{HALF}\x00\x1b[2J\u202eb\u200b\U000e0041"
            events = (Event("dialog", text),)
            tabs = (Tab(text, text, True),)
            return Observation(super().look().view, text, text, tabs, events)

        async def step(self, action: Action) -> Observation:
            assert isinstance(action, Type) and HALF not in action.text
            return self.look()

    class Listening(Script):
        async def act(self, observation: Observation) -> Turn:
            told.append(observation)
            return await super().act(observation)

    lines = [Type(f"x{HALF}"), Done(f"y{HALF}")]
    trajectory = await played(tmp_path, Listening(lines), Odd())
    seen = "a\N{REPLACEMENT CHARACTER}[2Jb"
    assert {told[0].url, told[0].title, told[0].tabs[0].title, told[0].events[0].text} == {seen}
    assert trajectory.end is not None and trajectory.end.answer == "y\N{REPLACEMENT CHARACTER}"


def test_letters_that_join_others_and_what_is_seen_stay() -> None:
    for text in (
        "Straße, naïve",
        "می\u200cخواهم",
        "\N{WOMAN}\u200d\N{PERSONAL COMPUTER}",
        "a\tb\nc",
    ):
        assert clean(text) == text


NAMES = [
    "..", ".", "", "images", "results.jsonl", "summary.json", "a/b", "a-b", "/etc/passwd", "A", "a",
    "x" * 300, "x" * 301, "a\0b", "ä", "a\u0308", "con", "..\\x", "~", "-", "a b", "a.b", "Å", HALF,
    folder_name("a/b"), folder_name(".."),
]  # fmt: skip


def test_every_id_has_a_folder_of_its_own_and_none_is_a_path() -> None:
    folders = [folder_name(name) for name in NAMES]
    assert len({folder.casefold() for folder in folders}) == len(NAMES)
    for folder in folders:
        assert Path(folder).name == folder and folder not in ("images", "..", ".")
        assert len(folder) < 100 and folder.isascii() and folder == folder.lower()
    assert folder_name("login-7") == "login-7"


async def test_samples_called_like_paths_delete_nothing(tmp_path: Path) -> None:
    names = ["..", ".", "images", "results.jsonl", "x" * 300, "../../x", "A", "a"]
    rows = [{**ROW, "id": name} for name in names]
    samples = grounding_samples(write_set(tmp_path, *rows))
    runs = tmp_path / "runs"
    (runs / "earlier").mkdir(parents=True)
    (runs / "earlier" / "notes.txt").write_text("mine")
    down = [True]

    class Server(Pointer):
        async def act(self, observation: Observation) -> Turn:
            if down[-1]:
                raise PolicyFault("down")
            return await super().act(observation)

        def actor(self, goal: str) -> Pointer:
            return Server(self.rule, self.name, goal)

    policy = Server(lambda _: Point(1, 1))
    for is_down in (True, False, False):
        down.append(is_down)
        summary = await evaluate(
            policy, samples, runs / "now", limits=Limits(steps=2), tries=QUICK, workers=3
        )
    assert (summary.cells["all"].n, summary.faults) == (len(names), 0)
    assert (runs / "earlier" / "notes.txt").read_text() == "mine"
    assert len(list((runs / "now" / "images").iterdir())) == 1
    assert sorted(path.name for path in runs.iterdir()) == ["earlier", "now"]


def test_only_a_record_inside_of_the_folder_is_ever_taken_away(tmp_path: Path) -> None:
    folder, other = tmp_path / "runs", tmp_path / "other"
    for each in (folder, other):
        each.mkdir()
        (each / "trajectory.jsonl").write_text("")
    (folder / "link").symlink_to(other)
    (tmp_path / "trajectory.jsonl").write_text("")
    for place in (folder / "..", folder / ".", folder / "link", other):
        with pytest.raises(StorageFault, match="left alone"):
            clear(place, folder)
    assert (folder / "trajectory.jsonl").exists() and (other / "trajectory.jsonl").exists()


class Moody(Corridor):
    """Breaks the first times that it is entered."""

    moods: dict[str, list[Exception]] = {}  # noqa: RUF012
    name = ""

    async def reset(self) -> Observation:
        moods = self.moods.get(self.name, [])
        if moods:
            raise moods.pop(0)
        return await super().reset()


def moody(name: str, *moods: Exception) -> Sample:
    Moody.moods[name] = list(moods)

    def make() -> Environment:
        world = Moody()
        world.name = name
        return world

    return Sample(name, ("room",), {"id": name}, make)


async def test_a_fault_is_played_again_so_often_and_how_often_is_recorded(tmp_path: Path) -> None:
    fault = TaskFault("the site is down")
    samples = [moody("once", fault), moody("thrice", *[fault] * 3), moody("never")]
    policy = Script([Done("there")])
    # One actor plays all of them: what it says does not depend on what it has seen.
    summary = await evaluate(
        policy, samples, tmp_path / "o", limits=Limits(), tries=QUICK, max_faults=1.0
    )
    results = {result.id: result for result in read_results(tmp_path / "o")}
    assert [results[name].score for name in ("once", "thrice", "never")] == [1.0, None, 1.0]
    assert results["once"].broke == ("TaskFault: the site is down",)
    assert len(results["thrice"].broke) == 2 and results["thrice"].fault == "TaskFault"
    assert (summary.broken, summary.kinds, summary.retried) == (1, {"TaskFault": 1}, 2)


async def test_a_mistake_of_the_program_is_one_samples_and_told_aloud(tmp_path: Path) -> None:
    samples = [moody("bug", *[KeyError("oops")] * 3), moody("well"), moody("odd", ValueError("x"))]
    summary = await evaluate(
        Script([Done("there")]), samples, tmp_path / "o", limits=Limits(), tries=QUICK
    )
    results = {result.id: result for result in read_results(tmp_path / "o")}
    assert [results[name].score for name in ("bug", "well", "odd")] == [None, 1.0, 1.0]
    assert results["bug"].fault == "KeyError" and results["bug"].is_mistake
    assert summary.mistakes == 2  # one of them came to nothing, and is told all the same
    assert "KeyError: 'oops'" in (tmp_path / "o" / "mistakes.txt").read_text()
    end = read_trajectory(tmp_path / "o" / "bug").end
    assert end is not None and "in reset" in end.trace


async def test_a_number_with_too_many_faults_is_withheld_between_its_bounds(tmp_path: Path) -> None:
    fault = [PolicyFault("down")] * 9
    samples = [moody(str(n), *(fault if n < 2 else [])) for n in range(8)]
    summary = await evaluate(
        Script([Done("there")]), samples, tmp_path / "o", limits=Limits(), tries=Tries(1)
    )
    numbers = json.loads((tmp_path / "o" / "summary.json").read_text())
    assert numbers == summary.as_json()
    assert numbers["cells"]["all"] == {"mean": None, "low": None, "high": None, "n": 6}
    assert (numbers["believable"], numbers["bounds"]) == (False, [0.75, 1.0])
    assert numbers["faults_by_kind"] == {"PolicyFault": 2}
    why = disbelief(summary)
    assert why is not None and "2 of 8 episodes broke (25%" in why and "75.0%" in why
    again = await evaluate(Script([Done("there")]), samples, tmp_path / "o", limits=Limits(),
                           tries=QUICK, max_faults=0.5)  # fmt: skip
    assert again.is_believable and disbelief(again) is None


def damaged_pictures(tmp_path: Path) -> dict[str, bytes]:
    Image.effect_noise((64, 64), 90).save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    bomb = whole[:16] + (60_000).to_bytes(4) * 2 + whole[24:]
    return {
        "cut": whole[:-900],
        "chunk": whole.replace(b"IDAT", b"IDAZ", 1),
        "bomb": bomb,
        "empty": b"",
        "text": b"<html>",
    }


async def test_damaged_pictures_are_named_and_leave_the_others_alone(tmp_path: Path) -> None:
    damaged = damaged_pictures(tmp_path)
    for name, data in damaged.items():
        (tmp_path / f"{name}.png").write_bytes(data)
    rows = [{**ROW, "id": name, "image": f"{name}.png"} for name in damaged]
    samples = grounding_samples(write_set(tmp_path, ROW, *rows))
    summary = await evaluate(
        Pointer(lambda _: Point(1, 1)), samples, tmp_path / "o", limits=Limits(steps=2)
    )
    assert (summary.cells["all"].n, summary.kinds) == (1, {"InconsistentData": len(damaged)})
    assert summary.mistakes == 0
    for result in read_results(tmp_path / "o")[1:]:
        assert f"{result.id}.png" in result.reason and "entry" in result.reason


async def test_where_no_sample_can_be_used_the_first_one_is_told(tmp_path: Path) -> None:
    data = write_set(tmp_path, {**ROW, "bbox_xyxy": [400, 0, 420, 30]})
    with pytest.raises(InconsistentData, match="40 x 30 px"):
        await evaluate(
            Pointer(lambda _: None), grounding_samples(data), tmp_path / "o", limits=Limits()
        )
    assert read_results(tmp_path / "o")[0].fault == "InconsistentData"


async def test_two_samples_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two samples are called 'a'"):
        await evaluate(
            Script([Done("")]), [moody("a"), moody("a")], tmp_path / "o", limits=Limits()
        )


async def test_an_actor_that_cannot_be_made_is_recorded_and_its_world_closed(
    tmp_path: Path,
) -> None:
    class Refusing(Script):
        def actor(self, goal: str) -> Script:
            raise UsageError("not understood")

    world = Corridor()
    with pytest.raises(UsageError, match="not understood"):
        await rollout(Refusing([]), world, Recorder(tmp_path / "run"))
    assert world.closed == 1
    assert read_trajectory(tmp_path / "run").status == "fault"


async def test_log_ins_that_cannot_be_kept_are_told(tmp_path: Path) -> None:
    class Full(Corridor):
        async def close(self) -> None:
            raise StorageFault("the log-ins could not be written")

    trajectory = await rollout(Script([Done("there")]), Full(), Recorder(tmp_path / "run"))
    assert trajectory.status == "done" and trajectory.end is not None
    assert trajectory.end.score == Score(1.0)
    assert trajectory.unsaved == "the log-ins could not be written"


async def test_an_episode_is_played_anew_without_what_an_earlier_one_left(tmp_path: Path) -> None:
    policy, limits = Script([Wait(0), Done("there")]), Limits()
    for _ in range(2):
        result = await play(policy, moody("a"), tmp_path, "a", limits, QUICK)
        policy.observations.clear()
        assert len(result.trajectory.steps) == 2 and result.tries == 1
