"""A browser agent that works from pixels: grounded reasoning, zoom, and a record of every step.

`vigorl.agent` plays, `vigorl.training` learns; `python -m vigorl` is the command line.
"""

__version__: str


def __getattr__(name: str) -> str:
    """The version of the installed distribution, looked up when it is asked for."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("vigorl-agent")
