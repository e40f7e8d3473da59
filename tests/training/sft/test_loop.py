"""The training loop: what is taught at a step depends on the step alone."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import get_worker_info

from vigorl.browser.errors import PolicyFault, StorageFault, UsageError
from vigorl.training.run.trainer import ModuleWeights
from vigorl.training.run.training_run import newest_checkpoint
from vigorl.training.sft.loop import SftConfig, train

pytestmark = pytest.mark.model


class Line:
    """Teaches y = 2 x - 1; every step has points of its own."""

    def batch(self, step: int) -> Tensor:
        return torch.randn(8, generator=torch.Generator().manual_seed(step))

    def to(self, batch: Tensor, device: torch.device) -> Tensor:
        return batch.to(device)

    def losses(self, module: nn.Module, batch: Tensor, step: int) -> Iterator[Mapping[str, Tensor]]:
        noise = 0.1 * torch.randn(len(batch))
        error = module(batch[:, None])[:, 0] - (2 * batch - 1 + noise)
        yield {"loss": (error**2).mean(), "worst": error.abs().max()}

    def too_large(self, step: int) -> str:
        return f"step {step} has too many points"


class Interrupted(Line):
    """The same, until somebody presses Ctrl-C."""

    def __init__(self, at: int) -> None:
        self._at = at

    def losses(self, module: nn.Module, batch: Tensor, step: int) -> Iterator[Mapping[str, Tensor]]:
        if step == self._at:
            raise KeyboardInterrupt
        yield from super().losses(module, batch, step)


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


class Doomed(Line):
    """The same, until the process that makes the batches is killed, as it is for its memory."""

    def batch(self, step: int) -> Tensor:
        if step == 37 and get_worker_info() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().batch(step)


DOOMED = """
import importlib.util, sys
from dataclasses import replace
from pathlib import Path
from vigorl.browser.errors import InfrastructureFault
spec = importlib.util.spec_from_file_location("loop", sys.argv[1])
here = importlib.util.module_from_spec(spec)
spec.loader.exec_module(here)
often = replace(here.CONFIG, workers=1, checkpoint_every_s=0.0)
try:
    here.train(here.Doomed(), here.pupil(), often, Path(sys.argv[2]))
except InfrastructureFault as error:
    print(error)
"""
"""In a process of its own: torch tells of the dead at whatever child ends next."""


@pytest.mark.slow
def test_a_killed_maker_of_batches_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    whole, fresh = pupil(), pupil()
    train(Line(), whole, CONFIG, tmp_path / "whole")
    command = [sys.executable, "-c", DOOMED, __file__, str(tmp_path / "halved")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100)
    said = ended.stdout
    assert "was killed" in said and "go on, with fewer --workers" in said, ended.stderr
    assert "Traceback" not in ended.stderr, ended.stderr
    assert train(Line(), fresh, CONFIG, tmp_path / "halved") == 60
    assert torch.equal(fresh.weight, whole.weight) and torch.equal(fresh.bias, whole.bias)


def test_a_run_that_is_stopped_by_a_signal_ends_its_step_and_keeps_it(tmp_path: Path) -> None:
    whole, halved = pupil(), pupil()
    train(Line(), whole, CONFIG, tmp_path / "whole")
    for number, at in ((signal.SIGINT, 17), (signal.SIGTERM, 41)):
        before = signal.getsignal(number)
        with pytest.raises(KeyboardInterrupt):
            train(Signalled(at, number), halved, CONFIG, tmp_path / "halved")
        assert newest_checkpoint(tmp_path / "halved") == (
            tmp_path / "halved" / "checkpoints" / f"{at:06d}"
        )
        assert signal.getsignal(number) is before
    fresh = pupil()
    train(Line(), fresh, CONFIG, tmp_path / "halved")
    assert torch.equal(fresh.weight, whole.weight)


def test_what_was_noted_of_steps_that_no_state_holds_is_dropped(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(Interrupted(25), pupil(), CONFIG, tmp_path)
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 30, "loss": 9}\n{"st')  # a kill, before the next state
    train(Line(), pupil(), CONFIG, tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [10, 20, 30, 40, 50, 60]
    assert all(row["loss"] < 9 for row in rows)


def test_parts_of_a_batch_are_learnt_from_as_the_whole(tmp_path: Path) -> None:
    whole, parted = pupil(), pupil()
    config = replace(CONFIG, steps=8)
    train(Line(), whole, config, tmp_path / "whole")
    train(Parted(), parted, config, tmp_path / "parted")
    assert torch.allclose(parted.weight, whole.weight, atol=1e-6)
    last = [
        json.loads((tmp_path / name / "metrics.jsonl").read_text().splitlines()[-1])["loss"]
        for name in ("whole", "parted")
    ]
    assert last[0] == pytest.approx(last[1], abs=1e-4)


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA"), RuntimeError("DefaultCPUAllocator: can't allocate memory")],
)
def test_a_batch_that_does_not_fit_is_named_and_what_was_learnt_is_kept(
    error: Exception, tmp_path: Path
) -> None:
    with pytest.raises(PolicyFault, match="no memory for step 5: step 5 has too many points"):
        train(Large(error), pupil(), CONFIG, tmp_path)
    assert newest_checkpoint(tmp_path) == tmp_path / "checkpoints" / "000004"


def test_a_programming_mistake_is_not_taken_for_a_lack_of_memory(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="shape"):
        train(Large(RuntimeError("shape")), pupil(), CONFIG, tmp_path)


def test_weights_that_do_not_learn_are_not_kept_and_one_process_trains_at_a_time(
    tmp_path: Path,
) -> None:
    module = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    module[0].requires_grad_(False)

    def again(checkpoint: Path) -> None:
        with pytest.raises(UsageError, match="another process is training"):
            train(Line(), module, CONFIG, tmp_path)

    train(Line(), module, replace(CONFIG, steps=2), tmp_path, publish=again)
    weights = torch.load(tmp_path / "checkpoints/000002/weights.pt", weights_only=True)
    assert set(weights) == {"1.weight", "1.bias"}


class Signalled(Line):
    """The same, until a signal comes in the middle of a step."""

    def __init__(self, at: int, number: signal.Signals) -> None:
        self._at, self._number = at, number

    def losses(self, module: nn.Module, batch: Tensor, step: int) -> Iterator[Mapping[str, Tensor]]:
        if step == self._at:
            signal.raise_signal(self._number)
        yield from super().losses(module, batch, step)


class Parted(Line):
    """The same, one point after another."""

    def losses(self, module: nn.Module, batch: Tensor, step: int) -> Iterator[Mapping[str, Tensor]]:
        noise = 0.1 * torch.randn(len(batch))
        for x, shift in zip(batch, noise, strict=True):
            error = module(x.view(1, 1))[0, 0] - (2 * x - 1 + shift)
            yield {"loss": error**2 / len(batch)}


class Large(Line):
    """The same, until something is raised."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def losses(self, module: nn.Module, batch: Tensor, step: int) -> Iterator[Mapping[str, Tensor]]:
        if step == 5:
            raise self.error
        yield from super().losses(module, batch, step)


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
    class Full(ModuleWeights):
        def save(self, folder: Path) -> None:
            raise OSError(28, "No space left on device")

    train(Line(), pupil(), replace(CONFIG, steps=20), tmp_path)
    with pytest.raises(StorageFault, match="No space left"):
        train(Line(), Full(pupil()), CONFIG, tmp_path)
    assert newest_checkpoint(tmp_path) == tmp_path / "checkpoints" / "000020"
    assert train(Line(), pupil(), CONFIG, tmp_path) == 60


def test_a_run_of_an_older_version_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "state.pt").write_bytes(b"weights and optimizer in one file")
    with pytest.raises(UsageError, match=r"older version .*cannot be resumed"):
        train(Line(), pupil(), CONFIG, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["state.pt"]


def test_the_rate_rises_and_falls_with_the_further_of_steps_and_clock() -> None:
    config = SftConfig(
        steps=110, learning_rate=1.0, final_learning_rate=0.0, warmup_steps=10, seconds=100
    )
    rate = config.schedule.rate
    assert rate(5) == pytest.approx(0.5)
    assert rate(10) == pytest.approx(1.0)
    assert rate(60) == pytest.approx(0.5)
    assert rate(20, elapsed_s=50) == pytest.approx(0.5)
    assert rate(110) == pytest.approx(0.0)
