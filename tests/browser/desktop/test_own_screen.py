"""On a user's own screen the agent says that it acts there, and what it started stays."""

from pathlib import Path

import numpy as np
import pytest

from tests.browser.desktop.conftest import Board, Make
from vigorl.browser.actions import Click
from vigorl.browser.deeds import Approval, Deed
from vigorl.browser.desktop.environment import DesktopEnvironment, DesktopSettings
from vigorl.browser.desktop.x11 import X11Screen
from vigorl.browser.geometry import Point

pytestmark = [pytest.mark.desktop, pytest.mark.asyncio(loop_scope="session")]

NOTICE = (0xFF, 0xF3, 0xC4)


class Person:
    """Says yes to the first that it is asked, and no to all else."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def approve(self, deed: Deed) -> Approval:
        self.asked.append(deed.what)
        return Approval(len(self.asked) == 1, why="not now")


async def test_a_notice_is_shown_each_action_is_asked_about_and_programs_stay(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world = await make("800x500")  # somebody's screen, as far as the agent can tell
    assert world.environment._opened is not None
    screen = world.environment._opened.screen
    assert isinstance(screen, X11Screen)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("XDG_SESSION_TYPE", raising=False)
    monkeypatch.setenv("DISPLAY", screen.server.display)
    monkeypatch.setenv("XAUTHORITY", str(screen.server.xauthority))
    board, person = Board(tmp_path / "log", "Board", "790x470+0+0"), Person()
    board.log.touch()
    settings = DesktopSettings(programs=(board.program,), asks=True, approver=person)
    own = DesktopEnvironment("", settings)
    first = await own.reset()
    assert first.view is not None
    bottom = np.asarray(first.view.picture.image(), np.int16)[470:]
    rows, columns = np.nonzero(np.abs(bottom - NOTICE).max(axis=2) < 30)
    assert rows.size > 4000
    below = Point(float(columns.min()) + 2, 470 + float(rows.min()) + 2)
    granted = await own.step(Click(below))  # the mouse goes through it
    assert len(board.notes("press")) == 1 and [each.deed.what for each in granted.consents]
    denied = await own.step(Click(Point(300, 300)))
    assert [event.kind for event in denied.events] == ["denied"]
    assert len(board.notes("press")) == 1 and len(person.asked) == 2
    await own.close()
    (window,) = screen.windows()
    assert window.title == "Board"
    assert (np.asarray(screen.capture(), np.int16)[480:] != NOTICE).any(axis=2).all()
