"""A reply is kept to the items that it was told, token by token, and scored by the same rule."""

from dataclasses import replace
from random import Random

import pytest

from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.policy.backend import Hardware, Message, Sampling
from vigorl.policy.family import family_named, family_of

torch = pytest.importorskip("torch")

from transformers import AutoTokenizer  # noqa: E402

from vigorl.policy.factory import open_model  # noqa: E402
from vigorl.policy.local.backend import LocalBackend  # noqa: E402
from vigorl.policy.local.codec import Prompt  # noqa: E402
from vigorl.policy.local.eight_bits import weight_count  # noqa: E402
from vigorl.policy.local.loading import read_model_type  # noqa: E402
from vigorl.policy.local.network import Network  # noqa: E402
from vigorl.policy.local.tiny import write_tiny_checkpoint  # noqa: E402
from vigorl.policy.nano.said import Said  # noqa: E402
from vigorl.policy.nano.told_items import ToldItems  # noqa: E402
from vigorl.training.compute.image_features import ImageFeatures  # noqa: E402
from vigorl.training.compute.prefix_tree import build_trees, logprobs  # noqa: E402
from vigorl.training.data.rows import Row  # noqa: E402

pytestmark = pytest.mark.model

SCOUT = family_named("scout")
STRADDLING = (" #4", "40", "0 |", "0 #7", "0 #9", "5 #4", "5, 6)")
"""Tokens that begin before a number, and end inside of one or behind it."""
ENDINGS = tuple(f" {word}" for word, _ in SCOUT.slow_to_end)
"""Tokens of words with which a thought ends the episode."""
READING = '"Add" #40 button | "Add" #45\n"Send" #7 | "Save" #123'

WATCHED = {*STRADDLING, *"0123456789,()#x", " (", " #"}
ANY = WATCHED - {"0 #9", "("} - {" ("}
"""Where no point may begin: `#9` is no item."""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    torch.set_num_threads(1)
    folder = write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"), "llama")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    # They take the rows of weights that real checkpoints have beyond their vocabulary.
    added = (*STRADDLING, *ENDINGS)
    assert tokenizer.add_tokens(list(added)) == len(added)
    tokenizer.save_pretrained(folder)
    assert family_of("", read_model_type(str(folder))) == SCOUT
    return Network(str(folder), SCOUT)


def asked(reading: str = READING, task: str = "add it") -> tuple[Message, ...]:
    return (Message("user", (f"Task: {task}\nPage: Shop\n{reading}",)),)


def may_follow(network: Network, said: str, reading: str = READING) -> set[str]:
    """Of the tokens that have to do with numbers and points, those that may come next."""
    ids = network.codec.encode(asked(reading)).ids
    row = (*ids, *network.codec.tokenizer.encode(said, add_special_tokens=False))
    (choice,) = network.choices(row, [len(row)])
    size = len(network.codec.tokenizer)
    logits_V = torch.zeros(size) if choice is None else choice.apply(torch.zeros(size))
    texts = {network.codec.decode([at]) for at in logits_V.isfinite().nonzero()[:, 0].tolist()}
    return texts & WATCHED


def test_tokens_that_straddle_digits_keep_to_a_number_from_end_to_end(network: Network) -> None:
    assert may_follow(network, '<think> "Add"') == ANY
    assert may_follow(network, '<think> "Add" #') == {"4", "40"}
    assert may_follow(network, '<think> "Add" #4') == {*("0", "5", "0 |", "0 #7", "5 #4", "5, 6)")}
    digits = {each for each in WATCHED if each[0].isdigit()}
    assert may_follow(network, '<think> "Add" #40') == ANY - digits
    assert may_follow(network, '<think> "Send" #') == {"7"}
    assert may_follow(network, "<think> it is #") == {"1", "4", "40", "7"}
    assert may_follow(network, "<think> it is #12") == {"3"}


def test_quotes_and_scrolls_are_free_and_without_items_nothing_is_pointed_at(
    network: Network,
) -> None:
    assert may_follow(network, '<think> "Add ') == WATCHED
    assert may_follow(network, "<think> x </think>\n<answer> scroll ") == ANY | {"(", " ("}
    assert may_follow(network, "<think> x </think>\n<answer> scroll (4") == ANY | {"(", " ("}
    assert not may_follow(network, "<think> ", reading="") & {"#", " #", " #4"}
    assert may_follow(network, "<think> x </think>\n<answer> click ") == ANY


def test_an_item_is_listed_letter_by_letter_in_as_many_bytes_as_it_has(network: Network) -> None:
    reading = '"Überall ♡" #1 | "Über 3 €" #2\n"Send" #7'
    prompt, codec = network.codec.encode(asked(reading)).ids, network.codec

    def listed(said: str) -> str:
        """What is written where of all that may come next the last in the vocabulary is taken."""
        row = (*prompt, *codec.tokenizer.encode(said, add_special_tokens=False))
        for _ in range(40):
            (choice,) = network.choices(row, [len(row)])
            if choice is None or not choice.is_whole:
                break
            row = (*row, choice.ids[-1])
        return codec.decode(row[len(prompt) :]).removeprefix(said)

    assert listed('<think> click "Überall":')[:2] in (' "', " n", " l")  # an item, or in its place
    assert listed('<think> click "Überall": "') == 'Überall ♡" #1'
    assert listed('<think> click "Über 3": "') == 'Über 3 €" #2'
    assert listed('<think> tell me the price: "Ü')[:7] in ("berall ", 'ber 3 €"')
    assert listed('<think> tell me the price: "S') == 'end" #7'
    chosen = '<think> click "Send": "Send" #7 button </think>\n<answer> click #'
    assert may_follow(network, chosen, reading) == {"7"}


def test_a_day_that_the_task_does_not_say_is_not_named(network: Network) -> None:
    prompt = network.codec.encode(asked('"12" #1 | "20" #2 | "3 hours" #3', "come on 12 May")).ids

    def digits(said: str) -> set[str]:
        row = (*prompt, *network.codec.tokenizer.encode(said, add_special_tokens=False))
        (choice,) = network.choices(row, [len(row)])
        size = len(network.codec.tokenizer)
        logits_V = torch.zeros(size) if choice is None else choice.apply(torch.zeros(size))
        left = logits_V.isfinite().nonzero()[:, 0].tolist()
        return {text for at in left if (text := network.codec.decode([at])) in set("0123456789")}

    assert digits('<think> click "') == {"1", "3"}
    assert digits('<think> click "1') == {"2"}
    assert digits('<think> click "x') == set("0123456789")
    assert digits('<think> tell me the "') == set("0123456789")


BEGUN = (
    "<think>",
    '<think> click "Send":',
    '<think> "Add" #40 |',
    '<think> type "',
    "<think> list",
    '<think> click "Save": icon',
    '<think> type "it" into "Add":',
    "<think> it is #1",
    '<think> "Send" #7 button </think>\n<answer> click',
    "<think> x </think>\n<tool_call>",
    '<think> type "it" into "Add": "Add" #45 </think>\n<answer> type #45',
)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("begun", BEGUN)
def test_whatever_may_be_drawn_is_kept_to(network: Network, begun: str) -> None:
    reading = READING + '\nicon cart #8 | field "Zahl ♡" #9 "" | list #10 "M"'
    prompt, codec = network.codec.encode(asked(reading)).ids, network.codec
    told = ToldItems.of(codec.last_message(prompt))
    start, size = len(prompt), len(codec.tokenizer)
    for seed in range(25):
        random = Random(seed)
        row = (*prompt, *codec.tokenizer.encode(begun, add_special_tokens=False))
        for _ in range(12):
            (choice,) = network.choices(row, [len(row)])
            logits_V = torch.zeros(size) if choice is None else choice.apply(torch.zeros(size))
            row = (*row, random.choice(logits_V.isfinite().nonzero()[:, 0].tolist()))
            text = codec.decode(row[start:]).rstrip("\ufffd")
            assert Said(told).with_text(text).is_kept, text


def test_what_is_typed_is_copied_and_may_end_with_any_word(network: Network) -> None:
    prompt, codec = network.codec.encode(asked(task="add Überall")).ids, network.codec

    def texts(said: str) -> set[str]:
        row = (*prompt, *codec.tokenizer.encode(said, add_special_tokens=False))
        (choice,) = network.choices(row, [len(row)])
        assert choice is not None and choice.is_whole
        return {codec.decode([at]) for at in choice.ids}

    begins = texts('<think> type "')
    assert {"a", "A"} <= begins and not begins & {"q", '"', "d", " ", "S"}
    assert texts('<think> type "ad') == {"d"}
    assert {'"', " "} <= texts('<think> type "add') and "q" not in texts('<think> type "add')
    assert '"' not in texts('<think> type "Übera')
    assert '"' in texts('<think> type "Überall')


def test_a_thought_that_ends_the_episode_is_less_likely_than_learnt(network: Network) -> None:
    prompt, encode = network.codec.encode(asked()).ids, network.codec.tokenizer.encode

    def lowered(said: str) -> dict[str, float]:
        row = (*prompt, *encode(said, add_special_tokens=False))
        logits_V, _, _ = network.read(Prompt(row, ()))
        (choice,) = network.choices(row, [len(row)])
        found = {}
        for text in ENDINGS:
            (token_id,) = encode(text, add_special_tokens=False)
            applied = logits_V if choice is None else choice.apply(logits_V)
            found[text.strip()] = float(logits_V[token_id] - applied[token_id])
            log = applied.log_softmax(-1)[token_id]
            scored = network.score(Prompt((*row, token_id), ()), [len(row)])
            assert scored == pytest.approx([float(log)], abs=1e-4)
        return found

    assert lowered("<think>") == pytest.approx(dict(SCOUT.slow_to_end), abs=1e-5)
    assert min(dict(SCOUT.slow_to_end).values()) > 0
    for elsewhere in ("<think> ", "<think> it is", "<think> x </think>", ""):
        assert set(lowered(elsewhere).values()) == {0.0}, elsewhere


async def test_what_is_sampled_is_scored_as_it_was_drawn_alone_and_in_a_tree(
    network: Network,
) -> None:
    backend = LocalBackend(network, Sampling(temperature=1.5, max_tokens=60, seed=3))
    begun = Message("assistant", ('<think> "Add" #4',))
    replies = [await backend.session(seed).reply((*asked(), begun)) for seed in range(3)]
    await backend.close()
    assert all(reply.text.startswith(("0", "5")) for reply in replies)
    rows = []
    for reply in replies:
        assert reply.prompt_ids and reply.sampled_ids and reply.logprobs
        ids = reply.prompt_ids + reply.sampled_ids
        at = range(len(reply.prompt_ids), len(ids))
        assert network.score(Prompt(ids, ()), at) == pytest.approx(reply.logprobs, abs=1e-4)
        is_sampled = (False,) * len(reply.prompt_ids) + (True,) * len(reply.sampled_ids)
        rows.append(Row(ids, is_sampled, reply.logprobs, ()))
    (tree,) = build_trees(rows, network.codec.cell_id, 10_000)
    features = ImageFeatures(network, {})
    with torch.no_grad():
        of_tree = logprobs(network, tree, features)
        noted = torch.tensor([each for row in tree.rows for each in row.logprobs or ()])
        assert torch.allclose(of_tree, noted, atol=1e-4)
        # A text that was never sampled by us is learnt from all tokens.
        (taught,) = build_trees(
            [replace(row, logprobs=None) for row in rows], network.codec.cell_id, 10_000
        )
        assert (logprobs(network, taught, features) < noted - 1e-2).any()


def test_digits_that_nothing_else_may_stand_for_are_read_at_once(network: Network) -> None:
    def certain(said: str, most: int = 8) -> str:
        row = (*network.codec.encode(asked()).ids, *network.codec.tokenizer.encode(said))
        return network.codec.decode(network.certain(row, most))

    assert certain('<think> "Add" #') == certain('<think> "Add" #4') == ""
    assert certain('<think> "Send" #') == "7"  # and then whatever is no digit
    assert certain('<think> "Save" #12') == "3"
    assert certain('<think> "Save" #12', most=0) == ""


async def test_another_sampler_is_refused(origin: str) -> None:
    with pytest.raises(UsageError, match="which the sampler in this process alone"):
        await open_model(f"{origin}/v1", model_name="some", family="scout")


def test_a_row_without_a_reply_is_refused(network: Network) -> None:
    with pytest.raises(InconsistentData, match="the assistant says nothing"):
        network.choices((1, 2, 3), [2])


def test_a_prompt_that_begins_alike_is_read_from_where_it_differs(network: Network) -> None:
    first = network.codec.encode(asked())
    second = network.codec.encode(asked(READING.replace("Send", "Sent") + '\n"More" #8'))
    _, known, _ = network.read(first)
    shared = known.shared(second)
    length = len(shared.prompt.ids)
    assert 20 < length < len(second.ids)
    assert first.ids[:length] == second.ids[:length] and first.ids[length] != second.ids[length]
    whole, _, position = network.read(second)
    reused, _, again = network.read(second, known)
    assert position == again
    assert torch.allclose(whole, reused, atol=1e-4)
    # One token is always left to read, also of a prompt that was read before.
    assert len(known.shared(first).prompt.ids) == len(first.ids) - 1
    assert torch.allclose(network.read(first)[0], network.read(first, known)[0], atol=1e-4)


def test_on_a_cpu_8_bits_say_nearly_the_same(network: Network) -> None:
    light = Network(network.path, SCOUT, Hardware(device="cpu", quantization="8bit"))
    prompt = network.codec.encode(asked())
    exact, rounded = network.read(prompt)[0], light.read(prompt)[0]
    assert torch.nn.functional.cosine_similarity(exact, rounded, dim=0) > 0.99
    assert not torch.equal(exact, rounded)
    assert weight_count(light.model) == weight_count(network.model)
    with pytest.raises(UsageError, match="a CPU takes 8bit"):
        Network(network.path, SCOUT, Hardware(device="cpu", quantization="4bit"))
