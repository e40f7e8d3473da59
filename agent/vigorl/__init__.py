"""A browser agent that works from pixels: grounded reasoning, zoom, and a record of every step.

`Agent` is the Python interface; `vigorl.agent` plays, `vigorl.training` learns, and
`python -m vigorl` is the command line. Names are imported when they are asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vigorl.agent.python.agent import Agent
    from vigorl.agent.python.result import AgentResult, AgentStep
    from vigorl.agent.referee import Veto
    from vigorl.browser.errors import InfrastructureFault, UsageError

__all__ = ["Agent", "AgentResult", "AgentStep", "InfrastructureFault", "UsageError", "Veto"]

__version__: str

_HOMES = {
    "Agent": "vigorl.agent.python.agent",
    "AgentResult": "vigorl.agent.python.result",
    "AgentStep": "vigorl.agent.python.result",
    "InfrastructureFault": "vigorl.browser.errors",
    "UsageError": "vigorl.browser.errors",
    "Veto": "vigorl.agent.referee",
}

if not TYPE_CHECKING:  # for which every name would be there

    def __getattr__(name: str) -> Any:
        """A name of the interface, or the version of the installed distribution."""
        if name == "__version__":
            from importlib.metadata import version

            return version("vigorl-agent")
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The names of the interface, before they are imported."""
    return sorted({*globals(), *__all__, "__version__"})
