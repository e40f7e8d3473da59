"""Secrets in a run: every byte of the record, every picture, every process, every prompt."""

import io
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
from rich.markup import escape

from vigorl.agent.cli.terminal import Console
from vigorl.agent.record.recorder import Recorder
from vigorl.agent.record.trajectory import EndRecord, StartRecord, StepRecord, read_trajectory
from vigorl.agent.run import ModelConfig, RunConfig, run
from vigorl.agent.secret_sources import read_secrets
from vigorl.agent.viewer.watching import TerminalWatcher
from vigorl.browser.actions import Type
from vigorl.browser.disguises import disguises
from vigorl.browser.errors import PolicyFault, UsageError
from vigorl.browser.geometry import Frame
from vigorl.browser.observation import Observation
from vigorl.browser.picture import Picture, View
from vigorl.browser.vault import TYPED, Secret, Vault
from vigorl.policy.perception.screen_reader import shared_screen_reader
from vigorl.policy.policy import Tokens, Turn
from vigorl.policy.wire import Server

VALUE = "Zebra-47 hat/9"
STYLE = """<style>body { font: 20px sans-serif; margin: 40px }
label { display: block; margin: 20px 0 }
input, button { font: inherit; padding: 8px 12px; width: 300px; border: 1px solid #444 }</style>"""
LOG_IN = f"""<!doctype html><title>Log in</title>{STYLE}<form action=/in>
<label>User<br><input name=u></label>
<label>Password<br><input type=password name=p></label><button>Sign in</button></form>"""


class Shop(BaseHTTPRequestHandler):
    """Puts the password wherever a careless site does."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        said = {name: values[0] for name, values in parse_qs(url.query).items()}
        body = LOG_IN
        if url.path == "/in":
            password = said.get("p", "")
            body = f"""<!doctype html><title>in as {password}</title>{STYLE}
            <h1>Welcome {said.get("u", "")}</h1><p>Your password is {password}.
            <p><input value="{password}"><p id=late></p><script>
            setTimeout(() => {{ late.textContent = {json.dumps(password)} }}, 300)</script>"""
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        return None


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def leaks(folder: Path, value: str = VALUE) -> list[str]:
    """Where a value stands: in names and bytes of files, in what pictures show."""
    pattern = re.compile(disguises(value))
    found = [str(path) for path in folder.rglob("*") if pattern.search(str(path))]
    for path in filter(Path.is_file, folder.rglob("*")):
        if pattern.search(path.read_bytes().decode("latin-1")):
            found.append(str(path))
        if path.suffix in (".jpg", ".png") and path.parent.name == "images":
            found += [f"{path}: {text}" for text in read(path) if "zebra" in text.lower()]
    return found


def read(path: Path) -> list[str]:
    picture = Picture.from_bytes(path.read_bytes())
    frame = Frame.of_viewport(picture.width_px, picture.height_px)
    return [line.text for line in shared_screen_reader().read(View(picture, frame)).lines]


def modes(folder: Path) -> set[str]:
    return {
        f"{'folder' if path.is_dir() else 'file'} {path.stat().st_mode & 0o777:o}"
        for path in (folder, *folder.rglob("*"))
    }


GOAL = """type "anna" into "User", type the secret PASSWORD into "Password", click "Sign in",
wait until you see "Welcome anna" """


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_no_byte_of_a_run_no_picture_and_no_process_holds_the_password(
    shop: str, tmp_path: Path
) -> None:
    arguments = ["run", GOAL, "--url", shop, "--secret", "PASSWORD", "--json", "--out", "runs"]
    environment = {**os.environ, "PASSWORD": VALUE, "VIGORL_API_KEY": "sk-not-for-browsers"}
    process = subprocess.Popen(
        [sys.executable, "-m", "vigorl.agent.cli", *arguments],
        cwd=tmp_path,
        env=environment,
        umask=0,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    started: dict[int, str] = {}
    while process.poll() is None:
        for child in psutil.Process(process.pid).children(recursive=True):
            try:
                started[child.pid] = f"{child.environ()} {child.cmdline()}"
            except psutil.Error:
                continue
        time.sleep(0.5)
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert len(started) > 1 and not any(
        VALUE in each or "sk-not-for-browsers" in each for each in started.values()
    )
    assert VALUE not in out + err
    folder = Path(tmp_path, json.loads(out)["trajectory"])
    recorded = read_trajectory(folder)
    assert recorded.steps[-1].seen.title == "in as <secret:PASSWORD>"
    assert recorded.steps[-1].seen.url.endswith("?u=anna&p=<secret:PASSWORD>")
    assert leaks(folder) == []
    assert any(
        "Your password is" in text for path in folder.glob("images/*") for text in read(path)
    )
    assert modes(folder) == {"folder 700", "file 600"}


@pytest.mark.browser
@pytest.mark.timeout(300)
async def test_a_password_in_the_goal_is_in_no_record_once_it_was_typed_as_one(
    shop: str, tmp_path: Path
) -> None:
    goal = GOAL.replace("the secret PASSWORD", f'"{VALUE}"')
    config = RunConfig(goal, f"http://anna:Quilt-88@{shop[7:]}", runs=tmp_path)
    out = io.StringIO()
    with TerminalWatcher(Console(file=out, width=200)) as watcher:
        recorded = await run(config, MODEL, watcher)
    assert recorded.status == "done"
    assert "type (" in out.getvalue() and VALUE not in out.getvalue()
    assert f'type "{TYPED}" into "Password"' in recorded.start.goal
    assert leaks(tmp_path) == []
    assert leaks(tmp_path, "Quilt-88") == []
    assert read_trajectory(recorded.folder).steps == recorded.steps


MODEL = ModelConfig()


class ModelServer(BaseHTTPRequestHandler):
    """Says what it was told to say, and keeps what it was sent."""

    replies: list[str]
    bodies: list[str]

    def do_GET(self) -> None:
        if "denied" in self.path:
            key = self.headers["Authorization"]
            return self.answer({"error": {"message": f"wrong key {key}, http%3A{key}"}}, 401)
        return self.answer({"data": [{"id": "Qwen2.5-VL-3B-Instruct"}]})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        type(self).bodies.append(body)
        text = type(self).replies.pop(0)
        self.answer({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]})

    def answer(self, value: Any, status: int = 200) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, *_: Any) -> None:
        return None


@pytest.fixture
def model_server() -> Iterator[tuple[str, type[ModelServer]]]:
    handler = type("Handler", (ModelServer,), {"replies": [], "bodies": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", handler
        server.shutdown()


def say(command: str) -> str:
    return f"<think> so </think>\n<answer> {command} </answer>"


@pytest.mark.browser
@pytest.mark.timeout(300)
async def test_a_model_is_told_the_name_and_types_by_it(
    shop: str, tmp_path: Path, model_server: tuple[str, type[ModelServer]]
) -> None:
    url, server = model_server
    commands = [
        'type (150, 190) "<secret:PASSWORD>" enter',
        'type (150, 190) "<secret:PIN>"',
        "done",
    ]
    server.replies += map(say, commands)
    secrets = (Secret("PASSWORD", VALUE),)
    config = RunConfig("log in", shop, secrets=secrets, runs=tmp_path)
    recorded = await run(config, ModelConfig(url, api_key="sk-abcdef123456"))
    assert recorded.status == "done", recorded.end
    assert "p=<secret:PASSWORD>" in recorded.steps[1].seen.url
    assert "<secret:PASSWORD>: a text for 127.0.0.1" in server.bodies[0]
    assert not any(VALUE in body or "Zebra" in body for body in server.bodies)
    assert leaks(tmp_path) == []
    assert not any(b"sk-abcdef" in path.read_bytes() for path in recorded.folder.glob("*.*"))


async def test_a_key_that_a_server_echoes_is_not_repeated(
    model_server: tuple[str, type[ModelServer]],
) -> None:
    url, _ = model_server
    with pytest.raises(PolicyFault) as refused:
        await Server.connect(f"{url}/denied", api_key="sk-abcdef123456")
    assert "wrong key Bearer <API key>" in str(refused.value)
    assert "sk-abcdef" not in str(refused.value)


async def test_a_log_in_in_a_servers_address_is_sent_and_not_told(
    model_server: tuple[str, type[ModelServer]],
) -> None:
    url, _ = model_server
    with pytest.raises(PolicyFault) as refused:
        await Server.connect(f"{url.replace('//', '//anna:Quilt-88@')}/denied")
    assert "Quilt-88" not in str(refused.value) and "wrong key Basic" in str(refused.value)
    assert "YW5uYTpRdWlsdC04O" not in str(refused.value)


class TestTheRecord:
    def record(self, index: int, text: str, tokens: Tokens | None = None) -> StepRecord:
        turn = Turn(text, text, (), Type(text), tokens=tokens, instruction=text)
        return StepRecord(index, self.recorder.seen(Observation(None)), turn, 0.1, 0.1)

    def test_a_text_that_turns_out_to_be_a_password_is_taken_out_of_what_was_written(
        self, tmp_path: Path
    ) -> None:
        vault = Vault(learns=True)
        goal = f'type "{VALUE}" into "Password"'
        self.recorder = Recorder.create(tmp_path, goal, {"goal": goal}, vault)
        tokens = Tokens(0, (1, 2), (3,), None)
        self.recorder.start(StartRecord(goal, {}, {}, None, "now"))
        self.recorder.step(self.record(0, "before", tokens))
        self.recorder.step(self.record(1, VALUE, tokens))
        vault.learn(VALUE)
        self.recorder.step(self.record(2, f"after {VALUE}", tokens))
        recorded = self.recorder.end(EndRecord("done", VALUE, None, None, None, 1.0))
        assert leaks(tmp_path) == []
        assert recorded.start.goal == f'type "{TYPED}" into "Password"'
        assert [step.turn.action for step in recorded.steps[1:]] == [
            Type(TYPED),
            Type(f"after {TYPED}"),
        ]
        assert all(step.turn.tokens is None for step in recorded.steps)
        assert read_trajectory(recorded.folder) == recorded

    def test_without_secrets_every_token_is_kept_as_it_was_sampled(self, tmp_path: Path) -> None:
        self.recorder = Recorder(tmp_path / "run", vault=Vault(learns=True))
        tokens = Tokens(0, (1, 2), (3,), (-0.25,))
        self.recorder.start(StartRecord("log in", {}, {}, None, "now"))
        record = self.record(0, VALUE, tokens)
        assert self.recorder.step(record) == record
        self.recorder.close()

    def test_folders_are_private_whatever_the_umask(self, tmp_path: Path) -> None:
        for umask in (0, 0o077, 0o277):
            before = os.umask(umask)
            try:
                recorder = Recorder.create(tmp_path / f"{umask}", "click", {})
                recorder.start(StartRecord("click", {}, {}, None, "now"))
                recorder.close()
            finally:
                os.umask(before)
            assert modes(recorder.folder) == {"folder 700", "file 600"}

    @pytest.mark.parametrize(
        ("goal", "slug"),
        [
            ("find the opening hours", "find-the-opening-hours"),
            ('click "Contact"', "click-contact"),
            ('type "hunter2" into "Passwort", click "Los"', "into-passwort-click-los"),
            ("Log in as anna, password hunter2", "log-in-as-anna"),
            ("my pin is 4711: pay", "my"),
            ("enter “hunter2” and go on", "and-go-on"),
            ("password: hunter2", "run"),
        ],
    )
    def test_a_folder_is_not_named_after_what_is_typed(
        self, tmp_path: Path, goal: str, slug: str
    ) -> None:
        recorder = Recorder.create(tmp_path, goal, {})
        recorder.close()
        assert recorder.folder.name.split("-", 2)[2].rsplit("-", 1)[0] == slug


class TestSources:
    def test_the_environment_gives_it_up(self) -> None:
        environment = {"PASSWORD": VALUE, "SHOP_PW": "other", "PATH": "/bin"}
        secrets = read_secrets(["PASSWORD", "shop@a.example,b.example=env:SHOP_PW"], environment)
        assert [(each.name, each.plain, each.hosts) for each in secrets] == [
            ("PASSWORD", VALUE, ()),
            ("shop", "other", ("a.example", "b.example")),
        ]
        assert environment == {"PATH": "/bin"}

    def test_a_file_gives_its_line_and_a_seed_its_codes(self, tmp_path: Path) -> None:
        (tmp_path / "seed").write_text("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n")
        (secret,) = read_secrets([f"CODE=totp:file:{tmp_path}/seed"], {})
        assert (secret.kind, secret.typed(59)) == ("totp", "287082")

    @pytest.mark.parametrize("option", ["PASSWORD=hunter2", "PASSWORD=plain:hunter2"])
    def test_a_plain_value_is_refused_and_not_repeated(self, option: str) -> None:
        with pytest.raises(UsageError, match="does not belong into a command") as refused:
            read_secrets([option], {})
        assert "hunter2" not in str(refused.value)

    @pytest.mark.parametrize(
        ("option", "why"),
        [
            ("PASSWORD", "no terminal to ask in"),
            ("PASSWORD=prompt", "no terminal to ask in"),
            ("PASSWORD=env:NOWHERE", "no variable NOWHERE"),
            ("PASSWORD=file:/nowhere", "cannot be read"),
            ("PASSWORD@a b=env:PATH", "no host"),
            ("PASSWORD@a:b=env:PATH", "no host"),
        ],
    )
    def test_what_cannot_be_had_is_said(
        self, option: str, why: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        with pytest.raises(UsageError, match=why):
            read_secrets([option], {"PATH": "/bin"})


class TestGoals:
    @pytest.mark.parametrize(
        ("goal", "why"),
        [
            (f'type "{VALUE}" into "Password"', "write <secret:PASSWORD> in its place"),
            ('type the secret PIN into "Pin"', "There is no secret PIN; there is PASSWORD"),
            ('type "<secret:PIN>" into "Pin"', "There is no secret PIN"),
        ],
    )
    async def test_a_value_or_an_unknown_name_is_refused_before_anything_starts(
        self, tmp_path: Path, goal: str, why: str
    ) -> None:
        config = RunConfig(
            goal, "http://127.0.0.1:9/", secrets=(Secret("PASSWORD", VALUE),), runs=tmp_path
        )
        with pytest.raises(UsageError, match=why) as refused:
            await run(config, MODEL)
        assert VALUE not in str(refused.value)
        assert list(tmp_path.iterdir()) == []

    async def test_a_secret_without_a_host_is_refused(self, tmp_path: Path) -> None:
        config = RunConfig(task="login", secrets=(Secret("PASSWORD", VALUE),), runs=tmp_path)
        with pytest.raises(UsageError, match="Name its host"):
            await run(config, MODEL)


class TestTheTerminal:
    NASTY = "\x1b]0;pwned\x07\x1b[2J\x9b31m\u202egnp.exe\u2069 :x: [red]no"

    def test_texts_do_nothing_to_it(self) -> None:
        out = io.StringIO()
        console = Console(file=out, force_terminal=True, width=200)
        console.print(escape(self.NASTY), highlight=False)
        console.out(self.NASTY, highlight=False)
        written = out.getvalue()
        assert not any(sign in written for sign in "\x07\x9b\u202e\u2069❌")
        assert "\x1b]" not in written and "\x1b[2J" not in written
        assert ":x: [red]no" in written

    def test_a_path_and_json_do_nothing_either(self, capfd: pytest.CaptureFixture[str]) -> None:
        shown = subprocess.run(
            [sys.executable, "-m", "vigorl.agent.cli", "show", self.NASTY, "--json"],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert shown.returncode == 2
        for sign in "\x1b\x07\x9b\u202e\u2069":
            assert sign not in shown.stdout + shown.stderr
        assert self.NASTY in json.loads(shown.stdout)["reason"]
