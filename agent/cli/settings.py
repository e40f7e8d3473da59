"""The settings file: `vigorl.toml`, whose values are defaults of options.

A command line comes before the environment, the environment before the file, and the file before
the defaults that are built in. The file is the one that `VIGORL_CONFIG` names (none, where that is
empty), or else `vigorl.toml` in the working directory::

    [model]            # of every command that opens a model
    model = "ollama/qwen2.5vl:7b"
    [run]              # of one command
    max_steps = 50
    [prices]           # dollars per million tokens: prompt, answer and, where it differs, cached
    "gpt-5" = [1.25, 10, 0.125]

What a file can set is listed, so that an option is none of its business unless somebody has thought
about it. A file can hold no secret, and decides nothing of what the agent may do, where it may go
and what it may hand over. The one in the working directory may have come along with a folder from
somewhere else: it can name a server on this machine, but no other and no code.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from rich.markup import escape

from vigorl.agent.cli.fields import parameters_of
from vigorl.agent.cli.options import BrowserOptions, EvaluationOptions
from vigorl.agent.cli.terminal import Console
from vigorl.agent.run_config import RunConfig
from vigorl.browser.errors import UsageError
from vigorl.policy.model_config import ModelConfig
from vigorl.training.search.config import SearchConfig

NAME = "vigorl.toml"
VARIABLE = "VIGORL_CONFIG"

_OPTIONS: Mapping[str, tuple[type[Any], ...]] = {
    "model": (ModelConfig,),
    "run": (RunConfig, BrowserOptions),
    "eval": (RunConfig, EvaluationOptions),
    "search": (SearchConfig,),
}
"""What the options of a section are made from."""
_SETTABLE: Mapping[str, frozenset[str]] = {
    "model": frozenset(
        "model model_name family temperature zoom window turn_tokens top_p max_pixels extra_body "
        "device dtype quantization".split()
    ),
    "run": frozenset(
        "out verify max_steps max_seconds max_tokens max_cost viewport headed".split()
    ),
    "eval": frozenset("verify workers max_faults".split()),
    "search": frozenset(
        "simulations children rollouts depth exploration max_turns seed workers".split()
    ),
}
"""Options that a file can set, by section."""
_OWN = frozenset({"out", "extra_body"})
"""Those that only a file which somebody has named can set."""
_MODELS = frozenset({"model", "verify"})
_SECRETS = frozenset({"api_key", "secret"})
_PRICES = "prices"
_LARGEST_BYTES = 2**20
_LONGEST = 60
"""Characters of a value that a terminal shows."""


@dataclass(frozen=True)
class SettingsFile:
    """One that was read."""

    path: Path
    sections: Mapping[str, Mapping[str, Any]]
    """Values by the name of the parameter that they are the default of."""

    def defaults_of(self, command: str) -> dict[str, Any]:
        """The defaults of a command's parameters."""
        prices = self.sections.get(_PRICES)
        return {
            **self.sections.get("model", {}),
            **self.sections.get(command, {}),
            **({"price": prices} if prices else {}),
        }


def has_settings(command: str) -> bool:
    """Whether the file has something to say to a command, or group of them, of this name."""
    return command in _OPTIONS and command != "model"


def find_settings(environ: Mapping[str, str] | None = None) -> SettingsFile | None:
    """The settings file, read; None where there is none.

    Raises:
        UsageError: it cannot be read, holds what it cannot set, or a value of the wrong type.
    """
    named = (os.environ if environ is None else environ).get(VARIABLE)
    if named is not None:
        return _read(Path(named), is_own=True) if named else None
    path = Path(NAME)
    return _read(path, is_own=False) if path.is_file() else None


def tell_settings(file: SettingsFile, context: Any) -> None:
    """Say on stderr what a command takes from the file."""
    taken = [
        f"{each.opts[0].removeprefix('--')} = {_shown(context.default_map[each.name])}"
        for each in context.command.params
        if getattr(context.get_parameter_source(each.name), "name", "") == "DEFAULT_MAP"
    ]
    if taken:
        text = f"{file.path}: {', '.join(taken)}"
        Console(stderr=True).print(
            f"[dim]settings  {escape(text)}[/dim]", highlight=False, soft_wrap=True
        )


def _shown(value: Any) -> str:
    text = ", ".join(value) if isinstance(value, Mapping) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


@dataclass(frozen=True)
class _Source:
    """A file's text, and what can be said of places in it."""

    path: Path
    text: str
    is_own: bool

    def refusal(self, section: str, key: str, why: str) -> UsageError:
        """What is said of a key."""
        line = self._line_of(section, key)
        where = f"{self.path}, line {line}" if line else str(self.path)
        return UsageError(f"{where}: {key} in [{section}]: {why}")

    def _line_of(self, section: str, key: str) -> int | None:
        """The line of a key, where it is written plainly."""
        within = False
        for number, line in enumerate(self.text.splitlines(), 1):
            if header := re.match(r"\s*\[\s*([^\]]*?)\s*\]", line):
                within = header[1].strip("\"'") == section
            elif within and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
                return number
        return None


def _read(path: Path, is_own: bool) -> SettingsFile:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
        if len(data) > _LARGEST_BYTES:
            raise UsageError(f"{path} is no settings file: it has more than a mebibyte")
        text = data.decode()
        content = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"the settings file {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no TOML: {error}") from error
    source = _Source(path, text, is_own)
    sections: dict[str, Mapping[str, Any]] = {}
    for name, values in content.items():
        if name not in (*_OPTIONS, _PRICES):
            raise UsageError(f"{path}: there is no section [{name}]{_nearest(name, _SECTIONS)}")
        if not isinstance(values, dict):
            raise UsageError(f"{path}: {name} is a section: write [{name}], and its settings below")
        sections[name] = _prices(source, values) if name == _PRICES else _set(source, name, values)
    return SettingsFile(path, sections)


_SECTIONS = (*_OPTIONS, _PRICES)


def _prices(source: _Source, values: Mapping[str, Any]) -> dict[str, Any]:
    from vigorl.policy.price import read_prices

    found = {}
    for name, value in values.items():
        try:
            found[name] = read_prices(value)
        except ValueError as error:
            raise source.refusal(_PRICES, name, str(error)) from error
    return found


def _set(source: _Source, section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a section, checked."""
    known = _keys_of(section)
    found = {}
    for key, value in values.items():
        if key not in _SETTABLE[section]:
            raise source.refusal(section, key, _why_not(section, key))
        if not source.is_own:
            _require_harmless(source, section, key, value)
        found[known[key].parameter] = known[key].checked(source, section, key, value)
    return found


def _why_not(section: str, key: str) -> str:
    """Why a file cannot set it, and what can be done."""
    if key in _SECRETS:
        return (
            "a file keeps no secrets. Set VIGORL_API_KEY or the provider's variable in the "
            "environment; for what is typed, --secret names where it comes from"
        )
    if key == "price":
        return f"prices stand by the name of the model in [{_PRICES}]"
    if key in _keys_of(section):
        return (
            "no file decides what is done, what the agent may do, where it may go and what it may "
            f"hand over. Say it on the command line (--{key.replace('_', '-')})"
        )
    others = [name for name in _SETTABLE if key in _SETTABLE[name]]
    if others:
        return f"it belongs into [{others[0]}]"
    return f"there is no such setting{_nearest(key, _SETTABLE[section])}"


def _nearest(word: str, words: Any) -> str:
    near = difflib.get_close_matches(word.replace("-", "_").lower(), list(words), 1, cutoff=0.5)
    return f"; the nearest is {near[0]}" if near else f". There are {', '.join(sorted(words))}"


def _require_harmless(source: _Source, section: str, key: str, value: Any) -> None:
    """Refuse what a file could do harm with that came along with a folder.

    Raises:
        UsageError: it is such a thing.
    """
    why = ""
    if key in _OWN:
        why = "so it is refused"
    elif key in _MODELS and isinstance(value, str):
        why = _why_foreign(value)
    if why:
        raise source.refusal(
            section,
            key,
            f"a file in the working directory may have come from somebody else, {why}. Say it on "
            f"the command line, or name a file of your own in {VARIABLE}",
        )


def _why_foreign(model: str) -> str:
    """Why a model cannot be chosen by whoever has brought a folder; empty where it can."""
    if "://" in model:
        try:
            host = urlsplit(model).hostname
        except ValueError:
            host = None
        is_here = host in ("localhost", "127.0.0.1", "::1")
        return "" if is_here else "so it can name no server but one on this machine"
    if "?" in model:
        return "so it can give no arguments"
    is_code = re.fullmatch(r"[\w.]+:\w+", model) and not model.startswith("vllm:")
    return "so it can name no code" if is_code else ""


@dataclass(frozen=True)
class _Key:
    """A setting: an option by another name."""

    parameter: str
    hint: Any
    info: Any

    def checked(self, source: _Source, section: str, key: str, value: Any) -> Any:
        """The value.

        Raises:
            UsageError: it has the wrong type, or is out of bounds.
        """
        from pydantic import TypeAdapter, ValidationError

        try:
            if self.info.parser is not None:
                return self.info.parser(value)
            TypeAdapter(self.hint).validate_python(value, strict=self.hint is not Path)
        except ValidationError as error:
            why = f"{value!r} does not fit: {error.errors()[0]['msg']}"
            raise source.refusal(section, key, why) from error
        except ValueError as error:
            raise source.refusal(section, key, str(error)) from error
        low, high = self.info.min, self.info.max
        if isinstance(value, int | float) and not isinstance(value, bool):
            if low is not None and not value >= low:  # nor a number
                raise source.refusal(section, key, f"{value} is too small: give {low:g} or more")
            if high is not None and not value <= high:
                raise source.refusal(section, key, f"{value} is too large: give {high:g} or less")
        return value


@cache
def _keys_of(section: str) -> Mapping[str, _Key]:
    """All options of a section by the name that a file would use, those that it cannot set too."""
    return dict(_keys(section))


def _keys(section: str) -> Iterator[tuple[str, _Key]]:
    for options in _OPTIONS[section]:
        for each in parameters_of(options):
            hint, info = get_args(each.annotation)[:2]
            # In an annotation, the first name stands where the default would.
            names = [name for name in (info.default, *(info.param_decls or ())) if _is_long(name)]
            name = names[0].removeprefix("--").split("/")[0] if names else each.name
            yield name.replace("-", "_"), _Key(each.name, hint, info)


def _is_long(name: Any) -> bool:
    return isinstance(name, str) and name.startswith("--")
