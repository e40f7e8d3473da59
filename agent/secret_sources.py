"""Where the values of secrets come from: the environment, a file, the keyring, or whoever is asked.

Never from the command line, which every process of the machine can read, and which shells keep.
"""

import getpass
import os
import sys
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import Literal

from vigorl.browser.errors import UsageError
from vigorl.browser.vault import Secret

SOURCES = "env:VARIABLE, file:PATH, prompt, keyring:SERVICE/USER, or totp:SOURCE for one-time codes"


def read_secrets(
    options: Sequence[str], environment: MutableMapping[str, str] | None = None
) -> tuple[Secret, ...]:
    """The secrets that a command was given, with their values.

    Args:
        options: Each `NAME[@HOST[,HOST …]][=SOURCE]`; without a source, the variable of that name
            or, where there is none, a question in the terminal.
        environment: The process's own by default. Variables that were read are taken out of it,
            so that no process that is started later inherits them.

    Raises:
        UsageError: there is no such source, or it holds nothing.
    """
    environment = os.environ if environment is None else environment
    used: set[str] = set()
    secrets = tuple(_secret(option, environment, used) for option in options)
    for variable in used:
        environment.pop(variable, None)
    return secrets


def _secret(option: str, environment: MutableMapping[str, str], used: set[str]) -> Secret:
    head, _, source = option.partition("=")
    name, _, hosts = head.partition("@")
    kind: Literal["text", "totp"] = "text"
    if source == "totp" or source.startswith("totp:"):
        kind, source = "totp", source.removeprefix("totp").removeprefix(":")
    value = _value(name, source, environment, used)
    return Secret(name, value, tuple(filter(None, hosts.split(","))), kind)


def _value(name: str, source: str, environment: MutableMapping[str, str], used: set[str]) -> str:
    way, _, where = source.partition(":")
    match way:
        case "" if name in environment:
            used.add(name)
            return environment[name]
        case "env" if where:
            if where not in environment:
                raise UsageError(f"the secret {name}: there is no variable {where}")
            used.add(where)
            return environment[where]
        case "file" if where:
            return _from_file(name, Path(where).expanduser())
        case "keyring" if "/" in where:
            return _from_keyring(name, *where.split("/", 1))
        case "" | "prompt" if not where:
            return _from_prompt(name, is_asked=way == "prompt")
    raise UsageError(
        f"the secret {name}: its value does not belong into a command, which every process of this "
        f"machine can read and shells keep. Say where it comes from: --secret {name}=SOURCE with "
        f"{SOURCES}; or leave it away: then it is the variable {name}, or you are asked"
    )


def _from_file(name: str, path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"the secret {name}: {path} cannot be read: {why}") from None
    return text.rstrip("\r\n")


def _from_keyring(name: str, service: str, user: str) -> str:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise UsageError(
            f"the secret {name}: the system's keyring needs pip install 'vigorl-agent[keyring]'"
        ) from None
    try:
        value: str | None = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise UsageError(
            f"the secret {name}: the system's keyring does not answer ({type(error).__name__})"
        ) from None
    if value is None:
        raise UsageError(f"the secret {name}: the keyring knows no {service}/{user}")
    return value


def _from_prompt(name: str, *, is_asked: bool) -> str:
    if not sys.stdin.isatty():
        missing = "" if is_asked else f"there is no variable {name}, and "
        raise UsageError(
            f"the secret {name}: {missing}there is no terminal to ask in. Say where it comes from: "
            f"--secret {name}=SOURCE with {SOURCES}"
        )
    return getpass.getpass(f"{name}: ")
