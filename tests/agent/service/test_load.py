"""The service under load, as `benchmarks/service.py` measures it; OpenEnv's own client on it."""

import asyncio
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from vigorl.agent.service.service_config import ServiceConfig
from vigorl.agent.service.serving import served_environments

ROOT = Path(__file__).parents[3]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.timeout(900)
def test_killed_browsers_are_faults_and_neither_memory_nor_processes_are_left() -> None:
    asked = ["--sessions", "8", "--seconds", "120", "--kill-every", "30"]
    script = ROOT / "benchmarks/service.py"
    done = subprocess.run(
        [sys.executable, script, *asked], capture_output=True, text=True, timeout=800
    )
    assert done.returncode == 0, done.stdout + done.stderr  # no mistakes, no process left
    counts = dict(re.findall(r"^(scored|fault: \w+) +(\d+)$", done.stdout, re.MULTILINE))
    assert int(counts.pop("scored")) > 0
    assert counts, "nobody met a fault, though browsers were killed"
    middle, last = map(float, re.findall(r"service itself (\d+) MB", done.stdout))
    assert last < 1.1 * middle + 5, done.stdout


@pytest.mark.network
@pytest.mark.timeout(900)
@pytest.mark.asyncio(loop_scope="session")
async def test_openenvs_own_client_plays_on_it(tmp_path: Path) -> None:
    venv.create(tmp_path / "openenv", with_pip=True)
    python = tmp_path / "openenv/bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", "openenv==0.10.0"], check=True)
    token = "a token of this test"
    script = Path(__file__).with_name("openenv_client.py")
    async with served_environments(ServiceConfig(port=0, environment=["tasks"]), token) as served:
        played = await asyncio.create_subprocess_exec(
            *(python, "-W", "ignore", script, served.url, token), stdout=subprocess.PIPE
        )
        said, _ = await played.communicate()
    assert (played.returncode, said) == (0, b"played\n")
