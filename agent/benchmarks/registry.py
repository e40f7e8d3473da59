"""Registry of benchmarks: those of this package, and those that other packages add."""

from collections.abc import Iterator
from importlib import import_module

from vigorl.agent.benchmarks.benchmark import Benchmark
from vigorl.browser.errors import UsageError
from vigorl.browser.plugins import loaded, plugins

GROUP = "vigorl.benchmarks"
"""Of entry points: each names a `Benchmark`."""

_BUILT_IN = (
    "grounding",
    "tasks",
    "miniwob",
    "screenspot",
    "visualwebarena",
    "standin",
    "desktop",
    "visual_reasoning",
)
"""Modules of `vigorl.agent.benchmarks.builtin`, each with its `BENCHMARKS`."""


def built_in() -> Iterator[Benchmark]:
    """The benchmarks of this package, in the order of the commands."""
    for module in _BUILT_IN:
        yield from import_module(f"vigorl.agent.benchmarks.builtin.{module}").BENCHMARKS


def added_names() -> tuple[str, ...]:
    """The names of other packages' benchmarks; nothing of them is imported.

    Raises:
        UsageError: two packages add one of the same name.
    """
    own = {benchmark.name for benchmark in built_in()}
    return tuple(name for name in plugins(GROUP) if name not in own)


def added(name: str) -> Benchmark:
    """A benchmark of another package.

    Raises:
        UsageError: there is none of this name, or it is broken.
    """
    point = plugins(GROUP).get(name)
    if point is None:
        names = (*(benchmark.name for benchmark in built_in()), *added_names())
        raise UsageError(f"there is no benchmark {name!r}: there are {', '.join(names)}")
    benchmark: Benchmark = loaded(point, Benchmark)
    if benchmark.name != name:
        raise UsageError(f"the benchmark {name!r} calls itself {benchmark.name!r}: name it so")
    return benchmark


def find(name: str) -> Benchmark:
    """The benchmark of this name, of this package or another.

    Raises:
        UsageError: there is none, or the package that adds it is broken.
    """
    for benchmark in built_in():
        if benchmark.name == name:
            return benchmark
    return added(name)


def with_tasks() -> list[str]:
    """The names of this package's benchmarks that can list their tasks."""
    return [benchmark.name for benchmark in built_in() if benchmark.tasks is not None]
