"""Tasks with a spreadsheet: enter a number, put a sum under the others, save."""

import csv
import gzip
import io
import os
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from vigorl.browser.actions import Action, Press, Type
from vigorl.browser.desktop.opening import home_environment
from vigorl.browser.environment import Score
from vigorl.browser.errors import TaskFault
from vigorl.tasks.desktop.installed import InstalledTask
from vigorl.tasks.desktop.kinds import GOODS
from vigorl.tasks.desktop.task import DesktopStep, press, told
from vigorl.tasks.local.draw import Draw, WordLists
from vigorl.tasks.local.embedded import verdict

TOTALS = WordLists(train=("Total", "Sum"), test=("Altogether", "In all"))

_FILE = "stock.gnumeric"
_NAMESPACE = "http://www.gnumeric.org/v10.dtd"
_TEXT, _NUMBER = 60, 40
"""Kinds of values in Gnumeric's files. Source: what Gnumeric 1.12.55 writes."""
_READ_LIMIT_S = 20.0


class SheetTask(InstalledTask):
    """Enter a number and a sum, and save."""

    name = "sheet"
    summary = "enter a number and a sum in a spreadsheet, and save"
    program = package = "gnumeric"

    def draw(self, draw: Draw) -> dict[str, Any]:
        """Some goods, one without its number, and a row for the total."""
        names = draw.words(GOODS, draw.whole(3, 5))
        numbers = [draw.whole(2, 90) for _ in names]
        target, spare = draw.several(range(len(names)), 2)
        return {
            "names": names,
            "numbers": [0 if index == target else number for index, number in enumerate(numbers)],
            "target": target,
            "spare": spare,
            "new": numbers[target],
            "total": draw.word(TOTALS),
        }

    def files(self, spec: Mapping[str, Any]) -> Mapping[str, str | None]:
        """The sheet, as Gnumeric reads it."""
        rows: list[tuple[str, str | int]] = [("Article", "Number")]
        rows += [
            (name, number) for name, number in zip(spec["names"], spec["numbers"], strict=True)
        ]
        return {_FILE: _workbook([*rows, (spec["total"], "")])}

    def command(self, spec: Mapping[str, Any]) -> str:
        """The spreadsheet, with the file."""
        return f"gnumeric --no-splash {_FILE}"

    def read(self, home: Path) -> Mapping[str, Any]:
        """Values and formulas of the sheet as it was saved last, by row and column from 0."""
        return {"formulas": _formulas(home / _FILE), "values": _values(home / _FILE)}

    def goal(self, spec: Mapping[str, Any]) -> str:
        """The number, and where the sum goes."""
        return (
            f"Set the number of {spec['names'][spec['target']]} to {spec['new']}, put the sum of "
            f"all numbers beside {spec['total']} as a formula, and save."
        )

    def plan(self, spec: Mapping[str, Any]) -> Sequence[DesktopStep]:
        """The number, the sum, saved."""
        return [*_entered(spec, spec["target"], spec["new"]), *_summed(spec), press("Control+s")]

    def near_misses(self, spec: Mapping[str, Any]) -> Mapping[str, Sequence[DesktopStep]]:
        """Not saved; another row; a sum that leaves one out; a number for a formula."""
        number = _entered(spec, spec["target"], spec["new"])
        total = sum(spec["numbers"]) + spec["new"]
        return {
            "not saved": self.plan(spec)[:-1],
            "another row": [
                *_entered(spec, spec["spare"], spec["new"]),
                *_summed(spec),
                press("Control+s"),
            ],
            "one left out": [*number, *_summed(spec, first=3), press("Control+s")],
            "no formula": [
                *number,
                *_at(spec["total"], len(spec["names"]) + 1, str(total)),
                press("Control+s"),
            ],
        }

    def judge(self, spec: Mapping[str, Any], state: Mapping[str, Any]) -> Score:
        """All cells have the values that they should, and the sum is a formula."""
        numbers = list(spec["numbers"])
        numbers[spec["target"]] = spec["new"]
        rows = [["Article", "Number"]]
        rows += [[name, str(number)] for name, number in zip(spec["names"], numbers, strict=True)]
        rows.append([spec["total"], str(sum(numbers))])
        return verdict(
            (state["values"] != rows, f"the sheet that was saved holds {state['values']}"),
            (
                state["formulas"] != [[len(rows) - 1, 1]],
                f"formulas are in the cells {state['formulas']}",
            ),
        )


def _entered(spec: Mapping[str, Any], index: int, number: int) -> list[DesktopStep]:
    return _at(spec["names"][index], index + 1, str(number))


def _summed(spec: Mapping[str, Any], first: int = 2) -> list[DesktopStep]:
    last = len(spec["names"]) + 1
    return _at(spec["total"], last, f"=sum(B{first}:B{last})")


def _at(label: str, row: int, text: str) -> list[DesktopStep]:
    """Beside a label, in a row from 0."""
    there: list[Action] = [Press("Control+Home"), *[Press("ArrowDown")] * row]
    return [
        told(f'click "{label}"', *there),
        press("ArrowRight"),
        told(f'type "{text}"', Type(text)),
        press("Enter"),
    ]


def _workbook(rows: Sequence[Sequence[str | int]]) -> str:
    """A sheet in Gnumeric's own format, without what may be left out."""
    cells = "".join(
        _cell(row, column, value)
        for row, values in enumerate(rows)
        for column, value in enumerate(values)
        if value != ""
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><gnm:Workbook xmlns:gnm="{_NAMESPACE}">'
        '<gnm:SheetNameIndex><gnm:SheetName gnm:Cols="256" gnm:Rows="65536">Stock</gnm:SheetName>'
        "</gnm:SheetNameIndex><gnm:Sheets><gnm:Sheet><gnm:Name>Stock</gnm:Name>"
        f"<gnm:Cells>{cells}</gnm:Cells></gnm:Sheet></gnm:Sheets></gnm:Workbook>"
    )


def _cell(row: int, column: int, value: str | int) -> str:
    kind = _NUMBER if isinstance(value, int) else _TEXT
    place = f'Row="{row}" Col="{column}" ValueType="{kind}"'
    return f"<gnm:Cell {place}>{escape(str(value))}</gnm:Cell>"


def _formulas(file: Path) -> list[list[int]]:
    """Rows and columns of the cells that hold formulas; none where it is no sheet."""
    try:
        data = file.read_bytes()
        root = ElementTree.fromstring(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    except (ElementTree.ParseError, OSError, EOFError):
        return []
    return [
        [int(cell.get("Row", -1)), int(cell.get("Col", -1))]
        for cell in root.iter(f"{{{_NAMESPACE}}}Cell")
        if "ExprID" in cell.attrib or (cell.text or "").startswith("=")
    ]


def _values(file: Path) -> list[list[str]]:
    """What the cells show, row by row, as Gnumeric's own converter tells; none of no sheet.

    Raises:
        TaskFault: it does not start or does not end.
    """
    command = ("ssconvert", "--recalc", "--export-type=Gnumeric_stf:stf_csv", str(file), "fd://1")
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **home_environment(file.parent)}
    try:
        said = subprocess.run(
            command, env=environment, capture_output=True, timeout=_READ_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TaskFault(f"ssconvert, of the package gnumeric, does not read it: {error}") from error
    return list(csv.reader(io.StringIO(said.stdout.decode("utf-8"))))
