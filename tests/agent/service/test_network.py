"""A service and an evaluation in two network namespaces, with a line between them that is cut."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from vigorl.agent.evaluation.results import read_results

TOKEN = "a token of this test"
CUT_S = 10.0

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("ip"),
        reason="only root makes network namespaces (apt-get install iproute2)",
    ),
]


@dataclass(frozen=True)
class Line:
    """Two namespaces, `10.77.9.1` and `10.77.9.2`, and the line between them."""

    near: str
    far: str

    @contextmanager
    def started(self, namespace: str, *words: str, cwd: Path) -> Iterator["subprocess.Popen[str]"]:
        command = ["ip", "netns", "exec", namespace, sys.executable, "-m", "vigorl", *words]
        env = {**os.environ, "VIGORL_ENVS_TOKEN": TOKEN, "COLUMNS": "300"}
        with subprocess.Popen(
            command, cwd=cwd, env=env, text=True, stdout=subprocess.PIPE
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def switch(self, state: str) -> None:
        ip("-n", self.far, "link", "set", "far", state)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@contextmanager
def line() -> Iterator[Line]:
    near, far = (f"vigorl-{os.getpid()}-{side}" for side in ("near", "far"))
    with ExitStack() as stack:
        for namespace in (near, far):
            ip("netns", "add", namespace)
            stack.callback(ip, "netns", "del", namespace)
            ip("-n", namespace, "link", "set", "lo", "up")
        ip("link", "add", "near", "netns", near, "type", "veth", "peer", "far", "netns", far)
        for namespace, device, host in ((near, "near", 1), (far, "far", 2)):
            ip("-n", namespace, "addr", "add", f"10.77.9.{host}/24", "dev", device)
            ip("-n", namespace, "link", "set", device, "up")
        yield Line(near, far)


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines()) if path.exists() else 0


@pytest.mark.timeout(900)
def test_a_line_that_is_cut_for_ten_seconds_costs_no_episode(tmp_path: Path) -> None:
    serve = ["--host", "10.77.9.1", "--environment", "miniwob", "--places", "4"]
    chosen = ["--task", "click-test-2", "--seeds", "24", "--model", "random", "--workers", "4"]
    where = ["--envs", "http://10.77.9.1:8940", "--out", "out"]
    results = tmp_path / "out" / "results.jsonl"
    with (
        line() as cable,
        cable.started(cable.near, "envs", "serve", *serve, cwd=tmp_path) as service,
    ):
        assert service.stdout is not None and "ready" in service.stdout.readline()
        with cable.started(cable.far, "eval", "miniwob", *chosen, *where, cwd=tmp_path) as playing:
            while lines_of(results) < 4 and playing.poll() is None:
                time.sleep(0.1)
            cable.switch("down")
            before = lines_of(results)
            time.sleep(CUT_S)
            during = lines_of(results)
            cable.switch("up")
            assert playing.wait(600) == 0
        service.terminate()
        assert service.wait(60) == 0
    assert during - before <= 4, "the line was not cut"
    found = read_results(tmp_path / "out")
    assert len(found) == 24 > during
    assert [each.id for each in found if each.score is None] == []
    assert [why for each in found for why in each.broke if "ServiceFault" in why] == []
