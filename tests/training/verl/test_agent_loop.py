"""Our agent loop in verl's own worker: its rows are ours, and what breaks is absent."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("verl", reason="verl has an environment of its own: make test-verl")

import numpy as np
import torch
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf
from verl import DataProto
from verl.experimental.agent_loop.agent_loop import AgentLoopOutput, AgentLoopWorker
from verl.trainer.ppo.v1.utils import compute_advantage_for_multi_trajectories

from tests.training.verl.generation import TinyServers
from tests.training.verl.small_family import FAMILY, KNOWN, SMALL
from tests.training.verl.teaching import write_stills, write_taught
from vigorl.agent.record.trajectory import Trajectory, read_trajectory
from vigorl.browser.errors import TaskFault
from vigorl.policy.local.network import Network
from vigorl.training.data.replay import largest_drift, replay
from vigorl.training.data.rows import rows_of
from vigorl.training.grpo.groups import pictures_of, rollout_of
from vigorl.training.grpo.rewards import RULES
from vigorl.training.grpo.update import group_advantages
from vigorl.training.verl.play_config import PlayConfig

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.timeout(1800)]

UID = "5f0c"
GROUP = 8
BROKEN = 5
"""The attempt whose turns are all aborted."""


class Worker(AgentLoopWorker):  # type: ignore[misc]
    """verl's worker, which hands out what its TransferQueue would get."""

    async def _agent_loop_postprocess(self, output: Any, validate: bool, **task: Any) -> Any:
        return output


class Stage:
    """A group of attempts at one task, and who played."""

    def __init__(self, folder: Path, checkpoint: Path, **played: Any) -> None:
        self.checkpoint = checkpoint
        self.play = PlayConfig(
            str(folder / "played"),
            FAMILY,
            at_once=1,  # so that requests have the numbers of their attempts
            turns=12,
            turn_tokens=90,
            refills=0,
            **played,
        )
        loops = folder / "agent_loops.yaml"
        OmegaConf.save(OmegaConf.create([self.play.entry()]), loops)
        self.servers = TinyServers(self.checkpoint)
        self.worker = Worker(config_of(self.checkpoint, loops), self.servers)

    async def attempt(self, sample: str = "0", **group: Any) -> list[AgentLoopOutput]:
        """One, and as one of a group where that is named."""
        params = {"temperature": 1.0, "top_p": 1.0, "top_k": -1, "logprobs": True}
        about = {"step": 3, "sample_index": 0, "rollout_n": 0, "validate": False}
        task = {"sample": sample, "global_steps": 3, "raw_prompt": [], **group}
        found: list[AgentLoopOutput] = await self.worker._run_agent_loop(
            params, about, trace=False, agent_name="vigorl", **task
        )
        return found

    async def group(self, uid: str) -> list[Any]:
        """All attempts of a group, or what was raised in their place."""
        attempts = (self.attempt(uid=uid, session_id=number) for number in range(GROUP))
        return await asyncio.gather(*attempts, return_exceptions=True)


def config_of(checkpoint: Path, loops: Path) -> Any:
    with initialize_config_module("verl.trainer.config", version_base=None):
        return compose(
            "ppo_trainer",
            [
                f"actor_rollout_ref.model.path={checkpoint}",
                "actor_rollout_ref.rollout.name=vllm",
                f"actor_rollout_ref.rollout.agent.agent_loop_config_path={loops}",
                "actor_rollout_ref.rollout.max_model_len=12000",
                f"actor_rollout_ref.rollout.n={GROUP}",
                "trainer.val_before_train=false",
                "+actor_rollout_ref.model.override_config.attn_implementation=eager",
            ],
        )


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    torch.manual_seed(1)
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vigorl.policy.family.FAMILIES", KNOWN)
        folder = tmp_path_factory.mktemp("verl")
        stills = write_stills(folder / "stills")
        yield Stage(folder, write_taught(folder / "taught", stills), data=(str(stills),))


@pytest.fixture(scope="module")
def group(stage: Stage) -> list[list[AgentLoopOutput]]:
    stage.servers.breaks = {BROKEN}
    return asyncio.run(stage.group(UID))


def episodes(stage: Stage) -> list[Trajectory]:
    """As they were recorded, by their attempts."""
    found = [read_trajectory(path.parent) for path in Path(stage.play.folder).glob("0*/*.jsonl")]
    return sorted(found, key=lambda each: int(each.folder.name.split("-")[-2]))


def test_rows_are_ours_token_by_token(stage: Stage, group: list[list[AgentLoopOutput]]) -> None:
    played = episodes(stage)
    assert len(played) == GROUP
    counts = []
    for outputs, episode in zip(group, played, strict=True):
        if episode.status == "fault":
            continue
        rows = rows_of(step.turn.tokens for step in episode.steps if step.turn.tokens)
        counts.append(len(rows))
        assert len(outputs) == len(rows)
        for output, row in zip(outputs, rows, strict=True):
            assert (*output.prompt_ids, *output.response_ids) == row.ids
            mask = [*[0] * len(output.prompt_ids), *output.response_mask]
            assert mask == list(map(int, row.is_sampled))
            assert output.response_mask[0] == 1
            told = zip(output.response_logprobs, output.response_mask, strict=True)
            assert tuple(logprob for logprob, is_sampled in told if is_sampled) == row.logprobs
            shown = output.multi_modal_data["images"]
            assert [each.size for each in shown] == [
                (each.width_px, each.height_px) for each in row.images
            ]
    print("rows of the attempts", counts, [len(each) for each in group])  # noqa: T201
    assert max(counts) > 1 and min(counts) == 1


def test_log_probabilities_replay_on_our_network_and_on_what_verl_trains(
    stage: Stage, group: list[list[AgentLoopOutput]]
) -> None:
    network = Network(str(stage.checkpoint), SMALL)
    drifts, theirs = [], []
    for outputs, episode in zip(group, episodes(stage), strict=True):
        rollout = rollout_of(episode, RULES["multi-turn"])
        if rollout is None:
            continue
        pictures = pictures_of(episode, rollout)
        for output, row in zip(outputs, rollout.rows, strict=True):
            drifts.append(largest_drift(row, replay(network, row, pictures)))
            theirs.append(drift_at_verl(stage, output))
    print("largest drift: ours", max(drifts), "verl's inputs", max(theirs))  # noqa: T201
    assert max(drifts) < 1e-4
    assert max(theirs) < 1e-4


def drift_at_verl(stage: Stage, output: AgentLoopOutput) -> float:
    """By the pixels, grids and positions that verl's worker makes of a row for its trainer."""
    worker, model = stage.worker, stage.servers.model
    ids = torch.tensor([[*output.prompt_ids, *output.response_ids]])
    seen = worker._compute_multi_modal_inputs(output, ids[0])
    positions = worker._compute_position_ids(ids, torch.ones_like(ids), seen)
    with torch.no_grad():
        logits = model(
            input_ids=ids,
            position_ids=positions[0].unsqueeze(1),
            pixel_values=seen["pixel_values"],
            image_grid_thw=seen["image_grid_thw"],
        ).logits[0, len(output.prompt_ids) - 1 : -1]
    codec_banned = stage.servers.processor.tokenizer.convert_tokens_to_ids(
        list(SMALL.chat.never_sampled)
    )
    logits[:, codec_banned] = -torch.inf
    now = logits.log_softmax(-1).gather(1, torch.tensor(output.response_ids)[:, None])[:, 0]
    then, mask = torch.tensor(output.response_logprobs), torch.tensor(output.response_mask).bool()
    return float((now - then)[mask].abs().max())


def test_an_attempt_that_broke_is_absent_and_the_others_have_the_judges_score(
    stage: Stage, group: list[list[AgentLoopOutput]]
) -> None:
    played = episodes(stage)
    assert [not outputs for outputs in group] == [each.status == "fault" for each in played]
    assert group[BROKEN] == [] and played[BROKEN].score is None
    assert "broke a turn off" in str(played[BROKEN].end)
    for outputs, episode in zip(group, played, strict=True):
        for output in outputs:
            assert episode.score is not None
            told = output.extra_fields["reward_extra_info"]
            assert told["score"] == episode.score.value
            assert output.reward_score == pytest.approx(
                rollout_of(episode, RULES["multi-turn"]).reward.total  # type: ignore[union-attr]
            )
            assert output.extra_fields["min_global_steps"] == 3
    assert len({outputs[0].reward_score for outputs in group if outputs}) > 1


def test_advantages_of_verls_own_function_are_ours(
    group: list[list[AgentLoopOutput]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is added to the deviation: 1e-6 there, as in its paper; 1e-4 here, as in TRL.
    monkeypatch.setattr("vigorl.training.grpo.update._STD_FLOOR", 1e-6)
    outputs = [
        (f"{UID}_{at}_{n}", row) for at, rows in enumerate(group) for n, row in enumerate(rows)
    ]
    fields = [row.as_dict() for _, row in outputs]

    def padded(name: str) -> torch.Tensor:
        return torch.nn.utils.rnn.pad_sequence([each[name] for each in fields], batch_first=True)

    data = DataProto.from_single_dict(
        {
            "response_mask": padded("response_mask"),
            "token_level_rewards": padded("rm_scores"),
            "uid": np.array([UID] * len(outputs), dtype=object),
        }
    )
    for scaled in (True, False):
        found = compute_advantage_for_multi_trajectories(
            data,
            [key for key, _ in outputs],
            "grpo",
            norm_adv_by_std_in_grpo=scaled,
            config=SimpleNamespace(),
        )
        rewards = torch.tensor([rows[0].reward_score for rows in group if rows])
        ours = group_advantages(rewards, rewards if scaled else None)
        expected = [float(ours[at]) for at, rows in enumerate(r for r in group if r) for _ in rows]
        for row, advantage in enumerate(expected):
            mask = data.batch["response_mask"][row].bool()
            told = found.batch["advantages"][row]
            assert told[mask].tolist() == pytest.approx([advantage] * int(mask.sum()), abs=1e-5)
            assert not told[~mask].any()


def test_an_attempt_that_is_left_alone_does_not_count(stage: Stage) -> None:
    begun = len(stage.servers.requests)
    stage.servers.breaks = set(range(begun, begun + GROUP - 1))
    outcomes = asyncio.run(stage.group("another"))
    assert all(isinstance(each, TaskFault) for each in outcomes), outcomes
    assert len(stage.servers.requests) == begun + GROUP


def test_what_cannot_be_learnt_from_is_said(stage: Stage) -> None:
    with pytest.raises(Exception, match="no task is called 'other'"):
        asyncio.run(stage.attempt(sample="other"))
    worker = stage.worker
    hot = {"temperature": 0.7, "top_p": 1.0, "top_k": -1, "logprobs": True}
    about = {"step": 3, "sample_index": 0, "rollout_n": 0, "validate": False}
    with pytest.raises(Exception, match="temperature=1"):
        asyncio.run(
            worker._run_agent_loop(hot, about, trace=False, agent_name="vigorl", sample="0")
        )
    eyes = worker.processor.image_processor
    size = eyes.patch_size
    try:
        eyes.patch_size = size * 2
        with pytest.raises(Exception, match="resizes pictures"):
            asyncio.run(stage.attempt())
    finally:
        eyes.patch_size = size
    assert replace(stage.play).entry()["data"] == list(stage.play.data)
    stage.worker.config.trainer.test_freq = 2
    with pytest.raises(Exception, match="own validation is not played"):
        asyncio.run(stage.attempt())
    stage.worker.config.trainer.test_freq = -1


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an environment service in a process of its own."""
    monkeypatch.setenv("VIGORL_ENVS_TOKEN", "a token of this test")
    command = [sys.executable, "-m", "vigorl", "envs", "serve", "--port", "0", "--places", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout is not None
            url = re.search(r"http://\S+", served.stdout.readline())
            assert url is not None
            yield url.group()
        finally:
            served.terminate()


def test_an_attempt_is_played_on_an_environment_service(
    stage: Stage, service: str, tmp_path: Path
) -> None:
    there = Stage(tmp_path, stage.checkpoint, tasks=("lookup",), envs=(service,))
    outputs = asyncio.run(there.attempt(sample="lookup:0"))
    (episode,) = episodes(there)
    assert episode.status != "fault" and episode.start.task is not None
    assert episode.start.task["name"] == "lookup"
    tokens = [step.turn.tokens for step in episode.steps]
    assert [(*each.prompt_ids, *each.response_ids) for each in outputs] == [
        row.ids for row in rows_of(each for each in tokens if each)
    ]
    screen = rows_of(each for each in tokens if each)[0].images[0]
    size = screen.width_px, screen.height_px
    assert outputs[0].multi_modal_data["images"][0].size == size
    assert max(drift_at_verl(there, each) for each in outputs) < 1e-4
