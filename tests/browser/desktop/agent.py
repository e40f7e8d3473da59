"""An agent on a virtual screen, for tests of how it ends: tells what it has started, and waits.

agent.py LOG
"""

import asyncio
import json
import sys
from pathlib import Path

from vigorl.agent.cli.main import play
from vigorl.browser.actions import Press, Wait
from vigorl.browser.desktop.environment import DesktopEnvironment, DesktopSettings
from vigorl.browser.desktop.opening import Program
from vigorl.browser.desktop.virtual_size import VirtualSize
from vigorl.browser.desktop.x11 import X11Screen

BOARD = Path(__file__).with_name("board.py")


async def main(log: str) -> None:
    program = Program(f"{sys.executable} {BOARD} {log} Board 300x300+0+0 green")
    size = VirtualSize(400, 400)
    settings = DesktopSettings(
        virtual=size, programs=(program,), home=lambda home: (home / "letter.txt").touch()
    )
    environment = DesktopEnvironment("", settings)
    await environment.reset()
    try:
        await environment.step(Press("F4"))
        desktop = environment._opened
        assert desktop is not None and isinstance(desktop.screen, X11Screen)
        server = desktop.screen.server
        told = json.dumps([server.display, str(server.xauthority), str(desktop.home)])
        sys.stdout.write(f"{told}\n")
        sys.stdout.flush()
        while True:
            await environment.step(Wait(60))
    finally:
        await environment.close()


play(asyncio.wait_for(main(sys.argv[1]), None))
