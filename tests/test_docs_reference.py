"""What the docs say of the code: every field of every record, every family, every claim's page."""

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

from vigorl.agent.evaluation.evaluation import Result, summarise
from vigorl.agent.evaluation.shards import EvaluationPlan
from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.agent.record.named_boxes import NamedBox
from vigorl.agent.record.trajectory import (
    DoneCheck,
    EndRecord,
    Seen,
    SeenView,
    StartRecord,
    StepRecord,
)
from vigorl.browser.deeds import Approval, Consent, Deed
from vigorl.browser.environment import Score
from vigorl.browser.geometry import Frame
from vigorl.browser.observation import Event, Mark, PendingQuestion, RefusedConnections, Tab
from vigorl.policy.family import FAMILIES
from vigorl.policy.points import Mention
from vigorl.policy.policy import ShownImage, Tokens, Turn
from vigorl.policy.usage import Usage
from vigorl.training.search.record import StoredTree
from vigorl.training.search.search_tree import Node, SearchTree

ROOT = Path(__file__).parent.parent
RECORDS = (
    *(
        StartRecord,
        GroundTruth,
        StepRecord,
        EndRecord,
        DoneCheck,
        Score,
        Seen,
        SeenView,
        Frame,
        Tab,
        Event,
        Mark,
    ),
    *(PendingQuestion, RefusedConnections, Consent, Deed, Approval, Turn, Mention, Tokens),
    *(ShownImage, Usage, EvaluationPlan, Result, NamedBox),
    *(StoredTree, SearchTree, Node),
)
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
GROUPS = {"vigorl.benchmarks", "vigorl.policies", "vigorl.families"}
"""Of entry points: no modules."""
PARTS = ("Claim", "Command", "Commit", "Machine", "Caveats")
RESULTS = sorted(
    page for page in (ROOT / "docs/results").glob("*.md") if page.stem not in {"index", "LOG"}
)


def documented(heading: str) -> list[str]:
    """The fields in the table below a heading that ends with this name, in their order."""
    page = (ROOT / "docs/run-folders.md").read_text()
    _, found, rest = page.partition(f"{heading}\n")
    assert found, f"run-folders.md has no heading that ends with {heading}"
    table = re.split(r"^#", rest, maxsplit=1, flags=re.MULTILINE)[0]
    cells = re.findall(r"^\| (`[^|]+) \|", table, flags=re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([\w/]+)`", cell)]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: str(record.__name__))
def test_every_field_of_a_record_is_documented_and_no_other(record: type) -> None:
    assert sorted(documented(f"`{record.__name__}`")) == sorted(
        field.name for field in fields(record)
    )


def test_every_number_of_a_summary_is_documented_and_no_other() -> None:
    looked = Result("a", (), 1.0, "", "done", "", 1, 1.0, "a", second_look=True)
    summary = summarise([looked], ROOT).as_json()
    assert set(documented("### summary.json")) == set(summary)
    assert set(summary["cells"]["all"]) == {"mean", "low", "high", "n"}


def test_every_metric_of_a_training_is_documented_and_no_other() -> None:
    """Those that the loop's own table names; the learner's stand in the code of its update."""
    table = ast.get_docstring(ast.parse((ROOT / "training/grpo/loop.py").read_text())) or ""
    rows = re.findall(r"^([a-z][\w/]*(?:, [a-z][\w/]*)*)(?:, …)?  ", table, flags=re.MULTILINE)
    logged = {name for row in rows for name in row.split(", ")}
    names = set(documented("### metrics.jsonl of `train grpo`"))
    assert len(logged) > 20
    assert logged - names == set()
    update = (ROOT / "training/grpo/update.py").read_text()
    assert [name for name in names - logged if f'"{name}"' not in update] == []


def test_every_family_is_documented() -> None:
    page = (ROOT / "docs/models.md").read_text()
    assert [family.name for family in FAMILIES if f"`{family.name}`" not in page] == []


@pytest.mark.parametrize("page", RESULTS, ids=lambda page: page.stem)
def test_a_result_names_its_claim_table_command_commit_machine_and_caveats(page: Path) -> None:
    text = page.read_text()
    assert [part for part in PARTS if f"**{part}.**" not in text] == []
    assert "|---|" in text
    assert "```console" in text


def test_every_result_is_in_the_index() -> None:
    index = (ROOT / "docs/results/index.md").read_text()
    assert [page.name for page in RESULTS if f"({page.name})" not in index] == []


def stands_in_the_code(name: str) -> bool:
    """Whether `vigorl.package.module.Name` is a module, or a name in one."""
    *parents, last = name.removeprefix("vigorl.").split(".")
    place = ROOT.joinpath(*parents, last)
    if place.is_dir() or place.with_suffix(".py").is_file():
        return True
    module = ROOT.joinpath(*parents).with_suffix(".py")
    defined = rf"^(class|def|async def) {last}\b|^{last}\b.*="
    return module.is_file() and re.search(defined, module.read_text(), re.MULTILINE) is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_module_and_file_that_a_page_names_exists(page: Path) -> None:
    words = re.findall(r"`([\w./-]+)`", page.read_text())
    names = [
        word
        for word in words
        if word.startswith("vigorl.") and not word.endswith((".", ".py", ".toml"))
    ]
    missing = [name for name in names if name not in GROUPS and not stands_in_the_code(name)]
    files = [word for word in words if re.fullmatch(r"[\w-]+/[\w./-]+\.(py|md|svg)", word)]
    assert missing + [file for file in files if not (ROOT / file).exists()] == []
