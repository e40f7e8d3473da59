"""ServiceMetrics: what an environment service counts, as Prometheus reads it."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 180)
"""Upper bounds of the buckets, s."""


class ServiceMetrics:
    """The counters of one service."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.episodes = Counter(
            "vigorl_envs_episodes",
            "Episodes that are over: scored, unscored (nobody asked, or nobody can tell) or fault.",
            ("environment", "end"),
            registry=registry,
        )
        self.faults = Counter(
            "vigorl_envs_faults", "Faults that were told.", ("kind",), registry=registry
        )
        self.leases = Counter(
            "vigorl_envs_leases",
            "Leases that are over, by how: closed, lost (the connection), expired, drained.",
            ("end",),
            registry=registry,
        )
        self.refused = Counter(
            "vigorl_envs_refused", "Leases that were refused.", ("why",), registry=registry
        )
        self.replaced = Counter(
            "vigorl_envs_chromium_replaced",
            "Chromium processes that were replaced: died, episodes, memory.",
            ("why",),
            registry=registry,
        )
        self.answers = Histogram(
            "vigorl_envs_answer_seconds",
            "Time to answer a request, by its kind.",
            ("kind",),
            buckets=SECONDS,
            registry=registry,
        )
        self.picture_bytes = Counter(
            "vigorl_envs_picture_bytes", "Bytes of pictures sent.", registry=registry
        )

    def gauge(self, name: str, about: str, value: Callable[[], float]) -> None:
        """Show a number as it stands whenever it is asked for."""
        Gauge(f"vigorl_envs_{name}", about, registry=self.registry).set_function(value)

    def text(self) -> bytes:
        """All of it, in Prometheus's format."""
        return generate_latest(self.registry)
