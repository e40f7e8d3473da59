"""Answer steps: find a value on the page and read it in a zoomed view."""

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np
import numpy.typing as npt

from vigorl.browser.geometry import Box
from vigorl.browser.observation import Observation
from vigorl.policy.perception.ink import Pixels
from vigorl.policy.perception.layout import em_px, gap_y, overlap_y, same_size
from vigorl.policy.perception.screen import Screen, TextLine
from vigorl.policy.reader.candidates import Candidate
from vigorl.policy.reader.labels import is_sentence, value_in, without_stop
from vigorl.policy.reader.language.steps import Target, describe, names_in
from vigorl.policy.reader.search import ScreenSearch, look_for
from vigorl.policy.reader.session import Move, Play, Stuck
from vigorl.policy.reader.values import read_values

_SAME_READING = 0.5
"""Likeness below which a closer look shows something else."""
_AS_GOOD = 0.015
"""Difference in score up to which two readings are equally good."""
_STRUCK = 0.9
"""Share of an amount's width that a line through it covers at least."""
_MOST_LINES = 12
"""Lines of a value that are read."""
_SENTENCE_END = re.compile(r"[.!?](?=\s+[A-ZÀ-Þ\"“(]|\s*$)")


@dataclass
class _Look:
    """What the screens that were looked at lacked."""

    play: Play
    target: Target
    missing: str = ""

    def values(self, screen: Screen) -> list[Candidate]:
        """What a screen says for the target, but for what is crossed out."""
        found = read_values(screen, self.target)
        self.missing = found.missing or self.missing
        pixels = np.asarray(self.play.view.picture.image())
        frame = self.play.view.frame
        kept = [aim for aim in found.aims if not _struck(pixels, frame.box_from_region(aim.box))]
        return kept


def tell(play: Play, target: Target) -> Generator[Move, Observation, str]:
    """Read a value; once more, closer, so that it is read exactly.

    Raises:
        Stuck: it is nowhere, or two values are meant equally well.
    """
    look = _Look(play, target)
    search = ScreenSearch(f"the value of {describe(target)}", names_in(target), look.values)
    try:
        aim = yield from look_for(play, search)
    except Stuck:
        if look.missing:
            raise Stuck(f"I was to read {describe(target)}. {look.missing}") from None
        raise
    source = aim.source
    if not isinstance(source, TextLine):
        raise Stuck(f"At {play.at(aim.point)} there is a {aim.text}, not a text.")
    _require_one(play, target, aim, look.values(play.screen()))
    screen = play.screen()
    told_in_text = value_in(source.text, target.names) if target.names else None
    is_part = told_in_text is None and aim.text.strip() != source.text.strip()
    part = replace(source, text=aim.text, box_px=aim.box, edges_px=(), links_px=())
    again = yield from play.read_again(
        part if is_part else source, f"{play.seen(aim)} I look closer to read it exactly."
    )
    text = again.text.strip()
    if told_in_text is not None:
        text = value_in(text, target.names) or ""
    likeness = SequenceMatcher(None, text.casefold(), aim.text.casefold(), autojunk=False).ratio()
    if likeness < _SAME_READING:
        text = aim.text
    if aim.more is None:
        return _whole(screen, source, aim, text, target)
    texts = [text]
    for line in aim.more:
        further = yield from play.read_again(line, "The cell goes on below. I look closer.")
        texts.append(further.text.strip())
    return " ".join(texts)


def _require_one(play: Play, target: Target, aim: Candidate, found: Sequence[Candidate]) -> None:
    """Refuse where another value is meant as well.

    Raises:
        Stuck: there is one.
    """
    if target.ordinal is not None:
        return
    rivals = [
        other
        for other in found
        if other.score >= aim.score - _AS_GOOD and other.whole.strip() != aim.whole.strip()
    ]
    if not rivals:
        return
    named = ", ".join(f'"{one.whole}" at {play.at(one.point)}' for one in (aim, *rivals)[:5])
    raise Stuck(
        f"{len(rivals) + 1} things on the page may be {describe(target)}: {named}. Say which, for "
        'example by its row: the "…" of "…".'
    )


def _whole(screen: Screen, source: TextLine, aim: Candidate, text: str, target: Target) -> str:
    """A value with the lines that it goes on in, and without what is only the sentence's."""
    in_sentence = is_sentence(source.text, target.names) and aim.text != source.text
    at_end = source.text.rstrip().endswith(aim.text.rstrip())
    if not at_end:
        return text
    if in_sentence and _SENTENCE_END.search(text):
        return without_stop(text)
    lines = [text]
    last = source
    for _ in range(_MOST_LINES):
        onward = _next_line(screen, last)
        if onward is None or not _goes_on(screen, source, last, onward):
            break
        if in_sentence and (end := _SENTENCE_END.search(onward.text)):
            lines.append(without_stop(onward.text[: end.end()]))
            break
        lines.append(onward.text)
        last = onward
    return " ".join(lines)


def _next_line(screen: Screen, line: TextLine) -> TextLine | None:
    """The next line of the same paragraph."""
    box = line.box_px
    below = [
        other
        for other in screen.lines
        if other is not line
        and other.box_px.top >= box.center.y
        and gap_y(other.box_px, box) <= 0.75 * em_px(line)
        and abs(other.box_px.left - box.left) <= 6
        and (same_size(other, line, 0.15) or overlap_y(other.box_px, box) > 0)
    ]
    return min(below, key=lambda other: other.box_px.top, default=None)


def _goes_on(screen: Screen, first: TextLine, last: TextLine, onward: TextLine) -> bool:
    """Whether a line under a value is more of it: at the line's pitch, and no label of its own.

    In a list of labels and values the gaps are wider, or each line has a neighbour in its row.
    """
    if onward.link is not last.link or re.match(r"[\w ]{1,24}:", onward.text):
        return False
    beside = [
        other
        for other in screen.lines
        if other is not onward
        and abs(other.box_px.center.y - onward.box_px.center.y) <= 0.5 * onward.box_px.height
    ]
    if beside:
        return False
    # The next paragraph is further off than the lines of one are from each other.
    return gap_y(onward.box_px, last.box_px) <= 0.6 * em_px(last) and (
        last is first or gap_y(onward.box_px, last.box_px) < 0.75 * em_px(first)
    )


def _struck(pixels: Pixels, box_px: Box) -> bool:
    """Whether a text is crossed out: a line runs through its middle from end to end."""
    left, right = max(0, round(box_px.left)), round(box_px.right)
    top, bottom = round(box_px.top), round(box_px.bottom)
    patch = pixels[max(0, top) : bottom, left:right].astype(np.int16)
    if patch.shape[0] < 6 or patch.shape[1] < 12:
        return False
    ground = np.median(pixels[max(0, top - 3) : max(1, top - 1), left:right], axis=(0, 1))
    inked = np.abs(patch - ground).max(axis=2) > 40
    middle = inked[int(0.3 * len(inked)) : int(0.75 * len(inked)) + 1]
    longest = max((_longest_run(row) for row in middle), default=0)
    is_text = np.median(inked.mean(axis=1)) < 0.7
    return bool(longest >= _STRUCK * inked.shape[1] and is_text)


def _longest_run(row: npt.NDArray[np.bool_]) -> int:
    """Length of the longest stretch of True."""
    ends = np.flatnonzero(np.diff(np.concatenate(([False], row, [False])).astype(np.int8)))
    return int(max(ends[1::2] - ends[::2], default=0))
