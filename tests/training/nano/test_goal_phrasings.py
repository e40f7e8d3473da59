"""Goals as people put them: another form, the same names."""

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from random import Random

import pytest

pytest.importorskip("transformers")

from vigorl.tasks.local.registry import TASKS
from vigorl.training.nano.goal_phrasings import PHRASINGS, as_people_say

RECORDED = Path(__file__).parents[3] / "training/nano/recorded/episodes.jsonl.gz"
SLOT = re.compile(r"\{(\w)\}")


@pytest.mark.parametrize("form", PHRASINGS)
def test_every_form_keeps_all_names_and_none_is_the_tasks_own(form: str) -> None:
    others = PHRASINGS[form]
    assert form not in others and len(set(others)) == len(others)
    for other in others:
        assert sorted(set(SLOT.findall(other))) == sorted(SLOT.findall(form)), other


def test_a_goal_is_put_in_many_ways_with_its_own_names() -> None:
    goal = 'Rename the file "b.txt" in the folder "Old" to "c d.md".'
    said = {as_people_say(goal, Random(seed)) for seed in range(40)}
    assert 'In the folder "Old", give "b.txt" the name "c d.md".' in said and len(said) == 3
    assert as_people_say('Delete the project "Owl".', Random(0)) in {
        "Delete Owl",
        'I want to delete the project "Owl".',
        "One of my projects is Owl: delete that one.",
    }
    assert as_people_say("Order once more what I ordered in July 2023.", Random(0)) is None
    assert as_people_say("Click on the button.", Random(0)) is None


def test_the_goals_of_every_embedded_task_have_other_forms() -> None:
    known: Counter[str] = Counter()
    with gzip.open(RECORDED, "rt", encoding="utf-8") as lines:
        for episode in map(json.loads, lines):
            known[episode["task"]] += as_people_say(episode["goal"], Random(0)) is not None
    assert {task for task in TASKS if known[task] > 0} == {task for task in TASKS if task in known}
    assert len(known & Counter(dict.fromkeys(TASKS, 1))) > 15
