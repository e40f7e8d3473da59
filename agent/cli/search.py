"""`vigorl-agent search`: trees of reasoning, to begin a training with."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import FAULT, errors, play, print_json
from vigorl.agent.cli.options import ApiKey, AsJson, Family, ModelName
from vigorl.agent.cli.terminal import Console

if TYPE_CHECKING:
    from vigorl.agent.evaluation.evaluation import Sample
    from vigorl.policy.backend import Sampling
    from vigorl.training.search.loop import SearchConfig, Searched

app = App()


@app.command("search")
def search(
    data: Annotated[
        Path,
        typer.Option(help="Still pictures with targets, as for `eval grounding`, or questions."),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the trees; run again to go on.")],
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            help="The URL of an OpenAI-compatible server, a checkpoint's folder, or a hub id.",
            rich_help_panel="Who plays",
        ),
    ],
    questions: Annotated[
        Literal["vstar", "blink", "sat", "robospatial"] | None,
        typer.Option(help="The data are questions about pictures, of this benchmark's form."),
    ] = None,
    split: Annotated[str | None, typer.Option(help="Which part of the questions.")] = None,
    images: Annotated[
        Path | None,
        typer.Option(help="Where image paths of a file of targets begin; default: beside it."),
    ] = None,
    model_name: ModelName = None,
    family: Family = None,
    api_key: ApiKey = None,
    temperature: Annotated[
        float, typer.Option(min=0, help="Of sampling.", rich_help_panel="Who plays")
    ] = 1.0,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N samples.")] = None,
    simulations: Annotated[int, typer.Option(min=1, help="Steps of a tree to expand.")] = 8,
    children: Annotated[int, typer.Option(min=1, help="Steps to try behind each.")] = 3,
    rollouts: Annotated[int, typer.Option(min=1, help="Episodes that judge a new step.")] = 2,
    depth: Annotated[int, typer.Option(min=1, help="Steps from the root.")] = 10,
    exploration: Annotated[float, typer.Option(min=0, help="c of UCB.")] = 2.0,
    unit: Annotated[
        Literal["sentence", "turn"],
        typer.Option(
            help="What a step is: a sentence that names a point, or a whole turn. In the middle "
            "of a turn only vLLM and a checkpoint here can go on."
        ),
    ] = "sentence",
    max_turns: Annotated[int, typer.Option(min=1, help="Of an episode.")] = 5,
    max_tokens: Annotated[int, typer.Option(min=1, help="Sampled in one turn.")] = 1024,
    workers: Annotated[int, typer.Option(min=1, help="Samples at once.")] = 4,
    seed: Annotated[int, typer.Option(help="Of what is sampled.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Search for reasoning that leads to right answers, by Monte Carlo tree search.

    Every sample gets a tree of grounded steps, looks closer included, judged by the sample's own
    scorer. `export` and `train sft` make chains of them: straight ones, and ones that err, look
    back and find the way.

    [dim]$[/dim] vigorl-agent search --data data/train --model http://localhost:8000/v1 --out trees
    """
    with errors(as_json):
        from vigorl.agent.benchmarks.still_images import still_samples
        from vigorl.agent.benchmarks.visual_reasoning import visual_samples
        from vigorl.policy.backend import Sampling
        from vigorl.tasks.visual_reasoning.benchmarks import read_questions
        from vigorl.training.search.loop import SearchConfig

        if questions is None:
            samples = still_samples(data, images, limit)
        else:
            samples = visual_samples(read_questions(questions, data, split)[:limit], "together")
        config = SearchConfig(
            simulations=simulations,
            children=children,
            rollouts=rollouts,
            depth=depth,
            exploration=exploration,
            turns=max_turns,
            by_sentence=unit == "sentence",
            seed=seed,
            samples_at_once=workers,
        )
        sampling = Sampling(temperature=temperature, max_tokens=max_tokens)
        console = Console(stderr=True)
        try:
            found = play(
                _search(
                    (model, model_name, family, api_key), sampling, samples, config, out, console
                )
            )
        except (KeyboardInterrupt, asyncio.CancelledError):
            console.print("[dim]to go on: the same command again[/dim]")
            raise
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
        console.print(
            f"[red]fault[/red]  {len(broken)} samples broke; the first: {escape(broken[0].fault)}\n"
            "[dim]to go on with them: the same command again[/dim]",
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(FAULT)


async def _search(
    who: tuple[str, str | None, str | None, str | None],
    sampling: "Sampling",
    samples: "list[Sample]",
    config: "SearchConfig",
    out: Path,
    console: Console,
) -> "list[Searched]":
    from vigorl.agent.evaluation.progress import counting
    from vigorl.policy.factory import ModelConfig, open_language_model
    from vigorl.training.search.loop import search

    spec, model_name, family, api_key = who
    policy = await open_language_model(
        ModelConfig(
            spec,
            model_name,
            family,
            api_key,
            temperature=sampling.temperature,
            max_tokens=sampling.max_tokens,
        )
    )
    try:
        with counting("trees", len(samples), console) as advance:
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
