"""When a screen has come to rest: what was set off is done and drawn, and nothing more comes.

The program that has the focus says itself when it has handled its input, where it understands the
question (`_NET_WM_PING`, as GTK and Qt do); of any, the system says whether its process has work.
Where neither can be told, a first stroke on the screen is waited for. A caret that blinks leaves
long enough pauses; what moves all the time never rests, and is looked at when the time is over.
"""

import asyncio
import time

from vigorl.browser.desktop.screen import DesktopScreen

QUIET_S = 0.05
"""Nothing is drawn for so long."""

REACTION_S = 0.12
"""Time to begin to draw, for a program of which nothing else can be told."""

BUSY_S = 1.0
"""A program that works for longer than this, and draws nothing, works at something of its own."""

_POLL_S = 0.004


async def come_to_rest(screen: DesktopScreen, limit_s: float) -> bool:
    """Wait until what an input has set off is drawn; whether it was, within the limit."""
    began_s = quiet_since_s = time.monotonic()
    is_known = screen.attend()
    has_drawn = False
    while True:
        await asyncio.sleep(_POLL_S)
        now_s = time.monotonic()
        if screen.was_drawn():
            quiet_since_s, has_drawn = now_s, True
        elif now_s - quiet_since_s < BUSY_S and screen.is_busy():
            quiet_since_s = max(quiet_since_s, min(now_s, began_s + BUSY_S))
        has_reacted = is_known or has_drawn or now_s - began_s >= REACTION_S
        if has_reacted and now_s - quiet_since_s >= QUIET_S:
            return True
        if now_s - began_s >= limit_s:
            return False
