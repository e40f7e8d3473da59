"""The `Policy` protocol: what chooses the next action, and the turns that it chooses by."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from vigorl.browser.actions import Action
from vigorl.browser.geometry import Point
from vigorl.browser.observation import Observation
from vigorl.policy.points import POINT, Mention, mentions_by_order
from vigorl.policy.usage import Usage


@dataclass(frozen=True, slots=True)
class ShownImage:
    """A picture as the model saw it: which one, and the size it was resized to."""

    sha256: str
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one turn, as they were sampled.

    An episode's tokens form rows. A turn continues a row: `prompt_ids` are what was written to
    the row since its last sampled token (mask 0), `sampled_ids` what the model then sampled
    (mask 1). A row is the concatenation of its turns. Whenever the history is rewritten, or a
    server encoded the past differently, a new row begins with its whole prompt.
    """

    row: int
    prompt_ids: tuple[int, ...]
    sampled_ids: tuple[int, ...]
    logprobs: tuple[float, ...] | None
    """Of each sampled id at temperature 1, before any penalty; None: not offered."""
    images: tuple[ShownImage, ...] = ()
    """Those whose placeholder tokens stand in `prompt_ids`, in order."""
    weights_step: int | None = None
    """Updates that the weights had seen which it was sampled with, where these are trained
    elsewhere and handed over from time to time; None: not told."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a policy said at one step.

    Either `action` is set, or `error` says in one sentence, addressed to the policy, why its
    text holds none.
    """

    text: str
    """Exactly as it was written, special tokens left out."""
    thought: str
    points: tuple[Point, ...]
    """Points that the thought refers to, viewport CSS px."""
    action: Action | None
    error: str | None = None
    begun: str = ""
    """What `text` begins with that was written for the model and not by it; mostly empty."""
    mentions: tuple[Mention, ...] = ()
    """Where the thought names them, and pairs beside the screen as well; see `named`."""
    slip: str = ""
    """How the text departs from the model's format, where it was understood nonetheless; it costs
    a reward for form, and nothing else."""
    tokens: Tokens | None = None
    prompt_token_count: int = 0
    sampled_token_count: int = 0
    cached_token_count: int = 0
    """Of the prompt: those that the server had read before, as far as it tells."""
    cost_usd: float | None = None
    """In US dollars; None: not known, or there is nothing to pay."""
    notice: str = ""
    """What whoever reads the record should know of how it came about: a value that the server
    refused, a text in the format of another family. Not told to the policy; mostly empty."""
    instruction: str = ""
    """Which instruction the policy is at, where it knows: `step 3 of 8: click "Next" until you see
    "Order 1042" (5th try)`."""
    verified: bool | None = None
    """Beside `Done`: whether the policy saw the effect of everything that it was asked to do; None
    where it does not check."""

    @property
    def usage(self) -> Usage:
        """Its tokens, and what they cost."""
        return Usage(
            self.prompt_token_count,
            self.cached_token_count,
            self.sampled_token_count,
            self.cost_usd,
        )

    @property
    def named(self) -> tuple[Mention, ...]:
        """The pairs of coordinates that stand in the thought, in order.

        Where they were not recorded, or the thought was changed since (a secret was taken out of
        it), they are found again by their order.
        """
        if self.mentions and all(
            POINT.fullmatch(self.thought, each.start, each.end) for each in self.mentions
        ):
            return self.mentions
        return mentions_by_order(self.thought, self.points)


class Actor(Protocol):
    """A policy in one episode; it remembers what it has seen and done."""

    async def act(self, observation: Observation) -> Turn:
        """Look, think, and choose.

        Raises:
            PolicyFault: the model's server or device broke.
        """
        ...


class Policy(Protocol):
    """Whatever chooses. Shared by many episodes at once; an `Actor` plays each."""

    name: str
    acts_on_marks: bool
    """Whether it names numbered elements instead of points, so that screens must show them."""
    needs_instructions: bool
    """Whether it has to be told how to reach a goal, step by step, where a task can say it; others
    are told the goal alone."""

    def actor(self, goal: str) -> Actor:
        """A fresh actor for one episode."""
        ...

    def describe(self) -> dict[str, Any]:
        """What a record needs to name this policy again: model, family, settings, versions."""
        ...

    async def close(self) -> None:
        """Let go of connections and devices; may be called twice."""
        ...


@runtime_checkable
class NumberedPolicy(Protocol):
    """A policy that draws, and draws the same in an episode whichever others are played."""

    def numbered(self, episode: int) -> Policy:
        """The same policy for the episode of this number, also where that is begun again."""
        ...


def numbered(policy: Policy, episode: int) -> Policy:
    """The policy for the episode of a number; itself, where it draws nothing.

    Args:
        policy: Who plays.
        episode: Its number in an evaluation or a training, from 0.
    """
    return policy.numbered(episode) if isinstance(policy, NumberedPolicy) else policy
