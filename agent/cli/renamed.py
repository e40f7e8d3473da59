"""Old spellings of options and commands, understood for one release after they were renamed.

Where an old name is written and the command has the new one (and nothing of the old name), the new
one is meant; a note on stderr says so.
"""

from collections.abc import Iterable

import typer

OPTIONS = {
    "--told": "--prompt",
    "--allow-host": "--allow",
    "--skip": "--skip-seeds",
    "--group": "--group-size",
    "--most-groups": "--max-groups",
    "--passes": "--epochs-per-batch",
    "--save-memory": "--gradient-checkpointing",
    "--max-steps": "--max-turns",
    "--max-tokens": "--turn-tokens",
    "--arm": "--variant",
    "--practised": "--train-tasks",
    "--measured": "--test-tasks",
    "--form-steps": "--format-steps",
    "--form-batch": "--format-batch",
    "--form-rate": "--format-learning-rate",
    "--attempts": "--format-rollouts",
    "--lessons": "--data",
}
COMMANDS = {"study": "ablation"}


def current_arguments(arguments: Iterable[str], known: set[str]) -> list[str]:
    """The arguments of a command, with options by their names of today.

    Args:
        arguments: As they were typed.
        known: Names of the command's options.
    """
    found: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            return [*found, word, *words]
        name, equals, value = word.partition("=")
        new = OPTIONS.get(name)
        if new in known and name not in known:
            _note(name, new)
            word = f"{new}{equals}{value}"
        found.append(word)
    return found


def current_command(name: str) -> str:
    """A command's name of today."""
    new = COMMANDS.get(name)
    if new is None:
        return name
    _note(name, new)
    return new


def _note(old: str, new: str) -> None:
    typer.echo(
        f"note: {old} is called {new} now; the old name goes with the next release", err=True
    )
