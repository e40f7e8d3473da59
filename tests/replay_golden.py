"""Judges recorded final states again: `python tests/replay_golden.py FILE`.

The file has a JSON object a line, gzipped or not: `site` and `idx` name a task, `answer`, `url`,
`evaluate_returns` and `api_reviews` are the state, and `score` (null where the official evaluator
raised), `gotos` and `judge_calls` what came of it. The last line that is printed is
`N records, M mismatches`.
"""

import asyncio
import gzip
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from vigorl.browser.errors import UsageError
from vigorl.tasks.visualwebarena.evaluation import Judges, evaluate_state
from vigorl.tasks.visualwebarena.files import read_tasks
from vigorl.tasks.visualwebarena.recorded import FAILED, Reads, RecordedState
from vigorl.tasks.visualwebarena.task import Sites, VwaTask
from vigorl.tasks.visualwebarena.verdict import StateVerdict

SITES = Sites(
    classifieds="http://127.0.0.1:9980",
    reddit="http://127.0.0.1:9999",
    shopping="http://127.0.0.1:7770",
    wikipedia="http://127.0.0.1:8888",
    homepage="http://127.0.0.1:4399",
)
ORDERS = {"items": [{"increment_id": "000000191"}]}
MOST_SHOWN = 20
GZIP = b"\x1f\x8b"


class StubJudge:
    """The judge that the records were made with; keeps what it was asked."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    async def is_equivalent(self, found: str, reference: str, question: str) -> bool:
        self.calls.append(["fuzzy", found, reference, question])
        return found.strip().lower() == reference.strip().lower()

    async def is_same_reason(self, found: str, reference: str, task: str) -> bool:
        self.calls.append(["ua", found, reference, task])
        return "same" in found


class StubState(RecordedState):
    """Answers as the recording harness did: the shop by path, pages that are no text by default."""

    def __init__(self, record: dict[str, Any]) -> None:
        values = [FAILED if v == "__RAISE__" else _dated(v) for v in record["evaluate_returns"]]
        super().__init__(record["url"], Reads(values=values))
        self._reviews = record["api_reviews"] or []
        self._html: str = record["default_html"]

    async def content(self) -> str:
        value = self._values.popleft() if self._values else None
        return value if isinstance(value, str) else self._html

    async def ask_shop(self, path: str, parameters: dict[str, str] | None = None) -> Any:
        return ORDERS if path.endswith("/orders") else self._reviews


async def judge_again(
    task: VwaTask, record: dict[str, Any]
) -> tuple[StateVerdict, list[str], list[list[str]]]:
    """Verdict, addresses that were gone to, and what the judge was asked."""
    state, judge = StubState(record), StubJudge()
    verdict = await evaluate_state(task, record["answer"], state, SITES, Judges(texts=judge))
    return verdict, state.entered, judge.calls


async def mismatches(records: Iterable[dict[str, Any]]) -> list[str]:
    """A line for each record that comes out differently."""
    tasks = {(task.site, task.index): task for task in read_tasks(SITES)}
    lines = []
    for record in records:
        task = tasks[record["site"], record["idx"]]
        verdict, gotos, calls = await judge_again(task, record)
        here = [verdict.score, verdict.crashed, gotos, calls]
        there = [
            record["score"],
            record["error"] is not None,
            record["gotos"],
            record["judge_calls"],
        ]
        if here != there:
            lines.append(f"{task.id} {record['case']}: {here} instead of {there} ({verdict.why})")
    return lines


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a file, gzipped or not."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if data[:2] == GZIP else data).decode("utf-8")
    yield from (json.loads(line) for line in text.split("\n") if line.strip())


def _dated(value: Any) -> Any:
    """The value with the times of comments as times again."""
    match value:
        case dict():
            return {
                key: datetime.fromisoformat(each) if key == "time" else _dated(each)
                for key, each in value.items()
            }
        case list():
            return [_dated(each) for each in value]
        case _:
            return value


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tests/replay_golden.py FILE")
    golden = list(read_records(Path(sys.argv[1])))
    try:
        found = asyncio.run(mismatches(golden))
    except UsageError as error:
        sys.exit(str(error))
    print("\n".join(found[:MOST_SHOWN]))
    print(f"{len(golden)} records, {len(found)} mismatches")
    sys.exit(1 if found else 0)
