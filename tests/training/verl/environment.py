"""The environment in which verl runs on the CPU: `python -m tests.training.verl.environment`.

verl wants older versions of our dependencies, so it has an environment of its own, made once
(several minutes, 3 GB) in ~/.cache/vigorl-test/verl. This checkout is installed into it, and the
path of its Python is printed.
"""

import shutil
import subprocess
import venv
from pathlib import Path

FOLDER = Path.home() / ".cache" / "vigorl-test" / "verl"
VERL = (
    *("torch==2.13.0", "verl==0.9.1", "transformers==5.9.0"),
    *("transferqueue", "cachetools", "fastapi", "qwen-vl-utils", "uvicorn"),  # it names only some
)
TOOLS = ("pytest>=9.0", "pytest-asyncio>=1.3", "pytest-timeout>=2.3", "hypothesis>=6.130")


def made(checkout: Path) -> Path:
    """The Python of verl's environment, made where it is missing, with a checkout in it."""
    python = FOLDER / "bin" / "python"

    def pip(*arguments: str) -> None:
        command = [python, "-m", "pip", "--disable-pip-version-check", "install", "-q", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    if not (FOLDER / "complete").exists():
        venv.create(FOLDER, with_pip=True)
        pip("--upgrade", "pip>=25")  # older ones look for an hour for what fits together
        pip("torch==2.13.0")
        pip(*VERL)
        # Imported for its image transforms; its compiled operators do not load beside a CPU torch.
        pip("--no-deps", "torchvision==0.28.0")
        (broken,) = FOLDER.glob("lib/python*/site-packages/torchvision/_meta_registrations.py")
        broken.write_text("")
        (theirs,) = FOLDER.glob("lib/python*/site-packages/tests")
        shutil.rmtree(theirs)  # which wheels bring along, and which would hide ours
        (FOLDER / "complete").touch()
    if not (FOLDER / "tools").exists():
        pip(*TOOLS, "--editable", f"{checkout}[service]")
        (FOLDER / "tools").touch()
    pip("--no-deps", "--editable", str(checkout))
    return python


if __name__ == "__main__":
    print(made(Path.cwd()))  # noqa: T201
