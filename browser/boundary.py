"""Where an episode may go: hosts, ports, schemes and folders, and why something is refused.

Pure decisions; `vigorl.browser.gate` enforces those about hosts where connections are made, and
`vigorl.browser.navigation` those about schemes before an address is loaded.

Without a list, the public web and nothing else: no service of this machine, no private network, no
file. What an episode begins with is added (`Boundary.also`), with its port. A name that is listed
with its port is trusted wherever it leads to; any other name only where it leads to a public
address, so that no name of a stranger's choice opens what is near (DNS rebinding).
"""

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from vigorl.browser.errors import UsageError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

WEB_SCHEMES = ("http", "https", "data")
"""Of addresses that an agent may load; `about:` only as `about:blank`."""

DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}

NAT64 = ipaddress.ip_network("64:ff9b::/96")

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.ASCII | re.IGNORECASE)
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HostRule:
    """One line of a list: a host, hosts under a domain, or addresses; with a port, only that."""

    name: str
    """A host name, a domain behind `*.`, or empty where it is a network."""
    network: IpNetwork | None
    port: int | None

    @classmethod
    def parse(cls, text: str) -> "HostRule":
        """Read `HOST`, `HOST:PORT`, `*.example.org`, an IP address or a network such as 10.0.0.0/8.

        Raises:
            UsageError: it is none of these; the message says what is.
        """
        host, port = _host_and_port(text)
        try:
            if "/" in host:
                return cls("", ipaddress.ip_network(host), port)
            if (address := address_of(host)) is not None:
                if not _is_plain(host):
                    raise UsageError(f"{text!r}: write the address in full, as {address}")
                return cls("", ipaddress.ip_network(address), port)
        except ValueError as error:
            raise UsageError(
                f"{text!r} is no network: write it like 10.0.0.0/8 ({error})"
            ) from error
        return cls(_host_name(text, host), None, port)

    def has_name(self, host: str) -> bool:
        """Whether it lists this host by its name."""
        if not self.name:
            return False
        return host.endswith(self.name[1:]) if self.name[0] == "*" else host == self.name

    def has_address(self, address: Address) -> bool:
        """Whether it lists this address."""
        return self.network is not None and any(
            each.version == self.network.version and each in self.network
            for each in spellings(address)
        )

    def has_port(self, port: int) -> bool:
        """Whether it is about this port."""
        return self.port is None or self.port == port


@dataclass(frozen=True)
class Boundary:
    """Where the pages of an episode may go."""

    allow: tuple[str, ...] | None = None
    """The only hosts, as `HOST`, `HOST:PORT`, `*.example.org`, an address or a network; None: the
    public web. Subdomains are not included: `*.example.org` adds them."""
    deny: tuple[str, ...] = ()
    """Hosts that are refused whatever else is said, written in the same way."""
    local: bool = False
    """Whether this machine's services and private networks may be reached: all of them, or beside
    a list those alone that are listed, by whatever name leads to them."""
    files: tuple[Path, ...] = ()
    """Folders, and files, that `file:` addresses may be loaded from."""
    origins: tuple[str, ...] = ()
    """`HOST:PORT` that belong to what is being done, beside whatever is allowed."""

    def __post_init__(self) -> None:
        for name in ("allow", "deny", "origins"):
            entries = getattr(self, name)
            if isinstance(entries, str):
                raise UsageError(f"{name} is a tuple of hosts, not the text {entries!r}")
            for entry in entries or ():
                HostRule.parse(entry)

    @classmethod
    def unlimited(cls) -> "Boundary":
        """No limits but those of schemes: for pages of our own, and for judges."""
        return cls(local=True)

    def also(self, *urls: str) -> "Boundary":
        """The same with what these addresses stand on: host and port, or a file's folder."""
        origins, files = list(self.origins), list(self.files)
        for url in urls:
            if (place := host_and_port_of(url)) is not None:
                origins.append(written(*place))
            elif (path := file_of(url)) is not None:
                files.append(path.parent)
        return replace(
            self, origins=tuple(dict.fromkeys(origins)), files=tuple(dict.fromkeys(files))
        )

    @property
    def direct(self) -> tuple[str, ...]:
        """What may be reached without being looked at: addresses of this machine, as `HOST[:PORT]`.

        127.0.0.1 alone, which no name can stand for.
        """
        if self._denied:
            return ()
        entries = (*self._origins, *(self._allowed or ()))
        home = ipaddress.ip_network("127.0.0.1/32")
        listed = [entry for entry in entries if entry.network == home]
        is_open = self.local and self._allowed is None
        if is_open or any(entry.port is None for entry in listed):
            return ("127.0.0.1",)
        return tuple(f"127.0.0.1:{entry.port}" for entry in listed)

    def refusal(self, host: str, port: int) -> str | None:
        """Why pages may not reach a host, as far as its name tells; None where nothing is wrong."""
        if (address := address_of(host)) is not None:
            return self.refusal_of(host, port, address)
        host = canonical(host)
        if any(entry.has_name(host) and entry.has_port(port) for entry in self._denied):
            return "is denied"
        if host == "localhost" or host.endswith(".localhost"):
            listed = any(e.has_name(host) and e.has_port(port) for e in self._listed)
            if listed or (self.local and self._allowed is None):
                return None
            return "is not allowed" if self.local else _NEAR["machine"]
        return None if self._is_listed(host, port) else "is not allowed"

    def refusal_of(self, host: str, port: int, address: Address) -> str | None:
        """Why pages may not reach an address that a host has; None where nothing is wrong."""
        if any(entry.has_address(address) and entry.has_port(port) for entry in self._denied):
            return "is denied"
        is_literal = address_of(host) is not None
        near = nearness(address)
        if any(entry.has_address(address) and entry.has_port(port) for entry in self._listed):
            return None
        if near is not None and not self._may_lead_near(canonical(host), port):
            return "is not allowed" if self.local else _NEAR[near]
        if near is not None:
            return None
        return "is not allowed" if is_literal and self._allowed is not None else None

    def trusts_this_machine(self, host: str, port: int, address: Address) -> bool:
        """Whether a connection to an address may end on this very machine."""
        if self._may_lead_near(canonical(host), port):
            return True
        return any(entry.has_address(address) and entry.has_port(port) for entry in self._listed)

    def admits_file(self, path: Path) -> bool:
        """Whether a file may be loaded: it lies in one of the folders, links followed."""
        try:
            real = path.resolve()
            return any(real.is_relative_to(folder.resolve()) for folder in self.files)
        except (OSError, ValueError, RuntimeError):  # no path, or links in a circle
            return False

    def _is_listed(self, host: str, port: int) -> bool:
        if self._allowed is None:
            return True
        return any(entry.has_name(host) and entry.has_port(port) for entry in self._listed)

    def _may_lead_near(self, host: str, port: int) -> bool:
        """Whether a host may stand for an address that is near."""
        return self._is_trusted(host, port) or (self.local and self._is_listed(host, port))

    def _is_trusted(self, host: str, port: int) -> bool:
        return any(entry.name == host and entry.port == port for entry in self._listed)

    @cached_property
    def _allowed(self) -> tuple[HostRule, ...] | None:
        return None if self.allow is None else tuple(map(HostRule.parse, self.allow))

    @cached_property
    def _denied(self) -> tuple[HostRule, ...]:
        return tuple(map(HostRule.parse, self.deny))

    @cached_property
    def _origins(self) -> tuple[HostRule, ...]:
        return tuple(map(HostRule.parse, self.origins))

    @cached_property
    def _listed(self) -> tuple[HostRule, ...]:
        return (*self._origins, *(self._allowed or ()))


_NEAR = {
    "machine": "is a service of this machine",
    "link": "is an address of this network segment, where clouds keep their credentials",
    "private": "is in a private network",
}
"""Why an address is refused that no stranger should lead to."""


def nearness(address: Address) -> str | None:
    """How near an address is: `machine`, `link` or `private`; None for one of the public network.

    Source: IANA's special-purpose registries, as Python's `ipaddress` has them.
    """
    for each in spellings(address):
        if each.is_loopback or each.is_unspecified or str(each).startswith("0."):
            return "machine"
        if each.is_link_local:
            return "link"
        if not each.is_global or each.is_multicast or each.is_reserved:
            return "private"
        if isinstance(each, ipaddress.IPv6Address) and each.is_site_local:
            return "private"
    return None


def spellings(address: Address) -> tuple[Address, ...]:
    """The address, or the IPv4 addresses that an IPv6 one only wraps."""
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if address in NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
        return (ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF),)
    return (address,)


def address_of(host: str) -> Address | None:
    """The IP address that a host of a URL is, also spelled in octal, hexadecimal or as a number."""
    host = canonical(host)
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    if not _NUMBER.fullmatch(host.rpartition(".")[2]):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def canonical(host: str) -> str:
    """A host without brackets, a last dot, or upper case."""
    return host.strip("[]").removesuffix(".").lower()


def written(host: str, port: int) -> str:
    """Host and port as they are written: an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def host_and_port_of(url: str) -> tuple[str, int] | None:
    """Host and port of an address; None where it has none."""
    try:
        parts = urlsplit(cleaned(url))
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
        host = parts.hostname
        if not host or port is None:
            return None
        if (address := address_of(host)) is not None:
            return str(address), port
        name = canonical(host)
        return name if name.isascii() else name.encode("idna").decode(), port
    except ValueError:
        return None


def file_of(url: str) -> Path | None:
    """The file that a `file:` address names; None for any other address."""
    if scheme_of(url) != "file":
        return None
    try:
        parts = urlsplit(cleaned(url))
        path = unquote(parts.path, errors="strict")
    except ValueError:
        return None
    if parts.netloc not in ("", "localhost") or "\0" in path or not path.startswith("/"):
        return None
    return Path(path)


def scheme_of(url: str) -> str:
    """The scheme of an address in lower case, as Chromium reads it; empty where it has none."""
    found = _SCHEME.match(cleaned(url))
    return found[1].lower() if found else ""


def cleaned(url: str) -> str:
    """An address without what Chromium leaves out before it reads it.

    Source: https://url.spec.whatwg.org/#concept-basic-url-parser, steps 1 to 3.
    """
    url = url.strip("".join(map(chr, range(0x21))))
    return url.translate({ord(c): None for c in "\t\n\r"})


def entries(texts: Iterable[str]) -> tuple[str, ...]:
    """Entries of lists that are separated by commas, as on a command line.

    Raises:
        UsageError: one of them is none.
    """
    found = [part.strip() for text in texts for part in text.split(",")]
    for entry in found:
        HostRule.parse(entry)
    return tuple(dict.fromkeys(found))


def _host_and_port(text: str) -> tuple[str, int | None]:
    if "://" in text or text.startswith("/"):
        parts = urlsplit(text) if "[" not in text else None
        right = parts.netloc.rpartition("@")[2] if parts is not None and parts.netloc else ""
        hint = right or "example.org or example.org:8080"
        raise UsageError(f"{text!r} is an address: give the host alone, as {hint}")
    bracketed = re.fullmatch(r"\[([^\]]*)\](?::(.*))?", text)
    if bracketed:
        host, port = bracketed[1], bracketed[2]
        if address_of(host) is None:
            raise UsageError(f"{text!r}: {host!r} in brackets is no IPv6 address")
    elif text.count(":") > 1:  # a bare IPv6 address, or a network of them
        return text, None
    else:
        host, colon, rest = text.partition(":")
        port = rest if colon else None
    if port is None:
        return host, None
    if not re.fullmatch(r"[0-9]{1,5}", port, re.ASCII) or not 1 <= int(port) <= 65535:
        raise UsageError(f"{text!r}: a port is a number from 1 to 65535, not {port!r}")
    return host, int(port)


def _host_name(text: str, host: str) -> str:
    """A host name as names are compared.

    Raises:
        UsageError: it is none.
    """
    star, name = ("*.", host[2:]) if host.startswith("*.") else ("", host)
    name = name.removesuffix(".").lower()
    try:
        ascii_name = name if name.isascii() else name.encode("idna").decode()
    except UnicodeError as error:
        raise UsageError(f"{text!r} is no host name ({error})") from error
    labels = ascii_name.split(".")
    if len(ascii_name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise UsageError(
            f"{text!r} is no host: write example.org, example.org:8080, *.example.org, an address "
            "such as 192.0.2.7 or [2001:db8::7]:8080, or a network such as 10.0.0.0/8"
        )
    return star + ascii_name


def _is_plain(host: str) -> bool:
    try:
        ipaddress.ip_address(canonical(host))
    except ValueError:
        return False
    return True
