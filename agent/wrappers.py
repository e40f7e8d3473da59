"""Environment wrappers: zoom and numbered marks for a policy, slow motion for who watches."""

import asyncio
from typing import TYPE_CHECKING, cast

from vigorl.browser.actions import Action
from vigorl.browser.environment import Environment, EnvironmentWrapper
from vigorl.browser.observation import Observation
from vigorl.browser.remote import RemotePage
from vigorl.browser.vault import Vault
from vigorl.browser.zoom import ZoomEnvironment
from vigorl.policy.policy import Policy

if TYPE_CHECKING:
    from vigorl.browser.marks import PageEnvironment


def equipped(environment: Environment, policy: Policy, vault: Vault | None = None) -> Environment:
    """A world with what a policy needs of it; applied by whoever lets the policy play.

    Args:
        environment: The world itself, not yet reset.
        policy: Who plays. Marks need a page: a still picture has none, and gets none.
        vault: What is kept secret; marks name it by its name.
    """
    if policy.acts_on_marks and isinstance(environment, RemotePage):
        environment = environment.marked()
    # On the class: before it is reset, a world has no page yet.
    if policy.acts_on_marks and hasattr(type(environment), "page"):
        from vigorl.browser.marks import MarkedEnvironment  # which needs Playwright

        environment = MarkedEnvironment(cast("PageEnvironment", environment), vault=vault)
    return ZoomEnvironment(environment)


class SlowMotion(EnvironmentWrapper[Environment]):
    """An environment that waits before each action, so that somebody can follow.

    Args:
        inner: Carries the actions out.
        pause_s: Time to wait, s.
    """

    def __init__(self, inner: Environment, pause_s: float) -> None:
        super().__init__(inner)
        self._pause_s = pause_s

    async def step(self, action: Action) -> Observation:
        """Wait, then carry the action out."""
        await asyncio.sleep(self._pause_s)
        return await self._inner.step(action)
