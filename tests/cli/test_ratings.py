"""``chatbot ratings`` against a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection

from chatbot.accounts.agent import Agent
from chatbot.cli.ratings import ratings
from chatbot.customers.ratings import RatingGiven, Score
from chatbot.store.agents import save_agents
from chatbot.store.database import Database, statement
from chatbot.store.ratings import ask_rating, save_rating

_CONVERSATION = statement(
    "INSERT INTO conversations (public_id, open_kfid, external_userid, nickname, created_at,"
    " service_state, session_started_at) VALUES (:name, 'wk', :name, :nickname, :at, 4, :at)"
    " RETURNING id"
)
_ANSWER = statement(
    "INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype, content,"
    " servicer_userid, sent_at, received_at, fate)"
    " VALUES ('wk', :name, :id, 5, 'text', '{}', :userid, :at, :at, 'recorded')"
)


def _rated(
    connection: Connection, name: str, userid: str, score: Score | None, reason: str = ""
) -> None:
    at = datetime.now(UTC) - timedelta(days=2)
    values = {"name": name, "nickname": f"客户{name}\n<a>\u202e", "userid": userid, "at": at}
    number = connection.execute(_CONVERSATION, values).scalar_one()
    connection.execute(_ANSWER, {**values, "id": number})
    key = ask_rating(connection, number, name, 1, at)
    assert key is not None
    if score is not None:
        save_rating(connection, number, RatingGiven(key, score), None, at)
    if reason:
        save_rating(connection, number, RatingGiven(key, reason=reason), None, at)


def _fill(connection: Connection) -> None:
    connection.execute(statement("INSERT INTO kf_accounts (open_kfid, name) VALUES ('wk', '云栖')"))
    save_agents(connection, [Agent("azhen", name="阿珍")], datetime.now(UTC), "test")
    _rated(connection, "a", "azhen", "good")
    _rated(connection, "b", "azhen", "poor", "没有解决问题")
    _rated(connection, "c", "azhen", None)
    _rated(connection, "d", "liang", "fair")


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "120")


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(ratings, list(arguments))


def test_that_it_says_so_where_nobody_was_asked(database: Database) -> None:
    del database
    assert _run().output == "最近 30 天没有请客户评价过服务。\n"
    assert _run("--agent", "azhen").output == "最近 30 天没有请客户评价过 azhen 的服务。\n"


def test_that_counts_and_shares_are_shown_by_agent_and_account(database: Database) -> None:
    database.run_sync(_fill)
    lines = _run().output.splitlines()
    (azhen,) = [line.split("│")[1:-1] for line in lines if "阿珍 azhen" in line]
    assert [cell.strip() for cell in azhen] == [
        "阿珍 azhen",
        "2/3",
        "1",
        "0",
        "1",
    ]
    (account,) = [line.split("│")[1:-1] for line in lines if "云栖 wk" in line]
    assert [cell.strip() for cell in account][1:] == ["3/4", "1", "1", "1"]
    assert lines[-2] == "最近的不满意："
    assert "客户b ＜a>  阿珍  没有解决问题  http://127.0.0.1:8080/turns/b" in lines[-1]


def test_that_shares_are_told_of_ten_ratings(database: Database) -> None:
    def fill(connection: Connection) -> None:
        _fill(connection)
        for number in range(8):
            _rated(connection, f"more{number}", "azhen", "good")

    database.run_sync(fill)
    (azhen,) = [line.split("│")[1:-1] for line in _run().output.splitlines() if " azhen" in line]
    assert [cell.strip() for cell in azhen][1:] == ["10/11", "9（90%）", "0（0%）", "1（10%）"]


def test_that_one_agent_or_fewer_days_can_be_chosen(database: Database) -> None:
    database.run_sync(_fill)
    alone = _run("--agent", "Liang").output
    assert "liang" in alone
    assert "azhen" not in alone
    assert "最近的不满意" not in alone
    assert _run("--days", "1").output == "最近 1 天没有请客户评价过服务。\n"
    assert _run("--days", "0").exit_code == 2
