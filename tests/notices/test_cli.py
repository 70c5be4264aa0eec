"""``chatbot notices`` against a real database."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from chatbot.cli.notices import notices
from chatbot.errors import UserError
from chatbot.knowledge.content import load_content
from chatbot.publishing import offer_of
from chatbot.store.audit import audit_of
from chatbot.store.database import Database
from chatbot.store.snapshots import Basis, Origin, offer_snapshot
from tests.notices.town import WEST, write_brand

_NOW = datetime.now(ZoneInfo("Asia/Shanghai"))
_TOMORROW = f"{_NOW + timedelta(days=1):%Y-%m-%d}"


@pytest.fixture(autouse=True)
def _brand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str, database: Database
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)
    write_brand(tmp_path)
    content = load_content(tmp_path / "knowledge", tmp_path / "intents")
    database.run_sync(
        offer_snapshot, offer_of(content, {}), Origin("first", "test"), Basis("e", 0.95, "r"), _NOW,
        publish=True,
    )  # fmt: skip


def _run(*arguments: str) -> Result:
    result = CliRunner().invoke(notices, arguments)
    if result.exception is not None and not isinstance(result.exception, UserError | SystemExit):
        raise result.exception
    return result


def _said(result: Result) -> str:
    return str(result.exception)


def test_that_a_notice_is_written_listed_and_ended(database: Database) -> None:
    added = _run("add", "今天停水。", "--until", _TOMORROW, "--store", "西湖店", "--json")
    record = json.loads(added.output)
    assert (record["id"], record["state"], record["stores"]) == (1, "now", [WEST])
    until = datetime.fromisoformat(record["until"]).astimezone(_NOW.tzinfo)
    assert until.hour == 0, "to the end of that day"
    shown = _run("list").output
    assert "#1 正在生效 · 写在答复前面" in shown
    assert f"门店 {WEST}" in shown
    assert "今天停水。" in shown
    assert "已结束" in _run("end", "1").output
    assert "共 0 条" in _run("list").output
    (past,) = json.loads(_run("list", "--all", "--json").output)["notices"]
    assert (past["state"], past["ended_by_hand"]) == ("past", True)
    acts = database.run_sync(audit_of, "notice 1")
    assert [each.action for each in acts] == ["notice.end", "notice.add"]


def test_that_one_to_come_waits_and_may_be_called_off() -> None:
    later = f"{_NOW + timedelta(days=2):%Y-%m-%d} 09:00"
    _run("add", "后天停水。", "--from", later, "--until", f"{_NOW + timedelta(days=3):%Y-%m-%d}")
    assert "还没开始" in _run("list").output
    _run("end", "1")
    assert "已结束" in _run("list", "--all").output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["今天停水。", "--until", "明天"], "请写结束时间"),
        (["今天停水。", "--until", "2020-01-01"], "结束时间已经过了"),
        (["停水", "--until", _TOMORROW, "--store", "东湖店"], "没有门店“东湖店”；有：云栖西湖店"),
        (["今天停水。", "--until", _TOMORROW, "--account", "x"], "没有客服账号“x”；有：yunqi"),
        (["今天停水。", "--until", _TOMORROW, "--category", "x"], "没有分类“x”"),
        (["今天停水。", "--until", _TOMORROW, "--replace"], "至少选一个分类"),
        (["问 {门店.电话号码}", "--until", _TOMORROW], "没有变量 {门店.电话号码}"),
        (["问 {电话", "--until", _TOMORROW], "不是变量"),
        (["水" * 501, "--until", _TOMORROW], "1503 字节，最多 1500 字节"),
        (["  ", "--until", _TOMORROW], "请写通知的内容"),
        (["停水", "--from", "2999-01-01", "--until", _TOMORROW], "开始时间看不懂"),
        (["水", "--from", f"{_TOMORROW} 10:00", "--until", f"{_TOMORROW} 09:00"], "要在开始时间之"),
    ],
)  # fmt: skip
def test_that_what_is_wrong_is_said_and_nothing_is_written(arguments: list[str], said: str) -> None:
    result = _run("add", *arguments)
    assert isinstance(result.exception, UserError)
    assert said in _said(result)
    assert "共 0 条" in _run("list", "--all").output


def test_that_ending_what_is_not_there_or_over_is_said() -> None:
    assert "没有通知 #7" in _said(_run("end", "7"))
    _run("add", "今天停水。", "--until", _TOMORROW)
    _run("end", "1")
    assert "已经结束了" in _said(_run("end", "1"))


@pytest.mark.parametrize("until", ["9999-12-31", "0001-01-01"])
def test_that_a_time_that_cannot_be_is_refused_in_a_sentence(until: str) -> None:
    result = _run("add", "停水", "--until", until)
    assert isinstance(result.exception, UserError)
