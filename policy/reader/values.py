"""Value extraction: the value beside a label, in a table cell, or a price.

A value is read only where its label, and its row and column where they are named, are what was
asked for. What is missing is said in `Values.missing`.
"""

import re
from dataclasses import replace

from vigorl.policy.perception.layout import relation_cost
from vigorl.policy.perception.screen import Screen
from vigorl.policy.reader.belonging import belongs
from vigorl.policy.reader.candidates import Candidate, aims, line_aim
from vigorl.policy.reader.captions import labels_of, values_of
from vigorl.policy.reader.crossings import MOST_NAMED, Values, anchors_of, of_nth, of_row
from vigorl.policy.reader.language.steps import Target
from vigorl.policy.reader.parts import part_aim, parts
from vigorl.policy.reader.prices import product_prices


def values(screen: Screen, target: Target) -> list[Candidate]:
    """What the screen says for the target, best first; each text is a value, not its label."""
    return read_values(screen, target).aims


def read_values(screen: Screen, target: Target) -> Values:
    """What the screen says for the target, and what is missing where it says nothing."""
    relation = target.relation
    if target.role == "price" and not target.names:
        return _prices(screen, target)
    if not target.names and relation and target.role is None:
        return Values(_neighbours(screen, target))
    if not target.names:
        return Values(aims(screen, target))
    if relation and relation.side in ("row", "of", "in"):
        return of_row(screen, target)
    lines = parts(screen)
    labels = labels_of(screen, lines, target)
    if target.ordinal is not None:
        return Values(of_nth(lines, labels, target))
    found = [aim for label in labels for aim in values_of(screen, lines, label, target)]
    return Values(sorted(found, key=lambda aim: -aim.score))


def _prices(screen: Screen, target: Target) -> Values:
    """Amounts of money: of what is named, else the page's own."""
    relation = target.relation
    if relation and relation.side in ("of", "in", "row") and relation.anchor.names:
        amounts = aims(screen, Target(role="price"))
        anchors = anchors_of(screen, parts(screen), relation.anchor)
        mine = [
            replace(aim, anchor=part_aim(anchor, score))
            for score, anchor in anchors
            for aim in product_prices(
                screen, [aim for aim in amounts if belongs(screen, aim.box, anchor)]
            )
        ]
        if not mine and anchors:
            return Values(missing=f'I see "{relation.anchor.name}", but no price that is its own.')
        return Values(mine)
    found = aims(screen, target)
    if relation or target.ordinal or target.place or not found:
        return Values(found)
    own = product_prices(screen, found)
    missing = ", ".join(f'"{aim.text}"' for aim in found[:MOST_NAMED])
    return Values(own, "" if own else f"I see {missing}, but no price of a product.")


def _neighbours(screen: Screen, target: Target) -> list[Candidate]:
    """The texts beside, under or over what is named, nearest first."""
    relation = target.relation
    if relation is None:
        return []
    found = []
    for anchor in aims(screen, relation.anchor):
        for line in screen.lines:
            if line is anchor.source:
                continue
            cost = relation_cost(relation.side, line.box_px, anchor.box)
            if cost is None or not re.search(r"\w", line.text):
                continue
            found.append((cost, replace(line_aim(line, anchor.score), anchor=anchor)))
    return [aim for _, aim in sorted(found, key=lambda item: item[0])][:1]
