from __future__ import annotations

import pytest

from tests.curation.linting.bench import Files, where


def _pair(
    files: Files, one: str, other: str, question: str = "几点退房？", more: str = ""
) -> Files:
    return files.write(
        "knowledge/a.yaml",
        f"- {{id: a, question: 几点退房, answer: {one}}}\n"
        f"- id: b\n  question: {question}\n{more}  answer: {other}\n"
        "- {id: c, question: 可以带狗吗, answer: 不可以。}\n",
    )


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("十二点以前。", "请在 13:00 前退房。", "前者是 12:00，后者是 13:00"),
        ("超时一小时收一百元。", "超时每小时 80 块。", "前者是 100 元，后者是 80 元"),
        ("5月1日起改时间。", "6月2日起改时间。", "2027-05-01"),
        ("打九折。", "打 8.5 折。", "前者是 9 折，后者是 8.5 折"),
        ("提前三天说。", "提前 24 小时说。", "前者是 3 天，后者是 24 小时"),
        ("晚走免费。", "晚走要收费。", "一个说免费，一个说收费"),
        ("晚走不免费。", "晚走免费。", "一个说免费，一个说收费"),
        ("打八五折。", "打 8 折。", "前者是 8.5 折，后者是 8 折"),
    ],
)
def test_that_other_figures_for_the_same_question_are_found(
    files: Files, one: str, other: str, told: str
) -> None:
    (found,) = _pair(files, one, other).found("contradiction")
    assert told in found.text
    assert (where(found), found.entries) == (("a.yaml", 4, "answer"), ("a", "b"))
    assert [place.line for place in found.others] == [1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("十二点以前。", "中午 12:00 前，会员 14:00 前。"),
        ("请在 12:00 前退房。", "请在一楼前台退房。"),
        ("一百元。", "100 元。"),
        ("半天。", "12 小时。"),
        ("打 8.5 折。", "会员享85折。"),
        ("打八五折。", "85 折优惠。"),
        ("打八折。", "80 折。"),
        ("停车不免费。", "停车要收费。"),
        ("停车不是免费的。", "停车另收费用。"),
        ("停车没有免费的。", "停车要收费。"),
    ],
)
def test_that_the_same_figures_written_otherwise_are_none(
    files: Files, one: str, other: str
) -> None:
    assert not _pair(files, one, other).found("contradiction")


def test_that_the_same_question_in_other_words_is_found_by_its_meaning(files: Files) -> None:
    _pair(files, "12:00。", "13:00。", "退房时间是几点")
    (found,) = files.found("contradiction", quick=False)
    assert found.entries == ("a", "b")
    assert not files.found("contradiction")


def test_that_questions_told_apart_may_differ(files: Files) -> None:
    _pair(files, "12:00。", "13:00。", "退房时间是几点", more="  not: [几点退房]\n")
    assert not files.found("contradiction", quick=False)


def test_that_other_questions_may_have_other_figures(files: Files) -> None:
    files.write(
        "knowledge/a.yaml",
        "- {id: a, question: 几点退房, similar: [what time is check-out], answer: '12:00。'}\n"
        "- {id: b, question: 几点入住, similar: [what time is check-in], answer: '14:00。'}\n",
    )
    assert not files.found("contradiction", quick=False)
