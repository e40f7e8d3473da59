"""What the docs say of the code: every field of every record, every family, every claim's page."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from vigorl.agent.evaluation.evaluation import Result, summarise
from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.agent.record.trajectory import Check, EndRecord, Seen, SeenView, StartRecord, StepRecord
from vigorl.browser.deeds import Approval, Consent, Deed
from vigorl.browser.environment import Score
from vigorl.browser.geometry import Frame
from vigorl.browser.observation import Event, Mark, Question, Refused, Tab
from vigorl.policy.family import FAMILIES
from vigorl.policy.policy import ShownImage, Tokens, Turn
from vigorl.training.search.record import StoredTree
from vigorl.training.search.search_tree import Node, Tree

ROOT = Path(__file__).parent.parent
RECORDS = (
    *(
        StartRecord,
        GroundTruth,
        StepRecord,
        EndRecord,
        Check,
        Score,
        Seen,
        SeenView,
        Frame,
        Tab,
        Event,
        Mark,
    ),
    *(Question, Refused, Consent, Deed, Approval, Turn, Tokens, ShownImage, Result),
    *(StoredTree, Tree, Node),
)
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
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


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


def test_what_a_training_notes_is_in_its_code() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "training").rglob("*.py"))
    names = documented("### metrics.jsonl of `train grpo`")
    assert len(names) > 20
    assert [name for name in names if f'"{name}"' not in source and f"`{name}`" not in source] == []


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
