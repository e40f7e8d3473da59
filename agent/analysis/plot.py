"""Behaviours per episode as a bar chart with intervals, one group of bars for each behaviour."""

from pathlib import Path
from typing import TYPE_CHECKING

from vigorl.agent.analysis.behaviors import BEHAVIORS
from vigorl.agent.analysis.report import BehaviorReport, BehaviorSummary, MeanCount
from vigorl.browser.errors import UsageError
from vigorl.browser.run_folder import disk

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH = 0.8
"""Of a group of bars; 1 is from the middle of one group to that of the next."""


def write_plot(report: BehaviorReport, path: Path) -> Path:
    """Draw a report into a file whose ending says the format: .png, .svg or .pdf.

    Raises:
        UsageError: matplotlib is not installed, or does not know the ending.
        StorageFault: the disk refuses.
    """
    figure = new_figure(path, 9, 4.5)
    axes = figure.add_subplot()
    for index, summary in enumerate(report.summaries):
        bar = _WIDTH / len(report.summaries)
        left = -_WIDTH / 2 + (index + 0.5) * bar
        counts = [summary.by_behavior[name] for name in BEHAVIORS]
        axes.bar(
            [place + left for place in range(len(BEHAVIORS))],
            [count.mean for count in counts],
            bar * 0.92,
            yerr=[[_below(count) for count in counts], [_above(count) for count in counts]],
            capsize=3,
            label=_label(summary),
        )
    axes.set_xticks(range(len(BEHAVIORS)), BEHAVIORS)
    axes.set_ylabel("per episode, mean and 95 % interval")
    axes.set_title(f"{report.which} episodes, counted by {report.counted_by}", loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return save_figure(figure, path)


def new_figure(path: Path, width_in: float, height_in: float) -> "Figure":
    """An empty figure that can be saved under a name.

    Raises:
        UsageError: matplotlib is not installed, or does not know the ending.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError("a plot needs matplotlib: pip install 'vigorl-agent[plot]'") from error
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    if path.suffix.lstrip(".") not in figure.canvas.get_supported_filetypes():
        raise UsageError(f"{path}: the ending names no format of pictures; .png, .svg or .pdf does")
    return figure


def save_figure(figure: "Figure", path: Path) -> Path:
    """Write a figure.

    Raises:
        StorageFault: the disk refuses.
    """
    with disk(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=150)
    return path


def _label(summary: BehaviorSummary) -> str:
    return f"{summary.policy} ({summary.folder.name}, n = {summary.episodes})"


def _below(count: MeanCount) -> float:
    return 0.0 if count.low is None else count.mean - count.low


def _above(count: MeanCount) -> float:
    return 0.0 if count.high is None else count.high - count.mean
