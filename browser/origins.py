"""Origins of addresses, and which belong to one site."""

from urllib.parse import urlsplit


def origin_of(url: str) -> str:
    """Scheme, host and port of an address; empty where it has none that anybody knows."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https"):
        return "file://" if parts.scheme == "file" else ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def is_same_site(one: str, other: str) -> bool:
    """Whether two addresses or origins are one host's, or one is below the other.

    `www.` makes no difference. Sites that only share a suffix that anybody can register under
    (`a.co.uk`, `b.co.uk`) are never taken for one; nor are two sister hosts.
    """
    first, second = _place(one), _place(other)
    if first is None or second is None:
        return one == other
    if first[1] != second[1] and not (first[0] == second[0] and _is_web(first, second)):
        return False
    names = sorted((first[0], second[0]), key=len)
    return names[0] == names[1] or ("." in names[0] and names[1].endswith(f".{names[0]}"))


def _place(url: str) -> tuple[str, int] | None:
    """Host and port."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return None
    if not parts.hostname:
        return None
    return parts.hostname.removeprefix("www."), port


def _is_web(first: tuple[str, int], second: tuple[str, int]) -> bool:
    return {first[1], second[1]} == {80, 443}
