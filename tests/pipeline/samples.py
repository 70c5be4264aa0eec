"""Values for tests of the pure parts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from chatbot.store.conversations import Conversation
from chatbot.store.messages import Message
from chatbot.store.outbox import Part

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def conversation(**changes: Any) -> Conversation:
    values: dict[str, Any] = {
        "id": 1,
        "public_id": "p",
        "open_kfid": "wk1",
        "external_userid": "wm1",
        "nickname": None,
        "service_state": 1,
        "state_certain": True,
        "servicer_userid": None,
        "session_version": 3,
        "session_started_at": NOW - timedelta(minutes=5),
        "context": {"asked_to_type": True},
        "customer_wrote_at": NOW - timedelta(seconds=2),
        "sent_since_customer": 0,
        "pending_message_id": None,
        "burst_started_at": None,
        "burst_due_at": None,
        "due_at": None,
        "fence": 1,
    }
    return Conversation(**{**values, **changes})


def part(**changes: Any) -> Part:
    values: dict[str, Any] = {
        "id": 1,
        "lane": "conversation",
        "kind": "kf_message",
        "conversation_id": 1,
        "turn_id": 1,
        "handoff_id": None,
        "session_version": 3,
        "msgid": "m1",
        "payload": {},
        "state": "pending",
        "attempts": 0,
        "uncertain": False,
        "first_tried_at": None,
        "due_at": NOW,
        "expires_at": NOW + timedelta(minutes=5),
    }
    return Part(**{**values, **changes})


def message(msgtype: str = "text", **content: Any) -> Message:
    return Message(
        id=1,
        conversation_id=1,
        msgid="c1",
        origin=3,
        msgtype=msgtype,
        content=content,
        servicer_userid=None,
        sent_at=NOW,
        fate="pending",
        turn_id=None,
    )
