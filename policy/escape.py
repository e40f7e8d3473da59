"""Text from outside (pages, goals, quotations), made harmless before it reaches a prompt.

A page may be called `<|image_pad|>` or contain `</observation>`. Read as what they stand for, the
first would bind the pictures of the prompt to other places and the second would end our words and
begin the page's. A space after the `<` takes the meaning away and leaves the text readable.
"""

import re

TAG_NAMES = ("think", "answer", "tool_call", "tool_response", "observation")
"""Names of the tags that mean something in a conversation."""

_CONTROL = re.compile(r"<(?=\|)")
_TAG = re.compile(rf"<(?=/?(?:{'|'.join(TAG_NAMES)})>)")


def escape_controls(text: str) -> str:
    """Defuse chat control strings: `<|im_start|>` becomes `< |im_start|>`."""
    return _CONTROL.sub("< ", text)


def escape_tags(text: str) -> str:
    """Defuse the tags of the grammar: `</think>` becomes `< /think>`."""
    return _TAG.sub("< ", text)


def escape(text: str) -> str:
    """Defuse both."""
    return escape_tags(escape_controls(text))
