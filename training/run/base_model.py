"""The base model of a training: a checkpoint that has weights, and its prompt format."""

from vigorl.policy.factory import checkpoint_of
from vigorl.policy.family import Family, family_named, family_of
from vigorl.policy.local.loading import read_model_type


def base_model(model: str) -> str:
    """The checkpoint that a model's name stands for, as far as a look at the disk can tell.

    Raises:
        UsageError: there is none, or the model has no weights that could be trained here.
    """
    return checkpoint_of(model)


def family_of_model(model: str, family: str | None) -> Family:
    """The prompt and answer format of a model, which the name of a later checkpoint may not tell.

    Raises:
        UsageError: the format cannot be inferred, or the checkpoint is not there.
    """
    if family is not None:
        return family_named(family)
    checkpoint = base_model(model)
    return family_of(checkpoint, read_model_type(checkpoint))
