"""Providers: servers whose models go by a short name, and the keys that belong to them.

A key is sent where it belongs and nowhere else: that of a provider to the provider's own address,
and one that is given for a model to that model's server.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from vigorl.browser.errors import UsageError

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Provider:
    """Somebody who serves models by the OpenAI protocol at a known address."""

    name: str
    url: str
    """Where the protocol begins, as the provider documents it."""
    source: str
    """The page that documents it."""
    prefix: str = ""
    """What the short names of its models begin with; the rest is the server's own name."""
    pattern: str = ""
    """Regular expression of whole names that can only be its models."""
    keys: tuple[str, ...] = ()
    """Variables of the environment that hold its key, the first one first; none: it needs none."""
    url_variable: str = ""
    """Variable of the environment that puts another address in the place of `url`."""

    def named(self, model: str) -> str | None:
        """The server's own name of a model that goes by a short one; None: it is not its."""
        if self.prefix and model.startswith(self.prefix) and model != self.prefix:
            return model.removeprefix(self.prefix)
        return model if self.pattern and re.fullmatch(self.pattern, model) else None

    def address(self, environ: Mapping[str, str]) -> str:
        """Where it is, as far as the environment has a say in it."""
        return environ.get(self.url_variable, "").strip() or self.url

    def key(self, environ: Mapping[str, str]) -> str | None:
        """Its key, where the environment has one."""
        return next((key for name in self.keys if (key := environ.get(name, "").strip())), None)


PROVIDERS = (
    Provider(
        "OpenAI",
        "https://api.openai.com/v1",
        "https://platform.openai.com/docs/api-reference/introduction",
        pattern=r"(?:gpt-(?!oss|neo|j)|chatgpt-|computer-use-|o\d)[\w.:-]*",
        keys=("OPENAI_API_KEY",),
        url_variable="OPENAI_BASE_URL",
    ),
    Provider(
        "Anthropic",
        "https://api.anthropic.com/v1",
        "https://platform.claude.com/docs/en/api/openai-sdk",
        pattern=r"claude-[\w.:-]+",
        keys=("ANTHROPIC_API_KEY",),
    ),
    Provider(
        "Google",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "https://ai.google.dev/gemini-api/docs/openai",
        pattern=r"gemini-[\w.:-]+",
        keys=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    ),
    Provider(
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        "https://openrouter.ai/docs/quickstart",
        prefix="openrouter/",
        keys=("OPENROUTER_API_KEY",),
    ),
    Provider(
        "Together",
        "https://api.together.ai/v1",
        "https://docs.together.ai/docs/inference/openai-compatibility",
        prefix="together/",
        keys=("TOGETHER_API_KEY",),
    ),
    Provider(
        "Mistral",
        "https://api.mistral.ai/v1",
        "https://docs.mistral.ai/resources/migration-guides",
        prefix="mistral/",
        keys=("MISTRAL_API_KEY",),
    ),
    Provider(
        "Groq",
        "https://api.groq.com/openai/v1",
        "https://console.groq.com/docs/openai",
        prefix="groq/",
        keys=("GROQ_API_KEY",),
    ),
    Provider(
        "Ollama",
        "http://localhost:11434/v1",
        "https://docs.ollama.com/api/openai-compatibility",
        prefix="ollama/",
    ),
    Provider(
        "LM Studio",
        "http://localhost:1234/v1",
        "https://lmstudio.ai/docs/developer/openai-compat",
        prefix="lmstudio/",
    ),
)


@dataclass(frozen=True, slots=True)
class Served:
    """Where a model with a short name is served."""

    provider: Provider
    url: str
    model_name: str
    key: str | None
    """The provider's, out of the environment."""

    def require_key(self, model: str) -> None:
        """Refuse to ask a provider that answers nobody without a key.

        Raises:
            UsageError: there is none.
        """
        if self.key is None and self.provider.keys and self.url == self.provider.url:
            raise UsageError(
                f"{model} is served by {self.provider.name}, which wants a key: set "
                f"{' or '.join(self.provider.keys)} in the environment"
            )


def served(model: str, environ: Mapping[str, str]) -> Served | None:
    """Where a short name leads; None: it is none."""
    for provider in PROVIDERS:
        if (name := provider.named(model)) is not None:
            return Served(provider, provider.address(environ), name, provider.key(environ))
    return None


def key_for(url: str, environ: Mapping[str, str]) -> str | None:
    """The key in the environment that belongs to the server at a URL; None: none does."""
    for provider in PROVIDERS:
        if same_server(url, provider.address(environ)):
            return provider.key(environ)
    return None


def same_server(one: str, other: str) -> bool:
    """Whether two URLs lead to the same scheme, host and port; never where one is no URL."""
    try:
        origin = _origin(urlsplit(one))
        return bool(origin[1]) and origin == _origin(urlsplit(other))
    except ValueError:  # no port that there is
        return False


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
