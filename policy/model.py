"""Policies that are vision-language models: a family, a backend, and an actor for each episode."""

import asyncio
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vigorl.browser.errors import UsageError
from vigorl.browser.observation import Observation
from vigorl.browser.text import cleaned, whole
from vigorl.policy.backend import Backend, Hardware, Message, Reply, Sampling, Session
from vigorl.policy.conversation import Conversation, RowKeeper
from vigorl.policy.family import (
    Family,
    family_known,
    family_named,
    family_of,
    family_served,
)
from vigorl.policy.grammar import Parsed, parse
from vigorl.policy.policy import Actor, Turn

if TYPE_CHECKING:
    from vigorl.policy.wire import WireLimits

NANO = "nano"
"""The model that the package carries."""


class ModelPolicy:
    """A vision-language model that plays episodes, many at once."""

    def __init__(
        self, family: Family, backend: Backend, sampling: Sampling, notice: str = ""
    ) -> None:
        self.name = backend.name
        self.notice = notice
        """What whoever started it should know of how it is talked to; mostly empty."""
        self.acts_on_marks = family.format.acts_on_marks
        self.family = family
        self.backend = backend
        self._sampling = sampling
        self._episode_count = 0

    def actor(self, goal: str) -> Actor:
        """A fresh actor; the n-th one draws with the n-th seed after the policy's own."""
        return self.actor_in(goal, self.next_session())

    def actor_in(self, goal: str, session: Session) -> Actor:
        """A fresh actor whose words come from this place at a backend."""
        return ModelActor(self, Conversation(goal, self.family), session)

    def next_session(self) -> Session:
        """A place at the backend for one more episode, with a seed of its own."""
        session = self.backend.session(self._sampling.seed + self._episode_count)
        self._episode_count += 1
        return session

    def begin_at(self, episode: int) -> None:
        """Let the next episode draw with this one's seed after the policy's own."""
        self._episode_count = episode

    def describe(self) -> dict[str, Any]:
        """Model, family, window, sampling and backend."""
        return {
            "policy": "model",
            "model": self.name,
            "family": self.family.name,
            "window_screens": self.family.window_screens,
            "max_images": self.family.max_images,
            "temperature": self._sampling.temperature,
            "top_p": self._sampling.top_p,
            "max_tokens": self._sampling.max_tokens,
            "seed": self._sampling.seed,
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
        return Turn(
            text=text,
            begun=begun,
            thought=parsed.thought,
            points=parsed.points_css_px,
            action=parsed.action,
            error=turn_error(parsed, reply),
            slip=parsed.slip,
            tokens=self._rows.record(reply),
            prompt_token_count=reply.prompt_token_count,
            sampled_token_count=reply.sampled_token_count,
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


async def open_model(
    spec: str,
    *,
    model_name: str | None = None,
    family: str | None = None,
    api_key: str | None = None,
    window_screens: int | None = None,
    zoom: bool = True,
    sampling: Sampling | None = None,
    hardware: Hardware | None = None,
    limits: "WireLimits | None" = None,
) -> ModelPolicy:
    """The policy that a model's name stands for, ready to play.

    Args:
        spec: `nano`, the URL of an OpenAI-compatible server, a checkpoint's folder, or a hub id.
        model_name: Which of the server's models; needed where it has several.
        family: How the model is talked to; told by its name where left out.
        api_key: Bearer token for the server.
        window_screens: Screens that stay in the conversation; the family's own number if None.
        zoom: Whether it may look closer, where its family can.
        sampling: How its words are drawn; as its family draws them where left out.
        hardware: What a checkpoint runs on here.
        limits: How long a server is waited for.

    Raises:
        UsageError: there is no such model, or what it needs is not installed.
        PolicyFault: the server does not answer.
    """
    manner = _Manner(family, window_screens, zoom)
    if spec.startswith(("http://", "https://")):
        from vigorl.policy.server import ServerBackend
        from vigorl.policy.wire import Server

        server = await Server.connect(spec, model_name, api_key, limits)
        try:
            chosen, notice = manner.served(server.model, server.root)
        except UsageError:
            await server.close()
            raise
        bounded = _bounded(sampling, chosen)
        return policy_of(chosen, ServerBackend(server, chosen, bounded), bounded, notice)
    return await asyncio.to_thread(_load, spec, manner, sampling, hardware or Hardware())


def _bounded(sampling: Sampling | None, family: Family) -> Sampling:
    """The sampling, or the family's own, within what the family's turns may take."""
    sampling = sampling or Sampling(temperature=family.temperature, top_p=family.top_p)
    longest = family.longest_turn_tokens
    if longest is None or sampling.max_tokens <= longest:
        return sampling
    return replace(sampling, max_tokens=longest)


def policy_of(
    family: Family, backend: Backend, sampling: Sampling, notice: str = ""
) -> ModelPolicy:
    """The policy of a family, on a backend that is there already."""
    if not family.reads:
        return ModelPolicy(family, backend, sampling, notice)
    from vigorl.policy.nano.actor import ReadingPolicy

    return ReadingPolicy(family, backend, sampling)


def _load(
    spec: str, manner: "_Manner", sampling: Sampling | None, hardware: Hardware
) -> ModelPolicy:
    """The policy of a checkpoint; takes from seconds to minutes to load."""
    spec = checkpoint_of(spec)
    try:
        from vigorl.policy.local.backend import LocalBackend
        from vigorl.policy.local.network import Network, read_model_type
    except ImportError as error:
        raise UsageError(
            f"running {spec} here needs torch and transformers ({error}): "
            "pip install 'vigorl-agent[model]', or give the URL of a server"
        ) from error
    chosen, notice = manner.loaded(spec, read_model_type(spec))
    network = Network(spec, chosen, hardware)
    bounded = _bounded(sampling, chosen)
    backend = LocalBackend(network, bounded, max_batch=hardware.max_batch)
    return policy_of(chosen, backend, bounded, notice)


def checkpoint_of(spec: str) -> str:
    """The folder or hub id that a model's name stands for, as far as a look at the disk can tell.

    Raises:
        UsageError: there is no such checkpoint.
    """
    if spec == NANO:
        return str(packaged_nano())
    folder = Path(spec)
    if folder.exists() and not (folder / "config.json").is_file():
        raise UsageError(f"{spec} is no checkpoint: it holds no config.json")
    if not folder.exists() and (folder.is_absolute() or spec.count("/") != 1):
        raise UsageError(
            f"no model {spec}: give the URL of a server (http://…), an existing folder with a "
            "checkpoint, or a hub id like Qwen/Qwen2.5-VL-3B-Instruct"
        )
    return spec


def packaged_nano() -> Path:
    """The folder of the checkpoint that the package carries.

    Raises:
        UsageError: this installation carries none.
    """
    folder = Path(str(files("vigorl.policy.nano"))) / "weights"
    if not (folder / "config.json").is_file():
        raise UsageError(
            "this installation carries no checkpoint of nano; give the folder of one as the model"
        )
    return folder


@dataclass(frozen=True)
class _Manner:
    """How a model is talked to, as far as that was asked for."""

    name: str | None
    """Of its family; None: told by its own."""
    window_screens: int | None
    zoom: bool

    def served(self, *names: str) -> tuple[Family, str]:
        """The family of a server's model, and what is to be said of the choice.

        Raises:
            UsageError: there is none, or it cannot be talked to like that.
        """
        if self.name is not None:
            return self._adapted(family_named(self.name)), ""
        family, notice = family_served(*names)
        return self._adapted(family), notice

    def loaded(self, name: str, model_type: str) -> tuple[Family, str]:
        """The family of a checkpoint, and what is to be said where only its architecture tells.

        Raises:
            UsageError: there is none, or it cannot be talked to like that.
        """
        if self.name is not None:
            return self._adapted(family_named(self.name)), ""
        family = family_of(name, model_type)
        notice = ""
        if family_known(name) is None and not family.reads:  # nano's architecture is its own
            notice = (
                f"{name} says by its architecture alone ({model_type}) how it is talked to: taken "
                f"for {family.name} (--family to choose)"
            )
        return self._adapted(family), notice

    def _adapted(self, family: Family) -> Family:
        if not self.zoom:
            family = family.without_zoom()
        screens = self.window_screens
        if screens is None:
            return family
        if screens < 1:
            raise UsageError(f"a window of {screens} screens: at least one has to stay")
        extra = family.max_images - family.window_screens
        return replace(family, window_screens=screens, max_images=screens + max(extra, 1))
