"""Tasks with a calculator: compute, and close it while it shows the result."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vigorl.browser.actions import Press
from vigorl.browser.environment import Score
from vigorl.tasks.desktop.installed import InstalledTask, write_file
from vigorl.tasks.desktop.task import DesktopStep, press, told, write
from vigorl.tasks.local.draw import Draw
from vigorl.tasks.local.embedded import verdict

JOBS = ("product", "brackets", "root")

_SETTINGS = ".config/galculator/galculator.conf"
_SHOWN = re.compile(r'^remembered_valuex="(.*)"$', re.MULTILINE)
"""What the display showed as the program was closed. Source: what galculator 2.1.4 writes."""
_SQUARES = [each**2 for each in range(13, 100) if len(set(str(each**2))) == len(str(each**2))]


class CalculatorTask(InstalledTask):
    """Compute something of which no digit comes twice: galculator drops what does within 250 ms."""

    name = "calculator"
    summary = "compute with a calculator, and close it while it shows the result"
    program = package = "galculator"

    def draw(self, draw: Draw) -> dict[str, Any]:
        """Three numbers without a digit in common, or a square; few buttons, or many."""
        *digits, third, other = draw.numbers(1, 9, 6)
        return {
            "job": draw.one(JOBS),
            "numbers": [10 * digits[0] + digits[1], 10 * digits[2] + digits[3], third],
            "other": other,
            "square": draw.one(_SQUARES),
            "scientific": draw.chance(0.5),
        }

    def files(self, spec: Mapping[str, Any]) -> Mapping[str, str | None]:
        """None that a user sees."""
        return {}

    def fill(self, home: Path, parameters: Mapping[str, Any]) -> None:
        """The settings of the calculator, with nothing that it remembers."""
        super().fill(home, parameters)
        look = parameters["look"]
        settings = {
            "mode": int(parameters["spec"]["scientific"]),
            "display_result_font": f'"{look["font"]} Bold {2 * look["size_pt"]}"',
            "custom_button_font": "true",
            "button_font": f'"{look["font"]} {look["size_pt"]}"',
        }
        lines = "".join(f"{name}={value}\n" for name, value in settings.items())
        write_file(home / _SETTINGS, f"[general]\n{lines}")

    def command(self, spec: Mapping[str, Any]) -> str:
        """The calculator."""
        return "galculator"

    def read(self, home: Path) -> Mapping[str, Any]:
        """What it showed as it was closed, which it keeps in its settings; None before."""
        try:
            kept = _SHOWN.search((home / _SETTINGS).read_text("utf-8", errors="replace"))
        except FileNotFoundError:
            kept = None
        return {"shown": kept and kept.group(1)}

    def goal(self, spec: Mapping[str, Any]) -> str:
        """What to compute."""
        first, second, third = spec["numbers"]
        match spec["job"]:
            case "product":
                what = f"{first} × {second} + {third}"
            case "brackets":
                what = f"({first} + {second}) × {third}"
            case _:
                what = f"the square root of {spec['square']}"
        return f"Compute {what} with the calculator, and close it while it shows the result."

    def plan(self, spec: Mapping[str, Any]) -> Sequence[DesktopStep]:
        """By the keys of the calculator."""
        return [*_computed(spec), press("Control+q")]

    def near_misses(self, spec: Mapping[str, Any]) -> Mapping[str, Sequence[DesktopStep]]:
        """Left open; before the result; another number or operation; wiped off."""
        close = press("Control+q")
        off = {"numbers": [*spec["numbers"][:2], spec["other"]], "square": spec["square"] + 1}
        if spec["job"] == "root":
            another = [write(str(spec["square"])), told('click "x^2"', Press("q"))]
        else:
            another = _computed(spec, plus="-")
        return {
            "left open": self.plan(spec)[:-1],
            "before the result": [*_computed(spec)[:-1], close],
            "another operation": [*another, close],
            "another number": [*_computed({**spec, **off}), close],
            "wiped off": [*_computed(spec), press("Escape"), close],
        }

    def judge(self, spec: Mapping[str, Any], state: Mapping[str, Any]) -> Score:
        """The calculator was closed, and showed the result."""
        first, second, third = spec["numbers"]
        match spec["job"]:
            case "product":
                result = first * second + third
            case "brackets":
                result = (first + second) * third
            case _:
                result = math.isqrt(spec["square"])
        shown = state["shown"]
        return verdict(
            (shown is None, "the calculator has not been closed"),
            (shown != str(result), f"it showed {shown} as it was closed, not {result}"),
        )


def _computed(spec: Mapping[str, Any], plus: str = "+") -> list[DesktopStep]:
    first, second, third = spec["numbers"]
    match spec["job"]:
        case "product":
            return [write(f"{first}*{second}{plus}{third}"), press("Enter")]
        case "brackets":
            return [write(f"({first}{plus}{second})*{third}"), press("Enter")]
        case _:
            return [write(str(spec["square"])), told('click "sqrt"', Press("r"))]
