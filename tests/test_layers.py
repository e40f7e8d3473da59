"""Which package may import which: browser ← tasks and policy, these ← agent ← training."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BELOW = {
    "browser": set(),
    "tasks": {"browser"},
    "policy": {"browser"},
    "agent": {"browser", "tasks", "policy"},
    "training": {"browser", "tasks", "policy", "agent"},
}
MODULES = sorted(path for layer in BELOW for path in (ROOT / layer).rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield node.module or ""


def layer_imports(path: Path) -> set[str]:
    names = (name.split(".") for name in imports(ast.parse(path.read_text())))
    return {name[1] for name in names if name[0] == "vigorl"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_its_own_layer_and_those_below(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    if path == ROOT / "agent" / "cli.py":
        return
    assert layer_imports(path) <= BELOW[layer] | {layer}


def test_the_layering_test_sees_imports() -> None:
    assert layer_imports(ROOT / "agent" / "rollout.py") == {"agent", "browser", "policy"}


def test_every_package_is_in_the_wheel() -> None:
    listed = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    )
    found = {
        ".".join(("vigorl", *path.parent.relative_to(ROOT).parts))
        for layer in BELOW
        for path in (ROOT / layer).rglob("__init__.py")
    }
    assert listed == found


def test_help_needs_no_heavy_library() -> None:
    heavy = ("torch", "transformers", "playwright", "cv2", "onnxruntime", "rapidocr", "numpy")
    code = (
        "import sys; from typer.testing import CliRunner; from vigorl.agent.cli import app\n"
        "assert CliRunner().invoke(app, ['run', '--help']).exit_code == 0\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_learning_needs_no_browser_and_no_ocr() -> None:
    code = (
        "import sys, importlib.abc\n"
        "class Absent(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('playwright', 'rapidocr', 'starlette', 'uvicorn'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "import vigorl.training.nano.recipe\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
