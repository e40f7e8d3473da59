"""The operator's own proxy, as the environment names it, and connections through it.

Chromium never sees it: what it connects to is decided by a boundary first, and only then handed on.
"""

import asyncio
import base64
import ssl
from dataclasses import dataclass, field
from urllib import request
from urllib.parse import unquote, urlsplit

from vigorl.browser.boundary import written
from vigorl.browser.errors import UsageError

PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
"""Kinds of proxies that are known, and their usual ports."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class ProxyRefusal(Exception):
    """The operator's proxy does not connect; the message is its own answer."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """The proxies of an environment: `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`."""

    proxies: dict[str, str] = field(default_factory=dict, repr=False)
    """URL by what it is for (`http`, `https`, `all`), and `no`: hosts without one."""

    @classmethod
    def of_environment(cls) -> "Upstream":
        """Those that are set now.

        Raises:
            UsageError: one of them is of a kind that is not known.
        """
        proxies = request.getproxies_environment()
        for name in ("http", "https", "all"):
            if url := proxies.get(name):
                _parsed(name, url)
        return cls(proxies)

    @classmethod
    def at(cls, url: str) -> "Upstream":
        """One proxy for everything.

        Raises:
            UsageError: it is of a kind that is not known.
        """
        _parsed("all", url, "the proxy")
        return cls({"all": url})

    def of(self, host: str, port: int) -> str | None:
        """The proxy's URL for a host; None: straight there."""
        own = self.proxies.get("https" if port == 443 else "http")
        url = own or self.proxies.get("all")
        # typeshed does not know it
        is_bypassed = request.proxy_bypass_environment  # type: ignore[attr-defined]
        return None if not url or is_bypassed(written(host, port), self.proxies) else url

    async def connect(self, url: str, host: str, port: int) -> Streams:
        """A connection to a host through a proxy.

        Raises:
            Refused: the proxy does not connect to it.
            OSError, EOFError: the proxy cannot be reached, or breaks off.
        """
        scheme, at, proxy_port, log_in = _parsed("all", url)
        context = ssl.create_default_context() if scheme == "https" else None
        reader, writer = await asyncio.open_connection(at, proxy_port, ssl=context)
        try:
            if scheme.startswith("socks5"):
                await _ask_socks(reader, writer, host, port, log_in)
            else:
                await _ask_http(reader, writer, host, port, log_in)
        except BaseException:
            writer.close()
            raise
        return reader, writer


def _parsed(name: str, url: str, called: str = "") -> tuple[str, str, int, tuple[str, str] | None]:
    """Scheme, host, port and log-in of a proxy.

    Args:
        name: What it is for.
        url: Where it is.
        called: What it is called in an error, if not by its variable of the environment.

    Raises:
        UsageError: it is of a kind that is not known.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if not host or parts.scheme not in PORTS:
        kinds = ", ".join(f"{kind}://HOST:PORT" for kind in ("http", "https", "socks5"))
        called = called or f"the proxy of the environment ({name}_proxy)"
        raise UsageError(f"{called} is none of {kinds}")
    log_in = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return parts.scheme, host, port or PORTS[parts.scheme], log_in


async def _ask_http(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    host: str,
    port: int,
    log_in: tuple[str, str] | None,
) -> None:
    target = written(host, port)
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if log_in is not None:
        token = base64.b64encode(":".join(log_in).encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {token}")
    writer.write("\r\n".join([*lines, "", ""]).encode())
    await writer.drain()
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise ProxyRefusal("the proxy's answer is too long") from error
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    if len(words) < 2 or words[1] != "200":
        raise ProxyRefusal(f"the proxy answered {' '.join(words[1:])[:80] or 'nonsense'}")


async def _ask_socks(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    host: str,
    port: int,
    log_in: tuple[str, str] | None,
) -> None:
    writer.write(b"\x05\x01\x02" if log_in else b"\x05\x01\x00")
    chosen = await reader.readexactly(2)
    if chosen == b"\x05\x02" and log_in:
        user, password = (part.encode()[:255] for part in log_in)
        writer.write(b"\x01" + bytes([len(user)]) + user + bytes([len(password)]) + password)
        if (await reader.readexactly(2))[1] != 0:
            raise ProxyRefusal("the proxy does not accept the log-in")
    elif chosen != b"\x05\x00":
        raise ProxyRefusal("the proxy wants another log-in")
    name = host.encode("idna" if not host.isascii() else "ascii")[:255]
    writer.write(b"\x05\x01\x00\x03" + bytes([len(name)]) + name + port.to_bytes(2, "big"))
    reply = await reader.readexactly(4)
    if reply[1] != 0:
        raise ProxyRefusal(f"the proxy answered {reply[1]}")
    length = {1: 4, 4: 16}.get(reply[3]) or (await reader.readexactly(1))[0]
    await reader.readexactly(length + 2)
