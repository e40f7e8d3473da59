"""Checkpoints for vLLM on the CPU, and how it runs there."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("vllm") is not None:
    os.environ |= {
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
    }


@pytest.fixture(scope="module", params=["qwen2_5_vl", "qwen3_vl"])
def taught(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a checkpoint that looks closer and clicks."""
    from tests.policy.vllm.episodes import FAMILIES, taught_checkpoint

    name = f"{FAMILIES[request.param]}-tiny"
    return taught_checkpoint(tmp_path_factory.mktemp("taught") / name, request.param)
