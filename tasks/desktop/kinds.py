"""The kinds of tasks with the Tk program of ours."""

from collections.abc import Mapping, Sequence
from typing import Any

from vigorl.browser.environment import Score
from vigorl.tasks.desktop.task import DesktopStep, click, drag, replace_text, tick
from vigorl.tasks.desktop.tk_task import TkTask
from vigorl.tasks.local.draw import Draw, WordLists
from vigorl.tasks.local.embedded import verdict
from vigorl.tasks.local.kinds.settings import SWITCHES

TITLES = WordLists(
    train=("Preferences", "Options", "Set-up"), test=("Adjustments", "Configuration", "Choices")
)
SAVES = WordLists(train=("Save", "Keep changes"), test=("Store", "Apply changes"))
FOLDERS = WordLists(
    train=("Letters", "Invoices", "Photos", "Plans", "Recipes", "Music"),
    test=("Contracts", "Receipts", "Sketches", "Reports", "Maps", "Scores"),
)
FILES = WordLists(
    train=(
        "garden.txt", "budget.ods", "summer.png", "kitchen.pdf", "minutes.odt", "ticket.pdf",
        "bridge.svg", "winter.jpg", "lesson.txt", "harbour.png",
    ),
    test=(
        "lantern.txt", "quarter.ods", "meadow.png", "balcony.pdf", "agenda.odt", "voucher.pdf",
        "tower.svg", "autumn.jpg", "speech.txt", "island.png",
    ),
)  # fmt: skip
GOODS = WordLists(
    train=("Copper wire", "Oak board", "Brass hinge", "Steel bolt", "Glue stick", "Sand paper"),
    test=("Silver chain", "Pine shelf", "Iron hook", "Wood screw", "Paint brush", "Cork sheet"),
)
PLACES = ("Shelf A", "Shelf B", "Cellar", "Attic", "Counter")
PIECES = WordLists(
    train=("Anchor", "Feather", "Compass", "Lantern"),
    test=("Hammer", "Ribbon", "Mirror", "Whistle"),
)
TRAYS = WordLists(train=("North", "East", "West"), test=("Upper", "Middle", "Lower"))


class PreferencesTask(TkTask):
    """Turn switches of a program and save."""

    name = "settings"
    summary = "turn switches of a program on or off and save"

    def draw(self, draw: Draw) -> dict[str, Any]:
        """Five switches; one or two to change."""
        order = draw.shuffled(range(5))
        return {
            "title": draw.word(TITLES),
            "names": draw.words(SWITCHES, 5),
            "on": [draw.chance(0.5) for _ in range(5)],
            "targets": order[: draw.whole(1, 2)],
            "spare": order[2],
            "save": draw.word(SAVES),
        }

    def goal(self, spec: Mapping[str, Any]) -> str:
        """Which switches, which way."""
        parts = [
            f'turn "{spec["names"][each]}" {"off" if spec["on"][each] else "on"}'
            for each in spec["targets"]
        ]
        return f"In the window {spec['title']}, {' and '.join(parts)}, and save."

    def plan(self, spec: Mapping[str, Any]) -> Sequence[DesktopStep]:
        """Switch by switch, then save."""
        return [*(self._turn(spec, each) for each in spec["targets"]), self._save(spec)]

    def near_misses(self, spec: Mapping[str, Any]) -> Mapping[str, Sequence[DesktopStep]]:
        """Not saved; another switch instead, or as well."""
        spare = self._turn(spec, spec["spare"])
        return {
            "not saved": self.plan(spec)[:-1],
            "another switch": [spare, self._save(spec)],
            "another as well": [spare, *self.plan(spec)],
        }

    def judge(self, spec: Mapping[str, Any], state: Mapping[str, Any]) -> Score:
        """The targets are the other way, all others as they were."""
        wanted = [on != (index in spec["targets"]) for index, on in enumerate(spec["on"])]
        wrong = [
            name
            for name, now, right in zip(spec["names"], state["on"], wanted, strict=True)
            if now != right
        ]
        return verdict((bool(wrong), f"not as asked for: {wrong}"))

    def _turn(self, spec: Mapping[str, Any], index: int) -> DesktopStep:
        return tick(spec["names"][index], f"switch {index}", not spec["on"][index])

    def _save(self, spec: Mapping[str, Any]) -> DesktopStep:
        return click(spec["save"], "save", "button")


class RenameTask(TkTask):
    """Rename a file in a tree of folders, by a dialog."""

    name = "tree"
    summary = "open a folder in a tree and rename a file by a dialog"

    def draw(self, draw: Draw) -> dict[str, Any]:
        """Three folders with two or three files each."""
        folders = draw.words(FOLDERS, 3)
        names = draw.words(FILES, 8)
        files = {name: folders[index % 3] for index, name in enumerate(names[:7])}
        target = draw.one([name for name in files if files[name] != folders[0]])
        stem, _, ending = names[7].partition(".")
        return {
            "title": "Files",
            "folders": folders,
            "files": files,
            "open": [folders[0]],
            "target": target,
            "spare": next(name for name in files if files[name] == folders[0]),
            "new": f"{stem}-{draw.whole(2, 9)}.{ending}",
            "rename": "Rename",
        }

    def goal(self, spec: Mapping[str, Any]) -> str:
        """Which file, where, and its new name."""
        folder = spec["files"][spec["target"]]
        return f"Rename the file {spec['target']} in the folder {folder} to {spec['new']}."

    def plan(self, spec: Mapping[str, Any]) -> Sequence[DesktopStep]:
        """To the folder, to the file, through the dialog."""
        folder = spec["files"][spec["target"]]
        return [click(folder, folder, count=2), *self._rename(spec, spec["target"], spec["new"])]

    def near_misses(self, spec: Mapping[str, Any]) -> Mapping[str, Sequence[DesktopStep]]:
        """Cancelled; another file; another name."""
        folder = spec["files"][spec["target"]]
        open_it = click(folder, folder, count=2)
        renamed = self._rename(spec, spec["target"], spec["new"])
        return {
            "cancelled": [open_it, *renamed[:-1], click("Cancel", "cancel")],
            "another file": self._rename(spec, spec["spare"], spec["new"]),
            "another name": [open_it, *self._rename(spec, spec["target"], f"x{spec['new']}")],
        }

    def judge(self, spec: Mapping[str, Any], state: Mapping[str, Any]) -> Score:
        """The file has its new name where it was, and all others are as they were."""
        wanted = dict(spec["files"])
        wanted[spec["new"]] = wanted.pop(spec["target"])
        return verdict((state["files"] != wanted, "the files are not those that were asked for"))

    def _rename(self, spec: Mapping[str, Any], file: str, new: str) -> list[DesktopStep]:
        return [
            click(file, file),
            click(spec["rename"], "rename", "button"),
            replace_text(new, "New name", "name"),
            click("OK", "ok", "button"),
        ]


class QuantityTask(TkTask):
    """Set a number in a table."""

    name = "table"
    summary = "choose a row of a table and set its quantity"

    def draw(self, draw: Draw) -> dict[str, Any]:
        """Five goods; one gets another quantity."""
        names = draw.words(GOODS, 5)
        numbers = {name: draw.whole(2, 60) for name in names}
        rows = [[name, number, draw.one(PLACES)] for name, number in numbers.items()]
        target, spare = draw.several(names, 2)
        return {
            "title": "Stock",
            "columns": ["Article", "Number", "Place"],
            "rows": rows,
            "label": "Quantity",
            "apply": "Apply",
            "target": target,
            "spare": spare,
            "new": numbers[target] + draw.whole(3, 30),
        }

    def goal(self, spec: Mapping[str, Any]) -> str:
        """Which article, how many."""
        return f"Set the quantity of {spec['target']} to {spec['new']}."

    def plan(self, spec: Mapping[str, Any]) -> Sequence[DesktopStep]:
        """The row, the number, apply."""
        return self._set(spec, spec["target"], spec["new"])

    def near_misses(self, spec: Mapping[str, Any]) -> Mapping[str, Sequence[DesktopStep]]:
        """Not applied; another row; another number."""
        return {
            "not applied": self.plan(spec)[:-1],
            "another row": self._set(spec, spec["spare"], spec["new"]),
            "another number": self._set(spec, spec["target"], spec["new"] + 1),
        }

    def judge(self, spec: Mapping[str, Any], state: Mapping[str, Any]) -> Score:
        """The one quantity is the new one, and all others are as they were."""
        wanted = {row[0]: row[1] for row in spec["rows"]} | {spec["target"]: spec["new"]}
        wrong = [name for name in wanted if state["quantities"][name] != wanted[name]]
        return verdict((bool(wrong), f"not as asked for: {wrong}"))

    def _set(self, spec: Mapping[str, Any], row: str, number: int) -> list[DesktopStep]:
        return [
            click(row, row),
            replace_text(str(number), spec["label"], "entry"),
            click(spec["apply"], "apply", "button"),
        ]


class SortingTask(TkTask):
    """Drag pieces on a canvas into trays."""

    name = "drawing"
    summary = "drag pieces on a canvas into trays"

    def draw(self, draw: Draw) -> dict[str, Any]:
        """Four pieces, three trays; one or two pieces to move."""
        pieces = draw.words(PIECES, 4)
        colours = draw.several(("red", "green", "blue", "orange"), 4)
        trays = draw.words(TRAYS, 3)
        moved = draw.several(pieces, draw.whole(1, 2))
        return {
            "title": "Sorting",
            "pieces": [list(each) for each in zip(pieces, colours, strict=True)],
            "trays": trays,
            "moves": [[piece, draw.one(trays)] for piece in moved],
            "spare": next(piece for piece in pieces if piece not in moved),
        }

    def goal(self, spec: Mapping[str, Any]) -> str:
        """Which pieces, where to."""
        parts = [f"{piece} into the tray {tray}" for piece, tray in spec["moves"]]
        return f"Put {' and '.join(parts)}, and nothing else into any tray."

    def plan(self, spec: Mapping[str, Any]) -> Sequence[DesktopStep]:
        """Piece by piece."""
        return [drag(piece, tray) for piece, tray in spec["moves"]]

    def near_misses(self, spec: Mapping[str, Any]) -> Mapping[str, Sequence[DesktopStep]]:
        """Another tray, another piece as well, one piece too few."""
        piece, tray = spec["moves"][-1]
        others = [each for each in spec["trays"] if each != tray]
        return {
            "another tray": [*self.plan(spec)[:-1], drag(piece, others[0])],
            "another as well": [*self.plan(spec), drag(spec["spare"], others[0])],
            "one too few": self.plan(spec)[:-1],
        }

    def judge(self, spec: Mapping[str, Any], state: Mapping[str, Any]) -> Score:
        """The trays hold what they should, and nothing else."""
        return verdict((state["in"] != dict(spec["moves"]), f"in the trays: {state['in']}"))
