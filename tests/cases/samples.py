"""Cases and conversations for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from chatbot.accounts.calendar import Calendar
from chatbot.accounts.hours import OpeningHours
from chatbot.cases.case import Case
from chatbot.cases.office_hours import OfficeHours
from chatbot.cases.records import NewCase

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # ten o'clock in the morning, a Tuesday
DAYTIME = OfficeHours.of(OpeningHours.parse(["周一至周五 09:00-18:00"]), Calendar(), ZONE)


def sample_case(**changes: Any) -> Case:
    """Return an open case of azhen's, due in five hours."""
    values: dict[str, Any] = {
        "id": 1, "external_userid": "wm", "conversation_id": 1, "kind": "reply",
        "title": "发票开好了吗", "state": "open", "owner": "azhen",
        "due_at": NOW + timedelta(hours=5), "phone": "", "wanted": "", "version": 1,
        "created_at": NOW, "created_by": "azhen", "changed_at": NOW, "closed_at": None,
        "armed_at": NOW, "assigned_at": NOW, "assigned_by": "azhen", "held_since": None,
        "collects_until": None,
    }  # fmt: skip
    return Case(**{**values, **changes})


def new_case(**changes: Any) -> NewCase:
    """Return what azhen asks to be kept: due in five hours."""
    values: dict[str, Any] = {
        "external_userid": "wm", "title": "发票开好了吗", "owner": "azhen",
        "due_at": NOW + timedelta(hours=5), "kind": "reply", "conversation_id": 1,
    }  # fmt: skip
    return NewCase(**{**values, **changes})


def insert_conversation(
    connection: Connection, customer: str = "wm", wrote_at: datetime | None = NOW, state: int = 3
) -> int:
    """Store a conversation that azhen has; return its id."""
    return int(
        connection.execute(
            text(
                "INSERT INTO conversations (public_id, open_kfid, external_userid, nickname,"
                " created_at, service_state, servicer_userid, session_started_at, owned_at,"
                " customer_wrote_at) VALUES (:public, 'wk', :customer, '小林', :now, :state,"
                " 'azhen', :now, :now, :wrote_at) RETURNING id"
            ),
            {
                "public": f"page-{customer}", "customer": customer, "now": NOW, "state": state,
                "wrote_at": wrote_at,
            },
        ).scalar_one()
    )  # fmt: skip
