"""A GRPO run whose engine is verl: its files are written, it is started, and its log is ours too.

verl has an environment of its own, so it is another process; what is played there is
`vigorl.training.verl.agent_loop`. A run's folder looks as always (`vigorl.training.grpo.loop`), but
that checkpoints are verl's, in `verl/checkpoints`; it resumes from them by itself.

A line of metrics.jsonl has of those of `vigorl.training.grpo.loop`:

====================  ============================================================================
step                  optimizer updates made, these included
score, episodes,      of the episodes that were recorded for the update, discarded groups among
faults, turns, …      them
loss, kl, norm,       of verl's learner
learning_rate
play_s, learn_s       seconds of its sampling and of its update
verl/…                whatever else verl tells, by its names
====================  ============================================================================
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vigorl.agent.record.trajectory import Trajectory, read_trajectory
from vigorl.browser.errors import InfrastructureFault, UsageError, VigorlError
from vigorl.browser.run_folder import Identity, disk, whole_lines, write_json
from vigorl.training.grpo.config import GrpoRunConfig
from vigorl.training.grpo.loop import GrpoProgress, identity_of
from vigorl.training.grpo.sources import open_samples
from vigorl.training.run.base_model import base_model, family_of_model
from vigorl.training.run.metrics import metrics_of
from vigorl.training.run.training_run import check_folder
from vigorl.training.verl.run_files import RunFiles
from vigorl.training.verl.verl_config import EngineOptions
from vigorl.training.verl.worlds import TOKEN, service_of

if TYPE_CHECKING:
    from vigorl.browser.remote import RemoteService

LOOK_S = 2.0
"""Between two looks into verl's log."""
GRACE_S = 60.0
"""For verl to come to its end when it is told to."""
_CHECK = "import verl, vigorl.training.verl.agent_loop"
_NAMES = {
    "loss": "actor/pg_loss",
    "kl": "actor/kl_loss",
    "norm": "actor/grad_norm",
    "learning_rate": "actor/lr",
    "reward_kept": "critic/score/mean",
    "play_s": "timing_s/gen",
    "learn_s": "timing_s/update_actor",
}
"""Ours, and those of verl that say the same."""


async def train_grpo_with_verl(
    config: GrpoRunConfig,
    out: Path,
    engine: EngineOptions,
    log: Callable[[str], None] = lambda line: None,
    envs: "RemoteService | None" = None,
) -> GrpoProgress:
    """Train; resume where `out` holds an interrupted run.

    Args:
        config: How.
        out: Gets everything that is written.
        engine: On what.
        log: Told what came of every step, in a line for a person.
        envs: Where episodes are played; None: on a browser of each of verl's machines.

    Raises:
        UsageError: the configuration cannot be carried out, or verl is not installed.
        InfrastructureFault: verl ended with an error; its log says which.
    """
    identity = _identity(config, engine)
    check_folder(out, identity)
    checkpoint = base_model(config.model)
    family = family_of_model(config.model, config.family)
    files = RunFiles(config, family, checkpoint, out, engine, envs.urls if envs else ())
    python = engine.verl_python or sys.executable
    await asyncio.to_thread(_check_environment, python)
    token = envs.token if envs else ""
    service = service_of(files.play, token)
    async with open_samples(files.play.sources, envs=service) as samples:  # as its workers will
        files.write(samples)
    step = _last_step(files.folder / "checkpoints")
    with metrics_of(out, step) as note:
        write_json(out / "config.json", identity.asked)
        progress = _Progress(out, note, log, step, config.steps)
        # A token goes by the environment, and into no file.
        await _run(python, files, progress, {TOKEN: token} if token else {})
    return GrpoProgress(progress.step)


class _Progress:
    """What is known of a run from verl's log and the recorded episodes."""

    def __init__(
        self,
        out: Path,
        note: Callable[[Mapping[str, float]], None],
        log: Callable[[str], None],
        step: int,
        steps: int,
    ) -> None:
        self.step = step
        self._path = out / "verl" / "metrics.jsonl"
        self._episodes = out / "rollouts"
        self._note = note
        self._log = log
        self._steps = steps

    def look(self) -> None:
        """Note what verl has logged since the last look."""
        if not self._path.exists():
            return
        with disk(self._path):
            lines = [json.loads(line) for line in whole_lines(self._path)]
        for line in lines:
            if line["step"] > self.step and "actor/pg_loss" in line["data"]:
                self.step = int(line["step"])
                self._note(
                    metrics_line(self.step, line["data"], episodes_of(self._episodes, self.step))
                )
                self._tell(line["data"])

    def _tell(self, data: Mapping[str, float]) -> None:
        self._log(f"step {self.step}/{self._steps}  reward {data.get('critic/score/mean', 0):.2f}")


def metrics_line(
    step: int, data: Mapping[str, float], episodes: list[Trajectory]
) -> dict[str, float]:
    """A line of metrics.jsonl of what verl logged of an update, and what was recorded for it."""
    scores = [episode.score.value for episode in episodes if episode.score is not None]
    steps = [turn for episode in episodes for turn in episode.steps]
    ours = {
        **({"score": sum(scores) / len(scores)} if scores else {}),
        "episodes": len(episodes),
        "faults": sum(episode.status == "fault" for episode in episodes),
        "turns": len(steps),
        "sampled_tokens": sum(turn.turn.sampled_token_count for turn in steps),
        "model_s": sum(turn.act_s for turn in steps),
        "world_s": sum(turn.observe_s for turn in steps),
    }
    theirs = {name: data[known] for name, known in _NAMES.items() if known in data}
    rest = {f"verl/{name}": value for name, value in data.items() if isinstance(value, int | float)}
    return {
        "step": step,
        **{name: round(value, 4) for name, value in ours.items()},
        **theirs,
        **rest,
    }


def episodes_of(folder: Path, step: int) -> list[Trajectory]:
    """The episodes that were recorded for an update, and ended."""
    found = []
    for place in sorted(folder.glob(f"{step:06d}-*")):
        with suppress(VigorlError):  # one that is being played
            trajectory = read_trajectory(place)
            if trajectory.end is not None:
                found.append(trajectory)
    return found


async def _run(
    python: str, files: RunFiles, progress: _Progress, secrets: Mapping[str, str]
) -> None:
    """Let verl train, and look into its log meanwhile.

    Raises:
        InfrastructureFault: it ended with an error.
    """
    command = [python, "-m", "verl.trainer.main_ppo", *files.settings()]
    said, logged = files.folder / "log.txt", files.folder / "metrics.jsonl"
    with disk(logged):
        logged.unlink(missing_ok=True)  # of an earlier start, whose later updates are made again
    with disk(said), said.open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=files.folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **secrets, "VERL_FILE_LOGGER_PATH": str(logged)},
            start_new_session=True,  # Ctrl-C is ours to pass on
        )
    try:
        while process.poll() is None:
            await asyncio.sleep(LOOK_S)
            progress.look()
    finally:
        await asyncio.shield(asyncio.to_thread(_end, process))
    progress.look()
    if process.returncode:
        raise InfrastructureFault(
            f"verl ended with {process.returncode}: the end of {said} says why\n{_tail(said)}"
        )


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End verl and all that it has started here, if it has not ended."""
    for number, patience_s in ((signal.SIGINT, GRACE_S), (signal.SIGKILL, None)):
        if process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)


def _check_environment(python: str) -> None:
    """See that a Python has verl, and this package beside it.

    Raises:
        UsageError: it has not.
    """
    try:
        done = subprocess.run([python, "-c", _CHECK], capture_output=True, text=True, check=False)
    except OSError as error:
        raise UsageError(f"--verl-python {python}: {error.strerror}") from error
    if done.returncode:
        raise UsageError(
            f"{python} has no verl, or not this package beside it ({_last_line(done.stderr)}): "
            "make an environment with both (docs/scale.md) and name its Python by --verl-python"
        )


def _identity(config: GrpoRunConfig, engine: EngineOptions) -> Identity:
    """What makes it this run; on how many machines may change."""
    identity = identity_of(config)
    asked: dict[str, Any] = {**identity.asked, "engine": engine.engine}
    values = json.loads(json.dumps(asdict(engine)))
    machines = {f"engine.{name}": value for name, value in values.items()}
    return Identity(
        identity.kind,
        {**asked, **machines},
        (*identity.may_change, *machines),
        identity.marker,
        flat=identity.flat,
    )


def _last_step(checkpoints: Path) -> int:
    """Of verl's newest checkpoint; 0 where there is none."""
    try:
        return int((checkpoints / "latest_checkpointed_iteration.txt").read_text())
    except (OSError, ValueError):
        return 0


def _tail(path: Path, lines: int = 12) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it says nothing"
