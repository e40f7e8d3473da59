"""Preferences on tabs inside one page: change one and save."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vigorl.browser.environment import Score
from vigorl.tasks.local.draw import Draw, WordLists
from vigorl.tasks.local.embedded import (
    EmbeddedTask,
    FormReply,
    Frontage,
    Missing,
    Outcome,
    Page,
    Visit,
    verdict,
)
from vigorl.tasks.local.plan import PlanStep, choose, click, fill, tick
from vigorl.tasks.local.vocabulary import CITIES


@dataclass(frozen=True)
class Preference:
    """A value that can be changed: a text, a choice from a list, or a box ('yes' or '')."""

    label: str
    kind: Literal["text", "choice", "box"]
    value: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Panel:
    """A tab and what stands on it."""

    title: str
    about: str
    preferences: tuple[Preference, ...]


@dataclass(frozen=True)
class TabsSpec:
    """The panels, and one preference that is to change."""

    panels: tuple[Panel, ...]
    panel: int
    preference: int
    value: str
    near_value: str
    """Another value than the one wanted."""
    save: str

    @property
    def target(self) -> Preference:
        """The preference that is to change."""
        return self.panels[self.panel].preferences[self.preference]


@dataclass
class TabsWorld:
    """Saved values by label, and how often anything was saved."""

    values: dict[str, str]


@dataclass(frozen=True)
class PreferenceNames:
    """How a preference is called; `options` empty: a text, or a box where `box` is set."""

    label: WordLists
    options: tuple[str, ...] = ()
    box: bool = False


NICKNAMES = WordLists(train=("Captain", "Maple", "Domino"), test=("Falcon", "Pepper", "Comet"))
SAVE = WordLists(train=("Save changes", "Save"), test=("Keep changes", "Apply"))
HOME_TOWN = WordLists(train=("Home town",), test=("Where you live",))


def _box(train: str, test: str) -> PreferenceNames:
    return PreferenceNames(WordLists((train,), (test,)), box=True)


PANELS: tuple[tuple[WordLists, str, tuple[PreferenceNames, ...]], ...] = (
    (
        WordLists(train=("Profile", "About you"), test=("Person", "Your card")),
        "How others see you.",
        (
            PreferenceNames(WordLists(train=("Nickname",), test=("Call me",))),
            PreferenceNames(HOME_TOWN),
            _box("Show my picture", "Show my age"),
        ),
    ),
    (
        WordLists(train=("Messages", "Alerts"), test=("News", "Signals")),
        "When we may write to you.",
        (
            PreferenceNames(
                WordLists(train=("Summary",), test=("Digest",)),
                ("Daily", "Weekly", "Monthly", "Never"),
            ),
            _box("Write when somebody answers", "Write after a long break"),
            _box("Write about new events", "Write about repairs"),
        ),
    ),
    (
        WordLists(train=("Privacy", "Visibility"), test=("Discretion", "Who sees what")),
        "Who may find out what.",
        (
            PreferenceNames(
                WordLists(train=("Visible to",), test=("Shown to",)),
                ("Everybody", "Friends", "Only me"),
            ),
            _box("Show when I am online", "Show what I have read"),
            _box("Appear in searches", "Appear in lists"),
        ),
    ),
    (
        WordLists(train=("Region", "Language"), test=("Place", "Country")),
        "How dates and sums are written.",
        (
            PreferenceNames(
                WordLists(train=("First weekday",), test=("Week begins on",)),
                ("Monday", "Saturday", "Sunday"),
            ),
            PreferenceNames(
                WordLists(train=("Currency",), test=("Money",)),
                ("Euro", "Dollar", "Krone", "Franc"),
            ),
            _box("Clock with 24 hours", "Short dates"),
        ),
    ),
)


def _preference(draw: Draw, wording: PreferenceNames) -> Preference:
    label = draw.word(wording.label)
    if wording.box:
        return Preference(label, "box", "yes" if draw.chance(0.5) else "")
    if wording.options:
        return Preference(label, "choice", draw.one(wording.options), wording.options)
    return Preference(label, "text", draw.word(CITIES if wording.label is HOME_TOWN else NICKNAMES))


def _panels(draw: Draw) -> tuple[Panel, ...]:
    return tuple(
        Panel(draw.word(title), about, tuple(_preference(draw, w) for w in wordings))
        for title, about, wordings in PANELS
    )


class TabsTask(EmbeddedTask[TabsSpec, TabsWorld]):
    """Find the tab, change one value, save."""

    name = "tabs"
    summary = "change one preference on the right tab and save it"
    spec_type = TabsSpec
    frontage = Frontage("Account", ("Home", "Orders", "Support"))

    def draw(self, draw: Draw) -> TabsSpec:
        """Four tabs of three preferences; mostly not on the first."""
        panels = _panels(draw)
        panel, preference = draw.one((0, 1, 1, 2, 2, 3, 3)), draw.whole(0, 2)
        target = panels[panel].preferences[preference]
        match target.kind:
            case "text":
                words = NICKNAMES if preference == 0 else CITIES
                free = [word for word in words.of(draw.split) if word != target.value]
                value, near = draw.several(free, 2)
            case "choice":
                free = [option for option in target.options if option != target.value]
                value, near = draw.several(free, 2)
            case "box":
                value, near = ("", "yes") if target.value else ("yes", "")
        return TabsSpec(panels, panel, preference, value, near, draw.word(SAVE))

    def goal(self, spec: TabsSpec) -> str:
        """Which preference, and its new value."""
        label = spec.target.label
        if spec.target.kind == "box":
            return f'Turn the preference "{label}" {"on" if spec.value else "off"} and save it.'
        return f'Set the preference "{label}" to "{spec.value}" and save it.'

    def plan(self, spec: TabsSpec) -> Sequence[PlanStep]:
        """The tab, the value, save."""
        return _set(spec, spec.panel, spec.preference, spec.value)

    def near_misses(self, spec: TabsSpec) -> Mapping[str, Sequence[PlanStep]]:
        """Not saved; left the tab without saving; another value; a second preference changed."""
        plan = self.plan(spec)
        other_panel = (spec.panel + 1) % 4
        misses: dict[str, Sequence[PlanStep]] = {
            "not saved": plan[:-1],
            "another tab saved": [*plan[:-1], _open(spec, other_panel), _save(spec, other_panel)],
        }
        if spec.target.kind != "box":
            misses["another value"] = _set(spec, spec.panel, spec.preference, spec.near_value)
        boxes = [
            (p, i)
            for p, panel in enumerate(spec.panels)
            for i, preference in enumerate(panel.preferences)
            if preference.kind == "box" and p != spec.panel
        ]
        panel, index = boxes[0]
        flipped = "" if spec.panels[panel].preferences[index].value else "yes"
        misses["another one as well"] = [*_set(spec, panel, index, flipped), *plan]
        return misses

    def world(self, spec: TabsSpec) -> TabsWorld:
        """The values as drawn."""
        return TabsWorld({p.label: p.value for panel in spec.panels for p in panel.preferences})

    def show(self, spec: TabsSpec, world: TabsWorld, visit: Visit) -> Page:
        """The page, with the tab that was saved last in front."""
        if visit.path != "/":
            raise Missing(visit.path)
        tab = visit.get("tab")
        return Page("tabs.html", "Preferences", {"front": int(tab) if tab in "0123" and tab else 0})

    def submit(self, spec: TabsSpec, world: TabsWorld, visit: Visit) -> FormReply:
        """Save one tab."""
        number = visit.path.removeprefix("/save/")
        if number not in ("0", "1", "2", "3"):
            raise Missing(visit.path)
        for preference in spec.panels[int(number)].preferences:
            world.values[preference.label] = visit.get(preference.label)
        return FormReply(f"/?tab={number}", "Your preferences are saved.")

    def judge(self, spec: TabsSpec, outcome: Outcome[TabsWorld]) -> Score:
        """That value is saved; all others are as they were."""
        values, label = outcome.world.values, spec.target.label
        before = self.world(spec).values
        others = [name for name in before if name != label and values[name] != before[name]]
        return verdict(
            (values[label] != spec.value, f"{label} is {values[label]!r}, not {spec.value!r}"),
            (bool(others), f"also changed: {others}"),
        )


def _open(spec: TabsSpec, panel: int) -> PlanStep:
    return click(spec.panels[panel].title, f"#tab-{panel}", "tab")


def _save(spec: TabsSpec, panel: int) -> PlanStep:
    return click(spec.save, f"#panel-{panel} .primary", "button")


def _set(spec: TabsSpec, panel: int, index: int, value: str) -> list[PlanStep]:
    preference = spec.panels[panel].preferences[index]
    at = f"#field-{panel}-{index}"
    match preference.kind:
        case "text":
            change = fill(value, preference.label, at, replace=True)
        case "choice":
            change = choose(value, preference.label, at)
        case "box":
            change = tick(preference.label, at, bool(value))
    return [_open(spec, panel), change, _save(spec, panel)]
