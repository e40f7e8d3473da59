"""What was used: tokens that were read and sampled, and what they cost."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and dollars of one request, or of many."""

    prompt_tokens: int = 0
    """Read, the cached ones included."""
    cached_tokens: int = 0
    """Those of the prompts that the server had read before, as far as it tells."""
    sampled_tokens: int = 0
    """Written, thoughts included."""
    cost_usd: float | None = None
    """In US dollars; None: not known, or there is nothing to pay."""

    @property
    def is_priced(self) -> bool:
        """Whether it is known what all of it costs."""
        return self.cost_usd is not None or not (self.prompt_tokens or self.sampled_tokens)

    def __add__(self, other: "Usage") -> "Usage":
        """Both together; the cost is known only where it is known of both."""
        cost = None
        if self.is_priced and other.is_priced and (self.cost_usd, other.cost_usd) != (None, None):
            cost = (self.cost_usd or 0) + (other.cost_usd or 0)
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.cached_tokens + other.cached_tokens,
            self.sampled_tokens + other.sampled_tokens,
            cost,
        )

    def as_json(self) -> dict[str, Any]:
        """The form of `--json`; without a cost where none is known."""
        numbers: dict[str, Any] = {
            "prompt_tokens": self.prompt_tokens,
            "cached_tokens": self.cached_tokens,
            "sampled_tokens": self.sampled_tokens,
        }
        if self.cost_usd is not None:
            numbers["cost_usd"] = round(self.cost_usd, 6)
        return numbers

    def told(self) -> tuple[str, ...]:
        """The same in words: `12,345 prompt tokens (8,000 cached)`, `210 sampled`, `$0.0123`."""
        parts = []
        if self.prompt_tokens or self.sampled_tokens:
            cached = f" ({self.cached_tokens:,} cached)" if self.cached_tokens else ""
            parts += [f"{self.prompt_tokens:,} prompt tokens{cached}"]
            parts += [f"{self.sampled_tokens:,} sampled"]
        if self.cost_usd is not None:
            parts.append(f"${self.cost_usd:,.{2 if self.cost_usd >= 1 else 4}f}")
        return tuple(parts)


UNUSED = Usage()
"""Nothing was used."""
