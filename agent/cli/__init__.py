"""The command `vigorl-agent`.

The modules of this package are its groups of commands; `app` puts them together.
"""

import os
import sys


def main() -> None:
    """Entry point of the console script; Ctrl-C while it is still being imported ends it too."""
    try:
        from vigorl.agent.cli.app import app
    except KeyboardInterrupt:
        sys.stderr.write("interrupted  stopped\n")
        sys.stderr.flush()
        os._exit(130)
    app()
