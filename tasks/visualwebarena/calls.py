"""Calls that task files write as Python, `func:get_query_text(__page__, '.price')`.

The published code hands them to `eval`, with the page's address pasted in. Here they are parsed,
never run: the name of one helper and texts as its arguments, or they are no call.
"""

import ast
from dataclasses import dataclass
from enum import Enum

from vigorl.tasks.visualwebarena.verdict import Crash

PREFIX = "func:"


class PageArgument(Enum):
    """Stands for the page among a call's arguments."""

    PAGE = "__page__"


PAGE = PageArgument.PAGE


@dataclass(frozen=True, slots=True)
class Call:
    """A helper's name and what it is given."""

    name: str
    arguments: tuple[str | PageArgument, ...]


def read_call(text: str, last_url: str = "") -> Call:
    """The call that stands behind `func:`.

    Args:
        text: As the task has it.
        last_url: Pasted in for `__last_url__`, between the quotes that are there.

    Raises:
        Crash: it is not one call with texts, or the address does not fit between the quotes.
    """
    parts = text.split(PREFIX)
    if len(parts) < 2:
        raise Crash(f"{text!r} is no call")
    source = parts[1].replace("__last_url__", last_url)
    try:
        node = ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Crash(f"{source!r} is no call") from error
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.keywords:
        raise Crash(f"{source!r} is no plain call")
    return Call(node.func.id, tuple(_argument(each, source) for each in node.args))


def _argument(node: ast.expr, source: str) -> str | PageArgument:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=PAGE.value):
            return PAGE
        case _:
            raise Crash(f"{source!r} is no call with texts")
