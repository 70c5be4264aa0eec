from __future__ import annotations

import pytest

from tests.curation.linting.bench import Files, where


@pytest.mark.parametrize(
    "answer",
    ["待补充", "TODO", "xxx", "（待完善）", "答案待定", "略", "……待填写……", "此处待补充。"],
)
def test_that_an_answer_not_yet_written_is_an_error(files: Files, answer: str) -> None:
    files.write("knowledge/a.yaml", f"- id: a\n  question: 几点退房\n  answer: {answer}\n")
    (found,) = files.found("placeholder")
    assert (found.severity, where(found)) == ("error", ("a.yaml", 3, "answer"))


@pytest.mark.parametrize(
    "answer",
    [
        "电话是 xxxx，请打。",
        "会员价 TODO 元。",
        "地址：待补充",
        "每晚 xx 元。",
        "押金？？元，退房时退。",
        "押金 __ 元。",
        "每位（）元。",
        "在 XX 路。",
        "早餐时间：N/A",
    ],
)
def test_that_a_gap_in_an_answer_is_found(files: Files, answer: str) -> None:
    files.write(
        "knowledge/a.yaml",
        f"- id: a\n  question: 几点退房\n  answer:\n    - 好的。\n    - {answer}\n",
    )
    (found,) = files.found("placeholder")
    assert (found.severity, where(found)) == ("warning", ("a.yaml", 5, "answer"))


@pytest.mark.parametrize(
    "answer",
    [
        "退房时间待前台确认后告诉您。",
        "XL 码的浴袍也有。",
        "房间还在打扫，请稍等。",
        "测试仪在前台。",
        "评分 5 星。",
        "您要的是 2XX 号房吗？？点这里告诉我们。",
        "真的吗？？请打电话给前台。",
        "NA 和 K 的含量写在瓶身上。",
        "MAX 号码的拖鞋。",
    ],
)
def test_that_answers_that_only_sound_so_are_none(files: Files, answer: str) -> None:
    files.write("knowledge/a.yaml", f"- {{id: a, question: 几点退房, answer: {answer}}}\n")
    assert not files.found("placeholder")


def _text(characters: int) -> str:
    return "这句话很长。" * (characters // 6)


def test_that_a_long_text_says_into_how_many_it_is_split(files: Files) -> None:
    files.write(
        "knowledge/a.yaml",
        f"- id: a\n  question: 怎么走\n  answer:\n    - 短的。\n    - {_text(1500)}\n",
    )
    (found,) = files.found("long-text")
    assert (found.severity, where(found)) == ("note", ("a.yaml", 5, "answer"))
    assert "4500 字节" in found.text
    assert "拆成 3 条" in found.text


def test_that_the_longest_value_of_a_variable_counts(files: Files) -> None:
    files.write("knowledge/tables/门店.csv", f"门店,路线\n东店,短\n西店,{_text(600)}\n")
    files.write(
        "knowledge/a.yaml", f"- {{id: a, question: 怎么走, answer: '{_text(180)}{{门店.路线}}'}}\n"
    )
    assert files.found("long-text")


def test_that_a_text_that_just_fits_is_none(files: Files) -> None:
    files.write("knowledge/a.yaml", f"- {{id: a, question: 怎么走, answer: {_text(678)}}}\n")
    assert not files.found("long-text")


def test_that_an_answer_beyond_the_budget_is_an_error(files: Files) -> None:
    files.write(
        "knowledge/a.yaml",
        "- id: a\n  question: 怎么走\n  answer:\n"
        f"    - {_text(1300)}\n    - {_text(1300)}\n    - {_text(600)}\n",
    )
    (found,) = files.found("over-budget")
    assert (found.severity, where(found)) == ("error", ("a.yaml", 4, "answer"))
    assert files.lint().errors == (found,)


def test_that_five_short_texts_fit_because_they_are_joined(files: Files) -> None:
    files.write("knowledge/a.yaml", "- {id: a, question: 怎么走, answer: [一, 二, 三, 四, 五]}\n")
    assert not files.found("over-budget")


def test_that_what_only_agents_send_has_no_budget(files: Files) -> None:
    files.write(
        "knowledge/a.yaml",
        "- {id: a, question: 怎么走, auto: agents-only, "
        f"answer: [{', '.join([_text(1300)] * 3)}]}}\n",
    )
    assert not files.found("over-budget")
