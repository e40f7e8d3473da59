"""Steps of filling in: typing, choosing from lists, checking boxes, handing over files."""

from collections.abc import Generator
from difflib import SequenceMatcher

from vigorl.browser.actions import Click, SelectOption, Type, Upload
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.policy.reader.aim import SURE, Aim, aims, named, shape_aim
from vigorl.policy.reader.controls import boxes, fields, lists
from vigorl.policy.reader.layout import distance, overlap_x, same_row, touch
from vigorl.policy.reader.lookout import Search, look_for
from vigorl.policy.reader.play import Move, Moves, Play, Stuck
from vigorl.policy.reader.pointing import point_once
from vigorl.policy.reader.screen import Screen, Shape
from vigorl.policy.reader.steps import (
    CheckStep,
    SelectStep,
    Target,
    TypeStep,
    UploadStep,
    describe,
    names_in,
)

_BEFORE_LABEL_CSS_PX = 40
"""How far before its label a checkbox may stand."""
_SAME_TEXT = 0.8
"""Likeness from which on a text that was read is the text that was typed."""
_NEAR_CSS_PX = 100
"""How far the browser's button for files may be from its label."""
_CHOOSE_FILE = ("Choose File", "Choose Files", "Browse", "Upload", "Attach", "Select file")


def type_text(play: Play, step: TypeStep) -> Moves:
    """Type into a field and read it back; where nothing stands there, try the next field.

    Raises:
        Stuck: there is no such field, or it does not take the text.
    """
    if step.target is None:
        what = f'I type "{step.text}" where the focus is.'
        yield from play.do(what, Type(step.text, clear=step.clear))
        if refusal := play.said("bad_action"):
            raise Stuck(f'I was to type "{step.text}" where the focus is. {refusal}')
        return
    target = step.target
    search = Search(f"the field {describe(target)}", names_in(target), lambda s: fields(s, target))
    aim = yield from look_for(play, search)
    verb = f'type "{step.text}"'
    if step.clear:
        verb = f'put "{step.text}" in place of what is' if step.text else "delete what is"
    yield from play.do(
        f"{play.seen(aim)} I {verb} there.", Type(step.text, aim.point, clear=step.clear)
    )
    refusal = play.said("bad_action")
    if not refusal and (not step.text or _stands_in(play, aim.box, step.text)):
        return
    if not refusal and play.changed:
        return  # It cannot be read (dots for a password, a long text), but something was typed.
    others = [other for other in fields(play.screen(), target) if not touch(other.box, aim.box)]
    if not others:
        raise Stuck(
            f'I typed "{step.text}" into the field at {play.at(aim.point)}, but nothing stands '
            f"there. {refusal}"
        )
    yield from play.do(
        f'"{step.text}" does not stand there. {play.seen(others[0])} I {verb} there.',
        Type(step.text, others[0].point, clear=step.clear),
    )


def _stands_in(play: Play, box: Box, text: str) -> bool:
    """Whether a text, or the part of it that fits in, can be read at a field."""
    wanted = _squeezed(text)
    for line in play.screen().lines:
        read = _squeezed(line.text)
        if not read or not same_row(line.box_px, box) or not overlap_x(line.box_px, box):
            continue
        if wanted in read or (len(read) > 3 and read in wanted):
            return True
        if SequenceMatcher(None, read, wanted, autojunk=False).ratio() >= _SAME_TEXT:
            return True
    return False


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def select(play: Play, step: SelectStep) -> Moves:
    """Choose an option: in a native list by its label, in a drawn one by opening it.

    Raises:
        Stuck: there is no such list or option.
    """
    target = step.target
    option = Target((step.option,), quoted=True)
    if target is None and not lists(play.screen(), None):
        yield from point_once(play, option)
        return
    what = f"the list {describe(target)}" if target else "a list"
    search = Search(what, names_in(target) if target else (), lambda s: lists(s, target))
    aim = yield from look_for(play, search)
    thought = f'{play.seen(aim)} I choose "{step.option}" in it.'
    yield from play.do(thought, SelectOption(aim.point, step.option))
    refusal = play.said("bad_action")
    if refusal and aim.anchor and isinstance(aim.source, Shape):
        # What was taken for the list may be another control; the label knows its own.
        place = play.at(aim.anchor.point)
        yield from play.do(
            f"{refusal} I try its label at {place}.", SelectOption(aim.anchor.point, step.option)
        )
        refusal = play.said("bad_action")
    if refusal:
        yield from play.do(f"{refusal} I click it at {play.at(aim.point)}.", Click(aim.point))
        yield from _pick(play, option, aim)


def _pick(play: Play, option: Target, opened: Aim) -> Moves:
    """Click an option of a list that the page draws, which has just been opened."""

    def offered(screen: Screen) -> list[Aim]:
        """The options nearest to the list: the page may say the same word elsewhere."""
        found = [other for other in aims(screen, option) if not touch(other.box, opened.box)]
        return sorted(found, key=lambda o: (-round(o.score, 1), distance(o.box, opened.box)))

    search = Search(describe(option), names_in(option), offered, scrolling=False)
    choice = yield from look_for(play, search)
    yield from play.do(f"{play.seen(choice)} I click it.", Click(choice.point))


def check(play: Play, step: CheckStep) -> Moves:
    """Bring a box into a state: look first, click where it differs, and look again.

    Raises:
        Stuck: there is no such box, or it does not change.
    """
    target = step.target
    wanted = "checked" if step.checked else "unchecked"
    search = Search(f"the box of {describe(target)}", names_in(target), lambda s: boxes(s, target))
    aim = yield from look_for(play, search)
    if _state(aim) is None:
        aim = yield from _closer(play, aim)
    if _state(aim) is step.checked:
        play.remark(f"{play.seen(aim)} It is {wanted} already.")
        return
    if _state(aim) is None:
        yield from play.do(f"{play.seen(aim)} I see no box there; I click it.", Click(aim.point))
        return
    yield from play.do(f"{play.seen(aim)} It is not {wanted} yet; I click it.", Click(aim.point))
    after = boxes(play.screen(), target)
    if not after or _state(after[0]) is not (not step.checked):
        return  # As it should be, or the click led to something else.
    yield from play.do(f"It is still not {wanted}. I click its text.", Click(_text_of(after[0])))
    after = boxes(play.screen(), target)
    if after and _state(after[0]) is (not step.checked):
        raise Stuck(f"I clicked the box at {play.at(aim.point)}, and it does not become {wanted}.")


def _closer(play: Play, label: Aim) -> Generator[Move, Observation, Aim]:
    """The box that a closer look shows before a label; the label itself where it shows none."""
    text = label.box
    beside = Box(text.left - _BEFORE_LABEL_CSS_PX, text.top - 4, text.left, text.bottom + 4)
    zoomed = yield from play.zoom(
        beside, f"{play.seen(label)} I do not see its box clearly. I look closer.", scale=2
    )
    if zoomed is None:
        return label
    found = [
        shape_aim(shape, label.score, label)
        for shape in zoomed.shapes
        if shape.checked is not None and same_row(shape.box_px, text)
    ]
    return min(found, key=lambda aim: distance(aim.box, text), default=label)


def _state(aim: Aim) -> bool | None:
    return aim.source.checked if isinstance(aim.source, Shape) else None


def _text_of(aim: Aim) -> Point:
    """Where the label of a box can be clicked; the box itself where it has none."""
    return aim.anchor.point if aim.anchor else aim.point


def upload(play: Play, step: UploadStep) -> Moves:
    """Hand files to the chooser behind a label or button.

    Raises:
        Stuck: there is none, or it does not take the files.
    """
    target = step.target or Target(_CHOOSE_FILE)
    search = Search(describe(target), names_in(target), lambda s: _file_buttons(s, target))
    aim = yield from look_for(play, search)
    thought = f"{play.seen(aim)} I give it {', '.join(step.paths)}."
    yield from play.do(thought, Upload(aim.point, step.paths))
    if refusal := play.said("bad_action"):
        raise Stuck(f"The upload at {play.at(aim.point)} did not work. {refusal}")


def _file_buttons(screen: Screen, target: Target) -> list[Aim]:
    """What the target names; the browser's own button beside it where there is one."""
    buttons = [aim for aim in named(screen, "Choose File", Target()) if aim.score >= SURE]
    found = []
    for aim in aims(screen, target):
        near = [button for button in buttons if distance(button.box, aim.box) <= _NEAR_CSS_PX]
        found.append(min(near, key=lambda b: distance(b.box, aim.box), default=aim))
    return found
