from __future__ import annotations

import pytest

from tests.curation.linting.bench import Files, where

_ENTRY = """\
- id: a
  question: 早餐几点？
  similar:
    - 早饭几点开始
    - {wording}
  answer: 七点。
"""


@pytest.mark.parametrize(
    ("wording", "kind"),
    [
        ("帮我转人工", "calls-person"),
        ("我要找真人客服", "calls-person"),
        ("菜单", "opens-menu"),
        ("答非所问", "refuses-answer"),
    ],
)
def test_that_a_question_that_is_a_wish_is_found(files: Files, wording: str, kind: str) -> None:
    files.write("knowledge/a.yaml", _ENTRY.format(wording=wording))
    (found,) = files.found(kind)
    assert (where(found), found.entries) == (("a.yaml", 5, "similar"), ("a",))


@pytest.mark.parametrize("wording", ["人工智能音箱怎么用", "有早餐菜单吗", "答错题扣分吗"])
def test_that_a_question_that_only_sounds_like_a_wish_is_none(files: Files, wording: str) -> None:
    files.write("knowledge/a.yaml", _ENTRY.format(wording=wording))
    kinds = {each.kind for each in files.lint().found}
    assert not kinds & {"calls-person", "opens-menu", "refuses-answer"}


@pytest.mark.parametrize(
    "intent", ["examples: [早饭 在哪里吃]", "keywords: [在哪里吃]", 'keywords: ["/哪里?吃/"]']
)
def test_that_a_question_which_an_intent_takes_is_found(files: Files, intent: str) -> None:
    files.write("knowledge/a.yaml", _ENTRY.format(wording="早饭在哪里吃"))
    files.write("intents/a.yaml", f"intent: where\ntitle: 问路\n{intent}\nreply: 一楼。\n")
    (found,) = files.found("intent-first")
    assert (where(found), found.entries, found.intents) == (
        ("a.yaml", 5, "similar"), ("a",), ("where",)
    )  # fmt: skip


@pytest.mark.parametrize("acts", ["tags: ['意向:吃饭']", "exclude: [早饭]\nreply: 一楼。"])
def test_that_an_intent_which_lets_it_pass_is_none(files: Files, acts: str) -> None:
    files.write("knowledge/a.yaml", _ENTRY.format(wording="早饭在哪里吃"))
    files.write("intents/a.yaml", f"intent: where\nkeywords: [在哪里吃]\n{acts}\n")
    assert not files.found("intent-first")


def test_that_a_refused_question_much_like_an_own_one_is_found(files: Files) -> None:
    own, refused = "请问一下怎么预订酒店三楼的会议室", "请问一下怎么预定酒店三楼的会议室"
    files.write(
        "knowledge/a.yaml", f"- id: a\n  question: {own}\n  not: [{refused}]\n  answer: 打电话。\n"
    )
    (found,) = files.found("refuses-itself")
    assert where(found) == ("a.yaml", 2, "question")


def test_that_refusing_the_question_of_another_entry_is_none(files: Files) -> None:
    files.write(
        "knowledge/a.yaml",
        "- {id: a, question: 可以提前退房吗, not: [可以提前入住吗], answer: 可以。}\n"
        "- {id: b, question: 可以提前入住吗, answer: 看房态。}\n",
    )
    assert not files.found("refuses-itself")
