"""Pages of about a dozen words, for a model that learns to read."""

from html import escape

from vigorl.tasks.world.kit import Kit


def _words(kit: Kit, low: int = 8, high: int = 16) -> list[str]:
    """Different words, in different cases; some are numbers or names."""
    found: dict[str, str] = {}
    for _ in range(kit.count(low, high)):
        dice = kit.draw.random()
        if dice < 0.8:
            word = kit.lex.word()
            word = kit.draw.choice((word, word, word.capitalize(), word.capitalize(), word.upper()))
        elif dice < 0.9:
            word = kit.lex.first_name()
        else:
            word = kit.lex.number()
        found.setdefault(word.casefold(), word)
    return list(found.values())


def _styled(kit: Kit, word: str, low: int = 9, high: int = 24) -> str:
    """A word of a size of its own, sometimes on a ground of its own."""
    style = f"font-size:{kit.draw.uniform(low, high):.1f}px"
    dice = kit.draw.random()
    if dice < 0.12:
        style += f";color:hsl({kit.count(0, 359)} 80% {'72' if kit.look.dark else '30'}%)"
    elif dice < 0.24:
        style += f";background:hsl({kit.count(0, 359)} 60% 30%);color:#fff;padding:.15em .5em"
        style += f";border-radius:{kit.count(0, 8)}px"
    elif dice < 0.3:
        style += ";border:1px solid var(--line);padding:.15em .5em"
    if kit.maybe(0.15):
        style += ";font-weight:700"
    if kit.maybe(0.08):
        style += ";font-style:italic"
    return f'<span style="{style}">{escape(word)}</span>'


def _placed(kit: Kit, inner: str) -> str:
    """Somewhere on the page, not always at its top."""
    height = kit.draw.choice((0, 0, 20, 50, 90, 140))
    width = kit.draw.choice((0, 0, 0, 10, 40, 90))
    return f'<div style="padding:{height}px 0 0 {width}px">{inner}</div>'


def scatter(kit: Kit) -> str:
    """Words anywhere, none over another."""
    columns, rows = kit.count(2, 4), kit.count(4, 6)
    cells = [(x, y) for x in range(columns) for y in range(rows)]
    kit.draw.shuffle(cells)
    width, height = kit.width_px / columns, kit.height_px / rows
    parts = []
    for word, (x, y) in zip(_words(kit), cells, strict=False):
        em = 0.85 if word.isupper() else 0.66  # wide enough for every font
        high = min(22.0, (width - 14) / em / max(4, len(word)))
        left = x * width + kit.draw.uniform(2, max(3, width - em * high * len(word) - 12))
        top = y * height + kit.draw.uniform(1, max(2, height - 1.7 * high))
        inner = _styled(kit, word, min(9, int(high)), int(high))
        parts.append(f'<div class=over style="left:{left:.1f}px;top:{top:.1f}px">{inner}</div>')
    return "".join(parts)


def rows(kit: Kit) -> str:
    """Words in lines, as in a text with much room."""
    size = kit.count(10, 20)
    inner = "".join(_styled(kit, word, size, size + kit.count(0, 3)) for word in _words(kit))
    gap = f"{kit.count(4, 26)}px {kit.count(8, 40)}px"
    end = kit.draw.choice(("flex-start", "center", "space-between", "flex-end"))
    flow = f"gap:{gap};justify-content:{end}"
    return _placed(kit, f'<div class="row wrap pad" style="{flow}">{inner}</div>')


def column(kit: Kit) -> str:
    """Words below each other, in one column or two."""
    words = _words(kit, 6, 14)
    size = kit.count(9, 18)
    columns = kit.count(1, 3)
    inner = "".join(f"<div>{_styled(kit, word, size, size + 2)}</div>" for word in words)
    style = f"grid-template-columns:repeat({columns},auto);gap:{kit.count(2, 10)}px 30px"
    inner = f'<div class="grid pad" style="{style};width:fit-content">{inner}</div>'
    return _placed(kit, inner)


def buttons(kit: Kit) -> str:
    """Single words on buttons, links, tabs and labels."""
    parts = []
    for word in _words(kit, 6, 12):
        dice = kit.draw.random()
        if dice < 0.45:
            parts.append(kit.button(word, kit.draw.choice(("", "primary", "ghost"))))
        elif dice < 0.65:
            parts.append(kit.link(word))
        elif dice < 0.8:
            parts.append(kit.check(word))
        elif dice < 0.9:
            parts.append(kit.badge(word))
        else:
            parts.append(f"<h3>{escape(word)}</h3>")
    gap = f"{kit.count(6, 22)}px"
    return _placed(kit, f'<div class="row wrap pad" style="gap:{gap}">{"".join(parts)}</div>')


def cards(kit: Kit) -> str:
    """Two to four boxes with a word or some in each."""
    words = _words(kit)
    count = kit.count(2, 4)
    parts = []
    for index in range(count):
        mine = words[index::count]
        head = f"<h3>{escape(mine[0])}</h3>"
        body = "".join(_styled(kit, word, 9, 15) for word in mine[1:])
        parts.append(f'<div class="card col">{head}<div class="row wrap">{body}</div></div>')
    return f'<div class="grid pad" style="grid-template-columns:1fr 1fr">{"".join(parts)}</div>'


def pairs(kit: Kit) -> str:
    """Words to the left and to the right of rules."""
    words = _words(kit, 8, 16)
    lines = []
    for left, right in zip(words[::2], words[1::2], strict=False):
        lines.append(
            f'<div class="row between rule" style="padding:{kit.count(2, 8)}px 0">'
            f"{_styled(kit, left, 10, 17)}{_styled(kit, right, 10, 17)}</div>"
        )
    return f'<div class="pad">{"".join(lines)}</div>'


def ring(kit: Kit) -> str:
    """A word in each corner and some in the middle."""
    words = _words(kit, 9, 13)
    corners = (
        "left:6px;top:5px",
        "right:6px;top:5px",
        "left:6px;bottom:5px",
        "right:6px;bottom:5px",
    )
    outer = "".join(
        f'<div class=over style="{place}">{_styled(kit, word, 9, 16)}</div>'
        for place, word in zip(corners, words, strict=False)
    )
    inner = "".join(_styled(kit, word, 10, 18) for word in words[4:])
    width = kit.count(45, 70)
    return (
        f'{outer}<div class="center fill"><div class="row wrap middle" style="width:{width}%">'
        f"{inner}</div></div>"
    )
