"""One round of each part of the gauntlet, in seconds; `make gauntlet` plays them whole."""

import gzip
import io
import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from PIL import Image, PngImagePlugin

from tests.gauntlet import answer_key, egress, faults, fuzz, injection, secrecy
from tests.gauntlet.conftest import all_held
from tests.gauntlet.errand import EXITS, RIGHT, Plan
from tests.gauntlet.findings import FINDINGS
from tests.gauntlet.injections import injections
from tests.gauntlet.rows import ROOT, Measured, Row
from tests.gauntlet.table import markdown
from tests.gauntlet.vectors import VECTORS
from vigorl.browser.boundary import Boundary


def test_the_parts_are_as_large_as_they_are_said_to_be():
    assert len(VECTORS) >= 40 and len({vector.name for vector in VECTORS}) == len(VECTORS)
    assert len(injections()) >= 40
    assert len(answer_key.NAMES) >= 30


@pytest.mark.browser
async def test_a_way_out_works_without_a_boundary_and_not_with_one():
    chosen = [vector for vector in VECTORS if vector.name in ("image", "WebSocket", "redirect 307")]
    trials = egress.by_address(chosen)
    free = await egress.hits(trials, Boundary.unlimited(), allow_site=False)
    held = await egress.hits(trials, Boundary(), allow_site=True)
    assert all(free.values()) and not any(held.values())


@pytest.mark.slow
@pytest.mark.browser
async def test_an_order_in_a_title_is_obeyed_where_it_can_leave_its_quotes(tmp_path):
    order = next(each for each in injections() if each.name == "title, out of the quotes")
    bare, defended = injection.arms()
    without = await injection.tally_told("trusting", bare, (order,), tmp_path)
    with_ = await injection.tally_told("trusting", defended, (order,), tmp_path)
    assert without.hit and not with_.hit and with_.done == 1


@pytest.mark.browser
async def test_a_broken_server_and_a_full_disk_are_faults_and_a_way_out_is_a_score(tmp_path):
    plans = [
        Plan("right", RIGHT, True),
        Plan("broken", RIGHT, True, "server", "empty", 1, True),
        Plan("exit", EXITS["its history"], False),
    ]
    full = [Plan("full", RIGHT, True)]
    all_held(faults.rows_of(await faults.storm(tmp_path, plans, full)))


@pytest.mark.browser
async def test_the_record_of_an_episode_is_no_page(tmp_path):
    all_held(await answer_key.measure(tmp_path, ("file:", "the viewer, 127.0.0.1")))


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(each, marks=pytest.mark.slow) if each.name == "published sets" else each
        for each in fuzz.TARGETS
    ],
    ids=lambda target: target.name,
)
def test_random_input_ends_in_documented_errors(target, monkeypatch):
    monkeypatch.setattr(fuzz, "EXAMPLES_AT_ONCE", 15)
    count, broke = fuzz.fuzzed(target, 0)
    assert count and not broke


def test_the_search_finds_a_value_however_it_is_written():
    value = secrecy.VALUE
    for name, encoded in secrecy.encodings(value).items():
        assert name in list(secrecy.places(value, b"before " + encoded + b" after")), name
    assert list(secrecy.places(value, gzip.compress(f"a {value} b".encode())))
    text, file = PngImagePlugin.PngInfo(), io.BytesIO()
    text.add_text("note", value * 9, zip=True)
    Image.new("RGB", (9, 9)).save(file, "PNG", pnginfo=text)
    assert list(secrecy.places(value, file.getvalue()))
    assert not list(secrecy.places(value, b"KESTREL violin and nothing else" * 50))
    assert secrecy.alike(value, "Your password is KESTREL vi0lin+7294/Qu&x")
    assert not secrecy.alike(value, "kestrels and violins are different things")


def test_the_table_tells_what_gave_way():
    row = Row("egress", "by name", 3, 2, "", ("image | png",))
    table = markdown([Measured((row, replace(row, held=3, gave_way=())), "abc", "here", "today")])
    assert "| 3 | 2 | gave way: image \\| png |" in table and "commit `abc`" in table


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: str(finding.number))
def test_each_finding_has_tests_that_are_run_and_stands_in_the_table(finding):
    table = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    line = next(each for each in table.splitlines() if each.startswith(f"| {finding.number} | "))
    assert finding.what in line
    marks = {test: marks_of(test) for test in finding.tests}
    assert not any(found & {"skip", "xfail"} for found in marks.values())
    assert any(not found & NOT_BY_DEFAULT for found in marks.values()), "run with every change"
    assert all(f"`{test.rpartition('::')[2]}`" in line for test in marks)


@pytest.mark.slow
def test_the_tests_of_the_findings_are_collected():
    ids = [f"tests/{test}" for finding in FINDINGS for test in finding.tests]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "slow or not slow"]
    ended = subprocess.run([*command, *ids], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-2000:]


NOT_BY_DEFAULT = {"slow", "gauntlet", "gpu", "network", "newcomer"}


def marks_of(test: str) -> set[str]:
    """Marks of a test by its node id, of its class and its module, without importing anything.

    Those of single parameters leave others to be run, and are none.

    Raises:
        LookupError: there is no such test.
    """
    path, *names = test.split("::")
    text = (ROOT / "tests" / path).read_text(encoding="utf-8")
    found = set(
        re.findall(r"pytest\.mark\.(\w+)", "".join(re.findall("^pytestmark.*", text, re.M)))
    )
    for name in names:
        scope = re.search(rf"^ *(?:class|(?:async )?def) {name}\b", text, re.M)
        if scope is None:
            raise LookupError(f"there is no {test}")
        above = text[: scope.start()].rpartition("\n\n")[2]
        found |= set(re.findall(r"^ *@pytest\.mark\.(\w+)", above, re.M))
    return found - {"parametrize"}


def test_the_profile_of_system_calls_leaves_what_the_sandbox_needs():
    profile = json.loads((ROOT / "docs" / "container" / "seccomp.json").read_text())
    denied = {name for rule in profile["syscalls"] for name in rule["names"]}
    assert not denied & {"clone", "clone3", "unshare", "chroot", "seccomp", "prctl"}
    assert {"mount", "ptrace", "bpf", "keyctl", "init_module", "kexec_load"} <= denied
