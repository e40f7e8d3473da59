"""Turns for nano that reads: their tokens, their words, their numbers, their batches."""

import gzip
import io
import json
import re
import tarfile
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.training.nano.recorded import EPISODE
from vigorl.browser.actions import Click, Done, GiveUp, Type, Zoom
from vigorl.browser.chromium import Browser
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Frame
from vigorl.policy.backend import Message
from vigorl.policy.family import family_named
from vigorl.policy.grammar import Parsed, parse
from vigorl.tasks.local.registry import TASKS
from vigorl.tasks.local.site import Site
from vigorl.tasks.miniwob.pages import PagePool
from vigorl.training.nano.oracles import miniwob_names, play, play_miniwob, playable

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from transformers import PreTrainedTokenizerFast  # noqa: E402

from vigorl.policy.local.codec import Codec  # noqa: E402
from vigorl.training.nano import reading_rows, reading_stock  # noqa: E402
from vigorl.training.nano.config import NanoConfig  # noqa: E402
from vigorl.training.nano.packed import PADDING  # noqa: E402
from vigorl.training.nano.reading_large import is_large, large_turn  # noqa: E402
from vigorl.training.nano.reading_looks import look_at_all, looks_of  # noqa: E402
from vigorl.training.nano.reading_objective import ReadingObjective, build  # noqa: E402
from vigorl.training.nano.reading_renames import Renames, WordStock  # noqa: E402
from vigorl.training.nano.reading_rows import LONGEST_ROW, Mixture, ReadingRows  # noqa: E402
from vigorl.training.nano.reading_steps import RememberedEpisode, load_episodes, taught_turn  # noqa: E402
from vigorl.training.nano.reading_words import Encoder, Spelling  # noqa: E402
from vigorl.training.nano.recipe import train_nano  # noqa: E402

pytestmark = pytest.mark.model

NANO = family_named("nano")
TEXTS = (
    'field "Full name" (306, 331) "Karin" | "Save" (73, 999) button\n12. click "Ω" (0, 7)',
    "<think> \"a1b22\" (999, 0) | 'q' (1000, 2) (01, 02) </think>\n<answer> done </answer>",
    "Größe 4096 x 12: $1,299.05 – łąź 漢字 😀  two  spaces\n\nicon close (4, 5)",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that rows are made of, from one short episode."""
    out = tmp_path_factory.mktemp("reading")
    episodes = out / "recorded.jsonl.gz"
    with gzip.open(episodes, "wt", encoding="utf-8") as lines:
        lines.write(json.dumps(EPISODE) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading_stock, "GOALS", 5)
        reading_stock.prepare(out / "prepared", episodes)
    return out / "prepared"


def test_training_rows_keep_a_checkpoint_s_tokens_and_what_was_read_of_the_world(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "world.jsonl.gz").write_bytes(b"read before")
    episodes = folder / "episodes.jsonl.gz"
    reading_stock.prepare(tmp_path, episodes, tokenizer=folder)
    assert (tmp_path / "world.jsonl.gz").read_bytes() == b"read before"
    name = "tokenizer.json"
    assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    with pytest.raises(UsageError, match=r"no tokenizer\.json"):
        reading_stock.prepare(tmp_path / "other", episodes, tokenizer=tmp_path / "none")


@pytest.fixture(scope="module")
def stock(folder: Path) -> WordStock:
    return WordStock.load(folder / "words.json")


def understood(turn: str, size: tuple[int, int]) -> Parsed:
    return parse(turn, NANO.dialect(Frame.of_viewport(*size)))


@pytest.mark.parametrize("text", TEXTS)
def test_the_quick_encoder_gives_the_tokens_of_the_tokenizer(folder: Path, text: str) -> None:
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    encoder = Encoder(folder)
    ids = encoder.ids(text, Spelling(Random(0), 0.0))
    assert ids == tokenizer.encode(text, add_special_tokens=False)
    assert encoder.text(ids) == text


def test_half_a_point_is_a_token_and_a_split_word_is_the_same_text(folder: Path) -> None:
    encoder = Encoder(folder, split=1.0)
    assert len(encoder.ids(" (412, 80)")) == 2
    for text in TEXTS:
        spelt = {tuple(encoder.ids(text, Spelling(Random(seed), 1.0))) for seed in range(20)}
        assert {encoder.text(ids) for ids in spelt} == {text}
    words = (encoder.ids("register", Spelling(Random(seed), 1.0)) for seed in range(20))
    assert len(set(map(tuple, words))) > 1


def test_a_word_of_a_row_is_split_at_the_same_letters_wherever_it_stands(folder: Path) -> None:
    spelling = Spelling(Random(3), 1.0)
    pieces = spelling.pieces("Basket")
    assert len(pieces) > 1 and "".join(pieces) == "Basket"
    assert [piece.lower() for piece in pieces] == spelling.pieces("basket")
    assert Spelling(Random(3), 0.0).pieces("Basket") == ["Basket"]


def test_a_page_is_seen_behind_its_dialog(stock: WordStock, tmp_path: Path) -> None:
    page = {
        "title": "Members",
        "size": [1000, 600],
        "lines": [[f"Row {n}", 100, 40 * n, 160, 40 * n + 18, "t", 0] for n in range(1, 13)],
        "controls": [],
        "events": [],
        "tabs": [],
        "same": 0,
        "sound": 1,
        "command": "click @",
        "points": [[130, 49]],
        "purpose": 'click "Row 1"',
    }
    lines = [["Really?", 450, 280, 550, 298, "t", 0], ["Yes", 480, 320, 520, 338, "t", 0]]
    dialog = {**page, "lines": lines, "points": [[500, 329]], "purpose": 'click "Yes"'}
    stored = {"task": "modal", "goal": 'Click "Row 1".', "steps": [page, dialog]}
    with gzip.open(tmp_path / "episodes.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps(stored) + "\n")
    (episode,) = load_episodes(tmp_path / "episodes.jsonl.gz")
    made = [taught_turn(episode, 1, stock, Random(seed)) for seed in range(40)]
    seen = [each is not None and each.prompt.count("\n") > 8 for each in made]
    assert any(seen) and not all(seen)


def test_a_row_begins_with_what_the_local_backend_asks(folder: Path) -> None:
    prompt, turn = f"Task: x\nPage: Lumen\n{TEXTS[0]}", TEXTS[1]
    ids, weights = Encoder(folder).row(prompt, turn)
    codec = Codec(str(folder), NANO)
    asked = list(codec.encode([Message("user", (prompt,))]).ids)
    said = list(codec.spoken_ids(Message("assistant", (turn,))))
    assert ids == asked + said
    assert weights == [0.0] * len(asked) + [1.0] * len(said)


def test_a_number_always_gives_the_same_row(folder: Path) -> None:
    rows, others = ReadingRows(folder), ReadingRows(folder)
    forth = [rows.row(number) for number in range(12)]
    back = [others.row(number) for number in reversed(range(12))]
    assert forth == back[::-1]
    assert len({tuple(ids) for ids, _ in forth}) == 12
    assert ReadingRows(folder, seed=1).row(0) != forth[0]
    assert max(len(ids) for ids, _ in forth) <= LONGEST_ROW


@pytest.mark.parametrize("share", ["steps", "screens", "sketches"])
def test_every_turn_that_is_taught_is_an_action_of_the_grammar(folder: Path, share: str) -> None:
    none = {"steps": 0.0, "world": 0.0, "screens": 0.0, "sketches": 0.0, "large": 0.0}
    rows = ReadingRows(folder, Mixture(**{**none, share: 1.0}))
    made = [rows.turn(Random(seed)) for seed in range(40)]
    taught = [each for each in made if each is not None]
    assert len(taught) >= 8
    for each in taught:
        parsed = understood(each.turn, (1000, 500))
        assert parsed.error is None and parsed.action is not None, each.turn
        assert each.prompt.startswith("Task: ")


LARGE = {
    "size": [3840, 2160],
    "title": "Mixer",
    "lines": [
        ["Kettle", 3000.0, 1503.0, 3060.0, 1513.0, "t", 0],  # 5.3 px high at a glance
        ["Harbour", 300.0, 300.0, 700.0, 348.0, "t", 0],
    ],
    "controls": [["button", 200.0, 1000.0, 216.0, 1016.0, "Cut", "scissors", None, "", 0]],
    "questions": [],
}


def asking(kind: str, instruction: str, box: list[float] | None) -> dict[str, Any]:
    asked = {"kind": kind, "instruction": instruction, "bbox_xyxy": box, "answer": None}
    return {**LARGE, "questions": [asked]}


def test_what_is_small_on_a_large_screen_is_found_part_by_part() -> None:
    page = asking("label", "Kettle", LARGE["lines"][0][1:5])
    made = [large_turn(page, page["questions"][0], Random(seed)) for seed in range(300)]
    looks = [each for each in made if each is not None and "Closer:" in each.prompt]
    assert len(looks) > 100
    told: Counter[str] = Counter()
    for each in looks:
        parsed = understood(each.turn, (3840, 2160))
        assert parsed.error is None, each.turn
        unseen = each.prompt.rpartition("Not seen closely: ")[2].split(") (")[0].strip("()")
        match parsed.action:
            case Click(point):
                assert abs(point.x - 3030) < 40 and abs(point.y - 1508) < 12
            case Zoom(region):
                x, y = (float(part) for part in unseen.split(", "))
                assert region.center.x == pytest.approx(x * 3.84)
                assert region.center.y == pytest.approx(y * 2.16)
            case GiveUp():
                assert "Not seen closely" not in each.prompt
        told[type(parsed.action).__name__] += 1
    assert told["Click"] > 30 and told["Zoom"] > 10


def test_what_can_be_read_at_a_glance_is_clicked_at_once_and_what_is_not_there_given_up() -> None:
    plain = asking("label", "Harbour", LARGE["lines"][1][1:5])
    absent = asking("absent", "Bellows", None)
    clicked = 0
    for seed in range(60):
        there = large_turn(plain, plain["questions"][0], Random(seed))
        gone = large_turn(absent, absent["questions"][0], Random(seed))
        if there is not None and "Closer:" not in there.prompt and "Not seen" in there.prompt:
            action = understood(there.turn, (3840, 2160)).action
            if '"Harbour" (' in there.prompt and "?" not in there.prompt:
                assert isinstance(action, Click)
                clicked += 1
        if gone is not None:
            action = understood(gone.turn, (3840, 2160)).action
            assert isinstance(action, Zoom if "Not seen closely" in gone.prompt else GiveUp)
    assert clicked > 5


@pytest.mark.parametrize("size", [(600, 400), pytest.param((2400, 1200), marks=pytest.mark.slow)])
def test_what_the_reader_made_of_a_page_is_what_training_rows_tell(
    size: tuple[int, int], tmp_path: Path
) -> None:
    image = Image.new("RGB", size, "white")
    drawn = (size[0] - 200, 300), "Kettle", ImageFont.load_default(14)
    ImageDraw.Draw(image).text(*drawn[:2], fill="black", font=drawn[2])
    box = [float(side) for side in ImageDraw.Draw(image).textbbox(*drawn[:2], font=drawn[2])]
    picture = io.BytesIO()
    image.save(picture, "PNG")
    with tarfile.open(tmp_path / "shard.tar", "w") as shard:
        member = tarfile.TarInfo("page-0.png")
        member.size = len(picture.getvalue())
        picture.seek(0)
        shard.addfile(member, picture)
    (looks,) = look_at_all([tmp_path / "shard.tar"], tmp_path / "kept", 1)

    page = {**asking("label", "Kettle", box), "size": size, "looks": looks["page-0"]}
    whole, *parts = looks_of(page)
    assert whole.middle is None and whole.frame.region_css_px == Box(0, 0, *size)
    assert bool(parts) == is_large(page)
    seen = [(look, item) for look in looks_of(page) for row in look.rows for item in row]
    assert "Kettle" in [item.text for _, item in seen]
    for look, item in seen:
        assert Box(*box).contains(look.frame.to_region(item.box_px.center)), item
    make = large_turn if is_large(page) else reading_rows._world_taught_turn
    read = looks_of(page)
    (asked,) = page["questions"]
    turns = [make(page, asked, Random(seed), read) for seed in range(40)]
    made = [each for each in turns if each is not None]
    actions = [understood(each.turn, size).action for each in made]
    clicks = [action for action in actions if isinstance(action, Click)]
    assert len(clicks) > 5
    assert all(Box(*box).contains(click.point) for click in clicks)

    (kept,) = (tmp_path / "kept").iterdir()
    assert json.loads(kept.read_text()) == looks
    kept.write_text('{"page-0": []}')
    assert list(look_at_all([tmp_path / "shard.tar"], tmp_path / "kept", 1)) == [{"page-0": []}]


def test_a_recorded_step_becomes_a_turn_with_its_past(folder: Path, stock: WordStock) -> None:
    (episode,) = load_episodes(folder / "episodes.jsonl.gz")
    assert episode.sound == (1, 2, 3)
    made = taught_turn(episode, 2, stock, Random(0), level=0.0)
    assert made is not None
    assert made.prompt.splitlines() == [
        'Task: Sign in as "Karin Tanaka".',
        "1. scroll down: no change",
        '2. type field "Full name" "Karin Tanaka"',
        "Page: Lumen",
        '"Courses" (330, 81)',
        '"Full name" (80, 217)',
        'field "Full name" (190, 290) "" | "Register" (445, 290) button',
    ]
    assert made.turn == (
        '<think> press "Register": "Register" (445, 290) button </think>\n'
        "<answer> click (445, 290) </answer>"
    )


def test_other_words_are_never_those_that_are_held_out(stock: WordStock) -> None:
    _, held_out = reading_stock.vocabularies()
    assert held_out == stock.held_out and len(held_out) > 100
    assert not held_out & {*stock.others, *stock.drawn}
    drawn = " ".join(sorted(stock.drawn))
    for seed in range(12):
        renamed = Renames(stock, "login", Random(seed)).text(drawn)
        exchanged = set(re.findall("[a-z]+", renamed))
        assert not exchanged & held_out
        assert len(exchanged & stock.drawn) < len(stock.drawn) / 2


def test_a_word_has_one_exchange_wherever_it_stands(stock: WordStock) -> None:
    word = next(word for word in sorted(stock.drawn) if len(word) > 6)
    renames = Renames(stock, "login", Random(3))
    new = renames.text(word)
    assert new != word
    assert renames.text(f"{word.title()} 1").lower() == f"{new} 1"
    assert renames.quoted(f'click {word} "{word}"') == f'click {word} "{new}"'
    assert Renames(stock, "login", Random(3), identity=True).text(word) == word


@pytest.mark.timeout(20)
def test_numbers_run_out_without_a_hang(stock: WordStock) -> None:
    renames = Renames(stock, "login", Random(0))
    numbers = [str(n) for n in range(10)] + [f"{n:02}" for n in range(100)] + ["000", "007"]
    renamed = renames.text(" ".join(numbers)).split()
    assert renamed[:10] == numbers[:10]
    assert list(map(len, renamed)) == list(map(len, numbers))
    assert sum(a != b for a, b in zip(renamed, numbers, strict=True)) > 50
    # Ten single digits and more of them than there are.
    assert len({renames._number(digit) for digit in "0123456789"}) > 1


@pytest.mark.browser
async def test_the_oracle_s_actions_are_the_training_turns_of_its_episode(
    stock: WordStock, tmp_path: Path
) -> None:
    recorded = tmp_path / "episodes.jsonl.gz"
    async with Browser() as browser, Site() as site:
        for errs in (0.0, 0.6):
            stored = await play(site, browser, "login", 1, errs)
            assert stored is not None
            with gzip.open(recorded, "at", encoding="utf-8") as lines:
                lines.write(json.dumps(stored) + "\n")
    smooth, rough = load_episodes(recorded)
    assert len(smooth.sound) == len(smooth.steps)
    assert len(rough.sound) < len(rough.steps)
    for episode in (smooth, rough):
        check_turns(episode, stock)


def check_turns(episode: RememberedEpisode, stock: WordStock) -> None:
    assert episode.goal == TASKS["login"].row(1).goal
    kinds = []
    for index in episode.sound:
        each = episode.steps[index]
        made = taught_turn(episode, index, stock, Random(0), level=0.0)
        assert made is not None and made.prompt.startswith("Task: ")
        assert (f"\n{index}. " in made.prompt) == (index > 0)
        action = understood(made.turn, each["size"]).action
        kinds.append(type(action))
        if isinstance(action, Click | Type) and each["points"]:
            assert action.point is not None
            x, y = each["points"][0]
            assert abs(action.point.x - x) < 12 and abs(action.point.y - y) < 8
        if isinstance(action, Type):
            assert json.dumps(action.text) in each["command"]
    assert kinds.count(Type) >= 2 and kinds[-1] is Done
    # However it is disturbed, every turn can be understood.
    for seed in range(30):
        random = Random(seed)
        made = taught_turn(episode, random.choice(episode.sound), stock, random)
        assert made is None or understood(made.turn, (1280, 720)).error is None


@pytest.mark.browser
async def test_an_oracle_of_miniwob_teaches_what_it_does(stock: WordStock, tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl.gz"
    async with Browser() as browser, PagePool(browser, idle=1) as pages:
        with gzip.open(path, "wt", encoding="utf-8") as lines:
            for name in ("click-option", "click-scroll-list"):
                recorded = await play_miniwob(pages, name, 3)
                assert recorded is not None
                lines.write(json.dumps(recorded) + "\n")
    option, scrolled = load_episodes(path)
    assert option.source == "miniwob" and option.task in miniwob_names()
    first = taught_turn(option, 0, stock, Random(0), level=0.0)
    assert first is not None
    wanted = re.search(r"Select (.*?) and", option.goal)
    assert wanted is not None
    assert f'radio "{wanted[1]}"' in first.turn and "<answer> click (" in first.turn
    wheels = [i for i, step in enumerate(scrolled.steps) if step["command"].startswith("scroll")]
    assert not set(wheels) & set(scrolled.sound)


def test_turns_are_packed_side_by_side(folder: Path) -> None:
    objective = ReadingObjective(folder, lines=1)
    batch = objective.batch(0)
    encoder = Encoder(folder)
    assert batch.ids_B_L.shape == (1, LONGEST_ROW)
    count = 0
    for ids, segments, weights in zip(
        batch.ids_B_L.tolist(), batch.segments_B_L.tolist(), batch.weights_B_L.tolist(), strict=True
    ):
        numbers = [number for number in segments if number != PADDING]
        assert numbers == sorted(numbers) == segments[: len(numbers)]
        assert set(numbers) == set(range(1, max(numbers) + 1))
        for number in set(numbers):
            at = [place for place, other in enumerate(segments) if other == number]
            row = [ids[place] for place in at]
            assert row[0] == encoder.start and row[-1] == encoder.end
            assert encoder.text(row).count("<|im_start|>") == 2
            assert "Task: " in encoder.text(row)
            learnt = [weights[place] > 0 for place in at]
            assert learnt == sorted(learnt) and learnt[-1]
        assert not any(weights[len(numbers) :])
        count += len(set(numbers))
    assert count > 3
    again = ReadingObjective(folder, lines=1).batch(0)
    assert torch.equal(again.ids_B_L, batch.ids_B_L)
    assert not torch.equal(objective.batch(1).ids_B_L, batch.ids_B_L)
    with pytest.raises(ValueError, match="do not fit"):
        ReadingObjective(folder, tokens=LONGEST_ROW - 1)


def test_a_few_steps_lower_the_loss_of_an_objective(folder: Path) -> None:
    torch.set_num_threads(1)
    objective = ReadingObjective(folder, lines=1)
    model = build(folder, width=64, layers=1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    batch = objective.batch(0)
    losses = []
    for number in range(4):
        (told,) = objective.losses(model, batch, number)
        losses.append(told["loss"].item())
        assert 0 <= told["right"].item() <= 1
        optimizer.zero_grad()
        told["loss"].backward()
        optimizer.step()
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.slow
def test_a_seed_trains_the_same_network_again(folder: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    config = NanoConfig("reading", data=folder, steps=1, workers=0)
    weights = []
    for run in ("once", "again"):
        checkpoint = train_nano(config, tmp_path / run, lambda line: None)
        weights.append((checkpoint / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]


def test_near_coordinates_begin_alike(folder: Path) -> None:
    weight = build(folder, width=64, layers=1).get_input_embeddings().weight.detach()
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)

    def alike(one: int, other: int) -> float:
        ids = tokenizer.convert_tokens_to_ids([f" ({one}", f" ({other}"])
        return float(torch.cosine_similarity(weight[ids[0]], weight[ids[1]], dim=0))

    assert alike(400, 401) > alike(400, 460) + 0.1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("miniwob/click-tab", "not to be learnt from"),
        ("miniwob/click-option:3", "not to be learnt from"),
        ("miniwob/clck", "did you mean"),
        ("login:3", "name the task alone"),
    ],
)
def test_training_rows_are_made_of_training_tasks_alone(name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        playable([name])
    assert playable(["login", "miniwob/click-option"]) == ["login", "miniwob/click-option"]
