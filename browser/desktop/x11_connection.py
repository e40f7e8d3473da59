"""Connections to an X server: which one, with which cookie, and what it means when it is lost."""

import contextlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Xlib.display import Display
from Xlib.error import ConnectionClosedError, DisplayError

from vigorl.browser.errors import ScreenFault

_ENVIRONMENT = threading.Lock()


@dataclass(frozen=True, slots=True)
class XServer:
    """How an X server is reached."""

    display: str
    """Its name, such as `:99`."""
    xauthority: Path | None = None
    """File with its cookie; None: the user's own."""

    def connect(self) -> Any:
        """A connection of python-xlib.

        Raises:
            ScreenFault: nobody answers, or nobody is let in.
        """
        try:
            with self.authorised():
                return Display(self.display)
        except (DisplayError, OSError) as error:
            raise ScreenFault(f"the X server {self.display} cannot be reached: {error}") from error

    def is_within_wayland(self) -> bool:
        """Whether it only passes on what X programs draw in a Wayland session.

        Source: the extension `XWAYLAND`, which Xwayland has from 23.1 on.

        Raises:
            ScreenFault: it cannot be reached.
        """
        display = self.connect()
        try:
            with x11_boundary():
                return "XWAYLAND" in display.list_extensions()
        finally:
            let_go(display)

    @contextmanager
    def authorised(self) -> Iterator[None]:
        """Let the libraries for X, which look for the cookie in the environment, find it."""
        with _ENVIRONMENT:
            if self.xauthority is None:  # alone as well, lest it finds the cookie of another server
                yield
                return
            before = os.environ.get("XAUTHORITY")
            os.environ["XAUTHORITY"] = str(self.xauthority)
            try:
                yield
            finally:
                if before is None:
                    del os.environ["XAUTHORITY"]
                else:
                    os.environ["XAUTHORITY"] = before


def let_go(display: Any) -> None:
    """Close a connection of python-xlib, also where the server is gone."""
    try:
        with contextlib.suppress(ScreenFault), x11_boundary():
            display.close()
    finally:
        display.display.socket.close()


@contextmanager
def x11_boundary() -> Iterator[None]:
    """Name what escapes from calls to an X server.

    Raises:
        ScreenFault: the server is gone.
    """
    try:
        yield
    except (ConnectionClosedError, BrokenPipeError, ConnectionResetError) as error:
        raise ScreenFault("the X server is gone") from error
