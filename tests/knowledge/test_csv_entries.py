from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from chatbot.answers.entries import Condition, Entry, Validity, Variant, plain_answer
from chatbot.answers.messages import ImageMessage, LinkMessage, MiniprogramMessage, TextMessage
from chatbot.knowledge.entry_files import read_entries
from chatbot.knowledge.problems import Problems
from chatbot.understanding.normalise import Normaliser

_PNG = b"\x89PNG\r\n\x1a\n"


def _read(folder: Path, text: str | bytes) -> tuple[tuple[Entry, ...], list[str]]:
    (folder / "_media").mkdir(exist_ok=True)
    (folder / "_media" / "a.png").write_bytes(_PNG)
    (folder / "faq.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    problems = Problems()
    entries = read_entries(folder, Normaliser(), problems)
    return entries, [str(found).removeprefix(f"{folder}/faq.csv ") for found in problems.found]


def test_that_every_column_is_read(tmp_path: Path) -> None:
    text = (
        "编号,标准问,相似问,排除问,答案,分类,标签,生效时间,失效时间,自动回答,负责人,复核日期\n"
        '退房,可以延迟退房吗？,能晚点退房吗|晚点走行吗,"怎么提前退房\n早退",'
        '"会员可到 14:00，\n其他客人请问前台。",退房,意向:续住｜来源：问答,'
        "2026/1/5,2026-12-31,先确认,小林,2026/6/1\n"
    )
    (entry,), problems = _read(tmp_path, text)
    assert problems == []
    assert entry == Entry(
        id="退房",
        question="可以延迟退房吗？",
        answer=plain_answer("会员可到 14:00，\n其他客人请问前台。"),
        similar=("能晚点退房吗", "晚点走行吗"),
        excluded=("怎么提前退房", "早退"),
        category="退房",
        tags=("意向:续住", "来源:问答"),
        valid=Validity(date(2026, 1, 5), date(2026, 12, 31)),
        auto="ask",
        owner="小林",
        review=date(2026, 6, 1),
    )


def test_that_english_headings_and_empty_cells_are_fine(tmp_path: Path) -> None:
    headings = "ID,Question,similar,answer,valid_from,valid_until,auto,,"
    text = f"{headings}\n,q,,a,,2026-05-01,yes,,\n,,,,,,,,\n"
    (entry,), problems = _read(tmp_path, text)
    assert problems == []
    assert (entry.question, entry.valid.end, entry.auto) == ("q", date(2026, 5, 1), "yes")
    assert entry.id.startswith("q-")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_that_the_encodings_of_excel_are_recognised(encoding: str, tmp_path: Path) -> None:
    (entry,), problems = _read(tmp_path, "问题,答案\r\n几点退房？,12:00。\r\n".encode(encoding))
    assert problems == []
    assert (entry.question, entry.answer) == ("几点退房？", plain_answer("12:00。"))


def test_that_cells_which_look_like_formulas_are_texts(tmp_path: Path) -> None:
    (entry,), problems = _read(tmp_path, "问题,答案\n=1+1 等于几,=2\n")
    assert problems == []
    assert (entry.question, entry.answer) == ("=1+1 等于几", plain_answer("=2"))


def test_that_separators_hold_several_values_in_three_columns_only(tmp_path: Path) -> None:
    (entry,), _ = _read(tmp_path, "问题,答案,分类\na|b,c|d｜e,f|g\n")
    assert (entry.question, entry.answer) == ("a|b", plain_answer("c|d｜e"))
    assert entry.category == "f|g"


def test_that_messages_beside_the_text_are_read(tmp_path: Path) -> None:
    text = (
        "问题,答案,图片,链接,小程序\n"
        "怎么走,请看图,_media/a.png,路 线 https://a.cn/x _media/a.png,"
        "订房 wx12ab pages/x _media/a.png\n"
    )
    (entry,), problems = _read(tmp_path, text)
    assert problems == []
    assert entry.messages == (
        TextMessage("请看图"),
        ImageMessage("_media/a.png"),
        LinkMessage("路 线", "https://a.cn/x", "_media/a.png"),
        MiniprogramMessage("wx12ab", "pages/x", "订房", "_media/a.png"),
    )


def test_that_rows_with_a_condition_are_variants(tmp_path: Path) -> None:
    text = (
        "编号,问题,答案,标签,适用条件\n"
        "a,可以延迟退房吗？,到 16:00。,意向:续住,会员等级:金卡\n"
        "a,,到 15:00。,,账号=qijian\n"
        "a,,By 14:00.,,语言=英文\n"
        "a,可以延迟退房吗？,到 14:00。,,\n"
        "b,几点退房？,12:00。,,\n"
    )
    (late, plain), problems = _read(tmp_path, text)
    assert problems == []
    assert late.answer == (
        Variant((TextMessage("到 16:00。"),), Condition(tags=("会员等级:金卡",))),
        Variant((TextMessage("到 15:00。"),), Condition(accounts=("qijian",))),
        Variant((TextMessage("By 14:00."),), Condition(language="en")),
        Variant((TextMessage("到 14:00。"),)),
    )
    assert (late.tags, plain.id) == (("意向:续住",), "b")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("问题,答案,颜色\nq,a,红\n", "第 1 行 颜色：没有这一列；可以用的列：编号、问题、相似问"),
        ("问题,相似问\nq,p\n", "第 1 行：缺少“答案”这一列"),
        ("问题,标准问,答案\nq,p,a\n", "第 1 行 标准问：这一列和“问题”是同一列"),
        ("问题,答案,答案\nq,a,b\n", "第 1 行 答案：列名写了两次"),
        ("问题,,答案\nq,,a\n", "第 1 行：第 2 列没有列名"),
        ("问题,答案\nq\n", "第 2 行 答案：缺少这一项"),
        ("问题,答案\nq,a,b\n", "第 2 行：按列名应有 2 格，这一行有 3 格"),
        ("问题,答案\nq,\n", "第 2 行 答案：缺少这一项"),
        ("问题,答案\n,a\n", "第 2 行 问题：缺少这一项"),
        ('问题,答案\n"q\n1",a\n\np,\n', "第 5 行 答案：缺少这一项"),
        ('问题,答案\nq,a\np,"b\n', "第 3 行：这里起引号没有成对"),
        ('问题,答案\nq,"a"b\n', "第 2 行：这里起引号没有成对"),
        ("问题,答案\nq,a\x07\n", "第 2 行：有看不见的控制字符 U+0007"),
        ("问题,答案,标签\nq,a,续住\n", "第 2 行 标签：应写成“组:标签”"),
        ("问题,答案,生效时间\nq,a,明天\n", "第 2 行 生效时间：应为 2026-01-31 这样的日期"),
        ("问题,答案,自动回答\nq,a,也许\n", "第 2 行 自动回答：应为 yes、ask、agents-only 之一"),
        ("问题,答案,图片\nq,a,b.png\n", "第 2 行 图片：“b.png”应写成 _media/图片名"),
        ("问题,答案,链接\nq,a,https://a.cn\n", "第 2 行 链接：应写成“标题 网址 _media/图片”"),
        ("问题,答案,链接\nq,a,t https://a.cn _media/b.png\n", "第 2 行 链接：找不到图片"),
        ("问题,答案,小程序\nq,a,x\n", "第 2 行 小程序：应写成“标题 AppID 页面路径 _media/图片”"),
        ("问题,答案\nq,{x}\n", "第 2 行 答案：“{x}”不是变量"),
        (
            "编号,问题,答案,适用条件\na,q,x,会员:金卡\n",
            "第 2 行 适用条件：最后一项不能有条件（when）",
        ),
        (
            "编号,问题,答案,适用条件\na,q,x,语言=火星文\na,,y,\n",
            "第 2 行 适用条件：没有“火星文”这种语言；可以写的有：zh（中文）、en（英文）",
        ),
        ("问题,答案,适用条件\nq,x,会员:金卡\n", "第 2 行 编号：有适用条件的行要写编号"),
        (
            "编号,问题,答案,适用条件\na,q,x,a:b|c:d\na,,y,\n",
            "第 2 行 适用条件：一格只能写一个条件",
        ),
        (
            "编号,问题,答案,适用条件\na,q,x,会员:金卡\na,p,y,\n",
            "第 3 行 问题：同一条目只在第一行（第 2 行）写这一格",
        ),
        ("编号,问题,答案\na,q,x\na,p,y\n", "第 3 行 编号：“a”已经用在"),
    ],
)
def test_that_a_mistake_is_named_with_line_and_column(
    text: str, problem: str, tmp_path: Path
) -> None:
    _, problems = _read(tmp_path, text)
    assert len(problems) == 1, problems
    assert problems[0].startswith(problem)


def test_that_the_unicode_text_of_excel_is_read_whatever_its_name(tmp_path: Path) -> None:
    text = "问题\t答案\t相似问\r\n几点退房？\t12:00,可延。\t退房几点|离店几点\r\n"
    (entry,), problems = _read(tmp_path, text.encode("utf-16"))
    assert problems == []
    assert (entry.answer, len(entry.similar)) == (plain_answer("12:00,可延。"), 2)


def test_that_an_apostrophe_before_what_looks_like_a_formula_is_no_text(tmp_path: Path) -> None:
    text = "问题,答案,备注,_内部\n'=1+1 等于几,''-二,随便,x\n"
    (entry,), problems = _read(tmp_path, text)
    assert problems == []
    assert (entry.question, entry.answer) == ("=1+1 等于几", plain_answer("'-二"))
