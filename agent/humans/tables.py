"""A study's report for a terminal, and as a chart."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from vigorl.agent.analysis.plot import new_figure, save_figure
from vigorl.agent.analysis.report import MeanCount
from vigorl.agent.humans.report import PAPER, HumanReport, Unsure

_UNSURE: dict[Unsure, str] = {
    "miss": "“unsure” counts as not overlapping",
    "out": "“unsure” is left out",
}


def report_tables(report: HumanReport) -> RenderableType:
    """The figures by episodes, then by raters, then what there is to say of both."""
    return Group(_groups(report), Text(), _raters(report), *_remarks(report))


def write_human_plot(report: HumanReport, path: Path) -> Path:
    """Draw accuracy and helpfulness by episodes into a file: .png, .svg or .pdf.

    Raises:
        UsageError: matplotlib is not installed, or does not know the ending.
        StorageFault: the disk refuses.
    """
    figure = new_figure(path, 8, 4)
    left, right = figure.subplots(1, 2)
    shown = [(name, group) for name, group in report.groups.items() if group.answers]
    for axes, of, label, most in (
        (left, [group.accuracy for _, group in shown], "referent accuracy", 1.0),
        (right, [group.helpfulness for _, group in shown], "helpfulness, 1 to 5", 5.0),
    ):
        known = [(name, each) for (name, _), each in zip(shown, of, strict=True) if each]
        axes.bar(
            [f"{name} episodes" for name, _ in known],
            [each.mean for _, each in known],
            0.6,
            yerr=[
                [0.0 if each.low is None else each.mean - each.low for _, each in known],
                [0.0 if each.high is None else each.high - each.mean for _, each in known],
            ],
            capsize=4,
        )
        axes.set_ylim(most / 5 if most > 1 else 0, most)
        axes.set_ylabel(label)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{report.counted} raters, means and 95 % intervals over raters and items")
    return save_figure(figure, path)


def _groups(report: HumanReport) -> Table:
    steps = f"{report.groups['all'].items} steps"
    table = Table(title=f"study {escape(report.study)}, {steps}", title_justify="left")
    table.add_column("episodes", style="bold")
    for heading in ("answers", "unsure", "accuracy, %", "helpfulness"):
        table.add_column(heading, justify="right")
    for name, group in report.groups.items():
        counts = (str(group.answers), str(group.unsure))
        table.add_row(name, *counts, _share(group.accuracy), _mean(group.helpfulness))
    differences = (report.accuracy_difference, report.helpfulness_difference)
    if any(differences):
        shown = (_share(differences[0], "+"), _mean(differences[1], "+"))
        table.add_row("difference", "", "", *shown)
    return table


def _raters(report: HumanReport) -> Table:
    table = Table(title="raters", title_justify="left")
    table.add_column("", style="bold")
    for heading in ("answers", "accuracy, %", "unsure", "helpfulness", "checks", "s an item"):
        table.add_column(heading, justify="right")
    for rater in report.raters:
        table.add_row(
            escape(rater.rater),
            str(rater.answered),
            "–" if rater.accuracy is None else f"{100 * rater.accuracy:.1f}",
            str(rater.unsure),
            "–" if rater.helpfulness is None else f"{rater.helpfulness:.2f}",
            f"{rater.checks_right} of {rater.checks}",
            "–" if rater.median_s is None else f"{rater.median_s:.1f}",
            style="" if rater.counted else "dim strike",
        )
    return table


def _remarks(report: HumanReport) -> Iterator[Text]:
    alphas = [
        f"{what} {'–' if alpha is None else f'{alpha:.3f}'.replace('-', chr(0x2212))}"
        for what, alpha in (
            ("overlap (nominal)", report.alpha_overlap),
            ("helpfulness (ordinal)", report.alpha_helpfulness),
        )
    ]
    yield Text(f"Krippendorff's alpha: {', '.join(alphas)}")
    yield Text(
        f"{report.counted} raters counted; {_UNSURE[report.rules.unsure]}; "
        "95 % intervals over raters and items"
    )
    yield Text(PAPER, style="dim")
    for notice in report.notices:
        yield Text(f"! {notice}", style="yellow", overflow="fold")


def _share(cell: MeanCount | None, sign: str = "") -> str:
    return _shown(cell, 100, f"{sign}.1f")


def _mean(cell: MeanCount | None, sign: str = "") -> str:
    return _shown(cell, 1, f"{sign}.2f")


def _shown(cell: MeanCount | None, times: float, form: str) -> str:
    if cell is None:
        return "–"
    shown = format(times * cell.mean, form)
    if cell.low is not None and cell.high is not None:
        shown += f" [{format(times * cell.low, form)}, {format(times * cell.high, form)}]"
    return shown.replace("-", "\N{MINUS SIGN}")
