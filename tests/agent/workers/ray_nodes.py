"""Nodes of a Ray cluster on this machine, each of which can be killed or silenced as one."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

STORE_BYTES = 80_000_000
TRACE = "VIGORL_TEST_CLUSTER"
"""A variable that all processes of a cluster inherit."""
_STARTS = 5
"""Ray gives a node half a minute, which a busy machine may not."""


@dataclass(frozen=True)
class Node:
    """A running `ray start --block`."""

    running: "subprocess.Popen[bytes]"

    def everyone(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(self.running.pid)
            return [first, *first.children(recursive=True)]
        return []

    def workers(self) -> list[psutil.Process]:
        """Those that play, or could."""
        found = []
        for each in self.everyone():
            with suppress(psutil.NoSuchProcess):
                if "RayWorker" in " ".join(each.cmdline()):
                    found.append(each)
        return found

    def tell(self, number: signal.Signals) -> None:
        """What happens to a machine happens to all of its processes at once."""
        for each in self.everyone():
            with suppress(psutil.NoSuchProcess):
                each.send_signal(number)

    def end(self) -> None:
        everyone = self.everyone()
        self.tell(signal.SIGKILL)
        self.running.wait()
        psutil.wait_procs(everyone[1:], timeout=20)


class Cluster:
    """A head without cores, and the nodes that were added to it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = {**environment, TRACE: str(folder)}
        self.port = _free_port()
        self.nodes: list[Node] = []
        self.head = self._start("--head", "--port", str(self.port), "--num-cpus", "0")

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def add(self, cores: int) -> Node:
        """A node with an address of its own: a driver takes the one of its machine, the head."""
        host = f"127.0.0.{len(self.nodes) + 2}"
        node = self._start(
            *("--address", self.address, "--node-ip-address", host, "--num-cpus", str(cores))
        )
        self.nodes.append(node)
        return node

    def _start(self, *arguments: str) -> Node:
        command = [sys.executable, "-W", "ignore", "-m", "ray.scripts.scripts", "start", "--block"]
        command += ["--disable-usage-stats", "--object-store-memory", str(STORE_BYTES)]
        if "--head" in arguments:
            command += ["--temp-dir", str(self.folder), "--include-dashboard", "false"]
        said = self.folder / f"node-{len(self.nodes)}.log"
        for _ in range(_STARTS):
            with said.open("wb") as log:
                running = subprocess.Popen(
                    [*command, *arguments],
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            while running.poll() is None:
                if b"runtime started" in said.read_bytes():
                    return Node(running)
                time.sleep(0.2)
        raise AssertionError(said.read_text())


@contextmanager
def ray_cluster(folder: Path, **variables: str) -> Iterator[Cluster]:
    """A cluster whose processes all end with the block."""
    folder.mkdir()
    cluster = Cluster(folder, {**os.environ, "RAY_worker_niceness": "0", **variables})
    try:
        yield cluster
    finally:
        for node in (*cluster.nodes, cluster.head):
            node.end()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port
