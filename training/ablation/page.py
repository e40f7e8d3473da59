"""An ablation as one web page: a table of the variants, their differences, their curves."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from markupsafe import Markup

from vigorl.agent.viewer.gallery import sheet
from vigorl.agent.viewer.page_templates import templates
from vigorl.browser.run_folder import disk
from vigorl.training.ablation.ablation import AblationFindings, VariantOutcome

WIDTH, HEIGHT = 680, 280
"""Of the inside of the chart, in units of its picture."""
LABEL = 16
"""From one name to the next below it."""


@dataclass(frozen=True, slots=True)
class ChartLine:
    """A variant in the chart: the mean of its trainings, and the band that they lie in."""

    name: str
    mean: str
    """Points of an SVG polyline."""
    band: str
    """Points of an SVG polygon."""
    label: float
    """Where its name stands, from the top."""


def write_ablation_page(folder: Path, found: AblationFindings) -> Path:
    """Write `index.html` beside `ablation.json`.

    Raises:
        StorageFault: the page cannot be written.
    """
    path = folder / "index.html"
    html = render_ablation_page(found)
    with disk(folder):
        path.write_text(html, encoding="utf-8")
    return path


def render_ablation_page(found: AblationFindings) -> str:
    """The page as HTML."""
    here, pages = Path(__file__).parent, templates()
    template = pages.from_string((here / "ablation.html.jinja").read_text(encoding="utf-8"))
    return template.render(
        found=found,
        lines=lines_of([outcome for outcome in found.outcomes if outcome.curves]),
        width=WIDTH,
        height=HEIGHT,
        sheet=sheet() + Markup((here / "ablation.css").read_text(encoding="utf-8")),
    )


def lines_of(outcomes: Sequence[VariantOutcome]) -> list[ChartLine]:
    """Lay out the trainings of each variant, names one below the other at their ends."""
    lines = sorted(map(_line, outcomes), key=lambda line: line.label)
    below = -float(LABEL)
    for number, line in enumerate(lines):
        below = max(line.label, below + LABEL)
        lines[number] = replace(line, label=below)
    return lines


def _line(outcome: VariantOutcome) -> ChartLine:
    """One variant; updates go to the right and the score goes up."""
    updates = list(zip(*outcome.curves, strict=True))
    right = WIDTH / max(1, len(updates) - 1)

    def at(update: int, score: float) -> str:
        return f"{update * right:.1f},{HEIGHT * (1 - score):.1f}"

    means = [statistics.fmean(scores) for scores in updates]
    above = [at(update, max(scores)) for update, scores in enumerate(updates)]
    below = [at(update, min(scores)) for update, scores in enumerate(updates)]
    mean = [at(update, score) for update, score in enumerate(means)]
    return ChartLine(
        outcome.variant.name,
        " ".join(mean),
        " ".join([*above, *reversed(below)]),
        HEIGHT * (1 - means[-1]),
    )
