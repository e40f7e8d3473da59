"""The training loop: what is taught at a step depends on the step alone."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from vigorl.browser.errors import StorageFault, UsageError
from vigorl.training.sft import SftConfig, learning_rate, train

pytestmark = pytest.mark.model


class Line:
    """Teaches y = 2 x - 1; every step has points of its own."""

    def batch(self, step: int) -> Tensor:
        return torch.randn(8, generator=torch.Generator().manual_seed(step))

    def to(self, batch: Tensor, device: torch.device) -> Tensor:
        return batch.to(device)

    def losses(self, module: nn.Module, batch: Tensor, step: int) -> Mapping[str, Tensor]:
        noise = 0.1 * torch.randn(len(batch))
        error = module(batch[:, None])[:, 0] - (2 * batch - 1 + noise)
        return {"loss": (error**2).mean(), "worst": error.abs().max()}


class Interrupted(Line):
    """The same, until somebody presses Ctrl-C."""

    def __init__(self, at: int) -> None:
        self._at = at

    def losses(self, module: nn.Module, batch: Tensor, step: int) -> Mapping[str, Tensor]:
        if step == self._at:
            raise KeyboardInterrupt
        return super().losses(module, batch, step)


def pupil() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(1, 1)


CONFIG = SftConfig(
    steps=60, learning_rate=0.1, warmup_steps=5, workers=0, device="cpu", log_every=10
)


def test_it_learns_and_writes_down_how(tmp_path: Path) -> None:
    module = pupil()
    assert train(Line(), module, CONFIG, tmp_path) == 60
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [10, 20, 30, 40, 50, 60]
    assert rows[-1]["loss"] < 0.05 < 1 < rows[0]["loss"]
    assert json.loads((tmp_path / "config.json").read_text())["steps"] == 60


def test_a_run_that_was_interrupted_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole, halved = pupil(), pupil()
    train(Line(), whole, CONFIG, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(Interrupted(37), halved, CONFIG, tmp_path / "halved")
    fresh = pupil()
    assert train(Line(), fresh, CONFIG, tmp_path / "halved") == 60
    assert torch.equal(fresh.weight, whole.weight) and torch.equal(fresh.bias, whole.bias)


def test_the_number_of_workers_changes_nothing(tmp_path: Path) -> None:
    alone, helped = pupil(), pupil()
    config = SftConfig(steps=8, learning_rate=0.1, workers=0, device="cpu")
    train(Line(), alone, config, tmp_path / "alone")
    train(Line(), helped, SftConfig(steps=8, learning_rate=0.1, device="cpu"), tmp_path / "helped")
    assert torch.equal(alone.weight, helped.weight)


def test_the_folder_of_another_model_is_refused(tmp_path: Path) -> None:
    train(Line(), pupil(), CONFIG, tmp_path)
    with pytest.raises(UsageError, match="choose another folder"):
        train(Line(), nn.Sequential(nn.Linear(1, 3), nn.Linear(3, 1)), CONFIG, tmp_path)


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageFault, match="the one before is whole"):
        train(Line(), pupil(), CONFIG, tmp_path, save=full)
    assert train(Line(), pupil(), CONFIG, tmp_path) == 60


def test_the_rate_rises_and_falls_with_the_further_of_steps_and_clock() -> None:
    config = SftConfig(
        steps=110, learning_rate=1.0, final_learning_rate=0.0, warmup_steps=10, seconds=100
    )
    assert learning_rate(5, config) == pytest.approx(0.5)
    assert learning_rate(10, config) == pytest.approx(1.0)
    assert learning_rate(60, config) == pytest.approx(0.5)
    assert learning_rate(20, config, elapsed_s=50) == pytest.approx(0.5)
    assert learning_rate(110, config) == pytest.approx(0.0)
