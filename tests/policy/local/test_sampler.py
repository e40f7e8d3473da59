"""How a token is drawn, against transformers' own processors of logits."""

import math
from collections import Counter

import pytest

from vigorl.policy.backend import Sampling

torch = pytest.importorskip("torch")

from transformers import (  # noqa: E402
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from vigorl.policy.local.sampler import draw, penalised  # noqa: E402

pytestmark = pytest.mark.model


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_the_distribution(temperature: float) -> None:
    probabilities = torch.tensor([0.1, 0.0, 0.4, 0.2, 0.3])
    logprobs, draws = probabilities.log(), 20_000
    sampling = Sampling(temperature=temperature)
    counts = Counter(draw(logprobs, sampling, (n + 0.5) / draws) for n in range(draws))
    tempered = probabilities ** (1 / temperature)
    for token, expected in enumerate((tempered / tempered.sum()).tolist()):
        assert counts[token] / draws == pytest.approx(expected, abs=2e-4)


def test_top_p_keeps_the_fewest_tokens_that_make_it_up() -> None:
    logprobs = torch.tensor([0.1, 0.4, 0.2, 0.3]).log()
    for top_p, kept in ((0.35, {1}), (0.5, {1, 3}), (0.71, {1, 2, 3}), (1.0, {0, 1, 2, 3})):
        sampling = Sampling(temperature=1.0, top_p=top_p)
        assert {draw(logprobs, sampling, n / 500) for n in range(500)} == kept


def test_without_temperature_the_most_likely_token_is_taken() -> None:
    logprobs = torch.tensor([0.1, 0.4, 0.2, 0.3]).log()
    assert draw(logprobs, Sampling(temperature=0), 0.999) == 1


def test_a_draw_never_takes_what_cannot_be() -> None:
    logprobs = torch.tensor([-math.inf, 0.5, -math.inf, 0.5, -math.inf]).log_softmax(-1)
    almost_one = 1 - 2**-53
    assert {draw(logprobs, Sampling(temperature=1), u) for u in (0.0, 0.4, almost_one)} == {1, 3}


def test_penalty_top_k_and_top_p_keep_what_transformers_keeps_as_likely() -> None:
    torch.manual_seed(0)
    logits, draws = torch.randn(40) * 2, 4000
    prompt_ids, sampled_ids = (3, 5, 5, 8), (13, 21)
    sampling = Sampling(0.7, top_p=0.8, top_k=12, repetition_penalty=1.3)
    theirs = LogitsProcessorList(
        [
            RepetitionPenaltyLogitsProcessor(1.3),
            TemperatureLogitsWarper(0.7),
            TopKLogitsWarper(12),
            TopPLogitsWarper(0.8),
        ]
    )
    said = torch.tensor([[*prompt_ids, *sampled_ids]])
    expected = theirs(said, logits[None].clone())[0].softmax(-1)
    scores = penalised(logits, sampling, prompt_ids, sampled_ids)
    counts = Counter(draw(scores, sampling, (n + 0.5) / draws) for n in range(draws))
    assert set(counts) == set(expected.nonzero()[:, 0].tolist())
    for token, share in enumerate(expected.tolist()):
        assert counts[token] / draws == pytest.approx(share, abs=1e-3)


def test_a_penalty_on_presence_counts_the_turn_alone_and_each_token_once() -> None:
    logits = torch.tensor([1.0, 2.0, 3.0, 4.0, -math.inf])
    scores = penalised(logits, Sampling(presence_penalty=1.5), (0, 1), (2, 2, 3))
    assert scores.tolist() == [1.0, 2.0, 1.5, 2.5, -math.inf]
    assert logits.tolist() == [1.0, 2.0, 3.0, 4.0, -math.inf]
