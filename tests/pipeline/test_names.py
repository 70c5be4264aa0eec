"""Customers are called by their names, without anybody having been handed over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from chatbot.store.database import Database
from chatbot.store.names import claim_unnamed, save_names
from tests.pipeline.samples import NOW
from tests.pipeline.stage import eventually, play

_HOUR = timedelta(hours=1)
_LATELY = NOW - timedelta(hours=48)


async def test_that_who_writes_to_the_bot_has_a_name_soon(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.say("能晚点退房吗")

        async def names() -> list[str]:
            rows = stage.rows("SELECT nickname FROM conversations WHERE nickname IS NOT NULL")
            return [str(row["nickname"]) for row in rows]

        assert await eventually(names, bool) == ["小林"]
        calls = [each for each in await stage.log("api") if each["api"] == "kf/customer/batchget"]
        assert len(calls) == 1


async def test_that_a_platform_which_does_not_tell_holds_up_nothing(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.fault("kf/customer/batchget", "errcode", errcode=45009, times=100)
        await stage.say("能晚点退房吗")
        assert "14:00" in (await stage.delivered())[0]


def _customers(connection: Connection) -> None:
    for account in ("wk1", "wk2"):
        for customer, hours in (("wmA", 1), ("wmB", 50)):
            connection.execute(
                text(
                    "INSERT INTO conversations (public_id, open_kfid, external_userid, created_at,"
                    " customer_wrote_at) VALUES (:id, :account, :customer, :now, :at)"
                ),
                {
                    "id": account + customer, "account": account, "customer": customer,
                    "now": NOW, "at": NOW - timedelta(hours=hours),
                },
            )  # fmt: skip


def test_that_each_customer_is_asked_for_once_an_hour_and_named_everywhere(
    database: Database,
) -> None:
    database.run_sync(_customers)

    def claim(hours: int) -> list[str]:
        now = NOW + hours * _HOUR
        return database.run_sync(claim_unnamed, now, _LATELY, now - _HOUR, 10)

    assert claim(0) == ["wmA"]
    assert claim(0) == []
    assert claim(1) == ["wmA"]
    database.run_sync(save_names, {"wmA": "小林", "wmOther": "谁"})

    def names(connection: Connection) -> list[tuple[str, str | None]]:
        sql = "SELECT external_userid, nickname FROM conversations ORDER BY id"
        return [(row[0], row[1]) for row in connection.execute(text(sql))]

    found = database.run_sync(names)
    assert [name for customer, name in found if customer == "wmA"] == ["小林"] * 2
    assert [name for customer, name in found if customer == "wmB"] == [None, None]
    assert claim(9) == []
