"""Tasks with a text editor: write, replace, save under another name."""

from collections.abc import Mapping, Sequence
from typing import Any

from vigorl.browser.actions import Press, Type, Wait
from vigorl.browser.environment import Score
from vigorl.tasks.desktop.installed import InstalledTask
from vigorl.tasks.desktop.task import DesktopStep, press, told, write
from vigorl.tasks.local.draw import Draw, WordLists
from vigorl.tasks.local.embedded import verdict

NAMES = WordLists(
    train=("notes", "garden", "letter", "minutes", "recipe", "lesson"),
    test=("diary", "speech", "agenda", "report", "poem", "review"),
)
THINGS = WordLists(
    train=("lamp", "bridge", "kettle", "window", "ladder", "basket", "candle"),
    test=("mirror", "hammer", "blanket", "violin", "pillow", "bottle", "carpet"),
)
SENTENCES = (
    "The old {} is in the attic.",
    "We bought a {} in spring.",
    "Nobody has seen the {} since.",
    "Her {} stands by the door.",
    "A new {} costs too much.",
    "They will mend the {} soon.",
)
JOBS = ("write", "replace", "save as")

_DIALOG_S = 0.8
"""Time for a dialog to read the folder and choose the name in it, or for what its button does,
which GTK begins when the button that was pressed by a key has come up again."""


class EditorTask(InstalledTask):
    """Edit a file of text."""

    name = "editor"
    summary = "write a line, replace a word or save under another name in a text editor"
    program = package = "mousepad"

    def draw(self, draw: Draw) -> dict[str, Any]:
        """A text in which one thing is named twice, and what is to be done with it."""
        file, copy = draw.words(NAMES, 2)
        thing, other, new = draw.words(THINGS, 3)
        first, second, third, added = draw.several(SENTENCES, 4)
        return {
            "file": f"{file}.txt",
            "copy": f"{copy}.txt",
            "lines": [first.format(thing), second.format(other), third.format(thing)],
            "job": draw.one(JOBS),
            "added": added.format(new),
            "word": thing,
            "other": other,
            "new": new,
        }

    def files(self, spec: Mapping[str, Any]) -> Mapping[str, str | None]:
        """The file alone."""
        return {spec["file"]: _text(spec["lines"])}

    def command(self, spec: Mapping[str, Any]) -> str:
        """The editor, with the file."""
        return f"mousepad {spec['file']}"

    def goal(self, spec: Mapping[str, Any]) -> str:
        """What to do with the text."""
        match spec["job"]:
            case "write":
                return f'Add the line "{spec["added"]}" at the end of the text, and save it.'
            case "replace":
                return f'Replace "{spec["word"]}" by "{spec["new"]}" everywhere, and save the text.'
            case _:
                return f"Save the text as {spec['copy']}, in the same folder."

    def plan(self, spec: Mapping[str, Any]) -> Sequence[DesktopStep]:
        """By the keys of the editor, and by its dialogs."""
        match spec["job"]:
            case "write":
                return [press("Control+End"), write(spec["added"]), press("Control+s")]
            case "replace":
                return [*_replaced(spec["word"], spec["new"]), press("Control+s")]
            case _:
                return _saved_as(spec["copy"])

    def near_misses(self, spec: Mapping[str, Any]) -> Mapping[str, Sequence[DesktopStep]]:
        """Not saved; in another place, another word, another name."""
        match spec["job"]:
            case "write":
                added = [write(spec["added"]), press("Control+s")]
                return {
                    "not saved": self.plan(spec)[:-1],
                    "at the beginning": [press("Control+Home"), *added],
                    "two lines": [press("Control+End"), write("And so on. "), *added],
                }
            case "replace":
                return {
                    "not saved": self.plan(spec)[:-1],
                    "another word": [*_replaced(spec["other"], spec["new"]), press("Control+s")],
                    "by another word": [
                        *_replaced(spec["word"], f"{spec['new']}s"),
                        press("Control+s"),
                    ],
                }
            case _:
                return {
                    "cancelled": [*_saved_as(spec["copy"])[:-1], press("Escape")],
                    "under another name": _saved_as(f"x{spec['copy']}"),
                    "saved where it was": [press("Control+End"), write("x"), press("Control+s")],
                }

    def judge(self, spec: Mapping[str, Any], state: Mapping[str, Any]) -> Score:
        """The files are as they should be, and there are no others."""
        lines = list(spec["lines"])
        wanted = {spec["file"]: lines}
        match spec["job"]:
            case "write":
                wanted = {spec["file"]: [*lines, spec["added"]]}
            case "replace":
                wanted[spec["file"]] = [line.replace(spec["word"], spec["new"]) for line in lines]
            case _:
                wanted[spec["copy"]] = lines
        there = {
            name: (text or "").rstrip("\n").split("\n") for name, text in state["files"].items()
        }
        wrong = [name for name in sorted({*wanted, *there}) if there.get(name) != wanted.get(name)]
        return verdict((bool(wrong), f"not as asked for: {wrong}"))


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _replaced(word: str, new: str) -> list[DesktopStep]:
    """Through the dialog, whose fields follow each other."""
    return [
        press("Control+r"),
        told(f'replace the text in "Search for" with "{word}"', Type(word)),
        told(f'replace the text in "Replace with" with "{new}"', Press("Tab"), Type(new)),
        told('check "Replace all in"', Press("Alt+a")),
        told('click the "Replace All" button', Press("Alt+r"), Wait(_DIALOG_S)),
        press("Escape"),
    ]


def _saved_as(name: str) -> list[DesktopStep]:
    """Through the dialog, once it has read the folder; it takes a moment to save as well."""
    chosen = (Wait(_DIALOG_S), Press("End"), Press("Shift+Home"), Type(name))
    return [
        press("Control+Shift+s"),
        told(f'replace the text in "Name" with "{name}"', *chosen),
        told('click the "Save" button', Press("Enter"), Wait(_DIALOG_S)),
    ]
