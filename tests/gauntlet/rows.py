"""What a part of the gauntlet found: one row of the table, kept as a file until it is printed."""

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "build" / "gauntlet"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    part: str
    """Which part of the gauntlet: `egress`, `injection` …"""
    name: str
    tried: int
    held: int
    note: str = ""
    """What else a reader should know: what did not work at all, what was left out."""
    gave_way: tuple[str, ...] = ()
    """What did not hold."""


@dataclass(frozen=True)
class Measured:
    """The rows of a part, and where they come from."""

    rows: tuple[Row, ...]
    commit: str
    machine: str
    date: str


def keep(part: str, rows: tuple[Row, ...]) -> None:
    """Write a part's rows, in the place of those that are there."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    measured = Measured(rows, COMMIT, machine(), datetime.now(UTC).strftime("%Y-%m-%d"))
    text = json.dumps(asdict(measured), indent=2, ensure_ascii=False) + "\n"
    (RESULTS / f"{part}.json").write_text(text, encoding="utf-8")


def commit() -> str:
    """The commit that is checked out, with a `+` where files differ from it."""
    command = ("git", "-C", str(ROOT), "describe", "--always", "--abbrev=7", "--dirty=+")
    ended = subprocess.run((*command, "--exclude=*"), capture_output=True, text=True)
    return ended.stdout.strip() or "unknown"


COMMIT = commit()
"""As the gauntlet began: what is committed while it runs is not what it plays."""


def machine() -> str:
    """Cores, memory, system and user, in words."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    user = "root" if os.geteuid() == 0 else "an ordinary user"
    return f"{os.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.system()}, as {user}"
