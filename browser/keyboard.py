"""Keys and text: typed at the pace of the field, and read back.

A person's keys are 50-200 ms apart and ours a few. Fields that handle each key later than the next
one comes lose some, so what stands in a field is read after it was typed, and typed anew, slower,
where characters are missing. What differs then is told.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from vigorl.browser.actions import Press, Type
from vigorl.browser.elements import Element, Elements
from vigorl.browser.fields import Field, holds, length_of, letters, same_words, set_value
from vigorl.browser.hands import Hands
from vigorl.browser.impossible import Impossible
from vigorl.browser.quoting import quoted
from vigorl.browser.secret_typing import cover, type_secret
from vigorl.browser.values import number_of, value_of
from vigorl.browser.vault import Vault

_BREAK = re.compile(r"\r\n?")

KEYED_CHARACTERS = 64
"""Text up to this long is typed key by key (3.4 ms each); the middle of a longer one is inserted.

Handlers of keys (masks, completion, validation) belong to short fields. In a long text they still
see its last key, by when the field holds everything.
"""

SLOWER_MS = (30, 120)
"""Between two keys, where a field did not keep up: once, and once more."""

REST_LIMIT_S = 1.0
"""Time for a field to have handled what was typed."""

LOOK_LIMIT_S = 2.0
"""Time for a page to say what has the focus; while it waits for its next document it does not."""

REPEAT_AFTER_S, REPEAT_EVERY_S = 0.5, 0.033
"""When a key that is held begins to repeat, and how fast."""


async def type_text(hands: Hands, action: Type) -> None:
    """Type into the field at a point, or into what has the focus.

    Raises:
        Impossible: the point is not on the screen, or the field takes no such value.
    """
    page = hands.page
    action = replace(action, text=_BREAK.sub("\n", action.text))
    if action.point is not None:
        hands.require_on_screen(action.point)
        await page.mouse.click(action.point.x, action.point.y)
    async with Elements.of(hands.tab) as elements:
        try:
            found = await _focused(hands, elements, waits=action.point is not None)
        except (TimeoutError, PlaywrightError):  # it loads: nothing is known of its fields
            if Vault.named_in(action.text):
                raise Impossible(
                    "The page is loading; a secret is typed once its field is there."
                ) from None
            if action.clear:
                hands.tell("The page does not say what has the focus: nothing was cleared.")
            await _write(page, action.text, None)
            is_as_typed = True
        else:
            if Vault.named_in(action.text):
                is_as_typed = await type_secret(hands, elements, found, action)
            else:
                if found and found[1].is_sensitive and hands.vault.learn(action.text):
                    await cover(found[0])
                is_as_typed = await _type_into(hands, elements, found, action)
    if action.enter and is_as_typed:
        await page.keyboard.press("Enter")
    elif action.enter:
        hands.tell("Enter was not pressed.")


async def press(hands: Hands, action: Press) -> None:
    """Press a key or chord, for a time where one is given.

    Raises:
        Impossible: there is no such key, or the time is too long.
    """
    *modifiers, key = keys = _split(action.keys)
    try:
        if action.hold_s == 0:
            async with held(hands.page, modifiers):
                await hands.page.keyboard.press(key)
        else:
            hands.require_time(action.hold_s)
            await _hold(hands.page, keys, action.hold_s)
    except PlaywrightError as error:
        if "Unknown key" not in error.message:
            raise
        raise Impossible(
            f"There is no key {action.keys!r}. Keys are named like Enter, Escape, Tab, ArrowDown, "
            "PageDown, Backspace, F5 or a single character, chords like Control+A or Shift+Tab."
        ) from error


async def _hold(page: Page, keys: list[str], seconds: float) -> None:
    """Hold keys down; the last one repeats, as the keyboard of a person does."""
    async with held(page, keys):
        left_s, pause_s = seconds, REPEAT_AFTER_S
        while left_s > pause_s:
            await asyncio.sleep(pause_s)
            await page.keyboard.down(keys[-1])
            left_s, pause_s = left_s - pause_s, REPEAT_EVERY_S
        await asyncio.sleep(left_s)


@contextlib.asynccontextmanager
async def held(page: Page, keys: Sequence[str]) -> AsyncIterator[None]:
    """Keys that are down meanwhile, and none of them afterwards."""
    async with contextlib.AsyncExitStack() as down:
        for key in keys:
            # Before it is pressed: what is cut short may be down already.
            down.push_async_callback(page.keyboard.up, key)
            await page.keyboard.down(key)
        yield


def _split(keys: str) -> list[str]:
    """The keys of a chord; the plus sign is a key, too: `Control++`."""
    return re.findall(r"\+(?=\+|$)|[^+]+", keys.replace("++", "+", 1)) or [keys]


async def _focused(
    hands: Hands, elements: Elements, *, waits: bool
) -> tuple[Element, Field] | None:
    """What has the focus; where it takes no text and `waits`, once the page has come to rest.

    Some pages put a field under the mouse only when they have handled the click.

    Raises:
        TimeoutError, playwright.async_api.Error: the page does not say.
    """
    async with asyncio.timeout(LOOK_LIMIT_S):
        found = await Field.focused(elements)
    if not waits or (found and found[1].kind in ("text", "value", "list")):
        return found
    await hands.tab.settle.wait(min(REST_LIMIT_S, hands.deadline.left_s()))
    async with asyncio.timeout(LOOK_LIMIT_S):
        return await Field.focused(elements)


async def _type_into(
    hands: Hands, elements: Elements, found: tuple[Element, Field] | None, action: Type
) -> bool:
    """Type into what has the focus; returns whether nothing else stands there, as far as known."""
    page, text = hands.page, action.text
    element, field = found or (None, None)
    if element is None or field is None or field.kind in ("none", "inside"):
        if text or action.clear:
            hands.tell(_NOWHERE + _NOT_CLEARED * action.clear)
        await _write(page, text, None)
        return True
    if field.kind == "list":
        raise Impossible(_LIST)
    if field.kind == "value":
        return await _give(hands, element, field, text)
    if field.type == "number" and (action.clear or field.length == 0) and text.strip():
        text = _number(text)
    if action.clear:
        await page.keyboard.press("ControlOrMeta+A")
        await page.keyboard.press("Delete")
    if not field.has_lines:
        text = _in_one_line(hands, text)
    pace_ms = SLOWER_MS[0] if 0 <= field.max_length < len(text) <= KEYED_CHARACTERS else 0
    await _write(page, text, field, pace_ms)
    typed = text.rstrip("\n") if not field.has_lines else text
    is_as_typed = True
    if typed and not field.is_hidden:
        check = _Check(hands, elements, field, typed, cleared=action.clear)
        is_as_typed = await check.run(element)
    if text.endswith("\n") and not field.has_lines and not action.enter:
        if is_as_typed:
            await page.keyboard.press("Enter")
        else:
            hands.tell("Enter was not pressed.")
    return is_as_typed


_NOWHERE = "Nothing that takes text has the focus: what was typed went to the page as single keys."
_NOT_CLEARED = " Nothing was cleared."
_LIST = "A list has the focus, which takes no text: nothing was typed. `select` chooses from it."


def _in_one_line(hands: Hands, text: str) -> str:
    """A text for a field of one line: a break at its end presses Enter, others become spaces."""
    body = text.rstrip("\n")
    if "\n" in body:
        hands.tell("The field has a single line: line breaks were typed as spaces.")
    return body.replace("\n", " ") + "\n" * (len(text) > len(body))


def _number(text: str) -> str:
    number = number_of(text)
    if number is None:
        raise Impossible(f'This field takes a number, written like "12.5"; not {quoted(text)}.')
    return f"{number:f}"


async def _give(hands: Hands, element: Element, field: Field, text: str) -> bool:
    """Set a date, a time, a colour, the position of a slider; returns whether it stands there."""
    if field.is_read_only:
        raise Impossible("The field is read-only.")
    value = value_of(text, field)
    await set_value(element, value)
    if field.picker_is_open and (now := await _read(element)) and now.picker_is_open:
        await hands.page.keyboard.press("Escape")
    await hands.tab.settle.wait(min(REST_LIMIT_S, hands.deadline.left_s()))
    after = await _read(element)
    if after is None:
        return True
    if after.text != value:
        hands.tell(f"The field shows {quoted(after.text or '')}.")
    elif after.complaint:
        hands.tell(f"The field does not accept {quoted(value)}: {quoted(after.complaint)}")
    return after.text == value


async def _write(page: Page, text: str, field: Field | None, pace_ms: float = 0) -> None:
    """Type a text; line breaks in a field of several lines are breaks and never send anything."""
    keyboard = page.keyboard
    if field is None or not field.has_lines:
        await _write_line(page, text.rstrip("\n") if field else text, pace_ms)
        return
    if field.type == "textarea" and len(text) > KEYED_CHARACTERS:
        await keyboard.insert_text(text[:-1])
        text = text[-1]
    for part in re.split(r"(\n|\t)", text):
        if part == "\t" or (part == "\n" and field.type == "textarea"):
            await keyboard.insert_text(part)
        elif part == "\n":
            await keyboard.press("Shift+Enter")
        else:
            await _write_line(page, part, pace_ms)


async def _write_line(page: Page, text: str, pace_ms: float) -> None:
    if len(text) > KEYED_CHARACTERS:
        await page.keyboard.insert_text(text[:-1])
        text = text[-1]
    if text:
        await page.keyboard.type(text, delay=pace_ms)


async def _read(element: Element) -> Field | None:
    """The field now; None where its document went away or does not answer."""
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            return await Field.of(element)
    except (TimeoutError, PlaywrightError):
        return None


class _Check:
    """Whether a field shows what was typed into it; typed anew where it lost characters."""

    def __init__(
        self, hands: Hands, elements: Elements, before: Field, text: str, *, cleared: bool
    ) -> None:
        self._hands = hands
        self._elements = elements
        self._before = before
        self._text = text
        self._was_empty = cleared or before.length == 0
        self._expected = text if self._was_empty else _spliced(before, text)
        """What the field should hold; None where it does not tell where its cursor was."""

    async def run(self, element: Element) -> bool:
        """Tell what differs; returns whether it holds what was typed, as far as is known."""
        after = await _read(element)
        if after is not None and not after.is_there:  # the page has put another in its place
            element, after = await self._successor() or (element, None)
        if after is None or (after.is_full and not after.has_focus):  # a box of a code passes it on
            return True
        if not self._is_right(after):
            after = await self._read_at_rest(element)
            for pace_ms in SLOWER_MS:
                if after is None or self._is_right(after) or not self._may_type_anew(after):
                    break
                shown = after.text
                after = await self._type_anew(element, pace_ms)
                if after is not None and after.text is not None and after.text == shown:
                    break  # it means it
        if after is None:
            return True
        self._tell(after)
        return self._is_right(after) or after.length == 0  # the page took it

    async def _successor(self) -> tuple[Element, Field] | None:
        try:
            async with asyncio.timeout(LOOK_LIMIT_S):
                found = await Field.focused(self._elements)
        except (TimeoutError, PlaywrightError):
            return None
        return found if found and found[1].type == self._before.type else None

    async def _read_at_rest(self, element: Element) -> Field | None:
        limit_s = min(REST_LIMIT_S, self._hands.deadline.left_s())
        await self._hands.tab.settle.wait(limit_s)
        return await _read(element)

    async def _type_anew(self, element: Element, pace_ms: float) -> Field | None:
        keyboard = self._hands.page.keyboard
        await keyboard.press("ControlOrMeta+A")
        await keyboard.press("Delete")
        await asyncio.sleep(pace_ms / 1000)
        await _write(self._hands.page, self._expected or self._text, self._before, pace_ms)
        return await self._read_at_rest(element)

    def _is_right(self, after: Field) -> bool:
        if after.type == "editor" or (after.is_whole and self._expected is None):
            return self._is_added(after)
        if not after.is_whole or self._expected is None:
            return after.length == self._length
        shown = _without_completion(after)
        if after.type == "number" and self._was_empty:
            return number_of(shown) == number_of(self._text)
        return (same_words if after.has_lines else holds)(self._expected, shown)

    def _is_added(self, after: Field) -> bool:
        """Whether a text came in somewhere, in a field that does not tell where its cursor was."""
        if not after.is_whole:
            return after.length >= self._length - sum(map(str.isspace, self._text))
        wanted, shown = letters(self._text), letters(after.text or "")
        had = "" if self._was_empty else letters(self._before.text or "")
        if not wanted:
            return self._text.strip() in (after.text or "")
        if self._was_empty:
            return wanted == shown
        is_new = len(shown) != len(had) or shown.count(wanted) != had.count(wanted)
        return is_new and wanted in shown

    @property
    def _length(self) -> int:
        """Of what the field should hold, in the units of scripts."""
        before, typed = self._before, length_of(self._text)
        return typed if self._was_empty else before.length - _selected(before) + typed

    def _may_type_anew(self, after: Field) -> bool:
        """Whether characters got lost on the way, and typing them again does no harm."""
        before, expected = self._before, self._expected
        if after.length == 0 or after.is_read_only or expected is None or not after.has_focus:
            return False
        if not (after.is_secret or after.is_whole):
            return False
        if (before.is_secret or before.type == "editor") and not self._was_empty:
            return False  # it holds more than is known here
        pace_s = SLOWER_MS[-1] / 1000
        if (
            len(expected) > KEYED_CHARACTERS
            or self._hands.deadline.left_s() < len(expected) * pace_s
        ):
            return False
        if after.is_secret:
            return after.length < self._length and after.length != before.max_length
        shown = after.text or ""
        if letters(expected) in letters(shown):
            return False  # nothing is lost
        is_cut = before.max_length >= 0 and holds(expected[: before.max_length], shown)
        taken = expected.removesuffix(shown)
        is_taken = taken != expected and taken[-1:] in tuple(",;\n ")  # the page made it a tag
        return not (is_cut or is_taken)

    def _tell(self, after: Field) -> None:
        tell, shown = self._hands.tell, after.text or ""
        if after.is_read_only:
            tell("The field is read-only: typing changes nothing in it.")
        elif not after.is_whole:
            if not self._is_right(after):
                tell(f"The field holds {after.length} characters, not {self._length}.")
        elif not after.has_focus:
            if not self._is_right(after):
                tell(f"The focus went on meanwhile: the first field holds {quoted(shown)}.")
        elif not self._is_right(after) or _without_completion(after) != shown:
            most = f"; it takes {after.max_length} characters" if after.is_full else ""
            tell(f"The field shows {quoted(shown)}{most}.")
        if after.complaint:
            tell(f"The field does not accept {quoted(shown)}: {quoted(after.complaint)}")
        tell_suggestions(self._hands, after)


def tell_suggestions(hands: Hands, field: Field) -> None:
    """What the browser suggests under the field, which it draws outside of the page."""
    if field.suggestions and field.suggestions != (field.text,):
        names = ", ".join(map(quoted, field.suggestions))
        hands.tell(f"The field suggests, in a list that the picture does not show: {names}.")


def _spliced(field: Field, text: str) -> str | None:
    """What a field holds after text was typed at its cursor; positions are those of scripts."""
    if field.text is None or field.start is None or field.end is None or not field.is_whole:
        return None
    before, middle = (each.encode("utf-16-le", "surrogatepass") for each in (field.text, text))
    whole = before[: 2 * field.start] + middle + before[2 * field.end :]
    return whole.decode("utf-16-le", "replace")


def _selected(field: Field) -> int:
    return 0 if field.start is None or field.end is None else field.end - field.start


def _without_completion(field: Field) -> str:
    """What was typed of a text whose end the page has completed, and selected."""
    text = field.text or ""
    if field.start is None or field.start == field.end or field.end != field.length:
        return text
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * field.start]
    return units.decode("utf-16-le", "replace")
