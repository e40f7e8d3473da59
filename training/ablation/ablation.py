"""Does grounding help, and does looking closer? Ways of learning from one start, side by side.

Every variant begins with the same model, which is first taught the variant's form by its
own right answers: without a thought, with thoughts that name no points, with thoughts as they are.
From there each variant makes as many updates of as many episodes (of examples, where it learns by
example), on the same tasks, once for every seed. All play the same held-out tasks in the end.

::

    OUT/
        config.json             what was asked for
        shown/wide, …/closer    what the start does on the practised tasks, without and with zoom
        forms/vanilla/          the start, taught the form of a variant
        runs/vanilla-1/         a training of a variant
        held-out/vanilla-1/     what came of it, an evaluation
        ablation.json, index.html  what was found

Run the ablation again to go on: whatever is there is not made again.

Source: the question, and the variants as they are compared, arXiv 2505.23678, tables 1 and 4.
That the variants are taught their form is ours: there a base model is told it.
"""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from vigorl.agent.evaluation.comparison import Difference, difference
from vigorl.agent.evaluation.evaluation import Result, Sample, evaluate, read_results
from vigorl.agent.evaluation.statistics import Cell, wilson
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.agent.rollout import Limits
from vigorl.browser.actions import Zoom
from vigorl.browser.errors import UsageError
from vigorl.browser.run_folder import Identity, claimed, json_values, write_json, write_whole
from vigorl.policy.backend import Hardware, Sampling
from vigorl.policy.factory import open_model
from vigorl.training.ablation.config import BETWEEN, VARIANTS, AblationConfig, Variant
from vigorl.training.grpo.config import GrpoConfig, GrpoRunConfig
from vigorl.training.grpo.loop import train_grpo
from vigorl.training.run.base_model import family_of_model
from vigorl.training.sft.config import FineTuneConfig
from vigorl.training.sft.fine_tuning import fine_tune


@dataclass(frozen=True)
class VariantOutcome:
    """What came of one variant."""

    variant: Variant
    form: Cell
    """Held-out score after the form was taught, before the variant's own training."""
    runs: tuple[float, ...]
    """Mean held-out score of each training."""
    score: Cell
    """Of all of them; tasks, or pictures, are what is drawn."""
    gain: Difference
    """Over the form, task by task."""
    points: float
    """That a held-out turn's thought names, on average."""
    looks: float
    """Closer, in a held-out episode."""
    tokens: float
    """Sampled in a held-out episode."""
    curves: tuple[tuple[float, ...], ...]
    """Of each training by doing: the score of its episodes at each update."""


@dataclass(frozen=True)
class AblationFindings:
    """What an ablation has found."""

    config: AblationConfig
    practised: int
    """Tasks."""
    held_out: int
    start: dict[str, Cell]
    """Held-out score of the start, `wide` and, where a variant looks closer, `closer`."""
    outcomes: tuple[VariantOutcome, ...]
    between: dict[str, Difference]
    """`vanilla − direct` and so on, task by task, run by run."""

    def as_json(self) -> dict[str, Any]:
        """The form of `ablation.json` and of `--json`."""
        found: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return found


async def run_ablation(
    config: AblationConfig,
    out: Path,
    practised: Sequence[Sample],
    held_out: Sequence[Sample],
    say: Callable[[str], None] = lambda line: None,
) -> AblationFindings:
    """Train all variants and measure them; go on where `out` was interrupted.

    Args:
        config: How.
        out: Gets everything that is written.
        practised: Tasks that are learnt from, in the same order by all.
        held_out: Tasks that nobody learns from.
        say: Told what is done, in a line for a person.

    Raises:
        UsageError: there are no tasks, the folder holds another ablation, the model
            cannot be trained here, or the start has not one right answer to show.
        InfrastructureFault: the browser or the disk broke; run it again to go on.
    """
    if not practised or not held_out:
        raise UsageError("an ablation needs tasks to practise and others that are held out")
    family = family_of_model(config.model, config.family)
    if family.zoom is None and any(VARIANTS[name].zoom for name in config.variants):
        raise UsageError(f"models of {family.name} cannot look closer: leave out the variant zoom")
    with claimed(out, "writing an ablation"):
        _check(out, config, practised, held_out)
        return await _study(_Bench(config, out, practised, held_out, say))


async def _study(bench: "_Bench") -> AblationFindings:
    """The ablation, in a folder that is its own."""
    config, out = bench.config, bench.out
    variants = [variant for name, variant in VARIANTS.items() if name in config.variants]
    for zoom in sorted({variant.zoom for variant in variants}):
        await bench.show(zoom)
    start = {
        shown: _cell(await bench.measure(f"start-{shown}", config.model, shown == "closer"))
        for shown in sorted({variant.shown for variant in variants}, reverse=True)
    }
    results: dict[str, list[list[Result]]] = {}
    outcomes = []
    for variant in variants:
        form = bench.form(variant)
        before = await bench.measure(f"{variant.name}-form", form, variant.zoom)
        runs = results[variant.name] = []
        for seed in range(1, config.seeds + 1):
            model = await bench.train(variant, form, seed)
            runs.append(await bench.measure(f"{variant.name}-{seed}", model, variant.zoom))
        outcomes.append(bench.outcome(variant, before, runs))
    found = AblationFindings(
        config,
        len(bench.practised),
        len(bench.held_out),
        start,
        tuple(outcomes),
        {
            f"{second} − {first}": _paired(list(zip(results[first], results[second], strict=True)))
            for first, second in BETWEEN
            if first in results and second in results
        },
    )
    write_whole(
        out / "ablation.json",
        (json.dumps(found.as_json(), indent=2) + "\n").encode(),
        private=False,
    )
    return found


@dataclass(frozen=True)
class _Bench:
    """The steps of an ablation; each is left out where the folder holds what comes of it."""

    config: AblationConfig
    out: Path
    practised: Sequence[Sample]
    held_out: Sequence[Sample]
    say: Callable[[str], None]

    async def show(self, zoom: bool) -> None:
        """Let the start play the practised tasks, sampled: its right answers are the examples."""
        name = "closer" if zoom else "wide"
        self.say(f"the start plays {len(self.practised)} tasks, {name}")
        samples = [
            replace(task, id=f"{task.id}#{number}", task={**task.task, "attempt": number})
            for task in self.practised
            for number in range(self.config.attempts)
        ]
        sampling = Sampling(temperature=1.0, max_tokens=self.config.turn_tokens)
        await self._play(self.config.model, zoom, sampling, samples, self.out / "shown" / name)

    def form(self, variant: Variant) -> str:
        """Teach the start the variant's form; returns the checkpoint."""
        how = self.config
        config = self._by_example(variant, how.model, how.form_steps, how.form_batch, how.form_rate)
        self.say(f"{variant.name}: taught its form")
        # On this thread, so that Ctrl-C ends it.
        return str(fine_tune(config, self.out / "forms" / variant.name, lambda line: None))

    def _by_example(
        self, variant: Variant, model: str, updates: int, batch: int, rate: float
    ) -> FineTuneConfig:
        """To learn from the start's right answers in the variant's form."""
        return FineTuneConfig(
            model=model,
            data=(self.out / "shown" / variant.shown,),
            family=self._family,
            updates=updates,
            batch=batch,
            learning_rate=rate,
            held_out=0.0,
            thoughts=variant.thoughts,
        )

    async def train(self, variant: Variant, form: str, seed: int) -> str:
        """One training of a variant; returns the checkpoint."""
        folder = self.out / "runs" / f"{variant.name}-{seed}"
        if variant.reward is None:
            how = self.config
            taught = self._by_example(variant, form, how.steps, how.examples, how.learning_rate)
            self.say(f"{variant.name}, {seed}: {how.steps} updates by example")
            return str(fine_tune(replace(taught, seed=seed), folder, lambda line: None))
        config = GrpoRunConfig(
            model=form,
            family=self._family,
            zoom=variant.zoom,
            steps=self.config.steps,
            group_size=self.config.group_size,
            groups=self.config.groups,
            max_groups=2 * self.config.groups,
            reward=variant.reward,
            episodes_at_once=self.config.workers,
            turns=self.config.turns,
            turn_tokens=self.config.turn_tokens,
            seed=10_000 * seed,
            update=GrpoConfig(learning_rate=self.config.learning_rate, kl=0.0),
        )
        done = await train_grpo(
            config, folder, self.practised, lambda line: self.say(f"{variant.name}, {seed}: {line}")
        )
        return str(folder / "checkpoints" / f"{done.step:06d}" / "model")

    async def measure(self, name: str, model: str, zoom: bool) -> list[Result]:
        """What a checkpoint does on the held-out tasks, at its family's own temperature."""
        folder = self.out / "held-out" / name
        results = await self._play(model, zoom, None, self.held_out, folder)
        mean = _cell(results).mean
        self.say(f"{name}: {'nothing judged' if mean is None else f'{mean:.1%}'} of held-out tasks")
        return results

    async def _play(
        self,
        model: str,
        zoom: bool,
        sampling: Sampling | None,
        samples: Sequence[Sample],
        folder: Path,
    ) -> list[Result]:
        policy = await open_model(
            model,
            family=self._family,
            zoom=zoom,
            sampling=sampling,
            hardware=Hardware(dtype="float32", max_batch=self.config.workers),
        )
        try:
            limits = Limits(steps=self.config.turns)
            await evaluate(policy, samples, folder, limits=limits, workers=self.config.workers)
        finally:
            await policy.close()
        return read_results(folder)

    @property
    def _family(self) -> str:
        return family_of_model(self.config.model, self.config.family).name

    def outcome(
        self, variant: Variant, before: list[Result], runs: Sequence[list[Result]]
    ) -> VariantOutcome:
        """Put together what came of a variant."""
        episodes = [
            read_trajectory(self.out / "held-out" / f"{variant.name}-{seed}" / result.trajectory)
            for seed, run in enumerate(runs, 1)
            for result in run
        ]
        turns = [step.turn for episode in episodes for step in episode.steps]
        return VariantOutcome(
            variant,
            _cell(before),
            tuple(_cell(run).mean or 0.0 for run in runs),
            _cell([result for run in runs for result in run]),
            _paired([(before, run) for run in runs]),
            points=_mean([len(turn.points) for turn in turns]),
            looks=sum(isinstance(turn.action, Zoom) for turn in turns) / max(1, len(episodes)),
            tokens=sum(turn.sampled_token_count or 0 for turn in turns) / max(1, len(episodes)),
            curves=tuple(
                _curve(self.out / "runs" / f"{variant.name}-{seed}")
                for seed in range(1, len(runs) + 1)
            )
            if variant.reward is not None
            else (),
        )


def _curve(run: Path) -> tuple[float, ...]:
    """The score of the episodes of each update."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return tuple(json.loads(line)["score"] for line in lines)


def _mean(numbers: Sequence[float]) -> float:
    return statistics.fmean(numbers) if numbers else 0.0


def _cell(results: Sequence[Result]) -> Cell:
    """The mean; results of one task, or on one picture, are not taken for independent."""
    return wilson([result.score for result in results], [_cluster(result) for result in results])


def _cluster(result: Result) -> str:
    return result.cluster or result.id


def _paired(pairs: Sequence[tuple[Sequence[Result], Sequence[Result]]]) -> Difference:
    """By how much the second of each pair scores more, task by task."""
    scores, clusters = [], []
    for one, other in pairs:
        before = {result.id: result.score for result in one}
        for result in other:
            score = before.get(result.id)
            if score is not None and result.score is not None:
                scores.append((score, result.score))
                clusters.append(_cluster(result))
    if not scores:
        raise UsageError("no held-out task was judged in both variants: nothing can be compared")
    return difference(scores, clusters)


def _check(
    out: Path, config: AblationConfig, practised: Sequence[Sample], held_out: Sequence[Sample]
) -> None:
    """Write what is asked for, or refuse the folder of another ablation."""
    asked: dict[str, Any] = json_values(
        asdict(config)
        | {"practised": [task.id for task in practised]}
        | {"held_out": [task.id for task in held_out]}
    )
    Identity("ablation", asked, _MAY_CHANGE, "variants").check(out)
    write_json(out / "config.json", asked)


_MAY_CHANGE = ("variants", "seeds", "workers")
"""What may differ when an ablation goes on: there may be more of them."""
