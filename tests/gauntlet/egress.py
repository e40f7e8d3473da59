"""Every way out, tried with and without a boundary: what reaches a server that is not allowed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.gauntlet.canary import Canary, lan_address, spellings
from tests.gauntlet.open_proxy import OpenProxy, proxy_in_environment
from tests.gauntlet.rows import Row
from tests.gauntlet.vectors import VECTORS, Vector
from vigorl.browser.actions import Goto, TabNew
from vigorl.browser.boundary import Boundary
from vigorl.browser.chromium import Browser
from vigorl.browser.errors import BrowserFault, StartFault
from vigorl.browser.live import LivePage, PageSettings
from vigorl.tasks.server import LocalServer

PATIENCE_S = 6.0
"""Time for a way that works to arrive, at most."""
LINGER_S = 1.5
"""Time that a way is given after the page has come to rest, where nothing is to arrive."""
AT_ONCE = 4
TRIES = 4
"""Of a trial, on a machine so busy that pages are given up."""

PROXIED = "through a proxy"
"""Instead of a spelling: names that only the operator's proxy can resolve."""

SPELLINGS = ("IPv4", "IPv6", "decimal", "hexadecimal", "octal", "short", "mapped into IPv6")


@dataclass(frozen=True, eq=False)
class Trial:
    """One vector with one spelling of the canary's address."""

    vector: Vector
    spelling: str

    @property
    def name(self) -> str:
        return f"{self.vector.name}, {self.spelling}"


class AttackingSite:
    """The site that is allowed, and serves one vector at each of its paths."""

    def __init__(self) -> None:
        self._targets: dict[str, tuple[Vector, str]] = {}
        routes = [Route("/{token}/{part:path}", self._answer, methods=["GET", "POST"])]
        self._server = LocalServer(Starlette(routes=routes))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["AttackingSite"]:
        """Serve as long as the block lasts."""
        async with self._server:
            yield self

    @property
    def host_and_port(self) -> str:
        return self._server.origin.removeprefix("http://")

    def put(self, vector: Vector, host_and_port: str) -> str:
        """Serve a vector against a target; returns the page's address."""
        token = str(len(self._targets))
        self._targets[token] = (vector, host_and_port)
        return f"{self._server.origin}/{token}/"

    async def _answer(self, request: Request) -> Response:
        found = self._targets.get(request.path_params["token"])
        if found is None:
            return Response(status_code=404)
        vector, target = found
        part = request.path_params["part"]
        if not part:
            headers = {name: aimed(value, target) for name, value in vector.headers.items()}
            body = aimed(vector.page, target)
            return Response(body, vector.status, headers, media_type=vector.media_type)
        media_type, text = vector.parts.get(part, ("text/plain", ""))
        if media_type == "redirect":
            return Response(status_code=302, headers={"Location": aimed(text, target)})
        return Response(aimed(text, target), media_type=media_type)


def aimed(text: str, host_and_port: str) -> str:
    """A vector's text, with the target's address in it."""
    return text.replace("CANARY", f"http://{host_and_port}").replace("HOSTPORT", host_and_port)


async def reached(browser: Browser, site: AttackingSite, trial: Trial, boundary: Boundary) -> bool:
    """Whether a trial's vector reaches the canary; tried again where the browser breaks."""
    for _ in range(TRIES - 1):
        with contextlib.suppress(BrowserFault):
            return await _reached(browser, site, trial, boundary)
        await asyncio.sleep(1)
    return await _reached(browser, site, trial, boundary)


async def _reached(browser: Browser, site: AttackingSite, trial: Trial, boundary: Boundary) -> bool:
    unlimited = boundary == Boundary.unlimited()
    async with Canary() as canary:
        target = f"{_host(trial)}:{canary.port}"
        url = site.put(trial.vector, target)
        if trial.spelling == PROXIED:
            url = url.replace("127.0.0.1", "site.example")
        page = LivePage(browser, "look", url, PageSettings(boundary=boundary))
        try:
            try:
                await page.reset()
                match trial.vector.action:
                    case None:
                        pass
                    case Goto() | TabNew() as action:
                        await page.step(replace(action, url=aimed(action.url, target)))
                    case action:
                        await page.step(action)
            except StartFault:  # as it must, where the first page leads outside
                pass
            await _watched(canary, PATIENCE_S if unlimited else LINGER_S)
        finally:
            await page.close()
        if not canary.hits:
            await asyncio.sleep(0.2)  # for what is sent as a page goes
        return bool(canary.hits)


def _host(trial: Trial) -> str:
    match trial.spelling:
        case "name":
            return "localhost"
        case "through a proxy":
            return "canary.example"
        case spelling:
            return spellings(lan_address())[spelling]


async def _watched(canary: Canary, longest_s: float) -> None:
    deadline_s = asyncio.get_running_loop().time() + longest_s
    while not canary.hits and asyncio.get_running_loop().time() < deadline_s:
        await asyncio.sleep(0.05)


async def hits(trials: Sequence[Trial], boundary: Boundary, allow_site: bool) -> dict[Trial, bool]:
    """Which trials reach the canary."""
    found: dict[Trial, bool] = {}
    places = asyncio.Semaphore(AT_ONCE)
    async with Browser() as browser, AttackingSite().serving() as site:
        port = site.host_and_port.rpartition(":")[2]
        sites = (site.host_and_port, f"site.example:{port}")
        inside = (
            replace(boundary, allow=(*sites, *(boundary.allow or ()))) if allow_site else boundary
        )

        async def one(trial: Trial) -> None:
            async with places:
                found[trial] = await reached(browser, site, trial, inside)

        async with asyncio.TaskGroup() as group:
            for trial in trials:
                group.create_task(one(trial))
    return found


def by_name(vectors: Sequence[Vector] = VECTORS) -> list[Trial]:
    """Every vector against a host name."""
    return [Trial(vector, "name") for vector in vectors]


def by_address(vectors: Sequence[Vector] = VECTORS) -> list[Trial]:
    """Every vector against the address, in one spelling of it after the other."""
    return [
        Trial(vector, SPELLINGS[index % len(SPELLINGS)]) for index, vector in enumerate(vectors)
    ]


async def measure(vectors: Sequence[Vector] = VECTORS) -> tuple[Row, ...]:
    """The rows of the table."""
    listed = ("only the site is allowed", Boundary(), True)
    silent = ("nothing is said: the public web only", Boundary(), False)
    rows: list[Row] = []
    for kind, trials in (("by name", by_name(vectors)), ("by address", by_address(vectors))):
        rows += await _rows(kind, trials, [listed, silent])
    async with OpenProxy() as proxy, proxy_in_environment(proxy.url):
        proxied = [Trial(vector, PROXIED) for vector in vectors]
        with_proxy = Boundary(allow=(proxy.host_and_port,))
        arm = ("the site and the proxy are allowed", with_proxy, True)
        rows += await _rows("with a proxy in the environment", proxied, [arm])
    return tuple(rows)


async def _rows(
    kind: str, trials: Sequence[Trial], arms: Sequence[tuple[str, Boundary, bool]]
) -> list[Row]:
    """A row for each boundary, over the trials that reach the canary without one."""
    free = await hits(trials, Boundary.unlimited(), allow_site=False)
    working = [trial for trial in trials if free[trial]]
    idle = [trial.vector.name for trial in trials if not free[trial]]
    note = f"without a boundary these reach nothing either: {'; '.join(idle)}" if idle else ""
    rows = []
    for words, boundary, allow_site in arms:
        out = await hits(trials, boundary, allow_site)
        escaped = [trial.name for trial in trials if out[trial]]
        held = sum(not out[trial] for trial in working)
        rows.append(Row("egress", f"{kind}: {words}", len(working), held, note, tuple(escaped)))
    return rows
