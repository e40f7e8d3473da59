"""A page of switches that count once they are saved."""

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
from vigorl.tasks.local.plan import PlanStep, click, click_icon, tick

SWITCHES = WordLists(
    train=(
        "Dark colours", "Spell checking", "Sounds", "Save drafts", "Animated pictures",
        "Offline copy", "Email digest", "Large text", "Location", "Usage reports",
    ),
    test=(
        "Night mode", "Grammar hints", "Vibration", "Keep history", "Video previews",
        "Local backup", "Weekly letter", "Bold text", "Microphone", "Crash reports",
    ),
)  # fmt: skip
ABOUT = (
    "Takes effect at once on all devices.", "Recommended for most people.",
    "May need more battery.", "Only on this computer.", "Can be changed at any time.",
    "Managed by your organisation.",
)  # fmt: skip
SAVE = WordLists(train=("Save settings", "Save"), test=("Apply settings", "Store"))


@dataclass(frozen=True)
class SettingsSpec:
    """The switches, and two of them to change."""

    names: tuple[str, ...]
    about: tuple[str, ...]
    on: tuple[bool, ...]
    """Their states at the start."""
    targets: tuple[int, ...]
    spare: int
    """A switch that is not to be touched."""
    save: str
    way: Literal["direct", "gear", "menu"]
    """How one gets to the settings: they are shown at once, by an icon, or by the menu."""


@dataclass
class SettingsWorld:
    """What is saved."""

    on: list[bool]


class SettingsTask(EmbeddedTask[SettingsSpec, SettingsWorld]):
    """Turn switches and save."""

    name = "settings"
    summary = "turn switches on or off and save the settings"
    spec_type = SettingsSpec
    frontage = Frontage("Cloud", ("Account", "Security", "Devices"), ("side", "side", "top"))

    def draw(self, draw: Draw) -> SettingsSpec:
        """Six switches; one or two to change."""
        order = draw.shuffled(range(6))
        ways: tuple[Literal["direct", "gear", "menu"], ...] = ("direct", "direct", "gear", "menu")
        return SettingsSpec(
            names=draw.words(SWITCHES, 6),
            about=draw.shuffled(ABOUT),
            on=tuple(draw.chance(0.5) for _ in range(6)),
            targets=order[: draw.whole(1, 2)],
            spare=order[2],
            save=draw.word(SAVE),
            way=draw.one(ways),
        )

    def goal(self, spec: SettingsSpec) -> str:
        """Which switches, which way."""
        parts = [f'turn "{spec.names[i]}" {"off" if spec.on[i] else "on"}' for i in spec.targets]
        return f"In the settings, {' and '.join(parts)}, and save."

    def plan(self, spec: SettingsSpec) -> Sequence[PlanStep]:
        """To the settings, switch by switch, then save."""
        return [*_go_there(spec), *(_turn(spec, i) for i in spec.targets), _save(spec)]

    def near_misses(self, spec: SettingsSpec) -> Mapping[str, Sequence[PlanStep]]:
        """Not saved; another switch instead, or as well."""
        return {
            "not saved": self.plan(spec)[:-1],
            "another switch": [*_go_there(spec), _turn(spec, spec.spare), _save(spec)],
            "another as well": [*self.plan(spec), _turn(spec, spec.spare), _save(spec)],
        }

    def world(self, spec: SettingsSpec) -> SettingsWorld:
        """The switches as drawn."""
        return SettingsWorld(list(spec.on))

    def show(self, spec: SettingsSpec, world: SettingsWorld, visit: Visit) -> Page:
        """The settings, or the page that leads to them."""
        if visit.path == "/settings" or (visit.path == "/" and spec.way == "direct"):
            return Page("settings.html", "Settings")
        if visit.path != "/":
            raise Missing(visit.path)
        return Page("settings_home.html", "Today")

    def submit(self, spec: SettingsSpec, world: SettingsWorld, visit: Visit) -> FormReply:
        """Save all of them."""
        world.on = [str(i) in visit.all("on") for i in range(len(spec.names))]
        return FormReply("/settings", "The settings are saved.")

    def judge(self, spec: SettingsSpec, outcome: Outcome[SettingsWorld]) -> Score:
        """The targets are the other way, all others as they were."""
        now = outcome.world.on
        same = [spec.names[i] for i in spec.targets if now[i] == spec.on[i]]
        others = [
            name
            for i, name in enumerate(spec.names)
            if i not in spec.targets and now[i] != spec.on[i]
        ]
        return verdict(
            (bool(same), f"not changed: {same}"), (bool(others), f"also changed: {others}")
        )


def _go_there(spec: SettingsSpec) -> list[PlanStep]:
    match spec.way:
        case "direct":
            return []
        case "gear":
            return [click_icon("settings", "#gear")]
        case "menu":
            return [click_icon("menu", "#menu-button"), click("Settings", "#to-settings")]


def _turn(spec: SettingsSpec, index: int) -> PlanStep:
    return tick(spec.names[index], f'input[value="{index}"]', not spec.on[index])


def _save(spec: SettingsSpec) -> PlanStep:
    return click(spec.save, "#save", "button")
