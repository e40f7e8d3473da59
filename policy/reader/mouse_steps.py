"""Mouse steps: click, hover, drag."""

import re
from collections.abc import Generator, Sequence
from typing import assert_never

from vigorl.browser.actions import Action, Click, Drag, Hover
from vigorl.browser.observation import Observation
from vigorl.policy.perception.blocks import another_title
from vigorl.policy.perception.concepts import meaning
from vigorl.policy.perception.frames import has_bar_below, is_faded, stands_out
from vigorl.policy.perception.layout import inside, overlap_x, overlap_y, touch
from vigorl.policy.perception.screen import Screen, Shape, TextLine
from vigorl.policy.reader.candidates import (
    Candidate,
    aims,
    is_sure,
    line_aim,
    looks_clickable,
)
from vigorl.policy.reader.controls import boxes
from vigorl.policy.reader.doubt import require_one
from vigorl.policy.reader.effects import FAILURES, MoveOutcome, effect_at, told, zone_of
from vigorl.policy.reader.language.steps import (
    DragStep,
    PointStep,
    Target,
    Until,
    describe,
    names_in,
)
from vigorl.policy.reader.outcome import Scene, grown, words_changed
from vigorl.policy.reader.search import ScreenSearch, look_for
from vigorl.policy.reader.session import Move, Moves, Play, Stuck

_SURELY_SHOWS = 0.85
"""Score from which on an icon is what a quoted name means, wherever else that name may stand."""
_HANDLE_CSS_PX = 24
"""How far around the text of a thing that is dragged the thing itself may reach."""
_SENTENCE_WORDS = 7
"""From so many words on a line is running text rather than a row of links."""
_SAME_SCORE = 0.08
"""How much worse the same text may fit when it stands elsewhere."""
_SAME_COLUMN_CSS_PX = 200
"""How far to the side the same icon may have moved."""
_SELECTION_CSS_PX = 4
"""How far a selection of text may reach beyond it."""
_WHOLLY = 0.93
"""Fit of a concept from which on a name says that concept and nothing else."""
_GUESSES = 3
"""Concepts that an icon may show."""
_AS_GOOD = 0.015
"""Difference in score up to which two buttons are of one name."""
_CONSENT = re.compile(
    r"\b(?:accept|agree|allow|consent|got it|akzeptieren|zustimmen|einverstanden|accepter"
    r"|autoriser|aceptar|accetta|aceitar|accepteren|godk[aä]nn)",
    re.IGNORECASE,
)
"""What stands on buttons that agree to something."""


def point_once(play: Play, step: PointStep) -> Moves:
    """Point at a target and see what comes of it; where nothing does, try the next of that name.

    Raises:
        Stuck: it is nowhere, or pointing at it had no effect.
    """
    aim = yield from find_target(play, step.target)
    others = []
    if step.target.role == "item" and isinstance(aim.source, TextLine):
        # A result opens by its title, and not by every text in it.
        title = another_title(play.screen(), aim.box, aim.source)
        others = [line_aim(title, 1.0)] if title and not aim.source.link else []
    elif not looks_clickable(play.screen(), aim):
        found = candidates(play, play.screen(), step.target)
        others = [other for other in found if not touch(other.box, aim.box)]
    outcome = yield from pointed(play, step, aim, play.seen(aim))
    if outcome.effect == "none" and others and is_sure(others[0]):
        verb = _verb(step)
        outcome = yield from pointed(
            play, step, others[0], f"The {verb} did nothing. {play.seen(others[0])}"
        )
    require_effect(play, step, aim, outcome)


def pointed(
    play: Play, step: PointStep, aim: Candidate, why: str
) -> Generator[Move, Observation, MoveOutcome]:
    """Point at one place and see what comes of it.

    Raises:
        Stuck: it cannot be done, or led to a page that does not load.
    """
    before, zone = play.scene, zone_of(play, aim)
    lit, play.lit = play.lit, zone
    yield from play.do(f"{why} I {_verb(step)} it.", _action(step, aim))
    if refusal := play.said(*FAILURES):
        raise Stuck(f"expected to {_verb(step)} {describe(step.target)}; I was told: {refusal}")
    if play.observation.ended:
        return MoveOutcome("seen")
    if step.gesture == "hover":
        shown = told(play, before) or play.said("input") or play.changes_since(before)
        return MoveOutcome("seen" if shown else "none", "nothing changed")
    outcome = yield from effect_at(play, before, zone, lit=lit, quick=step.until is not None)
    if outcome.effect == "none" and step.target.role != "field" and _is_field(play, aim):
        carets = play.changes_since(before, carets=True)
        if any(touch(box, zone) for box in carets):  # a text cursor came into it
            return MoveOutcome("unclear", outcome.saw)
    if step.gesture == "double_click" and outcome.effect == "seen" and not told(play, before):
        texts = words_changed(play.read(before.view), play.screen(), play.changes_since(before))
        if not texts:  # it may only have selected the text
            return MoveOutcome("unclear", outcome.saw)
    return outcome


def require_effect(play: Play, step: PointStep, aim: Candidate, outcome: MoveOutcome) -> None:
    """Go on where there was an effect, or where none is to be expected; then note a doubt.

    Raises:
        Stuck: there was none.
    """
    what = describe(step.target)
    if outcome.effect == "seen":
        return
    if outcome.effect == "unclear":
        play.doubt(f"Whether what I saw comes of the {_verb(step)} on {what} I cannot tell.")
    elif step.gesture == "hover":
        play.doubt(f"The mouse is on {what}, which changed nothing.")
    elif _is_chosen(play, step, aim) or (step.target.role == "field" and _is_field(play, aim)):
        play.doubt(f"Nothing changed when I clicked {what}: it may have been so already.")
    else:
        raise Stuck(
            f"expected the {_verb(step)} at {play.at(aim.point)} to change something; "
            f"I saw that {outcome.saw}"
        )


def _is_chosen(play: Play, step: PointStep, aim: Candidate) -> bool:
    """Whether the target is a radio button that is chosen, or a tab that looks chosen.

    A colour of its own tells only of what is said to be a tab: any other text may have one, and be
    covered. A bar below it, and below none of the others in its row, tells of any.
    """
    if isinstance(aim.source, TextLine):
        screen = play.screen()
        if has_bar_below(play.view, screen, aim.source) or (
            step.target.role == "tab" and stands_out(play.view, screen, aim.source)
        ):
            return True
    found = boxes(play.screen(), step.target)[:1]
    return any(
        isinstance(aim.source, Shape) and aim.source.kind == "radio" and aim.source.checked is True
        for aim in found
    )


def _is_field(play: Play, aim: Candidate) -> bool:
    return any(
        shape.kind == "field" and inside(aim.box, shape.box_px) for shape in play.screen().shapes
    )


def find_target(
    play: Play, target: Target, like: Candidate | None = None
) -> Generator[Move, Observation, Candidate]:
    """Find what a target means; of equal ones that which the last action brought up.

    A dialog that has just opened is meant rather than what lies behind it. A button that agrees to
    something is meant only where it is named, and an icon by a quoted name only where that name
    stands nowhere, or where it surely shows it.

    Args:
        play: the episode.
        target: what is looked for.
        like: what it was before, where it must be the same thing again.

    Raises:
        NotFound: it is nowhere.
    """
    search = ScreenSearch(
        describe(target),
        names_in(target),
        lambda screen: candidates(play, screen, target, like),
        whole_page=(target.ordinal or 0) < 0,
        sure=lambda aim: is_surely(aim, target),
    )
    aim = yield from look_for(play, search)
    found = candidates(play, play.screen(), target, like)
    aim = _enabled(play, aim, found) if like is None else aim
    require_one(play, target, aim, [other for other in found if not _is_disabled(play, other, aim)])
    return aim


def _enabled(play: Play, aim: Candidate, found: Sequence[Candidate]) -> Candidate:
    """The first of the equal buttons that is not disabled: it is drawn in stronger colours."""
    return next((other for other in found if _is_disabled(play, aim, other)), aim)


def _is_disabled(play: Play, aim: Candidate, other: Candidate) -> bool:
    """Whether a button is much paler than another of the same name."""
    screen, region = play.screen(), play.frame.region_css_px
    return (
        aim is not other
        and aim.text == other.text
        and abs(aim.score - other.score) <= _AS_GOOD
        and all(
            isinstance(one.source, TextLine) and region.contains(one.point) for one in (aim, other)
        )
        and all(looks_clickable(screen, one) for one in (aim, other))
        and is_faded(play.view, aim.box, other.box)
    )


def candidates(
    play: Play, screen: Screen, target: Target, like: Candidate | None = None
) -> list[Candidate]:
    """What on a screen a target may mean, best first."""
    found = [
        aim
        for aim in aims(screen, target)
        if not _agrees_unasked(aim, target)
        and (play.is_still or not _is_half_named(aim, target))
        and not _is_arrow_of_list(screen, aim)
        and (like is None or _is_alike(aim, like))
    ]
    if target.relation or target.ordinal is not None or target.place:
        return found
    return sorted(found, key=lambda aim: (-round(aim.score, 2), not play.is_new(aim)))


def is_surely(aim: Candidate, target: Target) -> bool:
    """Whether an aim is what a target means, without a look at the rest of the page."""
    is_icon = isinstance(aim.source, Shape) and aim.source.kind == "icon"
    if is_icon and target.quoted and target.role != "icon":
        return aim.score >= _SURELY_SHOWS
    return is_sure(aim) and not _is_word_of_sentence(aim)


def _is_word_of_sentence(aim: Candidate) -> bool:
    """Whether what was read is a small part of running text that is drawn as no link."""
    line = aim.source
    if not isinstance(line, TextLine) or len(line.text.split()) < _SENTENCE_WORDS:
        return False
    linked = any(left < aim.box.center.x < right for left, right in line.links_px)
    return len(aim.text) < 0.4 * len(line.text) and not linked


def _agrees_unasked(aim: Candidate, target: Target) -> bool:
    """Whether clicking there would agree to something that was not named."""
    return not target.names and bool(_CONSENT.search(aim.text))


def _is_half_named(aim: Candidate, target: Target) -> bool:
    """Whether an icon shows only a part of what a quoted name says: clear, of "Clear completed"."""
    if not (isinstance(aim.source, Shape) and aim.source.kind == "icon" and target.quoted):
        return False
    said = [meaning(name) for name in target.names]
    wholly = any(
        fits.get(concept, 0.0) >= _WHOLLY
        for fits in said
        for concept in aim.source.names[:_GUESSES]
    )
    return any(said) and not wholly  # a sign, such as "›", has no meaning in words


def _is_alike(aim: Candidate, like: Candidate) -> bool:
    """Whether this can be what was pointed at before, here or elsewhere on the page."""
    match aim.source, like.source:
        case TextLine(), TextLine():
            same_text = _letters(aim.text) == _letters(like.text)
            return same_text and aim.score >= like.score - _SAME_SCORE
        case Shape(kind=kind, names=names), Shape() as other if kind == other.kind:
            same_size = 0.7 < aim.box.area / max(1.0, like.box.area) < 1.4
            near = abs(aim.point.x - like.point.x) <= _SAME_COLUMN_CSS_PX
            return same_size and near and names[:1] == other.names[:1]
        case _:
            return False


def _letters(text: str) -> str:
    """What a text says, without the sign that is read with it once and not the next time."""
    return "".join(filter(str.isalnum, text.casefold())) or text.strip()


def _is_arrow_of_list(screen: Screen, aim: Candidate) -> bool:
    """Whether an icon is the arrow of a drop-down list or a part of a field's frame."""
    if not (isinstance(aim.source, Shape) and aim.source.kind == "icon"):
        return False
    return "search" not in aim.source.names[:2] and any(
        shape.kind == "select" and inside(aim.box, grown(shape.box_px, 4))
        for shape in screen.shapes
    )


def drag(play: Play, step: DragStep) -> Moves:
    """Drag one thing onto another that is on the same screen, and see that it has moved.

    Raises:
        Stuck: one of them is nowhere, or the drag changes nothing.
    """
    start = yield from find_target(play, step.start)
    stops = []
    for target in (*step.via, step.end):
        found = aims(play.screen(), target)
        if not found or not is_sure(found[0]):
            raise Stuck(
                f"expected {describe(step.start)} and {describe(target)} on the same screen; I saw "
                "only the first"
            )
        stops.append(found[0])
    *via, end = stops
    before, screen = play.scene, play.screen()
    yield from play.do(
        f"{play.seen(start)} {' '.join(map(play.seen, stops))} I drag the first to the last.",
        Drag(start.point, end.point, tuple(stop.point for stop in via)),
    )
    if refusal := play.said(*FAILURES):
        raise Stuck(f"expected to drag {describe(step.start)}; I was told: {refusal}")
    if not told(play, before) and not _moved(play, before, screen, start):
        yield from play.wait("Nothing has moved yet. I wait a moment.")
        if not told(play, before) and not _moved(play, before, screen, start):
            raise Stuck(
                f"expected the drag from {play.at(start.point)} to {play.at(end.point)} to "
                "move something; I saw that nothing has moved"
            )


def _moved(play: Play, before: Scene, old: Screen, start: Candidate) -> bool:
    """Whether something is not where it was; that texts look selected is no move."""
    regions = play.changes_since(before)
    if not regions:
        return False
    new = play.screen()
    here = [line for line in old.lines if any(touch(line.box_px, box) for box in regions)]
    stayed = [line for line in here if any(_same_place(line, other) for other in new.lines)]
    if len(stayed) < len(here) or len(new.lines) > len(old.lines):
        return True
    # All texts are where they were: what has changed must reach beyond them.
    texts = [grown(line.box_px, _SELECTION_CSS_PX) for line in here]
    return any(not any(touch(box, text) for text in texts) for box in regions) or (
        not here and any(touch(box, grown(start.box, _HANDLE_CSS_PX)) for box in regions)
    )


def _same_place(line: TextLine, other: TextLine) -> bool:
    return overlap_x(line.box_px, other.box_px) > 0.8 and overlap_y(line.box_px, other.box_px) > 0.8


def holds(play: Play, until: Until) -> bool:
    """Whether a condition is true of the newest screen, as far as it can be read."""
    found = aims(play.screen(), until.target)
    return bool(found and is_sure(found[0])) is not until.gone


def says(until: Until) -> str:
    """A condition in words."""
    return f"{describe(until.target)} {'goes away' if until.gone else 'comes in sight'}"


def _verb(step: PointStep) -> str:
    return step.gesture.replace("_", "-")


def _action(step: PointStep, aim: Candidate) -> Action:
    held, hold_s = step.modifiers, step.hold_s
    match step.gesture:
        case "click":
            return Click(aim.point, modifiers=held, hold_s=hold_s)
        case "double_click":
            return Click(aim.point, count=2, modifiers=held, hold_s=hold_s)
        case "right_click":
            return Click(aim.point, "right", modifiers=held, hold_s=hold_s)
        case "middle_click":
            return Click(aim.point, "middle", modifiers=held, hold_s=hold_s)
        case "hover":
            return Hover(aim.point)
        case _:
            assert_never(step.gesture)
