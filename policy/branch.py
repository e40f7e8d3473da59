"""Prefix replay: episodes that begin with another one's first turns, and a part of the next.

::

    an episode      turn 1 ────── turn 2 ────── turn 3
    a stem of it    turn 1 ────── tur                       known, said again word for word
    a branch                         n 2' ───── turn 3' …   sampled

A branch is played like any episode (`rollout`), and recorded like one: its tokens are those of the
stem, as they were once sampled, and those that were sampled now. The world has to do the same
again for it, as a still picture does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vigorl.browser.errors import InconsistentData
from vigorl.policy.backend import Backend, Message, Reply, SamplingMode, Session
from vigorl.policy.model import ModelPolicy
from vigorl.policy.policy import Actor, ShownImage, Turn


@dataclass(frozen=True, slots=True)
class Stem:
    """How an episode begins; the empty one says nothing of it."""

    replies: tuple[Reply, ...] = ()
    """Its first turns, whole."""
    begun: Reply | None = None
    """The beginning of the next one."""


class Branch:
    """A policy that says a stem, and goes on from there as the model does."""

    def __init__(self, policy: ModelPolicy, stem: Stem, seed: int) -> None:
        """Draw with this seed what follows the stem."""
        self.name = policy.name
        self.acts_on_marks = policy.acts_on_marks
        self.needs_instructions = policy.needs_instructions
        self._policy = policy
        self._stem = stem
        self._seed = seed

    def actor(self, goal: str) -> Actor:
        """An actor of the one episode that this is made for."""
        session = self._policy.backend.session(self._seed)
        return self._policy.actor_in(goal, _BranchSession(self._stem, session))

    def describe(self) -> dict[str, Any]:
        """The model, and the seed of this branch."""
        return {**self._policy.describe(), "seed": self._seed}

    async def close(self) -> None:
        """Nothing is held; the model may have other branches."""


class _BranchSession:
    """A place at a backend, whose first words are known."""

    def __init__(self, stem: Stem, session: Session) -> None:
        self._stem = stem
        self._session = session
        self._turn = 0

    async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
        """The next reply of the stem, or what the model says.

        Raises:
            PolicyFault: the server or device broke, or refused.
        """
        self._turn += 1
        if self._turn <= len(self._stem.replies):
            return self._stem.replies[self._turn - 1]
        begun = self._stem.begun
        if begun is None or self._turn > len(self._stem.replies) + 1:
            return await self._session.reply(messages, how)
        opening = Message("assistant", (begun.text,), begun.sampled_ids)
        return joined(begun, await self._session.reply((*messages, opening)))


def joined(begun: Reply, rest: Reply) -> Reply:
    """A reply and its continuation as the one reply that they are.

    Tokens are known where the continuation was read behind the very tokens that had been sampled;
    a server that encodes the beginning anew may have read others.
    """
    is_exact = (
        begun.prompt_ids is not None
        and begun.sampled_ids is not None
        and rest.sampled_ids is not None
        and rest.prompt_ids == begun.prompt_ids + begun.sampled_ids
    )
    sampled_ids = logprobs = None
    if is_exact:
        sampled_ids = (begun.sampled_ids or ()) + (rest.sampled_ids or ())
        if begun.logprobs is not None and rest.logprobs is not None:
            logprobs = begun.logprobs + rest.logprobs
    return Reply(
        text=begun.text + rest.text,
        prompt_token_count=rest.prompt_token_count - begun.sampled_token_count,
        sampled_token_count=begun.sampled_token_count + rest.sampled_token_count,
        cut_off=rest.cut_off,
        prompt_ids=begun.prompt_ids if is_exact else None,
        sampled_ids=sampled_ids,
        logprobs=logprobs,
        images=rest.images,
    )


async def beginning(reply: Reply, characters: int, backend: Backend) -> Reply:
    """The beginning of a reply: so many characters or, between its tokens, as few more as can be.

    Raises:
        PolicyFault: the backend does not tell the text of the reply's tokens.
        InconsistentData: the tokens say another text.
    """
    if reply.sampled_ids is None:
        return replace(reply, text=reply.text[:characters], sampled_token_count=0)
    few, many = 0, len(reply.sampled_ids)
    while few < many:
        middle = (few + many) // 2
        if len(await backend.decode(reply.sampled_ids[:middle])) < characters:
            few = middle + 1
        else:
            many = middle
    text = await backend.decode(reply.sampled_ids[:few])
    while not reply.text.startswith(text):  # a token may end inside of a character
        if few == len(reply.sampled_ids):
            raise InconsistentData(f"tokens that say {text!r} in a turn that says {reply.text!r}")
        few += 1
        text = await backend.decode(reply.sampled_ids[:few])
    return replace(
        reply,
        text=text,
        sampled_token_count=few,
        sampled_ids=reply.sampled_ids[:few],
        logprobs=None if reply.logprobs is None else reply.logprobs[:few],
    )


def replies_of(turns: Iterable[Turn]) -> list[Reply]:
    """The replies that the recorded turns of an episode came from, in order.

    Raises:
        InconsistentData: the rows of the tokens do not follow each other.
    """
    replies: list[Reply] = []
    row = -1
    ids: tuple[int, ...] = ()
    images: tuple[ShownImage, ...] = ()
    for turn in turns:
        tokens = turn.tokens
        if tokens is not None:
            if tokens.row not in (row, row + 1):
                raise InconsistentData(f"a turn of row {tokens.row} after one of row {row}")
            if tokens.row != row:
                row, ids, images = tokens.row, (), ()
            ids += tokens.prompt_ids
            images += tokens.images
        replies.append(
            Reply(
                text=turn.text.removeprefix(turn.begun),
                prompt_token_count=turn.prompt_token_count,
                sampled_token_count=turn.sampled_token_count,
                cut_off=False,
                prompt_ids=None if tokens is None else ids,
                sampled_ids=None if tokens is None else tokens.sampled_ids,
                logprobs=None if tokens is None else tokens.logprobs,
                images=images,
            )
        )
        if tokens is not None:
            ids += tokens.sampled_ids
    return replies
