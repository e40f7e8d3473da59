"""`vigorl-agent mcp`, driven by the official client over stdio."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import CallToolResult, ElicitResult

from tests.browser.conftest import Site
from vigorl.agent.mcp_server import PageServer, mcp_server
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.agent.run_config import RunConfig
from vigorl.agent.viewer.show import policy_name
from vigorl.policy.model_config import ModelConfig

pytestmark = [pytest.mark.browser]

SHOP = """<!doctype html><title>Tea shop</title><meta charset=utf-8>
<body style="margin:0;font:32px sans-serif">
<form action=/found style="margin:40px">
<label>Search <input name=q style="font:32px sans-serif"></label></form>
<p style="margin:40px">Green tea &nbsp; 4.20 EUR</p>
<form action=/paid method=post style="margin:40px">
<button style="font:32px sans-serif">Place order</button></form>"""
SEARCH, ORDER = (400, 62), (130, 235)


def words(result: CallToolResult) -> str:
    return " ".join(part.text for part in result.content if part.type == "text")


def pictures(result: CallToolResult) -> list[bytes]:
    return [part.data for part in result.content if part.type == "image"]


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


async def test_a_client_looks_acts_asks_its_user_and_has_tasks_done(
    tmp_path: Path, site: Site
) -> None:
    url = site.put("/", SHOP)
    site.put("/found", "<title>Found</title>")
    site.put("/paid", "<title>Paid</title>")
    asked: list[str] = []
    answers = iter([False, True])

    async def answer(context: Any, params: Any) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={"allow": next(answers)})

    place = f"127.0.0.1:{site.port}"
    options = ["--url", url, "--out", str(tmp_path), "--allow", place, "--max-steps", "8"]
    server = StdioServerParameters(command=sys.executable, args=["-m", "vigorl", "mcp", *options])
    async with Client(server, elicitation_callback=answer) as client:

        async def call(tool: str, **arguments: Any) -> CallToolResult:
            return await client.call_tool(tool, arguments)

        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"look", "zoom", "act", "run_task"}
        assert "click (x, y)" in (tools["act"].description or "")

        seen = await call("look")
        assert 'Page: "Tea shop"' in words(seen) and len(pictures(seen)) == 1
        assert len(pictures(await call("zoom", left=0, top=0, right=300, bottom=200))) == 1
        typed = await call("act", action=f'type {SEARCH} "oolong" enter')
        assert '"Found"' in words(typed) and f"{place}/found?q=oolong" in words(typed)

        wrong = await call("act", action="clik (1, 2)")
        assert wrong.is_error and "The commands are: click" in words(wrong)
        far = await call("act", action='goto "http://localhost:9/"')
        assert "localhost:9" in words(far) and "'Tea" not in words(far)

        await call("act", action=f'goto "{url}"')
        assert "the user said no" in words(await call("act", action=f"click {ORDER}"))
        paid = await call("act", action=f"click {ORDER}")
        assert '"Paid"' in words(paid)
        assert [sent[0] for sent in site.sent] == ["POST"]
        assert len(asked) == 2 and "Place order" in asked[0]

        done = await call("run_task", goal="tell me the Green tea")
        assert "4.20 EUR" in words(done) and "Ended: done." in words(done)
        unread = await call("run_task", goal="frobnicate")
        assert unread.is_error and "not understood" in words(unread)
        ended = await call("act", action="done")
        assert ended.is_error and "The next call begins anew" in words(ended)
    runs = {policy_name(run.start.policy): run for run in map(read_trajectory, tmp_path.iterdir())}
    assert set(runs) == {"MCP client", "reader"}
    driven = runs["MCP client"]
    assert driven.status == "done" and [step.turn.text.split()[0] for step in driven.steps] == [
        *("zoom", "type", "goto", "goto", "click", "click", "done")
    ]


async def test_older_clients_are_asked_and_those_that_cannot_ask_are_denied(
    tmp_path: Path, site: Site
) -> None:
    config = RunConfig("order", url=site.put("/", SHOP), runs=tmp_path)
    site.put("/paid", "<title>Paid</title>")

    async def yes(context: Any, params: Any) -> ElicitResult:
        return ElicitResult(action="accept", content={"allow": True})

    page = PageServer(config, ModelConfig(), 20)
    order = {"action": f"click {ORDER}"}
    async with Client(mcp_server(page), mode="legacy") as client:
        assert "cannot ask its user" in words(await client.call_tool("act", order))
    assert not site.sent
    async with Client(mcp_server(page), mode="legacy", elicitation_callback=yes) as client:
        assert '"Paid"' in words(await client.call_tool("act", order))
