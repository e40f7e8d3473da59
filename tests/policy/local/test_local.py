"""The local backend: batches, caches, random numbers, endings and faults."""

import asyncio
import math
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vigorl.browser.errors import InconsistentData, PolicyFault, UsageError
from vigorl.browser.observation import Observation
from vigorl.policy.backend import Message, Reply, Sampling, SamplingMode
from vigorl.policy.conversation import Conversation
from vigorl.policy.family import Family, family_named

torch = pytest.importorskip("torch")

from vigorl.policy.local.backend import LocalBackend, LocalSession  # noqa: E402
from vigorl.policy.local.codec import Prompt  # noqa: E402
from vigorl.policy.local.drafts import draft  # noqa: E402
from vigorl.policy.local.keyvalues import merge, split  # noqa: E402
from vigorl.policy.local.network import Network, ReadRow  # noqa: E402

pytestmark = pytest.mark.model

Make = Callable[..., Observation]
FAMILIES = {"qwen2_5_vl": "qwen2.5-vl", "qwen3_vl": "qwen3-vl"}
GREEDY = Sampling(temperature=0, max_tokens=12)


def family_for(architecture: str, **changes: Any) -> Family:
    short = replace(family_named(FAMILIES[architecture]), system="You browse.", stop=())
    return replace(short, **changes)


@pytest.fixture(params=FAMILIES, scope="module")
def network(request: pytest.FixtureRequest, checkpoints: dict[str, Path]) -> Network:
    return Network(str(checkpoints[request.param]), family_for(request.param))


@pytest.fixture(scope="module")
def qwen25(checkpoints: dict[str, Path]) -> Network:
    return Network(str(checkpoints["qwen2_5_vl"]), family_for("qwen2_5_vl"))


async def play(
    session: LocalSession, family: Family, observations: Sequence[Observation]
) -> list[tuple[tuple[Message, ...], Reply]]:
    """An episode: what was asked at each turn, and what was answered."""
    conversation = Conversation("x", family)
    turns = []
    for observation in observations:
        conversation.see(observation)
        messages = conversation.messages()
        reply = await session.reply(messages)
        conversation.hear(reply, None)
        turns.append((messages, reply))
    return turns


def episodes(screen: Make, look: Make) -> list[list[Observation]]:
    """Five of them, of different lengths in turns, pictures and pixels."""
    return [
        [screen(1), look(2), screen(3)],
        [screen(4, 560, 336), screen(5).answer("dialog", "A dialog said hello.")],
        [screen(6, title="A much longer title than that of the others"), look(7, 256), look(8)],
        [screen(9, 140, 84)],
        [screen(10), screen(11), screen(12), screen(13), screen(14)],
    ]


async def test_turns_in_a_batch_equal_turns_alone(
    network: Network, screen: Make, look: Make
) -> None:
    backend = LocalBackend(network, GREEDY)
    played = await asyncio.gather(
        *(
            play(backend.session(seed), network.family, episode)
            for seed, episode in enumerate(episodes(screen, look))
        )
    )
    for messages, batched in (turn for turns in played for turn in turns):
        # A new session for each turn: no batch, no cache from the turns before.
        alone = await backend.session(0).reply(messages)
        assert batched.sampled_ids == alone.sampled_ids
        assert batched.prompt_ids == alone.prompt_ids
        assert batched.logprobs == pytest.approx(alone.logprobs, abs=1e-4)
    await backend.close()


async def test_what_an_episode_draws_does_not_depend_on_the_others(
    qwen25: Network, screen: Make, look: Make
) -> None:
    backend = LocalBackend(qwen25, Sampling(temperature=1.0, top_p=0.9, max_tokens=12))
    observations = episodes(screen, look)
    together = await asyncio.gather(
        *(
            play(backend.session(seed), qwen25.family, each)
            for seed, each in enumerate(observations)
        )
    )
    alone = await play(backend.session(2), qwen25.family, observations[2])
    other = await play(backend.session(3), qwen25.family, observations[2])
    ids = [reply.sampled_ids for _, reply in alone]
    assert ids == [reply.sampled_ids for _, reply in together[2]]
    assert ids != [reply.sampled_ids for _, reply in other]
    await backend.close()


async def test_a_greedy_model_draws_when_it_is_asked_anew(qwen25: Network, screen: Make) -> None:
    conversation = Conversation("x", qwen25.family)
    conversation.see(screen(1))
    messages = conversation.messages()
    backend = LocalBackend(qwen25, GREEDY)

    async def said(*how: SamplingMode) -> list[tuple[int, ...] | None]:
        session = backend.session(5)
        return [(await session.reply(messages, each)).sampled_ids for each in how]

    once, again, other = await said("as set", "as set", "anew")
    assert once == again != other
    assert await said("as set", "as set", "anew") == [once, again, other]
    await backend.close()


class Watched(Network):
    """Counts the tokens it reads, and the rows it reads at once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.read_counts: list[int] = []
        self.widths: list[int] = []

    def read(self, prompt: Prompt, known: ReadRow | None = None) -> Any:
        begins = known is not None and known.begins(prompt)
        self.read_counts.append(len(prompt.ids) - (len(known.prompt.ids) if begins else 0))
        return super().read(prompt, known)

    def step(self, ids_B: list[int], positions_B: list[int], batch: Any) -> Any:
        self.widths.append(len(ids_B))
        return super().step(ids_B, positions_B, batch)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
async def test_what_is_proposed_changes_the_passes_and_not_the_words(
    network: Network, screen: Make, monkeypatch: pytest.MonkeyPatch, temperature: float
) -> None:
    observations = [screen(1), screen(2)]
    backend = LocalBackend(network, Sampling(temperature=temperature, max_tokens=24))
    proposing = "vigorl.policy.local.engine.draft"
    monkeypatch.setattr(proposing, lambda ids, begins: [])
    plain = await play(backend.session(5), network.family, observations)

    def foresee(ids: Sequence[int], begins: int) -> list[int]:
        """Five tokens that will be said, and one that will not."""
        own = tuple(ids[begins:])
        for _, reply in plain:
            whole = reply.prompt_ids + reply.sampled_ids
            if whole[: len(own)] == own:
                return [*whole[len(own) :][:5], 7]
        return []

    passes = []
    step = network.step
    monkeypatch.setattr(network, "step", lambda *given: (passes.append(1), step(*given))[1])
    monkeypatch.setattr(proposing, foresee)
    foreseen = await play(backend.session(5), network.family, observations)
    for (_, quick), (_, slow) in zip(foreseen, plain, strict=True):
        assert quick.sampled_ids == slow.sampled_ids
        assert quick.logprobs == pytest.approx(slow.logprobs, abs=1e-4)
    assert len(passes) == sum(math.ceil((len(r.sampled_ids) - 1) / 6) for _, r in plain)
    await backend.close()


def test_a_proposal_is_what_followed_the_same_words() -> None:
    assert draft([1, 2, 3, 4, 5, 1, 2]) == [3, 4, 5, 1, 2]
    assert draft([7, 8, 3, 1, 9, 3, 2, 8, 3]) == [1, 9, 3, 2, 8, 3]  # the longer context decides
    assert draft([9, 5, 1, 5, 2, 5]) == [2, 5]  # of equals the last
    assert draft([9, 1, 1, 1, 4, 9, 2, 4], begins=5) == [9, 2, 4]
    assert draft([1, 2, 3]) == [] and draft([1]) == []


async def test_a_turn_reads_only_what_is_new(
    checkpoints: dict[str, Path], screen: Make, look: Make
) -> None:
    network = Watched(str(checkpoints["qwen2_5_vl"]), family_for("qwen2_5_vl", window_screens=2))
    backend = LocalBackend(network, GREEDY)
    turns = await play(
        backend.session(0), network.family, [screen(1), look(2), screen(3), screen(4)]
    )
    lengths = [(len(reply.prompt_ids or ()), len(reply.sampled_ids or ())) for _, reply in turns]
    (first, sampled), (second, sampled_2), (third, _), (rewritten, _) = lengths
    # The last sampled token is read with what follows it; a rewritten history is read anew.
    assert network.read_counts == [
        first,
        second - (first + sampled - 1),
        third - (second + sampled_2 - 1),
        rewritten,
    ]
    await backend.close()


async def test_episodes_that_begin_alike_read_their_beginning_once(
    checkpoints: dict[str, Path], qwen25: Network, screen: Make, look: Make
) -> None:
    network = Watched(str(checkpoints["qwen2_5_vl"]), family_for("qwen2_5_vl"))
    sampling = Sampling(temperature=1.0, max_tokens=12)
    backend, other = LocalBackend(network, sampling), LocalBackend(qwen25, sampling)
    together = await asyncio.gather(
        *(
            play(backend.session(seed), network.family, [screen(1), look(2 + seed % 2)])
            for seed in range(4)
        )
    )
    # One whole prompt for all four; then each reads what is new of its own.
    assert sorted(count > 100 for count in network.read_counts) == [False] * 4 + [True]
    for seed, turns in enumerate(together):
        alone = await play(other.session(seed), network.family, [screen(1), look(2 + seed % 2)])
        for (_, one), (_, again) in zip(turns, alone, strict=True):
            assert one.sampled_ids == again.sampled_ids
            assert one.logprobs == pytest.approx(again.logprobs, abs=1e-4)
    # Nothing is kept of a time when the weights may have been others.
    await play(backend.session(9), network.family, [screen(1)])
    assert network.read_counts[-1] > 100
    await backend.close()
    await other.close()


async def test_a_cache_serves_only_the_very_tokens_and_pictures_it_was_made_of(
    qwen25: Network, screen: Make
) -> None:
    def prompt(seed: int, goal: str) -> tuple[Message, ...]:
        conversation = Conversation(goal, qwen25.family)
        conversation.see(screen(seed))
        return conversation.messages()

    backend = LocalBackend(qwen25, GREEDY)
    for seed, goal in ((2, "buy"), (1, "bug")):
        session = backend.session(0)
        first = await session.reply(prompt(1, "buy"))
        said = Message("assistant", (first.text,), first.sampled_ids)
        other = [*prompt(seed, goal), said, Message("user", ("go on",))]
        reused, alone = await session.reply(other), await backend.session(0).reply(other)
        assert reused.sampled_ids == alone.sampled_ids
        assert reused.logprobs == pytest.approx(alone.logprobs, abs=1e-4)
    await backend.close()


async def test_turns_share_the_batch_up_to_its_limit(
    checkpoints: dict[str, Path], screen: Make
) -> None:
    network = Watched(str(checkpoints["qwen2_5_vl"]), family_for("qwen2_5_vl"))
    backend = LocalBackend(network, GREEDY, max_batch=3)
    await asyncio.gather(
        *(play(backend.session(seed), network.family, [screen(seed)]) for seed in range(5))
    )
    assert max(network.widths) == 3
    assert sum(network.widths) < 5 * GREEDY.max_tokens
    await backend.close()


class Cramped(Network):
    """Runs out of memory where more than so many rows, or tokens, are read at once."""

    most_rows = 1
    most_tokens = 10_000

    def step(self, ids_B: list[int], positions_B: list[int], batch: Any) -> Any:
        if len(ids_B) > self.most_rows:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return super().step(ids_B, positions_B, batch)

    def read(self, prompt: Prompt, known: ReadRow | None = None) -> Any:
        if len(prompt.ids) > self.most_tokens:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")
        return super().read(prompt, known)


async def test_where_memory_runs_out_fewer_turns_share_it_and_nothing_changes(
    checkpoints: dict[str, Path], qwen25: Network, screen: Make, look: Make
) -> None:
    cramped = LocalBackend(
        Cramped(str(checkpoints["qwen2_5_vl"]), family_for("qwen2_5_vl")), GREEDY
    )
    roomy = LocalBackend(qwen25, GREEDY)
    observations = episodes(screen, look)[:4]
    for backend in (cramped, roomy):
        played = await asyncio.gather(
            *(play(backend.session(0), qwen25.family, episode) for episode in observations)
        )
        ids = [[reply.sampled_ids for _, reply in turns] for turns in played]
        if backend is cramped:
            expected = ids
        await backend.close()
    assert ids == expected


class Crowded(Watched):
    """Runs out of memory once, at the first token of four turns."""

    has_lacked = False

    def step(self, ids_B: list[int], positions_B: list[int], batch: Any) -> Any:
        if len(ids_B) == 4 and not self.has_lacked:
            self.has_lacked = True
            self.widths.clear()
            raise torch.OutOfMemoryError("CUDA out of memory")
        return super().step(ids_B, positions_B, batch)


async def test_after_a_lack_of_memory_the_batch_grows_again(
    checkpoints: dict[str, Path], screen: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vigorl.policy.local.engine._PATIENCE_TURNS", 3)
    network = Crowded(str(checkpoints["qwen2_5_vl"]), family_for("qwen2_5_vl"))
    backend = LocalBackend(network, GREEDY, max_batch=4)
    widest = []
    for _ in range(6):
        await asyncio.gather(
            *(play(backend.session(seed), network.family, [screen(seed)]) for seed in range(4))
        )
        widest.append(max(network.widths))
        network.widths.clear()
    assert widest[0] == 2
    assert widest[-1] == 4
    assert widest == sorted(widest)
    await backend.close()


async def test_where_one_turn_is_too_much_the_fault_says_what_helps(
    checkpoints: dict[str, Path], screen: Make
) -> None:
    network = Cramped(str(checkpoints["qwen2_5_vl"]), family_for("qwen2_5_vl"))
    network.most_tokens = 100
    backend = LocalBackend(network, GREEDY)
    with pytest.raises(PolicyFault, match=r"even for one turn alone: .*smaller pictures"):
        await play(backend.session(0), network.family, [screen(1)])
    await backend.close()


async def test_a_broken_turn_fails_alone(qwen25: Network, screen: Make) -> None:
    backend = LocalBackend(qwen25, GREEDY)
    broken = [Message("user", ("<|image_pad|>",))]
    good = play(backend.session(0), qwen25.family, [screen(1), screen(2)])
    answers = await asyncio.gather(backend.session(1).reply(broken), good, return_exceptions=True)
    assert isinstance(answers[0], InconsistentData)
    assert isinstance(answers[1], list)
    await backend.close()


async def test_a_conversation_longer_than_the_context_is_a_fault(qwen25: Network) -> None:
    backend = LocalBackend(qwen25, GREEDY)
    long = [Message("user", ("q" * (qwen25.context_tokens - 40),))]
    with pytest.raises(PolicyFault, match=r"takes 16384: keep fewer screens"):
        await backend.session(0).reply(long)
    await backend.close()


class Endless(Network):
    """Never ends a turn of its own accord, and takes its time."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), family_for("qwen2_5_vl"))
        self.end_ids = frozenset()
        self.width = 0

    def step(self, ids_B: list[int], positions_B: list[int], batch: Any) -> Any:
        self.width = len(ids_B)
        time.sleep(0.002)
        return super().step(ids_B, positions_B, batch)


PATIENT = Sampling(temperature=0, max_tokens=10_000)


async def test_a_turn_nobody_waits_for_leaves_the_batch(
    checkpoints: dict[str, Path], screen: Make
) -> None:
    network = Endless(checkpoints["qwen2_5_vl"])
    backend = LocalBackend(network, PATIENT)
    staying = asyncio.create_task(play(backend.session(0), network.family, [screen(1)]))
    leaving = asyncio.create_task(play(backend.session(1), network.family, [screen(2)]))
    for width in (2, 1):
        async with asyncio.timeout(20):
            while network.width != width:
                await asyncio.sleep(0.01)
        leaving.cancel()
    assert not staying.done()
    await backend.close()
    await asyncio.gather(staying, leaving, return_exceptions=True)


async def test_a_turn_that_takes_too_long_is_a_fault(
    checkpoints: dict[str, Path], screen: Make
) -> None:
    network = Endless(checkpoints["qwen2_5_vl"])
    backend = LocalBackend(network, PATIENT, reply_limit_s=0.3)
    with pytest.raises(PolicyFault, match=r"did not finish a turn within 0\.3 s"):
        await play(backend.session(0), network.family, [screen(1)])
    await backend.close()


async def test_closing_ends_turns_with_a_fault_and_leaves_no_thread(
    checkpoints: dict[str, Path], screen: Make
) -> None:
    network = Endless(checkpoints["qwen2_5_vl"])
    backend = LocalBackend(network, PATIENT)
    playing = asyncio.create_task(play(backend.session(0), network.family, [screen(1)]))
    await asyncio.sleep(0.2)
    await backend.close()
    await backend.close()
    with pytest.raises(PolicyFault, match="closed"):
        await playing
    with pytest.raises(PolicyFault, match="closed"):
        await backend.session(1).reply([Message("user", ("hi",))])
    for thread in threading.enumerate():
        if thread.name.startswith("vigorl-model"):
            thread.join(timeout=5)
            assert not thread.is_alive()


async def test_turns_end_at_the_end_token_at_stop_strings_and_at_their_limit(
    checkpoints: dict[str, Path],
) -> None:
    network = Endless(checkpoints["qwen2_5_vl"])
    ask = [Message("user", ("hi",))]
    backend = LocalBackend(network, GREEDY)
    free = await backend.session(0).reply(ask)
    ids = free.sampled_ids or ()
    assert (free.cut_off, len(ids)) == (True, 12)

    text = re.findall(r"[ -~]{2,}", free.text)[0]
    network.family = replace(network.family, stop=("</answer>", text))
    stopped = await backend.session(0).reply(ask)
    assert stopped.sampled_ids == ids[: stopped.sampled_token_count]
    assert text in stopped.text
    assert text not in network.codec.decode((stopped.sampled_ids or ())[:-1])
    assert not stopped.cut_off

    network.family = replace(network.family, stop=())
    network.end_ids = frozenset({ids[3]})
    ended = await backend.session(0).reply(ask)
    assert (ended.cut_off, ended.sampled_ids) == (False, ids[: ids.index(ids[3]) + 1])
    await backend.close()


def test_rows_come_out_of_a_batch_as_they_went_in() -> None:
    rows = [
        [(torch.randn(1, 2, length, 3), torch.randn(1, 2, length, 3)) for _ in range(2)]
        for length in (4, 1, 7)
    ]
    batch = merge(rows)
    assert batch.mask(torch.device("cpu")).sum(1).tolist() == [4, 1, 7]
    for before, after in zip(rows, split(batch), strict=True):
        for (keys, values), (split_keys, split_values) in zip(before, after, strict=True):
            assert torch.equal(keys, split_keys)
            assert torch.equal(values, split_values)


def test_a_checkpoint_of_another_kind_is_refused(checkpoints: dict[str, Path]) -> None:
    with pytest.raises(UsageError, match=r"cells of 28 px, the family qwen3-vl .* 32 px"):
        Network(str(checkpoints["qwen2_5_vl"]), family_named("qwen3-vl"))
