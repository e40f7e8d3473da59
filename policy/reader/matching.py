"""Finding what an instruction names on a screen."""

import difflib
from dataclasses import dataclass

from vigorl.browser.geometry import Box, Point
from vigorl.policy.reader.screen import Line, Screen, Shape


@dataclass(frozen=True, slots=True)
class Match:
    """Something on the screen that may be what was named; `score` in [0, 1]."""

    box_px: Box
    point_px: Point
    score: float
    source: Line | Shape


def find(screen: Screen, name: str, *, role: str | None = None) -> list[Match]:
    """Everything on the screen that `name` may mean, best first."""
    wanted = name.casefold().replace(" ", "")
    matches = []
    for line in screen.lines:
        text = line.text.casefold()
        squeezed = text.replace(" ", "")
        start = text.find(name.casefold())
        if squeezed == wanted:
            score, box = 1.0, line.box_px
        elif start >= 0:
            score, box = 0.9, line.part(start, start + len(name))
        else:
            score = 0.8 * difflib.SequenceMatcher(None, squeezed, wanted).ratio()
            box = line.box_px
        if score > 0.5:
            matches.append(Match(box, box.center, score, line))
    return sorted(matches, key=lambda match: -match.score)
