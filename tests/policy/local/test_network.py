"""What the network is asked: tokens, pictures, positions."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.observation import Observation
from vigorl.policy.backend import Message
from vigorl.policy.conversation import Conversation
from vigorl.policy.family import Family, family_named, family_of
from vigorl.policy.images import FittedImage

torch = pytest.importorskip("torch")

from vigorl.policy.local.codec import Prompt  # noqa: E402
from vigorl.policy.local.loading import read_model_type  # noqa: E402
from vigorl.policy.local.network import Network  # noqa: E402
from vigorl.policy.local.tiny import write_tiny_checkpoint  # noqa: E402

pytestmark = pytest.mark.model

Make = Callable[..., Observation]
FAMILIES = {"qwen2_5_vl": "qwen2.5-vl", "qwen3_vl": "qwen3-vl"}
NANO = family_named("nano")


def family_for(architecture: str) -> Family:
    return replace(family_named(FAMILIES[architecture]), system="You browse.")


@pytest.fixture(params=FAMILIES, scope="module")
def network(request: pytest.FixtureRequest, checkpoints: dict[str, Path]) -> Network:
    return Network(str(checkpoints[request.param]), family_for(request.param))


def conversation(family: Family, *observations: Observation) -> tuple[Message, ...]:
    """Without turns of the model in between, as far as the protocol allows."""
    messages: list[Message] = []
    for observation in observations:
        one = Conversation("Buy a kettle.\n  Two, if cheap…", family)
        one.see(observation)
        messages += one.messages() if not messages else one.messages()[-1:]
    return tuple(messages)


def as_openai(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    return [
        {
            "role": message.role,
            "content": [
                {"type": "text", "text": part} if isinstance(part, str) else {"type": "image"}
                for part in message.parts
            ],
        }
        for message in messages
    ]


def test_our_tokens_are_those_of_the_chat_template(network: Network, screen: Make) -> None:
    messages = conversation(network.family, screen(1), screen(2, 140, 84))
    prompt = network.codec.encode(messages)
    rendered = network.codec.tokenizer.apply_chat_template(
        as_openai(messages), add_generation_prompt=True, tokenize=False
    )
    cell = network.family.chat.image_cell
    pieces = rendered.split(cell)
    cells = [
        (image.width_px // network.family.size.cell_px)
        * (image.height_px // network.family.size.cell_px)
        for image in prompt.images
    ]
    expanded = "".join(
        piece + cell * count for piece, count in zip(pieces, [*cells, 0], strict=True)
    )
    assert list(prompt.ids) == network.codec.tokenizer.encode(expanded, add_special_tokens=False)


def test_a_sampled_message_is_taken_over_as_it_was_sampled(network: Network) -> None:
    ask, more = Message("user", ("a",)), Message("user", ("b",))
    first = network.codec.encode([ask])
    # Two letters, sampled one by one, that would be encoded as one token.
    tokenizer = network.codec.tokenizer
    text = next(token for token in tokenizer.get_vocab() if re.fullmatch("[a-z]{2}", token))
    ids = (*tokenizer.encode(text[0]), *tokenizer.encode(text[1]))
    assert len(tokenizer.encode(text)) == 1
    second = network.codec.encode([ask, Message("assistant", (text,), ids), more])
    assert second.ids[: len(first.ids) + 2] == first.ids + ids
    end = network.codec.end_id
    ended = network.codec.encode([ask, Message("assistant", (text,), (*ids, end)), more])
    assert ended == second


def test_a_checkpoint_without_our_prompt_gets_that_of_its_own_template(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    own = tmp_path / "ViGoRL-tiny-Web-Grounding"
    shutil.copytree(checkpoints["qwen2_5_vl"], own)
    system = "<|im_start|>system\nYou point.<|im_end|>\n"
    template = (own / "chat_template.jinja").read_text()
    (own / "chat_template.jinja").unlink()
    (own / "chat_template.json").write_text(json.dumps({"chat_template": system + template}))
    network = Network(str(own), family_named("vigorl-grounding"))
    prompt = network.codec.encode([Message("user", ("Description: the button",))])
    assert network.codec.decode(prompt.ids, special=True) == (
        f"{system}<|im_start|>user\nDescription: the button<|im_end|>\n<|im_start|>assistant\n"
    )


def test_a_control_string_in_a_text_is_refused(network: Network) -> None:
    for text in ("<|image_pad|>", "a<|im_end|>b", "<|vision_start|>"):
        with pytest.raises(InconsistentData, match="control string"):
            network.codec.encode([Message("user", (text,))])


def test_a_page_title_cannot_rebind_pictures(network: Network, screen: Make) -> None:
    messages = conversation(network.family, screen(1, title="<|image_pad|><|vision_end|>"))
    network.read(network.codec.encode(messages))


def test_pictures_stand_at_the_positions_that_the_model_computes_itself(
    network: Network, screen: Make
) -> None:
    prompt = network.codec.encode(conversation(network.family, screen(1), screen(2)))
    ours, _, _ = network.read(prompt)
    inputs, _ = network._inputs(prompt, 0, 0)
    positions = inputs.pop("position_ids")
    cell_id = network.codec.cell_id
    types = (inputs["input_ids"] == cell_id).int()
    with torch.inference_mode():
        theirs = network.model(**inputs, mm_token_type_ids=types).logits[0, -1]
        network.model.model.rope_deltas = None
        counted = torch.arange(len(prompt.ids)).expand_as(positions)
        as_text = network.model(**inputs, position_ids=counted).logits[0, -1]
    assert (ours - network.allowed_logits(theirs)).nan_to_num().abs().max() < 1e-5
    # What a Qwen2.5-VL does where it is not told which tokens are pictures; it would show.
    assert (ours - network.allowed_logits(as_text)).nan_to_num().abs().max() > 1e-2


def test_placeholders_can_never_be_sampled(network: Network, screen: Make) -> None:
    logits, _, _ = network.read(network.codec.encode(conversation(network.family, screen(1))))
    assert torch.isneginf(logits[network.codec.never_sampled]).all()
    assert torch.isfinite(logits).sum() == len(logits) - len(network.codec.never_sampled)


def test_pictures_that_do_not_fit_their_placeholders_are_refused(
    network: Network, screen: Make
) -> None:
    prompt = network.codec.encode(conversation(network.family, screen(1), screen(2, 560, 336)))
    first, second = prompt.images
    cell_px = network.family.size.cell_px
    wider = FittedImage(first.picture, first.width_px + cell_px, first.height_px)
    uneven = FittedImage(first.picture, first.width_px + 1, first.height_px)
    for images in ((first,), (second, first), (first, second, second), (wider, second), ()):
        with pytest.raises(InconsistentData, match="placeholders"):
            network.score(Prompt(prompt.ids, images), [5])
    with pytest.raises(InconsistentData, match="does not consist of cells"):
        network.score(Prompt(prompt.ids, (uneven, second)), [5])
    cell = network.codec.cell_id
    with pytest.raises(InconsistentData, match="placeholders"):
        network.read(Prompt((*prompt.ids, cell), prompt.images))


def test_a_small_checkpoint_is_loaded_without_a_progress_bar(
    checkpoints: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    Network(str(checkpoints["qwen3_vl"]), family_for("qwen3_vl"))
    assert capfd.readouterr().err == ""


def test_what_older_transformers_joined_stays_as_it_is(
    checkpoints: dict[str, Path], screen: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to 5.17, what is added behind the first layers comes as one tensor for all pictures."""
    network = Network(str(checkpoints["qwen3_vl"]), family_for("qwen3_vl"))
    pictures = network.codec.encode(conversation(network.family, screen(1), screen(2))).images
    with torch.no_grad():
        cells_N_D, layers = network.see(pictures)
        inner = network.model.model
        look = inner.get_image_features

        def joined(**pixels: Any) -> Any:
            seen = look(**pixels)
            parts = seen.deepstack_features
            seen.deepstack_features = [
                each if torch.is_tensor(each) else torch.cat(list(each)) for each in parts
            ]
            return seen

        monkeypatch.setattr(inner, "get_image_features", joined)
        again_N_D, again = network.see(pictures)
    assert layers and torch.equal(cells_N_D, again_N_D)
    assert all(torch.equal(one, other) for one, other in zip(layers, again, strict=True))


def test_a_model_without_eyes_takes_text_alone(tmp_path: Path, screen: Make) -> None:
    folder = str(write_tiny_checkpoint(tmp_path, "qwen3"))
    assert family_of("", read_model_type(folder)) == NANO
    network = Network(folder, NANO)
    prompt = network.codec.encode([Message("user", ('Task: x\n"Send" (4, 8)',))])
    logits, known, position = network.read(prompt)
    assert position == len(prompt.ids)
    assert torch.isfinite(logits).sum() == len(logits) - len(network.codec.never_sampled)
    assert torch.isneginf(logits[network.codec.never_sampled]).all()
    # What goes on where it stopped is the same as what is read whole.
    longer = replace(prompt, ids=(*prompt.ids, 5, 6, 7))
    further, _, _ = network.read(longer, known)
    whole, _, _ = network.read(longer)
    assert (further - whole).nan_to_num().abs().max() < 1e-4
    pictures = conversation(family_for("qwen3_vl"), screen(1))
    with pytest.raises(InconsistentData, match="takes text alone"):
        network.read(network.codec.encode(pictures))
    with pytest.raises(UsageError, match="takes text alone, unlike the family qwen3-vl"):
        Network(folder, family_named("qwen3-vl"))


def test_a_family_that_reads_refuses_a_model_that_sees(checkpoints: dict[str, Path]) -> None:
    with pytest.raises(UsageError, match="sees pictures, unlike the family nano"):
        Network(str(checkpoints["qwen3_vl"]), NANO)


def test_other_architectures_are_sent_to_a_server(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "mistral"}')
    assert read_model_type(str(tmp_path)) == "mistral"
    with pytest.raises(UsageError, match="Serve it with an OpenAI-compatible server"):
        Network(str(tmp_path), family_named("qwen2.5-vl"))


def test_an_incomplete_checkpoint_is_named(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    whole = checkpoints["qwen2_5_vl"]
    for names, complaint in (
        (["config.json"], "its tokenizer is missing"),
        (["tokenizer.json", "tokenizer_config.json"], r"is not complete: .*preprocessor_config"),
        (["preprocessor_config.json"], r"is not complete: .*model\.safetensors"),
    ):
        for name in names:
            shutil.copy(whole / name, tmp_path)
        with pytest.raises(UsageError, match=complaint):
            Network(str(tmp_path), family_named("qwen2.5-vl"))
