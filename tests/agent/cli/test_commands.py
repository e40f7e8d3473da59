"""The command as a person or a script meets it: a process, its output, its exit code."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import pytest

from vigorl.agent.record.trajectory import read_trajectory

PAGE = """<!doctype html><title>Kettles</title>
<style>body { font: 20px sans-serif; margin: 40px } button { font: inherit; padding: 8px 20px }
label { display: block; margin: 24px 0 } input { font: inherit; padding: 6px 10px; width: 300px }
</style>
<h1>Kettles and pots</h1>
<label>Your name <input id="who" placeholder="Name"></label>
<button onclick="out.textContent = 'Welcome, ' + who.value">Greet</button>
<p id="out"></p>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text(PAGE)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "vigorl.agent.cli", *map(str, arguments)]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=100)


@pytest.mark.browser
def test_a_task_in_words_is_done_recorded_and_shown(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goal = 'type "Ada" into "Your name", click "Greet", wait until you see "Welcome, Ada"'
    done = run("run", goal, "--url", site, "--json", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["status"], result["score"]) == ("done", None)
    assert result["verified"] in (None, True)
    folder = Path(result["trajectory"])
    recorded = read_trajectory(folder)
    assert len(recorded.steps) == result["steps"]
    assert (folder / "filmstrip.png").is_file()
    monkeypatch.setenv("BROWSER", "echo")
    shown = run("show", folder, "--open")
    assert shown.returncode == 0
    assert "Ada" in shown.stdout and str(folder / "index.html") in shown.stdout.replace("\n", "")
    assert (folder / "index.html").as_uri() in shown.stdout
    compared = run("show", folder, folder, "--json")
    page = Path(json.loads(compared.stdout)["page"])
    assert page.parent == folder and page.read_text().count('class="step') >= 2


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "goal",
    [
        "organise my holidays as cheaply as possible and surprise me",
        "find the opening hours",
        'click "Contact", then find the cheapest tent',
    ],
)
def test_what_reader_cannot_do_is_refused_before_anything_starts(tmp_path: Path, goal: str) -> None:
    done = run("run", goal, "--url", "http://127.0.0.1:9/", "--json", "--out", tmp_path / "runs")
    assert done.returncode == 2, done.stderr
    assert "is not understood" in json.loads(done.stdout)["reason"]
    assert not (tmp_path / "runs").exists()


def test_a_dry_run_prints_the_steps_that_are_understood(tmp_path: Path) -> None:
    goal = 'type "kettle" into "Search", press Enter; open the second result'
    done = run("run", goal, "--dry-run", "--json", "--out", tmp_path / "runs")
    assert done.returncode == 0, done.stderr
    steps = json.loads(done.stdout)["steps"]
    assert steps[0] == 'type "kettle" into "Search"' and len(steps) == 3
    assert "  2  press Enter" in done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_mistake_of_ours_is_told_as_one_with_its_trace_in_a_file(tmp_path: Path) -> None:
    program = (
        "import sys, vigorl.agent.run as run\n"
        "def broken(*_): raise KeyError('oven')\n"
        "run.require_runnable = broken\n"
        "from vigorl.agent.cli import main\n"
        "sys.argv = ['vigorl-agent', 'run', 'click \"x\"', '--url', 'http://x', '--json',"
        " '--api-key', 'sesame']\n"
        "main()"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 70, done.stderr
    assert json.loads(done.stdout)["status"] == "bug"
    assert "Traceback" not in done.stderr
    (trace,) = tmp_path.glob("vigorl-bug-*.txt")
    assert str(trace) in done.stderr
    assert "KeyError: 'oven'" in trace.read_text() and "sesame" not in trace.read_text()


def test_an_error_that_a_library_makes_of_ctrl_c_is_an_interruption() -> None:
    program = (
        "import os, signal, sys, time, vigorl.agent.secret_sources as sources\n"
        "def compiled(*_):\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        time.sleep(5)\n"
        "    except KeyboardInterrupt:\n"
        "        raise ValueError('could not be built')\n"
        "sources.read_secrets = compiled\n"
        "from vigorl.agent.cli import main\n"
        "sys.argv = ['vigorl-agent', 'run', 'click \"x\"', '--url', 'http://x']\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "interrupted  stopped\n")


def test_a_goal_that_is_no_text_is_refused() -> None:
    arguments = [*map(os.fsencode, command("run")), b'click "\xff"', b"--url", b"http://x"]
    done = subprocess.run(arguments, capture_output=True, timeout=100)
    assert done.returncode == 2
    assert b"not UTF-8" in done.stderr


@pytest.mark.browser
def test_ctrl_c_at_any_moment_of_the_start_ends_it_in_a_word(site: str, tmp_path: Path) -> None:
    for pause_s in (0.05, 0.3, 0.6, 1.0, 1.4, 1.8, 2.4):
        process = subprocess.Popen(
            command("run", 'click "Greet", wait 60 seconds', "--url", site, "--out", tmp_path),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a terminal sends Ctrl-C to all of a group
        )
        time.sleep(pause_s)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        is_python_up = "interrupted" in errors or "vigorl" in errors
        if not is_python_up or errors.startswith("Fatal Python error"):
            continue  # Python itself was still starting
        assert process.returncode == 130, (pause_s, errors)
        assert "Traceback" not in errors, pause_s


@pytest.mark.one_in(8)
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "nothing to do"),
        (["run", 'click "x"'], "--url"),
        (["run", "--task", "login", "--url", "http://x"], "leave out --url"),
        (["run", 'click "x"', "--url", "http://x", "--told", "goal"], "--prompt"),
        (["run", 'click "x"', "--url", "http://x", "--verify", "same"], "second look"),
        (["run", "x", "--viewport", "big"], "1280x720"),
        (["run", 'click "x"', "--url", "http://x", "--allow", "http://a.b/"], "host alone, as a.b"),
        (["eval", "tasks", "--seeds", "1", "--deny", "a.b:0"], "a port is a number"),
        (["run", "--task", "logn"], "login"),
        (["run", "x", "--storage-state", "/no/such.json"], "/no/such.json"),
        (["run", "x", "--url", "http://x", "--model", "/no/such/model"], "/no/such/model"),
        (["show", "/no/such/run"], "no trajectory"),
        (["show", "one", "two", "three"], "or two to compare"),
        (["show", "one", "two", "--gif"], "an animation shows one run"),
        (["eval", "grounding", "--data", "/no/such"], "manifest.json"),
    ],
)
def test_a_wrong_request_says_what_to_change(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_server_that_does_not_answer_is_a_fault_that_names_it(tmp_path: Path) -> None:
    done = run(
        "run",
        "x",
        "--url",
        "http://x",
        "--model",
        "http://127.0.0.1:9/v1",
        "--json",
        "--out",
        tmp_path,
    )
    assert done.returncode == 5
    result = json.loads(done.stdout)
    assert result["status"] == "fault"
    assert "127.0.0.1:9" in result["reason"]


@pytest.mark.browser
@pytest.mark.parametrize(
    "number",
    [
        signal.SIGHUP,
        *(pytest.param(each, marks=pytest.mark.slow) for each in (signal.SIGINT, signal.SIGTERM)),
    ],
)
def test_a_stopped_run_is_recorded_and_leaves_no_process(
    site: str, tmp_path: Path, number: signal.Signals
) -> None:
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("it is ignored here, as under nohup, and so by what is started")
    goal = 'click "Greet", wait 60 seconds'
    process = subprocess.Popen(
        command("run", goal, "--url", site, "--json", "--out", tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    family = []
    for _ in range(600):
        time.sleep(0.1)
        lines = list(tmp_path.glob("*/trajectory.jsonl"))
        if lines and len(lines[0].read_text().splitlines()) >= 3:
            family = psutil.Process(process.pid).children(recursive=True)
            break
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert family, errors
    assert process.returncode == 130, errors
    result = json.loads(output)
    assert result["status"] == "interrupted"
    recorded = read_trajectory(Path(result["trajectory"]))
    assert (recorded.status, len(recorded.steps)) == ("interrupted", result["steps"])
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
