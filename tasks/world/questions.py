"""Questions about a page: an instruction and the box that it means, or an answer in words.

They are made from the page's truth, so that an instruction never means anything that is not to be
seen, and only where it means one thing: a label that stands on the page twice is asked for by its
neighbour or not at all.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vigorl.browser.geometry import Box
from vigorl.tasks.truth import Control, PageTruth, TruthLine
from vigorl.tasks.world.icons import PHRASES
from vigorl.tasks.world.lexicon import Lexicon, paraphrases
from vigorl.tasks.world.page import PageSpec

if TYPE_CHECKING:
    from vigorl.tasks.world.studio import Shot

UiType = Literal["text", "icon"]

SMALL_TARGET = 0.001
"""Greatest share of the picture's area that a target of the data set `small` covers."""

MOST = {"screens": 24, "small": 16, "simple": 40}
"""Questions on one page, by data set."""

ABSENT = 0.1
"""Share of questions whose target is not there."""

FIELDS = ("textbox", "searchbox", "combobox")
TOGGLES = ("checkbox", "radio", "switch")
PRESSED = ("button", "link", "tab", "menuitem", "option", "treeitem")


@dataclass(frozen=True, slots=True)
class PageQuestion:
    """One thing to point at or to tell."""

    instruction: str
    kind: str
    """label, command, paraphrase, field, toggle, neighbour, icon, value, state, word, absent, or
    what a layout calls it."""
    bbox_xyxy: tuple[float, float, float, float] | None
    """The target, px of the picture; None where it is not there."""
    answer: str | None
    """What is to be told, where something is asked; None where one points."""
    ui_type: UiType
    occurrences: int
    """How often the target's own text is to be read on the page; 0 where it has none."""
    area_fraction: float
    """Share of the picture that the target covers."""


def questions_of(spec: PageSpec, shot: "Shot") -> tuple[PageQuestion, ...]:
    """The questions of a page, at most `MOST`, in random order but always the same."""
    draw = random.Random(f"{spec.key}:questions")
    page = _Page(spec, shot.truth, draw)
    if spec.dataset == "simple":
        found = list(page.single_words())
    else:
        found = [*page.controls(), *page.lines()]
        for number, box in shot.asks.items():
            ask = spec.asks[number]
            ui_type: UiType = "icon" if ask.ui_type == "icon" else "text"
            found.append(page.question(ask.instruction, ask.kind, box, ui_type, answer=ask.answer))
    if spec.dataset == "small":
        found = [question for question in found if question.area_fraction <= SMALL_TARGET]
    meant = Counter(question.instruction.casefold() for question in found)
    found = [question for question in found if meant[question.instruction.casefold()] == 1]
    draw.shuffle(found)
    most = MOST[spec.dataset]
    found = _varied(found, most)
    absent = list(page.absent(max(1, round(ABSENT * len(found)))))
    return tuple((found[: most - len(absent)] + absent) if spec.dataset != "simple" else found)


def _varied(questions: list[PageQuestion], most: int) -> list[PageQuestion]:
    """The first ones, but no kind more than a third of them while others wait."""
    kept: list[PageQuestion] = []
    waiting: list[PageQuestion] = []
    counts: Counter[str] = Counter()
    for question in questions:
        counts[question.kind] += 1
        (kept if counts[question.kind] <= most // 3 + 1 else waiting).append(question)
    return (kept + waiting)[:most]


class _Page:
    def __init__(self, spec: PageSpec, truth: PageTruth, draw: random.Random) -> None:
        self.spec = spec
        self.truth = truth
        self.draw = draw
        self.area = (truth.width_px * truth.device_scale) * (truth.height_px * truth.device_scale)
        self.text = " \n ".join(line.text for line in truth.lines).casefold()
        self.names = Counter(
            (control.role in FIELDS, control.name.casefold()) for control in truth.controls
        )
        self.drawn = Counter(control.icon for control in truth.controls if control.icon)
        self.shown = Counter(line.text.casefold() for line in truth.lines)

    def occurrences(self, text: str) -> int:
        """How often a text is to be read on the page, as whole words."""
        wanted, page, count = text.casefold(), self.text, 0
        place = page.find(wanted)
        while place >= 0:
            before, after = (
                page[place - 1 : place],
                page[place + len(wanted) : place + len(wanted) + 1],
            )
            count += not (before.isalnum() or after.isalnum())
            place = page.find(wanted, place + 1)
        return count

    def question(
        self,
        instruction: str,
        kind: str,
        box: Box,
        ui_type: UiType,
        text: str = "",
        answer: str | None = None,
    ) -> PageQuestion:
        return PageQuestion(
            instruction,
            kind,
            tuple(round(side, 1) for side in (box.left, box.top, box.right, box.bottom)),  # type: ignore[arg-type]
            answer,
            ui_type,
            self.occurrences(text) if text else 0,
            round(box.area / self.area, 7),
        )

    # --- controls ---

    def controls(self) -> Iterator[PageQuestion]:
        """Of everything that can be clicked or typed into."""
        for control in self.truth.controls:
            inside = self.lines_in(control)
            if control.role in FIELDS:
                yield from self.of_field(control)
            elif control.role in TOGGLES:
                yield from self.of_toggle(control)
            elif control.role == "slider":
                if self.once(control):
                    yield self.say(("the slider {}", "move the slider “{}”"), control, "field")
            elif len(inside) == 1:
                yield from self.of_labelled(control, inside[0])
            elif control.icon and not inside:
                yield from self.of_icon(control)

    def once(self, control: Control) -> bool:
        """Whether nothing else of its sort has the control's name."""
        key = (control.role in FIELDS, control.name.casefold())
        return bool(control.name) and len(control.name) <= 60 and self.names[key] == 1

    def say(
        self, forms: Sequence[str], control: Control, kind: str, text: str | None = None
    ) -> PageQuestion:
        name = control.name if text is None else text
        ui_type: UiType = "text" if control.role in PRESSED else "icon"
        return self.question(self.draw.choice(forms).format(name), kind, control.box, ui_type, name)

    def lines_in(self, control: Control) -> list[TruthLine]:
        """The lines of text that stand in a control."""
        return [
            line
            for line in self.truth.lines
            if control.box.contains(line.box.center) and line.box.area <= 1.5 * control.box.area
        ]

    def of_labelled(self, control: Control, line: TruthLine) -> Iterator[PageQuestion]:
        """A control that shows what it is called."""
        if line.cut or len(line.text) > 60:
            return
        label = line.text
        if self.occurrences(label) == 1:
            yield self.say(("{}",), control, "label", label)
            noun = control.role if control.role in ("button", "link", "tab") else "entry"
            forms = ("click “{}”", 'click "{}"', "press {}", "the {} " + noun, "select {}",
                     "{} " + noun, "choose “{}”", "go to {}")  # fmt: skip
            yield self.say(forms, control, "command", label)
            for other in paraphrases().get(label.casefold(), ())[:2]:
                yield self.question(other, "paraphrase", control.box, "text", label)
        elif (near := self.beside(control)) is not None:
            instruction = f"the {control.role} “{label}” {near}"
            yield self.question(instruction, "neighbour", control.box, "text", label)
        if control.icon and self.drawn[control.icon] == 1:
            phrase = f"the {control.role} with {_noun(control.icon)}"
            yield self.question(phrase, "neighbour", control.box, "text", label)

    def of_icon(self, control: Control) -> Iterator[PageQuestion]:
        """A control or a picture that shows a drawing only."""
        phrases = PHRASES.get(control.icon, (f"the {control.icon} icon",))
        if self.drawn[control.icon] == 1:
            form = self.draw.choice(("the {} icon", "{} icon", "click the {} symbol", "{}"))
            asked = [*self.draw.sample(phrases, min(2, len(phrases))), form.format(control.icon)]
            for phrase in asked:
                if not self.occurrences(phrase):  # else a text of the page may be meant
                    yield self.question(phrase, "icon", control.box, "icon")
        elif (near := self.beside(control)) is not None:
            phrase = self.draw.choice(phrases)
            yield self.question(f"{phrase}, {near}", "neighbour", control.box, "icon")

    def of_toggle(self, control: Control) -> Iterator[PageQuestion]:
        """Boxes and switches."""
        if not self.once(control) or self.shown[control.name.casefold()] > 1:
            return
        noun = {"checkbox": "checkbox", "radio": "radio button", "switch": "switch"}[control.role]
        forms: tuple[str, ...] = (f"the {noun} “{{}}”", f"the {noun} of {{}}", f"{{}} {noun}")
        if control.role != "radio":
            forms += ("turn on {}", "turn off {}") if control.role == "switch" else ("tick “{}”",)
        yield self.say(forms, control, "toggle")
        for other in paraphrases().get(control.name.casefold(), ()):
            yield self.question(f"the {noun} for {other}", "paraphrase", control.box, "icon")
        if (near := self.beside(control)) is not None:
            yield self.question(f"the {noun} {near}", "neighbour", control.box, "icon")
        if control.checked is not None:
            word = "on" if control.role == "switch" else "selected"
            asked = f"Is “{control.name}” {word}?"
            answer = "yes" if control.checked else "no"
            yield self.question(asked, "state", control.box, "icon", answer=answer)

    def of_field(self, control: Control) -> Iterator[PageQuestion]:
        """Fields and lists."""
        if not self.once(control):
            return
        noun = "list" if control.role == "combobox" else "field"
        forms: tuple[str, ...] = (
            f"the {noun} labelled “{{}}”", f"{{}} {noun}", f"the {noun} for {{}}",
            f"click the {noun} {{}}", f"the {{}} {noun}",
        )  # fmt: skip
        if noun == "field":
            forms += ("type into {}", "fill in {}", "{} input")
        yield self.say(forms, control, "field")
        for other in paraphrases().get(control.name.casefold(), ()):
            yield self.question(f"the {noun} for {other}", "paraphrase", control.box, "icon")
        shown = [
            line
            for line in self.truth.lines
            if line.source in ("value", "option") and control.box.contains(line.box.center)
        ]
        if control.value and len(shown) == 1 and not shown[0].cut and "•" not in control.value:
            asked = self.draw.choice(("What stands in the {n} “{l}”?", "What is the value of {l}?"))
            instruction = asked.format(n=noun, l=control.name)
            box, value = shown[0].box, shown[0].text
            yield self.question(instruction, "value", box, "text", value, answer=value)

    def beside(self, control: Control) -> str | None:
        """Where a control is, told by a text that stands next to it and only once on the page."""
        box = control.box
        best: tuple[float, str] | None = None
        for line in self.truth.lines:
            if line.cut or not 2 <= len(line.text) <= 40 or self.shown[line.text.casefold()] > 1:
                continue
            if box.contains(line.box.center) or self.occurrences(line.text) != 1:
                continue
            level = min(line.box.bottom, box.bottom) - max(line.box.top, box.top)
            above = min(line.box.right, box.right) - max(line.box.left, box.left)
            if level > 0.6 * min(line.box.height, box.height):
                if line.box.left >= box.right - 1:
                    place, gap = "left of", line.box.left - box.right
                elif line.box.right <= box.left + 1:
                    place, gap = "right of", box.left - line.box.right
                else:
                    continue
            elif above > 0.6 * min(line.box.width, box.width):
                if line.box.bottom <= box.top + 1:
                    place, gap = "below", 1.5 * (box.top - line.box.bottom)
                elif line.box.top >= box.bottom - 1:
                    place, gap = "above", 1.5 * (line.box.top - box.bottom)
                else:
                    continue
            else:
                continue
            if gap < 60 and (best is None or gap < best[0]) and self.alone(control, line, place):
                best = (gap, f"{place} “{line.text}”")
        return best[1] if best else None

    def alone(self, control: Control, line: TruthLine, place: str) -> bool:
        """Whether no other control like it is on that side of the line, as near or nearer."""
        for other in self.truth.controls:
            if other is control or other.role != control.role:
                continue
            if control.icon and other.icon and other.icon != control.icon:
                continue
            mine, its = control.box.center, other.box.center
            middle = line.box.center
            match place:
                case "left of" | "right of":
                    same = abs(its.y - middle.y) < line.box.height and (
                        (its.x < middle.x) == (mine.x < middle.x)
                    )
                    if same and abs(its.x - middle.x) < 2.0 * abs(mine.x - middle.x) + 20:
                        return False
                case _:
                    same = abs(its.x - middle.x) < max(line.box.width, control.box.width) / 2 and (
                        (its.y < middle.y) == (mine.y < middle.y)
                    )
                    if same and abs(its.y - middle.y) < 2.0 * abs(mine.y - middle.y) + 20:
                        return False
        return True

    # --- text ---

    def lines(self) -> Iterator[PageQuestion]:
        """Of text outside of controls."""
        clickable = [control.box for control in self.truth.controls]
        for line in self.truth.lines:
            if line.cut or not 2 <= len(line.text) <= 60 or line.source != "text":
                continue
            if self.occurrences(line.text) != 1:
                continue
            if any(box.contains(line.box.center) for box in clickable):
                continue
            form = self.draw.choice(("{}", "{}", "the text “{}”", 'point at "{}"'))
            instruction = form.format(line.text)
            yield self.question(instruction, "label", line.box, "text", line.text)

    def single_words(self) -> Iterator[PageQuestion]:
        """Every word that stands on the page once."""
        for word in self.truth.words:
            if self.occurrences(word.text) == 1:
                yield self.question(word.text, "word", word.box, "text", word.text)

    # --- what is not there ---

    def absent(self, count: int) -> Iterator[PageQuestion]:
        """Labels and icons of the same split that this page does not show."""
        lexicon = Lexicon(self.spec.split, self.spec.language, self.draw)
        names = self.text + " \n ".join(control.name for control in self.truth.controls).casefold()
        made = 0
        for _ in range(20 * count):
            if made == count:
                return
            if self.draw.random() < 0.3:
                concept = self.draw.choice(tuple(PHRASES))
                phrase = self.draw.choice(PHRASES[concept])
                if concept in self.drawn or phrase in names or concept in names:
                    continue
                made += 1
                yield PageQuestion(phrase, "absent", None, None, "icon", 0, 0.0)
            else:
                label = lexicon.label(self.draw.choice(("action", "nav", "field", "option")))
                if label.casefold() in names:
                    continue
                made += 1
                form = self.draw.choice(("{}", "click “{}”", "the {} button", "select {}"))
                yield PageQuestion(form.format(label), "absent", None, None, "text", 0, 0.0)


def _noun(concept: str) -> str:
    """An icon as a noun with its article."""
    for phrase in PHRASES.get(concept, ()):
        if phrase.startswith("the "):
            return phrase
    return f"the {concept} icon"
