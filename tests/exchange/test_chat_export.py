"""Chat exports as systems write them: their columns, roles, times, encodings; talk by talk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from chatbot.curation.mining.exchanges import exchanges_of
from chatbot.curation.mining.rows import RowError, Said, Speaker, moment_of, said_in, speaker_of
from chatbot.errors import UserError
from chatbot.exchange.chat_export import export_rows
from chatbot.exchange.chat_sorting import sorted_talks

_ZONE = ZoneInfo("Asia/Shanghai")
_NOON = datetime(2024, 3, 1, 4, tzinfo=UTC)


def _said(path: Path) -> list[Said]:
    return [said_in(row.cells, _ZONE) for row in export_rows(path)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_that_tables_are_read_in_every_encoding(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    path = tmp_path / "a.csv"
    lines = (
        ("会话ID", "备注", "发送时间", "角色", "消息内容"),
        ("7", "", "2024-03-01 12:00:00", "客户", "几点退房"),
        ("7", "x", "2024/3/1 12:00", "客服(小李)", '"十二点\n可以延迟"'),
    )
    path.write_bytes("\r\n".join(map(separator.join, lines)).encode(encoding))
    assert _said(path) == [
        Said("7", _NOON, "customer", "几点退房"), Said("7", _NOON, "person", "十二点\n可以延迟"),
    ]  # fmt: skip


def test_that_commas_without_quotes_belong_to_the_last_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "session_id,time,role,content\n1,1709265600,user,a,b,c\n1,1709265600000,bot,[图片]\n"
    )
    assert [each.text for each in _said(path)] == ["a,b,c", ""]


def test_that_workbooks_and_lines_of_json_are_read(tmp_path: Path) -> None:
    book = Workbook()
    for row in (
        ["对话编号", "时间", "身份", "内容"],
        [1001, datetime(2024, 3, 1, 12), "访客", "有泳池吗"],  # noqa: DTZ001 - as Excel has it
        [1001, "2024年3月1日 12:00", "坐席", "有_x0007_"],
    ):
        book.worksheets[0].append(row)
    book.save(tmp_path / "a.xlsx")
    wanted = [Said("1001", _NOON, "customer", "有泳池吗"), Said("1001", _NOON, "person", "有")]
    assert _said(tmp_path / "a.xlsx") == wanted
    records = [
        {"conversation": 1001, "time": "2024-03-01T04:00:00Z", "role": "user",
         "content": "有泳池吗"},
        {"conversation": "1001", "time": "2024-03-01T12:00:00+08:00", "role": "agent-7",
         "content": "有\ud800"},
    ]  # fmt: skip
    lines = "\n\n".join(map(json.dumps, records))
    (tmp_path / "a.jsonl").write_text(lines)
    assert _said(tmp_path / "a.jsonl") == wanted


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.txt", b"", "聊天记录只读 .csv、.xlsx、.jsonl"),
        ("a.csv", b"", "第一行要是列名，缺 会话、时间、角色、内容"),
        ("a.csv", "会话,时间,内容\n".encode(), "缺 角色"),
        ("a.csv", b"\xff\xff\xff", "编码认不出来"),
        ("a.csv", '会话,时间,角色,内容\n1,2,"3'.encode(), "a.csv:2：这里起引号没有成对"),
        ("a.xlsx", b"x", "不是正确的 .xlsx 文件"),
        ("a.jsonl", b"[]", "a.jsonl:1：每行应是一个 JSON 对象"),
        ("a.jsonl", b'{"time": 1}', "a.jsonl:1：没有 会话、角色、内容"),
    ],
)
def test_that_what_cannot_be_read_is_one_sentence(
    name: str, data: bytes, why: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(UserError, match=why.replace(".", r"\.")):
        list(export_rows(path))


@pytest.mark.parametrize(
    ("role", "speaker"),
    [("顾客", "customer"), ("User", "customer"), ("人工客服-小周", "person"), ("客服01", "person"),
     ("智能客服", "bot"), ("Assistant", "bot"), ("系统消息", "none")],
)  # fmt: skip
def test_that_roles_are_known_by_the_words_that_people_use(role: str, speaker: Speaker) -> None:
    assert speaker_of(role) == speaker


@given(st.datetimes(datetime(2001, 9, 10), datetime(2100, 1, 1)))  # noqa: DTZ001 - of a zone
def test_that_times_come_back_from_every_form(at: datetime) -> None:
    at = at.replace(tzinfo=_ZONE, microsecond=0, fold=0)
    for form in (
        "%Y-%m-%d %H:%M:%S",
        "%Y/%m/%d %H:%M:%S",
        "%Y年%m月%d日 %H时%M分%S秒",
        "%Y.%m.%d %H：%M：%S",
    ):
        assert moment_of(at.strftime(form), _ZONE) == at
    assert moment_of(at.isoformat(), UTC) == at
    assert moment_of(int(at.timestamp()), UTC) == at
    with pytest.raises(RowError):
        moment_of(at.strftime("%Y-%m-%d"), _ZONE)


@pytest.mark.parametrize(
    "written", ["0001-01-01 00:00:00", "9999-12-31 23:59:59", "1899-12-30 0:0"]
)
def test_that_a_time_that_no_chat_has_is_refused(written: str) -> None:
    with pytest.raises(RowError, match="认不出"):
        moment_of(written, _ZONE)


def test_that_talks_are_put_together_in_the_order_of_time() -> None:
    said = [
        Said(talk, _NOON + timedelta(minutes=minute), "customer", f"{talk}{minute}")
        for minute, talk in ((3, "b"), (1, "a"), (2, "a"), (1, "b"), (1, "b"))
    ]
    with sorted_talks() as talks:
        talks.add(said)
        assert len(talks) == 2
        assert [[each.text for each in talk] for talk in talks.each()] == [
            ["a1", "a2"], ["b1", "b1", "b3"],
        ]  # fmt: skip


def _talk(*lines: tuple[Speaker, str, int]) -> Sequence[Said]:
    return [Said("t", _NOON + timedelta(seconds=at), by, text) for by, text, at in lines]


def test_that_an_answer_goes_to_the_question_before_it() -> None:
    said = _talk(
        ("customer", "好的", 0), ("customer", "你们有", 10), ("customer", "泳池吗", 12),
        ("none", "会话已接入", 13), ("person", "稍等", 60), ("customer", "好的", 70),
        ("person", "有的，在二楼", 120), ("customer", "几点开门", 130), ("bot", "抱歉", 131),
        ("customer", "人呢人呢", 400), ("person", "七点", 460),
    )  # fmt: skip
    found = list(exchanges_of(said, lambda text: text != "好的"))
    assert [(each.texts, each.written) for each in found] == [
        (("你们有", "泳池吗"), ("稍等", "有的，在二楼")), (("几点开门",), ()),
        (("人呢人呢",), ("七点",)),
    ]  # fmt: skip
    assert [each.minutes for each in found] == [1.83, None, 1.0]
