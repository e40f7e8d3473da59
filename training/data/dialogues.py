"""Recorded episodes as the conversations that a model had, message by message.

An episode whose history was rewritten, because a screen left the window, is several dialogues:
each is what the model read and said in one row of tokens. They are made by the same code that
made the conversation when it was played, from the pictures that were recorded.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.agent.record.trajectory import Seen, StepRecord, Trajectory
from vigorl.browser.errors import UsageError
from vigorl.browser.observation import Event
from vigorl.policy.backend import Message, Reply
from vigorl.policy.conversation import Conversation
from vigorl.policy.family import Family, family_named
from vigorl.policy.grammar import Dialect, write
from vigorl.policy.points import write_point
from vigorl.policy.policy import Turn
from vigorl.training.data.episodes import RecordedEpisode


@dataclass(frozen=True)
class Dialogue:
    """A conversation whose last message is the assistant's."""

    name: str
    messages: tuple[Message, ...]
    family: str
    """How the model was talked to: a name of `vigorl.policy.family`."""
    first_new: int = 0
    """Messages before this one are in an earlier dialogue of the same episode."""
    kind: str = ""
    score: float | None = None
    """Of the episode, or the mean of all episodes of its task."""
    task: dict[str, Any] = field(default_factory=dict)
    """The frozen row of the task, where there is one."""
    truth: GroundTruth = field(default_factory=GroundTruth)
    """What is right in it, where that is known."""


def family_of_episode(trajectory: Trajectory) -> Family:
    """How the model was talked to in an episode.

    Raises:
        UsageError: it was played by something that is talked to in no conversation.
    """
    about = trajectory.start.policy
    if trajectory.is_demonstration:
        raise UsageError(
            f"{trajectory.folder} was shown by a person, in the language of no model: `train sft` "
            "takes it, and writes it in that of the model which learns from it"
        )
    if "family" not in about:
        raise UsageError(
            f"{trajectory.folder} was played by {about.get('policy', about.get('name'))}, which is "
            "no language model: there is no conversation to learn from"
        )
    family = family_named(str(about["family"]))
    if family.reads:
        raise UsageError(
            f"{trajectory.folder} was played by {family.name}, whose prompts are what `reader` "
            "read on the screens: of these the tokens are kept, and no text. `train sft` takes "
            "them; they cannot be exported"
        )
    return replace(
        family,
        window_screens=int(about["window_screens"]),
        max_images=int(about["max_images"]),
    )


def dialogues_of(episode: RecordedEpisode, family: Family | None = None) -> list[Dialogue]:
    """The dialogues of an episode, in order, up to a turn that was begun for the model.

    Of that turn the first words are not its own, and nothing can be learnt from them. What a
    person did in the policy's place is taught as if the model had chosen it, without a thought;
    what it had chosen instead is left out.

    Args:
        episode: As it was recorded.
        family: How the model is talked to that is to learn from it, where that may be chosen: in
            the words of none did a person show it. None: as it was talked to.

    Raises:
        UsageError: there is no conversation to be had from it.
        InconsistentData: a picture is gone, or is another.
    """
    trajectory = episode.trajectory
    if family is None or not trajectory.is_demonstration:
        family = family_of_episode(trajectory)
    elif family.reads:
        raise UsageError(
            f"{episode.name} was shown by a person, who saw pictures, and {family.name} is told "
            "what `reader` reads on them: choose a vision-language model"
        )
    conversation = Conversation(trajectory.start.goal, family)
    said: list[tuple[Message, ...]] = []
    news: list[int] = []
    for step in _to_be_taught(trajectory):
        observation = trajectory.observation(step.seen)
        conversation.see(replace(observation, events=_without_steering(observation.events)))
        before = conversation.messages()
        if not said or before[: len(said[-1])] != said[-1]:
            said.append(())
            news.append(len(before))
        is_shown = trajectory.is_demonstration
        text = _words(step, conversation.dialect, episode.name, is_shown)
        conversation.hear(Reply(text, 0, 0, False), step.done)
        said[-1] = conversation.messages()
    return [
        Dialogue(
            name=episode.name if len(said) == 1 else f"{episode.name}, part {number}",
            messages=messages,
            family=family.name,
            first_new=first_new if number > 1 else 0,
            kind=episode.kind,
            score=episode.score if episode.mean_score is None else episode.mean_score,
            task=trajectory.start.task or {},
            truth=trajectory.truth,
        )
        for number, (messages, first_new) in enumerate(zip(said, news, strict=True), 1)
    ]


def _to_be_taught(trajectory: Trajectory) -> Iterator[StepRecord]:
    """The steps up to a turn that was begun for the model.

    One at which a person took over is left out; what it saw is what they saw then.
    """
    seen: Seen | None = None
    for step in takewhile(lambda step: not step.turn.begun, trajectory.steps):
        seen = step.seen if seen is None else seen
        if step.amendment is None or not step.amendment.is_take_over:
            yield replace(step, seen=seen)
            seen = None


def _without_steering(events: tuple[Event, ...]) -> tuple[Event, ...]:
    """What was told but that somebody else has acted, which the model is taught to do itself."""
    return tuple(event for event in events if event.kind != "steered")


def _words(step: StepRecord, dialect: Dialect, name: str, is_shown: bool) -> str:
    """What the model said, or would have said to do what was done.

    Args:
        step: Of the episode.
        dialect: How the model says it.
        name: Of the episode.
        is_shown: A person has shown it, whose thoughts, if any, name points of the viewport.

    Raises:
        UsageError: its language cannot say that.
    """
    action = step.done
    if action is None or (step.by == "policy" and step.amendment is None and not is_shown):
        return step.turn.text
    try:
        return write(_pointed(step.turn, dialect) if is_shown else "", action, dialect)
    except ValueError as error:
        raise UsageError(
            f"{name}: what a person did in step {step.index + 1} cannot be said in the model's "
            f"language ({error}): leave the episode out"
        ) from error


def _pointed(turn: Turn, dialect: Dialect) -> str:
    """A thought with its points in the model's coordinates."""
    said, at = "", 0
    for mention in turn.named:
        if mention.point is not None:
            said += turn.thought[at : mention.start] + write_point(mention.point, dialect.frame)
            at = mention.end
    return said + turn.thought[at:]
