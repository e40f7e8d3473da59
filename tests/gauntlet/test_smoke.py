"""One round of each part of the gauntlet, in seconds; `make gauntlet` plays them whole."""

import gzip
import io
import json
import re
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


@pytest.mark.browser
async def test_an_order_in_a_title_is_obeyed_where_it_can_leave_its_quotes(tmp_path):
    order = next(each for each in injections() if each.name == "title, out of the quotes")
    bare, defended = injection.arms()
    without = await injection.tally_told("trusting", bare, (order,), tmp_path)
    with_ = await injection.tally_told("trusting", defended, (order,), tmp_path)
    assert without.hit and not with_.hit and with_.done == 1


@pytest.mark.browser
async def test_a_broken_server_is_a_fault_and_a_way_out_is_a_score(tmp_path):
    plans = [
        Plan("right", RIGHT, True),
        Plan("broken", RIGHT, True, "server", "empty", 1, True),
        Plan("exit", EXITS["its history"], False),
    ]
    all_held(faults.rows_of(await faults.storm(tmp_path, plans, [])))


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
def test_each_finding_has_its_tests_and_stands_in_the_table(finding):
    table = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert f"| {finding.number} | {finding.what} |" in table
    for test in finding.tests:
        path, _, name = test.partition("::")
        assert re.search(rf"def {name}\(", (ROOT / "tests" / path).read_text(encoding="utf-8")), (
            test
        )
        assert f"`{name}`" in table


def test_the_profile_of_system_calls_leaves_what_the_sandbox_needs():
    profile = json.loads((ROOT / "docs" / "container" / "seccomp.json").read_text())
    denied = {name for rule in profile["syscalls"] for name in rule["names"]}
    assert not denied & {"clone", "clone3", "unshare", "chroot", "seccomp", "prctl"}
    assert {"mount", "ptrace", "bpf", "keyctl", "init_module", "kexec_load"} <= denied
