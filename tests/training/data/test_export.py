"""What is exported is what the model read and said, in forms that other tools load as they are."""

import asyncio
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image

from vigorl.agent.evaluation.evaluation import Sample
from vigorl.agent.record.ground_truth import GroundTruth
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.agent.rollout import rollout
from vigorl.agent.wrappers import equipped
from vigorl.browser.environment import Environment
from vigorl.browser.errors import InconsistentData, UsageError
from vigorl.browser.geometry import Box
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot
from vigorl.policy.backend import Message, Reply, Sampling, SamplingMode
from vigorl.policy.branch import replies_of
from vigorl.policy.conversation import Conversation
from vigorl.policy.family import family_named
from vigorl.policy.images import FittedImage
from vigorl.policy.model import ModelPolicy
from vigorl.policy.policy import Policy
from vigorl.training.data.conversations import conversations_in
from vigorl.training.data.dialogues import Dialogue, dialogues_of
from vigorl.training.data.episodes import RecordedEpisode, episodes_in, one_per_task, select
from vigorl.training.data.export import FORMATS, Format, export
from vigorl.training.data.held_out import check_learnable
from vigorl.training.data.selection import Selection
from vigorl.training.search.config import ChainConfig, SearchConfig
from vigorl.training.search.loop import search

FAMILY = family_named("vigorl-multiturn-grounding")
CALL = '<tool_call>{"name": "search_coordinate", "arguments": {"coordinate": [%d, %d]}}</tool_call>'
GOAL = "the left one, not <image> or <video>"
TARGET = (10.0, 10.0, 30.0, 30.0)
PLACES = ((20, 20), (60, 20), (60, 40))


def click(x: int, y: int) -> str:
    return f"<think> This ({x}, {y}). </think>\n<answer> ({x}, {y}) </answer>"


def look(x: int, y: int) -> str:
    return f"<think> Small ({x}, {y}). </think>\n{CALL % (x, y)}"


def picture(shade: int, width_px: int = 120, height_px: int = 60) -> Picture:
    """Of no whole cells: a model is shown 112 x 56."""
    return Picture.from_image(Image.new("RGB", (width_px, height_px), (shade, shade, 255)))


class Looker:
    """A backend that looks closer at one of three places, and then clicks there."""

    name = "looker"
    continues = False

    def __init__(self, random: Random | None = None) -> None:
        self._random = random or Random(0)

    def session(self, seed: int) -> "Looker":
        return Looker(Random(seed))

    async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
        await asyncio.sleep(0)
        said = [str(part) for m in messages if m.role == "assistant" for part in m.parts]
        if said:
            x, y = said[0].partition("(")[2].partition(")")[0].split(", ")
            return Reply(click(int(x), int(y)), 9, 9, False)
        return Reply(look(*self._random.choice(PLACES)), 9, 9, False)

    def describe(self) -> dict[str, Any]:
        return {"backend": "looker"}

    async def close(self) -> None:
        """Nothing is held."""


def sample(number: int) -> Sample:
    def make() -> Environment:
        return StaticScreenshot(picture(number), GOAL, Box(*TARGET))

    return Sample(f"left-{number}", (), {"id": number, "bbox_xyxy": TARGET, "answer": None}, make)


def world(policy: Policy) -> Environment:
    return equipped(sample(1).make(), policy)


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two searched samples, each with right and wrong ways."""
    folder = tmp_path_factory.mktemp("trees")
    policy = ModelPolicy(FAMILY, Looker(), Sampling(temperature=1.0))
    config = SearchConfig(simulations=2, rounds=8)
    asyncio.run(search(policy, [sample(7), sample(8)], config, folder))
    return folder


@pytest.fixture(scope="module")
def dialogues(trees: Path) -> list[Dialogue]:
    taken, left_out = select(episodes_in([trees], ChainConfig()), Selection())
    assert [episode.kind for episode in taken] == ["straight", "corrected"] * 2 and not left_out
    return [dialogue for episode in taken for dialogue in dialogues_of(episode)]


def images_of(dialogue: Dialogue) -> list[FittedImage]:
    return [part for m in dialogue.messages for part in m.parts if isinstance(part, FittedImage)]


# --- Dialogues ----------------------------------------------------------------------------------


def test_an_episode_is_learnt_with_the_prompt_that_it_was_played_with(tmp_path: Path) -> None:
    family = family_named("generic-pixels")
    policy = ModelPolicy(family, Looker(), Sampling())
    played = asyncio.run(rollout(policy, world(policy), Recorder(tmp_path / "run")))
    episode = RecordedEpisode("run", "played", played)
    prompt = family.system_prompt(frozenset({"click", "zoom"}))
    assert dialogues_of(episode)[0].messages[0].parts == (prompt,)
    old = replace(played, start=replace(played.start, actions=None))
    older = dialogues_of(replace(episode, trajectory=old))
    assert older[0].messages[0].parts == (family.system_prompt(),)


def test_a_chain_is_the_conversation_that_was_had_with_its_crops(dialogues: list[Dialogue]) -> None:
    straight, corrected = dialogues[:2]
    assert [message.role for message in straight.messages] == ["user", "assistant"] * 2
    assert [message.role for message in corrected.messages] == ["user", "assistant"] * 3
    assert [(image.width_px, image.height_px) for image in images_of(straight)] == [
        (112, 56),
        (504, 504),
    ]
    assert len({image.picture.sha256 for image in images_of(corrected)}) == 3
    said = [str(m.parts[0]) for m in corrected.messages if m.role == "assistant"]
    assert said[0].startswith("<think> Small (60,") and "Wait" in said[1]
    assert said[-1].endswith("<answer> (20, 20) </answer>")
    assert straight.family == FAMILY.name and straight.score == 1 and straight.task["id"] == 7


def test_a_history_that_was_rewritten_makes_several_dialogues_and_nothing_is_said_twice(
    tmp_path: Path,
) -> None:
    class Script(Looker):
        def session(self, seed: int) -> "Script":
            return Script()

        async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
            self.asked = getattr(self, "asked", 0) + 1
            text = click(20, 20) if self.asked == 6 else look(*PLACES[self.asked % 3])
            return Reply(text, 9, 9, False)

    policy = ModelPolicy(FAMILY, Script(), Sampling())
    trajectory = asyncio.run(
        rollout(policy, world(policy), Recorder(tmp_path / "run"), task={"id": 1})
    )
    (episode,) = episodes_in([tmp_path], None)
    made = dialogues_of(episode)
    # Five pictures fit; the sixth turn has lost the first look.
    assert [len(images_of(dialogue)) for dialogue in made] == [5, 5]
    assert [dialogue.first_new for dialogue in made] == [0, 9]
    new = [m for d in made for m in d.messages[d.first_new :] if m.role == "assistant"]
    assert [str(m.parts[0]) for m in new] == [step.turn.text for step in trajectory.steps]
    # As the model was asked at its last turn.
    conversation = Conversation(GOAL, FAMILY)
    for step in trajectory.steps:
        assert step.seen.view is not None
        conversation.see(Observation(trajectory.view(step.seen.view)))
        asked = conversation.messages()
        conversation.hear(Reply(step.turn.text, 0, 0, False), step.turn.action)
    assert made[-1].messages[:-1] == asked


def test_nothing_is_learnt_from_a_turn_that_was_begun_for_the_model(tmp_path: Path) -> None:
    class Stubborn(Looker):
        continues = True

        def session(self, seed: int) -> "Stubborn":
            return Stubborn()

        async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
            self.asked = getattr(self, "asked", 0) + 1
            text = " (20, 20) </answer>" if how == "greedy" else look(*PLACES[self.asked % 3])
            return Reply(text, 9, 9, False)

    policy = ModelPolicy(FAMILY, Stubborn(), Sampling())
    played = asyncio.run(rollout(policy, world(policy), Recorder(tmp_path / "run")))
    assert played.end and played.end.score and played.end.score.value == 1
    assert [bool(step.turn.begun) for step in played.steps] == [False] * 4 + [True]
    (episode,) = episodes_in([tmp_path], None)
    said = [str(m.parts[0]) for d in dialogues_of(episode) for m in d.messages if m.role != "user"]
    assert said == [step.turn.text for step in played.steps[:4]]
    # Said again as the stem of another episode, it is begun once.
    assert replies_of(step.turn for step in played.steps)[4].text == " (20, 20) </answer>"


def test_who_had_no_conversation_is_named(trees: Path) -> None:
    (episode, *_) = episodes_in([trees], None)
    for policy, said in (
        ({"policy": "random"}, "random, which is no language model"),
        ({"family": "nano", "window_screens": 4, "max_images": 8}, "tokens are kept, and no text"),
    ):
        start = replace(episode.trajectory.start, policy=policy)
        with pytest.raises(UsageError, match=said):
            dialogues_of(replace(episode, trajectory=replace(episode.trajectory, start=start)))


# --- Which episodes are taken -------------------------------------------------------------------


def test_episodes_are_taken_by_score_and_the_rest_is_counted(trees: Path) -> None:
    played = list(episodes_in([trees], None))
    right = [episode for episode in played if episode.score == 1]
    taken, left_out = select(played, Selection())
    assert taken == right
    assert left_out == {"with a score below 1": len(played) - len(right)}
    wrong, left_out = select(played, Selection(least_score=0, most_score=0.5))
    assert len(wrong) == len(played) - len(right)
    assert left_out == {"with a score above 0.5": len(right)}
    with pytest.raises(UsageError, match=r"of \d+ episodes, \d+ with a score below 2"):
        select(played, Selection(least_score=2))
    with pytest.raises(UsageError, match="no score is at least 1 and at most 0"):
        Selection(least_score=1, most_score=0)


def test_an_episode_that_broke_off_or_slipped_is_not_taken(tmp_path: Path) -> None:
    class Slip(Looker):
        def session(self, seed: int) -> "Slip":
            return Slip()

        async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
            if len(messages) == 1:
                return Reply("hm", 9, 9, False)
            return Reply(click(20, 20), 9, 9, False)

    policy = ModelPolicy(FAMILY, Slip(), Sampling())
    asyncio.run(rollout(policy, world(policy), Recorder(tmp_path / "slip")))
    asyncio.run(rollout(policy, world(policy), Recorder(tmp_path / "killed")))
    lines = (tmp_path / "killed" / "trajectory.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "killed" / "trajectory.jsonl").write_bytes(b"".join(lines[:-1]))
    assert read_trajectory(tmp_path / "slip").end is not None
    with pytest.raises(UsageError, match="1 broken off, 1 with a turn that could not be read"):
        select(episodes_in([tmp_path], None), Selection())
    taken, _ = select(episodes_in([tmp_path], None), Selection(takes_slips=True))
    assert [episode.name for episode in taken] == [str(tmp_path / "slip")]


def test_an_episode_that_was_understood_in_spite_of_its_form_is_not_taken(tmp_path: Path) -> None:
    class Talker(Looker):
        def session(self, seed: int) -> "Talker":
            return Talker()

        async def reply(self, messages: Sequence[Message], how: SamplingMode = "as set") -> Reply:
            return Reply(f"Sure! {click(20, 20)}", 9, 9, False)

    policy = ModelPolicy(FAMILY, Talker(), Sampling())
    played = asyncio.run(rollout(policy, world(policy), Recorder(tmp_path / "talk")))
    assert played.end and played.end.score and played.end.score.value == 1
    with pytest.raises(UsageError, match="1 with a turn that departs from its format"):
        select(episodes_in([tmp_path], None), Selection())
    assert select(episodes_in([tmp_path], None), Selection(takes_slips=True))[0]


def test_of_each_task_one_episode_stands_for_the_mean(trees: Path) -> None:
    played = list(episodes_in([trees], None))
    tasks = one_per_task(played, None, None)
    assert len(tasks) == 2
    for task in tasks:
        scores = [
            e.score or 0 for e in played if e.trajectory.start.task == task.trajectory.start.task
        ]
        assert (
            task.mean_score == pytest.approx(sum(scores) / len(scores)) and 0 < task.mean_score < 1
        )
    with pytest.raises(UsageError, match="none of 2 tasks"):
        one_per_task(played, 1.0, None)


def test_folders_without_episodes_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        list(episodes_in([tmp_path / "nowhere"], ChainConfig()))
    with pytest.raises(UsageError, match="holds no recorded episode"):
        list(episodes_in([tmp_path], ChainConfig()))


# --- Forms --------------------------------------------------------------------------------------


def test_sharegpt_is_what_llama_factory_reads(dialogues: list[Dialogue], tmp_path: Path) -> None:
    """Its rules: two names by turns, human first; one `<image>` a picture; files below the folder.

    The real parser and converter of LLaMA-Factory 0.9.5 were run by hand on such a folder.
    """
    out = tmp_path / "out"
    assert export(dialogues, "sharegpt", out) == 4
    info = json.loads((out / "dataset_info.json").read_text())["vigorl"]
    assert info["formatting"] == "sharegpt" and (out / info["file_name"]).is_file()
    rows = [json.loads(line) for line in (out / info["file_name"]).read_text().splitlines()]
    names = set()
    for row, dialogue in zip(rows, dialogues, strict=True):
        turns = row[info["columns"]["messages"]]
        assert [turn["from"] for turn in turns] == ["human", "gpt"] * (len(turns) // 2)
        text = "".join(turn["value"] for turn in turns)
        assert text.count("<image>") == len(row["images"]) == len(images_of(dialogue))
        assert "< image> or < video>" in text and "<video>" not in text
        for name, image in zip(row["images"], images_of(dialogue), strict=True):
            with Image.open(out / name) as stored:
                assert stored.size == (image.width_px, image.height_px)
                assert stored.convert("RGB").tobytes() == image.image().tobytes()
        names |= set(row["images"])
    assert len(names) == len(list((out / "images").iterdir())) < sum(len(r["images"]) for r in rows)
    card = json.loads((out / "dataset_card.json").read_text())
    assert (card["dialogues"], card["images"], card["largest_image_pixels"]) == (
        4,
        len(names),
        504 * 504,
    )


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[Any]:
    """`datasets.load_dataset`, with a cache of its own."""
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()

    def load(*what: Any, **how: Any) -> Any:
        return datasets.load_dataset(*what, split="train", cache_dir=str(tmp_path / "cache"), **how)

    yield load
    datasets.enable_progress_bars()


def test_trl_gets_its_messages_and_its_pictures(
    dialogues: list[Dialogue], tmp_path: Path, loaded: Any
) -> None:
    data_utils = pytest.importorskip("trl.data_utils")
    export(dialogues, "trl", tmp_path / "out")
    rows = loaded(str(tmp_path / "out"))
    assert {"messages", "images"} <= set(rows.column_names) and len(rows) == 4
    by_name = {row["id"]: row for row in rows}
    for dialogue in dialogues:
        row = by_name[dialogue.name]
        prepared = data_utils.prepare_multimodal_messages(row["messages"], images=row["images"])
        shown = [p["image"] for m in prepared for p in m["content"] if p["type"] == "image"]
        assert [image.convert("RGB").tobytes() for image in shown] == [
            image.image().tobytes() for image in images_of(dialogue)
        ]
        said = [p["text"] for m in prepared for p in m["content"] if p["type"] == "text"]
        assert said == [
            part for m in dialogue.messages for part in m.parts if isinstance(part, str)
        ]


def test_parquet_holds_all_and_equal_pictures_once(
    dialogues: list[Dialogue], tmp_path: Path, loaded: Any
) -> None:
    export(dialogues, "parquet", tmp_path / "one")
    path = tmp_path / "one" / "train.parquet"
    rows = loaded("parquet", data_files=str(path))
    for row, dialogue in zip(rows, dialogues, strict=True):
        assert row["id"] == dialogue.name and row["score"] == 1 and row["family"] == FAMILY.name
        assert json.loads(row["task"])["bbox_xyxy"] == list(TARGET)
        assert [image.size for image in row["images"]] == [
            (image.width_px, image.height_px) for image in images_of(dialogue)
        ]
        assert [message["role"] for message in row["messages"]] == [
            m.role for m in dialogue.messages
        ]
    size = path.stat().st_size
    export(dialogues * 9, "parquet", tmp_path / "nine")
    assert (tmp_path / "nine" / "train.parquet").stat().st_size < 1.3 * size


def test_verl_gets_prompts_and_what_is_right_in_the_coordinates_of_the_answer(
    trees: Path, tmp_path: Path, loaded: Any
) -> None:
    """As its `RLHFDataset` takes a row apart; that of verl 0.9.1 was run by hand on such a file."""
    tasks = one_per_task(episodes_in([trees], None), None, None)
    written = export((d for e in tasks for d in dialogues_of(e)), "verl", tmp_path / "out")
    rows = loaded("parquet", data_files=str(tmp_path / "out" / "train.parquet"))
    assert written == len(rows) == 2
    for row, task in zip(rows, tasks, strict=True):
        (message,) = row["prompt"]
        assert message["role"] == "user"
        assert message["content"].count("<image>") == len(row["images"]) == 1
        assert row["images"][0].size == (112, 56)
        truth = json.loads(row["reward_model"]["ground_truth"])
        # The picture of 120 x 60 px was shown as 112 x 56.
        scaled = [TARGET[0] * 112 / 120, TARGET[1] * 56 / 60, TARGET[2] * 112 / 120, 28]
        assert truth["bbox_xyxy"] == pytest.approx(scaled, abs=0.01)
        assert row["extra_info"]["mean_score"] == task.mean_score
        assert row["data_source"] == f"vigorl/{FAMILY.name}" and row["ability"] == "grounding"


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        (GroundTruth(), "neither a target"),
        (GroundTruth((Box(200, 0, 210, 9),)), "outside of its picture"),
    ],
)
def test_a_task_that_verl_could_not_judge_is_named_and_leaves_no_trace(
    dialogues: list[Dialogue], tmp_path: Path, truth: GroundTruth, said: str
) -> None:
    broken = Dialogue("number one", dialogues[0].messages, FAMILY.name, truth=truth)
    with pytest.raises(InconsistentData, match=f"number one.* {said}"):
        export([dialogues[0], broken], "verl", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_there_is_never_overwritten(
    form: Format, dialogues: list[Dialogue], tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("keep")
    with pytest.raises(UsageError, match="choose another --out"):
        export(dialogues, form, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("form", ["sharegpt", "trl"])
def test_what_was_exported_is_read_back(
    form: Format, dialogues: list[Dialogue], tmp_path: Path
) -> None:
    export(dialogues, form, tmp_path / "out")
    again = list(conversations_in(tmp_path / "out", FAMILY))
    for one, other in zip(dialogues, again, strict=True):
        assert [message.role for message in one.messages] == [m.role for m in other.messages]
        pairs = zip(images_of(one), images_of(other), strict=True)
        assert all(a.image().tobytes() == b.image().tobytes() for a, b in pairs)
        if form == "trl":
            assert _texts(one) == _texts(other)
        else:
            assert _texts(one).replace("<", "").replace(" ", "") == _texts(other).replace(
                "<", ""
            ).replace(" ", "")


def _texts(dialogue: Dialogue) -> str:
    return "".join(part for m in dialogue.messages for part in m.parts if isinstance(part, str))


def test_pictures_keep_their_own_bytes_where_they_were_shown_at_their_own_size(
    tmp_path: Path,
) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (112, 56), "navy").save(buffer, "JPEG")
    jpeg = Picture.from_bytes(buffer.getvalue())
    messages = (Message("user", (FittedImage(jpeg, 112, 56), "x")), Message("assistant", ("y",)))
    export([Dialogue("x", messages, FAMILY.name)], "sharegpt", tmp_path / "out")
    (stored,) = (tmp_path / "out" / "images").iterdir()
    assert stored.suffix == ".jpg" and stored.read_bytes() == jpeg.data


def test_episodes_of_test_seeds_are_left_out_unless_asked_for(trees: Path) -> None:
    episode = next(iter(episodes_in([trees], None)))

    def on(task: dict[str, Any]) -> RecordedEpisode:
        start = replace(episode.trajectory.start, task=task)
        return replace(episode, trajectory=replace(episode.trajectory, start=start))

    played = [on({"seed": 3}), on({"seed": 1_000_000}), on({"split": "test"}), on({})]
    taken, left_out = select(played, Selection(least_score=0))
    assert taken == [played[0], played[3]]
    assert left_out == {"of a test seed (--test-data takes them)": 2}
    assert select(played, Selection(least_score=0, takes_test_data=True))[0] == played


def test_generated_pages_of_a_test_split_are_not_learnt_from(tmp_path: Path) -> None:
    card = tmp_path / "card.json"
    for text in ("", "[]", '{"split": "train"}'):
        card.write_text(text)
        check_learnable(tmp_path)
    card.write_text('{"split": "test"}')
    with pytest.raises(UsageError, match="held out to measure on: learn from another"):
        check_learnable(tmp_path)
