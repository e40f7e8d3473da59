"""Dialogs and prompts: the answer where no instruction gives one."""

from vigorl.browser.actions import Accept, Action, Dismiss
from vigorl.browser.observation import PendingQuestion

_MOST_CHARACTERS = 200
_KINDS = {
    "alert": "The page says",
    "confirm": "The page asks",
    "prompt": "The page asks",
    "beforeunload": "The browser asks",
    "permission": "The browser asks",
    "log_in": "The browser asks",
}


def quoted(question: PendingQuestion) -> str:
    """Who asks what: `The page asks "Really remove all files?"`."""
    text = " ".join(question.text.split())
    if len(text) > _MOST_CHARACTERS:
        text = text[: _MOST_CHARACTERS - 1] + "…"
    return f'{_KINDS[question.kind]} "{text}"'


def answer(question: PendingQuestion) -> tuple[str, Action]:
    """A thought and the answer to what no instruction answers.

    An alert can only be accepted. Everything else is declined: nobody said yes to it.
    """
    if question.kind == "alert":
        return f"{quoted(question)}. I take note of it.", Accept()
    return f"{quoted(question)}, and no instruction answers that. I decline.", Dismiss()


def is_refusal(question: PendingQuestion) -> bool:
    """Whether to decline it is to undo what led to it."""
    return question.kind not in ("alert", "permission")


def asks(question: PendingQuestion) -> str:
    """Why an episode ends with it, and what to say instead."""
    how = {
        "prompt": 'answer the dialog with "…"',
        "log_in": "log in, with a user name and a password,",
    }.get(question.kind, "accept the dialog")
    return (
        f"{quoted(question)}. I declined, for no instruction answers it. Say: {how}, or dismiss "
        "the dialog, as the next instruction, to go on"
    )
