"""Open cases, against who is there to do them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from chatbot.cases.records import create_case
from chatbot.store.database import Database
from tests.cases.samples import new_case

from .clinic import Clinic, found, summary, warnings


def _fill(connection: Connection) -> None:
    now = datetime.now(UTC)
    for owner in ("azhen", "gone", "gone"):
        new = new_case(owner=owner, conversation_id=None, due_at=now + timedelta(hours=1))
        create_case(connection, new, "azhen", now)


def _forget(connection: Connection) -> None:
    then = datetime.now(UTC) - timedelta(days=2)
    connection.execute(
        text("UPDATE cases SET due_at = :then WHERE owner = 'azhen'"), {"then": then}
    )


async def test_that_an_owner_who_is_gone_is_named(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    database.run_sync(_fill)
    report = await healthy.examine(DATABASE_URL=database_url)
    stranger = found(report, "case-stranger")
    assert "2 件没有完成的事由 gone 负责" in stranger.cause
    assert summary(report, "cases") == "3 件没有完成"
    assert "cases-forgotten" not in warnings(report)


async def test_that_what_is_long_overdue_is_counted(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    database.run_sync(_fill)
    database.run_sync(_forget)
    report = await healthy.examine(DATABASE_URL=database_url)
    assert "1 件答应客户的事过了时间一天以上" in found(report, "cases-forgotten").cause
