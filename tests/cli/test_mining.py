"""`chatbot knowledge mine` on a real database with the real encoder."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatbot.cli.knowledge import knowledge
from chatbot.store.database import Database
from chatbot.store.gaps import askings, gap_groups, questions_of
from tests.cli.knowledge_shell import run, shell

__all__ = ["shell"]

_TALKS = [
    ("A1", "2024-03-01 09:00:00", "客户", "你好"),
    ("A1", "2024-03-01 09:00:20", "客服", "您好，请讲"),
    ("A1", "2024-03-01 09:00:40", "客户", "你们有游泳池吗"),
    ("A1", "2024-03-01 09:01:00", "客服", "稍等"),
    ("A1", "2024-03-01 09:01:10", "客户", "好的"),
    ("A1", "2024-03-01 09:03:00", "客服", "有的，在二楼，张经理的电话是13812345678"),
    ("A1", "2024-03-01 09:03:20", "客户", "谢谢"),
    ("B2", "2024/3/2 10:00", "顾客", "可以延迟退房吗？"),
    ("B2", "2024/3/2 10:01", "坐席", "可以到两点"),
    ("B2", "2024/3/2 10:05", "顾客", "酒店有没有游泳池呀"),
    ("B2", "2024/3/2 10:07", "坐席-小周", "有的，在二楼，早上七点到晚上十点"),
    ("C3", "2024-03-03T08:00:00+08:00", "访客", "可以开发票吗"),
    ("C3", "2024-03-03T08:00:05+08:00", "机器人", "您可以问前台"),
    ("C3", "2024-03-03T08:09:00+08:00", "访客", "我要一份能报销的凭证"),
]
_HEADINGS = ("会话", "时间", "角色", "内容")


def _csv(rows: Sequence[tuple[str, ...]], encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_HEADINGS, *rows])
    return text.getvalue().encode(encoding)


def _mined(*arguments: str, code: int = 0) -> dict[str, object]:
    record: dict[str, object] = json.loads(run("mine", *arguments, "--json", code=code).stdout)
    return record


@pytest.mark.usefixtures("shell")
def test_that_what_people_answered_is_brought_to_the_gaps_once(database: Database) -> None:
    Path("旧对话.csv").write_bytes(_csv(_TALKS, "gb18030"))
    tried = run("mine", "旧对话.csv").stdout
    assert "试运行，什么也没有改" in tried
    assert "13812345678" not in tried
    assert database.run_sync(gap_groups) == []
    found = _mined("旧对话.csv", "--apply")
    assert (found["talks"], found["questions"], found["answered"]) == (3, 5, 1)
    assert (found["unanswered"], found["brought"]) == (2, 2)
    (group,) = database.run_sync(gap_groups)
    assert group.title in {"你们有游泳池吗", "酒店有没有游泳池呀"}
    assert "二楼" in group.draft
    questions = database.run_sync(questions_of, group.id, None, 10)
    assert {each.source for each in questions} == {"旧对话.csv"}
    assert {each.kind for each in questions} == {"mined"}
    assert [each.minutes for each in questions] == [1.0, 2.83]
    assert "[手机号]" in questions[1].reply
    assert "[姓名]经理" in questions[1].reply
    assert _mined("旧对话.csv", "--apply")["known"] == 2
    Path("又一份.csv").write_bytes(_csv(_TALKS[::-1]))
    assert _mined("又一份.csv", "--apply")["brought"] == 0, "the same talks in another file"
    now = questions[0].asked_at.replace(year=2030)
    assert len(database.run_sync(askings, now)[group.id]) == 2, "in every period"


@pytest.mark.usefixtures("shell")
def test_that_further_talks_join_the_groups_that_are_there(database: Database) -> None:
    Path("a.csv").write_bytes(_csv(_TALKS[:7]))
    assert _mined("a.csv", "--apply")["brought"] == 1
    Path("b.csv").write_bytes(_csv(_TALKS[7:]))
    assert _mined("b.csv", "--apply")["brought"] == 1
    assert len([each for each in database.run_sync(gap_groups) if each.title]) == 1


@pytest.mark.usefixtures("shell")
def test_that_rows_that_cannot_be_used_are_named_and_the_others_are(database: Database) -> None:
    rows = [*_TALKS[:7], ("A1", "昨天", "客户", "在吗"), ("", "2024-01-01 10:00", "客户", "在吗")]
    rows += [("A1", "2024-01-01 10:00", "路人", "在吗")]
    Path("a.csv").write_bytes(_csv(rows))
    told = run("mine", "a.csv", "--apply", code=1).stdout
    assert "没有用 a.csv 第 9 行：“时间”认不出：昨天；写成 2026-01-05 14:30:00" in told
    assert "没有用 a.csv 第 10 行：“会话”是空的" in told
    assert "没有用 a.csv 第 11 行：“角色”认不出：路人；写成 客户、客服、机器人 或 系统" in told
    assert len(database.run_sync(gap_groups)) == 1


def test_that_nothing_is_mined_before_something_is_live(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_bytes(_csv(_TALKS))
    result = CliRunner().invoke(knowledge, ["mine", "a.csv"])
    assert "还没有发布过知识" in str(result.exception)
