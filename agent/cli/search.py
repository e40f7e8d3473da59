"""`vigorl-agent search`: Monte Carlo tree search for reasoning to fine-tune on."""

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape
from typer import Option

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import FAULT, errors, play, print_json
from vigorl.agent.cli.options import AsJson
from vigorl.agent.cli.terminal import Console
from vigorl.policy.model_config import ModelConfig
from vigorl.training.search.config import SearchConfig

if TYPE_CHECKING:
    from vigorl.agent.evaluation.evaluation import Sample
    from vigorl.training.search.loop import Searched

app = App()


@dataclass(frozen=True)
class SearchedSamples:
    """What is searched: still pictures with targets, or questions about pictures."""

    data: Path
    """Still pictures with targets, as for [bold]eval grounding[/bold], or questions."""
    questions: Literal["vstar", "blink", "sat", "robospatial"] | None = None
    """Read the data as questions about pictures, in this benchmark's format."""
    split: Annotated[str | None, Option(metavar="NAME")] = None
    """Split of the questions. Default: the one that results are published on."""
    images: Path | None = None
    """Folder that image paths of a file of targets are relative to. Default: the file's own."""
    limit: Annotated[int | None, Option(min=1)] = None
    """Search only the first N samples."""

    def samples(self) -> "list[Sample]":
        """The samples, read.

        Raises:
            UsageError: the data are not as they should be.
        """
        from vigorl.agent.benchmarks.still_images import still_samples
        from vigorl.agent.benchmarks.visual_reasoning import visual_samples
        from vigorl.tasks.visual_reasoning.benchmarks import read_questions
        from vigorl.training.data.held_out import check_learnable

        check_learnable(self.data)
        if self.questions is None:
            return still_samples(self.data, self.images, self.limit)
        questions = read_questions(self.questions, self.data, self.split)
        return visual_samples(questions[: self.limit], "together")


@dataclass(frozen=True, slots=True)
class SampledModel(ModelConfig):
    """Which model is sampled, and how; costs are not told, since branches repeat their stems."""

    price: None = field(default=None, metadata={"option": False})


@app.command("search")
def search(
    wanted: SearchedSamples,
    out: Annotated[Path, Option(help="Folder of the trees. The same command again resumes it.")],
    model: Annotated[
        str,
        Option(
            "--model",
            "-m",
            metavar="MODEL",
            envvar="VIGORL_MODEL",
            show_envvar=True,
            help="Sampling model: the URL of an OpenAI-compatible server, a checkpoint folder, or "
            "a hub id.",
            rich_help_panel="Model",
        ),
    ],
    sampled: SampledModel = SampledModel(temperature=1.0, turn_tokens=1024),
    config: SearchConfig = SearchConfig(),  # noqa: B008 -- frozen
    by_sentence: Annotated[
        Literal["sentence", "turn"],
        Option(
            "--unit",
            help="A step of the tree: a sentence that names a point, or a whole turn. Only vLLM "
            "and a local checkpoint can continue in the middle of a turn.",
            rich_help_panel="Tree",
        ),
    ] = "sentence",
    as_json: AsJson = False,
) -> None:
    """Search for reasoning that leads to right answers, by Monte Carlo tree search.

    Every sample gets a tree of grounded steps, zooms included, scored by the sample's own judge.
    [bold]export[/bold] and [bold]train sft[/bold] make chains of the trees: straight ones, and
    ones that err, look back and find the way.

    [dim]$[/dim] vigorl-agent search --data data/train --model http://localhost:8000/v1 --out trees
    """
    with errors(as_json):
        sampled = replace(sampled, model=model)
        config = replace(config, by_sentence=by_sentence == "sentence")
        try:
            found = play(_search(sampled, wanted.samples(), config, out))
        except (KeyboardInterrupt, asyncio.CancelledError):
            Console(stderr=True).print("[dim]to resume: the same command again[/dim]")
            raise
    _report(found, out, as_json)


def _report(found: "list[Searched]", out: Path, as_json: bool) -> None:
    """Print what came of it; samples that broke are a fault."""
    numbers = _numbers(found)
    Console(stderr=as_json).print(
        "[green]ready[/green]  {trees} trees with {steps} steps, from {episodes} episodes; "
        "{solved} with a right answer, {mixed} with a wrong one as well  ".format(**numbers)
        + escape(str(out)),
        highlight=False,
        soft_wrap=True,
    )
    broken = [searched for searched in found if searched.tree is None]
    if as_json:
        print_json({**numbers, "broken": len(broken), "folder": str(out)})
    if broken:
        Console(stderr=True).print(
            f"[red]fault[/red]  {len(broken)} samples broke; the first: {escape(broken[0].fault)}\n"
            "[dim]to search them again: the same command[/dim]",
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(FAULT)


async def _search(
    model: ModelConfig, samples: "list[Sample]", config: SearchConfig, out: Path
) -> "list[Searched]":
    from vigorl.agent.evaluation.progress import counting
    from vigorl.policy.factory import open_language_model
    from vigorl.training.search.loop import search

    at_once = max(model.turns_at_once, config.samples_at_once)
    policy = await open_language_model(replace(model, turns_at_once=at_once))
    try:
        with counting("trees", len(samples), Console(stderr=True)) as advance:
            return await search(
                policy, samples, config, out, lambda searched: advance(searched.sample)
            )
    finally:
        await policy.close()


def _numbers(found: "list[Searched]") -> dict[str, int]:
    """Counts over the trees."""
    trees = [searched.tree for searched in found if searched.tree is not None]
    roots = [tree.nodes[0] for tree in trees]
    return {
        "trees": len(trees),
        "steps": sum(len(tree.nodes) - 1 for tree in trees),
        "episodes": sum(root.visits for root in roots),
        "solved": sum(root.value > 0 for root in roots),
        "mixed": sum(0 < root.value < 1 for root in roots),
    }
