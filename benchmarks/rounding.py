"""The loss of lessons by how scout is rounded: float32, 8 bits, and 8 bits with inputs made alike.

    python benchmarks/rounding.py LESSONS [--model scout] [--skip 0] [--count 90]

LESSONS is a folder of `vigorl-agent data lessons`; rows of more than 600 tokens are left out. It
prints the mean loss of a token of the replies so far, by one thread.
"""

import argparse
from itertools import islice
from pathlib import Path

import torch
from torch import nn

from vigorl.policy.backend import Hardware
from vigorl.policy.factory import checkpoint_of
from vigorl.policy.family import family_named
from vigorl.policy.local.eight_bits import SAMPLE, EightBitLinear, in_eight_bits
from vigorl.policy.local.network import Network
from vigorl.training.data.conversations import conversations_in
from vigorl.training.data.examples import row_of

FAMILY = family_named("scout")
LONGEST_ROW = 600


def networks(model: str) -> dict[str, Network]:
    """The same weights, rounded in three ways."""
    exact, plain, alike = (
        Network(checkpoint_of(model), FAMILY, Hardware(dtype="float32")) for _ in range(3)
    )
    for module in list(plain.model.modules()):
        for name, layer in list(module.named_children()):
            if isinstance(layer, nn.Linear):
                setattr(module, name, EightBitLinear(layer))
    in_eight_bits(alike.model, alike.codec.tokenizer(SAMPLE)["input_ids"])
    return {"float32": exact, "8 bits": plain, "8 bits, inputs made alike": alike}


def main() -> None:
    """Print the losses, after every ten lessons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lessons", type=Path)
    parser.add_argument("--model", default="scout")
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--count", type=int, default=90)
    options = parser.parse_args()
    torch.set_num_threads(1)
    arms = networks(options.model)
    losses, tokens, read = dict.fromkeys(arms, 0.0), 0, 0
    lessons = conversations_in(options.lessons, FAMILY)
    for lesson in islice(lessons, options.skip, options.skip + options.count):
        row = row_of(lesson, arms["float32"].codec)
        if len(row.ids) > LONGEST_ROW:
            continue
        places = torch.tensor(list(row.sampled_at))
        for name, network in arms.items():
            with torch.inference_mode():
                ids = torch.tensor([row.ids])
                hidden_T_D = network.model.model(input_ids=ids, use_cache=False)[0][0]
                said = network.spoken_logprobs(hidden_T_D[places - 1], ids[0, places])
            losses[name] -= float(said.sum())
        tokens, read = tokens + len(places), read + 1
        if read % 10 == 0:
            print(read, *(f"{name} {loss / tokens:.4f}" for name, loss in losses.items()), sep="  ")


if __name__ == "__main__":
    main()
