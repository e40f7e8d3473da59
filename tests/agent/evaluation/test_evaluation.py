"""Evaluation: the same loop over many samples, one table, and sets that are broken."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vigorl.agent.benchmarks.grounding import grounding_samples
from vigorl.agent.evaluation.evaluation import Result, evaluate, read_results
from vigorl.agent.evaluation.report import plain_report
from vigorl.agent.evaluation.tries import Tries
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.agent.rollout import Limits
from vigorl.browser.actions import Click, GiveUp
from vigorl.browser.errors import BrowserDied, InconsistentData, PolicyFault, UsageError
from vigorl.browser.geometry import Point
from vigorl.browser.observation import Observation
from vigorl.browser.run_folder import claimed
from vigorl.policy.policy import Turn
from vigorl.policy.usage import Usage

ROW = {
    "id": "a/1",
    "image": "one.png",
    "instruction": "the left half",
    "bbox_xyxy": [0, 0, 20, 20],
    "ui_type": "text",
}


@dataclass
class Pointer:
    """Clicks where a rule says, by the goal."""

    rule: Callable[[str], Point | None]
    name: str = "pointer"
    goal: str = ""
    acts_on_marks = False

    def actor(self, goal: str) -> "Pointer":
        return Pointer(self.rule, self.name, goal)

    def describe(self) -> dict[str, Any]:
        return {"name": self.name}

    async def act(self, observation: Observation) -> Turn:
        point = self.rule(self.goal)
        return Turn("", "", (), Click(point) if point else GiveUp("nothing there"))

    async def close(self) -> None:
        return None


def write_set(folder: Path, *rows: dict[str, Any]) -> Path:
    Image.new("RGB", (40, 30), "white").save(folder / "one.png")
    (folder / "manifest.json").write_text(json.dumps(rows))
    return folder


async def test_a_click_on_the_border_counts_and_cells_are_kept_apart(tmp_path: Path) -> None:
    rows = [
        ROW,
        {**ROW, "id": 2, "ui_type": "icon", "instruction": "border"},
        {**ROW, "id": 3, "ui_type": "icon", "instruction": "none"},
    ]
    places = {"the left half": Point(3, 3), "border": Point(20, 20), "none": None}
    data = write_set(tmp_path, *rows)
    policy, results = Pointer(lambda goal: places[goal]), []
    summary = await evaluate(
        policy,
        grounding_samples(data),
        tmp_path / "out",
        limits=Limits(steps=2),
        workers=2,
        on_result=results.append,
    )
    cells = summary.as_json()["cells"]
    assert (cells["text"]["mean"], cells["text"]["n"]) == (1.0, 1)
    assert (cells["icon"]["mean"], cells["icon"]["n"]) == (0.5, 2)
    assert (cells["all"]["mean"], cells["all"]["n"]) == (pytest.approx(2 / 3), 3)
    assert set(cells["all"]) == {"mean", "low", "high", "n"}
    assert json.loads((tmp_path / "out" / "summary.json").read_text()) == summary.as_json()
    assert len((tmp_path / "out" / "results.jsonl").read_text().splitlines()) == 3
    trajectory = read_trajectory(tmp_path / "out" / results[0].trajectory)
    seen = trajectory.steps[0].seen.view
    assert seen is not None
    assert trajectory.view(seen).picture.width_px == 40
    assert len(list((tmp_path / "out" / "images").iterdir())) == 1


async def test_a_fault_is_counted_apart_and_stays_out_of_the_mean(tmp_path: Path) -> None:
    class Broken(Pointer):
        async def act(self, observation: Observation) -> Turn:
            raise BrowserDied("gone")

        def actor(self, goal: str) -> Pointer:
            return self if goal == "x" else Pointer(lambda _: Point(1, 1))

    data = write_set(tmp_path, ROW, {**ROW, "id": "b", "instruction": "x"})
    samples = grounding_samples(data)
    summary = await evaluate(
        Broken(lambda _: None), samples, tmp_path / "out", limits=Limits(steps=2)
    )
    assert (summary.cells["all"].mean, summary.cells["all"].n, summary.faults) == (1.0, 1, 1)


async def test_what_a_fault_has_ended_is_played_again(tmp_path: Path) -> None:
    is_down = True
    played: list[str] = []

    class Server(Pointer):
        async def act(self, observation: Observation) -> Turn:
            if is_down and self.goal == "x":
                raise PolicyFault("the server is down")
            return await super().act(observation)

        def actor(self, goal: str) -> Pointer:
            played.append(goal)
            return Server(self.rule, self.name, goal)

    data = write_set(tmp_path, ROW, {**ROW, "id": "b", "instruction": "x"})
    samples, policy, out = grounding_samples(data), Server(lambda _: Point(1, 1)), tmp_path / "o"
    summary = await evaluate(policy, samples, out, limits=Limits(steps=2))
    assert (summary.cells["all"].n, summary.faults) == (1, 1)
    is_down = False
    played.clear()
    summary = await evaluate(policy, samples, out, limits=Limits(steps=2))
    assert (summary.cells["all"].n, summary.faults, played) == (2, 0, ["x"])
    assert [result.score for result in read_results(out)] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{**ROW, "bbox_xyxy": [9, 0, 3, 4]}], "left < right"),
        ([{**ROW, "image": "gone.png"}], "no image 'gone.png'"),
        ([{**ROW, "ui_type": "picture"}], "ui_type"),
        ([{key: ROW[key] for key in ("id", "image")}], "instruction"),
        ([ROW, ROW], "twice"),
    ],
)
def test_a_broken_set_names_the_entry_and_the_problem(
    tmp_path: Path, rows: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        grounding_samples(write_set(tmp_path, *rows))


async def test_a_box_outside_of_its_image_is_refused(tmp_path: Path) -> None:
    data = write_set(tmp_path, {**ROW, "bbox_xyxy": [400, 0, 420, 30]})
    with pytest.raises(InconsistentData, match="40 x 30 px"):
        await evaluate(
            Pointer(lambda _: None), grounding_samples(data), tmp_path / "o", limits=Limits()
        )


async def test_an_evaluation_does_not_overwrite_another(tmp_path: Path) -> None:
    data = write_set(tmp_path, ROW)
    samples, out = grounding_samples(data), tmp_path / "o"
    policy = Pointer(lambda _: Point(1, 1))
    await evaluate(policy, samples, out, limits=Limits())
    before = (out / "results.jsonl").read_bytes()
    for other, limits, words in (
        (Pointer(policy.rule, name="other"), Limits(), r"another policy \(a/1: name"),
        (policy, Limits(steps=3), r"another set of limits \(a/1: steps\)"),
    ):
        with pytest.raises(UsageError, match=f"{words}.*choose another --out"):
            await evaluate(other, samples, out, limits=limits)
    changed = {**ROW, "bbox_xyxy": [0, 0, 20, 21]}
    with pytest.raises(UsageError, match=r"another task \(a/1: bbox_xyxy\)"):
        samples = grounding_samples(write_set(tmp_path, changed))
        await evaluate(policy, samples, out, limits=Limits())
    with pytest.raises(UsageError, match=r"other samples \(a/1\)"):
        samples = grounding_samples(write_set(tmp_path, {**ROW, "id": "b"}))
        await evaluate(policy, samples, out, limits=Limits())
    (sample,) = grounding_samples(write_set(tmp_path, ROW))
    with pytest.raises(UsageError, match="was told something else"):
        told = [replace(sample, instruction="step by step")]
        await evaluate(policy, told, out, limits=Limits())
    assert (out / "results.jsonl").read_bytes() == before


async def test_two_processes_do_not_evaluate_into_one_folder(tmp_path: Path) -> None:
    samples, out = grounding_samples(write_set(tmp_path, ROW)), tmp_path / "o"
    policy = Pointer(lambda _: Point(1, 1))
    await evaluate(policy, samples, out, limits=Limits())
    with claimed(out, "x"), pytest.raises(UsageError, match="another process is evaluating"):
        await evaluate(policy, samples, out, limits=Limits())


async def test_an_evaluation_goes_on_to_the_summary_it_would_have_had(tmp_path: Path) -> None:
    data = write_set(tmp_path, *({**ROW, "id": n, "instruction": str(n)} for n in range(7)))
    samples = grounding_samples(data)
    whole = Pointer(lambda goal: Point(3 if int(goal) % 2 else 30, 3))
    played: list[str] = []

    class Stopping(Pointer):
        """Its process is stopped in its fifth episode."""

        async def act(self, observation: Observation) -> Turn:
            if self.goal == "4":
                running.cancel()
                await asyncio.sleep(60)
            return await super().act(observation)

        def actor(self, goal: str) -> Pointer:
            played.append(goal)
            return Stopping(self.rule, self.name, goal)

    class Counting(Pointer):
        def actor(self, goal: str) -> Pointer:
            played.append(goal)
            return super().actor(goal)

    out, limits = tmp_path / "stopped", Limits(steps=2)
    running = asyncio.ensure_future(evaluate(Stopping(whole.rule), samples, out, limits=limits))
    with pytest.raises(asyncio.CancelledError):
        await running
    assert read_trajectory(out / "4").status == "interrupted"
    assert len(read_results(out)) == 4
    with (out / "results.jsonl").open("ab") as lines:
        lines.write(b'{"id": "4", "cel')  # as a kill would leave it
    assert len(read_results(out)) == 4
    played.clear()
    seen: list[Result] = []
    summary = await evaluate(
        Counting(whole.rule), samples, out, limits=limits, on_result=seen.append
    )
    assert played == ["4", "5", "6"]
    assert [result.id for result in seen] == [str(n) for n in range(7)]
    expected = await evaluate(whole, samples, tmp_path / "whole", limits=limits)
    assert summary.cells == expected.cells
    assert (summary.cells["all"].mean, summary.cells["all"].n) == (pytest.approx(3 / 7), 7)
    assert [result.score for result in read_results(out)] == [
        result.score for result in read_results(tmp_path / "whole")
    ]
    assert read_trajectory(out / "4").status == "done"


async def test_tokens_and_cost_count_tries_that_broke_also_those_of_an_earlier_start(
    tmp_path: Path,
) -> None:
    failures = 4

    class Paid(Pointer):
        def actor(self, goal: str) -> Pointer:
            return Paid(self.rule, self.name, goal)

        async def act(self, observation: Observation) -> Turn:
            nonlocal failures
            turn = replace(
                await super().act(observation),
                prompt_token_count=100,
                cached_token_count=60,
                sampled_token_count=10,
                cost_usd=0.25,
            )
            if failures and observation.events:
                failures -= 1
                raise PolicyFault("the server is down")
            return turn if observation.events else replace(turn, action=None, error="again")

    samples = grounding_samples(write_set(tmp_path, ROW))
    policy, out = Paid(lambda _: Point(1, 1)), tmp_path / "out"
    limits, tries = Limits(steps=3), Tries(count=3, first_pause_s=0)
    broken = await evaluate(policy, samples, out, limits=limits, tries=tries)
    assert (broken.broken, broken.usage) == (1, Usage(300, 180, 30, 0.75))
    whole = await evaluate(policy, samples, out, limits=limits, tries=tries)
    # one more try that broke, and one with two turns
    assert (whole.broken, whole.usage) == (0, Usage(600, 360, 60, 1.5))
    assert read_results(out)[0].usage == whole.usage
    assert whole.as_json()["usage"]["cost_usd"] == 1.5
    notes = " · ".join(plain_report(whole, "x").notes)
    assert "600 prompt tokens (360 cached) · 60 sampled · $1.50" in notes


async def test_what_a_policy_learns_as_it_plays_does_not_keep_an_evaluation_from_going_on(
    tmp_path: Path,
) -> None:
    class Learning(Pointer):
        def describe(self) -> dict[str, Any]:
            return {"name": self.name, "left_out": {self.goal: "refused"}}

    samples = grounding_samples(write_set(tmp_path, ROW))
    for goal in ("", "what the server has refused by now"):
        policy = Learning(lambda _: Point(1, 1), goal=goal)
        await evaluate(policy, samples, tmp_path / "out", limits=Limits(steps=2))
    other = Learning(lambda _: Point(1, 1), name="other")
    with pytest.raises(UsageError, match="policy"):
        await evaluate(other, samples, tmp_path / "out", limits=Limits(steps=2))


async def test_a_record_from_before_a_limit_existed_goes_on(tmp_path: Path) -> None:
    samples = grounding_samples(write_set(tmp_path, ROW))
    policy, out = Pointer(lambda _: Point(1, 1)), tmp_path / "out"
    await evaluate(policy, samples, out, limits=Limits(steps=2))
    (record,) = out.glob("*/trajectory.jsonl")
    record.write_text(record.read_text().replace('"cost_usd":null,"malformed"', '"malformed"'))
    assert "cost_usd" not in record.read_text().splitlines()[0]
    await evaluate(policy, samples, out, limits=Limits(steps=2))
    with pytest.raises(UsageError, match="limits"):
        await evaluate(policy, samples, out, limits=Limits(steps=2, cost_usd=1))
