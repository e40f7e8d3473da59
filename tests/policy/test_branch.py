"""Episodes that begin like another one: the same words, the same tokens, and then others."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from vigorl.browser.errors import InconsistentData
from vigorl.browser.observation import Observation
from vigorl.policy.backend import Reply, Sampling
from vigorl.policy.branch import Branch, Stem, beginning, joined, replies_of
from vigorl.policy.family import family_named
from vigorl.policy.model import ModelPolicy
from vigorl.policy.policy import Tokens, Turn

torch = pytest.importorskip("torch")

from vigorl.policy.local.backend import LocalBackend  # noqa: E402
from vigorl.policy.local.codec import Prompt  # noqa: E402
from vigorl.policy.local.network import Network  # noqa: E402

pytestmark = pytest.mark.model

Make = Callable[..., Observation]
FAMILY = replace(family_named("qwen2.5-vl"), system="You browse.", stop=(), window_screens=2)
SAMPLING = Sampling(temperature=1.0, max_tokens=12)


@pytest.fixture(scope="module")
def network(checkpoints: dict[str, Path]) -> Network:
    torch.set_num_threads(1)
    return Network(str(checkpoints["qwen2_5_vl"]), FAMILY)


async def test_a_branch_has_the_tokens_of_its_stem_and_is_replayed_alike(
    network: Network, screen: Make, look: Make
) -> None:
    policy = ModelPolicy(FAMILY, LocalBackend(network, SAMPLING), SAMPLING)
    seen = [screen(1), look(2), screen(3)]
    actor = policy.actor("Buy a kettle.")
    first = [await actor.act(each) for each in seen]
    replies = replies_of(first)
    text = first[1].text
    begun = await beginning(replies[1], len(text) // 2, policy.backend)
    assert len(text) // 2 <= len(begun.text) < len(text) and text.startswith(begun.text)

    branch = Branch(policy, Stem(tuple(replies[:1]), begun), seed=77)
    actor = branch.actor("Buy a kettle.")
    second = [await actor.act(each) for each in seen]
    await policy.close()
    assert (second[0].text, second[0].tokens) == (first[0].text, first[0].tokens)
    assert second[1].text.startswith(begun.text) and second[1].text != first[1].text
    one, other = first[1].tokens, second[1].tokens
    assert one and other and begun.sampled_ids and one.logprobs and other.logprobs
    count = len(begun.sampled_ids)
    assert other.prompt_ids == one.prompt_ids and other.row == one.row == 0
    assert other.sampled_ids[:count] == one.sampled_ids[:count] == begun.sampled_ids
    assert other.logprobs[:count] == one.logprobs[:count]
    # The whole row, in one pass, as if it had been sampled in one go.
    rows = [turn.tokens for turn in second if turn.tokens]
    assert [tokens.row for tokens in rows] == [0, 0, 0]
    ids = tuple(each for tokens in rows for each in (*tokens.prompt_ids, *tokens.sampled_ids))
    at, place = [], 0
    for tokens in rows:
        place += len(tokens.prompt_ids)
        at += range(place, place + len(tokens.sampled_ids))
        place += len(tokens.sampled_ids)
    prompt = network.codec.encode(actor._conversation.messages())  # type: ignore[attr-defined]
    scores = network.score(Prompt(ids, prompt.images), at)
    noted = [logprob for tokens in rows for logprob in tokens.logprobs or ()]
    assert scores == pytest.approx(noted, abs=1e-4)


async def test_the_same_seed_draws_the_same_branch(network: Network, screen: Make) -> None:
    policy = ModelPolicy(FAMILY, LocalBackend(network, SAMPLING), SAMPLING)

    async def text(seed: int) -> str:
        return (await Branch(policy, Stem(), seed).actor("x").act(screen(1))).text

    texts = [await text(seed) for seed in (1, 2, 1)]
    await policy.close()
    assert texts[0] == texts[2] != texts[1]


def test_where_the_beginning_was_encoded_otherwise_no_tokens_are_claimed() -> None:
    begun = Reply("ab", 3, 2, False, (1, 2, 3), (4, 5), (-1.0, -2.0))
    rest = Reply("c", 5, 1, True, (1, 2, 3, 4, 5), (6,), (-3.0,))
    whole = joined(begun, rest)
    assert whole == Reply("abc", 3, 3, True, (1, 2, 3), (4, 5, 6), (-1.0, -2.0, -3.0))
    otherwise = joined(begun, replace(rest, prompt_ids=(1, 2, 3, 45)))
    assert otherwise.text == "abc"
    assert otherwise.prompt_ids is otherwise.sampled_ids is otherwise.logprobs is None


async def test_the_beginning_of_a_reply_is_cut_between_its_tokens(network: Network) -> None:
    backend = LocalBackend(network, SAMPLING)
    ids = tuple(network.codec.tokenizer.encode("A café (3, 4). And"))
    reply = Reply("A café (3, 4). And", 1, len(ids), False, (1,), ids, (-1.0,) * len(ids))
    for characters in range(1, len(reply.text)):
        begun = await beginning(reply, characters, backend)
        assert len(begun.text) >= characters and reply.text.startswith(begun.text)
        assert begun.sampled_ids == ids[: begun.sampled_token_count]
        assert len(begun.logprobs or ()) == begun.sampled_token_count
        shorter = network.codec.decode(ids[: begun.sampled_token_count - 1])
        assert len(shorter) < characters or not reply.text.startswith(shorter)
    with pytest.raises(InconsistentData, match="tokens that say"):
        await beginning(replace(reply, text="Another text altogether"), 9, backend)
    plain = await beginning(replace(reply, sampled_ids=None), 5, backend)
    assert plain.text == "A caf"
    await backend.close()


def test_rows_of_tokens_are_put_together_to_prompts() -> None:
    def turn(row: int, prompt: tuple[int, ...], said: tuple[int, ...]) -> Turn:
        return Turn("x", "", (), None, tokens=Tokens(row, prompt, said, None))

    turns = [turn(0, (1, 2), (3,)), turn(0, (4,), (5,)), turn(1, (9,), (8,))]
    assert [reply.prompt_ids for reply in replies_of(turns)] == [(1, 2), (1, 2, 3, 4), (9,)]
    with pytest.raises(InconsistentData, match="row 2"):
        replies_of([*turns[:1], turn(2, (1,), (1,))])
