"""A server that `vigorl-agent serve` has started, against the local engine: `make test-vllm`."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

pytest.importorskip("vllm", reason="vLLM has an environment of its own: make test-vllm")

from tests.policy.vllm.episodes import compared, family_of_folder
from tests.policy.vllm.serve import MOST_PICTURES, serving
from vigorl.browser.errors import PolicyFault
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.policy.backend import Sampling
from vigorl.policy.factory import open_model
from vigorl.policy.local.network import Network
from vigorl.policy.model import ModelPolicy
from vigorl.policy.vllm.served_backend import OfferedAdapter, ServedBackend
from vigorl.policy.vllm.token_server import TokenServer
from vigorl.training.compute.lora import add_adapters, write_adapters
from vigorl.training.data.replay import largest_drift, replay
from vigorl.training.data.rows import rows_of

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.timeout(1800)]

RANK = 4
Make = Callable[..., Observation]


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

        # By its tokens, with an adapter that adds nothing yet.
        network = Network(str(taught), family_of_folder(taught))
        add_adapters(network, RANK, trains_vision=False, seed=0)
        write_adapters(network, tmp_path / "sampler" / "000000")
        backend = ServedBackend(
            await TokenServer.connect(url), network.codec, network.family, greedy, network.score
        )
        backend.offer(OfferedAdapter(tmp_path / "sampler" / "000000", RANK, 0))
        policy = ModelPolicy(network.family, backend, greedy)
        await compared(policy, taught, greedy, tmp_path / "tokens")
        with pytest.raises(PolicyFault, match="max_model_len"):
            await policy.actor("Buy a kettle. " * 8192).act(screen(1))
        await policy.close()

    with serving(taught, tmp_path / "vllm.log", unused_tcp_port, RANK) as url:
        asyncio.run(check(url))
