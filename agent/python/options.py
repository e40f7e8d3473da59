"""Options of an `Agent`: those of `vigorl-agent run`, by the same names."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from typer.models import OptionInfo
from typing_extensions import TypedDict  # which pydantic needs before Python 3.12

from vigorl.agent.run_config import RunConfig
from vigorl.browser.boundary import Boundary, entries
from vigorl.browser.deeds import Approve
from vigorl.browser.errors import UsageError
from vigorl.browser.vault import Secret
from vigorl.policy.model_config import ModelConfig
from vigorl.policy.price import read_prices


@with_config(ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class AgentOptions(TypedDict, total=False):
    """What an agent may be told beside its goal; `vigorl-agent run --help` says what each means."""

    url: str | None
    task: str | None
    prompt: Literal["goal", "instructions"] | None
    schema: Path | str | None
    out: Path | str
    verify: str | None

    model: str
    model_name: str | None
    family: str | None
    api_key: str | None
    temperature: float | None
    zoom: bool
    price: str | Sequence[float] | None
    """Dollars per million tokens of prompt and answer, and of cached prompt where that differs."""
    window: int | None
    turn_tokens: int | None
    top_p: float | None
    max_pixels: int | None
    extra_body: Mapping[str, Any]
    device: Literal["auto", "cpu", "cuda", "mps"]
    dtype: Literal["auto", "float32", "bfloat16", "float16"]
    quantization: Literal["none", "4bit", "8bit"]

    max_steps: int
    max_seconds: float
    max_tokens: int | None
    max_cost: float | None

    desktop: bool
    virtual: str | None
    launch: Sequence[str]
    only_window: str | None
    monitor: int | None

    viewport: tuple[int, int]
    """Width and height, CSS px."""
    headed: bool
    cdp: str | None
    profile: Path | str | None
    proxy: str | None
    locale: str | None
    timezone: str | None
    color_scheme: Literal["light", "dark"] | None
    slow_motion: float
    storage_state: Path | str | None
    save_storage_state: Path | str | None
    dialogs: Literal["ask", "accept", "dismiss"]

    approve: Approve | None
    upload_from: Sequence[Path | str]
    secrets: Mapping[str, str] | Sequence[Secret]
    """Values by name, for the host of `url`; or secrets that say their hosts."""
    allow: Sequence[str]
    deny: Sequence[str]
    allow_local: bool


_OPTIONS: TypeAdapter[AgentOptions] = TypeAdapter(AgentOptions)


def option_names(config: type[Any]) -> dict[str, str]:
    """The fields of a configuration that are options, by the names that these have."""
    hints = get_type_hints(config, include_extras=True, localns=_NAMES)
    named: dict[str, str] = {}
    for field in fields(config):
        if field.metadata.get("option", True):
            named[_option_name(field.name, hints[field.name])] = field.name
    return named


_NAMES = {"Boundary": Boundary, "Secret": Secret}


def configured(goal: str | None, options: Mapping[str, Any]) -> tuple[RunConfig, ModelConfig]:
    """The configurations that options stand for.

    Raises:
        TypeError: there is no such option.
        UsageError: an option has a value that it cannot have, or two contradict each other.
    """
    for name in options:
        if name not in AgentOptions.__annotations__:
            raise TypeError(f"an Agent has no option {name!r}{_nearest(name)}")
    try:
        given: dict[str, Any] = dict(_OPTIONS.validate_python(dict(options)))
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{first['loc'][0]}: {first['msg']}") from error
    runs, models = option_names(RunConfig), option_names(ModelConfig)
    run = {runs[name]: _as_field(runs[name], given[name]) for name in given if name in runs}
    model = {models[name]: _as_field(models[name], given[name]) for name in given if name in models}
    if "viewport" in given:
        run["viewport_width_px"], run["viewport_height_px"] = given["viewport"]
    if "secrets" in given:
        run["secrets"] = _secrets(given["secrets"])
    allow, deny = given.get("allow") or (), given.get("deny") or ()
    allow_local = given.get("allow_local", False)
    if allow or deny or allow_local:
        run["boundary"] = Boundary(entries(allow) if allow else None, entries(deny), allow_local)
    return RunConfig(goal, **run), ModelConfig(**model)


def _option_name(field: str, hint: Any) -> str:
    """The name of a field's option, as Python writes it."""
    infos = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    for info in (info for info in infos if isinstance(info, OptionInfo)):
        # In an annotation the first name stands in the place of a default.
        for name in (info.default, *(info.param_decls or ())):
            if isinstance(name, str) and name.startswith("--"):
                return name.removeprefix("--").partition("/")[0].replace("-", "_")
    return field


def _as_field(name: str, value: Any) -> Any:
    """A value as its field has it: a path instead of its text."""
    match name, value:
        case "upload_from", paths:
            return tuple(map(Path, paths))
        case "launch", commands:
            return tuple(commands)
        case "price", _:
            return _prices(value)
        case "runs" | "schema" | "profile" | "storage_state" | "save_storage_state", str(path):
            return Path(path)
    return value


def _prices(value: Any) -> Any:
    try:
        return read_prices(value)
    except ValueError as error:
        raise UsageError(f"price: {error}") from error


def _secrets(given: Mapping[str, str] | Sequence[Secret]) -> tuple[Secret, ...]:
    if isinstance(given, Mapping):
        return tuple(Secret(name, value) for name, value in given.items())
    return tuple(given)


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, AgentOptions.__annotations__, 1, 0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
