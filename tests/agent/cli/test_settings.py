"""The settings file: what it sets, what comes before it, and what it must not set."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from vigorl.agent.cli import settings
from vigorl.agent.cli.app import app
from vigorl.agent.cli.fields import parameters_of
from vigorl.agent.run_config import RunConfig
from vigorl.browser.errors import UsageError

ROOT: Any = typer.main.get_command(app)
TEXT = """
[model]
model = "ollama/qwen2.5vl:7b"   # a comment
temperature = 0
[run]
max_steps = 12
viewport = "800x600"
verify = "same"
[eval]
workers = 3
[search]
workers = 5
depth = 4
[prices]
"gpt-5" = [1.25, 10, 0.125]
"""
RUN = ("run", 'click "Contact"', "--url", "about:blank")


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    monkeypatch.chdir(tmp_path)
    for name in ("VIGORL_MODEL", "VIGORL_CONFIG", "VIGORL_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    def made(text: str) -> Path:
        path = tmp_path / "vigorl.toml"
        path.write_text(text)
        return path

    return made


def values(*words: str) -> dict[str, Any]:
    """What a command would be called with."""
    command, parent = ROOT, ROOT.make_context("vigorl-agent", list(words))
    rest = [*parent._protected_args, *parent.args]
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(parent, rest)
        parent = command.make_context(name, rest, parent=parent)
        rest = [*getattr(parent, "_protected_args", ()), *parent.args]
    return dict(parent.params)


def test_each_command_takes_its_defaults_from_the_file(write: Callable[[str], Path]) -> None:
    write(TEXT)
    found = values(*RUN)
    assert (found["model"], found["temperature"]) == ("ollama/qwen2.5vl:7b", 0)
    assert (found["max_steps"], found["viewport"], found["verify"]) == (12, "800x600", "same")
    assert found["price"]["gpt-5"].cached == 0.125
    found = values("eval", "tasks")
    assert (found["model"], found["workers"], found["verify"]) == ("ollama/qwen2.5vl:7b", 3, None)
    found = values("search", "--data", "x", "--out", "y")
    assert (found["model"], found["samples_at_once"], found["depth"]) == (
        "ollama/qwen2.5vl:7b", 5, 4,
    )  # fmt: skip
    assert values("show", "x") == values("show", "x")  # no setting of it, and no error


def test_the_command_line_comes_first_then_the_environment_then_the_file(
    write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert values(*RUN)["model"] == "reader"
    write(TEXT)
    assert values(*RUN)["model"] == "ollama/qwen2.5vl:7b"
    monkeypatch.setenv("VIGORL_MODEL", "gpt-5")
    assert values(*RUN)["model"] == "gpt-5"
    assert values(*RUN, "--model", "nano", "--max-steps", "3")["max_steps"] == 3
    assert values(*RUN, "--model", "nano")["model"] == "nano"
    assert values(*RUN, "--price", "1,2")["price"].sampled == 2
    monkeypatch.setenv("VIGORL_CONFIG", "")
    assert values(*RUN)["max_steps"] == 30


def test_a_command_says_what_it_takes_and_help_shows_it(write: Callable[[str], Path]) -> None:
    write(TEXT)
    done = CliRunner().invoke(app, [*RUN, "--model", "reader", "--dry-run"])
    assert done.exit_code == 0, done.output
    taken = "temperature = 0, price = gpt-5, verify = same, max-steps = 12"
    assert f"settings  vigorl.toml: {taken}" in done.stderr
    assert "ollama" not in done.stderr and "settings" not in done.stdout
    shown = CliRunner().invoke(app, ["run", "--help"], env={"COLUMNS": "100"}).output
    assert "[default: 12, from the settings file]" in " ".join(shown.split())
    write("[nonsense]")
    shown = CliRunner().invoke(app, ["run", "--help"]).output
    assert "[default: 30]" in " ".join(shown.split()) and "nonsense" in shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[run]\nmax_stps = 3",
            r"vigorl.toml, line 2: max_stps in \[run\]: .*nearest is max_steps",
        ),
        ("[run]\nmax-steps = 3", "nearest is max_steps"),
        ("[run]\n# x\nmax_steps = '3'", "line 3: max_steps in .run.: '3' does not fit"),
        ("[run]\nmax_steps = true", "does not fit"),
        ("[run]\nmax_steps = 0", "give 1 or more"),
        ("[run]\nmax_seconds = nan", "too small"),
        ("[run]\nheaded = 1", "does not fit"),
        ("[eval]\nmax_faults = 2", "give 1 or less"),
        ("[model]\ndevice = 'gpu'", "'auto', 'cpu', 'cuda' or 'mps'"),
        ("[run]\ntemperature = 1", r"it belongs into \[model\]"),
        ("[modle]\n", "no section .modle.; the nearest is model"),
        ("max_steps = 3", "there is no section"),
        ("model = 'gpt-5'", r"write \[model\]"),
        ("[model]\nprice = '1,2'", r"\[prices\]"),
        ("[prices]\nx = [1]", "line 2: x in .prices.: .*no price"),
        ("[model", "is no TOML"),
        ("[model]\nmodel = 'a'\nmodel = 'b'", "is no TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_what_is_near(
    write: Callable[[str], Path], text: str, said: str
) -> None:
    write(text)
    with pytest.raises(UsageError, match=said):
        settings.find_settings({})
    for wrong in (b"\xff", b"x" * (2**20 + 1)):
        Path("vigorl.toml").write_bytes(wrong)
        with pytest.raises(UsageError, match=r"no TOML|no settings file"):
            settings.find_settings({})
    with pytest.raises(UsageError, match="cannot be read"):
        settings.find_settings({"VIGORL_CONFIG": "nowhere.toml"})


@pytest.mark.parametrize("key", ["api_key", "secret"])
def test_a_file_keeps_no_secrets(write: Callable[[str], Path], key: str) -> None:
    path = write(f"[model]\n{key} = 'x'")
    for environ in ({}, {"VIGORL_CONFIG": str(path)}):
        with pytest.raises(UsageError, match="keeps no secrets"):
            settings.find_settings(environ)


def run_options() -> list[str]:
    """The options of `run`, as a file would name them."""
    command = ROOT.get_command(None, "run")
    long = [each.opts[0] for each in command.params if each.opts[0].startswith("--")]
    return [name.removeprefix("--").replace("-", "_") for name in long]


def test_no_file_says_what_is_done_or_what_the_agent_may_do(write: Callable[[str], Path]) -> None:
    """New options of `run` are refused until somebody adds them to the list."""
    harmless = {
        "out", "verify", "max_steps", "max_seconds", "max_tokens", "max_cost", "viewport", "headed",
    }  # fmt: skip
    model = set(settings._keys_of("model"))
    names = [*(each.name for each in parameters_of(RunConfig)), *run_options()]
    refused = [name for name in names if name not in harmless | model]
    assert {"approve", "approve_seconds", "allow", "allow_local", "upload_from", "goal", "url",
            "storage_state", "save_storage_state", "dialogs", "task"} <= set(refused)  # fmt: skip
    for section in ("run", "eval", "model", "search"):
        for name in refused:
            path = write(f"[{section}]\n{name} = 'never'")
            for environ in ({}, {"VIGORL_CONFIG": str(path)}):
                with pytest.raises(UsageError, match=f"line 2: {name} in "):
                    settings.find_settings(environ)


@pytest.mark.parametrize(
    "text",
    [
        "[model]\nmodel = 'https://evil.example/v1'",
        "[model]\nmodel = 'http://localhost.evil.example/v1'",
        "[model]\nmodel = 'http://localhost@evil.example/v1'",
        "[model]\nmodel = 'HTTP://192.168.0.7:8000'",
        "[model]\nmodel = 'toy_vigorl:open_toy'",
        "[model]\nmodel = 'vllm:./weights?trust_remote_code=true'",
        "[run]\nverify = 'https://evil.example/v1'",
        "[eval]\nverify = 'toy_vigorl:open_toy'",
        "[model]\nextra_body = {messages = []}",
        "[run]\nout = '/tmp'",
    ],
)
def test_a_file_that_came_along_names_no_server_elsewhere_and_no_code(
    write: Callable[[str], Path], text: str
) -> None:
    path = write(text)
    with pytest.raises(UsageError, match=r"may have come from somebody else.*VIGORL_CONFIG"):
        settings.find_settings({})
    own = settings.find_settings({"VIGORL_CONFIG": str(path)})
    assert own and own.sections


def test_a_server_of_this_machine_may_be_named(write: Callable[[str], Path]) -> None:
    for model in (
        "http://localhost:8000/v1",
        "http://[::1]:80",
        "gpt-5",
        "nano",
        "a/b",
        "./x",
        "vllm:x",
    ):
        write(f"[model]\nmodel = '{model}'")
        found = settings.find_settings({})
        assert found and found.defaults_of("run") == {"model": model}


def test_what_a_file_can_set_is_an_option() -> None:
    for section, names in settings._SETTABLE.items():
        assert names <= set(settings._keys_of(section)), section


def test_the_documented_file_is_one_and_the_lists_are_those_of_the_code(
    write: Callable[[str], Path],
) -> None:
    page = (Path(__file__).parents[3] / "docs" / "models.md").read_text()
    (text,) = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    write(text)
    found = settings.find_settings({})
    assert found and found.defaults_of("run")["max_cost"] == 0.5
    for section, names in settings._SETTABLE.items():
        (line,) = re.findall(rf"^\| `\[{section}\]` \| (.*) \|$", page, re.MULTILINE)
        assert set(re.findall(r"`(\w+)`", line)) == names, section
