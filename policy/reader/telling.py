"""Steps that end in an answer: reading a value, closely."""

from collections.abc import Generator
from difflib import SequenceMatcher

from vigorl.browser.observation import Observation
from vigorl.policy.reader.aim import Aim
from vigorl.policy.reader.layout import overlap_x, overlap_y
from vigorl.policy.reader.lookout import Search, look_for
from vigorl.policy.reader.play import Move, Play, Stuck
from vigorl.policy.reader.screen import Line, Screen
from vigorl.policy.reader.steps import Target, describe
from vigorl.policy.reader.values import value_in, values

_SAME_READING = 0.5
"""Likeness below which a closer look shows something else."""


def tell(play: Play, target: Target) -> Generator[Move, Observation, str]:
    """Read a value; once more, closer, so that it is read exactly.

    Raises:
        Stuck: it is nowhere.
    """
    what = f"the value of {describe(target)}"
    aim = yield from look_for(play, Search(what, target.names, lambda s: values(s, target)))
    source = aim.source
    if not isinstance(source, Line):
        raise Stuck(f"At {play.at(aim.point)} there is a {aim.text}, not a text.")
    zoomed = yield from play.zoom(
        source.box_px, f"{play.seen(aim)} I look closer to read it exactly."
    )
    closer = _closer_text(zoomed, source, aim, target) if zoomed else None
    return closer or aim.text


def _closer_text(zoomed: Screen, source: Line, aim: Aim, target: Target) -> str | None:
    """What the zoomed view says where a line was read, or None where it says something else."""
    place = zoomed.frame.box_from_css(source.box_px)
    lines = [
        line
        for line in zoomed.lines
        if overlap_y(line.box_px, place) > 0.5 and overlap_x(line.box_px, place) > 0.5
    ]
    text = " ".join(line.text for line in sorted(lines, key=lambda line: line.box_px.left))
    if aim.text != source.text:
        text = value_in(text, target.names) or ""
    likeness = SequenceMatcher(None, text.casefold(), aim.text.casefold(), autojunk=False).ratio()
    return text if likeness >= _SAME_READING else None
