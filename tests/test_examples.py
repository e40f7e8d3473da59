"""The examples: each is short, runs offline, and prints what it says."""

import contextlib
import io
import re
import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
SAYS = {
    "basic": r"done 6\.80 .*runs",
    "evaluate": r"login 1\.0 of 1\nshop 1\.0 of 1",
    "own_browser": "de-DE,true",
    "own_policy": "done, unchecked in 2 steps: clicked",
    "own_tool": r"rate returned 1\.1",
    "record": r"1 .*Type\(.*\n(.*\n)*.*index\.html .*filmstrip\.png",
    "secret": "done in .*\nin the record: False",
    "steps": r"1 .*→ type .* \(1366, 768\)\n(.*\n)*done in 4 steps",
    "structured": "three of them cost 20.40",
    "other_trainer": r"Seville\? \(.*\nlooked closer: .*\nThe episode is over\.\nreward 1\.0",
    "two_at_once": r'tell me the "Oolong" -> 6\.80\ntell me the "Green tea" -> 4\.20',
    "veto": r"1 .*→ click .*\n(.*\n)*gave up .*Nothing is to be clicked today",
}
QUICK = ("own_policy", "own_tool", "structured")
"""Those that say most about the interface, in the least time."""


@pytest.mark.one_in(3)
@pytest.mark.browser
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in SAYS],
)
def test_an_example_does_what_it_says(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert re.search(SAYS[name], told.getvalue()), told.getvalue()


def test_examples_are_short_and_all_are_run() -> None:
    found = {path.stem: path.read_text().count("\n") for path in EXAMPLES.glob("*.py")}
    assert found.keys() == SAYS.keys()
    assert max(found.values()) <= 30
