"""Behaviours counted by rule and by a judge, against labels and sums made by hand."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner

from vigorl.agent.analysis.behaviors import (
    backtracking_in,
    count_behaviors,
    distinct_regions,
    sentences_of,
    subgoals_in,
    verification_in,
)
from vigorl.agent.analysis.judge import read_counts
from vigorl.agent.analysis.report import analyse, mean_count
from vigorl.agent.cli.app import app
from vigorl.agent.evaluation.evaluation import Result
from vigorl.agent.record.trajectory import (
    RECORD,
    EndRecord,
    Seen,
    SeenView,
    StartRecord,
    StepRecord,
    as_json,
    read_trajectory,
)
from vigorl.browser.actions import Action, Back, Click, Done, Zoom, ZoomStyle
from vigorl.browser.environment import Score
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.policy.points import POINT, mentions_in
from vigorl.policy.policy import Turn

LABELLED = [
    json.loads(line)
    for line in Path(__file__).with_name("labelled_steps.jsonl").read_text().splitlines()
]
HELD_OUT = [row for row in LABELLED if row["id"] > 30]
"""The rules were written with the first 30 in sight; these nobody has looked at."""
FRAME = Frame.of_viewport(1280, 720)
ZOOM = Zoom(Box(300, 0, 500, 200), ZoomStyle(504, dot=False, edge="shift", source="optical"))


def found_in(thought: str) -> dict[str, bool]:
    return {
        "subgoal": subgoals_in(thought, mentions_in(thought, FRAME)) > 0,
        "verification": verification_in(thought) > 0,
        "backtracking": backtracking_in(thought) > 0,
    }


def kappa(one: list[bool], other: list[bool]) -> float:
    """Cohen's: agreement beyond chance."""
    n = len(one)
    agree = sum(a == b for a, b in zip(one, other, strict=True)) / n
    share, other_share = sum(one) / n, sum(other) / n
    chance = share * other_share + (1 - share) * (1 - other_share)
    return (agree - chance) / (1 - chance)


@pytest.mark.parametrize(
    ("label", "least"), [("subgoal", 0.72), ("verification", 0.49), ("backtracking", 0.70)]
)
def test_rules_agree_with_labels_by_hand_as_the_results_say(label: str, least: float) -> None:
    by_hand = [row["labels"][label] for row in HELD_OUT]
    assert kappa(by_hand, [found_in(row["thought"])[label] for row in HELD_OUT]) >= least


def test_regions_are_those_that_were_counted_by_hand() -> None:
    for row in LABELLED:
        points = [each.point for each in mentions_in(row["thought"], FRAME) if each.point]
        assert distinct_regions(points, 1280) == row["regions"], row


def test_coordinates_and_decimals_are_not_cut_into_sentences() -> None:
    thought = "The price (410.5, 22) is 3.50. Next, I open it! Done"
    assert [thought[a:b].strip() for a, b in sentences_of(thought)] == [
        "The price (410.5, 22) is 3.50.",
        "Next, I open it!",
        "Done",
    ]


def test_a_point_is_lent_to_one_aim_only() -> None:
    thought = "I need the menu. It is at (30, 20). Then I want to save."
    assert subgoals_in(thought, mentions_in(thought, FRAME)) == 1
    assert len(POINT.findall(thought)) == 1


def write_episode(folder: Path, turns: list[tuple[str, Action]], score: float | None = 1.0) -> Path:
    """A recorded episode, as far as an analysis looks at it."""
    folder.mkdir(parents=True)
    seen = Seen(SeenView("images/aa.jpg", FRAME, "screen"), "", "", (), (), None, False)
    records: list[Any] = [StartRecord("goal", {"policy": "model", "model": "m"}, {}, None, "2026")]
    for index, (thought, action) in enumerate(turns):
        mentions = mentions_in(thought, FRAME)
        points = tuple(each.point for each in mentions if each.point)
        turn = Turn(thought, thought, points, action, mentions=mentions)
        records.append(StepRecord(index, seen, turn, 0.1, 0.1))
    judged = None if score is None else Score(score, "")
    records.append(EndRecord("done", "", None, judged, None, 1.0))
    lines = b"".join(RECORD.dump_json(record) + b"\n" for record in records)
    (folder / "trajectory.jsonl").write_bytes(lines)
    return folder


RICH = [
    ("First I need the search box (640, 52). The logo is at (40, 40).", Click(Point(642, 50))),
    ("The logo (45, 41) is not it; the box now shows my text.", ZOOM),
    ("No, wrong page, I go back.", Back()),
    ("The total (900, 600) is 12 euros.", Done("12")),
]
POOR = [("It is here (100, 100).", Click(Point(700, 100)))]


def test_an_episode_is_summed_up(tmp_path: Path) -> None:
    shown = count_behaviors(read_trajectory(write_episode(tmp_path / "a", RICH)))
    assert shown.counts == {
        "regions": 3,
        "subgoals": 1,
        "verification": 1,
        "backtracking": 2,
        "zooms": 1,
        "points": 4,
    }
    # The click and the answer stand in their thoughts; the zoom is at another place.
    assert (shown.follows, shown.could_follow) == (2, 3)


def evaluation(folder: Path, episodes: dict[str, list[tuple[str, Action]]]) -> Path:
    folder.mkdir()
    lines = []
    for name, turns in episodes.items():
        score = float(name != "wrong")
        write_episode(folder / name, turns, score)
        lines.append(json.dumps(as_json(Result(name, (), score, "", "done", "", 1, 0.1, name))))
    (folder / "results.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def test_evaluations_are_compared_sample_by_sample(tmp_path: Path) -> None:
    one = evaluation(tmp_path / "one", {"a": POOR, "b": POOR, "only": POOR})
    other = evaluation(tmp_path / "other", {"b": RICH, "a": POOR, "wrong": RICH})
    report = analyse([one, other])
    cells = report.differences[0]
    assert cells is not None
    assert (cells["points"].one, cells["points"].other, cells["points"].n) == (1.0, 2.5, 2)
    assert report.summaries[1].by_behavior["points"].mean == 3.0  # of all three
    right = analyse([other], "right").summaries[0]
    assert (right.episodes, right.left_out) == (2, 1)


def test_what_cannot_be_counted_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no episodes in"):
        analyse([tmp_path])
    write_episode(tmp_path / "x" / "a", POOR, None)
    with pytest.raises(UsageError, match="1 episodes broke or are not right"):
        analyse([tmp_path / "x"], "right")


def test_the_interval_of_a_mean_is_that_of_its_resamples() -> None:
    # Means of resamples are Binomial(16, 1/2) / 16, as in the tests of comparisons.
    found = mean_count([0.0] * 8 + [1.0] * 8, [str(n) for n in range(16)])
    assert (found.mean, found.low, found.high) == (0.5, 0.25, 0.75)
    assert mean_count([1.0, 3.0], ["a", "a"]).low is None


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ('{"subgoals": 2, "verification": 0, "backtracking": 1}', (2, 0, 1)),
        ('Sure:\n```json\n{"subgoals": 1, "verification": 1, "backtracking": 0}\n```', (1, 1, 0)),
        ('{"subgoals": true, "verification": 0, "backtracking": 0}', None),
        ('{"subgoals": -1, "verification": 0, "backtracking": 0}', None),
        ('{"subgoals": 1}', None),
        ("none of them", None),
    ],
)
def test_a_verdict_is_read_or_there_is_none(text: str, counts: tuple[int, ...] | None) -> None:
    found = read_counts(text)
    assert (None if found is None else tuple(found.values())) == counts


class Judge(BaseHTTPRequestHandler):
    """A server whose model counts by the length of the question, and once says nothing."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.answer({"data": [{"id": "judge-vl", "object": "model"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        question = body["messages"][-1]["content"]
        self.asked.append(question)
        text = (
            "I would rather not."
            if "wrong page" in question
            else ('{"subgoals": 5, "verification": 0, "backtracking": 0}')
        )
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        self.answer({"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 9}})

    def answer(self, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def judge() -> Iterator[str]:
    Judge.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Judge)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_a_judge_is_asked_once_and_its_silence_is_no_0(judge: str, tmp_path: Path) -> None:
    folder = evaluation(tmp_path / "runs", {"a": POOR, "b": RICH})
    plot = tmp_path / "plot.png"
    command = ["analyze", "behaviors", str(folder), "--judge", judge, "--json"]
    command += ["--verdicts", str(tmp_path / "kept.jsonl"), "--plot", str(plot)]
    for _ in range(2):
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, done.output
        (told,) = json.loads(done.stdout)["folders"]
        # The episode with the step that got no verdict stays out; the other one is what was said.
        assert (told["episodes"], told["unjudged"]) == (1, 1)
        assert told["by_behavior"]["subgoals"]["mean"] == 5.0
    assert len(Judge.asked) == 5  # the second time nothing is asked
    (tmp_path / "kept.jsonl").write_text('{"key": 1}\n')
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2 and "line 1: no verdict" in done.stderr
    assert plot.read_bytes().startswith(b"\x89PNG")
