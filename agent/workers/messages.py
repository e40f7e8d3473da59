"""Messages between an evaluation and its workers, which trust each other, as bytes."""

import pickle
from contextlib import suppress
from dataclasses import replace
from typing import Any

from vigorl.agent.evaluation.sample_outcome import SampleOutcome
from vigorl.browser.errors import VigorlError

READY = "ready"
"""What a worker says when it can play."""
START_S = 300.0
"""For a worker to load its policy and to start its browser."""
CLOSE_S = 20.0
"""For a worker to close them; then it is killed."""
LENGTH_BYTES = 8
"""Of the number before each message of a stream, which says how long it is."""


def packed(message: Any) -> bytes:
    """A message as bytes; errors in it are made such that they can be sent."""
    if isinstance(message, Exception):
        message = portable(message)
    elif isinstance(message, SampleOutcome) and message.error is not None:
        sent = portable(message.error)
        assert isinstance(sent, VigorlError), "it is one with its words alone, too"
        message = replace(message, error=sent)
    return pickle.dumps(message)


def answer_of(data: bytes) -> Any:
    """What a worker has answered; an error that it has met is raised here."""
    answer = pickle.loads(data)
    if isinstance(answer, Exception):
        raise answer
    return answer


def framed(message: Any) -> bytes:
    """A message of a stream, behind its length."""
    data = packed(message)
    return len(data).to_bytes(LENGTH_BYTES) + data


def portable(error: Exception) -> Exception:
    """An error that can be sent: itself, or the nearest kind of it that can be, with its words.

    An error that is made of other arguments than its message cannot be made again from it.
    """
    for kind in type(error).__mro__:
        with suppress(pickle.PickleError, AttributeError, TypeError):
            sent = error if kind is type(error) else kind(str(error))
            again = pickle.loads(pickle.dumps(sent))
            if type(again) is kind and str(again) == str(error):
                return sent
    raise AssertionError("any error can be sent as an Exception")
