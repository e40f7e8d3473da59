"""Whether a model sees the pictures that its server was sent: at their size, and all of them.

Coordinates are those of the pictures as they were sent, so a server that shrinks them (LM Studio)
makes every click miss, and one that cuts the prompt (Ollama) forgets the screen or the task; both
answer as if nothing had happened. What tells is how many tokens the prompt had. Where the server
tells the tokens themselves (vLLM), the pictures' own are counted. Any other tells their number
alone: the prompt cannot have fewer than its pictures and words make.

Only families whose pictures make a known number of tokens can be checked: those that name the
placeholder of a cell (`ChatFormat.image_cell`), all of the Qwen line, whose processor's rule is
published. Of other models nobody knows it, and makers' servers shrink pictures by rules that the
family keeps within. Words count as well, as far as their number is certain.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Sequence

from vigorl.browser.errors import PolicyFault
from vigorl.policy.backend import Message, Reply
from vigorl.policy.family import Family
from vigorl.policy.images import token_count

logger = logging.getLogger(__name__)

_MOST_CHARACTERS_A_TOKEN = 20
"""No text has fewer tokens than that, so that a smaller number is no count."""
_PIECE = re.compile(r"(?:[^\r\n\w]|_)?[^\W\d_]+|\d| ?(?:[^\s\w]|_)+[\r\n]*|\s*[\r\n]+")
"""What a text is cut into before it is encoded: no token reaches beyond one of these. Source: the
`pre_tokenizer` of Qwen2.5 and later (`tokenizer.json`), lone spaces left out."""
_PROBE_CELLS = 14
"""Cells along each side of a picture that no server is known to shrink: below 500 px."""


class PictureCheck:
    """The check of one server's answers.

    Args:
        url: Of the server, for its faults.
        family: How the model was taught to see.
        probe: Asks for the number of tokens of a prompt with one picture, whose sides are so many
            cells; 0: it is not told.
    """

    def __init__(self, url: str, family: Family, probe: Callable[[int], Awaitable[int]]) -> None:
        self._url = url
        self._family = family
        self._probe = probe
        self._counts_pictures: bool | None = None
        """Whether the server's numbers hold the pictures' tokens; None: not known yet."""

    @property
    def is_possible(self) -> bool:
        """Whether it is known how many tokens a picture makes, and the server counts them."""
        return bool(self._family.chat.image_cell) and self._counts_pictures is not False

    def by_ids(self, reply: Reply, cell_id: int) -> None:
        """Count the pictures' tokens among those of the prompt.

        Raises:
            PolicyFault: they are more or fewer than the pictures make.
        """
        assert reply.prompt_ids is not None
        shown, sent = reply.prompt_ids.count(cell_id), self._sent(reply)
        if sent != shown:
            raise PolicyFault(
                f"{self._url} resizes pictures on its own: {shown} tokens for pictures "
                f"that make {sent} in the family {self._family.name}, so coordinates would be "
                "off. Serve with the size limits of the family (vLLM: --mm-processor-kwargs), or "
                "name the right family"
            )

    async def by_number(self, reply: Reply, messages: Sequence[Message]) -> None:
        """Hold the number of the prompt's tokens against what its pictures make alone.

        Raises:
            PolicyFault: it is too small.
        """
        told, sent = reply.prompt_token_count, self._sent(reply)
        words = sum(len(_PIECE.findall(text)) for text in _texts(messages))
        if not told or told >= sent + words:
            return
        if self._counts_pictures is None:
            self._counts_pictures = await self._does_count(told, messages)
        if self._counts_pictures:
            raise PolicyFault(
                f"{self._url} does not show the model what it was sent: the prompt had {told} "
                f"tokens, though in the family {self._family.name} its pictures make {sent} and "
                f"its words at least {words}. Let it neither shrink pictures (LM Studio: its limit "
                "on their size; or send smaller ones: --max-pixels) nor cut the prompt (Ollama: a "
                "larger num_ctx, as by OLLAMA_CONTEXT_LENGTH; or fewer screens: --window), or name "
                "the right family"
            )
        logger.warning(
            "%s does not count the tokens of pictures (%d told, %d sent): whether it shows the "
            "model the whole prompt cannot be told",
            self._url,
            told,
            sent,
        )

    def _sent(self, reply: Reply) -> int:
        return sum(token_count(image, self._family.size) for image in reply.images)

    async def _does_count(self, told: int, messages: Sequence[Message]) -> bool:
        """Whether a number that is too small is one of all tokens, pictures' included.

        Some servers count texts alone, or positions (llama.cpp, of which a picture of the Qwen
        line takes few). These fail at a small picture as well, which nobody shrinks or cuts.
        """
        if told * _MOST_CHARACTERS_A_TOKEN < sum(map(len, _texts(messages))):
            return False
        probed = await self._probe(_PROBE_CELLS)
        return not 0 < probed < _PROBE_CELLS**2


def _texts(messages: Sequence[Message]) -> list[str]:
    """What a prompt says beside its pictures; of the model's own turns thoughts may be left out."""
    asked = (message for message in messages if message.role != "assistant")
    return [part for message in asked for part in message.parts if isinstance(part, str)]
