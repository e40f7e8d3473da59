"""What needs a yes, asked of the user of an MCP client while a call of the client waits.

Clients of the protocol's older versions are sent a request of ours; later ones get the question as
a first result of their call, and call once more with the answer (`InputRequiredResult`).
"""

import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mcp.server.mcpserver import Context
from mcp_types import (
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import is_version_at_least
from pydantic import BaseModel, Field

from vigorl.browser.deeds import Approval, Deed

TWICE_CALLED_SINCE = "2026-07-28"
"""First version of the protocol in which a call is made again with the answer."""

_T = TypeVar("_T")


class YesOrNo(BaseModel):
    """The form that a user is shown."""

    allow: bool = Field(description="Whether the agent may do it.")


@dataclass
class _Question:
    """One that is not answered yet."""

    deed: Deed
    key: str = field(default_factory=lambda: secrets.token_hex(8))
    answer: "asyncio.Future[Approval]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def words(self) -> str:
        deed = self.deed
        return f"The agent is about to {deed.what} at {deed.origin or 'this page'}. {deed.why}"

    def settle(self, action: str, allow: object) -> None:
        """Note what the user said, unless the time was over."""
        approval = Approval(action == "accept" and allow is True, why="the user said no")
        if not self.answer.done():
            self.answer.set_result(approval)


class ClientApprover:
    """Asks the user of the client whose call is being answered; an `Approver`."""

    def __init__(self) -> None:
        self._question: _Question | None = None
        self._asked = asyncio.Event()

    async def approve(self, deed: Deed) -> Approval:
        """The user's answer."""
        self._question = question = _Question(deed)
        self._asked.set()
        try:
            return await question.answer
        finally:
            self._question = None
            self._asked.clear()

    def hear(self, context: "Context[Any, Any]") -> bool:
        """Take the answer that a client calls with once more; whether it is one."""
        question = self._question
        if question is None or context.request_state != question.key:
            return False
        said = (context.input_responses or {}).get(question.key)
        if isinstance(said, ElicitResult):
            question.settle(said.action, (said.content or {}).get("allow"))
        else:
            question.settle("cancel", None)
        return True

    def deny(self, why: str) -> None:
        """Say no to what is asked, if anything is."""
        if self._question is not None and not self._question.answer.done():
            self._question.answer.set_result(Approval(False, why=why))

    async def answered(
        self, work: "asyncio.Task[_T]", context: "Context[Any, Any]"
    ) -> "_T | InputRequiredResult":
        """What becomes of some work; a question that the client has to answer first."""
        while True:
            if not await _first(work, self._asked.wait()):
                return work.result()
            question = self._question
            if question is None or question.answer.done():
                await asyncio.sleep(0)  # its answer is on the way
            elif not _can_ask(context):
                self.deny("the client cannot ask its user for a yes")
            elif is_version_at_least(context.protocol_version or "", TWICE_CALLED_SINCE):
                return _asking(question)
            else:
                said = await context.elicit(question.words, YesOrNo)
                question.settle(said.action, said.action == "accept" and said.data.allow)


async def _first(work: "asyncio.Task[Any]", other: Coroutine[Any, Any, Any]) -> bool:
    """Wait for one of two; whether it is the other that came first."""
    waiting = asyncio.create_task(other)
    try:
        await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
        return not work.done()
    finally:
        waiting.cancel()


def _can_ask(context: "Context[Any, Any]") -> bool:
    capabilities = context.client_capabilities
    elicitation = None if capabilities is None else capabilities.elicitation
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def _asking(question: _Question) -> InputRequiredResult:
    form = ElicitRequestFormParams(
        message=question.words, requested_schema=YesOrNo.model_json_schema()
    )
    request = ElicitRequest(params=form)
    return InputRequiredResult(input_requests={question.key: request}, request_state=question.key)
