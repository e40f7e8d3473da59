"""Messages of a dialogue as trainers load them: flat text with `<image>`, or typed parts."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from vigorl.browser.picture import MEDIA_TYPES
from vigorl.policy.backend import Message
from vigorl.policy.images import FittedImage

_PLACEHOLDER = re.compile(r"<(?=(?:image|video|audio)>)")
"""What trainers replace by a picture, wherever it stands."""


def encoded(image: FittedImage) -> tuple[bytes, str]:
    """A picture at the size at which it was shown: its own bytes where that is its own size."""
    picture = image.picture
    if (picture.width_px, picture.height_px) == (image.width_px, image.height_px):
        return picture.data, MEDIA_TYPES[picture.media_type]
    return image.png, "png"


def split_system(messages: Sequence[Message]) -> tuple[str, Sequence[Message]]:
    """The system prompt, empty where there is none, and the messages behind it."""
    if messages[0].role == "system":
        return "".join(part for part in messages[0].parts if isinstance(part, str)), messages[1:]
    return "", messages


def flat(
    messages: Sequence[Message], path: Callable[[FittedImage], Any]
) -> tuple[list[dict[str, Any]], list[Any]]:
    """Messages whose text has `<image>` where a picture is, and the pictures in order."""
    images: list[Any] = []
    turns = []
    for message in messages:
        text = ""
        for part in message.parts:
            if isinstance(part, str):
                text += _PLACEHOLDER.sub("< ", part)
            else:
                text += "<image>"
                images.append(path(part))
        turns.append({"role": message.role, "content": text})
    return turns, images


def typed(
    messages: Sequence[Message], path: Callable[[FittedImage], Any]
) -> tuple[list[dict[str, Any]], list[Any]]:
    """Messages of parts, `{"type": "text", "text": …}` or `{"type": "image"}`, and the pictures."""
    images: list[Any] = []
    turns = []
    for message in messages:
        parts: list[dict[str, Any]] = []
        for part in message.parts:
            if isinstance(part, str):
                parts.append({"type": "text", "text": part})
            else:
                parts.append({"type": "image", "text": None})
                images.append(path(part))
        turns.append({"role": message.role, "content": parts})
    return turns, images
