"""Secrets: values that an agent types by name, and that nobody gets to see.

A policy writes `<secret:PASSWORD>`; the value takes its place in the browser's hands, at the last
moment, and only where the field belongs to a host that may have it. From everything that comes
back (addresses, titles, dialogs, records) it is taken out again, however it is written there, and
in pictures it is covered (`vigorl.browser.masks`).
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import re
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

from pydantic import SecretStr

from vigorl.browser.actions import Accept
from vigorl.browser.disguises import LEAST_SOUGHT, disguises
from vigorl.browser.errors import UsageError
from vigorl.browser.impossible import Impossible
from vigorl.browser.observation import Observation

NAME = r"[A-Za-z][A-Za-z0-9_-]{0,63}"
"""Of a secret."""

TYPED = "<typed into a password field>"
"""What stands in records for a text that was typed into such a field without being a secret."""

_PLACEHOLDER = re.compile(rf"<secret:({NAME})>")
_TIME_STEP_S = 30
_DIGITS = 6
_MOST_KEPT = 64
"""Values that are learnt or handed out as codes, of which the newest are kept."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Secret:
    """A value with a name, for certain hosts."""

    name: str
    value: SecretStr | str
    """Kept as `SecretStr`, which neither `repr` nor `asdict` nor JSON shows."""
    hosts: tuple[str, ...] = ()
    """That may have it: `shop.example`, `localhost:8000`, `*.shop.example`; empty: that of the
    first page."""
    kind: Literal["text", "totp"] = "text"
    """The text itself, or the seed (base32) of one-time codes that depend on the time (RFC 6238:
    SHA-1, 30 s, 6 digits)."""

    def __post_init__(self) -> None:
        if not re.fullmatch(NAME, self.name):
            raise UsageError(
                f"a secret is named by letters, digits, _ and -, like PASSWORD; not {self.name!r}"
            )
        if isinstance(self.value, str):
            object.__setattr__(self, "value", SecretStr(self.value))
        if not self.plain.strip():
            raise UsageError(f"the secret {self.name} is empty")
        if any(not character.isprintable() for character in self.plain):
            raise UsageError(f"the secret {self.name} holds line breaks or control characters")
        for host in self.hosts:
            if not host or set(host) & set(" ,/\t\n@") or not _is_host(host):
                raise UsageError(f"the secret {self.name} is for {host!r}, which is no host")
        if self.kind == "totp":
            self.typed(0)

    @property
    def plain(self) -> str:
        """The value itself."""
        return self.value if isinstance(self.value, str) else self.value.get_secret_value()

    @property
    def placeholder(self) -> str:
        """How it is written where its value must not be: `<secret:PASSWORD>`."""
        return f"<secret:{self.name}>"

    def typed(self, at_s: float) -> str:
        """What is typed at a time (s since 1970): the value, or the code that holds then.

        Raises:
            UsageError: it is the seed of no codes.
        """
        if self.kind == "text":
            return self.plain
        seed = re.sub(r"[\s-]", "", self.plain).upper().rstrip("=")
        try:
            key = base64.b32decode(seed + "=" * (-len(seed) % 8))
        except binascii.Error:
            raise UsageError(
                f"the secret {self.name} is no seed of one-time codes, which is written in base32"
            ) from None
        digest = hmac.digest(key, struct.pack(">Q", int(at_s) // _TIME_STEP_S), hashlib.sha1)
        start = digest[-1] & 0x0F
        number: int = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
        return f"{number % 10**_DIGITS:0{_DIGITS}}"


class Vault:
    """The secrets of an episode: handed out to the right hosts, and taken out of everything else.

    Args:
        secrets: Each with a name of its own.
        url: Of the first page, whose host may have those that are bound to none.
        learns: Whether what is typed into password fields is kept secret as well, from then on. A
            task whose values are public, and part of what is trained on, does without.

    Raises:
        UsageError: two have one name, or one is bound to no host and there is no first page.
    """

    def __init__(
        self, secrets: Iterable[Secret] = (), url: str = "", *, learns: bool = False
    ) -> None:
        host = _host(url)
        self._secrets: dict[str, Secret] = {}
        for secret in secrets:
            if secret.name in self._secrets:
                raise UsageError(f"two secrets are named {secret.name}")
            if not secret.hosts and not host:
                raise UsageError(
                    f"who may have the secret {secret.name}? Name its host: "
                    f"--secret {secret.name}@shop.example"
                )
            self._secrets[secret.name] = replace(secret, hosts=secret.hosts or (host,))
        self.learns = learns
        self._kept: dict[str, str] = {}
        """Texts that are none of the values and as secret, with what stands in their place."""
        self._apart: dict[str, str] = {}
        """Those that no page is looked through for."""
        self._pattern: re.Pattern[str] | None = None
        self._stands_for: tuple[str, ...] = ()
        self.revision = 0
        """Grows when there is more to keep secret."""
        self._renew()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep secret, as yet."""
        return self._pattern is None

    @property
    def names(self) -> tuple[str, ...]:
        """Of the secrets."""
        return tuple(self._secrets)

    @property
    def sought(self) -> tuple[str, ...]:
        """The texts that no picture may show: values, and what was learnt unless it is a word."""
        values = {secret.plain for secret in self._secrets.values()}
        learnt = {text for text in self._kept if not text.isalpha()}
        return tuple(sorted(text for text in values | learnt if len(text) >= LEAST_SOUGHT))

    def describe(self) -> str:
        """What a policy is told: names, hosts and kind; empty where there are no secrets."""
        if not self._secrets:
            return ""
        lines = [
            f"{secret.placeholder}: {_KINDS[secret.kind]} for {', '.join(secret.hosts)}"
            for secret in self._secrets.values()
        ]
        return "\n".join(
            [
                "Secrets that you may type, each only on its own site. Write the name as it stands "
                f'here (like type "{next(iter(self._secrets.values())).placeholder}") and the '
                "browser types the value, which nobody sees:",
                *lines,
            ]
        )

    def add(self, secret: Secret) -> None:
        """Keep one more secret, which may be typed by its name from now on.

        Raises:
            UsageError: there is one of that name, or it is bound to no host.
        """
        if secret.name in self._secrets:
            raise UsageError(f"two secrets are named {secret.name}")
        if not secret.hosts:
            raise UsageError(f"the secret {secret.name} has to name its host")
        self._secrets[secret.name] = secret
        self._renew()

    def require_known(self, text: str) -> None:
        """Refuse a text that names a secret which nobody gave.

        Raises:
            UsageError: says which, and which there are.
        """
        for name in _PLACEHOLDER.findall(text):
            if name not in self._secrets:
                raise UsageError(f"{self._unknown(name)} Give it with --secret {name}")

    def require_absent(self, text: str) -> None:
        """Refuse a text of the operator that holds a value.

        Raises:
            UsageError: says what to write in its place.
        """
        for secret in self._secrets.values():
            if re.search(disguises(secret.plain), text):
                raise UsageError(
                    f"the goal holds the value of the secret {secret.name}, which would reach the "
                    f"model and the record: write {secret.placeholder} in its place"
                )

    @staticmethod
    def named_in(text: str | None) -> bool:
        """Whether a text asks for secrets by name."""
        return text is not None and _PLACEHOLDER.search(text) is not None

    def opened(self, text: str, origin: str) -> str:
        """A text with the values in place of the names.

        Args:
            text: Holds `<secret:NAME>`, perhaps among other text.
            origin: Scheme, host and port of what it is typed into.

        Raises:
            Impossible: there is no such secret, or this origin may not have it.
        """

        def value(found: re.Match[str]) -> str:
            secret = self._secrets.get(found[1])
            if secret is None:
                raise Impossible(self._unknown(found[1]))
            _require_allowed(secret, origin)
            code = secret.typed(time.time())
            if secret.kind == "totp":
                self._keep(code, secret.placeholder)
            return code

        return _PLACEHOLDER.sub(value, text)

    def answered(self, answer: Accept, origin: str) -> Accept:
        """An answer to a dialog or a log-in with the values in place of the names.

        Raises:
            Impossible: there is no such secret, or this origin may not have it.
        """
        text, password = (
            None if each is None else self.opened(each, origin)
            for each in (answer.text, answer.password)
        )
        return replace(answer, text=text, password=password)

    def learn(self, text: str) -> bool:
        """Keep a text secret that is typed into a password field; whether this does so."""
        if not self.learns or not text.strip() or self.named_in(text):
            return False
        if text not in self._all():
            self._keep(text, TYPED)
        return True

    def keep(self, text: str | None, stands_for: str) -> None:
        """Keep a text out of records that no page knows of: a key of a model's server, say."""
        if text and text not in self._all():
            self._apart[text] = stands_for
            self._renew()

    def redact(self, text: str) -> str:
        """A text with the names in place of the values, however these are written."""
        if self._pattern is None:
            return text
        return self._pattern.sub(self._replacement, text)

    def redact_all(self, value: _T) -> _T:
        """JSON values with every text in them redacted."""
        if self._pattern is None:
            return value
        result: Any = _mapped(value, self.redact)
        return result  # type: ignore[no-any-return]

    def observation(self, seen: Observation) -> Observation:
        """What was seen, without the values."""
        if self._pattern is None:
            return seen
        redact = self.redact
        question = seen.question
        if question is not None:
            question = replace(
                question, text=redact(question.text), suggestion=redact(question.suggestion)
            )
        marks = seen.marks
        if marks is not None:
            marks = tuple(replace(mark, text=redact(mark.text)) for mark in marks)
        return replace(
            seen,
            url=redact(seen.url),
            title=redact(seen.title),
            tabs=tuple(
                replace(tab, url=redact(tab.url), title=redact(tab.title)) for tab in seen.tabs
            ),
            events=tuple(replace(event, text=redact(event.text)) for event in seen.events),
            marks=marks,
            question=question,
        )

    def _all(self) -> dict[str, str]:
        """Each text that is kept secret, with what stands in its place."""
        values = {secret.plain: secret.placeholder for secret in self._secrets.values()}
        return {**self._apart, **self._kept, **values}

    def _keep(self, text: str, stands_for: str) -> None:
        self._kept.pop(text, None)
        self._kept[text] = stands_for
        while len(self._kept) > _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._renew()

    def _renew(self) -> None:
        texts = sorted(self._all().items(), key=lambda each: -len(each[0]))
        self._stands_for = tuple(name for _, name in texts)
        self.revision += 1
        if not texts:
            return
        # Names stay as they are, also where a value is a part of one.
        ways = [f"(?P<name>{_PLACEHOLDER.pattern}|{re.escape(TYPED)})"]
        ways += [f"(?P<v{index}>{disguises(text)})" for index, (text, _) in enumerate(texts)]
        self._pattern = re.compile("|".join(ways))

    def _replacement(self, found: re.Match[str]) -> str:
        group = found.lastgroup or "name"
        return found.group() if group == "name" else self._stands_for[int(group[1:])]

    def _unknown(self, name: str) -> str:
        known = ", ".join(self._secrets)
        return f"There is no secret {name}; " + (
            f"there is {known}." if known else "there is none."
        )


_KINDS = {"text": "a text", "totp": "a one-time code"}


def _require_allowed(secret: Secret, origin: str) -> None:
    parts = urlsplit(origin)
    host = (parts.hostname or "").lower()
    where = f"the field belongs to {origin}" if host else "the field belongs to no site"
    hosts = ", ".join(secret.hosts)
    if not host or not any(_fits(pattern, host, _port(origin)) for pattern in secret.hosts):
        raise Impossible(f"The secret {secret.name} is for {hosts}; {where}. Nothing was typed.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise Impossible(
            f"The secret {secret.name} is not sent over a connection that others can read, and "
            f"{where}. Nothing was typed."
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, whose connections nobody else reads."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def parted_url(url: str) -> tuple[str, tuple[str, str] | None]:
    """An address without the log-in that stands in it, and that log-in: user and password."""
    try:
        parts = urlsplit(url)
        user, password = parts.username, parts.password
    except ValueError:  # no address, which is found out when it is loaded
        return url, None
    if not user or parts.scheme not in ("http", "https"):
        return url, None
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return bare, (unquote(user), unquote(password or ""))


def _fits(pattern: str, host: str, port: int | None) -> bool:
    parts = urlsplit(f"//{pattern.lower()}")
    if parts.port is not None and parts.port != port:
        return False
    wanted = parts.hostname or ""
    return host == wanted or (wanted.startswith("*.") and host.endswith(wanted[1:]))


def _is_host(host: str) -> bool:
    try:
        parts = urlsplit(f"//{host}")
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _host(url: str) -> str:
    """Host of an address, with its port where it names one; empty where it has none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else host
    return host if port is None else f"{host}:{port}"


def _port(origin: str) -> int | None:
    parts = urlsplit(origin)
    return parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """JSON values with each text changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key): _mapped(each, change) for key, each in value.items()}
    if isinstance(value, list | tuple):
        if all(isinstance(each, int | float) for each in value):  # tokens and their likes
            return value
        return [_mapped(each, change) for each in value]
    return value
