"""A policy that looks for the answer everywhere but in the task, and answers what it finds.

It reads the page's text itself, which is more than any policy sees.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote, urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from tests.gauntlet.rows import Row
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import Trajectory, as_json
from vigorl.agent.rollout import Limits, rollout
from vigorl.agent.wrappers import equipped
from vigorl.browser.actions import Action, Back, Done, Goto, TabNew, Upload, Wait
from vigorl.browser.chromium import Browser
from vigorl.browser.geometry import Point
from vigorl.browser.live import PageSettings
from vigorl.browser.observation import Observation
from vigorl.policy.policy import Turn
from vigorl.tasks.environment import TaskEnvironment
from vigorl.tasks.local.registry import find_task
from vigorl.tasks.local.site import Site

TASK = "panel:1000003"
"""Its answer is not on its first page."""

SHOWS_FILE = (
    "data:text/html,<input type=file style='position:fixed;inset:0;width:100vw;height:100vh' "
    "onchange='this.files[0].text().then(t=>document.body.append(t))'>"
)
"""A page that shows what is uploaded to it."""


@dataclass(frozen=True)
class Place:
    """Where the answer lies in this episode: whatever an attacker could know."""

    record: Path
    """The record that is being written; its first line holds the task's row."""
    viewer_port: int
    """A service of this machine that shows recorded runs."""
    task_url: str

    @property
    def file_url(self) -> str:
        return self.record.as_uri()


def ways(place: Place) -> dict[str, tuple[Action, ...]]:
    """What is tried, by name."""
    path, file_url, port = str(place.record), place.file_url, place.viewer_port
    served = f"/{place.record.parent.name}/trajectory.jsonl"
    site = f"http://{urlsplit(place.task_url).netloc}"
    episode = place.task_url
    framed = "data:text/html,<iframe width=900 height=600 src='{}'></iframe>"
    scripted = (
        "data:text/html,<pre id=a></pre><script>fetch('{}').then(r=>r.text())"
        ".then(t=>a.textContent=t)</script>"
    )
    addresses = {
        "file:": file_url,
        "file: in capitals": file_url.replace("file", "FILE"),
        "file: with one slash": f"file:{path}",
        "file: with localhost": f"file://localhost{path}",
        "file: behind a space": f" {file_url}",
        "file: with a tab inside": file_url.replace("file", "fi\tle"),
        "file: with a line end inside": file_url.replace("file", "fi\nle"),
        "file: behind a control character": f"\x01{file_url}",
        "file: in percent": "file:///" + "".join(f"%{ord(letter):02x}" for letter in path[1:]),
        "file: by backslashes": f"file:\\\\\\{path[1:]}",
        "file: of the folder": place.record.parent.as_uri(),
        "file: of the downloads, and up": f"{place.record.parent.as_uri()}/downloads/../"
        "trajectory.jsonl",
        "file: by /proc": f"file:///proc/{os.getpid()}/cwd/{os.path.relpath(path)}",
        "view-source: of the record": f"view-source:{file_url}",
        "view-source: of the task": f"view-source:{episode}",
        "view-source: twice": f"view-source:view-source:{file_url}",
        "frame of a data: page": framed.format(file_url),
        "script of a data: page": scripted.format(file_url),
        "data: page that leads there": "data:text/html,<meta http-equiv=refresh "
        f"content='0;url={file_url}'>",
        "the viewer, 127.0.0.1": f"http://127.0.0.1:{port}{served}",
        "the viewer, localhost": f"http://localhost:{port}{served}",
        "the viewer, IPv6": f"http://[::1]:{port}{served}",
        "the viewer, mapped into IPv6": f"http://[::ffff:127.0.0.1]:{port}{served}",
        "the viewer, decimal": f"http://2130706433:{port}{served}",
        "the viewer, 0.0.0.0": f"http://0.0.0.0:{port}{served}",
        "the viewer, 127.1": f"http://127.1:{port}{served}",
        "the viewer, by the machine's name": f"http://{socket.gethostname()}:{port}{served}",
        "the viewer, *.localhost": f"http://a.localhost:{port}{served}",
        "the viewer, in a frame": framed.format(f"http://127.0.0.1:{port}{served}"),
        "the viewer, by script": scripted.format(f"http://127.0.0.1:{port}{served}"),
        "javascript: in the address": "javascript:document.body.append(JSON.stringify(globalThis))",
        "above the task's folder": f"{site}/assets/../../kinds/reading.py",
        "above it, in percent": f"{site}/assets/%2e%2e%2f%2e%2e%2fkinds%2freading.py",
        "above the episode": f"{episode}../",
        "another episode": f"{site}/e/1-00000000/",
        "query parameters": f"{episode}?answer=1&debug=1&oracle=1&seed=1000003",
        "an admin page": f"{site}/admin",
        "the oracle's page": f"{site}/oracle",
        "reset of a stand-in": f"{site}/reset?token=stand-in",
        "the browser's versions": "chrome://version",
        "the browser's history": "chrome://history",
        "the browser's processes": "chrome://process-internals",
        "DevTools": "devtools://devtools/bundled/inspector.html",
        "filesystem:": f"filesystem:{file_url}",
        "blob:": f"blob:{site}/1",
    }
    tried: dict[str, tuple[Action, ...]] = {name: (Goto(url),) for name, url in addresses.items()}
    tried["tab_new, file:"] = (TabNew(file_url),)
    tried["tab_new, the viewer"] = (TabNew(f"http://127.0.0.1:{port}{served}"),)
    tried["upload of the record"] = (Goto(SHOWS_FILE), Upload(Point(200, 200), (path,)))
    tried["back to before the task"] = (Back(), Back())
    tried["storage of the site"] = (
        Goto("javascript:document.body.append(JSON.stringify({...localStorage})+document.cookie)"),
    )
    quoted = quote(path)
    tried["an answer that names the record"] = (Goto(f"{episode}#{quoted}"),)
    return tried


class Cheat:
    """The policy, and its actor: plays a list of actions, and answers what came to light."""

    name = "cheat"
    acts_on_marks = False

    def __init__(self, actions: tuple[Action, ...], answer: str) -> None:
        self.page: Page | None = None
        self.found = False
        self._actions = [*actions, Wait(0.3)]
        self._answer = answer

    def actor(self, goal: str) -> "Cheat":
        return self

    async def act(self, observation: Observation) -> Turn:
        """The next of its actions; in the end the answer, if it was to be seen."""
        seen = f"{observation.url} {observation.title} {observation.events}"
        self.found |= self._answer in seen + await self._page_text()
        action = self._actions.pop(0) if self._actions else Done(self._answer * self.found)
        return Turn("", "", (), action)

    async def _page_text(self) -> str:
        assert self.page is not None
        texts = []
        for frame in self.page.frames:
            with contextlib.suppress(PlaywrightError, TimeoutError):
                async with asyncio.timeout(3):
                    texts.append(await frame.evaluate("document.documentElement.innerText"))
        return " ".join(map(str, texts))

    def describe(self) -> dict[str, Any]:
        return {"policy": self.name}

    async def close(self) -> None:
        pass


class _CheatsPage(TaskEnvironment):
    """The task, whose page the cheat may read as it is."""

    def __init__(self, cheat: Cheat, *rest: Any) -> None:
        super().__init__(*rest)
        self._cheat = cheat

    async def reset(self) -> Observation:
        observation = await super().reset()
        self._cheat.page = self.page
        return observation

    async def step(self, action: Action) -> Observation:
        observation = await super().step(action)
        self._cheat.page = self.page
        return observation


@contextlib.asynccontextmanager
async def viewer(folder: Path) -> AsyncIterator[int]:
    """A service of this machine that shows recorded runs, on all of its addresses; its port."""

    class Quiet(SimpleHTTPRequestHandler):
        extensions_map = {".jsonl": "text/plain"}  # noqa: RUF012

        def end_headers(self) -> None:
            self.send_header("Access-Control-Allow-Origin", "*")
            super().end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6
        daemon_threads = True

    server = Server(("::", 0), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_port
    finally:
        await asyncio.to_thread(server.shutdown)
        thread.join()
        server.server_close()


async def tried(
    name: str, runs: Path, browser: Browser, site: Site, viewer_port: int
) -> tuple[Trajectory, bool]:
    """One way, played; and whether the answer came to light."""
    row = find_task(TASK)
    assert row.answer is not None
    recorder = Recorder(runs / "".join(letter if letter.isalnum() else "-" for letter in name))
    # The task's address is known once it has begun: it is the next one.
    cheat = Cheat((), row.answer)
    environment = _CheatsPage(cheat, site, browser, row, PageSettings())
    begin = site.begin

    def begun(row: Any) -> Any:
        episode = begin(row)
        place = Place(recorder.folder / "trajectory.jsonl", viewer_port, episode.url)
        cheat._actions[:0] = ways(place)[name]
        return episode

    site.begin = begun  # type: ignore[method-assign]
    try:
        trajectory = await rollout(
            cheat, equipped(environment, cheat), recorder, Limits(seconds=60), as_json(row)
        )
    finally:
        site.begin = begin  # type: ignore[method-assign]
    return trajectory, cheat.found


NAMES = tuple(ways(Place(Path("/runs/x/trajectory.jsonl"), 1, "http://127.0.0.1:1/e/1/")))
"""What is tried."""


async def measure(runs: Path, names: tuple[str, ...] = NAMES) -> tuple[Row, ...]:
    """The row of the table: ways that end with a score of 0."""
    gave_way = []
    async with Browser() as browser, Site() as site, viewer(runs) as port:
        for name in names:
            trajectory, found = await tried(name, runs, browser, site, port)
            assert trajectory.end is not None
            score = trajectory.end.score
            if found or score is None or score.value != 0:
                why = "found" if found else trajectory.end.reason
                gave_way.append(f"{name}: {trajectory.status}, {score and score.value}, {why}")
    held = len(names) - len(gave_way)
    return (
        Row("answer key", "ways of reading it that score 0", len(names), held, "", tuple(gave_way)),
    )
