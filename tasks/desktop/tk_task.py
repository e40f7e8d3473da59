"""Tasks with the Tk program of ours, which tells its state and where its parts are."""

import json
import shlex
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vigorl.browser.geometry import Frame
from vigorl.tasks.desktop.link import ProgramLink
from vigorl.tasks.desktop.task import DesktopTask

_PROGRAM = Path(__file__).with_name("program.py")


class TkTask(DesktopTask):
    """A kind of window of `program.py`, which is given the row's specification."""

    package = "python3-tk"
    themes = ("clam", "alt", "default", "classic")

    def is_installed(self) -> bool:
        """Whether this Python has Tk."""
        return find_spec("_tkinter") is not None

    def command(self, spec: Mapping[str, Any]) -> str:
        """The program, told of the folder that it is started in."""
        return shlex.join((sys.executable, "-I", str(_PROGRAM), "."))

    def fill(self, home: Path, parameters: Mapping[str, Any]) -> None:
        """What the program is to show, and how."""
        told = {"spec": parameters["spec"], "look": parameters["look"]}
        (home / "spec.json").write_text(json.dumps(told), "utf-8")

    def link(self, home: Path, frame: Frame) -> ProgramLink:
        """A line over the program's socket."""
        return ProgramLink(home, frame)
