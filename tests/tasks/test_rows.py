"""Rows: drawn from the seed alone, complete, and told in a language that `reader` follows."""

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter

from vigorl.browser.errors import UsageError
from vigorl.policy.reader.language.instructions import parse_instructions
from vigorl.tasks.local.draw import WordLists
from vigorl.tasks.local.embedded import Outcome, design_of
from vigorl.tasks.local.registry import DEMO, TASKS, find_task, task_rows
from vigorl.tasks.task import TEST_SEEDS, TRAIN_SEEDS, TaskRow

ROW = TypeAdapter(TaskRow)
SEEDS = (*TRAIN_SEEDS[:25], *TEST_SEEDS[:25])


def digest() -> str:
    rows = [ROW.dump_json(task.row(seed)) for task in TASKS.values() for seed in SEEDS[::10]]
    return hashlib.sha256(b"".join(rows)).hexdigest()


def test_there_are_tasks_of_every_kind() -> None:
    assert len(TASKS) >= 18
    for name, task in TASKS.items():
        assert task.name == name
        assert task.summary


def test_rows_are_the_same_in_another_process() -> None:
    program = f"import runpy; print(runpy.run_path({__file__!r})['digest']())"
    seen = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert seen == {digest()}


def test_seeds_draw_different_tasks(name: str) -> None:
    rows = [TASKS[name].row(seed) for seed in SEEDS]
    assert len({row.instructions for row in rows}) > len(rows) * 0.6
    assert len({row.parameters["design"]["look"] for row in rows}) >= 8
    assert len({(row.width_px, row.height_px) for row in rows}) >= 4


def test_a_row_read_back_from_json_is_the_same_task(name: str) -> None:
    task = TASKS[name]
    for seed in SEEDS[::5]:
        row = task.row(seed)
        again = ROW.validate_json(ROW.dump_json(row))
        assert again == row
        assert task.spec_of(again) == task.spec_of(row)
        assert design_of(again) == design_of(row)


def test_doing_nothing_scores_nothing(name: str) -> None:
    task = TASKS[name]
    for seed in SEEDS:
        spec = task.spec_of(task.row(seed))
        for answer in (None, "", "done", "I do not know"):
            assert task.judge(spec, Outcome(task.world(spec), answer)).value == 0.0, seed


def test_the_gold_answer_is_accepted_in_words_too(name: str) -> None:
    task = TASKS[name]
    for seed in SEEDS:
        row = task.row(seed)
        spec = task.spec_of(row)
        if row.answer is None or name == "shop":  # the tour needs its cart as well
            continue
        for answer in (row.answer, f"It is {row.answer}.", f"  {row.answer.lower()} "):
            score = task.judge(spec, Outcome(task.world(spec), answer))
            assert score.value == 1.0, (row.id, answer, score)


def test_instructions_are_steps_that_reader_knows(name: str) -> None:
    task = TASKS[name]
    for seed in SEEDS:
        row = task.row(seed)
        assert len(parse_instructions(row.instructions)) == len(task.plan(task.spec_of(row)))


def test_a_goal_gives_no_steps_away(name: str) -> None:
    for seed in SEEDS[::5]:
        row = TASKS[name].row(seed)
        assert row.goal != row.instructions
        assert not re.search(r"\b(?:click|press|scroll down|type)\b", row.goal, re.IGNORECASE)


def strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for part in value.values():
                yield from strings(part)
        case list() | tuple():
            for part in value:
                yield from strings(part)


def test_what_a_test_row_is_about_was_in_no_training_row(name: str) -> None:
    def drawn(seeds: range) -> set[str]:
        rows = [TASKS[name].row(seed).parameters for seed in seeds]
        return {
            text for row in rows for part in ("design", "house") for text in strings(row[part])
        } - {"light", "dark", "top", "side", "bare"}

    assert not drawn(TRAIN_SEEDS[:100]) & drawn(TEST_SEEDS[:100])
    goals = [
        {TASKS[name].row(seed).goal for seed in seeds[:100]} for seeds in (TRAIN_SEEDS, TEST_SEEDS)
    ]
    assert not goals[0] & goals[1]


def test_a_vocabulary_with_a_shared_word_is_refused() -> None:
    with pytest.raises(ValueError, match="Oslo"):
        WordLists(train=("Oslo", "Riga"), test=("Oslo",))


def test_tasks_are_found_by_name_and_by_id() -> None:
    assert find_task("login:17") == TASKS["login"].row(17)
    assert find_task("login") == TASKS["login"].row(0)
    assert find_task(DEMO).name == "shop"


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ("logn:17", "did you mean 'login'"),
        ("paginaton", "did you mean 'pagination'"),
        ("xyzzy", "Tasks: login, search"),
        ("login:x", "whole number"),
        ("login:", "whole number"),
        ("login:-1", "whole number"),
        ("login:9999999", "in no split"),
    ],
)
def test_a_wrong_request_is_told_what_to_change(request_: str, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        find_task(request_)


def test_rows_of_a_split_come_task_by_task() -> None:
    rows = task_rows("test", 3, ["login", "todo"])
    assert [row.id for row in rows[:4]] == [
        "login:1000000", "login:1000001", "login:1000002", "todo:1000000",
    ]  # fmt: skip
    assert {row.split for row in rows} == {"test"}
    assert len(task_rows("train", 2)) == 2 * len(TASKS)
    assert task_rows("test", 2, ["todo"], skipped_seeds=1) == rows[4:]
    with pytest.raises(UsageError, match="did you mean 'todo'"):
        task_rows("test", 1, ["toddo"])
    with pytest.raises(UsageError, match="name the task alone, 'login'"):
        task_rows("test", 1, ["login:3"])
