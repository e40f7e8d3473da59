"""Typing steps: into a field or at the focus; what was typed is read back."""

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from vigorl.browser.actions import Click, Type
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.policy.perception.frames import empty_field
from vigorl.policy.perception.layout import distance, touch
from vigorl.policy.perception.screen import Screen, Shape, TextLine
from vigorl.policy.reader.candidates import Candidate, line_aim, shape_aim
from vigorl.policy.reader.controls import DOUBTFUL, fields
from vigorl.policy.reader.effects import FAILURES
from vigorl.policy.reader.filled import agreement, best_agreement, dots_in, lines_in
from vigorl.policy.reader.labels import is_moment_hint
from vigorl.policy.reader.language.steps import TypeStep, describe, names_in
from vigorl.policy.reader.outcome import Scene, grown
from vigorl.policy.reader.search import ScreenSearch, look_for
from vigorl.policy.reader.session import Move, Moves, Play, Stuck

_FRAME_CSS_PX = 4
"""How thick a field's frame and what lights up around it are."""
_READABLE = 0.9
"""Confidence from which on a closer look has read every letter right."""
_LOOK_S = 0.6
"""Time after which a text cursor that blinked away is there again."""
_SHOWN = re.compile(r'\bshows? "(.*?)"')
_REFUSED = re.compile(r"read-only|holds \d+ characters, not")
"""What the browser says of a field after typing: it shows something else, or took nothing."""
_SECRET = re.compile(r"<secret:[\w-]+>")
"""The name of a secret, whose value the browser types and compares without telling it."""
_AS_MEANT = re.compile(r"\bstands in the (?:field|boxes) as meant\.")
_NOWHERE = re.compile(r"Nothing that takes text has the focus")
"""What the browser says where what was typed went into no field."""
_FEW = 4
"""Characters whose dots are surely told apart."""
_BESIDE_CSS_PX = 60
"""How far from its label a field for a date or time is, or below it."""


@dataclass(frozen=True, slots=True)
class _Field:
    """Where is typed: a box, or wherever the focus is (None)."""

    box: Box | None
    """Viewport CSS px."""
    seen: str
    """How it was found, as a thought says it."""
    point: Point | None = None
    """Where it is clicked, where that is not the middle of the box."""


def type_text(play: Play, step: TypeStep) -> Moves:
    """Type into a field and read it back; where that reached nothing, try the next field.

    Raises:
        Stuck: there is no such field, or it shows something else.
    """
    if step.target is None:
        yield from _typed(play, step, _Field(None, ""))
        return
    target = step.target
    search = ScreenSearch(
        f"the field {describe(target)}", names_in(target), lambda s: fields(s, target)
    )
    aim = yield from look_for(play, search)
    if not isinstance(aim.source, Shape):
        aim = yield from _behind_label(play, step, aim)
    elif aim.source.confidence <= DOUBTFUL:
        yield from _require_caret(play, step, aim)
    box = aim.box if isinstance(aim.source, Shape) else None
    point = aim.point if aim.anchor else None
    others = [other for other in fields(play.screen(), target) if not touch(other.box, aim.box)]
    others = [other for other in others if isinstance(other.source, Shape)]
    field = _Field(box, play.seen(aim), point)
    if (yield from _typed(play, step, field, last=not others)):
        return
    yield from _typed(
        play,
        step,
        _Field(others[0].box, f'"{step.text}" does not stand there. {play.seen(others[0])}'),
    )


def _behind_label(
    play: Play, step: TypeStep, label: Candidate
) -> Generator[Move, Observation, Candidate]:
    """The field that a click on its label, or on its hint, leads into.

    Raises:
        Stuck: it leads into none.
    """
    if (hint := _date_hint(play.screen(), label)) is not None:
        return hint
    if (empty := empty_field(play.screen(), label.box)) is not None:
        return shape_aim(Shape("field", empty), label.score, label)
    before = play.scene
    yield from play.do(
        f"{play.seen(label)} I see no field there. I click it, which may lead into one.",
        Click(label.point),
    )
    if refusal := play.said(*FAILURES):
        raise Stuck(f'expected to type "{step.text}"; I was told: {refusal}')
    if not (yield from _caret_came(play, before)):
        raise Stuck(
            f'expected a field to type "{step.text}" into; I saw the text "{label.text}" at '
            f"{play.at(label.point)}, and no field that belongs to it"
        )
    target = step.target
    found = fields(play.screen(), target) if target else []
    return next((aim for aim in found[:1] if isinstance(aim.source, Shape)), label)


def _require_caret(play: Play, step: TypeStep, aim: Candidate) -> Moves:
    """Click what only may be a field: keys that reach no field may be commands to the page.

    Raises:
        Stuck: nothing changes there, not even a text cursor.
    """
    before = play.scene
    thought = f"{play.seen(aim)} I click it, to see whether it is a field."
    yield from play.do(thought, Click(aim.point))
    if refusal := play.said(*FAILURES):
        raise Stuck(f'expected to type "{step.text}"; I was told: {refusal}')
    if not (yield from _caret_came(play, before)):
        raise Stuck(
            f'expected a field to type "{step.text}" into; I saw no text cursor at '
            f"{play.at(aim.point)} when I clicked there"
        )


def _caret_came(play: Play, before: Scene) -> Generator[Move, Observation, bool]:
    """Whether anything has changed since a click, be it by a text cursor; looks a second time."""
    if not play.changes_since(before, carets=True):
        yield from play.wait("I see no text cursor yet. I look again.", _LOOK_S)
    return bool(play.changes_since(before, carets=True))


def _date_hint(screen: Screen, label: Candidate) -> Candidate | None:
    """The text of an empty field for a date or time, right of a label or below it."""
    near = [
        line
        for line in screen.lines
        if is_moment_hint(line.text) and distance(line.box_px, label.box) <= _BESIDE_CSS_PX
    ]
    nearest = min(near, key=lambda line: distance(line.box_px, label.box), default=None)
    return replace(line_aim(nearest, label.score), anchor=label) if nearest else None


def _typed(
    play: Play, step: TypeStep, field: _Field, *, last: bool = True
) -> Generator[Move, Observation, bool]:
    """Type and read back; returns whether anything was typed there.

    Raises:
        Stuck: the field shows something else, or nothing was typed and this was the last try.
    """
    before, play.lit = play.scene, field.box
    verb = f'type "{step.text}"'
    if step.clear:
        verb = f'put "{step.text}" in place of what is' if step.text else "delete what is"
    where = f"{field.seen} I {verb} there." if field.seen else f"I {verb} where the focus is."
    point = field.box.center if field.box else field.point
    yield from play.do(where, Type(step.text, point, clear=step.clear))
    place = f"the field at {play.at(point)}" if point else "what has the focus"
    expected = f'expected {place} to show "{step.text}"' if step.text else f"expected {place} empty"
    if refusal := play.said(*FAILURES):
        if last:
            raise Stuck(f"{expected}; I was told: {refusal}")
        return False
    saw = yield from _read_back(play, step, field.box, before)
    if saw is None:
        return True
    if not saw and not last:
        return False
    raise Stuck(f"{expected}; I saw {saw or 'that nothing stands there and nothing changed'}")


def _read_back(
    play: Play, step: TypeStep, box: Box | None, before: Scene
) -> Generator[Move, Observation, str | None]:
    """What is seen instead of the text; None where it stands there, empty where nothing changed."""
    reported = play.said("input")
    if _SECRET.search(step.text):
        return None if _AS_MEANT.search(reported) else reported or "nothing that I can read back"
    if reported:
        if (shown := _SHOWN.search(reported)) and step.text:
            same = agreement(step.text, shown[1], added=True) == "same"
            return None if same else f'"{shown[1]}"'
        if _REFUSED.search(reported) or (box is not None and _NOWHERE.search(reported)):
            return reported
        play.remark(reported)
    regions = play.changes_since(before)
    if box is None:
        return (yield from _read_where_it_changed(play, step, regions))
    inner = grown(box, -_FRAME_CSS_PX)
    changed = any(touch(region, inner) for region in regions)
    lines = lines_in(play.screen(), box)
    if not step.text:
        return _emptied(play, lines, changed)
    if not changed and not step.clear:
        return ""
    dots = dots_in(play.view, box)
    if dots and _may_be(dots, step):
        return None
    if best_agreement(step.text, lines, box, added=not step.clear) == "same":
        return None
    return (yield from _read_closely(play, step, box, changed))


def _may_be(dots: int, step: TypeStep) -> bool:
    """Whether so many dots stand for a text; two of a longer one may touch.

    That a field holds another number of characters is what the browser says, not the dots.
    """
    missing = len(step.text) - dots
    slack = 1 if len(step.text) > _FEW else 0
    return missing <= slack and (missing >= -slack or not step.clear)


def _read_closely(
    play: Play, step: TypeStep, box: Box, changed: bool
) -> Generator[Move, Observation, str | None]:
    """As `_read_back`, zoomed in."""
    zoomed = yield from play.zoom(box, "I look closer to read what stands there.")
    lines = lines_in(zoomed or play.screen(), box)
    result = best_agreement(step.text, lines, box, added=not step.clear)
    if result == "same":
        return None
    shown = " ".join(line.text for line in lines)
    sure = bool(lines) and min(line.confidence for line in lines) >= _READABLE
    if result == "misread" and not sure:
        play.doubt(f'I typed "{step.text}" and read "{shown}", which may be the same.')
        return None
    if not _is_readable(step.text):
        if changed:
            play.doubt(f'I typed "{step.text}", which I cannot read back.')
            return None
        return ""
    dots = dots_in(play.view, box)
    if dots > 2:
        return f"{dots} dots in place of {len(step.text)} characters"
    if shown:
        return f'"{shown}"'
    return "nothing in it that I can read" if changed else ""


def _read_where_it_changed(
    play: Play, step: TypeStep, regions: Sequence[Box]
) -> Generator[Move, Observation, str | None]:
    """As `_read_back`, where it is not known which field was typed into."""
    if not regions:
        return None if step.clear and not step.text else ""
    if not step.text:
        return None
    near = _lines_at(play.screen(), regions)
    if any(agreement(step.text, line.text, added=True) == "same" for line in near):
        return None
    if any(dots_in(play.view, region) >= len(step.text) for region in regions):
        return None
    if any(best_agreement(step.text, [line], line.box_px) != "other" for line in near):
        return None
    zoomed = yield from play.zoom(regions[0], "I look closer to read what has changed.")
    lines = _lines_at(zoomed or play.screen(), regions)
    texts = [line.text for line in lines] + [" ".join(line.text for line in lines)]
    if any(agreement(step.text, text, added=True, filled=True) != "other" for text in texts):
        return None
    if not _is_readable(step.text) or not lines:
        play.doubt(f'I typed "{step.text}" and cannot read it anywhere.')
        return None
    return f'"{texts[-1][:80]}"'


def _emptied(play: Play, lines: Sequence[TextLine], changed: bool) -> str | None:
    """What is seen instead of an empty field; None where it may be empty."""
    if lines and not changed:
        play.doubt(f'What was to be deleted may be the hint "{lines[0].text}".')
    elif lines:
        play.doubt(f'I take "{lines[0].text}" for the hint of an empty field.')
    return None


def _lines_at(screen: Screen, regions: Sequence[Box]) -> list[TextLine]:
    return [line for line in screen.lines if any(touch(line.box_px, region) for region in regions)]


def _is_readable(text: str) -> bool:
    """Whether the eyes know the script of a text: Latin letters and digits."""
    return all(ord(character) < 0x250 for character in text if character.isalnum())
