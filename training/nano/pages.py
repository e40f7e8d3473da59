"""The kinds of pages that are sketched: scattered words, dense text, panels of controls."""

from collections.abc import Callable
from random import Random

from vigorl.training.nano.sketch import BoxPx, Pen, Sketch, Typeface, Typefaces, WordSource

PagePainter = Callable[[Pen, Typefaces], None]


def sketch_page(
    random: Random, width_px: int, height_px: int, faces: Typefaces, words: WordSource, kind: str
) -> Sketch:
    """One page of a kind: 'scattered', 'dense' or 'panel'."""
    pen = Pen(random, width_px, height_px, words)
    PAGES[kind](pen, faces)
    return pen.finish()


def scattered(pen: Pen, faces: Typefaces) -> None:
    """About a dozen words, anywhere."""
    random = pen.random
    taken: list[BoxPx] = []
    for _ in range(random.randint(5, 16)):
        face = faces.draw(random, (10, 24))
        text = pen.words.word(random)
        width = face.width(text)
        for _ in range(12):
            x = random.uniform(2, max(3.0, pen.width_px - width - 2))
            baseline = random.uniform(face.ascent_px, pen.height_px - face.descent_px)
            box = (x - 4, baseline - face.ascent_px, x + width + 4, baseline + face.descent_px)
            if not any(_overlap(box, other) for other in taken):
                break
        else:
            continue
        taken.append(box)
        paper = pen.paper
        if random.random() < 0.25:
            paper = pen._colour(0, 255)
            pen.fill(box, paper, random.choice((0, 4, 8)))
        drawn, _ = pen.write(x, baseline, text, face, pen.ink(paper))
        pen.target(text, drawn, "text")


def dense(pen: Pen, faces: Typefaces) -> None:
    """Text all over, in columns; as much of it as fits."""
    random = pen.random
    columns = random.randint(1, 3)
    gap = random.randint(6, 20)
    width = (pen.width_px - gap) / columns
    for column in range(columns):
        left, right = gap + column * width, (column + 1) * width
        face = faces.draw(random, (8, 15))
        ink = pen.ink(pen.paper)
        leading = face.size_px * random.uniform(1.15, 1.8)
        baseline = random.uniform(8, 20) + face.size_px
        while baseline < pen.height_px - 3:
            _line(pen, face, left, right, baseline, ink)
            if random.random() < 0.08:
                baseline += 4
                face = faces.draw(random, (8, 18))
                ink = pen.ink(pen.paper)
                leading = face.size_px * random.uniform(1.2, 1.8)
            baseline += leading * (2 if random.random() < 0.1 else 1)


def _line(
    pen: Pen, face: Typeface, left: float, right: float, baseline: float, ink: tuple[int, int, int]
) -> None:
    """One line of words from left to right."""
    x, space = left, face.advance(" ") + 0.5
    while True:
        word = pen.words.word(pen.random)
        if x + face.width(word) > right:
            return
        box, _ = pen.write(x, baseline, word, face, ink)
        pen.target(word, box, "text")
        x = box[2] + space * (1 if pen.random.random() < 0.9 else 4)


def panel(pen: Pen, faces: Typefaces) -> None:
    """Rows of labels with their controls, as in forms, menus and tables."""
    random = pen.random
    face = faces.draw(random, (10, 16))
    ink = pen.ink(pen.paper)
    y = random.uniform(4, 16)
    while y < pen.height_px - 30:
        row = random.choice((_heading, _buttons, _field, _field, _boxes, _table, _table, _menu))
        y += row(pen, faces, face, ink, y) + random.uniform(3, 14)


Ink = tuple[int, int, int]


def _heading(pen: Pen, faces: Typefaces, face: Typeface, ink: Ink, y: float) -> float:
    large = faces.draw(pen.random, (14, 26))
    text = pen.words.phrase(pen.random, 2)
    x = pen.random.uniform(4, 60)
    box, _ = pen.write(x, y + large.ascent_px, text, large, ink)
    pen.target(text, box, "text")
    return large.ascent_px + large.descent_px


def _buttons(pen: Pen, faces: Typefaces, face: Typeface, ink: Ink, y: float) -> float:
    random = pen.random
    x = random.uniform(4, 80)
    pad = random.uniform(3, 9)
    radius = random.choice((0, 3, 6, 12))
    height = face.size_px * 1.2 + 2 * pad
    filled = random.random() < 0.6
    while x < pen.width_px - 50 and random.random() < 0.85:
        text = pen.words.phrase(random, 2)
        wide = face.width(text) + 3 * pad
        if x + wide > pen.width_px - 3:
            break
        paper = pen._colour(0, 255) if filled else pen.paper
        box = (x, y, x + wide, y + height)
        pen.fill(box, paper, radius, None if filled else ink)
        pen.write(x + 1.5 * pad, y + pad + face.size_px, text, face, pen.ink(paper))
        pen.target(text, box, "button")
        x += wide + random.uniform(4, 30)
    return height


def _field(pen: Pen, faces: Typefaces, face: Typeface, ink: Ink, y: float) -> float:
    random = pen.random
    label = pen.words.phrase(random, 2)
    left = random.uniform(4, 40)
    box, _ = pen.write(left, y + face.size_px + 4, label, face, ink)
    pen.target(label, box, "text")
    height = face.size_px * 1.2 + random.uniform(4, 14)
    beside = random.random() < 0.5
    top = y if beside else box[3] + 2
    x = box[2] + random.uniform(6, 60) if beside else left
    right = min(pen.width_px - 4, x + random.uniform(70, 260))
    if right - x < 40:
        return face.size_px * 1.4
    paper = (255, 255, 255) if not pen.dark else (30, 30, 34)
    pen.fill((x, top, right, top + height), paper, random.choice((0, 3, 6)), pen.ink(paper))
    pen.target(label, (x, top, right, top + height), "field")
    if random.random() < 0.4:
        value = pen.words.word(random)
        if face.width(value) < right - x - 10:
            drawn, _ = pen.write(
                x + 5,
                top + height / 2 + 0.35 * face.size_px,
                value,
                face,
                ink if pen.dark == (sum(ink) > 380) else pen.ink(paper),
            )
            pen.target(value, drawn, "text")
    return top + height - y


def _boxes(pen: Pen, faces: Typefaces, face: Typeface, ink: Ink, y: float) -> float:
    random = pen.random
    x = random.uniform(4, 60)
    side = face.size_px * random.uniform(0.8, 1.2)
    kind = random.choice(("checkbox", "checkbox", "radio"))
    while x < pen.width_px - 80 and random.random() < 0.8:
        label = pen.words.phrase(random, 2)
        box = (x, y + 2, x + side, y + 2 + side)
        on = random.random() < 0.4
        accent = pen.ink(pen.paper)
        if kind == "radio":
            pen.canvas.ellipse(box, None, accent)
            if on:
                pen.canvas.ellipse((box[0] + 3, box[1] + 3, box[2] - 3, box[3] - 3), accent)
        else:
            pen.fill(box, accent if on else pen.paper, 2, accent)
            if on:
                tick = [(x + side * 0.2, y + 2 + side * 0.5), (x + side * 0.4, y + 2 + side * 0.75)]
                tick.append((x + side * 0.8, y + 2 + side * 0.25))
                pen.canvas.line(tick, pen.ink(accent), 2)
        drawn, _ = pen.write(x + side + 5, y + 2 + side * 0.85, label, face, ink)
        pen.target(label, drawn, "text")
        pen.target(label, box, kind)
        x = drawn[2] + random.uniform(8, 40)
    return side + 4


def _table(pen: Pen, faces: Typefaces, face: Typeface, ink: Ink, y: float) -> float:
    random = pen.random
    columns = random.randint(2, 5)
    step = face.size_px * random.uniform(1.3, 2.2)
    width = (pen.width_px - 12) / columns
    ruled = random.random() < 0.5
    rows = random.randint(2, 6)
    for row in range(rows):
        top = y + row * step
        if top + step > pen.height_px:
            break
        if ruled:
            pen.canvas.line((6, top + step, pen.width_px - 6, top + step), ink)
        for column in range(columns):
            text = pen.words.phrase(random, 2)
            if face.width(text) > width - 6:
                text = text.split()[0]
            if face.width(text) > width - 6:
                continue
            x = 8 + column * width
            box, _ = pen.write(x, top + step / 2 + 0.35 * face.size_px, text, face, ink)
            pen.target(text, box, "text")
    return rows * step


def _menu(pen: Pen, faces: Typefaces, face: Typeface, ink: Ink, y: float) -> float:
    """A bar of words."""
    random = pen.random
    height = face.size_px * 1.2 + random.uniform(4, 14)
    paper = pen._colour(0, 255)
    pen.fill((0, y, pen.width_px, y + height), paper)
    over = pen.ink(paper)
    x = random.uniform(4, 30)
    while True:
        text = pen.words.phrase(random, 1)
        if x + face.width(text) > pen.width_px - 4:
            return height
        box, _ = pen.write(x, y + height / 2 + 0.35 * face.size_px, text, face, over)
        pen.target(text, box, "text")
        x = box[2] + random.uniform(8, 30)


def _overlap(one: BoxPx, other: BoxPx) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


PAGES: dict[str, PagePainter] = {"scattered": scattered, "dense": dense, "panel": panel}
