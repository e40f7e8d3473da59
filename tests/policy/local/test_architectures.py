"""Architectures beside Qwen2.5-VL and Qwen3-VL, and penalties, against plain transformers."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from vigorl.browser.errors import UsageError
from vigorl.browser.observation import Observation
from vigorl.policy.backend import Hardware, Message, Reply, Sampling
from vigorl.policy.conversation import Conversation
from vigorl.policy.family import Family, family_named

torch = pytest.importorskip("torch")

from vigorl.policy.images import FittedImage  # noqa: E402
from vigorl.policy.local.backend import LocalBackend, LocalSession  # noqa: E402
from vigorl.policy.local.codec import Prompt  # noqa: E402
from vigorl.policy.local.network import Network  # noqa: E402
from vigorl.policy.local.tiny import Architecture, write_tiny_checkpoint  # noqa: E402
from vigorl.training.run.network_weights import NetworkWeights  # noqa: E402

pytestmark = pytest.mark.model

Make = Callable[..., Observation]
Turns = list[tuple[tuple[Message, ...], Reply]]
TOKENS = 10


@pytest.fixture(scope="module")
def family() -> Family:
    return replace(family_named("qwen3-vl"), system="You browse.", stop=())


@pytest.fixture(scope="module", params=["qwen3_vl_moe", "qwen3_5", "qwen3_5_moe"])
def network(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, family: Family
) -> Network:
    torch.set_num_threads(1)
    architecture: Architecture = request.param
    folder = write_tiny_checkpoint(tmp_path_factory.mktemp("tiny") / architecture, architecture)
    return Network(str(folder), family)


async def play(session: LocalSession, family: Family, seen: list[Observation]) -> Turns:
    conversation, turns = Conversation("x", family), []
    for observation in seen:
        conversation.see(observation)
        messages = conversation.messages()
        reply = await session.reply(messages)
        conversation.hear(reply, None)
        turns.append((messages, reply))
    return turns


def images_of(messages: tuple[Message, ...]) -> tuple[FittedImage, ...]:
    return tuple(part for each in messages for part in each.parts if not isinstance(part, str))


def generated(
    network: Network, messages: tuple[Message, ...], repetition_penalty: float = 1.0
) -> tuple[tuple[int, ...], list[float]]:
    """What `generate` of transformers makes of the same prompt, with its log-probabilities."""
    prompt = network.codec.encode(messages)
    ids = torch.tensor([prompt.ids])
    made = network.model.generate(
        input_ids=ids,
        mm_token_type_ids=(ids == network.codec.cell_id).int(),
        **network._pixels(prompt.images),
        do_sample=False,
        max_new_tokens=TOKENS,
        suppress_tokens=network.codec.never_sampled,
        repetition_penalty=repetition_penalty,
        output_logits=True,
        return_dict_in_generate=True,
    )
    sampled = tuple(made.sequences[0, ids.shape[1] :].tolist())
    logprobs = [network.allowed_logprobs(logits[0]) for logits in made.logits]
    return sampled, [float(each[at]) for each, at in zip(logprobs, sampled, strict=True)]


def check(network: Network, turns: Turns, repetition_penalty: float = 1.0) -> None:
    for messages, reply in turns:
        sampled, logprobs = generated(network, messages, repetition_penalty)
        assert reply.sampled_ids == sampled
        assert reply.logprobs == pytest.approx(logprobs, abs=1e-4)
        row = Prompt((*(reply.prompt_ids or ()), *sampled), images_of(messages))
        first = len(reply.prompt_ids or ())
        replayed = network.score(row, range(first, first + len(sampled)))
        assert reply.logprobs == pytest.approx(replayed, abs=1e-4)


@pytest.mark.one_in(2)
async def test_episodes_in_one_batch_say_what_transformers_generates_for_each_alone(
    network: Network, family: Family, screen: Make, look: Make
) -> None:
    backend = LocalBackend(network, Sampling(temperature=0, max_tokens=TOKENS), max_batch=3)
    # The first two are the same, so that one reads what the other has read.
    seen = [[screen(1), look(2), screen(3)], [screen(1), look(2), screen(4)], [screen(5), look(6)]]
    episodes = await asyncio.gather(*(play(backend.session(0), family, each) for each in seen))
    await backend.close()
    for turns in episodes:
        check(network, turns)


async def test_what_was_said_is_less_likely_as_transformers_has_it(
    checkpoints: dict[str, Path], family: Family, screen: Make, look: Make
) -> None:
    network = Network(str(checkpoints["qwen3_vl"]), family)
    sampling = Sampling(temperature=0, repetition_penalty=3.0, max_tokens=TOKENS)
    backend = LocalBackend(network, sampling)
    turns = await play(backend.session(0), family, [screen(1), look(2)])
    await backend.close()
    check(network, turns, 3.0)
    plain = [generated(network, messages)[0] for messages, _ in turns]
    assert [reply.sampled_ids for _, reply in turns] != plain


def test_layers_of_linear_attention_are_played_and_not_trained(network: Network) -> None:
    if network.can_forget:
        assert NetworkWeights(network.path, network.family, Hardware()).network
        return
    with pytest.raises(UsageError, match="played, and not be trained"):
        NetworkWeights(network.path, network.family, Hardware())


@pytest.mark.parametrize(
    ("hardware", "what_to_do"),
    [
        (Hardware(device="cuda"), "choose the device auto or cpu"),
        (Hardware(device="mps"), "choose the device auto or cpu"),
        (Hardware(quantization="4bit"), r"vigorl-agent\[quantization\]|need a CUDA device"),
        (Hardware(attention="flash_attention_2"), "pip install flash-attn"),
    ],
    ids=["cuda", "mps", "4bit", "flash"],
)
def test_hardware_that_is_not_there_is_said_with_what_to_do(
    hardware: Hardware, what_to_do: str, checkpoints: dict[str, Path], family: Family
) -> None:
    if torch.cuda.is_available() or torch.backends.mps.is_available():
        pytest.skip("it is there")
    with pytest.raises(UsageError, match=what_to_do):
        Network(str(checkpoints["qwen3_vl"]), family, hardware)


@pytest.mark.parametrize(
    "hardware",
    [Hardware(spread=True), Hardware(attention="eager"), Hardware(dtype="float16")],
    ids=["spread", "eager", "float16"],
)
async def test_however_it_is_loaded_it_says_the_same_and_replays(
    hardware: Hardware,
    checkpoints: dict[str, Path],
    family: Family,
    screen: Make,
) -> None:
    path = str(checkpoints["qwen3_vl"])
    network = Network(path, family, hardware)
    said = network.describe()
    assert (said["dtype"], said["attention"]) == (
        hardware.dtype.replace("auto", "float32"),
        hardware.attention.replace("auto", "sdpa"),
    )
    backend = LocalBackend(network, Sampling(temperature=0, max_tokens=TOKENS))
    ((messages, reply),) = await play(backend.session(0), family, [screen(1)])
    await backend.close()
    row = Prompt((*(reply.prompt_ids or ()), *(reply.sampled_ids or ())), images_of(messages))
    first = len(reply.prompt_ids or ())
    at = range(first, len(row.ids))
    allowed = 0.05 if hardware.dtype == "float16" else 1e-4
    assert reply.logprobs == pytest.approx(network.score(row, at), abs=allowed)
    assert reply.logprobs == pytest.approx(Network(path, family).score(row, at), abs=allowed)
