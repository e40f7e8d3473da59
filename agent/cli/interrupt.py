"""Ctrl-C, noted: a library that is interrupted may raise an error of its own instead."""

import signal
import threading
from types import FrameType

INTERRUPTED = threading.Event()
"""Set once SIGINT, or a signal that ends a command like it, has arrived."""


def note_interrupts() -> None:
    """Let SIGINT raise KeyboardInterrupt as before, and be noted."""
    signal.signal(signal.SIGINT, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    INTERRUPTED.set()
    raise KeyboardInterrupt
