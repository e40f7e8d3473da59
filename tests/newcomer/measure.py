"""How often a newcomer is told "done", and how often that is false.

    python tests/newcomer/measure.py [--model reader] [--family NAME] [--split dev|held_out|all]
                                     [--task ID …] [--goals] [--steps 30] [--out DIR]
                                     [--at-once 2] [--json] [--reveal]

Plays the instructions of `tasks.py`, or with `--goals` what they are for (`goals.py`), on the
twenty sites beside this file, in the product's own loop, and judges the state that each leaves
behind. Of the sites held out only the figures are shown, unless `--reveal` is given: who looks at
them can no longer use them as a measure.
"""

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.newcomer.dev import DEV
from tests.newcomer.goals import as_goals
from tests.newcomer.held_out import HELD_OUT
from tests.newcomer.played import LIMITS, Result, Verdict, play, sites_server
from tests.newcomer.tasks import NewcomerTask
from vigorl.agent.evaluation.statistics import Cell, wilson
from vigorl.agent.limits import Limits
from vigorl.agent.run import ModelConfig
from vigorl.browser.chromium import Browser, BrowserSettings
from vigorl.policy.factory import READER, open_policy

TASKS: tuple[NewcomerTask, ...] = (*DEV, *HELD_OUT)
SIGNS: dict[Verdict, str] = {
    "done and right": "✔",
    "false done": "‼",
    "honest refusal": "✔",
    "wrong refusal": "✖",
    "harm before a refusal": "‼",
    "stuck": "✖",
    "fault": "✖",
}


def tasks_of(split: str, ids: Sequence[str] = ()) -> list[NewcomerTask]:
    """The tasks of a split, or of all, with these ids where any are given."""
    return [
        task
        for task in TASKS
        if split in ("all", task.split) and (not ids or task.id in ids or task.site in ids)
    ]


async def measure(
    tasks: Sequence[NewcomerTask],
    model: ModelConfig,
    runs: Path,
    limits: Limits = LIMITS,
    at_once: int = 2,
) -> list[Result]:
    """Play the tasks, so many at a time in one browser, each in a context of its own."""
    policy = await open_policy(model)
    places = asyncio.Semaphore(at_once)
    try:
        async with Browser(BrowserSettings()) as browser, sites_server() as server:

            async def one(task: NewcomerTask) -> Result:
                async with places:
                    return await play(task, policy, browser, server.origin, runs, limits)

            return list(await asyncio.gather(*map(one, tasks)))
    finally:
        await policy.close()


def figures(results: Sequence[Result]) -> dict[str, Any]:
    """The figures of one split."""
    verdicts: Counter[Verdict] = Counter(result.verdict for result in results)
    done = [float(r.verdict == "false done") for r in results if r.verdict in _DONE]
    can = [float(r.verdict == "done and right") for r in results if r.task.kind == "can be done"]
    refused = [r for r in results if r.verdict == "honest refusal"]
    return {
        "verdicts": {verdict: verdicts[verdict] for verdict in get_args(Verdict)},
        "false_done_of_done": _as_json(wilson(done)),
        "done_of_what_can_be_done": _as_json(wilson(can)),
        "refusals_that_name_the_cause": [sum(r.names_the_cause for r in refused), len(refused)],
    }


_DONE = ("done and right", "false done")


def _as_json(cell: Cell) -> dict[str, float | int | None]:
    return {"mean": cell.mean, "low": cell.low, "high": cell.high, "n": cell.n}


def show(console: Console, results: Sequence[Result], reveal: bool) -> None:
    """Print what came of each task that may be looked at, and the figures of each split."""
    shown = [result for result in results if reveal or result.task.split == "dev"]
    if shown:
        table = Table("", "task", "verdict", "answer or reason", "s", box=None)
        for r in sorted(shown, key=lambda r: (r.task.kind, r.task.id)):
            named = "" if r.verdict != "honest refusal" or r.names_the_cause else " (cause unnamed)"
            said = r.reason if r.answer is None else f"“{r.answer}”"
            kind = "" if r.task.kind == "can be done" else " (trap)"
            table.add_row(
                SIGNS[r.verdict], r.task.id + kind, r.verdict + named, said, f"{r.seconds:.1f}"
            )
        console.print(table, markup=False)
    for split in ("dev", "held_out"):
        if part := [result for result in results if result.task.split == split]:
            console.print(f"\n{split}: " + headline(part), markup=False, highlight=False)


def headline(results: Sequence[Result]) -> str:
    """The figures of one split, in words."""
    numbers = figures(results)
    false, can = numbers["false_done_of_done"], numbers["done_of_what_can_be_done"]
    named, refused = numbers["refusals_that_name_the_cause"]
    counts = ", ".join(f"{n} {verdict}" for verdict, n in numbers["verdicts"].items() if n)
    return (
        f"false done {_of(false)} done; done and right {_of(can)} that can be done\n"
        f"  {len(results)} instructions: {counts}; {named} of {refused} honest refusals name "
        "their cause"
    )


def _of(cell: dict[str, Any]) -> str:
    if not cell["n"]:
        return "0 of 0"
    count = round(cell["mean"] * cell["n"])
    interval = f"{cell['mean']:.1%} [{cell['low']:.1%}, {cell['high']:.1%}]"
    return f"{count} of {cell['n']} ({interval})"


def main() -> int:
    """Measure and print; exits with 1 where a done was false."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=READER, help="as `vigorl-agent run --model`")
    parser.add_argument("--family", help="as `vigorl-agent run --family`")
    parser.add_argument("--goals", action="store_true", help="say what is wanted, not the steps")
    parser.add_argument("--steps", type=int, default=LIMITS.steps, help="most turns of an episode")
    parser.add_argument("--split", default="all", choices=("dev", "held_out", "all"))
    parser.add_argument(
        "--task", action="append", default=[], metavar="ID", help="or a site's name"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/newcomer"), help="for the records")
    parser.add_argument("--at-once", type=int, default=2, help="episodes side by side")
    parser.add_argument("--json", action="store_true", help="figures on standard output")
    parser.add_argument("--reveal", action="store_true", help="show what is held out, too")
    options = parser.parse_args()
    tasks = tasks_of(options.split, options.task)
    if options.goals:
        tasks = as_goals(tasks)
    if not tasks:
        parser.error(f"no task {', '.join(options.task)} in the split {options.split}")
    model = ModelConfig(model=options.model, family=options.family)
    limits = replace(LIMITS, steps=options.steps)
    results = asyncio.run(measure(tasks, model, options.out, limits, options.at_once))
    report = {
        "model": options.model,
        "goals": options.goals,
        **{
            split: figures(part)
            for split in ("dev", "held_out")
            if (part := [r for r in results if r.task.split == split])
        },
        "tasks": [r.as_json() for r in results if options.reveal or r.task.split == "dev"],
    }
    text = json.dumps(report, indent=2, ensure_ascii=False)
    (options.out / "report.json").write_text(text + "\n", encoding="utf-8")
    if options.json:
        print(text)
    else:
        show(Console(width=160), results, options.reveal)
    return int(any(r.verdict == "false done" for r in results))


if __name__ == "__main__":
    sys.exit(main())
