"""What Prometheus is told about the pipeline."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class PipelineMetrics:
    """Counters of messages, turns and parts. Make one per registry and share it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._messages = Counter(
            "chatbot_messages", "Items stored from sync_msg", registry=registry
        )
        self._stale = Counter(
            "chatbot_messages_stale", "Messages too old to be answered", registry=registry
        )
        self._missed_codes = Counter(
            "chatbot_codes_missed", "Event codes that had run out when seen", registry=registry
        )
        self._turns = Counter(
            "chatbot_turns", "Turns decided, by action", ["action"], registry=registry
        )
        self._parts = Counter(
            "chatbot_parts", "Parts by kind and fate", ["kind", "fate"], registry=registry
        )
        self._decide = Histogram(
            "chatbot_decide_seconds", "Time to decide a turn", registry=registry, buckets=_SECONDS
        )
        self._latency = Histogram(
            "chatbot_reply_seconds",
            "From a turn falling due to its first part being accepted",
            registry=registry,
            buckets=_SECONDS,
        )
        self._busy = Gauge(
            "chatbot_conversations_busy", "Conversations being worked on", registry=registry
        )
        self._events = Counter(
            "chatbot_app_events",
            "Events of the app that were processed, by kind and fate",
            ["kind", "fate"],
            registry=registry,
        )
        self._tag_writes = Counter(
            "chatbot_tag_writes", "Tags settled in WeCom, by fate", ["fate"], registry=registry
        )
        self._tag_failures = Counter(
            "chatbot_tag_failures",
            "Attempts to write tags that failed and are repeated, by error code",
            ["code"],
            registry=registry,
        )
        self._tags_waiting = Gauge(
            "chatbot_tags_waiting", "Tags that WeCom has still to be told of", registry=registry
        )

        self._notices = Gauge(
            "chatbot_notices_in_force", "Notices that customers are told now", registry=registry
        )

    def page_stored(self, messages: int, stale: int, missed_codes: int) -> None:
        """Count what a page brought."""
        self._messages.inc(messages)
        self._stale.inc(stale)
        self._missed_codes.inc(missed_codes)

    def turn_decided(self, action: str, seconds: float) -> None:
        """Count a decided turn."""
        self._turns.labels(action).inc()
        self._decide.observe(seconds)

    def part_settled(self, kind: str, fate: str) -> None:
        """Count a part that has its fate."""
        self._parts.labels(kind, fate).inc()

    def replied(self, seconds: float) -> None:
        """Record how long a customer waited after the end of the burst."""
        self._latency.observe(seconds)

    def busy(self, conversations: int) -> None:
        """Record how many conversations are being worked on."""
        self._busy.set(conversations)

    def event_processed(self, kind: str, fate: str) -> None:
        """Count an event that is done, ignored or set aside."""
        self._events.labels(kind, fate).inc()

    def tags_settled(self, fate: str, count: int) -> None:
        """Count tags of a member's customer that are written, refused or a shadow again."""
        self._tag_writes.labels(fate).inc(count)

    def tags_failed(self, code: int | None) -> None:
        """Count an attempt that will be repeated; ``code`` None means that no answer came."""
        self._tag_failures.labels("" if code is None else str(code)).inc()

    def tags_waiting(self, count: int) -> None:
        """Record how many tags wait to be written, over all processes."""
        self._tags_waiting.set(count)

    def notices_in_force(self, count: int) -> None:
        """Record how many notices hold now."""
        self._notices.set(count)
