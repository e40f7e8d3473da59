"""What is asked of a person while a run is under way, and how the answers reach the policy."""

import asyncio
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import urlsplit

from vigorl.agent.live.commands import Decide, GiveAnswer
from vigorl.agent.live.control import LiveControl
from vigorl.agent.live.state import Question
from vigorl.browser.action_space import ActionSpace
from vigorl.browser.actions import Action, AskPerson
from vigorl.browser.clock import somebody_elses_time
from vigorl.browser.deeds import Approval, Approver, Deed
from vigorl.browser.environment import Environment, EnvironmentWrapper
from vigorl.browser.observation import Observation
from vigorl.browser.vault import Secret, Vault

ANSWER_LIMIT_S = 600.0
"""Time to answer a question of the policy."""

_APPROVALS = {
    "yes": Approval(True),
    "always": Approval(True, always=True),
    "no": Approval(False, why="the person said no"),
    "stop": Approval(False, stop=True, why="the person stopped it"),
}


class Respondent(Protocol):
    """Somebody who answers what a policy asks."""

    async def answer(self, question: str) -> GiveAnswer | None:
        """The answer; None where there is none in time."""
        ...


class LiveAsking:
    """Asks whoever steers a run: for a yes (`Approver`), and for answers (`Respondent`).

    Args:
        control: Whose page it is asked on.
        beside: Who is asked at the same time, in the terminal say; the first answer counts.
        limit_s: Time to answer a question, s.
    """

    def __init__(
        self,
        control: LiveControl,
        beside: Approver | None = None,
        limit_s: float = ANSWER_LIMIT_S,
    ) -> None:
        self._control = control
        self._beside = beside
        self._limit_s = limit_s

    async def approve(self, deed: Deed) -> Approval:
        """Yes to what a person does themself; else what they say."""
        if self._control.acts_by_person:
            return Approval(True, why="the person who steers the run does it")
        asking = [asyncio.ensure_future(self._on_the_page(deed))]
        if self._beside is not None:
            asking.append(asyncio.ensure_future(self._beside.approve(deed)))
        try:
            done, _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for each in asking:
                each.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    async def answer(self, question: str) -> GiveAnswer | None:
        """What the person says."""
        try:
            async with asyncio.timeout(self._limit_s) as limit:
                said = await self._control.asked(Question(question))
        except TimeoutError:
            if not limit.expired():
                raise
            return None
        return said if isinstance(said, GiveAnswer) else None

    async def _on_the_page(self, deed: Deed) -> Approval:
        said = await self._control.asked(deed)
        assert isinstance(said, Decide)
        return _APPROVALS[said.answer]


class AskingEnvironment(EnvironmentWrapper[Environment]):
    """An environment in which the policy can ask a person.

    An answer that is secret becomes one of the vault's, for the host of the page that is shown:
    the policy is told its name, which it may type there.

    Args:
        inner: Carries all other actions out.
        person: Who answers.
        vault: Keeps what is secret.
    """

    def __init__(self, inner: Environment, person: Respondent, vault: Vault) -> None:
        super().__init__(inner)
        self._person = person
        self._vault = vault
        self._last: Observation | None = None

    @property
    def actions(self) -> ActionSpace:
        """What the environment inside offers, and to ask."""
        return self._inner.actions | {"ask"}

    async def reset(self) -> Observation:
        """Begin; see `Environment`."""
        self._last = await self._inner.reset()
        return self._last

    async def step(self, action: Action) -> Observation:
        """Ask the person; let everything else through."""
        if not isinstance(action, AskPerson):
            self._last = await self._inner.step(action)
            return self._last
        assert self._last is not None, "reset comes first"
        with somebody_elses_time():
            said = await self._person.answer(self._vault.redact(action.question))
        return self._last.answer("person", self._told(said, self._last.url))

    def _told(self, said: GiveAnswer | None, url: str) -> str:
        if said is None:
            return "Nobody answered in time. Go on without an answer, or give up and say why."
        text = said.text.strip()
        if not said.is_secret:
            return f"The person answers: {self._vault.redact(text)}"
        host = urlsplit(url).netloc.rpartition("@")[2]
        if not host:
            self._vault.keep(text, "<secret answer>")
            return "The person gave a secret, but this page belongs to no site that may have it."
        secret = Secret(_new_name(self._vault.names), text, (host,))
        self._vault.add(secret)
        return (
            f"The person gave a secret, which nobody is shown. Type {secret.placeholder} where it "
            f"belongs on {host}, and the browser types the value."
        )


def _new_name(taken: Sequence[str]) -> str:
    number = 1
    while f"ANSWER_{number}" in taken:
        number += 1
    return f"ANSWER_{number}"
