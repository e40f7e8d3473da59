"""`vigorl-agent serve` as tests run it: on the CPU, in float32."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

MOST_PICTURES = 4
START_LIMIT_S = 600


@contextmanager
def serving(
    folder: Path, log: Path, port: int, lora: int = 0, more: Sequence[str] = (), **environment: str
) -> Iterator[str]:
    """The command, ended as a person does; yields the URL that it tells.

    Args:
        folder: Of the checkpoint.
        log: Gets what it says.
        port: Where it listens.
        lora: Largest rank of adapters.
        more: Further options of `vllm serve`.
        environment: Further variables.
    """
    command = [
        *(sys.executable, "-m", "vigorl.agent.cli", "serve", str(folder), "--port", str(port)),
        *("--lora", str(lora)),
        *("--", "--dtype", "float32", "--enforce-eager", "--max-num-seqs", "4"),
        *("--max-model-len", "8192"),
        *("--limit-mm-per-prompt", f'{{"image": {MOST_PICTURES}, "video": 0}}'),
        *more,
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "COLUMNS": "80", **environment},
        )
    try:
        give_up_s = time.monotonic() + START_LIMIT_S
        while "ready" not in log.read_text():
            assert process.poll() is None and time.monotonic() < give_up_s, log.read_text()[-3000:]
            time.sleep(0.5)
        found = re.search(r"--model (http://\S+)", log.read_text())
        assert found
        yield found.group(1)
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
    assert code == 130, log.read_text()[-3000:]
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{port}/health")
