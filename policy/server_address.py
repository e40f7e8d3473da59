"""Where a server is, and the client that goes there: with its key, and with nobody else's."""

import ssl
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

import httpx

from vigorl.browser.errors import UsageError
from vigorl.browser.vault import parted_url

_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server's interface begins."""

    base: str
    """Without a slash at the end, a log-in, or what stands behind the path."""
    query: str
    """What stands behind the path of every request, question mark included; mostly empty."""
    host: str
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, url: str) -> "Address":
        """The address that was given, which may say more or less than it should.

        Raises:
            UsageError: it is none.
        """
        plain, log_in = parted_url(url)
        try:
            parts = urlsplit(plain)
            path = parts.path.rstrip("/").removesuffix("/chat/completions").rstrip("/")
            base = parts._replace(path=path or "/v1", query="", fragment="").geturl()
            is_one = parts.hostname and (parts.port or True) and httpx.URL(base).host
        except (ValueError, httpx.InvalidURL) as error:
            raise UsageError(f"{plain!r} is no address of a server: {error}") from error
        if not is_one:
            raise UsageError(f"{plain!r} is no address of a server: write http://HOST:PORT/v1")
        query = f"?{parts.query}" if parts.query else ""
        return cls(base, query, parts.hostname or "", *(log_in or ()))

    def client(self, key: str | None, answer_s: float, connect_s: float) -> httpx.AsyncClient:
        """What makes the connections.

        Args:
            key: That the server gets; None for none.
            answer_s: How long it is waited for while it sends nothing.
            connect_s: How long a connection may take.
        """
        headers = {
            "Accept": "application/json",
            # A packed answer may be a thousand times as large as what comes over the wire.
            "Accept-Encoding": "identity",
        }
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        if key is not None and self.host.endswith(".azure.com"):
            headers["api-key"] = key
        return httpx.AsyncClient(
            timeout=httpx.Timeout(answer_s, connect=connect_s),
            limits=httpx.Limits(max_connections=None),
            headers=headers,
            auth=(self.user, self.password) if self.user or self.password else None,
            verify=_certificates(),
            # A proxy for the world outside does not know this machine.
            trust_env=self.host not in _THIS_MACHINE,
        )


def clean_key(key: str | None) -> str | None:
    """An API key without what was pasted along with it; None where nothing is left.

    Raises:
        UsageError: it holds what no key can hold.
    """
    key = (key or "").strip().removeprefix("Bearer ").strip()
    if not (key.isascii() and key.isprintable()):
        raise UsageError("the API key holds signs that none can hold: paste it anew")
    return key or None


@cache
def _certificates() -> ssl.SSLContext:
    """Whom to trust; read once, which takes a while."""
    return httpx.create_ssl_context()
