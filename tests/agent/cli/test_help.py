import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from rich.text import Text
from typer.testing import CliRunner

from vigorl.agent.cli.app import app
from vigorl.agent.cli.help_screen import value_of
from vigorl.agent.cli.renamed import COMMANDS, OPTIONS, current_arguments

ROOT: Any = typer.main.get_command(app)
WORDS = re.compile(
    r"\b(so many|nobody|somebody|looks? closer|whoever|told|mend\w*|glance)\b", re.IGNORECASE
)
"""Words of ours for which the field has others."""
PLACEHOLDERS = {"…": "http://localhost:8000/v1"}


def commands(group: Any = ROOT, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any, Any]]:
    """The commands below a group, with their names and contexts."""
    context = group.make_context("vigorl-agent", [], resilient_parsing=True)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if hasattr(command, "list_commands"):
            yield from commands(command, (*path, name))
        else:
            found = command.make_context(name, [], resilient_parsing=True)
            yield " ".join((*path, name)), command, found


COMMANDS_BY_NAME = {name: (command, context) for name, command, context in commands()}


def options(name: str) -> list[Any]:
    command, context = COMMANDS_BY_NAME[name]
    return [each for each in command.get_params(context) if each.name != "help"]


def examples(name: str) -> list[str]:
    text = COMMANDS_BY_NAME[name][0].help or ""
    plain = Text.from_markup(text, emoji=False).plain
    joined = re.sub(r"(?<!\n)\n(?!\n)", " ", plain)
    return [line.strip()[2:] for line in joined.splitlines() if line.strip().startswith("$ ")]


@pytest.mark.parametrize("name", COMMANDS_BY_NAME)
def test_every_option_has_a_sentence_with_a_unit_and_a_default(name: str) -> None:
    for option in options(name):
        text = Text.from_markup(option.help or "", emoji=False).plain
        said = f"{name} {option.name}: {text!r}"
        assert re.match(r"[A-Z].*\.$", text, re.DOTALL), said
        assert len(text.split()) > 2, f"{said} is no sentence"
        assert not text.startswith(("Of ", "So ", "Whose ", "Which ", "What ", "How ")), said
        assert not WORDS.search(text), said
        if option.type_descriptor.annotation in (int, float) and option.name != "seed":
            assert option.min is not None or value_of(option, None) == "SECONDS", said


@pytest.mark.parametrize("name", COMMANDS_BY_NAME)
def test_no_option_shows_a_type_of_python(name: str) -> None:
    for option in options(name):
        value = value_of(option, COMMANDS_BY_NAME[name][1])
        assert "<" not in value and "bool" not in value, f"{name} {option.name}: {value}"


@pytest.mark.parametrize("name", COMMANDS_BY_NAME)
def test_every_command_has_an_example_that_parses(name: str) -> None:
    assert examples(name), f"{name} has no example"
    for example in examples(name):
        words = [PLACEHOLDERS.get(word, word) for word in shlex.split(example)]
        assert words[0] == "vigorl-agent"
        path = name.split() if words[1 : 1 + len(name.split())] == name.split() else None
        if path is None:
            continue  # what to do next, with another command
        command = COMMANDS_BY_NAME[name][0]
        command.make_context(name, words[1 + len(path) :])


@pytest.mark.parametrize("columns", [60, 80, 140])
@pytest.mark.parametrize("name", ["run", "train grpo", "eval visualwebarena", ""])
def test_help_fits_the_terminal_but_for_examples(
    name: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = CliRunner().invoke(app, [*name.split(), "--help"]).output
    lines = [line for line in shown.splitlines() if not line.strip().startswith(("$", "Usage"))]
    assert max(map(len, lines)) <= columns
    assert not any(line != line.rstrip() for line in lines)


@pytest.mark.parametrize("old", OPTIONS)
def test_an_old_spelling_means_the_new_one(old: str, capsys: pytest.CaptureFixture[str]) -> None:
    new = OPTIONS[old]
    known = {name for each in COMMANDS_BY_NAME for option in options(each) for name in option.opts}
    assert new in known
    assert current_arguments([old, "1", f"{old}=2", "--", old], {new}) == [
        new, "1", f"{new}=2", "--", old,
    ]  # fmt: skip
    assert current_arguments([old], {new, old}) == [old]


def test_a_command_is_found_by_its_old_name() -> None:
    for old, new in COMMANDS.items():
        assert f"vigorl-agent {new}" in CliRunner().invoke(app, [old, "--help"]).output
        assert f"  {old} " not in CliRunner().invoke(app, ["--help"]).output


def test_the_version_is_printed() -> None:
    printed = CliRunner().invoke(app, ["--version"]).output
    assert re.fullmatch(r"vigorl-agent \d+\.\d+\.\d+( \(\S+\))?\n", printed)


def test_a_shell_completes_tasks_and_models() -> None:
    def completed(*words: str) -> str:
        typed = " ".join(("vigorl-agent", *words))
        variables = {"_VIGORL_AGENT_COMPLETE": "complete_bash", "COMP_WORDS": typed}
        variables["COMP_CWORD"] = str(len(words))
        return CliRunner().invoke(app, env=variables, prog_name="vigorl-agent").output

    assert "pagination" in completed("run", "--task", "pag")
    assert "nano" in completed("run", "--model", "na")
