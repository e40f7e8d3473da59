"""An update for one group: as a prefix tree, row by row, and all rows as one batch.

    python benchmarks/update.py [--arms tree rows] [--frozen] [--repeat N] [--memory] [--json]

A group of 8 answers of 100 tokens behind one prompt of 1,238, of which 1,196 are cells of a
picture; a Qwen2.5-VL with random weights (37 M parameters unless told otherwise), on the device
that is there. Each arm does a forward and a backward pass, interleaved, for all weights or, with
`--frozen`, all but the vision tower's; the first round warms up where there is a GPU. Seconds are
those that the CPU worked for it, where there is none.

- `tree`: `vigorl.training.compute.prefix_tree`, what `vigorl.training.grpo.update.update` does;
- `rows`: the same loss, one row after another;
- `batch`: the same loss, the eight rows as one batch;
- `trl`: `GRPOTrainer._compute_loss` on them, which computes logits of the prompt as well.

What is shared is computed once instead of 8 times, the answers as often as before: of the 10,704
tokens of the rows 2,038 are left, so that the language model can gain 5.25 times and the vision
tower 8 times. `tokens_saved` is the first of these.

With `--memory` each arm but `trl` runs in a process of its own, and what is told is how much its
resident memory rose at most above what it was when the network was ready (Linux).
"""

import argparse
import copy
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from transformers import Qwen2_5_VLForConditionalGeneration

from vigorl.browser.picture import Picture
from vigorl.policy.backend import Hardware
from vigorl.policy.family import family_named
from vigorl.policy.images import FittedImage
from vigorl.policy.local.codec import Prompt
from vigorl.policy.local.network import Network
from vigorl.policy.local.tiny import write_tiny_checkpoint
from vigorl.training.compute.image_features import ImageFeatures
from vigorl.training.compute.prefix_tree import logprobs
from vigorl.training.data.rows import Row
from vigorl.training.grpo.config import GrpoConfig
from vigorl.training.grpo.groups import Group, Rollout
from vigorl.training.grpo.rewards import Reward
from vigorl.training.grpo.update import minibatch_loss, prepare

GROUP, ANSWER, WIDE, HIGH, TEXT = 8, 100, 46, 26, 20
CONFIG = GrpoConfig(kl=0)


def large(folder: Path, hidden: int, layers: int, dtype: str) -> Network:
    """A network with the tokenizer of a tiny checkpoint and more weights."""
    network = Network(
        str(write_tiny_checkpoint(folder, "qwen2_5_vl")),
        family_named("qwen2.5-vl"),
        Hardware(dtype=dtype),  # type: ignore[arg-type]
    )
    config = copy.deepcopy(network.config)
    text, vision = config.text_config, config.vision_config
    # In the proportions of the 3B checkpoint.
    text.hidden_size, text.num_hidden_layers = hidden, layers
    text.intermediate_size, text.num_attention_heads = hidden * 43 // 8, hidden // 64
    text.num_key_value_heads, text.vocab_size = max(1, hidden // 512), 20_000
    text.layer_types = ["full_attention"] * layers
    text.initializer_range = 0.02
    vision.hidden_size, vision.num_heads, vision.depth = hidden * 5 // 8, hidden // 128, layers
    vision.intermediate_size, vision.out_hidden_size = hidden * 5 // 3, hidden
    vision.fullatt_block_indexes = list(range(layers // 5, layers, -(-layers // 4)))
    torch.manual_seed(0)
    with torch.device(network.device):
        network.model = Qwen2_5_VLForConditionalGeneration(config).to(network.dtype).eval()
    network._forbidden = torch.tensor([], dtype=torch.int64, device=network.device)
    return network


def group_of_answers(network: Network) -> tuple[Group, FittedImage]:
    drawn = random.Random(0)
    side = network.family.size.cell_px
    picture = Picture.from_image(Image.frombytes("RGB", (64, 64), drawn.randbytes(64 * 64 * 3)))
    image = FittedImage(picture, WIDE * side, HIGH * side)
    start, end = (
        network.codec.tokenizer.convert_tokens_to_ids(f"<|vision_{side}|>")
        for side in ("start", "end")
    )
    before, after = (drawn.choices(range(20, 250), k=TEXT) for _ in range(2))
    prompt = [*before, start, *[network.codec.cell_id] * (WIDE * HIGH), end, *after]
    rollouts = []
    for number in range(GROUP):
        ids = (*prompt, *drawn.choices(range(20, 250), k=ANSWER))
        is_sampled = (*[False] * len(prompt), *[True] * ANSWER)
        row = Row(ids, is_sampled, None, (image.shown,))
        rollouts.append(Rollout((row,), Reward(number % 2, True, 0, number % 2)))
    return Group(tuple(rollouts), {picture.sha256: picture}), image


def trainer_of(network: Network, folder: Path) -> Any:
    import datasets
    import trl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        arguments = trl.GRPOConfig(
            output_dir=str(folder),
            use_cpu=network.device.type == "cpu",
            bf16=False,
            report_to=[],
            num_generations=2,
            beta=0.0,
            epsilon_high=CONFIG.clip_high,
            loss_type="dapo",
            disable_tqdm=True,
        )
        trainer = trl.GRPOTrainer(
            model=copy.deepcopy(network.model),
            reward_funcs=lambda completions, **_: [0.0] * len(completions),
            args=arguments,
            train_dataset=datasets.Dataset.from_dict({"prompt": ["?"] * 8}),
            processing_class=network.codec.tokenizer,
        )
    trainer.model.eval()
    return trainer


def arms(
    network: Network, folder: Path, wanted: list[str]
) -> dict[str, tuple[Any, Callable[[], None]]]:
    """For each arm its model, and what leaves the gradients of the loss."""
    group, image = group_of_answers(network)
    (minibatch,) = prepare(network, [group], CONFIG)
    rows = [rollout.rows[0] for rollout in group.rollouts]
    ids = torch.tensor([row.ids for row in rows], device=network.device)
    first = ids.shape[1] - ANSWER
    place = {number: index for index, number in enumerate(minibatch.tree.numbers)}
    of_rows = [minibatch.advantages_S[minibatch.tree.row_S == place[n]] for n in range(GROUP)]

    def leave(logprobs_S: Tensor, advantages_S: Tensor) -> None:
        ratio_S = (logprobs_S - logprobs_S.detach()).exp()
        torch.autograd.backward(-(ratio_S * advantages_S).sum() / (GROUP * ANSWER))

    def tree() -> None:
        features = ImageFeatures(network, group.pictures)
        logprobs_S = logprobs(network, minibatch.tree, features)
        torch.autograd.backward(minibatch_loss(minibatch, logprobs_S, CONFIG)[0])
        features.backward()

    def by_row() -> None:
        for row, advantages in zip(rows, of_rows, strict=True):
            leave(network.logprobs(Prompt(row.ids, (image,)), row.sampled_at), advantages)

    def as_batch() -> None:
        inputs, _ = network._inputs(Prompt(rows[0].ids, (image,)), 0, 0)
        inputs["input_ids"] = ids
        inputs["attention_mask"] = torch.ones_like(ids)
        inputs["position_ids"] = inputs["position_ids"].expand(-1, GROUP, -1)
        pixels = network._pixels([image] * GROUP)
        inputs |= {name: tensor.to(network.device) for name, tensor in pixels.items()}
        hidden = network.model.model(**inputs, use_cache=False).last_hidden_state
        before = hidden[:, first - 1 : -1].flatten(0, 1)
        leave(network.spoken_logprobs(before, ids[:, first:].flatten()), torch.cat(of_rows))

    measured: dict[str, tuple[Any, Callable[[], None]]] = {
        "tree": (network.model, tree),
        "rows": (network.model, by_row),
        "batch": (network.model, as_batch),
    }
    if "trl" in wanted:
        pixels = network._pixels([image] * GROUP)
        inputs = {
            "prompt_ids": ids[:, :first],
            "prompt_mask": torch.ones_like(ids[:, :first]),
            "completion_ids": ids[:, first:],
            "completion_mask": torch.ones_like(ids[:, first:]),
            "advantages": torch.stack([advantages[0] for advantages in of_rows]),
            "num_items_in_batch": torch.tensor(GROUP * ANSWER, device=network.device),
            "num_images": [1] * GROUP,
            "mm_token_type_ids": (ids == network.codec.cell_id).int(),
            **{name: tensor.to(network.device) for name, tensor in pixels.items()},
        }
        trainer = trainer_of(network, folder)

        def theirs() -> None:
            torch.autograd.backward(trainer._compute_loss(trainer.model, inputs))

        measured["trl"] = (trainer.model, theirs)
    return {name: measured[name] for name in wanted}


def timed(
    device: torch.device, model: Any, leave_gradients: Callable[[], None]
) -> tuple[float, float, dict[str, Tensor]]:
    """Seconds, GB at most where there is a GPU, and the gradients.

    On a CPU its own seconds are counted, of all threads, so that other work does not count.
    """
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    model.zero_grad(set_to_none=True)
    if device.type == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
    began_s = clock()
    leave_gradients()
    if device.type == "cuda":
        torch.cuda.synchronize()
    seconds = clock() - began_s
    peak = torch.cuda.max_memory_allocated() / 1e9 if device.type == "cuda" else 0.0
    gradients = {
        name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None
    }
    return seconds, peak, gradients


def rise_of(leave_gradients: Callable[[], None]) -> float:
    """GB by which the process's resident memory rises at most."""

    def resident(name: str) -> float:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1e6

    Path("/proc/self/clear_refs").write_text("5")  # the highest is counted anew
    before = resident("VmRSS")
    leave_gradients()
    return resident("VmHWM") - before


def rises(asked: argparse.Namespace) -> dict[str, float]:
    """The same for every arm, each in a process of its own."""
    found = {}
    for arm in (name for name in asked.arms if name != "trl"):
        command = [sys.executable, __file__, "--arms", arm, "--rise", "--dtype", asked.dtype]
        command += ["--hidden", str(asked.hidden), "--layers", str(asked.layers)]
        command += ["--frozen"] * asked.frozen
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found[arm] = round(float(done.stdout), 3)
    return found


def difference(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    assert one.keys() == other.keys()
    return max(float((one[name] - other[name]).abs().max()) for name in one)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--arms", nargs="+", default=["tree", "rows", "batch", "trl"])
    parser.add_argument("--frozen", action="store_true")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--hidden", type=int, default=384)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rise", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        network = large(Path(folder) / "model", asked.hidden, asked.layers, asked.dtype)
        network.model.model.visual.requires_grad_(not asked.frozen)
        measured = arms(network, Path(folder) / "trl", asked.arms)
        if asked.rise:
            ((_, leave_gradients),) = measured.values()
            print(rise_of(leave_gradients))
            return
        result = compared(network, measured, asked)
    if asked.memory:
        result["rise_gb"] = rises(asked)
    if asked.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name:28} {value}")


def compared(
    network: Network, measured: dict[str, tuple[Any, Callable[[], None]]], asked: argparse.Namespace
) -> dict[str, Any]:
    """All arms in turns, and how far the others are from the first, the tree."""
    device = network.device
    seconds: dict[str, list[float]] = {name: [] for name in measured}
    peaks: dict[str, float] = {}
    gradients: dict[str, dict[str, Tensor]] = {}
    for round_number in range(asked.repeat + (device.type == "cuda")):
        for name, (model, leave_gradients) in measured.items():
            taken, peaks[name], gradients[name] = timed(device, model, leave_gradients)
            if round_number or device.type == "cpu":
                seconds[name].append(taken)
    median = {name: statistics.median(each) for name, each in seconds.items()}
    prompt = WIDE * HIGH + 2 * TEXT + 2
    result: dict[str, Any] = {
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        "threads": torch.get_num_threads(),
        "parameters": sum(weight.numel() for weight in network.model.parameters()),
        "dtype": asked.dtype,
        "frozen": asked.frozen,
        "tokens_saved": round(GROUP * (prompt + ANSWER) / (prompt + GROUP * ANSWER), 2),
        "seconds": {name: [round(one, 4) for one in each] for name, each in seconds.items()},
    }
    for name, ratio, apart in (
        ("rows", "ratio_row_by_row", "max_gradient_difference"),
        ("batch", "ratio_batch", "max_gradient_difference_batch"),
        ("trl", "ratio_trl", "max_gradient_difference_trl"),
    ):
        if name in median and "tree" in median:
            result[ratio] = round(median[name] / median["tree"], 2)
            result[apart] = difference(gradients["tree"], gradients[name])
    if device.type == "cuda":
        result["peak_gb"] = {name: round(peak, 3) for name, peak in peaks.items()}
    return result


if __name__ == "__main__":
    main()
