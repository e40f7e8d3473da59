"""When a screen has come to rest: what was set off is drawn, and nothing more for a moment.

A program that can be asked (`_NET_WM_PING`, as GTK and Qt answer it) says when it has handled its
input; of others, a first stroke on the screen is waited for. A caret that blinks leaves long enough
pauses; what moves all the time never rests, and is looked at when the time is over.
"""

import asyncio
import time

from vigorl.browser.desktop.screen import Screen

QUIET_S = 0.05
"""Nothing is drawn for so long."""

REACTION_S = 0.12
"""Time for a program that cannot be asked to begin to draw."""

_POLL_S = 0.004


async def come_to_rest(screen: Screen, limit_s: float) -> bool:
    """Wait until what an input has set off is drawn; whether it was, within the limit."""
    began_s = quiet_since_s = time.monotonic()
    asked = screen.ask_program()
    has_drawn = False
    while True:
        await asyncio.sleep(_POLL_S)
        now_s = time.monotonic()
        if screen.was_drawn():
            quiet_since_s, has_drawn = now_s, True
        if asked:
            has_reacted = screen.has_answered()
        else:
            has_reacted = has_drawn or now_s - began_s >= REACTION_S
        if has_reacted and now_s - quiet_since_s >= QUIET_S:
            return True
        if now_s - began_s >= limit_s:
            return False
