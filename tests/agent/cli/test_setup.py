"""`vigorl-agent setup`: the system is changed only by somebody's leave."""

import json
import os
import pty
import subprocess
import sys

import pytest

from vigorl.agent.run import ModelConfig, RunConfig, run
from vigorl.browser.chromium import BrowserSettings
from vigorl.browser.chromium import _tell_of_no_sandbox as told_of_no_sandbox

NOT_ROOT = os.geteuid() != 0


@pytest.fixture
def bare_machine(tmp_path):
    """The environment of a machine without a browser, and what its apt-get was called with."""
    calls = tmp_path / "calls"
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("apt-get", "sudo"):
        (tools / name).write_text(f'#!/bin/sh\necho "{name} $*" >>"{calls}"\n')
        (tools / name).chmod(0o755)
    environment = {
        "PATH": str(tools),
        "HOME": str(tmp_path),
        "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1",
    }
    return environment, calls


def setup(environment, *options, stdin):
    command = (sys.executable, "-m", "vigorl.agent.cli", "setup", *options)
    return subprocess.run(
        command, env=environment, stdin=stdin, capture_output=True, text=True, timeout=100
    )


def answered(environment, answer):
    """Setup in a terminal in which somebody types the answer."""
    ours, theirs = pty.openpty()
    os.write(ours, answer)
    try:
        return setup(environment, stdin=theirs)
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.browser
def test_nothing_is_installed_where_nobody_can_be_asked(bare_machine):
    environment, calls = bare_machine
    ended = setup(environment, stdin=subprocess.DEVNULL)
    assert ended.returncode == 2
    assert "setup --yes" in ended.stderr and "apt-get install" in ended.stderr
    assert not calls.exists()


@pytest.mark.slow
def test_nothing_is_installed_after_a_no(bare_machine):
    environment, calls = bare_machine
    ended = answered(environment, b"n\n")
    assert ended.returncode == 5 and "apt-get install chromium-headless-shell" in ended.stderr
    assert not calls.exists()


@pytest.mark.slow
def test_a_yes_lets_the_package_manager_work(bare_machine):
    environment, calls = bare_machine
    answered(environment, b"y\n")
    assert "install -y -qq --no-install-recommends chromium-headless-shell" in calls.read_text()


@pytest.mark.slow
@pytest.mark.browser
def test_the_switch_yes_skips_the_question(bare_machine):
    environment, calls = bare_machine
    setup(environment, "--yes", stdin=subprocess.DEVNULL)
    assert "install -y -qq --no-install-recommends chromium-headless-shell" in calls.read_text()


@pytest.mark.browser
async def test_the_state_of_the_sandbox_is_told_once_and_recorded(tmp_path, caplog):
    told_of_no_sandbox.cache_clear()
    config = RunConfig(goal="anything", url="data:text/html,empty", max_steps=1, runs=tmp_path)
    for _ in range(2):
        trajectory = await run(config, ModelConfig("random"))
    told = [record for record in caplog.records if "sandbox off" in record.message]
    assert len(told) == (0 if NOT_ROOT else 1)
    recorded = json.loads((trajectory.folder / "config.json").read_text())
    assert recorded["browser"]["sandbox"] is NOT_ROOT
    assert BrowserSettings(sandbox=False).sandboxed is False
