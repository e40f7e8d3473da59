"""Completion of values in the shell: tasks, models, families and run folders."""

from collections.abc import Callable, Iterator
from pathlib import Path

_RUNS = Path("runs")


def _tasks(incomplete: str) -> list[str]:
    from vigorl.tasks.local.registry import TASKS

    return [name for name in TASKS if name.startswith(incomplete)]


def _models(incomplete: str) -> list[str]:
    from vigorl.policy.providers import PROVIDERS

    named = [provider.prefix for provider in PROVIDERS if provider.prefix]
    ours = ["reader", "nano", "scout", "random"]
    names = [*ours, *named, "http://localhost:8000/v1", *_checkpoints()]
    return [name for name in names if name.startswith(incomplete)]


def _families(incomplete: str) -> list[str]:
    from vigorl.policy.family import FAMILIES

    return [each.name for each in FAMILIES if each.name.startswith(incomplete)]


def _run_folders(incomplete: str) -> list[str]:
    """Folders below runs/ that hold a record, the newest first."""
    found = [path.parent for name in _RECORDS for path in _RUNS.glob(f"*/{name}")]
    newest = sorted(dict.fromkeys(found), key=lambda folder: -folder.stat().st_mtime)
    return [str(folder) for folder in newest if str(folder).startswith(incomplete)]


_RECORDS = ("trajectory.jsonl", "results.jsonl", "metrics.jsonl", "search.json")


def _checkpoints() -> Iterator[str]:
    """Checkpoints of trainings below runs/."""
    for config in [
        *_RUNS.glob("*/*/config.json"),
        *_RUNS.glob("*/checkpoints/*/model/config.json"),
    ]:
        if (config.parent / "tokenizer.json").is_file():
            yield str(config.parent)


_COMPLETIONS: dict[str, Callable[[str], list[str]]] = {
    "task": _tasks,
    "tasks": _tasks,
    "model": _models,
    "verify": _models,
    "family": _families,
    "trajectory": _run_folders,
    "runs": _run_folders,
    "one": _run_folders,
    "other": _run_folders,
}
"""By the names of parameters."""


def completion_of(parameter: str) -> Callable[[str], list[str]] | None:
    """What completes the values of a parameter of this name."""
    return _COMPLETIONS.get(parameter)
