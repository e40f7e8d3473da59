"""Names of keys, as people say them and as the browser wants them."""

import re

from vigorl.browser.actions import Modifier

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


_MODIFIERS: dict[str, Modifier] = {
    "ctrl": "Control",
    "control": "Control",
    "shift": "Shift",
    "alt": "Alt",
    "option": "Alt",
    "meta": "Meta",
    "cmd": "Meta",
    "command": "Meta",
}
_MODIFIER = rf"(?:{'|'.join(_MODIFIERS)})"
MODIFIERS = rf"(?:the )?{_MODIFIER}(?:(?: and | ?\+ ?|-| ){_MODIFIER})*"
"""Pattern of keys that are held down while the mouse acts: `Ctrl`, `Control and Shift`."""


def modifiers(words: str) -> tuple[Modifier, ...]:
    """The keys of a text that `MODIFIERS` matches, each once."""
    found = re.findall(rf"\b{_MODIFIER}\b", words.lower())
    return tuple(dict.fromkeys(_MODIFIERS[word] for word in found))


def chord(words: str) -> str | None:
    """`ctrl + a` in Playwright's names, or None where the words are no keys.

    One letter or digit after 'the' is a key only where it is called one: 'the x' is something to
    click.
    """
    said = re.fullmatch(
        r"(?P<the>the )?(?:arrow )?(?P<keys>.+?)(?: arrow)?(?P<key> keys?)?",
        words.strip(),
        re.IGNORECASE,
    )
    if said is None:
        return None
    parts = [part.strip() for part in re.split(r"(?<=.)\+", said["keys"])]
    keys = [_KEYS.get(part.lower(), part if len(part) == 1 else "") for part in parts]
    if not all(keys) or (said["the"] and not said["key"] and len(keys[-1]) == 1):
        return None
    if len(keys) > 1:
        keys[-1] = keys[-1].upper() if len(keys[-1]) == 1 else keys[-1]
    return "+".join(keys)


def is_surely_key(keys: str) -> bool:
    """Whether a chord in quotes is one: 'press "Delete"' and 'press "5"' mean buttons."""
    return "+" in keys[:-1] or keys in _SURE_KEYS or keys.startswith("Arrow")


_SURE_KEYS = ("Enter", "Escape", "Tab", "Backspace", "PageUp", "PageDown")
