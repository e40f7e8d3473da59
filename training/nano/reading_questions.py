"""Questions about a screen as text: what to point at, what to tell, what is not there."""

import itertools
import json
from collections.abc import Sequence
from random import Random

from vigorl.browser.geometry import Frame
from vigorl.policy.nano.reading import ScreenItem, write_item, write_place
from vigorl.training.nano.reading_steps import thought_turn

Rows = Sequence[Sequence[ScreenItem]]

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
_KIND_WORDS = {
    "field": ("field", "input", "text box"),
    "list": ("list", "drop-down", "select"),
    "box": ("checkbox", "box"),
    "radio": ("radio button", "option"),
    "switch": ("switch", "toggle"),
    "button": ("button",),
    "link": ("link",),
    "icon": ("icon", "symbol"),
    "text": ("text",),
}


def question(rows: Rows, frame: Frame, random: Random) -> tuple[str, str] | None:
    """A task about the screen and the turn that does it; None where it offers none."""
    everything = [item for row in rows for item in row]
    if len(everything) < 2:
        return None
    choice = random.random()
    if choice < 0.3:
        return _labelled(everything, frame, random)
    if choice < 0.45:
        return _beside(rows, frame, random)
    if choice < 0.6:
        return _in_row(rows, frame, random)
    if choice < 0.7:
        return _nth(everything, frame, random)
    if choice < 0.85:
        return _value(rows, frame, random)
    if choice < 0.95:
        return _cell(rows, frame, random)
    return _absent(everything, random)


def _name(item: ScreenItem) -> str:
    return item.text if item.kind in ("text", "link", "button", "icon") else item.label or item.text


def _unique(items: Sequence[ScreenItem]) -> list[ScreenItem]:
    names = [_name(item) for item in items]
    return [item for item, name in zip(items, names, strict=True) if name and names.count(name) < 2]


def _point(goal: str, seen: Sequence[ScreenItem], frame: Frame) -> tuple[str, str]:
    """Click the last of the items seen."""
    thought = " | ".join(write_item(item, frame) for item in seen)
    return goal, thought_turn(thought, f"click {write_place(seen[-1].box_px.center, frame)}")


def _labelled(items: Sequence[ScreenItem], frame: Frame, random: Random) -> tuple[str, str] | None:
    candidates = _unique(items)
    if not candidates:
        return None
    item = random.choice(candidates)
    name = _name(item).replace('"', "'").rstrip("…")
    if item.kind == "icon":
        kind = random.choice(_KIND_WORDS["icon"])
        return _point(random.choice((f"{name} {kind}", f"the {name} {kind}", name)), [item], frame)
    if random.random() < 0.15:
        name = random.choice((name.lower(), name.upper(), name.title()))
    if random.random() < 0.12 and len(name.split()) > 2:
        words = name.split()
        name = " ".join(words[: random.randint(2, len(words) - 1)])
    kind = random.choice(_KIND_WORDS[item.kind])
    goal = random.choice(
        (name, name, f'"{name}"', f'click "{name}"', f'point at "{name}"', f'the {kind} "{name}"',
         f"click {name}", f'the "{name}" {kind}', f'click the "{name}" {kind}', f"{name} {kind}",
         f"the {kind} “{name}”", f"press {name}", f"open {name}", f"select {name}")
    )  # fmt: skip
    return _point(goal, [item], frame)


def _beside(rows: Rows, frame: Frame, random: Random) -> tuple[str, str] | None:
    row = random.choice(rows)
    if len(row) < 2:
        return _under(rows, frame, random)
    at = random.randrange(len(row) - 1)
    left, right = row[at], row[at + 1]
    anchor, target, side = random.choice(((left, right, "right"), (right, left, "left")))
    if not _name(anchor) or anchor.kind == "icon":
        return None
    what = random.choice(_KIND_WORDS[target.kind])
    quote = f'"{_name(anchor)}"' if random.random() < 0.6 else f"“{_name(anchor)}”"
    goal = f"the {what} {random.choice((f'{side} of', f'to the {side} of'))} {quote}"
    return _point(goal, [anchor, target], frame)


def _under(rows: Rows, frame: Frame, random: Random) -> tuple[str, str] | None:
    items = [item for row in rows for item in row]
    anchor = random.choice(items)
    if not _name(anchor) or anchor.kind == "icon":
        return None
    below = random.random() < 0.5
    aligned = [
        item
        for item in items
        if item is not anchor
        and min(item.box_px.right, anchor.box_px.right) > max(item.box_px.left, anchor.box_px.left)
        and (item.box_px.center.y > anchor.box_px.center.y + 6) == below
        and abs(item.box_px.center.y - anchor.box_px.center.y) > 6
    ]
    if not aligned:
        return None
    target = min(aligned, key=lambda item: abs(item.box_px.center.y - anchor.box_px.center.y))
    what = random.choice(_KIND_WORDS[target.kind])
    side = random.choice(("below", "under")) if below else random.choice(("above", "over"))
    return _point(f'the {what} {side} "{_name(anchor)}"', [anchor, target], frame)


def _in_row(rows: Rows, frame: Frame, random: Random) -> tuple[str, str] | None:
    long = [row for row in rows if len(row) >= 3 and row[0].text]
    if not long:
        return None
    row = random.choice(long)
    names = [item.text for line in rows for item in line]
    anchors = [item for item in row if item.kind == "text" and names.count(item.text) == 1]
    if not anchors:
        return None
    anchor = random.choice(anchors[:2])
    target = random.choice(row)
    if target is anchor or not _name(target):
        return None
    name = _name(target)
    noun = " icon" if target.kind == "icon" else ""
    goal = random.choice(
        (f'"{name}"{noun} in the row of "{anchor.text}"', f'{name}{noun}: {anchor.text}',
         f'click "{name}"{noun} in the row of "{anchor.text}"', f"{name}{noun} {anchor.text}",
         f'the {name}{noun} of "{anchor.text}"')
    )  # fmt: skip
    return _point(goal, [anchor, target], frame)


def _nth(items: Sequence[ScreenItem], frame: Frame, random: Random) -> tuple[str, str] | None:
    names = [(_name(item), item.kind) for item in items]
    several = sorted({n for n in names if n[0] and 1 < names.count(n) <= 6})
    if not several:
        return None
    chosen = random.choice(several)
    alike = [item for item, name in zip(items, names, strict=True) if name == chosen]
    at = random.randrange(len(alike))
    noun = " icon" if chosen[1] == "icon" else ""
    ordinal = "last" if at == len(alike) - 1 and random.random() < 0.4 else ORDINALS[at]
    goal = random.choice(
        (f'the {ordinal} "{chosen[0]}"{noun}', f'click the {ordinal} "{chosen[0]}"{noun}')
    )
    seen = alike if ordinal == "last" else alike[: at + 1]
    return _point(goal, seen, frame)


def _tell(goal: str, seen: Sequence[ScreenItem], frame: Frame) -> tuple[str, str]:
    thought = " | ".join(write_item(item, frame) for item in seen)
    answer = json.dumps(seen[-1].text.replace('"', "'"), ensure_ascii=False)
    return goal, thought_turn(thought, f"done {answer}")


def _value(rows: Rows, frame: Frame, random: Random) -> tuple[str, str] | None:
    pairs = [
        (a, b)
        for row in rows
        for a, b in itertools.pairwise(row)
        if a.kind == "text" and b.kind == "text" and any(c.isdigit() for c in b.text)
    ]
    filled = [
        (item, item)
        for row in rows
        for item in row
        if item.kind in ("field", "list") and item.label and item.text
    ]
    both = pairs + filled
    if not both:
        return None
    label, value = random.choice(both)
    name = label.label if label is value else label.text
    goal = random.choice(
        (f'What is given as "{name}"?', f'tell me the "{name}"', f"What does “{name}” say?",
         f"What stands beside “{name}”?", f'Which value does "{name}" have?')
    )  # fmt: skip
    return _tell(goal, [value] if label is value else [label, value], frame)


def _cell(rows: Rows, frame: Frame, random: Random) -> tuple[str, str] | None:
    """A cell by the head of its column and the first text of its row."""
    heads = [
        (index, row)
        for index, row in enumerate(rows[:-2])
        if len(row) >= 3 and not any(c.isdigit() for item in row for c in item.text)
    ]
    if not heads:
        return None
    start, head = random.choice(heads)
    body = [row for row in rows[start + 1 :] if len(row) >= 3]
    if len(body) < 2:
        return None
    row, column = random.choice(body), random.choice(head[1:])
    cells = [
        item
        for item in row[1:]
        if item.text
        and min(
            abs(item.box_px.left - column.box_px.left),
            abs(item.box_px.right - column.box_px.right),
            abs(item.box_px.center.x - column.box_px.center.x),
        )
        < 8
    ]
    if not cells or not row[0].text or not column.text:
        return None
    goal = random.choice(
        (f'What does the table give as "{column.text}" of {row[0].text}?',
         f'What is the "{column.text}" of "{row[0].text}"?',
         f'tell me the "{column.text}" in the row of "{row[0].text}"')
    )  # fmt: skip
    return _tell(goal, [column, row[0], cells[0]], frame)


def _absent(items: Sequence[ScreenItem], random: Random) -> tuple[str, str] | None:
    from vigorl.training.nano.reading_renames import invented

    names = {_name(item).lower() for item in items}
    name = f"{invented(random)} {invented(random)}".title()
    if name.lower() in names:
        return None
    goal = random.choice((name, f'click "{name}"', f"the text “{name}”", f"select {name}"))
    return goal, thought_turn("nothing here is called so", 'give_up "It is not on the screen."')
