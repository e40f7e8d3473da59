"""README and docs: the site builds, every command parses, and what can be run here is run.

A block of `sh`, `console` or `python` is run, in the order of the pages, in one folder, unless a
comment before it says why not: `<!-- parsed: needs a GPU -->`. Then its commands are parsed only:
an option, command, script, test or extra that does not exist is a failure all the same.
"""

import ast
import glob
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from vigorl.agent.cli.app import app

ROOT = Path(__file__).parent.parent
PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("getting-started", "models", "python")),
    *sorted(
        page
        for page in (ROOT / "docs").rglob("*.md")
        if page.stem not in {"getting-started", "models", "python"}
    ),
)
BLOCK = re.compile(r"^```(sh|console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PARSED = re.compile(r"<!-- parsed: ([^>]+) -->")
OTHERS = {"export", "vllm", "mkdocs", "cd", "ray"}
"""Commands that are not ours."""


@dataclass(frozen=True)
class Block:
    """A block of code and what is said of it."""

    page: Path
    line: int
    language: str
    text: str
    is_run: bool

    @property
    def commands(self) -> list[list[str]]:
        """Its commands as words; of a session, the lines behind the prompt."""
        text = self.text.replace("\\\n", " ")
        lines = text.splitlines()
        if self.language == "console":
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        parts = (part for line in lines for part in split_at(shlex.split(line, comments=True)))
        return [words for words in parts if words]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def split_at(words: list[str]) -> Iterator[list[str]]:
    """The commands of a line, which `&&` joins."""
    while "&&" in words:
        yield words[: words.index("&&")]
        words = words[words.index("&&") + 1 :]
    yield words


def blocks_of(page: Path) -> Iterator[Block]:
    text = page.read_text()
    end = 0
    for found in BLOCK.finditer(text):
        between = text[end : found.start()]
        line = text.count("\n", 0, found.start()) + 1
        is_run = not PARSED.search(between)
        yield Block(page, line, found.group(1), found.group(2), is_run)
        end = found.end()


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
OWN = {ROOT / "docs" / f"{name}.md" for name in ("approvals", "secrets")}
"""Pages with excerpts instead of programs: what stands in them is not run."""


@cache
def root() -> Any:
    """The application as click sees it."""
    return typer.main.get_command(app)


def parse(words: list[str]) -> None:
    """Parse a command of ours, without doing anything.

    Raises:
        click.UsageError: there is no such command or option, or a value that it does not take.
    """
    command = root()
    context = command.make_context("vigorl-agent", list(words))
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(
            context, [*context._protected_args, *context.args]
        )
        context = command.make_context(name, rest, parent=context)


def check(words: list[str]) -> None:
    """See that a command line names only what there is."""
    match words:
        case ["vigorl-agent", *arguments]:
            parse(arguments)
        case ["torchrun", *arguments]:
            parse(arguments[arguments.index("vigorl-agent") + 1 :])
        case ["python", "-m", module, *_]:
            assert (ROOT / Path(*module.split("."))).with_suffix(".py").is_file(), module
        case ["python", script, *options]:
            source = (ROOT / script).read_text()
            for option in (word for word in options if word.startswith("--")):
                assert f'"{option}"' in source, f"{script} has no {option}"
        case ["pytest", *arguments]:
            for path in (word for word in arguments if word.startswith("tests/")):
                assert (ROOT / path).exists(), path
        case ["make", target]:
            assert re.search(rf"^{re.escape(target)}:", (ROOT / "Makefile").read_text(), re.M)
        case ["pip", "install", *packages]:
            extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
            for extra in re.findall(r"\[([\w,]+)\]", " ".join(packages)):
                assert set(extra.split(",")) <= set(extras["optional-dependencies"]), extra
        case [name, *_]:
            assert name in OTHERS, f"what is {name}?"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_and_program_of_a_page_parses(page: Path) -> None:
    for block in BLOCKS:
        if block.page != page:
            continue
        if block.language == "python":
            compile(block.text, str(block), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            continue
        for words in block.commands:
            try:
                check(words)
            except Exception as error:
                pytest.fail(f"{block}: {shlex.join(words)}: {error}")


@pytest.mark.parametrize(
    "wrong", ["run --no-such-option", "eval nothing", "run --max-steps none", "eval grounding"]
)
def test_a_command_that_does_not_exist_does_not_parse(wrong: str) -> None:
    with pytest.raises(Exception, match=r"No such|valid integer|Missing parameter"):
        parse(wrong.split())


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_what_is_not_marked_runs_in_the_order_of_the_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    done: set[str] = set()
    for block in BLOCKS:
        if not block.is_run or block.page in OWN or block.text.strip() in done:
            continue
        done.add(block.text.strip())
        if block.language == "python":
            exec(compile(block.text, str(block), "exec"), {"__name__": "__main__"})
            continue
        for words in block.commands:
            assert words[0] == "vigorl-agent", f"{block}: mark it as parsed, or run it: {words}"
            arguments = [path for word in words[1:] for path in sorted(glob.glob(word)) or [word]]
            with pytest.raises(SystemExit) as leaving:
                app(arguments)
            assert leaving.value.code == 0, f"{block}: {words}: {capfd.readouterr()}"
    assert len(done) >= 8


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "site" / "results" / "nano" / "index.html").is_file()


def test_the_readme_is_read_in_a_minute() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_every_link_to_a_file_leads_somewhere(name: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", (ROOT / name).read_text())
    assert [link for link in links if not (ROOT / link).exists()] == []
