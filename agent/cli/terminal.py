"""The terminal as commands write to it: texts from outside can be read there, and do nothing else.

Pages, servers and names of files hold sequences that rename the window, colour it or move about in
it, marks that turn the direction of the rest, and `:x:`, which would become a picture.
"""

from typing import Any

import rich.console
from rich.text import Text

from vigorl.agent.plain_text import plain


class Console(rich.console.Console):
    """Rich's console, with every text made plain and no emoji put in for names."""

    def render_str(self, text: str, **options: Any) -> Text:
        """A text with the markup of ours that stands in it."""
        return super().render_str(plain(text), **{**options, "emoji": False})

    def out(self, *objects: Any, **options: Any) -> None:
        """Write texts as they are, but plain."""
        super().out(*(plain(str(each)) for each in objects), **options)
