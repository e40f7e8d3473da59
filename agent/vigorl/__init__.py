"""A browser agent that works from pixels: grounded reasoning, zoom, and a record of every step.

`vigorl.agent` plays, `vigorl.training` learns; `python -m vigorl` is the command line.
"""

from importlib.metadata import version

__version__ = version("vigorl-agent")
