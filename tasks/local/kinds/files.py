"""Files in folders, with a menu behind the right mouse button."""

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
from vigorl.tasks.local.plan import PlanStep, click, double_click, fill, right_click

FOLDERS = WordLists(train=("Photos", "Contracts", "Drafts"), test=("Scans", "Letters", "Music"))
FILES = WordLists(
    train=(
        "budget.xlsx", "minutes.docx", "poster.png", "report.pdf", "travel.txt", "recipes.md",
        "logo.svg", "speech.odt", "survey.csv", "garden.jpg",
    ),
    test=(
        "invoice.pdf", "agenda.docx", "banner.png", "thesis.pdf", "packing.txt", "diary.md",
        "emblem.svg", "lecture.odt", "results.csv", "harbour.jpg",
    ),
)  # fmt: skip
NEW_NAMES = WordLists(
    train=("final.pdf", "old copy.txt", "for Anna.docx"),
    test=("approved.pdf", "second try.txt", "for Emil.docx"),
)
RENAME = WordLists(train=("Rename", "Change name"), test=("Give a new name", "Relabel"))
DUPLICATE = WordLists(train=("Duplicate", "Make a copy"), test=("Clone", "Copy here"))
DELETE = WordLists(train=("Delete", "Move to trash"), test=("Remove", "Throw away"))

Act = Literal["rename", "duplicate", "delete"]


@dataclass(frozen=True)
class FilesSpec:
    """Folders with their files, and what is to happen to one file."""

    folders: tuple[str, ...]
    """The first is the top, which has no name on the screen."""
    files: tuple[tuple[str, ...], ...]
    folder: int
    file: int
    act: Act
    new_name: str
    rename: str
    duplicate: str
    delete: str

    @property
    def target(self) -> str:
        """The file's name."""
        return self.files[self.folder][self.file]

    @property
    def other(self) -> str:
        """A file beside it."""
        names = self.files[self.folder]
        return names[(self.file + 1) % len(names)]


@dataclass
class FilesWorld:
    """Files in each folder."""

    files: list[list[str]]


class FilesTask(EmbeddedTask[FilesSpec, FilesWorld]):
    """Rename, copy or delete a file by its menu."""

    name = "files"
    summary = "rename, copy or delete a file with the right-click menu, perhaps inside a folder"
    spec_type = FilesSpec
    frontage = Frontage("Drive", ("Recent", "Shared with me", "Starred"), ("side", "top"))

    def draw(self, draw: Draw) -> FilesSpec:
        """Three folders; the file stands at the top or in one of them."""
        names = draw.words(FILES, 8)
        acts: tuple[Act, ...] = ("rename", "rename", "duplicate", "delete")
        folder = draw.one((0, 0, 1, 2))
        files = (names[:4], names[4:6], names[6:8], ())
        return FilesSpec(
            folders=("", *draw.words(FOLDERS, 3)),
            files=files,
            folder=folder,
            file=draw.whole(0, len(files[folder]) - 1),
            act=draw.one(acts),
            new_name=draw.word(NEW_NAMES),
            rename=draw.word(RENAME),
            duplicate=draw.word(DUPLICATE),
            delete=draw.word(DELETE),
        )

    def goal(self, spec: FilesSpec) -> str:
        """Which file, and what to do with it."""
        where = f' in the folder "{spec.folders[spec.folder]}"' if spec.folder else ""
        which = f'the file "{spec.target}"{where}'
        match spec.act:
            case "rename":
                return f'Rename {which} to "{spec.new_name}".'
            case "duplicate":
                return f"Duplicate {which}."
            case "delete":
                return f"Delete {which}."

    def plan(self, spec: FilesSpec) -> Sequence[PlanStep]:
        """Open the folder, the menu, its entry."""
        return _act(spec, spec.target, spec.act, spec.new_name)

    def near_misses(self, spec: FilesSpec) -> Mapping[str, Sequence[PlanStep]]:
        """The file beside; another entry; a new name with a slip or not saved; done twice."""
        other_act: Act = "delete" if spec.act == "duplicate" else "duplicate"
        plan = self.plan(spec)
        misses: dict[str, Sequence[PlanStep]] = {
            "the file beside": _act(spec, spec.other, spec.act, spec.new_name),
            "another entry": _act(spec, spec.target, other_act, ""),
            "stopped at the menu": plan[: 2 if spec.folder else 1],
        }
        if spec.act == "rename":
            misses["not saved"] = plan[:-1]
            misses["a slip"] = _act(spec, spec.target, "rename", "x" + spec.new_name)
        if spec.act == "duplicate":
            misses["copied twice"] = [*plan, *plan[1 if spec.folder else 0 :]]
        return misses

    def world(self, spec: FilesSpec) -> FilesWorld:
        """The files as drawn."""
        return FilesWorld([list(names) for names in spec.files])

    def show(self, spec: FilesSpec, world: FilesWorld, visit: Visit) -> Page:
        """A folder; the top shows the others as well."""
        folder = _folder(spec, visit.path)
        return Page("files.html", spec.folders[folder] or "My files", {"folder": folder})

    def submit(self, spec: FilesSpec, world: FilesWorld, visit: Visit) -> FormReply:
        """Rename, copy or delete a file of the folder."""
        names, name = world.files[_folder(spec, visit.path)], visit.get("name")
        if name not in names:
            return FormReply(visit.path, "This file is gone.", failed=True)
        place = names.index(name)
        match visit.get("act"):
            case "rename":
                new_name = visit.get("new_name")
                if not new_name or (new_name in names and new_name != name):
                    return FormReply(visit.path, "This name cannot be used.", failed=True)
                names[place] = new_name
            case "duplicate":
                names.insert(place + 1, _copy_name(name, names))
            case "delete":
                del names[place]
            case _:
                raise Missing(visit.path)
        return FormReply(visit.path)

    def judge(self, spec: FilesSpec, outcome: Outcome[FilesWorld]) -> Score:
        """The folders hold what they should, name for name."""
        gold = self.world(spec).files
        names = gold[spec.folder]
        match spec.act:
            case "rename":
                names[spec.file] = spec.new_name
            case "duplicate":
                names.append(_copy_name(spec.target, names))
            case "delete":
                del names[spec.file]
        now = outcome.world.files
        return verdict(
            (sorted(now[spec.folder]) != sorted(names), f"{now[spec.folder]}, not {names}"),
            (
                [sorted(n) for n in now] != [sorted(n) for n in gold],
                "another folder was changed as well",
            ),
        )


def _copy_name(name: str, names: Sequence[str]) -> str:
    """`report copy.pdf`, with a number where that is taken."""
    stem, _, ending = name.rpartition(".")
    copy, number = f"{stem} copy.{ending}", 2
    while copy in names:
        copy, number = f"{stem} copy {number}.{ending}", number + 1
    return copy


def _folder(spec: FilesSpec, path: str) -> int:
    if path == "/":
        return 0
    for number in range(1, len(spec.folders)):
        if path == f"/folder/{number}":
            return number
    raise Missing(path)


def _act(spec: FilesSpec, name: str, act: Act, new_name: str) -> list[PlanStep]:
    folder = spec.folders[spec.folder]
    steps = [double_click(folder, f'[data-folder="{folder}"] .name')] if spec.folder else []
    steps.append(right_click(name, f'[data-file="{name}"] .name'))
    match act:
        case "rename":
            return [
                *steps,
                click(spec.rename, ".menu .rename"),
                fill(new_name, "New name", "dialog[open] input[name=new_name]", replace=True),
                click("Save", "dialog[open] .primary", "button"),
            ]
        case "duplicate":
            return [*steps, click(spec.duplicate, ".menu .duplicate")]
        case "delete":
            return [*steps, click(spec.delete, ".menu .delete")]
