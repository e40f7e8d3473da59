"""Tokens a second that adapters learn from: beside weights of 8 bits, and in float32.

    python benchmarks/eight_bits.py [--rows 4] [--length 380] [--replies 44] [--rounds 3]

scout's base (135 M parameters) with adapters of rank 16; rows of random tokens, of which the last
ones are taught. Forward, backward and the optimizer's step, in turns, by one thread. Two of them
beside each other, as under torchrun, share caches and memory: together they read less than twice
as many.
"""

import argparse
import random
import time

import torch

from vigorl.policy.backend import Hardware
from vigorl.policy.family import family_named
from vigorl.policy.local.network import Network
from vigorl.policy.scout.checkpoint import base_checkpoint
from vigorl.training.compute.eight_bit_lora import round_base
from vigorl.training.compute.image_features import ImageFeatures
from vigorl.training.compute.lora import add_adapters
from vigorl.training.compute.prefix_tree import PrefixTree, build_trees, logprobs
from vigorl.training.data.rows import Row


class Arm:
    """A network that learns."""

    def __init__(self, rounded: bool) -> None:
        path = str(base_checkpoint())
        self.network = Network(path, family_named("scout"), Hardware(dtype="float32"))
        add_adapters(self.network, 16, trains_vision=False, seed=0)
        if rounded:
            round_base(self.network.model)
        learnt = [each for each in self.network.model.parameters() if each.requires_grad]
        self.optimizer = torch.optim.AdamW(learnt, lr=1e-3)

    def learn(self, trees: list[PrefixTree]) -> float:
        """One update; seconds that it took."""
        began = time.perf_counter()
        self.optimizer.zero_grad(set_to_none=True)
        features = ImageFeatures(self.network, {})
        for tree in trees:
            torch.autograd.backward(-logprobs(self.network, tree, features).mean())
        self.optimizer.step()
        return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--length", type=int, default=380)
    parser.add_argument("--replies", type=int, default=44)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    arms = {"float32": Arm(rounded=False), "8 bits": Arm(rounded=True)}
    drawn = random.Random(0)
    taught = (False,) * (asked.length - asked.replies) + (True,) * asked.replies
    rows = [
        Row(tuple(drawn.randrange(100, 40_000) for _ in taught), taught, None, ())
        for _ in range(asked.rows)
    ]
    cell_id = arms["float32"].network.codec.cell_id
    trees = build_trees(rows, cell_id, asked.length)
    for arm in arms.values():
        arm.learn(trees)
    for _ in range(asked.rounds):
        found = {name: asked.rows * asked.length / arm.learn(trees) for name, arm in arms.items()}
        spoken = "  ".join(f"{name} {speed:.0f} tokens/s" for name, speed in found.items())
        print(f"{spoken}  ratio {found['8 bits'] / found['float32']:.2f}", flush=True)


if __name__ == "__main__":
    main()
