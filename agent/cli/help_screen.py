"""The help screen of a command or a group: usage, what it does, examples, options by panel.

Two columns, as long as a terminal has room for them; one below 64 columns.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.text import Text

from vigorl.agent.cli.terminal import Console

_WIDEST, _NARROW = 100, 64
"""Columns of a line of text at most; and below which there is one column."""
_LEFT = 26
"""Columns of an option's name and value, at most."""
_EXAMPLE = "[dim]$[/dim] "
_ROUND = {"Path": "PATH", "str": "TEXT", "int": "N", "float": "NUMBER", "path": "PATH"}


def print_help(command: Any, context: Any) -> None:
    """Print the help screen of a command or group on stdout."""
    console = Console(highlight=False)
    console.width = min(console.width, _WIDEST)
    console.print(f"Usage: [bold]{escape(_usage(command, context))}[/]\n", soft_wrap=True)
    paragraphs = list(_paragraphs(command.help or ""))
    for paragraph in paragraphs:
        _print_paragraph(console, paragraph)
    if paragraphs and paragraphs[-1].startswith(_EXAMPLE):
        console.print()
    rows: dict[str, list[tuple[Text, Text]]] = {}
    for parameter in command.get_params(context):
        if not getattr(parameter, "hidden", False):
            rows.setdefault(_panel(parameter), []).append(_row(parameter, context))
    for name, group in _commands(command, context):
        rows.setdefault(name, []).append(group)
    for panel in sorted(rows, key=_place_of):
        console.print(f"[bold]{panel}[/]")
        _print_rows(console, rows[panel])
        console.print()
    for paragraph in _paragraphs(command.epilog or ""):
        _print_wrapped(console, Text.from_markup(paragraph, emoji=False))


def _usage(command: Any, context: Any) -> str:
    return " ".join([context.command_path, *command.collect_usage_pieces(context)])


def _paragraphs(text: str) -> Iterator[str]:
    """Paragraphs, each on a line of its own; a list of examples keeps its lines."""
    for paragraph in text.strip().split("\n\n"):
        if paragraph:
            yield " ".join(line.strip() for line in paragraph.splitlines())


def _print_paragraph(console: Console, paragraph: str) -> None:
    """A paragraph; an example may be copied from the terminal, so nothing breaks it."""
    if paragraph.startswith(_EXAMPLE):
        console.print(f"  {paragraph}", soft_wrap=True)
        return
    _print_wrapped(console, Text.from_markup(paragraph, emoji=False))
    console.print()


def _print_wrapped(console: Console, text: Text, indent: int = 0) -> None:
    for line in text.wrap(console, console.width - indent):
        line.rstrip()
        console.print(Text(" " * indent) + line, soft_wrap=True)


def _panel(parameter: Any) -> str:
    named = getattr(parameter, "rich_help_panel", None)
    return named or ("Arguments" if parameter.param_type_name == "argument" else "Options")


def _place_of(panel: str) -> int:
    """Panels without a name of their own come first, what few people need comes last."""
    if panel in ("Commands", "Arguments", "Options"):
        return 0
    return 2 if panel.endswith("(advanced)") else 1


def _commands(command: Any, context: Any) -> Iterator[tuple[str, tuple[Text, Text]]]:
    """The commands of a group: panel, name, and what each does in a line."""
    for name in getattr(command, "list_commands", lambda _: ())(context):
        each = command.get_command(context, name)
        if each is None or each.hidden:
            continue
        about = next(_paragraphs(each.short_help or each.help or ""), "")
        panel = getattr(each, "rich_help_panel", None) or "Commands"
        yield panel, (Text(name, style="bold cyan"), Text.from_markup(about, emoji=False))


def _row(parameter: Any, context: Any) -> tuple[Text, Text]:
    """The two columns of a parameter: how it is written, and what it does."""
    help_text = Text.from_markup(parameter.help or "", emoji=False)
    if facts := list(_facts(parameter, context)):
        help_text.append(f" [{'; '.join(facts)}]", style="dim")
    left = Text(", ".join(_names(parameter)), style="bold cyan")
    if value := value_of(parameter, context):
        left.append(f" {value}", style="not bold default")
    return left, help_text


def _names(parameter: Any) -> list[str]:
    """Short names first; the name of a flag with its negation."""
    if parameter.param_type_name == "argument":
        return [parameter.name.upper() + ("…" if parameter.nargs != 1 else "")]
    names = sorted(parameter.opts, key=len)
    if parameter.secondary_opts:
        names = [f"{names[0]}/{parameter.secondary_opts[0]}"]
    return names


def value_of(parameter: Any, context: Any) -> str:
    """The word that stands for an option's value; none for flags and arguments."""
    if parameter.param_type_name == "argument" or getattr(parameter, "is_flag", False):
        return ""
    if parameter.metavar is not None:
        return str(parameter.metavar)
    described = parameter.type_descriptor
    if described.is_choice:
        return "|".join(str(choice) for choice in described.choices or ())
    if described.is_path or described.is_file:
        return "PATH"
    if described.is_list:
        return _ROUND.get(getattr(described.annotation.__args__[0], "__name__", ""), "TEXT")
    if parameter.name.endswith("seconds"):
        return "SECONDS"
    return _ROUND.get(getattr(described.annotation, "__name__", ""), "TEXT")


def _facts(parameter: Any, context: Any) -> Iterator[str]:
    """Default, bounds and variables of the environment."""
    default = parameter.get_default(context, call=False)
    if parameter.required and parameter.param_type_name == "option" and default is None:
        yield "required"
    if parameter.show_default and default not in (None, "", False, [], (), {}):
        is_on = default is True and parameter.secondary_opts
        shown = parameter.opts[0].lstrip("-") if is_on else default
        is_set = context is not None and context.lookup_default(parameter.name, call=False)
        yield f"default: {_shown(shown)}{', from the settings file' * (is_set is not None)}"
    match parameter.min, parameter.max:
        case (None | 0 | 1, None):
            pass  # numbers of things
        case (low, None):
            yield f"{low:g} or more"
        case (None, high):
            yield f"{high:g} or less"
        case (low, high):
            yield f"{low:g} to {high:g}"
    if getattr(parameter, "show_envvar", False) and parameter.envvar:
        variables = parameter.envvar if isinstance(parameter.envvar, list) else [parameter.envvar]
        yield f"env: {', '.join(variables)}"


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(_shown, value)) if isinstance(value, list | Mapping) else str(value)


def _print_rows(console: Console, rows: Sequence[tuple[Text, Text]]) -> None:
    if console.width < _NARROW:
        for left, right in rows:
            _print_wrapped(console, left, indent=2)
            _print_wrapped(console, right, indent=6)
        return
    left_columns = min(_LEFT, max(left.cell_len for left, _ in rows))
    for left, right in rows:
        _print_row(console, left, right, left_columns)


def _print_row(console: Console, left: Text, right: Text, left_columns: int) -> None:
    """One row; a name that is too long for its column has the line to itself."""
    indent = left_columns + 4
    lines: Iterable[Text] = right.wrap(console, console.width - indent)
    if left.cell_len > left_columns:
        console.print(Text("  ") + left, overflow="fold")
        head = Text(" " * indent)
    else:
        head = Text("  ") + left + Text(" " * (left_columns - left.cell_len + 2))
    for line in lines or [Text()]:
        line.rstrip()
        console.print(head + line, no_wrap=True, crop=False, soft_wrap=True)
        head = Text(" " * indent)
