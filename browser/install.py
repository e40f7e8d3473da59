"""Getting a browser onto this machine: Playwright's own, the system's, or the distribution's."""

import asyncio
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.async_api import async_playwright

from vigorl.browser.chromium import MISSING, Browser
from vigorl.browser.errors import BrowserFault, BrowserMissing

DOWNLOAD_LIMIT_S = 900.0
PACKAGES = ("chromium-headless-shell", "chromium")
"""Of Debian and its kin, the smaller one first; each brings the libraries Playwright's needs."""
DRIVER_LIBRARIES = ("libatomic1",)
"""What the node inside Playwright 1.65 needs and a minimal Debian lacks."""
FONTS = ("fonts-liberation", "fonts-dejavu-core")

Say = Callable[[str], None]


async def find_browser(say: Say) -> str | None:
    """A browser that starts, as `Chromium 156.0.8078.79`; None where packages are needed.

    Playwright's own is downloaded, into the user's cache, where it can be had. The system's package
    manager is not touched: that is `install_packages`, which somebody has to allow.

    Args:
        say: Told in a line what is being tried.
    """
    if problem := await _driver_problem():
        say(f"Playwright's driver does not start: {problem}")
        return None
    if not await _playwright_has_one():
        say("downloading Playwright's Chromium …")
        command = (sys.executable, "-m", "playwright", "install", "chromium-headless-shell")
        if problem := await _run(command):
            say(f"not to be had here ({problem}); looking for the system's")
    try:
        return await _start()
    except BrowserMissing:
        say("there is none on this machine yet")
    except BrowserFault as fault:
        say(str(fault))
    return None


def package_command() -> str | None:
    """What `install_packages` runs first, as one would type it; None where it cannot."""
    if (apt := _apt_get()) is None:
        return None
    return " ".join((*apt, "install", "--no-install-recommends", PACKAGES[0], *FONTS))


async def install_packages(say: Say) -> str:
    """Install a browser with the system's package manager, and return which one.

    Args:
        say: Told in a line what is being tried.

    Raises:
        BrowserMissing: nothing worked; the message says what a person can do.
    """
    if await _driver_problem():
        await _mend_driver(say)
        if found := await find_browser(say):
            return found
    for package in PACKAGES:
        if problem := await _install(say, package, *FONTS):
            say(problem)
            continue
        return await _start()
    raise BrowserMissing(MISSING)


async def _driver_problem() -> str:
    """Why Playwright's driver does not start; empty where it does.

    It brings its own node, but not every library that this needs.
    """
    return await _run((sys.executable, "-m", "playwright", "--version"))


async def _mend_driver(say: Say) -> None:
    """Install what node lacks.

    Raises:
        BrowserMissing: it still does not start.
    """
    await _install(say, *DRIVER_LIBRARIES)
    if problem := await _driver_problem():
        raise BrowserMissing(
            f"Playwright's driver does not start: {problem}. On Debian or Ubuntu: "
            f"apt-get install {' '.join(DRIVER_LIBRARIES)}"
        )


async def _start() -> str:
    """Start it once, to be sure."""
    async with Browser() as browser:
        return f"Chromium {browser.version}"


async def _playwright_has_one() -> bool:
    async with async_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


async def _install(say: Say, *packages: str) -> str:
    """Install packages of the distribution; empty where that succeeded, else why not."""
    if not (apt := _apt_get()):
        return "apt-get is not here, or not for us"
    say(f"apt-get install {' '.join(packages)} …")
    await _run((*apt, "update", "-qq"))
    return await _run((*apt, "install", "-y", "-qq", "--no-install-recommends", *packages))


def _apt_get() -> tuple[str, ...] | None:
    """How apt-get is called here; None where it is not, or not for us."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return ("apt-get",)
    return ("sudo", "-n", "apt-get") if shutil.which("sudo") else None


async def _run(command: tuple[str, ...]) -> str:
    """Run to the end; empty where it succeeded, else what it said last."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )
    try:
        async with asyncio.timeout(DOWNLOAD_LIMIT_S):
            output, _ = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode == 0:
        return ""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines()]
    errors = [line for line in lines if line.startswith(("Error", "E:")) or " error " in line]
    return (errors or [line for line in lines if line] or ["no output"])[-1][:200]
