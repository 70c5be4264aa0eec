"""``chatbot access`` against a real database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from chatbot.cli.access import access
from chatbot.console.entering import token_hash
from chatbot.errors import UserError
from chatbot.knowledge.content import load_content
from chatbot.store.audit import audit_page
from chatbot.store.database import Database
from chatbot.store.login_starts import use_link

_ROOT = Path(__file__).parents[2]

Run = Callable[..., Result]


@pytest.fixture
def chatbot_access(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str, database: Database
) -> Run:
    del database  # opened for the tests' own questions
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)
    monkeypatch.setenv("CHATBOT_PUBLIC_URL", "https://kefu.example.com")
    return lambda *arguments: CliRunner().invoke(access, list(arguments))


def _publish(database: Database) -> None:
    content = load_content(_ROOT / "knowledge", _ROOT / "intents").to_json()
    insert = text(
        "INSERT INTO snapshots (digest, content, state, created_at, published_at)"
        " VALUES ('x', CAST(:content AS jsonb), 'live', now(), now())"
    )
    database.run_sync(lambda connection: connection.execute(insert, {"content": content}))


def test_that_roles_are_given_listed_and_taken(
    chatbot_access: Run, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATBOT_ADMINS", "Boss")
    told = chatbot_access("grant", "AZhen", "--role", "supervisor")
    assert told.exit_code == 0, told.output
    assert told.output == "azhen：主管，全部门店。对方的下一次操作就生效。\n"
    assert "部门 3" in chatbot_access("grant", "--department", "3", "--role", "agent").output
    lines = chatbot_access("list").output.splitlines()
    assert lines[0] == "管理员  boss  全部门店  由设置 CHATBOT_ADMINS"
    assert lines[1].startswith("主管  azhen  全部门店  由 ")
    assert lines[2].startswith("接待  部门 3  全部门店  由 ")
    told = chatbot_access("revoke", "azhen")
    assert told.output == "azhen 的角色已撤销，对方的下一次操作就生效。\n"
    record = database.run_sync(audit_page, 9)
    assert [row.action for row in record] == ["role_revoke", "role_grant", "role_grant"]
    assert "@" in record[0].who


def test_that_stores_are_those_of_the_tables(chatbot_access: Run, database: Database) -> None:
    _publish(database)
    told = chatbot_access("grant", "azhen", "--role", "agent", "--store", "西湖店")
    assert told.exit_code == 0, told.output
    assert "云栖杭州西湖店" in told.output
    wrong = chatbot_access("grant", "azhen", "--role", "agent", "--store", "月球店")
    assert isinstance(wrong.exception, UserError)
    assert "月球店" in str(wrong.exception)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("grant", "--role", "agent"), "两个里写一个"),
        (("grant", "a", "--department", "1", "--role", "agent"), "两个里写一个"),
        (("grant", "阿珍", "--role", "agent"), "成员账号“阿珍”不对"),
        (("grant", "--department", "x", "--role", "agent"), "部门编号“x”不对"),
        (("revoke", "azhen"), "azhen 没有角色"),
    ],
)
def test_that_wrong_use_is_told(
    chatbot_access: Run, arguments: tuple[str, ...], words: str
) -> None:
    result = chatbot_access(*arguments)
    assert isinstance(result.exception, UserError)
    assert words in str(result.exception)


def test_that_taking_the_last_admin_away_says_how_to_come_back(chatbot_access: Run) -> None:
    chatbot_access("grant", "liang", "--role", "admin")
    assert "chatbot access link" in chatbot_access("revoke", "liang").output


def test_that_a_link_is_printed_and_works_once(chatbot_access: Run, database: Database) -> None:
    address = chatbot_access("link").output.strip()
    assert address.startswith("https://kefu.example.com/console/link/")
    hashed = token_hash(address.rpartition("/")[2])
    link = database.run_sync(use_link, hashed, datetime.now(UTC))
    assert link is not None
    assert link.role == "admin"
