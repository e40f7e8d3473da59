"""The backend over verl's servers: what it asks them, and what is a fault of theirs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from vigorl.browser.errors import InconsistentData, PolicyFault, UsageError
from vigorl.browser.observation import Observation
from vigorl.policy.backend import Sampling
from vigorl.policy.conversation import Conversation
from vigorl.policy.family import family_named

pytest.importorskip("transformers")

from vigorl.policy.local.codec import Codec
from vigorl.policy.verl import TokenOutput, VerlBackend

pytestmark = pytest.mark.model

FAMILY = family_named("qwen2.5-vl")


@dataclass
class Answer:
    token_ids: list[int]
    log_probs: list[float] | None = None
    stop_reason: str | None = "completed"
    extra_fields: dict[str, Any] = field(default_factory=dict)


class Servers:
    """They give one answer, or break."""

    def __init__(self, answer: Answer | Exception) -> None:
        self.answer = answer
        self.asked: dict[str, Any] = {}

    async def generate(self, request_id: str, **asked: Any) -> TokenOutput:
        self.asked = asked
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture(scope="module")
def codec(checkpoints: dict[str, Path]) -> Codec:
    return Codec(str(checkpoints["qwen2_5_vl"]), FAMILY)


def backend(codec: Codec, servers: Servers, context_tokens: int = 8000) -> VerlBackend:
    sampling = Sampling(temperature=1, max_tokens=99)
    return VerlBackend(servers, codec, FAMILY, sampling, context_tokens, "a model")


@pytest.fixture
def conversation(screen: Callable[..., Observation]) -> Conversation:
    conversation = Conversation("the kettle", FAMILY)
    conversation.see(screen(1))
    return conversation


async def test_ids_go_to_the_servers_and_come_back_as_they_were_sampled(
    codec: Codec, conversation: Conversation
) -> None:
    ids = [*codec.tokenizer.encode("hello", add_special_tokens=False), codec.end_id]
    told = {"min_global_steps": 4, "max_global_steps": 5}
    servers = Servers(Answer(ids, [-0.5] * (len(ids) - 1) + [1e-9], extra_fields=told))
    asked = backend(codec, servers)
    reply = await asked.session(0).reply(conversation.messages())
    prompt = codec.encode(conversation.messages())
    assert servers.asked["prompt_ids"] == list(prompt.ids) == list(reply.prompt_ids or ())
    assert [each.size for each in servers.asked["image_data"]] == [
        (each.width_px, each.height_px) for each in reply.images
    ]
    params = servers.asked["sampling_params"]
    assert (params["temperature"], params["max_tokens"], params["logprobs"]) == (1, 99, True)
    assert params["bad_words"] == list(FAMILY.chat.never_sampled)
    assert reply.sampled_ids == tuple(ids) and reply.text == "hello" and not reply.cut_off
    assert reply.logprobs is not None and max(reply.logprobs) <= 0
    assert asked.weights == [4, 5]
    servers.answer = Answer(ids[:-1], [-0.5] * (len(ids) - 1))
    assert (await asked.session(0).reply(conversation.messages())).cut_off


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        (Answer([], stop_reason="aborted"), PolicyFault, "broke a turn off"),
        (Answer([]), PolicyFault, "broke a turn off"),
        (RuntimeError("Traceback\nActorDiedError: gone"), PolicyFault, "did not answer: Actor"),
        (Answer([5, 6]), UsageError, "calculate_log_probs"),
        (Answer([5, 6], [-0.1]), InconsistentData, "2 sampled ids with 1"),
        (Answer([5, 6], [-0.1, 0.5]), InconsistentData, "above 0"),
    ],
)
async def test_what_servers_break_is_a_fault_and_what_contradicts_itself_is_said(
    codec: Codec,
    conversation: Conversation,
    answer: Answer | Exception,
    error: type[Exception],
    told: str,
) -> None:
    with pytest.raises(error, match=told):
        await backend(codec, Servers(answer)).session(0).reply(conversation.messages())


async def test_a_context_that_is_full_is_not_begun_and_other_temperatures_are_refused(
    codec: Codec, conversation: Conversation
) -> None:
    servers = Servers(Answer([5], [-0.1]))
    with pytest.raises(PolicyFault, match="max_model_len"):
        await backend(codec, servers, context_tokens=100).session(0).reply(conversation.messages())
    assert not servers.asked
    with pytest.raises(UsageError, match="temperature=1"):
        VerlBackend(servers, codec, FAMILY, Sampling(temperature=0.5), 8000, "a model")
