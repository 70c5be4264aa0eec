"""`chatbot knowledge workshop`, with files alone and with recorded turns."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, text

from chatbot.cli import run
from chatbot.cli.knowledge import knowledge
from chatbot.store.database import Database

_KNOWLEDGE = """\
# 退房的事
- id: late
  question: 可以延迟退房吗？
  similar: [能晚点退房吗, 晚退房要加钱吗]   # 还要补
  not: [几点退房]
  answer: 可以。
- {id: early, question: 可以提前入住吗？, similar: [能早点办理入住吗], answer: 可以。}
- {id: parking, question: 酒店有停车场吗？, similar: [停车收费吗], answer: 有。}
"""
_MESSAGES = [
    {"text": "上午就想入住", "times": 3},
    {"text": "我电话13812345678，车停哪里"},
    {"text": "退房时间能延一下吗"},
    {"text": "能晚点退房吗"},
]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vectors_dir: Path) -> None:
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / "faq.yaml").write_text(_KNOWLEDGE, encoding="utf-8")
    lines = (json.dumps(each, ensure_ascii=False) for each in _MESSAGES)
    (tmp_path / "m.jsonl").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATBOT_DATA_DIR", str(vectors_dir))
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def desk(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands work on the database of this test."""
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(knowledge, ["workshop", *arguments])


def _said(*arguments: str) -> str:
    result = _run(*arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def _refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        run(["knowledge", "workshop", *arguments])
    assert ended.value.code == 2
    return capsys.readouterr().err


def _turns(connection: Connection, *words: str) -> None:
    connection.execute(text("INSERT INTO kf_accounts (open_kfid, name) VALUES ('wk', 'k')"))
    made = "INSERT INTO conversations (public_id, open_kfid, external_userid, created_at) VALUES"
    now = datetime.now(UTC)
    connection.execute(text(f"{made} ('p', 'wk', 'wm', :now)"), {"now": now})
    turn = (
        "INSERT INTO turns (conversation_id, session_version, created_at, text, action, snapshot,"
        " decision, trace) SELECT id, 1, :now, :text, 'clarify', 1, '{}',"
        ' \'{"rule": "clarify"}\' FROM conversations'
    )
    for each in words:
        connection.execute(text(turn), {"now": now, "text": each})


def test_that_entries_and_their_suggestions_are_shown() -> None:
    table = _said("--messages", "m.jsonl")
    assert "early" in table
    assert "可以提前入住吗？" in table
    shown = _said("early", "--messages", "m.jsonl")
    assert "上午就想入住" in shown
    Path("known.jsonl").write_text('{"text": "能晚点退房吗"}', "utf-8")
    assert "没有等着补相似问的消息" in _said("late", "--messages", "known.jsonl")


def test_that_json_has_everything_and_no_personal_data() -> None:
    entries = json.loads(_said("--messages", "m.jsonl", "--json"))["entries"]
    assert {"faq_id", "question", "waiting", "gain", "count"} == set(entries[0])
    [early] = [each for each in entries if each["faq_id"] == "early"]
    assert early["waiting"] == 3
    found = json.loads(_said("early", "--messages", "m.jsonl", "--json"))
    assert found["suggestions"][0]["times"] == 3
    everything = [_said(each["faq_id"], "--messages", "m.jsonl", "--json") for each in entries]
    assert not any("138" in each for each in everything)
    assert any("[手机号]" in each for each in everything)


def test_that_an_accepted_text_is_in_the_file_and_all_else_stays() -> None:
    said = _said("late", "--messages", "m.jsonl", "--accept", "退房时间能延一下吗")
    assert "已写进 knowledge/faq.yaml 第 4 行" in said
    assert Path("knowledge/faq.yaml").read_text("utf-8") == _KNOWLEDGE.replace(
        "晚退房要加钱吗]", "晚退房要加钱吗, 退房时间能延一下吗]"
    )
    assert "退房时间能延一下吗" not in _run("late", "--messages", "m.jsonl").stdout


def test_that_problems_of_the_files_are_told_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("knowledge/wrong.yaml").write_text("- question: 坏了\n", "utf-8")
    problem = _refusal(capsys, "late", "--messages", "m.jsonl", "--accept", "晚些走")
    assert "wrong.yaml" in problem
    assert Path("knowledge/faq.yaml").read_text("utf-8") == _KNOWLEDGE


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["nope", "--messages", "m.jsonl"], "没有条目“nope”"),
        (["late", "--accept", "能晚点退房吗？"], "已经是条目“late”的问法"),
        (["late", "--accept", "停车收费吗"], "已经是条目“parking”（酒店有停车场吗？）的问法"),
        (["late", "--accept", "几点退房"], "写在条目“late”的 not 里"),
        (["late", "--accept", "我是13812345678"], "里面有手机号"),
        (["late", "--accept", "……"], "没有文字或数字"),
        (["--accept", "晚些走"], "前面要写条目的编号"),
        (["late", "--accept", "甲", "--reject", "乙"], "一次只能写一个"),
        (["late", "--messages", "m.jsonl", "--reject", "乙"], "不能和 --messages 一起用"),
        (["--messages", "gone.jsonl"], "gone.jsonl"),
        (["--messages", "wrong.jsonl"], 'wrong.jsonl:1："times" 应为正整数'),
        ([], "还没有数据库，没有记录的消息；也可以用 --messages"),
        (["late", "--reject", "乙"], "还没有数据库，没有地方记下来"),
    ],
)
def test_that_wrong_use_is_one_clear_sentence(
    arguments: list[str],
    problem: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    if "还没有数据库" in problem:
        monkeypatch.setenv("CHATBOT_DATA_DIR", str(tmp_path / "none"))
    Path("wrong.jsonl").write_text('{"text": "甲", "times": 0}', "utf-8")
    assert problem in _refusal(capsys, *arguments)
    assert Path("knowledge/faq.yaml").read_text("utf-8") == _KNOWLEDGE


@pytest.mark.usefixtures("desk")
def test_that_recorded_turns_wait_until_they_are_accepted_or_rejected(database: Database) -> None:
    waiting = ("上午就想入住", "想早点进房间")
    database.run_sync(_turns, *waiting, waiting[0])
    found = json.loads(_said("early", "--json"))
    assert {each["text"] for each in found["suggestions"]} == set(waiting)
    assert found["waiting"] == 3
    assert "不再为“early”推荐" in _said("early", "--reject", waiting[1])
    found = json.loads(_said("early", "--json"))
    assert [each["text"] for each in found["suggestions"]] == [waiting[0]]
    _said("early", "--accept", waiting[0])
    assert json.loads(_said("early", "--json"))["suggestions"] == []
    rows = "SELECT text, verdict FROM workshop_verdicts ORDER BY decided_at"
    verdicts = database.run_sync(lambda c: [tuple(row) for row in c.execute(text(rows))])
    assert verdicts == [(waiting[1], "reject"), (waiting[0], "accept")]
