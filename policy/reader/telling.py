"""Steps that end in an answer: reading a value, closely."""

from collections.abc import Generator
from difflib import SequenceMatcher

from vigorl.browser.observation import Observation
from vigorl.policy.reader.lookout import Search, look_for
from vigorl.policy.reader.play import Move, Play, Stuck
from vigorl.policy.reader.screen import Line
from vigorl.policy.reader.steps import Target, describe, names_in
from vigorl.policy.reader.values import value_in, values

_SAME_READING = 0.5
"""Likeness below which a closer look shows something else."""


def tell(play: Play, target: Target) -> Generator[Move, Observation, str]:
    """Read a value; once more, closer, so that it is read exactly.

    Raises:
        Stuck: it is nowhere.
    """
    what = f"the value of {describe(target)}"
    aim = yield from look_for(play, Search(what, names_in(target), lambda s: values(s, target)))
    source = aim.source
    if not isinstance(source, Line):
        raise Stuck(f"At {play.at(aim.point)} there is a {aim.text}, not a text.")
    again = yield from play.read_again(
        source, f"{play.seen(aim)} I look closer to read it exactly."
    )
    text = again.text if aim.text == source.text else value_in(again.text, target.names) or ""
    likeness = SequenceMatcher(None, text.casefold(), aim.text.casefold(), autojunk=False).ratio()
    return text if likeness >= _SAME_READING else aim.text
