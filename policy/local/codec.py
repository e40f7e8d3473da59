"""Conversations as tokens and back, for the checkpoints that run in this process.

A conversation is put together from tokens, never from one long string: what was sampled is taken
over as it was sampled, so a longer conversation begins with the tokens of a shorter one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer
from transformers.utils import cached_file

from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.policy.backend import Message
from vigorl.policy.family import Family
from vigorl.policy.images import FittedImage, token_count

NO_CELL = -1
"""In place of the token of a picture's cell, of models that are shown none."""


@dataclass(frozen=True)
class Prompt:
    """Tokens of a row, with the pictures whose placeholders stand among them, in order."""

    ids: tuple[int, ...]
    images: tuple[FittedImage, ...]


class Codec:
    """The tokenizer of a checkpoint and the chat format of its family."""

    def __init__(self, path: str, family: Family) -> None:
        chat = family.chat
        self.tokenizer: Any = AutoTokenizer.from_pretrained(path)
        self._path = path
        # At once: a training deletes the checkpoint that it went on from when it has a newer one.
        self._template = _own_template(path)
        self._family = family
        self._special = {
            text: self._special_id(text) for text in (chat.start, chat.end, *chat.never_sampled)
        }
        self._special_ids = frozenset(self._special.values())
        self._start_id = self._special[chat.start]
        self.end_id = self._special[chat.end]
        self.cell_id = self._special[chat.image_cell] if chat.image_cell else NO_CELL
        self.never_sampled = [self._special[text] for text in chat.never_sampled]
        self._preamble = self._preamble_ids()

    def encode(self, messages: Sequence[Message]) -> Prompt:
        """The tokens of a conversation, up to where the assistant is to go on.

        A last message of the assistant is one that it has only begun, and goes on in.

        Raises:
            InconsistentData: a text contains a control string.
        """
        begun = messages[-1] if messages[-1].role == "assistant" else None
        ids: list[int] = [] if messages[0].role == "system" else list(self._preamble)
        for message in messages if begun is None else messages[:-1]:
            ids += self._message_ids(message)
        ids += [self._start_id, *self._text_ids("assistant\n")]
        if begun is not None:
            ids += self.spoken_ids(begun)[:-1] if begun.ids is None else begun.ids
        images = (part for each in messages for part in each.parts if not isinstance(part, str))
        return Prompt(tuple(ids), tuple(images))

    def spoken_ids(self, message: Message) -> tuple[int, ...]:
        """The tokens of an assistant's message, its end included, as if it had been sampled."""
        text = "".join(part for part in message.parts if isinstance(part, str))
        return (*self._text_ids(text), self.end_id)

    def decode(self, ids: Sequence[int], *, special: bool = False) -> str:
        """The text of tokens; special tokens are left out unless asked for."""
        text: str = self.tokenizer.decode(
            list(ids), skip_special_tokens=not special, clean_up_tokenization_spaces=False
        )
        return text

    def reply_start(self, ids: Sequence[int]) -> int:
        """Where the last message of the assistant begins among the tokens of a row.

        Raises:
            InconsistentData: there is none.
        """
        header = (self._start_id, *self._text_ids("assistant\n"))
        for place in range(len(ids) - len(header), -1, -1):
            if ids[place] == self._start_id and tuple(ids[place : place + len(header)]) == header:
                return place + len(header)
        raise InconsistentData("a row in which the assistant says nothing")

    def last_message(self, ids: Sequence[int]) -> str:
        """The text of the last message before a reply, whose header ends these tokens."""
        *_, begin, end = (0, *(at for at, each in enumerate(ids) if each == self._start_id))
        return self.decode(ids[begin:end])

    def save(self, folder: Path) -> None:
        """Write the tokenizer, with the template that the preamble comes from."""
        self.tokenizer.save_pretrained(folder)
        if self._template is not None:
            (folder / "chat_template.jinja").write_text(self._template)

    def _message_ids(self, message: Message) -> list[int]:
        header = f"{message.role}\n"
        if message.ids is not None:
            body = [*self._text_ids(header), *message.ids]
            if body[-1] != self.end_id:
                body.append(self.end_id)
        else:
            body = [*self._parts_ids((header, *message.parts)), self.end_id]
        return [self._start_id, *body, *self._text_ids("\n")]

    def _parts_ids(self, parts: Sequence[str | FittedImage]) -> list[int]:
        """Text between two pictures is encoded in one piece, as a chat template would have it."""
        ids: list[int] = []
        text = ""
        for part in parts:
            if isinstance(part, str):
                text += part
            else:
                ids += [*self._text_ids(text), *self._image_ids(part)]
                text = ""
        return ids + self._text_ids(text)

    def _image_ids(self, image: FittedImage) -> list[int]:
        chat = self._family.chat
        cells = [self.cell_id] * token_count(image.shown, self._family.size)
        return [self._special[chat.image_start], *cells, self._special[chat.image_end]]

    def _text_ids(self, text: str) -> list[int]:
        """Encode text that must not contain control strings."""
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False)
        if not self._special_ids.isdisjoint(ids):
            raise InconsistentData(f"a control string in the text {text[:200]!r}")
        return ids

    def _special_id(self, text: str) -> int:
        token_id = self.tokenizer.convert_tokens_to_ids(text)
        if token_id is None or token_id == self.tokenizer.unk_token_id:
            raise UsageError(
                f"{self._path} has no token {text}: its tokenizer is missing, or it is not of the "
                f"family {self._family.name}"
            )
        return int(token_id)

    def _preamble_ids(self) -> list[int]:
        """What the checkpoint's own template puts before a conversation without system prompt."""
        if self._family.system is not None:
            return []
        template = self._template or self.tokenizer.chat_template
        if template is None:
            return []
        rendered: str = self.tokenizer.apply_chat_template(
            [{"role": "user", "content": "?"}], chat_template=template, tokenize=False
        )
        before, user, _ = rendered.partition(f"{self._family.chat.start}user")
        if not user:
            raise UsageError(f"{self._path} has a chat template of another format than its family")
        ids: list[int] = self.tokenizer.encode(before, add_special_tokens=False)
        return ids


def _own_template(path: str) -> str | None:
    """The template that belongs to the processor; the tokenizer may carry another."""
    for name in ("chat_template.jinja", "chat_template.json"):
        found = cached_file(
            path,
            name,
            _raise_exceptions_for_missing_entries=False,
            _raise_exceptions_for_connection_errors=False,
            _raise_exceptions_for_gated_repo=False,
        )
        if found is not None:
            text = Path(found).read_text()
            return text if name.endswith(".jinja") else str(json.loads(text)["chat_template"])
    return None
