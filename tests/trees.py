"""The source of the project as trees, for tests of how it is built."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def below(node: ast.AST) -> Iterator[ast.AST]:
    """The statements of a node, without its expressions, which are most of a tree."""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        children = getattr(node, part, ())
        yield from children if isinstance(children, list) else ()


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all statements within it."""
    yield node
    for child in below(node):
        yield from statements(child)
