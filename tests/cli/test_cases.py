"""``chatbot cases`` against a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, text

from chatbot.cases.records import create_case
from chatbot.cli.cases import cases
from chatbot.store.case_proposals import NewProposal, propose_case
from chatbot.store.database import Database
from tests.cases.samples import insert_conversation, new_case


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(cases, arguments)


def _fill(connection: Connection) -> None:
    now = datetime.now(UTC)
    insert_conversation(connection, wrote_at=now)
    near = new_case(due_at=now + timedelta(minutes=1), phone="13800001111")
    create_case(connection, near, "azhen", now)
    far = new_case(due_at=now + timedelta(days=3), owner="liang", title="补\n发票\u202e")
    create_case(connection, far, "azhen", now)


def _propose(connection: Connection) -> None:
    now = datetime.now(UTC)
    message_id = connection.execute(
        text(
            "INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype, content,"
            " servicer_userid, sent_at, received_at, fate) VALUES ('wk', 'm1', 1, 5, 'text',"
            " '{}', 'azhen', :now, :now, 'recorded') RETURNING id"
        ),
        {"now": now},
    ).scalar_one()
    due_at = now + timedelta(hours=3)
    new = NewProposal(1, message_id, "azhen", "call", "怎么开发票", "下午给您回电", due_at)
    propose_case(connection, new, now)


def test_that_open_cases_are_listed_with_who_and_until_when(database: Database) -> None:
    assert _run("list").output == "共 0 项。\n"
    database.run_sync(_fill)
    lines = _run("list").output.splitlines()
    assert [line[0] for line in lines[:-1]] == ["1", "2"]
    assert "答复  azhen  小林：发票开好了吗  电话 13800001111" in lines[0]
    assert "liang  小林：补 发票  到期时已无法回复" in lines[1]
    assert lines[1].endswith("/turns/page-wm")
    assert lines[-1] == "共 2 项。"
    assert _run("assign", "1", "Liang").output == "1  liang  发票开好了吗\n"
    assert "不是成员账号" in str(_run("assign", "1", "阿珍").exception)
    assert _run("list", "--owner", "azhen").output == "共 0 项。\n"
    assert _run("assign", "1", "azhen").exit_code == 0
    assert _run("list", "--owner", "LIANG").output.splitlines()[-1] == "共 1 项。"


def test_that_a_case_is_shown_with_its_history_and_closed_once(database: Database) -> None:
    database.run_sync(_fill)
    assert _run("close", "1", "--note", "开好了").output == "1  发票开好了吗  已完成\n"
    shown = _run("show", "1").output
    assert "azhen  新建  发票开好了吗" in shown
    assert "状态  未完成 → 已完成" in shown
    assert "备注  开好了" in shown
    again = _run("close", "1")
    assert again.exception is not None
    assert "已经关闭" in str(again.exception)
    assert "没有编号 9 的事项" in str(_run("show", "9").exception)


def test_that_a_promise_is_accepted_or_dismissed_at_the_shell(database: Database) -> None:
    database.run_sync(_fill)
    database.run_sync(_propose)
    assert "另有 1 条建议" in _run("list").output
    assert "azhen  小林：怎么开发票  “下午给您回电”" in _run("list", "--proposed").output
    assert "azhen  怎么开发票" in _run("accept", "1").output
    assert "已经是事项 3" in str(_run("dismiss", "1").exception)
    assert _run("list").output.splitlines()[-1] == "共 3 项。"
