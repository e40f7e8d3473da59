"""Does practice help? GRPO from one start, in several runs, and what each does on held-out tasks.

    python benchmarks/practice.py --out DIR [--task lookup panel] [--steps 20] [--json] …

Each run practises the same live tasks of the training split, in an order and with samples of its
own. Then start and runs play the same held-out tasks (seeds of the test split): several episodes
of each, sampled as in practice, and a greedy one. What is told are mean differences to the start,
paired by task and episode, with bootstrap intervals that draw whole tasks. All runs in one process,
so that a screen is read once for all; run the command again to go on. The curves are drawn into
DIR/practice.svg.
"""

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from random import Random

from vigorl.agent.benchmarks.embedded import open_tasks
from vigorl.agent.evaluation.comparison import Difference, difference
from vigorl.agent.evaluation.evaluation import Result, Sample, evaluate, read_results
from vigorl.agent.rollout import Limits
from vigorl.policy.backend import Hardware, Sampling
from vigorl.policy.factory import checkpoint_of, policy_of
from vigorl.policy.family import family_named
from vigorl.policy.local.backend import LocalBackend
from vigorl.policy.local.network import Network
from vigorl.training.grpo.config import GrpoConfig, GrpoRunConfig
from vigorl.training.grpo.loop import train_grpo


def practice_of(asked: argparse.Namespace, seed: int) -> GrpoRunConfig:
    return GrpoRunConfig(
        model=asked.model,
        family="nano",
        tasks=tuple(asked.task),
        steps=asked.steps,
        group_size=8,
        groups=asked.groups,
        max_groups=2 * asked.groups,
        epochs_per_batch=asked.passes,
        reward="score",
        episodes_at_once=asked.workers,
        turns=4,
        turn_tokens=96,
        seed=seed,
        checkpoint_every=1,
        update=GrpoConfig(
            learning_rate=asked.learning_rate, warmup_steps=2, final_learning_rate=0.1, kl=0
        ),
    )


async def measured(
    asked: argparse.Namespace, model: str, tasks: Sequence[Sample], temperature: float, out: Path
) -> list[Result]:
    """What a checkpoint does; at a temperature of 0 one episode of each task says all."""
    sampling = Sampling(temperature=temperature, max_tokens=96, seed=1)
    network = Network(checkpoint_of(model), family_named("nano"), Hardware(dtype="float32"))
    backend = LocalBackend(network, sampling, max_batch=asked.workers)
    policy = policy_of(network.family, backend, sampling)
    samples = [
        replace(task, id=f"{task.id}#{number}", task={**task.task, "episode": number})
        for task in tasks
        for number in range(asked.episodes if temperature else 1)
    ]
    try:
        await evaluate(policy, samples, out, limits=Limits(steps=4), workers=asked.workers)
    finally:
        await policy.close()
    return read_results(out)


def compared(one: Sequence[Result], others: Sequence[Sequence[Result]]) -> Difference:
    """All runs against the start, task by task."""
    start = {result.id: result.score for result in one}
    pairs, tasks = [], []
    for result in (result for run in others for result in run):
        before = start[result.id]
        if before is not None and result.score is not None:
            pairs.append((before, result.score))
            tasks.append(result.id.partition("#")[0])
    return difference(pairs, tasks)


WIDTH, HEIGHT, LEFT, TOP = 560, 260, 52, 30
COLOURS = ("#2563eb", "#d97706", "#059669", "#9333ea")


def drawn(runs: Sequence[Path], before: float, after: float) -> str:
    """The curves as SVG: each update's score as a dot, the mean of five as a line.

    Args:
        runs: Their folders.
        before: Held-out score of the start, as it is sampled.
        after: Mean held-out score of the runs.
    """
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH + 180}" height="{HEIGHT + 80}" '
        'font-family="sans-serif" font-size="12" fill="#57606a">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]

    def height(share: float) -> float:
        return TOP + HEIGHT * (1 - share)

    for share in (0, 0.25, 0.5, 0.75, 1):
        y = height(share)
        out.append(f'<path d="M{LEFT} {y}h{WIDTH}" stroke="#d8dee4"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{share:.0%}</text>')
    for share, name in ((before, "held out, start"), (after, "held out, practised")):
        y = height(share)
        out.append(f'<path d="M{LEFT} {y}h{WIDTH}" stroke="#111827" stroke-dasharray="5 4"/>')
        out.append(f'<text x="{LEFT + WIDTH + 8}" y="{y + 4}" fill="#111827">{name}</text>')
    for number, run in enumerate(runs):
        lines = (run / "metrics.jsonl").read_text().splitlines()
        scores = [json.loads(line)["score"] for line in lines]
        right = WIDTH / max(1, len(scores) - 1)
        colour = COLOURS[number % len(COLOURS)]
        means = []
        for update, score in enumerate(scores):
            x = LEFT + update * right
            near = scores[max(0, update - 2) : update + 3]
            means.append(f"{x:.1f},{height(sum(near) / len(near)):.1f}")
            out.append(f'<circle cx="{x:.1f}" cy="{height(score):.1f}" r="2.5" fill="{colour}"/>')
        points = " ".join(means)
        out.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        )
    out.append(f'<text x="{LEFT}" y="{TOP + HEIGHT + 24}">update 1</text>')
    out.append(
        f'<text x="{LEFT + WIDTH}" y="{TOP + HEIGHT + 24}" text-anchor="end">{len(scores)}</text>'
    )
    return "\n".join([*out, "</svg>"]) + "\n"


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--task", nargs="+", default=["lookup", "panel"])
    parser.add_argument("--first", type=int, default=3000, help="seed that is practised")
    parser.add_argument("--seeds", type=int, default=80, help="of each task, practised")
    parser.add_argument("--held-out", type=int, default=16, help="seeds of each task")
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--episodes", type=int, default=4)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--groups", type=int, default=4)
    parser.add_argument("--passes", type=int, default=1)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    models = {"start": asked.model}
    async with open_tasks(asked.seeds, asked.task, "train", "goal", asked.first) as known:
        for run in range(1, asked.runs + 1):
            folder = asked.out / f"run{run}"
            practised = Random(run).sample(known, len(known))
            progress = await train_grpo(practice_of(asked, 1000 * run), folder, practised, print)
            models[f"run{run}"] = str(folder / "checkpoints" / f"{progress.step:06d}" / "model")
    results = {}
    async with open_tasks(asked.held_out, asked.task, "test", "goal", asked.skip) as unknown:
        for temperature in (1.0, 0.0):
            for name, model in models.items():
                out = asked.out / f"{name}-at-{temperature:g}"
                results[name, temperature] = await measured(asked, model, unknown, temperature, out)
                scores = [
                    each.score for each in results[name, temperature] if each.score is not None
                ]
                print(
                    f"{name} at {temperature:g}: {sum(scores) / len(scores):.3f} of {len(scores)}"
                )
    found = {}
    for temperature in (1.0, 0.0):
        start, *runs = (results[name, temperature] for name in models)
        how = "greedy" if temperature == 0 else "sampled"
        found[how] = asdict(compared(start, runs))
        found |= {
            f"{how}, run {n}": asdict(compared(start, [run])) for n, run in enumerate(runs, 1)
        }
    runs = [asked.out / name for name in models if name != "start"]
    sampled = found["sampled"]
    (asked.out / "practice.svg").write_text(drawn(runs, sampled["one"], sampled["other"]))
    if asked.json:
        print(json.dumps(found))
    else:
        for name, cell in found.items():
            print(
                name, {key: cell[key] for key in ("one", "other", "difference", "low", "high", "n")}
            )


if __name__ == "__main__":
    asyncio.run(main())
