"""Episodes as one plays them who knows the way: what nano learns acting from.

An oracle plays training seeds in the real browser and sees what can be seen: before each action
the truth about the page is written down, with the action and what it is for. Its way is a function
of the goal, of what was done and of what is on the screen, so that it can be learnt: it scrolls by
one measure, looks through tabs from the left, sends searches with Enter. Now and then it errs on
purpose and puts it right, because a learner errs as well; the error itself is marked as such.
"""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Protocol

from playwright.async_api import Error as PlaywrightError

from vigorl.browser.actions import (
    Action,
    Back,
    Click,
    Done,
    Drag,
    Hover,
    Scroll,
    SelectOption,
    Type,
    Zoom,
)
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Environment
from vigorl.browser.errors import InfrastructureFault, TaskFault, UsageError
from vigorl.browser.geometry import Frame, Point
from vigorl.browser.observation import Observation
from vigorl.policy.commands import write_command
from vigorl.policy.points import POINT
from vigorl.tasks.environment import TaskEnvironment
from vigorl.tasks.local.hand import Shown
from vigorl.tasks.local.hand import find as find_aim
from vigorl.tasks.local.registry import TASKS, check_name
from vigorl.tasks.local.site import Site
from vigorl.tasks.miniwob.environment import MiniwobEnvironment
from vigorl.tasks.miniwob.oracle import ORACLES, solve
from vigorl.tasks.miniwob.pages import PagePool
from vigorl.tasks.miniwob.registry import PREFIX, Ticket, find, task_names
from vigorl.tasks.task import TaskRow
from vigorl.tasks.truth import Control, PageTruth, TruthLine, read_truth
from vigorl.training.nano.oracle_moves import OracleMove, carried_out

MOST_STEPS = 40
_UNUSED = ("by_enter", "send")
"""Fields of specifications that say how to do what can be done in several ways."""


def plain(spec: Any) -> Any:
    """The specification with one way of doing things where there are several."""
    changes: dict[str, Any] = {}
    if hasattr(spec, "by_enter"):
        changes["by_enter"] = hasattr(spec, "acts")
    if hasattr(spec, "send") and spec.send in ("enter", "button", "icon"):
        changes["send"] = "enter"
    return replace(spec, **changes) if changes else spec


async def moves(
    name: str, spec: Any, env: TaskEnvironment, random: Random, errs: float
) -> AsyncIterator[OracleMove]:
    """The whole way, errors and their mending included; ends with `Done`."""
    steps = [s for s in TASKS[name].plan(plain(spec)) if "scroll down until" not in s.phrasings[0]]
    if random.random() < errs:
        async for move in _astray(env, random):
            yield move
    if name == "tabs":
        async for move in _explore(spec, env):
            yield move
        steps = steps[1:]
    async for move in carried_out(steps, env, random, errs, partial(_listed, name, spec)):
        yield move


async def _explore(spec: Any, env: TaskEnvironment) -> AsyncIterator[OracleMove]:
    """Look through the tabs from the left until the one with the preference is shown."""
    label = spec.target.label
    for number, panel in enumerate(spec.panels[: spec.panel + 1]):
        if number == 0:
            continue
        aim = await find_aim(env, f"#tab-{number}")
        if aim is None:
            raise PlaywrightError(f"no tab {number}")
        yield OracleMove(Click(aim.point), f'find "{label}": look at "{panel.title}"')


async def _astray(env: TaskEnvironment, random: Random) -> AsyncIterator[OracleMove]:
    """Follow a link that leads away, and come back."""
    links = env.page.locator("header nav a, aside nav a, footer a")
    count = await links.count()
    if not count:
        return
    box = await links.nth(random.randrange(count)).bounding_box()
    size = env.page.viewport_size
    if box is None or size is None or box["y"] + box["height"] > size["height"]:
        return
    middle = Point(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    yield OracleMove(Click(middle), "", sound=False)
    yield OracleMove(Back(), "this page does not help: go back")


def _listed(name: str, spec: Any, purpose: str) -> tuple[str, ...]:
    """The results in order, up to the one that a step opens by its place."""
    if not purpose.startswith("open the "):
        return ()
    if name == "search":
        return tuple(book.title for book in spec.results[: spec.target + 1])
    return tuple(product.name for product in spec.candidates[: spec.target + 1])


# What is written down.


def as_line(line: TruthLine) -> list[Any]:
    """A line of text as it is stored: text, box, source, whether it is cut."""
    box = line.box
    corners = [round(v, 1) for v in (box.left, box.top, box.right, box.bottom)]
    return [line.text, *corners, line.source[0], int(line.cut)]


def as_control(control: Control) -> list[Any]:
    """A control as it is stored: role, box, name, icon, checked, value, disabled."""
    box = control.box
    corners = [round(v, 1) for v in (box.left, box.top, box.right, box.bottom)]
    checked = None if control.checked is None else int(control.checked)
    return [
        control.role,
        *corners,
        control.name,
        control.icon,
        checked,
        control.value,
        int(control.disabled),
    ]


def screen_record(truth: PageTruth) -> dict[str, Any]:
    """What can be seen."""
    return {
        "size": [truth.width_px, truth.height_px],
        "lines": list(map(as_line, truth.lines)),
        "controls": list(map(as_control, truth.controls)),
    }


def _command(action: Action, frame: Frame) -> tuple[str, list[list[float]]]:
    """The command with its points left open (`@`), and the points, CSS px."""
    if isinstance(action, Zoom):
        raise ValueError("an oracle needs no closer look")
    points: list[Point] = []
    match action:
        case Click(point) | Hover(point) | SelectOption(point):
            points = [point]
        case Type(_, Point() as point):
            points = [point]
        case Drag(start, end, via):
            points = [start, *via, end]
    text = write_command(action, frame)
    if points:
        text = POINT.sub("@", text, count=len(points))
    return text, [[round(p.x, 1), round(p.y, 1)] for p in points]


async def play(
    site: Site,
    browser: Browser,
    name: str,
    seed: int,
    errs: float,
    pictures: Path | None = None,
) -> dict[str, Any] | None:
    """One episode of an embedded task, as a record; None where it did not reach the goal.

    Args:
        site: Serves the pages.
        browser: Shows them.
        name: The task.
        seed: A training seed.
        errs: How often something goes wrong on purpose, for each step.
        pictures: Folder for the screens as the browser drew them; None: they are not kept.
    """
    row = TASKS[name].row(seed)
    env = TaskEnvironment(site, browser, row)
    random = Random(f"{name}:{seed}:oracle")
    way = moves(name, TASKS[name].spec_of(row), env, random, errs)
    return await recorded(env, row, way, pictures)


async def play_miniwob(pages: PagePool, name: str, seed: int) -> dict[str, Any] | None:
    """One episode of a MiniWoB++ task, without errors; None where it did not reach the goal.

    Args:
        pages: Shows them.
        name: The task, without prefix.
        seed: A training seed.
    """
    row = await pages.draw(Ticket(name, seed))
    env = MiniwobEnvironment(pages, row)

    async def way() -> AsyncGenerator[OracleMove]:
        async with aclosing(solve(env)) as actions:
            async for action in actions:
                # The goal says what for. By how much inner parts are scrolled is not learnt.
                purpose = "everything is done" if isinstance(action, Done) else ""
                yield OracleMove(action, purpose, sound=not isinstance(action, Scroll))

    async with aclosing(way()) as moving:
        return await recorded(env, row, moving, None)


class OracleEnvironment(Environment, Shown, Protocol):
    """An environment whose page the oracle looks into."""


async def recorded(
    env: OracleEnvironment,
    row: TaskRow,
    way: AsyncIterator[OracleMove],
    pictures: Path | None = None,
) -> dict[str, Any] | None:
    """Go a way and write down what was seen and done; None where it did not reach the goal.

    Args:
        env: A fresh episode; closed in the end.
        row: Its task.
        way: What is done.
        pictures: Folder for the screens as the browser drew them; None: they are not kept.
    """
    frame = Frame.of_viewport(row.width_px, row.height_px).resized(1000, 1000)
    steps: list[dict[str, Any]] = []
    try:
        observation = await env.reset()
        seen: dict[str, Any] | None = None
        async for move in way:
            screen = screen_record(await read_truth(env.page))
            command, points = _command(move.action, frame)
            step = {
                "title": observation.title,
                "tabs": [[tab.title, int(tab.active)] for tab in observation.tabs],
                "events": [event.text for event in observation.events],
                "same": int(screen == seen),
                "command": command,
                "points": points,
                "purpose": move.purpose,
                "sound": int(move.sound),
            }
            if move.listed:
                step["listed"] = move.listed
            if screen != seen:
                step |= screen
            steps.append(step)
            seen = screen
            if pictures is not None:
                step["picture"] = _keep(observation, pictures)
            if len(steps) >= MOST_STEPS:
                return None
            answer = None
            if isinstance(move.action, Done):
                answer = move.action.answer
            else:
                observation = await env.step(move.action)
            if isinstance(move.action, Done) or observation.ended:
                score = await env.score(answer)
                if score is None or score.value != 1.0:
                    return None
                break
    finally:
        await env.close()
    about = {"task": row.name, "seed": row.seed, "goal": row.goal, "answer": row.answer}
    return {**about, "steps": steps}


def _keep(observation: Observation, pictures: Path) -> str:
    assert observation.view is not None
    picture = observation.view.picture
    path = pictures / f"{picture.sha256[:24]}.jpg"
    if not path.exists():
        path.write_bytes(picture.data)
    return path.name


async def record(
    out: Path,
    seeds: Sequence[int],
    *,
    names: Sequence[str] | None = None,
    errs: float = 0.12,
    workers: int = 8,
    pictured: int = 0,
    told: Callable[[str], None] = lambda line: None,
) -> None:
    """Play every seed of every task and append the episodes to `out` (JSON lines, gzip).

    Args:
        out: The file; its pictures, if any, stand in the folder `pictures` beside it.
        seeds: Training seeds; all tasks of a seed come before the next.
        names: Tasks, those of MiniWoB++ with its prefix; None: all embedded ones.
        errs: How often something goes wrong on purpose; every third episode has no errors.
        workers: Episodes side by side.
        pictured: Of so many of the first seeds the pictures are kept as well.
        told: Is told what failed.

    Raises:
        UsageError: one of the names is no task, or none to learn from.
        InfrastructureFault: the browser or the site does not start.
    """
    names = list(TASKS) if names is None else playable(names)
    pictures = out.parent / "pictures"
    if pictured:
        pictures.mkdir(parents=True, exist_ok=True)
    shown = set(seeds[:pictured])
    async with Browser() as browser, Site() as site, PagePool(browser, idle=workers) as pages:

        async def played(name: str, seed: int) -> dict[str, Any] | None:
            if name.startswith(PREFIX):
                return await play_miniwob(pages, name.removeprefix(PREFIX), seed)
            kept = pictures if seed in shown else None
            return await play(site, browser, name, seed, 0.0 if seed % 3 == 0 else errs, kept)

        jobs = iter([(seed, name) for seed in seeds for name in names])
        with gzip.open(out, "at", encoding="utf-8", compresslevel=5) as lines:

            async def work() -> None:
                for seed, name in jobs:
                    try:
                        episode = await played(name, seed)
                    except (PlaywrightError, InfrastructureFault, TaskFault, AssertionError) as e:
                        told(f"{name}:{seed}: {re.sub(chr(10), ' ', str(e))[:200]}")
                        continue
                    if episode is None:
                        told(f"{name}:{seed}: the goal was not reached")
                        continue
                    lines.write(json.dumps(episode, separators=(",", ":")) + "\n")

            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(work())


def playable(names: Sequence[str]) -> list[str]:
    """The names of tasks that training rows are made of.

    Raises:
        UsageError: one is no task, or none to learn from.
    """
    for name in names:
        if not name.startswith(PREFIX):
            check_name(name)
        elif find(name).name != name or name not in miniwob_names():
            raise UsageError(
                f"{name} is not to be learnt from: it is of MiniWoB++'s test split, or unsolved"
            )
    return list(names)


def miniwob_names() -> list[str]:
    """MiniWoB++'s training tasks that have an oracle, with prefix."""
    return [PREFIX + name for name in task_names("train") if name in ORACLES]
