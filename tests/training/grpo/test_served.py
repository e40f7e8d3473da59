"""Rollouts sampled on a server: the adapters that it gets, and what it must not say."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image
from typer.testing import CliRunner

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from tests.policy.fake_server import QUICK  # noqa: E402
from tests.training.grpo.test_loop import TASKS, picture  # noqa: E402
from tests.training.grpo.token_server import Fault, TokenServer, at  # noqa: E402
from vigorl.agent.cli.app import app  # noqa: E402
from vigorl.agent.record.recorder import Recorder  # noqa: E402
from vigorl.agent.record.trajectory import EndRecord, Trajectory, read_trajectory  # noqa: E402
from vigorl.agent.rollout import Limits, rollout  # noqa: E402
from vigorl.browser.errors import (  # noqa: E402
    InconsistentData,
    InfrastructureFault,
    PolicyFault,
    UsageError,
)
from vigorl.policy.family import family_named  # noqa: E402
from vigorl.policy.local.network import Network  # noqa: E402
from vigorl.policy.local.tiny import write_tiny_checkpoint  # noqa: E402
from vigorl.policy.policy import numbered  # noqa: E402
from vigorl.training.compute.lora import add_adapters  # noqa: E402
from vigorl.training.data.replay import largest_drift, replay  # noqa: E402
from vigorl.training.data.rows import Row, rows_of  # noqa: E402
from vigorl.training.grpo.config import GrpoConfig, GrpoRunConfig  # noqa: E402
from vigorl.training.grpo.groups import Group, Rollout  # noqa: E402
from vigorl.training.grpo.loop import (  # noqa: E402
    GrpoProgress,
    _opener,
    train_grpo,
)
from vigorl.training.grpo.rewards import Reward  # noqa: E402
from vigorl.training.grpo.served_learner import ServedLearner, served_learner  # noqa: E402
from vigorl.training.run.ranks import Ranks  # noqa: E402

pytestmark = pytest.mark.model

FAMILY = "vigorl-grounding"
RANK = 4


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_tiny_checkpoint(tmp_path_factory.mktemp("served") / "tiny", "qwen2_5_vl")


@pytest.fixture(scope="module")
def served(tiny: Path) -> Network:
    """The network of the server."""
    network = Network(str(tiny), family_named(FAMILY))
    add_adapters(network, RANK, trains_vision=False, seed=0)
    return network


@pytest.fixture
def state(served: Network) -> TokenServer:
    return TokenServer(served, RANK)


def config_of(tiny: Path, url: str, **changes: Any) -> GrpoRunConfig:
    config = GrpoRunConfig(
        model=str(tiny),
        family=FAMILY,
        sampler=url,
        steps=3,
        group_size=2,
        groups=1,
        max_groups=1,
        reward="score",
        episodes_at_once=2,
        turns=1,
        turn_tokens=8,
        refills=0,
        checkpoint_every=1,
        device="cpu",
        update=GrpoConfig(learning_rate=1e-2, lora_rank=RANK),
    )
    return replace(config, **changes)


async def trained(config: GrpoRunConfig, out: Path, **more: Any) -> GrpoProgress:
    async with served_learner(config, out, limits=replace(QUICK, retry_s=0.1)) as learner:
        return await train_grpo(config, out, TASKS, open_learner=lambda *_: learner, **more)


def network_of(learner: ServedLearner) -> Network:
    return learner._local.network


async def row_of(learner: ServedLearner, folder: Path, episode: int) -> Row:
    policy = numbered(learner.policy, episode)
    played = await rollout(policy, TASKS[0].make(), Recorder(folder), Limits(steps=1))
    assert played.end and played.end.status == "limit", played.end
    (row,) = rows_of([step.turn.tokens for step in played.steps if step.turn.tokens])
    return row


async def test_each_batch_is_sampled_with_the_adapter_that_the_one_before_has_left(
    tiny: Path, state: TokenServer, tmp_path: Path
) -> None:
    shown = {picture().sha256: picture()}
    with at(state) as url:
        config = config_of(tiny, url, updates_per_batch=1)
        async with served_learner(config, tmp_path, limits=QUICK) as learner:
            network, before = network_of(learner), None
            for step in range(3):
                rows = [await row_of(learner, tmp_path / f"{step}-{n}", n) for n in range(3)]
                assert [row.weights_step for row in rows] == [step] * 3
                assert max(largest_drift(row, replay(network, row, shown)) for row in rows) < 1e-4
                (name,) = state.adapters
                assert name.split("-")[2] == f"{step:06d}" and Path(state.adapters[name]).is_dir()
                if before is not None:  # else it would be of no use to look
                    then = replay(network, before, shown)
                    assert largest_drift(before, then) > 1e-2
                before = rows[0]
                rollouts = [
                    Rollout((row,), Reward(total, True, 0, total))
                    for row, total in zip(rows, (1.0, 0.0, 0.0), strict=True)
                ]
                (metrics,) = learner.learn([Group(tuple(rollouts), shown)], step)
                assert metrics["staleness"] == 0 and metrics["sampler_drift"] < 1e-4
                assert metrics["sampler_ratio"] == pytest.approx(1, abs=1e-4)
            with pytest.raises(InconsistentData, match="weights of 2 updates, after 1"):
                list(learner.learn([Group(tuple(rollouts), shown)], 1))
            # Learnt from three updates late, it is corrected, and said.
            (late,) = learner.learn([Group(tuple(rollouts), shown)], 3)
            assert late["staleness"] == 1 and late["sampler_drift"] > 1e-3
            # A server that takes an adapter and does not use it is seen in the drift.
            state.fault = "ignores adapters"
            rows = [await row_of(learner, tmp_path / f"4-{n}", n) for n in range(2)]
            totals = (1.0, 0.0)
            rollouts = [
                Rollout((row,), Reward(total, True, 0, total))
                for row, total in zip(rows, totals, strict=True)
            ]
            (unused,) = learner.learn([Group(tuple(rollouts), shown)], 4)
            assert unused["staleness"] == 0 and unused["sampler_drift"] > 1e-2
    assert len(state.loads) == 4


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("no vllm", "is no server of vLLM: .* vigorl-agent serve MODEL --lora"),
        ("no lora", r"LoRA is not enabled.*start it with vigorl-agent serve MODEL --lora 4"),
        ("no loading", "loads no adapters while it runs: .*VLLM_ALLOW_RUNTIME_LORA_UPDATING=1"),
        ("blind", "does not see the adapter in .*give an --out on a disk that both have"),
        ("no tokens", "takes no tokens .*vLLM 0.32 or later"),
        ("no scale-out", "takes no tokens .*start it with vigorl-agent serve MODEL --lora RANK"),
        ("tells no prompt", "does not tell what it has read: serve with vLLM 0.32 or later"),
        ("raw", "--logprobs-mode processed_logprobs"),
        ("resizes", "image processor resizes pictures"),
        ("other ids", "log-probabilities of 1 others"),
        ("breaks off", "broke a turn off .abort."),
    ],
)
async def test_a_server_that_was_not_started_for_it_is_refused_with_what_to_do(
    fault: Fault, said: str, tiny: Path, state: TokenServer, tmp_path: Path
) -> None:
    state.fault = fault
    with at(state) as url:
        config = config_of(tiny, url)
        with pytest.raises((UsageError, PolicyFault, InconsistentData), match=said):
            async with served_learner(config, tmp_path / "run", limits=QUICK):
                raise AssertionError("it was taken")
    assert not (tmp_path / "run").exists()


async def test_the_wrong_rank_model_and_family_are_refused(
    tiny: Path, state: TokenServer, tmp_path: Path
) -> None:
    async def refused(config: GrpoRunConfig, said: str) -> None:
        with pytest.raises((UsageError, PolicyFault), match=said):
            async with served_learner(config, tmp_path / "run", limits=QUICK):
                raise AssertionError("it was taken")

    with at(state) as url:
        higher = GrpoConfig(lora_rank=2 * RANK)
        await refused(config_of(tiny, url, update=higher), "rank 8 .*start it with .* --lora 8")
        await refused(config_of(tiny, url, family="scout"), "copies its points.*leave out")
        with torch.no_grad():
            head = state.network.model.lm_head.weight
            kept = head.clone()
            head *= 40
            await refused(config_of(tiny, url), "serves another model .*differ by")
            head.copy_(kept)
    await refused(config_of(tiny, url), "no server answers at .*start it")


def test_a_configuration_that_no_server_can_meet_is_refused(tiny: Path) -> None:
    url = "http://127.0.0.1:8000"
    cases: list[tuple[dict[str, Any], str]] = [
        ({"update": GrpoConfig()}, "whole weights are not handed over: train with --lora RANK"),
        ({"update": GrpoConfig(lora_rank=4, trains_vision=True)}, "leave out --train-vision"),
        ({"sampler": "vllm"}, "no sampler vllm: give local, or the URL"),
        ({"sampler": "http://me:secret@host:8000"}, "VIGORL_API_KEY"),
    ]
    for changes, said in cases:
        with pytest.raises(UsageError, match=said) as refusal:
            replace(config_of(tiny, url), **changes)
        assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("resizes", "resizes pictures"),
        pytest.param("other ids", "and log-probabilities of", marks=pytest.mark.slow),
        pytest.param("breaks off", "broke a turn off", marks=pytest.mark.slow),
    ],
)
async def test_a_server_that_begins_to_contradict_itself_ends_the_run_and_nothing_is_learnt(
    fault: Fault, said: str, tiny: Path, state: TokenServer, tmp_path: Path
) -> None:
    def spoil(line: str) -> None:
        state.fault = fault

    with at(state) as url, pytest.raises((InconsistentData, InfrastructureFault), match=said):
        await trained(config_of(tiny, url), tmp_path, log=spoil)
    assert steps_of(tmp_path) == [1]
    episodes = episodes_of(tmp_path, 2)
    assert all(episode.status == "fault" and episode.score is None for episode in episodes)


async def test_a_server_that_dies_ends_the_run_saved_and_it_goes_on_when_it_is_back(
    tiny: Path, state: TokenServer, tmp_path: Path
) -> None:
    def die(line: str) -> None:
        if state.dies_after < 0:
            state.dies_after = state.turns + 2  # a trial of the new adapter, and a turn

    with at(state) as url:
        config = config_of(tiny, url, group_size=4, steps=4, checkpoint_every=9)
        config = replace(config, episodes_at_once=1)
        with pytest.raises(InfrastructureFault, match=r"every episode broke.*127\.0\.0\.1"):
            await trained(config, tmp_path, log=die)
        # One episode of the second batch was whole, so that the batch was; the third broke.
        assert steps_of(tmp_path) == [1, 2]
        ends = [episode.status for episode in episodes_of(tmp_path, 2)]
        assert sorted(ends) == ["fault", "fault", "fault", "limit"]
        broken = [each for each in episodes_of(tmp_path, 3) if each.status == "fault"]
        assert len(broken) == 4 and all(each.score is None for each in broken)
        (left,) = state.adapters

        state.dies_after = -1
        state.forgets_after = state.turns + 4  # in the middle of the third batch
        progress = await trained(config, tmp_path)
        assert progress.step == 4 and steps_of(tmp_path) == [1, 2, 3, 4]
        # What the first run had left is gone, and so are all but the last.
        (name,) = state.adapters
        assert name.split("-")[2] == "000003" and name != left
        loaded = [each.split("-")[2] for each in state.loads]
        assert loaded == ["000000", "000001", "000000", "000002", "000002", "000003"]
    for step in (1, 2, 3, 4):
        for episode in episodes_of(tmp_path, step):
            tokens = [turn.turn.tokens for turn in episode.steps]
            assert all(each and each.weights_step == step - 1 for each in tokens)
            assert step == 2 or len(tokens) == 1


async def test_turns_that_wait_for_an_adapter_share_one_attempt_to_load_it(
    tiny: Path, state: TokenServer, tmp_path: Path
) -> None:
    with at(state) as url:
        hasty = replace(QUICK, retry_s=0.1)
        async with served_learner(config_of(tiny, url), tmp_path, limits=hasty) as learner:
            list(learner.learn([], 0))
            state.dies_after = 0
            ends = await played(learner, tmp_path / "dead", 8)
            assert all(end.status == "fault" and "127.0.0.1" in end.reason for end in ends)
            assert 1 < state.unanswered < 8
            state.dies_after = -1
            ends = await played(learner, tmp_path / "back", 8)
            assert [end.status for end in ends] == ["limit"] * 8 and len(state.loads) == 2


async def played(learner: ServedLearner, folder: Path, count: int) -> list[EndRecord]:
    """How episodes end that are played all at once."""
    episodes = await asyncio.gather(
        *(
            rollout(learner.policy, TASKS[0].make(), Recorder(folder / f"{n}"), Limits(steps=1))
            for n in range(count)
        )
    )
    return [episode.end for episode in episodes if episode.end]


async def test_who_samples_may_change_when_a_run_goes_on(
    tiny: Path, state: TokenServer, tmp_path: Path
) -> None:
    with at(state) as url:
        config = config_of(tiny, url)
        await train_grpo(replace(config, sampler="local", steps=1), tmp_path, TASKS)
        await trained(replace(config, steps=2), tmp_path)
        progress = await train_grpo(replace(config, sampler="local"), tmp_path, TASKS)
    assert progress.step == 3 and steps_of(tmp_path) == [1, 2, 3]
    sampled = [
        episode.steps[0].turn.tokens
        for step in (1, 2, 3)
        for episode in episodes_of(tmp_path, step)
    ]
    assert [each.weights_step for each in sampled if each] == [None, None, 1, 1, None, None]
    assert json.loads((tmp_path / "config.json").read_text())["sampler"] == "local"


def steps_of(folder: Path) -> list[int]:
    return [
        json.loads(line)["step"] for line in (folder / "metrics.jsonl").read_text().splitlines()
    ]


def episodes_of(folder: Path, step: int) -> list[Trajectory]:
    found = (folder / "rollouts" / f"{step:06d}").glob("*/trajectory.jsonl")
    return [read_trajectory(path.parent) for path in sorted(found)]


def test_the_command_samples_on_a_server_and_says_what_is_missing(
    tiny: Path, state: TokenServer, tmp_path: Path
) -> None:
    data = tmp_path / "screens"
    data.mkdir()
    Image.new("RGB", (112, 56), "white").save(data / "a.png")
    row = {"id": "save", "image": "a.png", "instruction": "Save", "bbox_xyxy": [4, 4, 20, 12]}
    (data / "manifest.json").write_text(json.dumps([{**row, "ui_type": "text"}]))

    def run(*words: str) -> Result:
        little = ["--steps", "1", "--group-size", "2", "--groups", "1", "--max-groups", "1"]
        little += ["--max-turns", "1", "--turn-tokens", "8", "--family", FAMILY]
        command = ["train", "grpo", "--model", str(tiny), "--data", str(data), *little, *words]
        return CliRunner().invoke(app, [*command, "--out", str(tmp_path / "run")])

    with at(state) as url:
        plain = run("--sampler", url)
        assert plain.exit_code == 2 and "train with --lora RANK" in " ".join(plain.output.split())
        state.fault = "no lora"
        refused = run("--sampler", url, "--lora", "4")
        assert refused.exit_code == 2, refused.output
        assert "start it with vigorl-agent serve MODEL --lora 4" in " ".join(refused.output.split())
        assert not (tmp_path / "run").exists()
        state.fault = ""
        done = run("--sampler", url, "--lora", "4")
        assert done.exit_code == 0, done.output
    (line,) = map(json.loads, (tmp_path / "run" / "metrics.jsonl").read_text().splitlines())
    assert line["episodes"] == 2 and line["faults"] == 0 and line["staleness"] == 0
    assert not state.adapters.keys() - {state.loads[-1]}


async def test_several_processes_do_not_share_a_server_yet(tiny: Path, tmp_path: Path) -> None:
    config = config_of(tiny, "http://127.0.0.1:9")
    with pytest.raises(UsageError, match="without torchrun"):
        async with _opener(config, tmp_path / "run", Ranks(0, 2), None):
            raise AssertionError("it was taken")
