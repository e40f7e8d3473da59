"""Names of keys, as people say them and as the browser wants them."""

import re

_KEYS = {
    "ctrl": "Control",
    "strg": "Control",
    "cmd": "Meta",
    "command": "Meta",
    "win": "Meta",
    "windows": "Meta",
    "option": "Alt",
    "esc": "Escape",
    "return": "Enter",
    "del": "Delete",
    "spacebar": "Space",
    "up": "ArrowUp",
    "down": "ArrowDown",
    "left": "ArrowLeft",
    "right": "ArrowRight",
    "page up": "PageUp",
    "page down": "PageDown",
    "pgup": "PageUp",
    "pgdn": "PageDown",
} | {
    key.lower(): key
    for key in [
        "Control",
        "Shift",
        "Alt",
        "Meta",
        "Enter",
        "Escape",
        "Tab",
        "Space",
        "Backspace",
        "Delete",
        "Insert",
        "Home",
        "End",
        "PageUp",
        "PageDown",
        "ArrowUp",
        "ArrowDown",
        "ArrowLeft",
        "ArrowRight",
        "ContextMenu",
    ]
    + [f"F{number}" for number in range(1, 13)]
}


def chord(words: str) -> str | None:
    """`ctrl + a` in Playwright's names, or None where the words are no keys."""
    words = re.sub(r"^the | (?:arrow )?key$|^arrow ", "", words.strip(), flags=re.IGNORECASE)
    parts = [part.strip() for part in re.split(r"(?<=.)\+", words)]
    keys = [_KEYS.get(part.lower(), part if len(part) == 1 else "") for part in parts]
    if not all(keys):
        return None
    if len(keys) > 1:
        keys[-1] = keys[-1].upper() if len(keys[-1]) == 1 else keys[-1]
    return "+".join(keys)
