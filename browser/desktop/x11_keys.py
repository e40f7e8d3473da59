"""Keys of an X server: names and characters as codes of the keyboard that is there.

A character that the keyboard has no key for gets a spare one. Programs read the new mapping when
they come to it, so a spare key is not given another character before all the others had a turn.
"""

import unicodedata
from typing import Any

from Xlib import XK, X
from Xlib.ext import xtest

from vigorl.browser.impossible import Impossible

_NAMES = {
    "Enter": "Return",
    "Backspace": "BackSpace",
    "Escape": "Escape",
    "Esc": "Escape",
    "Space": "space",
    "Spacebar": "space",
    "PageUp": "Prior",
    "PageDown": "Next",
    "ArrowUp": "Up",
    "ArrowDown": "Down",
    "ArrowLeft": "Left",
    "ArrowRight": "Right",
    "Control": "Control_L",
    "ControlOrMeta": "Control_L",
    "ControlLeft": "Control_L",
    "ControlRight": "Control_R",
    "Shift": "Shift_L",
    "ShiftLeft": "Shift_L",
    "ShiftRight": "Shift_R",
    "Alt": "Alt_L",
    "AltLeft": "Alt_L",
    "AltRight": "Alt_R",
    "AltGraph": "ISO_Level3_Shift",
    "Meta": "Super_L",
    "MetaLeft": "Super_L",
    "MetaRight": "Super_R",
    "ContextMenu": "Menu",
    "CapsLock": "Caps_Lock",
    "PrintScreen": "Print",
}
"""Playwright's names of keys that X names otherwise."""

_GROUPS = X.Mod5Mask << 6 | X.Mod5Mask << 7
"""Bits of a pointer's state that tell which layout is chosen, where there are several."""


def keysym_of(name: str) -> int:
    """The keysym of a key by Playwright's name, or of a character; 0 where there is none."""
    if len(name) == 1:
        return _keysym_of_character(name)
    return int(XK.string_to_keysym(_NAMES.get(name, name)))


def _keysym_of_character(character: str) -> int:
    """Source: the X Window System protocol, appendix A: Latin-1 stands for itself."""
    match character:
        case "\n" | "\r":
            return int(XK.XK_Return)
        case "\t":
            return int(XK.XK_Tab)
    code = ord(character)
    if unicodedata.category(character) in ("Cc", "Cs"):
        return 0
    return code if 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xFF else 0x01000000 | code


class Keyboard:
    """The keyboard of an X server.

    Args:
        display: A connection of python-xlib.
    """

    def __init__(self, display: Any) -> None:
        self._display = display
        first = display.display.info.min_keycode
        count = display.display.info.max_keycode - first + 1
        mapping = display.get_keyboard_mapping(first, count)
        self._spare = [first + index for index, keysyms in enumerate(mapping) if not any(keysyms)]
        self._given: dict[int, int] = {}
        """Keysyms of spare keys, by their code; the one given last stands last."""

    def press(self, name: str, down: bool) -> None:
        """Press or release a key.

        Raises:
            Impossible: there is none of this name.
        """
        keysym = keysym_of(name)
        codes = self._display.keysym_to_keycodes(keysym) if keysym else []
        plain = [code for code, level in codes if level == 0]
        others = [code for code, level in codes if level == 1]
        if plain or others:
            code = (plain or others)[0]
        elif keysym and len(name) == 1:
            code = self._spare_key(keysym)
        else:
            raise Impossible(
                f"There is no key {name!r}. Keys are named like Enter, Tab, ArrowDown, F5, a."
            )
        self._send(code, down)

    def write(self, text: str) -> None:
        """Type characters.

        Raises:
            Impossible: there is no key for one of them, and none to spare; nothing was typed.
        """
        strokes = [self._stroke(character) for character in text]
        self._display.sync()
        shift = self._display.keysym_to_keycode(XK.XK_Shift_L)
        for code, shifted in strokes:
            if shifted:
                self._send(shift, True)
            self._send(code, True)
            self._send(code, False)
            if shifted:
                self._send(shift, False)
        self._display.sync()

    @property
    def distinct(self) -> int:
        """How many different characters can be typed at once for sure."""
        return max(1, len(self._spare) // 2)

    def code_of(self, name: str) -> int:
        """The code of a key that is there on every keyboard; 0 where it is not on this one."""
        return int(self._display.keysym_to_keycode(keysym_of(name)))

    def restore(self) -> None:
        """Make spare keys spare again."""
        for code in self._given:
            self._display.change_keyboard_mapping(code, [(X.NoSymbol, X.NoSymbol)])
        self._given.clear()
        self._display.sync()

    def _stroke(self, character: str) -> tuple[int, bool]:
        """The code of the key, and whether it is typed with Shift."""
        keysym = _keysym_of_character(character)
        if not keysym:
            raise Impossible(f"The character {character!a} cannot be typed.")
        state = self._display.screen().root.query_pointer().mask
        if not state & (_GROUPS | X.LockMask):
            for code, level in sorted(
                self._display.keysym_to_keycodes(keysym), key=lambda each: each[1]
            ):
                if level in (0, 1) and code not in self._given:
                    return code, level == 1
        return self._spare_key(keysym), False

    def _spare_key(self, keysym: int) -> int:
        for code, given in self._given.items():
            if given == keysym:
                return code
        free = [code for code in self._spare if code not in self._given]
        if free:
            code = free[0]
        elif self._given:
            code = next(iter(self._given))
            del self._given[code]
        else:
            raise Impossible("This keyboard has no key to spare for characters of its own.")
        self._given[code] = keysym
        self._display.change_keyboard_mapping(code, [(keysym,) * 4])
        return code

    def _send(self, code: int, down: bool) -> None:
        xtest.fake_input(self._display, X.KeyPress if down else X.KeyRelease, code)
