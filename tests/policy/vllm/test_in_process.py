"""vLLM's engine in this process, against the local engine: `make test-vllm`."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("vllm", reason="vLLM has an environment of its own: make test-vllm")

from tests.policy.vllm.episodes import compared, drift, family_of_folder, images_of, lesson
from vigorl.browser.errors import PolicyFault, UsageError
from vigorl.policy.backend import Message, Reply, Sampling
from vigorl.policy.factory import open_model
from vigorl.policy.local.network import Network
from vigorl.policy.model import ModelPolicy
from vigorl.policy.vllm.backend import VllmBackend
from vigorl.policy.vllm.engine import VllmConfig, open_vllm
from vigorl.training.compute.lora import add_adapters, write_adapters

pytestmark = [
    pytest.mark.model,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.asyncio(loop_scope="module"),
]

RANK = 4
SMALL = {"dtype": "float32", "enforce_eager": True, "max_model_len": 8192}
GREEDY = Sampling(temperature=0, max_tokens=120)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(taught: Path) -> AsyncIterator[VllmBackend]:
    """One engine for all; what is sampled differs from backend to backend around it."""
    config = VllmConfig(str(taught), lora_rank=RANK, sleeps=True, arguments=SMALL)
    backend = await open_vllm(config, family_of_folder(taught), GREEDY)
    yield backend
    await backend.close()
    await backend.close()


@pytest.fixture(scope="module")
def network(taught: Path) -> Network:
    return Network(str(taught), family_of_folder(taught))


def with_sampling(engine: VllmBackend, sampling: Sampling) -> VllmBackend:
    """The same engine, which draws otherwise."""
    return VllmBackend(engine._engine, engine._codec, engine._family, sampling, engine._settings)


async def test_twenty_episodes_with_zoom_are_those_of_the_local_engine_and_replay(
    engine: VllmBackend, network: Network, taught: Path, tmp_path: Path
) -> None:
    await compared(ModelPolicy(network.family, engine, GREEDY), taught, GREEDY, tmp_path)


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(temperature=1.0, max_tokens=40),
        Sampling(1.5, 0.9, 20, 1.05, 0.5, max_tokens=40),
    ],
    ids=["plain", "penalties"],
)
async def test_log_probabilities_replay_whatever_the_sampling(
    engine: VllmBackend, network: Network, sampling: Sampling
) -> None:
    messages = (await lesson(network.family))[:2]
    drawing = with_sampling(engine, sampling)
    replies = await asyncio.gather(*(drawing.session(seed).reply(messages) for seed in range(6)))
    again = await drawing.session(0).reply(messages)
    assert again.sampled_ids == replies[0].sampled_ids
    for reply in replies:
        assert drift(network, images_of(messages), reply) < 1e-4
        assert not set(reply.sampled_ids or ()) & set(network.codec.never_sampled)


async def test_it_goes_on_in_a_message_that_was_begun_and_ends_after_a_stop_string(
    engine: VllmBackend, network: Network, taught: Path
) -> None:
    system, asked, said, *_ = await lesson(network.family)
    begun = str(said.parts[0])[:30]
    conversation = (system, asked, Message("assistant", (begun,)))
    reply = await engine.session(0).reply(conversation)
    assert begun + reply.text == said.parts[0]
    assert reply.text.endswith("</tool_call>") and not reply.cut_off
    here = await open_model(str(taught), sampling=GREEDY)
    same = await here.next_session().reply(conversation)
    await here.close()
    assert replace(reply, logprobs=None) == replace(same, logprobs=None)
    short = await with_sampling(engine, Sampling(0, max_tokens=5)).session(0).reply(conversation)
    assert short.cut_off and short.sampled_token_count == 5
    with pytest.raises(PolicyFault, match="max_model_len"):
        long = Message("user", ("kettle " * 8192,))
        await engine.session(0).reply((system, long))


async def test_turns_wait_while_it_sleeps(engine: VllmBackend, network: Network) -> None:
    messages = (await lesson(network.family))[:2]
    before = await engine.session(0).reply(messages)
    await engine.sleep()
    waiting = asyncio.create_task(engine.session(0).reply(messages))
    await asyncio.sleep(1)
    assert not waiting.done()
    await engine.wake()
    assert (await waiting).sampled_ids == before.sampled_ids


async def test_two_adapters_are_loaded_while_episodes_run(
    engine: VllmBackend, network: Network, taught: Path, tmp_path: Path
) -> None:
    import torch

    versions, folders = [network], []
    for number in range(2):
        folder, adapted = tmp_path / f"update-{number}", Network(str(taught), network.family)
        add_adapters(adapted, RANK, trains_vision=False, seed=number)
        torch.manual_seed(number)
        for name, weight in adapted.model.named_parameters():
            if ".lora_B." in name:
                torch.nn.init.normal_(weight, std=0.05)
        write_adapters(adapted, folder)
        versions.append(adapted)
        folders.append(folder)
    messages = (await lesson(network.family))[:2]
    drawing = with_sampling(engine, Sampling(temperature=1.0, max_tokens=30))
    turns: list[tuple[int, Reply, int]] = []
    loaded = 0

    async def play(seed: int) -> None:
        session = drawing.session(seed)
        while len(turns) < 30:
            before = loaded
            turns.append((before, await session.reply(messages), loaded))

    async def update() -> None:
        nonlocal loaded
        for folder in folders:
            enough = len(turns) + 8
            while len(turns) < enough:
                await asyncio.sleep(0.01)
            await drawing.load_adapter(folder)
            loaded += 1

    await asyncio.gather(update(), *(play(seed) for seed in range(4)))
    found = [which(versions, messages, reply) for _, reply, _ in turns]
    assert set(found) == {0, 1, 2}
    for version, (before, _, after) in zip(found, turns, strict=True):
        # The engine has an adapter a moment before we are told so.
        assert before <= version <= min(after + 1, 2)
    assert drawing.describe()["adapter"] == str(folders[1])
    drawing.adapters.unload()
    plain = await drawing.session(0).reply(messages)
    assert which(versions, messages, plain) == 0
    with pytest.raises(UsageError, match="holds no adapter"):
        await drawing.load_adapter(tmp_path)


def which(versions: Sequence[Network], messages: Sequence[Message], reply: Reply) -> int:
    """The one of these networks that a turn replays on."""
    drifts = [drift(network, images_of(messages), reply) for network in versions]
    (found,) = (number for number, each in enumerate(drifts) if each < 1e-4)
    return found


async def test_what_cannot_be_opened_is_refused_with_what_to_do(taught: Path) -> None:
    with pytest.raises(UsageError, match="no_such_thing"):
        await open_model(f"vllm:{taught}?no_such_thing=1")
    with pytest.raises(UsageError, match="no model"):
        await open_model("vllm:/nowhere")
    with pytest.raises(UsageError, match="names no checkpoint"):
        await open_model("vllm:")
    with pytest.raises(UsageError, match=r"max_model_len|16384"):
        await open_model(f"vllm:{taught}?max_model_len=999999999")
