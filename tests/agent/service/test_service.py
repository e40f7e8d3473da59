"""An environment service: what is played on it is what is played here, and what breaks is a fault.

One service for all, in this process, with its own Chromium; and another one beside it for what is
played without a service.
"""

import asyncio
import base64
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import pytest_asyncio
from PIL import Image
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from vigorl.agent.benchmarks.embedded import open_tasks
from vigorl.agent.benchmarks.miniwob import open_miniwob
from vigorl.agent.benchmarks.mock_sites import open_stand_ins
from vigorl.agent.benchmarks.still_images import still_samples
from vigorl.agent.record.trajectory import as_json
from vigorl.agent.service.service_config import ServiceConfig
from vigorl.agent.service.serving import ServedEnvironments, served_environments
from vigorl.agent.wrappers import equipped
from vigorl.browser.actions import (
    Action,
    Click,
    Done,
    Goto,
    Scroll,
    Type,
    Upload,
    Wait,
    Zoom,
    ZoomStyle,
)
from vigorl.browser.chromium import Browser
from vigorl.browser.environment import Environment, Score
from vigorl.browser.errors import BrowserDied, ServiceFault, UsageError
from vigorl.browser.geometry import Box, Point
from vigorl.browser.marks import MarkedEnvironment
from vigorl.browser.observation import Observation
from vigorl.browser.remote import RemoteEnvironment, RemotePage, RemoteService
from vigorl.browser.remote_session import NoPlace, RemoteSession
from vigorl.browser.text import cleaned
from vigorl.browser.wire import AskedTask
from vigorl.browser.zoom import ZoomEnvironment
from vigorl.tasks.environment import TaskEnvironment
from vigorl.tasks.local.registry import TASKS, find_task
from vigorl.tasks.local.site import Site
from vigorl.tasks.miniwob.environment import MiniwobEnvironment
from vigorl.tasks.miniwob.pages import PagePool
from vigorl.tasks.miniwob.registry import Ticket
from vigorl.tasks.task import TEST_SEEDS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TOKEN = "a token of these tests"
MARK = f"C.UTF-8@{os.getpid()}"
"""Of a language that all processes of one command are told, Chromium's as well."""
LOGIN = AskedTask("tasks", "login", 1)
CLICK_BUTTON = AskedTask("miniwob", "click-button", 1)
REGION = Box(20, 20, 120, 90)
SCRIPT: tuple[Action, ...] = (  # which sets no caret: it blinks whenever it likes
    Zoom(REGION),
    Zoom(REGION, ZoomStyle(source="recorded")),
    Click(Point(25, 30)),
    Scroll(Point(60, 60), dy_css_px=120),
    Type("grüße \N{GRINNING FACE}", Point(60, 60)),
    Upload(Point(5, 5), ("/etc/hostname",)),
    Goto("file:///etc/hostname"),
    Wait(0),
)


@dataclass
class Stage:
    """The service, what plays on it, and what plays beside it."""

    served: ServedEnvironments
    service: RemoteService
    folder: Path
    """Of still pictures."""
    browser: Browser
    site: Site
    pages: PagePool

    def metric(self, name: str, **labels: str) -> float:
        return self.served.service.metrics.registry.get_sample_value(name, labels) or 0.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("stills")
    Image.new("RGB", (200, 150), "teal").save(folder / "a.png")
    row = {"id": 1, "image": "a.png", "instruction": "point at it", "ui_type": "text"}
    (folder / "manifest.json").write_text(json.dumps([{**row, "bbox_xyxy": [10, 10, 30, 40]}]))
    config = ServiceConfig(port=0, stills=folder, places=4)
    async with (
        served_environments(config, TOKEN) as served,
        Browser() as browser,
        Site() as site,
        PagePool(browser) as pages,
    ):
        service = RemoteService((served.url,), TOKEN, patience_s=0.5)
        yield Stage(served, service, folder, browser, site, pages)


@asynccontextmanager
async def here(stage: Stage, kind: str) -> AsyncIterator[Environment]:
    """An environment of each kind, in this process."""
    task = find_task("login:1")
    match kind:
        case "tasks":
            yield TaskEnvironment(stage.site, stage.browser, task)
        case "tasks, marked":
            yield MarkedEnvironment(TaskEnvironment(stage.site, stage.browser, task))
        case "miniwob":
            row = await stage.pages.draw(Ticket("click-button", 1))
            yield MiniwobEnvironment(stage.pages, row)
        case "standin":
            async with open_stand_ins(["reddit/16"], browser=stage.browser) as samples:
                yield samples[0].make()
        case _:
            yield still_samples(stage.folder)[0].make()


def elsewhere(stage: Stage, kind: str, like: Environment) -> RemoteEnvironment:
    """The same on the service."""
    match kind:
        case "tasks":
            return RemotePage(stage.service, LOGIN, like.actions)
        case "tasks, marked":
            return RemotePage(stage.service, LOGIN, like.actions).marked()
        case "miniwob":
            return RemotePage(stage.service, CLICK_BUTTON, like.actions)
        case "standin":
            return RemotePage(stage.service, AskedTask("standin", "reddit/16"), like.actions)
        case _:
            return RemoteEnvironment(stage.service, AskedTask("stills", "1"), like.actions)


async def played(bare: Environment) -> tuple[str, list[Observation], list[Score | None]]:
    """The goal, what is seen of a script, and the scores."""
    environment = ZoomEnvironment(bare)
    try:
        seen = [await environment.reset(), *[await environment.step(each) for each in SCRIPT]]
        scores = [await environment.score(answer) for answer in (None, "an answer")]
        return environment.goal, seen, scores
    finally:
        await environment.close()


def without_address(text: str) -> str:
    """Sites of two processes have ports of their own, and an episode its key."""
    return re.sub(r"127\.0\.0\.1:\d+(/e/[\w-]+)?", "site", text)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("kind", ["tasks", "tasks, marked", "miniwob", "standin", "stills"])
async def test_an_episode_elsewhere_is_the_same_episode_byte_by_byte(
    stage: Stage, kind: str
) -> None:
    async with here(stage, kind) as environment:
        goal, seen, scores = await played(environment)
        remote = elsewhere(stage, kind, environment)
        remote_goal, remote_seen, remote_scores = await played(remote)
    assert remote_goal == goal and remote_scores == scores
    for action, one, other in zip(("reset", *SCRIPT), seen, remote_seen, strict=True):
        differing = [
            part.name
            for part in fields(one)
            if cleaned(getattr(other, part.name), without_address)
            != cleaned(getattr(one, part.name), without_address)
        ]
        assert differing == [], action
    views = [observation.view for observation in remote_seen if observation.view is not None]
    assert kind != "standin" or remote_seen[0].pictures, "this goal shows one"
    optical = "optical" if kind not in ("stills", "tasks, marked") else "crop"
    assert [view.kind for view in views[:3]] == ["screen", optical, "crop"]
    assert stage.served.service.leases.held == 0


async def test_the_judge_elsewhere_sees_what_was_done(stage: Stage) -> None:
    oracle = TaskEnvironment(stage.site, stage.browser, find_task("login:1"))
    remote = RemotePage(stage.service, LOGIN, TaskEnvironment.actions)
    await asyncio.gather(oracle.reset(), remote.reset())
    assert (await remote.score("")).value == 0  # type: ignore[union-attr]
    async for action in TASKS["login"].oracle(oracle, oracle.row):
        if not isinstance(action, Done):
            await asyncio.gather(oracle.step(action), remote.step(action))
    assert await remote.score("") == await oracle.score("") == Score(1.0, "the goal is reached")
    await asyncio.gather(oracle.close(), remote.close())


async def test_samples_elsewhere_are_the_samples_of_an_evaluation_here(stage: Stage) -> None:
    envs, names = stage.service, ["login", "total"]
    async with (
        open_tasks(1, names, "test", "goal") as tasks,
        open_tasks(1, names, "test", "goal", envs=envs) as tasks_there,
        open_miniwob(1, ["click-button"], "test", envs=envs) as (miniwob_there,),
        open_stand_ins(["reddit"], 2, browser=stage.browser) as stand_ins,
        open_stand_ins(["reddit"], 2, envs=envs) as stand_ins_there,
    ):
        here, there = (
            [replace(each, make=tasks[0].make, look=None) for each in samples]
            for samples in ([*tasks, *stand_ins], [*tasks_there, *stand_ins_there])
        )
        assert here == there
        drawn = await stage.pages.draw(Ticket("click-button", TEST_SEEDS[0]))
        assert (miniwob_there.id, miniwob_there.task) == (drawn.id, as_json(drawn))
        environment = tasks_there[0].make()
        assert environment.actions == tasks[0].make().actions
        await environment.reset()
        assert environment.goal == tasks[0].instruction
        await environment.close()


async def test_a_policy_that_acts_on_marks_gets_them_from_the_service(stage: Stage) -> None:
    marker: Any = SimpleNamespace(acts_on_marks=True)
    environment = equipped(RemotePage(stage.service, LOGIN, TaskEnvironment.actions), marker)
    assert (await environment.reset()).marks
    await environment.close()


async def test_another_version_of_a_task_is_refused(stage: Stage) -> None:
    asked = replace(LOGIN, row_sha256="0" * 64)
    environment = RemotePage(stage.service, asked, TaskEnvironment.actions)
    with pytest.raises(UsageError, match="same version"):
        await environment.reset()
    await environment.close()
    session = await stage.service.lease()
    with pytest.raises(UsageError, match="There is no task 'x'"):
        await session.ask("reset", {"environment": "tasks", "task": "x"})
    await session.close()


async def test_nobody_plays_without_the_token(stage: Stage) -> None:
    url = stage.served.url
    with pytest.raises(UsageError, match="refuses the token"):
        await RemoteService((url,), "another token, wrong").lease()
    with pytest.raises(UsageError, match="refuses the token"):
        await RemoteService((url,), "another token, wrong").check("tasks")
    right = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/health")).json()["status"] == "healthy"
        assert (await client.get("/metrics")).status_code == 401
        assert b"vigorl_envs_places 4.0" in (await client.get("/metrics", headers=right)).content
        page = {**right, "Origin": "https://example.org"}
        assert (await client.get("/metrics", headers=page)).status_code == 401
    with pytest.raises(UsageError, match="Give a token"):
        ServiceConfig(host="0.0.0.0")
    with pytest.raises(UsageError, match="no address of a service"):
        RemoteService(("127.0.0.1:8940",), TOKEN)


async def test_a_full_service_lets_wait_and_then_is_a_fault(stage: Stage) -> None:
    held = [await stage.service.lease() for _ in range(4)]
    with pytest.raises(NoPlace, match=r"no place within 0\.5 s.*all 4 places are leased"):
        await stage.service.lease()
    waiting = asyncio.create_task(replace(stage.service, patience_s=20).lease())
    await held.pop().close()
    held.append(await waiting)
    await asyncio.gather(*(session.close() for session in held))
    nowhere = RemoteService(("http://127.0.0.1:1",), TOKEN, patience_s=0)
    with pytest.raises(ServiceFault, match="no environment service answers"):
        await nowhere.lease()


async def until_free(stage: Stage) -> None:
    async with asyncio.timeout(20):
        while stage.served.service.leases.held:
            await asyncio.sleep(0.02)


async def test_a_client_that_is_gone_or_says_nothing_holds_no_place(stage: Stage) -> None:
    gone = RemotePage(stage.service, LOGIN, TaskEnvironment.actions)
    await gone.reset()
    assert gone._session is not None
    gone._session._connection.transport.abort()
    await until_free(stage)
    with pytest.raises(ServiceFault, match="connection was lost"):
        await gone.step(Wait(0))
    await gone.close()

    short = replace(stage.served.service.config, lease_seconds=0.1)
    async with served_environments(short, TOKEN) as served:
        silent = await RemoteService((served.url,), TOKEN).lease()
        await asyncio.sleep(0.2)
        with pytest.raises(ServiceFault, match=r"nothing was said for 0\.1 s"):
            await silent.ask("state")
        await silent.close()
        assert served.service.leases.held == 0


async def test_a_session_says_that_it_is_there_while_its_policy_thinks(
    monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    monkeypatch.setattr("vigorl.browser.remote_session.BEAT_S", 0.05)
    short = replace(stage.served.service.config, lease_seconds=0.4)
    async with served_environments(short, TOKEN) as served:
        thinking = await RemoteService((served.url,), TOKEN).lease()
        await asyncio.sleep(0.8)
        assert await thinking.ask("state")
        await thinking.close()


async def test_a_chromium_that_dies_is_a_fault_and_the_next_episode_has_another(
    stage: Stage,
) -> None:
    environment = RemotePage(stage.service, CLICK_BUTTON, MiniwobEnvironment.actions)
    await environment.reset()
    faults = stage.metric("vigorl_envs_faults_total", kind="BrowserDied")
    scored = stage.metric("vigorl_envs_episodes_total", environment="miniwob", end="scored")
    (pooled,) = stage.served.service.pool.browsers
    assert pooled.browser.process_group is not None
    os.killpg(pooled.browser.process_group, signal.SIGKILL)
    with pytest.raises(BrowserDied):
        await environment.step(Click(Point(20, 80)))
    await environment.close()
    assert stage.metric("vigorl_envs_faults_total", kind="BrowserDied") == faults + 1

    again = RemotePage(stage.service, CLICK_BUTTON, MiniwobEnvironment.actions)
    await again.reset()
    assert isinstance(await again.score(None), Score)
    await again.close()
    await until_free(stage)
    now = stage.metric("vigorl_envs_episodes_total", environment="miniwob", end="scored")
    assert now == scored + 1
    assert pooled not in stage.served.service.pool.browsers


async def test_a_step_that_is_given_up_is_cut_short_there_too(stage: Stage) -> None:
    environment = RemotePage(stage.service, LOGIN, TaskEnvironment.actions)
    await environment.reset()
    step = asyncio.create_task(environment.step(Wait(60)))
    await asyncio.sleep(0.1)
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)
    async with asyncio.timeout(20):
        assert isinstance(await environment.score(None), Score)
        await environment.close()


async def test_a_service_that_ends_takes_nobody_new_and_faults_who_stays(stage: Stage) -> None:
    async with served_environments(replace(stage.served.service.config, places=3), TOKEN) as served:
        service = replace(stage.service, urls=(served.url,))
        acting, thinking = (
            RemoteEnvironment(service, AskedTask("stills", "1"), frozenset({"click"}))
            for _ in range(2)
        )
        await acting.reset()
        await thinking.reset()
        serving = asyncio.create_task(served.until_told())
        await asyncio.sleep(0)
        serving.cancel()  # as SIGTERM does
        await asyncio.sleep(0.05)
        with pytest.raises(NoPlace, match="about to end"):
            await replace(service, patience_s=0).lease()
        async with httpx.AsyncClient(base_url=served.url) as client:
            assert (await client.get("/health")).status_code == 503
        assert await acting.score(None) is not None  # as long as there is time
        serving.cancel()  # somebody is in a hurry
        with pytest.raises(asyncio.CancelledError):
            await serving
        for each in (acting, thinking):
            with pytest.raises(ServiceFault, match="about to end"):
                await each.step(Click(Point(3, 3)))
            await each.close()


async def said(socket: ClientConnection, kind: str, **data: Any) -> dict[str, Any]:
    await socket.send(json.dumps({"type": kind, "data": data}))
    answer: dict[str, Any] = json.loads(await socket.recv())
    return answer


async def test_a_client_of_openenv_plays_by_its_protocol_alone(stage: Stage) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with connect(
        f"ws{stage.served.url.removeprefix('http')}/ws", additional_headers=headers, proxy=None
    ) as socket:
        first = await said(socket, "reset", environment="stills", task="1", zoom=True, seed=None)
        shown = first["data"]["observation"]["view"]["picture"]
        assert sha256(base64.b64decode(shown["base64"])).hexdigest() == shown["sha256"]
        assert first["data"]["reward"] is None and first["data"]["done"] is False
        region = {"left": 0, "top": 0, "right": 50, "bottom": 50}
        zoomed = await said(socket, "step", type="zoom", region_css_px=region)
        assert zoomed["data"]["observation"]["view"]["kind"] == "crop"
        for wrong in ({"type": "click"}, {"type": "eval"}, {"type": "upload", "paths": "/"}):
            refused = await said(socket, "step", **wrong)
            assert (refused["type"], refused["data"]["code"]) == ("error", "VALIDATION_ERROR")
        await socket.send("no JSON")
        assert json.loads(await socket.recv())["type"] == "error"
        last = await said(socket, "step", type="click", point={"x": 15, "y": 15})
        assert (last["data"]["reward"], last["data"]["done"]) == (1.0, True)
        state = await said(socket, "state")
        assert state["data"]["step_count"] == 2
        await socket.send(json.dumps({"type": "close"}))
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    await until_free(stage)


async def test_a_picture_travels_once(stage: Stage) -> None:
    session = await RemoteSession.open(stage.served.url, TOKEN)
    before = stage.metric("vigorl_envs_picture_bytes_total")
    for _ in range(3):
        await session.ask("reset", {"environment": "stills", "task": "1"})
    (picture,) = session.pictures.values()
    assert stage.metric("vigorl_envs_picture_bytes_total") == before + len(picture.data)
    await session.close()


async def test_a_browser_is_replaced_after_its_episodes(stage: Stage) -> None:
    config = replace(stage.served.service.config, max_episodes=2)
    async with served_environments(config, TOKEN) as served:
        pool, seen = served.service.pool, []
        for _ in range(5):
            async with pool.lent() as pooled:
                seen.append(pooled)
        assert [seen.index(each) for each in seen] == [0, 0, 2, 2, 4]
        replaced = served.service.metrics.registry.get_sample_value(
            "vigorl_envs_chromium_replaced_total", {"why": "episodes"}
        )
        assert replaced == 2


async def test_the_command_ends_on_sigterm_and_leaves_no_process(tmp_path: Path) -> None:
    words = ["envs", "serve", "--port", "0", "--environment", "tasks", "--grace-seconds", "0"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "vigorl", *words,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, cwd=tmp_path,
        start_new_session=True, env={**os.environ, "COLUMNS": "300", "LANG": MARK},
    )  # fmt: skip
    assert process.stdout is not None
    lines = [(await process.stdout.readline()).decode() for _ in range(2)]
    url, token = lines[0].split()[1], lines[1].strip().partition("VIGORL_ENVS_TOKEN=")[2]
    environment = RemotePage(RemoteService((url,), token), LOGIN, TaskEnvironment.actions)
    await environment.reset()
    step = asyncio.create_task(environment.step(Wait(60)))
    await asyncio.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 60) == 0
    with pytest.raises(ServiceFault, match="about to end"):
        await step
    await environment.close()

    def is_of(pid: int) -> bool:
        """Whether a process is the command's or was started by it."""
        with suppress(OSError):
            return MARK.encode() in Path(f"/proc/{pid}/environ").read_bytes()
        return False

    assert [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if is_of(pid)] == []
