"""What Prometheus is told about the content."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge


class ContentMetrics:
    """What Prometheus is told about the content. Make one per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._snapshot = Gauge(
            "chatbot_content_snapshot", "Number of the snapshot in force here", registry=registry
        )
        self._problems = Gauge(
            "chatbot_content_problems",
            "Problems in the files this process watches, 0 while they are good",
            registry=registry,
        )
        self._switch = Gauge(
            "chatbot_encoder_switch_progress",
            "Share of texts embedded for the encoder that is being switched to, 1 without a switch",
            registry=registry,
        )
        self._switch.set(1)

    def in_force(self, number: int) -> None:
        """Record which snapshot decides from now on."""
        self._snapshot.set(number)

    def problems(self, count: int) -> None:
        """Record how many problems the watched files have."""
        self._problems.set(count)

    def embedded(self, share: float) -> None:
        """Record how far the switch to another encoder has got, 1 when it is over."""
        self._switch.set(share)
