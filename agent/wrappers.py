"""Environment wrappers that a policy needs: zoom, and numbered marks where it acts on them."""

from typing import TYPE_CHECKING, cast

from vigorl.browser.environment import Environment
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
    # On the class: before it is reset, a world has no page yet.
    if policy.acts_on_marks and hasattr(type(environment), "page"):
        from vigorl.browser.marks import MarkedEnvironment  # which needs Playwright

        environment = MarkedEnvironment(cast("PageEnvironment", environment), vault=vault)
    return ZoomEnvironment(environment)
