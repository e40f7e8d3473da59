"""Matching of a name in an instruction with the texts and icons of a screen.

Scores, in [0, 1], say what kind of match it is: from 0.96 what stands there is the name; from
0.85 it contains the name, or is an icon that surely shows it; from about 0.55 it may be that.
Within each kind those that look as if they could be clicked come first.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vigorl.browser.geometry import Box, Point
from vigorl.policy.perception.association import field_cost
from vigorl.policy.perception.concepts import CONCEPTS, meaning
from vigorl.policy.perception.layout import em_px, same_size
from vigorl.policy.perception.screen import Screen, Shape, TextLine
from vigorl.policy.perception.text_match import fits

CONTAINED = 0.85
"""From this score on, what was found is what was named."""
NOT_CLICKABLE = 0.012
"""Taken from text that looks like neither link nor button."""
HEADING = 0.02
"""Taken besides from text that is much larger than the rest."""
LINK_OF_THAT_NAME = 0.06
"""Added where the name is a link within running text, from its first letter to its last."""
ICON = 0.94
"""Score of an icon that surely shows exactly what was named."""
GUESSES = 4
"""Concepts that are given for each icon."""
_NEAR_PX = 40.0
"""A cost up to which a text is the label of the field next to it, and no heading farther off."""
_APART = 1.2
"""Heights of a line; a gap that is wider does not lie between the words of a sentence."""
_RUNNING_ON = 5.0
"""Heights of a line; a text that goes on for longer beside a name is a sentence, and no button."""
OTHER_ROLE = 0.10
"""Taken from what is not of the kind that is asked for."""
SAME_SIZE = 0.25
"""Relative difference up to which two lines are of one size of type."""
SPOKEN = 0.03
"""Taken where only part of the phrase is the name: 'open the search'."""

_VERB = re.compile(
    r"^(?:please )?(?:click|tap|press|hit|push|open|go to|navigate to|visit|follow|show|view|select"
    r"|choose|toggle|expand|use|find)\b(?: on)?(?: the| a| an| this)?\s+|^(?:the|a|an)\s+",
    re.IGNORECASE,
)
_KIND = re.compile(
    r"\s+(?:button|link|icon|symbol|tab|menu|menu item|option|page|field|box|section)$",
    re.IGNORECASE,
)

_GLYPHS = {
    "›": ("right", ">"),
    ">": ("right", "›"),
    "»": ("right", ">>"),
    "→": ("right",),
    "‹": ("left", "<"),
    "<": ("left", "‹"),
    "«": ("left", "<<"),
    "←": ("left",),
    "×": ("close", "x", "✕"),
    "✕": ("close", "x", "×"),
    "+": ("plus", "＋"),
    "−": ("minus", "-", "–"),
    "-": ("minus", "−", "–"),
    "…": ("more", "..."),
    "⋯": ("more", "..."),
    "⋮": ("more",),
}
"""Signs that stand on buttons: the concept that such a button shows as an icon, and what the sign
may be read as."""


@dataclass(frozen=True, slots=True)
class Match:
    """Something on the screen that may be what was named, px of the picture."""

    box_px: Box
    point_px: Point
    score: float
    source: TextLine | Shape


def find(screen: Screen, name: str, *, role: str | None = None) -> list[Match]:
    """Everything on the screen that `name` may mean, best first.

    Args:
        screen: what to look at.
        name: a text that stands on the screen, or words for an icon ('search', 'close').
        role: what kind of thing it is said to be: `button`, `link`, `icon`, `field`, `tab`,
            `menu` and so on; a preference, not a filter.
    """
    name = name.strip()
    if not name:
        return []
    if name in _GLYPHS:
        return _glyphs(screen, name, role)
    found = [*_texts(screen, name), *_icons(screen, name), *_search_fields(screen, name)]
    if max((match.score for match in found), default=0.0) < CONTAINED:
        for spoken in _spoken(name):
            found += [
                replace(match, score=match.score - SPOKEN) for match in _texts(screen, spoken)
            ]
    ranked = [replace(match, score=_for_role(screen, match, role)) for match in found]
    ranked += _fields_of_labels(screen, ranked, role)
    return _distinct(sorted(ranked, key=lambda match: -match.score))


def _glyphs(screen: Screen, sign: str, role: str | None) -> list[Match]:
    """The buttons that a sign stands on, read as a text or seen as an icon; no part of a text."""
    concept, *readings = _GLYPHS[sign]
    texts = [
        Match(line.box_px, line.box_px.center, 0.97 - NOT_CLICKABLE * (not clickable), line)
        for line in screen.lines
        if line.text.strip() == sign or line.text.strip().casefold() in readings
        for clickable in (_in_control(screen, line.box_px) or _is_link(line, line.box_px),)
    ]
    icons = [match for match in _icons(screen, concept) if match.score >= CONTAINED - 0.02]
    ranked = [replace(match, score=_for_role(screen, match, role)) for match in (*texts, *icons)]
    return _distinct(sorted(ranked, key=lambda match: -match.score))


def _spoken(name: str) -> list[str]:
    """A phrase without verb and kind: 'open the search page' as 'search page' and 'search'."""
    without_verb = _VERB.sub("", name)
    shorter = [without_verb, _KIND.sub("", without_verb)]
    return [text for text in dict.fromkeys(shorter) if text and text != name]


def _texts(screen: Screen, name: str) -> list[Match]:
    """Lines, parts of lines, and lines in two or three parts."""
    size_px = _usual_height(screen.lines)
    found = [match for line in screen.lines for match in _in_line(screen, line, name, size_px)]
    if " " in name and max((match.score for match in found), default=0.0) < CONTAINED:
        found += _over_lines(screen, name)
    return found


def _in_line(screen: Screen, line: TextLine, name: str, size_px: float) -> Iterator[Match]:
    for fit in fits(line.text, name):
        box = line.part(fit.start, fit.stop)
        score = fit.score
        in_control = _in_control(screen, box)
        if not in_control and not _is_link(line, box):
            score -= NOT_CLICKABLE
        elif CONTAINED <= score < 0.96 and _is_whole_link(screen, line, box):
            score = min(score + LINK_OF_THAT_NAME, 0.97)
        if not in_control and line.box_px.height > 1.5 * size_px:
            score -= HEADING
        yield Match(box, box.center, score, line)


def _usual_height(lines: Sequence[TextLine]) -> float:
    heights = sorted(line.box_px.height for line in lines)
    return heights[len(heights) // 2] if heights else 0.0


def _in_control(screen: Screen, box: Box) -> bool:
    return _on_button(screen, box) or any(
        shape.kind in ("select", "field") and shape.box_px.contains(box.center)
        for shape in screen.shapes
    )


def _on_button(screen: Screen, box: Box) -> bool:
    return any(
        shape.kind == "button" and shape.box_px.contains(box.center) for shape in screen.shapes
    )


def _is_link(line: TextLine, box: Box) -> bool:
    return any(
        min(right, box.right) - max(left, box.left) > 0.6 * box.width
        for left, right in line.links_px
    )


def _is_whole_link(screen: Screen, line: TextLine, box: Box) -> bool:
    """Whether a part of a line is all of a link, to the half of a letter or so.

    Coloured letters on a button are none.
    """
    slack = 0.6 * line.box_px.height
    return not _on_button(screen, box) and any(
        abs(left - box.left) <= slack and abs(right - box.right) <= slack
        for left, right in line.links_px
    )


def _over_lines(screen: Screen, name: str) -> Iterator[Match]:
    """Names broken into two or three lines, or cut in two by a wide gap; at the longest part."""
    for parts in _paragraphs(screen.lines):
        text = " ".join(part.text for part in parts)
        for fit in fits(text, name):
            if fit.score < CONTAINED:
                continue
            offset, pieces = 0, []
            for part in parts:
                start = max(0, fit.start - offset)
                stop = min(len(part.text), fit.stop - offset)
                if stop > start:
                    pieces.append((part.part(start, stop), part))
                offset += len(part.text) + 1
            if len(pieces) > 1:
                box, part = max(pieces, key=lambda piece: piece[0].width)
                link = _is_link(part, box)
                score = fit.score if link else fit.score - NOT_CLICKABLE
                yield Match(box, box.center, score - 0.005, part)


def _paragraphs(lines: Sequence[TextLine]) -> Iterator[tuple[TextLine, ...]]:
    """Every two and three lines that go on under or beside each other."""
    for first in lines:
        for onward in (_below, _beside):
            second = onward(first, lines)
            if second is None:
                continue
            yield first, second
            third = onward(second, lines)
            if third is not None:
                yield first, second, third


def _below(line: TextLine, lines: Sequence[TextLine]) -> TextLine | None:
    box, size_px = line.box_px, em_px(line)
    near = [
        other
        for other in lines
        if 0.5 * size_px < other.box_px.center.y - box.center.y < 2.0 * size_px
        and other.box_px.left < box.right
        and other.box_px.right > box.left
        and same_size(line, other, SAME_SIZE)
    ]
    return min(
        near,
        key=lambda other: (other.box_px.top, abs(other.box_px.left - box.left)),
        default=None,
    )


def _beside(line: TextLine, lines: Sequence[TextLine]) -> TextLine | None:
    box = line.box_px
    near = [
        other
        for other in lines
        if 0 <= other.box_px.left - box.right < 3 * box.height
        and abs(other.box_px.center.y - box.center.y) < 0.5 * box.height
    ]
    return min(near, key=lambda other: other.box_px.left, default=None)


def _icons(screen: Screen, name: str) -> Iterator[Match]:
    """Icons whose look fits the words."""
    wanted = meaning(name)
    if not wanted:
        return
    for shape in screen.shapes:
        if shape.kind != "icon":
            continue
        score = max(
            (
                _icon_score(wanted.get(concept, 0.0), shape.confidence, place)
                for place, concept in enumerate(_shown(shape))
            ),
            default=0.0,
        )
        if score > 0.2:
            yield Match(shape.box_px, shape.box_px.center, score, shape)


def _shown(shape: Shape) -> list[str]:
    """The concepts that an icon may show, most likely first."""
    if shape.names[:1] == ("logo",):
        return ["home"]
    return [name for name in shape.names if name in CONCEPTS][:GUESSES]


def _icon_score(fit: float, sureness: float, place: int) -> float:
    """How sure it is that an icon is meant.

    Args:
        fit: how well the words fit the concept.
        sureness: probability that the icon shows its first guess.
        place: which guess the concept is; the rest of the probability halves with each.
    """
    probability: float = sureness if place == 0 else (1 - sureness) * 0.5**place
    return ICON * fit * (0.3 + 0.7 * math.sqrt(probability))


def _search_fields(screen: Screen, name: str) -> Iterator[Match]:
    """Fields that are there for searching: beside a magnifier, or with a word that says so."""
    fit = meaning(name).get("search", 0)
    if fit < 0.7:
        return
    for shape in screen.shapes:
        if shape.kind != "field":
            continue
        box = shape.box_px
        around = Box(box.left - 40, box.top - 8, box.right + 70, box.bottom + 8)
        says_so = any(
            around.contains(line.box_px.center)
            and re.search(r"\b(?:search|find|go)\b", line.text, re.IGNORECASE)
            for line in screen.lines
        )
        shows_it = any(
            "search" in other.names[:2] and around.contains(other.box_px.center)
            for other in screen.shapes
        )
        score = 0.9 * fit if says_so or shows_it else 0.62 * fit
        yield Match(box, box.center, score, shape)


def _fields_of_labels(screen: Screen, found: Sequence[Match], role: str | None) -> Iterator[Match]:
    """Empty fields under or beside a text of that name that cannot be clicked itself."""
    if role not in (None, "field"):
        return
    for match in found:
        line = match.source
        if (
            not isinstance(line, TextLine)
            or match.score < CONTAINED
            or _is_link(line, match.box_px)
        ):
            continue
        if _in_control(screen, match.box_px):
            continue
        label = line.box_px
        for shape in screen.shapes:
            cost = field_cost(shape.box_px, label) if shape.kind == "field" else None
            if cost is None or cost > _NEAR_PX:
                continue
            if any(shape.box_px.contains(other.box_px.center) for other in screen.lines):
                continue
            yield Match(shape.box_px, shape.box_px.center, match.score + 0.002, shape)


def _for_role(screen: Screen, match: Match, role: str | None) -> float:
    """The score, less where the thing is of another kind than was said."""
    source = match.source
    match role:
        case "icon":
            of_kind = isinstance(source, Shape) and source.kind == "icon"
            short = isinstance(source, TextLine) and len(source.text.strip()) <= 2
            return match.score if of_kind or short else match.score - OTHER_ROLE
        case "button" | "tab" | "menu":
            fits_role = isinstance(source, Shape) or _in_control(screen, match.box_px)
            if not fits_role and _is_among_words(match):
                return match.score - OTHER_ROLE
            return match.score if fits_role else match.score - 0.008
        case "link":
            fits_role = isinstance(source, TextLine) and _is_link(source, match.box_px)
            return match.score if fits_role else match.score - 0.008
        case "field":
            fits_role = isinstance(source, Shape) and source.kind in ("field", "select")
            return match.score if fits_role else match.score - 0.01
        case _:
            return match.score


def _is_among_words(match: Match) -> bool:
    """Whether a name is a part of a sentence, which is no name of a button."""
    line, box = match.source, match.box_px
    if not isinstance(line, TextLine) or _is_link(line, box):
        return False
    height = line.box_px.height
    wide = [gap for gap in line.gaps_px if gap[1] - gap[0] > _APART * height]
    left = max((end for _, end in wide if end <= box.left), default=line.box_px.left)
    right = min((start for start, _ in wide if start >= box.right), default=line.box_px.right)
    return right - left > box.width + _RUNNING_ON * height


def _distinct(ranked: Sequence[Match]) -> list[Match]:
    """Each place once, with the best of its scores."""
    kept: list[Match] = []
    for match in ranked:
        if not any(
            other.box_px.contains(match.point_px) and match.box_px.contains(other.point_px)
            for other in kept
        ):
            kept.append(match)
    return kept
