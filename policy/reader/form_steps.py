"""Form steps: choose from lists, check boxes, upload files."""

from collections.abc import Generator
from pathlib import PurePath

from vigorl.browser.actions import Click, Hover, SelectOption, Upload
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.policy.perception.frames import empty_box
from vigorl.policy.perception.layout import distance, same_row, touch
from vigorl.policy.perception.screen import Screen, Shape
from vigorl.policy.reader.candidates import SURE, Candidate, aims, named, shape_aim
from vigorl.policy.reader.controls import boxes, lists
from vigorl.policy.reader.effects import FAILURES, effect_at, neutral, told, zone_of
from vigorl.policy.reader.filled import agreement, lines_in
from vigorl.policy.reader.language.steps import (
    CheckStep,
    PointStep,
    SelectStep,
    Target,
    UploadStep,
    describe,
    names_in,
)
from vigorl.policy.reader.mouse_steps import point_once
from vigorl.policy.reader.outcome import Scene, differ, grown, share
from vigorl.policy.reader.search import ScreenSearch, look_for
from vigorl.policy.reader.session import Move, Moves, Play, Stuck

_BEFORE_LABEL_CSS_PX = 40
"""How far before its label a checkbox may stand."""
_BOX_SCALES = (1.4, 2.2)
"""Enlargements at which boxes of 8 to 21 px are seen best."""
_FRAME_SHARE = 0.25
"""Share of its width that a box's frame and rounded corners take on each side."""
_NEAR_CSS_PX = 100
"""How far the browser's button for files may be from its label."""
_OTHER_PAGE = 0.3
"""Share of the screen from which on a choice has led to another view."""
_CHOOSE_FILE = ("Choose File", "Choose Files", "Browse", "Upload", "Attach", "Select file")


def select(play: Play, step: SelectStep) -> Moves:
    """Choose an option, in a native list by its label, in a drawn one by opening it; look at it.

    Raises:
        Stuck: there is no such list or option, or the list does not show it afterwards.
    """
    target, labels = step.target, (step.option, *step.others)
    options = [Target((label,), quoted=True) for label in labels]
    if target is None and not lists(play.screen(), None):
        for option in options:
            yield from point_once(play, PointStep(option))
        return
    what = f"the list {describe(target)}" if target else "a list"
    search = ScreenSearch(what, names_in(target) if target else (), lambda s: lists(s, target))
    aim = yield from look_for(play, search)
    before = play.scene
    thought = f"{play.seen(aim)} I choose {quoted_list(labels)} in it."
    yield from play.do(thought, SelectOption(aim.point, step.option, step.others))
    refusal = play.said("bad_action")
    if refusal and aim.anchor and isinstance(aim.source, Shape):
        # What was taken for the list may be another control; the label knows its own.
        label = aim.anchor.point
        yield from play.do(
            f"{refusal} I try its label at {play.at(label)}.",
            SelectOption(label, step.option, step.others),
        )
        refusal = play.said("bad_action")
    if refusal:
        for option in options:
            yield from play.do(f"{refusal} I click it at {play.at(aim.point)}.", Click(aim.point))
            yield from _pick(play, option, aim)
        return
    if step.others:
        yield from _see_choices(play, labels, before)
    else:
        yield from _see_choice(play, step.option, aim, before)


def quoted_list(labels: tuple[str, ...]) -> str:
    """Names in quotes, joined as in a sentence."""
    *most, last = (f'"{label}"' for label in labels)
    return f"{', '.join(most)} and {last}" if most else last


def _see_choices(play: Play, labels: tuple[str, ...], before: Scene) -> Moves:
    """See that a list of several choices has changed; the browser tells where it holds others.

    Raises:
        Stuck: it has not, or holds something else.
    """
    if changed := play.said("input"):
        raise Stuck(f"expected the list to hold {quoted_list(labels)}; I was told: {changed}")
    if not told(play, before) and not play.changes_since(before):
        yield from play.wait("Nothing has changed yet. I wait a moment.")
        if not told(play, before) and not play.changes_since(before):
            play.doubt(f"I do not see that {quoted_list(labels)} were chosen just now.")


def _see_choice(play: Play, option: str, aim: Candidate, before: Scene) -> Moves:
    """See that a list shows what was chosen in it, or that the choice led elsewhere.

    Raises:
        Stuck: it shows something else.
    """
    if changed := play.said("input"):
        raise Stuck(f'expected the list to show "{option}"; I was told: {changed}')
    screen, regions = play.screen(), play.changes_since(before)
    if told(play, before) or _shows(screen, aim.box, option):
        return
    near = [box for box in regions if distance(box, aim.box) <= _NEAR_CSS_PX]
    if any(_shows(screen, box, option) for box in near):
        return
    if share(regions, play.view) >= _OTHER_PAGE:
        return
    zoomed = yield from play.zoom(aim.box, f'I look closer whether it shows "{option}".')
    if zoomed and _shows(zoomed, aim.box, option):
        return
    shown = [line.text for line in lines_in(zoomed or play.screen(), aim.box)]
    if not isinstance(aim.source, Shape) and regions:
        play.doubt(f'I do not see where the list shows "{option}".')
        return
    raise Stuck(
        f'expected the list at {play.at(aim.point)} to show "{option}"; I saw '
        + (" ".join(f'"{text}"' for text in shown) or "nothing in it")
    )


def _shows(screen: Screen, box: Box, text: str) -> bool:
    """Whether a list shows an option; a narrow one its beginning."""
    return any(
        agreement(text, line.text) != "other"
        or (
            len(line.text) > 3
            and text.casefold().startswith(line.text.rstrip(" .…v").casefold())
            and line.box_px.width > 0.5 * box.width
        )
        for line in lines_in(screen, box)
    )


def _pick(play: Play, option: Target, opened: Candidate) -> Moves:
    """Click an option of a list that the page draws, which has just been opened.

    Raises:
        Stuck: it is not offered, or clicking it changes nothing.
    """

    def offered(screen: Screen) -> list[Candidate]:
        """The options nearest to the list: the page may say the same word elsewhere."""
        found = [other for other in aims(screen, option) if not touch(other.box, opened.box)]
        return sorted(found, key=lambda o: (-round(o.score, 1), distance(o.box, opened.box)))

    search = ScreenSearch(describe(option), names_in(option), offered, scrolling=False)
    choice = yield from look_for(play, search)
    before, zone = play.scene, zone_of(play, choice)
    yield from play.do(f"{play.seen(choice)} I click it.", Click(choice.point))
    if refusal := play.said(*FAILURES):
        raise Stuck(f"expected to choose {describe(option)}; I was told: {refusal}")
    outcome = yield from effect_at(play, before, zone, lead_away=False)
    if outcome.effect == "none":
        raise Stuck(f"expected {describe(option)} to be chosen; I saw that {outcome.saw}")
    if not _shows(play.screen(), opened.box, option.name):
        play.doubt(f"The list at {play.at(opened.point)} does not show {describe(option)}.")


def check(play: Play, step: CheckStep) -> Moves:
    """Bring a box into a state: look first, click where it differs, and look again.

    Raises:
        Stuck: there is no such box, it cannot be seen, or it does not change.
    """
    target = step.target
    wanted = "checked" if step.checked else "unchecked"
    search = ScreenSearch(
        f"the box of {describe(target)}", names_in(target), lambda s: boxes(s, target)
    )
    aim = yield from look_for(play, search)
    if _state(aim) is None:
        aim = yield from _closer(play, aim)
    if _state(aim) is step.checked:
        play.remark(f"{play.seen(aim)} It is {wanted} already.")
        return
    if _state(aim) is None:
        raise Stuck(
            f"expected a box beside {describe(target)}; I saw that text at {play.at(aim.point)} "
            "and no box, so I could not tell whether it is checked"
        )
    before, play.lit = play.scene, grown(aim.box, 8)
    yield from play.do(f"{play.seen(aim)} It is not {wanted} yet; I click it.", Click(aim.point))
    state = yield from _state_after(play, target, aim, before)
    if state is (not step.checked):
        yield from play.do(f"It is still not {wanted}. I click its text.", Click(_text_of(aim)))
        state = yield from _state_after(play, target, aim, before)
    if state is step.checked:
        return
    if state is None and told(play, before):
        play.doubt(f"I clicked the box of {describe(target)} and see it no longer.")
        return
    saw = f"that it is not {wanted}" if state is not None else "no box there any more"
    raise Stuck(f"expected the box at {play.at(aim.point)} to be {wanted}; I saw {saw}")


def _state_after(
    play: Play, target: Target, aim: Candidate, before: Scene
) -> Generator[Move, Observation, bool | None]:
    """The state of a box that has been clicked; None where it cannot be seen."""
    if refusal := play.said(*FAILURES):
        raise Stuck(f"expected to click the box at {play.at(aim.point)}; I was told: {refusal}")
    here = [
        shape.checked
        for shape in play.screen().shapes
        if shape.checked is not None and touch(shape.box_px, aim.box)
    ]
    if here:
        return here[0]
    for after in boxes(play.screen(), target)[:1]:
        if _state(after) is not None:
            return _state(after)
    if told(play, before):
        return None
    # A ring around it, or its look under the mouse: only its inside tells, with the mouse away.
    inner = grown(aim.box, -_FRAME_SHARE * aim.box.width)
    away = neutral(play, grown(aim.box, 8))
    yield from play.do("I do not see the box clearly. I move the mouse away.", Hover(away))
    was = aim.source.checked if isinstance(aim.source, Shape) else None
    if was is None or any(touch(box, grown(aim.box, 8)) for box in play.restless):
        return None
    return was is not differ(before.view, play.view, inner)


def _closer(play: Play, label: Candidate) -> Generator[Move, Observation, Candidate]:
    """The box that a closer look shows before a label; the label itself where it shows none."""
    text = label.box
    beside = Box(text.left - _BEFORE_LABEL_CSS_PX, text.top - 4, text.left, text.bottom + 4)
    if (empty := empty_box(play.view, text)) is not None:
        return shape_aim(Shape("checkbox", empty, checked=False), label.score, label)
    for scale in _BOX_SCALES:
        zoomed = yield from play.zoom(
            beside, f"{play.seen(label)} I do not see its box clearly. I look closer.", scale=scale
        )
        found = [
            shape_aim(shape, label.score, label)
            for shape in (zoomed.shapes if zoomed else ())
            if shape.checked is not None and same_row(shape.box_px, text)
        ]
        if found:
            return min(found, key=lambda aim: distance(aim.box, text))
    return label


def _state(aim: Candidate) -> bool | None:
    return aim.source.checked if isinstance(aim.source, Shape) else None


def _text_of(aim: Candidate) -> Point:
    """Where the label of a box can be clicked; the box itself where it has none."""
    return aim.anchor.point if aim.anchor else aim.point


def upload(play: Play, step: UploadStep) -> Moves:
    """Hand files to the chooser behind a label or button, and see that the page took them.

    Raises:
        Stuck: there is none, or it does not take the files.
    """
    target = step.target or Target(_CHOOSE_FILE)
    search = ScreenSearch(describe(target), names_in(target), lambda s: _file_buttons(s, target))
    aim = yield from look_for(play, search)
    before = play.scene
    thought = f"{play.seen(aim)} I give it {', '.join(step.paths)}."
    yield from play.do(thought, Upload(aim.point, step.paths))
    if refusal := play.said(*FAILURES):
        raise Stuck(f"expected {play.at(aim.point)} to take a file; I was told: {refusal}")
    if told(play, before):
        return
    if not play.changes_since(before):
        yield from play.wait("I do not see the file yet. I wait a moment.")
    if not told(play, before) and not play.changes_since(before):
        name = PurePath(step.paths[0]).name
        raise Stuck(f'expected the page to show "{name}"; I saw that nothing changed')
    if not _names_a_file(play.screen(), step.paths):
        play.doubt(f"I do not see the name of the file at {play.at(aim.point)}.")


def _names_a_file(screen: Screen, paths: tuple[str, ...]) -> bool:
    """Whether a file's name is to be read, or how many files there are."""
    names = ["".join(PurePath(path).stem.casefold().split())[:8] for path in paths]
    texts = ["".join(line.text.casefold().split()) for line in screen.lines]
    count = f"{len(paths)}files"
    return any(
        (len(paths) > 1 and count in text) or any(name in text for name in names) for text in texts
    )


def _file_buttons(screen: Screen, target: Target) -> list[Candidate]:
    """What the target names; the browser's own button beside it where there is one."""
    buttons = [aim for aim in named(screen, "Choose File", Target()) if aim.score >= SURE]
    found = []
    for aim in aims(screen, target):
        near = [button for button in buttons if distance(button.box, aim.box) <= _NEAR_CSS_PX]
        found.append(min(near, key=lambda b: distance(b.box, aim.box), default=aim))
    return found
