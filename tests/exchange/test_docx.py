"""Questions of Word documents: headings, lists, tables, pairs, and what cannot be read."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatbot.documents import proposals
from chatbot.errors import UserError
from chatbot.exchange.docx_blocks import read_blocks
from chatbot.exchange.docx_questions import DocumentQuestion, DocumentText, questions_in
from chatbot.understanding.normalise import Normaliser
from tests.exchange.docx_samples import document, item, paragraph, picture, style, table


def _read(tmp_path: Path, *blocks: str, styles: str | None = None) -> DocumentText:
    path = tmp_path / "手册.docx"
    raw = document(*blocks) if styles is None else document(*blocks, styles=styles)
    path.write_bytes(raw)
    return questions_in(read_blocks(path))


def _told(text: DocumentText) -> list[tuple[str, str]]:
    return [(note.heading, note.text) for note in text.notes]


@pytest.mark.parametrize(("first", "second"), [("Heading1", "Heading2"), ("1", "2"), ("1", "a9")])
def test_that_headings_are_questions_below_the_headings_above(
    tmp_path: Path, first: str, second: str
) -> None:
    found = _read(
        tmp_path,
        paragraph("云栖酒店服务手册", "Title"),
        paragraph("退房 …… 1", "TOC1"),
        paragraph("一、退房", first),
        paragraph("1.1 能延迟退房吗？", second),
        paragraph("可以到 14:00。"),
        paragraph("会员免费。"),
        paragraph("1.2 几点退房？", second),
        item("平日 12:00", "1"), item("周末 13:00", "1"), item("前台办理", "2"),
        paragraph("二、早餐", first),
        paragraph("每天 7:00 至 10:00。"),
    )  # fmt: skip
    assert found.notes == ()
    assert found.questions == (
        DocumentQuestion(("退房",), "能延迟退房吗？", "可以到 14:00。\n会员免费。"),
        DocumentQuestion(("退房",), "几点退房？", "1. 平日 12:00\n2. 周末 13:00\n· 前台办理"),
        DocumentQuestion((), "早餐", "每天 7:00 至 10:00。"),
    )


def test_that_outline_levels_and_typed_numbers_make_headings(tmp_path: Path) -> None:
    level = '<w:outlineLvl w:val="{}"/>'
    found = _read(
        tmp_path,
        paragraph("停车", properties=level.format(0)),
        paragraph("停车收费吗", properties=level.format(3)),
        paragraph("免费。", properties=level.format(9)),
        styles="",
    )
    assert found.questions == (DocumentQuestion(("停车",), "停车收费吗", "免费。"),)
    typed = _read(
        tmp_path,
        paragraph("一、住宿"), paragraph("（一）能带宠物吗"), paragraph("抱歉，不接待宠物。"),
        paragraph("二、发票"), paragraph("1、怎么开发票"),
        paragraph("1、退房时在前台开，也可以关注公众号，填好抬头以后，我们寄给您；三天内寄出。"),
        paragraph("1.5 米的床有吗，什么房型，多少钱"),
        styles="",
    )  # fmt: skip
    assert [(each.category, each.question) for each in typed.questions] == [
        (("住宿",), "能带宠物吗"), (("发票",), "怎么开发票"),
    ]  # fmt: skip
    assert typed.questions[1].answer.endswith("多少钱")


def test_that_pairs_of_question_and_answer_come_in_below_their_heading(tmp_path: Path) -> None:
    found = _read(
        tmp_path,
        paragraph("设施", "1"),
        paragraph("以下是常见问题。"),
        paragraph("问：有泳池吗？"), paragraph("答：有，在二楼。"), paragraph("七点开门。"),
        paragraph("Q2: 有健身房吗"), paragraph("A2: 有。"),
        paragraph("问：没有答案的"),
        table(["序号", "问题", "答案"], ["1", "有会议室吗", "有三间。"], ["2", "", "没有问题的"]),
    )  # fmt: skip
    assert [(each.question, each.answer) for each in found.questions] == [
        ("有泳池吗？", "有，在二楼。\n七点开门。"),
        ("有健身房吗", "有。"), ("有会议室吗", "有三间。"),
    ]  # fmt: skip
    assert {each.category for each in found.questions} == {("设施",)}
    assert _told(found) == [
        ("设施 › 没有答案的", "下面没有“答：”，没有答案"),
        ("设施", "“问：”前面的文字没有收"),
    ]


def test_that_tables_are_lines_and_what_is_no_text_is_named_by_heading(tmp_path: Path) -> None:
    box = "<w:r><w:pict><w:txbxContent><w:p/></w:txbxContent></w:pict></w:r>"
    hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>内部</w:t></w:r>"
    hidden += "<w:del><w:r><w:t>旧</w:t></w:r></w:del>"
    found = _read(
        tmp_path,
        paragraph("前言"),
        paragraph("早餐", "1"),
        table(["平日", "7:00 至 10:00"], ["周末", "7:30 至 10:30"]),
        paragraph("泳池", "1"),
        table(["", "平日", "周末"], ["成人", "50 元", "80 元"]),
        paragraph("在二楼", runs=picture("rId7") + box + hidden),
        paragraph("地图", "1"),
        paragraph("", runs=picture("rId7")),
    )
    assert [each.answer for each in found.questions] == [
        "平日：7:00 至 10:00\n周末：7:30 至 10:30",
        "成人：平日50 元，周末80 元\n在二楼\n[图片：泳池.png]",
    ]
    assert _told(found) == [
        ("", "第一个标题前面的文字不知道是哪个问题的答案"),
        ("泳池", "1 张图片没有带进来（泳池.png），草稿里标出了位置"),
        ("泳池", "1 处文本框没有读"),
        ("地图", "1 张图片没有带进来（泳池.png），草稿里标出了位置"),
        ("地图", "下面没有文字，没有答案"),
    ]


def test_that_cells_within_controls_are_read(tmp_path: Path) -> None:
    rows = table(["平日", "7:00 至 10:00"], ["周末", "7:30 至 10:30"])
    around = "<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>"
    cell = f"<w:tc><w:tcPr/>{paragraph('7:00 至 10:00')}</w:tc>"
    inner = paragraph("7:30 至 10:30")
    assert cell in rows
    held = rows.replace(cell, around.format(cell)).replace(inner, around.format(inner))
    found = _read(tmp_path, paragraph("早餐", "1"), held)
    assert [each.answer for each in found.questions] == ["平日：7:00 至 10:00\n周末：7:30 至 10:30"]


def test_that_the_place_of_a_question_names_nobody() -> None:
    question = DocumentQuestion(("联系 13812345678", "退房"), "几点退房", "十二点。")
    now = datetime(2026, 7, 1, tzinfo=UTC)
    ((_, brought),) = proposals("手册.docx", [question], now, Normaliser())
    assert brought.source == "手册.docx › 联系 [手机号] › 退房"


def test_that_what_is_no_document_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    entity = '<!DOCTYPE a [<!ENTITY b "c">]><w:document/>'
    for raw, why in (
        (b"\xd0\xcf\x11\xe0 old", "加了密码，或是旧版 .doc"),
        (b"not a document", "不是正确的 .docx 文件"),
        (document(paragraph("a"))[:400], "不是正确的 .docx 文件"),
    ):
        path.write_bytes(raw)
        with pytest.raises(UserError, match=why):
            read_blocks(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", entity)
    with pytest.raises(UserError, match="不是正确的"):
        read_blocks(path)


def test_that_styles_based_on_one_another_in_a_circle_end(tmp_path: Path) -> None:
    circle = style("x", "甲", based_on="y") + style("y", "乙", based_on="x")
    assert _read(tmp_path, paragraph("问题", "x"), styles=circle).questions == ()
