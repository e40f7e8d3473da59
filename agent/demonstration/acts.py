"""From input events to actions: clicks, texts, choices, turns of the wheel, drags and keys.

One act is under way at a time. It is over when another begins or when enough time has passed:
a second click may make it a double click, a key may make it a text, another turn of the wheel may
go on with the last one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, assert_never

from vigorl.agent.demonstration.strokes import (
    DOUBLE_CLICK_MS,
    SLOP_CSS_PX,
    Clicking,
    Keying,
    PersonAct,
    Scrolling,
    bends,
    chord_of,
    distance,
    plus,
    words,
)
from vigorl.agent.demonstration.typed_text import Typing
from vigorl.agent.demonstration.witnessed import FieldState, Told
from vigorl.browser.actions import Click, Drag, Press, SelectOption, Upload
from vigorl.browser.geometry import Box, Point

SCROLL_REST_MS = 400
"""Without a turn of the wheel, after which a scroll is over: inertia has run out."""
KEY_MS = 1000
"""In which a key is let go or repeats, and the browser does what a chord of its own asks for."""
HOLD_S = 0.6
"""From which on a button was held, and not just pressed slowly."""
SHORT_CHARACTERS = 4
"""In the longest box of a code or a date, from which a page moves on to the next by itself."""

_BUTTONS: dict[int, Literal["left", "middle", "right"]] = {0: "left", 1: "middle", 2: "right"}
_LEAVES_FIELD = {"Tab", "Escape", "PageUp", "PageDown", "ContextMenu"}
_BROWSERS_OWN = {
    *("F5", "Control+R", "Control+Shift+R", "Meta+R", "Alt+ArrowLeft", "Alt+ArrowRight"),
    *("Control+L", "Control+T", "Control+W", "Control+N", "Control+Tab", "Control+Shift+Tab"),
    *("Meta+L", "Meta+T", "Meta+W", "Meta+[", "Meta+]", "F6", "Alt+D", "Control+Shift+T"),
}
"""What the browser does with them is seen by itself: another page, another tab."""
_UNSAID = {
    "Control+F": "searched in the page",
    "Meta+F": "searched in the page",
    "Control+P": "printed",
    "Control+S": "saved the page",
    "Control++": "enlarged the page",
    "Control+-": "made the page smaller",
    "Control+0": "reset the size of the page",
    "F11": "went to full screen",
    "F12": "opened the developer tools",
}


@dataclass
class _Choosing:
    act: PersonAct
    number: int
    """Of the list."""
    last_ms: float


_Pending = Clicking | _Choosing | Scrolling | Keying | Typing | None


class Acts:
    """Puts together what a person does.

    Args:
        done: Told of each act when it is over.
        unsaid: Told, in words, of what no action can say.
    """

    def __init__(self, done: Callable[[PersonAct], None], unsaid: Callable[[str], None]) -> None:
        self._done = done
        self._unsaid = unsaid
        self._pending: _Pending = None
        self._pressed: Told | None = None
        self.last_input_ms = 0.0
        """When a person last did something to a page, since 1970."""

    def hear(self, told: Told) -> None:
        """Take in one event."""
        if told.kind in ("down", "up") and told.button not in _BUTTONS:
            return  # of the browser's own: back, forward
        if told.kind in ("down", "up", "key", "input", "choice"):
            self.last_input_ms = max(told.at_ms, self.last_input_ms)
        self.tick(told.at_ms)
        match told.kind:
            case "over":
                pass
            case "keyup" | "handled":
                self._end_chord(told)
            case "down":
                self._press(told)
            case "up":
                self._release(told)
            case "wheel":
                self._turn(told)
            case "scroll":
                self._note_scroll(told)
            case "key":
                self._key(told)
            case "input":
                self._input(told)
            case "choice":
                self._choose(told)
            case "files":
                self._take_files(told)
            case "unsaid":
                self._unsaid(told.text)
            case _:
                assert_never(told.kind)

    def tick(self, now_ms: float) -> None:
        """Let time pass: what nothing follows on is over."""
        match self._pending:
            case Clicking(last_ms=last_ms) as click:
                if not click.waits and now_ms - last_ms > DOUBLE_CLICK_MS:
                    self.flush()
            case _Choosing(last_ms=last_ms):
                if now_ms - last_ms > DOUBLE_CLICK_MS:
                    self.flush()
            case Scrolling(last_ms=last_ms, is_bar=is_bar):
                if not (is_bar and self._pressed) and now_ms - last_ms > SCROLL_REST_MS:
                    self.flush()
            case Keying(until_ms=until_ms):
                if now_ms > until_ms:
                    self.flush()

    def flush(self) -> None:
        """What is under way is over."""
        pending, self._pending = self._pending, None
        match pending:
            case None:
                return
            case Clicking():
                self._done(pending.act())
            case _Choosing(act=act):
                self._done(act)
            case Scrolling():
                if (scrolled := pending.act()) is not None:
                    self._done(scrolled)
            case Keying():
                self._end_key(pending)
            case Typing():
                self._end_typing(pending, enter=False)
            case _:
                assert_never(pending)

    def take_chord(self, chords: frozenset[str]) -> float | None:
        """When a chord of the browser's own was pressed, of which another page has come.

        None where none is under way; it is no act of its own then.
        """
        match self._pending:
            case Keying(chord=chord, told=told) if chord in chords:
                self._pending = None
                return told.at_ms
        return None

    # ------------------------------------------------------------------ the pointer

    def _press(self, told: Told) -> None:
        self._pressed = told
        if told.target is not None and told.target.is_scrollbar:
            self.flush()
            self._pending = Scrolling(told, (0, 0), told.at_ms, is_bar=True)
        elif not (isinstance(self._pending, Clicking) and self._pending.goes_on(told)):
            self.flush()

    def _release(self, told: Told) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is None or pressed.document != told.document:
            return
        if isinstance(self._pending, Scrolling) and self._pending.is_bar:
            self._pending.last_ms = told.at_ms
            return
        if pressed.pointer != "mouse":
            self._unsaid(f"a {pressed.pointer} was used; what it did is recorded as the mouse's")
        path = [pressed.point, *map(told.on_screen, told.path), told.point]
        if max(distance(path[0], point) for point in path) > SLOP_CSS_PX:
            self.flush()
            drag = Drag(path[0], path[-1], bends(path), pressed.modifiers)
            self._done(PersonAct(drag, pressed.at_ms, told.at_ms, *words(pressed)))
        elif isinstance(self._pending, Clicking) and self._pending.goes_on(pressed):
            self._click_again(self._pending, pressed)
        else:
            self.flush()
            held_s = (told.at_ms - pressed.at_ms) / 1000
            click = Click(
                pressed.point,
                _BUTTONS[pressed.button],
                modifiers=pressed.modifiers,
                hold_s=round(held_s, 1) if held_s >= HOLD_S else 0,
            )
            self._pending = Clicking(pressed, click, pressed.at_ms)

    def _click_again(self, click: Clicking, pressed: Told) -> None:
        click.last_ms = pressed.at_ms
        if pressed.target is not None and pressed.target.option is not None:
            click.label = pressed.target.option
        else:
            click.action = replace(click.action, count=click.action.count + 1)

    def _turn(self, told: Told) -> None:
        match self._pending:
            case Scrolling(told=first) as scroll if (
                first.document == told.document and first.modifiers == told.modifiers
            ):
                scroll.sum = plus(scroll.sum, told.delta)
                scroll.last_ms = told.at_ms
            case _:
                self.flush()
                self._pending = Scrolling(told, told.delta, told.at_ms)

    def _note_scroll(self, told: Told) -> None:
        match self._pending:
            case Scrolling() as scroll:
                scroll.moved = plus(scroll.moved, told.delta)
                scroll.is_end = told.is_end
                scroll.box = scroll.box or told.placed(told.box)
                scroll.last_ms = max(scroll.last_ms, told.at_ms)

    # ------------------------------------------------------------------ keys and texts

    def _key(self, told: Told) -> None:
        chord = chord_of(told)
        match self._pending:
            case Keying(chord=same) as held if told.is_repeat and same == chord:
                held.until_ms = told.at_ms + KEY_MS
                return
        field = told.field
        if field is not None and field.takes_text and self._key_in_field(told, field, chord):
            return
        if field is not None and field.kind == "list" and told.key not in _LEAVES_FIELD:
            return  # what it chooses is told by itself
        self.flush()
        self._pending = Keying(told, chord, told.at_ms + KEY_MS)

    def _key_in_field(self, told: Told, field: FieldState, chord: str) -> bool:
        """Whether a key belongs to a text; any other is pressed."""
        if told.key in _LEAVES_FIELD or (told.key[0] == "F" and told.key[1:].isdigit()):
            return False
        if chord in _BROWSERS_OWN or chord in _UNSAID:
            return False
        is_line = field.kind == "text" and not field.has_lines and field.type != "number"
        if is_line and told.key in ("ArrowUp", "ArrowDown"):
            return False
        if told.key == "Enter":
            return self._enter(told, field, chord)
        typing = self._typing_in(told, field)
        typing.note_key(told)
        typing.last_ms = told.at_ms
        return True

    def _enter(self, told: Told, field: FieldState, chord: str) -> bool:
        typing = self._pending if isinstance(self._pending, Typing) else None
        if set(told.modifiers) - {"Shift"}:
            return False
        if field.has_lines:  # a new line, or the page sends what was written
            if typing is None:
                self.flush()
            self._pending = Keying(told, chord, told.at_ms + KEY_MS, before=typing)
            return True
        if typing is None or not typing.is_changed:
            return False
        self._pending = None
        self._end_typing(typing, enter=True)
        return True

    def _input(self, told: Told) -> None:
        field = told.field
        if field is not None and not field.takes_text:
            return  # a box that was ticked
        match self._pending:
            case Keying() as key if set(key.told.modifiers) <= {"Shift"}:
                self._pending = key.before  # it has written something
            case Clicking(told=clicked) if field is not None and field.type in ("number", "range"):
                if clicked.field is not None and clicked.field.number == field.number:
                    return  # the click has done it
        is_dragged = self._pressed is not None or (field is not None and field.type == "range")
        if is_dragged and not isinstance(self._pending, Typing):
            return
        self._typing_in(told, field).note_input(told)

    def _typing_in(self, told: Told, field: FieldState | None) -> Typing:
        """The text that is under way, or a new one."""
        point, began_ms = None, told.at_ms
        match self._pending:
            case Typing() as typing if _goes_on_in(typing, told, field):
                return typing
            case Clicking(told=clicked, action=click) if _leads_into(clicked, click, told, field):
                point, began_ms = click.point, clicked.at_ms
                self._pending = None
            case _:
                self.flush()
        was = told.before if told.kind == "input" else (field.value if field else None)
        box = told.placed(field.box) if field is not None else None
        self._pending = typing = Typing(began_ms, point, told.document, field, box, was)
        return typing

    def _end_typing(self, typing: Typing, *, enter: bool) -> None:
        action = typing.action(enter=enter)
        if action is None:
            if typing.point is not None:  # the click remains
                began_ms, about = typing.began_ms, (typing.note, typing.box)
                self._done(PersonAct(Click(typing.point), began_ms, began_ms, *about))
            return
        secret = action.text if typing.is_secret else ""
        self._done(
            PersonAct(action, typing.began_ms, typing.last_ms, typing.note, typing.box, secret)
        )

    def _end_key(self, key: Keying) -> None:
        if key.before is not None:
            self._end_typing(key.before, enter=True)
        elif key.chord in _UNSAID:
            self._unsaid(f"a person {_UNSAID[key.chord]} ({key.chord})")
        elif key.chord not in _BROWSERS_OWN:
            held_s = round(key.held_s, 1) if key.held_s >= HOLD_S else 0
            self._done(PersonAct(Press(key.chord, held_s), key.told.at_ms, key.told.at_ms))

    def _end_chord(self, told: Told) -> None:
        """A key was let go, or the page has taken a chord or the wheel for itself."""
        match self._pending:
            case Scrolling() as scroll if told.kind == "handled" and not told.key:
                scroll.is_handled = True
            case Keying(told=pressed, chord=chord) as key if pressed.key == told.key:
                key.held_s = (told.at_ms - pressed.at_ms) / 1000 * (told.kind == "keyup")
                if told.kind == "handled":  # the page's own affair then, whoever else knows it
                    self._pending = None
                    self._done(PersonAct(Press(chord), pressed.at_ms, told.at_ms))
                elif chord not in _BROWSERS_OWN and chord not in _UNSAID:
                    self.flush()

    # ------------------------------------------------------------------ lists and files

    def _choose(self, told: Told) -> None:
        field = told.field
        if field is None or not told.labels:
            return
        began_ms, point = told.at_ms, None
        match self._pending:
            case Clicking(told=clicked, action=click) if _is_field(clicked, field):
                began_ms, point = clicked.at_ms, click.point
                self._pending = None
            case _Choosing(act=act, number=number) if number == field.number:
                assert isinstance(act.action, SelectOption)
                began_ms, point = act.began_ms, act.action.point
                self._pending = None
            case Keying(told=key) if _is_field(key, field):
                began_ms = key.at_ms
                self._pending = None
            case _:
                self.flush()
        box = told.placed(field.box)
        point = _middle(box) if point is None else point
        if point is None:
            self._unsaid("something was chosen from a list whose place is not known")
            return
        first, *others = told.labels
        note = f"{field.role} {field.name}".strip()
        act = PersonAct(SelectOption(point, first, tuple(others)), began_ms, told.at_ms, note, box)
        self._pending = _Choosing(act, field.number, told.at_ms)

    def _take_files(self, told: Told) -> None:
        field = told.field
        box = told.placed(field.box) if field is not None else None
        clicked = self._pending if isinstance(self._pending, Clicking) else None
        began_ms, point = told.at_ms, _middle(box)
        if clicked is not None and (clicked.waits or point is None):
            began_ms, point = clicked.told.at_ms, clicked.action.point
            self._pending = None
        self.flush()
        if point is None or not told.files:
            self._unsaid("files were chosen whose paths, or whose field, are not known")
            return
        note = f"{field.role} {field.name}".strip() if field is not None else ""
        self._done(PersonAct(Upload(point, told.files), began_ms, told.at_ms, note, box))


def _goes_on_in(typing: Typing, told: Told, field: FieldState | None) -> bool:
    """Whether a text goes on: in the same field, or in the next one, to which the page moved on."""
    if typing.document != told.document:
        return False
    if field is None or typing.field is None:
        return field is typing.field
    if field.number == typing.field.number:
        return True
    moved_on = told.kind == "key" or told.data is not None
    is_short = len(typing.field.value) <= SHORT_CHARACTERS
    return moved_on and typing.is_plain and bool(typing.keys) and is_short


def _leads_into(clicked: Told, click: Click, told: Told, field: FieldState | None) -> bool:
    """Whether a click has only put the cursor where something is written now."""
    if clicked.document != told.document or click.button != "left" or click.modifiers:
        return False
    if click.count > 1:
        return False
    if field is None:
        return clicked.field is None
    if clicked.field is None:  # what is written into a field that the page hides
        return field.is_hidden
    return clicked.field.number == field.number


def _is_field(told: Told, field: FieldState) -> bool:
    return told.field is not None and told.field.number == field.number


def _middle(box: Box | None) -> Point | None:
    """The middle of what can be seen; None of what cannot."""
    if box is None or box.area < 40:
        return None
    return Point(round(box.center.x), round(box.center.y))
