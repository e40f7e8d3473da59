"""The version of this package, with the commit where it is known."""

import json
import subprocess
from importlib.metadata import distribution
from pathlib import Path

NAME = "vigorl-agent"


def version_line() -> str:
    """Such as `vigorl-agent 0.1.0 (4e61939)`."""
    commit = _commit()
    return f"{NAME} {distribution(NAME).version}" + (f" ({commit})" if commit else "")


def _commit() -> str | None:
    """Of the installation (PEP 610), or of the checkout that it runs from."""
    recorded = json.loads(distribution(NAME).read_text("direct_url.json") or "{}")
    if commit := recorded.get("vcs_info", {}).get("commit_id"):
        return str(commit)[:7]
    if not recorded.get("dir_info", {}).get("editable"):
        return None
    try:
        asked = subprocess.run(
            ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            timeout=5,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.strip() or None
