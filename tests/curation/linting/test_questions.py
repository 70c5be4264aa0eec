from __future__ import annotations

import pytest

from chatbot.curation.linting.linter import lint
from chatbot.wecom.splitting import split_text
from tests.curation.linting.bench import TODAY, Files, where

_TWICE = """\
- id: late
  question: 可以延迟退房吗？
  similar: [能晚点退房吗]
  answer: 可以到两点。
- id: later
  question: 晚一点再走行不行？
  similar:
    - 能晚点退房吗！
  answer: {answer}
"""


def test_that_a_question_in_two_entries_is_found_where_it_is_written(files: Files) -> None:
    files.write("knowledge/a.yaml", _TWICE.format(answer="不可以。"))
    (found,) = files.found("same-question")
    assert found.severity == "warning"
    assert where(found) == ("a.yaml", 8, "similar")
    assert found.entries == ("late", "later")
    assert [place.line for place in found.others] == [3]
    assert "“能晚点退房吗”同时写在 late、later 里" in found.text


def test_that_it_is_only_a_note_if_both_say_the_same(files: Files) -> None:
    files.write("knowledge/a.yaml", _TWICE.format(answer="可以到两点。"))
    findings = files.lint()
    assert [each.severity for each in findings.found if each.kind == "same-question"] == ["note"]
    assert not findings.worth_a_look


def test_that_synonyms_make_questions_the_same(files: Files) -> None:
    files.write("knowledge/a.yaml", "- {id: a, question: 停车位怎么收费, answer: 十元}\n")
    files.write("knowledge/b.yaml", "- {id: b, question: 车位怎么收费, answer: 二十元}\n")
    assert not files.found("same-question")
    files.write("knowledge/_synonyms.txt", "停车位 = 车位\n")
    assert files.found("same-question")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("scope: [east]", "scope: [west]"),
        ("valid: {until: 2026-12-31}", "valid: {from: 2027-01-01}"),
        ("category: 东", "category: 西"),
    ],
)
def test_that_entries_which_never_meet_may_share_questions(
    files: Files, one: str, other: str
) -> None:
    files.write(
        "knowledge/accounts.toml",
        '[default]\ncategories = ["东"]\n[accounts.east]\nid = "wk1"\ncategories = ["东"]\n'
        '[accounts.west]\nid = "wk2"\ncategories = ["西"]\n'
        if "category" in one
        else '[accounts.east]\nid = "wk1"\n[accounts.west]\nid = "wk2"\n',
    )
    files.write(
        "knowledge/a.yaml",
        f"- {{id: a, question: 有停车场吗, answer: 有。, {one}}}\n"
        f"- {{id: b, question: 有停车场吗, answer: 没有。, {other}}}\n",
    )
    assert not files.found("same-question")


def test_that_a_question_with_a_slip_is_found(files: Files) -> None:
    files.write(
        "knowledge/a.yaml",
        "- {id: a, question: 请问一下怎么预订酒店三楼的会议室, answer: 打电话。}\n"
        "- {id: b, question: 请问一下怎么预定酒店三楼的会议室, answer: 在小程序里。}\n",
    )
    (found,) = files.found("near-question")
    assert (where(found), found.entries) == (("a.yaml", 2, "question"), ("a", "b"))


@pytest.mark.parametrize(
    "other", ["请问一下怎么预订酒店四楼的会议室", "请问一下怎么不预订酒店三楼的会议室", "早餐几点"]
)
def test_that_another_number_or_a_denial_is_another_question(files: Files, other: str) -> None:
    files.write(
        "knowledge/a.yaml",
        "- {id: a, question: 请问一下怎么预订酒店三楼的会议室, answer: 打电话。}\n"
        f"- {{id: b, question: {other}, answer: 在小程序里。}}\n",
    )
    assert not files.found("near-question")


def test_that_a_stored_snapshot_has_findings_without_places(files: Files) -> None:
    files.write("knowledge/a.yaml", _TWICE.format(answer="不可以。"))
    content = files.read().content
    (found,) = [
        each
        for each in lint(content, None, today=TODAY, split=split_text).found
        if each.kind == "same-question"
    ]
    assert (found.entries, found.place, found.others) == (("late", "later"), None, ())
