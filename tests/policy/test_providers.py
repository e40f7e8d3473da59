"""Short names of models, where they lead, and which key goes there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from vigorl.browser.errors import UsageError
from vigorl.policy.factory import (
    addressed,
    beside,
    checkpoint_of,
    open_language_model,
    policy_named,
)
from vigorl.policy.model_config import ModelConfig, read_object
from vigorl.policy.price import Price, price_of, read_prices
from vigorl.policy.providers import PROVIDERS, key_for, served
from vigorl.policy.usage import Usage

KEYS = {name: f"{name}-value" for provider in PROVIDERS for name in provider.keys}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*KEYS, "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


class Listener:
    """A server that notes what it is asked and by which key."""

    def __init__(self, usage: dict[str, Any]) -> None:
        self.url = ""
        self.usage = usage
        self.asked: list[dict[str, Any]] = []
        self.keys: set[str | None] = set()


@contextmanager
def listening(**usage: Any) -> Iterator[Listener]:
    listener = Listener(usage)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            return None

        def do_GET(self) -> None:
            self.answer({"data": [{"id": "gpt-5"}, {"id": "other"}]})

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            listener.asked.append(json.loads(self.rfile.read(length)))
            message = {"role": "assistant", "content": "<answer> done </answer>"}
            choice = {"message": message, "finish_reason": "stop"}
            self.answer({"choices": [choice], "usage": listener.usage})

        def answer(self, content: dict[str, Any]) -> None:
            listener.keys.add(self.headers["Authorization"])
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        listener.url = f"http://127.0.0.1:{server.server_port}/v1"
        yield listener
        server.shutdown()


@pytest.mark.parametrize(
    ("model", "provider", "name"),
    [
        ("gpt-5", "OpenAI", "gpt-5"),
        ("o4-mini", "OpenAI", "o4-mini"),
        ("computer-use-preview", "OpenAI", "computer-use-preview"),
        ("claude-sonnet-4-5", "Anthropic", "claude-sonnet-4-5"),
        ("gemini-2.5-pro", "Google", "gemini-2.5-pro"),
        ("openrouter/qwen/qwen3-vl-8b:free", "OpenRouter", "qwen/qwen3-vl-8b:free"),
        ("together/Qwen/Qwen2.5-VL-72B-Instruct", "Together", "Qwen/Qwen2.5-VL-72B-Instruct"),
        ("mistral/pixtral-large-latest", "Mistral", "pixtral-large-latest"),
        ("groq/meta-llama/llama-4-scout", "Groq", "meta-llama/llama-4-scout"),
        ("ollama/qwen2.5vl:7b", "Ollama", "qwen2.5vl:7b"),
        ("lmstudio/qwen/qwen3-vl-4b", "LM Studio", "qwen/qwen3-vl-4b"),
    ],
)
def test_a_short_name_leads_to_a_server_with_its_own_key_or_none(
    model: str, provider: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = served(model, KEYS)
    assert place and (place.provider.name, place.model_name) == (provider, name)
    assert place.key == (f"{place.provider.keys[0]}-value" if place.provider.keys else None)
    if place.provider.keys:
        with pytest.raises(UsageError, match=f"{provider}.*{place.provider.keys[0]}"):
            addressed(ModelConfig(model))
        monkeypatch.setenv(place.provider.keys[-1], " last \n")
    found = addressed(ModelConfig(model))
    assert (found.model, found.model_name) == (place.provider.url, name)
    assert found.api_key == ("last" if place.provider.keys else None)
    assert addressed(found) == found
    assert addressed(ModelConfig(model, api_key="given")).api_key == "given"
    with pytest.raises(UsageError, match="names a model already"):
        addressed(ModelConfig(model, model_name="another", api_key="k"))


@pytest.mark.parametrize(
    "model",
    [
        "reader",
        "nano",
        "Qwen/Qwen2.5-VL-3B-Instruct",
        "openai/gpt-oss-20b",
        "gpt-oss-20b",
        "gpt-neo-1b",
        "Groq/Llama-3-Groq-8B-Tool-Use",
        "ollama/",
        "http://localhost:8000/v1",
    ],
)
def test_what_had_a_meaning_keeps_it(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    assert addressed(ModelConfig(model)) == ModelConfig(model)


def test_a_folder_and_a_policy_come_before_a_short_name(tmp_path: Path) -> None:
    assert policy_named("ollama/qwen2.5vl:7b") is None
    for name in ("gpt-5", "ollama/mine"):
        (tmp_path / name).mkdir(parents=True)
        assert addressed(ModelConfig(name)).model == name
        (tmp_path / name / "config.json").write_text("{}")
        assert checkpoint_of(name) == name
    with pytest.raises(UsageError, match="no weights"):
        checkpoint_of("ollama/other")


def test_a_key_belongs_to_one_server() -> None:
    environ = {**KEYS, "OPENAI_BASE_URL": "https://proxy.example:8443/openai"}
    for provider in PROVIDERS:
        expected = f"{provider.keys[0]}-value" if provider.keys else None
        assert key_for(provider.url + "/", KEYS) == expected
        assert key_for(provider.url.replace("https://", "http://"), KEYS) is None
        assert key_for(f"https://{urlsplit(provider.url).netloc}.evil.example/v1", KEYS) is None
    assert key_for("https://PROXY.example:8443/v1", environ) == "OPENAI_API_KEY-value"
    for url in ("https://proxy.example/v1", "https://api.openai.com/v1", "https://x:99999999"):
        assert key_for(url, environ) is None


async def test_a_key_reaches_the_named_base_url_and_no_other_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    with listening() as own, listening() as foreign:
        monkeypatch.setenv("OPENAI_BASE_URL", own.url)
        for config in (
            ModelConfig("gpt-5"),
            ModelConfig(own.url, "gpt-5"),
            ModelConfig(foreign.url, "gpt-5"),
        ):
            await (await open_language_model(config)).close()
        assert (own.keys, foreign.keys) == ({"Bearer sk-1"}, {None})
        acting = ModelConfig("gpt-5", api_key="mine", extra_body={"a": 1}, price=Price(1, 1))
        assert beside(acting, foreign.url) == ModelConfig(foreign.url)
        same = beside(acting, own.url)
        assert (same.api_key, same.extra_body, same.price) == ("mine", {"a": 1}, None)


async def test_a_configuration_shapes_requests_and_tells_their_cost(screen: Any) -> None:
    view = screen(1, 1280, 720)
    details = {"cached_tokens": 60}
    with listening(
        prompt_tokens=100, completion_tokens=10, prompt_tokens_details=details
    ) as server:
        config = ModelConfig(
            server.url,
            "gpt-5",
            turn_tokens=99,
            top_p=0.5,
            max_pixels=200_000,
            window_screens=1,
            extra_body={"reasoning": {"effort": "low"}},
            price={"gpt-5": Price(2, 10, 0.5)},
        )
        policy = await open_language_model(config)
        assert policy.describe()["max_pixels"] == 200_000
        assert policy.describe()["extra_body"] == {"reasoning": {"effort": "low"}}
        actor = policy.actor("Look.")
        turns = [await actor.act(view), await actor.act(screen(2, 1280, 720))]
        server.usage["cost"] = 0.125
        turns.append(await actor.act(view))
        await policy.close()
    request = server.asked[1]
    asked = (request["max_tokens"], request["top_p"], request["temperature"])
    assert asked == (99, 0.5, policy.family.temperature)
    assert request["reasoning"] == {"effort": "low"}
    (image,) = _pictures(request)
    assert 150_000 < image.width * image.height <= 200_000
    assert turns[0].usage == Usage(100, 60, 10, pytest.approx((40 * 2 + 60 * 0.5 + 100) / 1e6))
    assert turns[2].usage.cost_usd == 0.125  # what the server says comes first


def _pictures(request: dict[str, Any]) -> list[Any]:
    import base64
    import io

    from PIL import Image

    parts = [part for each in request["messages"][1:] for part in each["content"]]
    urls = [part["image_url"]["url"] for part in parts if "image_url" in part]
    return [Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) for url in urls]


@pytest.mark.parametrize("config", [{"max_pixels": 10}, {"top_p": 0.0}, {"window_screens": 0}])
async def test_what_no_model_can_do_is_refused(config: dict[str, Any]) -> None:
    with listening() as server, pytest.raises(UsageError):
        model = ModelConfig(server.url, "gpt-5", family="qwen2.5-vl", **config)
        await open_language_model(model)


def test_costs_add_up_only_where_they_are_known() -> None:
    dear, free, unknown = Usage(1, 0, 1, 0.5), Usage(), Usage(1, 0, 1)
    assert (dear + free + dear).cost_usd == 1.0
    assert (dear + unknown).cost_usd is (unknown + dear).cost_usd is None
    assert (unknown + dear + dear).cost_usd is (free + free).cost_usd is None
    assert (dear + unknown).prompt_tokens == 2
    assert Usage(1200, 1000, 3, 0.01234).told() == (
        "1,200 prompt tokens (1,000 cached)", "3 sampled", "$0.0123",
    )  # fmt: skip
    assert Usage(cost_usd=2.5).told() == ("$2.50",)
    assert free.told() == () and "cost_usd" not in unknown.as_json()


def test_a_price_is_written_in_two_or_three_numbers() -> None:
    assert read_prices("1.25, 10") == read_prices([1.25, 10]) == Price(1.25, 10)
    assert read_prices("1,2,0.1") == Price(1, 2, 0.1)
    prices = read_prices({"a": "1,2", "b": [3, 4]})
    assert price_of(prices, "c", "b") == Price(3, 4) and price_of(prices, "c", None) is None
    for wrong in ("", "1", "1,2,3,4", "a,b", "-1,2", "nan,1", "inf,1", 3, [True, 1], [[1], 2], {}):
        if wrong != {}:
            with pytest.raises(ValueError, match="no price"):
                read_prices(wrong)
    for text in ("", "[1]", "{", "[" * 100_000):
        with pytest.raises(ValueError, match="JSON"):
            read_object(text)


def test_each_provider_is_documented_with_its_key() -> None:
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text()
    for provider in PROVIDERS:
        assert provider.url in page, provider.name
        assert provider.source in page, provider.name
        assert all(f"`{name}`" in page for name in provider.keys), provider.name
