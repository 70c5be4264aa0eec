"""Who can come into the console."""

from __future__ import annotations

from datetime import UTC, datetime

from chatbot.access.roles import Grant
from chatbot.doctor.report import Status
from chatbot.store.database import Database
from chatbot.store.grants import save_grant

from .clinic import Clinic, found, notes, status, summary, warnings


async def test_that_a_console_without_an_admin_is_told(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    report = await healthy.examine(DATABASE_URL=database_url, ADMINS=None)
    assert "chatbot access link" in found(report, "admins-none").remedy
    grant = Grant("admin", userid="liang")
    database.run_sync(save_grant, grant, datetime(2026, 11, 24, tzinfo=UTC), "test")
    report = await healthy.examine(DATABASE_URL=database_url, ADMINS=None)
    assert "admins-none" not in warnings(report)
    assert summary(report, "access") == "1 处给出了管理员"


async def test_that_grants_are_not_known_while_the_database_is_stopped(healthy: Clinic) -> None:
    assert status(await healthy.examine(ADMINS=None), "access") is Status.SKIPPED
    assert status(await healthy.examine(), "access") is Status.OK


async def test_that_an_address_in_the_open_is_noted(healthy: Clinic) -> None:
    report = await healthy.examine(PUBLIC_URL="http://10.0.0.5:8080")
    assert "access-not-encrypted" in notes(report)
    report = await healthy.examine(PUBLIC_URL="http://localhost:8080")
    assert "access-not-encrypted" not in notes(report)
