"""Options of a command, made from the fields of its configuration's dataclass.

A field is documented where it stands, by the text below it; what a terminal needs beside (bounds,
a panel, a variable of the environment) stands in `Annotated[…, typer.Option(…)]`.
"""

import ast
import dataclasses
import inspect
import textwrap
from copy import copy
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer
from typer.models import OptionInfo


def parameters_of(options: type[Any]) -> list[inspect.Parameter]:
    """The options of a dataclass, as a command's function would have them.

    Args:
        options: A dataclass; a field without a default is an option that has to be given.
    """
    help_texts, hints = field_docs(options), get_type_hints(options, include_extras=True)
    found = []
    for field in dataclasses.fields(options):
        hint, given = hints[field.name], []
        if get_origin(hint) is Annotated:
            hint, *given = get_args(hint)
        named = [each for each in given if isinstance(each, OptionInfo)]
        info = copy(named[0]) if named else typer.Option()
        info.help = info.help or help_texts.get(field.name, "")
        default = inspect.Parameter.empty
        if field.default is not dataclasses.MISSING:
            default = field.default
        found.append(
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=default,
                annotation=Annotated[hint, info],
            )
        )
    return found


def field_docs(options: type[Any]) -> dict[str, str]:
    """The text below each field of a class, on one line."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(options))).body
    assert isinstance(tree, ast.ClassDef)
    docs = {}
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        match field, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(words))),
            ):
                docs[name] = " ".join(words.split())
    return docs
