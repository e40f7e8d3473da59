"""Every task in a real browser: the oracle solves it, near misses do not, the screen is fair."""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

import pytest

from vigorl.tasks.environment import TaskEnvironment
from vigorl.tasks.local.embedded import EmbeddedTask
from vigorl.tasks.local.hand import find
from vigorl.tasks.local.plan import PlanStep
from vigorl.tasks.local.registry import TASKS
from vigorl.tasks.task import TEST_SEEDS, TRAIN_SEEDS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FEW = (*TRAIN_SEEDS[:1], *TEST_SEEDS[:1])
MANY = (*TRAIN_SEEDS[1:27], *TEST_SEEDS[1:26])
SOME = (*TRAIN_SEEDS[2:10], *TEST_SEEDS[1:9])
MIN_TEXT_PX = 12

SCREEN = """
() => {
  const inside = (r) => r.width > 0 && r.left >= 0 && r.top >= 0
    && r.right <= innerWidth && r.bottom <= innerHeight;
  const seen = (element, r) => {
    const hit = document.elementFromPoint((r.left + r.right) / 2, (r.top + r.bottom) / 2);
    return hit && (element.contains(hit) || hit.contains(element)) && !hit.closest('[inert]');
  };
  const texts = [], sizes = [], wrapped = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest('option, script, style, .hidden-label')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const r = range.getClientRects()[0];
    if (!r || !inside(r) || !element.checkVisibility() || !seen(element, r)) continue;
    const text = node.data.trim().replace(/\\s+/g, ' ');
    texts.push(text);
    if (new Set([...range.getClientRects()].map((r) => r.top)).size > 1) wrapped.push(text);
    sizes.push(parseFloat(getComputedStyle(element).fontSize));
  }
  for (const field of document.querySelectorAll('input, textarea, select')) {
    const r = field.getBoundingClientRect();
    if (!inside(r) || !field.checkVisibility() || !seen(field, r)) continue;
    if (field.matches('[type=checkbox], [type=radio], [type=password]')) continue;
    const text = field.matches('select') ? field.selectedOptions[0].text
      : field.value || field.placeholder;
    if (text) texts.push(text);
  }
  return {texts, wrapped, smallest_px: Math.min(...sizes, 99),
          overflow_px: document.scrollingElement.scrollWidth - innerWidth};
}
"""


async def screen_faults(env: TaskEnvironment, step: PlanStep) -> Sequence[str]:
    """What makes the screen unfair for somebody who only sees pixels and has read the step."""
    screen = await env.page.evaluate(SCREEN)
    texts = [text.casefold() for text in screen["texts"]]
    faults = []
    if screen["smallest_px"] < MIN_TEXT_PX:
        faults.append(f"text of {screen['smallest_px']} px")
    if screen["overflow_px"] > 0:
        faults.append(f"{screen['overflow_px']} px wider than the window")
    for sight in step.sights:
        anchor = sight.beside or sight.text
        if "until" not in step.phrasings[0] and texts.count(anchor.casefold()) != 1:
            faults.append(f'"{anchor}" stands there {texts.count(anchor.casefold())} times')
        if sight.text.casefold() not in texts and sight.text:
            faults.append(f'"{sight.text}" is not there')
        if {sight.text, anchor} & set(screen["wrapped"]):
            faults.append(f'"{sight.text}" or what it is beside is broken over lines')
        aim = await find(env, sight.selector)
        if aim is None or not (aim.inside and aim.reached):
            faults.append(f"its target is not to be seen: {aim}")
    return faults


def plan_of(name: str, seed: int) -> tuple[EmbeddedTask[Any, Any], Any, Sequence[PlanStep]]:
    task = TASKS[name]
    row = task.row(seed)
    return task, row, task.plan(task.spec_of(row))


async def side_by_side(jobs: Iterable[Coroutine[Any, Any, list[str]]]) -> list[str]:
    """What all of them return; where one of them raises, the others are cancelled."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(job) for job in jobs]
    return [fault for task in tasks for fault in task.result()]


async def oracle_faults(stage: Any, name: str, seeds: Sequence[int]) -> list[str]:
    async def one(seed: int) -> list[str]:
        _, row, steps = plan_of(name, seed)
        play = await stage.play(row, steps, screen_faults)
        faults = [f"{row.id} {complaint}" for complaint in play.complaints]
        return faults if play.score.value == 1.0 else [*faults, f"{row.id} {play.score}"]

    return await side_by_side(map(one, seeds))


async def miss_faults(stage: Any, name: str, choices: Sequence[tuple[int, str]]) -> list[str]:
    async def one(seed: int, miss: str) -> list[str]:
        task, row, _ = plan_of(name, seed)
        play = await stage.play(row, task.near_misses(task.spec_of(row))[miss])
        return [] if play.score.value == 0.0 else [f"{row.id} {miss}: {play.score}"]

    return await side_by_side(one(*choice) for choice in choices)


def misses(name: str, seeds: Sequence[int]) -> list[tuple[int, str]]:
    """Every near miss that a seed has."""
    rows = [TASKS[name].row(seed) for seed in seeds]
    return [(row.seed, miss) for row in rows for miss in TASKS[name].miss_names(row)]


@pytest.mark.one_in(6)
async def test_the_oracle_reaches_the_goal_on_screens_that_are_fair(stage: Any, name: str) -> None:
    assert await oracle_faults(stage, name, FEW) == []


@pytest.mark.one_in(4)
async def test_near_misses_score_nothing(stage: Any, name: str) -> None:
    choices = misses(name, FEW)[:1]  # all of them are slow
    assert len(choices) == 1
    assert await miss_faults(stage, name, choices) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_the_oracle_reaches_the_goal_for_many_seeds(stage: Any, name: str) -> None:
    assert await oracle_faults(stage, name, MANY) == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_near_misses_score_nothing_for_many_seeds(stage: Any, name: str) -> None:
    assert await miss_faults(stage, name, misses(name, SOME)) == []
