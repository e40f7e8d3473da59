"""Fine-tuning: just the assistant's tokens, learnt, saved, gone on with, and clear refusals."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from vigorl.agent.record.recorder import Recorder
from vigorl.agent.rollout import rollout
from vigorl.browser.errors import InconsistentData, PolicyFault, UsageError
from vigorl.browser.geometry import Box, Point
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot
from vigorl.policy.backend import Message, Sampling
from vigorl.policy.factory import open_model
from vigorl.policy.family import family_named
from vigorl.policy.images import FittedImage

torch = pytest.importorskip("torch")

from vigorl.policy.local.network import Network  # noqa: E402
from vigorl.policy.local.tiny import write_tiny_checkpoint  # noqa: E402
from vigorl.training.compute import prefix_tree as tree  # noqa: E402
from vigorl.training.data.dialogues import Dialogue  # noqa: E402
from vigorl.training.data.episodes import Selection  # noqa: E402
from vigorl.training.data.examples import Example, read_examples, row_of  # noqa: E402
from vigorl.training.data.export import export  # noqa: E402
from vigorl.training.data.rows import rows_of  # noqa: E402
from vigorl.training.data.still_dialogues import still_dialogues  # noqa: E402
from vigorl.training.run.training_run import newest_checkpoint  # noqa: E402
from vigorl.training.search.config import ChainConfig  # noqa: E402
from vigorl.training.sft.config import FineTuneConfig  # noqa: E402
from vigorl.training.sft.example_batches import BatchConfig, ExampleObjective  # noqa: E402
from vigorl.training.sft.fine_tuning import fine_tune  # noqa: E402

pytestmark = pytest.mark.model

FAMILY = family_named("vigorl-grounding")
LEFT, RIGHT = (20, 20), (90, 40)
GOALS = {"the left one": LEFT, "the right one": RIGHT}


def picture(seed: int = 0) -> Picture:
    image = Image.new("RGB", (112, 56), (255, 255, 255 - seed))
    for x, y in (LEFT, RIGHT):
        ImageDraw.Draw(image).rectangle((x - 8, y - 6, x + 8, y + 6), fill="navy")
    return Picture.from_image(image)


def dialogue(goal: str, seed: int = 0, name: str = "") -> Dialogue:
    x, y = GOALS[goal]
    said = f"<think> ({x}, {y}) </think>\n<answer> ({x}, {y}) </answer>"
    asked = (FittedImage(picture(seed), 112, 56), f"Description: {goal}")
    messages = (Message("user", asked), Message("assistant", (said,)))
    return Dialogue(name or f"{goal} {seed}", messages, FAMILY.name, score=1.0)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_tiny_checkpoint(tmp_path_factory.mktemp("start"), "qwen2_5_vl")


@pytest.fixture(scope="module")
def network(start: Path) -> Network:
    return Network(str(start), FAMILY)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Conversations about two pictures, exported."""
    folder = tmp_path_factory.mktemp("taught") / "out"
    export([dialogue(goal, seed) for seed in (0, 1) for goal in GOALS], "sharegpt", folder)
    return folder


def config_of(start: Path, *data: Path, **changes: Any) -> FineTuneConfig:
    config = FineTuneConfig(
        model=str(start),
        data=data,
        family=FAMILY.name,
        epochs=3,
        batch=2,
        learning_rate=1e-3,
        held_out=0.0,
        device="cpu",
    )
    return replace(config, **changes)


def metrics_of(folder: Path) -> list[dict[str, float]]:
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in row.items() if name != "s"} for row in rows]


def weights_of(folder: Path) -> dict[str, Any]:
    return Network(str(folder / "model"), FAMILY).model.state_dict()


def nothing(line: str) -> None:
    """Say it to nobody."""


async def play(model: Path, goal: str, folder: Path) -> Any:
    policy = await open_model(
        str(model), family=FAMILY.name, sampling=Sampling(temperature=0, max_tokens=60)
    )
    world = StaticScreenshot(picture(), goal, Box.around(Point(*GOALS[goal]), 8, 6))
    try:
        return await rollout(policy, world, Recorder(folder))
    finally:
        await policy.close()


# --- What is taught -----------------------------------------------------------------------------


def test_the_tokens_that_are_taught_are_the_assistants_and_no_others(network: Network) -> None:
    first = dialogue("the left one")
    more = (
        *first.messages,
        Message("user", ("<observation>\nLook again.\n</observation>",)),
        Message("assistant", ("<think> (1, 2) </think>\n<answer> (1, 2) </answer>",)),
    )
    row = row_of(replace(first, messages=more), network.codec)
    said = [token for token, is_said in zip(row.ids, row.is_sampled, strict=True) if is_said]
    texts = [str(more[1].parts[0]), str(more[3].parts[0])]
    assert network.codec.decode(said, special=True) == "<|im_end|>".join([*texts, ""])
    # What is read is what is read at play.
    prompt = network.codec.encode(more[:1])
    assert row.ids[: len(prompt.ids)] == prompt.ids and not any(row.is_sampled[: len(prompt.ids)])
    later = row_of(replace(first, messages=more, first_new=3), network.codec)
    assert later.ids == row.ids
    said = [token for token, is_said in zip(later.ids, later.is_sampled, strict=True) if is_said]
    assert network.codec.decode(said, special=True) == f"{texts[1]}<|im_end|>"


async def test_what_was_recorded_is_taught_with_the_tokens_that_were_sampled(
    network: Network, start: Path, tmp_path: Path
) -> None:
    trajectory = await play(start, "the left one", tmp_path / "run")
    everything = Selection(least_score=None, takes_slips=True)
    (example,) = read_examples([tmp_path], network, ChainConfig(), everything, 9999).examples
    tokens = [step.turn.tokens for step in trajectory.steps]
    assert example.rows == tuple(rows_of(tokens)) and len(tokens) == 3
    assert example.tokens == sum(len(each.sampled_ids) for each in tokens)


def test_examples_about_one_picture_share_it_and_the_loss_is_their_mean(
    network: Network, taught: Path
) -> None:
    examples = read_examples([taught], network, ChainConfig(), Selection(), 9999)
    objective = ExampleObjective(network, examples, BatchConfig(batch=4))
    batch = objective.batch(0)
    (tree_of_all,) = batch.trees
    # Behind "<|vision_start|>" the pictures differ, and behind each the goals do.
    assert len(tree_of_all.ids_L) < 0.85 * sum(len(row.ids) for row in tree_of_all.rows)
    parts = [part["loss"].item() for part in objective.losses(network.model, batch, 1)]
    alone = []
    for example in examples.examples:
        (row,) = example.rows
        image = FittedImage(examples.pictures[row.images[0].sha256], 112, 56)
        prompt = replace(
            network.codec.encode(dialogue("the left one").messages[:1]), images=(image,)
        )
        alone += network.score(replace(prompt, ids=row.ids), row.sampled_at)
    assert sum(parts) == pytest.approx(-sum(alone) / len(alone), abs=1e-4)
    divided = ExampleObjective(network, examples, BatchConfig(batch=4, tree_tokens=80))
    small = divided.batch(0)
    assert len(small.trees) > 1
    parts = [part["loss"].item() for part in divided.losses(network.model, small, 1)]
    assert sum(parts) == pytest.approx(-sum(alone) / len(alone), abs=1e-4)


def test_longer_examples_are_left_out_where_that_is_wanted(network: Network, taught: Path) -> None:
    whole = read_examples([taught], network, ChainConfig(), Selection(), 9999).examples
    longest = max(example.longest_row for example in whole)
    shorter = tuple(example for example in whole if example.longest_row < longest)
    some = read_examples(
        [taught], network, ChainConfig(), Selection(), longest - 1, skips_longer=True
    )
    assert 0 < len(shorter) < len(whole) and some.examples == shorter
    why = f"with a row of more than {longest - 1} tokens"
    assert some.left_out == {why: len(whole) - len(shorter)}
    with pytest.raises(UsageError, match=r"of \d+ tokens, of 20: .*--skip-longer"):
        read_examples([taught], network, ChainConfig(), Selection(), 20, skips_longer=False)
    with pytest.raises(UsageError, match=r"of \d+ tokens, of 20"):
        read_examples([taught], network, ChainConfig(), Selection(), 20, skips_longer=True)


def test_layers_that_are_computed_twice_teach_the_same(network: Network, taught: Path) -> None:
    examples = read_examples([taught], network, ChainConfig(), Selection(), 9999)
    layers = network.model.model.language_model.layers
    calls: list[bool] = []
    watched = layers[0].mlp.register_forward_pre_hook(lambda *_: calls.append(True))
    found = []
    for is_wanted in (False, True):
        calls.clear()
        objective = ExampleObjective(
            network, examples, BatchConfig(batch=4, gradient_checkpointing=is_wanted)
        )
        network.model.zero_grad()
        for part in objective.losses(network.model, objective.batch(0), 1):
            part["loss"].backward()
        weight = layers[1].mlp.down_proj.weight
        found.append((len(calls), weight.grad.clone()))
    watched.remove()
    network.model.zero_grad()
    (once, expected), (twice, gradient) = found
    assert twice == 2 * once and float(expected.abs().max()) > 0
    assert torch.allclose(gradient, expected, atol=1e-7)


def test_screenshots_with_targets_teach_to_click_on_their_middle(
    network: Network, tmp_path: Path
) -> None:
    picture().image().save(tmp_path / "page.png")
    rows = [
        {"id": goal, "image": "page.png", "instruction": goal, "ui_type": "icon"}
        | {"bbox_xyxy": [x - 8, y - 6, x + 8, y + 6]}
        for goal, (x, y) in GOALS.items()
    ]
    (tmp_path / "manifest.json").write_text(json.dumps(rows))
    examples = read_examples([tmp_path], network, ChainConfig(), Selection(), 9999)
    said = {}
    for example in examples.examples:
        (row,) = example.rows
        said[example.name] = network.codec.decode([row.ids[at] for at in row.sampled_at])
        assert example.name in network.codec.decode(row.ids)
    assert said == {
        goal: f"<think> </think>\n<answer> ({x}, {y}) </answer>" for goal, (x, y) in GOALS.items()
    }
    assert len(examples.pictures) == 1
    with pytest.raises(UsageError, match="told what `reader` reads"):
        next(still_dialogues(tmp_path, family_named("nano")))
    (tmp_path / "manifest.json").write_text(json.dumps([{**rows[0], "bbox_xyxy": [1, 1, 999, 9]}]))
    with pytest.raises(InconsistentData, match=r"the left one.*outside"):
        read_examples([tmp_path], network, ChainConfig(), Selection(), 9999)


def test_every_epoch_has_every_example_once_in_an_order_of_its_own(
    network: Network, tmp_path: Path
) -> None:
    export([dialogue(g, s) for s in range(5) for g in GOALS], "sharegpt", tmp_path / "out")
    examples = read_examples([tmp_path / "out"], network, ChainConfig(), Selection(), 9999)
    objective = ExampleObjective(network, examples, BatchConfig(batch=3, epochs=3))
    assert objective.steps == 10
    names = [example.name for step in range(10) for example in objective._chosen(step)]
    epochs = [names[:10], names[10:20], names[20:]]
    assert all(sorted(epoch) == sorted(epochs[0]) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3
    for epoch in epochs:  # both about one picture stand together
        assert all(epoch[n].split()[-1] == epoch[n + 1].split()[-1] for n in range(0, 10, 2))


def test_no_picture_is_both_learnt_from_and_held_out(network: Network, tmp_path: Path) -> None:
    export([dialogue(g, s) for s in range(40) for g in GOALS], "sharegpt", tmp_path / "out")
    examples = read_examples([tmp_path / "out"], network, ChainConfig(), Selection(), 9999)
    learnt, held_out = examples.divided(0.3)

    def shown(part: Any) -> set[str]:
        return {image.sha256 for e in part.examples for row in e.rows for image in row.images}

    assert not shown(learnt) & shown(held_out)
    assert len(learnt.examples) + len(held_out.examples) == 80 and 8 <= len(held_out.examples) <= 40


# --- Learning -----------------------------------------------------------------------------------


async def test_it_learns_to_answer_and_plays_as_any_checkpoint(
    start: Path, taught: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    config = config_of(start, taught, epochs=45, batch=4, learning_rate=5e-3)
    model = fine_tune(config, tmp_path / "out", said.append)
    assert said[0].startswith("4 examples with ")
    rows = metrics_of(tmp_path / "out")
    assert rows[0]["loss"] > 1 > 0.1 > rows[-1]["loss"]
    for number, goal in enumerate(GOALS):
        trajectory = await play(model, goal, tmp_path / f"play {number}")
        assert trajectory.end and trajectory.end.score and trajectory.end.score.value == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        ".lock",
        "checkpoints",
        "config.json",
        "metrics.jsonl",
        "model",
    ]
    trained, untrained = (
        weights_of(tmp_path / "out"),
        Network(str(start), FAMILY).model.state_dict(),
    )
    moved = {name for name in untrained if not torch.equal(trained[name], untrained[name])}
    assert moved and not any(".visual." in name for name in moved)


@pytest.mark.parametrize(
    "changes",
    [
        {"lora_rank": 2},
        {"lora_rank": 2, "quantization": "8bit"},
        pytest.param({"trains_vision": True}, marks=pytest.mark.slow),
    ],
)
def test_a_run_that_was_stopped_ends_with_the_same_weights(
    start: Path, taught: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    if "lora_rank" in changes:
        pytest.importorskip("peft")
    config = config_of(start, taught, held_out=0.4, epochs=4, evaluate_every=99, **changes)
    fine_tune(config, tmp_path / "whole", nothing)

    def stop(line: str) -> None:
        if line.startswith("step 2 ") and "norm" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fine_tune(config, tmp_path / "halved", stop)
    assert newest_checkpoint(tmp_path / "halved") == tmp_path / "halved/checkpoints/000002"
    fine_tune(config, tmp_path / "halved", nothing)
    whole, halved = weights_of(tmp_path / "whole"), weights_of(tmp_path / "halved")
    assert all(torch.equal(halved[name], whole[name]) for name in whole)
    untrained = Network(str(start), FAMILY).model.state_dict()
    assert whole.keys() == untrained.keys()
    moved = {name for name in untrained if not torch.equal(whole[name], untrained[name])}
    assert any(".visual." in name for name in moved) == ("trains_vision" in changes)
    checkpoint = newest_checkpoint(tmp_path / "whole")
    assert checkpoint and (checkpoint / "adapter").exists() == ("lora_rank" in changes)
    assert metrics_of(tmp_path / "halved") == metrics_of(tmp_path / "whole")
    assert "held_out" in metrics_of(tmp_path / "whole")[-1]


def test_time_that_is_up_ends_training_as_its_last_update_would(
    start: Path, taught: Path, tmp_path: Path
) -> None:
    config = config_of(start, taught, held_out=0.4, updates=100_000, minutes=0.02)
    model = fine_tune(config, tmp_path / "out", nothing)
    lines = metrics_of(tmp_path / "out")
    assert lines[-1]["step"] < 10_000 and "held_out" in lines[-1]
    assert Network(str(model), FAMILY).model.num_parameters() > 0
    with pytest.raises(UsageError, match="minutes"):
        config_of(start, taught, minutes=0)


def test_8_bits_are_for_adapters_on_a_cpu(start: Path, taught: Path) -> None:
    for changes in ({}, {"lora_rank": 2, "device": "cuda"}):
        with pytest.raises(UsageError, match="for adapters"):
            config_of(start, taught, quantization="8bit", **changes)


def test_an_adapter_is_trained_further_from_where_it_was(
    start: Path, taught: Path, tmp_path: Path
) -> None:
    first = config_of(start, taught, lora_rank=2, held_out=0.4, evaluate_every=100)
    fine_tune(first, tmp_path / "first", nothing)
    adapter = tmp_path / "first" / "adapter"
    further = replace(first, adapter=adapter, learning_rate=1e-12)
    fine_tune(further, tmp_path / "further", nothing)
    fine_tune(replace(further, adapter=None), tmp_path / "anew", nothing)
    learnt, kept, anew = (
        metrics_of(tmp_path / name)[-1]["held_out"] for name in ("first", "further", "anew")
    )
    assert kept == learnt != anew
    with pytest.raises(UsageError, match="another network, or has another rank"):
        fine_tune(replace(further, lora_rank=4), tmp_path / "other", nothing)
    with pytest.raises(UsageError, match="no LoRA adapter as peft writes it"):
        fine_tune(replace(further, adapter=tmp_path), tmp_path / "none", nothing)


def test_a_batch_that_does_not_fit_names_its_examples_and_what_helps(
    start: Path, taught: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("vigorl.training.sft.example_batches.logprobs", full)
    with pytest.raises(PolicyFault, match=r"step 1: the \w+ one \d, the .*--tree-tokens"):
        fine_tune(config_of(start, taught), tmp_path, nothing)
    assert tree.logprobs is not full


# --- Refusals -----------------------------------------------------------------------------------


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "conversations.jsonl").read_text().splitlines()]


Broken = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda row: {**row, "images": ["images/gone.png"]}, "its picture .*gone.png is not there"),
        (lambda row: {**row, "images": []}, "0 pictures for 1 places"),
        (lambda row: {**row, "conversations": row["conversations"][:1]}, "does not end with"),
        (lambda row: {**row, "family": "qwen3-vl"}, "a conversation of qwen3-vl"),
        (lambda row: {"id": "the right one 0"}, "line 2: no conversation"),
        (lambda row: {**row, "conversations": [{"from": "who", "value": ""}]}, "line 2: no conv"),
    ],
)
def test_a_conversation_that_cannot_be_taught_is_named_with_the_remedy(
    broken: Broken, said: str, start: Path, taught: Path, tmp_path: Path
) -> None:
    rows = lines(taught)
    rows[1] = broken(rows[1])
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "conversations.jsonl").write_text(text)
    (tmp_path / "data" / "images").symlink_to(taught / "images")
    with pytest.raises(UsageError, match=said) as refused:
        fine_tune(config_of(start, tmp_path / "data"), tmp_path / "out", nothing)
    assert "the right one 0" in str(refused.value) or "line 2" in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_picture_that_would_be_shown_at_another_size_is_named(
    start: Path, tmp_path: Path
) -> None:
    large = FittedImage(Picture.from_image(Image.new("RGB", (120, 60))), 120, 60)
    messages = (Message("user", (large, "x")), Message("assistant", ("<think> (1, 1) </think>",)))
    export([Dialogue("large", messages, FAMILY.name)], "sharegpt", tmp_path / "data")
    with pytest.raises(Exception, match=r"large: .* 120 x 60 px and would be shown as 112 x 56"):
        fine_tune(config_of(start, tmp_path / "data"), tmp_path / "out", nothing)


def test_what_cannot_be_learnt_from_leaves_no_trace(
    start: Path, taught: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "conversations.jsonl").write_text("")
    for data, changes, said in (
        (tmp_path / "empty", {}, "holds no conversation"),
        (tmp_path / "nowhere", {}, "there is no folder"),
        (taught, {"tree_tokens": 20}, r"has a row of \d+ tokens, of 20: .*--tree-tokens"),
        (taught, {"model": "http://localhost:1"}, "no weights that could be trained"),
        (taught, {"family": "qwen3-vl"}, "cells of 28 px"),
        (taught, {"held_out": 0.999}, "all 4 examples are held out"),
    ):
        with pytest.raises(UsageError, match=said):
            fine_tune(config_of(start, data, **changes), out, nothing)
        assert not out.exists()
    for changes in ({"epochs": 0}, {"batch": 0}, {"held_out": 1.0}, {"data": ()}):
        with pytest.raises(UsageError):
            config_of(start, taught, **changes)


def test_a_tokenizer_without_the_special_tokens_is_named(taught: Path, tmp_path: Path) -> None:
    checkpoint = write_tiny_checkpoint(tmp_path / "start", "qwen2_5_vl")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        path = checkpoint / name
        path.write_text(path.read_text().replace("<|vision_start|>", "<|else|>"))
    with pytest.raises(UsageError, match=r"has no token <\|vision_start\|>"):
        fine_tune(config_of(checkpoint, taught), tmp_path / "out", nothing)


def test_the_folder_of_another_training_is_refused(
    start: Path, taught: Path, tmp_path: Path
) -> None:
    config = config_of(start, taught, epochs=0.5)
    fine_tune(config, tmp_path / "out", nothing)
    fine_tune(config, tmp_path / "out", nothing)
    with pytest.raises(UsageError, match="another batch"):
        fine_tune(replace(config, batch=1), tmp_path / "out", nothing)
    export([dialogue("the left one")], "sharegpt", tmp_path / "less")
    with pytest.raises(UsageError, match="another data, examples, data_is"):
        fine_tune(replace(config, data=(tmp_path / "less",)), tmp_path / "out", nothing)
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "config.json").write_text('{"steps": 3}')
    with pytest.raises(UsageError, match="holds something else"):
        fine_tune(config, tmp_path / "else", nothing)


def test_an_example_says_how_much_it_teaches(network: Network) -> None:
    row = row_of(dialogue("the left one"), network.codec)
    assert Example("x", (row, row)).tokens == 2 * sum(row.is_sampled) > 0
