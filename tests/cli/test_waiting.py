"""``chatbot waiting`` against a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, text

from chatbot.cli.waiting import waiting
from chatbot.store.cases import StoredCase, insert_case
from chatbot.store.customers import lock_customer, relation_told
from chatbot.store.database import Database
from chatbot.store.handoffs import add_notice_code, add_open_item


def _conversation(
    connection: Connection, number: int, wrote: timedelta, state: int, *, alarmed: bool = False
) -> None:
    now = datetime.now(UTC)
    connection.execute(
        text(
            "INSERT INTO conversations (public_id, open_kfid, external_userid, nickname,"
            " created_at, service_state, servicer_userid, customer_wrote_at, alarmed_at)"
            " VALUES (:public, 'wk', :customer, :nickname, :now, :state,"
            " CASE WHEN :state = 3 THEN 'azhen' END, :wrote, CASE WHEN :alarmed THEN"
            " CAST(:now AS timestamptz) END)"
        ),
        {
            "public": f"page{number}", "customer": f"wm{number}", "nickname": f"顾客{number}",
            "now": now, "state": state, "wrote": now - wrote, "alarmed": alarmed,
        },
    )  # fmt: skip


def _fill(connection: Connection) -> None:
    now = datetime.now(UTC)
    _conversation(connection, 1, timedelta(hours=3), 4)
    _conversation(connection, 2, timedelta(hours=47, minutes=30), 3, alarmed=True)
    _conversation(connection, 3, timedelta(hours=50), 4)
    _conversation(connection, 4, timedelta(hours=60), 4)
    _conversation(connection, 5, timedelta(hours=1), 3)
    _conversation(connection, 6, timedelta(minutes=30), 3, alarmed=True)
    add_notice_code(connection, 6, "person", "code", now, now + timedelta(hours=47))
    for number, hours in ((1, 3), (3, 50), (4, 60)):
        add_open_item(connection, number, "unanswered", now - timedelta(hours=hours), now)
    lock_customer(connection, "wm3", now)
    relation_told(connection, "wm3", "azhen", active=True, channel="", event_at=now, now=now)


def test_that_what_waits_is_listed_by_the_time_that_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str, database: Database
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)
    assert CliRunner().invoke(waiting).output == "共 0 项。\n"
    database.run_sync(_fill)
    lines = CliRunner().invoke(waiting).output.splitlines()
    assert [line.split("顾客")[1][0] for line in lines[:-1]] == ["2", "1", "6", "4", "3"]
    assert "给了人，没有回复  还有 29 分钟" in lines[0]
    assert lines[0].endswith("azhen  已无法再通知")
    assert "还没有回复  还有 44 小时" in lines[1]
    assert lines[2].endswith("azhen")
    assert "已过 48 小时，也没有加过好友" in lines[3]
    assert "已过 48 小时，可由好友 azhen 联系" in lines[4]
    assert lines[-1] == "共 5 项。"
    assert not any("无法再通知" in line for line in lines[1:])


def test_that_messages_left_for_the_morning_come_first_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str, database: Database
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)

    def leave(connection: Connection) -> None:
        now = datetime.now(UTC)
        for number, phone, wanted in ((1, "13800001111", "明天下午"), (3, "", "")):
            message = StoredCase(
                f"wm{number}", number, "message", "发票开错了", None, now, "system", phone, wanted,
                collects_until=now,
            )  # fmt: skip
            insert_case(connection, message, now)

    database.run_sync(_fill)
    database.run_sync(leave)
    lines = CliRunner().invoke(waiting).output.splitlines()
    assert [line.split("顾客")[1][0] for line in lines[:-1]] == ["1", "3", "2", "6", "4"]
    assert "留言  还有 44 小时" in lines[0]
    assert lines[0].endswith("发票开错了  电话 13800001111  希望 明天下午")
    assert "留言  已过 48 小时，可由好友 azhen 联系" in lines[1]
    assert lines[-1] == "共 5 项。"
