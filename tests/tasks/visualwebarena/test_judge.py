"""Models that judge: what they are asked, and how their words become a verdict."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from PIL import Image

from vigorl.browser.errors import TaskFault
from vigorl.tasks.visualwebarena.judge import ModelServer


class Model:
    """A server that says one sentence, and keeps what it was asked."""

    def __init__(self) -> None:
        self.says = "correct"
        self.status = 200
        self.away = 0
        """So often it answers 503 first."""
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({"data": [{"id": "judge-1"}, {"id": "judge-2"}]})

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                model.asked.append(json.loads(self.rfile.read(length)))
                model.keys.append(self.headers["Authorization"])
                self._answer({"choices": [{"message": {"content": model.says}}]})

            def _answer(self, content: object) -> None:
                self.send_response(503 if model.away else model.status)
                model.away = max(0, model.away - 1)
                self.end_headers()
                self.wfile.write(json.dumps(content).encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def model() -> Iterator[Model]:
    model = Model()
    yield model
    model.close()


@pytest.mark.parametrize(
    ("says", "verdict"),
    [
        ("Correct.", True),
        ("'correct'", True),
        ("Incorrect", False),
        ("partially correct", False),
        ("It is correct, not incorrect", False),
    ],
)
async def test_an_answer_is_right_where_the_judge_says_correct(
    model: Model, says: str, verdict: bool
) -> None:
    model.says = says
    async with ModelServer(model.url, api_key="k") as judge:
        assert await judge.is_equivalent("a kettle", "one kettle", "What is it?") is verdict
    asked = model.asked[0]
    assert (asked["model"], asked["temperature"]) == ("judge-1", 0)
    text = asked["messages"][-1]["content"]
    assert "a kettle" in text and "one kettle" in text and "What is it?" in text
    assert model.keys == ["Bearer k"]


@pytest.mark.parametrize(("says", "verdict"), [("Same", True), ("different", False)])
async def test_a_reason_is_right_where_the_judge_says_same(
    model: Model, says: str, verdict: bool
) -> None:
    model.says = says
    async with ModelServer(model.url, "judge-2") as judge:
        assert await judge.is_same_reason("there is none", "no such thing", "Buy it") is verdict
    assert model.asked[0]["model"] == "judge-2"


async def test_the_same_question_is_asked_once(model: Model) -> None:
    async with ModelServer(model.url) as judge:
        for _ in range(3):
            assert await judge.is_equivalent("a", "b", "c")
        assert await judge.is_equivalent("b", "a", "c")
    assert len(model.asked) == 2


async def test_words_that_are_no_verdict_are_the_judges_fault(model: Model) -> None:
    async with ModelServer(model.url) as judge:
        for model.says in ("I cannot say.", "", "  "):
            with pytest.raises(TaskFault, match="the judge"):
                await judge.is_equivalent("a", "b", "c")
            with pytest.raises(TaskFault, match="the judge"):
                await judge.is_same_reason("a", "b", "c")
        model.says = "correct"  # it is asked again
        assert await judge.is_equivalent("a", "b", "c")


async def test_a_captioner_that_says_nothing_is_a_fault(model: Model) -> None:
    model.says = ""
    async with ModelServer(model.url) as captioner:
        with pytest.raises(TaskFault, match="says nothing"):
            await captioner.answer(Image.new("RGB", (4, 4)), "Q: Which colour? A:")


async def test_a_judge_that_is_away_for_a_moment_is_asked_again(model: Model) -> None:
    model.away = 2
    async with ModelServer(model.url) as judge:
        assert await judge.is_equivalent("a", "b", "c")
    assert model.away == 0


async def test_a_judge_that_does_not_answer_is_a_fault(model: Model) -> None:
    model.status = 500
    async with ModelServer(model.url) as judge:
        with pytest.raises(TaskFault):
            await judge.is_equivalent("a", "b", "c")
    async with ModelServer("http://127.0.0.1:9/v1", "m") as judge:
        with pytest.raises(TaskFault):
            await judge.is_equivalent("a", "b", "c")


async def test_a_picture_is_sent_with_its_question(model: Model) -> None:
    model.says = "blue"
    async with ModelServer(model.url) as captioner:
        image = Image.new("RGBA", (4, 4), "blue")
        assert await captioner.answer(image, "Q: Which colour? A:") == "blue"
    content = model.asked[0]["messages"][0]["content"]
    assert content[0]["image_url"]["url"].startswith("data:image/png;base64,")
    assert content[1] == {"type": "text", "text": "Q: Which colour? A:"}
