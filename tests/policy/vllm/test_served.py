"""A server that `vigorl-agent serve` has started, against the local engine: `make test-vllm`."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

pytest.importorskip("vllm", reason="vLLM has an environment of its own: make test-vllm")

from tests.policy.vllm.episodes import compared, family_of_folder
from vigorl.browser.errors import PolicyFault
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.policy.backend import Sampling
from vigorl.policy.factory import open_model
from vigorl.policy.local.network import Network
from vigorl.policy.model import ModelPolicy
from vigorl.training.data.replay import largest_drift, replay
from vigorl.training.data.rows import rows_of

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.timeout(1800)]

MOST_PICTURES = 4
START_LIMIT_S = 600
Make = Callable[..., Observation]


@contextmanager
def serving(folder: Path, log: Path, port: int) -> Iterator[str]:
    """The command, ended as a person does."""
    command = [
        *(sys.executable, "-m", "vigorl.agent.cli", "serve", str(folder), "--port", str(port)),
        *("--", "--dtype", "float32", "--enforce-eager", "--max-num-seqs", "4"),
        *("--max-model-len", "8192"),
        *("--limit-mm-per-prompt", f'{{"image": {MOST_PICTURES}, "video": 0}}'),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, "COLUMNS": "80"}
        )
    try:
        give_up_s = time.monotonic() + START_LIMIT_S
        while "ready" not in log.read_text():
            assert process.poll() is None and time.monotonic() < give_up_s, log.read_text()[-3000:]
            time.sleep(0.5)
        found = re.search(r"--model (http://\S+)", log.read_text())
        assert found
        yield found.group(1)
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
    assert code == 130, log.read_text()[-3000:]
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{port}/health")


async def play(policy: ModelPolicy, observations: Sequence[Observation]) -> None:
    """An episode whose turns are of several rows; all of them replay."""
    actor = policy.actor("Buy a kettle.")
    turns = [await actor.act(observation) for observation in observations]
    views = [observation.view for observation in observations if observation.view]
    pictures: dict[str, Picture] = {view.picture.sha256: view.picture for view in views}
    rows = rows_of([turn.tokens for turn in turns if turn.tokens])
    assert len(rows) > 1
    assert sum(sum(row.is_sampled) for row in rows) == sum(t.sampled_token_count for t in turns)
    network = Network(policy.backend.describe()["root"], policy.family)
    for row in rows:
        assert largest_drift(row, replay(network, row, pictures)) < 1e-4


def test_episodes_on_a_server_are_those_of_the_local_engine_and_replay(
    taught: Path, tmp_path: Path, unused_tcp_port: int, screen: Make, look: Make
) -> None:
    greedy = Sampling(temperature=0, max_tokens=120)

    async def check(url: str) -> None:
        policy = await open_model(url, sampling=greedy)
        assert policy.family == family_of_folder(taught)
        await compared(policy, taught, greedy, tmp_path)
        await policy.close()

        free = Sampling(temperature=1.0, max_tokens=40)
        policy = await open_model(url, sampling=free, window_screens=2)
        await play(policy, [screen(5), look(6), screen(7), screen(8)])
        await policy.close()

        short = Sampling(temperature=0, max_tokens=20)
        policy = await open_model(url, sampling=short, window_screens=MOST_PICTURES + 1)
        actor = policy.actor("Buy a kettle.")
        with pytest.raises(PolicyFault, match="--limit-mm-per-prompt"):
            for seed in range(MOST_PICTURES + 1):
                await actor.act(screen(seed))
        await policy.close()

        policy = await open_model(url, sampling=short)
        with pytest.raises(PolicyFault, match="--max-model-len"):
            await policy.actor("Buy a kettle. " * 8192).act(screen(1))
        await policy.close()

    with serving(taught, tmp_path / "vllm.log", unused_tcp_port) as url:
        asyncio.run(check(url))
