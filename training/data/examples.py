"""What a checkpoint is taught by example: rows of tokens, and the pictures that they show.

Where an episode was recorded with tokens, and the checkpoint's tokenizer says the same text with
them, these very tokens are taught: nothing is encoded again. Texts without tokens (exported
conversations, chains that were put together, episodes of another server) are encoded once.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vigorl.agent.record.trajectory import Trajectory, sha256_of
from vigorl.browser.errors import UsageError, VigorlError
from vigorl.browser.picture import Picture
from vigorl.policy.backend import Message
from vigorl.policy.local.codec import Codec
from vigorl.policy.local.network import Network
from vigorl.policy.thought_text import Thoughts, ablate
from vigorl.training.data.conversations import conversations_in, holds_conversations
from vigorl.training.data.dialogues import Dialogue, dialogues_of
from vigorl.training.data.episodes import RecordedEpisode, episodes_in, select
from vigorl.training.data.rows import Row, rows_of
from vigorl.training.data.selection import Selection
from vigorl.training.data.still_dialogues import holds_stills, still_dialogues
from vigorl.training.search.config import ChainConfig


@dataclass(frozen=True)
class Example:
    """One episode, or one conversation."""

    name: str
    rows: tuple[Row, ...]

    @property
    def tokens(self) -> int:
        """How many are taught."""
        return sum(len(row.sampled_at) for row in self.rows)

    @property
    def longest_row(self) -> int:
        """Tokens of its longest row."""
        return max(len(row.ids) for row in self.rows)


@dataclass(frozen=True)
class Examples:
    """All that is taught, or a part of it."""

    examples: tuple[Example, ...]
    pictures: Mapping[str, Picture]
    """By their sha256, each once."""
    left_out: Mapping[str, int]
    """How many episodes were not taken, for which reason."""

    @property
    def fingerprint(self) -> str:
        """The same for the same tokens and pictures in the same order."""
        digest = hashlib.sha256()
        for example in self.examples:
            for row in example.rows:
                digest.update(repr((row.ids, row.is_sampled, row.images)).encode())
        return digest.hexdigest()[:16]

    def divided(self, share: float) -> tuple["Examples", "Examples"]:
        """A part to learn from, and a share that is held out, by the pictures that they show.

        No picture is in both.
        """

        def is_held_out(example: Example) -> bool:
            first = next((image.sha256 for row in example.rows for image in row.images), "")
            digest = hashlib.sha256((first or example.name).encode()).digest()
            return int.from_bytes(digest[:8]) < share * 2**64

        return (
            replace(self, examples=tuple(e for e in self.examples if not is_held_out(e))),
            replace(self, examples=tuple(e for e in self.examples if is_held_out(e))),
        )


def read_examples(
    folders: Sequence[Path],
    network: Network,
    chains: ChainConfig,
    selection: Selection,
    longest_tokens: int,
    thoughts: Thoughts = "pointed",
    *,
    skips_longer: bool = False,
) -> Examples:
    """The examples of these folders: runs, evaluations, searches, exported conversations, stills.

    Args:
        folders: Where they are.
        network: Who is to learn from them.
        chains: What is made of trees.
        selection: Which episodes are taken; conversations and stills are taken as they are.
        longest_tokens: Of a row.
        thoughts: How they are taught, whichever way they were said.
        skips_longer: Leave out examples with longer rows; else they are an error.

    Raises:
        UsageError: nothing is left to learn from, or an example cannot be taught: names it.
        InconsistentData: a record contradicts itself.
    """
    exported = [folder for folder in folders if holds_conversations(folder)]
    stills = [data for data in folders if data not in exported and holds_stills(data)]
    recorded = [folder for folder in folders if folder not in (*exported, *stills)]
    pictures: dict[str, Picture] = {}
    examples: list[Example] = []
    left_out: Mapping[str, int] = {}
    if recorded:
        taken, left_out = select(episodes_in(recorded, chains), selection)
        for episode in taken:
            with _named(episode.name):
                examples.append(_of_episode(episode, network, pictures, thoughts))
    dialogues = [
        *(conversations_in(folder, network.family) for folder in exported),
        *(still_dialogues(data, network.family) for data in stills),
    ]
    for source in dialogues:
        for dialogue in source:
            with _named(dialogue.name):
                told = _ablated(dialogue, thoughts)
                examples.append(_of_dialogues([told], network.codec, pictures))
    longest = min(longest_tokens, network.context_tokens)
    if skips_longer:
        short = [example for example in examples if example.longest_row <= longest]
        if len(short) < len(examples):
            why = f"with a row of more than {longest:,} tokens"
            left_out = {**left_out, why: len(examples) - len(short)}
        examples = short or examples  # where none is left, the first one says how long it is
    for example in examples:
        _check(example, longest, network.context_tokens)
    return Examples(tuple(examples), pictures, left_out)


class _named:
    """Say which example an error is about, where it does not say so itself."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, VigorlError) and self._name not in str(error):
            raise type(error)(f"{self._name}: {error}") from error


def _check(example: Example, longest: int, context: int) -> None:
    tokens = example.longest_row
    if tokens > longest:
        remedy = (
            "allow rows that long (--tree-tokens), or leave such examples out (--skip-longer)"
            if tokens <= context
            else f"the model takes {context} at most: leave it out"
        )
        raise UsageError(f"{example.name} has a row of {tokens} tokens, of {longest}: {remedy}")
    if example.tokens == 0:
        raise UsageError(f"{example.name} holds no message of the assistant: nothing to learn")


def _of_episode(
    episode: RecordedEpisode, network: Network, pictures: dict[str, Picture], thoughts: Thoughts
) -> Example:
    trajectory = episode.trajectory
    family = trajectory.start.policy.get("family")
    if trajectory.is_demonstration:
        shown = dialogues_of(episode, network.family)
        told = [_ablated(dialogue, thoughts) for dialogue in shown]
        return _of_dialogues(told, network.codec, pictures, episode.name)
    if family != network.family.name:
        raise UsageError(
            f"{episode.name} was played as {family}, and the model is a {network.family.name}, "
            "which is talked to in other words and coordinates: choose other data, or --family"
        )
    rows = None
    if thoughts == "pointed" or network.family.reads:
        rows = _recorded(trajectory, network.codec, thoughts)
    if rows is None:
        told = [_ablated(dialogue, thoughts) for dialogue in dialogues_of(episode)]
        return _of_dialogues(told, network.codec, pictures, episode.name)
    in_rows = {image.sha256 for row in rows for image in row.images}
    for image in trajectory.images():
        sha256 = sha256_of(image)
        if sha256 in in_rows and sha256 not in pictures:
            pictures[sha256] = trajectory.picture(image)
    return Example(episode.name, tuple(rows))


def _recorded(trajectory: Trajectory, codec: Codec, thoughts: Thoughts) -> list[Row] | None:
    """The rows of an episode as they were recorded, if they say its text in these tokens.

    Where a person has acted, or changed what was done, its text is another than was sampled.

    Thoughts are said otherwise only where no later prompt holds them.
    """
    if trajectory.is_assisted:
        return None
    tokens = []
    for step in trajectory.steps:
        turn = step.turn
        if turn.tokens is None or codec.decode(turn.tokens.sampled_ids) != turn.text:
            return None
        said = turn.tokens
        if (text := ablate(turn.text, thoughts)) != turn.text:
            ids = codec.spoken_ids(Message("assistant", (text,)))
            said = replace(said, sampled_ids=ids, logprobs=None)
        tokens.append(said)
    return rows_of(tokens)


def _ablated(dialogue: Dialogue, thoughts: Thoughts) -> Dialogue:
    """A conversation whose assistant's thoughts are said otherwise."""
    messages = (
        replace(
            message,
            parts=tuple(
                ablate(part, thoughts) if isinstance(part, str) else part for part in message.parts
            ),
        )
        if message.role == "assistant"
        else message
        for message in dialogue.messages
    )
    return replace(dialogue, messages=tuple(messages))


def _of_dialogues(
    dialogues: Iterable[Dialogue], codec: Codec, pictures: dict[str, Picture], name: str = ""
) -> Example:
    rows = []
    for dialogue in dialogues:
        name = name or dialogue.name
        rows.append(row_of(dialogue, codec))
        for message in dialogue.messages:
            for part in message.parts:
                if not isinstance(part, str):
                    pictures.setdefault(part.picture.sha256, part.picture)
    return Example(name, tuple(rows))


def row_of(dialogue: Dialogue, codec: Codec) -> Row:
    """A dialogue as tokens, encoded once; those of the assistant's new messages are taught.

    Raises:
        InconsistentData: a text contains a control string.
    """
    messages = [
        replace(message, ids=codec.spoken_ids(message)) if message.role == "assistant" else message
        for message in dialogue.messages
    ]
    prompt = codec.encode(messages)
    is_said = [False] * len(prompt.ids)
    for index, message in enumerate(messages):
        if message.ids is not None and index >= dialogue.first_new:
            start = len(codec.encode(messages[:index]).ids)
            is_said[start : start + len(message.ids)] = [True] * len(message.ids)
    return Row(prompt.ids, tuple(is_said), None, tuple(image.shown for image in prompt.images))
