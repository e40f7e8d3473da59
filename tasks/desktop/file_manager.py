"""Tasks with a file manager: rename, move."""

from collections.abc import Mapping, Sequence
from typing import Any

from vigorl.browser.actions import Action, Press, Type
from vigorl.browser.environment import Score
from vigorl.tasks.desktop.installed import InstalledTask
from vigorl.tasks.desktop.kinds import FOLDERS
from vigorl.tasks.desktop.task import DesktopStep, press, told, write
from vigorl.tasks.local.draw import Draw, WordLists
from vigorl.tasks.local.embedded import verdict

STEMS = WordLists(
    train=("garden", "budget", "summer", "kitchen", "ticket", "bridge", "lesson", "harbour"),
    test=("lantern", "quarter", "meadow", "balcony", "voucher", "tower", "speech", "island"),
)
JOBS = ("rename", "move")


class FileManagerTask(InstalledTask):
    """Rename a file, or move it into a folder."""

    name = "files"
    summary = "rename a file or move it into a folder in a file manager"
    program = package = "pcmanfm"

    def draw(self, draw: Draw) -> dict[str, Any]:
        """Two folders, five files, one of which is to be renamed or moved."""
        *stems, new = draw.words(STEMS, 6)
        names = [f"{stem}.txt" for stem in stems]
        target, spare = draw.several(names, 2)
        return {
            "folders": draw.words(FOLDERS, 2),
            "files": names,
            "job": draw.one(JOBS),
            "target": target,
            "spare": spare,
            "new": new,
        }

    def files(self, spec: Mapping[str, Any]) -> Mapping[str, str | None]:
        """Each file holds its first name, so that it is known again."""
        return dict.fromkeys(spec["folders"]) | {name: name for name in spec["files"]}

    def command(self, spec: Mapping[str, Any]) -> str:
        """The file manager, in the home."""
        return "pcmanfm ."

    def goal(self, spec: Mapping[str, Any]) -> str:
        """Which file, and what becomes of it."""
        if spec["job"] == "rename":
            return f"Rename the file {spec['target']} to {spec['new']}.txt."
        return f"Move the file {spec['target']} into the folder {spec['folders'][0]}."

    def plan(self, spec: Mapping[str, Any]) -> Sequence[DesktopStep]:
        """By name, and by the keys of the file manager."""
        if spec["job"] == "rename":
            return _renamed(spec["target"], spec["new"])
        return _moved(spec["target"], spec["folders"][0])

    def near_misses(self, spec: Mapping[str, Any]) -> Mapping[str, Sequence[DesktopStep]]:
        """Another file, another name or folder, not to the end."""
        here, there = spec["folders"]
        if spec["job"] == "rename":
            return {
                "cancelled": [*_renamed(spec["target"], spec["new"])[:-1], press("Escape")],
                "another file": _renamed(spec["spare"], spec["new"]),
                "another name": _renamed(spec["target"], f"{spec['new']}s"),
            }
        copied = [
            press("Control+c") if step.phrasings == ("press Control+x",) else step
            for step in _moved(spec["target"], here)
        ]
        return {
            "not pasted": _moved(spec["target"], here)[:-1],
            "copied": copied,
            "another folder": _moved(spec["target"], there),
            "another file": _moved(spec["spare"], here),
        }

    def judge(self, spec: Mapping[str, Any], state: Mapping[str, Any]) -> Score:
        """The file is where it belongs, and all others are as they were."""
        wanted = dict(self.files(spec))
        content = wanted.pop(spec["target"])
        if spec["job"] == "rename":
            wanted[f"{spec['new']}.txt"] = content
        else:
            wanted[f"{spec['folders'][0]}/{spec['target']}"] = content
        wrong = sorted(set(wanted.items()) ^ set(state["files"].items()), key=str)
        return verdict((bool(wrong), f"not as asked for: {[name for name, _ in wrong]}"))


def _renamed(file: str, stem: str) -> list[DesktopStep]:
    """Through the dialog, in which the name is chosen without its ending."""
    return [
        _chosen(f'click "{file}"', file),
        press("F2"),
        write(stem),
        told('click the "OK" button', Press("Enter")),
    ]


def _moved(file: str, folder: str) -> list[DesktopStep]:
    """Cut, and pasted in the folder."""
    return [
        _chosen(f'click "{file}"', file),
        press("Control+x"),
        _chosen(f'double-click "{folder}"', folder, Press("Enter")),
        press("Control+v"),
    ]


def _chosen(words: str, name: str, *actions: Action) -> DesktopStep:
    """By its first letters, as file managers find names.

    The first one opens the field of the search, which the others go into once it is there.
    """
    return told(words, Type(name[:1]), Type(name[1:]), Press("Escape"), *actions)
