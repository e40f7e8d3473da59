"""What other packages add to this one: objects that their entry points name, by group.

=====================  ==========================================  ==========================
group                  an entry point loads                        looked up by
=====================  ==========================================  ==========================
`vigorl.benchmarks`    a `vigorl.agent.benchmarks.Benchmark`       `eval NAME`, `data check NAME`
`vigorl.policies`      an opener (`vigorl.policy.factory`)         `--model NAME`
`vigorl.families`      a `vigorl.policy.family.Family`             a checkpoint's name, `--family`
=====================  ==========================================  ==========================
"""

import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from vigorl.browser.errors import UsageError


def plugins(group: str) -> Mapping[str, EntryPoint]:
    """The entry points of a group, by name; nothing of them is imported.

    Raises:
        UsageError: two packages add one of the same name.
    """
    return _found(group, tuple(sys.path))


@cache
def _found(group: str, path: tuple[str, ...]) -> Mapping[str, EntryPoint]:
    """The same; the path is what the answer depends on."""
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        before = found.setdefault(point.name, point)
        if before.value != point.value:
            raise UsageError(
                f"{_package(before)} and {_package(point)} both add {point.name!r} to {group}: "
                "uninstall one of them"
            )
    return found


def loaded(point: EntryPoint, kind: type[Any] | None = None) -> Any:
    """The object that an entry point names.

    Args:
        point: Of a group above.
        kind: What the object has to be an instance of; None: anything that can be called.

    Raises:
        UsageError: it cannot be imported, or is something else; names the package.
    """
    try:
        value = point.load()
    except Exception as error:
        raise UsageError(
            f"{_package(point)} adds {point.name!r} to {point.group}, and it cannot be imported "
            f"({type(error).__name__}: {error}): mend or uninstall it"
        ) from error
    if not (callable(value) if kind is None else isinstance(value, kind)):
        wanted = "something to call" if kind is None else f"a {kind.__name__}"
        raise UsageError(
            f"{_package(point)} adds {point.name!r} to {point.group}, which is not {wanted}: "
            "mend or uninstall it"
        )
    return value


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value
