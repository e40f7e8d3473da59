"""`vigorl-agent analyze`: what recorded reasoning is like."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from rich.markup import escape
from typer import Argument, Option

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, play, print_json
from vigorl.agent.cli.options import AsJson
from vigorl.agent.cli.terminal import Console

if TYPE_CHECKING:
    from vigorl.agent.analysis.report import BehaviorReport

app = App(help="Analyse the reasoning of recorded episodes.")


@app.callback()
def analyze() -> None:
    """Analyse the reasoning of recorded episodes."""


@app.command("behaviors")
def behaviors(
    folders: Annotated[
        list[Path],
        Argument(
            metavar="FOLDER",
            help="Folders of runs or evaluations; further ones are compared with the first.",
        ),
    ],
    which: Annotated[
        Literal["all", "right", "wrong"],
        Option(
            "--episodes",
            help="Count all episodes, or only those that the judge calls solved "
            "([bold]right[/bold]) or not ([bold]wrong[/bold]).",
        ),
    ] = "all",
    judge: Annotated[
        str | None,
        Option(
            metavar="MODEL",
            help="Let this model count subgoals, verification and backtracking, as for "
            "[bold]--model[/bold] of [bold]run[/bold]. Default: rules, which need no model.",
            show_default=False,
        ),
    ] = None,
    verdicts: Annotated[
        Path,
        Option(help="File in which verdicts of the judging model are kept, and found again."),
    ] = Path("behavior-verdicts.jsonl"),
    plot: Annotated[
        Path | None,
        Option(help="Also draw the counts into this file, .png, .svg or .pdf.", show_default=False),
    ] = None,
    seed: Annotated[int, Option(help="Seed of the bootstrap.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Count behaviours of grounded reasoning, with intervals, and compare evaluations.

    Regions explored, grounded subgoals, verification, backtracking, zooms and points named, per
    episode. Differences are paired, sample by sample; intervals are bootstrapped.

    [dim]$[/dim] vigorl-agent analyze behaviors runs/nano runs/trained --plot behaviors.png
    """  # fmt: skip
    with errors(as_json):
        from vigorl.agent.analysis.plot import write_plot
        from vigorl.agent.analysis.report import analyse, behavior_table

        console = Console(stderr=as_json)
        if judge is None:
            report = analyse(folders, which, seed=seed)
        else:
            report = play(_judged(folders, which, judge, verdicts, seed))
        console.print(behavior_table(report))
        if plot is not None:
            written = write_plot(report, plot)
            console.print(f"  [dim]plot[/dim] {escape(str(written))}", soft_wrap=True)
    if as_json:
        print_json(report.as_json())


@app.command("referents")
def referents(
    folders: Annotated[
        list[Path],
        Argument(metavar="FOLDER", help="Folders of runs or evaluations, with recorded boxes."),
    ],
    missed: Annotated[
        bool, Option("--missed", help="Also list each point that is not on what its words name.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure whether points lie on what the words near them name, where boxes are known.

    By rule, without raters: embedded tasks and generated pages record the boxes of what can be
    named on each screen, which no policy sees. Split by solved and unsolved episodes.

    [dim]$[/dim] vigorl-agent analyze referents runs/reader runs/nano --missed
    """
    with errors(as_json):
        from vigorl.agent.analysis.referent_report import (
            missed_lines,
            referent_table,
            report_referents,
        )

        console = Console(stderr=as_json)
        reports = [report_referents(folder) for folder in folders]
        console.print(referent_table(reports))
        for report in reports if missed else ():
            for line in missed_lines(report):
                console.print(f"  {escape(line)}", soft_wrap=True, highlight=False)
    if as_json:
        print_json({"folders": [report.as_json() for report in reports]})


async def _judged(
    folders: list[Path], which: str, model: str, verdicts: Path, seed: int
) -> "BehaviorReport":
    """The report by a model's verdicts; those of earlier times are not asked for again."""
    from vigorl.agent.analysis.judge import BehaviorJudge
    from vigorl.agent.analysis.report import analyse, episodes_of
    from vigorl.agent.evaluation.progress import counting
    from vigorl.policy.factory import is_server, open_language_model
    from vigorl.policy.model_config import ModelConfig

    # A served model is asked in plain words: how it writes actions does not matter.
    family = "generic" if is_server(model) else None
    policy = await open_language_model(ModelConfig(model, family=family))
    try:
        counting_by = BehaviorJudge(policy, verdicts)
        episodes = [episode for folder in folders for episode in episodes_of(folder)]
        with counting("episodes", len(episodes), Console(stderr=True)) as advance:
            for episode in episodes:
                await counting_by.prepare(episode.trajectory)
                advance(episode.id)
    finally:
        await policy.close()
    return analyse(folders, which, counting_by.count, f"{counting_by.name}", seed)
