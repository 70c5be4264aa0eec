"""What Prometheus is told about the platform's edge."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

_DURATION_BUCKETS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class WeComMetrics:
    """Counters of callbacks and calls. Make one per registry and share it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._accepted = Counter(
            "chatbot_callbacks_accepted",
            "Callbacks answered with 200, by kind",
            ["kind"],
            registry=registry,
        )
        self._refused = Counter(
            "chatbot_callbacks_refused",
            "Callbacks turned away, by reason",
            ["reason"],
            registry=registry,
        )
        self._calls = Counter(
            "chatbot_wecom_calls",
            "Calls to the platform, by api and outcome (ok, an errcode or a condition)",
            ["api", "outcome"],
            registry=registry,
        )
        self._duration = Histogram(
            "chatbot_wecom_call_seconds",
            "Time from sending a request to the platform to its answer",
            ["api"],
            registry=registry,
            buckets=_DURATION_BUCKETS,
        )

    def callback_accepted(self, kind: str) -> None:
        """Count a callback that was taken over; ``kind`` is one of a fixed few."""
        self._accepted.labels(kind).inc()

    def callback_refused(self, reason: str) -> None:
        """Count a callback that was turned away; ``reason`` is one of a fixed few."""
        self._refused.labels(reason).inc()

    def call_ended(self, api: str, outcome: str, seconds: float) -> None:
        """Count one HTTP exchange with the platform."""
        self._calls.labels(api, outcome).inc()
        self._duration.labels(api).observe(seconds)
