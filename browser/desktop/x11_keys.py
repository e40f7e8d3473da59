"""Keys of an X server: names and characters as codes of the keyboard that is there.

A character that the keyboard has no key for gets a spare one. Programs read the new mapping when
they come to it, so a key is typed, and given another character, only when they have done so.
"""

import itertools
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

_MEDIA = range(0x10080000, 0x10090000)
"""Keysyms of keys for players, mail and the like. Source: X11/XF86keysym.h."""

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


def _runs(codes: list[int]) -> list[list[int]]:
    """Codes in groups of neighbours."""
    groups = itertools.groupby(enumerate(codes), lambda each: each[1] - each[0])
    return [[code for _, code in run] for _, run in groups]


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
        media = [
            first + index
            for index, keysyms in enumerate(mapping)
            if all(keysym == X.NoSymbol or keysym in _MEDIA for keysym in keysyms)
        ]
        self._unneeded = max(_runs(media), key=len, default=[])
        self._given: dict[int, int] = {}
        """Keysyms of spare keys, by their code; the one given last stands last."""
        self._mapped: set[int] = set()
        """Spare keys that the server has another mapping of than it had at first."""
        self._is_plain = True
        """The first layout is chosen, and Caps Lock is off."""

    def press(self, name: str, down: bool) -> None:
        """Press or release a key.

        Raises:
            Impossible: there is none of this name.
        """
        keysym = keysym_of(name)
        codes = self._display.keysym_to_keycodes(keysym) if keysym else []
        plain = [code for code, level in codes if level == 0]
        if plain:
            code = plain[0]
        elif keysym and len(name) == 1:
            self._give({keysym})
            code = self._spare_key(keysym) or 0
        else:
            raise Impossible(
                f"There is no key {name!r}. Keys are named like Enter, Tab, ArrowDown, F5, a."
            )
        self._send(code, down)

    def give_keys(self, text: str) -> tuple[int, bool]:
        """Make characters typable.

        Returns:
            How many from the first on, and whether there are new keys among them.

        Raises:
            Impossible: there is no key for the first, and none to spare.
        """
        needed: set[int] = set()
        state = self._display.screen().root.query_pointer().mask
        self._is_plain = not state & (_GROUPS | X.LockMask)
        count = len(text)
        for index, character in enumerate(text):
            keysym = _keysym_of_character(character)
            if not keysym:
                raise Impossible(f"The character {character!a} cannot be typed.")
            if self._own_key(keysym) is None:
                needed.add(keysym)
            if len(needed) > len(self._spare):
                count = index
                break
        if not count:
            raise Impossible("This keyboard has no key to spare for characters of its own.")
        return count, self._give(needed)

    def write(self, text: str) -> None:
        """Type characters that have keys."""
        shift = self._display.keysym_to_keycode(XK.XK_Shift_L)
        for character in text:
            keysym = _keysym_of_character(character)
            code, shifted = self._own_key(keysym) or (self._spare_key(keysym) or 0, False)
            if shifted:
                self._send(shift, True)
            self._send(code, True)
            self._send(code, False)
            if shifted:
                self._send(shift, False)
        self._display.sync()

    def code_of(self, name: str) -> int:
        """The code of a key that is there on every keyboard; 0 where it is not on this one."""
        return int(self._display.keysym_to_keycode(keysym_of(name)))

    def take_media_keys(self) -> None:
        """Use keys for players and the like as spare ones: on a screen where nobody has them.

        They lie side by side, so that all of them change at once.
        """
        self._spare = self._unneeded or self._spare

    def restore(self) -> None:
        """Make spare keys spare again."""
        self._given.clear()
        self._map()

    def _own_key(self, keysym: int) -> tuple[int, bool] | None:
        """The keyboard's own key for a character, and whether it is typed with Shift."""
        if not self._is_plain:
            return None  # another layout is chosen, or Caps Lock is on
        for code, level in sorted(
            self._display.keysym_to_keycodes(keysym), key=lambda each: each[1]
        ):
            if level in (0, 1) and code not in self._given:
                return code, level == 1
        return None

    def _spare_key(self, keysym: int) -> int | None:
        """The spare key that a character was given; None where it was given none."""
        return next((code for code, given in self._given.items() if given == keysym), None)

    def _give(self, keysyms: set[int]) -> bool:
        """Give characters spare keys, all at once; whether any of them was new.

        Window managers look at all of their keys again whenever one has changed.
        """
        new = sorted(keysyms - set(self._given.values()))
        if not new:
            return False
        free = [code for code in self._spare if self._given.get(code) not in keysyms]
        free.sort(key=lambda code: (code in self._given, code))
        for code, keysym in zip(free, new, strict=False):
            self._given.pop(code, None)
            self._given[code] = keysym
        self._map()
        return True

    def _map(self) -> None:
        """Tell the server what the spare keys are, in one request for each run of their codes."""
        for codes in _runs(self._spare):
            keysyms = [(self._given.get(code, X.NoSymbol),) * 4 for code in codes]
            if any(code in self._given or code in self._mapped for code in codes):
                self._display.change_keyboard_mapping(codes[0], keysyms)
        self._mapped = set(self._given)
        self._display.sync()

    def _send(self, code: int, down: bool) -> None:
        xtest.fake_input(self._display, X.KeyPress if down else X.KeyRelease, code)
