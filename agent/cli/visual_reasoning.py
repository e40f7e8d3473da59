"""`vigorl-agent eval vstar`, `blink`, `sat` and `robospatial`: questions about pictures."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.eval_command import MaxFaults, Measurement, Out
from vigorl.agent.cli.main import errors
from vigorl.agent.cli.options import ApiKey, AsJson, Family, Model, ModelName, Temperature

if TYPE_CHECKING:
    from vigorl.agent.evaluation.evaluation import Summary
    from vigorl.agent.evaluation.report import Report

Name = Literal["vstar", "blink", "sat", "robospatial"]
Data = Annotated[
    Path | None,
    typer.Option(
        help="A copy in the benchmark's own layout, or ViGoRL's file of it; default: from the hub."
    ),
]
Split = Annotated[
    str | None, typer.Option(help="Which part; default: the one that is published on.")
]

HELP: dict[Name, str] = {
    "vstar": "Answer V*Bench: what small things in large photos look like, and where they are.",
    "blink": "Answer BLINK: fourteen tasks of seeing, on up to four images each.",
    "sat": "Answer SAT: spatial questions on one or two images; its part test are real photos.",
    "robospatial": "Answer RoboSpatial-Home: yes or no about places, and points in free places.",
}
HOW = """

An answer is an option's text or letter. The table has the strict rule and, named as such, the
lenient one of the published evaluation; what cannot be read is wrong and counts.

[dim]$[/dim] vigorl-agent eval {name} --model …"""

app = App()


def _add(name: Name) -> None:
    @app.command(name, help=HELP[name] + HOW.format(name=name))
    def command(
        model: Model,
        data: Data = None,
        split: Split = None,
        images: Annotated[
            Literal["together", "apart"],
            typer.Option(
                help="Several images of a question: in one picture, as published, or each its own."
            ),
        ] = "together",
        model_name: ModelName = None,
        family: Family = None,
        api_key: ApiKey = None,
        temperature: Temperature = None,
        limit: Annotated[
            int | None, typer.Option(min=1, help="Only the first N questions.")
        ] = None,
        max_steps: Annotated[
            int, typer.Option(min=1, help="Of each episode, zooms included.")
        ] = 12,
        workers: Annotated[int, typer.Option(min=1, help="Episodes at once.")] = 1,
        max_faults: MaxFaults = 0.05,
        out: Out = None,
        as_json: AsJson = False,
    ) -> None:
        with errors(as_json):
            from vigorl.agent.benchmarks.visual_reasoning import visual_report, visual_samples
            from vigorl.agent.evaluation.evaluation import read_results
            from vigorl.agent.rollout import Limits
            from vigorl.policy.factory import ModelConfig
            from vigorl.tasks.visual_reasoning.benchmarks import read_questions

            questions = read_questions(name, data, split)[:limit]
            world = nullcontext(visual_samples(questions, images))
            policy = ModelConfig(model, model_name, family, api_key, temperature)

            def report(summary: "Summary", title: str) -> "Report":
                results = read_results(summary.folder)
                return visual_report(questions, results, summary, title)

            limits = Limits(steps=max_steps)
            measured = (name, policy, world, limits, workers, out, as_json, report)
            Measurement(*measured, max_faults=max_faults).play()


for each in HELP:
    _add(each)
