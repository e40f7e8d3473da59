"""How large functions are, and how many things a name means."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trees import statements, tree_of

ROOT = Path(__file__).parent.parent
LAYERS = ("agent", "browser", "policy", "tasks", "training")
MODULES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))
LONGEST_LINES = 80


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def too_long(tree: ast.AST) -> Iterator[str]:
    """Functions above the limit, those within others as well."""
    for node in statements(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            lines = (node.end_lineno or first) - first + 1
            if lines > LONGEST_LINES:
                yield f"{node.name}: {lines} lines"


@pytest.mark.parametrize("layer", LAYERS)
def test_a_function_fits_on_a_screen(layer: str) -> None:
    found = [
        f"{named(path)} {each}"
        for path in MODULES
        if path.relative_to(ROOT).parts[0] == layer
        for each in too_long(tree_of(path))
    ]
    assert not found


def test_a_long_function_is_seen_also_within_another() -> None:
    body = "\n".join(f"        x = {number}" for number in range(LONGEST_LINES))
    source = f"def outer():\n    def inner():\n{body}\n"
    assert list(too_long(ast.parse(source))) == ["outer: 82 lines", "inner: 81 lines"]


def duplicates() -> dict[str, list[str]]:
    """Public classes of one name, with the modules that they are in."""
    where: dict[str, list[str]] = defaultdict(list)
    for path in MODULES:
        for node in tree_of(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where[node.name].append(named(path))
    return {name: paths for name, paths in sorted(where.items()) if len(paths) > 1}


def test_a_public_class_has_a_name_of_its_own() -> None:
    assert not duplicates()
