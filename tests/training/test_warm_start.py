"""The warm start as a person meets it: `search`, `export`, `train sft`, with a real small model."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner

from vigorl.agent.cli.app import app
from vigorl.training.search.record import read_tree

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.model

NANO = Path(__file__).parents[2] / "training" / "nano" / "weights" / "nano-pixels"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages with a word each; wherever one clicks on the first is right."""
    folder = tmp_path_factory.mktemp("data")
    entries = []
    for number, box in enumerate(([0, 0, 256, 160], [0, 0, 2, 2])):
        image = Image.new("RGB", (256, 160), (230, 240, 250 - number))
        ImageDraw.Draw(image).text((60 + 40 * number, 70), f"word{number}", fill="black")
        image.save(folder / f"{number}.png")
        entries.append(
            {
                "id": f"page {number}",
                "image": f"{number}.png",
                "instruction": f"word{number}",
                "bbox_xyxy": box,
                "ui_type": "text",
            }
        )
    (folder / "manifest.json").write_text(json.dumps(entries))
    return folder


def run(*arguments: str | Path | int) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    return done.exit_code, " ".join(done.output.split())


@pytest.fixture(scope="module")
def trees(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("trees")
    code, said = run("search", "--data", data, "--model", NANO, "--out", folder, "--simulations", 2)
    assert code == 0, said
    assert re.search(r"2 trees with \d steps, from \d episodes; 1 with a right answer", said)
    return folder


def test_a_local_search_is_the_same_however_many_samples_are_searched_at_once(
    data: Path, trees: Path, tmp_path: Path
) -> None:
    arguments = ["--data", data, "--model", NANO, "--simulations", 2, "--limit", 1]
    code, said = run("search", *arguments, "--workers", 1, "--out", tmp_path)
    assert code == 0, said
    (searched,) = tmp_path.glob("page-0*/tree.json")
    assert read_tree(searched.parent) == read_tree(trees / searched.parent.name)


def test_chains_are_exported_and_taught_and_what_comes_of_it_plays(
    trees: Path, data: Path, tmp_path: Path
) -> None:
    code, said = run("export", trees, "--out", tmp_path / "chains", "--json")
    assert code == 0, said
    assert json.loads(said[said.index('{"written"') :])["straight"] == 1
    teach = ["train", "sft", "--model", NANO, "--out", tmp_path / "out", "--held-out", 0]
    code, said = run(*teach, "--data", trees, "--data", tmp_path / "chains")
    assert code == 0, said
    assert "2 examples with" in said
    assert f"--model {tmp_path}/out/model --family nano-pixels" in said
    arguments = ["--data", data, "--limit", 1, "--family", "nano-pixels"]
    model = tmp_path / "out" / "model"
    code, said = run("eval", "grounding", "--model", model, *arguments, "--out", tmp_path / "eval")
    assert code == 0, said
    assert json.loads((tmp_path / "eval" / "summary.json").read_text())["cells"]["all"]["mean"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["search", "--model", "reader"], "reader is no language model that can be sampled"),
        (["search", "--model", "/no/such/model"], "an existing folder with a checkpoint"),
        (["export", "/no/such/folder"], "there is no folder /no/such/folder"),
        (["export", "DATA"], "holds no recorded episode"),
        (["export", "DATA", "--straight", "0", "--corrected", "0"], "no chains are asked for"),
        (["train", "sft", "--model", "reader"], "has no weights that could be trained"),
    ],
)
def test_a_wrong_request_says_what_to_change_and_leaves_no_trace(
    arguments: list[str], said: str, data: Path, tmp_path: Path
) -> None:
    wanted = [str(data) if each == "DATA" else each for each in arguments]
    if arguments[0] != "export":
        wanted += ["--data", str(data)]
    code, output = run(*wanted, "--out", tmp_path / "out")
    assert code == 2 and said in output
    assert not (tmp_path / "out").exists()


def test_a_box_outside_of_its_picture_is_named(data: Path, tmp_path: Path) -> None:
    entries = json.loads((data / "manifest.json").read_text())
    entries[0]["bbox_xyxy"] = [300, 0, 310, 9]
    (tmp_path / "manifest.json").write_text(json.dumps(entries[:1]))
    (tmp_path / "0.png").write_bytes((data / "0.png").read_bytes())
    code, said = run("search", "--data", tmp_path, "--model", NANO, "--out", tmp_path / "out")
    assert code == 5 and "entry 'page 0': bbox_xyxy" in said and "lies outside of its image" in said


def test_without_pyarrow_it_says_what_to_install(trees: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    argv = ["vigorl-agent", "export", str(trees), "--format", "parquet", "--out", out]
    code = (
        f"import sys; sys.modules['pyarrow'] = None; sys.argv = {argv!r}\n"
        "from vigorl.agent.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "pip install 'vigorl-agent[data]'" in " ".join(done.stderr.split())
    assert list(tmp_path.iterdir()) == []
