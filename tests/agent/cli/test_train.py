"""`vigorl-agent train grpo` as a person meets it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image
from typer.testing import CliRunner

from vigorl.agent.cli.app import app

pytest.importorskip("torch")

from vigorl.policy.local.tiny import write_tiny_checkpoint

pytestmark = pytest.mark.model


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "vigorl.agent.cli", "train", "grpo", *map(str, arguments)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "/no/such/model"], "an existing folder with a checkpoint"),
        (["--model", "http://localhost:8000/v1"], "no weights that could be trained here"),
        (["--task", "logn"], "did you mean 'login'"),
        (["--task", "login:3"], "name the task alone"),
        (["--groups", "4", "--most-groups", "2"], "none is above the next"),
        (["--task", "miniwob/click-button"], "of MiniWoB++'s test split, which is held out"),
        (
            ["--task", "sites/*", "--envs", "http://127.0.0.1:9", "--envs-token", "of nobody's"],
            "no environment service has sites/shop-",
        ),
        (["--data", "blink:."], "all of BLINK is held out"),
        (["--grounding-rule", "overlap"], "a grounding rule is for screenshots"),
    ],
)
def test_a_wrong_request_says_what_to_change_and_leaves_no_trace(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    done = CliRunner().invoke(app, ["train", "grpo", "--out", str(tmp_path / "run"), *arguments])
    assert done.exit_code == 2, done.output
    assert said in " ".join(done.output.split())
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"), "qwen2_5_vl")


def practised(tiny: Path, folder: Path, *more: str, **changes: object) -> Result:
    """One step on a grounding set of one picture, 64 x 48 px, whose entry is changed."""
    data = folder / "screens"
    data.mkdir()
    Image.new("RGB", (64, 48), "white").save(data / "a.png")
    row = {"id": "save", "image": "a.png", "instruction": "Save", "ui_type": "text"}
    rows = [{**row, "bbox_xyxy": [4, 4, 20, 12], **changes}] if "rows" not in changes else []
    (data / "manifest.json").write_text(json.dumps(rows))
    little = ["--steps", "1", "--group", "2", "--groups", "1", "--most-groups", "1"]
    little += ["--max-steps", "1", "--max-tokens", "4", "--clip-high", "0.3", "--no-scale-by-std"]
    little += ["--normalisation", "dr_grpo", "--importance-cap", "3", "--refills", "1"]
    begin = ["--model", str(tiny), "--family", "qwen2.5-vl", "--out", str(folder / "run")]
    return CliRunner().invoke(app, ["train", "grpo", "--data", str(data), *begin, *little, *more])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"image": "gone.png"}, "entry 'save': no image 'gone.png'"),
        ({"bbox_xyxy": [70, 4, 90, 12]}, "entry 'save': bbox_xyxy (70.0, 4.0, 90.0, 12.0) lies"),
        ({"bbox_xyxy": [20, 4, 4, 12]}, "entry 'save': bbox_xyxy (20.0, 4.0, 4.0, 12.0) is not"),
        ({"rows": 0}, "nothing to train on"),
    ],
)
def test_what_is_wrong_with_the_data_is_named(
    changes: dict[str, object], said: str, tiny: Path, tmp_path: Path
) -> None:
    done = practised(tiny, tmp_path, **changes)
    assert done.exit_code in (2, 5), done.output
    assert said in " ".join(done.output.split())


def test_pointing_is_practised_on_still_screenshots(tiny: Path, tmp_path: Path) -> None:
    done = practised(tiny, tmp_path)
    assert done.exit_code == 0, done.output
    (line,) = map(json.loads, (tmp_path / "run" / "metrics.jsonl").read_text().splitlines())
    assert line["episodes"] == 2 and line["faults"] == 0
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    names = ("clip_high", "scale_by_std", "normalisation", "importance_cap")
    assert [config[f"update.{name}"] for name in names] == [0.3, False, "dr_grpo", 3]
    assert config["refills"] == 1
    assert len(list((tmp_path / "run" / "rollouts").glob("*/000000-save-*"))) == 2


def test_boxes_and_questions_are_practised_in_turn(tiny: Path, tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), "navy").save(tmp_path / "b.png")
    prompt = "<image>What colour is it?\nAnswer Choices:\nA. navy\nB. red"
    row = {"prompt": prompt, "images": ["b.png"], "answer": "navy"}
    (tmp_path / "questions.jsonl").write_text(json.dumps(row))
    more = ("--data", f"sat:{tmp_path / 'questions.jsonl'}", "--grounding-rule", "overlap")
    done = practised(tiny, tmp_path, *more, "--most-groups", "2")
    assert done.exit_code == 0, done.output
    (line,) = map(json.loads, (tmp_path / "run" / "metrics.jsonl").read_text().splitlines())
    assert line["episodes"] == 4 and line["faults"] == 0
    rollouts = sorted((tmp_path / "run" / "rollouts").glob("*/00000*-0"))
    assert [path.name[:11] for path in rollouts] == ["000000-save", "000001-ques"]
    boxed = json.loads((rollouts[0] / "trajectory.jsonl").read_text().splitlines()[0])
    assert "Draw the box around it" in boxed["goal"] and boxed["task"]["rule"] == "overlap"


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"steps": 3}')
    done = CliRunner().invoke(app, ["train", "grpo", "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert "choose another --out" in " ".join(done.output.split())
    assert (tmp_path / "config.json").read_text() == '{"steps": 3}'


def test_without_torch_it_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None; from vigorl.agent.cli import main\n"
        f"sys.argv = ['vigorl-agent', 'train', 'grpo', '--out', {str(tmp_path / 'run')!r}]; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "pip install 'vigorl-agent[model]'" in " ".join(done.stderr.split())


@pytest.mark.slow
@pytest.mark.browser
def test_ctrl_c_saves_and_the_same_command_goes_on(tmp_path: Path) -> None:
    little = ["--group", "2", "--groups", "1", "--most-groups", "1", "--max-tokens", "8"]
    arguments = ["--out", tmp_path, "--task", "modal", "--max-steps", "1", *little]
    metrics = tmp_path / "metrics.jsonl"
    process = subprocess.Popen(
        command(*arguments, "--steps", "99"), stderr=subprocess.PIPE, text=True
    )
    for _ in range(800):
        time.sleep(0.1)
        if metrics.exists() and metrics.read_text():
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "step 1/99" in errors and "the same command again" in errors
    made = len(metrics.read_text().splitlines())
    again = command(*arguments, "--steps", str(made + 1))
    done = subprocess.run(again, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    steps = [json.loads(line)["step"] for line in metrics.read_text().splitlines()]
    assert steps == list(range(1, made + 2))
    assert (tmp_path / "checkpoints" / f"{made + 1:06d}" / "model" / "config.json").is_file()
