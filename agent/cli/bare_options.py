"""Options whose value may be left out, which Typer does not know."""

from collections.abc import Sequence

MEANT = {"--ray": "local"}
"""What an option stands for without a value."""


def with_values(arguments: Sequence[str], known: set[str]) -> list[str]:
    """The arguments of a command, each option with its value.

    Args:
        arguments: As they were typed.
        known: Names of the command's options.
    """
    found: list[str] = []
    for word, following in zip(arguments, [*arguments, "-"][1:], strict=True):
        found.append(word)
        if word in MEANT and word in known and following.startswith("-"):
            found.append(MEANT[word])
    return found
