"""Which package may import which: browser ← tasks and policy, these ← agent ← training."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.trees import below, statements, tree_of

ROOT = Path(__file__).parent.parent
BELOW = {
    "browser": set(),
    "tasks": {"browser"},
    "policy": {"browser"},
    "agent": {"browser", "tasks", "policy"},
    "training": {"browser", "tasks", "policy", "agent"},
}
ROOMS = {
    "policy/perception": ("vigorl.policy.perception",),
    "policy/reader/language": ("vigorl.policy.perception", "vigorl.policy.reader.language"),
    "agent/record": ("vigorl.agent.record",),
}
"""Rooms that may know less of their own layer than it allows, and what they import of it."""
ITSELF = ROOT / "agent" / "vigorl"
"""The package `vigorl` itself: its version, and `python -m vigorl`."""
MODULES = sorted(
    path for layer in BELOW for path in (ROOT / layer).rglob("*.py") if path.parent != ITSELF
)
COMMANDS = ROOT / "agent" / "cli"
"""The command line may import everything, but only inside its commands."""
BEFORE_ANY_COMMAND = (
    "vigorl.agent.cli",
    "vigorl.agent.plain_text",
    "vigorl.agent.benchmarks.benchmark",
    "vigorl.browser.errors",
)


CONFIGURATION = re.compile(r"vigorl\..*[._]config")
"""Modules of configuration, which options are made of: light enough for every --help."""


def imports(tree: ast.AST) -> Iterator[str]:
    for node in statements(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield node.module or ""


def layer_imports(path: Path) -> set[str]:
    names = (name.split(".") for name in imports(tree_of(path)))
    return {name[1] for name in names if name[0] == "vigorl"}


def imported_at_once(path: Path) -> set[str]:
    """Modules of the package that importing a module brings in."""

    def found(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or is_for_types(node):
            return
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imports(node)
        for child in below(node):
            yield from found(child)

    return {name for name in found(tree_of(path)) if name.split(".")[0] == "vigorl"}


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_a_module_imports_its_own_layer_and_those_below() -> None:
    for path in (path for path in MODULES if COMMANDS not in path.parents):
        layer = path.relative_to(ROOT).parts[0]
        assert layer_imports(path) <= BELOW[layer] | {layer}, named(path)
        assert not any(name.startswith("vigorl.agent.cli") for name in imports(tree_of(path)))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_no_more_than_it_needs(room: str) -> None:
    layer = f"vigorl.{room.split('/')[0]}"
    for path in (ROOT / room).rglob("*.py"):
        own = {name for name in imports(tree_of(path)) if name.startswith(layer)}
        assert all(name.startswith(ROOMS[room]) for name in own), named(path)


@pytest.mark.parametrize("path", sorted(COMMANDS.rglob("*.py")), ids=named)
def test_the_command_line_imports_the_rest_inside_its_commands(path: Path) -> None:
    for name in imported_at_once(path):
        assert name.startswith(BEFORE_ANY_COMMAND) or CONFIGURATION.fullmatch(name), name


def test_no_module_imports_itself_by_way_of_others_not_even_inside_a_function() -> None:
    graph = {module_name(path): set(imported_modules(path)) & NAMES for path in MODULES}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names them


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("vigorl", *parts)).removesuffix(".__init__")


NAMES = {module_name(path) for path in MODULES}


def imported_modules(path: Path) -> Iterator[str]:
    """What is imported anywhere in a module, but for its types alone; `from x import y` as x.y."""

    def found(node: ast.AST) -> Iterator[str]:
        if is_for_types(node):
            return
        if isinstance(node, ast.ImportFrom):
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & NAMES
            yield from submodules or {node.module or ""}
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        for child in below(node):
            yield from found(child)

    return found(tree_of(path))


def test_the_layering_test_sees_imports() -> None:
    assert layer_imports(ROOT / "agent" / "rollout.py") == {"agent", "browser", "policy"}
    assert layer_imports(COMMANDS / "train.py") == {"agent", "training"}
    ours = {f"vigorl.agent.cli.{name}" for name in ("app_class", "main", "terminal")}
    assert imported_at_once(COMMANDS / "setup.py") == ours


def test_every_package_is_in_the_wheel() -> None:
    listed = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    )
    found = {
        ".".join(("vigorl", *path.parent.relative_to(ROOT).parts))
        for layer in BELOW
        for path in (ROOT / layer).rglob("__init__.py")
    }
    found = {name.replace("vigorl.agent.vigorl", "vigorl") for name in found}  # the package itself
    assert listed == found


def test_help_needs_no_heavy_library() -> None:
    heavy = ("torch", "transformers", "playwright", "cv2", "onnxruntime", "rapidocr", "numpy")
    code = (
        "import sys; from typer.testing import CliRunner; from vigorl.agent.cli.app import app\n"
        "for name in ('run', 'eval tasks', 'train grpo', 'train sft', 'train nano', 'ablation',\n"
        "             'search', 'export', 'data generate', ''):\n"
        "    assert CliRunner().invoke(app, [*name.split(), '--help']).exit_code == 0\n"
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
        "import vigorl.training.nano.recipe, vigorl.training.grpo.loop\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
