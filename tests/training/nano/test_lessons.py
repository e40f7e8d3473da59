"""Lessons: nano's turns as conversations for a language model that is fine-tuned."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.training.nano.recorded import EPISODE
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Frame
from vigorl.policy.family import family_named
from vigorl.policy.grammar import parse
from vigorl.policy.nano.numbering import NumberedItems
from vigorl.policy.nano.said import departures
from vigorl.policy.nano.told_items import ToldItems

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from vigorl.policy.local.tiny import write_tiny_checkpoint  # noqa: E402
from vigorl.training.data.conversations import SHAREGPT  # noqa: E402
from vigorl.training.nano import reading_stock  # noqa: E402
from vigorl.training.nano.lessons import write_lessons  # noqa: E402
from vigorl.training.sft.config import FineTuneConfig  # noqa: E402
from vigorl.training.sft.fine_tuning import fine_tune  # noqa: E402

pytestmark = pytest.mark.model

SCOUT = family_named("scout")


def write_recorded(folder: Path, *episodes: dict[str, Any]) -> None:
    with gzip.open(folder / "episodes.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(episode) + "\n" for episode in episodes)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("lessons")
    write_recorded(out, EPISODE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading_stock, "GOALS", 5)
        reading_stock.prepare(out / "prepared", out / "episodes.jsonl.gz")
    return out / "prepared"


def test_a_lesson_is_understood_and_keeps_to_places_that_it_was_told(
    recorded: Path, tmp_path: Path
) -> None:
    counts = write_lessons(recorded, tmp_path, SCOUT, 60, 3000)
    lines = (tmp_path / SHAREGPT).read_text("utf-8").splitlines()
    assert counts.written == len(lines) == 60
    goals = set()
    for line in lines:
        (asked, prompt), (answered, turn) = (
            (each["from"], each["value"]) for each in json.loads(line)["conversations"]
        )
        assert (asked, answered) == ("human", "gpt")
        assert len(prompt) <= 3000 and prompt.startswith("Task: ")
        assert not list(departures(prompt, turn))
        told = ToldItems.of(prompt)
        assert told.numbers and not told.points
        places = {number: f"({at}, 7)" for at, number in enumerate(told.numbers)}
        understood = NumberedItems(places, {}).understood(turn)
        assert parse(understood, SCOUT.dialect(Frame.of_viewport(1000, 500))).error is None
        goals.add(prompt.partition("\n")[0])
    assert len(goals) > 20
    write_lessons(recorded, tmp_path / "again", SCOUT, 60, 3000)
    assert (tmp_path / "again" / SHAREGPT).read_text("utf-8").splitlines() == lines
    write_lessons(recorded, tmp_path / "other", SCOUT, 60, 3000, seed=1)
    assert not set((tmp_path / "other" / SHAREGPT).read_text("utf-8").splitlines()) & set(lines)


@pytest.mark.parametrize(
    "held_out",
    [{"seed": 1_000_000}, {"task": "miniwob/click-button"}, {"task": "vwa/12"}],
    ids=["test seed", "test task", "another benchmark"],
)
def test_what_is_held_out_is_not_taught(held_out: dict[str, Any], tmp_path: Path) -> None:
    write_recorded(tmp_path, EPISODE, EPISODE | held_out)
    with pytest.raises(UsageError, match="held out: nothing could be measured"):
        write_lessons(tmp_path, tmp_path / "out", SCOUT, 4, 3000)
    assert not (tmp_path / "out" / SHAREGPT).exists()


def test_lessons_that_cannot_be_are_refused_and_leave_earlier_ones(
    recorded: Path, tmp_path: Path
) -> None:
    write_lessons(recorded, tmp_path, SCOUT, 2, 3000)
    with pytest.raises(UsageError, match="at most 20 characters: allow more"):
        write_lessons(recorded, tmp_path, SCOUT, 2, 20)
    with pytest.raises(UsageError, match="choose a family that reads"):
        write_lessons(recorded, tmp_path, family_named("qwen2.5-vl"), 2, 3000)
    with pytest.raises(UsageError, match="vigorl-agent data oracles"):
        write_lessons(tmp_path, tmp_path, SCOUT, 2, 3000)
    assert len((tmp_path / SHAREGPT).read_text("utf-8").splitlines()) == 2


@pytest.mark.slow
def test_a_language_model_learns_from_lessons(recorded: Path, tmp_path: Path) -> None:
    write_lessons(recorded, tmp_path / "lessons", SCOUT, 4, 500)
    config = FineTuneConfig(
        data=(tmp_path / "lessons",),
        model=str(write_tiny_checkpoint(tmp_path / "base", "llama")),
        updates=6,
        batch=4,
        held_out=0,
        learning_rate=1e-2,
        device="cpu",
    )
    said: list[str] = []
    model = fine_tune(config, tmp_path / "run", said.append)
    assert (model / "config.json").is_file()
    lines = (tmp_path / "run" / "metrics.jsonl").read_text("utf-8").splitlines()
    losses = [json.loads(line)["loss"] for line in lines]
    assert losses[-1] < 0.7 * losses[0], losses
