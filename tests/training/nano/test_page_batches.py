"""Training pages in pixels: what is asked, what is to be said, and where it stands."""

from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from vigorl.browser.actions import Click
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Frame
from vigorl.policy.family import family_named
from vigorl.policy.grammar import parse
from vigorl.policy.local.tiny import CHAT_TEMPLATE
from vigorl.tasks.world.lexicon import words_of
from vigorl.training.nano.architecture import PixelNanoSize, build, save
from vigorl.training.nano.config import NanoConfig
from vigorl.training.nano.losses import covered_cells, looking_loss, reading_loss, token_loss
from vigorl.training.nano.page_batches import CHARACTERS, PageCollator, TaughtPage, pointing, slots
from vigorl.training.nano.pages import PAGES, sketch_page
from vigorl.training.nano.pixels import PixelNano, PixelObjective, Sketches, pointed
from vigorl.training.nano.recipe import take_over, train_nano, training_fonts
from vigorl.training.nano.sketch import Sketch, Typefaces, WordSource
from vigorl.training.nano.vocabulary import Vocabulary, vocabulary

pytestmark = pytest.mark.model

WEIGHTS = Path(__file__).parents[3] / "training" / "nano" / "weights" / "nano-pixels"


@pytest.fixture(scope="module")
def words() -> Vocabulary:
    return vocabulary(CHAT_TEMPLATE)


@pytest.fixture(scope="module")
def faces() -> Typefaces:
    return Typefaces.of_files(training_fonts())


def sketch(kind: str, seed: int, faces: Typefaces) -> Sketch:
    return sketch_page(Random(seed), 448, 320, faces, WordSource(["kettle", "save", "order"]), kind)


@pytest.mark.parametrize(
    "text",
    [
        'Task: click "Sävé €5 – x" (3) ',
        "<think> (12, 80) </think>\n<answer> click (12, 80) </answer>",
        "a (1, 2), 3) ½ “q” łąź 漢字 😀",
        '<tool_call>{"name": "search_coordinate", "arguments": {"coordinate": [4, 9]}}</tool_call>',
    ],
)
def test_quick_ids_are_those_of_the_tokenizer_and_decode_to_the_text(
    words: Vocabulary, text: str
) -> None:
    ids = words.ids(text)
    assert ids == words.tokenizer.encode(text, add_special_tokens=False)
    assert words.tokenizer.decode(ids, clean_up_tokenization_spaces=False) == text


def test_a_point_is_two_tokens(words: Vocabulary) -> None:
    assert words.ids("(412, 80)") == [words.first_x + 412, words.first_y + 80]


@pytest.mark.parametrize("kind", PAGES)
def test_the_same_seed_draws_the_same_page(kind: str, faces: Typefaces) -> None:
    one, other = sketch(kind, 3, faces), sketch(kind, 3, faces)
    assert np.array_equal(one.pixels, other.pixels)
    assert one.targets == other.targets and one.characters == other.characters
    assert not np.array_equal(one.pixels, sketch(kind, 4, faces).pixels)


@pytest.mark.parametrize("kind", PAGES)
def test_a_target_has_ink_in_its_box(kind: str, faces: Typefaces) -> None:
    for seed in range(5):
        page = sketch(kind, seed, faces)
        for target in page.targets:
            left, top, right, bottom = (round(side) for side in target.box_px)
            inside = page.pixels[top:bottom, left:right].reshape(-1, 3).astype(int)
            assert len(inside) and (inside.max(0) - inside.min(0)).max() > 20, target


def test_a_turn_that_is_taught_clicks_into_the_box(words: Vocabulary) -> None:
    box = (100.0, 40.0, 140.0, 52.0)
    question = pointing("Save", "button", box, (448, 320), Random(0))
    frame = Frame.of_viewport(448, 320)
    parsed = parse(question.turn, family_named("nano-pixels").dialect(frame))
    assert isinstance(parsed.action, Click) and parsed.error is None
    assert box[0] < parsed.action.point.x < box[2] and box[1] < parsed.action.point.y < box[3]


def test_only_what_is_said_counts_and_looks_point_at_the_box(words: Vocabulary) -> None:
    page = TaughtPage(
        np.zeros((64, 96, 3), np.uint8),
        [("a", 3.0, 3.0)],
        [pointing("Save", "text", (32, 32, 64, 64), (96, 64), Random(0))],
    )
    batch = PageCollator(words).batch([page])
    rows = batch.rows
    ids, weights = rows.ids_B_L[0], rows.weights_B_L[0]
    spoken = words.tokenizer.decode(ids[weights > 0], clean_up_tokenization_spaces=False)
    assert spoken.startswith("<think> (500, 750) </think>\n<answer> click (500, 750) </answer>")
    assert spoken.endswith("<|im_end|>")
    assert (ids == words.id("<|image_pad|>")).sum() == 6
    x_at, y_at = batch.looks_at_B_Q[0].tolist()
    assert ids[x_at + 1] == words.first_x + 500 and ids[y_at + 1] == words.first_y + 750
    covered = covered_cells(batch.boxes_B_Q_4, 2, 3)[0, 0]
    assert covered.tolist() == [0, 0, 0, 0, 1, 0]


def test_a_character_is_taught_in_the_slot_where_it_stands() -> None:
    page = TaughtPage(np.zeros((64, 64, 3), np.uint8), [("A", 33.0, 3.0), ("b", 47.9, 31.0)], [])
    taught = slots(page)
    assert taught.shape == (16, 8)
    assert taught[4, 0] == CHARACTERS.index("A") + 1
    assert taught[6, 7] == CHARACTERS.index("b") + 1
    assert (taught > 0).sum() == 2


def test_near_numbers_are_nearly_right_and_other_words_are_not() -> None:
    logits = torch.full((3, 30), -20.0)
    logits[0, 12] = logits[1, 13] = logits[2, 25] = 20.0
    target = torch.tensor([12])
    exact, near, far = (
        token_loss(row[None], target, torch.ones(1), (range(10, 20),), sigma=1.0) for row in logits
    )
    assert exact < near < far
    hard = [token_loss(row[None], target, torch.ones(1)) for row in logits]
    assert hard[0] < 1e-4 and hard[1] == pytest.approx(40, abs=1e-3) == hard[2]


def test_looking_at_the_target_costs_nothing() -> None:
    boxes = torch.tensor([[[1.0, 0.0, 2.0, 1.0], [0.0, 0.0, 0.0, 0.0]]])
    logits = torch.full((1, 2, 6), -30.0)
    logits[0, :, 3] = 30.0  # the picture begins at place 2, so that this is its second cell
    loss, right = looking_loss([logits], boxes, 2, 1, 2)
    assert loss == pytest.approx(0.0, abs=1e-4) and right == 1
    logits[0, :, 2] = 31.0
    loss, right = looking_loss([logits], boxes, 2, 1, 2)
    assert loss > 0.5 and right == 0


def test_reading_counts_characters_and_not_blanks() -> None:
    logits = torch.zeros(1, 2, 5)
    logits[0, 0, 3] = logits[0, 1, 0] = 10.0
    loss, right = reading_loss(logits, torch.tensor([[3, 0]]))
    assert right == 1 and loss < 0.01
    loss, right = reading_loss(logits, torch.tensor([[2, 0]]))
    assert right == 0 and loss > 5


def test_a_folder_without_fonts_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="apt-get install fonts"):
        Typefaces([tmp_path])


@pytest.mark.skipif(not WEIGHTS.is_dir(), reason=f"{WEIGHTS} is in the repository alone")
def test_trained_pixels_point_at_words_that_they_never_saw(faces: Typefaces) -> None:
    model, vocabulary = build(PixelNanoSize(), seed=0)
    module = PixelNano(model)
    take_over(module, WEIGHTS, "model.")
    unseen = [word for word in words_of("test", "en") if word.isalpha()]
    pages = Sketches(faces, WordSource(unseen), (("scattered", 1),), ((448, 320),), 8, colourings=1)
    objective = PixelObjective(vocabulary, [(pages, 1.0)])
    assert pointed(module.eval(), objective.batch(0), objective.scales).float().mean() > 0.85


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    small, vocabulary = build(PixelNanoSize(128, 4, 128, 6, (1,), 16), seed=0)
    save(small, vocabulary, tmp_path)
    model, _ = build(PixelNanoSize(), seed=0)
    with pytest.raises(UsageError, match="no checkpoint to go on from"):
        take_over(PixelNano(model), tmp_path, "model.")
    with pytest.raises(UsageError, match="no checkpoint to go on from"):
        take_over(PixelNano(model), tmp_path / "nowhere", "model.")


def test_data_in_other_tokens_than_a_checkpoint_knows_are_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    config = NanoConfig("reading", start=tmp_path)
    with pytest.raises(UsageError, match="knows other tokens"):
        train_nano(config, tmp_path / "out", lambda line: None)
