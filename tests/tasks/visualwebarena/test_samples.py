"""VisualWebArena as samples: chosen by name, played in one loop, summed up by both rules."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from vigorl.agent.benchmarks.visualwebarena import (
    LIMITS,
    Answering,
    VwaConfig,
    by_rules,
    chosen,
    open_visualwebarena,
)
from vigorl.agent.evaluation.evaluation import Result, evaluate
from vigorl.browser.actions import Action, Click, Done, GiveUp
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Point
from vigorl.browser.observation import Observation
from vigorl.policy.policy import Turn
from vigorl.tasks.visualwebarena.files import read_tasks

from .contract import ContractSite


@dataclass
class Script:
    """Says what stands in its script for a goal."""

    lines: dict[str, Sequence[Action]]
    name: str = "script"
    acts_on_marks: bool = False
    needs_instructions: bool = False
    left: list[Action] = field(default_factory=list)

    def actor(self, goal: str) -> "Script":
        return Script(self.lines, left=list(self.lines[goal]))

    def describe(self) -> dict[str, Any]:
        return {"name": self.name}

    async def act(self, observation: Observation) -> Turn:
        return Turn("", "", (), self.left.pop(0))

    async def close(self) -> None:
        return None


def entry(number: int, intent: str, difficulty: str, **evaluation: Any) -> dict[str, Any]:
    return {
        "sites": ["reddit"],
        "task_id": number,
        "intent": intent,
        "start_url": "__REDDIT__/board",
        "storage_state": "./.auth/reddit_state.json",
        "overall_difficulty": difficulty,
        "eval": evaluation,
    }


def title(text: str, **further: Any) -> dict[str, Any]:
    required = {"must_include": [text], **further}
    return {
        "eval_types": ["program_html"],
        "program_html": [
            {"url": "last", "locator": "document.title", "required_contents": required}
        ],
    }


ENTRIES = [
    entry(0, "press", "easy", **title("Pressed")),
    entry(1, "press, but not", "easy", **title("Pressed", must_exclude=["pressed"])),
    entry(
        2,
        "impossible",
        "hard",
        eval_types=["string_match"],
        reference_answers={"exact_match": "N/A"},
    ),
    entry(
        3,
        "judged",
        "hard",
        eval_types=["string_match"],
        reference_answers={"fuzzy_match": ["yes"]},
    ),
    entry(4, "broken", "hard", eval_types=["no such"]),
]
PRESS = Click(Point(100, 50))
LINES: dict[str, Sequence[Action]] = {
    "press": [PRESS, Done()],
    "press, but not": [PRESS, Done()],
    "impossible": [GiveUp("there is none")],
    "judged": [Done("yes")],
    "broken": [Done()],
}


@pytest.fixture
def config(site: ContractSite, tmp_path: Path) -> VwaConfig:
    data = tmp_path / "config_files" / "vwa"
    data.mkdir(parents=True)
    (data / "test_reddit.raw.json").write_text(json.dumps(ENTRIES))
    return VwaConfig(site.sites, data=tmp_path, rest_s=0.0)


@pytest.mark.browser
async def test_an_evaluation_is_summed_up_by_both_rules(config: VwaConfig, tmp_path: Path) -> None:
    results: list[Result] = []
    async with open_visualwebarena(config) as samples:
        assert [sample.id for sample in samples] == [f"reddit/{n}" for n in range(5)]
        await evaluate(
            Answering(Script(LINES)),
            samples,
            tmp_path / "out",
            limits=LIMITS,
            on_result=results.append,
        )
    results.sort(key=lambda result: result.id)
    assert [result.score for result in results] == [1.0, 1.0, 1.0, None, None]
    assert [result.status for result in results] == ["done", "done", "done", "done", "fault"]
    tables = by_rules(results, fixed=False)
    official, fixed = tables["official"], tables["fixed"]
    assert (official["all"].mean, official["all"].n) == (1.0, 3)
    assert (fixed["all"].mean, fixed["all"].n) == (0.5, 4)  # the crash counts, the unjudged not
    assert (fixed["easy difficulty"].mean, fixed["easy difficulty"].n) == (0.5, 2)
    assert official["a model judges"].n == 0
    assert list(official) == [
        "reddit",
        "easy difficulty",
        "rules judge",
        "hard difficulty",
        "a model judges",
        "all",
    ]


def test_tasks_are_chosen_by_site_or_by_name(config: VwaConfig) -> None:
    tasks = read_tasks(config.sites, config.data)
    assert [task.id for task in chosen(tasks, ["reddit/3", "reddit/1", "reddit/3"])] == [
        "reddit/3",
        "reddit/1",
    ]
    assert [task.id for task in chosen(tasks, ["4", "0"])] == ["reddit/4", "reddit/0"]
    assert len(chosen(tasks, ["reddit"])) == len(chosen(tasks, None)) == 5
    with pytest.raises(UsageError, match="no 'forum'"):
        chosen(tasks, ["forum"])


def test_a_file_for_all_sites_is_cut_where_the_next_site_begins(
    config: VwaConfig, tmp_path: Path
) -> None:
    several = [
        {**ENTRIES[0], "sites": sites, "task_id": number}
        for number, sites in enumerate(
            [["classifieds"], ["classifieds", "shopping"], ["reddit"], ["wikipedia", "reddit"]]
        )
    ]
    folder = tmp_path / "whole"
    folder.mkdir()
    (folder / "test_raw.json").write_text(json.dumps(several))
    tasks = read_tasks(config.sites, folder)
    assert [task.id for task in tasks] == [
        "classifieds/0",
        "classifieds/1",
        "reddit/0",
        "reddit/1",
    ]
    assert tasks[0].start_urls == (f"{config.sites.reddit}/board",)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(UsageError, match="no test_"):
        read_tasks(config.sites, tmp_path / "nothing")
