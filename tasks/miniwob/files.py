"""Where the installed package `miniwob` keeps its pages.

The package is read, never imported: importing it would need Gymnasium and Selenium, which nothing
here uses. So `pip install --no-deps miniwob` is enough.
"""

from functools import cache
from importlib import metadata
from pathlib import Path

from vigorl.browser.errors import UsageError

MISSING = "MiniWoB++ is not installed: pip install --no-deps 'miniwob>=1.1'"


@cache
def page_url(name: str) -> str:
    """The `file:` URL of a task's page.

    Raises:
        UsageError: the package is not installed, or has no such task.
    """
    page = html_folder() / "miniwob" / f"{name}.html"
    if not page.is_file():
        raise UsageError(f"MiniWoB++ {version()} has no page for the task {name!r}")
    return page.as_uri()


@cache
def html_folder() -> Path:
    """The folder of the package's pages, scripts and pictures.

    Raises:
        UsageError: the package is not installed.
    """
    return Path(str(_distribution().locate_file("miniwob/html"))).resolve()


def version() -> str:
    """The version of the installed package.

    Raises:
        UsageError: the package is not installed.
    """
    return _distribution().version


def _distribution() -> metadata.Distribution:
    try:
        return metadata.distribution("miniwob")
    except metadata.PackageNotFoundError as error:
        raise UsageError(MISSING) from error
