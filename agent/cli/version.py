"""The version of this package, with the commit where it is known."""

import json
import subprocess
from importlib.metadata import distribution
from pathlib import Path

_NAME = "vigorl-agent"
_CHECKOUT = Path(__file__).parents[2]
"""The repository, where the package runs from one."""


def version_line() -> str:
    """Such as `vigorl-agent 0.1.0 (4e61939)`."""
    commit = _commit()
    return f"{_NAME} {distribution(_NAME).version}" + (f" ({commit})" if commit else "")


def _commit() -> str | None:
    """The commit of the checkout, or of an installation from a repository (PEP 610)."""
    if not (_CHECKOUT / ".git").exists():
        recorded = json.loads(distribution(_NAME).read_text("direct_url.json") or "{}")
        commit: str | None = recorded.get("vcs_info", {}).get("commit_id")
        return commit[:7] if commit else None
    command = ["git", "-C", str(_CHECKOUT), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.strip() or None
