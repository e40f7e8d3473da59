"""What verl's workers play: a file beside the run, read wherever one of them is started."""

from dataclasses import dataclass
from typing import Any

from vigorl.browser.grounding_rule import GroundingRule
from vigorl.training.grpo.config import GrpoRunConfig, RewardName
from vigorl.training.grpo.sources import Sources

NAME = "vigorl"
"""Of our agent loop, as verl's tasks name it."""
TARGET = "vigorl.training.verl.agent_loop.VigorlAgentLoop"


@dataclass(frozen=True)
class PlayConfig:
    """Tasks and episodes of a run, as `GrpoRunConfig` has them."""

    folder: str
    """Gets the record of every episode."""
    family: str
    """Prompt and answer format of the model."""
    zoom: bool = True
    """Let the model zoom, where its family can."""
    tasks: tuple[str, ...] = ()
    """Names and patterns of tasks; none, and no data: all embedded ones."""
    data: tuple[str, ...] = ()
    """Screenshots with targets, and questions."""
    grounding_rule: GroundingRule = "hit"
    """How an answer on a screenshot is judged."""
    skipped_seeds: int = 0
    """Training seeds of each task that are left out, from the first."""
    seed: int = 0
    """Of the order of pictures."""
    count: int = 1
    """Samples that the run can ask for at most."""
    envs: tuple[str, ...] = ()
    """Addresses of environment services; empty: each worker has a browser of its own. Their token
    is `VIGORL_ENVS_TOKEN`, wherever a worker runs."""
    reward: RewardName = "multi-turn"
    """Shaping beside the judge's score."""
    at_once: int = 8
    """Episodes that a worker plays at the same time; further ones wait."""
    turns: int = 10
    """Most turns of an episode."""
    turn_tokens: int = 512
    """Most tokens sampled in one turn."""
    episode_s: float = 300.0
    """Seconds that pages may take in an episode; more are a fault."""
    refills: int = 3
    """Times that an episode is played again after a fault."""
    refill_s: float = 600.0
    """Seconds since its start after which it is not played again."""

    def __post_init__(self) -> None:
        for name in ("tasks", "data", "envs"):  # lists, where they come from a file
            object.__setattr__(self, name, tuple(getattr(self, name)))

    @classmethod
    def of(
        cls,
        config: GrpoRunConfig,
        family: str,
        folder: str,
        envs: tuple[str, ...] = (),
        workers: int = 1,
    ) -> "PlayConfig":
        """What a run plays.

        Args:
            config: The run.
            family: Of its model.
            folder: Of its records.
            envs: Addresses of environment services.
            workers: Those that share its episodes.
        """
        return cls(
            folder=folder,
            family=family,
            zoom=config.zoom,
            tasks=config.tasks,
            data=config.data,
            grounding_rule=config.grounding_rule,
            skipped_seeds=config.skipped_seeds,
            seed=config.seed,
            count=config.steps * config.max_groups,
            envs=envs,
            reward=config.reward,
            at_once=max(1, config.episodes_at_once // workers),
            turns=config.turns,
            turn_tokens=config.turn_tokens,
            episode_s=config.episode_s,
            refills=config.refills,
            refill_s=config.refill_s,
        )

    @property
    def sources(self) -> Sources:
        """What is practised on."""
        return Sources(
            self.tasks,
            self.data,
            self.grounding_rule,
            self.skipped_seeds,
            self.seed,
            self.count,
            self.at_once,
        )

    def entry(self) -> dict[str, Any]:
        """Our agent loop, as verl's file of them has it."""
        values = {name: _plain(value) for name, value in vars(self).items()}
        return {"name": NAME, "_target_": TARGET, **values}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
