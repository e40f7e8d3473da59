"""How many episodes at once keep a model busy."""

import pytest

from vigorl.policy.capacity import ON_GPU, ON_SERVER, ON_VLLM, model_capacity
from vigorl.policy.model_config import ModelConfig


@pytest.mark.parametrize(
    ("model", "device", "episodes"),
    [
        ("http://127.0.0.1:8000/v1", "auto", ON_SERVER),
        ("gpt-5", "auto", ON_SERVER),
        ("vllm:Qwen/Qwen3-VL-4B-Instruct", "auto", ON_VLLM),
        ("Qwen/Qwen3-VL-4B-Instruct", "cuda", ON_GPU),
        ("Qwen/Qwen3-VL-4B-Instruct", "cpu", None),
        ("nano", "cuda", ON_GPU),
        ("scout-base", "cuda", ON_GPU),
        ("nano", "cpu", None),
        ("reader", "cuda", None),
    ],
)
def test_a_model_has_as_many_episodes_as_the_place_where_it_computes(
    model: str, device: str, episodes: int | None
) -> None:
    assert model_capacity(ModelConfig(model=model, device=device)) == episodes
