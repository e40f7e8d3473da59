"""Draws how nano learnt: `python benchmarks/curves.py training/nano/weights/curves OUT.svg`.

Reads the metrics.jsonl of the runs of each route, one after the other (`pixels-1.jsonl` …), and
draws shares over minutes of training. What is held out is drawn as dots.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WIDTH, HEIGHT, GAP, LEFT, TOP = 380, 220, 70, 50, 46
PANELS = {
    "pixels": ("A, from pixels", ("looked", "read", "near_x", "near_y", "pointed")),
    "reading": ("B, from readings", ("right",)),
}
NAMES = {
    "looked": "looks at the target",
    "read": "characters read",
    "near_x": "x within 2 %",
    "near_y": "y within 2 %",
    "pointed": "held-out words pointed at",
    "right": "tokens of a turn right",
}
COLOURS = ("#2563eb", "#d97706", "#059669", "#9333ea", "#111827")


@dataclass(frozen=True)
class Curve:
    """One measure of one route."""

    name: str
    points: list[tuple[float, float]]
    """Minutes of training, and the share."""


def curves(runs: Sequence[Path], names: Sequence[str]) -> tuple[list[Curve], int]:
    """The curves of runs that went on from one another, and the steps of all."""
    points: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    before_s, steps = 0.0, 0
    for run in runs:
        rows = [json.loads(line) for line in run.read_text().splitlines()]
        for row in rows:
            for name in names:
                if name in row:
                    points[name].append(((before_s + row["s"]) / 60, row[name]))
        before_s += rows[-1]["s"]
        steps += rows[-1]["step"]
    return [Curve(name, points[name]) for name in names], steps


def panel(title: str, lines: Sequence[Curve], steps: int, left: int) -> list[str]:
    """One route as SVG."""
    longest = max(minute for line in lines for minute, _ in line.points)
    out = [
        f'<text x="{left}" y="{TOP - 20}" font-weight="600">{title}: {steps:,} steps, '
        f"{longest:.1f} minutes</text>"
    ]
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = TOP + HEIGHT * (1 - share)
        out.append(
            f'<line x1="{left}" x2="{left + WIDTH}" y1="{y}" y2="{y}" stroke="#e5e7eb"/>'
            f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{share:.0%}</text>'
        )
    for minute in range(0, int(longest) + 1, 2):
        x = left + WIDTH * minute / longest
        out.append(f'<text x="{x}" y="{TOP + HEIGHT + 16}" text-anchor="middle">{minute}</text>')
    for index, line in enumerate(lines):
        placed = [
            (left + WIDTH * minute / longest, TOP + HEIGHT * (1 - share))
            for minute, share in line.points
        ]
        colour = COLOURS[index]
        if line.name == "pointed":
            out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in placed]
        else:
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
            out.append(f'<polyline points="{path}" fill="none" stroke="{colour}"/>')
        y = TOP + HEIGHT + 38 + 16 * index
        out.append(
            f'<rect x="{left}" y="{y - 8}" width="12" height="4" fill="{colour}"/>'
            f'<text x="{left + 18}" y="{y}">{NAMES[line.name]}: '
            f"{line.points[-1][1]:.1%} at the end</text>"
        )
    return out


def main() -> None:
    """Draw the curves of a folder."""
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    drawn: list[str] = []
    for number, (route, (title, names)) in enumerate(PANELS.items()):
        lines, steps = curves(sorted(folder.glob(f"{route}-*.jsonl")), names)
        drawn += panel(title, lines, steps, LEFT + number * (WIDTH + GAP))
    width, height = 2 * (WIDTH + GAP) + LEFT, TOP + HEIGHT + 38 + 16 * 5
    out.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="12" fill="#111827">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(drawn)}</svg>\n'
    )


if __name__ == "__main__":
    main()
