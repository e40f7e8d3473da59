"""Which seed, word, font, layout and icon set belongs to which split.

Nothing that can be drawn for `test` or `val` can be drawn for `train`: layouts, fonts and icon
sets are listed by split where they stand, words and labels are parted by a digest of the entry.
What the splits share: the looks' vocabulary of CSS, digits, and the little words inside labels.
"""

import hashlib
from functools import cache
from typing import Literal, get_args

from vigorl.browser.errors import UsageError

WorldSplit = Literal["train", "val", "test"]
Dataset = Literal["screens", "small", "simple"]
Screens = Literal["little", "mixed"]

SPLITS: tuple[WorldSplit, ...] = get_args(WorldSplit)
DATASETS: tuple[Dataset, ...] = get_args(Dataset)

_VAL_PERCENT, _TEST_PERCENT = 9, 17


def split_of_entry(entry: str) -> WorldSplit:
    """The split that a word or label belongs to, the same for all its spellings in case."""
    digest = hashlib.sha256(entry.casefold().encode()).digest()
    place = int.from_bytes(digest[:4], "big") % 100
    if place < _TEST_PERCENT:
        return "test"
    return "val" if place < _TEST_PERCENT + _VAL_PERCENT else "train"


@cache
def belonging(entries: tuple[str, ...], split: WorldSplit) -> tuple[str, ...]:
    """The entries of a split, each once, in order.

    Raises:
        ValueError: the split gets none of them.
    """
    mine = tuple(dict.fromkeys(entry for entry in entries if split_of_entry(entry) == split))
    if not mine:
        raise ValueError(f"nothing is left for {split}")
    return mine


def require_split(name: str) -> WorldSplit:
    """The split of that name.

    Raises:
        UsageError: there is none.
    """
    for split in SPLITS:
        if split == name:
            return split
    raise UsageError(f"--split {name!r}: one of {', '.join(SPLITS)}")


def require_dataset(name: str) -> Dataset:
    """The data set of that name.

    Raises:
        UsageError: there is none.
    """
    for dataset in DATASETS:
        if dataset == name:
            return dataset
    raise UsageError(f"--dataset {name!r}: one of {', '.join(DATASETS)}")
