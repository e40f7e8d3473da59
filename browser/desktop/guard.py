"""The guard of a screen: a small process that starts programs, and ends all of them in the end.

It is run as a script, by nothing but Python's own library, so that it starts at once. Orders come
as lines of JSON on its standard input, an answer to each goes to its standard output. When the
input ends, however the agent came to its end, or on SIGTERM, everything is ended that it has
started, and all that they have started: as the reaper of its descendants it sees those as well
whose parents are gone. Whoever kills the guard itself ends what it has started directly.

Orders:
    {"start": ARGV, "env": {…}, "cwd": FOLDER}      a program; answered by {"pid": N}
    {"server": ARGV, "limit_s": N}                  an X server that writes the number of its
        display to its standard output; answered by {"pid": N, "display": N}
    {"remove": FOLDER}                              in the end; answered by {}
    {"ended": PID}                                  how a program ended; answered by {"code": N},
        its exit code, or below 0 the signal that ended it; null while it or what it has started
        in the background runs
An order that cannot be carried out is answered by {"error": "…"}.
"""

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

POLITE_S = 1.0
"""Time for programs, and then for the X server, to leave after SIGTERM."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
"""Source: linux/prctl.h."""


class _Guard:
    """Who was started, and what is to be removed."""

    def __init__(self) -> None:
        self.server: subprocess.Popen[bytes] | None = None
        self.display: int | None = None
        self.folders: list[str] = []
        self.programs: list[subprocess.Popen[bytes]] = []
        """Kept, because one that is let go of would ask for its own end, and we should miss it."""
        self.codes: dict[int, int] = {}
        """How processes ended."""

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out one order; returns what is answered."""
        try:
            match order:
                case {"start": argv, "env": env, "cwd": cwd}:
                    self.programs.append(_started(argv, env, cwd, subprocess.DEVNULL))
                    return {"pid": self.programs[-1].pid}
                case {"server": argv, "limit_s": limit_s}:
                    return self._serve(argv, limit_s)
                case {"remove": folder}:
                    self.folders.append(folder)
                    return {}
                case {"ended": pid}:
                    return {"code": None if _lives(pid) else self.codes.get(pid)}
                case _:
                    return {"error": f"no order: {order}"}
        except OSError as error:
            return {"error": f"{error.strerror}: {error.filename or ''}"}

    def _serve(self, argv: list[str], limit_s: float) -> dict[str, Any]:
        self.server = _started(argv, dict(os.environ), "/", subprocess.PIPE, signal.SIGTERM)
        assert self.server.stdout is not None
        ready, _, _ = select.select([self.server.stdout], [], [], limit_s)
        line = self.server.stdout.readline().strip() if ready else b""
        if not line.isdigit():
            why = "it ended at once" if ready else f"it said nothing for {limit_s:g} s"
            return {"error": why}
        self.display = int(line)
        return {"pid": self.server.pid, "display": self.display}

    def end(self) -> None:
        """End everything, the X server last, and remove what is left of it."""
        server = self.server.pid if self.server is not None else None
        _end_all(keep=server)
        if server is not None:
            _end_all(keep=None)
        if self.display is not None:
            _remove_socket(self.display)
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_socket(display: int) -> None:
    """Remove the socket of an X server that had no time to do so itself.

    A server that answers is another one, which has taken the number since.
    """
    path = Path(f"/tmp/.X11-unix/X{display}")
    with socket.socket(socket.AF_UNIX) as asking:
        asking.setblocking(False)  # one whose queue is full is alive as well
        try:
            asking.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except OSError:
            return


def _started(
    argv: list[str],
    env: dict[str, str],
    cwd: str,
    stdout: int,
    at_our_end: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """A program in a session of its own, which gets a signal should the guard be killed."""
    prctl = ctypes.CDLL(None).prctl
    return subprocess.Popen(
        argv,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: prctl(_PR_SET_PDEATHSIG, int(at_our_end)),
    )


def _lives(group: int) -> bool:
    """Whether a process group has a process."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _descendants() -> set[int]:
    """All processes below this one."""
    parents: dict[int, int] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path("/proc", entry, "stat").read_bytes()
            except OSError:
                continue
            state, parent = stat.rpartition(b")")[2].split()[:2]
            if state != b"Z":
                parents[int(entry)] = int(parent)
    found, grown = {os.getpid()}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        grown = bool(more)
        found |= more
    return found - {os.getpid()}


def _end_all(keep: int | None) -> None:
    """End all descendants but one: by SIGTERM, and those that stay by SIGKILL."""
    deadline_s = time.monotonic() + POLITE_S
    told: set[int] = set()
    while living := _descendants() - {keep}:
        late = time.monotonic() > deadline_s
        for pid in living if late else living - told:
            try:
                os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
            except ProcessLookupError:
                continue
        told |= living
        time.sleep(0.01)
        _reap()


def _reap() -> dict[int, int]:
    """Let ended children be gone; returns how each of them ended."""
    codes: dict[int, int] = {}
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            codes[ended[0]] = os.waitstatus_to_exitcode(ended[1])
    return codes


def _leave(number: int, frame: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # one is enough: the next would break the end off
    raise SystemExit(0)


def main() -> None:
    """Obey until the input ends."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
    signal.signal(signal.SIGTERM, _leave)
    for number in (signal.SIGINT, signal.SIGHUP):  # the agent's to answer; programs get them anew
        signal.signal(number, lambda number, frame: None)
    guard = _Guard()
    # An agent that dies closes our input and then sends SIGTERM, which may come while that is dealt
    # with: whatever it interrupts, the outer block ends everything.
    try:
        try:
            _obey_lines(guard)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
    finally:
        guard.end()


def _obey_lines(guard: _Guard) -> None:
    for line in sys.stdin:
        guard.codes |= _reap()
        answer = guard.obey(json.loads(line))
        try:
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            return


if __name__ == "__main__":
    main()
