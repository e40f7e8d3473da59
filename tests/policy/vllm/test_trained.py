"""GRPO whose rollouts are sampled by a server of vLLM, with its adapters: `make test-vllm`."""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import torch

pytest.importorskip("vllm", reason="vLLM has an environment of its own: make test-vllm")
pytest.importorskip("peft")

from tests.policy.vllm.episodes import drift, pictures_of, tokens_of
from tests.policy.vllm.serve import serving
from tests.training.grpo import test_loop
from tests.training.grpo.test_loop import FAMILY, TASKS, config_of, metrics_of, teach_undecided
from vigorl.agent.record.trajectory import Trajectory, read_trajectory
from vigorl.browser.errors import InfrastructureFault, PolicyFault, UsageError
from vigorl.policy.backend import Message, Sampling
from vigorl.policy.factory import NANO, checkpoint_of
from vigorl.policy.family import family_named
from vigorl.policy.local.network import Network
from vigorl.policy.local.tiny import write_tiny_checkpoint
from vigorl.policy.vllm.served_backend import OfferedAdapter, ServedBackend
from vigorl.policy.vllm.token_server import TokenServer
from vigorl.policy.wire import WireLimits
from vigorl.training.compute.lora import add_adapters, load_adapters, read_adapters, write_adapters
from vigorl.training.data.replay import largest_drift, replay
from vigorl.training.data.rows import rows_of
from vigorl.training.grpo.config import GrpoConfig, GrpoRunConfig
from vigorl.training.grpo.loop import GrpoProgress, train_grpo
from vigorl.training.grpo.served_learner import served_learner

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.timeout(1800)]

RANK = 4
STEPS = 3
HASTY = WireLimits(retry_s=3, first_retry_s=1)


@pytest.fixture(scope="module")
def undecided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that clicks left or right, as often the one as the other."""
    return teach_undecided(tmp_path_factory.mktemp("undecided"))


def config_at(undecided: Path, url: str) -> GrpoRunConfig:
    update = GrpoConfig(learning_rate=3e-3, kl=1e-3, lora_rank=RANK)
    config = config_of(undecided, steps=STEPS, group_size=6, episodes_at_once=4, update=update)
    return replace(config, sampler=url, checkpoint_every=1, refills=0)


class Kept:
    """The adapters of a run, copied when each is offered."""

    def __init__(self, out: Path, folder: Path) -> None:
        self.out, self.folder = out, folder

    def __call__(self, line: str) -> None:
        (offered,) = (self.out / "sampler").glob("[0-9]*")
        shutil.copytree(offered, self.folder / offered.name)


async def trained(config: GrpoRunConfig, out: Path, kept: Kept) -> GrpoProgress:
    async with served_learner(config, out, limits=HASTY) as learner:
        kept("")
        return await train_grpo(config, out, TASKS, kept, open_learner=lambda *_: learner)


def check_rollouts(undecided: Path, out: Path, adapters: Path) -> list[float]:
    """Every rollout replays with the adapter that it names, and not with the one before it."""
    network = Network(str(undecided), family_named(FAMILY))
    add_adapters(network, RANK, trains_vision=False, seed=0)
    largest = []
    for step in range(1, STEPS + 1):
        drifts: dict[int, list[float]] = {step - 1: [], step - 2: []}
        for episode in episodes_of(out, step):
            tokens = tokens_of(episode)
            assert [each.weights_step for each in tokens] == [step - 1] * len(tokens)
            (row,) = rows_of(tokens)
            for version in drifts:
                if version < 0:
                    continue
                load_adapters(network, read_adapters(adapters / f"{version:06d}"))
                drift = largest_drift(row, replay(network, row, pictures_of(episode)))
                drifts[version].append(drift)
        assert len(drifts[step - 1]) >= 12 and max(drifts[step - 1]) < 1e-4, drifts
        assert step == 1 or max(drifts[step - 2]) > 1e-3, drifts
        largest.append(max(drifts[step - 1]))
    return largest


def episodes_of(out: Path, step: int) -> list[Trajectory]:
    found = (out / "rollouts" / f"{step:06d}").glob("*/trajectory.jsonl")
    return [read_trajectory(path.parent) for path in sorted(found)]


def adapters_at(url: str) -> list[str]:
    cards = httpx.get(f"{url}/models", trust_env=False).json()["data"]
    return [card["id"].split("-")[2] for card in cards if card["parent"] is not None]


STUCK = """
import asyncio, importlib.util, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("played", sys.argv[1])
here = importlib.util.module_from_spec(spec)
spec.loader.exec_module(here)
asyncio.run(here.get_stuck(Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])))
"""


async def get_stuck(undecided: Path, url: str, out: Path) -> None:
    """A training whose second batch has one episode that never begins."""

    class Stuck(test_loop.StaticScreenshot):
        async def reset(self) -> test_loop.Observation:
            if (out / "checkpoints" / "000001").exists() and not (out / "stuck").exists():
                (out / "stuck").touch()
                await asyncio.Event().wait()
            return await super().reset()

    tasks = [
        replace(task, make=lambda: Stuck(test_loop.picture(), test_loop.GOAL, test_loop.TARGET))
        for task in TASKS
    ]
    config = config_at(undecided, url)
    async with served_learner(config, out, limits=HASTY) as learner:
        await train_grpo(config, out, tasks, open_learner=lambda *_: learner)


def test_three_updates_whole_and_killed_in_a_rollout_replay_with_their_adapters(
    undecided: Path, tmp_path: Path, unused_tcp_port: int
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    with serving(undecided, tmp_path / "vllm.log", unused_tcp_port, RANK) as url:
        config = config_at(undecided, url)
        kept = Kept(whole, tmp_path / "whole-adapters")
        assert asyncio.run(trained(config, whole, kept)).step == STEPS
        assert adapters_at(url) == ["000002"]  # the last one that was sampled with

        words = (sys.executable, "-c", STUCK, __file__, undecided, url, killed)
        running = subprocess.Popen(list(map(str, words)))
        give_up_s = time.monotonic() + 300
        while sorted(adapters_at(url)) != ["000001", "000002"] or not (killed / "stuck").exists():
            assert running.poll() is None and time.monotonic() < give_up_s
            time.sleep(0.05)
        running.kill()
        running.wait()
        kept = Kept(killed, tmp_path / "killed-adapters")
        shutil.copytree(killed / "checkpoints/000001/adapter", kept.folder / "000001")
        progress = asyncio.run(trained(config, killed, kept))
        assert progress.step == STEPS
        # What was killed has left nothing; the other run's is its own.
        assert sorted(adapters_at(url)) == ["000002", "000002"]

        async def refused(config: GrpoRunConfig, said: str) -> None:
            with pytest.raises(UsageError, match=said):
                async with served_learner(config, tmp_path / "none", limits=HASTY):
                    raise AssertionError("it was taken")

        higher = GrpoConfig(lora_rank=16)  # the engine has been opened for 8
        asyncio.run(refused(replace(config, update=higher), "start it with .* --lora 16"))
        other = write_tiny_checkpoint(tmp_path / "other", "qwen2_5_vl", seed=5)
        asyncio.run(refused(replace(config, model=str(other)), "serves another model"))

        async def blind() -> None:
            server = await TokenServer.connect(url)
            with pytest.raises(UsageError, match="does not see the adapter in /nowhere"):
                await server.load_adapter("nowhere", Path("/nowhere"), RANK)
            await server.close()

        asyncio.run(blind())
    for out in (whole, killed):
        largest = check_rollouts(undecided, out, tmp_path / f"{out.name}-adapters")
        lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
        print(out.name, largest, lines)  # noqa: T201 -- for whoever runs it by hand
        assert [line["step"] for line in lines] == [1, 2, 3]
        assert [line["staleness"] for line in lines] == [0, 0, 0]
        assert all(line["tokens"] > 0 and line["sampler_drift"] < 1e-4 for line in lines)
        assert all(line["sampler_ratio"] == pytest.approx(1, abs=1e-4) for line in lines)
    # Learnt from the same words: a prompt and a seed make the same ones again.
    scores, again = ([line["score"] for line in metrics_of(out)] for out in (whole, killed))
    assert scores == again


def test_a_server_that_ends_in_between_is_waited_for_by_the_next_run(
    undecided: Path, tmp_path: Path, unused_tcp_port: int
) -> None:
    out = tmp_path / "run"
    with ExitStack() as stack:
        url = stack.enter_context(serving(undecided, tmp_path / "1.log", unused_tcp_port, RANK))
        config = config_at(undecided, url)

        async def train() -> None:
            async with served_learner(config, out, limits=HASTY) as learner:
                await train_grpo(
                    config, out, TASKS, lambda line: stack.close(), open_learner=lambda *_: learner
                )

        with pytest.raises(InfrastructureFault, match=r"every episode broke.*no server answers"):
            asyncio.run(train())
    assert [line["step"] for line in metrics_of(out)] == [1]
    assert all(each.score is None for each in episodes_of(out, 2))
    with serving(undecided, tmp_path / "2.log", unused_tcp_port, RANK) as url:
        kept = Kept(out, tmp_path / "adapters")
        shutil.copytree(out / "checkpoints/000001/adapter", kept.folder / "000001")
        assert asyncio.run(trained(config, out, kept)).step == STEPS
    check_rollouts(undecided, out, kept.folder)


def test_a_server_that_was_started_otherwise_is_refused_with_what_to_do(
    undecided: Path, tmp_path: Path, unused_tcp_port: int
) -> None:
    async def refused(url: str, said: str, model: Path = undecided) -> None:
        config = replace(config_at(undecided, url), model=str(model))
        with pytest.raises((UsageError, PolicyFault), match=said):
            async with served_learner(config, tmp_path / "none", limits=HASTY):
                raise AssertionError("it was taken")
        assert not (tmp_path / "none").exists()

    port, log = unused_tcp_port, tmp_path / "vllm.log"
    alone = ("--enable-lora", "--max-lora-rank", "8")
    with serving(undecided, log, port) as url:
        asyncio.run(refused(url, "loads no adapters while it runs"))
    with serving(undecided, log, port, VLLM_ALLOW_RUNTIME_LORA_UPDATING="1") as url:
        asyncio.run(refused(url, "takes no adapters .*LoRA is not enabled"))
    with serving(undecided, log, port, 0, alone, VLLM_ALLOW_RUNTIME_LORA_UPDATING="1") as url:
        asyncio.run(refused(url, "takes no tokens .*--enable-scale-out"))
    raw = ("--logprobs-mode", "raw_logprobs")
    with serving(undecided, log, port, RANK, raw) as url:
        asyncio.run(refused(url, "--logprobs-mode processed_logprobs"))
    smaller = ("--mm-processor-kwargs", '{"size": {"shortest_edge": 784, "longest_edge": 784}}')
    with serving(undecided, log, port, RANK, smaller) as url:
        asyncio.run(refused(url, "image processor resizes pictures"))


def test_a_model_that_reads_is_sampled_on_a_server_as_well(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    nano = Path(checkpoint_of(NANO))
    more = ("--max-model-len", "2048")
    with serving(nano, tmp_path / "vllm.log", unused_tcp_port, RANK, more) as url:

        async def ready() -> None:
            network = Network(str(nano), family_named("nano"))
            add_adapters(network, RANK, trains_vision=False, seed=0)
            for name, weight in network.model.named_parameters():
                if ".lora_B." in name:
                    torch.nn.init.normal_(weight, std=0.02)
            write_adapters(network, tmp_path / "adapter" / "000007")
            sampling = Sampling(temperature=1.0, max_tokens=40)
            backend = ServedBackend(
                await TokenServer.connect(url),
                network.codec,
                network.family,
                sampling,
                network.score,
            )
            backend.offer(OfferedAdapter(tmp_path / "adapter" / "000007", RANK, 7))
            messages = (Message("user", ("Find the cheapest tent.",)),)
            replies = [await backend.session(seed).reply(messages) for seed in range(4)]
            assert adapters_at(url) == ["000007"]
            assert {reply.weights_step for reply in replies} == {7}
            assert max(drift(network, (), reply) for reply in replies) < 1e-4
            await backend.close()

        asyncio.run(ready())
