"""An evaluation in shards: played apart, merged into what one machine would have recorded."""

import json
import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image

from vigorl.agent.evaluation.evaluation import evaluate
from vigorl.agent.evaluation.merging import merge
from vigorl.agent.evaluation.report import plain_report
from vigorl.agent.evaluation.sample import Sample
from vigorl.agent.evaluation.shards import Heading, Shard, read_plan
from vigorl.agent.evaluation.summary import Summary
from vigorl.agent.evaluation.tries import Tries
from vigorl.agent.rollout import Limits
from vigorl.agent.viewer.gallery import write_gallery
from vigorl.browser.actions import Click
from vigorl.browser.environment import Environment
from vigorl.browser.errors import InconsistentData, PolicyFault, UsageError
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture
from vigorl.browser.still_image import StaticScreenshot
from vigorl.policy.policy import Turn

PICTURES = [Picture.from_image(Image.new("RGB", (40, 30), colour)) for colour in ("white", "tan")]
LIMITS = Limits(steps=2)
TRIES = Tries(2, 0)
BROKEN, FLAWED = "find 3", "find 8"
"""Goals at which the policy's server is down, and at which it is once."""


@dataclass
class Drawing:
    """Clicks left or right, as it draws; so is what its server does to some goals."""

    name: str = "drawing"
    url: str = "http://one"
    seed: str = ""
    goal: str = ""
    tries: int = 0
    acts_on_marks = False
    needs_instructions = False

    def numbered(self, episode: int) -> "Drawing":
        return replace(self, seed=str(episode))

    def actor(self, goal: str) -> "Drawing":
        self.tries += 1
        actor = copy(self)
        actor.goal = goal
        return actor

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, "url": self.url}

    async def act(self, observation: Observation) -> Turn:
        if self.goal == BROKEN or (self.goal == FLAWED and self.tries == 1):
            raise PolicyFault("the server is down")
        x = Random(f"{self.seed} {self.tries}").choice((10, 30))
        return Turn(f"to {x}", "", (), Click(Point(x, 15)), sampled_token_count=1)

    async def close(self) -> None:
        return None


def samples(count: int = 11, width_px: int = 20) -> list[Sample]:
    def sample(number: int) -> Sample:
        target, goal = Box(0, 0, width_px, 30), f"find {number}"

        def make() -> Environment:
            if number == 5:
                raise KeyError("a mistake of the program")
            return StaticScreenshot(PICTURES[number % 2], goal, target)

        cells = (("text", "icon")[number % 2],)
        return Sample(f"site/{number}", cells, {"target": width_px}, make, True, goal)

    return [sample(number) for number in range(count)]


async def play(
    folder: Path,
    shard: str | None = None,
    of: Sequence[Sample] | None = None,
    policy: Drawing | None = None,
    limits: Limits = LIMITS,
) -> Summary:
    return await evaluate(
        policy or Drawing(),
        of or samples(),
        folder,
        limits=limits,
        tries=TRIES,
        max_faults=0.5,
        shard=Shard.of(shard) if shard else None,
        heading=Heading("", "drawing"),
    )


def recorded(folder: Path, summary: Summary) -> dict[str, Any]:
    """All that an evaluation leaves behind but for times, where it stands, and traces."""
    page = write_gallery(folder, plain_report(replace(summary, median_s=0), "drawing")).read_text()
    lines = (folder / "results.jsonl").read_text().splitlines()
    kept = {**json.loads((folder / "summary.json").read_text()), "median_s": 0, "folder": ""}
    return {
        "results": [{**json.loads(line), "seconds": 0} for line in lines],
        "summary": kept,
        "page": re.sub(
            r"[\d-]{10}[T ][\d:]{5,8}\S*|\d+(\.\d)? m?s|\S*mistakes.txt", "", page
        ).replace(str(folder), ""),
        "plan": json.loads((folder / "evaluation.json").read_text()),
        "files": sorted(str(path.relative_to(folder)) for path in folder.rglob("[!.]*")),
        "mistakes": (folder / "mistakes.txt").read_text().count("KeyError: 'a mistake"),
        "modes": {(path.name, path.stat().st_mode) for path in (folder / "images").iterdir()},
    }


async def test_three_shards_merged_equal_the_whole_with_faults_and_draws(tmp_path: Path) -> None:
    whole = await play(tmp_path / "whole")
    folders = [tmp_path / f"part-{number}" for number in (1, 2, 3)]
    # each from a server of its own, the last one first
    for number, folder in reversed([*enumerate(folders, 1)]):
        part = await play(folder, f"{number}/3", policy=Drawing(url=f"http://{number}"))
        assert 3 <= part.cells["all"].n + part.broken <= 4
    plan, merged = merge([folders[1], folders[2], folders[0]], tmp_path / "merged")
    found, expected = (recorded(s.folder, s) for s in (merged, whole))
    found["plan"]["policy"] = expected["plan"]["policy"]  # whose server it was
    assert found == expected
    assert (whole.broken, whole.retried, whole.mistakes) == (2, 3, 1)
    assert len({result["score"] for result in found["results"]}) == 3  # right, wrong and neither
    assert whole.cells == merged.cells and plan.shard is None


async def test_a_shard_goes_on_where_it_was_stopped_and_takes_in_no_other(tmp_path: Path) -> None:
    part, unfinished = tmp_path / "part", tmp_path / "unfinished"
    await play(part, "2/2")
    await play(unfinished, "1/2")
    for folder, others in ((part, "1/2"), (part, "2/3"), (part, None)):
        with pytest.raises(UsageError, match="holds shard 2/2: go on with --shard 2/2, or choose"):
            await play(folder, others)
    lines = (unfinished / "results.jsonl").read_text().splitlines(keepends=True)
    foreign = re.sub(r'"trajectory": "[^"]+"', '"trajectory": ".."', "".join(lines))
    (unfinished / "results.jsonl").write_text(foreign)
    with pytest.raises(InconsistentData, match=r"'\.\.' is no folder of site/"):
        merge([part, unfinished], tmp_path / "merged")
    (unfinished / "results.jsonl").write_text("".join(lines[:2]))
    with pytest.raises(UsageError, match=r"shard 1/2 in .*unfinished has 4 of 6 samples left"):
        merge([part, unfinished], tmp_path / "merged")
    assert not (tmp_path / "merged").exists()
    await play(unfinished, "1/2")
    _, summary = merge([part, unfinished], tmp_path / "merged")
    assert summary.cells == (await play(tmp_path / "whole")).cells
    # what is merged goes on as a whole does: what a fault has ended is played again
    again = await play(tmp_path / "merged")
    assert again.broken == 2 and again.cells == summary.cells
    with pytest.raises(UsageError, match="holds a whole evaluation, no shard"):
        await play(tmp_path / "whole", "1/2")
    with pytest.raises(UsageError, match="holds something already"):
        merge([part, unfinished], tmp_path / "merged")


async def test_shards_that_do_not_make_a_whole_are_refused_with_the_reason(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    await play(one, "1/3")
    await play(two, "2/3")
    others = {
        "again": ("1/3", {}, "one and .*again are both shard 1/3"),
        "quarter": ("4/4", {}, r"number of shards \(3, 4\)"),
        "model": ("3/3", {"policy": Drawing("tracing")}, r"policy name \('drawing', 'tracing'\)"),
        "limits": ("3/3", {"limits": Limits(steps=3)}, r"limits steps \(2, 3\)"),
        "seeds": ("3/3", {"of": samples(12)}, r"task site/11 \(absent, '"),
        "boxes": ("3/3", {"of": samples(11, 21)}, r"task site/0 \('.* and 8 more"),
        "whole": (None, {}, "is a whole evaluation"),
    }
    for name, (shard, changes, said) in others.items():
        await play(tmp_path / name, shard, **changes)
        with pytest.raises(UsageError, match=said):
            merge([one, two, tmp_path / name], tmp_path / "merged")
    with pytest.raises(UsageError, match=r"of 3 shards 3/3 is missing.*--shard 3/3"):
        merge([two, one], tmp_path / "merged")
    with pytest.raises(UsageError, match="no shard of an evaluation at"):
        merge([one, two, tmp_path], tmp_path / "merged")
    assert read_plan(one).shard == Shard(1, 3)


def test_shards_divide_every_kind_of_samples_and_none_twice() -> None:
    ids = [f"{task}:{seed}" for seed in range(20) for task in ("login", "search", "form")]
    parts = [Shard(number, 3).part(ids) for number in (1, 2, 3)]
    assert sorted(name for part in parts for name in part) == sorted(ids)
    assert [len(part) for part in parts] == [20, 20, 20]
    assert all(len({name.split(":")[0] for name in part}) == 3 for part in parts)
    assert all(part == [name for name in ids if name in part] for part in parts)
    for text in ("0/3", "4/3", "1", "a/b", "1/3/5", "-1/3", ""):
        with pytest.raises(UsageError, match="K/N"):
            Shard.of(text)
    with pytest.raises(UsageError, match="2 shards at most"):
        Shard(1, 3).part(["a", "b"])
