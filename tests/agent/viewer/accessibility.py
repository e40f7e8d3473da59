"""axe-core, which looks for what keeps people from using a page; from npm, kept in the cache."""

import subprocess
import tarfile
from functools import cache
from pathlib import Path

import pytest
from playwright.async_api import Page

PACKAGE = "axe-core@4.11.0"
FOLDER = Path.home() / ".cache" / "vigorl-test" / "axe"
GRAVE = ("serious", "critical")


@cache
def axe() -> str:
    """The script; the test is skipped where npm cannot bring it."""
    archive = FOLDER / f"{PACKAGE.replace('@', '-')}.tgz"
    if not archive.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", str(FOLDER)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=60)
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"npm cannot bring {PACKAGE}, which looks at accessibility: {error}")
    with tarfile.open(archive) as package:
        script = package.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode()


async def grave_findings(page: Page) -> list[str]:
    """What keeps people from using a page, seriously; a line each."""
    await page.evaluate(axe())
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}"
        for each in found["violations"]
        if each["impact"] in GRAVE
    ]
