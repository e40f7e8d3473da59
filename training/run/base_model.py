"""Where a training starts: a checkpoint that has weights, and how it is talked to."""

from vigorl.policy.factory import checkpoint_of
from vigorl.policy.family import Family, family_named, family_of
from vigorl.policy.local.network import read_model_type


def trainable(model: str) -> str:
    """The checkpoint that a model's name stands for, as far as a look at the disk can tell.

    Raises:
        UsageError: there is none.
    """
    return checkpoint_of(model)


def family_of_model(model: str, family: str | None) -> Family:
    """How a model is talked to, and has to be later: the name of a checkpoint may not tell it.

    Raises:
        UsageError: nobody says which family it is, or the checkpoint is not there.
    """
    if family is not None:
        return family_named(family)
    checkpoint = trainable(model)
    return family_of(checkpoint, read_model_type(checkpoint))
