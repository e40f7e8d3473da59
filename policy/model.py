"""Policies that are vision-language models: a family, a backend, and an actor for each episode."""

import hashlib
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from itertools import count
from typing import Any, Self

from vigorl.browser.actions import GiveUp
from vigorl.browser.observation import Observation
from vigorl.browser.text import cleaned, whole
from vigorl.policy.backend import Backend, Message, Reply, Sampling, Session
from vigorl.policy.certainty import Certainty
from vigorl.policy.conversation import Conversation, RowKeeper
from vigorl.policy.family import Family, family_reading
from vigorl.policy.grammar import Dialect, Parsed, parse
from vigorl.policy.policy import Actor, Turn
from vigorl.policy.price import Price
from vigorl.policy.usage import Usage


def episode_seed(seed: int, episode: int, attempt: int = 0) -> int:
    """The seed that an episode of a policy draws with, in [0, 2³¹) but for the first one's.

    The first one has the policy's own. The others' are drawn, so that policies with seeds side by
    side hardly ever share an episode: servers take 31 bits, so two of n episodes each share about
    n² / 2³¹.

    Args:
        seed: Of the policy.
        episode: Its number.
        attempt: How often it was begun before: each time it draws with another seed.
    """
    if episode == attempt == 0:
        return seed
    drawn_from = f"{seed} {episode} {attempt}" if attempt else f"{seed} {episode}"
    digest = hashlib.sha256(drawn_from.encode()).digest()
    return int.from_bytes(digest[:4]) >> 1


class ModelPolicy:
    """A vision-language model that plays episodes, many at once."""

    def __init__(
        self,
        family: Family,
        backend: Backend,
        sampling: Sampling,
        notice: str = "",
        price: Price | None = None,
    ) -> None:
        self.name = backend.name
        self.notice = notice
        """What whoever started it should know of how it is talked to; mostly empty."""
        self.acts_on_marks = family.format.acts_on_marks
        self.needs_instructions = False
        self.family = family
        self.backend = backend
        self.price = price
        """What its tokens cost, where that is known; what a server says of it comes first."""
        self._sampling = sampling
        self._seeds: Iterator[int] = (episode_seed(sampling.seed, number) for number in count())

    def actor(self, goal: str) -> Actor:
        """A fresh actor, which draws with a seed of its own (`episode_seed`)."""
        return self.actor_in(goal, self.next_session())

    def actor_in(self, goal: str, session: Session) -> Actor:
        """A fresh actor whose words come from this place at a backend."""
        return ModelActor(self, Conversation(goal, self.family), session)

    def next_session(self) -> Session:
        """A place at the backend for one more episode, with a seed of its own."""
        return self.backend.session(next(self._seeds))

    def numbered(self, episode: int) -> Self:
        """The same policy for one episode: each of its actors plays that one, from the start.

        The first draws with the episode's seed, every further one with a new one of that episode.
        """
        policy, seed = copy(self), self._sampling.seed
        policy._seeds = (episode_seed(seed, episode, attempt) for attempt in count())
        return policy

    def usage(self, reply: Reply) -> Usage:
        """The tokens of a reply, and what they cost: as the server says, or by the price."""
        tokens = (reply.prompt_token_count, reply.cached_token_count, reply.sampled_token_count)
        cost_usd = reply.cost_usd
        if cost_usd is None and self.price is not None and any(tokens):
            cost_usd = self.price.cost_usd(*tokens)
        return Usage(*tokens, cost_usd)

    @property
    def least_sure(self) -> float:
        """Probability of a reply below which an episode's `done` is not believed; 0: it always is.

        It is that of the most likely words: of others it says nothing.
        """
        return (self.family.least_sure or 0.0) if self._sampling.temperature == 0 else 0.0

    def describe(self) -> dict[str, Any]:
        """Model, family, window, sampling and backend."""
        return {
            "policy": "model",
            "model": self.name,
            "family": self.family.name,
            "window_screens": self.family.window_screens,
            "max_images": self.family.max_images,
            "max_pixels": self.family.size.max_pixels,
            "temperature": self._sampling.temperature,
            "top_p": self._sampling.top_p,
            "top_k": self._sampling.top_k,
            "repetition_penalty": self._sampling.repetition_penalty,
            "presence_penalty": self._sampling.presence_penalty,
            "max_tokens": self._sampling.max_tokens,
            "seed": self._sampling.seed,
            **({"least_sure": self.least_sure} if self.least_sure else {}),
            **self.backend.describe(),
        }

    async def close(self) -> None:
        """Let go of connections and devices."""
        await self.backend.close()


class ModelActor:
    """The model in one episode."""

    def __init__(self, policy: ModelPolicy, conversation: Conversation, session: Session) -> None:
        self._policy = policy
        self._conversation = conversation
        self._session = session
        self._rows = RowKeeper()
        self._turn_count = 0
        self._is_lost = False
        """The last reply could not be understood."""
        self._certainty = Certainty(policy.least_sure)

    async def act(self, observation: Observation) -> Turn:
        """Show the model what is new and understand what it says.

        Raises:
            PolicyFault: the model's server or device broke.
        """
        self._conversation.see(observation)
        begun, reply = await self._reply()
        text = begun + whole(reply.text)
        # A quotation may write half a character as an escape, which no prompt can hold.
        parsed = cleaned(parse(text, self._conversation.dialect), whole)
        ids = None if begun else reply.sampled_ids
        self._conversation.hear(replace(reply, text=text, sampled_ids=ids), parsed.action)
        self._is_lost = parsed.action is None
        notice = notice_of(parsed, reply, text, self._conversation.dialect)
        if parsed.action is None and reply.refusal:
            refused = GiveUp(f"the model refuses: {whole(reply.refusal)}")
            parsed = replace(parsed, action=refused, error=None)
        self._certainty.hear(reply)
        return Turn(
            text=text,
            begun=begun,
            thought=parsed.thought,
            points=parsed.points_css_px,
            mentions=parsed.mentions,
            action=self._certainty.believed(parsed.action),
            error=turn_error(parsed, reply),
            slip=parsed.slip,
            tokens=self._rows.record(reply),
            prompt_token_count=reply.prompt_token_count,
            sampled_token_count=reply.sampled_token_count,
            cached_token_count=reply.cached_token_count,
            cost_usd=self._policy.usage(reply).cost_usd,
            notice=notice,
        )

    async def _reply(self) -> tuple[str, Reply]:
        """What was begun for the model, and what it says; the beginning is mostly empty."""
        self._turn_count += 1
        messages, family = self._conversation.messages(), self._policy.family
        is_last = family.last_turn is not None and self._turn_count >= family.last_turn
        if is_last and self._policy.backend.continues:
            opening = Message("assistant", (family.last_words,))
            return family.last_words, await self._session.reply((*messages, opening), "greedy")
        return "", await self._session.reply(messages, "anew" if self._is_lost else "as set")


def turn_error(parsed: Parsed, reply: Reply) -> str | None:
    """What was wrong with a turn, addressed to the model; None where nothing was."""
    if parsed.error is not None and reply.cut_off:
        return f"Your text was cut off after {reply.sampled_token_count} tokens; write less."
    return parsed.error


def notice_of(parsed: Parsed, reply: Reply, text: str, dialect: Dialect) -> str:
    """What a record should say of how a turn came about; mostly empty."""
    notices = []
    if reply.left_out:
        fields = ", ".join(reply.left_out)
        notices.append(f"its server refuses {fields}: its own values held")
    if parsed.action is None:
        other = family_reading(text, dialect)
        if other is not None:
            notices.append(f"this is how models of another family write: --family {other.name}")
        elif reply.cut_off:
            notices.append("it was cut off: --turn-tokens lets a turn be longer")
    return "; ".join(notices)
