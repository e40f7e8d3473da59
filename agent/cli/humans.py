"""`vigorl-agent humans`: people rate recorded steps, and what their ratings say."""

from pathlib import Path
from typing import Annotated, Literal

from rich.markup import escape
from typer import Argument, Option

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, print_json
from vigorl.agent.cli.options import AsJson
from vigorl.agent.cli.terminal import Console
from vigorl.agent.humans.study_config import StudyConfig

app = App(help="Let people rate recorded steps, and count their ratings.")


@app.callback()
def humans() -> None:
    """Let people rate recorded steps, and count their ratings."""


@app.command("export")
def export(
    folders: Annotated[
        list[Path],
        Argument(
            metavar="FOLDER", help="Folders of runs or evaluations that steps are drawn from."
        ),
    ],
    config: StudyConfig = StudyConfig(),  # noqa: B008 -- frozen
    out: Annotated[Path, Option(help="Folder for the page and its key.")] = Path("study"),
    as_json: AsJson = False,
) -> None:
    """Make a page on which people rate steps: one file, which works offline and on a phone.

    Each step is shown with a circle in place of its coordinates. Send rate.html to raters as it is,
    and keep key.json to yourself: it says what is right.

    [dim]$[/dim] vigorl-agent humans export runs/nano --n 80 --out study
    """
    with errors(as_json):
        from vigorl.agent.humans.study import KEY, PAGE, write_study

        console = Console(stderr=as_json)
        written = write_study(folders, config, out)
        told = written.as_json()
        console.print(
            f"[bold]study[/bold]  {told['study']}: {told['items']} steps, {told['solved']} of them "
            f"of solved episodes, of {told['tasks']} tasks; {told['checks']} attention checks",
            soft_wrap=True,
        )
        for notice in written.notices:
            console.print(f"[yellow]![/yellow] {escape(notice)}", soft_wrap=True)
        megabytes = f"{written.page_bytes / 1e6:.1f} MB"
        console.print(f"  [dim]page[/dim]  {escape(str(out / PAGE))}, {megabytes}", soft_wrap=True)
        console.print(
            f"  [dim]key[/dim]   {escape(str(out / KEY))}: not for raters", soft_wrap=True
        )
    if as_json:
        print_json(told)


@app.command("analyze")
def analyze(
    ratings: Annotated[
        list[Path],
        Argument(
            metavar="RATINGS", help="Files that raters sent, JSON or CSV, or folders of them."
        ),
    ],
    key: Annotated[Path, Option(help="Folder of the study, or its key.json.")],
    attentive: Annotated[
        float,
        Option(
            min=0,
            max=1,
            help="Share of the attention checks that a rater has to answer right; others are left "
            "out.",
        ),
    ] = 0.75,
    keep_inattentive: Annotated[
        bool, Option("--keep-inattentive", help="Count inattentive raters all the same.")
    ] = False,
    unsure: Annotated[
        Literal["miss", "out"],
        Option(
            help="Answers of unsure count in referent accuracy as not overlapping "
            "([bold]miss[/bold]) or not at all ([bold]out[/bold])."
        ),
    ] = "miss",
    plot: Annotated[
        Path | None,
        Option(help="Also draw a chart into this file, .png, .svg or .pdf.", show_default=False),
    ] = None,
    seed: Annotated[int, Option(help="Seed of the bootstrap.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Count ratings: referent accuracy and helpfulness, with intervals, and how far raters agree.

    Split by solved and unsolved episodes. Intervals are bootstrapped over raters and items at once;
    agreement is Krippendorff's alpha. Files that cannot be used are named, with the reason.

    [dim]$[/dim] vigorl-agent humans analyze ratings/ --key study
    """
    with errors(as_json):
        from vigorl.agent.humans.ratings import read_ratings
        from vigorl.agent.humans.report import AnalysisRules, analyse_ratings
        from vigorl.agent.humans.study import read_key
        from vigorl.agent.humans.tables import report_tables, write_human_plot

        console = Console(stderr=as_json)
        opened = read_key(key)
        rules = AnalysisRules(attentive, keep_inattentive, unsure, seed)
        report = analyse_ratings(read_ratings(ratings, opened), opened, rules)
        console.print(report_tables(report))
        if plot is not None:
            written = write_human_plot(report, plot)
            console.print(f"  [dim]plot[/dim] {escape(str(written))}", soft_wrap=True)
    if as_json:
        print_json(report.as_json())
