"""Virtual screens: an X server without a monitor, with a window manager, for one agent alone.

The server takes a free display number by itself, lets in who has its cookie, and listens on no
network. It ends with the agent, and so does every program on it.
"""

import secrets
import socket
import struct
import tempfile
from importlib import resources
from pathlib import Path

from vigorl.browser.desktop.guarded import Guarded
from vigorl.browser.desktop.virtual_size import VirtualSize
from vigorl.browser.desktop.x11_connection import XServer
from vigorl.browser.errors import ScreenFault
from vigorl.browser.launch import small_environment
from vigorl.browser.private_files import write_private

START_LIMIT_S = 20.0
"""Time for the X server, and then for the window manager."""

_DOTS_PER_INCH = 96
_CURSOR_PX = 24
_FAMILY_WILD, _FAMILY_LOCAL = 65535, 256
"""Of entries of an Xauthority file. Source: X11/Xauth.h."""

_OPENBOX = "openbox.xml"


class VirtualScreen:
    """An X server with a window manager; started once.

    Args:
        size: Of the screen.
        guarded: Starts the server, and ends it with everything else.
    """

    def __init__(self, size: VirtualSize, guarded: Guarded) -> None:
        self.size = size
        self._guarded = guarded
        self._server: XServer | None = None

    async def start(self) -> XServer:
        """Start server and window manager; returns how the server is reached.

        Raises:
            ScreenFault: one of the two does not start.
        """
        folder = Path(tempfile.mkdtemp(prefix="vigorl-screen-"))
        await self._guarded.remove(folder)
        cookie = folder / "Xauthority"
        write_private(cookie, _xauthority(secrets.token_bytes(16)))
        scale = self.size.scale
        geometry = f"{self.size.width_px * scale}x{self.size.height_px * scale}x24"
        dpi = str(_DOTS_PER_INCH * scale)
        argv = ["Xvfb", "-displayfd", "1", "-screen", "0", geometry, "-dpi", dpi]
        argv += ["-auth", str(cookie), "-nolisten", "tcp", "-noreset", "-s", "0"]
        number = await self._guarded.serve(argv, START_LIMIT_S)
        self._server = XServer(f":{number}", cookie)
        settings = folder / _OPENBOX
        settings.write_bytes(resources.files(__package__).joinpath(_OPENBOX).read_bytes())
        env = self.environment()
        argv = ["openbox", "--sm-disable", "--config-file", str(settings)]
        await self._guarded.start(argv, env, folder)
        return self._server

    def environment(self) -> dict[str, str]:
        """What programs on the screen are started with."""
        if self._server is None:
            raise ScreenFault("the virtual screen has not been started")
        env = small_environment()
        for name in ("WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "DESKTOP_STARTUP_ID"):
            env.pop(name, None)
        scale = self.size.scale
        return env | {
            "DISPLAY": self._server.display,
            "XAUTHORITY": str(self._server.xauthority),
            "GDK_BACKEND": "x11",
            "QT_QPA_PLATFORM": "xcb",
            "NO_AT_BRIDGE": "1",
            # GTK takes fonts from the resolution that the server tells, and scales them again.
            "GDK_SCALE": str(scale),
            "GDK_DPI_SCALE": f"{1 / scale:g}",
            "QT_SCALE_FACTOR": str(scale),
            "QT_FONT_DPI": str(_DOTS_PER_INCH),
            "XCURSOR_SIZE": str(_CURSOR_PX * scale),
        }

    def resources(self) -> str:
        """What is written on the server for programs to read: its resolution."""
        return f"Xft.dpi:\t{_DOTS_PER_INCH * self.size.scale}\n"


def _xauthority(cookie: bytes) -> bytes:
    """An Xauthority file that lets its reader into any display of this machine."""

    def field(data: bytes) -> bytes:
        return struct.pack(">H", len(data)) + data

    kind = b"MIT-MAGIC-COOKIE-1"
    addresses = ((_FAMILY_LOCAL, socket.gethostname().encode()), (_FAMILY_WILD, b""))
    return b"".join(
        struct.pack(">H", family) + field(address) + field(b"") + field(kind) + field(cookie)
        for family, address in addresses
    )
