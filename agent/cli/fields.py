"""Options of a command, made from the fields of configuration dataclasses.

A field is documented once, by the text below it; what only a terminal needs (another name, bounds,
a panel, a variable of the environment) stands in `Annotated[…, typer.Option(…)]` on the field::

    @dataclass(frozen=True)
    class SearchConfig:
        simulations: Annotated[int, Option(min=1, rich_help_panel="Tree")] = 8
        "Nodes of a tree to expand."

    @app.command("search")
    def search(config: SearchConfig, out: Annotated[Path, Option(help="…")]) -> None: ...

A parameter of a command that is a dataclass stands for one option per field; its default is an
instance whose values are the defaults. A field that is a dataclass itself stands for its fields.
Not an option is a field with `metadata={"option": False}`, and one whose name the function has
among its own parameters. A panel holds until a field names another.
"""

import ast
import dataclasses
import inspect
import re
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from functools import cache, wraps
from typing import Annotated, Any, Union, get_args, get_origin

import typer
from typer.models import ArgumentInfo, OptionInfo, ParameterInfo

from vigorl.agent.cli.main import errors

_Own = frozenset[str]
"""Names of a command's own parameters, which take the place of fields."""


def parameters_of(
    options: type[Any], defaults: Any = None, own: _Own = frozenset()
) -> list[inspect.Parameter]:
    """The options of a dataclass, as a command's function would have them.

    Args:
        options: A dataclass; a field without a default is an option that has to be given.
        defaults: An instance whose values take the place of the fields' defaults.
        own: Names of fields that are no options.
    """
    help_texts, panel, found = field_docs(options), None, []
    for field in _option_fields(options, own):
        hint, info = _hint_and_info(field, options)
        default = _default(field, defaults)
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            given = None if default is inspect.Parameter.empty else default
            found += parameters_of(hint, given, own)
            continue
        info.help = info.help or help_texts.get(field.name, "")
        if field.default is None and default is not None:  # the text tells of another default
            info.help = re.sub(r"\s*Default: .*", "", info.help)
        panel = info.rich_help_panel = info.rich_help_panel or panel
        hint, default = _as_typer_has_it(hint, default)
        if info.parser is not None:  # which makes the value, whatever its type
            hint = Any
        annotation: Any = Annotated[hint, info]
        kind = inspect.Parameter.KEYWORD_ONLY
        found.append(inspect.Parameter(field.name, kind, default=default, annotation=annotation))
    return found


def instance_of(
    options: type[Any], given: Mapping[str, Any], defaults: Any = None, own: _Own = frozenset()
) -> Any:
    """The dataclass with what was given on the command line; the rest as in `defaults`.

    Raises:
        UsageError: the dataclass refuses its values.
    """
    values = {}
    for field in _option_fields(options, own):
        hint, _ = _hint_and_info(field, options)
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            default = _default(field, defaults)
            nested = None if default is inspect.Parameter.empty else default
            values[field.name] = instance_of(hint, given, nested, own)
        elif get_origin(hint) is tuple:
            values[field.name] = tuple(given[field.name] or ())
        else:
            values[field.name] = given[field.name]
    return options(**values) if defaults is None else dataclasses.replace(defaults, **values)


def expanded(function: Callable[..., None]) -> Callable[..., None]:
    """The command of a function, with an option for each field of its dataclass parameters."""
    signature = inspect.signature(function, eval_str=True)
    configs: dict[str, tuple[type[Any], Any]] = {
        name: (parameter.annotation, _given(parameter.default))
        for name, parameter in signature.parameters.items()
        if dataclasses.is_dataclass(parameter.annotation) and isinstance(parameter.annotation, type)
    }
    own = frozenset(signature.parameters) - frozenset(configs)
    flat: list[inspect.Parameter] = []
    for name, parameter in signature.parameters.items():
        if name in configs:
            flat += parameters_of(*configs[name], own)
        else:
            flat.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
    if double := {
        each.name for each in flat if [other.name for other in flat].count(each.name) > 1
    }:
        raise TypeError(f"{function.__name__} has two options {', '.join(sorted(double))}")

    @wraps(function)
    def command(**given: Any) -> None:
        arguments = {name: given[name] for name in own}
        with errors(given.get("as_json", False)):
            for name, (options, defaults) in configs.items():
                arguments[name] = instance_of(options, given, defaults, own)
        function(**arguments)

    command.__signature__ = inspect.Signature(flat)  # type: ignore[attr-defined]
    command.__annotations__ = {}
    return command


def shown(options: type[Any], name: str) -> ParameterInfo:
    """How one field is shown, for commands that take it alone."""
    (found,) = (each for each in parameters_of(options) if each.name == name)
    info: ParameterInfo = get_args(found.annotation)[1]
    return info


def field_docs(options: type[Any]) -> dict[str, str]:
    """The text below each field of a class, on one line and without its sources."""
    return {
        name: text
        for parent in reversed(options.__mro__)
        if dataclasses.is_dataclass(parent)
        for name, text in _texts_of(parent.__module__).get(parent.__name__, {}).items()
    }


@cache
def _texts_of(module: str) -> dict[str, dict[str, str]]:
    """The texts below the fields of a module's classes."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return {node.name: dict(_texts(node)) for node in classes}


def _texts(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, text in zip(node.body, node.body[1:], strict=False):
        match field, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(words))),
            ):
                yield name, re.sub(r"\s*\bSource:.*", "", " ".join(words.split()))


def _option_fields(options: type[Any], own: _Own) -> Iterator["dataclasses.Field[Any]"]:
    for field in dataclasses.fields(options):
        if field.init and field.metadata.get("option", True) and field.name not in own:
            yield field


def _hint_and_info(
    field: "dataclasses.Field[Any]", options: type[Any]
) -> tuple[Any, ParameterInfo]:
    """A field's type, and a copy of how it is shown."""
    hint: Any = field.type
    if isinstance(hint, str):
        hint = eval(hint, vars(sys.modules[options.__module__]))
    given: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        given = tuple(each for each in rest if isinstance(each, OptionInfo | ArgumentInfo))
    return hint, copy(given[0]) if given else typer.Option()


def _default(field: "dataclasses.Field[Any]", defaults: Any) -> Any:
    """What a field is where nothing is given; `Parameter.empty`: it has to be given."""
    if defaults is not None:
        return getattr(defaults, field.name)
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return inspect.Parameter.empty


def _given(default: Any) -> Any:
    return None if default is inspect.Parameter.empty else default


def _as_typer_has_it(hint: Any, default: Any) -> tuple[Any, Any]:
    """Tuples as the lists that Typer knows; none of them is None."""
    if get_origin(hint) is not tuple:
        return hint, default
    hint = types.GenericAlias(list, (get_args(hint)[0],))
    if default is inspect.Parameter.empty:
        return hint, default
    return Union[hint, None], list(default) or None  # noqa: UP007 -- of values, not of types
