"""Evaluations on a Ray cluster of several nodes, whose workers and nodes die: `make test-scale`.

Each node has an address, cores and processes of its own, on this machine.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.agent.workers.ray_nodes import TRACE, Cluster, Node, ray_cluster

pytest.importorskip("ray", reason="Ray is an extra: make test-scale")
pytestmark = [pytest.mark.scale, pytest.mark.browser]

POLICY = '''
"""Clicks where the goal's hash says, and is done; notes the node that it plays on."""
import hashlib, os
from vigorl.browser.actions import Click, Done
from vigorl.browser.geometry import Point
from vigorl.policy.policy import Turn


class Cheap:
    name, acts_on_marks, needs_instructions, goal, turns = "cheap", False, False, "", 0

    def actor(self, goal):
        actor = Cheap()
        actor.goal = goal
        return actor

    def describe(self):
        return {"policy": self.name}

    async def act(self, observation):
        self.turns += 1
        if self.turns == 1 and "PLAYED" in os.environ:
            with open(os.environ["PLAYED"], "a") as file:
                file.write(f"{os.getppid()}\\n")
        if self.turns == 5:
            return Turn("", "", (), Done("done"))
        drawn = hashlib.sha256(f"{self.goal} {self.turns}".encode()).digest()
        return Turn("", "", (), Click(Point(5 + drawn[0] % 150, 50 + drawn[1] % 155)))

    async def close(self):
        pass


def open_cheap(config):
    return Cheap()
'''
TASKS = {
    "miniwob": "click-test click-color click-shades circle-center focus-text click-tab "
    "click-link click-option".split(),
    "tasks": "login search form table modal todo tabs settings".split(),
}
"""Of eight kinds each, four seeds."""
MUST_BE_EQUAL = "id cells score why status reason steps by_other_rules broke is_mistaken".split()

Rows = dict[str, dict[str, Any]]


class Evaluations:
    """Runs the command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "cheap.py").write_text(POLICY)
        self.played = folder / "played"
        self.said = folder / "said"
        self.token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "5c" * 32}
        self._local: dict[str, Rows] = {}
        self.variables = {"PYTHONPATH": str(folder), "PLAYED": str(self.played), **self.token}

    @contextmanager
    def started(
        self, name: str, benchmark: str, *options: str, seeds: int = 4
    ) -> Iterator["subprocess.Popen[bytes]"]:
        command = [sys.executable, "-m", "vigorl", "eval", benchmark, "--model", "cheap:open_cheap"]
        command += [word for task in TASKS[benchmark] for word in ("--task", task)]
        command += ["--seeds", str(seeds), "--out", str(self.folder / name), *options]
        environment = {**os.environ, **self.variables, "COLUMNS": "200"}
        with self.said.open("wb") as said:
            running = subprocess.Popen(
                command, env=environment, cwd=self.folder, stdout=said, stderr=said
            )
        try:
            yield running
        finally:
            running.kill()
            running.wait()

    def wait_for(self, name: str, lines: int, running: "subprocess.Popen[bytes]") -> None:
        """Until so many results are there."""
        path = self.folder / name / "results.jsonl"
        while not path.is_file() or path.read_bytes().count(b"\n") < lines:
            assert running.poll() is None, self.said.read_text()
            time.sleep(0.05)

    def end(self, running: "subprocess.Popen[bytes]", code: int = 0) -> None:
        assert running.wait(timeout=900) == code, self.said.read_text()

    def play(self, name: str, benchmark: str, *options: str, **settings: Any) -> Rows:
        with self.started(name, benchmark, *options, **settings) as running:
            self.end(running)
        return self.rows(name)

    def local(self, benchmark: str, seeds: int = 4) -> Rows:
        """What local workers come to, in the first seeds of each task."""
        known = self._local.get(benchmark, {})
        if len(known) < 8 * seeds:
            options = ("--workers", "4")
            known = self.play(f"here-{benchmark}-{seeds}", benchmark, *options, seeds=seeds)
            assert len(known) == 8 * seeds
            assert None not in {row["score"] for row in known.values()}
            self._local[benchmark] = known
        first = sorted({int(name.rpartition(":")[2]) for name in known})[:seeds]
        return {name: row for name, row in known.items() if int(name.rpartition(":")[2]) in first}

    def rows(self, name: str) -> Rows:
        """Results by sample, each of which has one line."""
        lines = (self.folder / name / "results.jsonl").read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        assert len({row["id"] for row in rows}) == len(rows)
        return {row["id"]: {key: row.get(key) for key in MUST_BE_EQUAL} for row in rows}


@pytest.fixture(scope="module")
def evaluations(tmp_path_factory: pytest.TempPathFactory) -> Evaluations:
    return Evaluations(tmp_path_factory.mktemp("scale"))


@pytest.fixture(scope="module")
def cluster(
    evaluations: Evaluations, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    folder = Path(f"/tmp/vigorl-scale-{os.getpid()}")  # paths of sockets are short
    with ray_cluster(folder, **evaluations.variables) as cluster:
        yield cluster
    gone = time.monotonic() + 20
    while (left := left_of(str(folder))) and time.monotonic() < gone:
        time.sleep(0.2)
    assert not left


def left_of(trace: str) -> list[str]:
    """Command lines of processes that a cluster or a command has started."""
    found = []
    for each in psutil.process_iter():
        try:
            if each.environ().get(TRACE) == trace and each.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(each.cmdline())[:120])
        except psutil.Error:
            continue
    return found


@pytest.fixture
def nodes(cluster: Cluster, evaluations: Evaluations) -> Iterator[list[Node]]:
    """Two nodes of a core each."""
    evaluations.played.write_text("")
    added = [cluster.add(1), cluster.add(1)]
    yield added
    for node in added:
        node.end()


def on_cluster(cluster: Cluster, workers: int = 2) -> tuple[str, ...]:
    return "--ray", cluster.address, "--processes", str(workers)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("benchmark", TASKS)
def test_two_nodes_come_to_what_local_workers_come_to(
    benchmark: str,
    cluster: Cluster,
    nodes: list[Node],
    evaluations: Evaluations,
) -> None:
    rows = evaluations.play(f"spread-{benchmark}", benchmark, *on_cluster(cluster))
    assert len(set(evaluations.played.read_text().split())) == 2  # nodes
    assert rows == evaluations.local(benchmark)
    marks = list((evaluations.folder / f"spread-{benchmark}").glob(".seen-by-workers-*"))
    assert not marks


@pytest.mark.timeout(900)
def test_a_worker_that_is_killed_loses_nothing(
    cluster: Cluster, nodes: list[Node], evaluations: Evaluations
) -> None:
    with evaluations.started("killed", "tasks", *on_cluster(cluster), seeds=2) as running:
        evaluations.wait_for("killed", 4, running)
        nodes[0].workers()[0].kill()
        evaluations.end(running)
    assert evaluations.rows("killed") == evaluations.local("tasks", 2)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "silent"])
def test_a_node_that_is_gone_is_replaced_by_another_with_room(
    how: signal.Signals,
    cluster: Cluster,
    nodes: list[Node],
    evaluations: Evaluations,
) -> None:
    name = f"room-{how.name}"
    spare = cluster.add(1)
    try:
        with evaluations.started(name, "tasks", *on_cluster(cluster), seeds=2) as running:
            evaluations.wait_for(name, 4, running)
            (lost, *_) = [node for node in (*nodes, spare) if node.workers()]
            lost.tell(how)
            evaluations.end(running)
    finally:
        spare.end()
    assert evaluations.rows(name) == evaluations.local("tasks", 2)


@pytest.mark.timeout(900)
def test_a_node_that_is_gone_without_room_leaves_its_episodes_to_the_others(
    cluster: Cluster, nodes: list[Node], evaluations: Evaluations
) -> None:
    with evaluations.started("full", "tasks", *on_cluster(cluster), seeds=2) as running:
        evaluations.wait_for("full", 4, running)
        nodes[0].tell(signal.SIGKILL)
        evaluations.end(running)
    assert evaluations.rows("full") == evaluations.local("tasks", 2)


@pytest.mark.timeout(900)
def test_when_no_node_is_left_the_rest_are_faults_and_is_played_later(
    cluster: Cluster, nodes: list[Node], evaluations: Evaluations
) -> None:
    with evaluations.started("none", "tasks", *on_cluster(cluster), seeds=2) as running:
        evaluations.wait_for("none", 4, running)
        for node in nodes:
            node.tell(signal.SIGKILL)
        evaluations.end(running, code=5)
    assert "no worker is left" in (evaluations.folder / "none" / "results.jsonl").read_text()
    rows = evaluations.rows("none")
    assert len(rows) == 16
    played = {name: row for name, row in rows.items() if row["status"] != "fault"}
    assert 4 <= len(played) < 16
    assert played == {name: evaluations.local("tasks", 2)[name] for name in played}
    assert all(row["score"] is None for row in rows.values() if row["status"] == "fault")

    with evaluations.started("none", "tasks", "--workers", "4", seeds=2) as running:
        evaluations.end(running)
    lines = (evaluations.folder / "none" / "results.jsonl").read_text().splitlines()
    last = {row["id"]: row for row in map(json.loads, lines)}
    assert {name: row["score"] for name, row in last.items()} == {
        name: row["score"] for name, row in evaluations.local("tasks", 2).items()
    }


@pytest.mark.timeout(900)
@pytest.mark.parametrize("is_killed", [False, True], ids=["to its end", "killed"])
def test_a_ray_of_this_machine_alone_ends_with_its_evaluation(
    is_killed: bool,
    evaluations: Evaluations,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = f"alone-{is_killed}"
    monkeypatch.setenv(TRACE, name)
    with evaluations.started(name, "tasks", "--ray", "--processes", "2", seeds=1) as running:
        evaluations.wait_for(name, 2, running)
        assert any("raylet" in line for line in left_of(name))
        if not is_killed:
            evaluations.end(running)
    rows = evaluations.rows(name)
    assert rows == {each: evaluations.local("tasks", 2)[each] for each in rows}
    assert is_killed or len(rows) == 8
    gone = time.monotonic() + 60
    while (left := left_of(name)) and time.monotonic() < gone:
        time.sleep(0.2)
    assert not left
