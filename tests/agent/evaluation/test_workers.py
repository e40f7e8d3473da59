"""How many episodes are played at once, and how many turns a model here generates at a time."""

import json
import os
import pickle
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from vigorl.agent.benchmarks.registry import find
from vigorl.agent.cli.app import app
from vigorl.agent.cli.eval_command import EPISODES_A_CORE, workers_of
from vigorl.agent.workers.messages import LENGTH_BYTES, framed
from vigorl.browser.errors import UsageError
from vigorl.policy.model_config import ModelConfig
from vigorl.policy.reader.language.quotes import InstructionError


def test_a_model_that_takes_many_turns_at_once_is_given_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    most = 3 * EPISODES_A_CORE
    server, hosted = ModelConfig("http://localhost:8000/v1"), ModelConfig("ollama/qwen2.5vl:7b")
    here, gpu = ModelConfig("nano", device="cpu"), ModelConfig("org/model", device="cuda")
    for name, model, workers in (
        ("grounding", server, most),
        ("grounding", hosted, most),
        ("miniwob", gpu, most),
        ("miniwob", ModelConfig("vllm:org/model"), most),
        ("miniwob", here, 4),
        ("tasks", ModelConfig("reader"), 2),
        ("visualwebarena", server, 1),
        ("standin", server, 1),
    ):
        assert workers_of(find(name), model, None) == workers, (name, model.model)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert workers_of(find("miniwob"), server, None) == 16
    assert workers_of(find("miniwob"), ModelConfig("vllm:org/model"), None) == 32
    assert workers_of(find("grounding"), here, 64) == workers_of(find("standin"), here, 64) == 64


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (UsageError("no such page"), UsageError),
        (InstructionError("sing", "it is no action", ('click "…"',)), UsageError),
        (RuntimeError("it broke", lambda: None), Exception),
    ],
)
def test_an_error_of_a_worker_arrives_in_its_words(error: Exception, kind: type[Exception]) -> None:
    arrived = pickle.loads(framed(error)[LENGTH_BYTES:])
    assert isinstance(arrived, kind) and str(arrived) == str(error)


@pytest.mark.model
def test_as_many_turns_are_generated_at_a_time_as_episodes_are_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    from vigorl.policy.local.engine import Engine
    from vigorl.policy.local.tiny import write_tiny_checkpoint

    Image.new("RGB", (56, 56), "white").save(tmp_path / "one.png")
    row = {"image": "one.png", "bbox_xyxy": [0, 0, 20, 20], "ui_type": "text"}
    rows = [{**row, "id": number, "instruction": f"find {number}"} for number in range(12)]
    (tmp_path / "manifest.json").write_text(json.dumps(rows))
    model = write_tiny_checkpoint(tmp_path / "model", "qwen2_5_vl")
    widths, advance = set(), Engine._advance

    def watched(engine: Engine) -> None:
        widths.add(len(engine._running))
        advance(engine)

    monkeypatch.setattr(Engine, "_advance", watched)
    arguments = ["eval", "grounding", "--data", tmp_path, "--model", model, "--workers", 12]
    arguments += ["--turn-tokens", 8, "--out", tmp_path / "out", "--json"]
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    assert max(widths) == 12
    assert json.loads(done.stdout)["cells"]["all"]["n"] == 12
