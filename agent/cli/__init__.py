"""The command `vigorl-agent`.

The modules of this package are its groups of commands; `app` puts them together.
"""

import os
import sys

_INTERRUPTED = 130


def main() -> None:
    """Entry point of the console script; Ctrl-C while it is still being imported ends it too."""
    try:
        from vigorl.agent.cli.interrupt import note_interrupts

        note_interrupts()
        from vigorl.agent.cli.app import app

        app()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted  stopped\n")
    except SystemExit as leaving:
        if leaving.code != _INTERRUPTED:
            raise
    else:
        return
    # At once: where Ctrl-C fell into code that Python had generated (a dataclass being made), it
    # would end as if killed by the signal, whatever was made of the interruption.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_INTERRUPTED)
