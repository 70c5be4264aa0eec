"""What happens while something we need is away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from chatbot.clock import SystemClock
from chatbot.store.database import Database, sqlalchemy_url
from chatbot.store.presence import Presence
from tests.pipeline.stage import AZHEN, KF, LIN, Stage, eventually, play


class _Lockout:
    """Keeps everybody out of one database, as if the server were down."""

    def __init__(self, cluster_url: str, database_url: str) -> None:
        self._engine = create_engine(sqlalchemy_url(cluster_url), isolation_level="AUTOCOMMIT")
        self._name = make_url(database_url).database

    def begin(self) -> None:
        self._do(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS false")
        self._do(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self._name}'"
        )

    def end(self) -> None:
        self._do(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS true")

    def close(self) -> None:
        self._engine.dispose()

    def _do(self, sql: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(sql))


async def test_that_without_the_database_doorbells_are_taken_and_app_messages_refused(
    cluster_url: str, database_url: str, vectors_dir: Path
) -> None:
    lockout = _Lockout(cluster_url, database_url)
    async with play(database_url, vectors_dir) as stage:
        await stage.say("可以延迟退房吗？")
        await stage.delivered()
        await stage.settled()
        lockout.begin()
        try:
            await stage.say("西湖店早餐几点供应？")
            assert await _callback(stage, doorbell=KF) == 200
            assert await _callback(stage, fields=_app_message("m1")) == 503
            async with stage.session.get(f"{stage.server}/readyz") as answer:
                assert answer.status == 503
                assert "database" in await answer.text()
            async with stage.session.get(f"{stage.server}/healthz") as answer:
                assert answer.status == 200
        finally:
            lockout.end()
        await stage.delivered(count=2)
        assert await _callback(stage, fields=_app_message("m1")) == 200
        assert await _callback(stage, fields=_app_message("m1")) == 200
        assert stage.rows("SELECT kind FROM app_events") == [{"kind": "message"}]
    lockout.close()


async def test_that_an_unreachable_platform_delays_the_answer_and_loses_nothing(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.fault("*", "drop_before", times=None)
        await stage.say("可以延迟退房吗？")
        await asyncio.sleep(1)
        async with stage.session.delete(f"{stage.platform}/control/faults"):
            pass
        await stage.delivered()
        await stage.settled()
        assert len(await stage.delivered()) == 1


async def test_that_a_token_the_platform_forgot_is_renewed_once(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.say("可以延迟退房吗？")
        await stage.delivered()
        await stage.control("tokens", {"invalidate": True})
        await stage.say("西湖店早餐几点供应？")
        await stage.delivered(count=2)
        fetched = [entry for entry in await stage.log("api") if entry["api"] == "gettoken"]
        assert len(fetched) == 2


async def test_that_a_dead_process_is_noticed_and_its_claims_are_given_back(
    database_url: str,
) -> None:
    database = Database(database_url, threads=2)
    clock = SystemClock()
    first, second = Presence(database, clock), Presence(database, clock)
    tasks = [asyncio.create_task(each.keep()) for each in (first, second)]
    await first.registered()
    await second.registered()
    assert first.process_id != second.process_id
    assert not await second.reap(), "both are alive"
    database.run_sync(_lease_an_account, first.process_id)
    tasks[0].cancel()
    await asyncio.gather(tasks[0], return_exceptions=True)
    await eventually(second.reap, bool)
    owner = database.run_sync(
        lambda connection: connection.scalar(text("SELECT lease_owner FROM kf_accounts"))
    )
    assert owner is None
    tasks[1].cancel()
    await asyncio.gather(tasks[1], return_exceptions=True)
    await database.close()


async def test_that_a_stopped_server_gives_everything_back_at_once(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir, quiet_seconds=5) as stage:
        await stage.say("可以延迟退房吗？")
        await eventually(
            lambda: _rows(stage, "SELECT id FROM messages"), lambda rows: len(rows) == 1
        )
    database = Database(database_url, threads=1)
    counts = database.run_sync(
        lambda connection: connection.execute(
            text(
                "SELECT (SELECT count(*) FROM processes),"
                " (SELECT count(*) FROM conversations WHERE lease_owner IS NOT NULL),"
                " (SELECT count(*) FROM kf_accounts WHERE lease_owner IS NOT NULL)"
            )
        ).one()
    )
    assert tuple(counts) == (0, 0, 0)
    await database.close()


@pytest.mark.parametrize("flaw", ["forged", "truncated", "stale", "foreign", "oversized"])
async def test_that_nothing_of_a_false_callback_is_stored(
    database_url: str, vectors_dir: Path, flaw: str
) -> None:
    async with play(database_url, vectors_dir) as stage:
        status = await _callback(stage, fields=_app_message("m1"), flaw=flaw)
        assert status in {400, 403, 413}
        assert stage.rows("SELECT id FROM app_events") == []
        async with stage.session.get(f"{stage.server}/metrics") as answer:
            assert "chatbot_callbacks_refused_total{" in await answer.text()


def _lease_an_account(connection: Connection, owner: int) -> None:
    connection.execute(
        text(
            "INSERT INTO kf_accounts (open_kfid, lease_owner, lease_until)"
            " VALUES ('wk1', :owner, '2099-01-01')"
        ),
        {"owner": owner},
    )


async def _rows(stage: Stage, sql: str) -> list[dict[str, object]]:
    return stage.rows(sql)


def _app_message(msgid: str) -> dict[str, str]:
    return {
        "ToUserName": "ww5f0c1d2e3b4a6978",
        "FromUserName": AZHEN,
        "CreateTime": "1735689600",
        "MsgType": "text",
        "Content": f"你好 {LIN}",
        "MsgId": msgid,
        "AgentID": "1000002",
    }


async def _callback(stage: Stage, *, flaw: str | None = None, **body: object) -> int:
    """Send one callback and return the server's status."""
    delivery = {"copies": 1, "flaw": flaw} if flaw else "normal"
    answer = await stage.control("callbacks", {**body, "callback": delivery})
    return int(answer["results"][0]["status"])
