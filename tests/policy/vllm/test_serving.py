"""`vigorl-agent serve` and `vllm:` without vLLM: the command, its process, and what is missing."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vigorl.agent.cli.app import app
from vigorl.browser.errors import UsageError
from vigorl.policy.factory import open_model
from vigorl.policy.family import FAMILIES, Family, family_named
from vigorl.policy.images import fitted_size
from vigorl.policy.vllm.engine import VllmConfig
from vigorl.policy.vllm.serve_config import ServeConfig
from vigorl.policy.vllm.serving import serve_command, served_family

MODEL = "Qwen/Qwen3-VL-8B-Instruct"


def options(command: list[str]) -> dict[str, str]:
    return dict(zip(command[3::2], command[4::2], strict=True))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_there_is_room_for_the_longest_conversation_of_a_family(family: Family) -> None:
    told = options(serve_command(MODEL, family, ServeConfig()))
    assert told["--host"] == "127.0.0.1"
    assert told["--logprobs-mode"] == "processed_logprobs"
    if family.reads:
        assert "--limit-mm-per-prompt" not in told
        return
    assert json.loads(told["--limit-mm-per-prompt"])["image"] == family.max_images
    sizes = json.loads(told["--mm-processor-kwargs"])["size"]
    for width_px, height_px in ((1920, 1080), (40, 30), (8000, 9000)):
        fitted = fitted_size(width_px, height_px, family.size)
        assert sizes["shortest_edge"] <= fitted[0] * fitted[1] <= sizes["longest_edge"]
    if family.chat.image_cell:
        largest = family.size.max_pixels // family.size.cell_px**2
        assert int(told["--max-model-len"]) > family.max_images * (largest + 2048)


def test_the_context_is_no_longer_than_the_model_takes(tmp_path: Path) -> None:
    folder = tmp_path / "qwen3-vl-ours"
    folder.mkdir()
    config = {"model_type": "qwen3_vl", "text_config": {"max_position_embeddings": 16_384}}
    (folder / "config.json").write_text(json.dumps(config))
    family = served_family(str(folder), None)
    assert family == family_named("qwen3-vl")
    command = serve_command(str(folder), family, ServeConfig(lora_rank=9), ["--dtype", "float16"])
    switches = ("--enable-lora", "--enable-scale-out")
    assert all(each in command for each in switches)
    assert options([each for each in command if each not in switches]) == {
        **options(serve_command(str(folder), family, ServeConfig())),
        "--max-model-len": "16384",
        "--max-lora-rank": "16",
        "--max-loras": "2",
        "--dtype": "float16",
    }
    assert command[-2:] == ["--dtype", "float16"]
    with pytest.raises(UsageError, match="before the --"):
        serve_command(MODEL, family, ServeConfig(), ["--port=9"])
    with pytest.raises(UsageError, match="ranks up to 512"):
        serve_command(MODEL, family, ServeConfig(lora_rank=513))
    with pytest.raises(UsageError, match="no checkpoint"):
        served_family("qwen", None)
    (folder / "config.json").unlink()
    with pytest.raises(UsageError, match=r"holds no config\.json"):
        served_family(str(folder), "qwen3-vl")


def test_the_command_for_another_machine_is_whole() -> None:
    asked = ["serve", MODEL, "--dry-run", "--family", "qwen3-vl"]
    plain, learning = (
        CliRunner().invoke(app, [*asked, *more]).output.split() for more in ([], ["--lora", "16"])
    )
    assert plain[:2] == ["vllm", "serve"] and "--enable-lora" not in plain
    assert learning[:2] == ["VLLM_ALLOW_RUNTIME_LORA_UPDATING=1", "vllm"]
    assert {"--enable-lora", "--enable-scale-out", "processed_logprobs"} <= set(learning)


async def test_a_model_for_vllm_is_named_with_arguments_of_its_engine() -> None:
    config = VllmConfig.of("vllm:/models/mine?dtype=float16&max_model_len=4096&enforce_eager=true")
    assert config.path == "/models/mine"
    assert config.arguments == {"dtype": "float16", "max_model_len": 4096, "enforce_eager": True}
    with pytest.raises(UsageError, match="names no checkpoint"):
        VllmConfig.of("vllm:")
    with pytest.raises(UsageError, match="no model mine"):  # and not a function of a module vllm
        await open_model("vllm:mine")
    if find_spec("vllm") is None:
        with pytest.raises(UsageError, match=r"pip install 'vigorl-agent\[vllm\]'"):
            await open_model(f"vllm:{MODEL}")


SERVER = """#!{python}
import http.server, os, subprocess, sys, time
child = subprocess.Popen(["sleep", "600"])
open({record!r}, "w").write(f"{{os.getpid()}} {{child.pid}}")
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
port = int(sys.argv[sys.argv.index("--port") + 1])
try:
    http.server.HTTPServer(("127.0.0.1", port), Health).serve_forever()
except KeyboardInterrupt:
    pass
"""


def serve(path: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "vigorl.agent.cli", "serve", MODEL, *words],
        env={**os.environ, "PATH": str(path)},
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(find_spec("vllm") is not None, reason="it would be started")
def test_a_server_is_told_when_it_answers_and_ends_with_all_it_started_at_ctrl_c(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    record = tmp_path / "processes"
    port = str(unused_tcp_port)
    missing = serve(tmp_path, "--port", port)
    program = tmp_path / "bin" / "vllm"
    program.parent.mkdir()
    program.write_text(SERVER.format(python=sys.executable, record=str(record)))
    program.chmod(0o755)
    os.symlink("/bin/sleep", program.parent / "sleep")
    served = serve(program.parent, "--port", port, "--family", "qwen3-vl")
    assert served.stderr
    told = ""
    while "--model" not in told.rpartition("ready")[2]:
        line = served.stderr.readline()
        assert line, told
        told += line
    assert f"--model http://127.0.0.1:{port}/v1 --family qwen3-vl" in told
    with serve(program.parent, "--port", port) as second:
        assert second.stderr
        assert "choose another with --port" in second.stderr.read()
    served.send_signal(signal.SIGINT)
    assert served.wait(20) == 130
    served.stderr.close()
    for each in record.read_text().split():
        until_s = time.monotonic() + 5  # an orphan is gone when init has seen it
        while alive(int(each)) and time.monotonic() < until_s:
            time.sleep(0.02)
        assert not alive(int(each))
    assert missing.stderr
    assert "pip install 'vigorl-agent[vllm]'" in missing.stderr.read()
    assert missing.wait(20) == 2
    missing.stderr.close()
    with socket.create_server(("127.0.0.1", unused_tcp_port)):
        pass


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
