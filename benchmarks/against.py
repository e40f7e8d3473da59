"""How fast this checkout is beside another one: ratios, from runs that take turns.

    python benchmarks/against.py /path/to/other [--rounds N] [--only step update …] [--json]

The other checkout has a virtual environment of its own, `.venv`, into which it is installed. Each
round makes the same measurement in a process of either checkout, the first one in turns; `step` by
this checkout's script on either, the others each by its own. A ratio is other / this for times and
this / other for rates: above 1, this checkout is the faster. It is told as the median over the
rounds, with the smallest and the largest.

- `step`: ms of `LivePage.step(Click(...))`, median (`step.py`);
- `settle`: ms until a page is known to be ready, mean over the usual scenarios (`settle.py`);
- `miniwob`: clicks per second, 8 episodes at a time in one Chromium (`miniwob.py`);
- `update`: CPU seconds of the passes through a group as a prefix tree (`update.py`).
"""

import argparse
import json
import statistics
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

THIS = Path(__file__).resolve().parent.parent
FOLDERS = ("benchmarks", "tests/bench")
"""Where a checkout has its benchmarks, today and in earlier versions."""


@dataclass(frozen=True)
class Metric:
    """One number of one benchmark."""

    arguments: tuple[str, ...]
    """Of the benchmark's command, which prints JSON."""
    keys: tuple[str, ...]
    """Where in the JSON."""
    is_rate: bool = False
    is_ours: bool = False
    """This checkout's script measures the other one as well."""


RATE = (
    "import asyncio, json, runpy, sys; ours = runpy.run_path(sys.argv[1])['ours'];"
    "clicks, seconds = asyncio.run(ours(2, 8)); print(json.dumps({'rate': clicks / seconds}))"
)
"""Clicks per second without BrowserGym beside it."""

METRICS: Mapping[str, Metric] = {
    "step": Metric(("step.py", "--repeat", "15"), ("median_ms", "step"), is_ours=True),
    "settle": Metric(("settle.py", "--repeat", "1"), ("totals", "causal", "mean_ms")),
    "miniwob": Metric(("miniwob.py",), ("rate",), is_rate=True),
    "update": Metric(("update.py", "--arms", "tree", "--repeat", "2"), ("seconds", "tree")),
}


def measured(checkout: Path, metric: Metric) -> float:
    """The number of a checkout, in a process of its own."""
    home = THIS if metric.is_ours else checkout
    folder = next(home / name for name in FOLDERS if (home / name / "step.py").is_file())
    script, *options = metric.arguments
    command = [str(checkout / ".venv/bin/python")]
    command += ["-c", RATE] if metric.is_rate else []
    command += [str(folder / script), *options]
    command += [] if metric.is_rate else ["--json"]
    done = subprocess.run(command, cwd=checkout, stdout=subprocess.PIPE, text=True, check=True)
    number = json.loads(done.stdout)
    for key in metric.keys:
        number = number[key]
    return statistics.median(number) if isinstance(number, list) else float(number)


def ratios(other: Path, metric: Metric, rounds: int) -> list[float]:
    """Above 1 where this checkout is the faster, round by round."""
    found = []
    for number in range(rounds):
        pair = (THIS, other) if number % 2 else (other, THIS)
        value = {checkout: measured(checkout, metric) for checkout in pair}
        ours, theirs = value[THIS], value[other]
        found.append(ours / theirs if metric.is_rate else theirs / ours)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path)
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--only", nargs="+", default=list(METRICS), choices=list(METRICS))
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    report = {}
    for name in asked.only:
        found = ratios(asked.other.resolve(), METRICS[name], asked.rounds)
        report[name] = {
            "median": round(statistics.median(found), 3),
            "smallest": round(min(found), 3),
            "largest": round(max(found), 3),
        }
        if not asked.json:
            print(f"{name:8} {report[name]}", flush=True)
    if asked.json:
        print(json.dumps(report))


if __name__ == "__main__":
    main()
