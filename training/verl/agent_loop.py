"""`VigorlAgentLoop`: an episode of ours as verl's trainer asks for one, with verl's own servers.

An agent loop is what verl calls for each attempt at a task. This one plays `rollout`, so what a
turn is, what is recorded and what is a fault are as everywhere else, and answers with the tokens
that were sampled: a row each, `AgentLoopOutput`s of one session. An attempt that broke, or that
nobody could judge, answers with none, so that it is absent from its group; it is never scored 0.

It is named `vigorl` in the file that `actor_rollout_ref.rollout.agent.agent_loop_config_path` tells
(`vigorl.training.verl.run_files` writes it), and not by verl's decorator, which would take the
fields of that file away again. It needs verl's v1 trainer, which alone takes several rows of one
session.

Source: verl 0.9.1, `verl/experimental/agent_loop/agent_loop.py` and
`verl/trainer/ppo/v1/agent_loop_tq.py`.
"""

import asyncio
import logging
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from verl.experimental.agent_loop.agent_loop import (
    AgentLoopBase,
    AgentLoopMetrics,
    AgentLoopOutput,
)

from vigorl.agent.evaluation.tries import Tries, play
from vigorl.agent.limits import Limits
from vigorl.agent.record.place import folder_name
from vigorl.agent.record.trajectory import Trajectory
from vigorl.browser.errors import UsageError
from vigorl.policy.backend import Sampling
from vigorl.policy.factory import policy_of
from vigorl.policy.family import Family, family_named
from vigorl.policy.images import FittedImage, token_count
from vigorl.policy.local.codec import Codec
from vigorl.policy.policy import Policy
from vigorl.policy.verl import VerlBackend
from vigorl.training.data.rows import Row
from vigorl.training.grpo.groups import Rollout, pictures_of, rollout_of
from vigorl.training.grpo.rewards import RULES
from vigorl.training.verl.attempts import compare
from vigorl.training.verl.play_config import PlayConfig
from vigorl.training.verl.worlds import worlds_of

logger = logging.getLogger(__name__)


class VigorlAgentLoop(AgentLoopBase):  # type: ignore[misc]
    """One attempt at a task; verl makes one for each.

    Args:
        given: What verl hands to every agent loop (its configuration, the client of its servers,
            tokenizer and processor), and the fields of `PlayConfig`, from the file that names it.
    """

    def __init__(self, **given: Any) -> None:
        fields = PlayConfig.__dataclass_fields__
        self.play_config = PlayConfig(**{name: given.pop(name) for name in fields if name in given})
        super().__init__(**given)
        trainer = self.config.trainer
        if trainer.val_before_train or trainer.test_freq > 0:
            raise UsageError(
                "verl's own validation is not played, since its attempts are not told apart from "
                "those that are compared: trainer.val_before_train=false and trainer.test_freq=-1"
            )

    async def run(self, sampling_params: dict[str, Any], **task: Any) -> list[AgentLoopOutput]:
        """Play, and again where it breaks.

        Args:
            sampling_params: How verl samples.
            task: A row of the tasks' file, `sample` above all, and verl's numbers for the attempt.

        Returns:
            Its rows, in order; none where every try broke, or nobody could judge.

        Raises:
            UsageError: there is no such task, or verl is set up so that it cannot be learnt from.
            InconsistentData: a record contradicts itself.
            InfrastructureFault: it cannot be written, or too few attempts of its group are whole.
        """
        family = _family(self.play_config)
        sampling = _sampling(sampling_params, family, self.play_config.turn_tokens)
        backend = VerlBackend(
            self.server_manager,
            _codec(self._checkpoint, family),
            family,
            sampling,
            _context_tokens(self.rollout_config),
            self._checkpoint,
        )
        whole: Rollout | None = None
        try:
            trajectory = await self._played(task, policy_of(family, backend, sampling))
            whole = rollout_of(trajectory, RULES[self.play_config.reward])
        finally:
            if "uid" in task:
                await compare(task["uid"], int(self.rollout_config.n), whole is not None)
        if whole is None:
            end = trajectory.end
            logger.warning("%s is absent: %s", trajectory.folder, end and end.reason)
            return []
        return await asyncio.to_thread(self._outputs, trajectory, whole, backend)

    @property
    def _checkpoint(self) -> str:
        return str(self.config.actor_rollout_ref.model.path)

    async def _played(self, task: dict[str, Any], policy: Policy) -> Trajectory:
        """An episode of a task, the last one of several tries.

        Raises: as `run`.
        """
        config = self.play_config
        worlds = worlds_of(config)
        sample = await worlds.sample(str(task["sample"]))
        async with worlds.room:
            played = await play(
                policy,
                sample,
                Path(config.folder),
                _name(task),
                Limits(steps=config.turns, seconds=config.episode_s, clock="world"),
                Tries(1 + config.refills, deadline_s=config.refill_s),
            )
        if played.what_escaped is not None:
            raise played.what_escaped
        return played.trajectory

    def _outputs(
        self, trajectory: Trajectory, rollout: Rollout, backend: VerlBackend
    ) -> list[AgentLoopOutput]:
        """The rows of an episode, each with its pictures, and the reward with each.

        Raises:
            UsageError: verl would show the trainer other pictures than the model was shown.
        """
        pictures = pictures_of(trajectory, rollout)
        steps = trajectory.steps
        metrics = AgentLoopMetrics(
            generate_sequences=sum(step.act_s for step in steps),
            tool_calls=sum(step.observe_s for step in steps),
        )
        reward = rollout.reward
        extra = {
            "reward_extra_info": {
                "score": reward.score,
                "format": float(reward.is_well_formed),
                "zoom": float(reward.crops > 0),
            },
            "min_global_steps": min(backend.weights, default=None),
            "max_global_steps": max(backend.weights, default=None),
        }
        outputs = []
        for row in rollout.rows:
            images = [
                FittedImage(pictures[each.sha256], each.width_px, each.height_px).image()
                for each in row.images
            ]
            shown = {}
            if images:
                self._check_sizes(row, backend)
                shown = {
                    "multi_modal_data": {"images": images},
                    "mm_processor_kwargs": backend.processor,
                }
            outputs.append(
                AgentLoopOutput(
                    **tokens_of(row),
                    **shown,
                    reward_score=reward.total,
                    num_turns=2 * len(steps),
                    metrics=metrics,
                    extra_fields=deepcopy(extra),
                )
            )
        return outputs

    def _check_sizes(self, row: Row, backend: VerlBackend) -> None:
        """See that the trainer's processor gives each picture as many cells as the prompt has.

        Raises:
            UsageError: it does not, or there is none.
        """
        if self.processor is None:
            raise UsageError(
                "verl has no processor for this checkpoint, so that the trainer would see no "
                "pictures: its folder needs preprocessor_config.json, and verl torchvision"
            )
        eyes, size = self.processor.image_processor, backend.family.size
        for image in row.images:
            patches = eyes.get_number_of_image_patches(
                image.height_px, image.width_px, backend.processor
            )
            if patches != token_count(image, size) * eyes.merge_size**2:
                raise UsageError(
                    f"verl's processor resizes pictures of {image.width_px} x {image.height_px} "
                    f"px, which {backend.family.name} is shown as they are: name the right family"
                )


def tokens_of(row: Row) -> dict[str, Any]:
    """A row as verl divides it: the prompt up to the first sampled token, and the response.

    Raises:
        UsageError: it was sampled without log-probabilities.
    """
    if row.logprobs is None:
        raise UsageError("a row without log-probabilities: rollout.calculate_log_probs=true")
    first = row.sampled_at[0]
    told = iter(row.logprobs)
    return {
        "prompt_ids": list(row.ids[:first]),
        "response_ids": list(row.ids[first:]),
        "response_mask": [int(is_sampled) for is_sampled in row.is_sampled[first:]],
        "response_logprobs": [
            next(told) if is_sampled else 0.0 for is_sampled in row.is_sampled[first:]
        ],
    }


def _family(config: PlayConfig) -> Family:
    family = family_named(config.family)
    return family if config.zoom else family.without_zoom()


@lru_cache(maxsize=1)
def _codec(path: str, family: Family) -> Codec:
    """One for all attempts of a process, made before the first."""
    return Codec(path, family)


def _sampling(told: dict[str, Any], family: Family, turn_tokens: int) -> Sampling:
    """How verl says that is sampled; `top_k` -1 is all of them there."""
    return Sampling(
        temperature=float(told["temperature"]),
        top_p=float(told["top_p"]),
        top_k=max(0, int(told["top_k"])),
        max_tokens=min(turn_tokens, family.longest_turn_tokens or turn_tokens),
    )


def _context_tokens(rollout: Any) -> int:
    """Most tokens of a prompt with its turn, which is also the longest row."""
    return int(rollout.max_model_len or rollout.prompt_length + rollout.response_length)


def _name(task: dict[str, Any]) -> str:
    """The folder of an attempt, of which there is one of that name."""
    step, attempt = int(task.get("global_steps", 0)), int(task.get("session_id", 0))
    return f"{step:06d}-{folder_name(task['sample'])}-{attempt}-{uuid4().hex[:8]}"
